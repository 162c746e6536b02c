//! What the viewer sees: stages, the pill, a bar, the table.
//!
//! Owns the layout, for 80 columns. Prints plain lines where there is no terminal, and nothing where only the JSON is wanted.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use outrigger_engine::pill::pill;
use outrigger_engine::{SyncKind, SyncState};
use std::io::IsTerminal as _;
use std::time::Duration;

use super::audit::{Audit, Row, Score};
use super::lines::ParkedItem;
use super::proxy::Tally;
use crate::style::{self, ACCENT, BAD, BOLD, DIM, GOOD, paint};

/// Columns of text.
const WIDTH: usize = 76;

/// Where the demo is shown.
#[derive(Debug)]
pub(crate) struct Screen {
    shown: bool,
    /// Whether it can be drawn over.
    live: bool,
    stage: u32,
    /// While something is on its way.
    bar: Option<ProgressBar>,
    /// The pill printed last, where there is no terminal.
    told: String,
}

impl Screen {
    /// A screen, or none.
    pub(crate) fn new(shown: bool) -> Self {
        Self {
            shown,
            live: shown && std::io::stdout().is_terminal(),
            stage: 0,
            bar: None,
            told: String::new(),
        }
    }

    /// Whether anybody sees it.
    pub(crate) fn is_shown(&self) -> bool {
        self.shown
    }

    /// What this is.
    pub(crate) fn title(&self, seed: u64, items: usize) {
        let right = format!("seed {seed}, {items} writes");
        let gap = WIDTH.saturating_sub("Outrigger demo".len() + right.len());
        self.print(&format!(
            "\n  {}{:gap$}{}",
            paint(BOLD, "Outrigger demo"),
            "",
            paint(DIM, right)
        ));
        self.print("");
        self.print("  A server, a client and a bad network, for real: three processes, two SQLite");
        self.print("  files, HTTP between them. In the end both files are compared with what the");
        self.print("  user wrote. Nothing may be lost, doubled or out of order.");
    }

    /// The next stage begins.
    pub(crate) fn stage(&mut self, text: &str) {
        self.stage += 1;
        self.told.clear();
        self.print(&format!(
            "\n  {}  {}",
            paint(ACCENT.bold(), self.stage),
            paint(BOLD, text)
        ));
    }

    /// Something happened.
    pub(crate) fn note(&self, text: &str) {
        self.print(&format!("     {text}"));
    }

    /// The pill as the user sees it now.
    pub(crate) fn pill(&self, state: &SyncState) {
        let shown = style::pill(&pill(state)).unwrap_or_else(|| paint(DIM, "(no pill)"));
        self.print(&format!("     {shown}"));
    }

    /// The pill moves: on a terminal with a bar, elsewhere as a line for each step that says something new.
    pub(crate) fn progress(&mut self, state: &SyncState) {
        // What is parked has a stage of its own; between two attempts it would flicker.
        if !matches!(state.kind, SyncKind::Syncing | SyncKind::Offline) {
            return;
        }
        if !self.live {
            self.progress_in_lines(state);
            return;
        }
        let bar = self.bar.get_or_insert_with(new_bar);
        bar.set_length(state.progress.total);
        bar.set_position(state.progress.done);
        bar.set_message(style::pill(&pill(state)).unwrap_or_default());
        bar.tick();
    }

    fn progress_in_lines(&mut self, state: &SyncState) {
        let quarters = 4 * state.progress.done / state.progress.total.max(1);
        let step = format!("{:?} {quarters}", state.kind);
        if self.told != step {
            self.pill(state);
            self.told = step;
        }
    }

    /// The bar has done its work for now.
    pub(crate) fn progress_ends(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// What went wrong on the way, in as many lines as it takes.
    pub(crate) fn faults(&self, tally: &Tally) {
        let mut counts: Vec<(&str, u64)> = Vec::new();
        for (fault, count) in &tally.faults {
            match counts.iter_mut().find(|(words, _)| *words == fault.words()) {
                Some((_, known)) => *known += count,
                None => counts.push((fault.words(), *count)),
            }
        }
        let mut line = String::new();
        for (words, count) in counts {
            let part = format!("{count} × {words}");
            if !line.is_empty() && line.chars().count() + part.len() > WIDTH - 8 {
                self.note(&paint(DIM, format!("{line},")));
                line.clear();
            }
            if !line.is_empty() {
                line.push_str(", ");
            }
            line.push_str(&part);
        }
        self.note(&paint(DIM, line));
    }

    /// What waits for the user, and what she does about it.
    pub(crate) fn parked(&self, item: &ParkedItem, what_now: &str) {
        let why = crate::text::cut(&item.detail, 36);
        self.note(&format!(
            "  {:<15} {} {}",
            item.name,
            paint(BAD, format!("{why:<36}")),
            what_now
        ));
    }

    /// The proof.
    pub(crate) fn table(&self, audit: &Audit) {
        self.print("");
        let head = format!(
            "  {:<20} {:>8} {:>8} {:>11} {:>6} {:>8} {:>8}",
            "", "written", "arrived", "taken back", "lost", "doubled", "order"
        );
        self.print(&paint(DIM, head));
        for row in Row::WRITES {
            let score = audit.scores.get(&row).copied().unwrap_or_default();
            self.row(row.words(), &score);
        }
        self.print(&paint(DIM, format!("  {}", "─".repeat(WIDTH - 1))));
        self.row("all writes", &audit.writes());
        let pictures = audit.scores.get(&Row::Pictures).copied().unwrap_or_default();
        self.row("pictures with them", &pictures);
        for finding in audit.findings.iter().take(20) {
            self.print(&paint(BAD, format!("  ✗ {finding}")));
        }
    }

    fn row(&self, name: &str, score: &Score) {
        let wrong = |count: u64, width: usize| {
            let style = if count == 0 { GOOD } else { BAD.bold() };
            paint(style, format!("{count:>width$}"))
        };
        self.print(&format!(
            "  {name:<20} {:>8} {:>8} {:>11} {} {} {}",
            score.written,
            score.arrived(),
            score.taken_back,
            wrong(score.lost, 6),
            wrong(score.doubled, 8),
            wrong(score.out_of_order, 8),
        ));
    }

    /// How it ended.
    pub(crate) fn end(&self, is_good: bool, tally: &Tally, kills: u32, took: Duration) {
        let (mark, style) = if is_good { ('✓', GOOD) } else { ('✗', BAD) };
        let verdict = if is_good {
            "Everything arrived, once, in order."
        } else {
            "The databases are not what they must be."
        };
        let figures = format!(
            "{} requests, {} faults, {kills} kills, {:.1} s",
            tally.requests,
            tally.fault_count(),
            took.as_secs_f64()
        );
        self.print(&format!(
            "\n  {} {}",
            paint(style.bold(), format!("{mark} {verdict}")),
            paint(DIM, figures)
        ));
        self.print("");
    }

    fn print(&self, line: &str) {
        if !self.shown {
            return;
        }
        match &self.bar {
            Some(bar) => bar.suspend(|| anstream::println!("{line}")),
            None => anstream::println!("{line}"),
        }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
    match ProgressStyle::with_template("     {msg:26} {bar:30.cyan/dim} {pos}/{len}") {
        Ok(looks) => bar.with_style(looks.progress_chars("━━─")),
        Err(_) => bar,
    }
}
