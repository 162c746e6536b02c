//! Identities: one newtype for each thing that has one, and the generator of UUIDv7 (RFC 9562 §5.7).
//!
//! Owns how ids look, sort and are made. Never draws randomness or time itself: both are handed in.

use rand::Rng;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use uuid::Uuid;

use crate::time::Wall;

macro_rules! uuid_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let bytes: [u8; 16] = value.as_blob()?.try_into().map_err(|_| FromSqlError::InvalidType)?;
                Ok(Self(Uuid::from_bytes(bytes)))
            }
        }
    };
}

uuid_newtype! {
    /// The id of an entity on this device: a UUID made here, which never changes and never travels.
    LocalId
}
uuid_newtype! {
    /// The id of one write, for as long as anybody may ask about it.
    MutationId
}
uuid_newtype! {
    /// An idempotency key: under one key a mutation takes effect at most once.
    Key
}
uuid_newtype! {
    /// The id under which the server counts this client's sequences.
    ClientId
}

impl LocalId {
    /// An id derived from another: the same `(of, role)` gives the same id on every call (UUIDv5, RFC 9562 §5.5).
    ///
    /// For entities that exist once for each target, as a like for its post.
    pub fn derived(of: LocalId, role: &str) -> Self {
        Self(Uuid::new_v5(&of.0, role.as_bytes()))
    }

    /// A fresh id from the host's wall clock and ten random bytes (UUIDv7).
    pub fn new(wall: Wall, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(wall.0.max(0).cast_unsigned(), &random).into_uuid())
    }
}

/// The kind of an entity: a word of the app's, such as `post`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Kind(Cow<'static, str>);

impl Kind {
    /// A kind known at compile time.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ToSql for Kind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.as_ref().to_sql()
    }
}

impl FromSql for Kind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(Cow::Owned(value.as_str()?.to_owned())))
    }
}

/// One entity: what a mutation is about, or names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Entity {
    /// What it is.
    pub kind: Kind,
    /// Which one.
    pub id: LocalId,
}

impl Entity {
    /// The entity of this kind with this id.
    pub const fn new(kind: Kind, id: LocalId) -> Self {
        Self { kind, id }
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}

/// The id that the server gave an entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct ServerId(pub String);

impl ServerId {
    /// The id in an answer: a JSON string, or an integer as many backends count. `None` where it is neither.
    pub fn from_json(value: &serde_json::Value) -> Option<Self> {
        match value {
            serde_json::Value::String(id) if !id.is_empty() => Some(Self(id.clone())),
            serde_json::Value::Number(id) if !id.is_f64() => Some(Self(id.to_string())),
            _ => None,
        }
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ToSql for ServerId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for ServerId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        String::column_result(value).map(Self)
    }
}

/// SHA-256 of a file's bytes: the name of an attachment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "typescript", ts(as = "String"))]
#[serde(try_from = "String", into = "String")]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Sha256 {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wrong = || format!("{text:?} is not the 64 hex digits of a SHA-256");
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut digest = [0; 32];
        for (index, byte) in digest.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(digest))
    }
}

impl ToSql for Sha256 {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}

impl FromSql for Sha256 {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value
            .as_blob()?
            .try_into()
            .map(Self)
            .map_err(|_| FromSqlError::InvalidType)
    }
}

/// Names one request on its way; an answer to an attempt that is no longer known is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub u64);

/// Names one call of the host's, so that it recognises the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// What was confirmed when a read of the server began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadMark(pub(crate) i64);

/// The place of a mutation in the queue: smaller is older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Place(pub i64);

impl Place {
    /// Before all others; no row has it. What comes back to the queue is older than all that waits, and its place may be below zero.
    pub(crate) const NONE: Self = Self(-i64::MAX);
    /// After all others; no row has it.
    pub(crate) const LAST: Self = Self(i64::MAX);
}

/// The number that a mutation gets at its first attempt, counted for each client from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequence(pub i64);

macro_rules! integer_sql {
    ($name:ident) => {
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map(Self)
            }
        }
    };
}

integer_sql!(Place);
integer_sql!(Sequence);

/// Makes UUIDv7 that rise strictly, also while the clock stands or goes back: 48 bits of time, 12 of a counter (RFC 9562 §6.2, method 1).
///
/// That they rise matters: when a client is restored from an older copy, the highest key that the server has seen divides what was sent
/// from what was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdClock {
    pub(crate) millis: i64,
    pub(crate) counter: i64,
}

impl IdClock {
    const COUNTER_MAX: i64 = 0xFFF;

    pub(crate) fn next(&mut self, wall: Wall, rng: &mut impl Rng) -> Uuid {
        if wall.0 > self.millis {
            *self = Self {
                millis: wall.0,
                counter: 0,
            };
        } else if self.counter >= Self::COUNTER_MAX {
            *self = Self {
                millis: self.millis + 1,
                counter: 0,
            };
        } else {
            self.counter += 1;
        }
        let mut random = [0; 10];
        rng.fill_bytes(&mut random);
        random[0] = (self.counter >> 8).to_le_bytes()[0];
        random[1] = self.counter.to_le_bytes()[0];
        uuid::Builder::from_unix_timestamp_millis(self.millis.cast_unsigned(), &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn ids_rise_while_the_clock_stands_goes_back_and_overflows_its_counter() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut clock = IdClock {
            millis: 0,
            counter: 0,
        };
        let mut last = clock.next(Wall(1_000), &mut rng);
        for wall in std::iter::repeat_n(1_000, 5_000).chain([999, 1, 500, 2_000]) {
            let next = clock.next(Wall(wall), &mut rng);
            assert!(next > last, "{next} after {last}");
            assert_eq!(next.get_version_num(), 7);
            last = next;
        }
    }

    #[test]
    fn a_server_counts_or_names() {
        let id = |json| ServerId::from_json(&json).map(|id| id.0);
        assert_eq!(id(serde_json::json!(7)).as_deref(), Some("7"));
        assert_eq!(id(serde_json::json!("7")).as_deref(), Some("7"));
        for other in [
            serde_json::json!(null),
            serde_json::json!(7.5),
            serde_json::json!(""),
        ] {
            assert_eq!(id(other), None);
        }
    }

    #[test]
    fn a_digest_reads_back_what_it_wrote() {
        let digest = Sha256::of(b"outrigger");
        assert_eq!(Sha256::try_from(digest.to_string()), Ok(digest));
        assert!(Sha256::try_from("é".repeat(32)).is_err());
    }
}
