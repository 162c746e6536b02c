//! The story: idle, offline, killed, a bad network, a refusal, healed. Then the proof.
//!
//! Owns the stages and their order. What each of them shows is the client's own word; the proof is not.

use outrigger_engine::{SyncKind, SyncState};
use std::path::Path;
use std::time::{Duration, Instant};

use super::audit::Audit;
use super::fault::{Fault, Plan, Severity};
use super::ledger::{Ledger, On, Standing, Tag};
use super::lines::{MetPost, Order, ParkedItem, Report};
use super::pilot::{Heard, Pilot, unexpected};
use super::proxy::{Hold, Point, Tally, Weather};
use super::screen::Screen;
use super::trouble::Trouble;
use super::workload::Workload;
use super::world::World;

/// What is to be played.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) seed: u64,
    pub(crate) items: usize,
    pub(crate) shown: bool,
}

/// What was played.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) audit: Audit,
    pub(crate) tally: Tally,
    pub(crate) kills: u32,
    pub(crate) took: Duration,
}

impl Told {
    /// Whether everything is where it belongs.
    pub(crate) fn is_good(&self) -> bool {
        self.audit.findings.is_empty()
    }
}

/// Where the story stands.
struct Story {
    world: World,
    screen: Screen,
    pilot: Pilot,
    workload: Workload,
    /// A request that does not go on before this is let go.
    hold: Option<Hold>,
    patience: Patience,
    kills: u32,
}

/// How long a user looks at a queue that waits before she pulls to refresh.
#[derive(Debug, Default)]
struct Patience {
    pulled: Option<Instant>,
}

/// A wait as long as this tries it.
const PATIENCE: Duration = Duration::from_millis(800);

impl Patience {
    /// Waits until she pulls; for ever where there is no need to. May be dropped while it waits.
    async fn ends(&mut self, state: &SyncState) {
        let is_long = state
            .next_attempt_in_ms
            .is_some_and(|wait| u128::from(wait) >= PATIENCE.as_millis());
        if !is_long {
            return std::future::pending().await;
        }
        if let Some(pulled) = self.pulled {
            tokio::time::sleep_until((pulled + PATIENCE).into()).await;
        }
        self.pulled = Some(Instant::now());
    }
}

/// Plays it, from `began` on.
pub(crate) async fn play(binary: &Path, script: &Script, began: Instant) -> Result<Told, Trouble> {
    let screen = Screen::new(script.shown);
    screen.title(script.seed, script.items);
    let world = World::new(binary, World::ground()?).await?;
    let mut story = online(world, screen, script).await?;
    let doomed = story.go_offline(script.items / 2).await?;
    story.killed_offline().await?;
    story.write(script.items / 5).await?;
    story.hindered(&doomed).await?;
    story.drain_badly(script).await?;
    story.refused().await?;
    story.heal(began).await
}

/// Everything works: what is written arrives at once.
async fn online(world: World, mut screen: Screen, script: &Script) -> Result<Story, Trouble> {
    screen.stage("Online: what is written arrives at once.");
    let mut pilot = Pilot::new(world.start_client()?, Ledger::default());
    pilot.ready().await?;
    let names = World::people();
    let people = match pilot.ask(&Order::Meet { names }).await? {
        Report::Met { people } => people,
        other => return Err(unexpected(&other)),
    };
    let workload = Workload::new(script.seed, people, world.pictures_folder(), Tag(1));
    let mut story = Story {
        world,
        screen,
        pilot,
        workload,
        hold: None,
        patience: Patience::default(),
        kills: 0,
    };
    let count = script.items / 5;
    story.write(count).await?;
    story.settle().await?;
    story.screen.note(&format!(
        "{count} writes are on the server. Nothing waits, nothing is shown:"
    ));
    story.screen.pill(&story.pilot.state);
    Ok(story)
}

/// What the server will refuse, and why.
struct Doomed {
    /// Somebody else's, which will be gone.
    commented: MetPost,
    /// The user's own, which will have changed elsewhere.
    edited: Tag,
}

impl Story {
    /// Writes so much, and waits until it is durable.
    async fn write(&mut self, count: usize) -> Result<(), Trouble> {
        let mut left = count;
        while left > 0 || !self.pilot.is_answered() {
            while left > 0 && self.pilot.may_write() {
                let order = self.workload.next(&mut self.pilot.ledger)?;
                self.pilot.write(&order).await?;
                left -= 1;
            }
            self.hear().await?;
        }
        Ok(())
    }

    /// Hears one thing; that the client ends has no place here.
    async fn hear(&mut self) -> Result<(), Trouble> {
        expected(self.pilot.hear().await?)
    }

    /// Waits until the client says this of itself.
    async fn until(&mut self, is_it: impl Fn(&SyncState) -> bool) -> Result<(), Trouble> {
        while !is_it(&self.pilot.state) {
            self.hear().await?;
        }
        Ok(())
    }

    /// Waits until nothing more happens by itself.
    async fn settle(&mut self) -> Result<(), Trouble> {
        self.pilot.look().await?;
        while self.pilot.is_busy() {
            self.hear().await?;
        }
        Ok(())
    }

    /// The network goes; the user goes on.
    async fn go_offline(&mut self, count: usize) -> Result<Doomed, Trouble> {
        self.screen
            .stage("The network goes away. The user goes on writing.");
        self.world.proxy().set(Weather::Away);
        let doomed = self.doom().await?;
        self.write(count.saturating_sub(2)).await?;
        self.until(|state| state.kind == SyncKind::Offline).await?;
        self.screen.pill(&self.pilot.state);
        let pending = self.pilot.state.pending;
        let written = self.pilot.ledger.count(Standing::Written);
        self.screen.note(&format!(
            "{count} more writes, each durable here: {pending} items wait, {written} were written so far."
        ));
        Ok(doomed)
    }

    /// Two writes that the server will refuse for good: a comment on what will be gone, an edit of what will have changed elsewhere.
    async fn doom(&mut self) -> Result<Doomed, Trouble> {
        let Some((commented, edited)) = self.workload.spared() else {
            return Err(Trouble::Story("BUG: nothing to comment on or to edit".to_owned()));
        };
        let on = On::Theirs(commented.post, commented.server_id.clone());
        let order = self
            .workload
            .comment_on(&mut self.pilot.ledger, commented.post, on);
        self.pilot.write(&order).await?;
        let order = self.workload.edit_of(&mut self.pilot.ledger, edited);
        if let Some(order) = order {
            self.pilot.write(&order).await?;
        }
        self.write(0).await?;
        Ok(Doomed { commented, edited })
    }

    /// Meanwhile on the server.
    async fn hindered(&mut self, doomed: &Doomed) -> Result<(), Trouble> {
        self.world.they_delete(0, &doomed.commented.server_id).await?;
        let thing = self.pilot.ledger.things.get_mut(&doomed.edited);
        let Some(thing) = thing else { return Ok(()) };
        thing.foreign_edits += 1;
        let Some(post) = self.world.server_id(thing.id)? else {
            return Err(Trouble::Story("the first post has not arrived".to_owned()));
        };
        let text = doomed.edited.sign("Changed on another device");
        self.world.edit_elsewhere(&post, &text).await
    }

    /// Killed and started again.
    async fn killed_offline(&mut self) -> Result<(), Trouble> {
        self.screen
            .stage("The client is killed (SIGKILL) and started again.");
        self.restart().await?;
        self.until(|state| state.kind == SyncKind::Offline).await?;
        let missing = self.world.inspect(&self.pilot.ledger)?.len();
        self.screen.pill(&self.pilot.state);
        self.screen.note(&format!(
            "{} items wait, {missing} are missing.",
            self.pilot.state.pending
        ));
        Ok(())
    }

    async fn restart(&mut self) -> Result<(), Trouble> {
        self.pilot.kill().await?;
        self.kills += 1;
        let ledger = std::mem::take(&mut self.pilot.ledger);
        self.pilot = Pilot::new(self.world.start_client()?, ledger);
        self.pilot.ready().await
    }

    /// The network comes back, badly. The client is killed once more while the server answers it, and the server while it works.
    async fn drain_badly(&mut self, script: &Script) -> Result<(), Trouble> {
        self.screen.stage("The network comes back, badly.");
        let severity = Severity {
            faults: &Fault::ANY,
            // A short story has few requests to go wrong.
            rounds: (script.items / 60).clamp(1, 3),
            cuts: 3,
            calm_max: 4,
        };
        self.world
            .proxy()
            .set(Weather::Foul(Plan::new(script.seed, severity)));
        self.pilot.tell(&Order::Sync).await?;
        let pass = (script.items as u64 / 12).min(10);
        let is_answered = self.drain(Some((Point::Answered, pass))).await?;
        let written = script.items / 5 * 2 + script.items / 2;
        self.kill_client(is_answered, script.items - written).await?;
        let is_at_work = self.drain(Some((Point::Forwarded, pass))).await?;
        self.kill_server(is_at_work).await?;
        self.drain(None).await?;
        self.screen.note("What went wrong on the way:");
        self.screen.faults(&self.world.proxy().tally());
        Ok(())
    }

    /// Watches until nothing more happens, or until a request is held at a point: then true.
    async fn drain(&mut self, until: Option<(Point, u64)>) -> Result<bool, Trouble> {
        self.pilot.look().await?;
        let (point, pass) = until.unwrap_or((Point::Arrived, u64::MAX));
        self.hold = Some(self.world.proxy().hold(point, pass));
        let Some(hold) = &mut self.hold else {
            return Ok(false);
        };
        let mut is_held = false;
        while self.pilot.is_busy() && !is_held {
            let waiting = self.pilot.state.clone();
            tokio::select! {
                () = hold.reached() => is_held = true,
                heard = self.pilot.hear() => {
                    expected(heard?)?;
                    self.screen.progress(&self.pilot.state);
                }
                () = self.patience.ends(&waiting) => self.pilot.tell(&Order::Sync).await?,
            }
        }
        self.screen.progress_ends();
        Ok(is_held)
    }

    /// The server has done something, and its answer finds nobody.
    async fn kill_client(&mut self, is_answered: bool, more: usize) -> Result<(), Trouble> {
        self.restart().await?;
        self.hold = None;
        self.screen.note(if is_answered {
            "The client was killed between the server's effect and the server's answer."
        } else {
            "The client was killed."
        });
        self.write(more).await
    }

    /// The server has a request, and will never answer it.
    async fn kill_server(&mut self, is_at_work: bool) -> Result<(), Trouble> {
        self.world.kill_server().await?;
        self.kills += 1;
        self.hold = None;
        self.world.start_server().await?;
        self.screen.note(if is_at_work {
            "The server was killed with a request in its hands."
        } else {
            "The server was killed."
        });
        Ok(())
    }

    /// What the server refused for good waits for the user.
    async fn refused(&mut self) -> Result<(), Trouble> {
        self.screen.stage("The server has refused something for good.");
        self.screen.pill(&self.pilot.state);
        for item in self.parked().await? {
            let what_now = if item.name == "post.update" {
                "seen, tried again"
            } else {
                "discarded"
            };
            self.screen.parked(&item, what_now);
            if item.name == "post.update" {
                self.look_again().await?;
            } else {
                self.pilot.take_back(item.mutation).await?;
            }
        }
        self.pilot.ask(&Order::RetryFailed).await?;
        self.settle().await
    }

    async fn parked(&mut self) -> Result<Vec<ParkedItem>, Trouble> {
        match self.pilot.ask(&Order::Parked).await? {
            Report::Parked { items } => Ok(items),
            other => Err(unexpected(&other)),
        }
    }

    /// The user reads the newer version of her posts before she tries again.
    async fn look_again(&mut self) -> Result<(), Trouble> {
        let changed = self
            .pilot
            .ledger
            .things
            .values()
            .find(|thing| thing.foreign_edits > 0);
        let post = match changed {
            Some(thing) => self.world.server_id(thing.id)?,
            None => None,
        };
        match post {
            Some(post) => self.pilot.ask(&Order::Look { post }).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// All is well; then the proof.
    async fn heal(mut self, began: Instant) -> Result<Told, Trouble> {
        self.screen.stage("Healed. The two databases, compared:");
        self.settle().await?;
        let ledger = self.pilot.close().await?;
        let told = Told {
            audit: self.world.audit(&ledger)?,
            tally: self.world.proxy().tally(),
            kills: self.kills,
            took: began.elapsed(),
        };
        self.screen.table(&told.audit);
        self.screen
            .end(told.is_good(), &told.tally, told.kills, told.took);
        if !told.is_good() && self.screen.is_shown() {
            let folder = self.world.keep();
            self.screen
                .note(&format!("Both databases are kept in {}", folder.display()));
        }
        Ok(told)
    }
}

/// That the client ends, or answers what nobody asked, has no place here.
fn expected(heard: Heard) -> Result<(), Trouble> {
    match heard {
        Heard::State | Heard::Wrote => Ok(()),
        Heard::Answer(other) => Err(unexpected(&other)),
        Heard::Refused { number, reason } => Err(Trouble::Story(format!(
            "the client refused write {number}: {reason}"
        ))),
        Heard::End => Err(Trouble::Story("the client has ended".to_owned())),
    }
}
