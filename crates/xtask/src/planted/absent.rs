//! That no planted bug can be in what is released.
//!
//! Owns that check. Never looks at the bugs themselves: it asks cargo.

use crate::shell::{self, Failure};

const FEATURE: &str = "planted-bugs";

/// Fails where a build that does not ask for planted bugs has them, or one without debug assertions could.
pub(crate) fn check() -> Result<(), Failure> {
    let tree = shell::output(&mut shell::cargo_command(&[
        "tree",
        "--workspace",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p} [{f}]",
    ]))?;
    if let Some(line) = planted_in(&tree) {
        return Err(Failure::new(format!(
            "{line}: the feature {FEATURE} is for `cargo xtask planted` alone, and no other feature or dependency may bring it"
        )));
    }
    let mut release = shell::cargo_command(&[
        "check",
        "--quiet",
        "--release",
        "--package",
        "outrigger-planted",
        "--features",
        FEATURE,
    ]);
    let refused = release
        .output()
        .map_err(|error| Failure::new(format!("cargo cannot be run: {error}")))?;
    let why = String::from_utf8_lossy(&refused.stderr);
    if refused.status.success() || !why.contains("must not be in a build without debug assertions") {
        return Err(Failure::new(format!(
            "a release build takes the feature {FEATURE}, or fails for another reason: {why}"
        )));
    }
    println!("no planted bug can be in a release");
    Ok(())
}

/// The crate that has the feature.
fn planted_in(tree: &str) -> Option<&str> {
    let has = |line: &&str| {
        let features = line.rsplit_once('[').map_or("", |(_, features)| features);
        features
            .trim_end_matches([']', ' ', '(', '*', ')'])
            .split(',')
            .any(|it| it == FEATURE)
    };
    tree.lines().find(has)
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn the_feature_is_seen_among_others() {
        assert_eq!(
            planted_in("outrigger-engine v0.1.0 [scenario]\nserde v1 []"),
            None
        );
        let line = "outrigger-engine v0.1.0 (crates/engine) [planted-bugs,scenario] (*)";
        assert_eq!(planted_in(line), Some(line));
    }
}
