//! Bugs that are planted on purpose, to test the tests: `cargo xtask planted` plants one at a time, and shows which check finds it.
//!
//! Owns the closed set of them, and which one is there. Never changes anything itself: each stands where it would be made, as one condition.
//!
//! Without the feature `planted-bugs` none can be there: [`is`] is a constant, so nothing of them is left in what is built. With it, the one that
//! [`VARIABLE`] names is there. A build without debug assertions refuses the feature.

#[cfg(all(feature = "planted-bugs", not(debug_assertions)))]
compile_error!(
    "`planted-bugs` is for tests: it must not be in a build without debug assertions, as a release is"
);

mod bug;

pub use bug::Bug;

/// The environment variable that names the bug which is there.
pub const VARIABLE: &str = "OUTRIGGER_PLANTED";

/// Whether this bug is there.
#[cfg(not(feature = "planted-bugs"))]
#[inline(always)]
pub const fn is(_bug: Bug) -> bool {
    false
}

/// Whether this bug is there.
///
/// # Panics
/// Where the variable names no bug: a test that runs with a bug that is not there would say nothing.
#[cfg(feature = "planted-bugs")]
pub fn is(bug: Bug) -> bool {
    use std::sync::OnceLock;

    static PLANTED: OnceLock<Option<Bug>> = OnceLock::new();
    let planted = PLANTED.get_or_init(|| {
        let name = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty())?;
        let found = Bug::named(&name);
        assert!(
            found.is_some(),
            "{VARIABLE} names {name:?}, and there is no such bug"
        );
        found
    });
    *planted == Some(bug)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_bug_is_found_by_its_name_and_says_what_it_is() {
        let names: BTreeSet<_> = Bug::ALL.iter().map(|bug| bug.name()).collect();
        assert_eq!(names.len(), Bug::ALL.len());
        for bug in Bug::ALL {
            assert_eq!(Bug::named(bug.name()), Some(*bug));
            assert!(bug.told().len() > 20 && bug.breaks() > 0, "{}", bug.name());
        }
        assert_eq!(Bug::named("none"), None);
    }

    #[test]
    fn none_is_there_unless_it_is_named() {
        if std::env::var_os(VARIABLE).is_none() {
            assert!(Bug::ALL.iter().all(|bug| !is(*bug)));
        }
    }
}
