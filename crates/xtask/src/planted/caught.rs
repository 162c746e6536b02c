//! What found a bug, or how far it was looked for in vain.
//!
//! Owns how both are told.

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

/// Nothing found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missed {
    /// So many worlds were played.
    pub(super) worlds: u64,
    /// So many were to be: fewer were played where the time was over.
    pub(super) wanted: u64,
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { worlds, wanted } if worlds < wanted => {
                write!(f, "{worlds} of {wanted} worlds, then its time was over")
            }
            Self { worlds: 1, .. } => f.write_str("1 world"),
            Self { worlds, .. } => write!(f, "{worlds} worlds"),
        }
    }
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn worlds_that_were_left_out_are_told() {
        let told = |worlds, wanted| Missed { worlds, wanted }.to_string();
        assert_eq!(told(1, 1), "1 world");
        assert_eq!(told(100, 100), "100 worlds");
        assert_eq!(told(24, 100), "24 of 100 worlds, then its time was over");
    }
}
