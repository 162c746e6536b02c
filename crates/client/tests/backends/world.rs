//! A device, a json-server, and the road between them.

use outrigger_client::engine::ids::LocalId;
use outrigger_client::engine::{App, Outcome, SyncKind, SyncState};
use outrigger_client::{Anonymous, Config, SyncService, Written};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

use crate::backend::JsonServer;
use crate::road::Road;
use crate::todo::{self, Mutation};

/// What does not come in so long does not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for what must come.
pub(crate) async fn within<T>(expected: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, expected)
        .await
        .expect("it did not come in time")
}

pub(crate) struct World {
    folder: TempDir,
    pub(crate) server: JsonServer,
    pub(crate) road: Road,
}

impl World {
    /// With these rows on the server.
    pub(crate) async fn with(rows: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("db.json");
        std::fs::write(&file, json!({ "todos": rows }).to_string()).unwrap();
        let server = JsonServer::start(&file).await;
        let road = Road::to(server.address).await;
        Self { folder, server, road }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("db.json")
    }

    /// A device of this name. Its database is its own.
    pub(crate) async fn device<A: App>(&self, name: &str, app: A) -> SyncService<A> {
        let folder = self.folder.path().join(name);
        let config = Config::new(
            folder.join("todos.db"),
            folder.join("files"),
            self.road.url.clone(),
            "me",
            Arc::new(Anonymous),
        );
        within(SyncService::open(app, config)).await.unwrap()
    }
}

pub(crate) fn add(id: LocalId, text: &str) -> Mutation {
    Mutation::Add(id, json!({ "text": text, "done": false }))
}

pub(crate) fn rename(id: LocalId, text: &str) -> Mutation {
    Mutation::Edit(id, json!({ "text": text }))
}

pub(crate) fn tick(id: LocalId) -> Mutation {
    Mutation::Edit(id, json!({ "done": true }))
}

/// Waits for a state like this.
pub(crate) async fn state_like<A: App>(
    service: &SyncService<A>,
    like: impl Fn(&SyncState) -> bool,
) -> SyncState {
    let mut state = service.state();
    within(state.wait_for(like)).await.unwrap().clone()
}

/// Waits until nothing waits, and nothing has failed.
pub(crate) async fn idle<A: App>(service: &SyncService<A>) {
    let rest = state_like(service, |state| {
        matches!(state.kind, SyncKind::Idle | SyncKind::Error)
    });
    let state = rest.await;
    assert_eq!(state.kind, SyncKind::Idle, "{state:?}");
}

/// Waits until a write has arrived.
pub(crate) async fn arrived(written: Written) {
    assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
}

/// What the device shows, in the order of the texts.
pub(crate) async fn shown<A: App>(service: &SyncService<A>) -> Vec<(String, bool)> {
    let list = service.read(todo::list).await.unwrap();
    let mut shown: Vec<_> = list.into_iter().map(|(_, text, done)| (text, done)).collect();
    shown.sort();
    shown
}
