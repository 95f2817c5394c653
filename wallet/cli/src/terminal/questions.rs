//! Questions that are asked in many places.

use super::{PromptError, Terminal};
use zeroize::Zeroizing;

/// How often a person may mistype before the question is given up.
const PATIENCE: usize = 10;

/// Who confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Confirmation {
    /// The user, each time.
    #[default]
    Ask,
    /// `--yes` did, once for all.
    Given,
}

/// Asks to go on; only a clear yes is one.
///
/// # Errors
/// [`PromptError`].
pub fn confirm(terminal: &mut dyn Terminal, question: &str, given: Confirmation) -> Result<bool, PromptError> {
    if given == Confirmation::Given {
        terminal.say(&format!("{question} yes (--yes)"));
        return Ok(true);
    }
    for _ in 0..PATIENCE {
        let answer = terminal.ask(&format!("{question} (Y/Yes/N/No): "))?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => terminal.say("Please answer yes or no."),
        }
    }
    Ok(false)
}

/// Asks until the answer can be read; a program gets one chance.
///
/// # Errors
/// [`PromptError`]; the last complaint as [`PromptError::Failed`].
pub fn ask_until<T>(
    terminal: &mut dyn Terminal,
    question: &str,
    mut read: impl FnMut(&str) -> Result<T, String>,
) -> Result<T, PromptError> {
    let mut complaint = String::new();
    for _ in 0..if terminal.is_person() { PATIENCE } else { 1 } {
        match read(terminal.ask(question)?.trim()) {
            Ok(value) => return Ok(value),
            Err(reason) => {
                terminal.warn(&reason);
                complaint = reason;
            }
        }
    }
    Err(PromptError::Failed(complaint))
}

/// For which wallet a password is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewPassword {
    /// One that is being made.
    NewWallet,
    /// One that has another password so far.
    Change,
    /// The Ethereum key beside the wallet.
    EthereumKey,
    /// A file with the Ethereum key for another wallet.
    Keystore,
}

/// Asks for a new password twice, until both are the same.
///
/// # Errors
/// [`PromptError`].
pub fn ask_new_password(terminal: &mut dyn Terminal, purpose: NewPassword) -> Result<Zeroizing<String>, PromptError> {
    let question = match purpose {
        NewPassword::NewWallet => "Enter a new password for the wallet: ",
        NewPassword::Change => "Enter the new password: ",
        NewPassword::EthereumKey => "Enter a new password for the Ethereum key: ",
        NewPassword::Keystore => "Enter a password for the keystore file: ",
    };
    for _ in 0..PATIENCE {
        let first = terminal.ask_secret(question)?;
        let second = terminal.ask_secret("Confirm password: ")?;
        if first == second {
            if first.is_empty() {
                terminal
                    .warn("Warning: the password is empty. Whoever can read the wallet's files can spend its money.");
            }
            return Ok(first);
        }
        terminal.say("The passwords are not the same. Try again.");
    }
    Err(PromptError::Failed("the passwords were different each time".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{OutputFormat, Pipe},
        *,
    };

    /// What a dialogue with these answers says and comes to.
    fn dialogue<T>(answers: &str, run: impl FnOnce(&mut dyn Terminal) -> T) -> (T, String) {
        let mut output = Vec::new();
        let mut pipe = Pipe::new(answers.as_bytes(), &mut output, std::io::sink(), OutputFormat::Text);
        let result = run(&mut pipe);
        (result, String::from_utf8(output).unwrap())
    }

    #[test]
    fn only_a_clear_yes_is_a_yes() {
        let ask = |answers| dialogue(answers, |terminal| confirm(terminal, "Go on?", Confirmation::Ask)).0;
        assert!(ask("Yes\n").unwrap() && ask(" y \n").unwrap() && ask("what?\nY\n").unwrap());
        assert!(!ask("no\n").unwrap() && !ask("\n\nN\n").unwrap());
        assert!(matches!(ask(""), Err(PromptError::Ended)));
    }

    #[test]
    fn yes_given_beforehand_is_shown_and_reads_nothing() {
        let (answer, shown) = dialogue("", |terminal| confirm(terminal, "Go on?", Confirmation::Given));
        assert!(answer.unwrap());
        assert_eq!(shown, "Go on? yes (--yes)\n");
    }

    #[test]
    fn a_password_is_asked_for_until_it_is_the_same_twice() {
        let (password, shown) = dialogue("one\ntwo\nthree\nthree\n", |terminal| {
            ask_new_password(terminal, NewPassword::NewWallet)
        });
        assert_eq!(password.unwrap().as_str(), "three");
        assert_eq!(shown.matches("The passwords are not the same").count(), 1);
    }
}
