//! Our drain: a device that goes online, until nothing waits on it any more.
//!
//! Owns the one contender that is not a limit: the real service, as an app has it. Never looks into its queue.

use outrigger_client::{Config, FixedToken, Secret, SyncService};
use outrigger_engine::{App, SyncState};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

use crate::error::Error;
use crate::rounds::{Stopwatch, Took};
use crate::world::{self, Running, World};

/// Whether somebody looks on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watched {
    No,
    /// Every state, and every change of an entity.
    Yes,
}

/// One drain, on copies that are removed afterwards.
pub(crate) async fn whole<A: App>(world: &World, app: A, delay: Duration) -> Result<Took, Error> {
    let running = world
        .run(
            &world.server_data(),
            &format!("ours-{}", delay.as_millis()),
            delay,
        )
        .await?;
    let took = drain(world, app, &running, Watched::No).await?;
    running.end().await?;
    Ok(took)
}

/// Drains a copy of the device to this server.
pub(crate) async fn drain<A: App>(
    world: &World,
    app: A,
    running: &Running,
    watched: Watched,
) -> Result<Took, Error> {
    let database = world.copy_device(running)?;
    let service = open(world, app, running, &database).await?;
    let looking = match watched {
        Watched::No => Vec::new(),
        Watched::Yes => look_on(&service)?,
    };
    let mut states = service.state();
    let watch = Stopwatch::start();
    service.set_online(true).await?;
    let is_over = |state: &SyncState| state.failed > 0 || (state.pending == 0 && state.in_flight == 0);
    let state = states.wait_for(is_over).await;
    let took = watch.stop();
    let failed = state.map(|state| state.failed).unwrap_or(u64::MAX);
    service.close().await?;
    looking.iter().for_each(JoinHandle::abort);
    if failed > 0 {
        return Err(Error::Unmeasured(format!(
            "{failed} writes of a drain did not arrive"
        )));
    }
    // What the server has committed, another connection reads.
    let arrived = world::arrived(&running.folder.join("server"), &world.me.id)?;
    if arrived != world::expected(&world.writes) {
        return Err(Error::Unmeasured(format!(
            "a drain lost or doubled something: {arrived:?} arrived"
        )));
    }
    Ok(took)
}

async fn open<A: App>(
    world: &World,
    app: A,
    running: &Running,
    database: &Path,
) -> Result<SyncService<A>, Error> {
    let files = running.folder.join("device/files");
    let token = Arc::new(FixedToken(Secret::new(world.token.clone())));
    let config = Config::new(database, files, running.server.url(), world.me.id.clone(), token);
    Ok(SyncService::open(app, config).await?)
}

/// Somebody who takes every state and every change as it comes.
fn look_on<A: App>(service: &SyncService<A>) -> Result<Vec<JoinHandle<usize>>, Error> {
    let mut states = service.state();
    let mut changes = service.changes()?;
    let of_states = async move {
        let mut seen = 0;
        while states.changed().await.is_ok() {
            let state = states.borrow_and_update().clone();
            seen += usize::from(state.pending > 0);
        }
        seen
    };
    let of_changes = async move {
        let mut seen = 0;
        while changes.next().await.is_some() {
            seen += 1;
        }
        seen
    };
    Ok(vec![tokio::spawn(of_states), tokio::spawn(of_changes)])
}
