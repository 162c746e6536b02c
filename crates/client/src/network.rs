//! The network's coming and going, as the operating system tells it.
//!
//! Owns the subscription. Where the system does not tell, the engine finds out by trying; nothing else depends on this.

use n0_watcher::Watcher as _;
use netwatch::netmon::{Monitor, State};
use outrigger_engine::{App, Event};
use tokio::sync::mpsc;

use crate::calls::Command;

/// Brings [`Event::Network`] whenever interfaces, addresses or the default route change, until nobody listens.
pub(crate) async fn run<A: App>(inbox: mpsc::WeakSender<Command<A>>) {
    let monitor = match Monitor::new().await {
        Ok(monitor) => monitor,
        Err(error) => {
            tracing::warn!(%error, "the system does not tell when the network comes and goes");
            return;
        }
    };
    let mut states = monitor.interface_state();
    let mut there = is_there(&states.get());
    // At the start everything is tried anyway: only its absence is news.
    if !there && tell(&inbox, false).await.is_none() {
        return;
    }
    while let Ok(state) = states.updated().await {
        let was_there = std::mem::replace(&mut there, is_there(&state));
        // A change from one network to another is a coming too: what was out of reach may not be now.
        if (there || was_there) && tell(&inbox, there).await.is_none() {
            return;
        }
    }
}

/// Whether any address could lead beyond this machine.
fn is_there(state: &State) -> bool {
    state.have_v4 || state.have_v6
}

async fn tell<A: App>(inbox: &mpsc::WeakSender<Command<A>>, there: bool) -> Option<()> {
    let event = Command::Event(Event::Network(there));
    inbox.upgrade()?.send(event).await.ok()
}
