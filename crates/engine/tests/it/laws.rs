//! Laws of the queue, over random histories.

use outrigger_engine::SyncKind;
use outrigger_engine::scenario::{Mutation, Notes};
use proptest::prelude::*;
use std::collections::BTreeMap;

use crate::backend::Backend;
use crate::world::{Fault, World, id};

/// What a user may do with one of a few notes.
#[derive(Debug, Clone)]
enum Act {
    Create(u8),
    Update(u8),
    Refused(u8),
    Delete(u8),
    Star(u8),
    Unstar(u8),
    Line(u8),
}

/// Acts whose content the server takes. What it refuses for its content is left out of the law of merging: the app's `validate` applies the same rule
/// before anything is queued, and an update refused for its content takes the create that it was merged into with it.
fn acceptable() -> impl Strategy<Value = Act> {
    act().prop_filter("content is refused", |act| !matches!(act, Act::Refused(_)))
}

fn act() -> impl Strategy<Value = Act> {
    let note = 0..4_u8;
    prop_oneof![
        3 => note.clone().prop_map(Act::Create),
        3 => note.clone().prop_map(Act::Update),
        1 => note.clone().prop_map(Act::Refused),
        2 => note.clone().prop_map(Act::Delete),
        2 => note.clone().prop_map(Act::Star),
        2 => note.clone().prop_map(Act::Unstar),
        3 => note.prop_map(Act::Line),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => Just(Fault::None),
        1 => Just(Fault::RequestLost),
        2 => Just(Fault::AnswerLost),
        1 => Just(Fault::Twice),
        1 => Just(Fault::ServerError),
        1 => Just(Fault::Busy),
        1 => Just(Fault::Portal),
        1 => Just(Fault::Killed),
    ]
}

/// The `serial`-th act as a mutation. Notes are created once under each name; `lives` counts the names used.
fn mutation(act: &Act, serial: usize, lives: &mut BTreeMap<u8, usize>) -> Mutation {
    let text = format!("text {serial}");
    let name = |note: &u8| id(&format!("note {note}.{}", lives.get(note).copied().unwrap_or(0)));
    match act {
        Act::Create(note) => {
            *lives.entry(*note).or_default() += 1;
            Mutation::Create {
                id: id(&format!("note {note}.{}", lives[note])),
                text,
                pictures: Vec::new(),
            }
        }
        Act::Update(note) => Mutation::Update { id: name(note), text },
        Act::Refused(note) => Mutation::Update {
            id: name(note),
            text: format!("bad {serial}"),
        },
        Act::Delete(note) => Mutation::Delete { id: name(note) },
        Act::Star(note) => Mutation::Star { id: name(note) },
        Act::Unstar(note) => Mutation::Unstar { id: name(note) },
        Act::Line(note) => Mutation::Line {
            id: id(&format!("line {serial}")),
            note: name(note),
            text,
            pictures: Vec::new(),
        },
    }
}

fn notes(never_merges: bool, batches: Option<usize>) -> Notes {
    Notes {
        keys: true,
        batches,
        uploads: None,
        look_up: false,
        never_merges,
    }
}

/// Plays a history offline after an online beginning, lets another device meddle, and comes back.
fn play(app: Notes, beginning: &[Act], offline: &[Act], meddling: &[(usize, bool)]) -> World {
    let mut world = World::new(app, Backend::default());
    let mut lives = BTreeMap::new();
    for (serial, act) in beginning.iter().enumerate() {
        let _ = world.write(mutation(act, serial, &mut lives));
    }
    world.heal();
    world.set_online(false);
    for (serial, act) in offline.iter().enumerate() {
        let _ = world.write(mutation(act, 1_000 + serial, &mut lives));
    }
    let ids: Vec<_> = world.backend.notes.keys().cloned().collect();
    for (which, delete) in meddling {
        let Some(id) = ids.get(which % ids.len().max(1)) else {
            continue;
        };
        if *delete {
            world.backend.notes.remove(id);
        } else if let Some(note) = world.backend.notes.get_mut(id) {
            note.starred = !note.starred;
            note.version += 1;
        }
    }
    world.set_online(true);
    world.discard_refused();
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// From whatever state another device leaves the server in, it ends the same with merging and without, once the user has given up what was refused.
    #[test]
    fn merging_cannot_be_told_from_sending_everything(
        beginning in prop::collection::vec(acceptable(), 0..8),
        offline in prop::collection::vec(acceptable(), 1..24),
        meddling in prop::collection::vec((0..8_usize, any::<bool>()), 0..3),
        batched in any::<bool>(),
    ) {
        let batches = batched.then_some(7);
        let merged = play(notes(false, batches), &beginning, &offline, &meddling);
        let unmerged = play(notes(true, batches), &beginning, &offline, &meddling);
        prop_assert_eq!(merged.backend.content(), unmerged.backend.content());
        prop_assert!(merged.backend.effects.len() <= unmerged.backend.effects.len());
    }

    /// Whatever the network does, each write has at most one effect, those of a lane in their order; and when all is well again everything has
    /// arrived, been refused, or been discarded, and what is shown is what the server has.
    #[test]
    fn every_write_arrives_exactly_once_and_in_order(
        acts in prop::collection::vec((act(), prop::collection::vec(fault(), 0..4), 0..3_000_i64), 1..40),
        batched in any::<bool>(),
    ) {
        let mut world = World::new(notes(false, batched.then_some(5)), Backend::default());
        let mut lives = BTreeMap::new();
        for (serial, (act, faults, pause)) in acts.iter().enumerate() {
            let _ = world.write(mutation(act, serial, &mut lives));
            for fault in faults {
                world.deliver(*fault);
            }
            world.wait(*pause);
        }
        world.heal();
        world.retry_failed();
        world.heal();

        let mut keys: Vec<_> = world.backend.effects.iter().map(|(key, _)| key).collect();
        keys.sort();
        let all = keys.len();
        keys.dedup();
        prop_assert_eq!(keys.len(), all, "a key had two effects");
        for note in world.backend.notes.values() {
            let mut ordered = note.lines.clone();
            ordered.sort_by_key(|line| line["text ".len()..].parse::<u64>().unwrap());
            prop_assert_eq!(&note.lines, &ordered, "lines overtook each other");
        }
        prop_assert_eq!(world.status.pending - world.status.blocked, 0);
        if world.status.kind == SyncKind::Idle {
            prop_assert_eq!(world.bases(), 0);
            let shown = world.shown();
            for note in world.backend.notes.values() {
                prop_assert!(shown.values().any(|text| *text == note.text), "{:?} is not shown", note);
            }
        }
    }
}
