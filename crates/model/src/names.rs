//! What things are called: small numbers in newtypes.
//!
//! Owns the names and nothing else.

/// What the user wrote, in the order of writing. It is the same write under whatever key it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Write(pub u8);

impl Write {
    /// What must take effect in order shares a lane.
    pub fn lane(self, lanes: &[u8]) -> u8 {
        lanes.get(usize::from(self.0)).copied().unwrap_or(self.0)
    }

    /// Creates can be looked up by the key that the server keeps with what was created; other writes cannot. The second of three writes is one of those.
    pub fn is_create(self) -> bool {
        self.0 != 1
    }

    /// As a set of one.
    pub fn bit(self) -> u8 {
        1 << self.0
    }
}

/// An idempotency key. A later one is greater, as it is with UUIDv7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u8);

/// A client's sequence number; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub u8);

/// A client id. The first client has 0; whoever goes on under a new one gets a number that nobody had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u8);

/// Which life of the server's database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u8);

/// The index of a device: a process with a database. There are two only where a database was cloned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Device(pub u8);

/// Numbers that nobody has had: a UUIDv7 each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fresh {
    /// The next key.
    pub key: Key,
    /// The next client id.
    pub client: ClientId,
}

impl Fresh {
    /// A new key.
    pub fn key(&mut self) -> Key {
        let key = self.key;
        self.key.0 += 1;
        key
    }

    /// A new client id.
    pub fn client(&mut self) -> ClientId {
        let client = self.client;
        self.client.0 += 1;
        client
    }
}
