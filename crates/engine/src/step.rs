//! One step: what a transaction knows and gathers while it runs.
//!
//! Owns nothing durable. What it gathered becomes effects and memory only after the commit.

use outrigger_planted::{self as planted, Bug};
use rand::RngExt as _;
use rand::rngs::StdRng;
use std::collections::BTreeSet;

use crate::app::App;
use crate::db::Db;
use crate::engine::{Limits, Options};
use crate::error::Error;
use crate::event::{Effect, Reply};
use crate::idmap::{IdMap, Ids};
use crate::ids::{AttemptId, CallId, Entity, Key, MutationId, Place};
use crate::push::{Attempt, Attempts};
use crate::schema::Identity;
use crate::state::State;
use crate::status::Outcome;
use crate::time::{Millis, Tick, Wall};
use crate::transaction::Undo;

/// The transaction in hand.
pub(crate) struct Step<'a, A: App> {
    pub(crate) db: Db<'a>,
    pub(crate) app: &'a A,
    pub(crate) options: &'a Options,
    pub(crate) rng: &'a mut StdRng,
    pub(crate) wall: Wall,
    pub(crate) tick: Tick,
    pub(crate) state: State,
    pub(crate) identity: Identity,
    /// What is under way, as of the last commit and with what this step opened and closed.
    pub(crate) attempts: Attempts,
    pub(crate) gathered: Gathered,
    /// How a part of it is undone.
    pub(crate) undo: Undo,
    /// Set where a part must be undone and cannot be: all of it runs again.
    pub(crate) needs_savepoints: bool,
}

/// What a step knows in memory that a part of it may have to undo.
pub(crate) struct Remembered {
    state: State,
    attempts: Attempts,
    effects: usize,
}

/// What leaves after the commit.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) effects: Vec<Effect>,
    pub(crate) changed: BTreeSet<Entity>,
}

impl<A: App> Step<'_, A> {
    pub(crate) fn ids(&self) -> Ids<'_> {
        Ids::new(&self.db)
    }

    pub(crate) fn id_map(&mut self) -> IdMap<'_> {
        IdMap {
            db: &self.db,
            clock: &mut self.state.ids,
            wall: self.wall,
            rng: self.rng,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.options.limits
    }

    pub(crate) fn new_uuid(&mut self) -> uuid::Uuid {
        self.state.ids.next(self.wall, self.rng)
    }

    /// The place after all others.
    pub(crate) fn new_place(&mut self) -> Place {
        let place = Place(self.state.place_next);
        self.state.place_next += 1;
        place
    }

    pub(crate) fn new_key(&mut self) -> Key {
        Key(self.new_uuid())
    }

    /// A duration drawn evenly from zero to `most` (full jitter).
    pub(crate) fn jitter(&mut self, most: Millis) -> Millis {
        Millis(self.rng.random_range(0..=most.0.max(0)))
    }

    /// Whether the connection waits, as the server asked for or after failures.
    pub(crate) fn is_paused(&self) -> bool {
        self.state.connection.waits_until() > self.tick.0
    }

    pub(crate) fn remember(&self) -> Remembered {
        Remembered {
            state: self.state.clone(),
            attempts: self.attempts.clone(),
            effects: self.gathered.effects.len(),
        }
    }

    pub(crate) fn restore(&mut self, before: Remembered) {
        if !planted::is(Bug::UndoKeepsTheCounts) {
            self.state = before.state;
        }
        self.attempts = before.attempts;
        self.gathered.effects.truncate(before.effects);
    }

    pub(crate) fn effect(&mut self, effect: Effect) {
        self.gathered.effects.push(effect);
    }

    pub(crate) fn reply(&mut self, call: CallId, reply: Result<Reply, Error>) {
        self.effect(Effect::Reply { call, reply });
    }

    pub(crate) fn changed(&mut self, entity: &Entity) {
        self.gathered.changed.insert(entity.clone());
    }

    /// Tells of a mutation, and of those that were merged into it.
    pub(crate) fn settled(&mut self, mutation: MutationId, outcome: &Outcome) -> Result<(), Error> {
        for mutation in std::iter::once(mutation).chain(crate::journal::merged_into(&self.db, mutation)?) {
            self.effect(Effect::Settled {
                mutation,
                outcome: outcome.clone(),
            });
        }
        Ok(())
    }

    pub(crate) fn open_attempt(&mut self, attempt: Attempt) -> AttemptId {
        self.attempts.open(attempt)
    }
}
