//! What the user of a device did, kept outside the product: what they were told is kept, and what they must see because of it.
//!
//! Owns the model of one device. Never reads the engine's tables: what became of a write is told to it.

use outrigger_engine::Outcome;
use outrigger_engine::ids::{Entity, LocalId, MutationId, Sha256};
use outrigger_engine::inspect::Standing;
use outrigger_social::id::{CommentId, ConversationId, MessageId, PostId, UserId};
use std::collections::BTreeMap;

/// What a write says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Says {
    /// This text.
    Text(String),
    /// That it is gone.
    Gone,
    /// That it is so, or not: a like, a follow, a conversation.
    Set(bool),
}

/// Whether the user was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// It is kept.
    Kept,
    /// Nothing: the process died over it.
    Doubt,
    /// It was refused, or turned out not to be kept: it must have left nothing.
    Void,
}

/// One write.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) mutation: MutationId,
    pub(crate) call: u64,
    pub(crate) says: Says,
    pub(crate) told: Told,
    pub(crate) standing: Standing,
}

impl Written {
    fn counts(&self) -> bool {
        self.told != Told::Void && self.standing != Standing::Settled(Outcome::Discarded)
    }
}

/// What a thing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Post {
        id: PostId,
        media: Vec<Sha256>,
    },
    Comment {
        id: CommentId,
        post: PostId,
    },
    Message {
        id: MessageId,
        conversation: ConversationId,
    },
    Like {
        post: PostId,
    },
    Follow {
        user: UserId,
    },
    Conversation {
        user: UserId,
    },
}

impl Kind {
    pub(crate) fn entity(&self) -> Entity {
        match self {
            Self::Post { id, .. } => id.entity(),
            Self::Comment { id, .. } => id.entity(),
            Self::Message { id, .. } => id.entity(),
            Self::Like { post } => post.like(),
            Self::Follow { user } => user.follow(),
            Self::Conversation { user } => user.conversation().entity(),
        }
    }
}

/// Something that the user made or set, with all that they wrote about it.
#[derive(Debug, Clone)]
pub(crate) struct Thing {
    /// Its number on this device, never used again.
    pub(crate) number: usize,
    pub(crate) kind: Kind,
    pub(crate) writes: Vec<Written>,
    /// A copy of the database was put back over later writes about it: what it ends as is not known any more.
    pub(crate) is_torn: bool,
}

/// How a thing is to be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown<'a> {
    Absent,
    Text(&'a str),
    Set(bool),
}

impl Thing {
    /// What is to be seen of it: its last write that was not taken back.
    pub(crate) fn shown(&self) -> Shown<'_> {
        let last = self.writes.iter().rev().find(|written| written.counts());
        let is_tie = matches!(
            self.kind,
            Kind::Like { .. } | Kind::Follow { .. } | Kind::Conversation { .. }
        );
        match last.map(|written| &written.says) {
            None if is_tie => Shown::Set(false),
            None | Some(Says::Gone) => Shown::Absent,
            Some(Says::Text(text)) => Shown::Text(text),
            Some(Says::Set(set)) => Shown::Set(*set),
        }
    }

    /// Whether something can be written about it: it was made, and not taken back.
    pub(crate) fn is_there(&self) -> bool {
        match self.shown() {
            Shown::Absent => false,
            Shown::Text(_) | Shown::Set(_) => self.writes.iter().all(|written| written.told != Told::Doubt),
        }
    }
}

/// All that was done on one device.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    pub(crate) things: BTreeMap<LocalId, Thing>,
    numbers: usize,
    calls: u64,
    /// A post of somebody else's may have another id here than before, and so a like of it: what was liked then is not known.
    likes_are_unknown: bool,
}

impl Ledger {
    /// The database has lost what it knew last.
    pub(crate) const fn forget_likes(&mut self) {
        self.likes_are_unknown = true;
    }

    pub(crate) fn next_call(&mut self) -> u64 {
        self.calls += 1;
        self.calls
    }

    /// The number that the next thing gets.
    pub(crate) const fn next_number(&self) -> usize {
        self.numbers
    }

    /// The thing of this kind, with its number: made where it is new.
    pub(crate) fn thing(&mut self, kind: Kind) -> &mut Thing {
        let id = kind.entity().id;
        let number = self.numbers;
        let numbers = &mut self.numbers;
        let is_torn = self.likes_are_unknown && matches!(kind, Kind::Like { .. });
        self.things.entry(id).or_insert_with(|| {
            *numbers += 1;
            Thing {
                number,
                kind,
                writes: Vec::new(),
                is_torn,
            }
        })
    }

    /// Every write about anything.
    pub(crate) fn writes_mut(&mut self) -> impl Iterator<Item = &mut Written> {
        self.things.values_mut().flat_map(|thing| &mut thing.writes)
    }

    /// Goes back to an older state of the ledger: the database was. What was written since is forgotten, but no number is given twice, and what was
    /// written about since is torn. Also what was not known then: a like, a follow, a conversation has the same id whenever it is made, and may have
    /// arrived.
    pub(crate) fn go_back(&mut self, older: &Self) {
        self.forget_likes();
        let newer = std::mem::replace(&mut self.things, older.things.clone());
        for (id, thing) in newer {
            let kept = self.things.entry(id).or_insert_with(|| Thing {
                writes: Vec::new(),
                ..thing.clone()
            });
            let is_same = thing.writes.len() == kept.writes.len()
                && std::iter::zip(&thing.writes, &kept.writes).all(|(one, other)| one.says == other.says);
            kept.is_torn |= thing.is_torn || !is_same;
        }
    }
}

/// How texts name the thing and the write that they are of: device, thing, write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub(crate) device: usize,
    pub(crate) thing: usize,
    pub(crate) write: usize,
}

impl Mark {
    /// A text that carries it.
    pub(crate) fn text(self, edition: u64) -> String {
        let Self { device, thing, write } = self;
        format!("d{device} t{thing} w{write} e{edition}")
    }

    /// Reads it from a text.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let mut part = |letter: char| parts.next()?.strip_prefix(letter)?.parse().ok();
        Some(Self {
            device: part('d')?,
            thing: part('t')?,
            write: part('w')?,
        })
    }
}
