//! CryptoNote's base58: blocks of 8 bytes become 11 characters, a shorter last block fewer (chain §1.6).

use base58_monero::Error as Reason;
use oxen_types::keccak256;
use thiserror::Error;

/// The characters, Bitcoin's.
const ALPHABET: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Bytes of a checksum.
const CHECKSUM_LENGTH: usize = 4;

/// Why text is not base58.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Base58Error {
    /// A character outside the alphabet.
    #[error("'{character}' at place {place} is not used here: 0, I, O, l and signs never are")]
    InvalidCharacter {
        /// The character.
        character: char,
        /// Its place, counted in characters from 1.
        place: usize,
    },
    /// No data has a last block of so many characters.
    #[error("a character is missing or too many")]
    InvalidLength,
    /// A block's value does not fit its bytes.
    #[error("a group of characters is too large to be right: some are mistyped or missing")]
    Overflow,
    /// The last four bytes are not the start of the hash of the others.
    #[error("the checksum is wrong: some characters are mistyped")]
    BadChecksum,
}

/// Encodes without a checksum.
#[must_use]
pub fn encode(data: &[u8]) -> String {
    base58_monero::encode(data).expect("blocks of 1 to 8 bytes always encode")
}

/// Decodes without a checksum.
///
/// # Errors
/// Any but [`Base58Error::BadChecksum`].
pub fn decode(text: &str) -> Result<Vec<u8>, Base58Error> {
    check_characters(text)?;
    base58_monero::decode(text).map_err(map_reason)
}

/// Encodes the data and the first four bytes of its Keccak-256.
#[must_use]
pub fn encode_check(data: &[u8]) -> String {
    let mut bytes = data.to_vec();
    bytes.extend(checksum(data));
    encode(&bytes)
}

/// Decodes and takes the checksum off.
///
/// # Errors
/// Any [`Base58Error`]; fewer than four bytes are [`Base58Error::InvalidLength`].
pub fn decode_check(text: &str) -> Result<Vec<u8>, Base58Error> {
    // The crate's own function panics on data shorter than a checksum.
    let mut data = decode(text)?;
    let (payload, found) = data
        .split_last_chunk::<CHECKSUM_LENGTH>()
        .ok_or(Base58Error::InvalidLength)?;
    if *found != checksum(payload) {
        return Err(Base58Error::BadChecksum);
    }
    data.truncate(payload.len());
    Ok(data)
}

fn checksum(data: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let hash = keccak256(data).to_bytes();
    *hash.first_chunk().expect("a hash is longer than a checksum")
}

/// Finds the first character outside the alphabet, which the crate would not name.
fn check_characters(text: &str) -> Result<(), Base58Error> {
    match text
        .chars()
        .zip(1..)
        .find(|(character, _)| !ALPHABET.contains(*character))
    {
        Some((character, place)) => Err(Base58Error::InvalidCharacter { character, place }),
        None => Ok(()),
    }
}

fn map_reason(reason: Reason) -> Base58Error {
    match reason {
        Reason::Overflow => Base58Error::Overflow,
        // The characters have been checked, so only the size of a block is left.
        _ => Base58Error::InvalidLength,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blocks_have_the_known_forms() {
        for (data, text) in [
            ("", ""),
            ("00", "11"),
            ("39", "1z"),
            ("ff", "5Q"),
            ("0000", "111"),
            ("ffff", "LUv"),
            ("ffffff", "2UzHL"),
            ("ffffffff", "7YXq9G"),
            ("ffffffffff", "VtB5VXc"),
            ("ffffffffffff", "3CUsUpv9t"),
            ("ffffffffffffff", "Ahg1opVcGW"),
            ("ffffffffffffffff", "jpXCZedGfVQ"),
            ("06156013762879f7", "22222222222"),
            ("05e022ba374b2a00", "1z111111111"),
        ] {
            let bytes = hex::decode(data).unwrap();
            assert_eq!(encode(&bytes), text);
            assert_eq!(decode(text), Ok(bytes));
        }
    }

    #[test]
    fn undecodable_blocks_are_refused_each_for_its_reason() {
        for text in ["1", "z", "1111", "11111111", "jpXCZedGfVQ1"] {
            assert_eq!(decode(text), Err(Base58Error::InvalidLength), "{text}");
        }
        for text in ["5R", "zz", "LUw", "2UzHM", "7YXq9H", "jpXCZedGfVR", "zzzzzzzzzzz"] {
            assert_eq!(decode(text), Err(Base58Error::Overflow), "{text}");
        }
        for character in ['0', 'I', 'O', 'l', '_', ' ', 'é'] {
            let reason = Base58Error::InvalidCharacter { character, place: 3 };
            assert_eq!(decode(&format!("11{character}")), Err(reason));
        }
    }

    #[test]
    fn tagged_data_has_the_known_forms() {
        for (tag, data, text) in [
            (
                6,
                "00".repeat(64),
                "21D35quxec71111111111111111111111111111111111111111111111111111111111111111111111111111116Q5tCH",
            ),
            (0x1122_3344_5566_7788, "11".into(), "PuT7GAdgbA819VwdWVDP"),
            (0x1122_3344_5566_7788, "2222".into(), "PuT7GAdgbA81efAfdCjPg"),
            (0, String::new(), "15p2yAV"),
            (0x7f, String::new(), "FNQ3D6A"),
            (0x80, String::new(), "26k9QWweu"),
            (0, "11223344556677".into(), "11efCaY6UjG7JrxuB"),
            (6, "11223344556677".into(), "21rhHRT48LN4PriP9"),
        ] {
            let mut payload = Vec::new();
            oxen_types::codec::write_varint(&mut payload, tag);
            payload.extend(hex::decode(data).unwrap());
            assert_eq!(encode_check(&payload), text);
            assert_eq!(decode_check(text), Ok(payload));
        }
    }

    #[test]
    fn checksums_and_short_texts_are_refused() {
        assert_eq!(decode_check("11efCaY6UjG7JrxuC"), Err(Base58Error::BadChecksum));
        assert_eq!(decode_check("999999"), Err(Base58Error::Overflow));
        assert_eq!(
            decode_check("111111"),
            Err(Base58Error::BadChecksum),
            "four bytes are a checksum of nothing"
        );
        for text in ["", "11", "1z", "111", "11111"] {
            assert_eq!(decode_check(text), Err(Base58Error::InvalidLength), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_data_round_trips(data: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&data)), Ok(data.clone()));
            prop_assert_eq!(decode_check(&encode_check(&data)), Ok(data));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = decode_check(&text);
        }
    }
}
