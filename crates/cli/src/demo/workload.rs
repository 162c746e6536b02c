//! What a busy user does, from a seed: posts with pictures, edits, comments, likes, follows, messages, deletes.
//!
//! Owns the choice of the next deed and its entry in the ledger. Never sends anything; pictures are files that the client is told of.

use outrigger_engine::ids::{LocalId, Sha256};
use outrigger_engine::time::Wall;
use outrigger_social::id::{CommentId, CommentRef, MessageId, MessageRef, PostId};
use outrigger_social::mutation::MediaFile;
use outrigger_social::{Mutation, comments, conversations, messages, posts, users};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use std::collections::BTreeSet;
use std::path::PathBuf;

use super::ledger::{Kind, Ledger, On, Standing, Tag, Thing, What};
use super::lines::{MetPost, Order, Person};
use super::png;
use super::trouble::Trouble;

/// What a deed can be, and how often it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Post,
    PostPictures,
    EditPost,
    Comment,
    EditComment,
    Message,
    MessagePicture,
    Like,
    Follow,
    Delete,
}

const ACTS: [(Act, u32); 10] = [
    (Act::Post, 14),
    (Act::PostPictures, 10),
    (Act::EditPost, 12),
    (Act::Comment, 14),
    (Act::EditComment, 5),
    (Act::Message, 20),
    (Act::MessagePicture, 4),
    (Act::Like, 12),
    (Act::Follow, 3),
    (Act::Delete, 6),
];

const SENTENCES: [&str; 12] = [
    "Dolphins off the port bow",
    "The outrigger lifts before the gust does",
    "Landfall at dawn",
    "Reef passed with a hand's width to spare",
    "No signal since the lagoon",
    "Rain all night, tea all morning",
    "The stars were good enough",
    "Swapped two coconuts for a chart",
    "Wind from where it should not be",
    "Mended the sail with a fishing line",
    "Somebody should write this down",
    "Forty miles on one paddle",
];

/// The deeds of one seed, one after another.
#[derive(Debug)]
pub(crate) struct Workload {
    random: StdRng,
    people: Vec<Person>,
    /// Where pictures are written.
    folder: PathBuf,
    /// What is made is numbered from here on: so two who write side by side make nothing twice.
    first_tag: Tag,
    pictures: u32,
    numbers: u64,
    /// What is done first, so that even a short story has something of everything.
    first: Vec<Act>,
    left_alone: BTreeSet<Tag>,
    /// A post of somebody else's that nothing is done to, until the story needs it.
    spared: Option<MetPost>,
}

impl Workload {
    /// Of a user who has met these people. Whatever gets a number gets one from the first tag on.
    pub(crate) fn new(seed: u64, mut people: Vec<Person>, folder: PathBuf, first_tag: Tag) -> Self {
        let spared = people.first_mut().and_then(|first| first.posts.pop());
        Self {
            random: StdRng::seed_from_u64(seed),
            people,
            folder,
            first_tag,
            pictures: first_tag.0.saturating_sub(1),
            numbers: u64::from(first_tag.0.saturating_sub(1)),
            first: ACTS.iter().rev().map(|(act, _)| *act).collect(),
            left_alone: BTreeSet::new(),
            spared,
        }
    }

    /// The next deed, as an order and in the ledger.
    pub(crate) fn next(&mut self, ledger: &mut Ledger) -> Result<Order, Trouble> {
        let act = match self.first.pop() {
            Some(act) => act,
            None => self.choose(),
        };
        match act {
            Act::Post => self.post(ledger, 0),
            Act::PostPictures => {
                let count = self.random.random_range(1..=2);
                self.post(ledger, count)
            }
            Act::EditPost => self.edit(ledger, Kind::Post),
            Act::Comment => self.comment(ledger),
            Act::EditComment => self.edit(ledger, Kind::Comment),
            Act::Message => self.message(ledger, false),
            Act::MessagePicture => self.message(ledger, true),
            Act::Like => self.like(ledger),
            Act::Follow => self.follow(ledger),
            Act::Delete => self.delete(ledger),
        }
    }

    /// A comment on this post of somebody's, for a story that needs one.
    pub(crate) fn comment_on(&mut self, ledger: &mut Ledger, post: PostId, on: On) -> Order {
        let (tag, id) = self.make(ledger, Kind::Comment, on);
        let text = tag.sign(self.sentence());
        let mutation = comments::create(CommentId(id), post, text.clone());
        self.order(ledger, tag, What::Make(text), vec![mutation], Vec::new())
    }

    /// An edit of this post of the user's, for a story that needs one.
    pub(crate) fn edit_of(&mut self, ledger: &mut Ledger, tag: Tag) -> Option<Order> {
        let post = PostId(ledger.things.get(&tag)?.id);
        let text = tag.sign(&format!("{}, seen from here", self.sentence()));
        let mutation = posts::update(post, text.clone());
        Some(self.order(ledger, tag, What::Change(text), vec![mutation], Vec::new()))
    }

    /// What the story needs untouched: somebody's post, and the first one of the user's own.
    pub(crate) fn spared(&self) -> Option<(MetPost, Tag)> {
        Some((self.spared.clone()?, self.left_alone.first().copied()?))
    }

    fn choose(&mut self) -> Act {
        let chosen = ACTS.choose_weighted(&mut self.random, |(_, weight)| *weight);
        chosen.map_or(Act::Post, |(act, _)| *act)
    }

    fn sentence(&mut self) -> &'static str {
        SENTENCES.choose(&mut self.random).copied().unwrap_or("Ahoy")
    }

    /// A new thing, with an id that is the same for the same seed.
    fn make(&mut self, ledger: &mut Ledger, kind: Kind, on: On) -> (Tag, LocalId) {
        let tag = ledger.next_tag(self.first_tag);
        let mut random = [0; 10];
        self.random.fill_bytes(&mut random);
        let id = LocalId::new(Wall(1_700_000_000_000 + i64::from(tag.0)), random);
        ledger.things.insert(tag, Thing::new(kind, id, on));
        (tag, id)
    }

    fn order(
        &mut self,
        ledger: &mut Ledger,
        tag: Tag,
        what: What,
        mutations: Vec<Mutation>,
        files: Vec<PathBuf>,
    ) -> Order {
        self.numbers += 1;
        let number = self.numbers;
        ledger.ask(tag, number, what);
        Order::Write {
            number,
            mutations,
            files,
        }
    }

    /// One of the things that are there for certain.
    fn pick(&mut self, ledger: &Ledger, kinds: &[Kind]) -> Option<Tag> {
        let is_free = |tag: &Tag| {
            let thing = &ledger.things[tag];
            let is_on_something = match &thing.on {
                On::Own(post) => ledger
                    .things
                    .get(post)
                    .is_some_and(|post| post.is_there() && !post.in_doubt),
                _ => true,
            };
            let is_free = !thing.in_doubt && !self.left_alone.contains(tag);
            kinds.contains(&thing.kind) && is_free && thing.is_there() && is_on_something
        };
        let there: Vec<Tag> = ledger.things.keys().copied().filter(is_free).collect();
        there.choose(&mut self.random).copied()
    }

    fn post(&mut self, ledger: &mut Ledger, picture_count: u32) -> Result<Order, Trouble> {
        let (tag, id) = self.make(ledger, Kind::Post, On::Nothing);
        if self.left_alone.is_empty() {
            self.left_alone.insert(tag);
        }
        let text = tag.sign(self.sentence());
        let (media, files) = self.take_pictures(ledger, tag, picture_count)?;
        let mutation = posts::create(PostId(id), text.clone(), media);
        Ok(self.order(ledger, tag, What::Make(text), vec![mutation], files))
    }

    fn edit(&mut self, ledger: &mut Ledger, kind: Kind) -> Result<Order, Trouble> {
        let Some(tag) = self.pick(ledger, &[kind]) else {
            return self.post(ledger, 0);
        };
        let thing = &ledger.things[&tag];
        let (id, on, edits) = (thing.id, thing.on.clone(), thing.deeds.len());
        let text = tag.sign(&format!("{}, edit {edits}", self.sentence()));
        let mutation = match (kind, self.post_of(ledger, &on)) {
            (Kind::Comment, Some(post)) => {
                let id = CommentId(id);
                comments::update(CommentRef { id, post }, text.clone())
            }
            _ => posts::update(PostId(id), text.clone()),
        };
        Ok(self.order(ledger, tag, What::Change(text), vec![mutation], Vec::new()))
    }

    fn comment(&mut self, ledger: &mut Ledger) -> Result<Order, Trouble> {
        let Some((post, on)) = self.some_post(ledger) else {
            return self.post(ledger, 0);
        };
        Ok(self.comment_on(ledger, post, on))
    }

    fn message(&mut self, ledger: &mut Ledger, with_picture: bool) -> Result<Order, Trouble> {
        let Some(user) = self.people.choose(&mut self.random).map(|person| person.user) else {
            return self.post(ledger, 0);
        };
        let is_to_them =
            |thing: &&Thing| thing.kind == Kind::Message && thing.on == On::Person(user) && !thing.in_doubt;
        let is_first = !ledger
            .things
            .values()
            .filter(is_to_them)
            .flat_map(|thing| &thing.deeds)
            .any(|deed| deed.standing != Standing::Refused);
        let (tag, id) = self.make(ledger, Kind::Message, On::Person(user));
        let text = tag.sign(self.sentence());
        let (mut media, files) = self.take_pictures(ledger, tag, u32::from(with_picture))?;
        let send = messages::send(MessageId(id), user.conversation(), text.clone(), media.pop());
        let open = is_first.then(|| conversations::open(user));
        let mutations = open.into_iter().chain([send]).collect();
        Ok(self.order(ledger, tag, What::Make(text), mutations, files))
    }

    fn like(&mut self, ledger: &mut Ledger) -> Result<Order, Trouble> {
        let Some((post, on)) = self.some_post(ledger) else {
            return self.post(ledger, 0);
        };
        let Some((tag, liked)) = self.toggle(ledger, Kind::Like, on) else {
            return self.post(ledger, 0);
        };
        let mutation = if liked {
            posts::like(post)
        } else {
            posts::unlike(post)
        };
        Ok(self.order(ledger, tag, What::Set(liked), vec![mutation], Vec::new()))
    }

    fn follow(&mut self, ledger: &mut Ledger) -> Result<Order, Trouble> {
        let person = self.people.choose(&mut self.random).map(|person| person.user);
        let toggled =
            person.and_then(|user| Some((user, self.toggle(ledger, Kind::Follow, On::Person(user))?)));
        let Some((user, (tag, followed))) = toggled else {
            return self.post(ledger, 0);
        };
        let mutation = if followed {
            users::follow(user)
        } else {
            users::unfollow(user)
        };
        Ok(self.order(ledger, tag, What::Set(followed), vec![mutation], Vec::new()))
    }

    /// The like or follow of something, and what it is to be now; `None` where it is in doubt.
    fn toggle(&mut self, ledger: &mut Ledger, kind: Kind, on: On) -> Option<(Tag, bool)> {
        let known = ledger
            .things
            .iter()
            .find(|(_, thing)| thing.kind == kind && thing.on == on);
        match known {
            Some((_, thing)) if thing.in_doubt => None,
            Some((tag, thing)) => Some((*tag, !thing.is_there())),
            None => Some((self.make(ledger, kind, on).0, true)),
        }
    }

    fn delete(&mut self, ledger: &mut Ledger) -> Result<Order, Trouble> {
        let Some(tag) = self.pick(ledger, &[Kind::Post, Kind::Comment, Kind::Message]) else {
            return self.post(ledger, 0);
        };
        let thing = &ledger.things[&tag];
        let (id, on) = (thing.id, thing.on.clone());
        let mutation = match (&on, self.post_of(ledger, &on)) {
            (On::Person(user), _) => messages::delete(MessageRef {
                id: MessageId(id),
                conversation: user.conversation(),
            }),
            (_, Some(post)) => comments::delete(CommentRef {
                id: CommentId(id),
                post,
            }),
            _ => posts::delete(PostId(id)),
        };
        Ok(self.order(ledger, tag, What::Remove, vec![mutation], Vec::new()))
    }

    /// A post of the user's or of somebody else's.
    fn some_post(&mut self, ledger: &Ledger) -> Option<(PostId, On)> {
        let theirs: Vec<_> = self.people.iter().flat_map(|person| &person.posts).collect();
        if self.random.random_bool(0.4)
            && let Some(met) = theirs.choose(&mut self.random)
        {
            return Some((met.post, On::Theirs(met.post, met.server_id.clone())));
        }
        let own = self.pick(ledger, &[Kind::Post])?;
        Some((PostId(ledger.things[&own].id), On::Own(own)))
    }

    fn post_of(&self, ledger: &Ledger, on: &On) -> Option<PostId> {
        match on {
            On::Own(post) => ledger.things.get(post).map(|post| PostId(post.id)),
            On::Theirs(post, _) => Some(*post),
            On::Nothing | On::Person(_) => None,
        }
    }

    /// New pictures on disk, noted as the thing's.
    fn take_pictures(
        &mut self,
        ledger: &mut Ledger,
        tag: Tag,
        count: u32,
    ) -> Result<(Vec<MediaFile>, Vec<PathBuf>), Trouble> {
        let (mut media, mut files) = (Vec::new(), Vec::new());
        for _ in 0..count {
            self.pictures += 1;
            // Most are small; each eighth takes more than one part to upload.
            let width = if self.pictures % 8 == 4 {
                360
            } else {
                self.random.random_range(48..160)
            };
            let bytes = png::picture(self.pictures, width, width * 3 / 4);
            let sha256 = Sha256::of(&bytes);
            let file = self.folder.join(format!("picture-{}.png", self.pictures));
            media.push(MediaFile {
                sha256,
                media_type: "image/png".to_owned(),
                size: bytes.len() as u64,
            });
            std::fs::write(&file, bytes).map_err(Trouble::io("write a picture"))?;
            files.push(file);
            if let Some(thing) = ledger.things.get_mut(&tag) {
                thing.pictures.push(sha256);
            }
        }
        Ok((media, files))
    }
}
