//! Many devices and one server that was away: they come back spread over time, and have not knocked too often meanwhile (invariant 25).
//!
//! Nothing here is left to the order of threads: time is virtual, every device is seeded, and so the figures are the same every time.

use outrigger_engine::http::{Answer, HttpRequest, Response};
use outrigger_engine::ids::{AttemptId, CallId};
use outrigger_engine::scenario::{Mutation, Notes};
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{Effect, Engine, Event, Options, SyncKind, SyncState, Write};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::backend::Backend;
use crate::world::{id, options};

const DEVICES: usize = 200;
/// What each of them has to say.
const WRITES: usize = 3;
/// How long a request and its answer are on their way, in milliseconds.
const ONE_WAY_MS: i64 = 40;
/// Arrivals are counted in stretches of so many milliseconds.
const STRETCH_MS: i64 = 100;

/// How the server is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Away {
    /// Nobody answers.
    Gone,
    /// It answers 503.
    Overloaded,
    /// It answers 503, and asks everybody for the same pause, in seconds.
    Asks(i64),
}

enum Happening {
    Wakes(u64),
    Arrives(AttemptId, HttpRequest),
    Answered(AttemptId, Answer),
    NetworkIsUp,
}

struct Device {
    engine: Engine<Notes>,
    status: SyncState,
    /// Which of all its timers is armed.
    timer: u64,
    /// What it sent while the server was away.
    knocks: usize,
    _folder: tempfile::TempDir,
}

/// All of them, and what is to happen, by the time and in the order in which it was decided.
struct Crowd {
    devices: Vec<Device>,
    server: Backend,
    away: Away,
    /// When the server is back.
    back_ms: i64,
    /// So many requests it answers in a stretch once it is back; to more it says that it is overloaded.
    capacity: usize,
    /// What arrived in each stretch since it is back.
    arrivals: BTreeMap<i64, usize>,
    agenda: BTreeMap<(i64, u64), (usize, Happening)>,
    decided: u64,
}

impl Crowd {
    /// Devices that all wrote at the same moment, which is the last in which they could: the server is away from the beginning.
    fn new(away: Away, back_ms: i64, capacity: usize) -> Self {
        let mut crowd = Self {
            devices: Vec::new(),
            server: Backend::default(),
            away,
            back_ms,
            capacity,
            arrivals: BTreeMap::new(),
            agenda: BTreeMap::new(),
            decided: 0,
        };
        for index in 0..DEVICES {
            crowd.devices.push(device(index));
            crowd.handle(index, 0, &[Event::Alone, Event::Started]);
            let writes = (0..WRITES).map(|number| {
                Write::from(Mutation::Create {
                    id: id(&format!("note {number} of {index}")),
                    text: format!("note {number} of {index}"),
                    pictures: Vec::new(),
                })
            });
            let event = Event::Mutate {
                call: CallId(1),
                writes: writes.collect(),
            };
            crowd.handle(index, 0, &[event]);
        }
        crowd
    }

    fn at(&mut self, now_ms: i64, index: usize, happening: Happening) {
        self.decided += 1;
        self.agenda.insert((now_ms, self.decided), (index, happening));
    }

    fn handle(&mut self, index: usize, now_ms: i64, events: &[Event<Notes>]) {
        for effect in self.devices[index].engine.handle(at(now_ms), events).unwrap() {
            match effect {
                Effect::Send { attempt, request, .. } => {
                    self.at(now_ms + ONE_WAY_MS, index, Happening::Arrives(attempt, request));
                }
                Effect::Wake(delay) => {
                    self.devices[index].timer += 1;
                    let timer = self.devices[index].timer;
                    if let Some(delay) = delay {
                        self.at(now_ms + delay.0, index, Happening::Wakes(timer));
                    }
                }
                Effect::Status(status) => self.devices[index].status = status,
                Effect::Reply { reply, .. } => assert!(reply.is_ok(), "{reply:?}"),
                _ => {}
            }
        }
    }

    /// What the server says to a request, if anything.
    fn answer(&mut self, index: usize, now_ms: i64, request: &HttpRequest) -> Answer {
        if now_ms < self.back_ms {
            self.devices[index].knocks += 1;
            return match self.away {
                Away::Gone => Answer::Unreached {
                    reason: "connection refused".to_owned(),
                },
                Away::Overloaded => overloaded(None),
                Away::Asks(seconds) => overloaded(Some(seconds)),
            };
        }
        let arrived = self
            .arrivals
            .entry((now_ms - self.back_ms) / STRETCH_MS)
            .or_default();
        *arrived += 1;
        match *arrived > self.capacity {
            true => overloaded(None),
            false => self.server.handle(request),
        }
    }

    /// Until nobody has anything left to do.
    fn play(&mut self) {
        while let Some(((now_ms, _), (index, happening))) = self.agenda.pop_first() {
            assert!(
                now_ms < self.back_ms + 3_600_000,
                "an hour after the server was back somebody still waits"
            );
            match happening {
                Happening::Wakes(timer) if timer != self.devices[index].timer => {}
                Happening::Wakes(_) => self.handle(index, now_ms, &[Event::Tick]),
                Happening::NetworkIsUp => self.handle(index, now_ms, &[Event::Network(true)]),
                Happening::Arrives(attempt, request) => {
                    let answer = self.answer(index, now_ms, &request);
                    self.at(now_ms + ONE_WAY_MS, index, Happening::Answered(attempt, answer));
                }
                Happening::Answered(attempt, answer) => {
                    self.handle(index, now_ms, &[Event::Answered { attempt, answer }]);
                }
            }
        }
    }

    /// Everything has arrived, once, and nobody knocked too often.
    fn check(&self, knocks_max: usize) {
        for device in &self.devices {
            assert_eq!(device.status.kind, SyncKind::Idle, "{:?}", device.status);
        }
        assert_eq!(self.server.effects.len(), DEVICES * WRITES, "each has one effect");
        let most = self.devices.iter().map(|device| device.knocks).max();
        assert!(
            most.unwrap() <= knocks_max,
            "a device tried {most:?} times while the server was away"
        );
    }

    fn most_at_once(&self) -> usize {
        self.arrivals.values().copied().max().unwrap()
    }
}

fn overloaded(asks_for_seconds: Option<i64>) -> Answer {
    let mut headers = vec![("content-type".into(), "application/json".to_owned())];
    headers.extend(asks_for_seconds.map(|seconds| ("retry-after".into(), seconds.to_string())));
    Answer::Response(Response {
        status: 503,
        headers,
        body: br#"{"type":"unavailable"}"#.to_vec(),
    })
}

fn at(now_ms: i64) -> Now {
    Now {
        wall: Wall(1_700_000_000_000 + now_ms),
        monotonic: Monotonic(now_ms),
    }
}

fn device(index: usize) -> Device {
    let folder = tempfile::tempdir().unwrap();
    let mut seed = [9; 32];
    seed[..8].copy_from_slice(&(index as u64).to_le_bytes());
    let options = Options {
        seed,
        durable: false,
        ..options(at(0), 0)
    };
    let app = Arc::new(Notes {
        keys: true,
        batches: Some(100),
        ..Notes::default()
    });
    let db = Connection::open(folder.path().join("notes.db")).unwrap();
    Device {
        engine: Engine::open(db, app, options).unwrap(),
        status: SyncState::IDLE,
        timer: 0,
        knocks: 0,
        _folder: folder,
    }
}

/// Ten minutes in which nobody answers: that every device wrote in the same millisecond is forgotten by then.
#[test]
fn after_an_outage_devices_come_back_spread_over_time() {
    let mut crowd = Crowd::new(Away::Gone, 600_000, usize::MAX);
    crowd.play();
    crowd.check(30);
    eprintln!(
        "PEAK gone {} knocks {:?}",
        crowd.most_at_once(),
        crowd.devices.iter().map(|d| d.knocks).max()
    );
    assert!(crowd.most_at_once() <= 20, "{:?}", crowd.arrivals);
}

/// A server that says for a minute that it is overloaded is left alone ever longer, by each for another time.
#[test]
fn an_overloaded_server_is_not_met_by_a_wave() {
    let mut crowd = Crowd::new(Away::Overloaded, 60_000, usize::MAX);
    crowd.play();
    crowd.check(30);
    eprintln!(
        "PEAK overloaded {} knocks {:?}",
        crowd.most_at_once(),
        crowd.devices.iter().map(|d| d.knocks).max()
    );
    assert!(crowd.most_at_once() <= 20, "{:?}", crowd.arrivals);
}

/// All are asked for the same pause in the same moment. Nobody comes before its end, and not all at it.
#[test]
fn a_pause_that_everybody_was_asked_for_ends_for_each_at_another_time() {
    let mut crowd = Crowd::new(Away::Asks(60), 60_000, usize::MAX);
    crowd.play();
    crowd.check(2);
    eprintln!(
        "PEAK asks {} knocks {:?}",
        crowd.most_at_once(),
        crowd.devices.iter().map(|d| d.knocks).max()
    );
    assert!(crowd.most_at_once() <= 20, "{:?}", crowd.arrivals);
}

/// The network is back for all in the same moment, as after a tunnel: each asks once whether the server is there, which cannot be spread without making
/// everybody wait. What the server sheds of that wave does not come as a second one, and nothing is lost.
#[test]
fn what_a_server_sheds_of_a_wave_does_not_come_as_another() {
    const CAPACITY: usize = 20;
    let mut crowd = Crowd::new(Away::Gone, 300_000, CAPACITY);
    for index in 0..DEVICES {
        crowd.at(300_000, index, Happening::NetworkIsUp);
    }
    crowd.play();
    crowd.check(30);
    let later = crowd.arrivals.range(5..).map(|(_, count)| *count).max().unwrap();
    let all: usize = crowd.arrivals.values().sum();
    eprintln!(
        "PEAK shed {} later {later} all {all} {:?}",
        crowd.most_at_once(),
        crowd.arrivals
    );
    assert!(crowd.most_at_once() <= DEVICES, "one question each");
    assert!(later <= 2 * CAPACITY, "{:?}", crowd.arrivals);
    assert!(all <= 4 * DEVICES, "{all} requests");
}
