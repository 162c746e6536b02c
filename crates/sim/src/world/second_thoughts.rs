//! Second thoughts: what is tried again, changed or taken back, and what the engine says to whatever was asked.
//!
//! Owns the way of an answer into the ledger. Never makes a new thing: see [`super::act`].

use outrigger_engine::ids::{CallId, MutationId};
use outrigger_engine::inspect::{self, Filter, Item, Standing};
use outrigger_engine::{Error, ErrorKind, Event, Parked, Reply};
use outrigger_social::id::CommentRef;
use outrigger_social::mutation::{CommentChange, PostChange};
use outrigger_social::{Mutation, comments, posts};

use super::World;
use crate::invariant::{Checked, Invariant, hold, violated};
use crate::ledger::{Mark, Says, Told, Written};

/// Things that a user asks for and that are answered.
#[derive(Debug, Clone)]
pub(crate) enum Asked {
    Mutate,
    Edit { mutation: MutationId, says: String },
    Discard { mutation: MutationId },
    Other,
}

impl Asked {
    /// The mutation that is changed or taken back.
    pub(crate) const fn about(&self) -> Option<MutationId> {
        match self {
            Self::Edit { mutation, .. } | Self::Discard { mutation } => Some(*mutation),
            Self::Mutate | Self::Other => None,
        }
    }
}

impl World<'_> {
    pub(super) fn retry(&mut self, d: usize, h: usize, item: &Item) -> Checked {
        let mutation = item.mutation;
        if matches!(item.parked, Some(Parked::Uncertain { .. })) {
            self.devices[d].was_uncertain.insert(mutation);
        }
        self.ask(d, h, Asked::Other, |call| Event::Retry { call, mutation })
    }

    pub(super) fn discard(&mut self, d: usize, h: usize, mutation: MutationId) -> Checked {
        self.ask(d, h, Asked::Discard { mutation }, |call| Event::Discard {
            call,
            mutation,
        })
    }

    /// Whether something uncertain had an effect only the server can tell: given up, it is seen at the next look. That the user had it tried again and it did
    /// not go yet changes nothing about that.
    pub(super) fn give_up(&mut self, d: usize, h: usize, item: &Item) {
        let was_uncertain = self
            .stood_for(d, h, item.mutation)
            .any(|mutation| self.devices[d].was_uncertain.contains(&mutation));
        if !was_uncertain && !matches!(item.parked, Some(Parked::Uncertain { .. })) {
            return;
        }
        // What needs it goes along, and where that was sent too nobody can tell what became of it either.
        let mut given_up = self.needing_and_sent(d, h, item.mutation);
        given_up.push(item.mutation);
        for mutation in given_up {
            if let Some((number, _)) = self.last_write(d, h, mutation) {
                let things = self.devices[d].ledger.things.values_mut();
                for thing in things.filter(|thing| thing.number == number) {
                    thing.is_torn = true;
                }
            }
        }
    }

    /// A mutation, and those that were merged into it.
    fn stood_for(
        &self,
        d: usize,
        h: usize,
        mutation: MutationId,
    ) -> impl Iterator<Item = MutationId> + use<> {
        let host = self.devices[d].hosts[h].as_ref();
        let merged = host.map_or_else(Vec::new, |host| merged_into(host.engine.db(), mutation));
        std::iter::once(mutation).chain(merged)
    }

    /// What needs a row, and may have arrived.
    fn needing_and_sent(&self, d: usize, h: usize, mutation: MutationId) -> Vec<MutationId> {
        let Some(host) = &self.devices[d].hosts[h] else {
            return Vec::new();
        };
        let read = |db: &rusqlite::Connection| -> rusqlite::Result<Vec<(MutationId, bool)>> {
            db.prepare_cached(
                "WITH RECURSIVE needing (place) AS (
                     SELECT place FROM outrigger_queue WHERE mutation = ?1
                     UNION SELECT e.place FROM outrigger_edge AS e JOIN needing AS n ON e.blocker = n.place WHERE e.kind = 1
                 )
                 SELECT q.mutation, q.sequence IS NOT NULL OR coalesce(q.parked, '') LIKE '%uncertain%'
                 FROM outrigger_queue AS q JOIN needing AS n ON q.place = n.place",
            )?
            .query_map([mutation], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
        };
        let needing = read(host.engine.db()).unwrap_or_default().into_iter();
        let may_have_arrived = |(mutation, was_sent): &(MutationId, bool)| {
            *was_sent || self.devices[d].was_uncertain.contains(mutation)
        };
        needing
            .filter(may_have_arrived)
            .map(|(mutation, _)| mutation)
            .collect()
    }

    pub(super) fn edit(&mut self, d: usize, h: usize, pick: u32) -> Checked {
        let Some(item) = self.an_item(d, pick, Filter::All) else {
            return Ok(());
        };
        let Ok(mutation) = serde_json::from_str::<Mutation>(&item.payload) else {
            return Ok(());
        };
        let Some((number, last)) = self.last_write(d, h, item.mutation) else {
            return Ok(());
        };
        // What may have been sent stays as it is, and a following update says what it is to be.
        let follows = self.may_have_been_sent(d, h, item.mutation);
        let writes = self.devices[d]
            .ledger
            .things
            .get(&item.entity.id)
            .map_or(0, |thing| thing.writes.len());
        let mark = Mark {
            device: d,
            thing: number,
            write: if follows { writes } else { last },
        };
        let says = mark.text(self.devices[d].ledger.next_call());
        let with = match mutation {
            Mutation::Post(PostChange::Create { id, media, .. }) => posts::create(id, says.clone(), media),
            Mutation::Post(PostChange::Update { id, .. }) => posts::update(id, says.clone()),
            Mutation::Comment(CommentChange::Create { id, post, .. }) => {
                comments::create(id, post, says.clone())
            }
            Mutation::Comment(CommentChange::Update { id, post, .. }) => {
                comments::update(CommentRef { id, post }, says.clone())
            }
            _ => return Ok(()),
        };
        let mutation = item.mutation;
        self.ask(d, h, Asked::Edit { mutation, says }, |call| Event::Edit {
            call,
            mutation,
            with,
        })
    }

    /// What the engine says to what was asked.
    pub(super) fn heard(&mut self, d: usize, h: usize, call: CallId, reply: Result<Reply, Error>) -> Checked {
        let Some((_, asked)) = self.devices[d].asked.remove(&call.0) else {
            return Ok(());
        };
        match (asked, reply) {
            (Asked::Mutate, Ok(Reply::Written(_))) => {
                self.kept(d, call.0);
                Ok(())
            }
            (Asked::Mutate, Err(error)) => self.refused(d, h, call.0, &error),
            (Asked::Edit { mutation, says }, Ok(Reply::Edited(under))) => {
                self.edited(d, mutation, under, says);
                Ok(())
            }
            (
                Asked::Discard { mutation },
                Ok(Reply::Discarded {
                    compensation: Some(compensation),
                    ..
                }),
            ) => {
                self.compensated(d, h, mutation, compensation);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn kept(&mut self, d: usize, call: u64) {
        self.count("writes");
        let mut about = Vec::new();
        for (id, thing) in &mut self.devices[d].ledger.things {
            for written in thing.writes.iter_mut().filter(|written| written.call == call) {
                written.told = Told::Kept;
                written.standing = Standing::Waiting;
                about.push(*id);
            }
        }
        self.devices[d].changed.extend(about);
    }

    /// A refused call leaves nothing behind.
    fn refused(&mut self, d: usize, h: usize, call: u64, error: &Error) -> Checked {
        let device = &mut self.devices[d];
        let mut left = Vec::new();
        for written in device.ledger.writes_mut().filter(|written| written.call == call) {
            written.told = Told::Void;
            left.push(written.mutation);
        }
        if let Some(host) = &device.hosts[h] {
            for mutation in left {
                let standing = inspect::standing(host.engine.db(), mutation);
                if !matches!(standing, Ok(Standing::Unknown) | Err(_)) {
                    return violated(
                        Invariant::AllOrNothing,
                        format!("{mutation} was refused ({error}) and is there: {standing:?}"),
                    );
                }
            }
        }
        // Somebody whose things are all there has no reason to be refused.
        let is_excused = error.kind() != ErrorKind::Limit;
        hold(Invariant::OthersArrive, is_excused, || {
            format!("a write was refused: {error}")
        })
    }

    fn edited(&mut self, d: usize, mutation: MutationId, under: MutationId, says: String) {
        let Some(mark) = Mark::read(&says) else { return };
        let device = &mut self.devices[d];
        let call = device.ledger.next_call();
        let things = &mut device.ledger.things;
        let Some((id, thing)) = things.iter_mut().find(|(_, thing)| thing.number == mark.thing) else {
            return;
        };
        if mutation == under && mark.write < thing.writes.len() {
            thing.writes[mark.write].says = Says::Text(says);
        } else {
            // A following update, which is a write of its own.
            thing.writes.push(Written {
                mutation: under,
                call,
                says: Says::Text(says),
                told: Told::Kept,
                standing: Standing::Waiting,
            });
        }
        device.changed.insert(*id);
    }

    /// A mutation was added that undoes another.
    fn compensated(&mut self, d: usize, h: usize, undone: MutationId, compensation: MutationId) {
        let Some((number, write)) = self.last_write(d, h, undone) else {
            return;
        };
        let device = &mut self.devices[d];
        let call = device.ledger.next_call();
        let things = &mut device.ledger.things;
        let Some((id, thing)) = things.iter_mut().find(|(_, thing)| thing.number == number) else {
            return;
        };
        let says = match &thing.writes[write].says {
            Says::Set(set) => Says::Set(!set),
            Says::Text(_) | Says::Gone => Says::Gone,
        };
        thing.writes.push(Written {
            mutation: compensation,
            call,
            says,
            told: Told::Kept,
            standing: Standing::Waiting,
        });
        device.changed.insert(*id);
    }

    fn may_have_been_sent(&self, d: usize, h: usize, mutation: MutationId) -> bool {
        let sql = "SELECT sequence IS NOT NULL OR coalesce(parked, '') LIKE '%uncertain%' FROM outrigger_queue WHERE mutation = ?1";
        let asked = self.devices[d].hosts[h]
            .as_ref()
            .map(|host| host.engine.db().query_row(sql, [mutation], |row| row.get(0)));
        matches!(asked, Some(Ok(true)))
    }

    /// The thing that a waiting mutation is about, and which of its writes it stands for: the last that was merged into it.
    fn last_write(&self, d: usize, h: usize, mutation: MutationId) -> Option<(usize, usize)> {
        let db = self.devices[d].hosts[h].as_ref()?.engine.db();
        let merged = merged_into(db, mutation);
        let things = &self.devices[d].ledger.things;
        let is_of = |written: &Written| written.mutation == mutation || merged.contains(&written.mutation);
        things.values().find_map(|thing| {
            let last = thing.writes.iter().rposition(is_of)?;
            Some((thing.number, last))
        })
    }
}

/// The mutations for which this one stands.
fn merged_into(db: &rusqlite::Connection, mutation: MutationId) -> Vec<MutationId> {
    let read = || -> rusqlite::Result<Vec<MutationId>> {
        db.prepare_cached("SELECT mutation FROM outrigger_merged WHERE into_mutation = ?1")?
            .query_map([mutation], |row| row.get(0))?
            .collect()
    };
    read().unwrap_or_default()
}
