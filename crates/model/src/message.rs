//! What travels: requests and answers.
//!
//! Owns their form. A request that was sent may arrive at any later time, any number of times, or never; so may its answer, as long as somebody waits for it.

use crate::names::{ClientId, Device, Epoch, Key, Sequence, Write};

/// A write in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    /// `Idempotency-Key`.
    pub key: Key,
    /// `seq=` of `Outrigger-Client`.
    pub sequence: Sequence,
    /// What it says, for which the server has a fingerprint.
    pub write: Write,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ask {
    /// Writes; several are a batch, in this order.
    Apply {
        /// `ack=` of `Outrigger-Client`.
        ack: Sequence,
        /// `Outrigger-Epoch` as the client knows it.
        epoch: Option<Epoch>,
        /// The writes.
        items: Vec<Item>,
    },
    /// `POST /v1/clients/{client}/retire`.
    Retire,
    /// `GET /v1/created/{key}`.
    LookUp {
        /// Of this write.
        write: Write,
        /// Under this key.
        key: Key,
    },
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    /// Who sent it, and gets the answer.
    pub device: Device,
    /// Under which id.
    pub client: ClientId,
    /// What is asked.
    pub ask: Ask,
}

/// What the server says of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    /// 2xx, now or recorded.
    Done,
    /// A definitive rejection, now or recorded.
    Refused,
    /// `client-rewound`.
    Rewound,
    /// `client-retired`.
    Retired,
    /// Whatever applies nothing and stands for nothing: 5xx, 429, 401, 424, `in-progress`.
    Nothing,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Told {
    /// One for each write.
    Applied(Vec<Said>),
    /// The highest key that was ever recorded of this client id.
    Retired(Option<Key>),
    /// Whether something was created under the key.
    Created(bool),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Answer {
    /// `Outrigger-Epoch`.
    pub epoch: Epoch,
    /// `Outrigger-Watermark`: what was held before the request.
    pub watermark: Option<Sequence>,
    /// The rest.
    pub told: Told,
}
