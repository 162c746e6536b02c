//! How fast what waits arrives: by batches, one by one, over a long line; what it costs the client; and how fast the server takes it.
//!
//! Owns the contenders and their turns. Every round begins with copies of the same two databases, and every contender talks to the same real server,
//! in a process of its own on a copy of the same data. What is counted, from going online to the last commit: all that the client does, connections
//! and commits included. That everything arrived is looked up in the server's database, in every round.
//!
//! The limits:
//! - *raw HTTP*: the requests of one such drain, recorded, made again by the same HTTP library on as many connections, from a client of another name. The
//!   posts that the bytes name are there already, so no request waits for another. See [`record`].
//! - *raw rusqlite*, for the CPU time and for the server: the rows that were changed, by plain SQL. See [`crate::replay`].
//! - *the seed loop*: see [`seed_loop`].
//!
//! The CPU time of the client is that of this process, kernel included, while it drains over loopback. Its limit is the sum of what the raw HTTP client
//! takes for the same requests, and raw rusqlite for the same net row changes in transactions of the same size: rows are marked as sent and their
//! requests kept; then, as the answers come, the server's id is kept, the app's row and its base updated, the outcome put down in the journal, and the
//! queue's row removed with all that belongs to it. Building and reading JSON is not part of it.

mod ours;
mod record;
mod seed_loop;

use outrigger_social::Social;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::figure::Figure;
use crate::http::{Answered, Http, Ready};
use crate::place;
use crate::plain::Plain;
use crate::replay::{self, Raw, Replay};
use crate::report::Row;
use crate::rounds::{ROUNDS, Samples, Stopwatch, Took};
use crate::run::Bench;
use crate::world::{self, World};
use record::Recording;

pub(crate) use ours::{Watched, drain};

/// Connections: as many as the client has, with batches and without.
const BATCH_CONNECTIONS: usize = 4;
const PLAIN_CONNECTIONS: usize = 16;
/// The long line.
const RTT: Duration = Duration::from_millis(50);
/// The seed loop takes this part of the workload: it does nothing faster or slower later on.
const SEED_PART: usize = 5;

/// Measures lines 4 to 7, and 11, but for what takes half a minute of waiting.
pub(crate) async fn measure(bench: &Bench<'_>) -> Result<(Vec<Row>, LongLine), Error> {
    bench.say("drain: preparing a server and a device");
    let world = World::new(&bench.folder().join("drain"), &bench.binary, bench.order).await?;
    bench.say("drain: recording the requests and the rows");
    let batches = record::record(
        &world,
        Social::new(world.me.clone()),
        "batches",
        BATCH_CONNECTIONS,
    )
    .await?;
    let plain = record::record(
        &world,
        Plain(Social::new(world.me.clone())),
        "plain",
        PLAIN_CONNECTIONS,
    )
    .await?;
    let mut rates = Rates::default();
    for round in 0..ROUNDS {
        // Recording has warmed up what there is to warm up.
        bench.round("drain", round, ROUNDS);
        rates.keep(one_round(bench, &world, &batches).await?);
    }
    Ok((rates.rows(), LongLine { world, plain }))
}

/// What is left: a drain without batches over a long line. Nobody has much to do meanwhile, so the long queue is filled beside it: what that disturbs (a
/// per cent or two) it disturbs on both sides.
pub(crate) struct LongLine {
    world: World,
    plain: Recording,
}

impl LongLine {
    /// Ours and the raw HTTP client at the same time, each with a server of its own: both wait for the line. Once, since it takes half a minute.
    pub(crate) async fn measure(self, bench: &Bench<'_>) -> Result<Row, Error> {
        bench.say("drain: without batches at 50 ms (half a minute)");
        let app = Plain(Social::new(self.world.me.clone()));
        let (ours, limit) = tokio::try_join!(
            ours::whole(&self.world, app, RTT),
            raw_http(&self.world, &self.plain, PLAIN_CONNECTIONS, RTT)
        )?;
        place::remove(&self.world.folder)?;
        let one = |took: Took| std::iter::once(took.seconds()).collect();
        Ok(Row::beside(Figure::DrainRtt50Plain, &one(ours), &one(limit)))
    }
}

/// What everybody took in one round.
struct Round {
    items: usize,
    seed_items: usize,
    batches: Took,
    http: Took,
    seed: Took,
    plain: Took,
    device_rows: Took,
    server_rows: Took,
    slow: [Took; 2],
}

async fn one_round(bench: &Bench<'_>, world: &World, recorded: &Recording) -> Result<Round, Error> {
    let app = || Social::new(world.me.clone());
    let seed_items = bench.durable(world.writes.len() / SEED_PART, 4.0);
    let batches = ours::whole(world, app(), Duration::ZERO).await?;
    let http = raw_http(world, recorded, BATCH_CONNECTIONS, Duration::ZERO).await?;
    let seed = seed_loop::whole(world, &world.writes[..seed_items]).await?;
    let plain = ours::whole(world, Plain(app()), Duration::ZERO).await?;
    let device_rows = raw_rows(world, &world.database(), &recorded.device, false)?;
    let server = world::server_database(&world.server_data());
    let server_rows = raw_rows(world, &server, &recorded.server, true)?;
    bench.breathe().await;
    let slow = [
        ours::whole(world, app(), RTT).await?,
        raw_http(world, recorded, BATCH_CONNECTIONS, RTT).await?,
    ];
    Ok(Round {
        items: world.writes.len(),
        seed_items,
        batches,
        http,
        seed,
        plain,
        device_rows,
        server_rows,
        slow,
    })
}

/// The recorded requests, made again.
async fn raw_http(
    world: &World,
    recorded: &Recording,
    connections: usize,
    delay: Duration,
) -> Result<Took, Error> {
    let running = world.run(&recorded.server_before, "raw-http", delay).await?;
    let http = Http::new(&running.server.url(), Some(&world.token))?;
    let took = post(&http, &recorded.requests, connections).await?;
    drop(http);
    running.end().await?;
    Ok(took)
}

/// Measures only the making; that all of them did what they should is looked at afterwards.
async fn post(http: &Http, requests: &Arc<Vec<Ready>>, connections: usize) -> Result<Took, Error> {
    let watch = Stopwatch::start();
    let answers = http.make_all(requests, connections).await?;
    let took = watch.stop();
    answers.iter().try_for_each(Answered::expect_success)?;
    Ok(took)
}

/// The recorded row changes, made again by raw rusqlite on a copy of what they were made on.
fn raw_rows(world: &World, before: &Path, replay: &Replay, foreign_keys: bool) -> Result<Took, Error> {
    let folder = world.folder.join("raw-rows");
    std::fs::create_dir_all(&folder).map_err(Error::io("make a folder"))?;
    let copy = folder.join("copy.db");
    std::fs::copy(before, &copy).map_err(Error::io("copy a database"))?;
    let db = replay::open(&copy, foreign_keys)?;
    let mut raw = Raw::new(&db, replay)?;
    let watch = Stopwatch::start();
    raw.run(&replay.transactions)?;
    let took = watch.stop();
    drop(raw);
    drop(db);
    place::remove(&folder)?;
    Ok(took)
}

/// What everybody took in all rounds.
#[derive(Default)]
struct Rates {
    batches: Samples,
    http: Samples,
    seed: Samples,
    plain: Samples,
    cpu: Samples,
    http_cpu: Samples,
    rows_cpu: Samples,
    server_rows: Samples,
    slow: [Samples; 2],
}

impl Rates {
    fn keep(&mut self, round: Round) {
        let items = round.items;
        self.batches.push(round.batches.rate(items));
        self.http.push(round.http.rate(items));
        self.seed.push(round.seed.rate(round.seed_items));
        self.plain.push(round.plain.rate(items));
        self.server_rows.push(round.server_rows.rate(items));
        for (samples, took) in [
            (&mut self.cpu, round.batches),
            (&mut self.http_cpu, round.http),
            (&mut self.rows_cpu, round.device_rows),
        ] {
            if let Some(cpu) = took.cpu {
                samples.push(cpu.as_secs_f64());
            }
        }
        for (samples, took) in self.slow.iter_mut().zip(round.slow) {
            samples.push(took.seconds());
        }
    }

    fn rows(&self) -> Vec<Row> {
        let [slow, slow_limit] = &self.slow;
        let cpu = if self.cpu.len() == 0 {
            Row::missing(Figure::DrainCpu, "this system does not tell a process's CPU time")
        } else {
            Row::beside(Figure::DrainCpu, &self.cpu, &self.http_cpu.plus(&self.rows_cpu))
        };
        vec![
            Row::beside(Figure::DrainBatchesSeed, &self.batches, &self.seed),
            Row::beside(Figure::DrainBatchesHttp, &self.batches, &self.http),
            Row::beside(Figure::DrainPlainSeed, &self.plain, &self.seed),
            Row::beside(Figure::DrainRtt50Batches, slow, slow_limit),
            cpu,
            Row::beside(Figure::ServerBatches, &self.http, &self.server_rows),
        ]
    }
}
