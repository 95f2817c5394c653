//! `set`

use super::{Arguments, CommandError, Reply};
use crate::{
    preferences::{AskPassword, Preferences},
    session::Session,
    terminal::Terminal,
};
use oxen_crypto::mnemonic::Language;
use oxen_types::Amount;
use oxen_wallet_core::Lookahead;
use serde_json::{Map, Value, json};

/// A setting with its value as it is typed, and what values it has.
struct Setting {
    name: &'static str,
    value: String,
    meaning: &'static str,
}

fn settings(session: &Session) -> Vec<Setting> {
    let preferences = &session.preferences;
    let lookahead = session.wallet.accounts().lookahead();
    let number = |on: bool| u8::from(on).to_string();
    let setting = |name, value, meaning| Setting { name, value, meaning };
    vec![
        setting(
            "seed",
            session.section.language.name().to_owned(),
            "language of the seed words",
        ),
        setting(
            "always-confirm-transfers",
            number(preferences.always_confirm_transfers),
            "1: ask before sending; 0: do not",
        ),
        setting(
            "print-ring-members",
            number(preferences.print_ring_members),
            "1: show rings before sending; 0: do not",
        ),
        setting(
            "auto-refresh",
            number(preferences.auto_refresh),
            "1: look for new blocks at the prompt; 0: do not",
        ),
        setting(
            "ask-password",
            u8::from(preferences.ask_password == AskPassword::OnAction).to_string(),
            "1: ask before sending and showing secrets; 0: never",
        ),
        setting(
            "min-outputs-count",
            preferences.min_outputs_count.to_string(),
            "keep so many outputs ...",
        ),
        setting(
            "min-outputs-value",
            preferences.min_outputs_value.to_string(),
            "... worth at least so much, in OXEN",
        ),
        setting(
            "ignore-outputs-below",
            preferences.ignore_outputs_below.to_string(),
            "leave smaller outputs alone, OXEN",
        ),
        setting(
            "ignore-outputs-above",
            preferences.ignore_outputs_above.to_string(),
            "leave larger outputs alone, OXEN; 0 for none",
        ),
        setting(
            "confirm-export-overwrite",
            number(preferences.confirm_export_overwrite),
            "1: ask before a file is overwritten; 0: do not",
        ),
        setting(
            "subaddress-lookahead",
            format!("{}:{}", lookahead.accounts, lookahead.addresses),
            "accounts and addresses to look out for beyond those that exist; rescan_bc to find older payments",
        ),
        setting(
            "inactivity-lock-timeout",
            preferences.inactivity_lock_timeout.to_string(),
            "seconds without a command after which the password is asked for; 0 for never",
        ),
    ]
}

/// `set [<name> <value>]`
pub(super) fn set(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let Some(name) = words.next_if_any() else {
        return Ok(list(session));
    };
    let Some(setting) = settings(session).into_iter().find(|setting| setting.name == name) else {
        return Err(words.usage(format!("There is no setting {name}; `set` alone lists them.")));
    };
    let value = words.rest();
    if value.is_empty() {
        let text = format!("{name} = {} ({})", setting.value, setting.meaning);
        return Ok(Reply::new(text, json!({name: setting.value})));
    }
    if matches!(
        name.as_str(),
        "ask-password" | "always-confirm-transfers" | "inactivity-lock-timeout"
    ) {
        session.ask_password(terminal, "to change a setting that protects your money")?;
    }
    let wrong = || words.usage(format!("\"{value}\" is no value of {name}: {}.", setting.meaning));
    change(session, &name, &value).ok_or_else(wrong)?;
    if name == "seed" {
        session.file.save_keys(&session.section)?;
    }
    session.save()?;
    Ok(Reply::new(format!("{name} = {value}"), json!({name: value})))
}

/// Changes a setting; nothing when the value is none.
fn change(session: &mut Session, name: &str, value: &str) -> Option<()> {
    let preferences: &mut Preferences = &mut session.preferences;
    match name {
        "seed" => session.section.language = Language::from_name(value).filter(|language| !language.is_deprecated())?,
        "always-confirm-transfers" => preferences.always_confirm_transfers = switch(value)?,
        "print-ring-members" => preferences.print_ring_members = switch(value)?,
        "auto-refresh" => preferences.auto_refresh = switch(value)?,
        "confirm-export-overwrite" => preferences.confirm_export_overwrite = switch(value)?,
        "ask-password" => {
            preferences.ask_password = if switch(value)? {
                AskPassword::OnAction
            } else {
                AskPassword::Never
            };
        }
        "min-outputs-count" => preferences.min_outputs_count = value.parse().ok()?,
        "min-outputs-value" => preferences.min_outputs_value = value.parse().ok()?,
        "ignore-outputs-below" => preferences.ignore_outputs_below = value.parse().ok()?,
        "ignore-outputs-above" => preferences.ignore_outputs_above = value.parse::<Amount>().ok()?,
        "inactivity-lock-timeout" => preferences.inactivity_lock_timeout = value.parse().ok()?,
        "subaddress-lookahead" => session.wallet.accounts_mut().set_lookahead(parse_lookahead(value)?),
        _ => return None,
    }
    Some(())
}

fn switch(value: &str) -> Option<bool> {
    match value {
        "0" | "off" | "no" | "false" => Some(false),
        "1" | "on" | "yes" | "true" => Some(true),
        _ => None,
    }
}

/// `accounts:addresses`, both at least 1, together at most what can be looked up in memory.
#[must_use]
pub fn parse_lookahead(text: &str) -> Option<Lookahead> {
    const MAX_PRODUCT: u64 = 10_000_000;
    let (accounts, addresses) = text.split_once(':')?;
    let (accounts, addresses): (u32, u32) = (accounts.parse().ok()?, addresses.parse().ok()?);
    let product = u64::from(accounts) * u64::from(addresses);
    (1..=MAX_PRODUCT)
        .contains(&product)
        .then_some(Lookahead { accounts, addresses })
}

fn list(session: &Session) -> Reply {
    let settings = settings(session);
    let lines = settings
        .iter()
        .map(|one| format!("{} = {}  ({})", one.name, one.value, one.meaning));
    let json: Map<String, Value> = settings
        .iter()
        .map(|one| (one.name.to_owned(), Value::String(one.value.clone())))
        .collect();
    Reply::new(lines.collect::<Vec<_>>().join("\n"), Value::Object(json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookahead_has_two_positive_numbers_that_fit_into_memory() {
        assert_eq!(
            parse_lookahead("3:20"),
            Some(Lookahead {
                accounts: 3,
                addresses: 20
            })
        );
        for text in ["", "3", "0:20", "3:0", "a:b", "100000:100000", "-1:5"] {
            assert_eq!(parse_lookahead(text), None, "{text}");
        }
    }
}
