//! Talking with whoever uses the wallet: a person at a screen, a program behind a pipe, or nobody.
//!
//! Results go to standard output. With `--json` everything else goes to standard error, so that a program can read one and a
//! person the other.

mod pipe;
mod questions;
mod screen;
mod silent;

pub use pipe::Pipe;
pub use questions::{Confirmation, NewPassword, ask_new_password, ask_until, confirm};
pub use screen::Screen;
pub use silent::Silent;

use thiserror::Error;
use zeroize::Zeroizing;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum PromptError {
    /// Nobody is there to ask.
    #[error(
        "an answer is needed and nobody is there to give it ({question}): run without --non-interactive, or give it with an \
         option (--yes confirms, --password or --password-file unlocks)"
    )]
    NobodyToAsk {
        /// What was asked.
        question: String,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// Ctrl-D, or the pipe has ended.
    #[error("the input ended where an answer was needed")]
    Ended,
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Failed(String),
}

/// Where dialogue goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputFormat {
    /// Everything is text for people.
    #[default]
    Text,
    /// Results are JSON, one object to a line, and alone on standard output.
    Json,
}

/// Prints above the line that is being typed.
pub type Printer = Box<dyn FnMut(&str) + Send>;

/// A way to talk.
pub trait Terminal: Send {
    /// Says something that belongs to the dialogue.
    fn say(&mut self, text: &str);

    /// Gives the result of a command.
    fn result(&mut self, text: &str);

    /// Warns: on standard error.
    fn warn(&mut self, text: &str);

    /// Asks a question.
    ///
    /// # Errors
    /// [`PromptError`].
    fn ask(&mut self, question: &str) -> Result<String, PromptError>;

    /// Asks for something that must not be seen.
    ///
    /// # Errors
    /// [`PromptError`].
    fn ask_secret(&mut self, question: &str) -> Result<Zeroizing<String>, PromptError>;

    /// Reads the next command.
    ///
    /// # Errors
    /// [`PromptError::Ended`] when there are no more.
    fn read_command(&mut self, prompt: &str) -> Result<String, PromptError>;

    /// True when a person sits there, who can be asked again after a mistake.
    fn is_person(&self) -> bool;

    /// False when every question is an error.
    fn answers(&self) -> bool {
        true
    }

    /// A way to print while a line is being typed, where that is possible.
    fn printer(&mut self) -> Option<Printer> {
        None
    }
}
