//! Several processes on one database: any may write, one drains, and a holder that was paused writes nothing when it wakes.

use outrigger_engine::event::StagedFile;
use outrigger_engine::http::{Answer, Header, Response};
use outrigger_engine::ids::{AttemptId, CallId, MutationId, Sha256};
use outrigger_engine::scenario::{Mutation, Notes};
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{Effect, Engine, Event, Options, SyncState, Write};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;

use crate::world::{id, options};

struct Process {
    engine: Engine<Notes>,
    sent: Vec<AttemptId>,
    status: Option<SyncState>,
    wake_in: Option<i64>,
    heard_of_others: bool,
}

const START: i64 = 1_700_000_000_000;

fn at(millis: i64) -> Now {
    Now {
        wall: Wall(START + millis),
        monotonic: Monotonic(millis),
    }
}

impl Process {
    fn start(path: &Path, seed: u8) -> Self {
        let options = Options {
            shared: true,
            ..options(at(0), seed)
        };
        let app = Arc::new(Notes {
            keys: true,
            uploads: Some(1_000),
            ..Notes::default()
        });
        let engine = Engine::open(Connection::open(path).unwrap(), app, options).unwrap();
        Self {
            engine,
            sent: Vec::new(),
            status: None,
            wake_in: None,
            heard_of_others: false,
        }
    }

    fn handle(&mut self, millis: i64, event: Event<Notes>) {
        for effect in self.engine.handle(at(millis), &[event]).unwrap() {
            match effect {
                Effect::Send { attempt, .. } => self.sent.push(attempt),
                Effect::Abort { attempt } => self.sent.retain(|sent| *sent != attempt),
                Effect::Status(status) => self.status = Some(status),
                Effect::Wake(delay) => self.wake_in = delay.map(|delay| delay.0),
                Effect::ChangedElsewhere => self.heard_of_others = true,
                Effect::Reply { reply, .. } => assert!(reply.is_ok(), "{reply:?}"),
                _ => {}
            }
        }
    }

    /// A note with a picture, which goes before it.
    fn write_with_picture(&mut self, millis: i64, name: &str) -> MutationId {
        let sha256 = Sha256::of(name.as_bytes());
        let write = Write {
            id: Some(MutationId(id(name).0)),
            mutation: Mutation::Create {
                id: id(name),
                text: name.to_owned(),
                pictures: vec![sha256],
            },
            files: vec![StagedFile {
                sha256,
                file: name.to_owned(),
                size: name.len() as u64,
                media_type: "image/png".to_owned(),
            }],
        };
        let (call, files) = (CallId(1), vec![name.to_owned()]);
        self.handle(millis, Event::Stage { call, files });
        let writes = vec![write];
        self.handle(millis, Event::Mutate { call, writes });
        MutationId(id(name).0)
    }

    fn write(&mut self, millis: i64, name: &str) {
        let mutation = Mutation::Create {
            id: id(name),
            text: name.to_owned(),
            pictures: Vec::new(),
        };
        self.handle(
            millis,
            Event::Mutate {
                call: CallId(1),
                writes: vec![Write::from(mutation)],
            },
        );
    }

    fn answer(&mut self, millis: i64, id: &str) {
        let body = format!(r#"{{"id":"{id}"}}"#);
        self.answer_with(millis, 201, &body, Vec::new());
    }

    fn answer_with(&mut self, millis: i64, status: u16, body: &str, mut headers: Vec<Header>) {
        let attempt = self.sent.remove(0);
        headers.push(("content-type".into(), "application/json".to_owned()));
        let answer = Answer::Response(Response {
            status,
            headers,
            body: body.as_bytes().to_vec(),
        });
        self.handle(millis, Event::Answered { attempt, answer });
    }

    fn waiting(&self) -> i64 {
        self.engine
            .db()
            .query_row("SELECT count(*) FROM outrigger_queue", [], |row| row.get(0))
            .unwrap()
    }
}

#[test]
fn one_process_drains_what_another_wrote_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.db");
    let (mut drainer, mut writer) = (Process::start(&path, 1), Process::start(&path, 2));
    drainer.write(0, "held");
    assert_eq!(drainer.sent.len(), 1, "the first to have work holds the lease");
    writer.write(10, "other");
    assert!(writer.sent.is_empty(), "another drains");
    assert!(
        drainer.wake_in.unwrap() <= 1_000,
        "it looks for what others wrote"
    );
    drainer.handle(500, Event::Tick);
    assert_eq!(drainer.sent.len(), 2);
    assert!(drainer.heard_of_others);
    drainer.answer(510, "n1");
    drainer.answer(520, "n2");
    assert_eq!(writer.waiting(), 0);
    writer.handle(600, Event::Tick);
    assert!(writer.heard_of_others);
    assert_eq!(writer.status.unwrap().pending, 0);
}

#[test]
fn a_holder_that_was_paused_writes_nothing_when_it_wakes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.db");
    let (mut paused, mut other) = (Process::start(&path, 1), Process::start(&path, 2));
    paused.write(0, "note");
    other.handle(1_000, Event::TriggerSync);
    assert!(other.sent.is_empty(), "the lease has not ended");
    other.handle(4_000, Event::Tick);
    assert_eq!(
        other.sent.len(),
        1,
        "it has ended: what was in flight goes again, under its key"
    );
    paused.answer(4_100, "n1");
    assert_eq!(
        other.waiting(),
        1,
        "an answer to an ended generation changes nothing"
    );
    assert!(paused.sent.is_empty());
    other.answer(4_200, "n1");
    assert_eq!(other.waiting(), 0);
}

/// The pause came with the answer to something that was gone, and was not heard.
#[test]
fn a_pause_is_heeded_though_another_process_has_discarded_what_was_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.db");
    let (mut drainer, mut other) = (Process::start(&path, 1), Process::start(&path, 2));
    let mutation = drainer.write_with_picture(0, "held");
    assert_eq!(drainer.sent.len(), 1, "the picture is on its way");
    let call = CallId(2);
    other.handle(10, Event::Discard { call, mutation });
    assert_eq!(other.waiting(), 0);
    let pause = vec![("retry-after".into(), "30".to_owned())];
    drainer.answer_with(20, 503, r#"{"type":"busy"}"#, pause);
    drainer.write(30, "next");
    assert!(drainer.sent.is_empty(), "the server wants a pause");
    drainer.handle(34_000, Event::Tick);
    assert_eq!(drainer.sent.len(), 1);
}

#[test]
fn a_process_that_died_is_not_waited_for_when_the_host_knows_it_is_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.db");
    Process::start(&path, 1).write(0, "note");
    let mut next = Process::start(&path, 2);
    next.handle(10, Event::Started);
    assert!(next.sent.is_empty());
    next.handle(20, Event::Alone);
    assert_eq!(next.sent.len(), 1);
}

#[test]
fn a_holder_that_closes_lets_go_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.db");
    let (mut first, mut second) = (Process::start(&path, 1), Process::start(&path, 2));
    first.write(0, "note");
    first.handle(10, Event::Closing);
    assert!(first.sent.is_empty(), "what was under way is given up");
    second.handle(20, Event::Tick);
    assert_eq!(second.sent.len(), 1);
}

#[test]
fn a_clock_set_back_by_years_does_not_make_a_lease_eternal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.db");
    let (mut first, mut second) = (Process::start(&path, 1), Process::start(&path, 2));
    first.write(0, "note");
    let back = Now {
        wall: Wall(START - 300_000_000_000),
        monotonic: Monotonic(30),
    };
    let effects = second.engine.handle(back, &[Event::TriggerSync]).unwrap();
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Send { .. })));
}
