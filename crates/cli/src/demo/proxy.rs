//! The network between client and server: a proxy that goes away, loses, cuts, repeats and lies, as its plan says.
//!
//! Owns every connection of the client, the count of what happened, and the moments at which a process can be killed. Never looks into a body.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::fault::{Fault, Plan};
use super::message::{Call, Message};

const EPOCH: &str = "outrigger-epoch";

/// How the network is.
#[derive(Debug, Clone)]
pub(crate) enum Weather {
    /// There is none.
    Away,
    /// Everything passes.
    Fair,
    /// Things go wrong as planned, then everything passes.
    Foul(Plan),
}

/// A point on the way of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    /// It has arrived here; the server has heard nothing.
    Arrived,
    /// The server has it; nobody has read the answer.
    Forwarded,
    /// The server has answered; the client has heard nothing.
    Answered,
    /// The client has the answer.
    Told,
}

/// A request that is held at a point, until this is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    reached: oneshot::Receiver<()>,
    _release: oneshot::Sender<()>,
}

impl Hold {
    /// Waits until a request is there. May be dropped and called again.
    pub(crate) async fn reached(&mut self) {
        // An error says that the proxy has ended; then nothing will be reached.
        if (&mut self.reached).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// What happened so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Requests that came while there was a network.
    pub(crate) requests: u64,
    /// What went wrong, how often.
    pub(crate) faults: BTreeMap<Fault, u64>,
}

impl Tally {
    /// How often something went wrong.
    pub(crate) fn fault_count(&self) -> u64 {
        self.faults.values().sum()
    }
}

/// The proxy, running until it is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    server: SocketAddr,
    weather: Weather,
    tally: Tally,
    stop: Option<Stop>,
    /// What the server calls its database: without it no answer is taken for the server's.
    epoch: Option<String>,
}

/// Where the next request is to be held.
#[derive(Debug)]
struct Stop {
    point: Point,
    /// So many requests pass the point before.
    pass: u64,
    reached: oneshot::Sender<()>,
    released: oneshot::Receiver<()>,
}

/// What is done with one request.
enum Treatment {
    Vanish,
    Pass,
    Spoil(Fault),
}

impl Proxy {
    /// A proxy to this server, on a port of its own.
    pub(crate) async fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                server,
                weather: Weather::Fair,
                tally: Tally::default(),
                stop: None,
                epoch: None,
            }),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            accepting,
        })
    }

    /// Where the client finds it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server has moved.
    pub(crate) fn lead_to(&self, server: SocketAddr) {
        self.shared.state().server = server;
    }

    /// The weather changes.
    pub(crate) fn set(&self, weather: Weather) {
        self.shared.state().weather = weather;
    }

    /// What happened so far.
    pub(crate) fn tally(&self) -> Tally {
        self.shared.state().tally.clone()
    }

    /// Holds a request at a point, after so many have passed it.
    pub(crate) fn hold(&self, point: Point, pass: u64) -> Hold {
        let (reached_tx, reached) = oneshot::channel();
        let (release, released) = oneshot::channel();
        self.shared.state().stop = Some(Stop {
            point,
            pass,
            reached: reached_tx,
            released,
        });
        Hold {
            reached,
            _release: release,
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides what becomes of a request, and counts it.
    fn treat(&self, request: &Message) -> Treatment {
        let mut state = self.state();
        let is_part_of_upload = request.head.method() == "PATCH" && request.body.len() > 1;
        let is_part_of_upload = is_part_of_upload && request.head.field("upload-offset").is_some();
        let fault = match &mut state.weather {
            Weather::Away => return Treatment::Vanish,
            Weather::Fair => None,
            Weather::Foul(plan) => plan.next(is_part_of_upload),
        };
        state.tally.requests += 1;
        match fault {
            Some(fault) => {
                *state.tally.faults.entry(fault).or_default() += 1;
                Treatment::Spoil(fault)
            }
            None => Treatment::Pass,
        }
    }

    /// A request is at a point: where it is to be held there, it is.
    async fn at(&self, point: Point) {
        let stop = {
            let mut state = self.state();
            match &mut state.stop {
                Some(stop) if stop.point == point && stop.pass > 0 => {
                    stop.pass -= 1;
                    None
                }
                Some(stop) if stop.point == point => state.stop.take(),
                _ => None,
            }
        };
        if let Some(stop) = stop
            && stop.reached.send(()).is_ok()
        {
            // Dropping the hold is the release.
            let _ = stop.released.await;
        }
    }

    /// What the server itself would say.
    fn problem(&self, status: &str, name: &str, retry_after: Option<&str>) -> Message {
        let number = status.split(' ').next().unwrap_or("500");
        let body = format!(
            r#"{{"type":"urn:outrigger:problem:{name}","title":"{status}","status":{number},"detail":"So the network has it."}}"#
        );
        let epoch = self.state().epoch.clone();
        let mut fields = vec![("content-type", "application/problem+json")];
        fields.extend(epoch.iter().map(|epoch| (EPOCH, epoch.as_str())));
        fields.extend(retry_after.map(|value| ("retry-after", value)));
        Message::answer(status, &fields, &body)
    }

    /// Forwards a request and brings the answer.
    async fn forward(&self, request: &Message) -> io::Result<Message> {
        let server = self.state().server;
        let call = Call::send(server, request, None).await?;
        self.at(Point::Forwarded).await;
        let answer = call.answer().await?;
        if let Some(epoch) = answer.head.field(EPOCH) {
            self.state().epoch = Some(epoch.to_owned());
        }
        self.at(Point::Answered).await;
        Ok(answer)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task: no connection outlives the proxy.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, Arc::clone(&shared)));
                }
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one connection of the client's; whatever breaks ends it.
async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    if matches!(shared.state().weather, Weather::Away) {
        return;
    }
    let mut stream = BufReader::new(stream);
    while let Ok(Some(request)) = Message::read_request(&mut stream).await {
        let exchanged = exchange(&shared, &request, stream.get_mut()).await;
        if !matches!(exchanged, Ok(true)) {
            return;
        }
    }
}

/// Serves one request. Whether the connection can take another.
async fn exchange(shared: &Shared, request: &Message, client: &mut TcpStream) -> io::Result<bool> {
    let treatment = shared.treat(request);
    if matches!(treatment, Treatment::Vanish) {
        return Ok(false);
    }
    shared.at(Point::Arrived).await;
    let answer = match treatment {
        Treatment::Vanish => return Ok(false),
        Treatment::Pass => shared.forward(request).await?,
        Treatment::Spoil(fault) => match spoiled(shared, fault, request).await? {
            Spoiled::Nothing => return Ok(false),
            Spoiled::Half(answer) => {
                let bytes = answer.bytes();
                client.write_all(&bytes[..bytes.len() / 2]).await?;
                return Ok(false);
            }
            Spoiled::Whole(answer) => answer,
        },
    };
    client.write_all(&answer.bytes()).await?;
    client.flush().await?;
    shared.at(Point::Told).await;
    Ok(answer.is_delimited(request.head.method()))
}

/// What the client gets of a request that goes wrong.
enum Spoiled {
    Nothing,
    Half(Message),
    Whole(Message),
}

async fn spoiled(shared: &Shared, fault: Fault, request: &Message) -> io::Result<Spoiled> {
    let answer = match fault {
        Fault::RequestLost => return Ok(Spoiled::Nothing),
        Fault::AnswerLost => {
            shared.forward(request).await?;
            return Ok(Spoiled::Nothing);
        }
        Fault::AnswerCut => return shared.forward(request).await.map(Spoiled::Half),
        Fault::Repeated => {
            shared.forward(request).await?;
            shared.forward(request).await?
        }
        Fault::UploadCut => {
            let server = shared.state().server;
            drop(Call::send(server, request, Some(request.body.len() / 2)).await?);
            return Ok(Spoiled::Nothing);
        }
        Fault::ServerError => shared.problem("500 Internal Server Error", "internal", None),
        Fault::Unavailable(after) => shared.problem("503 Service Unavailable", "unavailable", Some(after)),
        Fault::TooMany(after) => shared.problem("429 Too Many Requests", "rate-limited", Some(after)),
        Fault::TooManyUntil => {
            let until = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(1));
            shared.problem("429 Too Many Requests", "rate-limited", Some(&until))
        }
        Fault::PortalRedirect => {
            let fields = [
                ("location", "http://portal.example/login"),
                ("content-type", "text/html"),
            ];
            Message::answer("302 Found", &fields, "<html>Please sign in.</html>")
        }
        Fault::PortalPage => Message::answer(
            "200 OK",
            &[("content-type", "text/html")],
            "<html>Welcome to Harbour WiFi!</html>",
        ),
    };
    Ok(Spoiled::Whole(answer))
}
