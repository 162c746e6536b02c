//! The parking place, and what the user does there: try again, edit, discard.
//!
//! Owns what each of these means for what was rejected (no effect), exhausted (unknown effect), uncertain (unknown, and not to be found out by its
//! key) and unreadable. The machine never deletes what is parked.

use outrigger_planted::{self as planted, Bug};

use crate::app::{App, Intent, Merge};
use crate::coalesce;
use crate::discard;
use crate::error::Error;
use crate::event::Reply;
use crate::flow;
use crate::ids::{MutationId, Place};
use crate::journal;
use crate::mutate;
use crate::queue::{self, Row, RowState};
use crate::reach;
use crate::reconcile;
use crate::restore;
use crate::sent;
use crate::status::{Outcome, Parked};
use crate::step::Step;

/// So many parked rows are taken at a time when all are tried again.
const PAGE: usize = 500;

/// Parks a row, tells, and keeps a line in the journal. A rejected one has had its answer: its sequence is settled.
pub(crate) fn park<A: App>(step: &mut Step<'_, A>, row: &mut Row, parked: Parked) -> Result<(), Error> {
    let outcome = Outcome::Parked(parked.clone());
    journal::record(&step.db, row, &outcome, step.wall)?;
    if matches!(parked, Parked::Rejected { .. } | Parked::Uncertain { .. }) {
        sent::forget(&step.db, row)?;
    }
    flow::park(step, row, parked)?;
    step.settled(row.mutation, &outcome)
}

fn find<A: App>(step: &Step<'_, A>, mutation: MutationId) -> Result<Row, Error> {
    queue::by_mutation(&step.db, mutation)?.ok_or(Error::Unknown(mutation))
}

/// Tries one parked row again.
pub(crate) fn retry<A: App>(step: &mut Step<'_, A>, mutation: MutationId) -> Result<Reply, Error> {
    let mut row = find(step, mutation)?;
    reach::pierce(step)?;
    if row.state != RowState::Parked {
        return Ok(Reply::Retried(0));
    }
    again(step, &mut row)?;
    Ok(Reply::Retried(1))
}

/// Tries all that was rejected or exhausted again. What is uncertain may have taken effect, and what is unreadable cannot be sent: they stay.
pub(crate) fn retry_failed<A: App>(step: &mut Step<'_, A>) -> Result<Reply, Error> {
    reach::pierce(step)?;
    let mut retried = 0;
    let mut after = Place(i64::MIN);
    loop {
        let page = queue::parked_after(&step.db, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(Reply::Retried(retried));
        };
        after = last.place;
        for mut row in page {
            if matches!(
                row.parked,
                Some(Parked::Rejected { .. } | Parked::Exhausted { .. })
            ) || planted::is(Bug::UncertainTriedAgain)
                && matches!(row.parked, Some(Parked::Uncertain { .. }))
            {
                again(step, &mut row)?;
                retried += 1;
            }
        }
    }
}

/// What is known to have had no effect goes under a new key; what may have had one is resolved under its own. An uncertain row goes again only
/// because the user said so, of this very row.
fn again<A: App>(step: &mut Step<'_, A>, row: &mut Row) -> Result<(), Error> {
    if let Some(Parked::Unreadable { .. }) = row.parked
        && row.mutation(step.app).is_err()
    {
        return Err(Error::Refused(
            "this program cannot read it: update the program, or export and discard it",
        ));
    }
    if asks_first(step, row) {
        return restore::look_up(&step.db, row.place);
    }
    restore::forget_look_up(&step.db, row.place)?;
    accept_version(step, row)?;
    // An uncertain one keeps its key: it was used under a client id that is retired, and by it the server can be asked again.
    let has_no_effect = matches!(row.parked, Some(Parked::Rejected { .. }));
    if has_no_effect || planted::is(Bug::ExhaustedUnderANewKey) {
        row.key = step.new_key();
        queue::save_content(&step.db, row)?;
    }
    flow::unpark(step, row)
}

/// Whether the server can be asked what became of it: then it goes again only once the server has said that it has none such. As long as it may be there it
/// is not one that was never sent, which a later delete would take away unsaid.
fn asks_first<A: App>(step: &Step<'_, A>, row: &Row) -> bool {
    let is_uncertain = matches!(row.parked, Some(Parked::Uncertain { .. }));
    let asked = |mutation| step.app.look_up(&mutation, row.key, &step.ids());
    is_uncertain && row.intent == Intent::Create && row.mutation(step.app).is_ok_and(|it| asked(it).is_some())
}

/// Refused because the entity stands in another version (412): whoever tries again means to go over that version.
fn accept_version<A: App>(step: &Step<'_, A>, row: &Row) -> Result<(), Error> {
    if let Some(Parked::Rejected {
        current: Some(version),
        ..
    }) = &row.parked
    {
        crate::idmap::see_version(&step.db, &row.entity, version)?;
    }
    Ok(())
}

/// Changes a mutation that has not arrived. What may have been sent is resolved first, and a following update carries the edit.
pub(crate) fn edit<A: App>(
    step: &mut Step<'_, A>,
    mutation: MutationId,
    with: &A::Mutation,
) -> Result<Reply, Error> {
    let mut row = find(step, mutation)?;
    let wanted = step.app.facts(with);
    if row.upload.is_some() || wanted.entity != row.entity {
        return Err(Error::Refused("an edit must be of the same thing"));
    }
    step.app.validate(with)?;
    if row.was_sent() || matches!(row.parked, Some(Parked::Uncertain { .. })) {
        return follow_up(step, row, with);
    }
    let content = as_content(step, &row, with)?;
    let is_parked = row.state == RowState::Parked;
    coalesce::replace_content(step, &mut row, &content)?;
    if is_parked {
        row.key = step.new_key();
    }
    queue::save_content(&step.db, &row)?;
    if is_parked {
        accept_version(step, &row)?;
        flow::unpark(step, &mut row)?;
    }
    reconcile::rebuild(step, &row.entity)?;
    Ok(Reply::Edited(mutation))
}

/// What a row is to say. An edit of another intent, as an update for a create, is merged as the app merges; files and what is named stay as they are.
fn as_content<A: App>(step: &Step<'_, A>, row: &Row, with: &A::Mutation) -> Result<A::Mutation, Error> {
    let old = row.mutation(step.app).map_err(|_| {
        Error::Refused("this program cannot read what was written: discard it and write anew")
    })?;
    let (was, wanted) = (step.app.facts(&old), step.app.facts(with));
    let content = if was.intent == wanted.intent {
        with.clone()
    } else {
        match step.app.coalesce(&old, with) {
            Merge::IntoOlder(merged) => merged,
            _ => {
                return Err(Error::Refused(
                    "an edit cannot make something else of a write: discard it and write anew",
                ));
            }
        }
    };
    let is = step.app.facts(&content);
    let stays = is.intent == was.intent && is.lane == was.lane && is.names == was.names;
    if stays && is.attachments == was.attachments {
        Ok(content)
    } else {
        Err(Error::Refused(
            "an edit cannot change the files or what the write is about: discard it and write anew",
        ))
    }
}

fn follow_up<A: App>(step: &mut Step<'_, A>, mut row: Row, with: &A::Mutation) -> Result<Reply, Error> {
    let sent = row
        .mutation(step.app)
        .map_err(|_| Error::Refused("this program cannot read it"))?;
    let Some(follow_up) = step.app.follow_up(&sent, with) else {
        return Err(Error::Refused(
            "it may have arrived already, and nothing can change it afterwards",
        ));
    };
    if matches!(
        row.parked,
        Some(Parked::Exhausted { .. } | Parked::Unreadable { .. })
    ) {
        flow::unpark(step, &mut row)?;
    }
    let id = MutationId(step.new_uuid());
    mutate::enqueue(step, id, &follow_up, &[])?;
    Ok(Reply::Edited(id))
}

/// Takes a mutation back, with what needs it. What may have been sent is resolved first, and undone by a following mutation.
pub(crate) fn discard<A: App>(step: &mut Step<'_, A>, mutation: MutationId) -> Result<Reply, Error> {
    let mut row = find(step, mutation)?;
    let may_have_arrived = row.was_sent() && row.upload.is_none();
    if !may_have_arrived {
        let gone = discard::with_dependants(step, &row)?;
        return Ok(Reply::Discarded {
            gone,
            compensation: None,
        });
    }
    let sent = row
        .mutation(step.app)
        .map_err(|_| Error::Refused("this program cannot read it"))?;
    let Some(compensation) = step.app.compensation(&sent) else {
        return Err(Error::Refused(
            "it may have arrived already, and nothing can undo it: try it again instead",
        ));
    };
    if matches!(
        row.parked,
        Some(Parked::Exhausted { .. } | Parked::Unreadable { .. })
    ) {
        flow::unpark(step, &mut row)?;
    }
    let id = MutationId(step.new_uuid());
    mutate::enqueue(step, id, &compensation, &[])?;
    Ok(Reply::Discarded {
        gone: Vec::new(),
        compensation: Some(id),
    })
}
