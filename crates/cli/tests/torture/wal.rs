//! A log of which the end is gone, as after a loss of power on a disk that promised too much; and one that ends in what was never whole.
//!
//! What was in that end may be gone, and nothing before it; what the server had of it already is done once, and not again. Of a commit that was torn on its way
//! nobody was told: it was not there.

use std::path::{Path, PathBuf};

use outrigger_engine::SyncKind;
use outrigger_engine::ids::MutationId;
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _};

use crate::play::Play;
use crate::rig::ledger::{Ledger, Standing};
use crate::rig::lines::{Order, Report};
use crate::rig::proxy::Weather;
use crate::rig::{audit, place, remote};
use crate::setup::Setup;

const WORLDS: u64 = 6;
const SERVER_WORLDS: u64 = 3;
/// Lives in one world, each with its end and the end of its log.
const LIVES: u64 = 6;
/// Deaths of a server in one world, each with a torn commit at the end of its log.
const TEARS: u64 = 4;
/// Bytes of a torn commit, at most.
const TORN_MAX: usize = 12 << 10;
/// Writes after each loss.
const WRITES_AFTER: usize = 3;

/// What becomes of the log and of its index.
#[derive(Debug, Clone, Copy)]
enum Damage {
    /// It ends here.
    Cut(u64),
    /// Bits are others from here on, so many bytes.
    Flipped(u64, u64),
    /// From here on it is zeros, as a file system leaves what it had only promised.
    Zeroed(u64),
}

impl Damage {
    /// Most of it keeps most of the log: else there is little to compare.
    fn draw(random: &mut StdRng, length: u64) -> Self {
        let from = if random.random_bool(0.2) { 0 } else { length / 2 };
        let at = random.random_range(from..length);
        match random.random_range(0..3) {
            0 => Self::Cut(at),
            1 => Self::Flipped(at, random.random_range(1..=64)),
            _ => Self::Zeroed(at),
        }
    }

    fn inflict(self, log: &Path) {
        let mut bytes = std::fs::read(log).unwrap();
        let from = |at: u64| usize::try_from(at).unwrap().min(bytes.len());
        match self {
            Self::Cut(at) => bytes.truncate(from(at)),
            Self::Flipped(at, count) => {
                let (start, end) = (from(at), from(at + count));
                bytes[start..end].iter_mut().for_each(|byte| *byte ^= 0x55);
            }
            Self::Zeroed(at) => {
                let start = from(at);
                bytes[start..].fill(0);
            }
        }
        std::fs::write(log, bytes).unwrap();
    }
}

/// What becomes of the index of the log, which is made anew from the log.
fn spoil_index(random: &mut StdRng, index: &Path) -> &'static str {
    match random.random_range(0..3) {
        0 => {
            let _ = std::fs::remove_file(index);
            "no index"
        }
        1 => {
            let mut garbage = vec![0; 32 << 10];
            random.fill_bytes(&mut garbage);
            std::fs::write(index, garbage).unwrap();
            "an index of garbage"
        }
        _ => "the old index",
    }
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// What was acknowledged and is not there any more is the end of what was acknowledged; of it, nobody knows from now on.
fn forget_what_is_gone(play: &mut Play, database: &Path) -> usize {
    let db = rusqlite::Connection::open(database).unwrap();
    let said: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    let is_kept = |mutations: &Vec<_>| mutations.iter().all(|one| audit::is_kept(&db, *one).unwrap());
    let gone: Vec<u64> = play
        .ledger
        .acknowledged
        .iter()
        .filter(|(_, mutations)| !is_kept(mutations))
        .map(|(number, _)| *number)
        .collect();
    let newest = play.ledger.acknowledged.keys().next_back().copied();
    let expected: Vec<u64> = play
        .ledger
        .acknowledged
        .keys()
        .rev()
        .take(gone.len())
        .rev()
        .copied()
        .collect();
    if said != "ok" || gone != expected {
        play.fail(&[said, format!("{gone:?} are gone, of {newest:?}")]);
    }
    for number in &gone {
        play.ledger.acknowledged.remove(number);
    }
    doubt(&mut play.ledger, &gone);
    gone.len()
}

/// Of these orders nobody knows. What was set back may be said once more over what a forgotten change made of it.
fn doubt(ledger: &mut Ledger, numbers: &[u64]) {
    for thing in ledger.things.values_mut() {
        let forgotten = thing
            .deeds
            .iter_mut()
            .filter(|deed| numbers.contains(&deed.number));
        for deed in forgotten {
            deed.standing = Standing::Asked;
            thing.in_doubt = true;
            thing.foreign_edits += 1;
        }
    }
}

/// The user takes back what cannot be known to have arrived: it may have, once. So it is with a file that was removed after it was uploaded, if the
/// database has forgotten that it was.
async fn give_up_what_is(word: &str, play: &mut Play) -> usize {
    let Report::Parked { items } = play.pilot().ask(&Order::Parked).await.unwrap() else {
        panic!("nothing was said of what is parked");
    };
    let mut given_up = 0;
    for item in items.iter().filter(|item| item.word == word) {
        let merged = merged_into(play, item.mutation);
        let order = Order::Discard {
            mutation: item.mutation,
        };
        let Report::TakenBack { mutations } = play.pilot().ask(&order).await.unwrap() else {
            panic!("nothing was taken back");
        };
        let ledger = &mut play.pilot().ledger;
        let is_one = |known: &Vec<_>| mutations.iter().chain(&merged).any(|gone| known.contains(gone));
        let numbers: Vec<u64> = ledger
            .acknowledged
            .iter()
            .filter(|(_, known)| is_one(known))
            .map(|(number, _)| *number)
            .collect();
        doubt(ledger, &numbers);
        given_up += 1;
    }
    given_up
}

/// What goes with a mutation because it stands for it.
fn merged_into(play: &Play, mutation: MutationId) -> Vec<MutationId> {
    let db = audit::open(&place::database(&play.world.client_folder())).unwrap();
    let mut statement = db
        .prepare("SELECT mutation FROM outrigger_merged WHERE into_mutation = ?1")
        .unwrap();
    let merged = statement.query_map([mutation], |row| row.get(0)).unwrap();
    merged.map(Result::unwrap).collect()
}

/// Nothing is on the server but what the ledger allows, and nothing twice.
fn prove(play: &mut Play) {
    let server = audit::open(&play.server_database()).unwrap();
    let client = audit::open(&place::database(&play.world.client_folder())).unwrap();
    let there = remote::read(&server, &play.world.account).unwrap();
    let mut found = audit::audit_server(&play.ledger, &there, &client).unwrap();
    audit::check_integrity(&mut found, "server", &server).unwrap();
    audit::check_integrity(&mut found, "client", &client).unwrap();
    if !found.findings.is_empty() {
        play.fail(&found.findings);
    }
}

/// In good weather everything that is left arrives, and what cannot be known is given up. Closed in good order, so that the next log begins anew: it is
/// one loss that is recovered from. A copy from before a recovery that the server has seen is another matter, which the protocol does not cover.
async fn recover(play: &mut Play) -> usize {
    play.world.proxy().set(Weather::Fair);
    play.start_client().await;
    // Enough that the server notices by the numbers that it knows this client further on.
    for _ in 0..WRITES_AFTER {
        play.write().await;
    }
    play.settle().await;
    let mut given_up = 0;
    // The uncertain is never tried again; what else failed is, and then it is clear that it will not succeed.
    for word in ["uncertain", "uncertain", "exhausted"] {
        given_up += give_up_what_is(word, play).await;
        play.pilot().ask(&Order::RetryFailed).await.unwrap();
        play.settle().await;
    }
    if play.pilot().state.kind != SyncKind::Idle {
        let parked = play.pilot().ask(&Order::Parked).await.unwrap();
        play.fail(&[format!("{parked:?}")]);
    }
    play.close().await;
    prove(play);
    given_up
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_without_its_end_loses_no_more_than_that_and_doubles_nothing() {
    let (mut gone, mut given_up) = (0, 0);
    for seed in crate::seeds(WORLDS) {
        let mut play = Play::begin(Setup::new(seed)).await;
        let database = place::database(&play.world.client_folder());
        let log = beside(&database, "-wal");
        // A conversation that was opened in the lost part, say.
        play.may_have_lost = true;
        let foul = play.foul.clone();
        for _ in 0..LIVES {
            play.world.proxy().set(foul.clone());
            play.live_and_die().await;
            let length = std::fs::metadata(&log).map_or(0, |log| log.len());
            if length > 0 {
                let damage = Damage::draw(&mut play.random, length);
                let index = spoil_index(&mut play.random, &beside(&database, "-shm"));
                play.history
                    .push(format!("of {length} bytes of log: {damage:?}, {index}"));
                damage.inflict(&log);
                gone += forget_what_is_gone(&mut play, &database);
            }
            given_up += recover(&mut play).await;
        }
    }
    println!("{gone} writes were gone, {given_up} were uncertain");
    assert!(gone > 0, "no damage ever took anything");
}

/// Begins a commit at the end of a log, as a process does that dies over it: its frames may be anything, and none says that they are all.
fn tear(random: &mut StdRng, log: &Path) -> usize {
    let mut torn = vec![0; random.random_range(1..=TORN_MAX)];
    // Or zeros: blocks that a file system had promised.
    if random.random_bool(0.7) {
        random.fill_bytes(&mut torn);
    }
    let mut file = std::fs::OpenOptions::new().append(true).open(log).unwrap();
    std::io::Write::write_all(&mut file, &torn).unwrap();
    torn.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_log_ends_in_a_torn_commit_loses_and_doubles_nothing() {
    let mut torn = 0;
    for seed in crate::seeds(SERVER_WORLDS) {
        let mut play = Play::begin(Setup::new(seed)).await;
        let database = play.server_database();
        let log = beside(&database, "-wal");
        play.start_client().await;
        for _ in 0..TEARS {
            let hold = play.hold_some_request().await;
            play.world.kill_server().await.unwrap();
            drop(hold);
            if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
                let bytes = tear(&mut play.random, &log);
                let index = spoil_index(&mut play.random, &beside(&database, "-shm"));
                play.history
                    .push(format!("{bytes} bytes of a torn commit, {index}"));
                torn += 1;
            }
            play.server_comes_back().await;
        }
        play.end().await;
    }
    assert!(torn > 0, "no log was ever there to be torn");
}
