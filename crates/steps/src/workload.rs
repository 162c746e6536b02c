//! The workload: what one user of the social app writes, decided by a seed.
//!
//! Owns the mix and the sizes. The same seed and scene give the same writes; never measures anything.

use outrigger_engine::ids::LocalId;
use outrigger_engine::time::Wall;
use outrigger_social::Mutation;
use outrigger_social::id::{CommentId, ConversationId, MessageId, PostId};
use outrigger_social::mutation::{CommentChange, Like, MessageChange, PostChange};

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng as _, RngExt as _, SeedableRng as _};

/// Bytes of each text.
pub const TEXT_BYTES: usize = 300;
/// Conversations that messages go to.
pub const CONVERSATIONS: usize = 50;
/// Posts of others that the user has read.
pub const FEED_POSTS: usize = 1_000;
/// Writes, unless another number is asked for.
pub const ITEMS: usize = 10_000;
/// The mix in per cent: posts, comments, likes; the rest are messages.
pub const MIX: [u32; 3] = [60, 15, 15];

/// When the first of the writes is made: after all that was read before.
const BEGINS: Wall = Wall(1_900_000_000_000);

/// What the user can comment on, like and write to before they write anything.
#[derive(Debug, Clone)]
pub struct Targets {
    /// Posts of others.
    pub posts: Vec<PostId>,
    /// Conversations that exist.
    pub conversations: Vec<ConversationId>,
}

/// Which writes: the same seed and the same scene give the same ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Decides all of them.
    pub seed: u64,
    /// How many.
    pub items: usize,
}

/// So many writes. Half of the comments and likes are on posts that were written before in the same workload, half on those of others.
pub fn writes(targets: &Targets, seed: u64, items: usize) -> Vec<Mutation> {
    stream(targets.clone(), seed).take(items).collect()
}

/// The same, one after the other, without end.
pub fn stream(targets: Targets, seed: u64) -> impl Iterator<Item = Mutation> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut unliked = targets.posts.clone();
    unliked.shuffle(&mut rng);
    let mut author = Author {
        rng,
        made: 0,
        own: Vec::new(),
        unliked,
    };
    std::iter::repeat_with(move || author.write(&targets))
}

struct Author {
    rng: StdRng,
    made: i64,
    /// Own posts, and whether they are liked.
    own: Vec<(PostId, bool)>,
    /// Posts of others that are not liked yet.
    unliked: Vec<PostId>,
}

impl Author {
    fn write(&mut self, targets: &Targets) -> Mutation {
        let [posts, comments, likes] = MIX;
        match self.rng.random_range(0..100) {
            n if n < posts => self.post(),
            n if n < posts + comments => self.comment(targets),
            n if n < posts + comments + likes => self.like(),
            _ => self.message(targets),
        }
    }

    fn post(&mut self) -> Mutation {
        let id = PostId(self.id());
        self.own.push((id, false));
        Mutation::Post(PostChange::Create {
            id,
            text: self.text(),
            media: Vec::new(),
        })
    }

    fn comment(&mut self, targets: &Targets) -> Mutation {
        let theirs = if self.rng.random() {
            targets.posts.choose(&mut self.rng)
        } else {
            None
        };
        let Some(post) = theirs.copied().or_else(|| self.own_post()) else {
            return self.post();
        };
        Mutation::Comment(CommentChange::Create {
            id: CommentId(self.id()),
            post,
            text: self.text(),
        })
    }

    /// Nothing is liked twice.
    fn like(&mut self) -> Mutation {
        let theirs = if self.rng.random() {
            self.unliked.pop()
        } else {
            None
        };
        let post = theirs.or_else(|| self.own_unliked());
        match post {
            Some(post) => Mutation::Like(Like { post, liked: true }),
            None => self.post(),
        }
    }

    fn message(&mut self, targets: &Targets) -> Mutation {
        let conversation = targets.conversations[self.rng.random_range(0..targets.conversations.len())];
        Mutation::Message(MessageChange::Create {
            id: MessageId(self.id()),
            conversation,
            text: self.text(),
            media: None,
        })
    }

    /// One of the newest hundred.
    fn own_post(&mut self) -> Option<PostId> {
        let newest = self.own.len().saturating_sub(100);
        self.own[newest..].choose(&mut self.rng).map(|(post, _)| *post)
    }

    fn own_unliked(&mut self) -> Option<PostId> {
        let newest = self.own.len().saturating_sub(100);
        let (post, liked) = self.own[newest..].iter_mut().find(|(_, liked)| !liked)?;
        *liked = true;
        Some(*post)
    }

    fn id(&mut self) -> LocalId {
        self.made += 1;
        let mut random = [0; 10];
        self.rng.fill_bytes(&mut random);
        LocalId::new(Wall(BEGINS.0 + self.made), random)
    }

    fn text(&mut self) -> String {
        let letters = b"eeeeeettttaaaooiinnsshhrrdlucm     ";
        (0..TEXT_BYTES)
            .map(|_| char::from(letters[self.rng.random_range(0..letters.len())]))
            .collect()
    }
}
