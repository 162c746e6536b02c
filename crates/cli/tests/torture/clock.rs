//! Clocks that are wrong, and clocks that jump: the client's, between its lives and while it runs, and the server's.
//!
//! `libfaketime` tells a process what time it is. The clock that only rises is either left alone or told with the other one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;

use crate::needs;
use crate::play::Play;
use crate::rig::fault::{Fault, Plan, Severity};
use crate::rig::lines::Order;
use crate::rig::proxy::Weather;
use crate::setup::{Launch, Setup};

const WORLDS: u64 = 2;
const LIVES: u64 = 8;
const JUMPS: u64 = 12;
const WRITES_BETWEEN: usize = 4;
/// Requests for each write, at most, with all that is tried again: more is a storm.
const REQUESTS_EACH: u64 = 20;

/// How far a clock may be off.
const OFFSETS: [&str; 8] = ["-10y", "+10y", "-1d", "+1d", "-2h", "+2h", "-5", "+0"];

/// Whether the clock that only rises is told too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Monotonic {
    Left,
    Told,
}

/// A process whose clock is off by as much as a file says, which may change while it runs.
struct Clock {
    file: PathBuf,
}

impl Clock {
    fn new(folder: &Path) -> Self {
        let clock = Self {
            file: folder.join("clock"),
        };
        clock.set("+0");
        clock
    }

    /// At once, and whole: the process looks each time that it wants to know the time.
    fn set(&self, offset: &str) {
        let draft = self.file.with_extension("new");
        std::fs::write(&draft, format!("{offset}\n")).unwrap();
        std::fs::rename(&draft, &self.file).unwrap();
    }

    fn environment(&self, library: &Path, monotonic: Monotonic) -> Vec<(&'static str, OsString)> {
        let variables = [
            ("FAKETIME_TIMESTAMP_FILE", self.file.clone().into()),
            ("FAKETIME_NO_CACHE", "1".into()),
        ];
        told(library, variables, monotonic)
    }
}

/// The environment of a process whose clocks are off by as much for all its life. Nothing is read while it runs: `libfaketime` may misread a file that several threads look at, and with
/// the clock that only rises told too, a moment that is hours off is a timer that runs in hours.
fn off_by(offset: &str, library: &Path, monotonic: Monotonic) -> Vec<(&'static str, OsString)> {
    let variables = [
        ("FAKETIME", offset.into()),
        ("FAKETIME_CACHE_DURATION", "86400".into()),
    ];
    told(library, variables, monotonic)
}

fn told(
    library: &Path,
    variables: [(&'static str, OsString); 2],
    monotonic: Monotonic,
) -> Vec<(&'static str, OsString)> {
    let mut environment = vec![("LD_PRELOAD", library.into())];
    environment.extend(variables);
    if monotonic == Monotonic::Left {
        environment.push(("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()));
    }
    environment
}

fn draw(random: &mut StdRng, offsets: &[&'static str]) -> &'static str {
    offsets[random.random_range(0..offsets.len())]
}

/// Everything arrives, and without a storm of requests on the way.
async fn end(play: Play, writes: u64) {
    let requests = play.world.proxy().tally().requests;
    assert!(
        requests < writes * REQUESTS_EACH,
        "{requests} requests for {writes} writes"
    );
    play.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_whose_clock_is_years_off_in_each_of_its_lives_loses_and_doubles_nothing() {
    let Some(library) = needs::faketime() else { return };
    for seed in crate::seeds(WORLDS) {
        let mut play = Play::begin(Setup::new(seed)).await;
        let mut said = Vec::new();
        for _ in 0..LIVES {
            let monotonic = if play.random.random_bool(0.5) {
                Monotonic::Left
            } else {
                Monotonic::Told
            };
            let offset = draw(&mut play.random, &OFFSETS);
            play.client.environment = off_by(offset, library, monotonic);
            play.history
                .push(format!("the clock is off by {offset}, {monotonic:?}"));
            play.live_and_die().await;
            said.push(newest_wall(&play));
        }
        let spread = said.iter().max().unwrap() - said.iter().min().unwrap();
        assert!(spread > 3_600_000, "the clock was never off: {said:?}");
        let writes = LIVES * crate::play::WRITES_IN_A_LIFE;
        end(play, writes).await;
    }
}

/// What the client last took for the time, in milliseconds.
fn newest_wall(play: &Play) -> i64 {
    let database = crate::rig::place::database(&play.world.client_folder());
    let db = crate::rig::audit::open(&database).unwrap();
    db.query_row("SELECT wall FROM outrigger_state", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_while_the_client_runs_strands_nothing() {
    let Some(library) = needs::faketime() else { return };
    for seed in crate::seeds(WORLDS) {
        let mut play = Play::begin(Setup::new(seed)).await;
        let clock = Clock::new(&play.world.pictures_folder());
        play.client = Launch::with(["--period", "300"]);
        play.client.environment = clock.environment(library, Monotonic::Left);
        play.start_client().await;
        for _ in 0..JUMPS {
            let offset = draw(&mut play.random, &OFFSETS);
            play.history.push(format!("the clock jumps to {offset}"));
            clock.set(offset);
            for _ in 0..WRITES_BETWEEN {
                play.write().await;
            }
            play.pilot().tell(&Order::Sync).await.unwrap();
            if play.random.random_bool(0.3) {
                play.settle().await;
            }
        }
        end(play, JUMPS * WRITES_BETWEEN as u64).await;
    }
}

/// A computer that slept: its clocks, all of them, are hours further.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_slept_for_hours_goes_on() {
    let Some(library) = needs::faketime() else { return };
    let mut play = Play::begin(Setup::new(71)).await;
    let clock = Clock::new(&play.world.pictures_folder());
    play.client = Launch::with(["--period", "300"]);
    play.client.environment = clock.environment(library, Monotonic::Told);
    play.start_client().await;
    for hours in 1..=JUMPS {
        for _ in 0..WRITES_BETWEEN {
            play.write().await;
        }
        clock.set(&format!("+{hours}h"));
        play.pilot().tell(&Order::Sync).await.unwrap();
    }
    end(play, JUMPS * WRITES_BETWEEN as u64).await;
}

/// Whatever pause a server asks for, nobody waits for more than an hour; and an hour is over when the clock says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_of_centuries_is_an_hour() {
    const HOUR: u64 = 3_600_000;
    let Some(library) = needs::faketime() else { return };
    let mut play = Play::begin(Setup::fair(72)).await;
    let clock = Clock::new(&play.world.pictures_folder());
    play.client = Launch::with(["--period", "300"]);
    play.client.environment = clock.environment(library, Monotonic::Left);
    play.start_client().await;
    // Only what bears the mark of the known server is taken for its word.
    play.write().await;
    play.settle().await;
    let pauses: [&'static [Fault]; 3] = [
        &[Fault::Unavailable("Fri, 31 Dec 9999 23:59:59 GMT")],
        &[Fault::TooMany("99999999999999999999")],
        &[Fault::TooMany("31536000000")],
    ];
    for (number, faults) in pauses.into_iter().enumerate() {
        let severity = Severity {
            faults,
            rounds: 1,
            cuts: 0,
            calm_max: 0,
        };
        play.world.proxy().set(Weather::Foul(Plan::new(72, severity)));
        play.write().await;
        play.until("a pause is kept", |state| {
            state.next_attempt_in_ms.is_some_and(|wait| wait > HOUR / 2)
        })
        .await;
        let wait = play.pilot().state.next_attempt_in_ms.unwrap_or(0);
        assert!(wait <= HOUR + 10_000, "a wait of {wait} ms");
        // The user's pulling does not end it.
        let before = play.world.proxy().tally().requests;
        play.pilot().tell(&Order::Sync).await.unwrap();
        play.pilot().look().await.unwrap();
        assert_eq!(play.world.proxy().tally().requests, before);
        clock.set(&format!("+{}h", 2 * (number + 1)));
        play.settle().await;
    }
    play.end().await;
}

/// Tokens of a day ago, or of tomorrow: a session is renewed, and nothing is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_clock_jumps_loses_and_doubles_nothing() {
    let Some(library) = needs::faketime() else { return };
    let mut play = Play::begin(Setup::new(73)).await;
    let clock = Clock::new(&play.world.pictures_folder());
    play.start_client().await;
    for offset in ["+2h", "+1d", "+0", "-2h", "+20d"] {
        play.world.kill_server().await.unwrap();
        clock.set(offset);
        let server = Launch {
            environment: clock.environment(library, Monotonic::Left),
            ..Launch::default()
        };
        let command = server.dress(play.world.server_command());
        play.world.start_server_as(command).await.unwrap();
        play.history
            .push(format!("the server's clock is off by {offset}"));
        for _ in 0..WRITES_BETWEEN {
            play.write().await;
        }
        play.pilot().tell(&Order::Sync).await.unwrap();
        let settled = tokio::time::timeout(Duration::from_secs(60), play.settle()).await;
        if settled.is_err() {
            let state = format!("{:?}", play.pilot().state);
            play.fail(&["nothing moves".to_owned(), state]);
        }
    }
    play.end().await;
}
