//! Two processes on one database: one of them is killed, or stands still, while the other goes on.
//!
//! Owns the second process and what its user did. Both ledgers together are what the databases are measured by.

use rand::RngExt as _;
use rusqlite::Connection;

use crate::link::Wire;
use crate::moment::{Moment, draw_point};
use crate::play::{Play, WRITES_IN_A_LIFE, alive, settle};
use crate::rig::ledger::Ledger;
use crate::rig::lines::Order;
use crate::rig::pilot::Pilot;
use crate::rig::place;
use crate::rig::proxy::{Hold, Point};
use crate::rig::workload::Workload;
use crate::setup::{Launch, Setup};
use crate::signal;

/// Times that one of two is killed, in one world.
const KILLS: u64 = 10;
const KILL_WORLDS: u64 = 3;
/// Times that one of two stands still: each takes as long as a lease.
const STOPS: u64 = 3;
const STOP_WORLDS: u64 = 2;

struct Pair {
    play: Play,
    /// The other one.
    pilot: Option<Pilot>,
    workload: Workload,
    ledger: Ledger,
}

impl Pair {
    async fn begin(mut setup: Setup) -> Self {
        setup.client = Launch::with(["--shared"]);
        let mut play = Play::begin(setup).await;
        let workload = play.second_writer();
        Self {
            play,
            pilot: None,
            workload,
            ledger: Ledger::default(),
        }
    }

    /// Those two change places.
    fn swap(&mut self) {
        std::mem::swap(&mut self.play.pilot, &mut self.pilot);
        std::mem::swap(&mut self.play.workload, &mut self.workload);
        std::mem::swap(&mut self.play.ledger, &mut self.ledger);
    }

    /// All that both have done.
    fn all(&self) -> Ledger {
        let of = |pilot: &Option<Pilot>, kept: &Ledger| match pilot {
            Some(pilot) => pilot.ledger.clone(),
            None => kept.clone(),
        };
        let mut all = of(&self.play.pilot, &self.play.ledger);
        let other = of(&self.pilot, &self.ledger);
        all.things.extend(other.things);
        all.acknowledged.extend(other.acknowledged);
        all
    }

    fn inspect(&mut self) {
        let findings = self.play.world.inspect(&self.all()).unwrap();
        if !findings.is_empty() {
            self.play.fail(&findings);
        }
    }

    /// The other one is there.
    async fn start_other(&mut self) {
        if self.pilot.is_none() {
            self.swap();
            self.play.start_client().await;
            self.swap();
        }
    }

    /// One is killed while the other writes.
    async fn one_dies(&mut self) {
        self.start_other().await;
        let moment = Moment::draw(&mut self.play.random);
        self.play.history.push(format!("one of two: {moment:?}"));
        let mut hold = match moment {
            Moment::At(point, pass) => self.play.world.proxy().hold(point, pass),
            _ => self.play.world.proxy().hold(Point::Arrived, u64::MAX),
        };
        let mut one = self.play.launch();
        let mut other = self.pilot.take().unwrap();
        if !matches!(moment, Moment::Started) {
            tokio::select! {
                () = hold.reached() => {}
                ready = one.ready() => {
                    ready.unwrap();
                    self.live(&mut one, &mut other, moment, &mut hold).await;
                }
            }
        }
        self.play.pilot = Some(one);
        self.pilot = Some(other);
        let mut dead = self.play.pilot.take().unwrap();
        dead.kill().await.unwrap();
        drop(hold);
        self.play.kills += 1;
        self.play.ledger = dead.ledger;
        self.inspect();
        if self.play.random.random_bool(0.5) {
            // Then it is the other's turn.
            self.swap();
            self.end_one().await;
            self.swap();
        }
    }

    /// Both write, until the moment of the first has come or both have nothing left to do.
    async fn live(&mut self, one: &mut Pilot, other: &mut Pilot, moment: Moment, hold: &mut Hold) {
        let (mut ordered, mut ordered_other) = (0, 0);
        loop {
            while ordered_other < WRITES_IN_A_LIFE && other.may_write() {
                let order = self.workload.next(&mut other.ledger).unwrap();
                other.write(&order).await.unwrap();
                ordered_other += 1;
            }
            while ordered < WRITES_IN_A_LIFE && one.may_write() {
                let order = self.play.workload.next(&mut one.ledger).unwrap();
                one.write(&order).await.unwrap();
                ordered += 1;
                if matches!(moment, Moment::Ordered(count) if count == ordered) {
                    return;
                }
            }
            tokio::select! {
                () = hold.reached() => return,
                heard = one.hear() => alive(&heard.unwrap()),
                heard = other.hear() => alive(&heard.unwrap()),
            }
            let is_acknowledged = matches!(moment, Moment::Acknowledged(count) if count <= one.acknowledged);
            let is_over = ordered == WRITES_IN_A_LIFE && ordered_other == WRITES_IN_A_LIFE;
            if is_acknowledged || (is_over && !one.is_busy() && !other.is_busy()) {
                return;
            }
        }
    }

    /// Ends the first, if it runs, with or without a warning.
    async fn end_one(&mut self) {
        if self.play.pilot.is_none() {
            return;
        }
        if self.play.random.random_bool(0.5) {
            self.play.close().await;
            return;
        }
        let mut pilot = self.play.pilot.take().unwrap();
        pilot.kill().await.unwrap();
        self.play.kills += 1;
        self.play.ledger = pilot.ledger;
        self.inspect();
    }

    /// The one that sends stands still with a request under way. The other takes over once the lease has run out, and sends everything; then the
    /// first wakes up with the answer to what it had sent.
    async fn one_stands_still(&mut self) {
        let database = place::database(&self.play.world.client_folder());
        if self.play.pilot.is_none() {
            self.play.start_client().await;
        }
        let (point, pass) = (
            draw_point(&mut self.play.random),
            self.play.random.random_range(0..6),
        );
        self.play.history.push(format!("stands still: {point:?} {pass}"));
        let mut hold = self.play.world.proxy().hold(point, pass);
        let mut is_held = false;
        while !is_held {
            let pilot = self.play.pilot.as_mut().unwrap();
            // Somebody who always writes: there is always a next request.
            if pilot.may_write() {
                let order = self.play.workload.next(&mut pilot.ledger).unwrap();
                pilot.write(&order).await.unwrap();
            }
            pilot.tell(&Order::Sync).await.unwrap();
            tokio::select! {
                () = hold.reached() => is_held = true,
                heard = pilot.hear() => alive(&heard.unwrap()),
            }
        }
        let sleeper = &self.play.pilot.as_ref().unwrap().client.child;
        signal::stop_outside_of_a_commit(sleeper, &database).await;
        let before = generation(&database);
        // Whatever was held goes on: the answer waits for a client that does not look.
        drop(hold);
        self.start_other().await;
        let other = self.pilot.as_mut().unwrap();
        for _ in 0..6 {
            let order = self.workload.next(&mut other.ledger).unwrap();
            other.write(&order).await.unwrap();
        }
        settle(other).await;
        let after = generation(&database);
        assert!(after > before, "nobody took over: generation {after}");
        signal::go_on(&self.play.pilot.as_ref().unwrap().client.child);
        let sleeper = self.play.pilot.as_mut().unwrap();
        for _ in 0..6 {
            let order = self.play.workload.next(&mut sleeper.ledger).unwrap();
            sleeper.write(&order).await.unwrap();
        }
        settle(sleeper).await;
        settle(self.pilot.as_mut().unwrap()).await;
        self.inspect();
        self.swap();
        self.end_one().await;
        if self.play.random.random_bool(0.5) {
            self.swap();
        }
        // Only one of them runs now, and is the first.
        if self.play.pilot.is_none() {
            self.swap();
        }
    }

    async fn end(mut self) {
        self.swap();
        if self.play.pilot.is_some() {
            self.play.close().await;
        }
        self.swap();
        self.play.link.set(Wire::Clean);
        self.play.arrive().await;
        let all = self.all();
        self.play.prove(&all);
    }
}

fn generation(database: &std::path::Path) -> i64 {
    let db = Connection::open(database).unwrap();
    db.query_row("SELECT generation FROM outrigger_lease", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_clients_is_killed_while_the_other_writes() {
    for seed in crate::seeds(KILL_WORLDS) {
        let mut pair = Pair::begin(Setup::new(seed)).await;
        for _ in 0..KILLS {
            pair.one_dies().await;
        }
        pair.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stands_still_is_relieved_and_does_no_harm_when_it_wakes() {
    for seed in crate::seeds(STOP_WORLDS) {
        // Every other network is bad too: then whoever takes over has to wait for that besides.
        let mut pair = Pair::begin(if seed.is_multiple_of(2) {
            Setup::new(seed)
        } else {
            Setup::fair(seed)
        })
        .await;
        for _ in 0..STOPS {
            pair.one_stands_still().await;
        }
        pair.end().await;
    }
}
