//! A person at a screen: line editing, history, completion of commands.

use super::{OutputFormat, Printer, PromptError, Terminal};
use rustyline::{
    Config, Context, Editor, ExternalPrinter, Helper,
    completion::{Completer, Pair},
    error::ReadlineError,
    highlight::Highlighter,
    hint::Hinter,
    history::MemHistory,
    validate::Validator,
};
use zeroize::Zeroizing;

/// Lines of history; it is kept in memory only, because it tells whom one paid.
const HISTORY_LINES: usize = 500;

/// The screen and keyboard.
pub struct Screen {
    commands: Editor<CommandNames, MemHistory>,
    answers: Editor<(), MemHistory>,
    format: OutputFormat,
    /// Commands whose arguments are secret; they are not remembered.
    secret_commands: &'static [&'static str],
}

/// Completes the first word of a line.
struct CommandNames(Vec<&'static str>);

impl Completer for CommandNames {
    type Candidate = Pair;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let typed = line.get(..position).unwrap_or_default();
        let fitting = self.0.iter().filter(|name| name.starts_with(typed));
        let pair = |name: &&'static str| Pair {
            display: (*name).to_owned(),
            replacement: format!("{name} "),
        };
        Ok((0, fitting.map(pair).collect()))
    }
}

impl Hinter for CommandNames {
    type Hint = String;
}

impl Highlighter for CommandNames {}
impl Validator for CommandNames {}
impl Helper for CommandNames {}

impl Screen {
    /// Completes these commands; those of `secret_commands` are left out of the history.
    ///
    /// # Errors
    /// [`PromptError::Failed`] when the terminal cannot be used.
    pub fn new(
        commands: Vec<&'static str>,
        secret_commands: &'static [&'static str],
        format: OutputFormat,
    ) -> Result<Self, PromptError> {
        let failed = |error: ReadlineError| PromptError::Failed(error.to_string());
        let config = Config::builder()
            .auto_add_history(false)
            .max_history_size(HISTORY_LINES)
            .map_err(failed)?
            .build();
        let mut editor = Editor::with_history(config.clone(), MemHistory::new()).map_err(failed)?;
        editor.set_helper(Some(CommandNames(commands)));
        let answers = Editor::with_history(config, MemHistory::new()).map_err(failed)?;
        Ok(Self {
            commands: editor,
            answers,
            format,
            secret_commands,
        })
    }
}

fn prompt_error(error: ReadlineError) -> PromptError {
    match error {
        ReadlineError::Interrupted => PromptError::Interrupted,
        ReadlineError::Eof => PromptError::Ended,
        other => PromptError::Failed(other.to_string()),
    }
}

#[allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is where the wallet speaks"
)]
impl Terminal for Screen {
    fn say(&mut self, text: &str) {
        match self.format {
            OutputFormat::Text => println!("{text}"),
            OutputFormat::Json => eprintln!("{text}"),
        }
    }

    fn result(&mut self, text: &str) {
        println!("{text}");
    }

    fn warn(&mut self, text: &str) {
        eprintln!("{text}");
    }

    fn ask(&mut self, question: &str) -> Result<String, PromptError> {
        self.answers.readline(question).map_err(prompt_error)
    }

    fn ask_secret(&mut self, question: &str) -> Result<Zeroizing<String>, PromptError> {
        match rpassword::prompt_password(question) {
            Ok(secret) => Ok(Zeroizing::new(secret)),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(PromptError::Ended),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Err(PromptError::Interrupted),
            Err(error) => Err(PromptError::Failed(error.to_string())),
        }
    }

    fn read_command(&mut self, prompt: &str) -> Result<String, PromptError> {
        let line = self.commands.readline(prompt).map_err(prompt_error)?;
        let name = line.split_whitespace().next().unwrap_or_default();
        if !name.is_empty() && !self.secret_commands.contains(&name) {
            // The history is a convenience: a line that cannot be remembered is no fault.
            let _ = self.commands.add_history_entry(&line);
        }
        Ok(line)
    }

    fn is_person(&self) -> bool {
        true
    }

    fn printer(&mut self) -> Option<Printer> {
        let mut printer = self.commands.create_external_printer().ok()?;
        Some(Box::new(move |text| {
            // What cannot be shown now is shown by the next command that is asked for it.
            let _ = printer.print(format!("{text}\n"));
        }))
    }
}
