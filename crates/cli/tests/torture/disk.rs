//! Disks that fill and are freed, under the client and under the server.

use std::time::{Duration, Instant};

use outrigger_engine::SyncKind;
use rand::RngExt as _;

use crate::needs;
use crate::play::Play;
use crate::rig::lines::Order;
use crate::rig::place;
use crate::rig::proxy::Weather;
use crate::setup::{Launch, Setup};
use crate::small_disk::SmallDisk;

/// The whole disk of the client, and what of it is held back.
const DISK_KIB: u32 = 1024;
const RESERVE_KIB: u64 = 192;
/// More than fit into it at a time.
const WRITES_MAX: usize = 400;
const WORLDS: u64 = 3;
/// Times that the disk of one world fills.
const FILLS: u64 = 3;

/// A client whose disk fills, with its own writes and with somebody else's file, while the network is away and while it is bad.
async fn begin(setup: Setup) -> (Play, SmallDisk) {
    let disk = SmallDisk::mount(&place::client(setup.folder.path()), DISK_KIB);
    let reserve = (RESERVE_KIB * 1024).to_string();
    let client = Launch::with(["--reserve-bytes", &reserve, "--period", "200"]);
    let play = Play::begin(Setup { client, ..setup }).await;
    (play, disk)
}

/// Writes until it is refused, for the right reason; how often it was not.
async fn write_until_refused(play: &mut Play) -> usize {
    for count in 0..WRITES_MAX {
        if let Err(reason) = play.try_write().await {
            if !is_full(&reason) {
                play.fail(&[format!(
                    "a write was refused on a full disk, but because {reason}"
                )]);
            }
            return count;
        }
    }
    panic!("{WRITES_MAX} writes fit into {DISK_KIB} KiB");
}

fn is_full(reason: &str) -> bool {
    ["the disk is full", "the disk is nearly full", "No space left"]
        .iter()
        .any(|words| reason.contains(words))
}

/// Writes again as soon as it is let: that must be soon. What failed too often in the meantime is tried again, for its files are on the disk.
async fn write_again(play: &mut Play) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while let Err(reason) = play.try_write().await {
        if !is_full(&reason) || Instant::now() > deadline {
            let state = format!("{:?}", play.pilot().state);
            play.fail(&[format!("the disk is free again, but {reason}"), state]);
        }
        // A call that changes nothing: the pace is that of the disk.
        play.pilot().look().await.unwrap();
        if play.pilot().state.kind == SyncKind::Error {
            play.pilot().ask(&Order::RetryFailed).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_of_one_mib_that_fills_and_is_freed_loses_and_doubles_nothing() {
    if !needs::root("mount a small file system") {
        return;
    }
    for seed in crate::seeds(WORLDS) {
        let (mut play, disk) = begin(Setup::new(seed)).await;
        for _ in 0..FILLS {
            if play.pilot.is_none() {
                play.start_client().await;
            }
            play.world.proxy().set(Weather::Away);
            let written = write_until_refused(&mut play).await;
            disk.fill_but(play.random.random_range(0..40));
            play.history.push(format!("full after {written} writes"));
            let before = play.world.proxy().tally().requests;
            play.world.proxy().set(play.foul.clone());
            let is_killed = play.random.random_bool(0.5);
            if is_killed {
                play.kill().await;
                start_if_it_can(&mut play).await;
            }
            // Whatever can be sent and noted in what is left is; the rest waits, without a storm.
            for _ in 0..20 {
                if play.pilot.is_some() {
                    let _ = play.try_write().await;
                }
            }
            let requests = play.world.proxy().tally().requests - before;
            assert!(requests < 500, "{requests} requests on a full disk");
            disk.free();
            if play.pilot.is_none() {
                play.start_client().await;
            }
            write_again(&mut play).await;
            play.inspect();
        }
        play.end().await;
        drop(disk);
    }
}

/// On a full disk it may say so and end.
async fn start_if_it_can(play: &mut Play) {
    let mut pilot = play.launch();
    match pilot.ready().await {
        Ok(()) => play.pilot = Some(pilot),
        Err(_) => {
            play.history.push("it did not start on a full disk".to_owned());
            play.ledger = pilot.ledger;
        }
    }
}

/// The log of the database may not be what the disk is full of: what it holds goes into the database, and the disk has room again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_disk_is_not_filled_by_the_log() {
    if !needs::root("mount a small file system") {
        return;
    }
    let (mut play, disk) = begin(Setup::fair(64)).await;
    play.start_client().await;
    for _ in 0..60 {
        write_again(&mut play).await;
        play.settle().await;
    }
    play.end().await;
    drop(disk);
}

/// What the server says of a full disk, the client waits out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_disk_is_full_loses_and_doubles_nothing() {
    if !needs::root("mount a small file system") {
        return;
    }
    let setup = Setup::fair(65);
    let disk = SmallDisk::mount(&place::server(setup.folder.path()), 4 * DISK_KIB);
    let mut play = Play::begin(setup).await;
    play.start_client().await;
    for _ in 0..20 {
        play.write().await;
    }
    play.settle().await;
    disk.fill_but(8);
    let mut written = 0;
    while play.pilot().state.next_attempt_in_ms.is_none() {
        assert!(written < WRITES_MAX, "a full disk takes everything");
        play.write().await;
        written += 1;
    }
    for _ in 0..20 {
        play.write().await;
    }
    play.inspect();
    disk.free();
    play.settle().await;
    play.end().await;
    drop(disk);
}
