//! How it ends: by dropping, by closing, by signing out, by a failure; and that nothing is left then (invariant 24).

use outrigger_client::engine::{Outcome, SyncKind};
use outrigger_client::{Credentials as _, Error, ErrorKind, FixedToken, Secret, SessionStore as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::credentials::{REFRESH, SignedIn, problem, session};
use crate::server::{Asked, Server, Told};
use crate::world::{Device, add, device_and_backend, shown, state_like, until, within};

#[tokio::test]
async fn dropping_the_last_handle_ends_everything_even_mid_request() {
    let server = Server::start(|_| Told::Hang).await;
    let credentials = Arc::new(FixedToken(Secret::new("t")));
    let transport_lives = Arc::downgrade(&credentials);
    let mut device = Device::with_credentials(&server.url, credentials);
    let service = device.open().await;
    device.config.credentials = Arc::new(FixedToken(Secret::new("t")));
    let written = service.mutate(add(&service, "milk")).await.unwrap();
    server.was_asked(|asked| asked.is("POST", "/todos")).await;
    let mut state = service.state();
    let clone = service.clone();
    drop(service);
    assert!(clone.read(|_| Ok::<_, Error>(())).await.is_ok());
    drop(clone);

    // The thread: it alone could still change the state.
    within(async { while state.changed().await.is_ok() {} }).await;
    // The sockets, and with them the requests.
    server.is_left_alone().await;
    // The tasks and the pool: they alone could still know the token.
    until(|| transport_lives.upgrade().is_none()).await;
    // The locks: one that must be alone gets in.
    device.open().await.close().await.unwrap();
    assert!(matches!(within(written.synced()).await, Err(Error::Closed)));
}

#[tokio::test]
async fn closing_takes_no_time_and_answers_everybody() {
    let (device, backend, server) = device_and_backend().await;
    server.behave(|_| Told::Hang);
    let service = device.open().await;
    let written = service.mutate(add(&service, "milk")).await.unwrap();
    let waiting = tokio::spawn({
        let service = service.clone();
        async move { service.fetch("/slow").await }
    });
    server.was_asked(|asked| asked.is("POST", "/todos")).await;
    server.was_asked(|asked| asked.path == "/slow").await;
    let started = Instant::now();
    service.close().await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    server.is_left_alone().await;
    let id = written.id;
    assert!(matches!(within(waiting).await.unwrap(), Err(Error::Closed)));
    assert!(matches!(within(written.synced()).await, Err(Error::Closed)));
    assert!(matches!(
        service.mutate(add(&service, "x")).await,
        Err(Error::Closed)
    ));
    assert!(matches!(service.settled(id).await, Err(Error::Closed)));
    assert!(matches!(service.fetch("/").await, Err(Error::Closed)));
    assert!(matches!(service.trigger_sync().await, Err(Error::Closed)));
    service.close().await.unwrap();

    // What was on its way goes again, under the same key.
    server.behave({
        let backend = backend.clone();
        move |asked| backend.answer(asked)
    });
    let service = device.open().await;
    assert_eq!(within(service.settled(id)).await.unwrap(), Outcome::Synced);
    assert_eq!(backend.texts(), ["milk"]);
    let keys: std::collections::BTreeSet<_> = server
        .asked()
        .iter()
        .filter(|asked| asked.is("POST", "/todos"))
        .map(|asked| asked.header("idempotency-key").unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), 1);
}

/// Signing out, as an app does it: the service is closed, and the session forgotten. The server says nothing to what is `asked` meanwhile.
async fn sign_out_while(asked: fn(&Asked) -> bool) {
    let server = Server::start(move |it| {
        if asked(it) {
            Told::Hang
        } else {
            problem(401, "unauthorized")
        }
    })
    .await;
    let me = SignedIn::at(&server.url).await;
    let service = me.device.open().await;
    let written = service.mutate(add(&service, "milk")).await.unwrap();
    server.was_asked(asked).await;

    let started = Instant::now();
    service.close().await.unwrap();
    within(me.credentials.forget()).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    server.is_left_alone().await;
    assert!(matches!(within(written.synced()).await, Err(Error::Closed)));
    // Nothing brings the session back, and what waits is kept for the next one.
    assert_eq!(
        (me.credentials.access_token(), me.store.load().unwrap()),
        (None, None)
    );
    let service = me.device.open().await;
    assert_eq!(service.state().borrow().pending, 1);
    me.credentials.adopt(session(2)).await.unwrap();
    assert_eq!(me.store.load().unwrap(), Some(session(2)));
}

#[tokio::test]
async fn signing_out_returns_in_the_middle_of_a_request_and_of_a_renewal() {
    sign_out_while(|asked| asked.is("POST", "/todos")).await;
    sign_out_while(|asked| asked.path == REFRESH).await;
}

#[tokio::test]
async fn a_database_that_fails_stops_the_service_loudly() {
    let (device, _backend, _server) = device_and_backend().await;
    let service = device.open().await;
    service.set_online(false).await.unwrap();
    let written = service.mutate(add(&service, "milk")).await.unwrap();
    let saboteur = rusqlite::Connection::open(&device.config.database).unwrap();
    saboteur.execute_batch("DROP TABLE outrigger_state").unwrap();
    let error = service.mutate(add(&service, "bread")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database);
    let state = state_like(&service, |state| state.kind == SyncKind::Error).await;
    assert!(state.message.unwrap().starts_with("the service has stopped"));
    assert!(matches!(
        within(written.synced()).await,
        Err(Error::Stopped { .. })
    ));
    assert!(matches!(service.trigger_sync().await, Err(Error::Stopped { .. })));
    assert!(matches!(service.changes(), Err(Error::Stopped { .. })));
    // What is there can still be read.
    assert_eq!(shown(&service).await, ["milk"]);
    service.close().await.unwrap();
}

#[tokio::test]
async fn an_app_that_panics_stops_the_service_and_nothing_else() {
    let (mut device, _backend, _server) = device_and_backend().await;
    device.app.panics_at = Some("boom".to_owned());
    let service = device.open().await;
    let error = service.mutate(add(&service, "boom")).await.unwrap_err();
    assert!(matches!(error, Error::Stopped { .. }));
    let state = state_like(&service, |state| state.kind == SyncKind::Error).await;
    assert!(state.message.unwrap().contains("BUG"));
    drop(service);
    device.app.panics_at = None;
    let service = device.open().await;
    let written = service.mutate(add(&service, "boom")).await.unwrap();
    assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
}

#[tokio::test]
async fn watching_the_network_is_in_nobodys_way() {
    // An address for documentation (RFC 5737): beyond this machine, and nothing is asked of it here.
    let device = Device::new(&"http://192.0.2.1".parse().unwrap());
    assert!(device.config.watch_network);
    for _ in 0..2 {
        let service = device.open().await;
        service.set_online(false).await.unwrap();
        service.mutate(add(&service, "milk")).await.unwrap();
        service.close().await.unwrap();
    }
}
