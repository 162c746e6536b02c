//! The road from a device to its backend: it can lose a request or an answer, and lead to a portal instead.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

use crate::world::within;

const PORTAL: &str = "<html><body>Sign in to the Wi-Fi</body></html>";

/// How the road treats requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// They go there, and the answers come back.
    Open,
    /// The next one with this method goes there; the connection is cut when its answer comes. Then the road is open again.
    LosesAnswer(&'static str),
    /// The next one with this method is cut before it gets there. Then the road is open again.
    LosesRequest(&'static str),
    /// A portal answers them all.
    Portal,
}

pub(crate) struct Road {
    /// Where the device believes its backend.
    pub(crate) url: Url,
    shared: Arc<Shared>,
    _accepting: JoinSet<()>,
}

struct Shared {
    leads_to: Mutex<SocketAddr>,
    manner: Mutex<Manner>,
    travelled: watch::Sender<Vec<String>>,
}

impl Road {
    pub(crate) async fn to(backend: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let shared = Arc::new(Shared {
            leads_to: Mutex::new(backend),
            manner: Mutex::new(Manner::Open),
            travelled: watch::Sender::new(Vec::new()),
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&shared)));
        Self {
            url,
            shared,
            _accepting: accepting,
        }
    }

    /// From now on leads elsewhere.
    pub(crate) fn lead_to(&self, backend: SocketAddr) {
        *self.shared.leads_to.lock().unwrap() = backend;
    }

    pub(crate) fn behave(&self, manner: Manner) {
        *self.shared.manner.lock().unwrap() = manner;
    }

    /// The method and path of each request that set out, in order.
    pub(crate) fn travelled(&self) -> Vec<String> {
        self.shared.travelled.borrow().clone()
    }

    /// Waits until one like this has set out.
    pub(crate) async fn saw(&self, like: &str) {
        let mut travelled = self.shared.travelled.subscribe();
        let seen = travelled.wait_for(|all| all.iter().any(|line| line.starts_with(like)));
        within(seen).await.unwrap();
    }
}

impl Shared {
    /// How this request is treated. What is to happen once does not happen again.
    fn treat(&self, method: &str) -> Manner {
        let mut manner = self.manner.lock().unwrap();
        match *manner {
            Manner::LosesAnswer(lost) | Manner::LosesRequest(lost) if lost == method => {
                std::mem::replace(&mut *manner, Manner::Open)
            }
            Manner::Portal => Manner::Portal,
            _ => Manner::Open,
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            // An error is a connection that ended.
            let _ = travel(stream, &shared).await;
        });
    }
}

async fn travel(device: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut device = BufReader::new(device);
    while let Some(request) = message(&mut device).await? {
        let line = request.line.rsplit_once(' ').unwrap().0.to_owned();
        let manner = shared.treat(line.split_once(' ').unwrap().0);
        shared.travelled.send_modify(|all| all.push(line));
        match manner {
            Manner::Portal => {
                let length = PORTAL.len();
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\r\n");
                device.write_all(format!("{head}{PORTAL}").as_bytes()).await?;
                continue;
            }
            Manner::LosesRequest(_) => return Ok(()),
            Manner::Open | Manner::LosesAnswer(_) => {}
        }
        let leads_to = *shared.leads_to.lock().unwrap();
        let mut backend = BufReader::new(TcpStream::connect(leads_to).await?);
        backend.write_all(&request.bytes).await?;
        let Some(answer) = message(&mut backend).await? else {
            return Ok(());
        };
        if manner != Manner::Open {
            return Ok(());
        }
        device.write_all(&answer.bytes).await?;
    }
    Ok(())
}

/// An HTTP/1.1 message whose length is told.
pub(crate) struct Message {
    /// The first line.
    line: String,
    /// All of it, as it came.
    bytes: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

/// The next message, or `None` where the connection ends before.
pub(crate) async fn message(stream: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Option<Message>> {
    let mut head = String::new();
    let mut length = 0;
    loop {
        let start = head.len();
        if stream.read_line(&mut head).await? == 0 {
            return Ok(None);
        }
        let line = head[start..].trim_end().to_ascii_lowercase();
        assert!(
            !line.starts_with("transfer-encoding"),
            "the length must be told: {line}"
        );
        if let Some(told) = line.strip_prefix("content-length:") {
            length = told.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(Message {
        line: head.lines().next().unwrap_or_default().to_owned(),
        bytes: [head.as_bytes(), &body].concat(),
        body,
    }))
}
