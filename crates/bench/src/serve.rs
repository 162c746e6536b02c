//! The server process of the bench: the real server on a real database, without rates, until its parent is gone.
//!
//! Owns its settings. Never answers anything itself.

use outrigger_server::{Config, PasswordCost, Settings};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, stdin};
use tokio::net::TcpListener;

use crate::error::Error;
use crate::slow;

/// Says on standard output where it listens, then serves until standard input ends. Each answer leaves `delay` later than it was made.
///
/// # Errors
/// What the server says, or that nothing can be listened on.
pub async fn serve(folder: &Path, delay: Duration) -> Result<(), Error> {
    let config = Config {
        settings: Settings {
            account_rate: None,
            session_rate: None,
            // A round begins with a copy of what an earlier one was signed in to.
            access_token_ttl: Duration::from_secs(24 * 3600),
            ..Settings::default()
        },
        password_cost: PasswordCost::LEAST,
        ..Config::new(folder)
    };
    let listener = listen().await?;
    let address = listener.local_addr().map_err(Error::io("listen"))?;
    let parent_gone = async {
        let mut input = stdin();
        let mut nothing = [0; 64];
        while input.read(&mut nothing).await.is_ok_and(|bytes| bytes > 0) {}
    };
    if delay.is_zero() {
        println!("{address}");
        outrigger_server::serve(config, listener, parent_gone).await?;
        return Ok(());
    }
    let front = listen().await?;
    println!("{}", front.local_addr().map_err(Error::io("listen"))?);
    let line = tokio::spawn(slow::run(front, address, delay));
    let served = outrigger_server::serve(config, listener, parent_gone).await;
    line.abort();
    Ok(served?)
}

async fn listen() -> Result<TcpListener, Error> {
    TcpListener::bind(("127.0.0.1", 0))
        .await
        .map_err(Error::io("listen"))
}
