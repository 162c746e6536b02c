//! How fast writes become durable: by one caller, by many, and all at once.
//!
//! Owns the contenders and their turns. Each has a database of its own, copied from the same scene, and takes the same writes in the same order; in each
//! round every contender takes the next part of them. The first part is not measured: it brings the write-ahead logs to their size.
//!
//! The limit is raw rusqlite as a careful programmer would use it: one transaction for each write, with a queue row in a table of its own (indexed by
//! the mutation's id and by what is due) and with the very changes that the engine makes to the app's own tables, by statements that are prepared once.
//! Its values are ready: it neither checks nor serialises a write, makes no base row and keeps no counters.

use futures_util::{StreamExt as _, TryStreamExt as _};
use outrigger_client::{Anonymous, Config, SyncService};
use outrigger_social::{Mutation, Social};
use rusqlite::types::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

use crate::direct::{Direct, Manner, Owner};
use crate::error::Error;
use crate::figure::Figure;
use crate::place;
use crate::replay::{self, Raw, Replay};
use crate::report::Row;
use crate::rounds::{ROUNDS, Samples, Stopwatch, Took};
use crate::run::Bench;
use crate::scene;
use crate::trace::{self, Change, Trace};
use crate::workload;

/// Parts that the workload is taken in; the first warms up.
const PARTS: usize = 8;
/// The raw queue: what a programmer would keep of a write that waits.
const RAW_QUEUE: &str = "
    CREATE TABLE raw_queue (
        place INTEGER NOT NULL PRIMARY KEY,
        mutation BLOB NOT NULL,
        name, entity_kind, entity, lane, state, due, attempts, written_at, payload
    );
    CREATE UNIQUE INDEX raw_queue_mutation ON raw_queue (mutation);
    CREATE INDEX raw_queue_due ON raw_queue (due, place) WHERE state = 1;";
const RAW_INSERT: &str = "INSERT INTO raw_queue (mutation, name, entity_kind, entity, lane, state, due, attempts, written_at, payload)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const RAW_COLUMNS: [&str; 10] = [
    "mutation",
    "name",
    "entity_kind",
    "entity",
    "lane",
    "state",
    "due",
    "attempts",
    "written_at",
    "payload",
];

/// Measures lines 1 to 3.
pub(crate) async fn measure(bench: &Bench<'_>) -> Result<Vec<Row>, Error> {
    bench.say("enqueue: preparing");
    let scene = Scene::new(&bench.folder().join("enqueue"), bench.order)?;
    let mut rows = one_by_one(bench, &scene).await?;
    rows.push(bulk(bench, &scene).await?);
    place::remove(&scene.folder)?;
    Ok(rows)
}

/// A device that knows people, what it will write, and the same as raw SQL.
struct Scene {
    folder: PathBuf,
    writes: Vec<Mutation>,
    replay: Replay,
}

impl Scene {
    fn new(folder: &Path, order: workload::Order) -> Result<Self, Error> {
        let device = folder.join("scene");
        std::fs::create_dir_all(&device).map_err(Error::io("make a folder"))?;
        let mut direct = open_direct(&device, Manner::QUICK)?;
        for observation in scene::observations() {
            direct.observe(observation)?;
        }
        direct.set_online(false)?;
        let targets = scene::targets(direct.engine.db())?;
        direct.close()?;
        let writes = workload::writes(&targets, order.seed, order.items);
        let mut scene = Self {
            folder: folder.to_owned(),
            writes,
            replay: Replay::default(),
        };
        scene.replay = scene.record()?;
        Ok(scene)
    }

    /// A copy for one contender.
    fn copy(&self, name: &str) -> Result<PathBuf, Error> {
        let to = self.folder.join(name);
        place::copy(&self.folder.join("scene"), &to)?;
        Ok(to)
    }

    /// Runs the engine once, and keeps what it stored.
    fn record(&self) -> Result<Replay, Error> {
        let folder = self.copy("recorded")?;
        let database = database(&folder);
        trace::install(&database)?;
        let mut direct = open_direct(&folder, Manner::QUICK)?;
        let mut marks = Vec::with_capacity(self.writes.len());
        for write in &self.writes {
            direct.write_all([write.clone()])?;
            marks.push(trace::mark(direct.engine.db())?);
        }
        direct.close()?;
        let trace = trace::take(&database)?;
        place::remove(&folder)?;
        let mut replay = Replay::of(&trace, &marks, |table| !table.name.starts_with("outrigger_"));
        for (index, values) in queue_rows(&trace).into_iter().enumerate() {
            replay.prepend(index, RAW_INSERT, values);
        }
        Ok(replay)
    }

    /// A copy for raw rusqlite.
    fn copy_raw(&self, name: &str) -> Result<rusqlite::Connection, Error> {
        let db = replay::open(&database(&self.copy(name)?), false)?;
        db.execute_batch(RAW_QUEUE)?;
        Ok(db)
    }

    async fn open_service(&self, name: &str) -> Result<SyncService<Social>, Error> {
        let folder = self.copy(name)?;
        let Owner { server, account } = Owner::nobody();
        let server = Url::parse(&server).expect("BUG: nobody's address is a URL");
        let config = Config::new(
            database(&folder),
            folder.join("files"),
            server,
            account,
            Arc::new(Anonymous),
        );
        Ok(SyncService::open(Social::new(scene::me()), config).await?)
    }
}

fn database(folder: &Path) -> PathBuf {
    folder.join("outrigger.db")
}

fn open_direct(folder: &Path, manner: Manner) -> Result<Direct<Social>, Error> {
    Direct::open(
        &database(folder),
        Social::new(scene::me()),
        &Owner::nobody(),
        manner,
    )
}

/// What the engine queued, in order, as values of the raw queue. A column that it no longer has is NULL.
fn queue_rows(trace: &Trace) -> Vec<Vec<Value>> {
    let queued = trace.changes.iter().filter_map(|traced| {
        let table = &trace.tables[traced.table];
        match &traced.change {
            Change::Inserted(record) if table.name == "outrigger_queue" => Some((table, record)),
            _ => None,
        }
    });
    let value = |(table, record): (&trace::Table, &trace::Record)| {
        let column = |column: &&str| match *column {
            // As it stands when it waits for nothing but its turn.
            "state" => Value::Integer(1),
            name => table.value(record, name).cloned().unwrap_or(Value::Null),
        };
        RAW_COLUMNS.iter().map(column).collect()
    };
    queued.map(value).collect()
}

/// What one contender took in each round.
#[derive(Default)]
struct Rates {
    engine: Samples,
    service: Samples,
    raw: Samples,
    callers: [Samples; 2],
}

/// Lines 1 and 2.
async fn one_by_one(bench: &Bench<'_>, scene: &Scene) -> Result<Vec<Row>, Error> {
    const CALLERS: [usize; 2] = [16, 64];
    let mut direct = open_direct(&scene.copy("engine")?, Manner::DURABLE)?;
    let raw_db = scene.copy_raw("raw")?;
    let mut raw = Raw::new(&raw_db, &scene.replay)?;
    let service = scene.open_service("service").await?;
    let crowds = [
        scene.open_service("crowd16").await?,
        scene.open_service("crowd64").await?,
    ];
    let mut rates = Rates::default();
    let part = bench.durable(scene.writes.len() / PARTS, 4.0).max(1);
    let parts = scene
        .writes
        .chunks(part)
        .zip(scene.replay.transactions.chunks(part));
    for (round, (writes, transactions)) in parts.take(PARTS).enumerate() {
        bench.round("enqueue: one by one", round, PARTS);
        let is_measured = round > 0;
        let keep = |samples: &mut Samples, took: Took| {
            if is_measured {
                samples.push(took.rate(writes.len()));
            }
        };
        let ours = writes.to_vec();
        let watch = Stopwatch::start();
        for write in ours {
            direct.write_all([write])?;
        }
        keep(&mut rates.engine, watch.stop());
        let watch = Stopwatch::start();
        raw.run(transactions)?;
        keep(&mut rates.raw, watch.stop());
        bench.breathe().await;
        keep(&mut rates.service, calls(&service, writes, 1).await?);
        for ((crowd, callers), samples) in crowds.iter().zip(CALLERS).zip(&mut rates.callers) {
            keep(samples, calls(crowd, writes, callers).await?);
        }
    }
    for service in [service].iter().chain(&crowds) {
        service.close().await?;
    }
    Ok(vec![
        Row::beside(Figure::EnqueueOneEngine, &rates.engine, &rates.raw),
        Row::beside(Figure::EnqueueOneService, &rates.service, &rates.raw),
        Row::beside(Figure::EnqueueCallers16, &rates.callers[0], &rates.service),
        Row::beside(Figure::EnqueueCallers64, &rates.callers[1], &rates.service),
    ])
}

/// So many callers, each of whom writes again once its last write is durable. They begin in the order of the workload, since a comment needs its post.
async fn calls(service: &SyncService<Social>, writes: &[Mutation], callers: usize) -> Result<Took, Error> {
    let writes = writes.to_vec();
    let watch = Stopwatch::start();
    let written = futures_util::stream::iter(writes)
        .map(|write| service.mutate(write))
        .buffer_unordered(callers);
    written.try_for_each(async |_| Ok(())).await?;
    Ok(watch.stop())
}

/// Line 3.
async fn bulk(bench: &Bench<'_>, scene: &Scene) -> Result<Row, Error> {
    let (mut ours, mut limit) = (Samples::default(), Samples::default());
    let all = scene.replay.in_one();
    for round in 0..=ROUNDS {
        bench.round("enqueue: all in one call", round, ROUNDS + 1);
        let is_measured = round > 0;
        let service = scene.open_service("bulk").await?;
        let writes = scene.writes.iter().cloned().map(Into::into).collect();
        let watch = Stopwatch::start();
        let written = service.mutate_all(writes).await?;
        let took = watch.stop();
        drop(written);
        service.close().await?;
        let db = scene.copy_raw("raw-bulk")?;
        let mut raw = Raw::new(&db, &all)?;
        let watch = Stopwatch::start();
        raw.run(&all.transactions)?;
        let raw_took = watch.stop();
        if is_measured {
            ours.push(took.rate(scene.writes.len()));
            limit.push(raw_took.rate(scene.writes.len()));
        }
        drop(raw);
        drop(db);
        place::remove(&scene.folder.join("bulk"))?;
        place::remove(&scene.folder.join("raw-bulk"))?;
    }
    Ok(Row::beside(Figure::EnqueueBulk, &ours, &limit))
}
