//! What the user did, kept outside of both databases: the only truth that both are measured by.
//!
//! Owns what was asked, what was acknowledged, and what may therefore be there in the end. Never looks into a database.

use outrigger_engine::ids::{LocalId, MutationId, Sha256};
use outrigger_social::id::{PostId, UserId};
use std::collections::BTreeMap;

/// The number of a thing: it stands in every text of it, and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tag(pub(crate) u32);

impl Tag {
    /// A text that says whose it is.
    pub(crate) fn sign(self, text: &str) -> String {
        format!("{text} (#{})", self.0)
    }

    /// Whose text it is.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let (_, tail) = text.rsplit_once("(#")?;
        tail.strip_suffix(')')?.parse().ok().map(Self)
    }
}

/// What can be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Post,
    Comment,
    Message,
    Like,
    Follow,
}

/// What a thing is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum On {
    Nothing,
    /// A post of the user's.
    Own(Tag),
    /// A post of somebody else's, by its id here and on the server.
    Theirs(PostId, String),
    /// Somebody.
    Person(UserId),
}

/// One thing that was made, with all that was done to it.
#[derive(Debug, Clone)]
pub(crate) struct Thing {
    pub(crate) kind: Kind,
    pub(crate) id: LocalId,
    pub(crate) on: On,
    pub(crate) pictures: Vec<Sha256>,
    pub(crate) deeds: Vec<Deed>,
    /// Changes made to it from elsewhere.
    pub(crate) foreign_edits: u64,
    /// A process was killed before it could say what became of a deed: the story leaves it alone from then on.
    pub(crate) in_doubt: bool,
}

/// One thing that was done.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    /// The order that it was part of.
    pub(crate) number: u64,
    pub(crate) what: What,
    pub(crate) standing: Standing,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Make(String),
    Change(String),
    Remove,
    /// Liked or followed, or no longer.
    Set(bool),
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It may be durable or not.
    Asked,
    /// The client said that it is durable.
    Written,
    /// The client said that it was not done, and left nothing.
    Refused,
    /// The user took it back.
    TakenBack,
}

/// How a thing can stand in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    Absent,
    /// There, with this text.
    Says(String),
    /// There.
    Set,
}

impl Thing {
    /// A thing of which nothing was done yet.
    pub(crate) fn new(kind: Kind, id: LocalId, on: On) -> Self {
        Self {
            kind,
            id,
            on,
            pictures: Vec::new(),
            deeds: Vec::new(),
            foreign_edits: 0,
            in_doubt: false,
        }
    }

    /// Whether it is there, as far as anybody has been told.
    pub(crate) fn is_there(&self) -> bool {
        let last = self
            .deeds
            .iter()
            .rfind(|deed| !matches!(deed.standing, Standing::Refused | Standing::TakenBack));
        last.is_some_and(|deed| !matches!(deed.what, What::Remove | What::Set(false)))
    }

    /// Every way in which it may stand: what is acknowledged counts, and of what is not, any beginning.
    fn ends(&self) -> Vec<Presence> {
        let mut ends = vec![Presence::Absent];
        for deed in &self.deeds {
            let after = match &deed.what {
                What::Make(text) | What::Change(text) => Presence::Says(text.clone()),
                What::Remove | What::Set(false) => Presence::Absent,
                What::Set(true) => Presence::Set,
            };
            match deed.standing {
                Standing::Asked => ends.push(after),
                Standing::Written => ends = vec![after],
                Standing::Refused | Standing::TakenBack => {}
            }
        }
        ends
    }
}

/// Everything that the user did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    pub(crate) things: BTreeMap<Tag, Thing>,
    /// What the client called the mutations of each order.
    pub(crate) acknowledged: BTreeMap<u64, Vec<MutationId>>,
}

impl Ledger {
    /// A tag that nothing has, from this one on.
    pub(crate) fn next_tag(&self, first: Tag) -> Tag {
        let next = self.things.keys().next_back().map(|tag| Tag(tag.0 + 1));
        next.unwrap_or(first).max(first)
    }

    /// Something is asked for.
    pub(crate) fn ask(&mut self, tag: Tag, number: u64, what: What) {
        if let Some(thing) = self.things.get_mut(&tag) {
            thing.deeds.push(Deed {
                number,
                what,
                standing: Standing::Asked,
            });
        }
    }

    /// The client says that it has not carried out an order.
    pub(crate) fn refuse(&mut self, number: u64) {
        let deeds = self.things.values_mut().flat_map(|thing| &mut thing.deeds);
        for deed in deeds.filter(|deed| deed.number == number) {
            deed.standing = Standing::Refused;
        }
    }

    /// The client says that an order is durable.
    pub(crate) fn acknowledge(&mut self, number: u64, mutations: Vec<MutationId>) {
        let deeds = self.things.values_mut().flat_map(|thing| &mut thing.deeds);
        for deed in deeds.filter(|deed| deed.number == number) {
            deed.standing = Standing::Written;
        }
        self.acknowledged.insert(number, mutations);
    }

    /// The user has taken a mutation back. What was made goes with all that was done to it.
    pub(crate) fn take_back(&mut self, mutation: MutationId) {
        let number = self
            .acknowledged
            .iter()
            .find(|(_, mutations)| mutations.contains(&mutation))
            .map(|(number, _)| *number);
        for thing in self.things.values_mut() {
            let is_made = |deed: &Deed| Some(deed.number) == number && matches!(deed.what, What::Make(_));
            let is_all_gone = thing.deeds.iter().any(is_made);
            for deed in &mut thing.deeds {
                if is_all_gone || Some(deed.number) == number {
                    deed.standing = Standing::TakenBack;
                }
            }
        }
    }

    /// The client was killed: of what it has not said, nobody knows.
    pub(crate) fn doubt(&mut self) {
        for thing in self.things.values_mut() {
            thing.in_doubt |= thing.deeds.iter().any(|deed| deed.standing == Standing::Asked);
        }
    }

    /// How many writes stand so.
    pub(crate) fn count(&self, standing: Standing) -> usize {
        self.things
            .values()
            .flat_map(|thing| &thing.deeds)
            .filter(|deed| deed.standing == standing)
            .count()
    }

    /// Every way in which a thing may stand: with the post that it is on it goes.
    pub(crate) fn ends(&self, thing: &Thing) -> Vec<Presence> {
        let mut ends = thing.ends();
        if let On::Own(post) = &thing.on
            && let Some(post) = self.things.get(post)
        {
            let post = post.ends();
            if post.iter().all(|end| *end == Presence::Absent) {
                return vec![Presence::Absent];
            }
            if post.contains(&Presence::Absent) {
                ends.push(Presence::Absent);
            }
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_acknowledged_may_be_there_or_not() {
        let mut ledger = Ledger::default();
        let tag = ledger.next_tag(Tag(1));
        let id = LocalId::derived(LocalId(Default::default()), "post");
        ledger.things.insert(tag, Thing::new(Kind::Post, id, On::Nothing));
        ledger.ask(tag, 1, What::Make("one".to_owned()));
        ledger.ask(tag, 2, What::Change("two".to_owned()));
        let says = |text: &str| Presence::Says(text.to_owned());
        let ends = |ledger: &Ledger| ledger.ends(&ledger.things[&tag]);
        assert_eq!(ends(&ledger), [Presence::Absent, says("one"), says("two")]);
        ledger.acknowledge(1, Vec::new());
        assert_eq!(ends(&ledger), [says("one"), says("two")]);
        ledger.acknowledge(2, Vec::new());
        assert_eq!(ends(&ledger), [says("two")]);
    }

    #[test]
    fn a_signed_text_tells_whose_it_is() {
        assert_eq!(Tag::of(&Tag(17).sign("Out (#3) at sea")), Some(Tag(17)));
        assert_eq!(Tag::of("somebody else's"), None);
    }
}
