//! Names: which there may be, and their hashes (chain §6.3).

use crate::kind::NameKind;
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use blake2::{
    Blake2b, Blake2bMac, Digest,
    digest::{FixedOutput, KeyInit, Update, consts::U32},
};
use oxen_types::Hash;
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

/// Most characters of a session or wallet name.
pub const MAXIMUM_CHARACTERS: usize = 64;
/// Most characters of a lokinet name before its suffix, when it has no hyphen.
pub const MAXIMUM_LOKINET_CHARACTERS: usize = 32;
/// Most characters of a lokinet name before its suffix, when it has a hyphen.
pub const MAXIMUM_HYPHENATED_LOKINET_CHARACTERS: usize = 63;
/// What every lokinet name ends in.
pub const LOKINET_SUFFIX: &str = ".loki";
/// Lokinet names without their suffix that mean something else.
const RESERVED: [&str; 3] = ["localhost", "loki", "snode"];
/// The only names that may have hyphens at the third and fourth place: encoded international ones.
const PUNYCODE_PREFIX: &str = "xn--";

/// Hash of the empty name, which nobody may register.
pub const EMPTY_NAME_HASH: Hash = Hash::new([
    0x0e, 0x57, 0x51, 0xc0, 0x26, 0xe5, 0x43, 0xb2, 0xe8, 0xab, 0x2e, 0xb0, 0x60, 0x99, 0xda, 0xa1, 0xd1, 0xe5, 0xdf,
    0x47, 0x77, 0x8f, 0x77, 0x87, 0xfa, 0xab, 0x45, 0xcd, 0xf1, 0x2f, 0xe3, 0xa8,
]);

/// A name that its register takes: in lower case, with every rule of its kind kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    kind: NameKind,
    text: String,
}

/// Why text is not a name; one variant for each rule, each says what would be taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameFormatError {
    /// Nothing at all, or nothing before the suffix.
    #[error("a {kind} name has at least one character{}", before_suffix(*.kind))]
    Empty {
        /// The register.
        kind: NameKind,
    },
    /// Too many characters.
    #[error("the name has {found} characters; a {kind} name has at most {limit}{}", length_note(*.kind, *.limit))]
    TooLong {
        /// The register.
        kind: NameKind,
        /// Most characters, the suffix of a lokinet name not counted.
        limit: usize,
        /// Characters found, the suffix not counted.
        found: usize,
    },
    /// A lokinet name ends in its suffix.
    #[error("a lokinet name ends in .loki, like example.loki")]
    NoLokiSuffix,
    /// The first character is none that may stand there.
    #[error("a {kind} name begins with {}, not with '{character}'", edge_characters(*.kind))]
    FirstCharacter {
        /// The register.
        kind: NameKind,
        /// The character.
        character: char,
    },
    /// The last character is none that may stand there.
    #[error("a {kind} name ends in {}{}, not in '{character}'", edge_characters(*.kind), before_suffix(*.kind))]
    LastCharacter {
        /// The register.
        kind: NameKind,
        /// The character.
        character: char,
    },
    /// A character that no name of the kind has.
    #[error("a {kind} name consists of {}; '{character}' is none of them", inner_characters(*.kind))]
    InnerCharacter {
        /// The register.
        kind: NameKind,
        /// The character.
        character: char,
    },
    /// Hyphens at the third and fourth place.
    #[error("hyphens at the third and fourth place are reserved; only encoded international names, xn--…, have them")]
    ReservedHyphens,
    /// A name with another meaning.
    #[error("{name}.loki has a meaning of its own and cannot be registered; take another name")]
    Reserved {
        /// The name without its suffix.
        name: &'static str,
    },
}

const fn before_suffix(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Lokinet => " before .loki",
        NameKind::Session | NameKind::Wallet => "",
    }
}

const fn length_note(kind: NameKind, limit: usize) -> &'static str {
    match kind {
        NameKind::Lokinet if limit == MAXIMUM_LOKINET_CHARACTERS => " before .loki, or 63 when there is a hyphen in it",
        NameKind::Lokinet => " before .loki",
        NameKind::Session | NameKind::Wallet => "",
    }
}

const fn edge_characters(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Lokinet => "a letter a-z or a digit",
        NameKind::Session | NameKind::Wallet => "a letter a-z, a digit or an underscore",
    }
}

const fn inner_characters(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Lokinet => "letters a-z, digits and hyphens",
        NameKind::Session | NameKind::Wallet => "letters a-z, digits, hyphens and underscores",
    }
}

impl Name {
    /// Lowers the case of the letters and checks the name.
    ///
    /// # Errors
    /// The first rule of its register that it breaks.
    pub fn parse(kind: NameKind, text: &str) -> Result<Self, NameFormatError> {
        let text = text.to_ascii_lowercase();
        match kind {
            NameKind::Lokinet => check_lokinet(&text)?,
            NameKind::Session | NameKind::Wallet => {
                check_length(kind, &text, MAXIMUM_CHARACTERS)?;
                check_characters(kind, &text)?;
            }
        }
        Ok(Self { kind, text })
    }

    /// The register that the name is for.
    #[must_use]
    pub const fn kind(&self) -> NameKind {
        self.kind
    }

    /// The name in lower case, with the suffix of a lokinet name.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// BLAKE2b-256 of the name: all that the chain sees of it.
    #[must_use]
    pub fn hash(&self) -> Hash {
        blake2b(self.text.as_bytes())
    }

    /// The key that hides the name's value: BLAKE2b-256 of the name, keyed with its hash (chain §6.4).
    #[must_use]
    pub(crate) fn value_key(&self) -> Zeroizing<[u8; 32]> {
        let mut state = <Blake2bMac<U32> as KeyInit>::new_from_slice(self.hash().as_bytes())
            .expect("BLAKE2b takes keys of up to 64 bytes, and a hash has 32");
        Update::update(&mut state, self.text.as_bytes());
        Zeroizing::new(state.finalize_fixed().into())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn check_lokinet(text: &str) -> Result<(), NameFormatError> {
    let label = text.strip_suffix(LOKINET_SUFFIX).ok_or(NameFormatError::NoLokiSuffix)?;
    let limit = if label.contains('-') {
        MAXIMUM_HYPHENATED_LOKINET_CHARACTERS
    } else {
        MAXIMUM_LOKINET_CHARACTERS
    };
    check_length(NameKind::Lokinet, label, limit)?;
    check_characters(NameKind::Lokinet, label)?;
    if let Some(name) = RESERVED.into_iter().find(|reserved| *reserved == label) {
        return Err(NameFormatError::Reserved { name });
    }
    if label.get(2..4) == Some("--") && !label.starts_with(PUNYCODE_PREFIX) {
        return Err(NameFormatError::ReservedHyphens);
    }
    Ok(())
}

fn check_length(kind: NameKind, label: &str, limit: usize) -> Result<(), NameFormatError> {
    let found = label.chars().count();
    if found == 0 {
        return Err(NameFormatError::Empty { kind });
    }
    if found > limit {
        return Err(NameFormatError::TooLong { kind, limit, found });
    }
    Ok(())
}

fn check_characters(kind: NameKind, label: &str) -> Result<(), NameFormatError> {
    let underscore = kind != NameKind::Lokinet;
    let at_edge = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || (underscore && character == '_')
    };
    if let Some(character) = label.chars().next().filter(|character| !at_edge(*character)) {
        return Err(NameFormatError::FirstCharacter { kind, character });
    }
    if let Some(character) = label
        .chars()
        .find(|character| !at_edge(*character) && *character != '-')
    {
        return Err(NameFormatError::InnerCharacter { kind, character });
    }
    if label.ends_with('-') {
        return Err(NameFormatError::LastCharacter { kind, character: '-' });
    }
    Ok(())
}

/// BLAKE2b-256 without a key.
#[must_use]
pub fn blake2b(bytes: &[u8]) -> Hash {
    Hash::new(<Blake2b<U32> as Digest>::digest(bytes).into())
}

/// Reads padded and unpadded text alike; writes padded.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Text that is no hash of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the hash of a name is 64 hexadecimal characters, or 44 of base64")]
pub struct NameHashError;

/// The hash of a name as it is shown: base64 with padding, 44 characters.
#[must_use]
pub fn hash_text(hash: &Hash) -> String {
    BASE64.encode(hash.as_bytes())
}

/// Reads the hash of a name: hexadecimal, or base64 with or without padding.
///
/// # Errors
/// The text is neither.
pub fn parse_hash(text: &str) -> Result<Hash, NameHashError> {
    if text.len() == 2 * Hash::LENGTH {
        return text.parse().map_err(|_| NameHashError);
    }
    let bytes = BASE64.decode(text).map_err(|_| NameHashError)?;
    bytes.try_into().map(Hash::new).map_err(|_| NameHashError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lokinet(text: &str) -> Result<Name, NameFormatError> {
        Name::parse(NameKind::Lokinet, text)
    }

    #[test]
    fn hashes_are_those_of_the_specification() {
        for (kind, text, hash) in [
            (
                NameKind::Session,
                "test",
                "928b20366943e2afd11ebc0eae2e53a93bf177a4fcf35bcc64d503704e65e202",
            ),
            (
                NameKind::Lokinet,
                "hello.loki",
                "1db27a4729d7fb821cc6c4f0c579bf76317619c73c635cdeafb6051b4229b03d",
            ),
            (
                NameKind::Session,
                "session",
                "f88ef8c4e77cffa9f9f019db5381297c1f04d101870ef65371326cfbfb23708b",
            ),
            (
                NameKind::Lokinet,
                "domain.loki",
                "43d34f3474d25942617f2c2a2caa22aa76cf685f99c372a646f0cbacee98b33d",
            ),
        ] {
            assert_eq!(Name::parse(kind, text).unwrap().hash().to_string(), hash, "{text}");
        }
        assert_eq!(blake2b(b""), EMPTY_NAME_HASH);
        let spaced = blake2b(b"my ons name").to_string();
        assert_eq!(
            spaced,
            "fa322c68c98e280c78e3cae599134659e1d930afa2037cbe26398b6873e8f390"
        );
    }

    #[test]
    fn keys_are_those_of_the_specification() {
        for (kind, text, key) in [
            (
                NameKind::Session,
                "test",
                "594a0222623edfc2fc2a36a453e7c2e4664936a13625408795f22721b4ec1ccf",
            ),
            (
                NameKind::Lokinet,
                "hello.loki",
                "5641d236fc7783f1d1eb4ef3ba4a6e2d5379f02ef05a80c813541a6754db792c",
            ),
        ] {
            assert_eq!(
                hex::encode(*Name::parse(kind, text).unwrap().value_key()),
                key,
                "{text}"
            );
        }
        // Not a name that anybody may register, which is why it is made here.
        let spaced = Name {
            kind: NameKind::Session,
            text: "my ons name".to_owned(),
        };
        let key = "99cccf678c4dd71a0dc545458beb03a3727eb7343d42d8f883ad960e6875804c";
        assert_eq!(hex::encode(*spaced.value_key()), key);
    }

    #[test]
    fn a_hash_is_shown_in_base64_and_read_in_three_forms() {
        let hash = Name::parse(NameKind::Session, "Test").unwrap().hash();
        let text = "kosgNmlD4q/RHrwOri5TqTvxd6T881vMZNUDcE5l4gI=";
        assert_eq!(hash_text(&hash), text);
        for form in [text, text.trim_end_matches('='), &hash.to_string()] {
            assert_eq!(parse_hash(form), Ok(hash), "{form}");
        }
        for wrong in ["", "kosg", &text[1..], &hash.to_string()[2..], &"z".repeat(64)] {
            assert_eq!(parse_hash(wrong), Err(NameHashError), "{wrong}");
        }
    }

    #[test]
    fn the_good_names_of_the_specification_are_taken() {
        for text in [
            "a.loki",
            "xn--tda.loki",
            "abcdefghijklmnopqrstuvwxyz123456.loki",
            "A-b.LOKI",
        ] {
            assert_eq!(lokinet(text).unwrap().text(), text.to_ascii_lowercase());
        }
        let long = format!("{}-{}.loki", "a".repeat(31), "b".repeat(31));
        assert_eq!(lokinet(&long).unwrap().text().len(), 68);
        for text in ["Hello", "_Hello_", "999", "a-b", &"a".repeat(64)] {
            for kind in [NameKind::Session, NameKind::Wallet] {
                assert_eq!(Name::parse(kind, text).unwrap().text(), text.to_ascii_lowercase());
            }
        }
    }

    #[test]
    fn each_rule_of_lokinet_names_has_an_error_of_its_own() {
        let kind = NameKind::Lokinet;
        let long = format!("{}-{}.loki", "a".repeat(31), "b".repeat(32));
        for (text, expected) in [
            ("a", NameFormatError::NoLokiSuffix),
            (".loki", NameFormatError::Empty { kind }),
            (
                "abc.domain.loki",
                NameFormatError::InnerCharacter { kind, character: '.' },
            ),
            ("-.loki", NameFormatError::FirstCharacter { kind, character: '-' }),
            ("a-.loki", NameFormatError::LastCharacter { kind, character: '-' }),
            ("a_b.loki", NameFormatError::InnerCharacter { kind, character: '_' }),
            (
                "abcdefghijklmnopqrstuvwxyz1234567.loki",
                NameFormatError::TooLong {
                    kind,
                    limit: 32,
                    found: 33,
                },
            ),
            (
                long.as_str(),
                NameFormatError::TooLong {
                    kind,
                    limit: 63,
                    found: 64,
                },
            ),
            ("ab--xyz.loki", NameFormatError::ReservedHyphens),
            ("snode.loki", NameFormatError::Reserved { name: "snode" }),
            ("LOKI.loki", NameFormatError::Reserved { name: "loki" }),
            ("localhost.loki", NameFormatError::Reserved { name: "localhost" }),
        ] {
            assert_eq!(lokinet(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn each_rule_of_session_names_has_an_error_of_its_own() {
        let kind = NameKind::Session;
        for (text, expected) in [
            ("", NameFormatError::Empty { kind }),
            ("-", NameFormatError::FirstCharacter { kind, character: '-' }),
            ("@Hello", NameFormatError::FirstCharacter { kind, character: '@' }),
            ("Hello World", NameFormatError::InnerCharacter { kind, character: ' ' }),
            ("hello-", NameFormatError::LastCharacter { kind, character: '-' }),
            ("naïve", NameFormatError::InnerCharacter { kind, character: 'ï' }),
        ] {
            assert_eq!(Name::parse(kind, text), Err(expected), "{text}");
        }
        let too_long = Name::parse(kind, &"a".repeat(65)).unwrap_err();
        assert_eq!(
            too_long.to_string(),
            "the name has 65 characters; a session name has at most 64"
        );
    }

    #[test]
    fn an_error_says_what_is_allowed() {
        assert_eq!(
            lokinet(&format!("{}.loki", "a".repeat(40))).unwrap_err().to_string(),
            "the name has 40 characters; a lokinet name has at most 32 before .loki, or 63 when there is a hyphen in it"
        );
        assert_eq!(
            lokinet("-a.loki").unwrap_err().to_string(),
            "a lokinet name begins with a letter a-z or a digit, not with '-'"
        );
        assert_eq!(
            Name::parse(NameKind::Wallet, "a b").unwrap_err().to_string(),
            "a wallet name consists of letters a-z, digits, hyphens and underscores; ' ' is none of them"
        );
    }

    proptest! {
        #[test]
        fn a_name_that_is_taken_is_taken_again_as_it_is(text in "\\PC{0,70}", loki: bool) {
            let text = if loki { format!("{text}.loki") } else { text };
            for kind in NameKind::ALL {
                if let Ok(name) = Name::parse(kind, &text) {
                    prop_assert_eq!(Name::parse(kind, name.text()), Ok(name.clone()));
                    prop_assert!(name.hash() != EMPTY_NAME_HASH);
                }
            }
        }
    }
}
