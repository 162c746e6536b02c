//! What a seed decides before anything runs: who there is, what they do and when, and what goes wrong how strongly.
//!
//! Owns plans and how they are drawn. A plan is data, so that it can be stored, and made smaller while a failure stays; what is drawn while
//! it is played (the fate of a request, the torn sectors of a disk) is drawn anew from the seed for each thing, and shifts only for what comes later on the same device when a step is left out.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::fault::{Fault, Faults};

/// One lifetime of a few devices and a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What everything that is drawn while it is played is drawn from.
    pub seed: u64,
    /// The devices.
    pub devices: Vec<DevicePlan>,
    /// How strong each fault is: the chance that it strikes where it can.
    pub strengths: BTreeMap<Fault, f64>,
    /// The usual way of a message to the server, in milliseconds.
    pub latency_ms: i64,
    /// How long an access token is good, in seconds.
    pub access_token_s: u64,
    /// What happens, in its order.
    pub steps: Vec<Step>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevicePlan {
    /// Whose it is.
    pub account: usize,
    /// Whether a commit waits for the disk.
    pub durable: bool,
    /// Whether several processes may open its database.
    pub shared: bool,
    /// Requests at once.
    pub concurrency: usize,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// When, in milliseconds of the virtual time.
    pub at_ms: i64,
    /// To which device.
    pub device: usize,
    /// What.
    pub what: What,
    /// Which of several it is about: taken modulo how many there are.
    pub pick: u32,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Somebody uses the app.
    Act(Act),
    /// Something goes wrong.
    Trouble(Trouble),
}

/// What people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Writes a post.
    Post,
    /// Writes a post with pictures.
    Picture,
    /// Changes a post of theirs.
    ChangePost,
    /// Deletes a post of theirs.
    DeletePost,
    /// Comments on a post.
    Comment,
    /// Changes a comment of theirs.
    ChangeComment,
    /// Deletes a comment of theirs.
    DeleteComment,
    /// Likes a post, or no longer.
    Like,
    /// Follows somebody, or no longer.
    Follow,
    /// Sends a message.
    Message,
    /// Takes a message back.
    DeleteMessage,
    /// Writes several things in one call.
    Several,
    /// Reads from the server.
    Read,
    /// Goes offline by choice, or comes back.
    Switch,
    /// Asks for everything to be tried now.
    Sync,
    /// Tries what failed again.
    RetryFailed,
    /// Tries one thing that failed again.
    Retry,
    /// Changes something that waits.
    Edit,
    /// Takes something back that waits.
    Discard,
    /// Signs in again, or accepts a restored server, where that is asked for.
    Attend,
    /// Tries to read and change what is another's.
    Pry,
}

/// What goes wrong at a moment of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// The process is killed.
    Kill,
    /// It is killed before it does what the engine says next.
    KillAtEffect,
    /// It is killed within a transaction.
    KillInside,
    /// The device loses its power.
    PowerCut,
    /// It loses its power within a transaction.
    PowerCutInside,
    /// An operation of its disk fails.
    DiskError,
    /// Its disk is full for a while.
    DiskFull,
    /// Somebody else holds its database for a while.
    Lock,
    /// Its clock jumps.
    Clock,
    /// The network goes for a while.
    Offline,
    /// For a while no answer comes back.
    OneWay,
    /// A second process opens its database, or ends.
    Second,
    /// One of its processes stands still for a while.
    Pause,
    /// A copy is made of its database.
    Copy,
    /// Its database is replaced by that copy.
    Restore,
    /// Somebody else signs in on it.
    Switch,
    /// What waits is in the form of an older version from now on.
    Upgrade,
    /// The server is killed.
    ServerKill,
    /// It is killed within a transaction.
    ServerKillInside,
    /// It loses its power.
    ServerPower,
    /// A backup is made of it.
    ServerBackup,
    /// It is restored from its last backup.
    ServerRestore,
}

impl Trouble {
    const ALL: [Self; 22] = [
        Self::Kill,
        Self::KillAtEffect,
        Self::KillInside,
        Self::PowerCut,
        Self::PowerCutInside,
        Self::DiskError,
        Self::DiskFull,
        Self::Lock,
        Self::Clock,
        Self::Offline,
        Self::OneWay,
        Self::Second,
        Self::Pause,
        Self::Copy,
        Self::Restore,
        Self::Switch,
        Self::Upgrade,
        Self::ServerKill,
        Self::ServerKillInside,
        Self::ServerPower,
        Self::ServerBackup,
        Self::ServerRestore,
    ];

    /// Which fault it is of.
    pub const fn fault(self) -> Fault {
        match self {
            Self::Kill => Fault::Killed,
            Self::KillAtEffect => Fault::KilledAtEffect,
            Self::KillInside => Fault::KilledInside,
            Self::PowerCut | Self::PowerCutInside => Fault::PowerCut,
            Self::DiskError => Fault::DiskError,
            Self::DiskFull => Fault::DiskFull,
            Self::Lock => Fault::Locked,
            Self::Clock => Fault::Clock,
            Self::Offline => Fault::Offline,
            Self::OneWay => Fault::OneWay,
            Self::Second | Self::Pause => Fault::TwoProcesses,
            Self::Copy | Self::Restore => Fault::Restored,
            Self::Switch => Fault::AccountSwitched,
            Self::Upgrade => Fault::Upgraded,
            Self::ServerKill | Self::ServerKillInside => Fault::ServerKilled,
            Self::ServerPower => Fault::ServerPower,
            Self::ServerBackup | Self::ServerRestore => Fault::ServerRestored,
        }
    }
}

/// Each act as often as this, compared with the others.
const ACTS: [(Act, u32); 21] = [
    (Act::Post, 12),
    (Act::Picture, 5),
    (Act::ChangePost, 10),
    (Act::DeletePost, 4),
    (Act::Comment, 12),
    (Act::ChangeComment, 5),
    (Act::DeleteComment, 3),
    (Act::Like, 12),
    (Act::Follow, 5),
    (Act::Message, 14),
    (Act::DeleteMessage, 2),
    (Act::Several, 4),
    (Act::Read, 14),
    (Act::Switch, 2),
    (Act::Sync, 2),
    (Act::RetryFailed, 2),
    (Act::Retry, 2),
    (Act::Edit, 3),
    (Act::Discard, 3),
    (Act::Attend, 3),
    (Act::Pry, 3),
];

impl Plan {
    /// Draws a plan of `operations` acts and the troubles between them.
    pub fn draw(seed: u64, operations: usize, faults: &Faults) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let accounts = random.random_range(2..=3_usize);
        let strengths = strengths(&mut random, faults);
        let has = |fault: Fault| strengths.contains_key(&fault);
        let mut devices: Vec<_> = (0..accounts)
            .map(|account| DevicePlan {
                account,
                durable: !has(Fault::PowerCut) || random.random_bool(0.8) || has(Fault::ServerRestored),
                shared: has(Fault::TwoProcesses),
                concurrency: random.random_range(1..=5),
            })
            .collect();
        if random.random_bool(0.25) {
            devices.push(DevicePlan {
                account: 0,
                ..devices[0].clone()
            });
        }
        let access_token_s = if has(Fault::Expiry) {
            random.random_range(2..120)
        } else {
            900
        };
        let latency_ms = *pick(&mut random, &[1, 20, 80, 400]);
        let steps = steps(&mut random, operations, devices.len(), &strengths);
        Self {
            seed,
            devices,
            strengths,
            latency_ms,
            access_token_s,
            steps,
        }
    }

    /// The chance that a fault strikes where it can.
    pub fn strength(&self, fault: Fault) -> f64 {
        self.strengths.get(&fault).copied().unwrap_or(0.0)
    }

    /// How many acts are in it.
    pub fn operations(&self) -> usize {
        let acts = self.steps.iter().filter(|step| matches!(step.what, What::Act(_)));
        acts.count()
    }
}

/// About half of the faults, each weak or strong: worlds in which everything goes wrong at once hide what a single fault brings about ("swarm").
fn strengths(random: &mut StdRng, faults: &Faults) -> BTreeMap<Fault, f64> {
    let density = *pick(random, &[0.15, 0.3, 0.5, 0.8]);
    let mut strengths = BTreeMap::new();
    for fault in Fault::ALL {
        let is_in = random.random_bool(density);
        let strength = *pick(random, &[0.02, 0.06, 0.15, 0.3]);
        if is_in && faults.allows(*fault) {
            strengths.insert(*fault, strength);
        }
    }
    // One kind of copy in a world, as in the model: what several make of each other nobody promises.
    if strengths.contains_key(&Fault::ServerRestored) {
        strengths.remove(&Fault::Restored);
    }
    strengths
}

fn steps(
    random: &mut StdRng,
    operations: usize,
    devices: usize,
    strengths: &BTreeMap<Fault, f64>,
) -> Vec<Step> {
    // From people who type as fast as they can to people who look in now and then.
    let pace_ms = *pick(random, &[20, 200, 1_500, 8_000]);
    let troubles: Vec<_> = Trouble::ALL
        .into_iter()
        .filter_map(|trouble| Some((trouble, *strengths.get(&trouble.fault())?)))
        .collect();
    let mut steps = Vec::with_capacity(operations * 2);
    let mut at_ms = 0;
    for _ in 0..operations {
        at_ms += random.random_range(0..=2 * pace_ms);
        let device = random.random_range(0..devices);
        let act = act(random);
        steps.push(Step {
            at_ms,
            device,
            what: What::Act(act),
            pick: random.random(),
        });
        for (trouble, strength) in &troubles {
            if random.random_bool(strength * 0.2) {
                steps.push(Step {
                    at_ms: at_ms + random.random_range(0..=pace_ms),
                    device: random.random_range(0..devices),
                    what: What::Trouble(*trouble),
                    pick: random.random(),
                });
            }
        }
    }
    steps.sort_by_key(|step| step.at_ms);
    steps
}

fn act(random: &mut StdRng) -> Act {
    let all: u32 = ACTS.iter().map(|(_, weight)| weight).sum();
    let mut drawn = random.random_range(0..all);
    for (act, weight) in ACTS {
        if drawn < weight {
            return act;
        }
        drawn -= weight;
    }
    Act::Read
}

fn pick<'a, T>(random: &mut StdRng, among: &'a [T]) -> &'a T {
    &among[random.random_range(0..among.len())]
}
