//! People look at what others wrote: reads of the server, taken over into the device's database.
//!
//! Owns what is read and how an answer becomes an observation. Never judges what is shown: see [`super::watch`].

use outrigger_engine::Event;
use outrigger_engine::http::{Answer, Response};
use outrigger_engine::idmap::Ids;
use outrigger_engine::ids::{CallId, Entity, ReadMark, ServerId};
use outrigger_engine::inspect;
use outrigger_server::exchange::Request;
use outrigger_social::id::{ConversationId, PostId};
use outrigger_social::reads::{self, Scope, ServerCursor};
use outrigger_social::{Observation, Read, ReadError};

use super::World;
use super::network::Purpose;
use crate::invariant::Checked;

/// What is looked at.
#[derive(Debug, Clone)]
pub(super) enum Reading {
    Feed(Option<ServerCursor>),
    Post(PostId),
    Comments(PostId, ServerId, Option<ServerCursor>),
    Conversations(Option<ServerCursor>),
    Messages(ConversationId, ServerId, Option<ServerCursor>),
    Somebody(String),
}

impl World<'_> {
    /// Somebody opens one of the app's screens.
    pub(super) fn look(&mut self, d: usize, pick: u32) -> Checked {
        let Some(h) = self.a_host(d, pick) else {
            return Ok(());
        };
        let reading = match pick % 8 {
            0..3 => Reading::Feed(None),
            3 | 4 => match self.a_post(d, pick / 8) {
                Some(post) => match self.server_id(d, &post.entity()) {
                    Some(id) if pick % 8 == 3 => Reading::Comments(post, id, None),
                    _ => Reading::Post(post),
                },
                None => Reading::Feed(None),
            },
            5 => Reading::Conversations(None),
            6 => match self.a_conversation(d, pick / 8) {
                Some((conversation, id)) => Reading::Messages(conversation, id, None),
                None => Reading::Conversations(None),
            },
            _ => Reading::Somebody(format!("user_{}", pick / 8 % 3)),
        };
        self.read(d, h, reading);
        Ok(())
    }

    pub(super) fn read(&mut self, d: usize, h: usize, reading: Reading) {
        let path = match &reading {
            Reading::Feed(cursor) => reads::feed(Scope::Everyone, cursor.as_ref()),
            Reading::Post(post) => match self.server_id(d, &post.entity()) {
                Some(id) => reads::post(&id),
                None => return,
            },
            Reading::Comments(_, id, cursor) => reads::comments(id, cursor.as_ref()),
            Reading::Conversations(cursor) => reads::conversations(cursor.as_ref()),
            Reading::Messages(_, id, cursor) => reads::messages(id, cursor.as_ref()),
            Reading::Somebody(name) => reads::user_named(name),
        };
        let began = self.devices[d].hosts[h]
            .as_ref()
            .and_then(|host| inspect::read_mark(host.engine.db()).ok());
        let purpose = Purpose::Read(reading, began);
        self.depart(d, h, purpose, Request::new("GET", path), 30_000);
    }

    /// What was read is there. What cannot be used is left: whoever looks again asks again.
    pub(super) fn have_read(
        &mut self,
        d: usize,
        h: usize,
        reading: Reading,
        began: Option<ReadMark>,
        answer: Answer,
    ) -> Checked {
        let Answer::Response(response) = answer else {
            return Ok(());
        };
        match understood(&reading, &response) {
            Ok(Read { observation, next }) => {
                self.observe(d, h, observation, began)?;
                if self.is_healed
                    && let Some(cursor) = next
                {
                    self.read(d, h, further(reading, cursor));
                }
                Ok(())
            }
            Err(_) => match (&reading, response.status) {
                (Reading::Post(post), 404) if response.header("outrigger-epoch").is_some() => {
                    self.observe(d, h, Observation::gone(post.entity()), began)
                }
                // At the end everybody reads all there is: the session may end before they are through.
                (_, 401) if self.is_healed => {
                    let session = self.sign_up(self.devices[d].plan.account)?;
                    self.devices[d].hold(session);
                    self.read(d, h, reading);
                    Ok(())
                }
                _ => Ok(()),
            },
        }
    }

    fn observe(&mut self, d: usize, h: usize, observation: Observation, began: Option<ReadMark>) -> Checked {
        let call = CallId(self.devices[d].ledger.next_call());
        let observed = Event::Observed {
            call,
            observation,
            began,
        };
        self.handle(d, h, vec![observed])
    }

    /// One of the posts that are shown on the device.
    pub(super) fn a_post(&self, d: usize, pick: u32) -> Option<PostId> {
        self.a_row(d, "SELECT id FROM posts WHERE hidden = 0 ORDER BY id", pick)
            .map(PostId)
    }

    /// One of the conversations, with the server's id of it.
    fn a_conversation(&self, d: usize, pick: u32) -> Option<(ConversationId, ServerId)> {
        let id = self.a_row(d, "SELECT id FROM conversations ORDER BY id", pick)?;
        let id = ConversationId(id);
        Some((id, self.server_id(d, &id.entity())?))
    }

    /// One of the rows of a question about the device's database.
    pub(super) fn a_row<T: rusqlite::types::FromSql>(&self, d: usize, sql: &str, pick: u32) -> Option<T> {
        let db = self.devices[d].running()?.engine.db();
        let mut statement = db.prepare_cached(sql).ok()?;
        let rows = statement.query_map([], |row| row.get(0)).ok()?;
        let mut rows: Vec<T> = rows.collect::<Result<_, _>>().ok()?;
        let count = rows.len();
        (count > 0).then(|| rows.swap_remove(pick as usize % count))
    }

    pub(super) fn server_id(&self, d: usize, entity: &Entity) -> Option<ServerId> {
        let db = self.devices[d].running()?.engine.db();
        Ids::new(db).server_id(entity).ok().flatten()
    }
}

fn understood(reading: &Reading, response: &Response) -> Result<Read, ReadError> {
    let whole = |observation| Read {
        observation,
        next: None,
    };
    match reading {
        Reading::Feed(_) => Observation::feed(response),
        Reading::Post(_) => Observation::post(response).map(whole),
        Reading::Comments(..) => Observation::comments(response),
        Reading::Conversations(_) => Observation::conversations(response),
        Reading::Messages(conversation, ..) => Observation::messages(*conversation, response),
        Reading::Somebody(_) => Observation::profiles(response),
    }
}

fn further(reading: Reading, cursor: ServerCursor) -> Reading {
    let cursor = Some(cursor);
    match reading {
        Reading::Feed(_) => Reading::Feed(cursor),
        Reading::Comments(post, id, _) => Reading::Comments(post, id, cursor),
        Reading::Conversations(_) => Reading::Conversations(cursor),
        Reading::Messages(conversation, id, _) => Reading::Messages(conversation, id, cursor),
        whole @ (Reading::Post(_) | Reading::Somebody(_)) => whole,
    }
}
