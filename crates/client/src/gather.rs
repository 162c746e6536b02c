//! How many commands one commit takes.
//!
//! Owns the gathering: a lone caller never waits, and where several wait, they are let in together. Never looks into a command.

use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

/// Commands in one commit at most.
const GATHERED_MAX: usize = 512;
/// No gathering takes longer, however slow the disk is.
const PATIENCE_MAX: Duration = Duration::from_millis(2);

/// Before the thread sleeps it looks for so long whether who was just answered asks again: to be woken takes longer than a caller takes.
const LINGER: Duration = Duration::from_micros(50);

/// Gathers what arrived while the last commit ran. Where that commit answered several callers, they are about to ask again, each within
/// microseconds of its answer: so as many are waited for, but for no longer than half of what the commit took, which they would else lose.
#[derive(Debug, Default)]
pub(crate) struct Gather {
    callers: usize,
    patience: Duration,
    lingers: bool,
}

impl Gather {
    /// The next commands, at least one; `None` once nobody can say anything any more.
    pub(crate) fn next<T>(&self, inbox: &mut mpsc::Receiver<T>) -> Option<Vec<T>> {
        let mut gathered = vec![self.first(inbox)?];
        let mut deadline = None;
        while gathered.len() < GATHERED_MAX {
            match inbox.try_recv() {
                Ok(command) => gathered.push(command),
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) if gathered.len() >= self.callers => break,
                Err(TryRecvError::Empty) => {
                    let now = Instant::now();
                    if now >= *deadline.get_or_insert(now + self.patience) {
                        break;
                    }
                    std::thread::yield_now();
                }
            }
        }
        Some(gathered)
    }

    fn first<T>(&self, inbox: &mut mpsc::Receiver<T>) -> Option<T> {
        let asleep_at = Instant::now() + LINGER;
        while self.lingers && Instant::now() < asleep_at {
            match inbox.try_recv() {
                Ok(command) => return Some(command),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => std::thread::yield_now(),
            }
        }
        inbox.blocking_recv()
    }

    /// Learns from a commit: how many callers it answered, and how long it took.
    pub(crate) fn learn(&mut self, callers: usize, took: Duration) {
        // A single caller asks again only after its answer: there is nothing to wait for.
        self.callers = if callers > 1 { callers } else { 0 };
        self.lingers = callers > 0;
        self.patience = (took / 2).min(PATIENCE_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_arrived_goes_together_up_to_a_bound() {
        let (tx, mut rx) = mpsc::channel(2 * GATHERED_MAX);
        (0..GATHERED_MAX + 3).for_each(|number| tx.try_send(number).unwrap());
        let gather = Gather::default();
        assert_eq!(gather.next(&mut rx).unwrap().len(), GATHERED_MAX);
        assert_eq!(gather.next(&mut rx).unwrap().len(), 3);
        drop(tx);
        assert_eq!(gather.next(&mut rx), None);
    }

    #[test]
    fn several_callers_are_waited_for_and_one_is_not() {
        let mut gather = Gather::default();
        gather.learn(1, Duration::from_secs(60));
        let (tx, mut rx) = mpsc::channel(8);
        tx.try_send(1).unwrap();
        // Would take 30 s, or rather the most that is allowed, if a lone caller were made to wait.
        assert_eq!(gather.next(&mut rx), Some(vec![1]));

        gather.learn(3, Duration::from_secs(60));
        let late = std::thread::spawn(move || {
            for number in 1..=3 {
                tx.blocking_send(number).unwrap();
            }
        });
        let mut gathered = Vec::new();
        while let Some(some) = gather.next(&mut rx) {
            gathered.extend(some);
        }
        late.join().unwrap();
        assert_eq!(gathered, [1, 2, 3]);
    }
}
