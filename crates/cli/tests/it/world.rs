//! The vocabulary of the tests: a world with a server, and people who type commands.
//!
//! Everything is the real program in its own process. Nothing sleeps: a test waits for a line or for an end.

use serde_json::Value;
use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_outrigger");
/// Who has no rights but those that files give them.
const NOBODY: u32 = 65_534;
const PASSWORD: &str = "correct horse battery";

/// The smallest PNG that anybody could mean.
pub(crate) const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// A server, and a folder for everything.
pub(crate) struct World {
    folder: tempfile::TempDir,
    url: String,
    server: RefCell<Option<Running>>,
}

impl World {
    /// With a server that runs.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(folder.path(), "127.0.0.1:0", &[]);
        let url = server.1;
        Self {
            folder,
            url,
            server: RefCell::new(Some(server.0)),
        }
    }

    /// The same, and it says all that it has to say: to this file.
    pub(crate) fn with_log(name: &str) -> (Self, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join(name);
        let mut command = server(folder.path(), "127.0.0.1:0", &[]);
        command.env("OUTRIGGER_LOG", "trace");
        command.stdout(Stdio::piped());
        command.stderr(std::fs::File::create(&log).unwrap());
        let (running, url) = listening(Running::of(command.spawn().unwrap()));
        let server = RefCell::new(Some(running));
        (Self { folder, url, server }, log)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// The server stops.
    pub(crate) fn stop_server(&self) {
        let server = self.server.borrow_mut().take().expect("the server runs");
        assert_eq!(server.end(rustix::process::Signal::TERM), 0);
    }

    /// The server starts again, at the same address.
    pub(crate) fn start_server(&self) {
        self.start_server_with(&[]);
    }

    /// The same, with options.
    pub(crate) fn start_server_with(&self, options: &[&str]) {
        let address = self.url.strip_prefix("http://").unwrap();
        let (server, _) = serve(self.folder.path(), address, options);
        *self.server.borrow_mut() = Some(server);
    }

    /// Somebody with a device of their own, and no account yet.
    pub(crate) fn stranger(&self, name: &str) -> Person {
        Person {
            home: self.folder.path().join("homes").join(name),
            url: self.url.clone(),
            user: None,
        }
    }

    /// Somebody who has signed up.
    pub(crate) fn person(&self, name: &str) -> Person {
        let person = self.stranger(name);
        person.run(["signup", name]).ok();
        person
    }

    /// The same person, as a user of the system to whom rights mean something: whoever runs the tests, or nobody where that is root.
    pub(crate) fn without_privileges(&self, person: &Person) -> Person {
        let mut same = Person {
            home: person.home.clone(),
            url: person.url.clone(),
            user: None,
        };
        if rustix::process::geteuid().is_root() {
            // Where they can get at it.
            let folder = self.folder.path();
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
            let program = folder.join("outrigger");
            std::fs::copy(PROGRAM, &program).unwrap();
            give(&folder.join("homes"), NOBODY);
            same.user = Some((NOBODY, program));
        }
        same
    }

    /// A file of these bytes.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A path at which there is nothing.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn serve(folder: &Path, address: &str, options: &[&str]) -> (Running, String) {
    listening(Running::start(server(folder, address, options)))
}

fn server(folder: &Path, address: &str, options: &[&str]) -> Command {
    let mut command = program();
    command.args(["serve", "--listen", address, "--data"]);
    command.arg(folder.join("server")).args(options);
    command
}

fn listening(mut server: Running) -> (Running, String) {
    let line = server.line_with("listening on");
    let url = line.split_whitespace().find(|word| word.starts_with("http://"));
    let url = url.unwrap().trim_end_matches(',').to_owned();
    (server, url)
}

/// Gives a folder, and everything in it, to a user of the system.
fn give(folder: &Path, user: u32) {
    std::os::unix::fs::chown(folder, Some(user), Some(user)).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            give(&path, user);
        } else {
            std::os::unix::fs::chown(&path, Some(user), Some(user)).unwrap();
        }
    }
}

fn program() -> Command {
    program_at(Path::new(PROGRAM))
}

fn program_at(path: &Path) -> Command {
    let mut command = Command::new(path);
    for variable in [
        "OUTRIGGER_HOME",
        "OUTRIGGER_SERVER",
        "OUTRIGGER_LOG",
        "OUTRIGGER_RESERVE",
        "NO_COLOR",
    ] {
        command.env_remove(variable);
    }
    // The keyring of whoever runs the tests is theirs.
    command.env("OUTRIGGER_SESSION", "file");
    command.stdin(Stdio::null());
    command
}

/// Somebody at a terminal.
pub(crate) struct Person {
    pub(crate) home: PathBuf,
    url: String,
    /// Another user of the system, with a program that they may run.
    user: Option<(u32, PathBuf)>,
}

impl Person {
    /// The command, ready to be started.
    pub(crate) fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = program();
        if let Some((user, program)) = &self.user {
            command = program_at(program);
            command.uid(*user).gid(*user);
        }
        command
            .env("OUTRIGGER_HOME", &self.home)
            .env("OUTRIGGER_SERVER", &self.url)
            .env("OUTRIGGER_PASSWORD", PASSWORD)
            // Long enough that no busy machine makes a difference.
            .env("OUTRIGGER_WAIT", "60")
            .args(args);
        command
    }

    /// The address of their server.
    pub(crate) fn server(&self) -> &str {
        &self.url
    }

    /// Types a command and waits for its end.
    pub(crate) fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ended {
        Ended::of(self.command(args).output().unwrap())
    }

    /// The same, with something on standard input.
    pub(crate) fn type_in<'a>(&self, args: impl IntoIterator<Item = &'a str>, input: &str) -> Ended {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ended::of(child.wait_with_output().unwrap())
    }

    /// A command that must succeed, for a program: its one object.
    pub(crate) fn json<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Value {
        self.run(args.into_iter().chain(["--json"])).ok().json()
    }

    /// Starts a command that stays.
    pub(crate) fn start<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Running {
        Running::start(self.command(args))
    }

    /// Writes a post; its short id.
    pub(crate) fn post(&self, text: &str) -> String {
        short(&self.json(["post", text]))
    }

    /// What their feed of everybody says, the newest first.
    pub(crate) fn feed(&self) -> Vec<String> {
        let feed = self.json(["feed", "--all", "--refresh"]);
        let posts = feed["posts"].as_array().unwrap().iter();
        posts
            .map(|post| post["text"].as_str().unwrap().to_owned())
            .collect()
    }

    /// How many writes wait, and how many are parked.
    pub(crate) fn queue(&self) -> (usize, usize) {
        let queue = self.json(["queue", "list"]);
        let items = queue["items"].as_array().unwrap();
        let parked = items.iter().filter(|item| item["state"] == "parked").count();
        (items.len() - parked, parked)
    }

    /// The account's database.
    pub(crate) fn database(&self) -> PathBuf {
        let account = std::fs::read(self.home.join("account.json")).unwrap();
        let account: Value = serde_json::from_slice(&account).unwrap();
        self.home
            .join(account["id"].as_str().unwrap())
            .join("outrigger.db")
    }
}

/// The short id of what a command wrote.
pub(crate) fn short(written: &Value) -> String {
    written["short"].as_str().unwrap().to_owned()
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.exits(0)
    }

    /// It ended with this code, and never with a program's own mess.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        for mess in ["panicked", "RUST_BACKTRACE", "Error {", "Some("] {
            assert!(
                !self.err.contains(mess) && !self.out.contains(mess),
                "{mess}: {self:#?}"
            );
        }
        self
    }

    /// It said this, on either stream.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.out.contains(text) || self.err.contains(text),
            "{text:?} is not in {self:#?}"
        );
        self
    }

    /// Its one object.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// A command that stays until it is told to end.
pub(crate) struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        Self::of(command.spawn().unwrap())
    }

    fn of(mut child: Child) -> Self {
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line that says this.
    #[track_caller]
    pub(crate) fn line_with(&mut self, text: &str) -> String {
        let mut seen = String::new();
        loop {
            let start = seen.len();
            let length = self.lines.read_line(&mut seen).unwrap();
            assert!(length > 0, "it ended before it said {text:?}: {seen}");
            if seen[start..].contains(text) {
                return seen[start..].to_owned();
            }
        }
    }

    /// Sends it a signal and waits for its end; gives back its exit code.
    pub(crate) fn end(mut self, signal: rustix::process::Signal) -> i32 {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// What the system knows it by.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal that it does not expect; how it ended.
    pub(crate) fn crash(mut self, signal: rustix::process::Signal) -> std::process::ExitStatus {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
        self.child.wait().unwrap()
    }

    /// Ends it without a warning.
    pub(crate) fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}
