//! Every operation of every scenario of the engine's fails, once and for ever.
//!
//! For each scenario there is a *reference*: its trace, and the database after each step, where nothing fails. Then it is played again and again, and each
//! time the next operation fails. What must hold, whichever it is:
//!
//! - nothing panics, and a step that fails does so with a typed error of the storage;
//! - then nothing was changed: not for this process, and whatever becomes of the process or the power, the database is as it was before the step or as it
//!   would be after it (a commit whose sync failed may have reached the disk), and whole;
//! - where the same events are handed in again everything goes on as if nothing had been: to the letter of the trace and of the database;
//! - where the process is killed instead, the next one opens the database and the script goes through.

use outrigger_disk::{Disk, Failure, Image, Lasting, On, Operation, Process, What};
use outrigger_engine::scenario::{Failed, Player, Scenario};
use outrigger_engine::{Error, ErrorKind};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::cell::Cell;
use std::path::Path;
use std::time::Instant;

use crate::dice::asked_for;
use crate::dump::{blurred, checked_dump, difference};

const DATABASE: &str = "notes.db";

/// What is done after the failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// The same events are handed in again.
    Again,
    /// The process is killed, and another begins.
    Killed,
    /// The power is cut.
    PowerCut,
}

/// From where on something fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    /// From the first operation on: the database is made.
    Opening,
    /// Once the engine has started.
    Started,
}

/// A kind of failure, and what is done about it.
#[derive(Debug, Clone, Copy)]
struct Plan {
    what: What,
    on: On,
    lasting: Lasting,
    from: From,
    after: After,
    /// Whether nearly every page has to be read from the disk again, and is written before the commit.
    cold: bool,
}

struct Case {
    name: String,
    /// What the disk holds at first.
    image: Image,
    scenario: Scenario,
    /// The steps, and one that shows everything.
    steps: Vec<Value>,
    /// Whether what follows is the same whatever pauses are drawn at random: where it is not, what comes after a failure cannot be compared to the letter.
    is_steady: bool,
    /// The trace where nothing fails.
    trace: Vec<String>,
    /// What the database says: nothing, opened, started, and after each step.
    dumps: Vec<String>,
    /// The same, without what is drawn at random.
    blurred: Vec<String>,
}

/// How many operations failed, and how many steps for it.
#[derive(Debug, Default, Clone, Copy)]
struct Felt {
    operations: u64,
    steps: u64,
}

/// One machine that plays.
struct Machine<'c> {
    case: &'c Case,
    disk: Disk,
    process: Cell<Process>,
}

impl<'c> Machine<'c> {
    fn new(case: &'c Case, seed: u64) -> Self {
        let disk = Disk::new(seed);
        disk.put_back(&case.image);
        let process = Cell::new(disk.process());
        Self { case, disk, process }
    }

    fn player(&self) -> Player<impl FnMut() -> rusqlite::Result<Connection> + '_> {
        Player::new(self.case.scenario.backend.clone(), || {
            let process = self.process.get();
            let db = self.disk.open(process, DATABASE)?;
            outrigger_wal::make_certain(&db, || self.disk.rewrite_log(process, DATABASE))?;
            Ok(db)
        })
    }
}

impl Case {
    fn load(path: &Path, from: From) -> Self {
        let scenario: Scenario = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mut steps = scenario.steps.clone();
        steps.push(json!({ "show": "rows" }));
        let mut case = Self {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            image: Image::default(),
            scenario,
            steps,
            is_steady: true,
            trace: Vec::new(),
            dumps: Vec::new(),
            blurred: Vec::new(),
        };
        if from == From::Started {
            let machine = Machine::new(&case, 0);
            machine.player().start().unwrap();
            case.image = machine.disk.copy();
        }
        let (trace, dumps) = case.refer();
        let is_so = |(is, was): (&String, &String)| spoken(is) == spoken(was);
        case.is_steady = trace.iter().zip(&case.scenario.trace).all(is_so);
        assert!(case.is_steady || from == From::Started, "{}", case.name);
        case.trace = trace;
        case.blurred = dumps.iter().map(|dump| blurred(dump)).collect();
        case.dumps = dumps;
        case
    }

    fn refer(&self) -> (Vec<String>, Vec<String>) {
        let machine = Machine::new(self, 0);
        let mut player = machine.player();
        player.start().unwrap();
        let started = checked_dump(player.engine().unwrap().db());
        let mut dumps = vec![
            String::new(),
            self.opened().unwrap_or_else(|| started.clone()),
            started,
        ];
        for step in &self.steps {
            player.play(step).unwrap();
            dumps.push(checked_dump(player.engine().unwrap().db()));
        }
        (player.into_trace(), dumps)
    }

    /// What the database says once it was opened, and the engine has not started. `None` where starting changes nothing.
    fn opened(&self) -> Option<String> {
        for at in 1.. {
            let machine = Machine::new(self, 0);
            let mut player = machine.player();
            machine.disk.fail(Some(Failure::once(What::Error, at)));
            let started = player.start();
            if machine.disk.failed() == 0 {
                break;
            }
            if let (Err(_), Some(engine)) = (started, player.engine()) {
                return Some(checked_dump(engine.db()));
            }
        }
        None
    }

    /// Plays with the `at`-th operation failing. `None` where there are not so many.
    fn play(&self, plan: Plan, at: u64) -> Option<Felt> {
        let machine = Machine::new(self, at);
        let disk = &machine.disk;
        let told = format!("{}, operation {at}, {plan:?}", self.name);
        let mut player = machine.player();
        let mut felt = None;
        for index in 0..=self.steps.len() {
            if index == usize::from(plan.from == From::Started) {
                disk.fail(Some(Failure {
                    at,
                    lasting: plan.lasting,
                    what: plan.what,
                    on: plan.on,
                    file: None,
                }));
            }
            if let Some(engine) = player.engine().filter(|_| plan.cold) {
                engine
                    .db()
                    .execute_batch("PRAGMA cache_size = 1; PRAGMA shrink_memory")
                    .unwrap();
            }
            let played = match index.checked_sub(1) {
                None => player.start(),
                Some(step) => player.play(&self.steps[step]),
            };
            match played {
                Ok(()) => {}
                Err(Failed::Engine(error)) => {
                    let told = format!("{told}, step {index}");
                    assert!(felt.is_none(), "{told}: nothing fails any more: {error}");
                    check_typed(&error, &told);
                    felt = Some(self.recover(&machine, &mut player, plan, index, &told));
                }
                // What a step calls by its name may never have been there.
                Err(Failed::Script(_)) if felt.is_some() && plan.after != After::Again => {}
                Err(Failed::Script(reason)) => panic!("{told}, step {index}: {reason}"),
            }
        }
        let unfelt = Felt {
            operations: disk.failed(),
            steps: 0,
        };
        disk.fail(None);
        let db = player.engine().unwrap().db();
        let dump = checked_dump(db);
        // Once all is well, what is there is certain.
        let fork = disk.fork(at);
        fork.cut_power();
        let certain = checked_dump(&fork.open(fork.process(), DATABASE).unwrap());
        assert!(
            certain == dump,
            "{told}: in the end {}",
            difference(&certain, &dump)
        );
        if (plan.after == After::Again && self.is_steady) || felt.is_none() {
            let is_so = |(is, was): (&String, &String)| is == was || spoken(is) == spoken(was);
            let same = player
                .trace()
                .iter()
                .zip(&self.trace)
                .take_while(|lines| is_so(*lines))
                .count();
            assert_eq!(
                player.trace().get(same),
                self.trace.get(same),
                "{told}, line {same}"
            );
            let wanted = self.blurred.last().unwrap();
            let dump = blurred(&dump);
            assert!(dump == *wanted, "{told}: {}", difference(&dump, wanted));
        }
        felt.or((unfelt.operations > 0).then_some(unfelt))
    }

    /// A step failed: checks that it left nothing, and lets everything be well again.
    fn recover<O: FnMut() -> rusqlite::Result<Connection>>(
        &self,
        machine: &Machine<'_>,
        player: &mut Player<O>,
        plan: Plan,
        index: usize,
        told: &str,
    ) -> Felt {
        let disk = &machine.disk;
        let mut is_done = false;
        // Later attempts draw other ids and pauses: then what can be compared is all but these.
        let is_first = plan.lasting == Lasting::Once;
        let dumps = if is_first { &self.dumps } else { &self.blurred };
        let seen = |db: &Connection| {
            let dump = checked_dump(db);
            if is_first { dump } else { blurred(&dump) }
        };
        for _ in 0..2 {
            if plan.lasting == Lasting::ForEver && !is_done {
                match player.again() {
                    // It may have needed nothing of the disk this time.
                    Ok(()) => is_done = true,
                    Err(Failed::Engine(error)) => check_typed(&error, told),
                    Err(Failed::Script(reason)) => panic!("{told}: {reason}"),
                }
            }
        }
        let felt = Felt {
            operations: disk.failed(),
            steps: 1,
        };
        disk.fail(None);
        // Before the step, and after it. At the beginning there is a moment between.
        let may = if index == 0 { 0..3 } else { index + 1..index + 3 };
        if let Some(engine) = player.engine() {
            assert!(engine.db().is_autocommit(), "{told}: a transaction is open");
            let is = seen(engine.db());
            let wanted = &dumps[index + 1 + usize::from(is_done)];
            assert!(
                is == *wanted,
                "{told}: in this process {}",
                difference(&is, wanted)
            );
        }
        for cut in [false, true] {
            let fork = disk.fork(index as u64);
            if cut {
                fork.cut_power();
            }
            let is = seen(&fork.open(fork.process(), DATABASE).unwrap());
            let may = &dumps[may.clone()];
            assert!(
                may.contains(&is),
                "{told}: with the power cut: {cut}\n{}",
                difference(&is, &may[0])
            );
        }
        match plan.after {
            After::Again if is_done => return felt,
            After::Again => {}
            After::Killed => disk.kill(machine.process.get()),
            After::PowerCut => disk.cut_power(),
        }
        let played = if plan.after == After::Again {
            player.again()
        } else {
            machine.process.set(disk.process());
            player.start()
        };
        match played {
            Ok(()) => {}
            Err(Failed::Script(_)) if plan.after != After::Again => {}
            Err(failed) => panic!("{told}: all is well, and still: {failed}"),
        }
        felt
    }

    /// Plays with each operation failing in turn.
    fn play_all(&self, plan: Plan) -> Felt {
        let mut all = Felt::default();
        for at in 1.. {
            let Some(felt) = self.play(plan, at) else { break };
            all.operations += 1;
            all.steps += felt.steps;
        }
        all
    }
}

/// A line of a trace, without the pause that was drawn at random.
fn spoken(line: &str) -> &str {
    line.split_once(", next in ").map_or(line, |(before, _)| before)
}

fn check_typed(error: &Error, told: &str) {
    let is_of_the_storage = matches!(
        error.kind(),
        ErrorKind::Database | ErrorKind::DiskFull | ErrorKind::Locked
    );
    assert!(is_of_the_storage, "{told}: {error}");
}

fn cases(from: From, every: usize) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 25, "scenarios went missing");
    let played: Vec<_> = match from {
        // How the database is made is the same in all.
        From::Opening => files.iter().take(1).collect(),
        From::Started => files.iter().step_by(every).collect(),
    };
    played.into_iter().map(|file| Case::load(file, from)).collect()
}

/// Plays one of so many scenarios; every one with `OUTRIGGER_EVERY_SCENARIO=1`.
fn check_some(plan: Plan, every: usize) {
    let begin = Instant::now();
    let is_long = asked_for("OUTRIGGER_EVERY_SCENARIO", 0) != 0;
    let cases = cases(plan.from, if is_long { 1 } else { every });
    let steady = cases.iter().filter(|case| case.is_steady).count();
    assert!(steady * 10 >= cases.len() * 9, "{steady} of {}", cases.len());
    let mut all = Felt::default();
    for case in &cases {
        let felt = case.play_all(plan);
        all.operations += felt.operations;
        all.steps += felt.steps;
    }
    println!(
        "{} operations failed in turn in {} scenarios, and {} steps of it: {plan:?} ({} ms)",
        all.operations,
        cases.len(),
        all.steps,
        begin.elapsed().as_millis()
    );
    assert!(all.steps > 0);
}

fn check(plan: Plan) {
    check_some(plan, 1);
}

const fn plan(what: What, lasting: Lasting, after: After) -> Plan {
    Plan {
        what,
        on: On::All,
        lasting,
        from: From::Started,
        after,
        cold: false,
    }
}

#[test]
fn after_an_error_the_same_events_go_through() {
    check(plan(What::Error, Lasting::Once, After::Again));
}

#[test]
fn after_an_error_another_process_goes_on() {
    check_some(plan(What::Error, Lasting::Once, After::Killed), 2);
}

#[test]
fn on_a_broken_disk_everything_fails_and_nothing_is_lost() {
    check_some(plan(What::Error, Lasting::ForEver, After::Again), 2);
    check_some(plan(What::Error, Lasting::ForEver, After::PowerCut), 4);
}

#[test]
fn a_page_that_cannot_be_read_changes_nothing() {
    let reading = Plan {
        on: On::Reads,
        cold: true,
        ..plan(What::Error, Lasting::Once, After::Again)
    };
    check_some(reading, 2);
}

/// What an app cannot find while it makes a request it takes for unresolved, and a page that could not be read looked the same: the write was parked for good,
/// as refused. And as SQLite had rolled the transaction back by itself, that alone was committed, while the host was told that nothing had been changed.
#[test]
fn a_read_that_fails_while_a_request_is_made_parks_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/scenarios");
    let story = "a-cut-upload-goes-on-after-a-crash.json";
    let case = Case::load(&folder.join(story), From::Started);
    let felt = case.play_all(Plan {
        on: On::Reads,
        cold: true,
        ..plan(What::Error, Lasting::Once, After::Again)
    });
    assert!(felt.steps > 100, "{felt:?}");
}

#[test]
fn a_lock_that_cannot_be_asked_for_changes_nothing() {
    let locking = Plan {
        on: On::Only(Operation::Lock),
        ..plan(What::Error, Lasting::Once, After::Again)
    };
    check_some(locking, 2);
}

#[test]
fn on_a_full_disk_nothing_changes_until_there_is_space() {
    check_some(plan(What::Full, Lasting::Once, After::Again), 2);
    check_some(plan(What::Full, Lasting::ForEver, After::Again), 2);
    check_some(plan(What::Full, Lasting::ForEver, After::Killed), 4);
}

#[test]
fn a_failed_sync_is_no_commit() {
    for lasting in [Lasting::Once, Lasting::ForEver] {
        check(plan(What::SyncFails, lasting, After::Again));
        check_some(plan(What::SyncFails, lasting, After::Killed), 2);
        check_some(plan(What::SyncFails, lasting, After::PowerCut), 2);
    }
}

#[test]
fn a_database_is_made_whole_or_made_again() {
    for what in [What::Error, What::Full, What::SyncFails, What::ShortWrite] {
        for (lasting, after) in [
            (Lasting::Once, After::Again),
            (Lasting::Once, After::PowerCut),
            (Lasting::ForEver, After::Again),
            (Lasting::ForEver, After::Killed),
        ] {
            check(Plan {
                from: From::Opening,
                ..plan(what, lasting, after)
            });
        }
    }
}
