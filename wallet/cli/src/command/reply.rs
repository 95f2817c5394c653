//! The result of a command: text for people, JSON for programs, from one place so that they agree.

use super::CommandError;
use crate::terminal::{OutputFormat, Terminal};
use serde_json::{Value, json};

/// The result of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// For people; may have many lines, or none.
    pub text: String,
    /// For programs.
    pub json: Value,
}

impl Reply {
    /// Text and JSON.
    #[must_use]
    pub fn new(text: impl Into<String>, json: Value) -> Self {
        Self {
            text: text.into(),
            json,
        }
    }

    /// A command that only says that it was done.
    #[must_use]
    pub fn done(text: impl Into<String>) -> Self {
        Self::new(text, json!({}))
    }
}

/// Gives a result to whoever asked.
pub fn give(terminal: &mut dyn Terminal, format: OutputFormat, command: &str, result: &Result<Reply, CommandError>) {
    match (format, result) {
        (OutputFormat::Text, Ok(reply)) if reply.text.is_empty() => {}
        (OutputFormat::Text, Ok(reply)) => terminal.result(&reply.text),
        (OutputFormat::Text, Err(error)) => terminal.warn(&format!("Error: {error}")),
        (OutputFormat::Json, Ok(reply)) => {
            terminal.result(&json!({"ok": true, "command": command, "result": reply.json}).to_string());
        }
        (OutputFormat::Json, Err(error)) => {
            let described = json!({"code": error.code(), "message": error.to_string()});
            terminal.result(&json!({"ok": false, "command": command, "error": described}).to_string());
        }
    }
}
