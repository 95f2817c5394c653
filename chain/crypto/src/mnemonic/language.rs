//! The word lists: 13 languages of 1626 words each, Monero's (chain §1.7).

use std::{collections::BTreeMap, fmt, sync::LazyLock};

/// Words of every list.
pub(super) const WORDS: usize = 1626;

/// The language of a seed's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
    /// Spanish.
    Spanish,
    /// French.
    French,
    /// Italian.
    Italian,
    /// Dutch.
    Dutch,
    /// Portuguese.
    Portuguese,
    /// Russian.
    Russian,
    /// Japanese.
    Japanese,
    /// Chinese, simplified.
    ChineseSimplified,
    /// Esperanto.
    Esperanto,
    /// Lojban.
    Lojban,
    /// The first English list: still read, no longer offered.
    EnglishOld,
}

impl Language {
    /// All, in the order in which words are tried.
    pub const ALL: [Self; 13] = [
        Self::English,
        Self::German,
        Self::Spanish,
        Self::French,
        Self::Italian,
        Self::Dutch,
        Self::Portuguese,
        Self::Russian,
        Self::Japanese,
        Self::ChineseSimplified,
        Self::Esperanto,
        Self::Lojban,
        Self::EnglishOld,
    ];

    /// The name in English.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "German",
            Self::Spanish => "Spanish",
            Self::French => "French",
            Self::Italian => "Italian",
            Self::Dutch => "Dutch",
            Self::Portuguese => "Portuguese",
            Self::Russian => "Russian",
            Self::Japanese => "Japanese",
            Self::ChineseSimplified => "Chinese (simplified)",
            Self::Esperanto => "Esperanto",
            Self::Lojban => "Lojban",
            Self::EnglishOld => "English (old)",
        }
    }

    /// The name in the language itself.
    #[must_use]
    pub const fn native_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::Spanish => "Español",
            Self::French => "Français",
            Self::Italian => "Italiano",
            Self::Dutch => "Nederlands",
            Self::Portuguese => "Português",
            Self::Russian => "Русский",
            Self::Japanese => "日本語",
            Self::ChineseSimplified => "简体中文 (中国)",
            Self::Esperanto => "Esperanto",
            Self::Lojban => "Lojban",
            Self::EnglishOld => "English (old)",
        }
    }

    /// The language with this name, English or native, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        Self::ALL
            .into_iter()
            .find(|language| language.name().to_lowercase() == name || language.native_name().to_lowercase() == name)
    }

    /// Characters at the start of a word that tell it from all others; the checksum is over these.
    #[must_use]
    pub const fn prefix_length(self) -> usize {
        match self {
            Self::ChineseSimplified => 1,
            Self::English | Self::Japanese => 3,
            _ => 4,
        }
    }

    /// True for a list that is read but should not be used for new seeds.
    #[must_use]
    pub const fn is_deprecated(self) -> bool {
        matches!(self, Self::EnglishOld)
    }

    /// The list.
    pub(super) fn list(self) -> &'static WordList {
        macro_rules! list {
            ($language:expr, $file:literal) => {{
                static LIST: LazyLock<WordList> =
                    LazyLock::new(|| WordList::read(include_str!(concat!("words/", $file)), $language.prefix_length()));
                &LIST
            }};
        }
        match self {
            Self::English => list!(Language::English, "english.txt"),
            Self::German => list!(Language::German, "german.txt"),
            Self::Spanish => list!(Language::Spanish, "spanish.txt"),
            Self::French => list!(Language::French, "french.txt"),
            Self::Italian => list!(Language::Italian, "italian.txt"),
            Self::Dutch => list!(Language::Dutch, "dutch.txt"),
            Self::Portuguese => list!(Language::Portuguese, "portuguese.txt"),
            Self::Russian => list!(Language::Russian, "russian.txt"),
            Self::Japanese => list!(Language::Japanese, "japanese.txt"),
            Self::ChineseSimplified => list!(Language::ChineseSimplified, "chinese_simplified.txt"),
            Self::Esperanto => list!(Language::Esperanto, "esperanto.txt"),
            Self::Lojban => list!(Language::Lojban, "lojban.txt"),
            Self::EnglishOld => list!(Language::EnglishOld, "english_old.txt"),
        }
    }
}

impl fmt::Display for Language {
    /// The name in English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A list with its two indices.
pub(super) struct WordList {
    words: Vec<&'static str>,
    /// Whole words in lower case.
    by_word: BTreeMap<String, u16>,
    /// Prefixes in lower case; nothing behind one that several words share, which only the old English list has.
    by_prefix: BTreeMap<String, Option<u16>>,
    prefix_length: usize,
}

impl WordList {
    fn read(text: &'static str, prefix_length: usize) -> Self {
        let words: Vec<&'static str> = text.lines().collect();
        let mut by_word = BTreeMap::new();
        let mut by_prefix = BTreeMap::new();
        for (number, word) in (0..).zip(&words) {
            by_word.insert(word.to_lowercase(), number);
            by_prefix
                .entry(prefix(&word.to_lowercase(), prefix_length).to_owned())
                .and_modify(|shared| *shared = None)
                .or_insert(Some(number));
        }
        Self {
            words,
            by_word,
            by_prefix,
            prefix_length,
        }
    }

    /// The word with this number below 1626.
    pub(super) fn word(&self, number: u16) -> Option<&'static str> {
        self.words.get(usize::from(number)).copied()
    }

    /// The start of the word that the checksum is over.
    pub(super) fn checksum_part(&self, number: u16) -> &'static str {
        self.word(number).map_or("", |word| prefix(word, self.prefix_length))
    }

    /// The number of a whole word, in any case.
    pub(super) fn find_word(&self, word: &str) -> Option<u16> {
        self.by_word.get(&word.to_lowercase()).copied()
    }

    /// The number of a whole word or of one cut behind the letters that tell it apart, in any case.
    pub(super) fn find_abbreviation(&self, word: &str) -> Option<u16> {
        let is_start = |number: &u16| self.word(*number).is_some_and(|whole| starts_with(whole, word));
        self.find_word(word).or_else(|| self.find_start(word).filter(is_start))
    }

    /// The number of the word that starts with the same letters, in any case, however it goes on.
    pub(super) fn find_start(&self, word: &str) -> Option<u16> {
        let start = prefix(word, self.prefix_length).to_lowercase();
        self.by_prefix.get(&start).copied().flatten()
    }
}

fn starts_with(whole: &str, start: &str) -> bool {
    whole.to_lowercase().starts_with(&start.to_lowercase())
}

/// The first `characters` characters.
fn prefix(word: &str, characters: usize) -> &str {
    word.char_indices()
        .nth(characters)
        .and_then(|(end, _)| word.get(..end))
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_1626_words_told_apart_by_their_starts() {
        for language in Language::ALL {
            let list = language.list();
            assert_eq!(list.words.len(), WORDS, "{language}");
            assert_eq!(list.by_word.len(), WORDS, "{language}");
            assert!(
                list.words
                    .iter()
                    .all(|word| !word.is_empty() && !word.contains(char::is_whitespace)),
                "{language}"
            );
            if !language.is_deprecated() {
                assert_eq!(list.by_prefix.len(), WORDS, "{language}");
            }
        }
    }

    #[test]
    fn lists_are_the_known_ones() {
        let digests = Language::ALL.map(|language| {
            let digest = oxen_types::keccak256(language.list().words.join("\n").as_bytes()).to_string();
            format!("{language} {}", &digest[..16])
        });
        let known = [
            "English ce7e7d6efd591055",
            "German b51d900d8fe1e3c8",
            "Spanish 8575c2205c38d6f0",
            "French 39c4ec338cf415a8",
            "Italian 3b53abe044cffcd6",
            "Dutch 0855bf6802ed9ecd",
            "Portuguese ca3efa1a39fd8c88",
            "Russian b06dad5a44558a55",
            "Japanese cd64494c85882f9b",
            "Chinese (simplified) 5d1659f55d2384c1",
            "Esperanto 95642bcd792c06bb",
            "Lojban 45778342354cd01e",
            "English (old) cc5b9f85fa209a49",
        ];
        assert_eq!(digests.each_ref().map(String::as_str), known);
    }

    #[test]
    fn languages_are_found_by_both_names() {
        for language in Language::ALL {
            assert_eq!(Language::from_name(language.name()), Some(language));
        }
        assert_eq!(Language::from_name("deutsch"), Some(Language::German));
        assert_eq!(Language::from_name("Klingon"), None);
    }
}
