//! One device, one server, and a clock: the vocabulary of the tests.

use outrigger_engine::event::{Effect, Event, Reply, StagedFile, Write};
use outrigger_engine::http::{Answer, HttpRequest, Response};
use outrigger_engine::ids::{AttemptId, CallId, LocalId, MutationId, Sha256};
use outrigger_engine::status::{EntityStatus, SyncState};
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{Engine, Error, Limits, Options};
use outrigger_social::id::{CommentRef, PostId, UserId};
use outrigger_social::query::{self, CommentView, Page, PostView};
use outrigger_social::reads::Scope;
use outrigger_social::{Mutation, Observation, Social};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::sync::Arc;

use crate::server::{Server, alice};

/// Steps in which everything that waits must have been settled.
const STEPS_MAX: usize = 200;

pub(crate) struct World {
    engine: Engine<Social>,
    pub(crate) server: Server,
    now_ms: i64,
    made: u8,
    calls: u64,
    sends: VecDeque<(AttemptId, HttpRequest)>,
    pub(crate) status: SyncState,
}

impl World {
    /// A device that is offline.
    pub(crate) fn offline() -> Self {
        let now_ms = 1_790_000_000_000;
        let options = Options {
            server: "http://server.test".to_owned(),
            account: "usr_alice".to_owned(),
            seed: [7; 32],
            now: now(now_ms),
            limits: Limits::default(),
            concurrency: 4,
            shared: false,
            durable: false,
        };
        let db = Connection::open_in_memory().expect("SQLite opens");
        let engine = Engine::open(db, Arc::new(Social::new(alice())), options).expect("the engine opens");
        let mut world = Self {
            engine,
            server: Server::default(),
            now_ms,
            made: 0,
            calls: 0,
            sends: VecDeque::new(),
            status: SyncState::IDLE,
        };
        world.handle(Event::Started);
        world.set_online(false);
        world
    }

    pub(crate) fn db(&self) -> &Connection {
        self.engine.db()
    }

    pub(crate) fn me(&self) -> UserId {
        UserId::of_server(&alice().id)
    }

    /// A fresh id, later than all before.
    pub(crate) fn id<I: From<LocalId>>(&mut self) -> I {
        self.made += 1;
        self.now_ms += 1;
        I::from(LocalId::new(Wall(self.now_ms), [self.made; 10]))
    }

    pub(crate) fn write(&mut self, mutation: Mutation) -> MutationId {
        self.try_write(mutation).expect("the write is taken")
    }

    pub(crate) fn try_write(&mut self, mutation: Mutation) -> Result<MutationId, Error> {
        self.write_all(vec![mutation.into()])
            .map(|ids| *ids.first().expect("one write has one id"))
    }

    pub(crate) fn write_all(&mut self, writes: Vec<Write<Mutation>>) -> Result<Vec<MutationId>, Error> {
        let copies = writes.iter().flat_map(|write| &write.files);
        let files = copies.map(|copy| copy.file.clone()).collect();
        self.call(|call| Event::Stage { call, files })?;
        match self.call(|call| Event::Mutate { call, writes })? {
            Reply::Written(ids) => Ok(ids),
            other => panic!("a write is answered with its id, not {other:?}"),
        }
    }

    pub(crate) fn edit(&mut self, mutation: MutationId, with: Mutation) {
        self.call(|call| Event::Edit { call, mutation, with })
            .expect("it is edited");
    }

    pub(crate) fn discard(&mut self, mutation: MutationId) {
        self.call(|call| Event::Discard { call, mutation })
            .expect("it is discarded");
    }

    pub(crate) fn observe(&mut self, observation: Observation) {
        self.call(|call| Event::Observed {
            call,
            observation,
            began: None,
        })
        .expect("it is taken over");
    }

    pub(crate) fn read_feed(&mut self) {
        let read = Observation::feed(&self.server.feed()).expect("it is a feed");
        self.observe(read.observation);
    }

    pub(crate) fn read_thread(&mut self, post: &str) {
        let read = Observation::thread(&self.server.post(post), &self.server.comments_on(post));
        self.observe(read.expect("it is a thread").observation);
    }

    pub(crate) fn set_online(&mut self, online: bool) {
        self.call(|call| Event::SetOnline { call, online })
            .expect("it is remembered");
    }

    /// Goes online, answers until nothing waits any more, and goes offline again.
    pub(crate) fn sync(&mut self) {
        self.set_online(true);
        for _ in 0..STEPS_MAX {
            self.handle(Event::TriggerSync);
            if self.sends.is_empty() && self.status.pending == 0 {
                return self.set_online(false);
            }
            while self.answer_next() {}
            self.now_ms += 1_000;
        }
        panic!("something still waits: {:?}", self.status);
    }

    /// Lets the server take the next request, and brings its answer.
    pub(crate) fn answer_next(&mut self) -> bool {
        let Some((attempt, request)) = self.sends.pop_front() else {
            return false;
        };
        let response = self.server.answer(&request);
        self.bring(attempt, response);
        true
    }

    pub(crate) fn is_sending(&self) -> bool {
        !self.sends.is_empty()
    }

    /// Lets the server take the next request, and holds its answer back.
    pub(crate) fn take_next(&mut self) -> (AttemptId, Response) {
        let (attempt, request) = self.sends.pop_front().expect("something is sent");
        (attempt, self.server.answer(&request))
    }

    pub(crate) fn bring(&mut self, attempt: AttemptId, response: Response) {
        let answer = Answer::Response(response);
        self.handle(Event::Answered { attempt, answer });
    }

    pub(crate) fn lose(&mut self, attempt: AttemptId) {
        let reason = "the connection broke".to_owned();
        let answer = Answer::Unreached { reason };
        self.handle(Event::Answered { attempt, answer });
    }

    pub(crate) fn feed(&self) -> Vec<PostView> {
        query::feed(self.db(), self.me(), Scope::Everyone, Page::default())
            .expect("the feed is read")
            .rows
    }

    pub(crate) fn post(&self, id: PostId) -> PostView {
        query::post(self.db(), id)
            .expect("the post is read")
            .expect("the post is shown")
    }

    pub(crate) fn comments(&self, post: PostId) -> Vec<CommentView> {
        query::comments(self.db(), post, Page::default())
            .expect("comments are read")
            .rows
    }

    /// The local id of what the server calls so.
    pub(crate) fn post_named(&self, server_id: &str) -> PostId {
        outrigger_social::resolve::post(self.db(), server_id).expect("the post is here")
    }

    pub(crate) fn comment_named(&self, server_id: &str) -> CommentRef {
        outrigger_social::resolve::comment(self.db(), server_id).expect("the comment is here")
    }

    fn call(&mut self, event: impl FnOnce(CallId) -> Event<Social>) -> Result<Reply, Error> {
        self.calls += 1;
        let wanted = CallId(self.calls);
        let replies = self.handle(event(wanted));
        let reply = replies.into_iter().find(|(call, _)| *call == wanted);
        reply.expect("a call is answered").1
    }

    fn handle(&mut self, event: Event<Social>) -> Vec<(CallId, Result<Reply, Error>)> {
        self.now_ms += 1;
        let effects = self
            .engine
            .handle(now(self.now_ms), &[event])
            .expect("the engine takes it");
        let mut replies = Vec::new();
        for effect in effects {
            match effect {
                Effect::Reply { call, reply } => replies.push((call, reply)),
                Effect::Send { attempt, request, .. } => self.sends.push_back((attempt, request)),
                Effect::Abort { attempt } => self.sends.retain(|(sent, _)| *sent != attempt),
                Effect::Status(status) => self.status = status,
                _ => {}
            }
        }
        replies
    }
}

/// A picture that was staged.
pub(crate) fn picture() -> StagedFile {
    StagedFile {
        sha256: Sha256::of(b"png"),
        file: "picture".to_owned(),
        size: 3,
        media_type: "image/png".to_owned(),
    }
}

pub(crate) const PENDING: EntityStatus = EntityStatus::Pending { attempts: 0 };

fn now(ms: i64) -> Now {
    Now {
        wall: Wall(ms),
        monotonic: Monotonic(ms),
    }
}
