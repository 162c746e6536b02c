//! How each mutation is stored and spoken: both are promises to databases and servers that exist already.

use outrigger_engine::app::{App as _, Request};
use outrigger_engine::http::Response;
use outrigger_engine::ids::{LocalId, Sha256};
use outrigger_social::id::{CommentId, CommentRef, MessageId, MessageRef, PostId, UserId};
use outrigger_social::mutation::MediaFile;
use outrigger_social::{Mutation, comments, conversations, messages, posts, users};
use std::fmt::Write as _;

use crate::server::{bob, ok, problem};
use crate::world::World;

fn local(number: u128) -> LocalId {
    LocalId(uuid::Uuid::from_u128(number))
}

/// One of each.
fn all() -> Vec<Mutation> {
    let (post, user) = (PostId(local(1)), UserId(local(4)));
    let comment = CommentRef {
        id: CommentId(local(2)),
        post,
    };
    let message = MessageRef {
        id: MessageId(local(3)),
        conversation: user.conversation(),
    };
    let media = MediaFile {
        sha256: Sha256::of(b"png"),
        media_type: "image/png".to_owned(),
        size: 3,
    };
    vec![
        posts::create(post, "hi", vec![media.clone()]),
        posts::update(post, "ho"),
        posts::delete(post),
        posts::like(post),
        posts::unlike(post),
        comments::create(comment.id, post, "hi"),
        comments::update(comment, "ho"),
        comments::delete(comment),
        messages::send(message.id, message.conversation, "hi", Some(media)),
        messages::delete(message),
        users::follow(user),
        users::unfollow(user),
        conversations::open(user),
    ]
}

#[test]
fn each_is_stored_as_it_always_was() {
    let mut stored = String::new();
    for mutation in all() {
        let json = serde_json::to_string(&mutation).expect("it is JSON");
        writeln!(stored, "{}: {json}", mutation.name()).expect("it is written");
    }
    insta::assert_snapshot!(stored, @r#"
    post.create: {"post":{"create":{"id":"00000000-0000-0000-0000-000000000001","text":"hi","media":[{"sha256":"8f8cbb7dcf46e0bc7d53265749a6c17d116093a6ba95e442764060c76fd4a86c","type":"image/png","size":3}]}}}
    post.update: {"post":{"update":{"id":"00000000-0000-0000-0000-000000000001","text":"ho"}}}
    post.delete: {"post":{"delete":{"id":"00000000-0000-0000-0000-000000000001"}}}
    post.like: {"like":{"post":"00000000-0000-0000-0000-000000000001","liked":true}}
    post.unlike: {"like":{"post":"00000000-0000-0000-0000-000000000001","liked":false}}
    comment.create: {"comment":{"create":{"id":"00000000-0000-0000-0000-000000000002","post":"00000000-0000-0000-0000-000000000001","text":"hi"}}}
    comment.update: {"comment":{"update":{"id":"00000000-0000-0000-0000-000000000002","post":"00000000-0000-0000-0000-000000000001","text":"ho"}}}
    comment.delete: {"comment":{"delete":{"id":"00000000-0000-0000-0000-000000000002","post":"00000000-0000-0000-0000-000000000001"}}}
    message.send: {"message":{"create":{"id":"00000000-0000-0000-0000-000000000003","conversation":"33316c33-b717-557c-b15a-e40a328d47b9","text":"hi","media":{"sha256":"8f8cbb7dcf46e0bc7d53265749a6c17d116093a6ba95e442764060c76fd4a86c","type":"image/png","size":3}}}}
    message.delete: {"message":{"delete":{"id":"00000000-0000-0000-0000-000000000003","conversation":"33316c33-b717-557c-b15a-e40a328d47b9"}}}
    user.follow: {"follow":{"user":"00000000-0000-0000-0000-000000000004","followed":true}}
    user.unfollow: {"follow":{"user":"00000000-0000-0000-0000-000000000004","followed":false}}
    conversation.open: {"open_conversation":{"user":"00000000-0000-0000-0000-000000000004"}}
    "#);
}

/// The world's database has the upload under the name that the server gave it.
#[test]
fn each_is_spoken_as_the_protocol_says() {
    let world = World::offline();
    world
        .db()
        .execute(
            "INSERT INTO outrigger_attachment (sha256, file, size, media_type, remote, counted, done)
             VALUES (?1, 'picture', 3, 'image/png', '/v1/uploads/upl_1', 0, 1)",
            [Sha256::of(b"png")],
        )
        .expect("the attachment is there");
    let ids = outrigger_engine::idmap::Ids::new(world.db());
    let app = outrigger_social::Social::new(crate::server::alice());
    let mut spoken = String::new();
    for mutation in all() {
        let Request {
            method,
            target,
            body,
            guarded,
        } = app.request(&mutation, &ids).expect("everything has an id");
        let target = serde_json::to_value(&target).expect("it is JSON");
        let word = |part: &str| target[part].as_str().unwrap_or_default().to_owned();
        let kind = target["entity"]["kind"]
            .as_str()
            .map_or(String::new(), |kind| format!("{{{kind}}}"));
        let body = body.map_or(String::new(), |body| format!(" {body}"));
        let guard = if guarded { " if-match" } else { "" };
        writeln!(
            spoken,
            "{}: {} {}{kind}{}{guard}{body}",
            mutation.name(),
            method.as_str(),
            word("prefix"),
            word("rest")
        )
        .expect("it is written");
    }
    insta::assert_snapshot!(spoken, @r#"
    post.create: POST /v1/posts {"media":["upl_1"],"text":"hi"}
    post.update: PATCH /v1/posts/{post} if-match {"text":"ho"}
    post.delete: DELETE /v1/posts/{post}
    post.like: PUT /v1/posts/{post}/like
    post.unlike: DELETE /v1/posts/{post}/like
    comment.create: POST /v1/posts/{post}/comments {"text":"hi"}
    comment.update: PATCH /v1/comments/{comment} if-match {"text":"ho"}
    comment.delete: DELETE /v1/comments/{comment}
    message.send: POST /v1/conversations/{conversation}/messages {"media":["upl_1"],"text":"hi"}
    message.delete: DELETE /v1/messages/{message}
    user.follow: PUT /v1/users/{user}/follow
    user.unfollow: DELETE /v1/users/{user}/follow
    conversation.open: PUT /v1/conversations/with/{user}
    "#);
}

#[test]
fn a_create_with_a_file_waits_for_its_upload() {
    let world = World::offline();
    let ids = outrigger_engine::idmap::Ids::new(world.db());
    let app = outrigger_social::Social::new(crate::server::alice());
    assert!(app.request(&all()[0], &ids).is_err());
}

#[test]
fn what_the_engine_must_know_of_each() {
    let app = outrigger_social::Social::new(crate::server::alice());
    let mut known = String::new();
    for mutation in all() {
        let facts = app.facts(&mutation);
        let names: Vec<_> = facts.names.iter().map(|entity| entity.kind.to_string()).collect();
        let lane = if facts.lane == facts.entity.id {
            "own"
        } else {
            "shared"
        };
        writeln!(
            known,
            "{}: {:?} {}, {lane} lane, names {names:?}, {} files",
            facts.name,
            facts.intent,
            facts.entity.kind,
            facts.attachments.len()
        )
        .expect("it is written");
    }
    insta::assert_snapshot!(known, @r#"
    post.create: Create post, own lane, names [], 1 files
    post.update: Update post, own lane, names [], 0 files
    post.delete: Delete post, own lane, names [], 0 files
    post.like: Ensure like, own lane, names ["post"], 0 files
    post.unlike: Remove like, own lane, names ["post"], 0 files
    comment.create: Create comment, own lane, names ["post"], 0 files
    comment.update: Update comment, own lane, names ["post"], 0 files
    comment.delete: Delete comment, own lane, names ["post"], 0 files
    message.send: Create message, shared lane, names ["conversation"], 1 files
    message.delete: Delete message, shared lane, names ["conversation"], 0 files
    user.follow: Ensure follow, own lane, names ["user"], 0 files
    user.unfollow: Remove follow, own lane, names ["user"], 0 files
    conversation.open: Ensure conversation, own lane, names ["user"], 0 files
    "#);
}

#[test]
fn the_rule_of_each_is_told_in_words() {
    let app = outrigger_social::Social::new(crate::server::alice());
    let post = PostId(local(1));
    let refused = |mutation: &Mutation| app.validate(mutation).expect_err("it is refused").0;
    assert_eq!(
        refused(&posts::create(post, " \n", Vec::new())),
        "the text is empty: write something"
    );
    assert!(refused(&posts::update(post, "x".repeat(5_001))).contains("5001 characters, 5000 are allowed"));
    let me = UserId::of_server("usr_alice");
    assert!(refused(&users::follow(me)).contains("themselves"));
    let clip = MediaFile {
        sha256: Sha256::of(b"x"),
        media_type: "text/html".to_owned(),
        size: 1,
    };
    assert!(refused(&posts::create(post, "", vec![clip])).contains("text/html"));
    for mutation in all() {
        assert_eq!(app.validate(&mutation), Ok(()));
    }
}

#[test]
fn a_payload_of_a_newer_version_is_not_guessed_at() {
    let app = outrigger_social::Social::new(crate::server::alice());
    let payload = serde_json::json!({"post": {"delete": {"id": local(1)}}});
    assert_eq!(app.lift(1, payload.clone()), Ok(payload.clone()));
    assert!(app.lift(2, payload.clone()).is_err());
    assert!(app.lift(0, payload).is_err());
}

mod answers {
    use super::*;
    use outrigger_engine::app::{LookUp, ProblemKind, Recognition, Retirement};
    use outrigger_engine::ids::Key;
    use outrigger_social::wire;

    fn app() -> outrigger_social::Social {
        outrigger_social::Social::new(crate::server::alice())
    }

    fn without_epoch(mut response: Response) -> Response {
        response.headers.retain(|(name, _)| name != "outrigger-epoch");
        response
    }

    #[test]
    fn only_the_server_is_recognised() {
        let mut cut = ok(200, &bob());
        cut.body.pop();
        let mut page = ok(200, &bob());
        page.headers.retain(|(name, _)| name != "content-type");
        page.headers.push(("content-type".into(), "text/html".to_owned()));
        let mut redirect = ok(200, &bob());
        redirect.status = 302;
        let mut plain_error = ok(502, &bob());
        plain_error.status = 502;
        for alien in [without_epoch(ok(200, &bob())), cut, page, redirect, plain_error] {
            let recognised = app().recognise(&alien);
            assert!(matches!(recognised, Recognition::Alien { .. }), "{alien:?}");
        }
        assert_eq!(app().recognise(&ok(200, &bob())), Recognition::Answer);
    }

    #[test]
    fn problems_have_kinds() {
        let kinds = [
            (409, "in-progress", ProblemKind::InProgress),
            (409, "client-rewound", ProblemKind::ClientRewound),
            (409, "client-retired", ProblemKind::ClientRetired),
            (422, "upload-missing", ProblemKind::UploadMissing),
            (410, "upload-gone", ProblemKind::UploadMissing),
            (412, "version-mismatch", ProblemKind::Other),
        ];
        for (status, name, kind) in kinds {
            let Recognition::Problem(told) = app().recognise(&problem(status, name)) else {
                panic!("{name} is a problem");
            };
            assert_eq!((told.kind, told.code.as_str()), (kind, name));
        }
    }

    #[test]
    fn a_refused_field_is_named() {
        let mut refused = problem(422, "invalid");
        let mut told: wire::Problem = refused.json().expect("it is a problem");
        told.errors.push(wire::FieldError {
            field: "text".to_owned(),
            detail: "is empty".to_owned(),
        });
        refused.body = serde_json::to_vec(&told).expect("it is JSON");
        let Recognition::Problem(told) = app().recognise(&refused) else {
            panic!("it is a problem");
        };
        assert_eq!(told.detail, "the server says invalid: text – is empty");
    }

    #[test]
    fn a_look_up_tells_what_a_create_would_have_answered() {
        let create = &all()[0];
        let created = wire::Created {
            kind: "post".to_owned(),
            id: "post_1".to_owned(),
            object: serde_json::json!({"id": "post_1", "version": 3}),
        };
        let LookUp::Done(answer) = app().looked_up(create, &ok(200, &created)) else {
            panic!("it took effect");
        };
        assert_eq!(answer.status, 201);
        assert_eq!(answer.header("etag"), Some("\"3\""));
        assert_eq!(answer.header("location"), Some("/v1/posts/post_1"));
        assert_eq!(app().recognise(&answer), Recognition::Answer);
        assert_eq!(
            app().looked_up(create, &problem(404, "not-found")),
            LookUp::NotDone
        );
        assert_eq!(
            app().looked_up(create, &problem(503, "unavailable")),
            LookUp::Unclear
        );
        let portal = without_epoch(problem(404, "not-found"));
        assert_eq!(app().looked_up(create, &portal), LookUp::Unclear);
    }

    #[test]
    fn only_creates_can_be_looked_up() {
        let world = World::offline();
        let ids = outrigger_engine::idmap::Ids::new(world.db());
        let key = Key(uuid::Uuid::nil());
        let looked_up: Vec<_> = all()
            .iter()
            .filter(|mutation| app().look_up(mutation, key, &ids).is_some())
            .map(Mutation::name)
            .collect();
        assert_eq!(looked_up, ["post.create", "comment.create", "message.send"]);
    }

    #[test]
    fn a_retired_client_tells_its_highest_key() {
        let retired = |highest_key: Option<&str>| {
            let highest_key = highest_key.map(str::to_owned);
            let already = highest_key.is_none();
            app().retired(&ok(200, &wire::Retired { highest_key, already }))
        };
        let told = |highest_key, already| Some(Retirement { highest_key, already });
        assert_eq!(retired(None), told(None, true));
        let key = "0198c0de-0000-7000-8000-000000000000";
        assert_eq!(retired(Some(key)), told(key.parse().ok(), false));
        assert_eq!(retired(Some("no key")), None);
        assert_eq!(app().retired(&problem(503, "unavailable")), None);
    }
}
