//! A server on a port: `cargo run -p outrigger-server --example serve -- <data-dir> <port>`. Without rates, for tests.

use outrigger_server::{Config, PasswordCost, Settings};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let data_dir = arguments.next().ok_or("name a data directory")?;
    let port: u16 = arguments.next().ok_or("name a port")?.parse()?;
    let settings = Settings {
        account_rate: None,
        session_rate: None,
        ..Settings::default()
    };
    let config = Config {
        settings,
        password_cost: PasswordCost::LEAST,
        ..Config::new(data_dir)
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on {}", listener.local_addr()?);
    let interrupted = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    outrigger_server::serve(config, listener, interrupted).await?;
    Ok(())
}
