//! Copies of files that are on their way into the queue: taken by one write, or gone.

use outrigger_engine::event::StagedFile;
use outrigger_engine::ids::{CallId, MutationId, Sha256};
use outrigger_engine::scenario::{Mutation, Notes};
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{Effect, Engine, Error, Event, Reply, Write, inspect};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;

use crate::world::{id, options};

const NOW: Now = Now {
    wall: Wall(1_700_000_000_000),
    monotonic: Monotonic(0),
};
/// Later than what was staged now is swept.
const MUCH_LATER: Now = Now {
    wall: Wall(1_700_007_200_000),
    monotonic: Monotonic(7_200_000),
};

fn open(path: &Path) -> Engine<Notes> {
    let app = Notes {
        uploads: Some(1_000),
        ..Notes::default()
    };
    let db = Connection::open(path).unwrap();
    Engine::open(db, Arc::new(app), options(NOW, 1)).unwrap()
}

fn in_memory() -> Engine<Notes> {
    open(Path::new(":memory:"))
}

fn copy(file: &str, content: &str) -> StagedFile {
    StagedFile {
        sha256: Sha256::of(content.as_bytes()),
        file: file.to_owned(),
        size: content.len() as u64,
        media_type: "image/png".to_owned(),
    }
}

fn stage(files: &[&str]) -> Event<Notes> {
    Event::Stage {
        call: CallId(1),
        files: files.iter().map(|&file| file.to_owned()).collect(),
    }
}

/// A note with the picture that it brings.
fn write(note: &str, brings: &StagedFile) -> Event<Notes> {
    let write = Write {
        id: Some(MutationId(id(note).0)),
        mutation: Mutation::Create {
            id: id(note),
            text: "look".to_owned(),
            pictures: vec![brings.sha256],
        },
        files: vec![brings.clone()],
    };
    Event::Mutate {
        call: CallId(2),
        writes: vec![write],
    }
}

fn unstage(copies: &[&StagedFile]) -> Event<Notes> {
    Event::Unstage {
        files: copies.iter().map(|&copy| copy.clone()).collect(),
    }
}

fn removals(effects: &[Effect]) -> Vec<&str> {
    let mut files = Vec::new();
    for effect in effects {
        if let Effect::RemoveFile(file) = effect {
            files.push(file.as_str());
        }
    }
    files
}

fn is_written(effects: &[Effect]) -> bool {
    let written = |effect: &Effect| {
        matches!(
            effect,
            Effect::Reply {
                reply: Ok(Reply::Written(_)),
                ..
            }
        )
    };
    effects.iter().any(written)
}

fn is_not_staged(effects: &[Effect]) -> bool {
    let refused = |effect: &Effect| {
        matches!(
            effect,
            Effect::Reply {
                reply: Err(Error::NotStaged { .. }),
                ..
            }
        )
    };
    effects.iter().any(refused)
}

/// A copy of a write that was refused on a full disk stayed for an hour, and took the space that was needed to write again.
#[test]
fn a_copy_that_no_write_will_take_is_removed_at_once() {
    let mut engine = in_memory();
    let cat = copy("copy", "cat");
    engine.handle(NOW, &[stage(&["copy"])]).unwrap();
    assert_eq!(
        removals(&engine.handle(NOW, &[unstage(&[&cat])]).unwrap()),
        ["copy"]
    );
    assert!(removals(&engine.handle(NOW, &[unstage(&[&cat])]).unwrap()).is_empty());
}

/// It would have been taken, and missed only when it was to be uploaded.
#[test]
fn a_write_brings_no_copy_that_is_gone() {
    let mut engine = in_memory();
    let cat = copy("copy", "cat");
    assert!(is_not_staged(&engine.handle(NOW, &[write("a", &cat)]).unwrap()));
    let events = [stage(&["copy"]), unstage(&[&cat]), write("a", &cat)];
    assert!(is_not_staged(&engine.handle(NOW, &events).unwrap()));
    let swept = [stage(&["other"]), Event::Started];
    engine.handle(NOW, &swept[..1]).unwrap();
    assert_eq!(
        removals(&engine.handle(MUCH_LATER, &swept[1..]).unwrap()),
        ["other"]
    );
    let other = copy("other", "cat");
    assert!(is_not_staged(
        &engine.handle(MUCH_LATER, &[write("a", &other)]).unwrap()
    ));
}

#[test]
fn a_copy_that_a_write_has_taken_stays() {
    let mut engine = in_memory();
    let cat = copy("copy", "cat");
    let written = engine
        .handle(NOW, &[stage(&["copy"]), write("a", &cat), unstage(&[&cat])])
        .unwrap();
    assert!(is_written(&written));
    assert!(removals(&written).is_empty());
    // Several writes may say that they bring the same one.
    let again = engine.handle(NOW, &[write("b", &cat)]).unwrap();
    assert!(is_written(&again) && removals(&again).is_empty());
}

/// An inbox is taken over once more where whoever did it before died before it was done. What was staged with it was swept an hour later, and the upload,
/// which still waited, had lost its file.
#[test]
fn a_copy_that_is_staged_again_with_the_write_that_has_it_is_not_swept() {
    let mut engine = in_memory();
    let cat = copy("copy", "cat");
    for _ in 0..2 {
        assert!(is_written(
            &engine.handle(NOW, &[stage(&["copy"]), write("a", &cat)]).unwrap()
        ));
    }
    assert!(removals(&engine.handle(MUCH_LATER, &[Event::Started]).unwrap()).is_empty());
    let names = vec!["copy".to_owned(), "nobody's".to_owned()];
    assert_eq!(inspect::unknown_files(engine.db(), names).unwrap(), ["nobody's"]);
}

/// A client that was killed between a commit and the removal of a file kept that file for ever.
#[test]
fn a_file_is_removed_by_the_next_process_where_one_died_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.db");
    let mut engine = open(&path);
    let unwanted = copy("copy", "cat");
    engine.handle(NOW, &[stage(&["copy"])]).unwrap();
    assert_eq!(
        removals(&engine.handle(NOW, &[unstage(&[&unwanted])]).unwrap()),
        ["copy"]
    );
    drop(engine);

    let mut engine = open(&path);
    assert_eq!(
        removals(&engine.handle(NOW, &[Event::Started]).unwrap()),
        ["copy"]
    );
    engine.handle(NOW, &[Event::Tick]).unwrap();
    drop(engine);

    assert!(removals(&open(&path).handle(NOW, &[Event::Started]).unwrap()).is_empty());
}
