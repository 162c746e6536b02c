//! Files: staged durably, uploaded as they are, gone once they have arrived.

use outrigger_client::engine::{Outcome, StagedFile, Write};
use outrigger_client::{Error, ErrorKind, FixedToken, Secret};
use serde_json::json;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::server::{Asked, Server, Told};
use crate::todo::Mutation;
use crate::world::{Device, Service, device_and_backend, until, within};

fn with_file(service: &Service, file: StagedFile) -> Write<Mutation> {
    Write {
        id: None,
        mutation: Mutation::Add {
            id: service.new_id(),
            text: "with a picture".to_owned(),
            file: Some(file.sha256),
        },
        files: vec![file],
    }
}

fn picture(size: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend((8..size).map(|index| (index % 251) as u8));
    bytes
}

/// Takes uploads by tus, at a URL of its own choice.
fn take_uploads(location: String, taken: Arc<Mutex<Vec<u8>>>) -> impl FnMut(&Asked) -> Told + Send + 'static {
    move |asked| {
        let mut taken = taken.lock().unwrap();
        match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", "/uploads") => Told::Headers(
                201,
                vec![("location", location.clone()), ("upload-offset", "0".to_owned())],
            ),
            ("PATCH", "/uploads/upl_1") => {
                assert_eq!(
                    asked.header("upload-offset"),
                    Some(taken.len().to_string().as_str())
                );
                taken.extend(&asked.body);
                Told::Headers(204, vec![("upload-offset", taken.len().to_string())])
            }
            ("POST", "/todos") => Told::Json(201, json!({"id": "srv-1"})),
            _ => Told::Json(200, json!({})),
        }
    }
}

#[tokio::test]
async fn a_file_is_kept_uploaded_in_parts_and_then_removed() {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let server = Server::start(take_uploads("/uploads/upl_1".to_owned(), taken.clone())).await;
    let device = Device::new(&server.url);
    let service = device.open().await;
    let original = device.folder.path().join("cat.png");
    let bytes = picture(250_000);
    std::fs::write(&original, &bytes).unwrap();
    service.set_online(false).await.unwrap();
    let file = service.stage(&original).await.unwrap();
    assert_eq!((file.size, file.media_type.as_str()), (250_000, "image/png"));
    std::fs::remove_file(&original).unwrap();
    assert_eq!(device.attachments().len(), 1);
    let written = service.mutate(with_file(&service, file)).await.unwrap();
    service.set_online(true).await.unwrap();
    assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
    assert!(*taken.lock().unwrap() == bytes);
    let parts: Vec<_> = server
        .asked()
        .iter()
        .filter(|asked| asked.method == "PATCH")
        .map(|asked| asked.body.len())
        .collect();
    assert_eq!(parts, [100_000, 100_000, 50_000]);
    until(|| device.attachments().is_empty()).await;
}

#[tokio::test]
async fn a_token_does_not_follow_an_upload_to_another_server() {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let elsewhere = Server::start(take_uploads(String::new(), taken.clone())).await;
    let location = elsewhere.url.join("/uploads/upl_1").unwrap();
    let server = Server::start(take_uploads(location.into(), taken.clone())).await;
    let token = Arc::new(FixedToken(Secret::new("hush")));
    let device = Device::with_credentials(&server.url, token);
    let service = device.open().await;
    let file = service.stage_bytes(picture(1_000)).await.unwrap();
    let written = service.mutate(with_file(&service, file)).await.unwrap();
    assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
    assert_eq!(taken.lock().unwrap().len(), 1_000);
    let created = server.was_asked(|asked| asked.path == "/uploads").await;
    assert_eq!(created.header("authorization"), Some("Bearer hush"));
    let sent = elsewhere.was_asked(|asked| asked.method == "PATCH").await;
    assert_eq!(sent.header("authorization"), None);
}

#[tokio::test]
async fn the_same_bytes_are_kept_once() {
    let (device, _backend, _server) = device_and_backend().await;
    let service = device.open().await;
    service.set_online(false).await.unwrap();
    for _ in 0..2 {
        let file = service.stage_bytes(picture(1_000)).await.unwrap();
        service.mutate(with_file(&service, file)).await.unwrap();
    }
    until(|| device.attachments().len() == 1).await;
    // A write that was refused leaves its copy where it is, for another try, and the good one untouched.
    let file = service.stage_bytes(picture(2_000)).await.unwrap();
    let stranger = Write {
        files: Vec::new(),
        ..with_file(&service, file.clone())
    };
    let refused = service.mutate(stranger).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Input);
    service.mutate(with_file(&service, file)).await.unwrap();
    assert_eq!(device.attachments().len(), 2);
}

#[tokio::test]
async fn a_copy_that_is_given_up_is_gone_and_cannot_be_written() {
    let (device, _backend, _server) = device_and_backend().await;
    let service = device.open().await;
    service.set_online(false).await.unwrap();
    let draft = service.stage_bytes(picture(1_000)).await.unwrap();
    let kept = service.stage_bytes(picture(2_000)).await.unwrap();
    service.mutate(with_file(&service, kept.clone())).await.unwrap();
    service.unstage(vec![draft.clone(), kept]).await.unwrap();
    until(|| device.attachments().len() == 1).await;
    let refused = service.mutate(with_file(&service, draft)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Input);
    assert!(refused.to_string().contains("stage the file again"), "{refused}");
}

#[tokio::test]
async fn what_cannot_be_staged_is_said_and_leaves_nothing() {
    let (mut device, _backend, _server) = device_and_backend().await;
    device.config.limits.one_attachment_bytes_max = 10;
    let service = device.open().await;
    let path = |name: &str| -> PathBuf { device.folder.path().join(name) };
    std::fs::write(path("empty"), b"").unwrap();
    std::fs::write(path("large"), b"01234567890").unwrap();
    let missing = service.stage(path("missing")).await.unwrap_err();
    assert!(matches!(missing, Error::FileMissing { .. }));
    let folder = service.stage(device.folder.path()).await.unwrap_err();
    assert!(matches!(folder, Error::NotAFile { .. }));
    let empty = service.stage(path("empty")).await.unwrap_err();
    assert!(matches!(empty, Error::FileEmpty { .. }));
    let large = service.stage(path("large")).await.unwrap_err();
    assert!(matches!(
        large,
        Error::FileTooLarge {
            size: 11,
            size_max: 10,
            ..
        }
    ));
    assert!(large.to_string().contains("large has 11 bytes"), "{large}");
    let large = service.stage_bytes(vec![1; 11]).await.unwrap_err();
    assert_eq!(large.kind(), ErrorKind::Limit);
    assert!(device.attachments().is_empty());
    service.stage_bytes(vec![1; 10]).await.unwrap();
    assert_eq!(device.attachments().len(), 1);
}
