//! The user at the client: she writes, waits, and notes what the client has promised her.
//!
//! Owns the running client process, the ledger and the state that is shown. Never looks into a database.

use outrigger_engine::ids::MutationId;
use outrigger_engine::{SyncKind, SyncState};

use super::ledger::Ledger;
use super::lines::{Order, Report};
use super::process::Client;
use super::trouble::Trouble;

/// Orders to write that may wait for their answer at a time.
const UNANSWERED_MAX: usize = 8;

/// The client, with a user at it.
#[derive(Debug)]
pub(crate) struct Pilot {
    pub(crate) client: Client,
    pub(crate) ledger: Ledger,
    pub(crate) state: SyncState,
    unanswered: usize,
    /// Reports since the client was started.
    pub(crate) acknowledged: u64,
}

/// What was heard.
#[derive(Debug)]
pub(crate) enum Heard {
    /// The state has changed.
    State,
    /// A write is durable.
    Wrote,
    /// A write was refused, and left nothing.
    Refused {
        /// Which.
        number: u64,
        /// The client's word.
        reason: String,
    },
    /// The answer to something else.
    Answer(Report),
    /// The client has ended.
    End,
}

impl Pilot {
    /// At a client that was just started.
    pub(crate) fn new(client: Client, ledger: Ledger) -> Self {
        Self {
            client,
            ledger,
            state: SyncState::IDLE,
            unanswered: 0,
            acknowledged: 0,
        }
    }

    /// Waits until the client is ready.
    pub(crate) async fn ready(&mut self) -> Result<(), Trouble> {
        match self.answer().await? {
            Report::Ready => self.look().await,
            other => Err(unexpected(&other)),
        }
    }

    /// Learns the state as it is after everything that was ordered before.
    pub(crate) async fn look(&mut self) -> Result<(), Trouble> {
        match self.ask(&Order::State).await? {
            Report::Now(state) => {
                self.state = state;
                Ok(())
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Whether nothing more happens unless the user or the network does something.
    pub(crate) fn is_at_rest(&self) -> bool {
        let state = &self.state;
        let is_quiet = state.in_flight == 0 && state.next_attempt_in_ms.is_none();
        is_quiet && matches!(state.kind, SyncKind::Idle | SyncKind::Error)
    }

    /// Whether orders have been given that are not answered, or there is something to be sent.
    pub(crate) fn is_busy(&self) -> bool {
        self.unanswered > 0 || !self.is_at_rest()
    }

    /// Takes a write back, with what needs it.
    pub(crate) async fn take_back(&mut self, mutation: MutationId) -> Result<(), Trouble> {
        match self.ask(&Order::Discard { mutation }).await? {
            Report::TakenBack { mutations } => {
                for mutation in mutations {
                    self.ledger.take_back(mutation);
                }
                Ok(())
            }
            other => Err(unexpected(&other)),
        }
    }

    /// What the client says next. May be dropped while it waits.
    pub(crate) async fn hear(&mut self) -> Result<Heard, Trouble> {
        match self.client.next().await? {
            Some(report) => self.note(report),
            None => Ok(Heard::End),
        }
    }

    fn note(&mut self, report: Report) -> Result<Heard, Trouble> {
        match report {
            Report::State(state) => {
                self.state = state;
                Ok(Heard::State)
            }
            Report::Wrote { number, mutations } => {
                self.unanswered = self.unanswered.saturating_sub(1);
                self.acknowledged += 1;
                self.ledger.acknowledge(number, mutations);
                Ok(Heard::Wrote)
            }
            Report::Refused { number, reason } => {
                self.unanswered = self.unanswered.saturating_sub(1);
                self.ledger.refuse(number);
                Ok(Heard::Refused { number, reason })
            }
            other => Ok(Heard::Answer(other)),
        }
    }

    /// Whether one more order may be given before the others are answered.
    pub(crate) fn may_write(&self) -> bool {
        self.unanswered < UNANSWERED_MAX
    }

    /// Whether everything that was written was acknowledged.
    pub(crate) fn is_answered(&self) -> bool {
        self.unanswered == 0
    }

    /// Gives an order to write, and does not wait for its answer.
    pub(crate) async fn write(&mut self, order: &Order) -> Result<(), Trouble> {
        self.unanswered += 1;
        self.tell(order).await
    }

    /// Gives an order. To a client that has ended it means nothing.
    pub(crate) async fn tell(&mut self, order: &Order) -> Result<(), Trouble> {
        self.client.tell(order).await.map(|_| ())
    }

    /// Gives an order and waits for its answer.
    pub(crate) async fn ask(&mut self, order: &Order) -> Result<Report, Trouble> {
        self.tell(order).await?;
        match self.answer().await? {
            Report::Failed { reason } => Err(Trouble::Story(reason)),
            report => Ok(report),
        }
    }

    async fn answer(&mut self) -> Result<Report, Trouble> {
        loop {
            match self.hear().await? {
                Heard::Answer(report) => return Ok(report),
                Heard::End => return Err(Trouble::Story("the client has ended".to_owned())),
                Heard::State | Heard::Wrote | Heard::Refused { .. } => {}
            }
        }
    }

    /// Kills the client. What it had said before it died counts.
    pub(crate) async fn kill(&mut self) -> Result<(), Trouble> {
        self.client.kill().await?;
        while !matches!(self.hear().await?, Heard::End) {}
        self.ledger.doubt();
        Ok(())
    }

    /// Closes the client in good order.
    pub(crate) async fn close(self) -> Result<Ledger, Trouble> {
        self.client.close().await?;
        Ok(self.ledger)
    }
}

/// An answer that has no place in the story.
pub(crate) fn unexpected(report: &Report) -> Trouble {
    Trouble::Story(format!("the client said {report:?}"))
}
