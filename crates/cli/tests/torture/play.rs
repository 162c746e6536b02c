//! One world from its beginning to its end: lives of a client, deaths of a server, and what must be true after each.

use std::path::{Path, PathBuf};
use std::time::Instant;

use outrigger_engine::SyncKind;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::moment::{Moment, draw_point};
use crate::rig::audit::Audit;
use crate::rig::fault::{Fault, Plan, Severity};
use crate::rig::ledger::{Ledger, Standing};
use crate::rig::lines::{Order, Report};
use crate::rig::pilot::{Heard, Pilot};
use crate::rig::proxy::{Hold, Point, Weather};
use crate::rig::workload::Workload;
use crate::rig::world::World;

/// Writes in one life of a client, at most.
pub(crate) const WRITES_IN_A_LIFE: u64 = 24;

/// Those after which nobody has to wait because the server asked for it.
const FAULTS: [Fault; 7] = [
    Fault::RequestLost,
    Fault::AnswerLost,
    Fault::AnswerCut,
    Fault::Repeated,
    Fault::ServerError,
    Fault::PortalRedirect,
    Fault::PortalPage,
];

pub(crate) struct Play {
    seed: u64,
    random: StdRng,
    world: World,
    workload: Workload,
    /// A client that runs; while none does, the ledger is kept beside it.
    pilot: Option<Pilot>,
    ledger: Ledger,
    kills: u64,
    /// What was done, for whoever has to find out what went wrong.
    history: Vec<String>,
    began: Instant,
}

impl Play {
    pub(crate) async fn begin(seed: u64) -> Self {
        let began = Instant::now();
        let world = World::new(Path::new(env!("CARGO_BIN_EXE_outrigger")))
            .await
            .unwrap();
        let mut pilot = Pilot::new(world.start_client().unwrap(), Ledger::default());
        pilot.ready().await.unwrap();
        let names = World::people();
        let Report::Met { people } = pilot.ask(&Order::Meet { names }).await.unwrap() else {
            panic!("nobody was met");
        };
        pilot.close().await.unwrap();
        let severity = Severity {
            faults: &FAULTS,
            rounds: 50,
            cuts: 20,
            calm_max: 8,
        };
        world.proxy().set(Weather::Foul(Plan::new(seed, severity)));
        Self {
            seed,
            random: StdRng::seed_from_u64(seed),
            workload: Workload::new(seed, people, world.pictures_folder()),
            world,
            pilot: None,
            ledger: Ledger::default(),
            kills: 0,
            history: Vec::new(),
            began,
        }
    }

    /// A world in which nothing goes wrong: so many writes, all of which have arrived.
    pub(crate) async fn without_faults(seed: u64, writes: usize) -> Self {
        let mut play = Self::begin(seed).await;
        play.world.proxy().set(Weather::Fair);
        play.start_client().await;
        let mut pilot = play.pilot.take().unwrap();
        for _ in 0..writes {
            let order = play.workload.next(&mut pilot.ledger).unwrap();
            pilot.write(&order).await.unwrap();
            settle(&mut pilot).await;
        }
        play.ledger = pilot.close().await.unwrap();
        play
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
        let client = self.world.start_client().unwrap();
        let mut pilot = Pilot::new(client, std::mem::take(&mut self.ledger));
        if !matches!(moment, Moment::Started) {
            self.live(&mut pilot, moment, hold).await;
        }
        pilot.kill().await.unwrap();
        self.kills += 1;
        self.ledger = pilot.ledger;
        self.inspect();
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
                heard = pilot.hear() => assert!(!matches!(heard.unwrap(), Heard::End), "it ended by itself"),
            }
            let is_acknowledged =
                matches!(moment, Moment::Acknowledged(count) if count <= pilot.acknowledged);
            if is_acknowledged || (ordered == WRITES_IN_A_LIFE && !pilot.is_busy()) {
                return;
            }
        }
    }

    pub(crate) async fn start_client(&mut self) {
        let client = self.world.start_client().unwrap();
        let mut pilot = Pilot::new(client, std::mem::take(&mut self.ledger));
        pilot.ready().await.unwrap();
        self.pilot = Some(pilot);
    }

    /// The server dies with a request of the client's at some point of its way, and comes back.
    pub(crate) async fn server_dies(&mut self) {
        let (point, pass) = (draw_point(&mut self.random), self.random.random_range(0..8));
        self.history.push(format!("server: {point:?} {pass}"));
        let mut hold = self.world.proxy().hold(point, pass);
        let mut pilot = self.pilot.take().unwrap();
        let mut is_held = false;
        while !is_held {
            // Somebody who always writes: there is always a next request.
            if pilot.may_write() {
                let order = self.workload.next(&mut pilot.ledger).unwrap();
                pilot.write(&order).await.unwrap();
            }
            pilot.tell(&Order::Sync).await.unwrap();
            tokio::select! {
                () = hold.reached() => is_held = true,
                heard = pilot.hear() => assert!(!matches!(heard.unwrap(), Heard::End), "it ended by itself"),
            }
        }
        self.world.kill_server().await.unwrap();
        self.kills += 1;
        drop(hold);
        self.world.start_server().await.unwrap();
        while !pilot.is_answered() {
            pilot.hear().await.unwrap();
        }
        self.ledger = pilot.ledger.clone();
        self.pilot = Some(pilot);
        self.inspect();
    }

    /// In good weather everything arrives, and then both databases are what the ledger says.
    pub(crate) async fn end(mut self) {
        self.world.proxy().set(Weather::Fair);
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
        let audit = self.audit();
        if !audit.findings.is_empty() {
            self.fail(&audit.findings);
        }
        let tally = self.world.proxy().tally();
        println!(
            "seed {}: {} kills, {} writes acknowledged, {} in doubt, {} requests, {} faults, {:.1} s",
            self.seed,
            self.kills,
            self.ledger.count(Standing::Written),
            self.ledger.count(Standing::Asked),
            tally.requests,
            tally.fault_count(),
            self.began.elapsed().as_secs_f64(),
        );
    }

    fn inspect(&mut self) {
        let findings = self.world.inspect(&self.ledger).unwrap();
        if !findings.is_empty() {
            self.fail(&findings);
        }
    }

    fn fail(&mut self, findings: &[String]) -> ! {
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
async fn settle(pilot: &mut Pilot) {
    pilot.look().await.unwrap();
    while pilot.is_busy() {
        assert!(
            !matches!(pilot.hear().await.unwrap(), Heard::End),
            "it ended by itself"
        );
    }
}
