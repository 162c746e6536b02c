//! The pill: the state of the queue in a few words, an icon and a tone.
//!
//! Owns its texts, which are the same on every screen. A pure function of the state; never draws anything.

use outrigger_engine::{SyncKind, SyncState};
use serde::Serialize;

/// What is to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Pill {
    /// Beside the text.
    pub(crate) icon: Icon,
    /// In it; empty where there is nothing to draw.
    pub(crate) text: String,
    /// How it is coloured.
    pub(crate) tone: Tone,
    /// How far the run is, from 0 to 1; `None` where that is not known.
    pub(crate) progress: Option<f64>,
}

/// The pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Icon {
    /// None.
    None,
    /// A circle that fills with the progress.
    Progress,
    /// A cloud, struck through.
    CloudOff,
    /// An exclamation mark in a circle.
    ErrorOutline,
}

/// The colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tone {
    /// Nothing is drawn.
    Quiet,
    /// That of the app.
    Primary,
    /// That of errors, dimmed: nothing is lost.
    Offline,
    /// That of errors.
    Error,
}

impl Pill {
    /// Whether there is nothing to draw.
    pub(crate) const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// The pill of a state.
pub(crate) fn pill(state: &SyncState) -> Pill {
    let plain = |icon, text: &str, tone| Pill {
        icon,
        text: text.to_owned(),
        tone,
        progress: None,
    };
    match state.kind {
        SyncKind::Idle => plain(Icon::None, "", Tone::Quiet),
        SyncKind::Syncing => Pill {
            icon: Icon::Progress,
            text: format!("Syncing {} items...", state.pending),
            tone: Tone::Primary,
            progress: state.progress.fraction(),
        },
        SyncKind::Offline => plain(Icon::CloudOff, "Offline", Tone::Offline),
        SyncKind::Error => plain(Icon::ErrorOutline, "Sync failed. Tap to retry", Tone::Error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outrigger_engine::status::Progress;

    fn check(state: &SyncState, icon: Icon, text: &str, tone: Tone, progress: Option<f64>) {
        let text = text.to_owned();
        let expected = Pill {
            icon,
            text,
            tone,
            progress,
        };
        assert_eq!(pill(state), expected);
    }

    fn state(kind: SyncKind) -> SyncState {
        SyncState {
            kind,
            pending: 3,
            failed: 2,
            progress: Progress { done: 1, total: 4 },
            ..SyncState::IDLE
        }
    }

    #[test]
    fn its_texts_are_those_of_every_screen() {
        check(&SyncState::IDLE, Icon::None, "", Tone::Quiet, None);
        check(
            &state(SyncKind::Syncing),
            Icon::Progress,
            "Syncing 3 items...",
            Tone::Primary,
            Some(0.25),
        );
        check(
            &state(SyncKind::Offline),
            Icon::CloudOff,
            "Offline",
            Tone::Offline,
            None,
        );
        check(
            &state(SyncKind::Error),
            Icon::ErrorOutline,
            "Sync failed. Tap to retry",
            Tone::Error,
            None,
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
    fn a_run_of_nothing_has_no_progress() {
        let state = SyncState {
            progress: Progress { done: 0, total: 0 },
            ..state(SyncKind::Syncing)
        };
        assert_eq!(pill(&state).progress, None);
    }
}
