//! One world from its beginning to its end: lives of a client, deaths of a server, and what must be true after each.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use outrigger_engine::{SyncKind, SyncState};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::link::{Link, Wire};
use crate::moment::{Moment, draw_point};
use crate::rig::audit::Audit;
use crate::rig::fault::{Plan, Severity};
use crate::rig::ledger::{Ledger, Standing, Tag, Thing};
use crate::rig::lines::{Order, Person, Report};
use crate::rig::pilot::{Heard, Pilot};
use crate::rig::process::Client;
use crate::rig::proxy::{Hold, Point, Weather};
use crate::rig::workload::Workload;
use crate::rig::world::World;
use crate::setup::{Launch, Setup};

/// Writes in one life of a client, at most.
pub(crate) const WRITES_IN_A_LIFE: u64 = 24;
/// What the client says of a thing that it does not have.
const LOST: &str = "is not here";
/// Faults of a world.
const ROUNDS: usize = 350;

pub(crate) struct Play {
    seed: u64,
    pub(crate) random: StdRng,
    pub(crate) world: World,
    pub(crate) link: Link,
    people: Vec<Person>,
    pub(crate) workload: Workload,
    /// How the next client is started.
    pub(crate) client: Launch,
    /// A client that runs; while none does, the ledger is kept beside it.
    pub(crate) pilot: Option<Pilot>,
    pub(crate) ledger: Ledger,
    /// The weather that it began with.
    pub(crate) foul: Weather,
    pub(crate) kills: u64,
    /// What was done, for whoever has to find out what went wrong.
    pub(crate) history: Vec<String>,
    /// Whether the client may have lost what the user writes about, and say so.
    pub(crate) may_have_lost: bool,
    began: Instant,
}

impl Play {
    pub(crate) async fn begin(setup: Setup) -> Self {
        let began = Instant::now();
        let seed = setup.seed;
        let binary = setup.binary();
        let world = World::new(&binary, setup.folder).await.unwrap();
        setup.client.give(&world.client_folder());
        let link = Link::start(world.proxy().address(), seed, Wire::Clean)
            .await
            .unwrap();
        let client = setup.client.dress(world.client_command(link.address()));
        let mut pilot = Pilot::new(Client::start(client).unwrap(), Ledger::default());
        pilot.ready().await.unwrap();
        let names = World::people();
        let Report::Met { people } = pilot.ask(&Order::Meet { names }).await.unwrap() else {
            panic!("nobody was met");
        };
        pilot.close().await.unwrap();
        let severity = Severity {
            faults: setup.faults,
            rounds: ROUNDS / setup.faults.len().max(1),
            cuts: 20 * usize::from(!setup.faults.is_empty()),
            calm_max: 8,
        };
        let foul = Weather::Foul(Plan::new(seed, severity));
        world.proxy().set(foul.clone());
        link.set(setup.wire);
        Self {
            seed,
            random: StdRng::seed_from_u64(seed),
            workload: Workload::new(seed, people.clone(), world.pictures_folder(), Tag(1)),
            people,
            world,
            link,
            client: setup.client,
            pilot: None,
            ledger: Ledger::default(),
            foul,
            may_have_lost: false,
            kills: 0,
            history: Vec::new(),
            began,
        }
    }

    /// A world in which nothing goes wrong: so many writes, all of which have arrived.
    pub(crate) async fn without_faults(seed: u64, writes: usize) -> Self {
        let mut play = Self::begin(Setup::fair(seed)).await;
        play.start_client().await;
        for _ in 0..writes {
            play.write().await;
            play.settle().await;
        }
        play.close().await;
        play
    }

    /// The client that runs.
    pub(crate) fn pilot(&mut self) -> &mut Pilot {
        self.pilot.as_mut().unwrap()
    }

    /// Writes something, and waits for the client's word: why it refused it, or nothing.
    pub(crate) async fn try_write(&mut self) -> Result<(), String> {
        let pilot = self.pilot.as_mut().unwrap();
        let order = self.workload.next(&mut pilot.ledger).unwrap();
        pilot.write(&order).await.unwrap();
        let mut refused = Ok(());
        while !pilot.is_answered() {
            match pilot.hear().await.unwrap() {
                Heard::Refused { reason, .. } => refused = Err(reason),
                heard => alive(&heard),
            }
        }
        refused
    }

    /// Writes something, which must work.
    pub(crate) async fn write(&mut self) {
        if let Err(reason) = self.try_write().await
            && !(self.may_have_lost && reason.contains(LOST))
        {
            self.fail(&[format!("a write was refused: {reason}")]);
        }
    }

    /// Waits until nothing more happens by itself.
    pub(crate) async fn settle(&mut self) {
        settle(self.pilot()).await;
    }

    /// Waits until the client says this of itself, within a minute and a half.
    pub(crate) async fn until(&mut self, what: &str, is_it: impl Fn(&SyncState) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(90);
        self.pilot().look().await.unwrap();
        while !is_it(&self.pilot().state) {
            let heard = tokio::time::timeout_at(deadline.into(), self.pilot().hear()).await;
            match heard {
                Ok(heard) => alive(&heard.unwrap()),
                Err(_) => {
                    let state = format!("{:?}", self.pilot().state);
                    self.fail(&[format!("it never was so that {what}"), state]);
                }
            }
        }
    }

    /// Ends the client in good order.
    pub(crate) async fn close(&mut self) {
        self.ledger = self.pilot.take().unwrap().close().await.unwrap();
    }

    /// Kills the client, and looks at what is left.
    pub(crate) async fn kill(&mut self) {
        let mut pilot = self.pilot.take().unwrap();
        pilot.kill().await.unwrap();
        self.kills += 1;
        self.ledger = pilot.ledger;
        self.inspect();
    }

    /// Somebody else who writes, with a client of their own on the same database. From now on each of the two writes to people of their own, so that
    /// nobody but the database puts what they do into an order.
    pub(crate) fn second_writer(&mut self) -> Workload {
        let folder = self.world.pictures_folder();
        let theirs = self.people.split_off(2);
        self.workload = Workload::new(self.seed, self.people.clone(), folder.clone(), Tag(1));
        Workload::new(self.seed + 1_000_000, theirs, folder, Tag(100_000))
    }

    /// A client that was just started, and may not be ready.
    pub(crate) fn launch(&mut self) -> Pilot {
        let command = self.client.dress(self.world.client_command(self.link.address()));
        Pilot::new(Client::start(command).unwrap(), std::mem::take(&mut self.ledger))
    }

    /// Both databases against the ledger.
    pub(crate) fn audit(&self) -> Audit {
        self.world.audit(&self.ledger).unwrap()
    }

    pub(crate) fn server_database(&self) -> PathBuf {
        self.world.server_database()
    }

    /// One life of a client, to its violent end.
    pub(crate) async fn live_and_die(&mut self) {
        let moment = Moment::draw(&mut self.random);
        self.history.push(format!("client: {moment:?}"));
        let hold = match moment {
            Moment::At(point, pass) => self.world.proxy().hold(point, pass),
            _ => self.world.proxy().hold(Point::Arrived, u64::MAX),
        };
        let mut pilot = self.launch();
        if !matches!(moment, Moment::Started) {
            self.live(&mut pilot, moment, hold).await;
        }
        self.pilot = Some(pilot);
        self.kill().await;
    }

    /// Writes until the moment has come, or there is nothing left to do.
    async fn live(&mut self, pilot: &mut Pilot, moment: Moment, mut hold: Hold) {
        let mut ordered = 0;
        tokio::select! {
            () = hold.reached() => return,
            ready = pilot.ready() => ready.unwrap(),
        }
        loop {
            while ordered < WRITES_IN_A_LIFE && pilot.may_write() {
                let order = self.workload.next(&mut pilot.ledger).unwrap();
                pilot.write(&order).await.unwrap();
                ordered += 1;
                if matches!(moment, Moment::Ordered(count) if count == ordered) {
                    return;
                }
            }
            tokio::select! {
                () = hold.reached() => return,
                heard = pilot.hear() => self.heard(&heard.unwrap(), &pilot.ledger),
            }
            let is_acknowledged =
                matches!(moment, Moment::Acknowledged(count) if count <= pilot.acknowledged);
            if is_acknowledged || (ordered == WRITES_IN_A_LIFE && !pilot.is_busy()) {
                return;
            }
        }
    }

    /// A client that writes goes on, and refuses nothing.
    fn heard(&mut self, heard: &Heard, ledger: &Ledger) {
        if let Heard::Refused { number, reason } = heard {
            if self.may_have_lost && reason.contains(LOST) {
                return;
            }
            let is_it = |thing: &&Thing| thing.deeds.iter().any(|deed| deed.number == *number);
            let thing = format!("{:?}", ledger.things.values().find(is_it));
            self.fail(&[format!("write {number} was refused: {reason}"), thing]);
        }
        alive(heard);
    }

    pub(crate) async fn start_client(&mut self) {
        let mut pilot = self.launch();
        pilot.ready().await.unwrap();
        self.pilot = Some(pilot);
    }

    /// Somebody always writes, until a request of the client's is held at some point of its way.
    pub(crate) async fn hold_some_request(&mut self) -> Hold {
        let (point, pass) = (draw_point(&mut self.random), self.random.random_range(0..8));
        self.history.push(format!("server: {point:?} {pass}"));
        let mut hold = self.world.proxy().hold(point, pass);
        let mut pilot = self.pilot.take().unwrap();
        let mut is_held = false;
        while !is_held {
            // There is always a next request.
            if pilot.may_write() {
                let order = self.workload.next(&mut pilot.ledger).unwrap();
                pilot.write(&order).await.unwrap();
            }
            pilot.tell(&Order::Sync).await.unwrap();
            tokio::select! {
                () = hold.reached() => is_held = true,
                heard = pilot.hear() => alive(&heard.unwrap()),
            }
        }
        self.pilot = Some(pilot);
        hold
    }

    /// The server dies with a request of the client's at some point of its way, and comes back.
    pub(crate) async fn server_dies(&mut self) {
        let hold = self.hold_some_request().await;
        self.world.kill_server().await.unwrap();
        drop(hold);
        self.server_comes_back().await;
    }

    /// The server starts again after its death, and nothing is missing.
    pub(crate) async fn server_comes_back(&mut self) {
        self.kills += 1;
        self.world.start_server().await.unwrap();
        let mut pilot = self.pilot.take().unwrap();
        while !pilot.is_answered() {
            alive(&pilot.hear().await.unwrap());
        }
        self.ledger = pilot.ledger.clone();
        self.pilot = Some(pilot);
        self.inspect();
    }

    /// In good weather everything arrives, and then both databases are what the ledger says.
    pub(crate) async fn end(mut self) {
        self.arrive().await;
        let ledger = self.ledger.clone();
        self.prove(&ledger);
    }

    /// In good weather everything arrives; then the client is closed.
    pub(crate) async fn arrive(&mut self) {
        self.world.proxy().set(Weather::Fair);
        self.link.set(Wire::Clean);
        if self.pilot.is_none() {
            self.start_client().await;
        }
        let mut pilot = self.pilot.take().unwrap();
        // What was in a request at each of five deaths is held to be the cause of them, and waits for the user.
        settle(&mut pilot).await;
        pilot.ask(&Order::RetryFailed).await.unwrap();
        settle(&mut pilot).await;
        if pilot.state.kind != SyncKind::Idle {
            let parked = pilot.ask(&Order::Parked).await.unwrap();
            self.ledger = pilot.ledger.clone();
            self.fail(&[format!("{:?}", pilot.state), format!("{parked:?}")]);
        }
        self.ledger = pilot.close().await.unwrap();
    }

    /// Both databases are what a ledger says.
    pub(crate) fn prove(&mut self, ledger: &Ledger) {
        let audit = self.world.audit(ledger).unwrap();
        if !audit.findings.is_empty() {
            self.fail(&audit.findings);
        }
        let tally = self.world.proxy().tally();
        println!(
            "seed {}: {} kills, {} writes acknowledged, {} in doubt, {} requests, {} faults, {:.1} s",
            self.seed,
            self.kills,
            ledger.count(Standing::Written),
            ledger.count(Standing::Asked),
            tally.requests,
            tally.fault_count(),
            self.began.elapsed().as_secs_f64(),
        );
    }

    pub(crate) fn inspect(&mut self) {
        let findings = self.world.inspect(&self.ledger).unwrap();
        if !findings.is_empty() {
            self.fail(&findings);
        }
    }

    pub(crate) fn fail(&mut self, findings: &[String]) -> ! {
        let folder = self.world.keep();
        panic!(
            "seed {}, in {}:\n{}\nafter:\n{}",
            self.seed,
            folder.display(),
            findings.join("\n"),
            self.history.join("\n")
        );
    }
}

/// Waits until nothing more happens by itself.
pub(crate) async fn settle(pilot: &mut Pilot) {
    pilot.look().await.unwrap();
    while pilot.is_busy() {
        alive(&pilot.hear().await.unwrap());
    }
}

/// That the client ends by itself, or refuses what it is told where nothing speaks against it, is a failure.
pub(crate) fn alive(heard: &Heard) {
    assert!(
        !matches!(heard, Heard::End | Heard::Refused { .. }),
        "it ended by itself, or would not: {heard:?}"
    );
}
