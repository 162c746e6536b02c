//! Every operation of the API in one table: address, what it needs, what it answers. Routing, the batch and the OpenAPI
//! document are all read from it, so that none can say what another does not.
//!
//! Owns the table and the matching of paths. Never carries anything out.

mod table;

pub(crate) use table::ROUTES;

use crate::ids::{ClientId, CommentId, ConversationId, IdempotencyKey, MessageId, PostId, UploadId, UserId};
use crate::problem::{Problem, ProblemKind};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    SignUp,
    SignIn,
    Refresh,
    SignOut,
    Me,
    FindUsers,
    ReadUser(UserId),
    ListUserPosts(UserId),
    Follow(UserId),
    Unfollow(UserId),
    Feed,
    CreatePost,
    ReadPost(PostId),
    EditPost(PostId),
    DeletePost(PostId),
    Like(PostId),
    Unlike(PostId),
    ListComments(PostId),
    CreateComment(PostId),
    EditComment(CommentId),
    DeleteComment(CommentId),
    ListConversations,
    OpenConversation(UserId),
    ListMessages(ConversationId),
    SendMessage(ConversationId),
    DeleteMessage(MessageId),
    ReadMedia(UploadId),
    FindCreated(IdempotencyKey),
    RetireClient(ClientId),
    Batch,
    DescribeUploads,
    CreateUpload,
    ReadUpload(UploadId),
    AppendUpload(UploadId),
    DeleteUpload(UploadId),
}

/// How an operation is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Without an account: sessions are made, and passwords hashed.
    Session,
    /// On a snapshot.
    Read,
    /// In a transaction, once for each key.
    Mutation,
    /// In a transaction, idempotent without a key.
    Command,
    /// Many in one transaction.
    Batch,
    /// With bytes that are streamed.
    Append,
}

/// What the request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyKind {
    None,
    Credentials,
    Refresh,
    NewPost,
    NewComment,
    NewMessage,
    Edit,
    Batch,
    /// Described by `Upload-Length` and `Upload-Metadata`.
    UploadHeaders,
    /// `application/offset+octet-stream`.
    Bytes,
}

/// What the answer carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Empty,
    Schema(&'static str),
    Page(&'static str),
    Media,
}

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Route {
    /// The operation's name in the OpenAPI document and in metrics.
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    /// With at most one `{parameter}`.
    pub(crate) template: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) work: Work,
    pub(crate) body: BodyKind,
    pub(crate) status: u16,
    pub(crate) answer: Answer,
    /// Beyond those that its work, its body and its parameter imply.
    pub(crate) problems: &'static [ProblemKind],
    /// Whether a batch may carry it.
    pub(crate) in_batch: bool,
    /// Makes the operation of the path's parameter; `None` when there cannot be such a thing.
    pub(crate) operation: fn(&str) -> Option<Operation>,
}

/// A request's place in the table.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) route: &'static Route,
    /// `None`: well addressed, but there cannot be such a thing. A 404, once the caller is known.
    pub(crate) operation: Option<Operation>,
}

/// Finds the operation at an address.
pub(crate) fn resolve(method: &str, path: &str) -> Result<Resolved, Problem> {
    let found = ROUTES
        .iter()
        .filter(|route| route.method == method)
        .find_map(|route| Some((route, matches(route.template, path)?)));
    if let Some((route, parameter)) = found {
        return Ok(Resolved {
            route,
            operation: (route.operation)(parameter),
        });
    }
    let others = ROUTES
        .iter()
        .filter(|route| matches(route.template, path).is_some());
    let allowed: Vec<_> = others.map(|route| route.method).collect();
    if allowed.is_empty() {
        return Err(Problem::not_found());
    }
    let allowed = allowed.join(", ");
    let detail = format!("here are {allowed}");
    Err(Problem::new(ProblemKind::MethodNotAllowed, detail).header("allow", allowed))
}

/// The parameter's value, or an empty text where the template has none.
fn matches<'p>(template: &str, path: &'p str) -> Option<&'p str> {
    let mut parameter = "";
    let mut segments = path.split('/');
    for expected in template.split('/') {
        let segment = segments.next()?;
        if !expected.starts_with('{') {
            if segment != expected {
                return None;
            }
        } else if segment.is_empty() {
            return None;
        } else {
            parameter = segment;
        }
    }
    segments.next().is_none().then_some(parameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_resolve_to_operations() {
        let operation = |method, path| resolve(method, path).unwrap().operation;
        assert_eq!(operation("POST", "/v1/posts"), Some(Operation::CreatePost));
        assert_eq!(
            operation("PUT", "/v1/posts/p/like"),
            Some(Operation::Like(PostId::named("p")))
        );
        assert_eq!(
            operation("PUT", "/v1/conversations/with/u"),
            Some(Operation::OpenConversation(UserId::named("u")))
        );
        assert_eq!(operation("GET", "/v1/created/x"), None);
    }

    #[test]
    fn unknown_addresses_and_methods_are_told_apart() {
        let kind = |method, path| resolve(method, path).unwrap_err().kind;
        for path in [
            "/",
            "/v1",
            "/v1/posts/",
            "/v1/posts//like",
            "/v1/posts/p/like/",
            "//v1/posts",
        ] {
            assert_eq!(kind("GET", path), ProblemKind::NotFound, "{path}");
        }
        assert_eq!(kind("PATCH", "/v1/posts"), ProblemKind::MethodNotAllowed);
    }

    #[test]
    fn each_route_is_named_once() {
        let mut names: Vec<_> = ROUTES.iter().map(|route| route.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
