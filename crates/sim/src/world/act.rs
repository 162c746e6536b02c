//! What people do: writes, and second thoughts about them. Each is noted in the ledger before the engine hears of it.
//!
//! Owns how an act becomes mutations and a line in the ledger. Never looks at whether it was right: see [`super::watch`].

use outrigger_engine::event::StagedFile;
use outrigger_engine::ids::{CallId, LocalId, MutationId, Sha256};
use outrigger_engine::inspect::{self, Filter, Item, Standing};
use outrigger_engine::{Cause, Event, Write};
use outrigger_social::id::{CommentId, CommentRef, ConversationId, MessageId, MessageRef, PostId, UserId};
use outrigger_social::mutation::MediaFile;
use outrigger_social::{Mutation, comments, messages, posts, users};
use rand::{Rng as _, RngExt as _};

use super::{Asked, World};
use crate::invariant::Checked;
use crate::ledger::{Kind, Mark, Says, Told, Written};
use crate::plan::Act;

/// One change: of what, what it says, how the app calls it.
type Change = (Kind, Says, Mutation);

impl World<'_> {
    pub(super) fn act(&mut self, d: usize, act: Act, pick: u32) -> Checked {
        let Some(h) = self.a_host(d, pick) else {
            return Ok(());
        };
        match act {
            Act::Several => self.several(d, h, pick),
            Act::Picture => self.picture(d, h, pick),
            Act::Read => self.look(d, pick),
            Act::Switch => {
                let is_offline =
                    self.devices[d].running().and_then(|host| host.status.cause) == Some(Cause::ByChoice);
                self.ask(d, h, Asked::Other, |call| Event::SetOnline {
                    call,
                    online: is_offline,
                })
            }
            Act::Sync => self.handle(d, h, vec![Event::TriggerSync]),
            Act::RetryFailed => self.ask(d, h, Asked::Other, |call| Event::RetryFailed { call }),
            Act::Retry => match self.an_item(d, pick, Filter::Parked) {
                Some(item) => self.retry(d, h, &item),
                None => Ok(()),
            },
            Act::Edit => self.edit(d, h, pick),
            Act::Discard => match self.an_item(d, pick, Filter::All) {
                Some(item) => {
                    self.give_up(d, h, &item);
                    self.discard(d, h, item.mutation)
                }
                None => Ok(()),
            },
            Act::Attend => self.attend(d, h),
            Act::Pry => self.pry(d, pick),
            _ => match self.change(d, act, pick) {
                Some(changes) => self.write(d, h, changes, Vec::new()),
                None => Ok(()),
            },
        }
    }

    /// What an act changes, where there is something to be changed.
    fn change(&mut self, d: usize, act: Act, pick: u32) -> Option<Vec<Change>> {
        let now_ms = self.now_ms;
        let one = |kind, says, mutation| Some(vec![(kind, says, mutation)]);
        match act {
            Act::Post => {
                let id = PostId(self.devices[d].new_id(now_ms));
                let text = self.first_text(d);
                let kind = Kind::Post {
                    id,
                    media: Vec::new(),
                };
                one(
                    kind,
                    Says::Text(text.clone()),
                    posts::create(id, text, Vec::new()),
                )
            }
            Act::ChangePost => {
                let (kind, text) = self.own(d, pick, |kind| matches!(kind, Kind::Post { .. }))?;
                let Kind::Post { id, .. } = kind else { return None };
                one(kind, Says::Text(text.clone()), posts::update(id, text))
            }
            Act::DeletePost => {
                let (kind, _) = self.own(d, pick, |kind| matches!(kind, Kind::Post { .. }))?;
                let Kind::Post { id, .. } = kind else { return None };
                one(kind, Says::Gone, posts::delete(id))
            }
            Act::Comment => {
                let post = self.a_post(d, pick)?;
                let id = CommentId(self.devices[d].new_id(now_ms));
                let text = self.first_text(d);
                let kind = Kind::Comment { id, post };
                one(kind, Says::Text(text.clone()), comments::create(id, post, text))
            }
            Act::ChangeComment => {
                let (kind, text) = self.own(d, pick, |kind| matches!(kind, Kind::Comment { .. }))?;
                let Kind::Comment { id, post } = kind else {
                    return None;
                };
                let of = CommentRef { id, post };
                one(kind, Says::Text(text.clone()), comments::update(of, text))
            }
            Act::DeleteComment => {
                let (kind, _) = self.own(d, pick, |kind| matches!(kind, Kind::Comment { .. }))?;
                let Kind::Comment { id, post } = kind else {
                    return None;
                };
                one(kind, Says::Gone, comments::delete(CommentRef { id, post }))
            }
            Act::Like => {
                let post = self.is_first_device(d).then(|| self.a_post(d, pick)).flatten()?;
                let kind = Kind::Like { post };
                let liked = self.is_set(d, &kind);
                let mutation = if liked {
                    posts::unlike(post)
                } else {
                    posts::like(post)
                };
                one(kind, Says::Set(!liked), mutation)
            }
            Act::Follow => {
                let user = self
                    .is_first_device(d)
                    .then(|| self.somebody(d, pick))
                    .flatten()?;
                let kind = Kind::Follow { user };
                let followed = self.is_set(d, &kind);
                let mutation = if followed {
                    users::unfollow(user)
                } else {
                    users::follow(user)
                };
                one(kind, Says::Set(!followed), mutation)
            }
            Act::Message => self.message(d, pick),
            Act::DeleteMessage => {
                let (kind, _) = self.own(d, pick, |kind| matches!(kind, Kind::Message { .. }))?;
                let Kind::Message { id, conversation } = kind else {
                    return None;
                };
                one(
                    kind,
                    Says::Gone,
                    messages::delete(MessageRef { id, conversation }),
                )
            }
            _ => None,
        }
    }

    fn message(&mut self, d: usize, pick: u32) -> Option<Vec<Change>> {
        let user = self.somebody(d, pick)?;
        let id = MessageId(self.devices[d].new_id(self.now_ms));
        let conversation = user.conversation();
        let db = self.devices[d].running()?.engine.db();
        let mut number = self.devices[d].ledger.next_number();
        let opened = messages::send_to(db, id, user, "", None).ok()?;
        let is_new = opened.len() > 1;
        if is_new && !self.devices[d].ledger.things.contains_key(&conversation.0) {
            number += 1;
        }
        let mark = Mark {
            device: d,
            thing: number,
            write: 0,
        };
        let text = mark.text(0);
        let mut changes = Vec::new();
        if is_new {
            changes.push((
                Kind::Conversation { user },
                Says::Set(true),
                Mutation::OpenConversation { user },
            ));
        }
        changes.push((
            Kind::Message { id, conversation },
            Says::Text(text.clone()),
            messages::send(id, conversation, text, None),
        ));
        Some(changes)
    }

    /// Several posts in one call: all of them are kept, or none.
    fn several(&mut self, d: usize, h: usize, pick: u32) -> Checked {
        let first = self.devices[d].ledger.next_number();
        let changes = (0..2 + pick as usize % 3)
            .map(|index| {
                let id = PostId(self.devices[d].new_id(self.now_ms));
                let mark = Mark {
                    device: d,
                    thing: first + index,
                    write: 0,
                };
                let text = mark.text(0);
                let kind = Kind::Post {
                    id,
                    media: Vec::new(),
                };
                (
                    kind,
                    Says::Text(text.clone()),
                    posts::create(id, text, Vec::new()),
                )
            })
            .collect();
        self.write(d, h, changes, Vec::new())
    }

    /// A post with pictures, whose bytes are copied before it is written.
    fn picture(&mut self, d: usize, h: usize, pick: u32) -> Checked {
        let mut staged = Vec::new();
        for _ in 0..1 + pick % 2 {
            // Some pictures are posted again and again.
            let bytes = picture((pick / 2).is_multiple_of(7), &mut self.devices[d].random);
            let file = format!("file-{}", self.devices[d].new_id(self.now_ms));
            let file = StagedFile {
                sha256: Sha256::of(&bytes),
                file: file.clone(),
                size: bytes.len() as u64,
                media_type: "image/png".to_owned(),
            };
            if staged
                .iter()
                .any(|other: &StagedFile| other.sha256 == file.sha256)
            {
                continue;
            }
            self.devices[d].files.insert(file.file.clone(), bytes);
            staged.push(file);
        }
        let files = staged.iter().map(|file| file.file.clone()).collect();
        self.ask(d, h, Asked::Other, |call| Event::Stage { call, files })?;
        let id = PostId(self.devices[d].new_id(self.now_ms));
        let text = self.first_text(d);
        let media = staged.iter().map(MediaFile::from).collect();
        let kind = Kind::Post {
            id,
            media: staged.iter().map(|file| file.sha256).collect(),
        };
        let change = (kind, Says::Text(text.clone()), posts::create(id, text, media));
        self.write(d, h, vec![change], staged)
    }

    /// Notes what the user does, then tells the engine.
    fn write(&mut self, d: usize, h: usize, changes: Vec<Change>, files: Vec<StagedFile>) -> Checked {
        if self.devices[d].hosts[h].is_none() {
            return Ok(());
        }
        let now_ms = self.now_ms;
        let device = &mut self.devices[d];
        let call = device.ledger.next_call();
        let mut writes = Vec::new();
        for (kind, says, mutation) in changes {
            let id = MutationId(device.new_id(now_ms).0);
            let thing = device.ledger.thing(kind);
            thing.writes.push(Written {
                mutation: id,
                call,
                says,
                told: Told::Doubt,
                standing: Standing::Unknown,
            });
            writes.push(Write {
                id: Some(id),
                mutation,
                files: files.clone(),
            });
        }
        device.asked.insert(call, (h, Asked::Mutate));
        let call = CallId(call);
        self.handle(d, h, vec![Event::Mutate { call, writes }])
    }

    pub(super) fn ask(
        &mut self,
        d: usize,
        h: usize,
        asked: Asked,
        event: impl FnOnce(CallId) -> Event<crate::app::Phone>,
    ) -> Checked {
        let call = self.devices[d].ledger.next_call();
        self.devices[d].asked.insert(call, (h, asked));
        self.handle(d, h, vec![event(CallId(call))])
    }

    /// Signs in and accepts the server, where that is asked for.
    pub(super) fn attend(&mut self, d: usize, h: usize) -> Checked {
        let Some(host) = &self.devices[d].hosts[h] else {
            return Ok(());
        };
        match host.status.cause {
            Some(Cause::SignIn) => {
                if !self.backend.is_up() {
                    return Ok(());
                }
                match self.sign_up(self.devices[d].plan.account) {
                    Ok(session) => self.devices[d].hold(session),
                    Err(violation) if self.is_healed => return Err(violation),
                    Err(_) => return Ok(()),
                }
                self.handle(d, h, vec![Event::SignedIn])
            }
            Some(Cause::ServerRestored) => self.ask(d, h, Asked::Other, |call| Event::AcceptServer { call }),
            Some(Cause::ByChoice | Cause::Unreachable) | None => Ok(()),
        }
    }

    /// A row of the queue.
    pub(super) fn an_item(&self, d: usize, pick: u32, filter: Filter) -> Option<Item> {
        let db = self.devices[d].running()?.engine.db();
        let mut items = inspect::items(db, filter, None, 1_000).ok()?;
        items.retain(|item| item.upload.is_none() || filter == Filter::Parked);
        let count = items.len();
        (count > 0).then(|| items.swap_remove(pick as usize % count))
    }

    /// A thing of the user's that is there, and the text of the next write about it.
    fn own(&self, d: usize, pick: u32, is_meant: impl Fn(&Kind) -> bool) -> Option<(Kind, String)> {
        let things = self.devices[d].ledger.things.values();
        let things: Vec<_> = things
            .filter(|thing| is_meant(&thing.kind) && thing.is_there())
            .collect();
        let thing = things.get(pick as usize % things.len().max(1))?;
        let mark = Mark {
            device: d,
            thing: thing.number,
            write: thing.writes.len(),
        };
        Some((thing.kind.clone(), mark.text(0)))
    }

    fn first_text(&self, d: usize) -> String {
        let thing = self.devices[d].ledger.next_number();
        Mark {
            device: d,
            thing,
            write: 0,
        }
        .text(0)
    }

    fn is_set(&self, d: usize, kind: &Kind) -> bool {
        let thing = self.devices[d].ledger.things.get(&kind.entity().id);
        thing.is_some_and(|thing| thing.shown() == crate::ledger::Shown::Set(true))
    }

    /// Only one device of an account likes and follows: what two of them make of it is not this model's business.
    fn is_first_device(&self, d: usize) -> bool {
        let account = self.devices[d].plan.account;
        self.devices[..d]
            .iter()
            .all(|device| device.plan.account != account)
    }

    /// Somebody else whom the device knows.
    fn somebody(&self, d: usize, pick: u32) -> Option<UserId> {
        let me = UserId::of_server(&self.devices[d].me.id);
        let user: UserId = self.a_row(d, "SELECT id FROM users ORDER BY id", pick)?;
        (user != me).then_some(user)
    }
}

/// A small picture: some bytes that begin as a PNG does.
fn picture(is_known: bool, random: &mut rand::rngs::StdRng) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    if is_known {
        bytes.resize(1_500, 7);
        return bytes;
    }
    let mut rest = vec![0; random.random_range(1..4_000)];
    random.fill_bytes(&mut rest);
    bytes.extend(rest);
    bytes
}

/// What lane a message is in.
pub(super) fn lane_of(kind: &Kind) -> Option<ConversationId> {
    match kind {
        Kind::Message { conversation, .. } => Some(*conversation),
        _ => None,
    }
}

/// The entity of a thing.
pub(super) fn id_of(kind: &Kind) -> LocalId {
    kind.entity().id
}
