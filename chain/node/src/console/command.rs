//! What a command is, and reading the words behind its name.

use super::{Console, ConsoleError};
use std::{collections::BTreeSet, str::FromStr};

/// A command of the console.
pub(crate) struct Command {
    /// Its name.
    pub(crate) name: &'static str,
    /// Other names for it.
    pub(crate) aliases: &'static [&'static str],
    /// What it takes: `START [END]`; a name with `…` takes any number of words.
    pub(crate) arguments: &'static str,
    /// Words with a plus that change what it does, beside `+json`.
    pub(crate) flags: &'static [&'static str],
    /// What it does, in a sentence.
    pub(crate) summary: &'static str,
    /// Does the work.
    pub(crate) run: fn(&mut Console<'_>, &Words) -> Result<(), ConsoleError>,
}

impl Command {
    /// Takes no words.
    pub(crate) const fn new(
        name: &'static str,
        summary: &'static str,
        run: fn(&mut Console<'_>, &Words) -> Result<(), ConsoleError>,
    ) -> Self {
        Self {
            name,
            aliases: &[],
            arguments: "",
            flags: &[],
            summary,
            run,
        }
    }

    pub(crate) const fn takes(mut self, arguments: &'static str) -> Self {
        self.arguments = arguments;
        self
    }

    pub(crate) const fn flags(mut self, flags: &'static [&'static str]) -> Self {
        self.flags = flags;
        self
    }

    pub(crate) const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// How to write it.
    pub(crate) fn usage(&self) -> String {
        let mut usage = self.name.to_owned();
        if !self.arguments.is_empty() {
            usage.push(' ');
            usage.push_str(self.arguments);
        }
        for flag in self.flags {
            usage.push_str(&format!(" [{flag}]"));
        }
        usage
    }

    /// Most words it takes; `None` for any number.
    fn most_words(&self) -> Option<usize> {
        (!self.arguments.contains('…')).then(|| self.arguments.split_whitespace().count())
    }
}

/// How a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// What the node answered, for programs (`+json`).
    Json,
}

/// The words behind a command's name.
#[derive(Debug)]
pub(crate) struct Words {
    usage: String,
    positional: Vec<String>,
    flags: BTreeSet<String>,
}

impl Words {
    /// Sorts words into those with a plus and the others.
    pub(crate) fn read(command: &Command, words: &[String]) -> Result<Self, ConsoleError> {
        let usage = command.usage();
        let wrong = |reason: String| ConsoleError::Usage {
            usage: usage.clone(),
            reason,
        };
        let (flags, positional): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with('+'));
        let known = |flag: &str| flag == JSON || command.flags.contains(&flag);
        if let Some(unknown) = flags.iter().find(|flag| !known(flag)) {
            return Err(wrong(format!("it does not know {unknown}")));
        }
        if let Some(most) = command.most_words()
            && let Some(extra) = positional.get(most)
        {
            return Err(wrong(format!("\"{extra}\" is one word too many")));
        }
        Ok(Self {
            positional: positional.into_iter().cloned().collect(),
            flags: flags.into_iter().cloned().collect(),
            usage,
        })
    }

    /// Is a word with a plus there?
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.contains(flag)
    }

    /// What `+json` says.
    pub(crate) fn format(&self) -> Format {
        if self.has(JSON) { Format::Json } else { Format::Text }
    }

    /// All words without a plus.
    pub(crate) fn all(&self) -> &[String] {
        &self.positional
    }

    /// The word at `place`, which must be there and be of the type; `what` names it.
    pub(crate) fn required<T: FromStr>(&self, place: usize, what: &'static str) -> Result<T, ConsoleError> {
        self.optional(place, what)?
            .ok_or_else(|| self.wrong(format!("{what} is missing")))
    }

    /// The word at `place`, if it is there; `what` names it.
    pub(crate) fn optional<T: FromStr>(&self, place: usize, what: &'static str) -> Result<Option<T>, ConsoleError> {
        self.positional
            .get(place)
            .map(|word| word.parse().map_err(|_| self.wrong(format!("\"{word}\" is no {what}"))))
            .transpose()
    }

    /// A mistake in the words.
    pub(crate) fn wrong(&self, reason: String) -> ConsoleError {
        ConsoleError::Usage {
            usage: self.usage.clone(),
            reason,
        }
    }
}

/// Prints what the node answered.
const JSON: &str = "+json";

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: Command = Command::new("range", "Nothing.", |_, _| Ok(()))
        .takes("START [END]")
        .flags(&["+detail"]);

    fn read(words: &[&str]) -> Result<Words, ConsoleError> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Words::read(&RANGE, &words)
    }

    #[test]
    fn words_with_a_plus_stand_anywhere() {
        let words = read(&["+json", "5", "+detail", "9"]).unwrap();
        assert_eq!(words.format(), Format::Json);
        assert!(words.has("+detail"));
        assert_eq!(words.required::<u64>(0, "height").unwrap(), 5);
        assert_eq!(words.optional::<u64>(1, "height").unwrap(), Some(9));
    }

    #[test]
    fn mistakes_name_the_word_and_the_usage() {
        for (words, reason) in [
            (vec!["1", "2", "3"], "\"3\" is one word too many"),
            (vec!["1", "+what"], "it does not know +what"),
        ] {
            let text = read(&words).unwrap_err().to_string();
            assert!(
                text.contains(reason) && text.contains("range START [END] [+detail]"),
                "{text}"
            );
        }
        let missing = read(&[]).unwrap().required::<u64>(0, "height").unwrap_err();
        assert!(missing.to_string().contains("height is missing"), "{missing}");
        let wrong = read(&["x"]).unwrap().required::<u64>(0, "height").unwrap_err();
        assert!(wrong.to_string().contains("\"x\" is no height"), "{wrong}");
    }
}
