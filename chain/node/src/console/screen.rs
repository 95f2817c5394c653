//! What commands print with and ask through: a terminal, or pipes of a script.

use super::{ConsoleError, command::Format, connection::Answer};
use serde_json::Value;
use std::io::{BufRead, Read, Write};

/// Longest answer that is read.
const MAX_LINE_BYTES: u64 = 1 << 16;

/// Whoever typed the command.
pub(crate) struct Screen<'a> {
    input: Box<dyn BufRead + 'a>,
    output: Box<dyn Write + 'a>,
    format: Format,
    is_person: bool,
}

impl<'a> Screen<'a> {
    /// Reads answers from `input`, prints to `output`; `is_person` says that what is typed is seen by whoever types it.
    pub(crate) fn new(
        input: Box<dyn BufRead + 'a>,
        output: Box<dyn Write + 'a>,
        format: Format,
        is_person: bool,
    ) -> Self {
        Self {
            input,
            output,
            format,
            is_person,
        }
    }

    /// Prints lines.
    pub(crate) fn say(&mut self, text: &str) -> Result<(), ConsoleError> {
        writeln!(self.output, "{text}")?;
        self.output.flush()?;
        Ok(())
    }

    /// Prints JSON, indented.
    pub(crate) fn json(&mut self, value: &Value) -> Result<(), ConsoleError> {
        self.say(&format!("{value:#}"))
    }

    /// Prints an answer: as it came with `+json`, else in the words that `text` finds for it.
    pub(crate) fn show<T>(&mut self, answer: &Answer<T>, text: impl FnOnce(&T) -> String) -> Result<(), ConsoleError> {
        match self.format {
            Format::Json => self.json(&answer.json),
            Format::Text => self.say(&text(&answer.value)),
        }
    }

    /// Prints a list that was put together: as JSON with `+json`, else in the words that `text` finds for it.
    pub(crate) fn list(&mut self, json: Vec<Value>, text: impl FnOnce() -> String) -> Result<(), ConsoleError> {
        match self.format {
            Format::Json => self.json(&Value::Array(json)),
            Format::Text => self.say(&text()),
        }
    }

    /// How the command prints.
    pub(crate) const fn format(&self) -> Format {
        self.format
    }

    /// Asks a question; the answer without white space around it.
    pub(crate) fn ask(&mut self, question: &str) -> Result<String, ConsoleError> {
        write!(self.output, "{question}: ")?;
        self.output.flush()?;
        let mut line = String::new();
        let length = self.input.by_ref().take(MAX_LINE_BYTES).read_line(&mut line)?;
        if length == 0 {
            return Err(ConsoleError::InputEnded {
                question: question.to_owned(),
            });
        }
        if !self.is_person {
            // What was typed is seen on a terminal; in a transcript it is not.
            writeln!(self.output)?;
        }
        Ok(line.trim().to_owned())
    }
}
