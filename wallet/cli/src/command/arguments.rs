//! The words behind a command, taken one by one.

use super::{CommandError, CommandInfo};
use oxen_crypto::{Address, AddressPrefixes};
use oxen_types::{Amount, Hash, Height, KeyImage, PublicKey};
use oxen_wallet_core::{
    address::{AddressUse, parse_address},
    build::{Priority, SourceAddresses},
};
use std::{collections::VecDeque, str::FromStr};

/// Words that are still to be looked at.
#[derive(Debug, Clone)]
pub struct Arguments {
    info: &'static CommandInfo,
    words: VecDeque<String>,
}

impl Arguments {
    /// The words behind the name of a command.
    #[must_use]
    pub fn new(info: &'static CommandInfo, words: impl IntoIterator<Item = String>) -> Self {
        Self {
            info,
            words: words.into_iter().collect(),
        }
    }

    /// How many are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// True when none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// An error that shows how the command is used.
    #[must_use]
    pub fn usage(&self, problem: impl Into<String>) -> CommandError {
        CommandError::Usage {
            problem: problem.into(),
            usage: self.info.usage.join("\n       "),
        }
    }

    /// The next word, left where it is.
    #[must_use]
    pub fn peek(&self) -> Option<&str> {
        self.words.front().map(String::as_str)
    }

    /// The word behind the next, left where it is.
    #[must_use]
    pub fn peek_second(&self) -> Option<&str> {
        self.words.get(1).map(String::as_str)
    }

    /// The next word.
    pub fn next_if_any(&mut self) -> Option<String> {
        self.words.pop_front()
    }

    /// The next word, which must be there.
    ///
    /// # Errors
    /// Usage, naming what is missing.
    pub fn next(&mut self, what: &str) -> Result<String, CommandError> {
        self.words
            .pop_front()
            .ok_or_else(|| self.usage(format!("{what} is missing.")))
    }

    /// The last word, which must be there.
    ///
    /// # Errors
    /// Usage, naming what is missing.
    pub fn take_last(&mut self, what: &str) -> Result<String, CommandError> {
        self.words
            .pop_back()
            .ok_or_else(|| self.usage(format!("{what} is missing.")))
    }

    /// Takes the next word if it is this one.
    pub fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|next| next == word);
        if found {
            self.words.pop_front();
        }
        found
    }

    /// Takes the first word that is this one, wherever it is.
    pub fn take_anywhere(&mut self, word: &str) -> bool {
        let place = self.words.iter().position(|next| next == word);
        place.and_then(|place| self.words.remove(place)).is_some()
    }

    /// Takes the value of the first `name=value`, wherever it is.
    pub fn take_named(&mut self, name: &str) -> Option<String> {
        let value = |word: &String| word.strip_prefix(name)?.strip_prefix('=').map(ToOwned::to_owned);
        let (place, value) = self
            .words
            .iter()
            .enumerate()
            .find_map(|(place, word)| Some((place, value(word)?)))?;
        self.words.remove(place);
        Some(value)
    }

    /// Everything that is left, as one text.
    pub fn rest(&mut self) -> String {
        self.words.drain(..).collect::<Vec<_>>().join(" ")
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// Usage.
    pub fn finish(self) -> Result<(), CommandError> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(self.usage(format!("\"{word}\" is not expected here."))),
        }
    }

    /// The next word as a number.
    ///
    /// # Errors
    /// Usage.
    pub fn number<N: FromStr>(&mut self, what: &str) -> Result<N, CommandError> {
        let word = self.next(what)?;
        word.parse()
            .map_err(|_| self.usage(format!("{what} must be a number, not \"{word}\".")))
    }

    /// The next word as a height, if it is a number.
    pub fn height_if_any(&mut self) -> Option<Height> {
        let height = self.peek()?.parse().ok()?;
        self.words.pop_front();
        Some(Height::new(height))
    }

    /// The next word as an amount of OXEN.
    ///
    /// # Errors
    /// [`CommandError::Amount`].
    pub fn amount(&mut self, what: &str) -> Result<Amount, CommandError> {
        let text = self.next(what)?;
        parse_amount(&text)
    }

    /// The next word as the id of a transaction.
    ///
    /// # Errors
    /// [`CommandError::Hexadecimal`].
    pub fn transaction_id(&mut self) -> Result<Hash, CommandError> {
        let text = self.next("The transaction id")?;
        parse_hex(&text, "transaction id")
    }

    /// The next word as a key image.
    ///
    /// # Errors
    /// [`CommandError::Hexadecimal`].
    pub fn key_image(&mut self) -> Result<KeyImage, CommandError> {
        let text = self.next("The key image")?;
        parse_hex(&text, "key image")
    }

    /// The next word as the key of a service node.
    ///
    /// # Errors
    /// [`CommandError::Hexadecimal`].
    pub fn service_node_key(&mut self) -> Result<PublicKey, CommandError> {
        let text = self.next("The service node key")?;
        parse_hex(&text, "service node key")
    }

    /// The next word as an address.
    ///
    /// # Errors
    /// [`CommandError::Address`].
    pub fn address(&mut self, prefixes: &AddressPrefixes) -> Result<Address, CommandError> {
        let text = self.next("The address")?;
        Ok(parse_address(&text, prefixes, AddressUse::Payment)?)
    }

    /// `index=0,2`, `index=all`, or nothing.
    ///
    /// # Errors
    /// Usage.
    pub fn sources(&mut self) -> Result<SourceAddresses, CommandError> {
        match self.take_named("index") {
            None => Ok(SourceAddresses::All),
            Some(text) if text == "all" => Ok(SourceAddresses::All),
            Some(text) => {
                let indices: Result<_, _> = text.split(',').map(str::parse).collect();
                indices.map(SourceAddresses::Only).map_err(|_| {
                    self.usage(format!(
                        "index={text} is not a list of address numbers such as index=0,2."
                    ))
                })
            }
        }
    }

    /// A word or number of priority for an ordinary transfer, if the next word is one. Any but the lowest makes it instant, as
    /// in the reference's wallet (wallet §7.4).
    pub fn transfer_priority(&mut self) -> Priority {
        let priority = match self.peek() {
            Some("default" | "0") => Priority::Default,
            Some("unimportant" | "1") => Priority::Unimportant,
            Some("normal" | "2" | "elevated" | "3" | "priority" | "4" | "blink" | "5") => Priority::Blink,
            _ => return Priority::Default,
        };
        self.words.pop_front();
        priority
    }

    /// A word or number of priority for a stake or a name, if the next word is one.
    ///
    /// # Errors
    /// [`CommandError::BlinkUnavailable`].
    pub fn priority(&mut self) -> Result<Priority, CommandError> {
        let priority = match self.peek() {
            Some("default" | "0") => Priority::Default,
            Some("unimportant" | "1") => Priority::Unimportant,
            Some("normal" | "2") => Priority::Normal,
            Some("elevated" | "3") => Priority::Elevated,
            Some("priority" | "4") => Priority::Priority,
            Some("blink" | "5") => return Err(CommandError::BlinkUnavailable),
            _ => return Ok(Priority::Default),
        };
        self.words.pop_front();
        Ok(priority)
    }
}

/// Reads an amount of OXEN.
///
/// # Errors
/// [`CommandError::Amount`].
pub fn parse_amount(text: &str) -> Result<Amount, CommandError> {
    text.parse().map_err(|error| CommandError::Amount {
        text: text.to_owned(),
        error,
    })
}

/// Reads 32 bytes in hexadecimal.
///
/// # Errors
/// [`CommandError::Hexadecimal`].
pub fn parse_hex<T: FromStr>(text: &str, what: &'static str) -> Result<T, CommandError> {
    text.parse().map_err(|_| CommandError::Hexadecimal {
        text: text.to_owned(),
        what,
        digits: 64,
    })
}
