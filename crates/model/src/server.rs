//! The server: keys, recorded answers, watermarks, retirement, epoch.
//!
//! Owns the rules that `server/src/once.rs` and its store keep. One call is one transaction.

use crate::bounds::Bounds;
use crate::flaw::Flaw;
use crate::message::{Answer, Ask, Item, Request, Said, Told};
use crate::names::{ClientId, Epoch, Key, Sequence, Write};

/// What is known of a client id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Client {
    /// Which.
    pub id: ClientId,
    /// Keys at or below it are forgotten.
    pub watermark: Sequence,
    /// The highest key that was forgotten.
    pub highest: Option<Key>,
    /// Whether everything from it is refused.
    pub retired: bool,
}

/// What stands under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// Of this client.
    pub client: ClientId,
    /// Under this sequence.
    pub sequence: Sequence,
    /// Under this key.
    pub key: Key,
    /// What was asked for: the fingerprint.
    pub write: Write,
    /// What is said again.
    pub said: Said,
}

/// A write that took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Effect {
    /// Which.
    pub write: Write,
    /// Under which key; of creates it is kept for ever.
    pub key: Key,
}

/// The server's database.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Server {
    /// Which life of the database it is.
    pub epoch: Epoch,
    /// By id.
    pub clients: Vec<Client>,
    /// By client and sequence.
    pub records: Vec<Record>,
    /// What took effect, in that order: what its users see.
    pub effects: Vec<Effect>,
    /// Not of the database, but of whoever watches: whether a write was ever answered from the record of another.
    pub mixed_up: bool,
}

/// What the server is to do with a request that it has not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mood {
    /// Apply it.
    Apply,
    /// Refuse what it says, for good.
    Refuse,
    /// Fail before anything is applied.
    Fail,
    /// Apply it and die before recording the answer. Only where that rule is broken.
    ForgetToRecord,
}

impl Server {
    /// An empty database.
    pub fn new() -> Self {
        Self {
            epoch: Epoch(0),
            clients: Vec::new(),
            records: Vec::new(),
            effects: Vec::new(),
            mixed_up: false,
        }
    }

    /// What is known of a client; one never heard of has the default.
    pub fn client(&self, id: ClientId) -> Client {
        let unknown = Client {
            id,
            watermark: Sequence(0),
            highest: None,
            retired: false,
        };
        self.clients
            .iter()
            .find(|client| client.id == id)
            .copied()
            .unwrap_or(unknown)
    }

    fn save(&mut self, client: Client) {
        match self.clients.binary_search_by_key(&client.id, |client| client.id) {
            Ok(at) => self.clients[at] = client,
            Err(at) => self.clients.insert(at, client),
        }
    }

    /// Whether this write stands.
    pub fn has(&self, write: Write) -> bool {
        self.effects.iter().any(|effect| effect.write == write)
    }

    /// Whether something was created under this key.
    pub fn created(&self, key: Key) -> bool {
        self.effects
            .iter()
            .any(|effect| effect.key == key && effect.write.is_create())
    }

    /// So many refusals are recorded.
    pub fn refusals(&self) -> usize {
        self.records
            .iter()
            .filter(|record| record.said == Said::Refused)
            .count()
    }

    /// Whether a request changes nothing, now or at any later time of this life: everything in it is recorded, forgotten or refused, and stays so.
    pub fn is_inert(&self, request: &Request) -> bool {
        let client = self.client(request.client);
        let Ask::Apply { ack, items, .. } = &request.ask else {
            return client.retired;
        };
        let is_settled = |item: &Item| {
            let mut records = self.records.iter();
            item.sequence <= client.watermark
                || records.any(|record| {
                    let is_told_again = record.key == item.key || record.sequence == item.sequence;
                    record.client == request.client && is_told_again
                })
        };
        client.retired || (*ack <= client.watermark && items.iter().all(is_settled))
    }

    /// Handles one request.
    pub fn handle(&mut self, bounds: &Bounds, request: &Request, mood: Mood) -> Answer {
        let (watermark, told) = match &request.ask {
            Ask::Retire => (None, Told::Retired(self.retire(bounds, request.client))),
            Ask::LookUp { key, .. } => (None, Told::Created(self.created(*key))),
            Ask::Apply { ack, epoch, items } => {
                let meant_for_another_life = epoch.is_some_and(|epoch| epoch != self.epoch);
                let ack = match meant_for_another_life && !bounds.has(Flaw::HeedsOldEpochs) {
                    true => Sequence(0),
                    false => *ack,
                };
                let watermark = self.acknowledge(bounds, request.client, ack);
                let said = self.apply_all(bounds, request.client, items, mood);
                (Some(watermark), Told::Applied(said))
            }
        };
        Answer {
            epoch: self.epoch,
            watermark,
            told,
        }
    }

    /// Raises the watermark and forgets what is at or below it; the watermark held before.
    fn acknowledge(&mut self, bounds: &Bounds, id: ClientId, ack: Sequence) -> Sequence {
        let mut client = self.client(id);
        let before = client.watermark;
        if client.retired || ack <= before {
            return before;
        }
        client.highest = self.highest(id);
        client.watermark = ack;
        let up_to = Sequence(ack.0 + u8::from(bounds.has(Flaw::ForgetsAboveTheWatermark)));
        self.records
            .retain(|record| record.client != id || record.sequence > up_to);
        self.save(client);
        before
    }

    /// The highest key ever recorded, forgotten or not.
    fn highest(&self, id: ClientId) -> Option<Key> {
        self.highest_standing(id).max(self.client(id).highest)
    }

    fn highest_standing(&self, id: ClientId) -> Option<Key> {
        let own = self.records.iter().filter(|record| record.client == id);
        own.map(|record| record.key).max()
    }

    fn retire(&mut self, bounds: &Bounds, id: ClientId) -> Option<Key> {
        let mut client = self.client(id);
        if !bounds.has(Flaw::RetiresWithoutRecord) {
            client.retired = true;
            self.save(client);
        }
        match bounds.has(Flaw::TellsTheHighestStanding) {
            true => self.highest_standing(id),
            false => self.highest(id),
        }
    }

    /// The items of a request, in order; what follows in the lane of one that did not go well is left alone (424).
    fn apply_all(&mut self, bounds: &Bounds, client: ClientId, items: &[Item], mood: Mood) -> Vec<Said> {
        let mut said = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let lane = item.write.lane(bounds.lanes);
            let mut before = items.iter().zip(&said).take(at);
            let waits_in_vain =
                before.any(|(other, said)| other.write.lane(bounds.lanes) == lane && *said != Said::Done);
            let outcome = match waits_in_vain {
                true => Said::Nothing,
                false => self.apply_once(bounds, client, *item, mood),
            };
            said.push(outcome);
        }
        said
    }

    /// The rules of keys, in the order of the real ones.
    fn apply_once(&mut self, bounds: &Bounds, id: ClientId, item: Item, mood: Mood) -> Said {
        let client = self.client(id);
        if client.retired {
            return Said::Retired;
        }
        let own = || self.records.iter().filter(|record| record.client == id);
        let found = match bounds.has(Flaw::FindsBySequence) {
            true => own().find(|record| record.sequence == item.sequence),
            false => own().find(|record| record.key == item.key),
        };
        if let Some(record) = found
            && !bounds.has(Flaw::ReplaysNothing)
        {
            let said = record.said;
            self.mixed_up |= record.write != item.write;
            return said;
        }
        let belongs_to_another =
            own().any(|record| record.sequence == item.sequence && record.key != item.key);
        let is_rewound = item.sequence <= client.watermark || belongs_to_another;
        if is_rewound && !bounds.has(Flaw::RefusesNoSequence) {
            return Said::Rewound;
        }
        self.apply(bounds, id, item, mood)
    }

    /// The effect and the record of what was answered, in one transaction.
    fn apply(&mut self, bounds: &Bounds, client: ClientId, item: Item, mood: Mood) -> Said {
        let said = match mood {
            Mood::Fail => return Said::Nothing,
            Mood::Refuse => Said::Refused,
            Mood::Apply | Mood::ForgetToRecord
                if self.created(item.key) && !bounds.has(Flaw::CreatesTwice) =>
            {
                // What this key stands for exists: it came under another client id, or was forgotten. Recorded, so that the retirement counts it as seen.
                Said::Rewound
            }
            Mood::Apply | Mood::ForgetToRecord => {
                self.effects.push(Effect {
                    write: item.write,
                    key: item.key,
                });
                Said::Done
            }
        };
        if mood != Mood::ForgetToRecord {
            let record = Record {
                client,
                sequence: item.sequence,
                key: item.key,
                write: item.write,
                said,
            };
            let at = self.records.partition_point(|other| *other < record);
            self.records.insert(at, record);
        }
        said
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}
