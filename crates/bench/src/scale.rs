//! What a long queue costs: the same step, the same snapshot, the same accept on a queue of a thousand and on one of a million.
//!
//! Owns both queues and the turns between them. Each is filled by the workload in calls of 10,000, without waiting for the disk, and then opened again,
//! durable. What each measurement takes out of a queue is put back by as many new writes, so that the queues stay as long as they are.
//!
//! - *step*: the user comes online; one batch is chosen, marked, counted and spoken as a request. One commit.
//! - *status*: a step in which nothing happens, while offline: the state is read, and what the engine tells of it is worked out.
//! - *accept*: the answer to one write sent by itself; nothing is sent after it. One commit.

mod answers;
pub(crate) mod opened;

use outrigger_engine::http::HttpRequest;
use outrigger_engine::ids::AttemptId;
use outrigger_engine::{App, Effect, Event};
use outrigger_social::{Mutation, Social};
use std::path::{Path, PathBuf};

use crate::direct::{Direct, Manner, Owner};
use crate::error::Error;
use crate::figure::Figure;
use crate::place;
use crate::plain::Plain;
use crate::report::Row;
use crate::rounds::{Samples, Stopwatch};
use crate::run::Bench;
use crate::scene;
use crate::workload;

/// Writes in one call while a queue is filled.
const CALL: usize = 10_000;
const STEPS: usize = 51;
const SNAPSHOTS: usize = 501;
const ACCEPTS: usize = 101;
/// One request at a time.
const ONE: Manner = Manner {
    durable: true,
    concurrency: 1,
};

/// The queues, filled.
pub(crate) struct Queues {
    folder: PathBuf,
    long_and_short: [Queue; 2],
    empty: Queue,
}

/// Fills them. Takes a while, and lets others go on meanwhile.
pub(crate) async fn prepare(bench: &Bench<'_>) -> Result<Queues, Error> {
    let folder = bench.folder().join("scale");
    let [long, short] = bench.queues();
    Ok(Queues {
        long_and_short: [
            Queue::fill(bench, &folder, long).await?,
            Queue::fill(bench, &folder, short).await?,
        ],
        empty: Queue::fill(bench, &folder, 0).await?,
        folder,
    })
}

/// Measures lines 8 and 9.
pub(crate) async fn measure(bench: &Bench<'_>, mut queues: Queues) -> Result<Vec<Row>, Error> {
    bench.say("a long queue: steps");
    let steps = measure_steps(bench, &mut queues.long_and_short).await?;
    bench.say("a long queue: snapshots and accepts");
    let (snapshots, accepts) = measure_answers(bench, &mut queues.long_and_short).await?;
    bench.say("a long queue: opening");
    let mut rows = vec![
        Row::beside(Figure::ScaleStep, &steps[0], &steps[1]),
        Row::beside(Figure::ScaleStatus, &snapshots[0], &snapshots[1]),
        Row::beside(Figure::ScaleAccept, &accepts[0], &accepts[1]),
    ];
    let [long, _] = &queues.long_and_short;
    rows.extend(opened::measure(bench, &long.database, &queues.empty.database).await?);
    place::remove(&queues.folder)?;
    Ok(rows)
}

/// A queue of so many writes, and what would be written next.
struct Queue {
    database: PathBuf,
    more: Box<dyn Iterator<Item = Mutation>>,
}

impl Queue {
    async fn fill(bench: &Bench<'_>, folder: &Path, length: usize) -> Result<Self, Error> {
        let folder = folder.join(length.to_string());
        std::fs::create_dir_all(&folder).map_err(Error::io("make a folder"))?;
        let database = folder.join("outrigger.db");
        let mut direct = Direct::open(&database, app(), &Owner::nobody(), Manner::QUICK)?;
        for observation in scene::observations() {
            direct.observe(observation)?;
        }
        direct.set_online(false)?;
        let targets = scene::targets(direct.engine.db())?;
        let mut more = Box::new(workload::stream(targets, bench.order.seed));
        let mut left = length;
        while left > 0 {
            let some = left.min(CALL);
            direct.write_all(more.by_ref().take(some))?;
            left -= some;
            bench.say(&format!("a long queue: {} of {length} writes", length - left));
            bench.breathe().await;
        }
        direct.close()?;
        Ok(Self { database, more })
    }

    fn open<A: App>(&self, app: A) -> Result<Direct<A>, Error> {
        Direct::open(&self.database, app, &Owner::nobody(), ONE)
    }
}

fn app() -> Social {
    Social::new(scene::me())
}

/// Microseconds, for the long queue and for the short one.
type Both = [Samples; 2];

async fn measure_steps(bench: &Bench<'_>, queues: &mut [Queue; 2]) -> Result<Both, Error> {
    let mut engines = [queues[0].open(app())?, queues[1].open(app())?];
    let mut both = Both::default();
    for round in 0..=STEPS {
        bench.breathe().await;
        for ((queue, engine), samples) in queues.iter_mut().zip(&mut engines).zip(&mut both) {
            let watch = Stopwatch::start();
            let effects = engine.set_online(true)?;
            let took = watch.stop();
            if round > 0 {
                samples.push(took.seconds() * 1e6);
            }
            let (attempt, request) = sent(effects)?;
            engine.set_online(false)?;
            let (answer, items) = answers::to(&request)?;
            engine.step(&[Event::Answered { attempt, answer }])?;
            engine.write_all(queue.more.by_ref().take(items))?;
        }
    }
    for engine in engines {
        engine.close()?;
    }
    Ok(both)
}

/// Snapshots, then accepts.
async fn measure_answers(bench: &Bench<'_>, queues: &mut [Queue; 2]) -> Result<(Both, Both), Error> {
    let plain = || Plain(app());
    let mut engines = [queues[0].open(plain())?, queues[1].open(plain())?];
    let (mut snapshots, mut accepts) = (Both::default(), Both::default());
    for _ in 0..SNAPSHOTS {
        for (engine, samples) in engines.iter_mut().zip(&mut snapshots) {
            let watch = Stopwatch::start();
            engine.step(&[])?;
            samples.push(watch.stop().seconds() * 1e6);
        }
    }
    for round in 0..=ACCEPTS {
        bench.breathe().await;
        for ((queue, engine), samples) in queues.iter_mut().zip(&mut engines).zip(&mut accepts) {
            let (attempt, request) = sent(engine.set_online(true)?)?;
            engine.set_online(false)?;
            let (answer, items) = answers::to(&request)?;
            let event = [Event::Answered { attempt, answer }];
            let watch = Stopwatch::start();
            engine.step(&event)?;
            let took = watch.stop();
            if round > 0 {
                samples.push(took.seconds() * 1e6);
            }
            engine.write_all(queue.more.by_ref().take(items))?;
        }
    }
    for engine in engines {
        engine.close()?;
    }
    Ok((snapshots, accepts))
}

/// The one request that a step sent.
fn sent(effects: Vec<Effect>) -> Result<(AttemptId, HttpRequest), Error> {
    let sent = effects.into_iter().find_map(|effect| match effect {
        Effect::Send { attempt, request, .. } => Some((attempt, request)),
        _ => None,
    });
    sent.ok_or_else(|| Error::Unmeasured("a step sent nothing, though much waits".to_owned()))
}
