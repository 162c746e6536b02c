//! What it costs a drain to be observed.
//!
//! Owns the comparison: the same drain over loopback of half the workload, with and without somebody who takes every state and every change of an entity as
//! it comes. What is compared is the CPU time of this process, who observes included: on the clock the server's turns on the same cores would count
//! too, and they differ from drain to drain by more than what is looked for.

use outrigger_social::Social;
use std::time::Duration;

use crate::drain::{self, Watched};
use crate::error::Error;
use crate::figure::Figure;
use crate::place;
use crate::report::Row;
use crate::rounds::Samples;
use crate::run::Bench;
use crate::workload::Order;
use crate::world::World;

/// A difference of a few per cent wants more rounds than others.
const ROUNDS: usize = 9;

/// Measures line 10.
pub(crate) async fn measure(bench: &Bench<'_>) -> Result<Row, Error> {
    bench.say("status: preparing a server and a device");
    let half = Order {
        items: bench.order.items / 2,
        ..bench.order
    };
    let world = World::new(&bench.folder().join("status"), &bench.binary, half).await?;
    let mut times = <[Samples; 2]>::default();
    for round in 0..=ROUNDS {
        bench.round("status", round, ROUNDS + 1);
        // Who goes first takes turns too.
        let mut turns = [Watched::Yes, Watched::No];
        turns.rotate_left(round % 2);
        for watched in turns {
            let running = world
                .run(&world.server_data(), "observed", Duration::ZERO)
                .await?;
            let took = drain::drain(&world, Social::new(world.me.clone()), &running, watched).await?;
            running.end().await?;
            if round > 0 {
                let spent = took.cpu.map_or_else(|| took.seconds(), |cpu| cpu.as_secs_f64());
                times[usize::from(watched == Watched::No)].push(spent);
            }
        }
    }
    place::remove(&world.folder)?;
    let [observed, alone] = times;
    Ok(Row::beside(Figure::StatusObserve, &observed, &alone))
}
