//! Doing what the engine says, after the commit that decided it.
//!
//! Owns the running requests and timers. Never blocks and never decides; what comes of an effect comes back as an event.

use futures_util::FutureExt as _;
use outrigger_engine::event::Refreshed;
use outrigger_engine::http::{Answer, HttpRequest};
use outrigger_engine::ids::{AttemptId, CallId};
use outrigger_engine::inspect::{self, Standing};
use outrigger_engine::time::Millis;
use outrigger_engine::{App, Effect, Event};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::board::Board;
use crate::calls::{Command, ReplyTo};
use crate::changes::Change;
use crate::files;
use crate::transport::Transport;

/// Everything that runs for the engine. Ends when dropped.
pub(crate) struct Performer<A: App> {
    runtime: Handle,
    inbox: mpsc::WeakSender<Command<A>>,
    transport: Arc<Transport>,
    attachments: PathBuf,
    board: Arc<Board>,
    deadline: watch::Sender<Option<Instant>>,
    calls: BTreeMap<CallId, ReplyTo>,
    requests: BTreeMap<AttemptId, AbortOnDropHandle<()>>,
    renewal: Option<AbortOnDropHandle<()>>,
    watchers: Vec<AbortOnDropHandle<()>>,
    /// Files that were to be removed and could not be.
    not_removed: Vec<String>,
}

/// What a [`Performer`] is made of.
pub(crate) struct Means<A: App> {
    pub(crate) runtime: Handle,
    pub(crate) inbox: mpsc::WeakSender<Command<A>>,
    pub(crate) transport: Arc<Transport>,
    pub(crate) attachments: PathBuf,
    pub(crate) board: Arc<Board>,
    pub(crate) period: Duration,
    pub(crate) watch_network: bool,
}

impl<A: App> Performer<A> {
    /// Starts the timer and the watch of the network.
    pub(crate) fn start(means: Means<A>) -> Self {
        let (deadline, deadlines) = watch::channel(None);
        let timer = crate::timer::run(deadlines, means.period, means.inbox.clone());
        let mut watchers = vec![spawn(&means.runtime, timer)];
        if means.watch_network {
            let network = crate::network::run(means.inbox.clone());
            watchers.push(spawn(&means.runtime, network));
        }
        Self {
            runtime: means.runtime,
            inbox: means.inbox,
            transport: means.transport,
            attachments: means.attachments,
            board: means.board,
            deadline,
            calls: BTreeMap::new(),
            requests: BTreeMap::new(),
            renewal: None,
            watchers,
            not_removed: Vec::new(),
        }
    }

    /// Somebody waits for the reply to this call.
    pub(crate) fn expect_reply(&mut self, call: CallId, reply_to: ReplyTo) {
        self.calls.insert(call, reply_to);
    }

    /// Nobody waits for this request any more: it was answered.
    pub(crate) fn forget_request(&mut self, attempt: AttemptId) {
        self.requests.remove(&attempt);
    }

    pub(crate) fn perform(&mut self, effect: Effect, db: &Connection) {
        match effect {
            Effect::Reply { call, reply } => {
                self.reply(call, reply);
            }
            Effect::Send {
                attempt,
                request,
                timeout,
            } => self.send(attempt, request, timeout),
            Effect::Abort { attempt } => self.forget_request(attempt),
            Effect::Refresh => self.refresh(),
            Effect::Changed(entities) => self.board.tell(Change::Entities(Arc::new(entities))),
            Effect::ChangedElsewhere => {
                self.board.tell(Change::Everything);
                self.settle_elsewhere(db);
            }
            Effect::Settled { mutation, outcome } => self.board.waiters.settle(mutation, &outcome),
            Effect::Status(state) => self.board.show(state),
            Effect::Wake(delay) => self.wake_after(delay),
            Effect::RemoveFile(name) => self.remove_file(name),
        }
    }

    pub(crate) fn reply(
        &mut self,
        call: CallId,
        reply: Result<outrigger_engine::Reply, outrigger_engine::Error>,
    ) {
        if let Some(reply_to) = self.calls.remove(&call) {
            // An error says that the caller went away; what it asked for is done all the same.
            let _ = reply_to.send(reply.map_err(Into::into));
        }
    }

    pub(crate) fn wake_after(&self, delay: Option<Millis>) {
        let deadline =
            delay.map(|delay| Instant::now() + Duration::from_millis(u64::try_from(delay.0).unwrap_or(0)));
        // The timer is not woken to be told what it knows.
        self.deadline.send_if_modified(|known| {
            let differs = *known != deadline;
            *known = deadline;
            differs
        });
    }

    /// Ends the timer, the watch of the network and every request.
    pub(crate) fn stop(&mut self) {
        self.watchers.clear();
        self.requests.clear();
        self.renewal = None;
    }

    fn send(&mut self, attempt: AttemptId, request: HttpRequest, timeout: Millis) {
        let transport = Arc::clone(&self.transport);
        let inbox = self.inbox.clone();
        let timeout = Duration::from_millis(u64::try_from(timeout.0).unwrap_or(0));
        let sending = async move {
            let sent = AssertUnwindSafe(transport.send(request, timeout)).catch_unwind();
            let answer = sent.await.unwrap_or_else(|_panic| Answer::Unreached {
                reason: "BUG: the request could not be made".to_owned(),
            });
            bring(&inbox, Event::Answered { attempt, answer }).await;
        };
        self.requests.insert(attempt, spawn(&self.runtime, sending));
    }

    fn refresh(&mut self) {
        let transport = Arc::clone(&self.transport);
        let inbox = self.inbox.clone();
        let renewing = async move {
            let renewal = AssertUnwindSafe(transport.refresh()).catch_unwind();
            let refreshed = renewal.await.unwrap_or(Refreshed::Failed);
            bring(&inbox, Event::Refreshed(refreshed)).await;
        };
        self.renewal = Some(spawn(&self.runtime, renewing));
    }

    /// Another process may have settled what is awaited here.
    fn settle_elsewhere(&self, db: &Connection) {
        for mutation in self.board.waiters.awaited() {
            match inspect::standing(db, mutation) {
                Ok(Standing::Settled(outcome)) => self.board.waiters.settle(mutation, &outcome),
                Ok(Standing::Waiting | Standing::Unknown) => {}
                Err(error) => tracing::warn!(%error, "what became of a write could not be read"),
            }
        }
    }

    /// The files that could not be removed since this was asked last.
    pub(crate) fn take_not_removed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.not_removed)
    }

    fn remove_file(&mut self, name: String) {
        let removed = match files::within(&self.attachments, &name) {
            Some(path) => files::remove(&path),
            None => Err(std::io::Error::other("BUG: it is no file name")),
        };
        if let Err(error) = removed {
            tracing::warn!(%error, name, "an attachment that is no longer needed could not be removed");
            self.not_removed.push(name);
        }
    }
}

fn spawn(runtime: &Handle, task: impl Future<Output = ()> + Send + 'static) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(runtime.spawn(task))
}

/// Brings an event, unless the service has ended.
async fn bring<A: App>(inbox: &mpsc::WeakSender<Command<A>>, event: Event<A>) {
    if let Some(inbox) = inbox.upgrade() {
        let _ = inbox.send(Command::Event(event)).await;
    }
}
