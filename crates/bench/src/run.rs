//! One run of the bench: which groups, in which order, and where its files are.
//!
//! Owns the folder of the run and what is said while it goes on. Never measures.

use std::path::{Path, PathBuf};
use tempfile::TempDir;

use crate::error::Error;
use crate::figure::Figure;
use crate::machine::{self, Machine};
use crate::report::{Mix, Report, Row, Workload};
use crate::workload::{self, Order};
use crate::{binary, chart, drain, enqueue, place, scale, status, upload};

/// Writes that wait in a long queue, at most, and for each write of the workload.
const LONG_MAX: usize = 1_000_000;
const LONG_FOR_EACH: usize = 100;
/// Things in one measurement, at least.
const LEAST: usize = 50;
/// Writes that wait in the short queue that it is compared with.
const SHORT: usize = 1_000;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// How fast writes become durable.
    Enqueue,
    /// How fast they arrive, and how fast the server takes them.
    Drain,
    /// What a long queue costs; the size and the start of the program.
    Scale,
    /// What it costs to be observed.
    Status,
    /// How fast files arrive.
    Upload,
    /// All of them.
    All,
}

impl Group {
    fn has(self, group: Self) -> bool {
        self == Self::All || self == group
    }
}

/// What a run is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is measured.
    pub group: Group,
    /// Writes.
    pub items: usize,
    /// Decides which.
    pub seed: u64,
    /// The program that the bench is part of: servers and clients whose work is measured apart are processes of it.
    pub binary: PathBuf,
}

/// A run under way.
pub(crate) struct Bench<'a> {
    folder: TempDir,
    pub(crate) binary: PathBuf,
    pub(crate) order: Order,
    /// Of a commit, roughly.
    sync_us: f64,
    say: &'a dyn Fn(&str),
}

impl Bench<'_> {
    /// How many things that wait for the disk so often are measured in one go: as many as are wanted, but no more than a slow disk does in a second
    /// and a half, nor fewer than say something.
    pub(crate) fn durable(&self, wanted: usize, syncs: f64) -> usize {
        let in_time = 1_500_000.0 / (self.sync_us * syncs).max(1.0);
        wanted.min((in_time as usize).max(LEAST))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Says what is done now.
    pub(crate) fn say(&self, what: &str) {
        (self.say)(what);
    }

    /// The same with the number of the round, from 0.
    pub(crate) fn round(&self, what: &str, round: usize, of: usize) {
        self.say(&format!("{what}, round {} of {of}", round + 1));
    }

    /// Lets whoever wants to end the run do so.
    pub(crate) async fn breathe(&self) {
        tokio::task::yield_now().await;
    }

    /// How many writes wait in a long queue, and in the short one that it is compared with.
    pub(crate) fn queues(&self) -> [usize; 2] {
        let long = (self.order.items * LONG_FOR_EACH).min(LONG_MAX);
        [long, SHORT.min(long)]
    }
}

/// Measures. Says now and then what is being done.
///
/// # Errors
/// Where something could not be measured; then nothing is left behind.
pub async fn run(options: &Options, say: &dyn Fn(&str)) -> Result<Report, Error> {
    let order = Order {
        seed: options.seed,
        items: options.items,
    };
    say("looking at the machine");
    let folder = place::folder()?;
    let machine = machine::look(folder.path())?;
    let bench = Bench {
        folder,
        binary: options.binary.clone(),
        order,
        sync_us: machine.sync_us,
        say,
    };
    let group = options.group;
    let mut rows = Vec::new();
    if group.has(Group::Enqueue) {
        rows.extend(enqueue::measure(&bench).await?);
    }
    let mut line = None;
    if group.has(Group::Drain) {
        let (measured, left) = drain::measure(&bench).await?;
        rows.extend(measured);
        line = Some(left);
    }
    // The one waits for a line, the other fills a queue.
    let line = async {
        match line {
            Some(line) => line.measure(&bench).await.map(Some),
            None => Ok(None),
        }
    };
    let queues = async {
        match group.has(Group::Scale) {
            true => scale::prepare(&bench).await.map(Some),
            false => Ok(None),
        }
    };
    let (line, queues) = tokio::try_join!(line, queues)?;
    rows.extend(line);
    if let Some(queues) = queues {
        rows.extend(scale::measure(&bench, queues).await?);
        rows.extend(binary::measure(&bench).await?);
    }
    if group.has(Group::Status) {
        rows.push(status::measure(&bench).await?);
    }
    if group.has(Group::Upload) {
        rows.push(upload::measure(&bench).await?);
    }
    rows.sort_by_key(|row: &Row| Figure::ALL.iter().position(|figure| *figure == row.figure));
    Ok(Report {
        notes: notes(&machine, &bench),
        machine,
        workload: told(&bench),
        rows,
    })
}

fn told(bench: &Bench<'_>) -> Workload {
    let [posts, comments, likes] = workload::MIX;
    Workload {
        seed: bench.order.seed,
        items: bench.order.items,
        mix: Mix {
            posts,
            comments,
            likes,
            messages: 100 - posts - comments - likes,
        },
        bytes: workload::TEXT_BYTES,
        conversations: workload::CONVERSATIONS,
        feed_posts: workload::FEED_POSTS,
        long_queue: bench.queues()[0],
    }
}

fn notes(machine: &Machine, bench: &Bench<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if machine.is_debug() {
        notes.push("debug build: these figures mean nothing; build with --release".to_owned());
    }
    if machine.is_memory() {
        notes.push("tmpfs: the disk's part is missing; name a folder on a disk in TMPDIR".to_owned());
    }
    if bench.order.items != workload::ITEMS {
        let told = |count: usize| chart::thousands(count as f64);
        notes.push(format!(
            "{} writes instead of {}: the reaches of the drain at 50 ms are for {}; the long queue holds {}",
            told(bench.order.items),
            told(workload::ITEMS),
            told(workload::ITEMS),
            told(bench.queues()[0]),
        ));
    }
    notes
}
