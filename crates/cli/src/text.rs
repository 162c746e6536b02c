//! Other people's words on this terminal, and times and sizes in few words.
//!
//! Owns what may reach a terminal: no text can move the cursor, ring, or change colours. Never truncates what is asked for whole.

use outrigger_engine::time::Wall;

/// A text as it may be shown: line breaks and tabs stay, other control characters are made visible.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            // They would reorder what stands around them.
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// JSON as it may be shown: what its syntax lets through and a terminal may obey is escaped. It means the same.
pub(crate) fn escaped_json(json: String) -> String {
    // Such characters stand in strings only.
    let is_obeyed = |c: char| c.is_control() && c >= '\u{7f}';
    if !json.contains(is_obeyed) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match is_obeyed(c) {
            true => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => escaped.push(c),
        }
    }
    escaped
}

/// The same in one line.
pub(crate) fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same, cut to so many characters.
pub(crate) fn cut(text: &str, chars_max: usize) -> String {
    let line = one_line(text);
    if line.chars().count() <= chars_max {
        return line;
    }
    let mut short: String = line.chars().take(chars_max.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// The same, each line set in by so many columns.
pub(crate) fn indent(text: &str, columns: usize) -> String {
    let margin = " ".repeat(columns);
    clean(text)
        .lines()
        .map(|line| format!("{margin}{line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// How long ago something was.
pub(crate) fn ago(at: Wall, now: Wall) -> String {
    let seconds = now.0.saturating_sub(at.0).max(0) / 1_000;
    match seconds {
        0..60 => "now".to_owned(),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        86_400..2_592_000 => format!("{} d", seconds / 86_400),
        _ => date(at),
    }
}

fn date(at: Wall) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(time) => time.strftime("%Y-%m-%d").to_string(),
        Err(_) => "some day".to_owned(),
    }
}

/// A time to the second, for logs.
pub(crate) fn clock(at: Wall) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(time) => time.strftime("%H:%M:%SZ").to_string(),
        Err(_) => "--:--:--".to_owned(),
    }
}

/// So many milliseconds, rounded up to whole seconds.
pub(crate) fn seconds(milliseconds: u64) -> String {
    format!("{} s", milliseconds.div_ceil(1_000))
}

/// A size.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64;
    let mut unit = "B";
    for next in UNITS {
        if size < 1_024.0 {
            break;
        }
        (size, unit) = (size / 1_024.0, next);
    }
    format!("{size:.1} {unit}")
}

/// A number and its noun.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_elses_words_drive_the_terminal() {
        assert_eq!(
            clean("a\x1b[2Jb\r\u{202e}c\n\td"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}c\n\td"
        );
        assert_eq!(one_line(" a \n\n b\t c "), "a b c");
        assert_eq!(cut("héllo wörld", 6), "héllo…");
        assert_eq!(cut("héllo", 5), "héllo");
        assert_eq!(indent("a\nb", 2), "  a\n  b");
    }

    #[test]
    fn json_drives_no_terminal_and_means_the_same() {
        let json = serde_json::to_string("a\u{9b}2J\u{7f}\u{1b}é").unwrap();
        let escaped = escaped_json(json.clone());
        assert_eq!(escaped, "\"a\\u009b2J\\u007f\\u001bé\"");
        let mean = |json: &str| serde_json::from_str::<String>(json).unwrap();
        assert_eq!(mean(&escaped), mean(&json));
    }

    #[test]
    fn times_are_short() {
        let at = |seconds: i64| ago(Wall(1_782_900_000_000), Wall(1_782_900_000_000 + seconds * 1_000));
        let all: Vec<String> = [-5, 59, 60, 7_200, 86_400, 2_592_000]
            .into_iter()
            .map(at)
            .collect();
        assert_eq!(all, ["now", "now", "1 min", "2 h", "1 d", "2026-07-01"]);
    }

    #[test]
    fn sizes_are_short() {
        for (size, expected) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_536, "1.5 KiB"),
            (32 << 20, "32.0 MiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(bytes(size), expected);
        }
    }
}
