//! The wire between the client and the proxy: bytes that come late, slowly, in crumbs, or not at all.
//!
//! Owns every connection of the client, and what is drawn for it from a seed. Never looks into a byte.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What is read at a time where nothing is wrong.
const CHUNK_BYTES: usize = 16 << 10;
/// After so many crumbs the rest goes at once: a picture in crumbs would take minutes.
const CRUMBS_MAX: usize = 48;

/// How the wire is, for connections that are made from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// As good as none.
    Clean,
    /// Each connection has something wrong with it, or nothing, as drawn.
    Toxic,
    /// Connections are accepted, and nothing is ever read or answered.
    HalfOpen,
}

/// What is wrong with one connection.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Toxin {
    Nothing,
    /// All comes so much later, and up to so much more.
    Late(Duration, Duration),
    /// So long for each 4 KiB.
    Narrow(Duration),
    /// One to seven bytes at a time, with pauses: heads and bodies alike.
    Crumbs,
    /// The answer's first bytes take their time.
    SlowHead(Duration),
    /// Closed once the client has sent so many bytes.
    CutUp(u64),
    /// Closed once it has got so many.
    CutDown(u64),
    /// The same with a reset, after which neither side finds what was on its way.
    ResetUp(u64),
    ResetDown(u64),
    /// Accepted, nothing read and nothing answered, and reset in the end.
    HalfOpen(Duration),
    /// What the client sends goes nowhere, and in the end all is closed.
    PartedUp(Duration),
    /// What it is answered goes nowhere: the server has done it.
    PartedDown(Duration),
}

/// How many kinds of connections there are.
const KINDS: u32 = 14;

impl Toxin {
    /// One of a kind, with the rest drawn.
    fn of(kind: u32, random: &mut StdRng) -> Self {
        let millis = |random: &mut StdRng, most: u64| Duration::from_millis(random.random_range(1..=most));
        match kind {
            0 => Self::Late(millis(random, 20), millis(random, 20)),
            1 => Self::Narrow(millis(random, 12)),
            2 => Self::Crumbs,
            3 => Self::SlowHead(millis(random, 150)),
            4 => Self::CutUp(random.random_range(1..6_000)),
            5 => Self::CutDown(random.random_range(1..3_000)),
            6 => Self::ResetUp(random.random_range(1..6_000)),
            7 => Self::ResetDown(random.random_range(1..3_000)),
            8 => Self::HalfOpen(millis(random, 200)),
            9 => Self::PartedUp(millis(random, 200)),
            10 => Self::PartedDown(millis(random, 200)),
            _ => Self::Nothing,
        }
    }
}

/// The wire, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Link {
    address: SocketAddr,
    shared: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    wire: Wire,
    random: StdRng,
    /// What the next connections are: one of each kind in some order, then anew.
    deck: Vec<u32>,
    /// How often all were dealt.
    rounds: u64,
}

impl State {
    fn deal(&mut self) -> (Toxin, StdRng) {
        if self.deck.is_empty() {
            self.deck = (0..KINDS).collect();
            self.deck.shuffle(&mut self.random);
        }
        let mut random = StdRng::seed_from_u64(self.random.random());
        let kind = self.deck.pop().unwrap_or(KINDS);
        self.rounds += u64::from(self.deck.is_empty());
        (Toxin::of(kind, &mut random), random)
    }
}

impl Link {
    /// To this address, on a port of its own.
    pub(crate) async fn start(to: SocketAddr, seed: u64, wire: Wire) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Mutex::new(State {
            wire,
            random: StdRng::seed_from_u64(seed),
            deck: Vec::new(),
            rounds: 0,
        }));
        let accepting = tokio::spawn(accept(listener, to, Arc::clone(&shared)));
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

    /// The wire changes, for new connections.
    pub(crate) fn set(&self, wire: Wire) {
        lock(&self.shared).wire = wire;
    }

    /// How often there was a connection of every kind.
    pub(crate) fn rounds(&self) -> u64 {
        lock(&self.shared).rounds
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn lock(shared: &Mutex<State>) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, to: SocketAddr, shared: Arc<Mutex<State>>) {
    // Dropped with this task: no connection outlives the wire.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, to, Arc::clone(&shared)));
                }
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, to: SocketAddr, shared: Arc<Mutex<State>>) {
    let (wire, toxin, random) = {
        let mut state = lock(&shared);
        let (toxin, random) = match state.wire {
            Wire::Toxic => state.deal(),
            Wire::Clean | Wire::HalfOpen => (Toxin::Nothing, StdRng::seed_from_u64(0)),
        };
        (state.wire, toxin, random)
    };
    match wire {
        Wire::Clean | Wire::Toxic => carry(stream, to, toxin, random).await,
        Wire::HalfOpen => std::future::pending().await,
    }
}

/// One connection to its end. Whatever breaks ends it, on both sides.
async fn carry(mut client: TcpStream, to: SocketAddr, toxin: Toxin, mut random: StdRng) {
    if let Toxin::HalfOpen(time) = toxin {
        tokio::time::sleep(time).await;
        // On an error it is closed without.
        let _ = client.set_zero_linger();
        return;
    }
    let Ok(mut server) = TcpStream::connect(to).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (up, down) = (Way::up(toxin), Way::down(toxin));
    let other = StdRng::seed_from_u64(random.random());
    {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let both = async {
            tokio::try_join!(
                pump(from_client, to_server, up, other),
                pump(from_server, to_client, down, random),
            )
        };
        let _ = match toxin {
            Toxin::PartedUp(time) | Toxin::PartedDown(time) => tokio::time::timeout(time, both).await,
            _ => Ok(both.await),
        };
    }
    if matches!(toxin, Toxin::ResetUp(_) | Toxin::ResetDown(_)) {
        let _ = (client.set_zero_linger(), server.set_zero_linger());
    }
}

/// What happens to the bytes of one direction.
#[derive(Debug, Clone, Copy)]
struct Way {
    chunk_bytes: usize,
    /// Before each chunk.
    pause: Duration,
    jitter: Duration,
    /// Before the first.
    pause_first: Duration,
    is_in_crumbs: bool,
    cut_after: Option<u64>,
    goes_nowhere: bool,
}

impl Way {
    const GOOD: Self = Self {
        chunk_bytes: CHUNK_BYTES,
        pause: Duration::ZERO,
        jitter: Duration::ZERO,
        pause_first: Duration::ZERO,
        is_in_crumbs: false,
        cut_after: None,
        goes_nowhere: false,
    };

    fn either(toxin: Toxin) -> Self {
        match toxin {
            Toxin::Late(pause, jitter) => Self {
                pause,
                jitter,
                ..Self::GOOD
            },
            Toxin::Narrow(pause) => Self {
                pause,
                chunk_bytes: 4 << 10,
                ..Self::GOOD
            },
            Toxin::Crumbs => Self {
                is_in_crumbs: true,
                ..Self::GOOD
            },
            _ => Self::GOOD,
        }
    }

    fn up(toxin: Toxin) -> Self {
        match toxin {
            Toxin::CutUp(bytes) | Toxin::ResetUp(bytes) => Self {
                cut_after: Some(bytes),
                ..Self::GOOD
            },
            Toxin::PartedUp(_) => Self {
                goes_nowhere: true,
                ..Self::GOOD
            },
            _ => Self::either(toxin),
        }
    }

    fn down(toxin: Toxin) -> Self {
        match toxin {
            Toxin::CutDown(bytes) | Toxin::ResetDown(bytes) => Self {
                cut_after: Some(bytes),
                ..Self::GOOD
            },
            Toxin::PartedDown(_) => Self {
                goes_nowhere: true,
                ..Self::GOOD
            },
            Toxin::SlowHead(pause_first) => Self {
                pause_first,
                is_in_crumbs: true,
                ..Self::GOOD
            },
            _ => Self::either(toxin),
        }
    }
}

/// Carries one direction to its end; an error ends the other one too.
async fn pump<R, W>(mut from: R, mut to: W, way: Way, mut random: StdRng) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut chunk = vec![0; way.chunk_bytes];
    let (mut left, mut crumbs, mut is_first) = (way.cut_after, 0, true);
    loop {
        let size = if way.is_in_crumbs && crumbs < CRUMBS_MAX {
            crumbs += 1;
            random.random_range(1..=7)
        } else {
            chunk.len()
        };
        let length = from.read(&mut chunk[..size]).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        if way.goes_nowhere {
            continue;
        }
        let mut pause = way.pause + way.jitter.mul_f64(random.random());
        if std::mem::take(&mut is_first) {
            pause += way.pause_first;
        }
        if size < chunk.len() {
            pause += Duration::from_millis(u64::from(random.random_bool(0.3)));
        }
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        let passes = left.map_or(length, |left| length.min(usize::try_from(left).unwrap_or(length)));
        to.write_all(&chunk[..passes]).await?;
        to.flush().await?;
        if let Some(left) = &mut left {
            *left -= passes as u64;
            if *left == 0 {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
    }
}
