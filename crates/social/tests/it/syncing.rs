//! What was written offline arrives, and what is shown never jumps on the way.

use outrigger_engine::event::Write;
use outrigger_engine::status::{EntityStatus, Parked};
use outrigger_social::id::{CommentId, CommentRef, MessageId, PostId, UserId};
use outrigger_social::mutation::MediaFile;
use outrigger_social::query::{self, Page};
use outrigger_social::{comments, messages, posts, users};

use crate::server::{bob, problem};
use crate::world::{PENDING, World, picture};

#[test]
fn a_post_its_comment_and_its_like_are_written_offline_and_arrive() {
    let mut world = World::offline();
    let (post, comment): (PostId, CommentId) = (world.id(), world.id());
    world.write(posts::create(post, "Hello from the train", Vec::new()));
    world.write(comments::create(comment, post, "And a comment"));
    world.write(posts::like(post));

    let shown = world.post(post);
    assert_eq!((shown.likes, shown.comments, shown.liked), (1, 1, true));
    assert_eq!((shown.sync, shown.like_sync), (PENDING, PENDING));
    assert_eq!(shown.author.name, "alice");

    world.sync();
    let shown = world.post(post);
    assert_eq!((shown.likes, shown.comments, shown.liked), (1, 1, true));
    assert_eq!(
        (shown.sync, shown.like_sync),
        (EntityStatus::Synced, EntityStatus::Synced)
    );
    assert_eq!(shown.server_id.as_deref(), Some("post_0001"));
    let below = world.comments(post);
    assert_eq!(below.len(), 1);
    assert_eq!(below[0].sync, EntityStatus::Synced);
    assert_eq!(world.server.comments.len(), 1);
}

/// Looks at a post's numbers after every single answer.
#[test]
fn the_numbers_do_not_flicker_while_answers_come_in() {
    let mut world = World::offline();
    let on = world.server.post_of(bob(), "A post of Bob's");
    world.server.comment_of(bob(), &on, "first");
    world.read_thread(&on);
    let post = world.post_named(&on);
    for text in ["one", "two", "three"] {
        let id = world.id();
        world.write(comments::create(id, post, text));
    }
    world.write(posts::like(post));
    world.set_online(true);
    assert_eq!((world.post(post).comments, world.post(post).likes), (4, 1));
    while world.answer_next() {
        assert_eq!((world.post(post).comments, world.post(post).likes), (4, 1));
    }
    assert_eq!(world.status.pending, 0);
    world.read_feed();
    assert_eq!((world.post(post).comments, world.post(post).likes), (4, 1));
}

#[test]
fn a_deleted_comment_is_counted_out_once() {
    let mut world = World::offline();
    let on = world.server.post_of(bob(), "A post of Bob's");
    let mine = world
        .server
        .comment_of(crate::server::alice(), &on, "mine, from another device");
    world.server.comment_of(bob(), &on, "Bob's");
    world.read_thread(&on);
    let (post, comment) = (world.post_named(&on), world.comment_named(&mine));

    world.write(comments::delete(comment));
    assert_eq!((world.post(post).comments, world.comments(post).len()), (1, 1));
    world.sync();
    assert_eq!((world.post(post).comments, world.comments(post).len()), (1, 1));
    world.read_thread(&on);
    assert_eq!((world.post(post).comments, world.comments(post).len()), (1, 1));
}

#[test]
fn a_create_whose_answer_was_lost_is_neither_shown_nor_counted_twice() {
    let mut world = World::offline();
    let on = world.server.post_of(bob(), "A post of Bob's");
    world.read_feed();
    let post = world.post_named(&on);
    let id: CommentId = world.id();
    world.write(comments::create(id, post, "Is this on?"));
    world.set_online(true);
    let (attempt, _) = world.take_next();
    world.read_thread(&on);
    assert_eq!((world.comments(post).len(), world.post(post).comments), (1, 1));
    assert_eq!(world.comments(post)[0].comment.id, id);
    world.lose(attempt);
    world.sync();
    assert_eq!((world.comments(post).len(), world.post(post).comments), (1, 1));
    assert_eq!(world.server.comments.len(), 1);
}

#[test]
fn a_rejected_post_stays_visible_with_its_failure_and_can_be_discarded() {
    let mut world = World::offline();
    let (post, comment): (PostId, CommentId) = (world.id(), world.id());
    let write = world.write(posts::create(post, "Hello", Vec::new()));
    world.write(comments::create(comment, post, "On it"));
    world.set_online(true);
    let (attempt, _) = world.take_next();
    world.bring(attempt, problem(422, "invalid"));
    let shown = world.post(post);
    let EntityStatus::Failed { parked, .. } = shown.sync else {
        // In a batch the server's refusal of the whole is no verdict on its items: they are tried alone.
        let (attempt, _) = world.take_next();
        world.bring(attempt, problem(422, "invalid"));
        assert!(matches!(world.post(post).sync, EntityStatus::Failed { .. }));
        return discarded(world, post, write);
    };
    assert!(matches!(parked, Parked::Rejected { status: 422, code, .. } if code == "invalid"));
    discarded(world, post, write);
}

fn discarded(mut world: World, post: PostId, write: outrigger_engine::ids::MutationId) {
    world.discard(write);
    assert_eq!(query::post(world.db(), post).expect("it is read"), None);
    assert_eq!(world.comments(post), []);
}

#[test]
fn messages_are_sent_in_order_in_one_conversation_however_often_it_is_opened() {
    let mut world = World::offline();
    let profile = outrigger_social::Observation::profile(&world.server.profile(&bob()));
    world.observe(profile.expect("it is a profile"));
    let with = UserId::of_server("usr_bob");
    for text in ["one", "two", "three"] {
        let id = world.id();
        let writes = messages::send_to(world.db(), id, with, text, None).expect("the database answers");
        world
            .write_all(writes.into_iter().map(Write::from).collect())
            .expect("it is queued");
    }
    let listed = query::conversations(world.db(), Page::default()).expect("they are read");
    assert_eq!(listed.rows.len(), 1);
    assert_eq!(
        listed.rows[0].last.as_ref().map(|last| last.text.as_str()),
        Some("three")
    );
    world.sync();
    let sent: Vec<_> = world
        .server
        .messages
        .values()
        .map(|message| &message.text)
        .collect();
    assert_eq!(sent, ["one", "two", "three"]);
    let opened = world.server.log.iter().filter(|call| call.contains("/with/"));
    assert_eq!(opened.count(), 1);
    let shown = query::conversation(world.db(), with.conversation(), Page::default()).expect("they are read");
    let texts: Vec<_> = shown.rows.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["three", "two", "one"]);
}

#[test]
fn a_picture_goes_before_its_post() {
    let mut world = World::offline();
    let post: PostId = world.id();
    let staged = picture();
    let mutation = posts::create(post, "Look", vec![MediaFile::from(&staged)]);
    world
        .write_all(vec![Write {
            id: None,
            mutation,
            files: vec![staged],
        }])
        .expect("it is queued");
    assert_eq!(world.post(post).media[0].server_id, None);
    world.sync();
    let upload = world.server.uploads.keys().next().cloned();
    assert!(upload.is_some());
    assert_eq!(world.post(post).media[0].server_id, upload);
}

#[test]
fn what_is_deleted_is_hidden_at_once_and_shown_again_when_the_delete_is_taken_back() {
    let mut world = World::offline();
    let mine = world.server.post_of(crate::server::alice(), "Mine");
    world.read_feed();
    let post = world.post_named(&mine);
    let id: CommentId = world.id();
    world.write(comments::create(id, post, "On my own post"));
    let delete = world.write(posts::delete(post));
    assert_eq!(world.feed(), []);
    assert!(world.try_write(posts::like(post)).is_err());
    // Read again meanwhile: neither the post nor the comment is rebuilt wrongly.
    world.read_feed();
    assert_eq!(world.feed(), []);
    world.discard(delete);
    assert_eq!(world.feed().len(), 1);
    assert_eq!(world.comments(post).len(), 1);
    assert_eq!(world.post(post).comments, 1);
}

#[test]
fn a_follow_changes_the_profile_at_once_and_only_once() {
    let mut world = World::offline();
    let profile = |world: &World| {
        let read = query::profile(world.db(), UserId::of_server("usr_bob")).expect("it is read");
        let view = read.expect("Bob is known");
        (view.followers, view.followed)
    };
    let read = outrigger_social::Observation::profile(&world.server.profile(&bob()));
    world.observe(read.expect("it is a profile"));
    world.write(users::follow(UserId::of_server("usr_bob")));
    assert_eq!(profile(&world), (8, true));
    world.sync();
    assert_eq!(profile(&world), (8, true));
    world.write(users::unfollow(UserId::of_server("usr_bob")));
    assert_eq!(profile(&world), (7, false));
    world.sync();
    assert_eq!(profile(&world), (7, false));
}

#[test]
fn an_edit_of_ones_own_edit_chains_its_versions() {
    let mut world = World::offline();
    let post: PostId = world.id();
    world.write(posts::create(post, "a", Vec::new()));
    world.sync();
    world.write(posts::update(post, "b"));
    world.sync();
    world.write(posts::update(post, "c"));
    world.write(posts::update(post, "d"));
    world.sync();
    assert_eq!(world.post(post).text, "d");
    assert_eq!(world.post(post).sync, EntityStatus::Synced);
    assert_eq!(world.server.posts["post_0001"].text, "d");
    assert_eq!(world.server.posts["post_0001"].version, 3);
}

#[test]
fn a_comment_can_be_changed_and_deleted_before_and_after_it_arrives() {
    let mut world = World::offline();
    let (post, id): (PostId, CommentId) = (world.id(), world.id());
    let comment = CommentRef { id, post };
    world.write(posts::create(post, "a", Vec::new()));
    world.write(comments::create(id, post, "b"));
    world.write(comments::update(comment, "c"));
    world.sync();
    assert_eq!(world.comments(post)[0].text, "c");
    world.write(comments::update(comment, "d"));
    world.write(comments::delete(comment));
    assert_eq!((world.comments(post).len(), world.post(post).comments), (0, 0));
    world.sync();
    assert_eq!((world.server.comments.len(), world.post(post).comments), (0, 0));
}

#[test]
fn a_message_can_be_taken_back() {
    let mut world = World::offline();
    let profile = outrigger_social::Observation::profile(&world.server.profile(&bob()));
    world.observe(profile.expect("it is a profile"));
    let with = UserId::of_server("usr_bob");
    let id: MessageId = world.id();
    let writes = messages::send_to(world.db(), id, with, "oops", None).expect("the database answers");
    world
        .write_all(writes.into_iter().map(Write::from).collect())
        .expect("it is queued");
    world.sync();
    let conversation = with.conversation();
    world.write(messages::delete(outrigger_social::id::MessageRef {
        id,
        conversation,
    }));
    world.sync();
    assert!(world.server.messages.is_empty());
    let shown = query::conversation(world.db(), conversation, Page::default()).expect("they are read");
    assert_eq!(shown.rows, []);
}
