//! What every adapter of the port must do: plain functions, run on each of them by its tests.
//!
//! Owns the meaning of the port beyond its types. Never touches an adapter but through the port.

use std::panic;

use super::accounts::{TokenKind, TokenRow, UserRow};
use super::clients::{Claim, ClientRef, CreatedRow, RecordRow, RecordedResponse};
use super::conversations::NewMessageRow;
use super::posts::{NewCommentRow, NewPostRow, PostCounts, PostList};
use super::uploads::{Digest, MediaRow, NewUploadRow, UploadState};
use super::{Change, ChangeOperation, Keep, ObjectKind, Store, StoreError, Window};
use crate::ids::{
    ClientId, CommentId, ConversationId, FamilyId, Generation, IdempotencyKey, MessageId, PostId, Sequence,
    Timestamp, UploadId, UserId, Watermark,
};

const AT: Timestamp = Timestamp::from_millis(1_000);
const ALL: Window = Window {
    beyond: None,
    limit: 100,
};

/// One thing that an adapter must do.
type Check<S> = fn(&S);

/// Runs the suite, each check on a fresh store.
pub fn run<S: Store>(mut fresh: impl FnMut() -> S) {
    let checks: [(&str, Check<S>); 11] = [
        ("a transaction stands or falls whole", transactions),
        ("a savepoint is undone alone", savepoints),
        ("names are unique", accounts),
        ("tokens are found with their family", tokens),
        ("follows are counted", follows),
        ("records live until the watermark passes", records),
        ("retired clients stay retired", retirement),
        ("posts, likes and comments are counted", posts),
        ("lists are windows on an order", windows),
        ("conversations are seen from both sides", conversations),
        ("uploads advance from where they stand", uploads),
    ];
    for (name, check) in checks {
        let store = fresh();
        let outcome = panic::catch_unwind(panic::AssertUnwindSafe(|| check(&store)));
        assert!(outcome.is_ok(), "not conforming: {name}");
    }
}

fn user(name: &str) -> UserRow {
    UserRow {
        id: UserId::named(format!("usr_{name}")),
        name: name.to_owned(),
    }
}

fn with_users<S: Store>(store: &S) -> (UserRow, UserRow) {
    let (alice, bob) = (user("alice"), user("bob"));
    write(store, |tx| {
        tx.insert_account(&alice, "hash", AT)?;
        tx.insert_account(&bob, "hash", AT)
    });
    (alice, bob)
}

#[track_caller]
fn write<S: Store, T>(store: &S, work: impl FnMut(&mut dyn super::Transaction) -> super::Result<T>) -> T {
    store.write(work).expect("a write")
}

#[track_caller]
fn read<S: Store, T>(store: &S, work: impl FnOnce(&dyn super::Snapshot) -> super::Result<T>) -> T {
    store.read(work).expect("a read")
}

fn transactions<S: Store>(store: &S) {
    let alice = user("alice");
    let failed: super::Result<()> = store.write(|tx| {
        tx.insert_account(&alice, "hash", AT)?;
        Err(StoreError::Failed("on purpose".to_owned()))
    });
    assert!(failed.is_err());
    assert_eq!(read(store, |it| it.user(&alice.id)), None);
    write(store, |tx| tx.insert_account(&alice, "hash", AT));
    assert_eq!(read(store, |it| it.user(&alice.id)), Some(alice));
    let (epoch, secret) = read(store, |it| Ok((it.epoch()?, it.secret()?)));
    assert_eq!((epoch, secret), read(store, |it| Ok((it.epoch()?, it.secret()?))));
}

fn savepoints<S: Store>(store: &S) {
    let (kept, undone, failed) = (user("kept"), user("undone"), user("failed"));
    write(store, |tx| {
        tx.savepoint(&mut |tx| {
            tx.insert_account(&kept, "hash", AT)?;
            // Nested: the inner is undone, the outer stays.
            tx.savepoint(&mut |tx| {
                tx.insert_account(&undone, "hash", AT)?;
                Ok(Keep::Nothing)
            })?;
            Ok(Keep::Changes)
        })?;
        let inner = tx.savepoint(&mut |tx| {
            tx.insert_account(&failed, "hash", AT)?;
            Err(StoreError::Failed("on purpose".to_owned()))
        });
        assert!(inner.is_err());
        Ok(())
    });
    let found = |id: &UserId| read(store, |it| it.user(id)).is_some();
    assert_eq!(
        [found(&kept.id), found(&undone.id), found(&failed.id)],
        [true, false, false]
    );
}

fn accounts<S: Store>(store: &S) {
    let (alice, _) = with_users(store);
    let other = UserRow {
        id: UserId::named("usr_other"),
        name: "alice".to_owned(),
    };
    assert!(!write(store, |tx| tx.insert_account(&other, "hash", AT)));
    assert_eq!(
        read(store, |it| it.credentials("alice")),
        Some((alice, "hash".to_owned()))
    );
    assert_eq!(read(store, |it| it.credentials("carol")), None);
}

fn tokens<S: Store>(store: &S) {
    let (alice, _) = with_users(store);
    let family = FamilyId::named("fam_1");
    let token = TokenRow {
        hash: [1; 32],
        kind: TokenKind::Access,
        generation: Generation(3),
        expires_at: AT,
    };
    write(store, |tx| {
        tx.insert_family(&family, &alice.id, AT)?;
        tx.put_token(&family, &token)?;
        tx.raise_newest(&family, Generation(3))?;
        tx.raise_newest(&family, Generation(2))?;
        tx.raise_shown(&family, Generation(1))
    });
    let found = |kind| read(store, |it| it.token(kind, &[1; 32]));
    let (row, of) = found(TokenKind::Access).expect("it was put");
    assert_eq!((row, of.account), (token, alice));
    assert_eq!(
        (of.newest, of.shown, of.revoked),
        (Generation(3), Generation(1), false)
    );
    assert_eq!(found(TokenKind::Refresh), None);
    write(store, |tx| tx.revoke_family(&family));
    assert!(found(TokenKind::Access).expect("it was put").1.revoked);
    assert_eq!(
        write(store, |tx| tx.forget_tokens(AT, 10)),
        0,
        "it ends now, not before"
    );
    assert_eq!(
        write(store, |tx| tx.forget_tokens(Timestamp::from_millis(1_001), 10)),
        1
    );
    assert_eq!(found(TokenKind::Access), None);
}

fn follows<S: Store>(store: &S) {
    let (alice, bob) = with_users(store);
    let follow = || write(store, |tx| tx.insert_follow(&alice.id, &bob.id, AT));
    let unfollow = || write(store, |tx| tx.delete_follow(&alice.id, &bob.id));
    let counts = || {
        let bob = read(store, |it| it.profile(&bob.id, &alice.id)).expect("bob");
        let alice = read(store, |it| it.profile_named("alice", &bob.user.id)).expect("alice");
        (bob.followers, bob.followed, alice.following, alice.followed)
    };
    assert!(follow() && !follow());
    assert_eq!(counts(), (1, true, 1, false));
    assert!(unfollow() && !unfollow());
    assert_eq!(counts(), (0, false, 0, false));
}

const CLIENT: &str = "0198c0aa-0000-7000-8000-000000000001";
const OTHER_CLIENT: &str = "0198c0aa-0000-7000-8000-000000000002";

fn record(sequence: u64) -> RecordRow {
    RecordRow {
        key: IdempotencyKey::stored(format!("0198c0de-0000-7000-8000-{sequence:012}")),
        sequence: Sequence(sequence),
        fingerprint: [7; 32],
        response: RecordedResponse {
            status: 201,
            headers: "{}".to_owned(),
            body: vec![0, 255],
        },
    }
}

fn records<S: Store>(store: &S) {
    let (alice, bob) = with_users(store);
    let id = ClientId::parse(CLIENT).expect("a UUID");
    let client = ClientRef {
        account: &alice.id,
        client: &id,
    };
    for sequence in [1, 2, 5] {
        write(store, |tx| tx.record(client, &record(sequence), AT));
    }
    let claim = |sequence| write(store, |tx| tx.claim_key(client, &record(sequence).key));
    assert_eq!(claim(2), Claim::Recorded(Box::new(record(2))));
    assert_eq!(claim(3), Claim::Free);
    let others = ClientRef {
        account: &bob.id,
        client: &id,
    };
    assert_eq!(
        write(store, |tx| tx.claim_key(others, &record(2).key)),
        Claim::Free
    );
    let key_of = |sequence| write(store, |tx| tx.key_of_sequence(client, Sequence(sequence)));
    assert_eq!((key_of(5), key_of(4)), (Some(record(5).key), None));
    let raise = |to| write(store, |tx| tx.raise_watermark(client, Watermark(to)));
    assert_eq!(raise(2), Watermark(0));
    assert_eq!(raise(1), Watermark(2), "it only rises");
    assert_eq!(read(store, |it| it.client(client)).watermark, Watermark(2));
    assert_eq!((claim(1), claim(2)), (Claim::Free, Claim::Free));
    assert_eq!(claim(5), Claim::Recorded(Box::new(record(5))));
    let created = CreatedRow {
        kind: ObjectKind::Post,
        object: "post_1".to_owned(),
    };
    let insert = |client, created| write(store, |tx| tx.insert_created(client, &record(1).key, created));
    assert!(insert(client, &created));
    let other_id = ClientId::parse(OTHER_CLIENT).expect("a UUID");
    let other_client = ClientRef {
        client: &other_id,
        ..client
    };
    let second = CreatedRow {
        kind: ObjectKind::Post,
        object: "post_2".to_owned(),
    };
    for again in [client, other_client] {
        assert!(!insert(again, &second), "a key creates once in an account");
    }
    assert_eq!(
        read(store, |it| it.created(&alice.id, &record(1).key)),
        Some(created)
    );
    assert_eq!(read(store, |it| it.created(&bob.id, &record(1).key)), None);
}

fn retirement<S: Store>(store: &S) {
    let (alice, _) = with_users(store);
    let id = ClientId::parse(CLIENT).expect("a UUID");
    let client = ClientRef {
        account: &alice.id,
        client: &id,
    };
    assert_eq!(read(store, |it| it.client(client)), Default::default());
    for sequence in [9, 3] {
        write(store, |tx| tx.record(client, &record(sequence), AT));
    }
    write(store, |tx| tx.raise_watermark(client, Watermark(9)));
    for _ in 0..2 {
        let highest = write(store, |tx| tx.retire(client, AT));
        assert_eq!(highest, Some(record(9).key), "forgotten or not");
    }
    assert!(write(store, |tx| tx.lock_client_shared(client)).retired);
}

fn new_post<'a>(id: &'a PostId, author: &'a UserRow, media: &'a [MediaRow]) -> NewPostRow<'a> {
    NewPostRow {
        id,
        author,
        text: "text",
        media,
        key: None,
        at: AT,
    }
}

fn posts<S: Store>(store: &S) {
    let (alice, bob) = with_users(store);
    let id = PostId::named("post_1");
    let comment = CommentId::named("cmt_1");
    let (made, made_comment) = write(store, |tx| {
        let on = tx.insert_post(&new_post(&id, &alice, &[]))?;
        let comment = NewCommentRow {
            id: &comment,
            on: &on,
            author: &bob,
            text: "text",
            key: None,
            at: AT,
        };
        Ok((
            tx.post(&id, &alice.id)? == Some(on.clone()),
            tx.insert_comment(&comment)?,
        ))
    });
    assert!(made, "what is told of a new post is what is read");
    assert_eq!(read(store, |it| it.comment(&comment)), Some(made_comment));
    let like = || write(store, |tx| tx.insert_like(&id, &bob.id, AT));
    assert!(like() && !like());
    let seen = |viewer: &UserRow| read(store, |it| it.post(&id, &viewer.id)).expect("a post");
    assert_eq!(
        seen(&bob).counts,
        PostCounts {
            likes: 1,
            comments: 1
        }
    );
    assert_eq!((seen(&bob).liked, seen(&alice).liked), (true, false));
    let later = Timestamp::from_millis(2_000);
    write(store, |tx| tx.update_post(&id, "new", later));
    assert_eq!(
        (
            seen(&bob).text.as_str(),
            seen(&bob).version.0,
            seen(&bob).updated_at
        ),
        ("new", 2, later)
    );
    write(store, |tx| tx.update_comment(&comment, "new", later));
    let changed = read(store, |it| it.comment(&comment)).expect("a comment");
    assert_eq!(
        (changed.text.as_str(), changed.version.0, changed.counts.comments),
        ("new", 2, 1)
    );
    let unlike = || write(store, |tx| tx.delete_like(&id, &bob.id));
    assert!(unlike() && !unlike());
    assert_eq!(
        write(store, |tx| tx.delete_post(&id)),
        std::slice::from_ref(&comment)
    );
    assert_eq!(read(store, |it| it.comment(&comment)), None);
    assert_eq!(
        read(store, |it| it.profile(&alice.id, &bob.id))
            .expect("alice")
            .posts,
        0
    );
}

fn windows<S: Store>(store: &S) {
    let (alice, bob) = with_users(store);
    let ids: Vec<PostId> = (0..6)
        .map(|number| PostId::named(format!("post_{number}")))
        .collect();
    write(store, |tx| {
        for (number, id) in ids.iter().enumerate() {
            let author = if number % 2 == 0 { &alice } else { &bob };
            tx.insert_post(&new_post(id, author, &[]))?;
            let change = Change {
                kind: ObjectKind::Post,
                object: id.as_str(),
                operation: ChangeOperation::Put,
            };
            tx.log_change("user:alice", change, AT)?;
        }
        Ok(())
    });
    let list = |list: PostList<'_>, window| {
        let rows = read(store, |it| it.posts(list, &alice.id, window));
        rows.into_iter()
            .map(|row| (row.id, row.position))
            .collect::<Vec<_>>()
    };
    let everyone = list(PostList::Everyone, ALL);
    assert!(
        everyone.iter().map(|(id, _)| id).eq(ids.iter().rev()),
        "newest first"
    );
    let beyond = Window {
        beyond: Some(everyone[2].1),
        limit: 2,
    };
    assert_eq!(list(PostList::Everyone, beyond), everyone[3..5]);
    assert_eq!(list(PostList::Author(&bob.id), ALL).len(), 3);
    assert_eq!(list(PostList::Following, ALL).len(), 3, "one's own");
    write(store, |tx| tx.insert_follow(&alice.id, &bob.id, AT));
    assert_eq!(list(PostList::Following, ALL), everyone);
    assert_eq!(list(PostList::Following, beyond), everyone[3..5]);
}

fn conversations<S: Store>(store: &S) {
    let (alice, bob) = with_users(store);
    let carol = user("carol");
    let id = ConversationId::named("cnv_1");
    let message = MessageId::named("msg_1");
    let made = write(store, |tx| {
        tx.insert_account(&carol, "hash", AT)?;
        tx.insert_conversation(&id, &bob.id, &alice.id, AT)?;
        tx.insert_message(&NewMessageRow {
            id: &message,
            conversation: &id,
            author: &alice,
            text: "text",
            media: &[],
            key: None,
            at: AT,
        })
    });
    let seen = |viewer: &UserRow| read(store, |it| it.conversation(&id, &viewer.id));
    assert_eq!(seen(&alice).expect("hers").with, bob);
    assert_eq!(seen(&bob).expect("his").with, alice);
    assert_eq!(seen(&carol), None);
    assert_eq!(seen(&bob).expect("his").last_message_at, Some(AT));
    let between = |one: &UserRow, other: &UserRow| {
        read(store, |it| it.conversation_with(&one.id, &other.id)).map(|row| row.id)
    };
    assert_eq!(
        (between(&alice, &bob), between(&bob, &alice)),
        (Some(id.clone()), Some(id.clone()))
    );
    assert_eq!(between(&alice, &carol), None);
    assert_eq!(read(store, |it| it.conversations(&alice.id, ALL)).len(), 1);
    assert_eq!(read(store, |it| it.messages(&id, ALL)).len(), 1);
    assert_eq!(read(store, |it| it.message(&message, &bob.id)), Some(made));
    assert_eq!(read(store, |it| it.message(&message, &carol.id)), None);
    write(store, |tx| tx.delete_message(&message, &id));
    let emptied = seen(&bob).expect("his");
    assert_eq!((emptied.last_message_at, emptied.version.0), (None, 3));
}

fn uploads<S: Store>(store: &S) {
    let (alice, bob) = with_users(store);
    let media = MediaRow {
        id: UploadId::named("upl_1"),
        media_type: "image/png".to_owned(),
        size: 10,
        digest: Digest::parse(&"a".repeat(64)).expect("a digest"),
    };
    let id = &media.id;
    let new = NewUploadRow {
        media: &media,
        account: &alice.id,
        key: None,
        at: AT,
    };
    write(store, |tx| tx.insert_upload(&new));
    assert!(write(store, |tx| tx.advance_upload(id, 0, 4, AT)));
    assert!(
        !write(store, |tx| tx.advance_upload(id, 0, 6, AT)),
        "it stands elsewhere"
    );
    assert!(
        !write(store, |tx| tx.advance_upload(id, 4, 10, AT)),
        "the last byte is for finishing"
    );
    let known = || read(store, |it| it.finished_upload(&alice.id, &media.digest, 10));
    assert_eq!((known(), read(store, |it| it.media(id, &alice.id))), (None, None));
    assert!(write(store, |tx| tx.finish_upload(id, 4, AT)));
    assert!(!write(store, |tx| tx.finish_upload(id, 4, AT)));
    assert_eq!(
        known().map(|row| (row.offset, row.state)),
        Some((10, UploadState::Finished))
    );
    assert_eq!(read(store, |it| it.media(id, &bob.id)), None);
    let post = PostId::named("post_1");
    write(store, |tx| {
        tx.insert_post(&new_post(&post, &alice, std::slice::from_ref(&media)))
    });
    assert_eq!(read(store, |it| it.media(id, &bob.id)), Some(media.clone()));
    assert_eq!(
        read(store, |it| it.post(&post, &bob.id)).expect("a post").media,
        std::slice::from_ref(&media)
    );
    let late = Timestamp::from_millis(5_000);
    assert_eq!(
        write(store, |tx| tx.expire_uploads(late, late, 10)),
        0,
        "something names it"
    );
    assert!(!write(store, |tx| tx.discard_upload(id, late)));
    write(store, |tx| tx.delete_post(&post));
    assert_eq!(
        write(store, |tx| tx.expire_uploads(AT, late, 10)),
        0,
        "it is not old enough"
    );
    write(store, |tx| tx.touch_upload(id, Timestamp::from_millis(2_000)));
    assert_eq!(write(store, |tx| tx.expire_uploads(late, late, 10)), 1);
    assert_eq!(read(store, |it| it.unswept_uploads(10)), std::slice::from_ref(id));
    write(store, |tx| tx.sweep_upload(id));
    assert!(read(store, |it| it.unswept_uploads(10)).is_empty());
    assert_eq!(
        read(store, |it| it.upload(id)).map(|row| row.state),
        Some(UploadState::Gone)
    );
}
