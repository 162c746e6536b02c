//! How things look in a terminal: the pill, the marks beside what was written, the few colours.
//!
//! Owns glyphs and colours. Where the output is no terminal, or `NO_COLOR` is set, [`crate::output`] takes the colours out again.

use clap::builder::styling::{AnsiColor, Style};
use outrigger_engine::EntityStatus;
use outrigger_engine::pill::{Icon, Pill, Tone};

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const WAITING: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const ACCENT: Style = AnsiColor::Cyan.on_default();

/// How `--help` looks.
pub(crate) const HELP: clap::builder::Styles = clap::builder::Styles::styled()
    .header(BOLD)
    .usage(BOLD)
    .literal(ACCENT)
    .placeholder(DIM);

/// A text in a style.
pub(crate) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The pill as text, or nothing.
pub(crate) fn pill(pill: &Pill) -> Option<String> {
    if pill.is_empty() {
        return None;
    }
    let style = match pill.tone {
        Tone::Quiet => DIM,
        Tone::Primary => ACCENT,
        Tone::Offline => WAITING,
        Tone::Error => BAD.bold(),
    };
    Some(paint(style, format!("{} {}", icon(pill), pill.text)))
}

fn icon(pill: &Pill) -> char {
    match pill.icon {
        Icon::None => ' ',
        Icon::Progress => circle(pill.progress.unwrap_or(0.0)),
        Icon::CloudOff => '☁',
        Icon::ErrorOutline => '!',
    }
}

/// A circle that is filled so far.
fn circle(progress: f64) -> char {
    match progress {
        done if done < 0.125 => '○',
        done if done < 0.375 => '◔',
        done if done < 0.625 => '◑',
        done if done < 0.875 => '◕',
        _ => '●',
    }
}

/// The mark beside something that was written, as good messengers have it; for what failed, why.
pub(crate) fn mark(status: &EntityStatus) -> String {
    match status {
        EntityStatus::Synced => paint(GOOD, '✓'),
        EntityStatus::Pending { .. } => paint(WAITING, '◷'),
        EntityStatus::Syncing { .. } => paint(ACCENT, '↑'),
        EntityStatus::Failed { parked, .. } => {
            let why = crate::text::one_line(parked.detail());
            paint(BAD, format!("✗ {}: {why}", parked.word()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_circle_fills() {
        let filled: String = [0.0, 0.25, 0.5, 0.75, 1.0].into_iter().map(circle).collect();
        assert_eq!(filled, "○◔◑◕●");
    }
}
