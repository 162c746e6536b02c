//! When one side was restored from an older copy: noticing it, and settling what cannot be known any more.
//!
//! Owns epochs, watermarks, the retirement of a client id, and uncertain rows. **Invariant:** an uncertain row is never sent again by the machine, unless
//! the server has said that it knows nothing of it.

use rusqlite::params;

use crate::answer;
use crate::app::{App, Intent, LookUp, Retirement};
use crate::db::Db;
use crate::edge::EdgeKind;
use crate::error::Error;
use crate::event::{Effect, Reply};
use crate::flow;
use crate::http::{Answer, Response};
use crate::idmap;
use crate::ids::{ClientId, Entity, Key, MutationId, Place};
use crate::journal;
use crate::mention;
use crate::mutate;
use crate::parked;
use crate::push::{self, Attempt, Purpose};
use crate::queue::{self, Row, RowState};
use crate::reconcile;
use crate::schema;
use crate::sent;
use crate::state::Halt;
use crate::status::{Outcome, Parked};
use crate::step::Step;
use crate::verdict::Class;

/// So many look-ups at once.
const LOOK_UPS_MAX: usize = 4;

/// Looks at what an answer tells of the server's database. True where it was restored or replaced: then the answer itself says nothing.
pub(crate) fn notices<A: App>(
    step: &mut Step<'_, A>,
    attempt: &Attempt,
    response: &Response,
) -> Result<bool, Error> {
    if !step.app.capabilities().keys {
        return Ok(false);
    }
    if let Some(epoch) = response.header("outrigger-epoch") {
        match &step.identity.epoch {
            None => {
                schema::set_epoch(&step.db, Some(epoch))?;
                step.identity.epoch = Some(epoch.to_owned());
            }
            Some(known) if known != epoch => {
                let lowest = response_watermark(response).unwrap_or(0);
                halt(
                    step,
                    lowest,
                    "the server's database was replaced or restored from a backup",
                )?;
                return Ok(true);
            }
            Some(_) => {}
        }
    }
    let Some(watermark) = response_watermark(response) else {
        return Ok(false);
    };
    if watermark < attempt.watermark {
        halt(
            step,
            watermark,
            "the server's database was restored from a backup",
        )?;
        return Ok(true);
    }
    step.state.watermark = step.state.watermark.max(watermark);
    Ok(false)
}

fn response_watermark(response: &Response) -> Option<i64> {
    response
        .header("outrigger-watermark")
        .and_then(|value| value.trim().parse().ok())
}

/// Stops sending until the user decides, and takes back what the server may have lost: acknowledged after its watermark.
fn halt<A: App>(step: &mut Step<'_, A>, watermark: i64, detail: &str) -> Result<(), Error> {
    if matches!(step.state.connection.halt, Some(Halt::ServerRestored { .. })) {
        return Ok(());
    }
    step.state.connection.halt = Some(Halt::ServerRestored {
        detail: detail.to_owned(),
    });
    // An answer of the server as it was before may still come: it would confirm what is lost, after what was lost has been gathered.
    for (id, attempt) in step.attempts.take_all() {
        step.effect(Effect::Abort { attempt: id });
        answer::put_back(step, &attempt.purpose)?;
    }
    let lost = journalled_after(&step.db, watermark)?;
    // They were made before everything that waits, and stand before it again.
    let mut place = first_place(&step.db)?.map_or(step.state.place_next, |first| first.0);
    place -= lost.len() as i64;
    for (entry, mut row) in lost {
        row.place = Place(place);
        place += 1;
        revive(step, row, detail)?;
        step.db
            .prepare_cached("UPDATE outrigger_journal SET sequence = NULL WHERE entry = ?1")?
            .execute([entry])?;
    }
    Ok(())
}

/// What the server acknowledged, and may have lost.
fn journalled_after(db: &Db<'_>, watermark: i64) -> Result<Vec<(i64, Row)>, Error> {
    let synced = journal::outcome_text(&Outcome::Synced);
    let mut statement = db.prepare_cached(
        "SELECT entry, mutation, key, name, intent, entity_kind, entity, lane, version, payload, at
         FROM outrigger_journal WHERE sequence > ?1 AND outcome = ?2 ORDER BY sequence",
    )?;
    let rows = statement.query_map(params![watermark, synced], |row| {
        Ok((row.get(0)?, queue::read_journalled(row)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Puts an acknowledged mutation back, parked: the server may have lost it.
fn revive<A: App>(step: &mut Step<'_, A>, mut row: Row, detail: &str) -> Result<(), Error> {
    if queue::by_mutation(&step.db, row.mutation)?.is_some() {
        return Ok(());
    }
    if !queue::has_entity(&step.db, &row.entity)? {
        reconcile::keep_base(step, &row.entity)?;
    }
    flow::enter_first(step, &mut row)?;
    if let Ok(mutation) = row.mutation(step.app) {
        let facts = step.app.facts(&mutation);
        mention::keep(step, row.place, &facts)?;
        for entity in &facts.names {
            if let Some(create) = queue::creator(&step.db, entity, row.place)?
                && is_asked_for(&create)
            {
                flow::block(step, &mut row, create.place, EdgeKind::Needs)?;
            }
        }
    }
    make_uncertain(step, &mut row, detail)
}

/// Whether a row is a create of which only the server knows whether it is there: what names it waits until that has been said.
fn is_asked_for(row: &Row) -> bool {
    row.intent == Intent::Create && matches!(row.parked, Some(Parked::Uncertain { .. }))
}

/// Parks a row whose effect its key can no longer tell. A create can be looked up by the key that the server keeps on what was created.
pub(crate) fn make_uncertain<A: App>(
    step: &mut Step<'_, A>,
    row: &mut Row,
    detail: &str,
) -> Result<(), Error> {
    parked::park(
        step,
        row,
        Parked::Uncertain {
            detail: detail.to_owned(),
        },
    )?;
    if is_asked_for(row) {
        look_up(&step.db, row.place)?;
        hold_what_names(step, row)?;
    }
    Ok(())
}

/// The user accepts the server as it is. The client id is retired there first: what is still travelling under it can then no longer arrive, and the
/// highest key that the server has seen says what did.
pub(crate) fn accept_server<A: App>(step: &mut Step<'_, A>) -> Result<Reply, Error> {
    if !matches!(step.state.connection.halt, Some(Halt::ServerRestored { .. })) {
        return Err(Error::Refused(
            "nothing is to be accepted: the server is the one that was known",
        ));
    }
    step.state.connection.halt = Some(Halt::Rewound);
    schema::set_epoch(&step.db, None)?;
    step.identity.epoch = None;
    step.state.watermark = 0;
    // What was read of its former life is newer by number than what it has, and would hide that for ever.
    idmap::forget_versions(&step.db)?;
    step.db.execute(
        "UPDATE outrigger_attachment SET url = NULL, offset = NULL WHERE done = 0",
        [],
    )?;
    Ok(Reply::Done)
}

/// Goes on under a new client id, whose sequences begin at one. What is under way belongs to the old one, and its answers say nothing any more.
fn begin_anew<A: App>(step: &mut Step<'_, A>) -> Result<(), Error> {
    for attempt in step.attempts.abandon_all() {
        step.effect(Effect::Abort { attempt });
    }
    for mut row in queue::in_flight(&step.db)? {
        let due = step.tick;
        flow::requeue(step, &mut row, due)?;
    }
    step.db.execute("DELETE FROM outrigger_sent", [])?;
    let client = ClientId(step.new_uuid());
    schema::rename_client(&step.db, client)?;
    step.identity.client = client;
    step.attempts.retires = 0;
    step.state.sequence_next = 1;
    step.state.watermark = 0;
    step.db.execute(
        "UPDATE outrigger_journal SET sequence = NULL WHERE sequence IS NOT NULL",
        [],
    )?;
    Ok(())
}

/// The answer to the retirement of this client id.
pub(crate) fn retire_answered<A: App>(
    step: &mut Step<'_, A>,
    class: Class,
    answer: &Answer,
) -> Result<(), Error> {
    let highest = match (class, answer) {
        (Class::Success, Answer::Response(response)) => step.app.retired(response),
        (Class::Unreached { reason }, _) => {
            step.state.connection.message = Some(reason);
            crate::reach::network(step, false);
            return Ok(());
        }
        (Class::Busy { .. }, _) => {
            step.attempts.retires -= 1;
            return Ok(());
        }
        (Class::NeedsAuth, _) => {
            step.attempts.retires -= 1;
            step.attempts.refreshing = true;
            step.effect(Effect::Refresh);
            return Ok(());
        }
        _ => None,
    };
    match highest {
        Some(Retirement { already: true, .. }) if step.attempts.retires <= 1 => {
            // Not by this process: by one before it, which may have gone on, or by another copy.
            step.state.connection.halt = Some(Halt::RetiredElsewhere);
            retired(step, Retired::CannotTell)
        }
        Some(Retirement {
            highest_key: Some(highest),
            ..
        }) => retired(step, Retired::SawUpTo(highest)),
        Some(Retirement {
            highest_key: None, ..
        }) => retired(step, Retired::SawNothing),
        None => {
            answer::busy(step, None);
            Ok(())
        }
    }
}

/// The client id is retired: what has a newer key than the server ever saw goes under a new id, the rest is uncertain. Where the server cannot tell,
/// all that was sent is.
pub(crate) fn retired<A: App>(step: &mut Step<'_, A>, highest: Retired) -> Result<(), Error> {
    let halt = step.state.connection.halt.take();
    let uncertain = match highest {
        _ if halt == Some(Halt::RetiredElsewhere) => queue::writes(&step.db)?,
        Retired::SawNothing => Vec::new(),
        Retired::SawUpTo(highest) => queue::with_keys_up_to(&step.db, highest)?,
        Retired::CannotTell => sent::places(&step.db)?,
    };
    for place in uncertain {
        let Some(mut row) = queue::by_place(&step.db, place)? else {
            continue;
        };
        let is_open = row.state != RowState::Parked || matches!(row.parked, Some(Parked::Exhausted { .. }));
        if is_open && row.upload.is_none() {
            make_uncertain(
                step,
                &mut row,
                "it may have been sent from another copy, or before the server was restored",
            )?;
        }
    }
    for place in sent::places(&step.db)? {
        if let Some(mut row) = queue::by_place(&step.db, place)? {
            sent::forget(&step.db, &mut row)?;
        }
    }
    begin_anew(step)?;
    for place in creates_with_id(&step.db)? {
        let row = queue::by_place(&step.db, place)?;
        if let Some(row) = row.filter(|row| !is_asked_for(row)) {
            goes_anew(step, &row)?;
        }
    }
    Ok(())
}

/// The server has nothing of what a create makes, whatever was read of it before one side was restored. The id that it had there is forgotten, and what names it
/// waits for the create again: what was written since the id was known does not.
fn goes_anew<A: App>(step: &mut Step<'_, A>, create: &Row) -> Result<(), Error> {
    reconcile::lost(step, &create.entity)?;
    hold_what_names(step, create)
}

/// What names the entity of a create waits for it.
fn hold_what_names<A: App>(step: &mut Step<'_, A>, create: &Row) -> Result<(), Error> {
    for place in mention::of(&step.db, &create.entity)? {
        if place > create.place
            && let Some(mut naming) = queue::by_place(&step.db, place)?
        {
            let mut waits = flow::Waits::default();
            waits.for_row(create, EdgeKind::Needs);
            flow::wait_for(step, &mut naming, waits)?;
        }
    }
    Ok(())
}

/// The first place that is taken.
fn first_place(db: &Db<'_>) -> Result<Option<Place>, Error> {
    Ok(db
        .prepare_cached("SELECT min(place) FROM outrigger_queue")?
        .query_row([], |row| row.get(0))?)
}

/// The creates of what has an id on the server already, oldest first: it was read before the create was answered.
fn creates_with_id(db: &Db<'_>) -> Result<Vec<Place>, Error> {
    let mut statement = db.prepare_cached(
        "SELECT place FROM outrigger_queue WHERE intent = 0 AND upload IS NULL AND entity IN (SELECT local_id FROM outrigger_id)
         ORDER BY place",
    )?;
    Ok(statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// What was made is what another copy of this database said. Where this one says something else by now, that follows as a change.
fn say_again<A: App>(step: &mut Step<'_, A>, entity: &Entity, said: &A::Mutation) -> Result<(), Error> {
    let Some(change) = step.app.follow_up(said, said) else {
        return Ok(());
    };
    // What was said of it later, and waits or has arrived, says more than it does.
    if queue::has_entity(&step.db, entity)? || journal::was_changed(&step.db, entity)? {
        return Ok(());
    }
    let made = step.app.load(&step.db, entity)?;
    step.app.apply(&step.db, &change)?;
    let meant = step.app.load(&step.db, entity)?;
    if made == meant {
        return Ok(());
    }
    step.app.store(&step.db, entity, made.as_deref())?;
    let id = MutationId(step.new_uuid());
    mutate::enqueue(step, id, &change, &[])
}

/// What the server saw of a client id that it retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retired {
    /// No key at all.
    SawNothing,
    /// Keys up to this one; which of the older ones it did not see is not known.
    SawUpTo(Key),
    /// The backend does not know such a thing as retiring.
    CannotTell,
}

/// Notes that the server is to be asked what became of a row.
pub(crate) fn look_up(db: &Db<'_>, place: Place) -> Result<(), Error> {
    db.prepare_cached("INSERT OR IGNORE INTO outrigger_look_up (place) VALUES (?1)")?
        .execute([place])?;
    Ok(())
}

/// An uncertain row needs no look-up any more.
pub(crate) fn forget_look_up(db: &Db<'_>, place: Place) -> Result<(), Error> {
    db.prepare_cached("DELETE FROM outrigger_look_up WHERE place = ?1")?
        .execute([place])?;
    Ok(())
}

pub(crate) fn has_look_ups(db: &Db<'_>) -> Result<bool, Error> {
    Ok(db.prepare_cached("SELECT 1 FROM outrigger_look_up")?.exists([])?)
}

/// Asks the server about uncertain creates, a few at a time. What is asked stays noted until the answer is taken in, so that a crash in between asks
/// again.
pub(crate) fn send_look_ups<A: App>(step: &mut Step<'_, A>) -> Result<(), Error> {
    let places: Vec<Place> = step
        .db
        .prepare_cached("SELECT place FROM outrigger_look_up ORDER BY place LIMIT ?1")?
        .query_map([LOOK_UPS_MAX as i64], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for place in places {
        let is_asked =
            |purpose: &Purpose| matches!(purpose, Purpose::LookUp(flight) if flight.place == place);
        if step.attempts.is_under_way(is_asked) {
            continue;
        }
        let row = queue::by_place(&step.db, place)?;
        let Some(mut row) = row.filter(|row| matches!(row.parked, Some(Parked::Uncertain { .. }))) else {
            forget_look_up(&step.db, place)?;
            continue;
        };
        let is_asked = match row.mutation(step.app) {
            Ok(mutation) => push::look_up(step, &mut row, &mutation)?,
            Err(_) => false,
        };
        if !is_asked {
            forget_look_up(&step.db, place)?;
        }
    }
    Ok(())
}

/// What a look-up says of an uncertain row. What the server does not have goes again; what cannot be told stays for the user.
pub(crate) fn settle_uncertain<A: App>(
    step: &mut Step<'_, A>,
    attempt: &Attempt,
    mut row: Row,
    found: Option<LookUp>,
    class: Class,
) -> Result<(), Error> {
    if found.is_some() {
        forget_look_up(&step.db, row.place)?;
    }
    match found {
        Some(LookUp::Done(response)) => {
            let said = row.mutation(step.app);
            let entity = row.entity.clone();
            answer::done(step, row, Some(&response))?;
            said.map_or(Ok(()), |said| say_again(step, &entity, &said))
        }
        // Under the key that it has: whoever puts the same copy back once more finds by it what is made now.
        Some(LookUp::NotDone) => {
            flow::unpark(step, &mut row)?;
            goes_anew(step, &row)
        }
        Some(LookUp::Unclear) => Ok(()),
        None => {
            match class {
                Class::NeedsAuth => answer::renew_credentials(step, attempt),
                Class::Unreached { reason } => {
                    step.state.connection.message = Some(reason);
                    crate::reach::network(step, false);
                }
                Class::Busy { .. } => {}
                _ => answer::busy(step, None),
            }
            Ok(())
        }
    }
}
