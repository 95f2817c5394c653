//! From a password to a key: argon2id (wallet §4.1).

use argon2::{Algorithm, Argon2, Params, Version};
use thiserror::Error;
use zeroize::Zeroizing;

/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;
/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// More memory than this a file may not ask for, KiB.
const MAX_MEMORY_KIB: u32 = 4 * 1024 * 1024;
/// More passes than this a file may not ask for.
const MAX_PASSES: u32 = 1_000;
/// More lanes than this a file may not ask for.
const MAX_LANES: u32 = 64;

/// How much work a guess at the password costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for PasswordCost {
    /// 64 MiB, three passes, one lane: some hundred milliseconds.
    fn default() -> Self {
        Self {
            memory_kib: 64 * 1024,
            passes: 3,
            lanes: 1,
        }
    }
}

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordKeyError {
    /// A file asks for absurd work, or for less than the algorithm needs.
    #[error(
        "argon2id cannot run with {} KiB, {} passes and {} lanes: \
         choose at least 8 KiB for each lane and one pass, at most 4 GiB, 1000 passes and 64 lanes",
        .0.memory_kib, .0.passes, .0.lanes
    )]
    Cost(PasswordCost),
    /// The password is longer than the algorithm takes.
    #[error("the password is too long")]
    Password,
}

impl PasswordCost {
    /// True when guessing is made easier than by default.
    #[must_use]
    pub fn is_weak(self) -> bool {
        let usual = Self::default();
        self.memory_kib < usual.memory_kib || self.passes < usual.passes
    }

    /// The key of a password; takes as long as it says.
    ///
    /// # Errors
    /// [`PasswordKeyError`].
    pub fn derive(
        self,
        password: &str,
        salt: &[u8; SALT_BYTES],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, PasswordKeyError> {
        if self.memory_kib > MAX_MEMORY_KIB || self.passes > MAX_PASSES || self.lanes > MAX_LANES {
            return Err(PasswordKeyError::Cost(self));
        }
        let parameters = Params::new(self.memory_kib, self.passes, self.lanes, Some(KEY_BYTES))
            .map_err(|_| PasswordKeyError::Cost(self))?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(password.as_bytes(), salt, &mut *key)
            .map_err(|_| PasswordKeyError::Password)?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: PasswordCost = PasswordCost {
        memory_kib: 32,
        passes: 3,
        lanes: 4,
    };

    #[test]
    fn the_key_depends_on_password_salt_and_cost() {
        let key = CHEAP.derive("one", &[1; 16]).unwrap();
        assert_eq!(key, CHEAP.derive("one", &[1; 16]).unwrap());
        assert_ne!(key, CHEAP.derive("two", &[1; 16]).unwrap());
        assert_ne!(key, CHEAP.derive("one", &[2; 16]).unwrap());
        assert_ne!(
            key,
            PasswordCost { passes: 4, ..CHEAP }.derive("one", &[1; 16]).unwrap()
        );
    }

    #[test]
    fn absurd_costs_are_refused_before_memory_is_taken() {
        for cost in [
            PasswordCost {
                memory_kib: u32::MAX,
                ..CHEAP
            },
            PasswordCost {
                passes: u32::MAX,
                ..CHEAP
            },
            PasswordCost { lanes: 1_000, ..CHEAP },
            PasswordCost { memory_kib: 1, ..CHEAP },
            PasswordCost { passes: 0, ..CHEAP },
        ] {
            assert_eq!(cost.derive("", &[0; 16]), Err(PasswordKeyError::Cost(cost)));
        }
    }

    #[test]
    fn less_than_the_default_is_weak() {
        assert!(CHEAP.is_weak());
        assert!(!PasswordCost::default().is_weak());
        assert!(
            !PasswordCost {
                passes: 10,
                ..PasswordCost::default()
            }
            .is_weak()
        );
    }
}
