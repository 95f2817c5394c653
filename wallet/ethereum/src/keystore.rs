//! A secret key as other wallets keep it: a file of Web3 Secret Storage, version 3, as geth, MetaMask and others read and write.
//!
//! The file is JSON. A password is stretched to 32 bytes (`kdf`); the first 16 encrypt the secret key with AES-128 in counter
//! mode, the others and the ciphertext make a Keccak-256 checksum, which tells a wrong password. The file says itself how much
//! work that is, so nothing is computed before that is found to be within bounds.
//!
//! The crate behind alloy's own `keystore` feature is not used: it reads and overwrites files by name, trusts the work that they
//! ask for, and panics on a short initial counter.

mod kdf;

pub use kdf::ScryptCost;

use crate::key::{EthereumKey, KEY_BYTES};
use aes::Aes128;
use alloy::primitives::keccak256;
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit, StreamCipher},
};
use kdf::{DERIVED_BYTES, Kdf};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;
use zeroize::Zeroizing;

/// A longer file is none; those of other wallets have some 500 bytes.
pub const MAX_FILE_BYTES: u64 = 16 * 1024;
/// The only version that anybody writes.
const VERSION: u64 = 3;
const COUNTER_BYTES: usize = 16;

/// Why a keystore file cannot be read, opened or made.
#[derive(Debug, Error)]
pub enum KeystoreError {
    /// Another kind of file.
    #[error(
        "it is no keystore file of an Ethereum wallet (JSON with \"version\": 3): export one there, or import the secret key itself \
         with `ethereum import`"
    )]
    NotAKeystore,
    /// Longer than any keystore file.
    #[error("it is longer than any keystore file of an Ethereum wallet ({MAX_FILE_BYTES} bytes)")]
    TooLong,
    /// An older format, or a newer one.
    #[error(
        "it is a keystore file of version {0}, and version 3 is needed: open it in the wallet that made it and export it anew"
    )]
    Version(u64),
    /// A field is missing, or has a value that is unknown or makes no sense.
    #[error("it is damaged, or encrypted in a way that this wallet does not know: {0}")]
    Fields(#[source] serde_json::Error),
    /// The stretched password has another length than everybody's.
    #[error("it is damaged: its dklen is {0}, and 32 is needed")]
    DerivedLength(u64),
    /// The ciphertext cannot be a secret key.
    #[error("it holds {0} bytes, and no secret key of Ethereum, which has 32")]
    SecretLength(usize),
    /// Absurd work, or none.
    #[error(
        "it asks for scrypt with n = {n}, r = {r}, p = {p}: n has to be a power of two, and more than 1 GiB of memory or 16 times \
         the usual work is not done for a file. Check where it comes from; the wallet that made it can export the secret key itself",
        n = .0.n, r = .0.r, p = .0.p
    )]
    Scrypt(ScryptCost),
    /// Absurd work, or none.
    #[error(
        "it asks for PBKDF2 with {0} rounds, and 1 to 10 million are done for a file. Check where it comes from; the wallet that \
         made it can export the secret key itself"
    )]
    Pbkdf2(u64),
    /// The password does not open it; a changed ciphertext looks the same.
    #[error("wrong password of the keystore file (or the file is damaged)")]
    WrongPassword,
    /// What was encrypted is no key.
    #[error("what is encrypted in it is no secret key of Ethereum")]
    NotAKey,
    /// The address beside the key is not the key's.
    #[error("it is damaged: the key in it is not the one of the address that it names")]
    OtherAddress,
}

/// An encrypted secret key of another wallet, or for one.
#[derive(Debug, Clone)]
pub struct Keystore(Document);

/// The file. Some wallets write `Crypto`, and not all of them an address or an id.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Document {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(alias = "Crypto")]
    crypto: Encrypted,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    version: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Encrypted {
    cipher: Cipher,
    cipherparams: CipherParameters,
    ciphertext: Bytes,
    #[serde(flatten)]
    kdf: Kdf,
    mac: Bytes,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Cipher {
    #[serde(rename = "aes-128-ctr")]
    Aes128Ctr,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct CipherParameters {
    iv: Counter,
}

/// The initial counter.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "Bytes", into = "Bytes")]
struct Counter([u8; COUNTER_BYTES]);

/// Bytes, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        hex::decode(digits).map(Self).map_err(de::Error::custom)
    }
}

impl TryFrom<Bytes> for Counter {
    type Error = &'static str;

    fn try_from(bytes: Bytes) -> Result<Self, Self::Error> {
        bytes.0.try_into().map(Self).map_err(|_| "iv has not 16 bytes")
    }
}

impl From<Counter> for Bytes {
    fn from(counter: Counter) -> Self {
        Self(counter.0.to_vec())
    }
}

/// What tells that a file is of this kind, and readable.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

impl Keystore {
    /// Reads a file, and checks that opening it is no absurd work.
    ///
    /// # Errors
    /// Every [`KeystoreError`] but those of [`Self::open`].
    pub fn decode(bytes: &[u8]) -> Result<Self, KeystoreError> {
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(KeystoreError::TooLong);
        }
        let Versioned { version } = serde_json::from_slice(bytes).map_err(|_| KeystoreError::NotAKeystore)?;
        if version != VERSION {
            return Err(KeystoreError::Version(version));
        }
        let document: Document = serde_json::from_slice(bytes).map_err(KeystoreError::Fields)?;
        document.crypto.kdf.check()?;
        match document.crypto.ciphertext.0.len() {
            // Some old programs left leading zeros of the key away.
            1..=KEY_BYTES => Ok(Self(document)),
            length => Err(KeystoreError::SecretLength(length)),
        }
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// [`KeystoreError::Fields`]; none is known.
    pub fn encode(&self) -> Result<Vec<u8>, KeystoreError> {
        serde_json::to_vec(&self.0).map_err(KeystoreError::Fields)
    }

    /// Encrypts a key with a password; takes as long as the cost says.
    ///
    /// # Errors
    /// [`KeystoreError::Scrypt`].
    pub fn seal(
        key: &EthereumKey,
        password: &str,
        cost: ScryptCost,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, KeystoreError> {
        let mut salt = vec![0; DERIVED_BYTES];
        rng.fill_bytes(&mut salt);
        let mut counter = [0; COUNTER_BYTES];
        rng.fill_bytes(&mut counter);
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let kdf = Kdf::scrypt(cost, Bytes(salt));
        let derived = kdf.derive(password)?;
        let mut ciphertext = key.to_bytes().to_vec();
        apply_cipher(&derived, &counter, &mut ciphertext);
        Ok(Self(Document {
            address: Some(hex::encode(key.address().as_bytes())),
            crypto: Encrypted {
                cipher: Cipher::Aes128Ctr,
                cipherparams: CipherParameters { iv: Counter(counter) },
                mac: checksum(&derived, &ciphertext),
                ciphertext: Bytes(ciphertext),
                kdf,
            },
            id: Some(random_uuid(id)),
            version: VERSION,
        }))
    }

    /// The key; takes as long as the file says.
    ///
    /// # Errors
    /// [`KeystoreError::WrongPassword`], [`KeystoreError::NotAKey`], [`KeystoreError::OtherAddress`].
    pub fn open(&self, password: &str) -> Result<EthereumKey, KeystoreError> {
        let crypto = &self.0.crypto;
        let derived = crypto.kdf.derive(password)?;
        let ciphertext = &crypto.ciphertext.0;
        if checksum(&derived, ciphertext) != crypto.mac {
            return Err(KeystoreError::WrongPassword);
        }
        let mut secret = Zeroizing::new([0; KEY_BYTES]);
        let zeros = KEY_BYTES.saturating_sub(ciphertext.len());
        let (_, place) = secret.split_at_mut(zeros);
        for (byte, encrypted) in place.iter_mut().zip(ciphertext) {
            *byte = *encrypted;
        }
        apply_cipher(&derived, &crypto.cipherparams.iv.0, place);
        let key = EthereumKey::from_bytes(&secret).map_err(|_| KeystoreError::NotAKey)?;
        match self.named_address() {
            Some(address) if address != hex::encode(key.address().as_bytes()) => Err(KeystoreError::OtherAddress),
            _ => Ok(key),
        }
    }

    /// The address that the file names, in small digits; nothing protects it.
    fn named_address(&self) -> Option<String> {
        let text = self.0.address.as_ref()?.to_lowercase();
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        (!digits.is_empty()).then(|| digits.to_owned())
    }
}

/// Encrypts, or decrypts.
fn apply_cipher(derived: &[u8; DERIVED_BYTES], counter: &[u8; COUNTER_BYTES], bytes: &mut [u8]) {
    let [key, _] = &*halves(derived);
    Ctr128BE::<Aes128>::new(key.into(), counter.into()).apply_keystream(bytes);
}

fn checksum(derived: &[u8; DERIVED_BYTES], ciphertext: &[u8]) -> Bytes {
    let [_, key] = &*halves(derived);
    let checked = Zeroizing::new([key.as_slice(), ciphertext].concat());
    Bytes(keccak256(&*checked).to_vec())
}

/// The key of the cipher, and the key of the checksum.
fn halves(derived: &[u8; DERIVED_BYTES]) -> Zeroizing<[[u8; DERIVED_BYTES / 2]; 2]> {
    let mut halves = Zeroizing::new([[0; DERIVED_BYTES / 2]; 2]);
    for (place, byte) in halves.as_flattened_mut().iter_mut().zip(derived) {
        *place = *byte;
    }
    halves
}

/// Random bytes as a UUID of version 4, which other wallets name the file by.
fn random_uuid(mut bytes: [u8; 16]) -> String {
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    let digits = hex::encode(bytes);
    let mut uuid = String::with_capacity(36);
    for (place, digit) in digits.chars().enumerate() {
        if [8, 12, 16, 20].contains(&place) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}

#[cfg(test)]
mod tests;
