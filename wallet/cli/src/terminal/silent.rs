//! Nobody there (`--non-interactive`): every question is an error that says what was asked.

use super::{PromptError, Terminal};
use zeroize::Zeroizing;

/// Passes output on and answers no question.
pub struct Silent {
    inner: Box<dyn Terminal>,
}

impl Silent {
    /// Speaks through `inner`.
    #[must_use]
    pub fn new(inner: Box<dyn Terminal>) -> Self {
        Self { inner }
    }
}

impl Terminal for Silent {
    fn say(&mut self, text: &str) {
        self.inner.say(text);
    }

    fn result(&mut self, text: &str) {
        self.inner.result(text);
    }

    fn warn(&mut self, text: &str) {
        self.inner.warn(text);
    }

    fn ask(&mut self, question: &str) -> Result<String, PromptError> {
        Err(PromptError::NobodyToAsk {
            question: question.to_owned(),
        })
    }

    fn ask_secret(&mut self, question: &str) -> Result<Zeroizing<String>, PromptError> {
        self.ask(question).map(Zeroizing::new)
    }

    fn read_command(&mut self, prompt: &str) -> Result<String, PromptError> {
        self.inner.read_command(prompt)
    }

    fn is_person(&self) -> bool {
        false
    }

    fn answers(&self) -> bool {
        false
    }
}
