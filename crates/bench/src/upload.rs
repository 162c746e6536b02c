//! How fast files arrive: posts with one picture each, by resumable uploads over loopback.
//!
//! Owns the pictures and both contenders. Ours sends each file in parts, and can go on after any of them; the limit creates the same uploads by tus and
//! sends each file in one PATCH, two files at once as we do. Both end with the posts that show them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use outrigger_client::{Config, FixedToken, Secret, SyncService};
use outrigger_engine::Write;
use outrigger_engine::ids::Sha256;
use outrigger_social::Social;
use outrigger_social::id::PostId;
use outrigger_social::mutation::{Mutation, PostChange};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use reqwest::Method;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

use crate::error::Error;
use crate::figure::Figure;
use crate::http::{Http, Ready};
use crate::place;
use crate::report::Row;
use crate::rounds::{ROUNDS, Samples, Stopwatch, Took};
use crate::run::Bench;
use crate::workload::Order;
use crate::world::World;

const FILES: usize = 4;
const AT_ONCE: usize = 2;
const FILE_BYTES: usize = 8 << 20;
/// For a workload that is smaller than usual.
const SMALL_FILE_BYTES: usize = 1 << 20;
/// What the server looks at to know a picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
const MEDIA_TYPE: &str = "image/png";

/// Measures line 13.
pub(crate) async fn measure(bench: &Bench<'_>) -> Result<Row, Error> {
    bench.say("upload: preparing a server");
    let nothing = Order {
        items: 0,
        ..bench.order
    };
    let world = World::new(&bench.folder().join("upload"), &bench.binary, nothing).await?;
    let bytes = if bench.order.items < crate::workload::ITEMS {
        SMALL_FILE_BYTES
    } else {
        FILE_BYTES
    };
    let (mut ours, mut limit) = (Samples::default(), Samples::default());
    for round in 0..=ROUNDS {
        bench.round("upload", round, ROUNDS + 1);
        let pictures: Vec<Bytes> = (0..FILES)
            .map(|number| picture(bench.order.seed, round * FILES + number, bytes))
            .collect();
        let took = [uploaded(&world, &pictures).await?, raw(&world, &pictures).await?];
        let mebibytes = (FILES * bytes) as f64 / f64::from(1 << 20);
        if round > 0 {
            ours.push(mebibytes / took[0].seconds());
            limit.push(mebibytes / took[1].seconds());
        }
    }
    place::remove(&world.folder)?;
    Ok(Row::beside(Figure::UploadLoopback, &ours, &limit))
}

/// Bytes that begin as a picture does, and that no other file has.
fn picture(seed: u64, number: usize, size: usize) -> Bytes {
    let mut bytes = vec![0; size];
    StdRng::seed_from_u64(seed.wrapping_add(number as u64)).fill_bytes(&mut bytes);
    bytes[..PNG.len()].copy_from_slice(PNG);
    bytes.into()
}

/// From going online to the last post, by the service.
async fn uploaded(world: &World, pictures: &[Bytes]) -> Result<Took, Error> {
    let running = world.run(&world.server_data(), "uploads", Duration::ZERO).await?;
    let database = world.copy_device(&running)?;
    let token = Arc::new(FixedToken(Secret::new(world.token.clone())));
    let files = running.folder.join("device/files");
    let config = Config::new(database, files, running.server.url(), world.me.id.clone(), token);
    let service = SyncService::open(Social::new(world.me.clone()), config).await?;
    for (number, bytes) in pictures.iter().enumerate() {
        let staged = service.stage_bytes(bytes.to_vec()).await?;
        let post = PostChange::Create {
            id: PostId(service.new_id()),
            text: format!("picture {number}"),
            media: vec![(&staged).into()],
        };
        service
            .mutate(Write {
                id: None,
                mutation: Mutation::Post(post),
                files: vec![staged],
            })
            .await?;
    }
    let mut states = service.state();
    let watch = Stopwatch::start();
    service.set_online(true).await?;
    let over = states
        .wait_for(|state| state.failed > 0 || (state.pending == 0 && state.in_flight == 0))
        .await;
    let took = watch.stop();
    let failed = over.map_or(u64::MAX, |state| state.failed);
    service.close().await?;
    running.end().await?;
    match failed {
        0 => Ok(took),
        _ => Err(Error::Unmeasured("a picture did not arrive".to_owned())),
    }
}

/// The same by hand.
async fn raw(world: &World, pictures: &[Bytes]) -> Result<Took, Error> {
    let running = world
        .run(&world.server_data(), "raw-uploads", Duration::ZERO)
        .await?;
    let http = Http::new(&running.server.url(), Some(&world.token))?;
    // Digests are ready, as ours are since the files were staged.
    let mut waiting: Vec<(Bytes, Sha256)> = pictures
        .iter()
        .map(|bytes| (bytes.clone(), Sha256::of(bytes)))
        .collect();
    let watch = Stopwatch::start();
    let mut working = JoinSet::new();
    while !waiting.is_empty() || !working.is_empty() {
        while working.len() < AT_ONCE
            && let Some((bytes, digest)) = waiting.pop()
        {
            let http = http.clone();
            working.spawn(async move { one(&http, bytes, digest).await });
        }
        if let Some(done) = working.join_next().await {
            done.map_err(|error| Error::Unmeasured(format!("an upload was lost: {error}")))??;
        }
    }
    let took = watch.stop();
    drop(http);
    running.end().await?;
    Ok(took)
}

async fn one(http: &Http, bytes: Bytes, digest: Sha256) -> Result<(), Error> {
    let length = bytes.len().to_string();
    let metadata = format!(
        "type {},sha256 {}",
        STANDARD.encode(MEDIA_TYPE),
        STANDARD.encode(digest.to_string())
    );
    let create = [
        ("upload-length", length.as_str()),
        ("upload-metadata", metadata.as_str()),
        ("tus-resumable", "1.0.0"),
    ];
    let created = http
        .make(&Ready::with_bytes(
            Method::POST,
            "/v1/uploads",
            &create,
            Bytes::new(),
        )?)
        .await?;
    created.expect_success()?;
    let location = created
        .response()
        .header("location")
        .unwrap_or_default()
        .to_owned();
    let part = [
        ("content-type", "application/offset+octet-stream"),
        ("upload-offset", "0"),
        ("tus-resumable", "1.0.0"),
    ];
    http.make(&Ready::with_bytes(Method::PATCH, &location, &part, bytes)?)
        .await?
        .expect_success()?;
    let upload = location.rsplit('/').next().unwrap_or_default();
    http.ask(
        "POST",
        "/v1/posts",
        Some(&json!({ "text": "a picture", "media": [upload] })),
    )
    .await?;
    Ok(())
}
