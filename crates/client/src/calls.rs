//! What is said to the writer thread, and how its answers come back.
//!
//! Owns the shapes of the channel and the numbers of calls. The channel is bounded: who writes faster than the disk waits.

use outrigger_engine::ids::{CallId, MutationId};
use outrigger_engine::{App, Event, Reply};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot};

use crate::board::Board;
use crate::error::Error;

/// Commands that wait for the writer at most.
pub(crate) const COMMANDS_MAX: usize = 1_024;

/// Who waits for the reply to a call.
pub(crate) type ReplyTo = oneshot::Sender<Result<Reply, Error>>;

/// Something for the writer thread.
pub(crate) enum Command<A: App> {
    /// Something happened; nobody waits.
    Event(Event<A>),
    /// Somebody asks for something and waits.
    Call {
        call: CallId,
        event: Event<A>,
        reply_to: ReplyTo,
    },
    /// End.
    Close,
}

/// The calling side. Once it is dropped, and nothing it said is left, the writer ends.
pub(crate) struct Calls<A: App> {
    inbox: mpsc::Sender<Command<A>>,
    calls_made: AtomicU64,
    board: Arc<Board>,
}

impl<A: App> Calls<A> {
    pub(crate) fn new(inbox: mpsc::Sender<Command<A>>, board: Arc<Board>) -> Self {
        Self {
            inbox,
            calls_made: AtomicU64::new(0),
            board,
        }
    }

    /// Asks and waits for the reply.
    pub(crate) async fn call(&self, event: impl FnOnce(CallId) -> Event<A>) -> Result<Reply, Error> {
        let call = CallId(self.calls_made.fetch_add(1, Ordering::Relaxed));
        let (reply_to, reply) = oneshot::channel();
        let event = event(call);
        self.say(Command::Call {
            call,
            event,
            reply_to,
        })
        .await?;
        reply.await.map_err(|_| self.board.ended())?
    }

    pub(crate) async fn say(&self, command: Command<A>) -> Result<(), Error> {
        self.inbox.send(command).await.map_err(|_| self.board.ended())
    }
}

/// The ids in a reply to a write.
pub(crate) fn written(reply: Reply) -> Result<Vec<MutationId>, Error> {
    match reply {
        Reply::Written(ids) => Ok(ids),
        other => Err(unexpected(&other)),
    }
}

/// A reply that does not fit its call: a bug, but no reason to bring an app down.
pub(crate) fn unexpected(reply: &Reply) -> Error {
    tracing::error!(?reply, "BUG: the reply does not fit the call");
    Error::Engine(outrigger_engine::Error::Refused(
        "BUG: the reply does not fit the call",
    ))
}
