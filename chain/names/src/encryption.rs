//! Hiding a value behind its name: who knows the name can read the value, who sees the chain alone cannot (chain §6.4).
//!
//! Values are sealed with XChaCha20-Poly1305 under a key that follows from the name. Session names of HF15 have an older
//! form: XSalsa20-Poly1305 under a key that takes a second and 256 MiB to derive; those can be read but are not made any more.

use crate::{
    kind::NameKind,
    name::Name,
    value::{NameValue, NameValueError, SESSION_BYTES},
};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit},
};
use crypto_secretbox::XSalsa20Poly1305;
use thiserror::Error;
use zeroize::Zeroizing;

/// Bytes of the nonce, which stands behind the ciphertext.
pub const NONCE_BYTES: usize = 24;
/// Bytes of the authentication tag.
pub const TAG_BYTES: usize = 16;
/// Bytes of a session name's value in the form of HF15: no nonce.
pub const LEGACY_SESSION_BYTES: usize = SESSION_BYTES + TAG_BYTES;

/// Random bytes that no two values of the same name may share.
pub type Nonce = [u8; NONCE_BYTES];

/// A value as the chain holds it: ciphertext, tag and nonce; ciphertext and tag alone in the form of HF15.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptedValue(Vec<u8>);

/// Why an encrypted value cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecryptionError {
    /// It was not encrypted with this name, or was damaged.
    #[error("the value was not encrypted with the name {name}")]
    WrongName {
        /// The name that was tried.
        name: String,
    },
    /// It decrypts to something that is no value of the kind.
    #[error("the name is registered, but what it points to is unusable: {0}")]
    Value(#[from] NameValueError),
    /// The key of the HF15 form could not be derived.
    #[error("this name was registered in 2020 in a form that needs 256 MiB of memory to read, which is not available")]
    Memory,
}

impl EncryptedValue {
    /// Encrypts a value for its name.
    #[must_use]
    pub fn encrypt(name: &Name, value: &NameValue, nonce: &Nonce) -> Self {
        let cipher = XChaCha20Poly1305::new((&*name.value_key()).into());
        let mut bytes = cipher
            .encrypt(XNonce::from_slice(nonce), value.to_plaintext().as_slice())
            .expect("only more than 256 GiB at once cannot be encrypted, and a value has at most 73 bytes");
        bytes.extend_from_slice(nonce);
        Self(bytes)
    }

    /// Takes the bytes of a record as they are.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes that a record carries.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes that a record carries.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// True when a record of this kind may carry it: all that consensus looks at is the length.
    #[must_use]
    pub const fn has_length_of(&self, kind: NameKind) -> bool {
        is_encrypted_length(kind, self.0.len())
    }

    /// Ciphertext with its tag, and the nonce: as `ons_resolve` gives them. The form of HF15 has no nonce.
    #[must_use]
    pub fn parts(&self, kind: NameKind) -> (&[u8], Option<&Nonce>) {
        if is_legacy(kind, self.0.len()) {
            return (&self.0, None);
        }
        self.0
            .split_last_chunk()
            .map_or((self.0.as_slice(), None), |(ciphertext, nonce)| {
                (ciphertext, Some(nonce))
            })
    }

    /// Reads the value with the name that it was encrypted with. The form of HF15 takes about a second and 256 MiB.
    ///
    /// # Errors
    /// The name is another one, or the value is unusable.
    pub fn decrypt(&self, name: &Name) -> Result<NameValue, DecryptionError> {
        let wrong = || DecryptionError::WrongName {
            name: name.text().to_owned(),
        };
        let plaintext = match self.parts(name.kind()) {
            (ciphertext, Some(nonce)) => XChaCha20Poly1305::new((&*name.value_key()).into())
                .decrypt(XNonce::from_slice(nonce), ciphertext)
                .map_err(|_| wrong())?,
            (ciphertext, None) if is_legacy(name.kind(), ciphertext.len()) => {
                XSalsa20Poly1305::new((&*legacy_key(name)?).into())
                    .decrypt(&[0; NONCE_BYTES].into(), ciphertext)
                    .map_err(|_| wrong())?
            }
            (_, None) => return Err(wrong()),
        };
        Ok(NameValue::from_plaintext(name.kind(), &plaintext)?)
    }
}

/// True when a record of this kind may carry an encrypted value of this length (chain §6.4).
#[must_use]
pub const fn is_encrypted_length(kind: NameKind, length: usize) -> bool {
    match length.checked_sub(TAG_BYTES + NONCE_BYTES) {
        Some(plaintext) if NameValue::is_plaintext_length(kind, plaintext) => true,
        _ => is_legacy(kind, length),
    }
}

const fn is_legacy(kind: NameKind, length: usize) -> bool {
    matches!(kind, NameKind::Session) && length == LEGACY_SESSION_BYTES
}

/// The key of the HF15 form: argon2id of the name with a salt of zeros, 3 passes over 256 MiB.
fn legacy_key(name: &Name) -> Result<Zeroizing<[u8; 32]>, DecryptionError> {
    const MEMORY_KIB: u32 = 256 * 1024;
    const PASSES: u32 = 3;
    let parameters = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).map_err(|_| DecryptionError::Memory)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password_into(name.text().as_bytes(), &[0; 16], &mut *key)
        .map_err(|_| DecryptionError::Memory)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: Nonce = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
    ];

    fn session_value() -> NameValue {
        let mut id = [0xaa; SESSION_BYTES];
        id[0] = 5;
        NameValue::Session(id)
    }

    #[test]
    fn encrypted_values_are_those_of_the_specification() {
        let cases = [
            (
                Name::parse(NameKind::Session, "test").unwrap(),
                session_value(),
                "5d63a0996cca6e20eb4e290cd5a8533a78c9ede2903656ded0c67e7f67645149d68fdad43e4366d9602006217818466f30\
                 000102030405060708090a0b0c0d0e0f1011121314151617",
            ),
            (
                Name::parse(NameKind::Lokinet, "hello.loki").unwrap(),
                NameValue::Lokinet([0x61; 32]),
                "965db7342d39c158d393be61784611911f24edff42c2adc9d77021309039996272f731e1178d69316085fb481c6b2058\
                 000102030405060708090a0b0c0d0e0f1011121314151617",
            ),
        ];
        for (name, value, expected) in cases {
            let encrypted = EncryptedValue::encrypt(&name, &value, &NONCE);
            assert_eq!(hex::encode(encrypted.as_bytes()), expected);
            assert!(encrypted.has_length_of(name.kind()));
            assert_eq!(encrypted.parts(name.kind()).1, Some(&NONCE));
            assert_eq!(encrypted.decrypt(&name), Ok(value));
        }
    }

    #[test]
    fn another_name_or_a_changed_bit_reads_nothing() {
        let name = Name::parse(NameKind::Session, "test").unwrap();
        let encrypted = EncryptedValue::encrypt(&name, &session_value(), &NONCE);
        let other = Name::parse(NameKind::Session, "tesT2").unwrap();
        let wrong = |name: &str| Err(DecryptionError::WrongName { name: name.to_owned() });
        assert_eq!(encrypted.decrypt(&other), wrong("test2"));
        for byte in [0, 40, 60] {
            let mut bytes = encrypted.as_bytes().to_vec();
            bytes[byte] ^= 1;
            assert_eq!(
                EncryptedValue::from_bytes(bytes).decrypt(&name),
                wrong("test"),
                "byte {byte}"
            );
        }
        for bytes in [vec![], vec![0; 23], vec![0; 24], vec![0; 1000]] {
            assert_eq!(EncryptedValue::from_bytes(bytes).decrypt(&name), wrong("test"));
        }
    }

    #[test]
    fn the_form_of_hf15_is_read() {
        let name = Name::parse(NameKind::Session, "oldest").unwrap();
        let sealed = XSalsa20Poly1305::new((&*legacy_key(&name).unwrap()).into())
            .encrypt(&[0; NONCE_BYTES].into(), session_value().to_plaintext().as_slice())
            .unwrap();
        let encrypted = EncryptedValue::from_bytes(sealed);
        assert_eq!(encrypted.as_bytes().len(), LEGACY_SESSION_BYTES);
        assert_eq!(encrypted.parts(NameKind::Session), (encrypted.as_bytes(), None));
        assert_eq!(encrypted.decrypt(&name), Ok(session_value()));
    }

    #[test]
    fn a_value_that_is_none_of_its_kind_is_told_from_a_wrong_name() {
        let name = Name::parse(NameKind::Session, "test").unwrap();
        let foreign = EncryptedValue::encrypt(&name, &NameValue::Lokinet([1; 32]), &NONCE);
        assert!(matches!(foreign.decrypt(&name), Err(DecryptionError::Value(_))));
    }

    #[test]
    fn consensus_knows_the_lengths_of_the_specification() {
        let lengths = |kind| {
            (0..300)
                .filter(|length| is_encrypted_length(kind, *length))
                .collect::<Vec<_>>()
        };
        assert_eq!(lengths(NameKind::Session), [49, 73]);
        assert_eq!(lengths(NameKind::Lokinet), [72]);
        assert_eq!(lengths(NameKind::Wallet), [105, 113]);
    }
}
