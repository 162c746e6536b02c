//! What a screen asks for, page by page, and what a person may call things.

use outrigger_engine::app::App as _;
use outrigger_engine::ids::Entity;
use outrigger_social::id::{CommentId, PostId, UserId, short};
use outrigger_social::query::{self, Cursor, Page};
use outrigger_social::reads::Scope;
use outrigger_social::resolve::{self, ResolveError};
use outrigger_social::{Observation, Social, comments, posts, users};

use crate::server::{alice, bob};
use crate::world::World;

fn page(rows_max: usize, after: Option<Cursor>) -> Page {
    Page { after, rows_max }
}

#[test]
fn pages_of_the_feed_join_without_gap_or_overlap() {
    let mut world = World::offline();
    for number in 0..7 {
        world.server.post_of(bob(), &format!("Bob's {number}"));
    }
    world.read_feed();
    for number in 0..4 {
        let id: PostId = world.id();
        world.write(posts::create(id, format!("mine {number}"), Vec::new()));
    }
    let (mut after, mut seen) = (None, Vec::new());
    for _ in 0..10 {
        let listed = query::feed(world.db(), world.me(), Scope::Everyone, page(3, after)).expect("a page");
        seen.extend(listed.rows.into_iter().map(|post| post.text));
        after = listed
            .next
            .map(|cursor| cursor.to_string().parse().expect("it reads back"));
        if after.is_none() {
            break;
        }
    }
    let mine = (0..4).rev().map(|number| format!("mine {number}"));
    let theirs = (0..7).rev().map(|number| format!("Bob's {number}"));
    assert_eq!(seen, mine.chain(theirs).collect::<Vec<_>>());
}

#[test]
fn the_feed_follows_whom_the_user_follows() {
    let mut world = World::offline();
    world.server.post_of(bob(), "Bob's");
    world.server.post_of(alice(), "Alice's own");
    world.read_feed();
    let texts = |world: &World| {
        let listed = query::feed(world.db(), world.me(), Scope::Following, Page::default());
        let rows = listed.expect("a page").rows;
        rows.into_iter().map(|post| post.text).collect::<Vec<_>>()
    };
    assert_eq!(texts(&world), ["Alice's own"]);
    world.write(users::follow(UserId::of_server("usr_bob")));
    assert_eq!(texts(&world), ["Alice's own", "Bob's"]);
    let of_bob = query::posts_of(world.db(), UserId::of_server("usr_bob"), Page::default());
    assert_eq!(of_bob.expect("a page").rows.len(), 1);
}

#[test]
fn comments_are_shown_oldest_first_and_what_is_pending_last() {
    let mut world = World::offline();
    let on = world.server.post_of(bob(), "Bob's");
    for number in 0..3 {
        world.server.comment_of(bob(), &on, &format!("{number}"));
    }
    world.read_thread(&on);
    let post = world.post_named(&on);
    let id: CommentId = world.id();
    world.write(comments::create(id, post, "mine"));
    let thread = query::thread(world.db(), post, page(2, None)).expect("it is read");
    let first = thread.expect("it is here").comments;
    let second = query::comments(world.db(), post, page(2, first.next)).expect("it is read");
    let texts: Vec<_> = first
        .rows
        .iter()
        .chain(&second.rows)
        .map(|row| row.text.as_str())
        .collect();
    assert_eq!(texts, ["0", "1", "2", "mine"]);
    assert_eq!(second.next, None);
}

#[test]
fn things_are_called_by_whole_ids_server_ids_short_ids_and_names() {
    let mut world = World::offline();
    let theirs = world.server.post_of(bob(), "Bob's");
    world.read_thread(&theirs);
    let post = world.post_named(&theirs);
    let tail = short(post.0);
    for text in [
        theirs.as_str(),
        &post.to_string(),
        &tail,
        &tail[..4],
        &tail.to_uppercase(),
    ] {
        assert_eq!(resolve::post(world.db(), text).expect("it is found"), post);
    }
    for text in ["bob", "@bob", "usr_bob"] {
        assert_eq!(
            resolve::user(world.db(), text).expect("they are found"),
            UserId::of_server("usr_bob")
        );
    }
    for text in ["", &tail[..3], "zzzz", "post_9999", "%"] {
        assert!(
            matches!(resolve::post(world.db(), text), Err(ResolveError::Unknown { .. })),
            "{text}"
        );
    }
    assert!(matches!(
        resolve::conversation(world.db(), "nobody"),
        Err(ResolveError::Unknown { .. })
    ));
}

#[test]
fn what_fits_several_lists_them() {
    let mut world = World::offline();
    let bytes = |last: u8| [9, 9, 9, 9, 9, 9, 0xab, 0xcd, 0xef, last];
    let wall = outrigger_engine::time::Wall(1_790_000_000_000);
    for (last, text) in [(1, "one"), (2, "two")] {
        let id = PostId(outrigger_engine::ids::LocalId::new(wall, bytes(last)));
        world.write(posts::create(id, text, Vec::new()));
    }
    let error = resolve::post(world.db(), "abcdef").expect_err("two fit");
    assert_eq!(
        error.to_string(),
        r#""abcdef" fits several: abcdef01 "one", abcdef02 "two"; type more of it"#
    );
    assert!(resolve::post(world.db(), "abcdef02").is_ok());
}

/// What the engine keeps as a base row is what is shown again, for everything that can be shown.
#[test]
fn what_was_loaded_is_stored_again_as_it_was() {
    let mut world = World::offline();
    let on = world.server.post_of(bob(), "Bob's");
    world.server.comment_of(bob(), &on, "first");
    world.server.posts.get_mut(&on).expect("it is there").liked = true;
    world.read_thread(&on);
    let read = Observation::profile(&world.server.profile(&bob())).expect("it is a profile");
    world.observe(read);
    let user = UserId::of_server("usr_bob");
    world.write(users::follow(user));
    let id = world.id();
    for mutation in outrigger_social::messages::send_to(world.db(), id, user, "hi", None).expect("it is read")
    {
        world.write(mutation);
    }
    let post = world.post_named(&on);
    let entities: Vec<Entity> = vec![
        user.entity(),
        user.counts(),
        user.follow(),
        user.conversation().entity(),
        post.entity(),
        post.counts(),
        post.like(),
        world.comments(post)[0].comment.id.entity(),
        id.entity(),
    ];
    let app = Social::new(alice());
    for entity in entities {
        let load = || app.load(world.db(), &entity).expect("it is read");
        let row = load().unwrap_or_else(|| panic!("there is a row of {entity}"));
        app.store(world.db(), &entity, None).expect("it is removed");
        assert_eq!(load(), None);
        app.store(world.db(), &entity, Some(&row)).expect("it is written");
        assert_eq!(load(), Some(row), "{entity}");
    }
}

#[test]
fn a_base_row_of_an_older_program_reads_with_defaults() {
    let world = World::offline();
    let app = Social::new(alice());
    let post = PostId(outrigger_engine::ids::LocalId(uuid::Uuid::from_u128(5)));
    let row = format!(r#"{{"author":"{}","from_the_future":1}}"#, world.me());
    app.store(world.db(), &post.entity(), Some(row.as_bytes()))
        .expect("it is written");
    assert_eq!(world.post(post).text, "");
}
