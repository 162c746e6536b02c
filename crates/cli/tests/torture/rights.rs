//! Files and folders that may not be read or written: said so, left as they are, and gone on with once they may.
//!
//! Rights mean nothing to root: where the tests run as root, the client runs as nobody, and so does a server whose rights are in question.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::play::Play;
use crate::rig::lines::Order;
use crate::rig::place;
use crate::rig::proxy::Weather;
use crate::setup::Setup;

/// Writes that wait while something is wrong: pictures among them.
const WRITES: usize = 16;

/// Something has other rights, until this is dropped.
struct Changed {
    path: PathBuf,
    before: std::fs::Permissions,
}

impl Changed {
    fn to(path: PathBuf, mode: u32) -> Self {
        let before = std::fs::metadata(&path).unwrap().permissions();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        Self { path, before }
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        std::fs::set_permissions(&self.path, self.before.clone()).unwrap();
    }
}

/// A client that was killed with a queue, and would be started again.
async fn killed(seed: u64) -> Play {
    let mut play = Play::begin(Setup {
        client: crate::needs::no_privileges(),
        ..Setup::fair(seed)
    })
    .await;
    play.start_client().await;
    play.write().await;
    play.settle().await;
    play.world.proxy().set(Weather::Away);
    for _ in 0..WRITES {
        play.write().await;
    }
    play.kill().await;
    play
}

/// It does not start, says why and about what, and leaves everything as it is.
async fn refuses(play: &Play, about: &Path, says: &str) {
    let database = place::database(&play.world.client_folder());
    let read = || std::fs::read(&database).unwrap();
    let before = read();
    ends_saying(
        play.client.dress(play.world.client_command(play.link.address())),
        about,
        says,
    )
    .await;
    assert_eq!(before, read());
}

async fn ends_saying(mut command: Command, about: &Path, says: &str) {
    let ran = command.stdin(Stdio::null()).output().await.unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(!ran.status.success(), "it started");
    assert!(said.contains(says), "{says:?} is not in {said:?}");
    assert!(
        said.contains(about.to_str().unwrap()),
        "{about:?} is not in {said:?}"
    );
    assert!(!said.contains("panicked"), "{said}");
}

async fn goes_on(mut play: Play) {
    play.world.proxy().set(Weather::Fair);
    play.start_client().await;
    play.write().await;
    play.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_or_folder_without_rights_is_said_and_left() {
    let play = killed(81).await;
    let folder = play.world.client_folder();
    let database = place::database(&folder);
    for mode in [0o400, 0o200, 0o000] {
        let _changed = Changed::to(database.clone(), mode);
        refuses(&play, &database, "cannot be written").await;
    }
    for file in [
        "client.db-wal",
        "client.db-shm",
        "client.db.lock",
        "client.db.gate",
    ] {
        let _changed = Changed::to(folder.join(file), 0o000);
        refuses(&play, &folder, "cannot").await;
    }
    {
        let _changed = Changed::to(folder.clone(), 0o000);
        let mut command = play.client.dress(play.world.client_command(play.link.address()));
        let ran = command.stdin(Stdio::null()).output().await.unwrap();
        assert!(!ran.status.success(), "it started without its folder");
    }
    goes_on(play).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_without_rights_is_said_and_left() {
    let play = killed(82).await;
    let session = place::session_file(&play.world.client_folder()).path().to_owned();
    let before = std::fs::read(&session).unwrap();
    {
        let _changed = Changed::to(session.clone(), 0o000);
        refuses(&play, Path::new(""), "session").await;
    }
    assert_eq!(std::fs::read(&session).unwrap(), before);
    goes_on(play).await;
}

/// A folder of attachments that cannot be written refuses files, and nothing else; one that cannot be read keeps them waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attachments_without_rights_wait_and_hold_nothing_else_up() {
    let mut play = killed(83).await;
    let attachments = place::attachments(&play.world.client_folder());
    play.world.proxy().set(Weather::Fair);
    {
        let _changed = Changed::to(attachments.clone(), 0o500);
        play.start_client().await;
        let (mut done, mut refused) = (0, 0);
        while done < 10 || refused < 2 {
            assert!(done + refused < 100, "{done} done, {refused} refused");
            match play.try_write().await {
                Ok(()) => done += 1,
                Err(reason) => {
                    assert!(reason.contains("attachments"), "{reason}");
                    refused += 1;
                }
            }
        }
        play.kill().await;
    }
    play.world.proxy().set(Weather::Away);
    play.start_client().await;
    for _ in 0..WRITES {
        play.write().await;
    }
    play.kill().await;
    {
        let _changed = Changed::to(attachments, 0o000);
        play.world.proxy().set(Weather::Fair);
        play.start_client().await;
        play.pilot().tell(&Order::Sync).await.unwrap();
        play.until("what needs no file has arrived", |state| {
            state.in_flight == 0 && state.next_attempt_in_ms.is_none() && state.failed > 0
        })
        .await;
        play.kill().await;
    }
    play.start_client().await;
    play.pilot().ask(&Order::RetryFailed).await.unwrap();
    play.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_rights_says_so_and_goes_on_once_it_has_them() {
    let mut play = killed(84).await;
    let database = play.server_database();
    let folder = database.parent().unwrap().to_owned();
    play.world.kill_server().await.unwrap();
    let server = crate::needs::no_privileges();
    server.give(&folder);
    let command = |play: &Play| server.dress(play.world.server_command());
    let before = std::fs::read(&database).unwrap();
    for (name, mode) in [
        ("outrigger.db", 0o400),
        ("outrigger.db", 0o000),
        ("outrigger.db-wal", 0o000),
    ] {
        let _changed = Changed::to(folder.join(name), mode);
        ends_saying(command(&play), &folder, "cannot").await;
    }
    assert_eq!(std::fs::read(&database).unwrap(), before);
    // A folder that is its own it makes its owner's alone, whatever it was.
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o000)).unwrap();
    let command = command(&play);
    play.world.start_server_as(command).await.unwrap();
    play.world.proxy().set(Weather::Fair);
    play.start_client().await;
    play.settle().await;
    let mode = std::fs::metadata(&folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    play.write().await;
    play.end().await;
}
