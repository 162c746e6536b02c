//! Documents that name tests as proof: each test is there.
//!
//! Owns which documents do. Never judges whether a test shows what is said of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::shell;

const DOCUMENTS: [&str; 2] = ["SECURITY.md", "docs/security.md"];
/// A word in backticks with as many underscores is the name of a test.
const UNDERSCORES_MIN: usize = 3;

/// What is said of tests that are not there.
pub(crate) fn complain(sources: &[(PathBuf, String)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for document in DOCUMENTS {
        let Ok(text) = std::fs::read_to_string(shell::root().join(document)) else {
            complaints.push(format!("{document} cannot be read"));
            continue;
        };
        let missing = named(&text).into_iter().filter(|name| {
            let head = format!("fn {name}(");
            !sources.iter().any(|(_, source)| source.contains(&head))
        });
        complaints.extend(missing.map(|name| format!("{document}: there is no test `{name}`")));
    }
    complaints
}

fn named(text: &str) -> BTreeSet<&str> {
    let is_name = |word: &&str| {
        word.matches('_').count() >= UNDERSCORES_MIN
            && word
                .bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.split('`').skip(1).step_by(2).filter(is_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tests_are_told_from_other_words() {
        let text = "`a_b` shows `who_may_not_may_not`, `PR_SET_DUMPABLE_X`, who_may_not_either and `nobody_else_is_let_in`";
        assert_eq!(
            named(text),
            BTreeSet::from(["nobody_else_is_let_in", "who_may_not_may_not"])
        );
    }
}
