//! Lines of JSON become writes.

use outrigger_engine::event::Write;
use outrigger_engine::ids::LocalId;
use outrigger_social::Mutation;
use outrigger_social::intake::{IntakeError, Names, OPERATIONS, Operation, PlanError, Reference, parse};
use outrigger_social::query::{self, Page};
use std::path::Path;

use crate::server::bob;
use crate::world::{World, picture};

/// Carries out lines as `outrigger enqueue` does, every file being the same picture.
fn enqueue(world: &mut World, lines: &str) -> Result<Vec<&'static str>, PlanError> {
    let mut names = Names::default();
    let mut queued = Vec::new();
    for (index, text) in lines.lines().enumerate() {
        let Some(line) = parse(index + 1, text).expect("the line is understood") else {
            continue;
        };
        let staged: Vec<_> = line.operation.files().iter().map(|_| picture()).collect();
        let mut ids: Vec<LocalId> = vec![world.id()];
        let writes = names.plan(&line, &staged, world.db(), &mut || {
            ids.pop().expect("one id a line")
        })?;
        queued.extend(writes.iter().map(|write| write.mutation.name()));
        world.write_all(writes).expect("it is queued");
    }
    Ok(queued)
}

#[test]
fn later_lines_name_what_earlier_ones_made() {
    let mut world = World::offline();
    let read = outrigger_social::Observation::profile(&world.server.profile(&bob()));
    world.observe(read.expect("it is a profile"));
    let queued = enqueue(
        &mut world,
        r#"{"v":1,"op":"posts.create","text":"Look","images":["a.png"],"as":"p1"}
           {"v":1,"op":"comments.create","post":"@p1","text":"well","as":"c1"}

           {"v":1,"op":"comments.update","comment":"@c1","text":"Well"}
           {"v":1,"op":"posts.like","post":"@p1"}
           {"v":1,"op":"messages.send","to":"@bob","text":"Look at that","as":"m1"}
           {"v":1,"op":"messages.send","to":"bob","image":"a.png"}
           {"v":1,"op":"users.follow","user":"bob"}"#,
    );
    assert_eq!(
        queued.expect("they are planned"),
        [
            "post.create",
            "comment.create",
            "comment.update",
            "post.like",
            "conversation.open",
            "message.send",
            "message.send",
            "user.follow"
        ]
    );
    world.sync();
    let post = world.feed().remove(0);
    assert_eq!((post.text.as_str(), post.likes, post.comments), ("Look", 1, 1));
    assert_eq!(world.comments(post.id)[0].text, "Well");
    assert_eq!(world.server.messages.len(), 2);
    assert_eq!(world.server.follows.len(), 1);

    let short = outrigger_social::id::short(post.id.0);
    let server_id = post.server_id.clone().expect("it has arrived");
    let lines = format!(
        r#"{{"v":1,"op":"posts.update","post":"{short}","text":"Look!"}}
           {{"v":1,"op":"posts.unlike","post":"{server_id}"}}
           {{"v":1,"op":"posts.delete","post":"{}"}}"#,
        post.id
    );
    let queued = enqueue(&mut world, &lines).expect("they are planned");
    assert_eq!(queued, ["post.update", "post.unlike", "post.delete"]);
    world.sync();
    assert!(world.server.posts.is_empty());
    let page = query::conversations(world.db(), Page::default()).expect("they are read");
    assert_eq!(page.rows.len(), 1);
}

#[test]
fn a_name_that_nothing_has_is_an_error_with_its_line() {
    let mut world = World::offline();
    let error = enqueue(&mut world, r#"{"v":1,"op":"posts.like","post":"@p1"}"#).expect_err("nothing has it");
    assert_eq!(
        error.to_string(),
        r#"line 1: no earlier line made a post "as" "p1""#
    );
    let error =
        enqueue(&mut world, r#"{"v":1,"op":"posts.like","post":"cafebabe"}"#).expect_err("it is nothing");
    assert!(
        error
            .to_string()
            .starts_with(r#"line 1: no post "cafebabe" is here"#),
        "{error}"
    );
    let lines = r#"{"v":1,"op":"posts.create","text":"a","as":"p"}
                   {"v":1,"op":"posts.like","post":"@p","as":"l"}"#;
    let error = enqueue(&mut world, lines).expect_err("a like has no name");
    assert!(matches!(error, PlanError::NothingToName { line: 2, .. }));
}

#[test]
fn what_is_not_understood_is_told_with_its_line() {
    let error = |text| parse(3, text).expect_err("it is not understood");
    assert!(matches!(
        error(r#"{"v":2,"op":"posts.create"}"#),
        IntakeError::UnknownVersion { line: 3, version: 2 }
    ));
    let unknown = error(r#"{"v":1,"op":"posts.share"}"#);
    assert!(matches!(unknown, IntakeError::UnknownOperation { line: 3, .. }));
    assert!(OPERATIONS.iter().all(|known| unknown.to_string().contains(known)));
    for malformed in [
        "hello",
        "{}",
        r#"{"v":1,"op":"posts.update","text":"a"}"#,
        r#"{"v":1,"op":"posts.like","post":"a","text":"b"}"#,
        r#"{"v":1,"op":"posts.like","psot":"a"}"#,
    ] {
        let error = error(malformed);
        assert!(matches!(error, IntakeError::Malformed { .. }), "{error}");
        assert_eq!(error.line(), 3);
    }
    assert_eq!(parse(3, "  "), Ok(None));
}

#[test]
fn parsing_opens_and_looks_up_nothing() {
    let line = parse(1, r#"{"v":1,"op":"posts.create","images":["/no/such.png"]}"#)
        .expect("it is understood")
        .expect("it is not blank");
    assert_eq!(line.operation.files(), [Path::new("/no/such.png")]);
    let line = parse(2, r#"{"v":1,"op":"posts.delete","post":"@p"}"#).expect("it is understood");
    let post = Reference::Named("p".to_owned());
    assert_eq!(
        line.expect("it is not blank").operation,
        Operation::DeletePost { post }
    );
}

#[test]
fn every_operation_can_be_written() {
    let mut world = World::offline();
    let theirs = world.server.post_of(bob(), "Bob's");
    world.read_feed();
    let lines = format!(
        r#"{{"v":1,"op":"posts.create","text":"a","as":"p"}}
           {{"v":1,"op":"posts.update","post":"@p","text":"b"}}
           {{"v":1,"op":"posts.like","post":"{theirs}"}}
           {{"v":1,"op":"posts.unlike","post":"{theirs}"}}
           {{"v":1,"op":"comments.create","post":"@p","text":"c","as":"c"}}
           {{"v":1,"op":"comments.update","comment":"@c","text":"d"}}
           {{"v":1,"op":"comments.delete","comment":"@c"}}
           {{"v":1,"op":"messages.send","to":"bob","text":"e","as":"m"}}
           {{"v":1,"op":"messages.delete","message":"@m"}}
           {{"v":1,"op":"users.follow","user":"usr_bob"}}
           {{"v":1,"op":"users.unfollow","user":"@bob"}}
           {{"v":1,"op":"posts.delete","post":"@p"}}"#
    );
    let written: Vec<_> = lines.lines().filter_map(|line| line.split('"').nth(5)).collect();
    assert!(OPERATIONS.iter().all(|operation| written.contains(operation)));
    enqueue(&mut world, &lines).expect("all of them are planned");
    world.sync();
    // Nothing of what was made and deleted was ever sent.
    assert_eq!(
        world.server.log,
        [
            format!("DELETE /v1/posts/{theirs}/like"),
            "PUT /v1/conversations/with/usr_bob".to_owned(),
            "DELETE /v1/users/usr_bob/follow".to_owned(),
        ]
    );
}

#[test]
fn files_that_were_not_staged_are_missed() {
    let world = World::offline();
    let line = parse(1, r#"{"v":1,"op":"posts.create","images":["a.png"]}"#)
        .expect("it is understood")
        .expect("it is not blank");
    let planned: Result<Vec<Write<Mutation>>, _> =
        Names::default().plan(&line, &[], world.db(), &mut || unreachable!());
    assert!(matches!(
        planned,
        Err(PlanError::Files {
            named: 1,
            staged: 0,
            ..
        })
    ));
}
