//! A world: a server, devices and a network between them, on one thread and one virtual time.
//!
//! Owns the order of what happens. Each kind of happening has a module of its own below; what must hold is looked at after each.

mod act;
mod fate;
mod finish;
mod forged;
mod heal;
mod host;
mod network;
mod read;
mod second_thoughts;
mod survival;
mod trouble;
mod watch;

use outrigger_engine::http::Answer;
use outrigger_server::exchange::Request;
use outrigger_social::wire;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;

use crate::arrived::Arrived;
use crate::backend::Backend;
use crate::device::Device;
use crate::fault::Fault;
use crate::invariant::{Checked, Invariant, Violation, violated};
use crate::plan::{Plan, What};
use crate::trace::Trace;
use network::Flight;

/// More would be a queue that does not empty, or a loop.
const HAPPENINGS_MAX: u64 = 400_000;

/// Something that is going to happen.
enum Happening {
    /// A step of the plan.
    Step(usize),
    /// A request arrives at the server.
    Arrives { flight: u64, is_copy: bool },
    /// An answer is there, or nobody waits for one any longer.
    Returns { flight: u64, answer: Answer },
    /// A timer runs.
    Wakes { device: usize, host: usize, timer: u64 },
    /// Thirty seconds have passed.
    Ticks {
        device: usize,
        host: usize,
        started_ms: i64,
    },
    /// A process starts.
    Starts { device: usize, host: usize },
    /// A process goes on.
    GoesOn { device: usize, host: usize },
    /// The server starts.
    ServerStarts,
    /// The network is back.
    NetworkIsBack { device: usize },
    /// The disk has room again.
    DiskHasRoom { device: usize },
    /// Who held the database lets it go.
    Unlocked { device: usize },
}

/// What a whole world came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was done in it.
    pub operations: usize,
    /// The digest of its trace.
    pub digest: String,
    /// Lines of the trace.
    pub lines: u64,
    /// How much of what happened.
    pub counts: BTreeMap<&'static str, u64>,
    /// How often each fault struck: not how often it was tried.
    pub strikes: BTreeMap<Fault, u64>,
    /// The invariant that did not hold.
    pub violation: Option<Violation>,
}

impl Outcome {
    /// Of a world that has no end.
    fn failed(violation: Violation) -> Self {
        Self {
            operations: 0,
            digest: String::new(),
            lines: 0,
            counts: BTreeMap::new(),
            strikes: BTreeMap::new(),
            violation: Some(violation),
        }
    }
}

/// Plays a plan to its end. A panic is a failure of its world.
pub fn play(plan: &Plan, trace: Trace) -> Outcome {
    std::panic::catch_unwind(AssertUnwindSafe(|| lived(plan, trace))).unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Outcome::failed(Violation {
            invariant: Invariant::Intact,
            seen: format!("a panic: {}", said.unwrap_or("of no known kind")),
        })
    })
}

fn lived(plan: &Plan, trace: Trace) -> Outcome {
    let mut world = match World::new(plan, trace) {
        Ok(world) => world,
        Err(violation) => return Outcome::failed(violation),
    };
    let violation = world.live().err();
    if let Some(violation) = &violation {
        world.trace.note(world.now_ms, format_args!("{violation}"));
    }
    let World {
        trace,
        counts,
        strikes,
        ..
    } = world;
    let (digest, lines) = trace.finish();
    Outcome {
        operations: plan.operations(),
        digest,
        lines,
        counts,
        strikes,
        violation,
    }
}

pub(crate) use second_thoughts::Asked;

pub(crate) struct World<'p> {
    plan: &'p Plan,
    trace: Trace,
    now_ms: i64,
    agenda: BTreeMap<(i64, u64), Happening>,
    serial: u64,
    backend: Backend,
    devices: Vec<Device>,
    arrived: Arrived,
    flights: BTreeMap<u64, Flight>,
    /// Idempotency keys that were ever sent: an answer that is made up may not be about what may have had an effect.
    keys: BTreeSet<String>,
    /// Requests that the server took, for whoever tries them again under another name.
    overheard: Vec<(usize, Request)>,
    /// Everything is well from now on.
    is_healed: bool,
    /// The server has lost something since: what was read of it may be gone.
    was_restored: bool,
    counts: BTreeMap<&'static str, u64>,
    strikes: BTreeMap<Fault, u64>,
}

impl<'p> World<'p> {
    fn new(plan: &'p Plan, trace: Trace) -> Checked<Self> {
        let backend = Backend::start(plan.seed, plan.access_token_s, 0)?;
        let mut world = Self {
            plan,
            trace,
            now_ms: 0,
            agenda: BTreeMap::new(),
            serial: 0,
            backend,
            devices: Vec::new(),
            arrived: Arrived::default(),
            flights: BTreeMap::new(),
            keys: BTreeSet::new(),
            overheard: Vec::new(),
            is_healed: false,
            was_restored: false,
            counts: BTreeMap::new(),
            strikes: BTreeMap::new(),
        };
        for (index, device) in plan.devices.iter().enumerate() {
            let session = world.sign_up(device.account)?;
            let password = password(device.account);
            let mut made = Device::new(
                plan.seed,
                index,
                device.clone(),
                session.account.clone(),
                password,
            );
            made.hold(session);
            world.devices.push(made);
            world.start(index, 0)?;
        }
        world.note(format_args!("{:?} {:?}", plan.devices, plan.strengths));
        for (index, step) in plan.steps.iter().enumerate() {
            world.at(step.at_ms, Happening::Step(index));
        }
        Ok(world)
    }

    fn live(&mut self) -> Checked {
        let last = self.plan.steps.last().map_or(0, |step| step.at_ms);
        while let Some(((at, _), _)) = self.agenda.first_key_value() {
            if *at > last {
                break;
            }
            self.next()?;
        }
        self.heal()?;
        self.finish()
    }

    /// The next thing happens. False where nothing is going to.
    fn next(&mut self) -> Checked<bool> {
        let Some(((at, _), happening)) = self.agenda.pop_first() else {
            return Ok(false);
        };
        self.now_ms = at;
        self.count("happenings");
        if self.counts["happenings"] > HAPPENINGS_MAX {
            return violated(
                Invariant::Bounded,
                format!("more than {HAPPENINGS_MAX} things happened"),
            );
        }
        match happening {
            Happening::Step(index) => self.step(index)?,
            Happening::Arrives { flight, is_copy } => self.arrives(flight, is_copy)?,
            Happening::Returns { flight, answer } => self.returns(flight, answer)?,
            Happening::Wakes { device, host, timer } => self.wakes(device, host, timer)?,
            Happening::Ticks {
                device,
                host,
                started_ms,
            } => self.ticks(device, host, started_ms)?,
            Happening::Starts { device, host } => self.start(device, host)?,
            Happening::GoesOn { device, host } => self.goes_on(device, host)?,
            Happening::ServerStarts => self.server_starts()?,
            Happening::NetworkIsBack { device } => self.network_is_back(device)?,
            Happening::DiskHasRoom { device } => self.disk_has_room(device)?,
            Happening::Unlocked { device } => self.devices[device].lock = None,
        }
        Ok(true)
    }

    fn step(&mut self, index: usize) -> Checked {
        let step = self.plan.steps[index].clone();
        if step.device >= self.devices.len() {
            return Ok(());
        }
        self.note(format_args!(
            "device {} {:?} {}",
            step.device, step.what, step.pick
        ));
        match step.what {
            What::Act(act) => {
                self.count("operations");
                self.act(step.device, act, step.pick)
            }
            What::Trouble(trouble) => {
                self.count("troubles");
                self.trouble(step.device, trouble, step.pick)
            }
        }
    }

    fn at(&mut self, at_ms: i64, happening: Happening) {
        self.serial += 1;
        self.agenda
            .insert((at_ms.max(self.now_ms), self.serial), happening);
    }

    fn after(&mut self, delay_ms: i64, happening: Happening) {
        self.at(self.now_ms.saturating_add(delay_ms.max(0)), happening);
    }

    fn note(&mut self, what: std::fmt::Arguments<'_>) {
        self.trace.note(self.now_ms, what);
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn struck(&mut self, fault: Fault) {
        *self.strikes.entry(fault).or_default() += 1;
    }

    fn server_starts(&mut self) -> Checked {
        let was_up = self.backend.is_up();
        self.backend.rise(self.now_ms)?;
        if !was_up {
            self.note(format_args!("the server is up"));
        }
        self.take_effects()
    }

    /// The account of this number, with a new session: signed up or signed in, while nothing goes wrong.
    fn sign_up(&mut self, account: usize) -> Checked<wire::Session> {
        let credentials = wire::Credentials {
            name: format!("user_{account}"),
            password: password(account),
        };
        let mut said = None;
        for path in ["/v1/accounts", "/v1/sessions"] {
            let request = Request::new("POST", path).json(&credentials);
            said = self.backend.call(self.now_ms, None, &request);
            if let Some(session) = said
                .as_ref()
                .and_then(|response| response.json::<wire::Session>().ok())
            {
                return Ok(session);
            }
        }
        violated(Invariant::Converges, format!("nobody can sign in: {said:?}"))
    }
}

fn password(account: usize) -> String {
    format!("correct horse {account} battery")
}
