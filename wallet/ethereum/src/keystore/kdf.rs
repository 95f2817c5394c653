//! How a keystore file stretches its password, and how much of that is done for a file that anybody may have made.

use super::{Bytes, KeystoreError};
use pbkdf2::{pbkdf2_hmac, sha2::Sha256};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Bytes of a stretched password.
pub(super) const DERIVED_BYTES: usize = 32;
/// What scrypt may take, in blocks of 128 bytes: 1 GiB, four times what geth takes.
const MAX_SCRYPT_BLOCKS: u64 = 1 << 23;
/// What scrypt may do, in mixed blocks of 128 bytes: 16 times what geth does.
const MAX_SCRYPT_WORK: u64 = 1 << 25;
/// Most rounds of PBKDF2, some 40 times those of other wallets.
const MAX_PBKDF2_ROUNDS: u64 = 10_000_000;

/// How much work a guess at the password of a keystore file costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScryptCost {
    /// Blocks in memory, a power of two.
    pub n: u64,
    /// Size of a block, 128 bytes each.
    pub r: u64,
    /// How often it is done.
    pub p: u64,
}

impl ScryptCost {
    /// What geth writes: 256 MiB, about a second.
    pub const STANDARD: Self = Self { n: 1 << 18, r: 8, p: 1 };

    /// The parameters, where they are within bounds.
    fn parameters(self) -> Result<scrypt::Params, KeystoreError> {
        let Self { n, r, p } = self;
        let blocks = n.saturating_add(p).saturating_mul(r);
        let work = n.saturating_mul(r).saturating_mul(p);
        let refused = || KeystoreError::Scrypt(self);
        if n < 2 || !n.is_power_of_two() || blocks > MAX_SCRYPT_BLOCKS || work > MAX_SCRYPT_WORK {
            return Err(refused());
        }
        let (Ok(exponent), Ok(r), Ok(p)) = (u8::try_from(n.ilog2()), u32::try_from(r), u32::try_from(p)) else {
            return Err(refused());
        };
        scrypt::Params::new(exponent, r, p).map_err(|_| refused())
    }
}

/// A way to stretch a password.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kdf", content = "kdfparams", rename_all = "lowercase")]
pub(super) enum Kdf {
    /// Much memory.
    Scrypt {
        dklen: u64,
        #[serde(flatten)]
        cost: ScryptCost,
        salt: Bytes,
    },
    /// Many rounds.
    Pbkdf2 { dklen: u64, c: u64, prf: Prf, salt: Bytes },
}

/// What PBKDF2 repeats.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) enum Prf {
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
}

impl Kdf {
    /// scrypt, as this wallet writes it.
    pub(super) const fn scrypt(cost: ScryptCost, salt: Bytes) -> Self {
        Self::Scrypt {
            dklen: DERIVED_BYTES as u64,
            cost,
            salt,
        }
    }

    /// Checks that the work is within bounds, without doing any of it.
    pub(super) fn check(&self) -> Result<(), KeystoreError> {
        match self {
            Self::Scrypt { dklen, cost, .. } => {
                check_length(*dklen)?;
                cost.parameters().map(drop)
            }
            Self::Pbkdf2 { dklen, c, .. } => {
                check_length(*dklen)?;
                rounds(*c).map(drop)
            }
        }
    }

    /// Stretches a password.
    pub(super) fn derive(&self, password: &str) -> Result<Zeroizing<[u8; DERIVED_BYTES]>, KeystoreError> {
        let mut derived = Zeroizing::new([0; DERIVED_BYTES]);
        match self {
            Self::Scrypt { cost, salt, .. } => {
                scrypt::scrypt(password.as_bytes(), &salt.0, &cost.parameters()?, &mut *derived)
                    .map_err(|_| KeystoreError::Scrypt(*cost))?;
            }
            Self::Pbkdf2 { c, salt, .. } => {
                pbkdf2_hmac::<Sha256>(password.as_bytes(), &salt.0, rounds(*c)?, &mut *derived);
            }
        }
        Ok(derived)
    }
}

fn check_length(dklen: u64) -> Result<(), KeystoreError> {
    if dklen == DERIVED_BYTES as u64 {
        Ok(())
    } else {
        Err(KeystoreError::DerivedLength(dklen))
    }
}

fn rounds(c: u64) -> Result<u32, KeystoreError> {
    match u32::try_from(c) {
        Ok(rounds) if (1..=MAX_PBKDF2_ROUNDS).contains(&c) => Ok(rounds),
        _ => Err(KeystoreError::Pbkdf2(c)),
    }
}
