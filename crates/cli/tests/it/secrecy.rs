//! Words that must not be seen, planted in everything that people type, and looked for in everything that comes out.
//!
//! The real programs, saying all that they have to say (`OUTRIGGER_LOG=trace`), through good days and bad ones.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::world::{Ended, PNG, Person, World};

const PASSWORD: &str = "Zq7-planted-password-Xw";
const WRONG: &str = "Vb3-planted-mistake-Kp";
const WORDS: &str = "planted words 88120417";

/// All that somebody's commands said.
#[derive(Default)]
struct Heard {
    /// What they asked for.
    out: String,
    /// Logs and errors.
    err: String,
    /// Of what shows a state and nobody's words.
    state: String,
}

impl Heard {
    fn hear(&mut self, ended: &Ended) {
        self.out.push_str(&ended.out);
        self.err.push_str(&ended.err);
    }

    fn run<'a>(&mut self, person: &Person, password: &str, args: impl IntoIterator<Item = &'a str>) -> i32 {
        let mut command = person.command(args);
        command
            .env("OUTRIGGER_LOG", "trace")
            .env("OUTRIGGER_PASSWORD", password)
            .env("OUTRIGGER_WAIT", "10");
        let ended = Ended::of(command.output().unwrap());
        self.hear(&ended);
        ended.code
    }

    fn look<'a>(&mut self, person: &Person, args: impl IntoIterator<Item = &'a str>) {
        let ended = Ended::of(
            person
                .command(args)
                .env("OUTRIGGER_LOG", "trace")
                .output()
                .unwrap(),
        );
        self.state.push_str(&ended.out);
        self.hear(&ended);
    }
}

/// The tokens that are in the session now.
fn tokens(person: &Person) -> [String; 2] {
    let session = std::fs::read(person.home.join("session.json")).unwrap();
    let session: serde_json::Value = serde_json::from_slice(&session).unwrap();
    ["access_token", "refresh_token"].map(|name| session[name].as_str().unwrap().to_owned())
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

/// The files below a folder that hold one of these.
fn holding(folder: &Path, texts: &[&str]) -> Vec<PathBuf> {
    let mut all = Vec::new();
    files(folder, &mut all);
    all.retain(|path| {
        let bytes = std::fs::read(path).unwrap();
        let holds = |text: &&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        texts.iter().any(holds)
    });
    all
}

#[track_caller]
fn says_none_of(text: &str, texts: &[&str], what: &str) {
    for secret in texts {
        if let Some(at) = text.find(secret) {
            let line = text[..at].lines().last().unwrap_or_default();
            panic!("{what} says a secret: {line}[here]");
        }
    }
}

/// A request by hand; the whole answer.
fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn no_password_no_token_and_nobodys_words_are_logged_or_left_behind() {
    let (world, log) = World::with_log("server.log");
    let (alice, bob) = (world.stranger("alice"), world.person("bob"));
    let mut heard = Heard::default();
    assert_eq!(heard.run(&alice, PASSWORD, ["signup", "alice"]), 0);
    let [access, refresh] = tokens(&alice);
    let picture = world.file("cat.png", PNG);
    assert_eq!(
        heard.run(&alice, PASSWORD, ["post", WORDS, "--image", &picture]),
        0
    );
    assert_eq!(heard.run(&alice, PASSWORD, ["message", "bob", WORDS]), 0);
    assert_eq!(heard.run(&alice, PASSWORD, ["feed", "--all", "--refresh"]), 0);
    heard.look(&alice, ["status", "--json"]);
    heard.look(&alice, ["doctor", "--json"]);
    // A wrong password, and one that is not even one.
    let mallory = world.stranger("mallory");
    assert_eq!(heard.run(&mallory, WRONG, ["login", "alice"]), 5);
    assert_eq!(heard.run(&mallory, "short", ["signup", "mallory"]), 1);
    // A server that fails: what it should show is gone from its disk.
    let post = alice.json(["feed", "--all", "--refresh"]);
    let media = post["posts"][0]["media"][0]["id"].as_str().map(str::to_owned);
    let blobs = world.path("server").join("blobs");
    let mut gone = Vec::new();
    files(&blobs, &mut gone);
    let blob = gone.first().expect("the picture is there").clone();
    std::fs::remove_file(&blob).unwrap();
    let id = media.unwrap_or_else(|| blob.file_name().unwrap().to_str().unwrap().to_owned());
    let address = world.address();
    let get = |path: &str| {
        ask(
            address,
            &format!(
                "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {access}\r\nconnection: close\r\n\r\n"
            ),
        )
    };
    let failed = get(&format!("/v1/media/{id}"));
    assert!(failed.starts_with("HTTP/1.1 500"), "{failed}");
    says_none_of(&failed, &[&access, PASSWORD], "the answer");
    let metrics = get("/metrics");
    assert!(metrics.contains("outrigger_requests_total"));
    says_none_of(&metrics, &["alice", WORDS, &access, &id], "/metrics");
    // A server that is not there.
    world.stop_server();
    assert_eq!(heard.run(&alice, PASSWORD, ["post", WORDS, "--no-wait"]), 0);
    heard.run(&alice, PASSWORD, ["sync", "--timeout", "1"]);
    heard.look(&alice, ["status", "--json"]);
    heard.look(&alice, ["doctor"]);

    let log = std::fs::read_to_string(log).unwrap();
    assert!(
        log.contains("answered") && log.contains("readMedia"),
        "it says what it does"
    );
    assert!(heard.err.contains("TRACE"), "so do the commands");
    let secrets = [PASSWORD, WRONG, access.as_str(), refresh.as_str()];
    let unseen = [&secrets[..], &[WORDS]].concat();
    says_none_of(&log, &unseen, "the server's log");
    says_none_of(&heard.err, &unseen, "a command's log");
    says_none_of(&heard.state, &unseen, "what shows a state");
    says_none_of(&heard.out, &secrets, "a command");
    assert_eq!(holding(&world.path("server"), &secrets), Vec::<PathBuf>::new());
    let session = alice.home.join("session.json");
    assert_eq!(holding(&alice.home, &secrets), [session]);
    assert_eq!(holding(&bob.home, &unseen), Vec::<PathBuf>::new());
}

#[test]
fn what_was_replaced_is_in_no_file_after_signing_out() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let short = bob.post(WORDS);
    assert_eq!(alice.feed(), [WORDS]);
    bob.run(["post", "edit", &short, "to be kept"]).ok().says("sent");
    assert_eq!(alice.feed(), ["to be kept"]);
    alice.run(["logout", "--keep"]).ok();
    assert_eq!(holding(&alice.home, &[WORDS]), Vec::<PathBuf>::new());
    assert!(!holding(&alice.home, &["to be kept"]).is_empty());
    alice.run(["login", "alice"]).ok();
    alice.run(["feed", "--offline", "--all"]).ok().says("to be kept");
}

#[test]
fn what_a_device_forgets_is_overwritten() {
    let world = World::new();
    let alice = world.person("alice");
    alice.run(["offline"]).ok();
    let picture = world.file("cat.png", &[PNG, WORDS.as_bytes()].concat());
    alice.run(["post", WORDS, "--image", &picture]).ok();
    // The same bytes of the disk under other names, which stay.
    let kept = world.path("kept");
    std::fs::create_dir(&kept).unwrap();
    let mut all = Vec::new();
    files(alice.database().parent().unwrap(), &mut all);
    for (number, path) in all.iter().enumerate() {
        std::fs::hard_link(path, kept.join(number.to_string())).unwrap();
    }
    assert!(
        holding(&kept, &[WORDS]).len() >= 2,
        "the database or its log, and the picture"
    );
    alice.run(["logout", "--discard"]).ok().says("1 write discarded");
    assert_eq!(
        holding(&alice.home, &[WORDS, "ora_", "orr_"]),
        Vec::<PathBuf>::new()
    );
    assert_eq!(holding(&kept, &[WORDS]), Vec::<PathBuf>::new());
}

#[cfg(target_os = "linux")]
#[test]
fn a_crash_leaves_no_dump() {
    use std::os::unix::process::ExitStatusExt as _;
    let world = World::new();
    let alice = world.person("alice");
    let place = world.path("crash");
    std::fs::create_dir(&place).unwrap();
    let program = alice.command(["run"]);
    let mut shell = std::process::Command::new("sh");
    // The shell allows what the program must not make use of.
    shell
        .args(["-c", "ulimit -c unlimited; exec \"$0\" run"])
        .arg(program.get_program())
        .current_dir(&place)
        .stdin(Stdio::null());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let mut staying = crate::world::Running::start(shell);
    staying.line_with("everything has arrived");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", staying.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let numbers: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(numbers, ["0", "0"], "{core}");
    let ended = staying.crash(rustix::process::Signal::ABORT);
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(6), false));
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
}

#[test]
fn nobody_elses_words_drive_the_terminal_of_a_command_that_fails() {
    let world = World::new();
    let alice = world.stranger("alice");
    // A server that answers with orders to the terminal.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 4096];
        let _ = stream.read(&mut asked).unwrap();
        let body = "{\"type\":\"urn:outrigger:problem:invalid\",\"title\":\"x\",\"status\":422,\"detail\":\"a\\u001b[2J\\u009b31m\\u202eb\"}";
        let answer = format!(
            "HTTP/1.1 422 X\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let server = format!("http://{address}");
    let refused = alice.run(["signup", "alice", "--server", &server]).exits(1);
    serving.join().unwrap();
    let shown = format!("{}{}", refused.out, refused.err);
    assert!(shown.contains("a\u{fffd}[2J"), "{shown:?}");
    for order in ['\u{1b}', '\u{9b}', '\u{202e}'] {
        assert!(!shown.contains(order), "{shown:?}");
    }
}

#[test]
fn an_address_with_a_password_in_it_is_refused() {
    let world = World::new();
    let alice = world.stranger("alice");
    let server = format!("http://alice:{WRONG}@127.0.0.1:1");
    for command in ["signup", "login"] {
        let refused = alice.run([command, "alice", "--server", &server]).exits(2);
        assert!(refused.err.contains("no password"), "{refused:?}");
    }
}
