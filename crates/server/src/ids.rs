//! Newtypes of everything that is told apart by its value: ids, keys, versions, positions, times.
//!
//! Owns their text forms. Never looks anything up: that an id parses says nothing about whether it exists.

use std::fmt;
use std::time::Duration;

use rand::CryptoRng;

macro_rules! server_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// A new id: the time, then 80 random bits, so that ids made later sort later.
            pub(crate) fn new(now: Timestamp, random: &mut dyn CryptoRng) -> Self {
                Self(format!(concat!($prefix, "{}"), suffix(now, random)))
            }

            /// The id that a caller or a store names. Any text is one: whether there is such a thing, the store knows.
            pub fn named(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

server_id!(
    /// An account: `usr_…`
    UserId,
    "usr_"
);
server_id!(
    /// A post: `post_…`
    PostId,
    "post_"
);
server_id!(
    /// A comment: `cmt_…`
    CommentId,
    "cmt_"
);
server_id!(
    /// A conversation: `cnv_…`
    ConversationId,
    "cnv_"
);
server_id!(
    /// A message: `msg_…`
    MessageId,
    "msg_"
);
server_id!(
    /// An upload, and the media it becomes: `upl_…`
    UploadId,
    "upl_"
);
server_id!(
    /// A family of tokens, begun by one sign-in. Never leaves the server.
    FamilyId,
    "fam_"
);

fn suffix(now: Timestamp, random: &mut dyn CryptoRng) -> String {
    let mut tail = [0u8; 10];
    random.fill_bytes(&mut tail);
    let time = now.millis().max(0) & 0xffff_ffff_ffff;
    format!("{time:012x}{}", hex(&tail))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// A moment of the wall clock, in milliseconds since 1970 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970 in UTC.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970 in UTC.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// So much later.
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// So much earlier.
    pub fn minus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// RFC 3339 in UTC with milliseconds.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map(|time| format!("{time:.3}"))
            .unwrap_or_else(|_| "1970-01-01T00:00:00.000Z".to_owned())
    }
}

/// The time of one step, given by the host: nothing in this crate's core reads a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// For what is stored and shown.
    pub wall: Timestamp,
    /// For rates: since any moment that stays the same while the process lives.
    pub monotonic: Duration,
}

/// An idempotency key: a UUIDv7 in lower case, so that a greater one was made later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Reads a hyphenated UUIDv7.
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = (text.len() == 36).then(|| uuid::Uuid::try_parse(text).ok())??;
        (uuid.get_version_num() == 7).then(|| Self(uuid.hyphenated().to_string()))
    }

    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One installation of a client, as it names itself: a UUID in lower case. Means something within one account only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(String);

impl ClientId {
    /// Reads a hyphenated UUID of any version.
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = (text.len() == 36).then(|| uuid::Uuid::try_parse(text).ok())??;
        Some(Self(uuid.hyphenated().to_string()))
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

number!(
    /// A number that a client gives to at most one key.
    Sequence
);
number!(
    /// The sequence up to which a client has durably recorded every answer.
    Watermark
);
number!(
    /// Rises with each change of one object; its `ETag`.
    Version
);
number!(
    /// Where a row stands in the order in which rows of its table were made.
    Position
);
number!(
    /// Which pair of tokens of a family: rises with each refresh.
    Generation
);

impl Version {
    /// The `ETag` header's value.
    pub fn etag(self) -> String {
        format!("\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn ids_made_later_sort_later_and_are_all_different() {
        let mut random = rand::rngs::StdRng::seed_from_u64(1);
        let ids: Vec<_> = (0..50)
            .map(|step| PostId::new(Timestamp::from_millis(1_700_000_000_000 + step), &mut random))
            .collect();
        assert!(ids.is_sorted());
        assert!(
            ids.iter()
                .all(|id| id.as_str().starts_with("post_") && id.as_str().len() == 37)
        );
    }

    #[test]
    fn times_are_shown_with_milliseconds() {
        assert_eq!(Timestamp::from_millis(0).rfc3339(), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            Timestamp::from_millis(1_700_000_000_120).rfc3339(),
            "2023-11-14T22:13:20.120Z"
        );
    }

    #[test]
    fn keys_are_of_version_seven() {
        assert!(IdempotencyKey::parse("0198c0de-0000-7000-8000-000000000001").is_some());
        assert!(IdempotencyKey::parse("0198c0de-0000-4000-8000-000000000001").is_none());
        assert!(IdempotencyKey::parse("0198c0de000070008000000000000001").is_none());
    }
}
