//! The port to password hashing, and its argon2id implementation.
//!
//! Owns how a password becomes a hash. Never keeps a password.

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::CryptoRng;

/// Hashes passwords. Slow on purpose: hosts call the operations that use it on threads that may block.
pub trait PasswordHasher: Send + Sync + 'static {
    /// A hash with its salt and cost, as text.
    fn hash(&self, password: &str, random: &mut dyn CryptoRng) -> String;

    /// Whether `password` is the one of `hash`.
    fn verify(&self, password: &str, hash: &str) -> bool;
}

/// What a hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes of it.
    pub lanes: u32,
}

impl Default for PasswordCost {
    /// The OWASP recommendation for argon2id: 19 MiB, two passes, one lane.
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            passes: 2,
            lanes: 1,
        }
    }
}

impl PasswordCost {
    /// The least that argon2 can do: for tests and simulations only.
    pub const LEAST: Self = Self {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };
}

/// Argon2id.
#[derive(Debug, Clone)]
pub struct Argon2id {
    argon2: Argon2<'static>,
}

impl Argon2id {
    /// Hashes at this cost; a cost that argon2 cannot have is replaced by its default. Hashes made at another cost are
    /// still verified: each names its own.
    pub fn new(cost: PasswordCost) -> Self {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None).unwrap_or_default();
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
        }
    }
}

impl PasswordHasher for Argon2id {
    fn hash(&self, password: &str, random: &mut dyn CryptoRng) -> String {
        let mut salt = [0u8; 16];
        random.fill_bytes(&mut salt);
        self.argon2
            .hash_password_with_salt(password.as_bytes(), &salt)
            .expect("BUG: the lengths of a checked password and of the salt are within argon2's")
            .to_string()
    }

    fn verify(&self, password: &str, hash: &str) -> bool {
        self.argon2.verify_password(password.as_bytes(), hash).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_hash_verifies_its_password_only_and_at_any_cost() {
        let mut random = rand::rngs::StdRng::seed_from_u64(1);
        let cheap = Argon2id::new(PasswordCost::LEAST);
        let hash = cheap.hash("correct horse", &mut random);
        assert!(hash.starts_with("$argon2id$"));
        assert!(cheap.verify("correct horse", &hash));
        assert!(!cheap.verify("correct house", &hash));
        let dearer = Argon2id::new(PasswordCost {
            passes: 2,
            ..PasswordCost::LEAST
        });
        assert!(dearer.verify("correct horse", &hash));
    }
}
