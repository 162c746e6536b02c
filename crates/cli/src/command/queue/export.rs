//! `outrigger queue export [FILE]`

use outrigger_engine::inspect::{Filter, Item};
use serde_json::{Value, json};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::home;
use crate::queue;
use crate::text;

/// Lines that are written at a time.
const CHUNK: usize = 500;

/// Writes every row as one line of JSON.
pub(crate) async fn run(
    context: &Context<'_>,
    file: Option<PathBuf>,
    without_payloads: bool,
) -> Result<ExitCode, Error> {
    let export = move |db: &rusqlite::Connection| {
        let mut lines = Vec::new();
        queue::each(db, Filter::All, |item| {
            lines.push(line(item, without_payloads));
            ControlFlow::Continue(())
        })?;
        Ok(lines)
    };
    let lines = context.read(export).await?;
    match file {
        None => {
            for chunk in lines.chunks(CHUNK) {
                context.output.write(&chunk.concat())?;
            }
        }
        Some(path) => {
            write(&path, &lines).map_err(|error| Error::file("write", &path, error))?;
            let count = text::count(lines.len() as u64, "write", "writes");
            context
                .output
                .note(&format!("{count} exported to {}", path.display()));
        }
    }
    Ok(ExitCode::Done)
}

fn write(path: &Path, lines: &[String]) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(home::make_private_file(path)?);
    for line in lines {
        file.write_all(line.as_bytes())?;
    }
    file.flush()?;
    file.get_ref().sync_all()
}

/// A row as JSON. Its payload is put in as it is, so that it can be read without unwrapping.
fn line(item: Item, without_payload: bool) -> String {
    let payload: Value = serde_json::from_str(&item.payload).unwrap_or_else(|_| json!(item.payload));
    let mut row = json!(item);
    if let Some(fields) = row.as_object_mut() {
        fields.remove("payload");
        if !without_payload {
            fields.insert("payload".to_owned(), payload);
        }
    }
    format!("{row}\n")
}
