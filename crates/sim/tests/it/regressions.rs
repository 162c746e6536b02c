//! Worlds in which an invariant once did not hold, each with the story of its bug: seeds that are played as they were found.
//!
//! A seed is played with the faults and the number of operations with which it failed. Where the way plans are drawn changes, a seed tells another story;
//! then the story here is what must be found again.

use outrigger_sim::{Faults, Plan, Trace, play};

/// All faults but those of databases that are restored.
const UNRESTORED: &str = "request-lost,answer-lost,repeated,delayed,one-way,offline,server-error,refused,busy,alien,expiry,upload-cut,server-killed,\
    server-power,killed,killed-at-effect,killed-inside,power-cut,disk-error,disk-full,locked,clock,two-processes,account-switched,upgraded";

fn check(seed: u64, faults: &str) {
    outrigger_disk::install_as_default();
    let faults: Faults = faults.parse().unwrap();
    let outcome = play(&Plan::draw(seed, 200, &faults), Trace::default());
    assert_eq!(outcome.violation, None, "seed {seed}");
}

/// A probe that was answered with 429 was repeated at once: failures asked for a probe past the gate, and so past `Retry-After`. (Invariant 25.)
#[test]
fn a_probe_waits_for_the_pause_that_its_own_answer_asked_for() {
    [74, 79, 98].into_iter().for_each(|seed| check(seed, UNRESTORED));
}

/// After a sync that failed, the log is read as it was written although the disk does not have it. The process ended, as it should; the next one opened the
/// log, went on behind the gap, acknowledged writes, and all of them were gone with the power. The log is made certain when it is opened now.
/// (Invariant 1.)
#[test]
fn what_is_written_after_a_failed_sync_survives_a_loss_of_power() {
    [96, 98].into_iter().for_each(|seed| check(seed, UNRESTORED));
}

/// A read that began before a like was confirmed and came in after it took the like away again: likes have no version by which a read is known to be old.
/// What was confirmed since a read began is passed over now. (Invariant 8.)
#[test]
fn a_read_that_was_overtaken_by_an_answer_undoes_nothing() {
    [12, 100, 236]
        .into_iter()
        .for_each(|seed| check(seed, UNRESTORED));
}

/// A database without durable commits lost the power twice. Each time it found its client id retired, by itself; what it had sent under the next id was
/// unknown to the look-up, because what goes again after a look-up had been given a new key. Keys stay now, and an id that was retired before makes everything
/// uncertain. (Invariant 2.)
#[test]
fn a_database_that_goes_back_twice_doubles_nothing() {
    [3, 189, 365].into_iter().for_each(|seed| check(seed, UNRESTORED));
}

/// Of two processes on one database the clock of one had been set back. The other, waking up, counted the time since it had last looked once more, and a pause
/// that the server had asked for ended early for both. (Invariant 25.)
#[test]
fn time_that_two_processes_saw_passes_once() {
    check(144, UNRESTORED);
}

/// A restored server had lost a like; taken back into the queue, it stood behind the unlike that was still waiting, and was shown and sent after it. What is
/// older stands before what waits. (Invariants 8 and 22.)
#[test]
fn what_a_restored_server_lost_goes_before_what_waits() {
    check(1046, "all");
}

/// A restored server answered with a pause. That it was restored was noticed, and the pause forgotten. (Invariant 25.)
#[test]
fn a_restored_server_is_left_alone_as_long_as_it_asks() {
    [1035, 1154, 1180].into_iter().for_each(|seed| check(seed, "all"));
}

/// A sync failed, the process ended, the next one opened the log and copied it into the database; but what was certain of the log stayed where it was. After a
/// loss of power it was found again, and older pages were laid over the newer ones that the database had by then. The log is written anew instead when a
/// database is opened, and synced. (Invariant 1.)
#[test]
fn what_a_failed_sync_left_of_a_log_is_never_found_again() {
    [700_045, 498_722_000_362]
        .into_iter()
        .for_each(|seed| check(seed, "all"));
}

/// A create had taken effect, its answer was lost, and a read told the id. The server was restored, and had never seen the create: it was made anew under another
/// id, but what named it went on to the former one. That id is forgotten, and what names a create waits for it again. (Invariant 22.)
#[test]
fn an_id_of_the_servers_former_life_is_forgotten() {
    [700_043, 701_335, 701_709]
        .into_iter()
        .for_each(|seed| check(seed, "all"));
}

/// A post that a restored server had lost and a comment on it went again, in one batch, and arrived; the answer was lost. The post was forgotten once more, nothing
/// held the comment back, and since there was no id for it to go to it was parked as refused: the user's second try went under a new key, and doubled it.
/// What names an uncertain create waits for it, and what was sent is never parked as refused without an answer. (Invariant 2.)
#[test]
fn what_names_an_uncertain_create_is_made_once() {
    check(498_722_000_274, "all");
}

/// A change had left its lane, because what it named was uncertain. In a batch with that it went before an older change, which was still in the lane but not in the
/// batch, and the older one had the last word. (Invariant 22.)
#[test]
fn in_a_batch_nothing_overtakes_the_lane_that_it_will_be_in() {
    check(800_066, "all");
}

/// Of two changes that a restored server had lost the user tried the first again. It was refused, and what it said was merged with a third, which waited: both stood
/// before the second now, and that had the last word. What was refused is merged with the very next change only. (Invariant 22.)
#[test]
fn nothing_is_merged_past_what_is_uncertain() {
    check(800_628, "all");
}

/// A post was uncertain, and the user gave it up. A comment on it, which was on its way, had arrived all the same. That is so wherever something uncertain is
/// given up; the oracle had not known that it holds for what goes along. (No bug of the engine's.)
#[test]
fn what_goes_along_with_something_given_up_may_be_there() {
    [900_076, 801_535].into_iter().for_each(|seed| check(seed, "all"));
}

/// A restored server had lost a change, and its author gave it up. What the server had of the post was older by its version than what had been seen in its former
/// life, and so every read of it was passed over: the lost text was shown for ever. Versions are forgotten with the life that they are of. (Invariant 22.)
#[test]
fn a_version_of_the_servers_former_life_hides_nothing() {
    check(1_010_024, "all");
}

/// The second process on a database died over a comment and never came up again, while the first lived on. Whether the comment was kept nobody had looked at,
/// and the oracle asked for it at the server. (No bug of the engine's.)
#[test]
fn what_a_process_died_over_is_looked_at_although_it_never_comes_back() {
    check(1_001_199, "all");
}

/// Of two processes on a database one died of a commit that failed. It opened the database again, and the write was not there; when both had closed and one came back,
/// it was: the other had held the end of the log in memory, before the failed commit. Whoever opens a database writes to it now, over what is behind the end.
/// (Invariant 8.)
#[test]
fn a_failed_commit_does_not_appear_later() {
    check(701_543, "all");
}

/// A copy was put back, and what others had posted since was read again under other ids; that it was liked already the oracle did not know. (No bug of the engine's.)
#[test]
fn what_was_liked_before_a_copy_was_put_back_is_not_known() {
    [710_193, 710_744].into_iter().for_each(|seed| check(seed, "all"));
}

/// A restored server had made a change uncertain, and the process died before it said so; tried again by the user, it took effect once more. (No bug of the engine's:
/// what died with the effect the oracle takes from the database.)
#[test]
fn what_became_uncertain_as_the_process_died_may_come_twice() {
    check(710_419, "all");
}

/// An uncertain change was tried again, merged into a delete, and given up with that. It had arrived before it was uncertain. (No bug of the engine's.)
#[test]
fn what_was_merged_with_something_uncertain_and_given_up_may_be_there() {
    check(1_795_889_649_999, "all");
}

/// A comment was refused, tried again under a new key, and arrived; the power went, and with it all that. The comment went again under its first key. Nothing in that
/// database tells of the second: what is known not to be promised for a copy that is put back is so here. (No bug that can be mended without another protocol.)
#[test]
fn what_was_refused_and_arrived_in_a_lost_life_may_come_twice() {
    check(1_795_889_648_649, "all");
}

/// A process died of a commit whose sync had failed, and an older program opened the database, wrote, and let the log be copied; then the power went, and half of the
/// commit was there. The simulator's older program had not made the log certain, as every program of ours does. (No bug of the engine's.)
#[test]
fn whoever_opens_a_database_alone_makes_its_log_certain() {
    check(471_668_350, "all");
}

/// As above, and then its post was deleted: both comments went with it, of which the oracle had forgotten the first. (No bug of the engine's.)
#[test]
fn what_came_twice_goes_twice() {
    check(5_008_807, "all");
}

/// Access tokens lasted two seconds, and an answer took nearly one: a session ended while everybody was reading what there is in the end, and what came after was not
/// read. (No bug of the engine's: whoever reads renews the session.)
#[test]
fn a_session_that_ends_while_all_is_read_is_renewed() {
    check(5_007_982, "all");
}

/// A create was refused while an edit of it waited: both went as one under a new key, and arrived, and nobody was told of a refusal. A copy from before was put back, and
/// the create went again under its first key. (Known not to be promised, as above.)
#[test]
fn what_was_refused_and_changed_in_a_lost_life_may_come_twice() {
    check(8_001_610, "all");
}

/// A post took effect, its answer was lost, and its author read it; then the server was restored from before, and they deleted it. In one batch the post was made anew, and the delete
/// went to the id of the server's former life: it was not there, which is as good as deleted, and the post stayed. What a batch makes is where the batch makes it. (Invariant 22.)
#[test]
fn in_a_batch_what_is_made_anew_is_deleted_there() {
    check(3_604_528_220, "all");
}

/// One process uploaded a picture, another discarded its post, and the answer, 503 with a pause, was passed over with what it answered: the next write was sent at once. A pause is
/// the connection's, whatever became of what was sent. (Invariant 25.)
#[test]
fn a_pause_is_heeded_that_comes_for_what_is_gone() {
    check(4_138_527_932, "all");
}

/// The disk failed while the database was looked through, and SQLite told of a page that it could not get as of a fault of the database. (No bug of the engine's.)
#[test]
fn a_disk_that_fails_while_it_is_looked_through_says_nothing_of_the_database() {
    check(4_138_527_501, "all");
}
