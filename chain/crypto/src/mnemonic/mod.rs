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
    /// The words are in two lists and fit together in both: only a seed of repeated bytes does that.
    #[error(
        "these words are one seed in {first} and another in {second}: which was meant cannot be told; restore from keys"
    )]
    Ambiguous {
        /// A language they are a seed in.
        first: Language,
        /// Another.
        second: Language,
    },
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

/// Reads 25 words, of which the first letters are enough, or 24 whole ones, of any language and in any case.
///
/// # Errors
/// [`MnemonicError`].
pub fn decode(text: &str) -> Result<DecodedSeed, MnemonicError> {
    if text.len() > MAXIMUM_LENGTH {
        return Err(MnemonicError::WrongWordCount { found: MAXIMUM_LENGTH });
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let finders: &[Find] = match words.len() {
        // The strictest first: by their first letters alone, words of many languages look English.
        CHECKED_WORDS => &[WordList::find_word, WordList::find_abbreviation, WordList::find_start],
        SEED_WORDS => &[WordList::find_word],
        found => return Err(MnemonicError::WrongWordCount { found }),
    };
    let mut reason = None;
    for find in finders {
        let mut found: Option<DecodedSeed> = None;
        for language in Language::ALL {
            match decode_in(language, *find, &words) {
                None => {}
                // Words can be in several lists, and only one fits them together.
                Some(Err(failed)) => reason = reason.or(Some(failed)),
                Some(Ok(decoded)) => match &found {
                    Some(first) if first.seed != decoded.seed => {
                        return Err(MnemonicError::Ambiguous {
                            first: first.language,
                            second: language,
                        });
                    }
                    Some(_) => {}
                    None => found = Some(decoded),
                },
            }
        }
        if let Some(decoded) = found {
            return Ok(decoded);
        }
    }
    Err(reason.unwrap_or_else(|| unknown_word(&words, finders)))
}

/// Reads words as one language has them; `None` when it lacks one.
fn decode_in(language: Language, find: Find, words: &[&str]) -> Option<Result<DecodedSeed, MnemonicError>> {
    let list = language.list();
    let numbers: Zeroizing<Vec<u16>> = words
        .iter()
        .map(|word| find(list, word))
        .collect::<Option<Vec<u16>>>()?
        .into();
    Some(decode_numbers(list, &numbers).map(|(seed, checksum)| DecodedSeed {
        seed,
        language,
        checksum,
    }))
}

/// A way to look a word up.
type Find = fn(&WordList, &str) -> Option<u16>;

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
fn unknown_word(words: &[&str], finders: &[Find]) -> MnemonicError {
    let is_known = |language: Language, word: &str| finders.iter().any(|find| find(language.list(), word).is_some());
    // Whole words tell the language better than their first letters; of equals the first, modern English before the old.
    let likeness = |language: &Language| {
        let whole = words
            .iter()
            .filter(|word| language.list().find_word(word).is_some())
            .count();
        (whole, words.iter().filter(|word| is_known(*language, word)).count())
    };
    let language = Language::ALL
        .into_iter()
        .rev()
        .max_by_key(likeness)
        .unwrap_or(Language::English);
    let missing = words.iter().position(|word| !is_known(language, word));
    MnemonicError::UnknownWord {
        place: missing.map_or(1, |index| index.saturating_add(1)),
        language,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccountKeys;
    use proptest::prelude::*;

    const SEED: &str = "velvet lymph giddy number token physics poetry unquoted nibs useful sabotage limits benches \
        lifestyle eden nitrogen anvil fewest avoid batch vials washing fences goat unquoted";
    const SPEND: &str = "148d78d2aba7dbca5cd8f6abcfb0b3c009ffbdbea1ff373d50ed94d78286640e";
    const SHORTENED: &str = "crim bam scamp gna limi woma wron tuit birth mundane donuts square cohesive dolphin titans \
        narrate fue saved wrap aloof magic mirr toget upda wra";

    fn hex_seed(text: &str) -> String {
        hex::encode(*decode(text).unwrap().seed)
    }

    #[test]
    fn words_that_are_a_seed_in_two_languages_are_refused_and_not_guessed() {
        // Found by fuzzing: eight times the same three words, which stand in two lists.
        let ambiguous: Vec<(Language, MnemonicError)> = Language::ALL
            .into_iter()
            .filter_map(|language| Some((language, decode(&encode(&[0xe9; 32], language)).err()?)))
            .collect();
        assert!(!ambiguous.is_empty());
        for (language, error) in ambiguous {
            assert!(
                matches!(error, MnemonicError::Ambiguous { first, second } if first == language || second == language),
                "{language}: {error}"
            );
        }
    }

    #[test]
    fn the_known_seed_says_the_known_key() {
        let decoded = decode(SEED).unwrap();
        assert_eq!(hex::encode(*decoded.seed), SPEND);
        assert_eq!(
            (decoded.language, decoded.checksum),
            (Language::English, Checksum::Verified)
        );
        assert_eq!(*encode(&decoded.seed, Language::English), SEED);
    }

    #[test]
    fn words_cut_to_their_start_say_the_known_keys() {
        let decoded = decode(SHORTENED).unwrap();
        assert_eq!(
            hex::encode(*decoded.seed),
            "6900dea9753f5c7ced87b53bdcfb109a8417bca6a2797a708194157b227fb60b"
        );
        let view = AccountKeys::from_seed(&decoded.seed).view;
        assert_eq!(
            hex::encode(*view.to_bytes()),
            "b2ce83baa4f0997e58826813ffdb9edef2ba9f3ff32ebb3f292c02e0e0d71f02"
        );
    }

    #[test]
    fn the_known_portuguese_words_have_the_known_checksum() {
        let words = "cinzento luxuriante leonardo gnostico digressao cupula fifa broxar iniquo louvor ovario dorsal \
            ideologo besuntar decurso rosto susto lemure unheiro pagodeiro nitroglicerina eclusa mazurca bigorna";
        let decoded = decode(&format!("{words} gnostico")).unwrap();
        assert_eq!(
            (decoded.language, decoded.checksum),
            (Language::Portuguese, Checksum::Verified)
        );
        assert_eq!(decode(words).unwrap().seed, decoded.seed);
    }

    #[test]
    fn case_and_white_space_do_not_matter() {
        let spread = SEED.to_uppercase().replace(' ', " \n\t ");
        assert_eq!(hex_seed(&spread), SPEND);
        assert_eq!(hex_seed(&SEED.replace(' ', "\u{3000}")), SPEND);
    }

    #[test]
    fn a_wrong_ending_does_not_matter_where_the_last_word_checks() {
        assert_eq!(hex_seed(&SEED.replacen("velvet", "velour", 1)), SPEND);
    }

    #[test]
    fn without_the_last_word_nothing_is_checked_and_words_must_be_whole() {
        let (words, _) = SEED.rsplit_once(' ').unwrap();
        let decoded = decode(words).unwrap();
        assert_eq!(
            (hex::encode(*decoded.seed).as_str(), decoded.checksum),
            (SPEND, Checksum::Absent)
        );
        let cut = words.replacen("velvet", "vel", 1);
        assert_eq!(
            decode(&cut),
            Err(MnemonicError::UnknownWord {
                place: 1,
                language: Language::English
            })
        );
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(decode(""), Err(MnemonicError::WrongWordCount { found: 0 }));
        assert_eq!(decode("velvet lymph"), Err(MnemonicError::WrongWordCount { found: 2 }));
        assert_eq!(
            decode(&"velvet ".repeat(26)),
            Err(MnemonicError::WrongWordCount { found: 26 })
        );
        assert!(matches!(
            decode(&"velvet ".repeat(100_000)),
            Err(MnemonicError::WrongWordCount { .. })
        ));
        let misspelt = SEED.replacen("giddy", "gxddy", 1);
        assert_eq!(
            decode(&misspelt),
            Err(MnemonicError::UnknownWord {
                place: 3,
                language: Language::English
            })
        );
        let swapped = SEED.replacen("velvet lymph", "lymph velvet", 1);
        assert_eq!(decode(&swapped), Err(MnemonicError::BadChecksum));
    }

    #[test]
    fn three_words_beyond_four_bytes_are_refused() {
        // The largest differences: 1625 + 1626·1625 + 1626²·1625 is above 2³² − 1.
        let list = Language::English.list();
        let triple = [1625, 1624, 1623].map(|number| list.word(number).unwrap()).join(" ");
        let words = format!("{} {triple}", "abbey ".repeat(21).trim());
        assert_eq!(
            decode(&words),
            Err(MnemonicError::ImpossibleWords { first: 22, last: 24 })
        );
    }

    #[test]
    fn errors_do_not_repeat_words() {
        let misspelt = SEED.replacen("giddy", "gxddy", 1);
        assert!(!decode(&misspelt).unwrap_err().to_string().contains("gxddy"));
    }

    proptest! {
        #[test]
        fn every_seed_round_trips_in_every_language(seed: [u8; 32]) {
            for language in Language::ALL {
                let words = encode(&seed, language);
                prop_assert_eq!(words.split(' ').count(), 25);
                let decoded = decode(&words).unwrap();
                prop_assert_eq!(*decoded.seed, seed, "{}", language);
                prop_assert_eq!(decoded.language, language);
                let (unchecked, _) = words.rsplit_once(' ').unwrap();
                prop_assert_eq!(*decode(unchecked).unwrap().seed, seed, "{}", language);
            }
        }

        #[test]
        fn lower_case_and_cut_words_are_read_in_every_language(seed: [u8; 32]) {
            for language in Language::ALL {
                prop_assert_eq!(*decode(&encode(&seed, language).to_lowercase()).unwrap().seed, seed, "{}", language);
                if !language.is_deprecated() {
                    let words = encode(&seed, language);
                    let cut = words.split(' ').map(|word| word.chars().take(language.prefix_length()).collect());
                    let cut = cut.collect::<Vec<String>>().join(" ");
                    prop_assert_eq!(*decode(&cut).unwrap().seed, seed, "{}", language);
                }
            }
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = decode(&text);
        }
    }
}
