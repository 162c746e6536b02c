//! Everything that a story needs, in a temporary folder: a server, a network before it, a user, and people whom she knows.
//!
//! Owns the folder, the server process and the proxy. Never knows what the user does.

use outrigger_client::{Account, Secret, Session, SessionStore as _};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::process::Command;

use super::audit::{self, Audit};
use super::ledger::Ledger;
use super::message;
use super::place;
use super::process::{Client, Server};
use super::proxy::Proxy;
use super::trouble::Trouble;

/// Whom the user knows.
const PEOPLE: [&str; 3] = ["bo", "cleo", "dai"];
/// Posts of each of them.
const POSTS_EACH: usize = 4;
const PASSWORD: &str = "correct horse";

/// The world of one story.
#[derive(Debug)]
pub(crate) struct World {
    folder: TempDir,
    binary: PathBuf,
    pub(crate) server: Server,
    proxy: Proxy,
    pub(crate) account: String,
    /// The user's, on another device.
    token: String,
    others: Vec<String>,
}

impl World {
    /// A folder for a new one.
    pub(crate) fn ground() -> Result<TempDir, Trouble> {
        tempfile::Builder::new()
            .prefix("outrigger-demo-")
            .tempdir()
            .map_err(Trouble::io("make a folder"))
    }

    /// A new one in this folder, with processes of this binary.
    pub(crate) async fn new(binary: &Path, folder: TempDir) -> Result<Self, Trouble> {
        let server = Server::command(binary, &place::server(folder.path()));
        let server = Server::start(server).await?;
        let proxy = Proxy::start(server.address())
            .await
            .map_err(Trouble::io("start the proxy"))?;
        let mut world = Self {
            binary: binary.to_owned(),
            folder,
            server,
            proxy,
            account: String::new(),
            token: String::new(),
            others: Vec::new(),
        };
        world.populate().await?;
        Ok(world)
    }

    async fn populate(&mut self) -> Result<(), Trouble> {
        for name in PEOPLE {
            let token = text(&self.sign("POST /v1/accounts", name).await?["access_token"]);
            for number in 1..=POSTS_EACH {
                let post = json!({ "text": format!("{name}'s log, day {number}"), "media": [] });
                self.ask("POST /v1/posts", &token, Some(&post)).await?;
            }
            self.others.push(token);
        }
        let session = self.sign("POST /v1/accounts", "ada").await?;
        self.account = text(&session["account"]["id"]);
        let session = Session {
            access_token: Secret::new(text(&session["access_token"])),
            refresh_token: Secret::new(text(&session["refresh_token"])),
            account: Account {
                id: self.account.clone(),
                name: "ada".to_owned(),
            },
        };
        place::session_file(&self.client_folder())
            .save(&session)
            .map_err(Trouble::io("keep the session"))?;
        let elsewhere = self.sign("POST /v1/sessions", "ada").await?;
        self.token = text(&elsewhere["access_token"]);
        let pictures = self.pictures_folder();
        std::fs::create_dir_all(pictures).map_err(Trouble::io("make a folder"))
    }

    async fn sign(&self, request: &str, name: &str) -> Result<Value, Trouble> {
        let body = json!({ "name": name, "password": PASSWORD });
        self.ask(request, "", Some(&body)).await
    }

    /// Asks the server directly, as if from another device.
    async fn ask(&self, request: &str, token: &str, body: Option<&Value>) -> Result<Value, Trouble> {
        let token = Some(token).filter(|token| !token.is_empty());
        let (status, answer) = message::ask(self.server.address(), request, token, body)
            .await
            .map_err(Trouble::io("ask the server"))?;
        if (200..300).contains(&status) {
            Ok(answer)
        } else {
            Err(Trouble::Story(format!(
                "the server answers {status} to {request}: {answer}"
            )))
        }
    }

    /// The people's names.
    pub(crate) fn people() -> Vec<String> {
        PEOPLE.map(str::to_owned).to_vec()
    }

    /// Somebody takes a post of theirs away.
    pub(crate) async fn they_delete(&self, person: usize, post: &str) -> Result<(), Trouble> {
        let token = self.others.get(person).map_or("", String::as_str);
        self.ask(&format!("DELETE /v1/posts/{post}"), token, None).await?;
        Ok(())
    }

    /// The user changes a post of hers on another device.
    pub(crate) async fn edit_elsewhere(&self, post: &str, text: &str) -> Result<(), Trouble> {
        let body = json!({ "text": text });
        self.ask(&format!("PATCH /v1/posts/{post}"), &self.token, Some(&body))
            .await?;
        Ok(())
    }

    /// The network.
    pub(crate) fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// Starts the client.
    pub(crate) fn start_client(&self) -> Result<Client, Trouble> {
        Client::start(self.client_command(self.proxy.address()))
    }

    /// How the client is started, for a server at this address.
    pub(crate) fn client_command(&self, server: SocketAddr) -> Command {
        Client::command(&self.binary, &self.client_folder(), server)
    }

    /// Kills the server.
    pub(crate) async fn kill_server(&mut self) -> Result<(), Trouble> {
        self.server.kill().await
    }

    /// Starts the server again, on what it left behind.
    pub(crate) async fn start_server(&mut self) -> Result<(), Trouble> {
        self.start_server_as(self.server_command()).await
    }

    /// The same, started so.
    pub(crate) async fn start_server_as(&mut self, command: Command) -> Result<(), Trouble> {
        self.server = Server::start(command).await?;
        self.proxy.lead_to(self.server.address());
        Ok(())
    }

    /// How the server is started.
    pub(crate) fn server_command(&self) -> Command {
        Server::command(&self.binary, &place::server(self.folder.path()))
    }

    /// Where pictures are before the client has them.
    pub(crate) fn pictures_folder(&self) -> PathBuf {
        self.folder.path().join("pictures")
    }

    /// Where the client has what it has.
    pub(crate) fn client_folder(&self) -> PathBuf {
        place::client(self.folder.path())
    }

    /// Both databases against the ledger, once everything is said to have arrived.
    pub(crate) fn audit(&self, ledger: &Ledger) -> Result<Audit, Trouble> {
        let mut audit = audit::audit(ledger, &self.account, &self.server_db()?, &self.client_db()?)?;
        for file in self.strays()? {
            audit
                .findings
                .push(format!("nobody knows the file {file} in the client's folder"));
        }
        Ok(audit)
    }

    /// Files in the client's folder that its database does not know. A copy that a killed process had just made is known: it is swept in time.
    fn strays(&self) -> Result<Vec<String>, Trouble> {
        let db = self.client_db()?;
        let mut is_known = db.prepare(
            "SELECT 1 FROM outrigger_staging WHERE file = ?1 UNION ALL SELECT 1 FROM outrigger_attachment WHERE file = ?1",
        )?;
        let listing = Trouble::io("list the attachments");
        let mut strays = Vec::new();
        for file in std::fs::read_dir(place::attachments(&self.client_folder())).map_err(listing)? {
            let file = file.map_err(Trouble::io("list the attachments"))?.file_name();
            let file = file.to_string_lossy().into_owned();
            if !is_known.exists([&file])? {
                strays.push(file);
            }
        }
        Ok(strays)
    }

    /// Both databases against the ledger, in the middle of everything.
    pub(crate) fn inspect(&self, ledger: &Ledger) -> Result<Vec<String>, Trouble> {
        audit::inspect(ledger, &self.account, &self.server_db()?, &self.client_db()?)
    }

    /// What the server calls a post of the user's, once it has it.
    pub(crate) fn server_id(&self, id: outrigger_engine::ids::LocalId) -> Result<Option<String>, Trouble> {
        let known = self.client_db()?.query_row(
            "SELECT max(server_id) FROM outrigger_id WHERE local_id = ?1",
            [id],
            |row| row.get(0),
        )?;
        Ok(known)
    }

    /// The database of the server.
    pub(crate) fn server_database(&self) -> PathBuf {
        place::server(self.folder.path()).join("outrigger.db")
    }

    fn server_db(&self) -> Result<rusqlite::Connection, Trouble> {
        audit::open(&self.server_database())
    }

    fn client_db(&self) -> Result<rusqlite::Connection, Trouble> {
        audit::open(&place::database(&self.client_folder()))
    }

    /// Keeps the folder, and says where it is.
    pub(crate) fn keep(&mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
