//! `help`, `welcome`, `version`.

use super::{
    Arguments, CommandError, Reply,
    table::{COMMANDS, CommandInfo, Group},
};
use serde_json::json;
use std::fmt::Write;

/// `help [command]`
pub(super) fn help(mut words: Arguments) -> Result<Reply, CommandError> {
    let Some(name) = words.next_if_any() else {
        return Ok(Reply::new(
            overview(),
            json!(COMMANDS.iter().map(|info| info.name).collect::<Vec<_>>()),
        ));
    };
    words.finish()?;
    let info = CommandInfo::find(&name).ok_or_else(|| CommandError::UnknownCommand {
        suggestion: suggestion(&name),
        name,
    })?;
    let json = json!({"name": info.name, "usage": info.usage, "summary": info.summary, "details": info.details});
    Ok(Reply::new(explain(info), json))
}

fn explain(info: &CommandInfo) -> String {
    let mut text = format!("Usage: {}\n\n{}.", info.usage.join("\n       "), info.summary);
    if !info.aliases.is_empty() {
        let _ = write!(text, " Also: {}.", info.aliases.join(", "));
    }
    if !info.details.is_empty() {
        let _ = write!(text, "\n\n{}", info.details);
    }
    text
}

fn overview() -> String {
    let widest = COMMANDS.iter().map(|info| info.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for group in Group::ALL {
        let _ = writeln!(text, "{}", group.heading());
        for info in COMMANDS.iter().filter(|info| info.group == group) {
            let _ = writeln!(text, "  {:<widest$}  {}", info.name, info.summary);
        }
        text.push('\n');
    }
    text + "`help <command>` explains one."
}

/// ` (did you mean …?)` for a name that is nearly one of a command.
pub(super) fn suggestion(name: &str) -> String {
    let close =
        |info: &&CommandInfo| !name.is_empty() && (info.name.starts_with(name) || distance(name, info.name) <= 2);
    COMMANDS
        .iter()
        .find(close)
        .map(|info| format!(" (did you mean {}?)", info.name))
        .unwrap_or_default()
}

/// How many letters must be changed, added or taken away.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (place, letter) in left.chars().enumerate() {
        let mut diagonal = place;
        let mut before = place + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(&right) {
            let next = (diagonal + usize::from(letter != *other))
                .min(*cell + 1)
                .min(before + 1);
            diagonal = *cell;
            *cell = next;
            before = next;
        }
        if let Some(first) = row.first_mut() {
            *first = place + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// What a user reads first.
#[must_use]
pub const fn welcome() -> &'static str {
    "\
Welcome to Oxen. `help` lists the commands.
  address       shows where others can pay you
  balance       shows what you have; refresh looks for new payments
  transfer      pays somebody
  seed          shows the 25 words from which this wallet can be restored: keep them on paper, in a safe place
Whoever has these words or your secret spend key has your money: nobody else ever needs them, whatever they say. Payments
cannot be taken back: check addresses."
}

/// `welcome`
pub(super) fn welcome_command(words: Arguments) -> Result<Reply, CommandError> {
    words.finish()?;
    Ok(Reply::done(welcome()))
}

/// `version`
pub(super) fn version(words: Arguments) -> Result<Reply, CommandError> {
    words.finish()?;
    let version = env!("CARGO_PKG_VERSION");
    Ok(Reply::new(
        format!("oxen-wallet-cli {version}"),
        json!({"version": version}),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_is_guessed_and_nonsense_is_not() {
        assert_eq!(suggestion("balanse"), " (did you mean balance?)");
        assert_eq!(suggestion("show_transfer_"), " (did you mean show_transfers?)");
        assert_eq!(suggestion("rescan"), " (did you mean rescan_bc?)");
        assert_eq!(suggestion("xyzzy"), "");
        assert_eq!(suggestion(""), "");
    }

    #[test]
    fn help_mentions_every_command_and_explains_each() {
        let text = overview();
        for info in COMMANDS {
            assert!(text.contains(info.name));
            let words = Arguments::new(CommandInfo::find("help").unwrap(), [info.name.to_owned()]);
            assert!(help(words).unwrap().text.contains(info.usage[0]));
        }
    }
}
