//! Documents that name tests as proof: each test is there.
//!
//! Owns which documents do. Never judges whether a test shows what is said of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::shell;

const DOCUMENTS: [&str; 3] = ["SECURITY.md", "docs/security.md", "docs/reliability.md"];
/// A word in backticks with as many underscores is the name of a test.
const UNDERSCORES_MIN: usize = 2;

/// What is said of tests that are not there.
pub(crate) fn complain(sources: &[(PathBuf, String)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for document in DOCUMENTS {
        let Ok(text) = std::fs::read_to_string(shell::root().join(document)) else {
            complaints.push(format!("{document} cannot be read"));
            continue;
        };
        let is_missing = |name: &&str| !sources.iter().any(|(_, source)| has_test(source, name));
        let missing = named(&text).into_iter().filter(is_missing);
        complaints.extend(missing.map(|name| format!("{document}: there is no test `{name}`")));
    }
    complaints
}

/// Whether a source has a function of this name that is run as a test: one that only helps shows nothing.
fn has_test(source: &str, name: &str) -> bool {
    let head = format!("fn {name}(");
    let lines: Vec<_> = source.lines().map(str::trim_start).collect();
    let is_head = |line: &str| {
        let before = line.split_once(&head).map(|(before, _)| before.trim_end());
        matches!(before, Some("" | "async" | "pub" | "pub async"))
    };
    let is_test = |at: usize| {
        let above = lines[..at].iter().rev();
        let mut above = above.take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        above.any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
    };
    (0..lines.len()).any(|at| is_head(lines[at]) && is_test(at))
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
        let text = "`a_b` and `unsafe_code` show `who_may_not_may_not`, `PR_SET_DUMPABLE_X`, who_may_not_either and `nobody_else_is_let_in`";
        assert_eq!(
            named(text),
            BTreeSet::from(["nobody_else_is_let_in", "who_may_not_may_not"])
        );
    }

    #[test]
    fn only_what_is_run_as_a_test_is_one() {
        let source = "
    #[test]
    #[cfg(unix)]
    /// Why.
    fn one_that_is() {}

    #[tokio::test(flavor = \"multi_thread\")]
    async fn another_that_is() {}

    fn one_that_helps() {}
    // fn one_of_words() {}
";
        for name in ["one_that_is", "another_that_is"] {
            assert!(has_test(source, name), "{name}");
        }
        for name in ["one_that_helps", "one_of_words", "that_is", "nothing_of_all"] {
            assert!(!has_test(source, name), "{name}");
        }
    }
}
