//! Restoring: words and keys that were written down, and from where on the chain matters (wallet §2.3).

use super::create::Source;
use crate::{
    command::CommandError,
    format::time::{date, parse_date},
    options::Options,
    refresh::{SafetyMargin, height_at},
    session::DaemonLink,
    terminal::{Confirmation, PromptError, Terminal, confirm},
};
use oxen_crypto::{
    SecretKey,
    mnemonic::{Checksum, Language},
};
use oxen_types::{Height, Network, Timestamp};
use oxen_wallet_core::{
    WalletKeys,
    address::{AddressUse, parse_address},
    keys::Birthday,
    wallet::WalletNetwork,
};
use zeroize::Zeroizing;

/// Words that are enough: 24 without the one that checks them.
const ENOUGH_WORDS: usize = 24;
/// Lines in which words may come.
const MAX_LINES: usize = 25;

/// An answer that may be left out; nobody there to ask leaves it out.
pub(super) fn optional_answer(terminal: &mut dyn Terminal, question: &str) -> Result<String, CommandError> {
    match terminal.ask(question) {
        Ok(answer) => Ok(answer.trim().to_owned()),
        Err(PromptError::NobodyToAsk { .. } | PromptError::Ended) => Ok(String::new()),
        Err(error) => Err(error.into()),
    }
}

/// Keys from seed words, and the words' language.
pub(super) fn seed_words(
    options: &Options,
    terminal: &mut dyn Terminal,
) -> Result<(WalletKeys, Option<Language>), CommandError> {
    let words = match &options.restore.electrum_seed {
        Some(words) => words.clone(),
        None => ask_for_words(terminal)?,
    };
    let restored = WalletKeys::from_seed_words(&words)?;
    if restored.checksum == Checksum::Absent {
        terminal.warn(
            "Note: there are 24 words without the one that checks them: a mistyped word would not be noticed. Compare the \
             address.",
        );
    }
    let language = if restored.language.is_deprecated() {
        terminal.warn("Note: the words are of an old list. `seed` shows new ones, which restore the same wallet: write them down.");
        Language::English
    } else {
        restored.language
    };
    Ok((restored.keys, Some(language)))
}

/// Words over one or several lines.
fn ask_for_words(terminal: &mut dyn Terminal) -> Result<Zeroizing<String>, CommandError> {
    let mut words = Zeroizing::new(String::new());
    let mut question = "Enter the 25 seed words, on one line or several: ";
    for _ in 0..MAX_LINES {
        let line = terminal.ask_secret(question)?;
        words.push(' ');
        words.push_str(&line);
        if words.split_whitespace().count() >= ENOUGH_WORDS {
            break;
        }
        question = "Go on with the words: ";
    }
    Ok(words)
}

/// Keys from hexadecimal text.
pub(super) fn keys(
    options: &Options,
    terminal: &mut dyn Terminal,
    source: Source,
    network: &Network,
) -> Result<WalletKeys, CommandError> {
    let given = &options.restore;
    let spend = |terminal: &mut dyn Terminal| {
        secret_key(
            given.restore_spend_key.as_ref(),
            terminal,
            "Secret spend key: ",
            "secret spend key",
        )
    };
    let view = |terminal: &mut dyn Terminal| {
        secret_key(
            given.restore_view_key.as_ref(),
            terminal,
            "Secret view key: ",
            "secret view key",
        )
    };
    if source == Source::SpendKey {
        return Ok(WalletKeys::from_spend_key(spend(terminal)?));
    }
    let text = match &given.restore_address {
        Some(address) => address.clone(),
        None => terminal.ask("Standard address: ")?,
    };
    let address = parse_address(&text, &WalletNetwork::from(network).prefixes, AddressUse::Payment)?;
    if source == Source::ViewKey {
        return Ok(WalletKeys::from_view_key(&address, view(terminal)?)?);
    }
    let spend = spend(terminal)?;
    Ok(WalletKeys::from_keys(&address, spend, view(terminal)?)?)
}

/// A secret key that was given or is asked for; the message about a wrong one does not repeat it.
fn secret_key(
    given: Option<&Zeroizing<String>>,
    terminal: &mut dyn Terminal,
    question: &str,
    what: &str,
) -> Result<SecretKey, CommandError> {
    let text = match given {
        Some(text) => text.clone(),
        None => terminal.ask_secret(question)?,
    };
    let mut bytes = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), &mut *bytes)
        .map_err(|_| CommandError::Option(format!("the {what} has 64 hexadecimal digits")))?;
    Ok(SecretKey::from_canonical_bytes(*bytes)?)
}

/// Where scanning starts.
pub(super) async fn birthday(
    options: &Options,
    terminal: &mut dyn Terminal,
    daemon: &mut DaemonLink,
    network: &Network,
    given: Confirmation,
) -> Result<Birthday, CommandError> {
    let answer = match (options.restore.restore_height, &options.restore.restore_date) {
        (Some(height), _) => height.to_string(),
        (None, Some(date)) => date.clone(),
        (None, None) => optional_answer(
            terminal,
            "Restore from specific blockchain height (optional, default 0),\n\
             or alternatively from specific date (YYYY-MM-DD): ",
        )?,
    };
    if answer.is_empty() {
        return Ok(Birthday::default());
    }
    let Ok(height) = answer.parse() else {
        return from_day(parse_date(&answer)?, daemon, network, terminal).await;
    };
    let known = daemon
        .check(network)
        .await
        .ok()
        .map(|status| status.chain_height.index());
    if let Some(chain_height) = known.filter(|chain_height| height > *chain_height) {
        let question = format!(
            "The chain has only {chain_height} blocks: payments before block {height} will not be found. Still apply \
             restore height?"
        );
        if !confirm(terminal, &question, given)? {
            return Ok(Birthday::default());
        }
    }
    Ok(Birthday {
        height: Height::new(height),
        created: None,
    })
}

/// Two days before a day, as a height if a daemon can be asked; otherwise the first refresh finds out.
async fn from_day(
    day: Timestamp,
    daemon: &mut DaemonLink,
    network: &Network,
    terminal: &mut dyn Terminal,
) -> Result<Birthday, CommandError> {
    let earliest = SafetyMargin::REMEMBERED_DAY.before(day);
    let found = match daemon.check(network).await {
        Ok(status) => match daemon.daemon() {
            Some(daemon) => height_at(daemon, earliest, status.chain_height).await.ok(),
            None => None,
        },
        Err(_) => None,
    };
    Ok(match found {
        Some(height) => Birthday {
            height,
            created: Some(day),
        },
        None => {
            terminal.say(&format!(
                "The height of {} is looked up when a daemon can be asked.",
                date(earliest)
            ));
            // A new wallet's margin is taken off once more when that happens.
            let seconds = earliest.seconds().saturating_add(SafetyMargin::NEW_WALLET.0);
            Birthday {
                height: Height::GENESIS,
                created: Some(Timestamp::from_seconds(seconds)),
            }
        }
    })
}
