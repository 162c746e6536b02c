//! Several processes on one database, played by several services.

use outrigger_client::engine::Outcome;
use outrigger_client::{Change, ErrorKind};
use rusqlite::Connection;
use std::time::Duration;

use crate::world::{add, device_and_backend, shown, state_like, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_write_and_nothing_is_doubled() {
    let (mut device, backend, _server) = device_and_backend().await;
    device.config.shared = true;
    let (one, other) = (device.open().await, device.open().await);
    let mut written = Vec::new();
    for number in 0..20 {
        written.push(one.mutate(add(&one, &format!("one {number}"))).await.unwrap());
        written.push(
            other
                .mutate(add(&other, &format!("other {number}")))
                .await
                .unwrap(),
        );
    }
    for written in written {
        assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
    }
    let mut texts = backend.texts();
    assert_eq!(texts.len(), 40);
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 40);
    state_like(&one, |state| state.pending == 0).await;
    state_like(&other, |state| state.pending == 0).await;
    assert_eq!(shown(&other).await.len(), 40);
}

#[tokio::test]
async fn what_one_writes_the_other_hears_of() {
    let (mut device, _backend, _server) = device_and_backend().await;
    device.config.shared = true;
    let (one, other) = (device.open().await, device.open().await);
    let mut changes = other.changes().unwrap();
    one.mutate(add(&one, "milk")).await.unwrap();
    within(async { while changes.next().await != Some(Change::Everything) {} }).await;
    assert_eq!(shown(&other).await, ["milk"]);
}

#[tokio::test]
async fn what_the_one_that_sends_leaves_behind_the_other_takes_over() {
    let (mut device, backend, _server) = device_and_backend().await;
    device.config.shared = true;
    let (one, other) = (device.open().await, device.open().await);
    let written = other.mutate(add(&other, "milk")).await.unwrap();
    one.close().await.unwrap();
    assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
    let written = other.mutate(add(&other, "bread")).await.unwrap();
    assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
    assert_eq!(backend.texts().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_holds_the_database_too_long_is_no_loss() {
    let (mut device, backend, server) = device_and_backend().await;
    device.config.busy_timeout = Duration::from_millis(20);
    let (answer, answers) = std::sync::mpsc::channel::<()>();
    server.behave({
        let backend = backend.clone();
        move |asked| {
            tokio::task::block_in_place(|| answers.recv()).unwrap();
            backend.answer(asked)
        }
    });
    let service = device.open().await;
    let written = service.mutate(add(&service, "milk")).await.unwrap();
    state_like(&service, |state| state.in_flight == 1).await;
    let holder = Connection::open(&device.config.database).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Reads go on while nothing can be written.
    assert_eq!(shown(&service).await, ["milk"]);
    let refused = service.mutate(add(&service, "bread")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Locked);
    // The answer comes while it cannot be recorded; it is not forgotten.
    answer.send(()).unwrap();
    server.was_asked(|asked| asked.is("POST", "/todos")).await;
    let refused = service.mutate(add(&service, "bread")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Locked);
    holder.execute_batch("COMMIT").unwrap();
    assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
    assert_eq!(backend.texts(), ["milk"]);
    assert_eq!(shown(&service).await, ["milk"]);
}
