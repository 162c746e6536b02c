//! Answers to uploads: how far a file has come, and what follows where it is lost.
//!
//! Owns what an answer of tus means for the row of an upload. Never makes a request.

use crate::app::{App, Intent};
use crate::attachment::{self, Advanced, UploadStep};
use crate::edge::Fate;
use crate::error::Error;
use crate::flow;
use crate::http::Answer;
use crate::ids::Sha256;
use crate::parked;
use crate::push::{Attempt, Flight};
use crate::queue::{self, Row};
use crate::sent;
use crate::step::Step;
use crate::verdict::{self, Class, Verdict};

/// Takes the answer to a step of an upload in.
pub(super) fn answered<A: App>(
    step: &mut Step<'_, A>,
    attempt: &Attempt,
    flight: Flight,
    sha256: &Sha256,
    upload_step: UploadStep,
    class: Class,
    answer: &Answer,
) -> Result<(), Error> {
    let Some(mut row) = super::row_in_flight(step, flight)? else {
        return Ok(());
    };
    let gone = matches!(class, Class::Absent(_)) && upload_step != UploadStep::Create;
    let offset_differs = upload_step == UploadStep::Part
        && super::response_of(answer).is_some_and(|response| response.status == 409);
    if class == Class::Success
        && let Some(response) = super::response_of(answer)
    {
        let advanced = attachment::advance(step, sha256, upload_step, response)?;
        if advanced != Advanced::Unclear {
            if upload_step == UploadStep::Create {
                renew_key(step, &mut row)?;
            }
            return advance_upload(step, row, advanced, upload_step);
        }
        attachment::set_back(step, sha256, false)?;
        return super::failed(
            step,
            row,
            flight,
            "the answer to the upload did not say how far it is".to_owned(),
        );
    }
    attachment::set_back(step, sha256, gone)?;
    if gone {
        renew_key(step, &mut row)?;
    }
    if gone || offset_differs {
        let detail = if gone {
            "the upload is gone"
        } else {
            "the upload stands elsewhere"
        };
        step.state.well += i64::from(!flight.counted);
        return super::failed(step, row, flight, detail.to_owned());
    }
    match verdict::judge(class, Intent::Create) {
        Verdict::UploadMissing => super::failed(step, row, flight, "the upload is not known".to_owned()),
        Verdict::Rejected(reason) => {
            super::went_well(step);
            // A rejected upload begins anew when it is tried again.
            attachment::set_back(step, sha256, true)?;
            parked::park(step, &mut row, reason)
        }
        verdict => super::carry_out(step, attempt, row, flight, verdict, None),
    }
}

/// The request is settled: were the same to be asked for again, it would be another one.
fn renew_key<A: App>(step: &mut Step<'_, A>, row: &mut Row) -> Result<(), Error> {
    sent::forget(&step.db, row)?;
    row.key = step.new_key();
    queue::save_content(&step.db, row)
}

fn advance_upload<A: App>(
    step: &mut Step<'_, A>,
    mut row: Row,
    advanced: Advanced,
    upload_step: UploadStep,
) -> Result<(), Error> {
    super::went_well(step);
    if advanced == Advanced::Finished {
        return flow::remove(step, &row, Fate::Done);
    }
    // Only bytes that arrived are progress: an upload that is created and lost in turns must not go on for ever.
    if upload_step == UploadStep::Part {
        row.attempts = 0;
    }
    let due = step.tick;
    flow::requeue(step, &mut row, due)
}

/// The server lost the files of a mutation, which it therefore rejected: they go again, then the mutation, under a new key.
pub(super) fn again<A: App>(step: &mut Step<'_, A>, mut row: Row) -> Result<(), Error> {
    super::went_well(step);
    renew_key(step, &mut row)?;
    attachment::again(step, &mut row)?;
    let due = step.tick;
    flow::requeue(step, &mut row, due)
}
