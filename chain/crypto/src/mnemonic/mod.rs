//! Seeds as words: 24 words carry 32 bytes, a 25th checks them (chain §1.7). The lists and the scheme are Monero's.
//!
//! A seed's offset passphrase is not here: it needs CryptoNight-Heavy, which no kept crate offers.

mod language;

pub use language::Language;
use language::{WORDS, WordList};
use thiserror::Error;
use zeroize::Zeroizing;

/// Words that carry the seed.
const SEED_WORDS: usize = 24;
/// Words with the one that checks them.
const CHECKED_WORDS: usize = 25;
/// Longer text is no seed, and is not looked at.
const MAXIMUM_LENGTH: usize = 2048;

/// Why words are not a seed. No variant repeats a word, which may be a part of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MnemonicError {
    /// Neither 24 nor 25 words.
    #[error("a seed has 25 words (or 24 without the last one, which checks them), not {found}")]
    WrongWordCount {
        /// How many came; at most one more than text of the allowed length can hold.
        found: usize,
    },
    /// No list has all the words; the language is the one that has most.
    #[error("word {place} is not in the {language} list: check its spelling")]
    UnknownWord {
        /// Counted from 1.
        place: usize,
        /// The likeliest language.
        language: Language,
    },
    /// The 25th word does not fit the others.
    #[error("the words do not fit together: one is wrong, or two have changed places")]
    BadChecksum,
    /// Three words together say a number that no seed has.
    #[error("words {first} to {last} cannot stand together: one is wrong, or two have changed places")]
    ImpossibleWords {
        /// The place of the first of the three, counted from 1.
        first: usize,
        /// The place of the last of the three.
        last: usize,
    },
}

/// Whether a seed's words came with the one that checks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// 25 words, and they fit together.
    Verified,
    /// 24 words: a mistake may go unnoticed.
    Absent,
}

/// What words said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedSeed {
    /// The 32 bytes; [`crate::AccountKeys::from_seed`] makes keys of them.
    pub seed: Zeroizing<[u8; 32]>,
    /// The language of the words.
    pub language: Language,
    /// Whether a mistake would have been noticed.
    pub checksum: Checksum,
}

/// The 25 words of a seed, one space between them.
#[must_use]
pub fn encode(seed: &[u8; 32], language: Language) -> Zeroizing<String> {
    let list = language.list();
    let mut numbers = Zeroizing::new(Vec::with_capacity(CHECKED_WORDS));
    for chunk in seed.as_chunks::<4>().0 {
        numbers.extend(word_numbers(u32::from_le_bytes(*chunk)));
    }
    let check = checksum_word(list, &numbers);
    numbers.extend(check);
    let words: Vec<&str> = numbers.iter().filter_map(|number| list.word(*number)).collect();
    Zeroizing::new(words.join(" "))
}

/// Reads 25 words, which may be cut to their first letters, or 24 whole ones, of any language and in any case.
///
/// # Errors
/// [`MnemonicError`].
pub fn decode(text: &str) -> Result<DecodedSeed, MnemonicError> {
    if text.len() > MAXIMUM_LENGTH {
        return Err(MnemonicError::WrongWordCount { found: MAXIMUM_LENGTH });
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let find: fn(&WordList, &str) -> Option<u16> = match words.len() {
        CHECKED_WORDS => WordList::find_abbreviation,
        SEED_WORDS => WordList::find_word,
        found => return Err(MnemonicError::WrongWordCount { found }),
    };
    let mut reason = None;
    for language in Language::ALL {
        let list = language.list();
        let numbers: Option<Vec<u16>> = words.iter().map(|word| find(list, word)).collect();
        let Some(numbers) = numbers.map(Zeroizing::new) else {
            continue;
        };
        match decode_numbers(list, &numbers) {
            Ok((seed, checksum)) => {
                return Ok(DecodedSeed {
                    seed,
                    language,
                    checksum,
                });
            }
            // Words can be in several lists, and only one fits them together.
            Err(failed) => reason = reason.or(Some(failed)),
        }
    }
    Err(reason.unwrap_or_else(|| unknown_word(&words, find)))
}

/// The three words of four bytes, each relative to the one before.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a quotient below 2^22 and a remainder of 1626 are added"
)]
fn word_numbers(value: u32) -> [u16; 3] {
    const N: u32 = WORDS as u32;
    let first = value % N;
    let second = (value / N + first) % N;
    let third = (value / N / N + second) % N;
    [first, second, third].map(|number| u16::try_from(number).expect("a remainder of 1626 fits 16 bits"))
}

/// The four bytes of three words, if any four bytes give these words.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "numbers of words are below 1626, whose cube is far below 2^64"
)]
fn word_value(numbers: [u16; 3]) -> Option<u32> {
    const N: u64 = WORDS as u64;
    let [first, second, third] = numbers.map(u64::from);
    let value = first + N * ((N - first + second) % N) + N * N * ((N - second + third) % N);
    u32::try_from(value)
        .ok()
        .filter(|value| word_numbers(*value) == numbers)
}

/// The word among the 24 that is repeated to check them: CRC-32 of their starts, modulo 24.
fn checksum_word(list: &WordList, numbers: &[u16]) -> Option<u16> {
    let mut crc = crc32fast::Hasher::new();
    for number in numbers {
        crc.update(list.checksum_part(*number).as_bytes());
    }
    let place = usize::try_from(crc.finalize()).ok()?.checked_rem(numbers.len())?;
    numbers.get(place).copied()
}

fn decode_numbers(list: &WordList, numbers: &[u16]) -> Result<(Zeroizing<[u8; 32]>, Checksum), MnemonicError> {
    let (words, check) = numbers.split_at_checked(SEED_WORDS).unwrap_or((numbers, &[]));
    let checksum = match check.first() {
        None => Checksum::Absent,
        found if checksum_word(list, words).as_ref() == found => Checksum::Verified,
        Some(_) => return Err(MnemonicError::BadChecksum),
    };
    let mut seed = Zeroizing::new([0; 32]);
    let places = (1..).step_by(3).zip((3..).step_by(3));
    let chunks = seed.as_chunks_mut::<4>().0.iter_mut();
    for ((bytes, triple), (first, last)) in chunks.zip(words.as_chunks::<3>().0).zip(places) {
        let value = word_value(*triple).ok_or(MnemonicError::ImpossibleWords { first, last })?;
        *bytes = value.to_le_bytes();
    }
    Ok((seed, checksum))
}

/// Names the first word that is missing from the list that has most of them.
fn unknown_word(words: &[&str], find: fn(&WordList, &str) -> Option<u16>) -> MnemonicError {
    let known = |language: &Language| {
        words
            .iter()
            .filter(|word| find(language.list(), word).is_some())
            .count()
    };
    // The first of equals, so that modern English stands before the old list.
    let language = Language::ALL
        .into_iter()
        .rev()
        .max_by_key(known)
        .unwrap_or(Language::English);
    let missing = words.iter().position(|word| find(language.list(), word).is_none());
    MnemonicError::UnknownWord {
        place: missing.map_or(1, |index| index.saturating_add(1)),
        language,
    }
}
