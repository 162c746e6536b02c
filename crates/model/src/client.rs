//! The client: its database, what it remembers of what is under way, and what it makes of answers.
//!
//! Owns the rules that `engine/src/{push,sent,answer,restore,parked}.rs` keep. What is in [`Database`] outlives a crash; what is in [`Memory`] does not.
//! One call is one transaction.

use crate::bounds::Bounds;
use crate::flaw::Flaw;
use crate::message::{Answer, Ask, Item, Request, Said, Told};
use crate::names::{ClientId, Device, Epoch, Fresh, Key, Sequence, Write};

/// Why nothing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Halt {
    /// The client id is being retired.
    Rewound,
    /// Another copy has retired it: what waits here may have gone from there.
    RetiredElsewhere,
    /// The server was restored: the user decides.
    ServerRestored,
}

/// How a row stands. That it is in flight is remembered only: after a crash it waits again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It is to be sent.
    Waiting,
    /// The server refused it: the user decides.
    Rejected,
    /// Nobody knows whether it took effect: the user decides, or a look-up where one is due.
    Uncertain {
        /// Whether the server is to be asked.
        look_up: bool,
    },
}

/// A row of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// What was written.
    pub write: Write,
    /// Its key.
    pub key: Key,
    /// Its sequence, from the first attempt on.
    pub sequence: Option<Sequence>,
    /// How it stands.
    pub standing: Standing,
}

/// An entry of the journal: what was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// What.
    pub write: Write,
    /// Under which key.
    pub key: Key,
    /// Under which sequence of the present client id.
    pub sequence: Option<Sequence>,
}

/// What is durable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Database {
    /// Its id.
    pub id: ClientId,
    /// The sequence of the next first attempt.
    pub sequence_next: Sequence,
    /// The highest watermark that the server has confirmed.
    pub watermark: Sequence,
    /// The epoch of the server, once known.
    pub epoch: Option<Epoch>,
    /// Why nothing is sent.
    pub halt: Option<Halt>,
    /// By place.
    pub rows: Vec<Row>,
    /// In the order of acknowledgement.
    pub journal: Vec<Entry>,
    /// What the user has taken back or was content to lose.
    pub discarded: u8,
}

/// A request whose answer is waited for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt {
    /// What was sent.
    pub request: Request,
    /// The watermark that the server had confirmed by then.
    pub watermark: Sequence,
    /// The answers that are on their way. Only the first that comes is heard.
    pub answers: Vec<Answer>,
}

/// What is lost with the process.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Memory {
    /// In a fixed order, so that worlds that differ in nothing else are one.
    pub attempts: Vec<Attempt>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Client {
    /// Which it is.
    pub device: Device,
    /// What is durable.
    pub database: Database,
    /// What is not.
    pub memory: Memory,
}

impl Database {
    /// An empty one.
    pub fn new(epoch: Option<Epoch>) -> Self {
        Self {
            id: ClientId(0),
            sequence_next: Sequence(1),
            watermark: Sequence(0),
            epoch,
            halt: None,
            rows: Vec::new(),
            journal: Vec::new(),
            discarded: 0,
        }
    }

    /// The row of a write.
    pub fn row(&self, write: Write) -> Option<&Row> {
        self.rows.iter().find(|row| row.write == write)
    }

    fn row_mut(&mut self, write: Write) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.write == write)
    }

    /// Whether the user was told that a write took effect, and nothing else since.
    pub fn says_done(&self, write: Write) -> bool {
        self.journal.iter().any(|entry| entry.write == write)
            && self.row(write).is_none()
            && self.discarded & write.bit() == 0
    }

    /// Up to which sequence every answer is recorded.
    pub fn acknowledged(&self, bounds: &Bounds) -> Sequence {
        let open = self.rows.iter().filter_map(|row| row.sequence).min();
        let below = u8::from(!bounds.has(Flaw::AcknowledgesTheOpenOne));
        open.map_or(Sequence(self.sequence_next.0 - 1), |open| {
            Sequence(open.0 - below)
        })
    }

    /// The writes that it knows, whatever became of them.
    pub fn known(&self) -> u8 {
        let rows = self.rows.iter().map(|row| row.write);
        let entries = self.journal.iter().map(|entry| entry.write);
        rows.chain(entries).fold(0, |known, write| known | write.bit())
    }

    fn remove(&mut self, write: Write) -> Option<Row> {
        let at = self.rows.iter().position(|row| row.write == write)?;
        Some(self.rows.remove(at))
    }
}

impl Client {
    /// A process on a database.
    pub fn on(device: Device, database: Database) -> Self {
        Self {
            device,
            database,
            memory: Memory::default(),
        }
    }

    /// The user writes.
    pub fn write(&mut self, write: Write, fresh: &mut Fresh) {
        self.database.rows.push(Row {
            write,
            key: fresh.key(),
            sequence: None,
            standing: Standing::Waiting,
        });
    }

    /// Whether a request is under way that names this write, or, with none, one that retires.
    fn is_under_way(&self, write: Option<Write>) -> bool {
        self.memory
            .attempts
            .iter()
            .any(|attempt| match (&attempt.request.ask, write) {
                (Ask::Apply { items, .. }, Some(write)) => items.iter().any(|item| item.write == write),
                (Ask::LookUp { write: asked, .. }, Some(write)) => *asked == write,
                (Ask::Retire, None) => true,
                _ => false,
            })
    }

    /// What may be sent next, each with what it does to the database already done: marked and numbered before it leaves.
    pub fn sends(&self, bounds: &Bounds) -> Vec<Sending> {
        match self.database.halt {
            Some(Halt::ServerRestored) => return Vec::new(),
            Some(Halt::Rewound | Halt::RetiredElsewhere) if self.is_under_way(None) => return Vec::new(),
            Some(Halt::Rewound | Halt::RetiredElsewhere) => return vec![Sending::Retire],
            None => {}
        }
        let mut sends = Vec::new();
        let mut together = Vec::new();
        let rows = &self.database.rows;
        for (at, row) in rows.iter().enumerate() {
            if row.standing == (Standing::Uncertain { look_up: true }) && !self.is_under_way(Some(row.write))
            {
                sends.push(Sending::LookUp(row.write));
            }
            if row.standing != Standing::Waiting || self.is_under_way(Some(row.write)) {
                continue;
            }
            let lane = |write: Write| write.lane(bounds.lanes);
            let mut before = rows[..at]
                .iter()
                .filter(|other| lane(other.write) == lane(row.write));
            if before.clone().next().is_none() || bounds.has(Flaw::IgnoresLanes) {
                sends.push(Sending::Rows(vec![row.write]));
                together.push(row.write);
            } else if before.all(|other| together.contains(&other.write)) {
                together.push(row.write);
            }
        }
        if bounds.batches && together.len() > 1 {
            sends.push(Sending::Rows(together));
        }
        sends
    }

    /// Sends: what the database has to remember of it, and the request.
    pub fn send(&mut self, bounds: &Bounds, sending: &Sending, fresh: &mut Fresh) -> Request {
        let ask = match sending {
            Sending::Retire => Ask::Retire,
            Sending::LookUp(write) => Ask::LookUp {
                write: *write,
                key: self.database.row(*write).map_or(Key(0), |row| row.key),
            },
            Sending::Rows(writes) => self.apply(bounds, writes, fresh),
        };
        let request = Request {
            device: self.device,
            client: self.database.id,
            ask,
        };
        let attempt = Attempt {
            request: request.clone(),
            watermark: self.database.watermark,
            answers: Vec::new(),
        };
        let at = self.memory.attempts.partition_point(|other| *other < attempt);
        self.memory.attempts.insert(at, attempt);
        request
    }

    fn apply(&mut self, bounds: &Bounds, writes: &[Write], fresh: &mut Fresh) -> Ask {
        let database = &mut self.database;
        let mut items = Vec::with_capacity(writes.len());
        for row in database.rows.iter_mut().filter(|row| writes.contains(&row.write)) {
            let is_first = row.sequence.is_none();
            if is_first || bounds.has(Flaw::NewSequenceAtReSend) {
                row.sequence = Some(database.sequence_next);
                database.sequence_next.0 += 1;
            }
            if !is_first && bounds.has(Flaw::NewKeyAtReSend) {
                row.key = fresh.key();
            }
            items.push(Item {
                key: row.key,
                sequence: row.sequence.unwrap_or(Sequence(0)),
                write: row.write,
            });
        }
        Ask::Apply {
            ack: database.acknowledged(bounds),
            epoch: database.epoch,
            items,
        }
    }

    /// Nobody answered in time: the rows wait again.
    pub fn give_up(&mut self, bounds: &Bounds, attempt: usize) {
        let attempt = self.memory.attempts.remove(attempt);
        if let (Ask::Apply { items, .. }, true) = (&attempt.request.ask, bounds.has(Flaw::GivesUpUnanswered))
        {
            for item in items {
                self.done(item.write);
            }
        }
    }

    /// The process dies and begins again.
    pub fn crash(&mut self) {
        self.memory = Memory::default();
    }

    /// Takes an answer in.
    pub fn hear(&mut self, bounds: &Bounds, attempt: usize, answer: usize, fresh: &mut Fresh) {
        let mut attempt = self.memory.attempts.remove(attempt);
        let answer = attempt.answers.swap_remove(answer);
        if self.notices(bounds, attempt.watermark, &answer) {
            return;
        }
        match (&attempt.request.ask, answer.told) {
            (Ask::Apply { items, .. }, Told::Applied(said)) => {
                for (item, said) in items.iter().zip(said) {
                    self.take_in(item.write, said);
                }
            }
            (Ask::Retire, Told::Retired(highest)) => self.retired(bounds, highest, fresh),
            (Ask::LookUp { write, .. }, Told::Created(created)) => self.looked_up(*write, created),
            _ => {}
        }
    }

    /// Whether the server is not the one that was known: then the answer itself says nothing.
    pub fn notices(&mut self, bounds: &Bounds, watermark_then: Sequence, answer: &Answer) -> bool {
        let lowest = answer.watermark.unwrap_or(Sequence(0));
        match self.database.epoch {
            Some(known) if known != answer.epoch && !bounds.has(Flaw::IgnoresTheEpoch) => {
                self.halt(bounds, lowest);
                return true;
            }
            Some(_) => {}
            None => self.database.epoch = Some(answer.epoch),
        }
        let Some(watermark) = answer.watermark else {
            return false;
        };
        if watermark < watermark_then {
            self.halt(bounds, watermark);
            return true;
        }
        self.database.watermark = self.database.watermark.max(watermark);
        false
    }

    /// Stops sending, hears nothing more of what is under way, and takes back what the server may have lost.
    fn halt(&mut self, bounds: &Bounds, watermark: Sequence) {
        let database = &mut self.database;
        if database.halt == Some(Halt::ServerRestored) {
            return;
        }
        database.halt = Some(Halt::ServerRestored);
        if !bounds.has(Flaw::HearsTheDeadServer) {
            self.memory.attempts.clear();
        }
        let mut lost: Vec<_> = database.journal.clone();
        lost.retain(|entry| entry.sequence.is_some_and(|sequence| sequence > watermark));
        lost.sort_by_key(|entry| entry.sequence);
        // They were made before everything that waits, and stand before it again.
        let mut place = 0;
        for entry in lost {
            if database.row(entry.write).is_none() {
                let row = Row {
                    write: entry.write,
                    key: entry.key,
                    sequence: None,
                    standing: Standing::Uncertain {
                        look_up: entry.write.is_create(),
                    },
                };
                database.rows.insert(place, row);
                place += 1;
            }
            for other in &mut database.journal {
                if *other == entry {
                    other.sequence = None;
                }
            }
        }
    }

    fn take_in(&mut self, write: Write, said: Said) {
        let is_open = |row: &&mut Row| row.standing == Standing::Waiting;
        match said {
            Said::Done if self.database.row_mut(write).filter(is_open).is_some() => self.done(write),
            Said::Refused => {
                if let Some(row) = self.database.row_mut(write).filter(is_open) {
                    row.standing = Standing::Rejected;
                    row.sequence = None;
                }
            }
            Said::Rewound => {
                self.database.halt.get_or_insert(Halt::Rewound);
            }
            Said::Retired => {
                self.database.halt.get_or_insert(Halt::RetiredElsewhere);
            }
            Said::Done | Said::Nothing => {}
        }
    }

    /// It took effect: it leaves the queue.
    fn done(&mut self, write: Write) {
        if let Some(row) = self.database.remove(write) {
            self.database.journal.retain(|entry| entry.write != write);
            self.database.journal.push(Entry {
                write,
                key: row.key,
                sequence: row.sequence,
            });
        }
    }

    /// The client id is retired: what has a newer key than the server ever saw goes under a new id, the rest is uncertain.
    fn retired(&mut self, bounds: &Bounds, highest: Option<Key>, fresh: &mut Fresh) {
        let database = &mut self.database;
        let elsewhere = database.halt.take() == Some(Halt::RetiredElsewhere);
        for row in &mut database.rows {
            let may_have_arrived = elsewhere || highest.is_some_and(|highest| row.key <= highest);
            let is_open = row.standing == Standing::Waiting;
            if is_open && may_have_arrived && !bounds.has(Flaw::NothingIsUncertain) {
                row.standing = Standing::Uncertain {
                    look_up: row.write.is_create(),
                };
            }
            row.sequence = None;
        }
        for entry in &mut database.journal {
            entry.sequence = None;
        }
        database.id = fresh.client();
        database.sequence_next = Sequence(1);
        database.watermark = Sequence(0);
        self.memory.attempts.clear();
    }

    /// What the server does not have goes again, under the key that it has.
    fn looked_up(&mut self, write: Write, created: bool) {
        let Some(row) = self.database.row_mut(write) else {
            return;
        };
        if row.standing != (Standing::Uncertain { look_up: true }) {
            return;
        }
        if created {
            self.done(write);
        } else {
            row.standing = Standing::Waiting;
        }
    }

    /// The user accepts the server as it is.
    pub fn accept_server(&mut self) {
        self.database.halt = Some(Halt::Rewound);
        self.database.epoch = None;
        self.database.watermark = Sequence(0);
    }

    /// The user tries a parked write again: what was refused under a new key, what is uncertain under its own.
    pub fn retry(&mut self, write: Write, fresh: &mut Fresh) {
        if let Some(row) = self.database.row_mut(write) {
            if row.standing == Standing::Rejected {
                row.key = fresh.key();
            }
            row.standing = Standing::Waiting;
        }
    }

    /// The user takes a parked write back, or is content that it arrived.
    pub fn discard(&mut self, write: Write) {
        self.database.discarded |= write.bit();
        self.database.remove(write);
    }
}

/// What may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sending {
    /// Rows, in one request.
    Rows(Vec<Write>),
    /// Whether a write took effect.
    LookUp(Write),
    /// The end of the client id.
    Retire,
}
