//! A tiny HTTP/1.1 server on a port of its own: remembers what it was asked, and answers as the test says.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

use crate::world::within;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path == path
    }
}

/// What is answered.
pub(crate) enum Told {
    Json(u16, Value),
    Headers(u16, Vec<(&'static str, String)>),
    /// Nothing, for as long as the client waits.
    Hang,
    /// The connection is cut.
    Cut,
}

type Manner = Box<dyn FnMut(&Asked) -> Told + Send>;

pub(crate) struct Server {
    pub(crate) url: Url,
    shared: Arc<Shared>,
    _accepting: JoinSet<()>,
}

struct Shared {
    manner: Mutex<Manner>,
    asked: watch::Sender<Vec<Asked>>,
    connections: watch::Sender<usize>,
}

impl Server {
    /// Answers in this manner.
    pub(crate) async fn start(manner: impl FnMut(&Asked) -> Told + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let shared = Arc::new(Shared {
            manner: Mutex::new(Box::new(manner)),
            asked: watch::Sender::new(Vec::new()),
            connections: watch::Sender::new(0),
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&shared)));
        Self {
            url,
            shared,
            _accepting: accepting,
        }
    }

    /// From now on answers in another manner.
    pub(crate) fn behave(&self, manner: impl FnMut(&Asked) -> Told + Send + 'static) {
        *self.shared.manner.lock().unwrap() = Box::new(manner);
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.borrow().clone()
    }

    /// Waits until it was asked something like this.
    pub(crate) async fn was_asked(&self, like: impl Fn(&Asked) -> bool) -> Asked {
        let mut asked = self.shared.asked.subscribe();
        let found = within(asked.wait_for(|all| all.iter().any(&like))).await.unwrap();
        found.iter().find(|asked| like(asked)).unwrap().clone()
    }

    /// Waits until no connection is open.
    pub(crate) async fn is_left_alone(&self) {
        let mut connections = self.shared.connections.subscribe();
        within(connections.wait_for(|open| *open == 0)).await.unwrap();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        shared.connections.send_modify(|open| *open += 1);
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            // An error is a connection that ended.
            let _ = converse(stream, &shared).await;
            shared.connections.send_modify(|open| *open -= 1);
        });
    }
}

async fn converse(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(asked) = read(&mut stream).await? {
        let told = (shared.manner.lock().unwrap())(&asked);
        let is_head = asked.method == "HEAD";
        shared.asked.send_modify(|all| all.push(asked));
        let (status, headers, body) = match told {
            Told::Json(status, value) => (
                status,
                vec![("content-type", "application/json".to_owned())],
                value.to_string(),
            ),
            Told::Headers(status, headers) => (status, headers, String::new()),
            Told::Hang => {
                stream.read_u8().await?;
                return Ok(());
            }
            Told::Cut => return Ok(()),
        };
        let mut answer = format!("HTTP/1.1 {status} Said\r\n");
        for (name, value) in headers {
            answer.push_str(&format!("{name}: {value}\r\n"));
        }
        if status != 204 && !is_head {
            answer.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        answer.push_str("\r\n");
        answer.push_str(&body);
        stream.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
            None => break,
        };
    }
    assert!(
        !headers.contains_key("transfer-encoding"),
        "the length must be known"
    );
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(Asked {
        method,
        path,
        headers,
        body,
    }))
}

/// A backend that keeps things to do, each key once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Backend {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    texts: BTreeMap<String, String>,
    answered: BTreeMap<String, (u16, Value)>,
}

impl Backend {
    /// What it keeps, in order of its making.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.kept.lock().unwrap().texts.values().cloned().collect()
    }

    /// Answers a request, the same as before where its key is known.
    pub(crate) fn answer(&self, asked: &Asked) -> Told {
        let mut kept = self.kept.lock().unwrap();
        if asked.path == "/probe" {
            return Told::Json(200, json!({}));
        }
        let key = asked.header("idempotency-key").expect("a key").to_owned();
        if let Some((status, body)) = kept.answered.get(&key) {
            return Told::Json(*status, body.clone());
        }
        let (status, body) = kept.apply(asked);
        kept.answered.insert(key, (status, body.clone()));
        Told::Json(status, body)
    }
}

impl Kept {
    fn apply(&mut self, asked: &Asked) -> (u16, Value) {
        let absent = || (404, json!({"title": "not there"}));
        match (asked.method.as_str(), asked.path.strip_prefix("/todos/")) {
            ("POST", None) => {
                let text = asked.json()["text"].as_str().unwrap().to_owned();
                if text.starts_with("forbidden") {
                    return (422, json!({"title": "not that"}));
                }
                let id = format!("srv-{:06}", self.answered.len());
                self.texts.insert(id.clone(), text.clone());
                (201, json!({"id": id, "text": text}))
            }
            ("PATCH", Some(id)) => match self.texts.get_mut(id) {
                Some(text) => {
                    *text = asked.json()["text"].as_str().unwrap().to_owned();
                    (200, json!({"id": id}))
                }
                None => absent(),
            },
            ("DELETE", Some(id)) => match self.texts.remove(id) {
                Some(_) => (200, json!({})),
                None => absent(),
            },
            _ => absent(),
        }
    }
}
