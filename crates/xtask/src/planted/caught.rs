//! What found a bug.
//!
//! Owns how it is told.

use std::fmt;

/// The check that found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Caught {
    /// An invariant of the simulator did not hold.
    World {
        /// Its number and name, or what else ended the world.
        by: String,
        /// So many worlds were played until then.
        seeds: u64,
    },
    /// A test failed.
    Test {
        /// The crate and its test target, as `outrigger-engine it`.
        of: String,
        /// The first that failed.
        test: String,
        /// How many more did.
        others: usize,
    },
}

impl Caught {
    /// After how many worlds, where it was the simulator that found it.
    pub(super) fn after(&self) -> String {
        match self {
            Self::World { seeds: 1, .. } => "1 world".to_owned(),
            Self::World { seeds, .. } => format!("{seeds} worlds"),
            Self::Test { .. } => "-".to_owned(),
        }
    }
}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::World { by, .. } => f.write_str(by),
            Self::Test { of, test, others: 0 } => write!(f, "{of}: {test}"),
            Self::Test { of, test, others } => write!(f, "{of}: {test}, and {others} more"),
        }
    }
}
