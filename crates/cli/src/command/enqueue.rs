//! `outrigger enqueue FILE`

use outrigger_client::ErrorKind;
use outrigger_engine::pill::pill;
use outrigger_engine::{App as _, StagedFile, SyncState, Write};
use outrigger_social::Mutation;
use outrigger_social::intake::{self, Line, Names};
use serde::Serialize;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use crate::attach;
use crate::context::{Context, Service};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::View;
use crate::style::{self, paint};
use crate::text;
use crate::write::{self, WaitArgs};

/// Bytes of one line at most: more than the largest write takes.
const LINE_BYTES_MAX: u64 = 2 << 20;
/// Lines of one file at most.
const LINES_MAX: usize = 1_000_000;
/// Faults that are told one by one.
const FAULTS_MAX: usize = 20;

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file, `-` for standard input: one operation a line, as {"v":1,"op":"posts.create","text":"Hello"}
    file: PathBuf,
    /// Queue the good lines also where others are wrong; else it is all or nothing
    #[arg(long)]
    keep_going: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

/// A line that cannot be queued.
#[derive(Debug, Serialize)]
struct Fault {
    line: usize,
    message: String,
}

#[derive(Serialize)]
struct Enqueued {
    /// Lines that were queued.
    queued: u64,
    /// Lines that were not.
    faults: Vec<Fault>,
    state: SyncState,
}

impl View for Enqueued {
    fn human(&self) -> String {
        let mut lines: Vec<String> = self
            .faults
            .iter()
            .take(FAULTS_MAX)
            .map(|fault| format!("{} {}", paint(style::BAD, '✗'), text::one_line(&fault.message)))
            .collect();
        if self.faults.len() > FAULTS_MAX {
            lines.push(format!("  and {} more", self.faults.len() - FAULTS_MAX));
        }
        let queued = text::count(self.queued, "line", "lines");
        lines.push(match (self.queued, self.faults.is_empty()) {
            (0, false) => {
                "nothing was queued; correct the file, or queue what is right with --keep-going".to_owned()
            }
            _ => format!("{} {queued} queued", paint(style::GOOD, '✓')),
        });
        lines.extend(style::pill(&pill(&self.state)));
        lines.join("\n")
    }
}

/// Queues the lines of a file: all in one transaction, or none.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let service = context.service().await?;
    let (lines, mut faults) = read(&args.file).await?;
    let mut queued = 0;
    if faults.is_empty() || args.keep_going {
        let staged = stage(service, &folder(&args.file), lines, &mut faults).await?;
        let copies = copies(&staged);
        let planned = plan(context, service, staged, &mut faults).await?;
        queued = match args.keep_going {
            true => queue_good(service, planned, &mut faults).await?,
            false if faults.is_empty() => queue_all(service, planned, &mut faults).await?,
            false => 0,
        };
        if !faults.is_empty() {
            // Of lines that were not queued: whoever corrects them brings the files again.
            service.unstage(copies).await?;
        }
    }
    if queued > 0 {
        write::settle(service, args.wait).await;
    }
    faults.sort_by_key(|fault| fault.line);
    let code = if faults.is_empty() {
        ExitCode::Done
    } else {
        ExitCode::Failed
    };
    let state = service.state().borrow().clone();
    context.output.show(&Enqueued {
        queued,
        faults,
        state,
    })?;
    Ok(code)
}

/// Copies the files that lines name. A line whose files cannot be taken is a fault.
async fn stage(
    service: &Service,
    folder: &Path,
    lines: Vec<Line>,
    faults: &mut Vec<Fault>,
) -> Result<Vec<(Line, Vec<StagedFile>)>, Error> {
    let mut staged = Vec::with_capacity(lines.len());
    for line in lines {
        let files = line.operation.files();
        let paths: Vec<PathBuf> = files.into_iter().map(|file| folder.join(file)).collect();
        match attach::stage_all(service, &paths).await {
            Ok(files) => staged.push((line, files)),
            Err(error) if is_of_file(&error) => faults.push(fault(line.number, &error)),
            Err(error) => {
                service.unstage(copies(&staged)).await?;
                return Err(error);
            }
        }
    }
    Ok(staged)
}

/// All of them, whichever line brings them.
fn copies(staged: &[(Line, Vec<StagedFile>)]) -> Vec<StagedFile> {
    staged.iter().flat_map(|(_, files)| files.clone()).collect()
}

/// Whether a file is to blame, and not this device.
fn is_of_file(error: &Error) -> bool {
    match error {
        Error::Attachment { .. } => true,
        Error::Client(error) => matches!(error.kind(), ErrorKind::Input | ErrorKind::Limit),
        _ => false,
    }
}

/// The writes of each line, by its number.
type Planned = Vec<(usize, Vec<Write<Mutation>>)>;

/// Finds what the lines name, and checks what they say.
async fn plan(
    context: &Context<'_>,
    service: &Service,
    lines: Vec<(Line, Vec<StagedFile>)>,
    faults: &mut Vec<Fault>,
) -> Result<Planned, Error> {
    let (social, ids) = (context.social()?, service.clone());
    let planning = move |db: &rusqlite::Connection| {
        let (mut names, mut planned, mut faults) = (Names::default(), Vec::new(), Vec::new());
        for (line, files) in lines {
            let writes = match names.plan(&line, &files, db, &mut || ids.new_id()) {
                Ok(writes) => writes,
                Err(error) => {
                    // Its words begin with the number of the line.
                    let (line, message) = (line.number, error.to_string());
                    faults.push(Fault { line, message });
                    continue;
                }
            };
            let invalid = writes.iter().find_map(|it| social.validate(&it.mutation).err());
            match invalid {
                None => planned.push((line.number, writes)),
                Some(invalid) => faults.push(fault(line.number, &invalid)),
            }
        }
        Ok::<_, outrigger_engine::Error>((planned, faults))
    };
    let (planned, found) = service.read(planning).await?;
    faults.extend(found);
    Ok(planned)
}

/// Queues everything, or nothing.
async fn queue_all(service: &Service, planned: Planned, faults: &mut Vec<Fault>) -> Result<u64, Error> {
    let refusal = match service.mutate_all(writes(&planned)).await {
        Ok(_) => return Ok(planned.len() as u64),
        Err(error) => error,
    };
    match guilty(&planned, &refusal) {
        Some(line) => {
            faults.push(fault(line, &refusal));
            Ok(0)
        }
        None => Err(refusal.into()),
    }
}

/// Queues what is not refused: halves what is, until only single lines are left.
async fn queue_good(service: &Service, planned: Planned, faults: &mut Vec<Fault>) -> Result<u64, Error> {
    let mut queued = 0;
    let mut parts = vec![planned];
    while let Some(mut part) = parts.pop() {
        let refusal = match service.mutate_all(writes(&part)).await {
            Ok(_) => {
                queued += part.len() as u64;
                continue;
            }
            Err(error) => error,
        };
        match (part.as_slice(), refusal.kind()) {
            ([(line, _)], ErrorKind::Input | ErrorKind::Limit) => faults.push(fault(*line, &refusal)),
            (_, ErrorKind::Input | ErrorKind::Limit) => {
                let later = part.split_off(part.len() / 2);
                parts.extend([later, part]);
            }
            _ => return Err(refusal.into()),
        }
    }
    Ok(queued)
}

fn writes(planned: &Planned) -> Vec<Write<Mutation>> {
    planned.iter().flat_map(|(_, writes)| writes.clone()).collect()
}

/// The line that a refusal is about, where it says so.
fn guilty(planned: &Planned, refusal: &outrigger_client::Error) -> Option<usize> {
    let outrigger_client::Error::Engine(outrigger_engine::Error::Missing { entity }) = refusal else {
        return None;
    };
    let is_about = |write: &Write<Mutation>| write.mutation.entity() == *entity;
    planned
        .iter()
        .rfind(|(_, writes)| writes.iter().any(is_about))
        .map(|(line, _)| *line)
}

fn fault(line: usize, error: &impl std::fmt::Display) -> Fault {
    Fault {
        line,
        message: format!("line {line}: {error}"),
    }
}

/// Files in the lines are found from where the file is; those of standard input from where this program was started.
fn folder(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}

async fn read(file: &Path) -> Result<(Vec<Line>, Vec<Fault>), Error> {
    let path = file.to_owned();
    tokio::task::spawn_blocking(move || open(&path).and_then(|from| parse(from, &path)))
        .await
        .map_err(|error| Error::Failed(format!("the file cannot be read: {error}")))?
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, Error> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = std::fs::File::open(path).map_err(|error| Error::file("read", path, error))?;
    Ok(Box::new(BufReader::new(file)))
}

fn parse(mut from: impl BufRead, path: &Path) -> Result<(Vec<Line>, Vec<Fault>), Error> {
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for number in 1.. {
        let mut text = String::new();
        let length = from
            .by_ref()
            .take(LINE_BYTES_MAX)
            .read_line(&mut text)
            .map_err(|error| Error::file("read", path, error))?;
        if length == 0 {
            break;
        }
        if length as u64 == LINE_BYTES_MAX || number > LINES_MAX {
            return Err(Error::Usage {
                message: format!("line {number} is too long, or there are too many"),
                advice: format!("a line has at most {LINE_BYTES_MAX} bytes, a file {LINES_MAX} lines"),
            });
        }
        match intake::parse(number, &text) {
            Ok(line) => lines.extend(line),
            Err(error) => faults.push(Fault {
                line: number,
                message: error.to_string(),
            }),
        }
    }
    Ok((lines, faults))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_line_is_told_by_its_number() {
        let text = "{\"v\":1,\"op\":\"posts.create\",\"text\":\"hi\"}\n\n{\"v\":2,\"op\":\"x\"}\nnonsense\n";
        let (lines, faults) = parse(text.as_bytes(), Path::new("-")).unwrap();
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [1]);
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [3, 4]);
        assert!(faults.iter().all(|fault| fault.message.starts_with("line ")));
    }
}
