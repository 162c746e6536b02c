//! Each broken rule breaks a law, in a world that is small enough to show how.

use outrigger_model::bounds::{Bounds, ClientCopy, ServerCopy};
use outrigger_model::flaw::Flaw;
use outrigger_model::report::look_at;

const ONE_EFFECT: &str = "a write has one effect at most";
const IN_ORDER: &str = "a lane takes effect in order";
const EVIDENCE: &str = "what left the queue had its effect";
const NEEDED: &str = "what may be sent again is not forgotten";
const OTHERS: &str = "no answer is another write's";
const ENDS_WELL: &str = "once nothing goes wrong, all ends well";

fn check(flaw: Flaw, bounds: Bounds, law: &str) {
    // Which law fails first depends on the order of the search; what is asked for here is the one that this rule is for.
    let report = look_at(
        Bounds {
            flaw: Some(flaw),
            name: "broken",
            ..bounds
        },
        1,
    );
    println!("{flaw:?}: {report}\n");
    assert!(
        report.broken.contains_key(law),
        "{flaw:?} does not break {law:?}: {report}"
    );
}

fn plain() -> Bounds {
    Bounds::plain("broken")
}

fn lanes() -> Bounds {
    Bounds {
        lanes: &[0, 1, 2],
        ..plain()
    }
}

fn with_client(client: ClientCopy) -> Bounds {
    Bounds { client, ..plain() }
}

/// The one copy that is restored finds a server that never fails: then every write has one effect at most, create or not.
fn restored_and_steady() -> Bounds {
    Bounds {
        failures: false,
        ..with_client(ClientCopy::Restored)
    }
}

fn two_lanes_restored() -> Bounds {
    Bounds {
        writes: 2,
        lanes: &[0, 1],
        ..restored_and_steady()
    }
}

fn with_server() -> Bounds {
    Bounds {
        server: ServerCopy::RestoredInNewEpoch,
        ..plain()
    }
}

macro_rules! flaws {
    ($($name:ident: $flaw:ident, $bounds:expr, $law:expr;)*) => {
        $(#[test]
        fn $name() {
            check(Flaw::$flaw, $bounds, $law);
        })*
    };
}

flaws! {
    acknowledging_the_open_one: AcknowledgesTheOpenOne, plain(), NEEDED;
    forgetting_above_the_watermark: ForgetsAboveTheWatermark, lanes(), ONE_EFFECT;
    replaying_nothing: ReplaysNothing, plain(), ONE_EFFECT;
    recording_after_the_effect: RecordsAfterTheEffect, plain(), ONE_EFFECT;
    finding_by_sequence: FindsBySequence, with_client(ClientCopy::Restored), OTHERS;
    refusing_no_sequence: RefusesNoSequence, restored_and_steady(), ONE_EFFECT;
    retiring_without_record: RetiresWithoutRecord, two_lanes_restored(), ONE_EFFECT;
    telling_the_highest_standing: TellsTheHighestStanding, two_lanes_restored(), ONE_EFFECT;
    a_new_key_at_re_send: NewKeyAtReSend, plain(), ONE_EFFECT;
    a_new_sequence_at_re_send: NewSequenceAtReSend, lanes(), ONE_EFFECT;
    ignoring_lanes: IgnoresLanes, plain(), IN_ORDER;
    giving_up_unanswered: GivesUpUnanswered, plain(), EVIDENCE;
    ignoring_the_epoch: IgnoresTheEpoch, with_server(), ENDS_WELL;
    nothing_being_uncertain: NothingIsUncertain, restored_and_steady(), ENDS_WELL;
    heeding_old_epochs: HeedsOldEpochs, with_server(), ENDS_WELL;
    hearing_the_dead_server: HearsTheDeadServer, with_server(), ENDS_WELL;
    creating_twice: CreatesTwice, with_client(ClientCopy::Cloned), ONE_EFFECT;
}
