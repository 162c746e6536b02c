//! One write, from the call to the server and back; and what the user may do with it meanwhile.

use outrigger_client::engine::inspect::{Filter, ItemState};
use outrigger_client::engine::{ErrorKind as EngineErrorKind, Outcome, Parked, SyncKind, Write};
use outrigger_client::{Change, Error, ErrorKind};
use std::sync::Arc;

use crate::server::Told;
use crate::todo::{Mutation, Seen};
use crate::world::{add, device_and_backend, rename, shown, state_like, within, writes};

#[tokio::test]
async fn a_write_is_shown_durable_and_then_synced() {
    let (device, backend, server) = device_and_backend().await;
    let service = device.open().await;
    let written = service.mutate(add(&service, "milk")).await.unwrap();
    assert_eq!(shown(&service).await, ["milk"]);
    let id = written.id;
    assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
    assert_eq!(backend.texts(), ["milk"]);
    // Whoever asks later is told the same.
    assert_eq!(within(service.settled(id)).await.unwrap(), Outcome::Synced);
    assert_eq!(service.journal(10).await.unwrap()[0].mutation, id);
    let asked = server.was_asked(|asked| asked.is("POST", "/todos")).await;
    assert!(asked.header("user-agent").unwrap().starts_with("outrigger/"));
    assert_eq!(asked.header("authorization"), None);
}

#[tokio::test]
async fn several_writes_are_all_kept_or_none() {
    let (device, backend, _server) = device_and_backend().await;
    let service = device.open().await;
    service.set_online(false).await.unwrap();
    let all = (0..50)
        .map(|number| add(&service, &format!("{number:02}")))
        .collect();
    let written = service.mutate_all(writes(all)).await.unwrap();
    assert_eq!(written.len(), 50);
    let refused = service
        .mutate_all(writes(vec![add(&service, "good"), add(&service, "")]))
        .await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Input);
    assert_eq!(shown(&service).await.len(), 50);
    service.set_online(true).await.unwrap();
    for written in written {
        assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
    }
    let mut texts = backend.texts();
    texts.sort();
    assert_eq!(texts.len(), 50);
    assert_eq!(texts[49], "49");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_at_once_are_all_answered() {
    let (device, _backend, _server) = device_and_backend().await;
    let service = device.open().await;
    service.set_online(false).await.unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..16 {
        let service = service.clone();
        callers.spawn(async move {
            for number in 0..20 {
                let mutation = add(&service, &format!("{caller} {number}"));
                service.mutate(mutation).await.unwrap();
            }
        });
    }
    within(async { while callers.join_next().await.transpose().unwrap().is_some() {} }).await;
    assert_eq!(shown(&service).await.len(), 320);
    assert_eq!(service.state().borrow().pending, 320);
}

#[tokio::test]
async fn what_is_written_offline_goes_out_when_the_user_comes_back() {
    let (device, backend, server) = device_and_backend().await;
    let service = device.open().await;
    service.set_online(false).await.unwrap();
    let first = service.mutate(add(&service, "milk")).await.unwrap();
    let state = state_like(&service, |state| state.pending == 1).await;
    assert_eq!(state.kind, SyncKind::Offline);
    assert!(server.asked().is_empty());
    service.close().await.unwrap();
    assert!(matches!(within(first.synced()).await, Err(Error::Closed)));

    // It is remembered beyond the process.
    let service = device.open().await;
    assert_eq!(service.state().borrow().kind, SyncKind::Offline);
    let waiting = service.pending(Filter::All, None, 10).await.unwrap();
    service.set_online(true).await.unwrap();
    let outcome = within(service.settled(waiting[0].mutation)).await.unwrap();
    assert_eq!(outcome, Outcome::Synced);
    assert_eq!(backend.texts(), ["milk"]);
}

#[tokio::test]
async fn a_server_that_comes_back_is_found() {
    let (device, backend, server) = device_and_backend().await;
    server.behave(|_| Told::Cut);
    let service = device.open().await;
    let written = service.mutate(add(&service, "milk")).await.unwrap();
    let state = state_like(&service, |state| state.kind == SyncKind::Offline).await;
    assert!(state.message.unwrap().starts_with("the connection broke"));
    assert!(matches!(
        service.fetch("/todos").await,
        Err(Error::Unreached { .. })
    ));
    server.behave(move |asked| backend.answer(asked));
    service.trigger_sync().await.unwrap();
    assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
}

#[tokio::test]
async fn the_state_is_a_snapshot_and_then_its_changes() {
    let (device, _backend, server) = device_and_backend().await;
    server.behave(|_| Told::Hang);
    let service = device.open().await;
    let mut state = service.state();
    assert_eq!(state.borrow_and_update().kind, SyncKind::Idle);
    service.mutate(add(&service, "milk")).await.unwrap();
    let syncing = within(state.wait_for(|state| state.in_flight == 1))
        .await
        .unwrap()
        .clone();
    assert_eq!((syncing.kind, syncing.pending), (SyncKind::Syncing, 1));
    // Who comes later begins with the whole of it.
    assert_eq!(*service.state().borrow(), syncing);
}

#[tokio::test]
async fn changes_are_told_to_those_who_follow() {
    let (device, _backend, _server) = device_and_backend().await;
    let service = device.open().await;
    let mut changes = service.changes().unwrap();
    let mutation = add(&service, "milk");
    let entity = mutation.entity();
    service.mutate(mutation).await.unwrap();
    let change = within(changes.next()).await.unwrap();
    assert_eq!(change, Change::Entities(Arc::new([entity].into())));
    service.close().await.unwrap();
    within(async { while changes.next().await.is_some() {} }).await;
    assert!(matches!(service.changes(), Err(Error::Closed)));
}

#[tokio::test]
async fn what_was_rejected_can_be_edited_and_what_is_wrong_discarded() {
    let (device, backend, _server) = device_and_backend().await;
    let service = device.open().await;
    let (one, two) = (add(&service, "forbidden one"), add(&service, "forbidden two"));
    let id = one.entity().id;
    let one = service.mutate(one).await.unwrap();
    let two = service.mutate(two).await.unwrap();
    let (first, second) = (one.id, two.id);
    for written in [one, two] {
        let outcome = within(written.synced()).await.unwrap();
        assert!(matches!(
            outcome,
            Outcome::Parked(Parked::Rejected { status: 422, .. })
        ));
    }
    let state = state_like(&service, |state| state.failed == 2).await;
    assert_eq!(state.kind, SyncKind::Error);
    let parked = service.pending(Filter::Parked, None, 10).await.unwrap();
    assert!(parked.iter().all(|item| item.state == ItemState::Parked));

    let corrected = Mutation::Add {
        id,
        text: "allowed".to_owned(),
        file: None,
    };
    let edited = service.edit(first, corrected).await.unwrap();
    assert_eq!(within(edited.synced()).await.unwrap(), Outcome::Synced);
    let discarded = service.discard(second).await.unwrap();
    assert_eq!(discarded.gone, [second]);
    assert!(discarded.compensation.is_none());
    assert_eq!(within(service.settled(second)).await.unwrap(), Outcome::Discarded);
    assert_eq!(backend.texts(), ["allowed"]);
    assert_eq!(shown(&service).await, ["allowed"]);
    state_like(&service, |state| state.kind == SyncKind::Idle).await;
    let unknown = service.discard(second).await.unwrap_err();
    assert!(matches!(&unknown, Error::Engine(error) if error.kind() == EngineErrorKind::Input));
}

#[tokio::test]
async fn what_was_rejected_can_be_tried_again() {
    let (device, backend, server) = device_and_backend().await;
    server.behave(|_| Told::Json(403, serde_json::json!({"title": "not now"})));
    let service = device.open().await;
    let one = service.mutate(add(&service, "one")).await.unwrap();
    let two = service.mutate(add(&service, "two")).await.unwrap();
    let (first, second) = (one.id, two.id);
    for written in [one, two] {
        assert!(matches!(
            within(written.synced()).await.unwrap(),
            Outcome::Parked(_)
        ));
    }
    server.behave({
        let backend = backend.clone();
        move |asked| backend.answer(asked)
    });
    service.retry(first).await.unwrap();
    assert_eq!(within(service.settled(first)).await.unwrap(), Outcome::Synced);
    assert_eq!(service.retry_failed().await.unwrap(), 1);
    assert_eq!(within(service.settled(second)).await.unwrap(), Outcome::Synced);
    assert_eq!(backend.texts().len(), 2);
}

#[tokio::test]
async fn a_write_that_was_merged_shares_the_fate_of_the_other() {
    let (device, backend, _server) = device_and_backend().await;
    let service = device.open().await;
    service.set_online(false).await.unwrap();
    let mutation = add(&service, "milk");
    let id = mutation.entity().id;
    let one = service.mutate(mutation).await.unwrap();
    let two = service.mutate(rename(id, "oat milk")).await.unwrap();
    service.set_online(true).await.unwrap();
    assert_eq!(within(two.synced()).await.unwrap(), Outcome::Synced);
    assert_eq!(within(one.synced()).await.unwrap(), Outcome::Synced);
    assert_eq!(backend.texts(), ["oat milk"]);
}

#[tokio::test]
async fn a_write_with_an_id_is_written_once() {
    let (device, backend, _server) = device_and_backend().await;
    let service = device.open().await;
    let write = Write {
        id: Some("0198c0de-0000-7000-8000-000000000001".parse().unwrap()),
        ..Write::from(add(&service, "milk"))
    };
    let one = service.mutate(write.clone()).await.unwrap();
    let two = service.mutate(write).await.unwrap();
    assert_eq!(one.id, two.id);
    assert_eq!(within(two.synced()).await.unwrap(), Outcome::Synced);
    assert_eq!(backend.texts(), ["milk"]);
}

#[tokio::test]
async fn what_is_read_from_the_server_is_kept_under_ids_of_this_device() {
    let (device, _backend, server) = device_and_backend().await;
    server.behave(|_| Told::Json(200, serde_json::json!([{"id": "srv-9", "text": "bread"}])));
    let service = device.open().await;
    let answer = within(service.fetch("/todos?limit=1")).await.unwrap();
    assert_eq!(answer.status, 200);
    let read: serde_json::Value = answer.json().unwrap();
    let seen = || {
        vec![Seen {
            server_id: read[0]["id"].as_str().unwrap().to_owned(),
            text: read[0]["text"].as_str().unwrap().to_owned(),
        }]
    };
    let entities = service.observe(seen(), answer.began).await.unwrap();
    assert_eq!(service.observe(seen(), answer.began).await.unwrap(), entities);
    assert_eq!(shown(&service).await, ["bread"]);
}
