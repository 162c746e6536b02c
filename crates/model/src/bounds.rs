//! How large a world is, and what may go wrong in it.
//!
//! Owns the bounds that keep the model finite. What is not bounded is not counted: requests may be lost, repeated and delayed as often as it matters, and
//! clients may crash as often as they like.

use crate::flaw::Flaw;

/// What becomes of the client's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientCopy {
    /// No copy of it is ever used.
    Never,
    /// Once, it is replaced by a copy of any earlier state.
    Restored,
    /// Once, a copy of any earlier state begins to live beside it, under the same client id.
    Cloned,
}

/// What becomes of the server's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerCopy {
    /// No copy of it is ever used.
    Never,
    /// Once, it is replaced by a copy of any earlier state, and given a new epoch as the handbook asks.
    RestoredInNewEpoch,
    /// Once, it is replaced by a copy of any earlier state, and nobody tells the clients.
    RestoredSilently,
}

/// One world to be looked at in full.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// For reports.
    pub name: &'static str,
    /// So many writes are made, at any time, by whichever device; at most three.
    pub writes: u8,
    /// So many of them are made before anything else happens.
    pub at_once: u8,
    /// The lane of each write.
    pub lanes: &'static [u8],
    /// Whether one request may carry several writes.
    pub batches: bool,
    /// So often may the server refuse a write for good.
    pub refusals: u8,
    /// Whether the server may fail without applying or recording anything (5xx, 429, 401, 424).
    pub failures: bool,
    /// Whether a client may die and begin again.
    pub crashes: bool,
    /// Whether the client knows the server's epoch from the start.
    pub knows_epoch: bool,
    /// What becomes of the client's database.
    pub client: ClientCopy,
    /// What becomes of the server's database.
    pub server: ServerCopy,
    /// Whether it is checked from every state that all ends well once the faults end. It costs more than everything else.
    pub heals: bool,
    /// The rule that is broken.
    pub flaw: Option<Flaw>,
}

impl Bounds {
    /// A world in which only the network and crashes are against us.
    pub fn plain(name: &'static str) -> Self {
        Self {
            name,
            writes: 3,
            at_once: 0,
            lanes: &[0, 0, 1],
            batches: false,
            refusals: 0,
            failures: true,
            crashes: true,
            knows_epoch: false,
            client: ClientCopy::Never,
            server: ServerCopy::Never,
            heals: true,
            flaw: None,
        }
    }

    /// Whether a write that is no create has one effect at most, too. Where a copy of the client lives on, it has not: once forgotten, its key may come again
    /// under a sequence that nobody has had. That takes two copies that live at once, or what the server acknowledged with a failure.
    pub fn is_strict(&self) -> bool {
        match self.client {
            ClientCopy::Never => true,
            ClientCopy::Restored => !self.failures,
            ClientCopy::Cloned => false,
        }
    }

    /// Whether this rule is broken.
    pub fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }
}
