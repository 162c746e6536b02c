//! What each operation does, over the store: one function for one verb, one file for one kind of object.
//!
//! Owns permissions, checks and effects. Never knows of keys, sockets or bytes on disk.

mod comments;
mod conversations;
mod created;
mod messages;
mod people;
mod posts;
mod uploads;

use rand::CryptoRng;

use crate::cursor::Cursors;
use crate::exchange::{Request, Response};
use crate::headers::{IfMatch, Once};
use crate::ids::{IdempotencyKey, Now, Position, UploadId, UserId, Version};
use crate::input::{self, Input};
use crate::operation::Operation;
use crate::problem::{Problem, ProblemKind};
use crate::store::accounts::UserRow;
use crate::store::clients::{ClientRef, CreatedRow};
use crate::store::uploads::{MediaRow, UploadState};
use crate::store::{Change, ChangeOperation, ObjectKind, Result as StoreResult, Snapshot, StoreError};
use crate::store::{Transaction, Window};

/// Why an action did nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The caller is told why.
    Problem(Problem),
    /// The store failed; the caller is told no more than that.
    Store(StoreError),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(crate) type Outcome = Result<Response, Failure>;

/// What a read knows beside its snapshot.
pub(crate) struct Reader<'a> {
    pub(crate) viewer: &'a UserRow,
    pub(crate) cursors: &'a Cursors,
    pub(crate) request: &'a Request,
}

/// What a mutation knows beside its transaction.
pub(crate) struct Mutator<'a> {
    pub(crate) now: Now,
    pub(crate) viewer: &'a UserRow,
    pub(crate) once: Option<&'a Once>,
    pub(crate) if_match: &'a IfMatch,
    pub(crate) random: &'a mut dyn CryptoRng,
}

/// Carries out a read.
pub(crate) fn read(snapshot: &dyn Snapshot, reader: &Reader<'_>, operation: &Operation) -> Outcome {
    match operation {
        Operation::Me => people::me(reader),
        Operation::FindUsers => people::find(snapshot, reader),
        Operation::ReadUser(id) => people::read(snapshot, reader, id),
        Operation::ListUserPosts(id) => posts::list_of(snapshot, reader, id),
        Operation::Feed => posts::feed(snapshot, reader),
        Operation::ReadPost(id) => posts::read(snapshot, reader, id),
        Operation::ListComments(post) => comments::list(snapshot, reader, post),
        Operation::ListConversations => conversations::list(snapshot, reader),
        Operation::ListMessages(id) => messages::list(snapshot, reader, id),
        Operation::ReadMedia(id) => uploads::media(snapshot, reader, id),
        Operation::FindCreated(key) => created::find(snapshot, reader, key),
        Operation::DescribeUploads => Ok(uploads::describe()),
        other => Err(misrouted(other)),
    }
}

/// Carries out a mutation.
pub(crate) fn mutate(
    tx: &mut dyn Transaction,
    mutator: &mut Mutator<'_>,
    operation: &Operation,
    input: &Input,
) -> Outcome {
    match (operation, input) {
        (Operation::Follow(id), _) => people::follow(tx, mutator, id),
        (Operation::Unfollow(id), _) => people::unfollow(tx, mutator, id),
        (Operation::CreatePost, Input::Post(body)) => posts::create(tx, mutator, body),
        (Operation::EditPost(id), Input::Edit(body)) => posts::edit(tx, mutator, id, body),
        (Operation::DeletePost(id), _) => posts::delete(tx, mutator, id),
        (Operation::Like(id), _) => posts::like(tx, mutator, id),
        (Operation::Unlike(id), _) => posts::unlike(tx, mutator, id),
        (Operation::CreateComment(post), Input::Comment(body)) => comments::create(tx, mutator, post, body),
        (Operation::EditComment(id), Input::Edit(body)) => comments::edit(tx, mutator, id, body),
        (Operation::DeleteComment(id), _) => comments::delete(tx, mutator, id),
        (Operation::OpenConversation(user), _) => conversations::open(tx, mutator, user),
        (Operation::SendMessage(id), Input::Message(body)) => messages::send(tx, mutator, id, body),
        (Operation::DeleteMessage(id), _) => messages::delete(tx, mutator, id),
        (Operation::CreateUpload, Input::Upload(upload)) => uploads::create(tx, mutator, upload),
        (Operation::DeleteUpload(id), _) => uploads::delete(tx, mutator, id),
        (other, _) => Err(misrouted(other)),
    }
}

/// The table and the matches above are one thing said twice; a test walks the table so that this never happens.
fn misrouted(operation: &Operation) -> Failure {
    Failure::Store(StoreError::Failed(format!(
        "BUG: {operation:?} has no action of its kind"
    )))
}

/// An answer whose body is one object with a version.
fn versioned(status: u16, version: Version, body: &impl serde::Serialize) -> Response {
    Response::json(status, body).header("etag", version.etag())
}

impl Reader<'_> {
    /// The part of `list` that the query asks for, and one row more, which tells whether there is a next page.
    fn window(&self, list: &str) -> Result<Window, Problem> {
        let limit = match input::query_value(self.request, "limit")? {
            None => LIMIT_DEFAULT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                .ok_or_else(|| Problem::malformed(format!("limit is a number from 1 to {LIMIT_MAX}")))?,
        };
        let beyond = input::query_value(self.request, "cursor")?
            .map(|cursor| self.cursors.open(&self.viewer.id, list, &cursor))
            .transpose()?;
        Ok(Window {
            beyond,
            limit: limit + 1,
        })
    }

    /// A page of the rows that such a window gave.
    fn page<R, V: serde::Serialize>(
        &self,
        list: &str,
        window: Window,
        mut rows: Vec<R>,
        position: impl Fn(&R) -> Position,
        view: impl Fn(&R) -> V,
    ) -> Response {
        let is_last = rows.len() < window.limit;
        rows.truncate(window.limit - 1);
        let next = rows
            .last()
            .filter(|_| !is_last)
            .map(|row| self.cursors.seal(&self.viewer.id, list, position(row)));
        let items = rows.iter().map(view).collect();
        Response::json(200, &outrigger_social::wire::Page { items, next })
    }
}

/// Items on a page that asks for no number of them.
pub(crate) const LIMIT_DEFAULT: usize = 50;
/// Items on a page at most.
pub(crate) const LIMIT_MAX: usize = 100;

impl Mutator<'_> {
    fn key(&self) -> Option<&IdempotencyKey> {
        self.once.map(|once| &once.key)
    }

    /// Writes the change log.
    fn log(
        &self,
        tx: &mut dyn Transaction,
        scope: &str,
        kind: ObjectKind,
        object: &str,
        operation: ChangeOperation,
    ) -> StoreResult<()> {
        tx.log_change(
            scope,
            Change {
                kind,
                object,
                operation,
            },
            self.now.wall,
        )
    }

    /// Notes what the request's key created. A key creates once in an account, for ever and under whatever client id: where it has created before, it was
    /// forgotten, or came from a copy of the client that goes on under an id of its own. Of an upload it does
    /// not matter: two of the same are as good as one.
    fn note_created(&self, tx: &mut dyn Transaction, kind: ObjectKind, object: &str) -> Result<(), Failure> {
        let Some(once) = self.once else { return Ok(()) };
        let client = ClientRef {
            account: &self.viewer.id,
            client: &once.client,
        };
        let created = CreatedRow {
            kind,
            object: object.to_owned(),
        };
        if tx.insert_created(client, &once.key, &created)? || kind == ObjectKind::Upload {
            return Ok(());
        }
        let detail = "this key has created something: this client was restored or copied";
        Err(Problem::new(ProblemKind::ClientRewound, detail).into())
    }

    /// The uploads that a body names: the caller's own and finished, each once.
    fn uploads(&self, tx: &mut dyn Transaction, named: &[String]) -> Result<Vec<MediaRow>, Failure> {
        let mut media = Vec::with_capacity(named.len());
        for text in named {
            let upload = tx
                .upload(&UploadId::named(text.as_str()))?
                .filter(|upload| upload.account == self.viewer.id && upload.state == UploadState::Finished);
            let Some(upload) = upload else {
                let detail = format!("{text} is unknown, unfinished or gone: upload the file again");
                return Err(Problem::new(ProblemKind::UploadMissing, detail).into());
            };
            media.push(upload.media);
        }
        Ok(media)
    }
}

/// The scope of what one account does and sees for itself.
fn scope_of_user(user: &UserId) -> String {
    format!("user:{user}")
}

/// Only its author may change an object.
fn check_author(viewer: &UserRow, author: &UserRow) -> Result<(), Problem> {
    if viewer.id == author.id {
        Ok(())
    } else {
        Err(Problem::new(ProblemKind::Forbidden, "somebody else wrote it"))
    }
}
