//! The laws: what must be so in every state of every world.
//!
//! Owns what is promised, and to whom. What counts is the server's present life as its users see it: an effect that a restored server took back is none, and
//! may come again; what the user had sent again although nobody knew whether it had arrived is the user's.

use stateright::Property;

use crate::bounds::{Bounds, ClientCopy, ServerCopy};
use crate::client::{Halt, Standing};
use crate::message::{Answer, Told};
use crate::names::{Sequence, Write};
use crate::world::{Happening, World};

/// A healed world that has not come to rest after so many steps never will.
const STEPS_MAX: usize = 200;

/// The laws of a world with these bounds.
pub fn of(bounds: &Bounds) -> Vec<Property<Bounds>> {
    let mut laws = vec![
        Property::always("a write has one effect at most", one_effect),
        Property::always("a lane takes effect in order", in_order),
        Property::always("what left the queue had its effect", left_with_evidence),
        Property::always("nothing vanishes", nothing_vanishes),
        Property::always(
            "what may be sent again is not forgotten",
            nothing_needed_is_forgotten,
        ),
        Property::always("no answer is another write's", |_, world: &World| {
            !world.server.mixed_up
        }),
        Property::sometimes("all that can be written arrives", all_arrives),
    ];
    if bounds.heals {
        laws.push(Property::always("once nothing goes wrong, all ends well", heals));
    }
    if bounds.client != ClientCopy::Never {
        laws.push(Property::sometimes("a copy is recognised", |_, world: &World| {
            halted(world, Halt::Rewound)
        }));
        laws.push(Property::sometimes("a write becomes uncertain", is_uncertain));
    }
    if bounds.server != ServerCopy::Never {
        laws.push(Property::sometimes(
            "a restored server is recognised",
            |_, world: &World| halted(world, Halt::ServerRestored),
        ));
        laws.push(Property::sometimes(
            "an effect is taken back",
            |_, world: &World| world.seen.taken_back != 0,
        ));
    }
    laws
}

fn writes(world: &World) -> impl Iterator<Item = Write> {
    (0..world.written).map(Write)
}

fn has(set: u8, write: Write) -> bool {
    set & write.bit() != 0
}

/// Creates: whatever happens. Other writes set something: one that is in two living copies may be set twice.
fn one_effect(bounds: &Bounds, world: &World) -> bool {
    writes(world).all(|write| {
        let effects = world.server.effects.iter().filter(|effect| effect.write == write);
        let is_exempt = has(world.seen.forced, write) || (!bounds.is_strict() && !write.is_create());
        effects.count() <= 1 || is_exempt
    })
}

/// No write takes effect before one that stood before it in its lane, on the same device, and still waits to be sent, or that took effect after it. What
/// the user took back or forced, and what a restored server took back, is out of its order: the user was told so.
fn in_order(bounds: &Bounds, world: &World) -> bool {
    let first = |write| {
        world
            .server
            .effects
            .iter()
            .position(|effect| effect.write == write)
    };
    let overtakes = |earlier: Write, later: Write| {
        let Some(at) = first(later) else { return false };
        match first(earlier) {
            Some(earlier) => earlier > at,
            None => world.clients.iter().any(|client| {
                let row = client.database.row(earlier);
                row.is_some_and(|row| row.standing == Standing::Waiting)
            }),
        }
    };
    writes(world).all(|later| {
        (0..later.0).map(Write).all(|earlier| {
            let comes_after = earlier.lane(bounds.lanes) == later.lane(bounds.lanes)
                && has(world.seen.after[usize::from(later.0)], earlier);
            let discarded = world
                .clients
                .iter()
                .fold(0, |all, client| all | client.database.discarded);
            let is_exempt = has(world.seen.forced | world.seen.taken_back | discarded, earlier);
            !comes_after || is_exempt || !overtakes(earlier, later)
        })
    })
}

/// What the client takes for done was done.
fn left_with_evidence(_: &Bounds, world: &World) -> bool {
    writes(world).all(|write| {
        let says_done = world
            .clients
            .iter()
            .any(|client| client.database.says_done(write));
        !says_done || has(world.seen.effects, write)
    })
}

/// A write is in the queue, in the journal, or the user took it back. What was written after a copy was made is not in the copy.
fn nothing_vanishes(bounds: &Bounds, world: &World) -> bool {
    bounds.client != ClientCopy::Never
        || writes(world).all(|write| {
            let database = &world.clients[0].database;
            let is_known =
                database.row(write).is_some() || database.journal.iter().any(|entry| entry.write == write);
            is_known || has(database.discarded, write)
        })
}

/// The watermark is below every sequence that is not settled. A copy may be behind it: that is how it is recognised.
fn nothing_needed_is_forgotten(bounds: &Bounds, world: &World) -> bool {
    bounds.client != ClientCopy::Never
        || world.clients.iter().all(|client| {
            let watermark = world.server.client(client.database.id).watermark;
            let open = client.database.rows.iter().filter_map(|row| row.sequence);
            open.min().is_none_or(|lowest| watermark < lowest)
        })
}

fn all_arrives(bounds: &Bounds, world: &World) -> bool {
    let is_empty = world
        .clients
        .iter()
        .all(|client| client.database.rows.is_empty() && client.database.discarded == 0);
    world.written == bounds.writes && is_empty && writes(world).all(|write| world.server.has(write))
}

fn halted(world: &World, wanted: Halt) -> bool {
    world
        .clients
        .iter()
        .any(|client| client.database.halt == Some(wanted))
}

fn is_uncertain(_: &Bounds, world: &World) -> bool {
    world.clients.iter().any(|client| {
        let mut rows = client.database.rows.iter();
        rows.any(|row| matches!(row.standing, Standing::Uncertain { .. }))
    })
}

/// From here on nothing goes wrong, nobody writes, and every client asks once how the server is: the machine comes to rest; then nothing waits but for
/// the user; what the client takes for done is so on the server as it is now; and once the user has decided, the queue is empty.
fn heals(bounds: &Bounds, world: &World) -> bool {
    let mut world = world.clone();
    probe(bounds, &mut world);
    let mut possible = Vec::new();
    for _ in 0..STEPS_MAX {
        possible.clear();
        world.steps(bounds, &mut possible);
        if possible.is_empty() {
            world.choices(&mut possible);
            possible.retain(|it| matches!(it, Happening::AcceptServer(_) | Happening::Discard(..)));
        }
        let Some(next) = possible.first() else {
            return rests_well(bounds, &world);
        };
        world.happen(bounds, next);
    }
    false
}

/// A probe's answer carries the epoch, and no watermark.
fn probe(bounds: &Bounds, world: &mut World) {
    let answer = Answer {
        epoch: world.server.epoch,
        watermark: None,
        told: Told::Applied(Vec::new()),
    };
    for client in &mut world.clients {
        client.notices(bounds, Sequence(0), &answer);
    }
}

fn rests_well(bounds: &Bounds, world: &World) -> bool {
    // Of a server that was restored silently it is only known that it never applies twice.
    let is_told = bounds.server != ServerCopy::RestoredSilently;
    world.clients.iter().all(|client| {
        let database = &client.database;
        let is_true = |write: Write| !database.says_done(write) || world.server.has(write);
        let rests = database.rows.is_empty() && database.halt.is_none() && client.memory.attempts.is_empty();
        rests && (!is_told || writes(world).all(is_true))
    })
}
