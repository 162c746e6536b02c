//! A disk that runs full: new writes are refused, old ones arrive, and it goes on once there is space.

use outrigger_client::ErrorKind;
use outrigger_client::engine::Outcome;
use std::time::Duration;

use crate::server::Told;
use crate::world::{add, device_and_backend, state_like, within};

#[tokio::test]
async fn a_full_disk_refuses_what_is_new_and_drains_what_waits() {
    let (mut device, backend, server) = device_and_backend().await;
    server.behave(|_| Told::Hang);
    device.config.period = Duration::from_millis(20);
    let reserve = device.folder.path().join("data/todo.db.reserve");
    let service = device.open().await;
    assert!(reserve.exists());
    service.set_online(false).await.unwrap();
    let mut waiting = Vec::new();
    device.app.disk.fill(true);
    let refused = loop {
        match service.mutate(add(&service, &"milk ".repeat(300))).await {
            Ok(written) => waiting.push(written),
            Err(error) => break error,
        }
    };
    assert_eq!(refused.kind(), ErrorKind::DiskFull);
    assert!(!reserve.exists());
    assert_eq!(
        state_like(&service, |state| state.pending > 0).await.pending,
        waiting.len() as u64
    );
    let again = service.mutate(add(&service, "bread")).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::DiskFull);

    server.behave({
        let backend = backend.clone();
        move |asked| backend.answer(asked)
    });
    service.set_online(true).await.unwrap();
    let kept = waiting.len();
    for written in waiting {
        assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
    }
    assert_eq!(backend.texts().len(), kept);

    device.app.disk.fill(false);
    let written = within(async {
        loop {
            match service.mutate(add(&service, "bread")).await {
                Ok(written) => break written,
                Err(error) => assert_eq!(error.kind(), ErrorKind::DiskFull),
            }
        }
    })
    .await;
    assert!(reserve.exists());
    assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
}

#[tokio::test]
async fn a_disk_with_space_again_is_noticed_when_it_is_opened_again() {
    let (device, backend, _server) = device_and_backend().await;
    let service = device.open().await;
    service.set_online(false).await.unwrap();
    device.app.disk.fill(true);
    while service.mutate(add(&service, &"milk ".repeat(300))).await.is_ok() {}
    service.close().await.unwrap();

    let service = device.open().await;
    let refused = service.mutate(add(&service, "bread")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::DiskFull);
    service.close().await.unwrap();

    device.app.disk.fill(false);
    let service = device.open().await;
    service.set_online(true).await.unwrap();
    let written = service.mutate(add(&service, "bread")).await.unwrap();
    assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
    state_like(&service, |state| state.pending == 0).await;
    assert!(backend.texts().contains(&"bread".to_owned()));
}
