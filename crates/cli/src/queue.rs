//! The rows of the queue, found and named as people do.
//!
//! Owns the walk over all of them, a page at a time, and the rule by which a short id names one. Never changes a row.

use outrigger_engine::ids::{LocalId, MutationId};
use outrigger_engine::inspect::{self, Filter, Item};
use outrigger_engine::{Error as EngineError, Parked};
use outrigger_social::id::{SHORT_LEN, short};
use outrigger_social::resolve::PREFIX_LEN_MIN;
use rusqlite::Connection;
use std::ops::ControlFlow;

use crate::context::Context;
use crate::error::Error;
use crate::text;

/// Rows that are read at a time.
const PAGE: usize = 1_000;
/// Rows that are named where several fit.
const CANDIDATES_MAX: usize = 10;

/// Walks over the rows in their order.
pub(crate) fn each(
    db: &Connection,
    filter: Filter,
    mut visit: impl FnMut(Item) -> ControlFlow<()>,
) -> Result<(), EngineError> {
    let mut after = None;
    loop {
        let page = inspect::items(db, filter, after, PAGE)?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|item| item.place);
        for item in page {
            if visit(item).is_break() {
                return Ok(());
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

/// How many writes have not arrived: waiting or parked.
pub(crate) async fn count(context: &Context<'_>) -> Result<u64, Error> {
    let count = |db: &Connection| {
        let mut count = 0;
        each(db, Filter::All, |item| {
            count += u64::from(item.upload.is_none());
            ControlFlow::Continue(())
        })?;
        Ok(count)
    };
    context.read(count).await
}

/// The row that a text names: by the id of the write or of what it is about, whole or short.
pub(crate) async fn find(context: &Context<'_>, text: &str) -> Result<Item, Error> {
    let wanted = Wanted::parse(text)?;
    let find = move |db: &Connection| {
        let mut found = Vec::new();
        each(db, Filter::All, |item| {
            if wanted.fits(&item) {
                found.push(item);
            }
            match found.len() {
                CANDIDATES_MAX => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        })?;
        Ok(found)
    };
    let mut found = context.read(find).await?;
    match found.len() {
        0 => Err(Error::Failed(format!(
            "nothing in the queue has the id {text:?}: it arrived, was discarded or never was"
        ))),
        1 => Ok(found.remove(0)),
        _ => Err(several(text, &found)),
    }
}

/// The id of a row, for people.
pub(crate) fn short_id(mutation: MutationId) -> String {
    short(LocalId(mutation.0))
}

/// Why a row is parked, in one line.
pub(crate) fn reason(parked: &Parked) -> String {
    format!("{}: {}", parked.word(), text::one_line(parked.detail()))
}

fn several(text: &str, found: &[Item]) -> Error {
    let listed: Vec<String> = found
        .iter()
        .map(|item| format!("{} {}", short_id(item.mutation), item.name))
        .collect();
    Error::Usage {
        message: format!("{text:?} fits several: {}", listed.join(", ")),
        advice: "use the id of the write, as `outrigger queue list` shows it".to_owned(),
    }
}

/// What was typed.
enum Wanted {
    Whole(LocalId),
    Tail(String),
}

impl Wanted {
    fn parse(text: &str) -> Result<Self, Error> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Whole(id));
        }
        let tail = text.to_ascii_lowercase();
        let is_short = (PREFIX_LEN_MIN..=SHORT_LEN).contains(&tail.len())
            && tail.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_short {
            return Ok(Self::Tail(tail));
        }
        Err(Error::Usage {
            message: format!("{text:?} is not an id of the queue"),
            advice: "see: outrigger queue list".to_owned(),
        })
    }

    fn fits(&self, item: &Item) -> bool {
        let id = LocalId(item.mutation.0);
        match self {
            Self::Whole(wanted) => *wanted == id || *wanted == item.entity.id,
            Self::Tail(tail) => short(id).starts_with(tail) || short(item.entity.id).starts_with(tail),
        }
    }
}
