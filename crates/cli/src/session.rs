//! Where the session is kept: in the keyring of the operating system, or in a file of the home folder.
//!
//! Owns the choice, and the words for it. Never looks into a session.

use outrigger_client::{SessionFile, SessionPlace, SessionStore};
use std::sync::Arc;

use crate::home::Home;

/// `file` keeps the session out of the keyring, as on a machine whose keyring others can open.
const VARIABLE: &str = "OUTRIGGER_SESSION";

/// The store of this home folder.
pub(crate) fn store(home: &Home) -> Arc<dyn SessionStore> {
    let file = home.session_file();
    match std::env::var(VARIABLE).as_deref() {
        Ok("file") => Arc::new(file),
        _ => preferred(file),
    }
}

#[cfg(feature = "keyring")]
fn preferred(file: SessionFile) -> Arc<dyn SessionStore> {
    Arc::new(outrigger_client::SessionKeyring::new(file))
}

#[cfg(not(feature = "keyring"))]
fn preferred(file: SessionFile) -> Arc<dyn SessionStore> {
    Arc::new(file)
}

/// Where it is, for people.
pub(crate) const fn words(place: SessionPlace) -> &'static str {
    match place {
        SessionPlace::Keyring => "in the keyring",
        SessionPlace::File => "in a file that only its owner may read",
    }
}
