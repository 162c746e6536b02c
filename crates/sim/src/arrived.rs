//! What has arrived at the server, effect by effect, held against what was done on the devices.
//!
//! Owns the invariants of effects: at most once (2), in order (5), offsets that rise (14). Never asks a client.

use std::collections::{BTreeMap, BTreeSet};

use crate::backend::Committed;
use crate::invariant::{Checked, Invariant, hold, violated};
use crate::ledger::Mark;

/// Something that the server has, or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// The server's id of it.
    pub(crate) object: String,
    /// The write that it shows.
    pub(crate) write: usize,
    /// What it says.
    pub(crate) text: String,
    pub(crate) is_gone: bool,
}

/// What the oracle must know of a device to judge the order of what arrives.
pub(crate) trait Excuses {
    /// Whether writes about this thing may arrive in another order: the user decided so, or a copy was put back.
    fn may_be_late(&self, mark: Mark) -> bool;
    /// Whether a thing may be made twice: its making was refused, then tried again, and the database went back to before that. Nothing in it tells of the second
    /// try.
    fn may_be_doubled(&self, mark: Mark) -> bool;
    /// Which lane a message is in, where it is in a wider one than its own.
    fn lane(&self, mark: Mark) -> Option<String>;
}

/// All that has arrived.
#[derive(Debug, Default)]
pub(crate) struct Arrived {
    things: BTreeMap<(usize, usize), Arrival>,
    /// The earlier objects of things that were made twice and may be: whoever removes what they belong to removes these as well.
    doubles: BTreeSet<String>,
    likes: BTreeSet<(String, String)>,
    follows: BTreeSet<(String, String)>,
    offsets: BTreeMap<String, u64>,
    /// The last of each lane: device and lane, the number of the thing.
    lanes: BTreeMap<(usize, String), usize>,
    /// All that was said, and when it was last: a number that rises with each effect.
    said: BTreeMap<String, u64>,
    effects: u64,
}

impl Arrived {
    pub(crate) fn thing(&self, device: usize, thing: usize) -> Option<&Arrival> {
        self.things.get(&(device, thing))
    }

    pub(crate) fn likes(&self, post: &str, account: &str) -> bool {
        self.likes.contains(&(post.to_owned(), account.to_owned()))
    }

    pub(crate) fn follows(&self, followed: &str, follower: &str) -> bool {
        self.follows.contains(&(followed.to_owned(), follower.to_owned()))
    }

    /// Whether the server has an object of this id now.
    pub(crate) fn has(&self, object: &str) -> bool {
        let is_there = |arrival: &Arrival| arrival.object == object && !arrival.is_gone;
        self.doubles.contains(object) || self.things.values().any(is_there)
    }

    /// When this was said at the server, among all that was.
    pub(crate) fn said(&self, text: &str) -> Option<u64> {
        self.said.get(text).copied()
    }

    /// Takes in one effect.
    pub(crate) fn take(&mut self, effect: &Committed, excuses: &impl Excuses) -> Checked {
        let Committed {
            what,
            object,
            actor,
            text,
        } = effect;
        let tie = (object.clone(), actor.clone());
        self.effects += 1;
        if matches!(what.as_str(), "post+" | "comment+" | "post" | "comment") {
            self.said.insert(text.clone(), self.effects);
        }
        match what.as_str() {
            "post+" | "comment+" | "message+" => self.made(effect, excuses),
            "post" | "comment" => self.changed(effect, excuses),
            "post-" | "comment-" | "message-" => self.removed(effect),
            "like+" => {
                self.likes.insert(tie);
                Ok(())
            }
            "like-" => {
                self.likes.remove(&tie);
                Ok(())
            }
            "follow+" => {
                self.follows.insert(tie);
                Ok(())
            }
            "follow-" => {
                self.follows.remove(&tie);
                Ok(())
            }
            "upload+" | "upload" => {
                let offset: u64 = text.parse().unwrap_or(0);
                let before = self.offsets.insert(object.clone(), offset).unwrap_or(0);
                hold(Invariant::OffsetsRise, offset >= before, || {
                    format!("{object} went from {before} to {offset}")
                })
            }
            other => violated(Invariant::Intact, format!("an effect of no known kind: {other}")),
        }
    }

    fn made(&mut self, effect: &Committed, excuses: &impl Excuses) -> Checked {
        let Some(mark) = Mark::read(&effect.text) else {
            return violated(
                Invariant::Intact,
                format!("{} says {:?}, which nobody wrote", effect.object, effect.text),
            );
        };
        let arrival = Arrival {
            object: effect.object.clone(),
            write: mark.write,
            text: effect.text.clone(),
            is_gone: false,
        };
        if let Some(before) = self.things.insert((mark.device, mark.thing), arrival) {
            hold(Invariant::AtMostOnce, excuses.may_be_doubled(mark), || {
                format!(
                    "{:?} was made as {} and again as {}",
                    effect.text, before.object, effect.object
                )
            })?;
            if !before.is_gone {
                self.doubles.insert(before.object);
            }
        }
        let Some(lane) = excuses.lane(mark) else {
            return Ok(());
        };
        if excuses.may_be_late(mark) {
            return Ok(());
        }
        let last = self.lanes.insert((mark.device, lane), mark.thing);
        hold(
            Invariant::InOrder,
            last.is_none_or(|last| last < mark.thing),
            || {
                format!(
                    "{:?} arrived after thing {} of its lane, which was written later",
                    effect.text,
                    last.unwrap_or(0)
                )
            },
        )
    }

    fn changed(&mut self, effect: &Committed, excuses: &impl Excuses) -> Checked {
        let found = Mark::read(&effect.text)
            .and_then(|mark| Some((mark, self.things.get_mut(&(mark.device, mark.thing))?)));
        let Some((mark, arrival)) = found else {
            return violated(
                Invariant::InOrder,
                format!("{:?} changes something that was never made", effect.text),
            );
        };
        let before = arrival.write;
        if arrival.object != effect.object {
            return violated(
                Invariant::Isolated,
                format!(
                    "{:?} changed {}, not {}",
                    effect.text, effect.object, arrival.object
                ),
            );
        }
        arrival.write = mark.write;
        arrival.text.clone_from(&effect.text);
        if excuses.may_be_late(mark) {
            return Ok(());
        }
        hold(Invariant::AtMostOnce, mark.write != before, || {
            format!("{:?} took effect twice", effect.text)
        })?;
        hold(Invariant::InOrder, mark.write > before, || {
            format!(
                "{:?} took effect after write {before} of the same thing",
                effect.text
            )
        })
    }

    fn removed(&mut self, effect: &Committed) -> Checked {
        if self.doubles.remove(&effect.object) {
            return Ok(());
        }
        let found = self
            .things
            .values_mut()
            .find(|arrival| arrival.object == effect.object);
        match found {
            Some(arrival) if !arrival.is_gone => {
                arrival.is_gone = true;
                Ok(())
            }
            _ => violated(
                Invariant::AtMostOnce,
                format!("{} was removed, but was not there", effect.object),
            ),
        }
    }
}
