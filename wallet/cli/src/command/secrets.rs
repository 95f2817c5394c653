//! Seed, keys, password: everything that must not be seen by others.

use super::{Arguments, CommandError, Reply};
use crate::{
    file::{Content, FileError, WalletFile},
    preferences::Preferences,
    session::Session,
    terminal::{NewPassword, Terminal, ask_new_password},
};
use oxen_crypto::mnemonic::Language;
use oxen_wallet_core::{KeysSection, Wallet, state::WalletState};
use serde_json::json;
use std::{collections::BTreeMap, fmt::Write};

/// Clears the screen and what can be scrolled back to.
const CLEAR_SCREEN: &str = "\x1b[2J\x1b[3J\x1b[H";
/// Words of a line of seed words; the last line has one more.
const WORDS_OF_A_LINE: usize = 8;

/// Shows a secret to a person until they have read it, and to a program as any result.
fn show(terminal: &mut dyn Terminal, reply: Reply) -> Result<Reply, CommandError> {
    if !terminal.is_person() {
        return Ok(reply);
    }
    terminal.say(&reply.text);
    terminal.ask("Press Enter when you have read it; the screen is then cleared. ")?;
    terminal.say(CLEAR_SCREEN);
    Ok(Reply {
        text: String::new(),
        ..reply
    })
}

/// Seed words in three lines.
#[must_use]
pub fn seed_lines(words: &str) -> String {
    let words: Vec<&str> = words.split(' ').collect();
    let mut text = String::new();
    for (place, word) in words.iter().enumerate() {
        let line_end = place + 1 == words.len() || ((place + 1) % WORDS_OF_A_LINE == 0 && place + 2 < words.len());
        let _ = write!(text, "{word}{}", if line_end { "\n" } else { " " });
    }
    text.trim_end().to_owned()
}

/// `seed [language]`
pub(super) fn seed(
    session: &Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let name = words.rest();
    let language = if name.is_empty() {
        session.section.language
    } else {
        Language::from_name(&name)
            .filter(|language| !language.is_deprecated())
            .ok_or_else(|| words.usage(format!("There are no seed words in \"{name}\".")))?
    };
    session.ask_password(terminal, "to show the seed")?;
    let seed = session.section.keys.seed_words(language)?;
    let height = session.section.birthday.height;
    let text = format!(
        "These 25 words restore the wallet, and give its money to whoever has them. Write them on paper, with the restore \
         height {height}; never type them anywhere but into a wallet.\n\n{}",
        seed_lines(&seed)
    );
    show(
        terminal,
        Reply::new(
            text,
            json!({"seed": seed.as_str(), "language": language.name(), "restore_height": height.index()}),
        ),
    )
}

/// `viewkey`
pub(super) fn view_key(
    session: &Session,
    terminal: &mut dyn Terminal,
    words: Arguments,
) -> Result<Reply, CommandError> {
    words.finish()?;
    session.ask_password(terminal, "to show the view key")?;
    let secret = hex::encode(session.section.keys.view().to_bytes().as_slice());
    let public = session.section.keys.view_keys().view_public().to_string();
    let text = format!("secret: {secret}\npublic: {public}");
    show(terminal, Reply::new(text, json!({"secret": secret, "public": public})))
}

/// `spendkey`
pub(super) fn spend_key(
    session: &Session,
    terminal: &mut dyn Terminal,
    words: Arguments,
) -> Result<Reply, CommandError> {
    words.finish()?;
    let spend = session
        .section
        .keys
        .spend()
        .ok_or(CommandError::ViewOnly("showing the secret spend key"))?;
    session.ask_password(terminal, "to show the spend key")?;
    let secret = hex::encode(spend.to_bytes().as_slice());
    let public = session.section.keys.view_keys().spend.to_string();
    let text = format!("secret: {secret}\npublic: {public}");
    show(terminal, Reply::new(text, json!({"secret": secret, "public": public})))
}

/// `password`
pub(super) fn password(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    words: Arguments,
) -> Result<Reply, CommandError> {
    words.finish()?;
    session.require_password(terminal, "the present one")?;
    let new = ask_new_password(terminal, NewPassword::Change)?;
    session.file.change_password(&new, session.settings.password_cost)?;
    Ok(Reply::done(
        "The password was changed. Copies of the wallet's files elsewhere still open with the old one.",
    ))
}

/// `lock`
pub(super) fn lock(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    words: Arguments,
) -> Result<Reply, CommandError> {
    words.finish()?;
    if !terminal.is_person() {
        return Err(CommandError::Option(
            "lock is for a person at the prompt: end the program instead".to_owned(),
        ));
    }
    terminal.say(CLEAR_SCREEN);
    session.locked = true;
    Ok(Reply::done(""))
}

/// `save_watch_only`
pub(super) fn save_watch_only(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    words: Arguments,
) -> Result<Reply, CommandError> {
    words.finish()?;
    session.ask_password(terminal, "to copy the view key")?;
    let paths = session.file.paths().sibling("-watchonly");
    // Found out before a password is thought of.
    if paths.keys().exists() {
        return Err(FileError::Exists { path: paths.keys() }.into());
    }
    let password = ask_new_password(terminal, NewPassword::NewWallet)?;
    let section = KeysSection {
        keys: session.section.keys.to_view_only(),
        ..session.section.clone()
    };
    let mut file = WalletFile::create(paths, &section, &password, session.settings.password_cost)?;
    let owner = section.keys.view_keys().spend;
    let accounts = session.wallet.accounts().clone();
    let state = WalletState::new(owner, section.birthday.height, accounts.lookahead());
    let mut wallet = Wallet::new(*session.wallet.network(), &section, state);
    *wallet.accounts_mut() = accounts;
    let content = Content {
        wallet: &wallet,
        preferences: &Preferences::default(),
        unmined: &BTreeMap::new(),
    };
    file.save(content)?;
    let name = file.paths().name().display().to_string();
    let text = format!(
        "{name} sees what this wallet receives and cannot spend. For a true balance give it this wallet's key images: \
         export_key_images here, import_key_images there."
    );
    Ok(Reply::new(text, json!({"file": name})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_five_words_stand_in_three_lines() {
        let words: Vec<String> = (1..=25).map(|number| format!("w{number}")).collect();
        let lines: Vec<usize> = seed_lines(&words.join(" "))
            .lines()
            .map(|line| line.split(' ').count())
            .collect();
        assert_eq!(lines, [8, 8, 9]);
    }
}
