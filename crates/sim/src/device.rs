//! A device: its disk and clock, its session, the processes that run on it, and what its user did.
//!
//! Owns state only. What happens to it is the world's.

use outrigger_disk::{Disk, Image, Process};
use outrigger_engine::ids::{AttemptId, LocalId, MutationId};
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{Engine, Event, Limits, Options, SyncState};
use outrigger_social::wire;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::app::Phone;
use crate::clock;
use crate::ledger::Ledger;
use crate::plan::DevicePlan;
use crate::world::Asked;

pub(crate) const DATABASE: &str = "app.db";
pub(crate) const SERVER: &str = "https://outrigger.example";

/// One process that has the database open.
pub(crate) struct Host {
    pub(crate) process: Process,
    pub(crate) engine: Engine<Phone>,
    /// Requests under way, and the flight of each.
    pub(crate) in_flight: BTreeMap<AttemptId, u64>,
    /// When the timer runs, and which of all timers it is.
    pub(crate) wake: Option<(i64, u64)>,
    pub(crate) status: SyncState,
    pub(crate) started_ms: i64,
    /// Until when it stands still, and what it finds when it goes on.
    pub(crate) stands_until: Option<i64>,
    pub(crate) mailbox: Vec<Event<Phone>>,
    /// What could not be committed yet.
    pub(crate) carried: Vec<Event<Phone>>,
    /// It dies before it does so many more effects.
    pub(crate) dies_at_effect: Option<u32>,
    pub(crate) waits_for_refresh: bool,
    /// It is about to end, and lets go of what it holds.
    pub(crate) is_closing: bool,
}

/// What a copy of a device's database holds.
#[derive(Clone)]
pub(crate) struct Copy {
    pub(crate) image: Image,
    pub(crate) ledger: Ledger,
    /// The power went before it was made, and what was lost with it was not looked at yet.
    pub(crate) may_have_lost: bool,
}

/// A device.
pub(crate) struct Device {
    pub(crate) index: usize,
    pub(crate) plan: DevicePlan,
    pub(crate) disk: Disk,
    pub(crate) app: Arc<Phone>,
    pub(crate) me: wire::User,
    pub(crate) session: Option<wire::Session>,
    /// Every secret that it ever held.
    pub(crate) secrets: BTreeSet<String>,
    pub(crate) hosts: [Option<Host>; 2],
    /// How far its clock is from the server's.
    pub(crate) skew_ms: i64,
    pub(crate) is_online: bool,
    pub(crate) one_way_until: i64,
    pub(crate) is_full: bool,
    pub(crate) holds_reserve: bool,
    pub(crate) lock: Option<rusqlite::Connection>,
    pub(crate) copy: Option<Copy>,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) ledger: Ledger,
    /// How many requests have left it.
    pub(crate) departures: u64,
    /// Which flight renews the session.
    pub(crate) refresh: Option<u64>,
    /// Nothing may be sent before: the server asked for a pause.
    pub(crate) pause_until: i64,
    /// Who has sent under which generation of the lease.
    pub(crate) sent_under: Option<(i64, Process)>,
    /// Lanes in which something was refused, or became uncertain: what comes later may overtake it.
    pub(crate) disturbed: BTreeSet<LocalId>,
    /// What it has shown of others' things: which of all that the server was told, in order.
    pub(crate) versions: BTreeMap<LocalId, u64>,
    /// What was asked of the engine and is not answered: of which process, and what.
    pub(crate) asked: BTreeMap<u64, (usize, Asked)>,
    /// Power was lost since the last look, on a device that does not wait for its disk.
    pub(crate) may_have_lost: bool,
    /// Its database is an older one than before.
    pub(crate) went_back: bool,
    /// What was refused once, perhaps in a life that the database has lost since.
    pub(crate) was_refused: BTreeSet<LocalId>,
    pub(crate) was_put_back: bool,
    /// Things whose making was refused in a database that was put back.
    pub(crate) may_be_doubled: BTreeSet<usize>,
    /// What was uncertain when the user had it tried again.
    pub(crate) was_uncertain: BTreeSet<MutationId>,
    /// What is to be looked at once a step is over.
    pub(crate) changed: BTreeSet<LocalId>,
    pub(crate) random: StdRng,
}

impl Device {
    /// Opens the database as every program does that has it alone: its log is made certain before anything is written.
    pub(crate) fn open_alone(&self) -> rusqlite::Result<rusqlite::Connection> {
        let process = self.disk.process();
        let db = self.disk.open(process, DATABASE)?;
        outrigger_wal::make_certain(&db, || self.disk.rewrite_log(process, DATABASE))?;
        Ok(db)
    }

    pub(crate) fn new(seed: u64, index: usize, plan: DevicePlan, me: wire::User, password: String) -> Self {
        let seed = seed ^ (0xde51_ce00 + index as u64);
        Self {
            index,
            plan,
            disk: Disk::new(seed),
            app: Arc::new(Phone::new(me.clone())),
            me,
            secrets: BTreeSet::from([password]),
            session: None,
            hosts: [None, None],
            skew_ms: 0,
            is_online: true,
            one_way_until: 0,
            is_full: false,
            holds_reserve: true,
            lock: None,
            copy: None,
            files: BTreeMap::new(),
            ledger: Ledger::default(),
            departures: 0,
            refresh: None,
            pause_until: 0,
            sent_under: None,
            disturbed: BTreeSet::new(),
            versions: BTreeMap::new(),
            asked: BTreeMap::new(),
            may_have_lost: false,
            went_back: false,
            was_refused: BTreeSet::new(),
            was_put_back: false,
            may_be_doubled: BTreeSet::new(),
            was_uncertain: BTreeSet::new(),
            changed: BTreeSet::new(),
            random: StdRng::seed_from_u64(seed ^ 0xff),
        }
    }

    /// The present, as a process on it sees it.
    pub(crate) fn now(&self, now_ms: i64, started_ms: i64) -> Now {
        Now {
            wall: Wall(self.wall_ms(now_ms)),
            monotonic: Monotonic(now_ms - started_ms),
        }
    }

    pub(crate) const fn wall_ms(&self, now_ms: i64) -> i64 {
        clock::SERVER_START_MS + now_ms + self.skew_ms
    }

    pub(crate) fn options(&mut self, now_ms: i64, account: &str) -> Options {
        let mut seed = [0; 32];
        self.random.fill_bytes(&mut seed);
        Options {
            server: SERVER.to_owned(),
            account: account.to_owned(),
            seed,
            now: self.now(now_ms, now_ms),
            limits: Limits::default(),
            concurrency: self.plan.concurrency,
            shared: self.plan.shared,
            durable: self.plan.durable,
        }
    }

    /// Takes a session into use.
    pub(crate) fn hold(&mut self, session: wire::Session) {
        self.secrets.insert(session.access_token.clone());
        self.secrets.insert(session.refresh_token.clone());
        self.session = Some(session);
    }

    /// A process that runs, if any.
    pub(crate) fn running(&self) -> Option<&Host> {
        self.hosts.iter().flatten().next()
    }

    /// A fresh local id.
    pub(crate) fn new_id(&mut self, now_ms: i64) -> LocalId {
        let mut random = [0; 10];
        self.random.fill_bytes(&mut random);
        LocalId::new(Wall(self.wall_ms(now_ms)), random)
    }
}
