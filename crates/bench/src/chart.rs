//! The report for people: the machine, a table, and a bar for each figure.
//!
//! Owns the 80 columns. Colours are escape sequences; whoever prints the text takes them out where nobody wants them.

use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;

use crate::figure::{ReachIs, ReachOf, Unit, line_title};
use crate::report::{Report, Row};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Yellow.on_default();
const LOUD: Style = AnsiColor::Red.on_default().bold();

const WIDTH: usize = 80;
const WHAT: usize = 32;
/// Cells of a bar up to the reach, and beyond it.
const BAR: usize = 25;
const BEYOND: usize = 11;

/// All of it, in lines.
pub fn draw(report: &Report) -> String {
    let mut out = String::new();
    head(&mut out, report);
    table(&mut out, &report.rows);
    bars(&mut out, &report.rows);
    out
}

fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Writing to a string cannot fail.
fn line(out: &mut String, text: impl std::fmt::Display) {
    let _ = writeln!(out, "{text}");
}

fn head(out: &mut String, report: &Report) {
    let (machine, workload) = (&report.machine, &report.workload);
    let (left, right) = (
        "Outrigger bench",
        format!("{} {}", machine.outrigger, machine.build),
    );
    let gap = WIDTH - 2 - left.len() - right.len();
    line(
        out,
        format!("  {}{:gap$}{}", paint(BOLD, left), "", paint(DIM, right)),
    );
    let mut facts = vec![machine.os.clone()];
    facts.extend(machine.cpu.clone());
    facts.push(format!("{} cores", machine.cores));
    facts.extend(
        machine
            .memory_bytes
            .map(|bytes| format!("{:.0} GiB", bytes as f64 / f64::from(1 << 30))),
    );
    facts.push(
        machine
            .file_system
            .clone()
            .unwrap_or_else(|| "unknown file system".to_owned()),
    );
    facts.push(format!("{:.0} µs to sync 8 KiB", machine.sync_us));
    facts.push(format!("SQLite {}", machine.sqlite));
    wrapped(out, DIM, &facts, ", ");
    let mix = &workload.mix;
    let work = [
        format!(
            "{} writes by seed {}: {} % posts",
            thousands(workload.items as f64),
            workload.seed,
            mix.posts
        ),
        format!("{} % comments", mix.comments),
        format!("{} % likes", mix.likes),
        format!(
            "{} % messages in {} conversations",
            mix.messages, workload.conversations
        ),
        format!("{}-byte texts", workload.bytes),
        "no attachments".to_owned(),
    ];
    wrapped(out, DIM, &work, ", ");
    for note in &report.notes {
        let words: Vec<String> = format!("! {note}").split(' ').map(str::to_owned).collect();
        wrapped(out, LOUD, &words, " ");
    }
}

/// Parts in lines, broken between parts.
fn wrapped(out: &mut String, style: Style, parts: &[String], between: &str) {
    let mut current = String::new();
    for (index, part) in parts.iter().enumerate() {
        let part = if index + 1 == parts.len() {
            part.clone()
        } else {
            format!("{part}{between}")
        };
        if !current.is_empty() && current.chars().count() + part.trim_end().chars().count() > WIDTH - 2 {
            line(out, format!("  {}", paint(style, current.trim_end())));
            current.clear();
        }
        current.push_str(&part);
    }
    line(out, format!("  {}", paint(style, current.trim_end())));
}

fn table(out: &mut String, rows: &[Row]) {
    let mut title = "";
    for row in rows {
        if line_title(row.line) != title {
            title = line_title(row.line);
            let header = format!("{:>11} {:>11} {:>7} {:>9}", "ours", "limit", "ratio", "reach");
            line(out, "");
            line(
                out,
                format!(
                    "  {}{}",
                    paint(BOLD, format!("{title:width$}", width = WHAT + 2)),
                    paint(DIM, header)
                ),
            );
        }
        let (mark, style) = match row.ok {
            Some(true) => ("✓", GOOD),
            Some(false) => ("✗", BAD),
            None => ("–", DIM),
        };
        let ratio = row.ratio.map_or_else(|| "–".to_owned(), significant);
        let ratio = format!("{ratio:>7}");
        let ours = format!("{:>11}", amount(row.value, row.unit));
        let limit = format!("{:>11}", amount(row.limit, row.unit));
        // What the reach is said of is what is painted.
        let (ours, ratio) = match row.reach_of {
            ReachOf::Value => (paint(style, ours), ratio),
            ReachOf::Ratio => (ours, paint(style, ratio)),
        };
        let reach = paint(DIM, format!("{:>9}", reach(row)));
        line(
            out,
            format!(
                "  {} {:WHAT$}{ours} {} {ratio} {reach}",
                paint(style, mark),
                row.what,
                paint(DIM, limit)
            ),
        );
    }
}

fn reach(row: &Row) -> String {
    let sign = match row.reach_is {
        ReachIs::AtLeast => '≥',
        ReachIs::AtMost => '≤',
    };
    let number = significant(row.reach);
    match row.reach_of {
        ReachOf::Ratio => format!("{sign} {number}"),
        ReachOf::Value => format!("{sign} {number} {}", row.unit.word()),
    }
}

fn bars(out: &mut String, rows: &[Row]) {
    line(out, "");
    let ruler = format!("{:<width$}│ reach", "", width = BAR);
    line(
        out,
        format!(
            "  {} {}",
            paint(BOLD, format!("{:width$}", "How far", width = WHAT + 1)),
            paint(DIM, ruler)
        ),
    );
    for row in rows {
        let Some(number) = row.number() else {
            line(
                out,
                format!(
                    "    {:WHAT$}{}",
                    row.what,
                    paint(DIM, row.note.unwrap_or("not measured"))
                ),
            );
            continue;
        };
        let reached = row.figure.reach().reached(number);
        let style = if row.ok == Some(true) { GOOD } else { BAD };
        line(
            out,
            format!(
                "    {:WHAT$}{} {}",
                row.what,
                bar(reached, style),
                paint(DIM, times(reached))
            ),
        );
    }
    line(out, "");
    line(
        out,
        format!(
            "  {}",
            paint(
                DIM,
                "A bar ends at what was reached; further is better, whatever the figure counts."
            )
        ),
    );
}

/// A bar with a mark at the reach; one that would be too long ends in an arrow.
fn bar(reached: f64, style: Style) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let cells = BAR + BEYOND;
    let eighths = (reached * BAR as f64 * 8.0).round();
    let is_cut = eighths > ((cells - 1) * 8) as f64;
    let eighths = if is_cut {
        (cells - 1) * 8
    } else {
        eighths.max(1.0) as usize
    };
    let mut drawn: Vec<String> = vec!["█".to_owned(); eighths / 8];
    if !eighths.is_multiple_of(8) {
        drawn.push(EIGHTHS[eighths % 8].to_owned());
    }
    if is_cut {
        drawn.push("▶".to_owned());
    }
    let mut text = String::new();
    for cell in 0..cells {
        match drawn.get(cell) {
            Some(block) if cell == BAR && block == "█" => text.push_str(&paint(style.invert(), "│")),
            Some(block) => text.push_str(&paint(style, block)),
            None if cell == BAR => text.push_str(&paint(DIM, "│")),
            None => text.push(' '),
        }
    }
    text
}

fn times(reached: f64) -> String {
    format!("{} ×", significant(reached))
}

/// An amount in its unit, or a dash.
fn amount(amount: Option<f64>, unit: Unit) -> String {
    let Some(amount) = amount else {
        return "–".to_owned();
    };
    let (amount, word) = match unit {
        Unit::Seconds if amount < 0.1 => (amount * 1e3, Unit::Milliseconds.word()),
        _ => (amount, unit.word()),
    };
    let gap = if word.starts_with('/') { "" } else { " " };
    format!("{}{gap}{word}", significant(amount))
}

/// Three digits that count; whole thousands are set apart.
fn significant(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 => thousands(number),
        0.0 => "0".to_owned(),
        size => {
            let before = size.log10().floor();
            // Between two, for what is below a hundred, and as many as a very small one needs.
            let after = (2.0 - before).clamp(0.0, 9.0) as usize;
            trimmed(format!("{number:.after$}"))
        }
    }
}

/// Without zeros that say nothing.
fn trimmed(text: String) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A whole number, its thousands set apart.
pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_count() {
        let check = |number, expected: &str| assert_eq!(significant(number), expected);
        check(12_345.6, "12,346");
        check(123.4, "123");
        check(12.34, "12.3");
        check(1.5, "1.5");
        check(2.0, "2");
        check(0.854, "0.854");
        check(0.3, "0.3");
        check(40.0, "40");
        check(0.000_861_7, "0.000862");
        check(0.0, "0");
    }

    #[test]
    fn every_bar_is_as_wide() {
        for reached in [0.0, 0.3, 0.999, 1.0, 1.01, 1.5, 80.0] {
            let bar = without_colours(&bar(reached, GOOD));
            assert_eq!(bar.chars().count(), BAR + BEYOND, "{reached}: {bar:?}");
            assert_eq!(bar.contains('▶'), reached > 1.45, "{reached}: {bar:?}");
        }
    }

    /// Without escape sequences.
    fn without_colours(text: &str) -> String {
        let mut plain = String::new();
        let mut is_escape = false;
        for character in text.chars() {
            match character {
                '\x1b' => is_escape = true,
                'm' if is_escape => is_escape = false,
                _ if is_escape => {}
                _ => plain.push(character),
            }
        }
        plain
    }
}
