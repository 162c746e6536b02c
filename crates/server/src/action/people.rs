//! Users, as seen by the caller, and following them.

use outrigger_social::wire;

use super::{Failure, Mutator, Outcome, Reader, scope_of_user};
use crate::exchange::Response;
use crate::ids::UserId;
use crate::input;
use crate::problem::Problem;
use crate::store::{ChangeOperation, ObjectKind, Snapshot, Transaction};
use crate::view;

pub(super) fn me(reader: &Reader<'_>) -> Outcome {
    Ok(Response::json(200, &view::user(reader.viewer)))
}

pub(super) fn find(snapshot: &dyn Snapshot, reader: &Reader<'_>) -> Outcome {
    let name = input::query_value(reader.request, "name")?
        .ok_or_else(|| Problem::malformed("the query needs a name"))?;
    let found = snapshot.profile_named(&name, &reader.viewer.id)?;
    let items: Vec<wire::Profile> = found.iter().map(view::profile).collect();
    Ok(Response::json(200, &wire::Page { items, next: None }))
}

pub(super) fn read(snapshot: &dyn Snapshot, reader: &Reader<'_>, id: &UserId) -> Outcome {
    profile(snapshot, &reader.viewer.id, id)
}

pub(super) fn follow(tx: &mut dyn Transaction, mutator: &Mutator<'_>, id: &UserId) -> Outcome {
    check_other(tx, mutator, id)?;
    if tx.insert_follow(&mutator.viewer.id, id, mutator.now.wall)? {
        log(tx, mutator, id, ChangeOperation::Put)?;
    }
    profile(tx, &mutator.viewer.id, id)
}

pub(super) fn unfollow(tx: &mut dyn Transaction, mutator: &Mutator<'_>, id: &UserId) -> Outcome {
    check_other(tx, mutator, id)?;
    if tx.delete_follow(&mutator.viewer.id, id)? {
        log(tx, mutator, id, ChangeOperation::Delete)?;
    }
    profile(tx, &mutator.viewer.id, id)
}

fn check_other(tx: &mut dyn Transaction, mutator: &Mutator<'_>, id: &UserId) -> Result<(), Failure> {
    if *id == mutator.viewer.id {
        return Err(Problem::invalid("user", "nobody follows themselves").into());
    }
    tx.user(id)?.ok_or_else(Problem::not_found)?;
    Ok(())
}

fn log(
    tx: &mut dyn Transaction,
    mutator: &Mutator<'_>,
    followed: &UserId,
    operation: ChangeOperation,
) -> Result<(), Failure> {
    let own = scope_of_user(&mutator.viewer.id);
    mutator.log(tx, &own, ObjectKind::Follow, followed.as_str(), operation)?;
    // Both have other counts now.
    for user in [&mutator.viewer.id, followed] {
        mutator.log(
            tx,
            &scope_of_user(user),
            ObjectKind::Profile,
            user.as_str(),
            ChangeOperation::Put,
        )?;
    }
    Ok(())
}

fn profile<S: Snapshot + ?Sized>(snapshot: &S, viewer: &UserId, id: &UserId) -> Outcome {
    let row = snapshot.profile(id, viewer)?.ok_or_else(Problem::not_found)?;
    Ok(Response::json(200, &view::profile(&row)))
}
