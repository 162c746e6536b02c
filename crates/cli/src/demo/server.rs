//! The server process of the demo: the real server on a real database, without rates, until its parent is gone.
//!
//! Owns its settings. Knows nothing of the story that it is in.

use std::path::Path;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::trouble::Trouble;

/// Says where it listens, then serves until its standard input ends.
pub(crate) async fn run(folder: &Path) -> Result<(), Trouble> {
    let settings = outrigger_server::Settings {
        account_rate: None,
        session_rate: None,
        ..outrigger_server::Settings::default()
    };
    let config = outrigger_server::Config {
        settings,
        password_cost: outrigger_server::PasswordCost::LEAST,
        ..outrigger_server::Config::new(folder)
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .map_err(Trouble::io("listen"))?;
    let address = listener.local_addr().map_err(Trouble::io("listen"))?;
    println!("{address}");
    let parent_gone = async {
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        while let Ok(Some(_)) = lines.next_line().await {}
    };
    outrigger_server::serve(config, listener, parent_gone)
        .await
        .map_err(|error| Trouble::Story(error.to_string()))
}
