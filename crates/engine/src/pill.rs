//! The pill: the state of the queue in a few words, an icon, a tone, and what a tap on it does.
//!
//! Owns its texts, which are the same on every screen, and the names by which other languages say them. A pure function of the state; never draws
//! anything. `web/package/pill.js` is the same function for pages without wasm: `pill/cases.rs` holds both to one table.

use serde::{Deserialize, Serialize};

use crate::status::{Cause, SyncKind, SyncState};

#[cfg(test)]
mod cases;

/// What is to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pill {
    /// Beside the text.
    pub icon: Icon,
    /// What the text says, for those who say it in another language.
    pub label: Label,
    /// How many the text speaks of; 0 where it speaks of none.
    pub count: u64,
    /// The text in English; empty where there is nothing to draw.
    pub text: String,
    /// How it is coloured.
    pub tone: Tone,
    /// How far the run is, from 0 to 1; `None` where that is not known.
    pub progress: Option<f64>,
    /// What a tap on it does.
    pub action: Action,
}

/// The pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Icon {
    /// None.
    None,
    /// A circle that fills with the progress.
    Progress,
    /// A cloud, struck through.
    CloudOff,
    /// An exclamation mark in a circle.
    ErrorOutline,
}

/// The texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Nothing is said.
    Nothing,
    /// So many are on their way.
    Syncing,
    /// Offline, and nothing waits.
    Offline,
    /// Offline, and so many wait.
    OfflineWaiting,
    /// Something needs the user.
    Failed,
    /// The user must sign in again.
    SignIn,
    /// The server came back from a copy: the user decides how to go on.
    ServerRestored,
}

/// The colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Nothing is drawn.
    Quiet,
    /// That of the app.
    Primary,
    /// That of errors, dimmed: nothing is lost.
    Offline,
    /// That of errors.
    Error,
}

/// What a tap on it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing, but to show more where there is more to show.
    None,
    /// What failed is tried again.
    Retry,
    /// The user is asked to sign in.
    SignIn,
    /// The user is asked whether to go on with the server as it is now.
    AcceptServer,
}

impl Pill {
    /// Whether there is nothing to draw.
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// The pill of a state.
pub fn pill(state: &SyncState) -> Pill {
    match state.kind {
        SyncKind::Idle => Pill {
            icon: Icon::None,
            label: Label::Nothing,
            count: 0,
            text: String::new(),
            tone: Tone::Quiet,
            progress: None,
            action: Action::None,
        },
        SyncKind::Syncing => Pill {
            icon: Icon::Progress,
            label: Label::Syncing,
            count: state.pending,
            text: format!("Syncing {} items...", state.pending),
            tone: Tone::Primary,
            progress: state.progress.fraction(),
            action: Action::None,
        },
        SyncKind::Offline => offline(state.pending),
        SyncKind::Error => error(state.cause),
    }
}

fn offline(waiting: u64) -> Pill {
    let (label, text) = match waiting {
        0 => (Label::Offline, "Offline".to_owned()),
        _ => (Label::OfflineWaiting, format!("Offline · {waiting} waiting")),
    };
    Pill {
        icon: Icon::CloudOff,
        label,
        count: waiting,
        text,
        tone: Tone::Offline,
        progress: None,
        action: Action::None,
    }
}

/// A retry would be in vain where all of it is stopped: what would help is said and done instead.
fn error(cause: Option<Cause>) -> Pill {
    let (label, text, action) = match cause {
        Some(Cause::SignIn) => (Label::SignIn, "Signed out. Tap to sign in", Action::SignIn),
        Some(Cause::ServerRestored) => (
            Label::ServerRestored,
            "Server restored. Tap to review",
            Action::AcceptServer,
        ),
        _ => (Label::Failed, "Sync failed. Tap to retry", Action::Retry),
    };
    Pill {
        icon: Icon::ErrorOutline,
        label,
        count: 0,
        text: text.to_owned(),
        tone: Tone::Error,
        progress: None,
        action,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Progress;

    fn state(kind: SyncKind) -> SyncState {
        SyncState {
            kind,
            pending: 3,
            failed: 2,
            progress: Progress { done: 1, total: 4 },
            ..SyncState::IDLE
        }
    }

    fn check(state: &SyncState, icon: Icon, text: &str, tone: Tone, action: Action) {
        let pill = pill(state);
        assert_eq!(
            (pill.icon, pill.text.as_str(), pill.tone, pill.action),
            (icon, text, tone, action)
        );
    }

    #[test]
    fn its_texts_are_those_of_every_screen() {
        check(&SyncState::IDLE, Icon::None, "", Tone::Quiet, Action::None);
        check(
            &state(SyncKind::Syncing),
            Icon::Progress,
            "Syncing 3 items...",
            Tone::Primary,
            Action::None,
        );
        check(
            &state(SyncKind::Offline),
            Icon::CloudOff,
            "Offline · 3 waiting",
            Tone::Offline,
            Action::None,
        );
        check(
            &state(SyncKind::Error),
            Icon::ErrorOutline,
            "Sync failed. Tap to retry",
            Tone::Error,
            Action::Retry,
        );
    }

    #[test]
    fn offline_counts_only_what_waits() {
        let state = SyncState {
            pending: 0,
            ..state(SyncKind::Offline)
        };
        check(&state, Icon::CloudOff, "Offline", Tone::Offline, Action::None);
    }

    #[test]
    fn a_stop_says_what_would_help() {
        let stopped = |cause| SyncState {
            cause: Some(cause),
            ..state(SyncKind::Error)
        };
        check(
            &stopped(Cause::SignIn),
            Icon::ErrorOutline,
            "Signed out. Tap to sign in",
            Tone::Error,
            Action::SignIn,
        );
        check(
            &stopped(Cause::ServerRestored),
            Icon::ErrorOutline,
            "Server restored. Tap to review",
            Tone::Error,
            Action::AcceptServer,
        );
    }

    #[test]
    fn nothing_is_drawn_exactly_when_idle() {
        for kind in [
            SyncKind::Idle,
            SyncKind::Syncing,
            SyncKind::Offline,
            SyncKind::Error,
        ] {
            assert_eq!(pill(&state(kind)).is_empty(), kind == SyncKind::Idle);
        }
    }

    #[test]
    fn a_run_has_its_progress_unless_it_is_of_nothing() {
        assert_eq!(pill(&state(SyncKind::Syncing)).progress, Some(0.25));
        let of_nothing = SyncState {
            progress: Progress { done: 0, total: 0 },
            ..state(SyncKind::Syncing)
        };
        assert_eq!(pill(&of_nothing).progress, None);
    }
}
