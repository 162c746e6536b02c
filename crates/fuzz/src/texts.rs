//! What people, and other programs of theirs, hand in as text: a session's file, lines to be imported.
//!
//! Owns nothing. What is taken must be taken back in the same way.

use outrigger_client::{SessionFile, SessionStore as _};
use outrigger_social::intake;

/// A session's file: read it, keep what was read, read it again.
pub fn session(bytes: &[u8]) {
    let folder = crate::storage::folder();
    let file = SessionFile::new(folder.path().join("session.json"));
    std::fs::write(file.path(), bytes).expect("BUG: a file can be written");
    let Ok(Some(session)) = file.load() else {
        return;
    };
    let shown = format!("{session:?}");
    assert!(
        session.access_token.expose().len() < 12 || !shown.contains(session.access_token.expose()),
        "a token is shown"
    );
    file.save(&session).expect("BUG: a session is kept");
    assert_eq!(file.load().ok().flatten(), Some(session));
}

/// Lines of an import.
pub fn intake(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for (number, line) in text.lines().enumerate() {
        match intake::parse(number + 1, line) {
            Ok(Some(line)) => drop(line.operation.files().len()),
            Ok(None) => {}
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}
