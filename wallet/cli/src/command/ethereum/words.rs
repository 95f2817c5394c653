//! Words of the commands for Arbitrum.

use super::{EthereumError, link};
use crate::{
    command::{Arguments, CommandError},
    session::Session,
    terminal::{Terminal, confirm},
};
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::{Sesh, Spelling, TypedAddress, checksummed, claim::Wanted, service_node::MAX_FEE};

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signing {
    /// This wallet's key.
    Here,
    /// Another wallet: transactions are printed.
    Elsewhere,
}

/// The word `unsigned`, wherever it is.
pub(super) fn signing(words: &mut Arguments) -> Signing {
    if words.take_anywhere("unsigned") {
        Signing::Elsewhere
    } else {
        Signing::Here
    }
}

/// `address=0x…`, confirmed where it has no checksum.
pub(super) fn address_option(
    session: &Session,
    terminal: &mut dyn Terminal,
    words: &mut Arguments,
) -> Result<Option<EthereumAddress>, CommandError> {
    let text = words.take_named("address");
    text.map(|text| address(session, terminal, &text)).transpose()
}

/// An address, confirmed where it has no checksum (bridge §5.4.7).
pub(super) fn address(
    session: &Session,
    terminal: &mut dyn Terminal,
    text: &str,
) -> Result<EthereumAddress, CommandError> {
    let typed = TypedAddress::parse(text).map_err(EthereumError::from)?;
    if typed.spelling == Spelling::Unchecked {
        terminal.warn("Warning: this address has no checksum (its letters are all small or all capital), so a mistyped character is not noticed.");
        let question = format!(
            "Is {} right, compared character by character?",
            checksummed(&typed.address)
        );
        if !confirm(terminal, &question, session.settings.confirmation)? {
            return Err(CommandError::Cancelled);
        }
    }
    Ok(typed.address)
}

/// An amount of SESH, or everything.
pub(super) fn wanted(words: &mut Arguments) -> Result<Wanted, CommandError> {
    let Some(text) = words.next_if_any().filter(|text| text != "all") else {
        return Ok(Wanted::Everything);
    };
    let amount: Sesh = text.parse().map_err(EthereumError::from)?;
    if amount.is_zero() {
        return Err(words.usage("The amount is nothing."));
    }
    Ok(Wanted::Exactly(amount))
}

/// An amount of SESH, not nothing.
pub(super) fn amount(words: &mut Arguments) -> Result<Sesh, CommandError> {
    let text = words.next("The amount of SESH")?;
    let amount: Sesh = text.parse().map_err(EthereumError::from)?;
    if amount.is_zero() {
        return Err(words.usage("The amount is nothing."));
    }
    Ok(amount)
}

/// The account that acts: the wallet's own key, and where another wallet signs also another address.
pub(super) fn account(
    session: &Session,
    signing: Signing,
    given: Option<EthereumAddress>,
    what: &'static str,
) -> Result<EthereumAddress, CommandError> {
    let own = link::own_address(session)?;
    let account = given.or(own).ok_or(EthereumError::NoKey)?;
    match (signing, own) {
        (Signing::Here, None) => Err(EthereumError::NoKey.into()),
        (Signing::Here, Some(own)) if own != account => Err(EthereumError::OtherAddress { own, what }.into()),
        _ => Ok(account),
    }
}

/// A fee for people: `12.50 %`.
pub(super) fn percent(fee: u16) -> String {
    format!("{}.{:02} %", fee / 100, fee % 100)
}

/// `fee=12.5%` in hundredths of a percent.
pub(super) fn fee(words: &mut Arguments) -> Result<u16, CommandError> {
    let text = words
        .take_named("fee")
        .ok_or_else(|| words.usage("The operator's fee is missing: fee=10%, or fee=0% for none."))?;
    Ok(parse_fee(&text).ok_or(EthereumError::Fee(text))?)
}

fn parse_fee(text: &str) -> Option<u16> {
    let percent = text.strip_suffix('%')?;
    let (whole, decimals) = percent.split_once('.').unwrap_or((percent, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || decimals.len() > 2 || percent.ends_with('.') || !digits(whole) || !digits(decimals) {
        return None;
    }
    let fee: u16 = format!("{whole}{decimals:0<2}").parse().ok()?;
    (fee <= MAX_FEE).then_some(fee)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_are_percentages_with_two_decimals() {
        for (text, fee) in [
            ("0%", 0),
            ("10%", 1_000),
            ("12.5%", 1_250),
            ("0.01%", 1),
            ("100%", 10_000),
            ("7.25%", 725),
        ] {
            assert_eq!(parse_fee(text), Some(fee), "{text}");
        }
        for text in ["", "10", "%", "100.01%", "1.%", "1.234%", "-1%", "1,5%", "+1%", "700%"] {
            assert_eq!(parse_fee(text), None, "{text}");
        }
    }
}
