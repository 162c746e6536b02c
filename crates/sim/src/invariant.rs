//! What must never be otherwise: the invariants of `docs/reliability.md`, by their numbers.
//!
//! Owns their names, and how a violation is told. Where each is looked at is said there, and found by its name in the code.

use std::fmt;

macro_rules! invariants {
    ($($(#[doc = $doc:literal])+ $variant:ident = $number:literal,)+) => {
        /// An invariant that the simulator looks at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Invariant {
            $($(#[doc = $doc])+ $variant = $number,)+
        }

        impl Invariant {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// In words.
            pub const fn told(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc,)+),)+
                }
            }
        }
    };
}

invariants! {
    /// Once a write is acknowledged it survives a killed process; with `durable`, a loss of power.
    Durable = 1,
    /// Each write has at most one effect on the server.
    AtMostOnce = 2,
    /// No write leaves the queue without a confirmed effect, a recorded refusal or the user.
    NothingVanishes = 3,
    /// Written = arrived + refused + discarded + waiting, at all times.
    Accounted = 4,
    /// Writes of one lane take effect in their order, nothing before what it needs.
    InOrder = 5,
    /// What is refused blocks only what depends on it; the rest arrives.
    OthersArrive = 6,
    /// No request carries a local id.
    NoLocalIds = 7,
    /// What is shown is what is confirmed, with everything pending on it.
    ShownIsTrue = 8,
    /// Within a session nobody sees an older state after a newer one.
    Monotonic = 9,
    /// What was written in one call is there as a whole, or not at all.
    AllOrNothing = 10,
    /// A cursor of another account is refused.
    CursorsAreScoped = 12,
    /// A file can be read only once it is whole.
    WholeFiles = 13,
    /// What the server has of an upload never becomes less.
    OffsetsRise = 14,
    /// Nobody reads or changes what is another's.
    Isolated = 15,
    /// Only the newest generation of the lease sends.
    Fenced = 17,
    /// The same key with another request is refused; from another account it is unknown.
    KeysAreScoped = 18,
    /// No secret is in a database, a state or a trace.
    NoSecrets = 19,
    /// Every queue of an older version is read, and none that is newer is lost.
    OldQueuesOpen = 20,
    /// A database is whole after any fault.
    Intact = 21,
    /// When all is well, everything arrives and everybody sees the same.
    Converges = 22,
    /// Where something waits that is not blocked, an attempt is under way or a timer armed.
    NoLostWakeUp = 23,
    /// What the server asks for is heeded: nothing is sent before its time.
    PausesAreKept = 25,
    /// The state that is told is that of the database.
    StatusIsTrue = 26,
    /// Memory, log and queue stay within their bounds.
    Bounded = 27,
    /// A seed gives the same trace twice.
    Reproducible = 28,
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// What was seen.
    pub seen: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, seen } = self;
        write!(
            f,
            "invariant {} ({:?}): {}: {seen}",
            *invariant as u8,
            invariant,
            invariant.told().trim()
        )
    }
}

/// What a check gives.
pub(crate) type Checked<T = ()> = Result<T, Violation>;

/// A violation.
pub(crate) fn violated<T>(invariant: Invariant, seen: impl Into<String>) -> Checked<T> {
    Err(Violation {
        invariant,
        seen: seen.into(),
    })
}

/// Holds, or is violated as told.
pub(crate) fn hold(invariant: Invariant, holds: bool, seen: impl FnOnce() -> String) -> Checked {
    if holds {
        Ok(())
    } else {
        violated(invariant, seen())
    }
}
