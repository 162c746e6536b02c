//! Messages as text: a first line, headers, an empty line, a body; several are parted by a line of three hyphens.
//!
//! Owns that form. Never knows what a message means.

/// So many are read of one input: what a later one would show, an earlier one shows too.
const MESSAGES_MAX: usize = 12;

/// A request, an answer, or a word to a device.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// The first line.
    pub(crate) first: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Everything else.
    pub(crate) body: Vec<u8>,
}

/// The messages of an input.
pub(crate) fn read(bytes: &[u8]) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut lines = bytes.split(|byte| *byte == b'\n').peekable();
    while lines.peek().is_some() && messages.len() < MESSAGES_MAX {
        messages.push(one(&mut lines));
    }
    messages
}

fn one<'b>(lines: &mut impl Iterator<Item = &'b [u8]>) -> Message {
    let is_end = |line: &[u8]| line == b"---";
    let mut message = Message {
        first: String::new(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    match lines.next() {
        Some(line) if !is_end(line) => message.first = String::from_utf8_lossy(line).into_owned(),
        _ => return message,
    }
    loop {
        match lines.next() {
            Some(line) if is_end(line) => return message,
            Some([]) => break,
            Some(line) => {
                let line = String::from_utf8_lossy(line);
                let (name, value) = line.split_once(':').unwrap_or((&line, ""));
                let name = name.trim().to_ascii_lowercase();
                message.headers.push((name, value.trim().to_owned()));
            }
            None => return message,
        }
    }
    for line in lines.take_while(|line| !is_end(line)) {
        if !message.body.is_empty() {
            message.body.push(b'\n');
        }
        message.body.extend_from_slice(line);
    }
    message
}
