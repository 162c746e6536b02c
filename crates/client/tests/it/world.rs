//! A device: a folder, a server, and a service between them.

use outrigger_client::engine::ids::LocalId;
use outrigger_client::engine::{SyncState, Write};
use outrigger_client::{Anonymous, Config, Credentials, Error, SyncService};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use url::Url;

use crate::server::{Backend, Server};
use crate::todo::{Disk, Mutation, TodoApp};

/// What does not come in so long does not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for what must come.
pub(crate) async fn within<T>(expected: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, expected)
        .await
        .expect("it did not come in time")
}

pub(crate) type Service = SyncService<TodoApp>;

pub(crate) struct Device {
    pub(crate) folder: TempDir,
    pub(crate) config: Config,
    pub(crate) app: TodoApp,
}

impl Device {
    pub(crate) fn new(server: &Url) -> Self {
        Self::with_credentials(server, Arc::new(Anonymous))
    }

    pub(crate) fn with_credentials(server: &Url, credentials: Arc<dyn Credentials>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("data/todo.db");
        let attachments = folder.path().join("attachments");
        let mut config = Config::new(database, attachments, server.clone(), "usr_1", credentials);
        config.reserve_bytes = 64 << 10;
        let app = TodoApp {
            disk: Disk::new(folder.path().join("data/todo.db.reserve")),
            panics_at: None,
        };
        Self { folder, config, app }
    }

    pub(crate) async fn open(&self) -> Service {
        self.try_open().await.unwrap()
    }

    pub(crate) async fn try_open(&self) -> Result<Service, Error> {
        within(SyncService::open(self.app.clone(), self.config.clone())).await
    }

    /// The files that wait in the attachment folder.
    pub(crate) fn attachments(&self) -> Vec<PathBuf> {
        std::fs::read_dir(&self.config.attachments)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    }
}

/// A device with a backend that does as it is asked.
pub(crate) async fn device_and_backend() -> (Device, Backend, Server) {
    let backend = Backend::default();
    let server = Server::start({
        let backend = backend.clone();
        move |asked| backend.answer(asked)
    })
    .await;
    (Device::new(&server.url), backend, server)
}

pub(crate) fn add(service: &Service, text: &str) -> Mutation {
    Mutation::Add {
        id: service.new_id(),
        text: text.to_owned(),
        file: None,
    }
}

pub(crate) fn rename(id: LocalId, text: &str) -> Mutation {
    Mutation::Rename {
        id,
        text: text.to_owned(),
    }
}

pub(crate) fn writes(mutations: Vec<Mutation>) -> Vec<Write<Mutation>> {
    mutations.into_iter().map(Write::from).collect()
}

/// Waits for a state like this.
pub(crate) async fn state_like(service: &Service, like: impl Fn(&SyncState) -> bool) -> SyncState {
    let mut state = service.state();
    within(state.wait_for(like)).await.unwrap().clone()
}

/// What is shown locally.
pub(crate) async fn shown(service: &Service) -> Vec<String> {
    let texts = |db: &Connection| -> rusqlite::Result<Vec<String>> {
        db.prepare("SELECT text FROM todo ORDER BY text")?
            .query_map([], |row| row.get(0))?
            .collect()
    };
    service.read(texts).await.unwrap()
}

/// Waits for what nothing tells of.
pub(crate) async fn until(mut come: impl FnMut() -> bool) {
    within(async {
        while !come() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
