//! What is tried with each operation, by the names of the server's own document.
//!
//! Owns what somebody else may do with it. Never sends anything.

use std::collections::BTreeMap;

use outrigger_server::exchange::Request;
use serde_json::{Value, json};

use crate::world::{PNG, append, new_upload};

/// What somebody else may do with an operation on what is not theirs.
pub(crate) enum Stranger {
    /// Not even learn that it exists: the answer is the one for an id that was never given to anything.
    Sees404,
    /// It is public, but not theirs to change.
    MayNot,
    /// It names nothing of anybody's, or answers for the caller's own things only, whatever is named.
    FindsOnlyOwn,
    /// It is public, and this is what it is for.
    May,
    /// It names an upload in its body: the same answer as for one that was never begun.
    Cannot422,
}

use Stranger::{Cannot422, FindsOnlyOwn, May, MayNot, Sees404};

/// What is tried with one operation.
pub(crate) struct Case {
    pub(crate) stranger: Stranger,
    pub(crate) request: Request,
    /// The same for an id that names nothing.
    pub(crate) unknown: Option<Request>,
}

/// Ids of Alice's things, and of a conversation of hers with Bob. Or ids of nothing.
pub(crate) struct Targets {
    pub(crate) user: String,
    pub(crate) post: String,
    pub(crate) comment: String,
    pub(crate) conversation: String,
    pub(crate) message: String,
    /// Shown in the conversation.
    pub(crate) media: String,
    pub(crate) open_upload: String,
    pub(crate) key: String,
    pub(crate) client: String,
}

impl Targets {
    pub(crate) fn nothing() -> Self {
        let none = |prefix: &str| format!("{prefix}_0198c0aa00007000800000000000dead");
        Self {
            user: none("usr"),
            post: none("pst"),
            comment: none("cmt"),
            conversation: none("cnv"),
            message: none("msg"),
            media: none("upl"),
            open_upload: none("upl"),
            key: "0198c0de-0000-7000-8000-00000000dead".to_owned(),
            client: "0198c0aa-0000-7000-8000-00000000dead".to_owned(),
        }
    }
}

fn with_body(method: &str, url: String, body: Value) -> Request {
    Request::new(method, url).json(&body)
}

/// What is tried, by the names of the document.
pub(crate) fn requests(it: &Targets) -> BTreeMap<&'static str, (Stranger, Request)> {
    let plain = |method: &str, url: String| Request::new(method, url);
    let text = || json!({"text": "not mine"});
    let credentials = || json!({"name": "nobody_yet", "password": "correct horse"});
    let stale = |request: Request| request.header("if-match", "\"999\"");
    BTreeMap::from([
        (
            "signUp",
            (
                FindsOnlyOwn,
                with_body("POST", "/v1/accounts".into(), credentials()),
            ),
        ),
        (
            "signIn",
            (
                FindsOnlyOwn,
                with_body("POST", "/v1/sessions".into(), credentials()),
            ),
        ),
        (
            "refresh",
            (
                FindsOnlyOwn,
                with_body(
                    "POST",
                    "/v1/sessions/refresh".into(),
                    json!({"refresh_token": "orr_x"}),
                ),
            ),
        ),
        ("me", (FindsOnlyOwn, plain("GET", "/v1/me".into()))),
        ("findUsers", (May, plain("GET", "/v1/users?name=alice".into()))),
        ("readUser", (May, plain("GET", format!("/v1/users/{}", it.user)))),
        (
            "listUserPosts",
            (May, plain("GET", format!("/v1/users/{}/posts", it.user))),
        ),
        (
            "follow",
            (May, plain("PUT", format!("/v1/users/{}/follow", it.user))),
        ),
        (
            "unfollow",
            (May, plain("DELETE", format!("/v1/users/{}/follow", it.user))),
        ),
        ("feed", (May, plain("GET", "/v1/feed".into()))),
        (
            "createPost",
            (
                Cannot422,
                with_body(
                    "POST",
                    "/v1/posts".into(),
                    json!({"text": "x", "media": [it.media]}),
                ),
            ),
        ),
        ("readPost", (May, plain("GET", format!("/v1/posts/{}", it.post)))),
        (
            "editPost",
            (
                MayNot,
                with_body("PATCH", format!("/v1/posts/{}", it.post), text()),
            ),
        ),
        (
            "deletePost",
            (MayNot, plain("DELETE", format!("/v1/posts/{}", it.post))),
        ),
        ("like", (May, plain("PUT", format!("/v1/posts/{}/like", it.post)))),
        (
            "unlike",
            (May, plain("DELETE", format!("/v1/posts/{}/like", it.post))),
        ),
        (
            "listComments",
            (May, plain("GET", format!("/v1/posts/{}/comments", it.post))),
        ),
        (
            "createComment",
            (
                May,
                with_body("POST", format!("/v1/posts/{}/comments", it.post), text()),
            ),
        ),
        (
            "editComment",
            (
                MayNot,
                with_body("PATCH", format!("/v1/comments/{}", it.comment), text()),
            ),
        ),
        (
            "deleteComment",
            (MayNot, plain("DELETE", format!("/v1/comments/{}", it.comment))),
        ),
        (
            "listConversations",
            (FindsOnlyOwn, plain("GET", "/v1/conversations".into())),
        ),
        (
            "openConversation",
            (May, plain("PUT", format!("/v1/conversations/with/{}", it.user))),
        ),
        (
            "listMessages",
            (
                Sees404,
                plain("GET", format!("/v1/conversations/{}/messages", it.conversation)),
            ),
        ),
        (
            "sendMessage",
            (
                Sees404,
                with_body(
                    "POST",
                    format!("/v1/conversations/{}/messages", it.conversation),
                    text(),
                ),
            ),
        ),
        (
            "deleteMessage",
            (
                Sees404,
                stale(plain("DELETE", format!("/v1/messages/{}", it.message))),
            ),
        ),
        (
            "readMedia",
            (Sees404, plain("GET", format!("/v1/media/{}", it.media))),
        ),
        (
            "findCreated",
            (Sees404, plain("GET", format!("/v1/created/{}", it.key))),
        ),
        (
            "retireClient",
            (
                FindsOnlyOwn,
                plain("POST", format!("/v1/clients/{}/retire", it.client)),
            ),
        ),
        (
            "batch",
            (
                FindsOnlyOwn,
                with_body("POST", "/v1/batch".into(), json!({"requests": []})),
            ),
        ),
        (
            "describeUploads",
            (FindsOnlyOwn, plain("OPTIONS", "/v1/uploads".into())),
        ),
        // Of bytes that Alice has: a stranger must not find out by it.
        ("createUpload", (FindsOnlyOwn, new_upload("image/png", PNG))),
        (
            "readUpload",
            (Sees404, plain("HEAD", format!("/v1/uploads/{}", it.open_upload))),
        ),
        (
            "appendUpload",
            (
                Sees404,
                append(&format!("/v1/uploads/{}", it.open_upload), 0, PNG),
            ),
        ),
        (
            "deleteUpload",
            (
                Sees404,
                plain("DELETE", format!("/v1/uploads/{}", it.open_upload)),
            ),
        ),
        // Last, for it ends the session.
        (
            "signOut",
            (FindsOnlyOwn, plain("DELETE", "/v1/sessions/current".into())),
        ),
    ])
}

pub(crate) fn cases(targets: &Targets) -> BTreeMap<&'static str, Case> {
    let mut unknown = requests(&Targets::nothing());
    requests(targets)
        .into_iter()
        .map(|(name, (stranger, request))| {
            let unknown = unknown.remove(name).map(|(_, request)| request);
            let unknown = unknown.filter(|unknown| *unknown != request);
            (
                name,
                Case {
                    stranger,
                    request,
                    unknown,
                },
            )
        })
        .collect()
}
