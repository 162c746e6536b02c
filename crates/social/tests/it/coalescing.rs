//! The law of coalescing: from whatever state the server is in, it ends as it would have had everything been sent.
//!
//! The server here is a pure model of the protocol's semantics, so that thousands of cases cost nothing.

use outrigger_engine::app::{App as _, Merge};
use outrigger_engine::ids::{Entity, LocalId};
use outrigger_social::id::{CommentId, CommentRef, ConversationId, MessageId, MessageRef, PostId, UserId};
use outrigger_social::mutation::{CommentChange, Follow, Like, MessageChange, PostChange};
use outrigger_social::{Mutation, Social, comments, conversations, messages, posts, users};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

use crate::server::alice;

/// The server: what is there, by local id. A text has a version, so that guarded updates can fail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Model {
    texts: BTreeMap<LocalId, Text>,
    /// What stands on what: comments on posts, messages in conversations.
    on: BTreeMap<LocalId, LocalId>,
    ties: BTreeSet<LocalId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Text {
    text: String,
    version: u64,
}

/// What becomes of a mutation there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Done,
    Rejected,
}

impl Model {
    /// Takes a mutation; `known` are the versions that the client has seen.
    fn take(&mut self, mutation: &Mutation, known: &mut BTreeMap<LocalId, u64>) -> Fate {
        let entity = mutation.entity().id;
        match mutation {
            Mutation::Post(PostChange::Create { text, .. }) => self.create(entity, None, text, known),
            Mutation::Comment(CommentChange::Create { post, text, .. }) => {
                if self.texts.contains_key(&post.0) {
                    self.create(entity, Some(post.0), text, known)
                } else {
                    Fate::Rejected
                }
            }
            Mutation::Message(MessageChange::Create {
                conversation, text, ..
            }) => {
                if self.ties.contains(&conversation.0) {
                    self.create(entity, Some(conversation.0), text, known)
                } else {
                    Fate::Rejected
                }
            }
            Mutation::Post(PostChange::Update { text, .. })
            | Mutation::Comment(CommentChange::Update { text, .. }) => match self.texts.get_mut(&entity) {
                Some(there) if known.get(&entity) == Some(&there.version) => {
                    text.clone_into(&mut there.text);
                    there.version += 1;
                    known.insert(entity, there.version);
                    Fate::Done
                }
                _ => Fate::Rejected,
            },
            Mutation::Post(PostChange::Delete { id }) => {
                self.texts.remove(&entity);
                let on = &self.on;
                self.texts.retain(|text, _| on.get(text) != Some(&entity));
                self.ties.remove(&id.like().id);
                Fate::Done
            }
            Mutation::Comment(CommentChange::Delete { .. })
            | Mutation::Message(MessageChange::Delete { .. }) => {
                self.texts.remove(&entity);
                Fate::Done
            }
            Mutation::Like(Like { post, liked: true }) if !self.texts.contains_key(&post.0) => Fate::Rejected,
            Mutation::Like(Like { liked: wanted, .. })
            | Mutation::Follow(Follow { followed: wanted, .. }) => {
                if *wanted {
                    self.ties.insert(entity);
                } else {
                    self.ties.remove(&entity);
                }
                Fate::Done
            }
            Mutation::OpenConversation { .. } => {
                self.ties.insert(entity);
                Fate::Done
            }
        }
    }

    fn create(
        &mut self,
        entity: LocalId,
        on: Option<LocalId>,
        text: &str,
        known: &mut BTreeMap<LocalId, u64>,
    ) -> Fate {
        let text = text.to_owned();
        self.texts.insert(entity, Text { text, version: 1 });
        known.insert(entity, 1);
        if let Some(on) = on {
            self.on.insert(entity, on);
        }
        Fate::Done
    }

    /// What a person sees of it: versions count how often something was sent.
    fn seen(&self) -> (BTreeMap<LocalId, &str>, &BTreeSet<LocalId>) {
        let texts = self.texts.iter().map(|(id, text)| (*id, text.text.as_str()));
        (texts.collect(), &self.ties)
    }
}

/// Sends a queue in order, as the engine does: what was rejected blocks later changes of the same entity, but a delete of it. Says how the server
/// ends, and of which entities something was rejected.
fn send(
    queue: &[Mutation],
    mut server: Model,
    mut known: BTreeMap<LocalId, u64>,
) -> (Model, BTreeSet<LocalId>) {
    let mut rejected: BTreeSet<LocalId> = BTreeSet::new();
    for mutation in queue {
        let entity = mutation.entity().id;
        let is_delete = matches!(
            mutation,
            Mutation::Post(PostChange::Delete { .. })
                | Mutation::Comment(CommentChange::Delete { .. })
                | Mutation::Message(MessageChange::Delete { .. })
        );
        if rejected.contains(&entity) && !is_delete {
            continue;
        }
        if server.take(mutation, &mut known) == Fate::Rejected {
            rejected.insert(entity);
        }
    }
    (server, rejected)
}

/// Queues a mutation as the engine does: merged with the last one of its entity as long as the app merges.
fn enqueue(app: &Social, queue: &mut Vec<Mutation>, new: &Mutation) {
    let mut new = new.clone();
    while let Some(place) = queue.iter().rposition(|old| old.entity() == new.entity()) {
        match app.coalesce(&queue[place], &new) {
            Merge::Keep => break,
            Merge::IntoOlder(merged) => {
                queue[place] = merged;
                return;
            }
            Merge::IntoNewer(merged) => {
                queue.remove(place);
                new = merged;
            }
            Merge::Neither => {
                let gone = queue[place].entity();
                queue.retain(|mutation| mutation.entity() != gone);
                return drop_dependants(app, queue, gone);
            }
        }
    }
    queue.push(new);
}

/// What was on something that is never made goes too, and what was on that.
fn drop_dependants(app: &Social, queue: &mut Vec<Mutation>, gone: Entity) {
    let mut gone = vec![gone];
    while let Some(entity) = gone.pop() {
        queue.retain(|mutation| {
            let depends = app.facts(mutation).names.contains(&entity);
            if depends {
                gone.push(mutation.entity());
            }
            !depends
        });
    }
}

fn local(number: u128) -> LocalId {
    LocalId(Uuid::from_u128(number))
}

const BOB: u128 = 9;

fn post(number: u128) -> PostId {
    PostId(local(10 + number))
}

fn comment(number: u128) -> CommentRef {
    CommentRef {
        id: CommentId(local(20 + number)),
        post: post(number % 2),
    }
}

fn conversation() -> ConversationId {
    UserId(local(BOB)).conversation()
}

fn message(number: u128) -> MessageRef {
    MessageRef {
        id: MessageId(local(30 + number)),
        conversation: conversation(),
    }
}

/// Anything that can be done to two posts, four comments, two messages and one user.
fn mutation() -> impl Strategy<Value = Mutation> {
    let text = "[a-c]{1,2}";
    prop_oneof![
        (0..2_u128, text).prop_map(|(which, text)| posts::create(post(which), text, Vec::new())),
        (0..2_u128, text).prop_map(|(which, text)| posts::update(post(which), text)),
        (0..2_u128).prop_map(|which| posts::delete(post(which))),
        (0..2_u128).prop_map(|which| posts::like(post(which))),
        (0..2_u128).prop_map(|which| posts::unlike(post(which))),
        (0..4_u128, text).prop_map(|(which, text)| {
            let CommentRef { id, post } = comment(which);
            comments::create(id, post, text)
        }),
        (0..4_u128, text).prop_map(|(which, text)| comments::update(comment(which), text)),
        (0..4_u128).prop_map(|which| comments::delete(comment(which))),
        (0..2_u128, text).prop_map(|(which, text)| messages::send(
            message(which).id,
            conversation(),
            text,
            None
        )),
        (0..2_u128).prop_map(|which| messages::delete(message(which))),
        Just(conversations::open(UserId(local(BOB)))),
        Just(users::follow(UserId(local(BOB)))),
        Just(users::unfollow(UserId(local(BOB)))),
    ]
}

/// What the client has seen, and how the server went on since.
#[derive(Debug, Clone)]
struct Start {
    seen: Model,
    server: Model,
}

/// For each thing: whether the client saw it, and what another device did to it since: nothing, changed it, removed it.
fn start() -> impl Strategy<Value = Start> {
    (
        prop::collection::vec((any::<bool>(), 0..3_u8), 8),
        prop::collection::vec((any::<bool>(), any::<bool>()), 4),
    )
        .prop_map(|(texts, ties)| {
            let mut seen = Model::default();
            let things: Vec<(LocalId, Option<LocalId>)> = (0..2)
                .map(|which| (post(which).0, None))
                .chain((0..4).map(|which| (comment(which).id.0, Some(comment(which).post.0))))
                .chain((0..2).map(|which| (message(which).id.0, Some(conversation().0))))
                .collect();
            let tie_ids = [
                post(0).like().id,
                post(1).like().id,
                UserId(local(BOB)).follow().id,
                conversation().0,
            ];
            let mut unused = BTreeMap::new();
            for (tie, (was, _)) in tie_ids.iter().zip(&ties) {
                if *was {
                    seen.ties.insert(*tie);
                }
            }
            for ((id, on), (was, _)) in things.iter().zip(&texts) {
                let stands = on.is_none_or(|on| seen.texts.contains_key(&on) || seen.ties.contains(&on));
                if *was && stands {
                    seen.create(*id, *on, "seen", &mut unused);
                }
            }
            let mut server = seen.clone();
            for ((id, _), (_, since)) in things.iter().zip(&texts) {
                match since {
                    1 => {
                        if let Some(text) = server.texts.get_mut(id) {
                            *text = Text {
                                text: "theirs".to_owned(),
                                version: 2,
                            };
                        }
                    }
                    2 => {
                        server.texts.remove(id);
                        let on = server.on.clone();
                        server.texts.retain(|text, _| on.get(text) != Some(id));
                    }
                    _ => {}
                }
            }
            for (tie, (_, now)) in tie_ids[..3].iter().zip(&ties) {
                if *now {
                    server.ties.insert(*tie);
                } else {
                    server.ties.remove(tie);
                }
            }
            for which in 0..2 {
                if !server.texts.contains_key(&post(which).0) {
                    server.ties.remove(&post(which).like().id);
                }
            }
            Start { seen, server }
        })
}

/// What the door lets in: the client sees what it changes or names, and makes nothing twice.
fn let_in(wanted: &[Mutation], seen: &Model) -> Vec<Mutation> {
    let mut view = seen.clone();
    let mut made: BTreeSet<LocalId> = seen.texts.keys().copied().collect();
    let mut known: BTreeMap<LocalId, u64> = BTreeMap::new();
    let mut taken = Vec::new();
    for mutation in wanted {
        for (id, text) in &view.texts {
            known.insert(*id, text.version);
        }
        let entity = mutation.entity().id;
        let fits = match mutation {
            Mutation::Post(PostChange::Create { .. })
            | Mutation::Comment(CommentChange::Create { .. })
            | Mutation::Message(MessageChange::Create { .. }) => !made.contains(&entity),
            Mutation::Post(_) | Mutation::Comment(_) | Mutation::Message(_) => {
                view.texts.contains_key(&entity)
            }
            Mutation::Like(Like { post, .. }) => view.texts.contains_key(&post.0),
            Mutation::Follow(_) | Mutation::OpenConversation { .. } => true,
        };
        if fits && view.take(mutation, &mut known) == Fate::Done {
            made.insert(entity);
            taken.push(mutation.clone());
        }
    }
    taken
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_server_ends_as_it_would_have_without(
        Start { seen, server } in start(),
        wanted in prop::collection::vec(mutation(), 0..14),
    ) {
        let app = Social::new(alice());
        let plain = let_in(&wanted, &seen);
        let mut merged = Vec::new();
        for mutation in &plain {
            enqueue(&app, &mut merged, mutation);
        }
        let known: BTreeMap<LocalId, u64> = seen.texts.iter().map(|(id, text)| (*id, text.version)).collect();
        prop_assert!(merged.len() <= plain.len());
        let (with, rejected_with) = send(&merged, server.clone(), known.clone());
        let (without, rejected_without) = send(&plain, server, known);
        // Merging must not bring a mutation before what it needs, or after what takes that away.
        prop_assert!(rejected_with.is_subset(&rejected_without), "{:#?}\nmerged to {:#?}", plain, merged);
        prop_assert_eq!(with.seen(), without.seen(), "{:#?}\nmerged to {:#?}", plain, merged);
    }

    #[test]
    fn the_json_of_a_mutation_reads_back(mutation in mutation()) {
        let json = serde_json::to_string(&mutation).expect("it is JSON");
        prop_assert_eq!(serde_json::from_str::<Mutation>(&json).expect("it reads back"), mutation);
    }
}
