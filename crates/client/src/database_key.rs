//! The key of an encrypted database.
//!
//! Owns its form, and handing it to SQLite before anything else is asked. Where it is kept is its owner's matter: a keyring, most likely. Never
//! shows it.

use rand::TryRng as _;
use rand::rngs::SysRng;
use rusqlite::{Connection, OptionalExtension as _};
use std::fmt;
use std::fmt::Write as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::credentials::Secret;
use crate::error::Error;

/// The bytes of a key.
const BYTES: usize = 32;

/// A key of 256 bits, used as it is: nothing is derived from it, so it must be random.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct DatabaseKey([u8; BYTES]);

impl DatabaseKey {
    /// A new one.
    ///
    /// # Errors
    /// Where the system gives no randomness.
    pub fn random() -> Result<Self, Error> {
        let mut bytes = [0; BYTES];
        SysRng
            .try_fill_bytes(&mut bytes)
            .map_err(|error| Error::Config(format!("the system gives no randomness: {error}")))?;
        Ok(Self(bytes))
    }

    /// Reads one that was kept; `None` where it is not one.
    pub fn from_hex(hex: &Secret) -> Option<Self> {
        let digits = hex.expose().as_bytes();
        if digits.len() != BYTES * 2 {
            return None;
        }
        let mut key = Self([0; BYTES]);
        for (byte, pair) in key.0.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
        }
        Some(key)
    }

    /// As it is kept: 64 hexadecimal digits.
    pub fn to_hex(&self) -> Secret {
        let mut hex = String::with_capacity(BYTES * 2);
        for byte in self.0 {
            let _ = write!(hex, "{byte:02x}");
        }
        Secret::new(hex)
    }

    /// Gives it to a connection, before anything else is asked of that.
    ///
    /// # Errors
    /// Where this SQLite cannot encrypt: it would take the key, and write what all can read.
    pub(crate) fn unlock(&self, db: &Connection) -> Result<(), Error> {
        let cipher: Option<String> = db
            .query_row("PRAGMA cipher_version", [], |row| row.get(0))
            .optional()
            .map_err(outrigger_engine::Error::from)?;
        if cipher.is_none() {
            return Err(Error::Config(
                "the database is to be encrypted, and this build's SQLite cannot: build with rusqlite's feature bundled-sqlcipher".to_owned(),
            ));
        }
        let hex = self.to_hex();
        let statement = Zeroizing::new(format!("PRAGMA key = \"x'{}'\"", hex.expose()));
        // The error would repeat the statement.
        db.execute_batch(&statement)
            .map_err(|_| Error::Config("SQLite does not take the database's key".to_owned()))
    }
}

impl fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_as_digits_and_shown_as_none() {
        let key = DatabaseKey::random().unwrap();
        assert_ne!(key, DatabaseKey::random().unwrap());
        assert_eq!(DatabaseKey::from_hex(&key.to_hex()), Some(key.clone()));
        assert_eq!(format!("{key:?}"), "[redacted]");
        for wrong in ["", "00", &"g".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
            assert_eq!(DatabaseKey::from_hex(&Secret::new(wrong)), None, "{wrong}");
        }
    }

    #[test]
    fn without_sqlcipher_nothing_is_written_that_was_to_be_encrypted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let key = DatabaseKey::random().unwrap();
        let patience = std::time::Duration::ZERO;
        let refused = crate::database::open(&path, Some(&key), patience).unwrap_err();
        assert!(refused.to_string().contains("bundled-sqlcipher"), "{refused}");
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
    }
}
