//! Real processes, killed with `SIGKILL` at moments chosen by a seed, under load, over a bad network. Each time both databases are compared with a
//! ledger of what was acknowledged: it must be there exactly once; what was not acknowledged, once or not at all.
//!
//! `OUTRIGGER_TORTURE_LONG=1` plays seven times as much, `OUTRIGGER_TORTURE_SEED=N` something else. `--nocapture` shows the figures.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "the demo has more of a story than the tests need")]
mod rig;

mod link;
mod moment;
mod needs;
mod play;
mod signal;
mod small_disk;
mod setup;

mod clock;
mod demo;
mod disk;
mod pair;
mod rights;
mod stopped;
mod tamper;
mod toxic;
mod wal;

use play::Play;
use setup::Setup;

/// How often a client is killed in one world, and how many worlds there are.
const CLIENT_KILLS: u64 = 20;
const CLIENT_WORLDS: u64 = 15;
/// The same for a server.
const SERVER_KILLS: u64 = 10;
const SERVER_WORLDS: u64 = 10;

/// The long form plays so much more.
const LONG: u64 = 7;

/// Every other world has a wire that does all that a wire can do.
fn world_of(seed: u64) -> Setup {
    if seed.is_multiple_of(2) {
        Setup::toxic(seed)
    } else {
        Setup::new(seed)
    }
}

/// So many worlds, or more of them in the long form.
pub(crate) fn seeds(worlds: u64) -> impl Iterator<Item = u64> {
    let first = std::env::var("OUTRIGGER_TORTURE_SEED").map_or(1, |text| text.parse().unwrap());
    let is_long = std::env::var_os("OUTRIGGER_TORTURE_LONG").is_some();
    let times = if is_long { LONG } else { 1 };
    first..first + worlds * times
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_killed_at_any_moment_loses_and_doubles_nothing() {
    for seed in seeds(CLIENT_WORLDS) {
        let mut play = Play::begin(world_of(seed)).await;
        for _ in 0..CLIENT_KILLS {
            play.live_and_die().await;
        }
        play.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_at_any_moment_loses_and_doubles_nothing() {
    for seed in seeds(SERVER_WORLDS) {
        let mut play = Play::begin(world_of(seed)).await;
        play.start_client().await;
        for _ in 0..SERVER_KILLS {
            play.server_dies().await;
        }
        play.end().await;
    }
}
