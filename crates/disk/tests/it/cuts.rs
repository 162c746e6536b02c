//! The engine when the power goes: at a random operation, again and again.
//!
//! After each cut the history since the last one is played anew on another disk where nothing happens, so that every state in which the database was is
//! known. A durable engine must have kept the last one that it acknowledged, or the one after it. A relaxed one may have lost some of the last,
//! and must be in one of the earlier ones: a suffix is gone, and nothing else is wrong.

use outrigger_disk::{Disk, Image};
use outrigger_engine::http::{Answer, HttpRequest};
use outrigger_engine::ids::{AttemptId, CallId, LocalId};
use outrigger_engine::inspect::{self, Filter, ItemState};
use outrigger_engine::scenario::{Mutation, Notes};
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{Effect, Engine, Error, Event, Limits, Options, Write};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::dice::{Dice, asked_for};
use crate::dump::{checked_dump, difference};
use crate::server::Server;

/// So many times the power goes on one machine.
const CUTS: u64 = 10;

/// What the engine is told. Kept, to be told again.
#[derive(Debug, Clone)]
enum Input {
    Start,
    Write(Mutation),
    Answered(AttemptId, Answer),
    Wait(i64),
}

impl Input {
    fn events(&self) -> Vec<Event<Notes>> {
        let call = CallId(1);
        match self {
            Self::Start => vec![Event::Alone, Event::Started],
            Self::Write(mutation) => vec![Event::Mutate {
                call,
                writes: vec![Write::from(mutation.clone())],
            }],
            Self::Answered(attempt, answer) => vec![Event::Answered {
                attempt: *attempt,
                answer: answer.clone(),
            }],
            Self::Wait(_) => vec![Event::Tick],
        }
    }
}

/// What became of what was acknowledged.
#[derive(Debug, Default, Clone, Copy)]
struct Fates {
    cuts: u64,
    /// Steps that were acknowledged.
    acknowledged: u64,
    /// Cuts after which the last of them were gone.
    shortened: u64,
    /// How many were gone in all.
    lost: u64,
    /// Cuts after which a step was there that had not been acknowledged yet.
    ahead: u64,
    /// How often the server met an older copy of its client.
    rewound: u64,
}

struct Device {
    disk: Disk,
    durable: bool,
    now: Now,
    engine: Option<Engine<Notes>>,
    in_flight: VecDeque<(AttemptId, HttpRequest)>,
    wake_in: Option<i64>,
    /// What was on the disk when it was opened, and when that was.
    image: Image,
    opened: Now,
    /// What it was told since, and when; the last of it may not have been acknowledged.
    told: Vec<(Now, Input)>,
    /// How many states it has acknowledged since: that it was opened is the first.
    acknowledged: usize,
    cuts_before: u64,
}

fn open(disk: &Disk, now: Now, durable: bool) -> Result<Engine<Notes>, Error> {
    let options = Options {
        server: "https://notes.example".to_owned(),
        account: "ann".to_owned(),
        seed: [5; 32],
        now,
        limits: Limits::default(),
        concurrency: 3,
        shared: false,
        durable,
    };
    let app = Notes {
        keys: true,
        ..Notes::default()
    };
    let process = disk.process();
    let db = disk.open(process, "notes.db")?;
    outrigger_wal::make_certain(&db, || disk.rewrite_log(process, "notes.db"))?;
    let engine = Engine::open(db, Arc::new(app), options)?;
    // A checkpoint now and then, which is where most can go wrong.
    engine.db().pragma_update(None, "wal_autocheckpoint", 40)?;
    Ok(engine)
}

impl Device {
    /// Opens the database; false where the power went meanwhile.
    fn start(&mut self) -> bool {
        self.image = self.disk.copy();
        self.opened = self.now;
        self.told.clear();
        self.acknowledged = 0;
        self.cuts_before = self.disk.power_cuts();
        self.in_flight.clear();
        self.engine = open(&self.disk, self.now, self.durable).ok();
        self.acknowledged = usize::from(self.engine.is_some());
        self.acknowledged == 1 && self.tell(Input::Start)
    }

    /// Tells the engine something; false where the power went meanwhile.
    fn tell(&mut self, input: Input) -> bool {
        if let Input::Wait(millis) = input {
            self.now.wall.0 += millis;
            self.now.monotonic.0 += millis;
        }
        self.told.push((self.now, input.clone()));
        let Some(engine) = self.engine.as_mut() else {
            return false;
        };
        let effects = match engine.handle(self.now, &input.events()) {
            Ok(effects) => effects,
            Err(error) => {
                assert!(self.is_cut(), "nothing else goes wrong: {error}");
                return false;
            }
        };
        self.acknowledged = self.told.len() + 1;
        for effect in effects {
            match effect {
                Effect::Send { attempt, request, .. } => self.in_flight.push_back((attempt, request)),
                Effect::Abort { attempt } => self.in_flight.retain(|(id, _)| *id != attempt),
                Effect::Wake(delay) => self.wake_in = delay.map(|delay| delay.0),
                _ => {}
            }
        }
        // The power may have gone while the log was copied back, after the commit.
        !self.is_cut()
    }

    fn is_cut(&self) -> bool {
        self.disk.power_cuts() > self.cuts_before
    }

    /// Every state in which the database was since it was opened, the first before that, and the last after what may not have been acknowledged.
    fn history(&self) -> Vec<String> {
        let twin = Disk::new(0);
        twin.put_back(&self.image);
        let look = |disk: &Disk| {
            let fork = disk.fork(0);
            checked_dump(&fork.open(fork.process(), "notes.db").unwrap())
        };
        let mut states = vec![look(&twin)];
        let mut engine = open(&twin, self.opened, self.durable).unwrap();
        states.push(checked_dump(engine.db()));
        for (now, input) in &self.told {
            engine.handle(*now, &input.events()).unwrap();
            states.push(checked_dump(engine.db()));
        }
        states
    }

    /// After a cut: what became of the acknowledged steps.
    fn check(&self, fates: &mut Fates, told: &str) {
        let acknowledged = self.acknowledged;
        let fork = self.disk.fork(0);
        let is = checked_dump(&fork.open(fork.process(), "notes.db").unwrap());
        let history = self.history();
        let Some(at) = history.iter().rposition(|state| *state == is) else {
            panic!(
                "{told}: it never was like this\n{}",
                difference(&is, &history[acknowledged])
            );
        };
        if self.durable {
            let lost = difference(&is, &history[acknowledged]);
            assert!(at >= acknowledged, "{told}: an acknowledged step is gone\n{lost}");
        }
        // That it was made is never lost: else a power cut could undo all that there ever was, before the log was first synced.
        assert!(at >= acknowledged.min(1), "{told}: the database is gone");
        fates.cuts += 1;
        fates.acknowledged += acknowledged as u64;
        fates.shortened += u64::from(at < acknowledged);
        fates.lost += acknowledged.saturating_sub(at) as u64;
        fates.ahead += u64::from(at > acknowledged);
    }
}

fn id(number: u64) -> LocalId {
    LocalId::derived(LocalId(uuid::Uuid::nil()), &format!("note {number}"))
}

fn mutation(dice: &mut Dice, serial: u64) -> Mutation {
    let of = id(dice.below(serial.min(12) + 1));
    let text = format!("text {serial} {}", "x".repeat(dice.below(900) as usize));
    match dice.below(9) {
        0..=2 => Mutation::Create {
            id: id(serial),
            text,
            pictures: Vec::new(),
        },
        3 | 4 => Mutation::Update { id: of, text },
        5 => Mutation::Star { id: of },
        6 => Mutation::Unstar { id: of },
        7 => Mutation::Delete { id: of },
        _ => Mutation::Line {
            id: id(1_000_000 + serial),
            note: of,
            text,
            pictures: Vec::new(),
        },
    }
}

/// One thing that happens: a write, an answer or a lost one, a while.
fn input(dice: &mut Dice, device: &mut Device, server: &mut Server, serial: &mut u64) -> Input {
    match dice.below(10) {
        0..=4 => {
            *serial += 1;
            Input::Write(mutation(dice, *serial))
        }
        5..=8 => match device.in_flight.pop_front() {
            Some((attempt, request)) => {
                let answer = server.handle(&request);
                let is_lost = dice.below(5) == 0;
                let reason = "cut".to_owned();
                Input::Answered(
                    attempt,
                    if is_lost {
                        Answer::Unreached { reason }
                    } else {
                        answer
                    },
                )
            }
            None => Input::Wait(device.wake_in.unwrap_or(50).clamp(1, 60_000)),
        },
        _ => Input::Wait(dice.below(3_000) as i64),
    }
}

fn play(seed: u64, durable: bool, fates: &mut Fates) {
    let mut dice = Dice::new(seed);
    let now = Now {
        wall: Wall(1_700_000_000_000),
        monotonic: Monotonic(0),
    };
    let mut device = Device {
        disk: Disk::new(seed),
        durable,
        now,
        engine: None,
        in_flight: VecDeque::new(),
        wake_in: None,
        image: Image::default(),
        opened: now,
        told: Vec::new(),
        acknowledged: 0,
        cuts_before: 0,
    };
    let mut server = Server::default();
    let mut serial = 0;
    for cut in 0..CUTS {
        let told = format!("seed {seed}, cut {cut}, durable {durable}");
        let changes = *dice.one(&[10, 60, 150, 150, 400]);
        device.disk.cut_power_after(1 + dice.below(changes));
        let mut goes_on = device.start();
        while goes_on {
            let input = input(&mut dice, &mut device, &mut server, &mut serial);
            goes_on = device.tell(input);
        }
        device.engine = None;
        device.check(fates, &told);
        device.now.wall.0 += 5_000;
    }
    device.disk.fail(None);
    assert!(device.start());
    for _ in 0..3_000 {
        let input = match device.in_flight.pop_front() {
            Some((attempt, request)) => Input::Answered(attempt, server.handle(&request)),
            None => match device.wake_in {
                Some(delay) => Input::Wait(delay),
                None => break,
            },
        };
        assert!(device.tell(input));
    }
    let db = device.engine.as_ref().unwrap().db();
    let mut waiting = inspect::items(db, Filter::All, None, 100).unwrap();
    let needs_the_user = waiting.iter().any(|item| item.state == ItemState::Parked);
    waiting.retain(|item| match item.state {
        ItemState::Ready | ItemState::InFlight => true,
        // What is uncertain holds up what comes after it in its lane.
        ItemState::Waiting => !needs_the_user,
        _ => false,
    });
    assert!(waiting.is_empty(), "seed {seed}: it does not arrive: {waiting:?}");
    let mut effects = BTreeMap::new();
    for (key, _) in &server.backend.effects {
        *effects.entry(key).or_insert(0) += 1;
    }
    assert!(
        effects.values().all(|count| *count == 1),
        "seed {seed}: a key had two effects"
    );
    fates.rewound += server.rewound;
}

fn cuts(durable: bool, count: u64) -> Fates {
    let mut fates = Fates::default();
    for seed in 0..count.div_ceil(CUTS) {
        play(seed, durable, &mut fates);
    }
    println!("durable: {durable}, {fates:?}");
    fates
}

#[test]
fn a_durable_engine_keeps_what_it_acknowledged() {
    let fates = cuts(true, asked_for("OUTRIGGER_POWER_CUTS", 1_000));
    assert_eq!((fates.lost, fates.rewound), (0, 0), "{fates:?}");
    assert!(fates.ahead > 0, "{fates:?}");
}

#[test]
fn a_relaxed_engine_loses_the_last_and_nothing_else() {
    let fates = cuts(false, asked_for("OUTRIGGER_POWER_CUTS", 1_000));
    assert!(
        fates.shortened > 100 && fates.rewound > 0,
        "the power cuts are too mild: {fates:?}"
    );
}
