//! The end: what the server has, what every device shows and what the users did are compared as a whole.
//!
//! Owns the invariants of the end: 8 and 22 between everybody, 12, 13, 15, 18, 19, 27.

use outrigger_engine::Outcome;
use outrigger_engine::ids::LocalId;
use outrigger_engine::inspect::Standing;
use outrigger_server::exchange::Request;
use rusqlite::{Connection, OptionalExtension as _};

use super::World;
use super::read::Reading;
use super::watch::{Seen, seen};
use crate::invariant::{Checked, Invariant, hold, violated};
use crate::ledger::{Kind, Shown, Told};

/// A log may grow to so many pages before it is copied into the database, and hold one transaction more.
const LOG_BYTES_MAX: u64 = 24 << 20;

impl World<'_> {
    pub(super) fn finish(&mut self) -> Checked {
        for d in 0..self.devices.len() {
            // What became of what the second process died over, where that never came back, is seen by the first.
            self.came_back(d, 0)?;
            self.nothing_is_lost(d, 0)?;
        }
        self.everybody_reads()?;
        for d in 0..self.devices.len() {
            self.look_at_all(d, 0)?;
            self.own_things_arrived(d)?;
            self.shows_what_the_server_has(d)?;
            self.keeps_its_secrets(d)?;
            self.is_bounded(d)?;
        }
        self.files_are_whole()
    }

    fn everybody_reads(&mut self) -> Checked {
        for d in 0..self.devices.len() {
            // Hours have passed.
            let session = self.sign_up(self.devices[d].plan.account)?;
            self.devices[d].hold(session);
            self.read(d, 0, Reading::Feed(None));
            self.read(d, 0, Reading::Conversations(None));
        }
        self.let_flights_end()?;
        for d in 0..self.devices.len() {
            for post in self.rows(d, "SELECT id FROM posts ORDER BY id") {
                let post = outrigger_social::id::PostId(post);
                self.read(d, 0, Reading::Post(post));
                if let Some(id) = self.server_id(d, &post.entity()) {
                    self.read(d, 0, Reading::Comments(post, id, None));
                }
            }
            for conversation in self.rows(d, "SELECT id FROM conversations ORDER BY id") {
                let conversation = outrigger_social::id::ConversationId(conversation);
                if let Some(id) = self.server_id(d, &conversation.entity()) {
                    self.read(d, 0, Reading::Messages(conversation, id, None));
                }
            }
        }
        self.let_flights_end()
    }

    fn rows(&self, d: usize, sql: &str) -> Vec<LocalId> {
        let read = |db: &Connection| -> rusqlite::Result<Vec<LocalId>> {
            db.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
        };
        self.devices[d].hosts[0]
            .as_ref()
            .and_then(|host| read(host.engine.db()).ok())
            .unwrap_or_default()
    }

    fn let_flights_end(&mut self) -> Checked {
        while !self.flights_are_over() {
            if !self.next()? {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn flights_are_over(&self) -> bool {
        self.devices.iter().all(|device| device.refresh.is_none()) && self.open_flights() == 0
    }

    /// What a user did and did not take back is at the server, as they left it.
    fn own_things_arrived(&mut self, d: usize) -> Checked {
        let device = &self.devices[d];
        for thing in device.ledger.things.values() {
            if thing.is_torn || thing.writes.iter().all(|written| written.told == Told::Void) {
                continue;
            }
            let unsettled = thing.writes.iter().find(|written| {
                written.told == Told::Kept
                    && !matches!(
                        written.standing,
                        Standing::Settled(Outcome::Synced | Outcome::Discarded)
                    )
            });
            if let Some(unsettled) = unsettled {
                return violated(
                    Invariant::Accounted,
                    format!("device {d}: at the end {unsettled:?} is neither arrived nor discarded"),
                );
            }
            let has = match &thing.kind {
                Kind::Like { post } => match self.server_id(d, &post.entity()) {
                    Some(id) if self.arrived().has(&id.0) => Some(self.arrived().likes(&id.0, &device.me.id)),
                    _ => None,
                },
                Kind::Follow { user } => self
                    .server_id(d, &user.entity())
                    .map(|id| self.arrived().follows(&id.0, &device.me.id)),
                Kind::Conversation { .. } => None,
                Kind::Post { .. } | Kind::Comment { .. } | Kind::Message { .. } => {
                    self.own_text_arrived(d, thing)?;
                    None
                }
            };
            let Some(has) = has else { continue };
            hold(Invariant::Converges, thing.shown() == Shown::Set(has), || {
                format!(
                    "device {d}: {:?} is meant to be {:?}, and at the server it is {has}: {:?}",
                    thing.kind,
                    thing.shown(),
                    thing.writes
                )
            })?;
        }
        Ok(())
    }

    fn own_text_arrived(&self, d: usize, thing: &crate::ledger::Thing) -> Checked {
        let there = self
            .arrived()
            .thing(d, thing.number)
            .filter(|arrival| !arrival.is_gone);
        let expected = thing.shown();
        let is_same = match (&expected, there) {
            (Shown::Text(text), Some(arrival)) => *text == arrival.text,
            (Shown::Absent, None) => true,
            // It went with its post.
            (Shown::Text(_), None) => match &thing.kind {
                Kind::Comment { post, .. } => self
                    .server_id(d, &post.entity())
                    .is_none_or(|id| !self.arrived().has(&id.0)),
                _ => false,
            },
            _ => false,
        };
        hold(Invariant::Converges, is_same, || {
            format!(
                "device {d}: thing {} {:?} is meant to be {expected:?}, and at the server it is {there:?}: {:?}",
                thing.number, thing.kind, thing.writes
            )
        })
    }

    /// Every post and comment that the server has is shown by every device, and every message by those of its two people, in the server's words.
    fn shows_what_the_server_has(&mut self, d: usize) -> Checked {
        let there: Vec<(String, String)> = {
            let db = self.backend.auditor()?;
            let read = || -> rusqlite::Result<Vec<_>> {
                db.prepare(
                    "SELECT id, text FROM posts UNION ALL SELECT id, text FROM comments UNION ALL
                     SELECT m.id, m.text FROM messages AS m JOIN conversations AS c ON c.id = m.conversation
                     WHERE ?1 IN (c.one, c.other) ORDER BY 1",
                )?
                .query_map([&self.devices[d].me.id], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
            };
            read().map_err(|error| crate::backend::broken("posts cannot be read", &error))?
        };
        let Some(host) = &self.devices[d].hosts[0] else {
            return Ok(());
        };
        let db = host.engine.db();
        for (id, text) in there {
            let shown: Option<String> = db
                .query_row(
                    "SELECT coalesce(p.text, c.text, m.text) FROM outrigger_id AS i
                     LEFT JOIN posts AS p ON p.id = i.local_id LEFT JOIN comments AS c ON c.id = i.local_id
                     LEFT JOIN messages AS m ON m.id = i.local_id
                     WHERE i.server_id = ?1",
                    [&id],
                    |row| row.get(0),
                )
                .optional()
                .ok()
                .flatten();
            hold(Invariant::Converges, shown.as_deref() == Some(&text), || {
                format!("device {d}: {id} says {text:?} and is shown as {shown:?}")
            })?;
        }
        for thing in self.devices[d].ledger.things.values() {
            if let (Ok(Seen::Text(text)), Kind::Post { id, .. }) = (seen(db, thing), &thing.kind) {
                let is_there = self
                    .server_id(d, &id.entity())
                    .is_some_and(|id| self.arrived().has(&id.0));
                hold(Invariant::Converges, is_there || thing.is_torn, || {
                    format!("device {d}: {text:?} is shown, and the server has none such")
                })?;
            }
        }
        Ok(())
    }

    /// Invariant 19: no token and no password is on the device's disk where the engine writes, nor at the server in the clear.
    fn keeps_its_secrets(&self, d: usize) -> Checked {
        let device = &self.devices[d];
        for secret in &device.secrets {
            let is_told =
                device.disk.contains(secret.as_bytes()) || self.backend.disk().contains(secret.as_bytes());
            hold(Invariant::NoSecrets, !is_told, || {
                format!("a secret of device {d} is in a database")
            })?;
        }
        Ok(())
    }

    /// Invariant 27.
    fn is_bounded(&self, d: usize) -> Checked {
        let log = self.devices[d].disk.size("app.db-wal").unwrap_or(0);
        hold(Invariant::Bounded, log <= LOG_BYTES_MAX, || {
            format!("device {d}: its log has {log} bytes")
        })?;
        // What a file was kept for has arrived.
        let kept = self.devices[d].hosts[0].as_ref().map(|host| {
            host.engine
                .db()
                .query_row("SELECT count(*) FROM outrigger_base", [], |row| {
                    row.get::<_, i64>(0)
                })
        });
        hold(
            Invariant::Bounded,
            !matches!(kept, Some(Ok(bases)) if bases > 0),
            || format!("device {d}: base rows are kept though nothing waits: {kept:?}"),
        )
    }

    /// Invariant 13: every picture of every post is there with all its bytes.
    fn files_are_whole(&mut self) -> Checked {
        for d in 0..self.devices.len() {
            for thing in self.devices[d].ledger.things.values() {
                let Kind::Post { media, .. } = &thing.kind else {
                    continue;
                };
                let there = self
                    .arrived()
                    .thing(d, thing.number)
                    .filter(|arrival| !arrival.is_gone);
                let (Some(arrival), false) = (there, media.is_empty()) else {
                    continue;
                };
                let object = arrival.object.clone();
                self.media_is(d, &object, media)?;
            }
        }
        Ok(())
    }

    fn media_is(&self, d: usize, object: &str, expected: &[outrigger_engine::ids::Sha256]) -> Checked {
        let Some(db) = self.backend.auditor_if_open() else {
            return Ok(());
        };
        let read = || -> rusqlite::Result<Vec<String>> {
            db.prepare_cached("SELECT upload FROM attachments WHERE holder = ?1 ORDER BY place")?
                .query_map([object], |row| row.get(0))?
                .collect()
        };
        let uploads = read().map_err(|error| crate::backend::broken("attachments cannot be read", &error))?;
        let found: Vec<_> = uploads
            .iter()
            .map(|upload| {
                self.backend
                    .blob(upload)
                    .map(|bytes| outrigger_engine::ids::Sha256::of(&bytes))
            })
            .collect();
        let is_same =
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| a.as_ref() == Some(b));
        hold(Invariant::WholeFiles, is_same, || {
            format!("device {d}: {object} should show {expected:?}, and shows {found:?}")
        })
    }

    /// Somebody tries what is not theirs: requests heard on the way, under another account or with other words; cursors of others.
    pub(super) fn pry(&mut self, d: usize, pick: u32) -> Checked {
        let Some(token) = self.devices[d]
            .session
            .as_ref()
            .map(|session| session.access_token.clone())
        else {
            return Ok(());
        };
        if pick.is_multiple_of(4) {
            return self.pry_cursor(d, &token);
        }
        let count = self.overheard.len();
        let Some((owner, request)) = self.overheard.get(pick as usize % count.max(1)).cloned() else {
            return Ok(());
        };
        if self.devices[owner].me.id == self.devices[d].me.id {
            return self.pry_key(&token, request);
        }
        let is_of_one = ["/v1/posts/", "/v1/comments/", "/v1/messages/"]
            .iter()
            .any(|prefix| request.path().starts_with(prefix));
        if !is_of_one
            || !matches!(request.method.as_str(), "PATCH" | "DELETE")
            || request.path().ends_with("/like")
        {
            return self.pry_created(&token, &request);
        }
        let answer = self.backend.call(self.now_ms, Some(&token), &request);
        self.take_effects()?;
        let status = answer.map_or(404, |answer| answer.status);
        hold(
            Invariant::Isolated,
            matches!(status, 401 | 403 | 404 | 409 | 429),
            || {
                format!(
                    "{} {} of another account was answered {status}",
                    request.method, request.url
                )
            },
        )
    }

    /// The same key with other words.
    fn pry_key(&mut self, token: &str, mut request: Request) -> Checked {
        let Ok(mut body) = serde_json::from_slice::<serde_json::Value>(&request.body) else {
            return Ok(());
        };
        if body["text"].take().is_null() {
            return Ok(());
        }
        body["text"] = "somebody else's words".into();
        request.body = body.to_string().into();
        let answer = self.backend.call(self.now_ms, Some(token), &request);
        self.take_effects()?;
        let status = answer.map_or(422, |answer| answer.status);
        hold(
            Invariant::KeysAreScoped,
            matches!(status, 401 | 409 | 422 | 429),
            || {
                format!(
                    "{} {} with a used key and other words was answered {status}",
                    request.method, request.url
                )
            },
        )
    }

    /// What another account created under a key.
    fn pry_created(&mut self, token: &str, request: &Request) -> Checked {
        let Some(key) = request.header_value("idempotency-key") else {
            return Ok(());
        };
        let asked = Request::new("GET", format!("/v1/created/{}", key.trim_matches('"')));
        let answer = self.backend.call(self.now_ms, Some(token), &asked);
        let status = answer.map_or(404, |answer| answer.status);
        hold(
            Invariant::KeysAreScoped,
            matches!(status, 401 | 404 | 429),
            || format!("what another account created under {key} was answered {status}"),
        )
    }

    fn pry_cursor(&mut self, d: usize, token: &str) -> Checked {
        let asked = Request::new("GET", "/v1/feed?scope=everyone&limit=1");
        let Some(page) = self.backend.call(self.now_ms, Some(token), &asked) else {
            return Ok(());
        };
        let cursor = page
            .json::<serde_json::Value>()
            .ok()
            .and_then(|page| page["next"].as_str().map(str::to_owned));
        let other = self
            .devices
            .iter()
            .find(|other| other.me.id != self.devices[d].me.id)
            .and_then(|other| other.session.as_ref())
            .map(|session| session.access_token.clone());
        let (Some(cursor), Some(other)) = (cursor, other) else {
            return Ok(());
        };
        let asked = Request::new("GET", format!("/v1/feed?scope=everyone&cursor={cursor}"));
        let status = self
            .backend
            .call(self.now_ms, Some(&other), &asked)
            .map_or(400, |answer| answer.status);
        hold(
            Invariant::CursorsAreScoped,
            matches!(status, 400 | 401 | 429),
            || format!("a cursor of another account was answered {status}"),
        )
    }
}
