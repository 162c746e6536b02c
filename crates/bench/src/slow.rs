//! A slow line before a server: what goes to it goes at once, what comes from it comes so much later.
//!
//! Owns the delay of each connection's bytes, kept in order; connections do not wait for each other. Never looks at a byte.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Pieces that are on the line of one connection.
const PIECES_MAX: usize = 1_024;
const PIECE_BYTES: usize = 64 << 10;

/// Leads every connection to the server.
pub(crate) async fn run(front: TcpListener, server: SocketAddr, delay: Duration) {
    while let Ok((client, _)) = front.accept().await {
        tokio::spawn(async move {
            // A connection that breaks is the client's to notice.
            let _ = lead(client, server, delay).await;
        });
    }
}

async fn lead(client: TcpStream, server: SocketAddr, delay: Duration) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let (pieces, line) = mpsc::channel(PIECES_MAX);
    let there = async move {
        tokio::io::copy(&mut from_client, &mut to_server).await?;
        to_server.shutdown().await
    };
    tokio::try_join!(
        there,
        take_up(from_server, pieces, delay),
        put_down(to_client, line)
    )?;
    Ok(())
}

type Piece = (Instant, Vec<u8>);

async fn take_up(mut server: OwnedReadHalf, pieces: mpsc::Sender<Piece>, delay: Duration) -> io::Result<()> {
    loop {
        let mut bytes = Vec::with_capacity(PIECE_BYTES);
        if server.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
        if pieces.send((Instant::now() + delay, bytes)).await.is_err() {
            return Ok(());
        }
    }
}

async fn put_down(mut client: OwnedWriteHalf, mut line: mpsc::Receiver<Piece>) -> io::Result<()> {
    while let Some((due, bytes)) = line.recv().await {
        sleep_until(due).await;
        client.write_all(&bytes).await?;
    }
    client.shutdown().await
}
