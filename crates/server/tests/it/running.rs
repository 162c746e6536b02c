//! A server on a socket of its own, and the words to speak to it.

use std::net::SocketAddr;

use outrigger_server::{Config, HttpLimits, PasswordCost, Settings, Site, serve};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::world::upload_metadata;

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
    pub(crate) token: String,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) served: JoinHandle<Result<(), outrigger_server::Error>>,
}

pub(crate) async fn start() -> Running {
    start_with(HttpLimits::default()).await
}

pub(crate) async fn start_with(limits: HttpLimits) -> Running {
    start_serving(limits, Site::embedded()).await
}

/// The same with an app for browsers, or with none.
pub(crate) async fn start_serving(limits: HttpLimits, site: Site) -> Running {
    // The client wants one even where it speaks no TLS; only the first of these succeeds.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        site,
        ..config(folder.path(), limits)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(serve(config, listener, async {
        let _ = stopped.await;
    }));
    let mut running = Running {
        address,
        client: Client::new(),
        token: String::new(),
        folder,
        stop,
        served,
    };
    let session = running
        .send(Method::POST, "/v1/accounts", |it| {
            it.json(&json!({"name": "alice", "password": "correct horse"}))
        })
        .await;
    running.token = session.json::<Value>().await.unwrap()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    running
}

pub(crate) fn config(data_dir: &std::path::Path, limits: HttpLimits) -> Config {
    let settings = Settings {
        session_rate: None,
        ..Settings::default()
    };
    Config {
        settings,
        limits,
        password_cost: PasswordCost::LEAST,
        ..Config::new(data_dir)
    }
}

impl Running {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        with: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> reqwest::Response {
        let request = self
            .client
            .request(method, self.url(path))
            .bearer_auth(&self.token);
        with(request).send().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.send(Method::GET, path, |it| it).await
    }

    /// Sends bytes as they are, and no more; everything that comes back.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        // A refused request may be reset after its answer; what came before counts.
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }

    /// The same, where the connection may be closed at any time.
    pub(crate) async fn raw_or_nothing(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut answer = String::new();
        if stream.write_all(bytes).await.is_ok() {
            let _ = stream.read_to_string(&mut answer).await;
        }
        answer
    }

    pub(crate) async fn begin_upload(&self, bytes: &[u8]) -> String {
        let begun = self
            .send(Method::POST, "/v1/uploads", |it| {
                it.header("upload-length", bytes.len())
                    .header("upload-metadata", upload_metadata("image/png", bytes))
            })
            .await;
        begun.headers()["location"].to_str().unwrap().to_owned()
    }

    pub(crate) async fn append(&self, url: &str, offset: usize, bytes: Vec<u8>) -> reqwest::Response {
        self.send(Method::PATCH, url, |it| {
            it.header("content-type", "application/offset+octet-stream")
                .header("upload-offset", offset)
                .body(bytes)
        })
        .await
    }

    pub(crate) async fn stands(&self, url: &str) -> u64 {
        let head = self.send(Method::HEAD, url, |it| it).await;
        head.headers()["upload-offset"].to_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn stop(self) -> tempfile::TempDir {
        self.stop.send(()).unwrap();
        drop(self.client);
        self.served.await.unwrap().unwrap();
        self.folder
    }
}

/// Is a problem of that name, in its form, with an epoch.
#[track_caller]
pub(crate) fn check_problem(
    status: StatusCode,
    headers: &reqwest::header::HeaderMap,
    body: &Value,
    name: &str,
) {
    assert_eq!(headers["content-type"], "application/problem+json");
    assert!(headers.contains_key("outrigger-epoch"));
    assert_eq!(body["type"], format!("urn:outrigger:problem:{name}"));
    assert_eq!(body["status"], status.as_u16());
}

pub(crate) async fn refused(answer: reqwest::Response, status: u16, name: &str) -> Value {
    assert_eq!(answer.status().as_u16(), status);
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body: Value = answer.json().await.unwrap();
    check_problem(status, &headers, &body, name);
    body
}
