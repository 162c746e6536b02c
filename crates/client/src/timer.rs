//! The engine's alarm clock: the one deadline it asked for, and the period besides.
//!
//! Owns waiting. Never decides when.

use outrigger_engine::{App, Event};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior};

use crate::calls::Command;

/// Brings [`Event::Tick`] at each deadline and once every period, until nobody listens.
pub(crate) async fn run<A: App>(
    mut deadlines: watch::Receiver<Option<Instant>>,
    period: Duration,
    inbox: mpsc::WeakSender<Command<A>>,
) {
    let mut periodic = tokio::time::interval_at(Instant::now() + period, period);
    periodic.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut deadline = *deadlines.borrow_and_update();
    loop {
        tokio::select! {
            _ = periodic.tick() => {}
            () = reach(deadline) => deadline = None,
            changed = deadlines.changed() => {
                if changed.is_err() {
                    return;
                }
                deadline = *deadlines.borrow_and_update();
                continue;
            }
        }
        let Some(inbox) = inbox.upgrade() else {
            return;
        };
        if inbox.send(Command::Event(Event::Tick)).await.is_err() {
            return;
        }
    }
}

async fn reach(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
