//! The kinds of fault, by name.
//!
//! Owns the closed set, and which of them a run may use. Never makes a fault happen: each has its home where it strikes.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::str::FromStr;

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// Something that goes wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Fault {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Fault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// As it is written on the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

faults! {
    /// A request never arrives.
    RequestLost = "request-lost",
    /// A request takes effect, and nobody hears of it.
    AnswerLost = "answer-lost",
    /// A request arrives twice.
    Repeated = "repeated",
    /// Requests and answers take up to a minute, and overtake each other.
    Delayed = "delayed",
    /// For a while requests arrive and no answer comes back.
    OneWay = "one-way",
    /// There is no network for a while, and the device may know it.
    Offline = "offline",
    /// 500, 502, 504, 408, before or after the effect.
    ServerError = "server-error",
    /// The server refuses what it could take: 400, 403, 409, 422.
    Refused = "refused",
    /// 429 and 503, with every form of `Retry-After`.
    Busy = "busy",
    /// Somebody else answers: portals, proxies, half an answer.
    Alien = "alien",
    /// Access tokens last for seconds.
    Expiry = "expiry",
    /// An upload is cut at any byte.
    UploadCut = "upload-cut",
    /// The server is killed, also within a transaction.
    ServerKilled = "server-killed",
    /// The power of the server fails.
    ServerPower = "server-power",
    /// The server is restored from an older backup.
    ServerRestored = "server-restored",
    /// A client is killed between two steps.
    Killed = "killed",
    /// A client is killed before it does what the engine said.
    KilledAtEffect = "killed-at-effect",
    /// A client is killed within a transaction.
    KilledInside = "killed-inside",
    /// The power of a device fails: what was not synced may be lost, or torn.
    PowerCut = "power-cut",
    /// An operation of a device's disk fails.
    DiskError = "disk-error",
    /// A device's disk is full for a while.
    DiskFull = "disk-full",
    /// Somebody else holds the database for a while.
    Locked = "locked",
    /// The clock of a device jumps, by years.
    Clock = "clock",
    /// Two processes have one database open, and stand still at times.
    TwoProcesses = "two-processes",
    /// A device is restored from an older copy of its database.
    Restored = "restored",
    /// Somebody else signs in on the device, over another's database.
    AccountSwitched = "account-switched",
    /// What waits was written by an older version of the app.
    Upgraded = "upgraded",
}

/// The faults that a run may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults(BTreeSet<Fault>);

impl Faults {
    /// All of them.
    pub fn all() -> Self {
        Self(Fault::ALL.iter().copied().collect())
    }

    /// Whether this one may happen.
    pub fn allows(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    /// The same without this one.
    #[must_use]
    pub fn without(&self, fault: Fault) -> Self {
        let mut rest = self.0.clone();
        rest.remove(&fault);
        Self(rest)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Fault> {
        self.0.iter().copied()
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.len() == Fault::ALL.len() {
            return f.write_str("all");
        }
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let names: Vec<_> = self.iter().map(Fault::name).collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for Faults {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, Self::Err> {
        match list {
            "all" => return Ok(Self::all()),
            "none" => return Ok(Self(BTreeSet::new())),
            _ => {}
        }
        let find = |name: &str| {
            let found = Fault::ALL.iter().find(|fault| fault.name() == name);
            found.copied().ok_or_else(|| {
                let known: Vec<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
                format!(
                    "there is no fault {name:?}; there are: all, none, {}",
                    known.join(", ")
                )
            })
        };
        list.split(',')
            .map(|name| find(name.trim()))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}
