//! The one writer: a thread that takes what waits, applies it in one transaction, and answers each.
//!
//! Owns the bound on what waits. Never looks into a request.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::LocalServer;
use super::clock::{Clock, system_random};
use super::metrics::Histogram;
use crate::error::Error;
use crate::exchange::Response;
use crate::problem::Problem;
use crate::server::{Exchange, internal, unavailable};

/// Requests in one transaction: one flush of the disk for all of them, and none waits for long.
const GROUP_MAX: usize = 64;

struct Job {
    exchange: Exchange,
    answer: oneshot::Sender<Response>,
}

/// The way to the writer.
#[derive(Clone)]
pub(super) struct Queue {
    jobs: mpsc::Sender<Job>,
    pub(super) latency: Arc<Histogram>,
}

/// The running thread.
pub(super) struct Writer {
    queue: Queue,
    ended: oneshot::Receiver<()>,
}

/// Starts the thread.
pub(super) fn start(server: Arc<LocalServer>, queue_max: usize) -> Result<Writer, Error> {
    let (jobs, waiting) = mpsc::channel(queue_max);
    let latency = Arc::new(Histogram::default());
    let queue = Queue {
        jobs,
        latency: latency.clone(),
    };
    let (end, ended) = oneshot::channel();
    std::thread::Builder::new()
        .name("outrigger-writer".to_owned())
        .spawn(move || {
            run(&server, waiting, &latency);
            drop(server);
            let _ = end.send(());
        })
        .map_err(Error::Listen)?;
    Ok(Writer { queue, ended })
}

impl Writer {
    pub(super) fn queue(&self) -> Queue {
        self.queue.clone()
    }

    /// Waits until everything taken is answered, which it is soon after every other way to the queue is gone.
    pub(super) async fn stop(self, timeout: Duration) {
        drop(self.queue);
        if tokio::time::timeout(timeout, self.ended).await.is_err() {
            tracing::warn!("the writer was still busy at the end of the time to shut down");
        }
    }
}

impl Queue {
    /// Applies a mutation; refused when too much waits already.
    pub(super) async fn apply(&self, exchange: Exchange) -> Result<Response, Problem> {
        let (answer, answered) = oneshot::channel();
        self.jobs
            .try_send(Job { exchange, answer })
            .map_err(|_| unavailable())?;
        answered.await.map_err(|_| internal())
    }
}

fn run(server: &LocalServer, mut waiting: mpsc::Receiver<Job>, latency: &Histogram) {
    let clock = Clock::start();
    let mut random = system_random();
    while let Some(first) = waiting.blocking_recv() {
        let mut exchanges = vec![first.exchange];
        let mut answers = vec![first.answer];
        while exchanges.len() < GROUP_MAX {
            let Ok(next) = waiting.try_recv() else { break };
            exchanges.push(next.exchange);
            answers.push(next.answer);
        }
        let began = clock.now();
        // A bug met by one request must not end the writer; the transaction was rolled back.
        let applied = std::panic::catch_unwind(AssertUnwindSafe(|| {
            server.handle_all(began, &mut random, &exchanges)
        }));
        latency.observe(clock.now().monotonic.saturating_sub(began.monotonic));
        let Ok(responses) = applied else {
            tracing::error!("a mutation panicked");
            continue;
        };
        for (answer, response) in answers.into_iter().zip(responses) {
            // Whoever asked may be gone: the effect stands, and its key tells them so when they ask again.
            let _ = answer.send(response);
        }
    }
}
