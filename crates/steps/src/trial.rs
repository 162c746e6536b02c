//! One step, taken again and again: what leads to it, the step itself, and whether it did what its name says.
//!
//! Owns the order of the three. Only [`Trial::take`] is to be measured; never measures anything itself.

use outrigger_engine::Effect;
use outrigger_engine::event::Event;
use outrigger_engine::http::{Answer, HttpRequest};
use outrigger_engine::ids::AttemptId;
use outrigger_social::id::PostId;
use outrigger_social::mutation::PostChange;
use outrigger_social::{Mutation, Social};
use std::collections::VecDeque;

use crate::device::Device;
use crate::error::Error;
use crate::server::Server;
use crate::step::{MANY, Step};
use crate::workload;

/// So many writes are made on one device; then a fresh one takes its place, so that a long trial measures the same as a short one.
const WRITES: usize = 2_000;
/// So many wait, where more than one does: several batches.
const BACKLOG: u64 = 3 * MANY as u64;
/// Decides what is written.
const SEED: u64 = 1;

/// What is sent, while it is under way.
type Sent = (AttemptId, HttpRequest);

/// One step on one device.
pub struct Trial {
    step: Step,
    device: Device,
    server: Server,
    writes: VecDeque<Mutation>,
    /// Posts that wait, with the texts that they were written with; where the step is to change them.
    posts: Vec<(PostId, String)>,
    changes: usize,
    pending_before: u64,
}

impl Trial {
    /// Sets the scene.
    ///
    /// # Errors
    /// Where the engine or the database fails.
    pub fn new(step: Step) -> Result<Self, Error> {
        let device = Device::open()?;
        let writes = workload::writes(&device.targets()?, SEED, WRITES).into();
        let mut trial = Self {
            step,
            device,
            server: Server::default(),
            writes,
            posts: Vec::new(),
            changes: 0,
            pending_before: 0,
        };
        match step {
            Step::Coalesce => trial.write_posts()?,
            Step::Status => trial.fill(BACKLOG)?,
            _ => {}
        }
        Ok(trial)
    }

    /// Brings the device to where the step can be taken, and says by which events.
    ///
    /// # Errors
    /// Where the engine fails, or what leads to the step goes another way.
    pub fn ready(&mut self) -> Result<Vec<Event<Social>>, Error> {
        if self.writes.len() < MANY {
            *self = Self::new(self.step)?;
        }
        let event = match self.step {
            Step::Enqueue => self.write(1),
            Step::EnqueueMany => self.write(MANY),
            Step::Plan => {
                self.fill(1)?;
                self.device.online(true)
            }
            Step::PlanBatch => {
                self.fill(BACKLOG)?;
                self.device.online(true)
            }
            Step::Accept => {
                self.fill(1)?;
                self.answered()?
            }
            Step::AcceptBatch => {
                self.fill(BACKLOG)?;
                self.answered()?
            }
            Step::Status => Event::Tick,
            Step::Coalesce => self.change(),
        };
        self.pending_before = self.device.pending();
        Ok(vec![event])
    }

    /// The step itself. This, and nothing else, is what is measured.
    ///
    /// # Errors
    /// Where the engine fails.
    pub fn take(&mut self, events: &[Event<Social>]) -> Result<Vec<Effect>, Error> {
        self.device.take(events)
    }

    /// Makes sure that the step did what its name says, and ends what it began. Returns how many operations it was.
    ///
    /// # Errors
    /// Where it did not.
    pub fn settle(&mut self, effects: Vec<Effect>) -> Result<u64, Error> {
        let effects = self.device.note(effects)?;
        let pending = self.device.pending();
        let change = pending.cast_signed() - self.pending_before.cast_signed();
        let sends = sends(effects);
        let batch = MANY as u64;
        let (expected_change, expected_sends, operations) = match self.step {
            Step::Enqueue => (1, 0, 1),
            Step::EnqueueMany => (batch.cast_signed(), 0, batch),
            Step::Plan => (0, 1, 1),
            Step::PlanBatch => (0, 1, batch),
            Step::Accept => (-1, 0, 1),
            Step::AcceptBatch => (-batch.cast_signed(), 0, batch),
            Step::Status | Step::Coalesce => (0, 0, 1),
        };
        if change != expected_change || sends.len() != expected_sends || self.device.failed() > 0 {
            return Err(self.other(format!(
                "{change:+} writes wait, {} requests are sent, {} writes failed",
                sends.len(),
                self.device.failed()
            )));
        }
        if let [(attempt, request)] = sends.as_slice() {
            self.settle_sent(*attempt, request, operations)?;
        }
        Ok(operations)
    }

    /// What was planned is answered, so that the same can be planned again, and moves as many writes as were to be in it.
    fn settle_sent(&mut self, attempt: AttemptId, request: &HttpRequest, writes: u64) -> Result<(), Error> {
        let before = self.device.pending();
        let offline = self.device.online(false);
        self.device.handle(&[offline])?;
        let answer = Answer::Response(self.server.answer(request)?);
        self.device.handle(&[Event::Answered { attempt, answer }])?;
        match before - self.device.pending() {
            moved if moved == writes => Ok(()),
            moved => Err(self.other(format!("{moved} writes went out in one request"))),
        }
    }

    /// The answer to what is planned now; the user is offline again, so that it is taken in and nothing follows.
    fn answered(&mut self) -> Result<Event<Social>, Error> {
        let online = self.device.online(true);
        let effects = self.device.handle(&[online])?;
        let offline = self.device.online(false);
        self.device.handle(&[offline])?;
        let Ok([(attempt, request)]): Result<[Sent; 1], _> = sends(effects).try_into() else {
            return Err(self.other("not one request was sent".to_owned()));
        };
        let answer = Answer::Response(self.server.answer(&request)?);
        Ok(Event::Answered { attempt, answer })
    }

    /// Lets so many wait.
    fn fill(&mut self, waiting: u64) -> Result<(), Error> {
        let missing = waiting.saturating_sub(self.device.pending());
        if missing > 0 {
            let write = self.write(usize::try_from(missing).unwrap_or(usize::MAX));
            self.device.handle(&[write])?;
        }
        Ok(())
    }

    fn write(&mut self, count: usize) -> Event<Social> {
        let count = count.min(self.writes.len());
        self.device.mutate(self.writes.drain(..count))
    }

    /// Lets the backlog wait, and remembers its posts.
    fn write_posts(&mut self) -> Result<(), Error> {
        let writes: Vec<_> = self.writes.drain(..BACKLOG as usize).collect();
        self.posts = writes
            .iter()
            .filter_map(|write| match write {
                Mutation::Post(PostChange::Create { id, text, .. }) => Some((*id, text.clone())),
                _ => None,
            })
            .collect();
        let write = self.device.mutate(writes);
        self.device.handle(&[write])?;
        Ok(())
    }

    /// Each post in turn gets the text that another was written with, and never the one that it has: there is one text fewer than there are posts.
    fn change(&mut self) -> Event<Social> {
        let (id, _) = self.posts[self.changes % self.posts.len()];
        self.changes += 1;
        let (_, text) = &self.posts[self.changes % (self.posts.len() - 1)];
        let text = text.clone();
        self.device
            .mutate([Mutation::Post(PostChange::Update { id, text })])
    }

    fn other(&self, what: String) -> Error {
        Error::Other {
            step: self.step,
            what,
        }
    }
}

/// What is to be sent.
fn sends(effects: Vec<Effect>) -> Vec<Sent> {
    let sends = effects.into_iter().filter_map(|effect| match effect {
        Effect::Send { attempt, request, .. } => Some((attempt, request)),
        _ => None,
    });
    sends.collect()
}
