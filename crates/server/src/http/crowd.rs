//! How many connections each address has: none may have all of them.
//!
//! Owns the counts. Never closes a connection.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::rate::network;

/// The connections that are open, by address.
#[derive(Debug, Clone, Default)]
pub(super) struct Crowd {
    open: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// One of them; ends when dropped.
#[derive(Debug)]
pub(super) struct Place {
    crowd: Crowd,
    address: String,
}

impl Crowd {
    /// A place for one more from that address, if it has fewer than `max`.
    pub(super) fn enter(&self, peer: IpAddr, max: usize) -> Option<Place> {
        let address = network(peer);
        let mut open = self.open();
        let count = open.entry(address.clone()).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        drop(open);
        Some(Place {
            crowd: self.clone(),
            address,
        })
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.crowd.open();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_more_than_its_share_and_leaves_nothing_behind() {
        let crowd = Crowd::default();
        let enter = |address: &str| crowd.enter(address.parse().unwrap(), 2);
        let (first, second) = (enter("2001:db8::1"), enter("2001:db8::2"));
        assert!(first.is_some() && second.is_some());
        assert!(enter("2001:db8::3").is_none(), "it is the same network");
        assert!(enter("203.0.113.7").is_some(), "another has its own");
        drop(first);
        assert!(enter("2001:db8::3").is_some());
        drop(second);
        assert!(crowd.open().is_empty());
    }
}
