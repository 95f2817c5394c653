//! Payment links: `oxen:<address>?tx_amount=…&recipient_name=…&tx_description=…` (wallet §9).

use crate::address::{AddressFault, AddressUse, parse_address};
use oxen_crypto::{Address, AddressPrefixes};
use oxen_types::{Amount, PaymentId, amount::AmountError};
use std::fmt::Write;
use thiserror::Error;

/// What a link starts with.
const SCHEME: &str = "oxen:";
/// Longer text is no link, and is not looked at.
const MAX_LENGTH: usize = 8_192;

/// A link's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentUri {
    /// To whom.
    pub address: Address,
    /// How much.
    pub amount: Option<Amount>,
    /// Who that is.
    pub recipient: Option<String>,
    /// What for.
    pub description: Option<String>,
    /// Parameters this wallet does not know, as they were, in order.
    pub unknown: Vec<(String, String)>,
}

/// Why text is not a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UriError {
    /// Longer than any link.
    #[error("too long for a payment link")]
    TooLong,
    /// Another scheme, or none.
    #[error("a payment link starts with {SCHEME}")]
    WrongScheme,
    /// The address is at fault.
    #[error(transparent)]
    Address(#[from] AddressFault),
    /// The amount is at fault.
    #[error("the amount of the link is wrong: {0}")]
    Amount(#[from] AmountError),
    /// A parameter without a value.
    #[error("a parameter of the link has no value")]
    NoValue,
    /// A parameter twice.
    #[error("the link gives {0} twice")]
    Repeated(&'static str),
    /// `%` without two hexadecimal digits, or text that is not UTF-8.
    #[error("the link is damaged: a % is not followed by two hexadecimal digits")]
    BadEscape,
    /// A payment id of 32 bytes, or none at all.
    #[error("the link carries a payment id that is not used any more: ask for an integrated address")]
    ObsoletePaymentId,
    /// A payment id beside an address that cannot or already does carry one.
    #[error("the link carries a payment id that does not fit its address")]
    UnfittingPaymentId,
}

impl PaymentUri {
    /// Reads a link for the network with these prefixes. A short `tx_payment_id` turns a primary address into an integrated one.
    ///
    /// # Errors
    /// [`UriError`].
    pub fn parse(text: &str, prefixes: &AddressPrefixes) -> Result<Self, UriError> {
        if text.len() > MAX_LENGTH {
            return Err(UriError::TooLong);
        }
        let body = text.trim().strip_prefix(SCHEME).ok_or(UriError::WrongScheme)?;
        let (address, query) = body.split_once('?').unwrap_or((body, ""));
        let address = parse_address(address, prefixes, AddressUse::Payment)?;
        let mut uri = Self {
            address,
            amount: None,
            recipient: None,
            description: None,
            unknown: Vec::new(),
        };
        let mut payment_id = None;
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').ok_or(UriError::NoValue)?;
            let value = unescape(value)?;
            match name {
                "tx_amount" => set(&mut uri.amount, value.parse()?, "tx_amount")?,
                "recipient_name" => set(&mut uri.recipient, value, "recipient_name")?,
                "tx_description" => set(&mut uri.description, value, "tx_description")?,
                "tx_payment_id" => {
                    let id: PaymentId = value.parse().map_err(|_| UriError::ObsoletePaymentId)?;
                    set(&mut payment_id, id, "tx_payment_id")?;
                }
                _ => uri.unknown.push((name.to_owned(), value)),
            }
        }
        if let Some(id) = payment_id {
            let plain = uri.address.payment_id().is_none();
            let integrated = uri.address.with_payment_id(id).filter(|_| plain);
            uri.address = integrated.ok_or(UriError::UnfittingPaymentId)?;
        }
        Ok(uri)
    }

    /// Writes the link.
    #[must_use]
    pub fn encode(&self, prefixes: &AddressPrefixes) -> String {
        let amount = self.amount.map(|amount| amount.to_string());
        let known = [
            ("tx_amount", amount.as_ref()),
            ("recipient_name", self.recipient.as_ref()),
            ("tx_description", self.description.as_ref()),
        ];
        let known = known.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let unknown = self.unknown.iter().map(|(name, value)| (name.as_str(), value));
        let mut text = format!("{SCHEME}{}", self.address.encode(prefixes));
        let mut separator = '?';
        for (name, value) in known.chain(unknown) {
            text.push(separator);
            text.push_str(name);
            text.push('=');
            escape(value, &mut text);
            separator = '&';
        }
        text
    }
}

fn set<T>(slot: &mut Option<T>, value: T, name: &'static str) -> Result<(), UriError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(UriError::Repeated(name)),
    }
}

/// Keeps letters, digits and the marks that mean nothing in a link.
fn escape(value: &str, text: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("writing to a string does not fail");
        }
    }
}

fn unescape(value: &str) -> Result<String, UriError> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || {
            let digit = char::from(rest.next()?).to_digit(16)?;
            u8::try_from(digit).ok()
        };
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(UriError::BadEscape);
        };
        bytes.push(high << 4 | low);
    }
    String::from_utf8(bytes).map_err(|_| UriError::BadEscape)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAINNET: AddressPrefixes = AddressPrefixes {
        standard: 114,
        integrated: 115,
        subaddress: 116,
    };
    const ADDRESS: &str =
        "L5yYM5GZdUS4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfJM5y7PK";
    const INTEGRATED: &str =
        "LFgDMt64Ejx4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfSbLRB61BQVATzAEnoX";
    const SUBADDRESS: &str =
        "LSJCWHBSRB8U3NN1VpFRndSukeyEb3Xpv8qZjjsoJZnTYpDYceuUTpog13D7qPxpviS7J29bSgSkR11hFFoXWk2yNbCFKSi";

    fn parse(text: &str) -> Result<PaymentUri, UriError> {
        PaymentUri::parse(text, &MAINNET)
    }

    #[test]
    fn links_round_trip_with_text_in_any_script_and_unknown_parameters() {
        let text = format!("oxen:{ADDRESS}?tx_amount=12.5&recipient_name=J%C3%BCrgen%20%26%20Co&x-ref=a%3Db");
        let uri = parse(&text).unwrap();
        assert_eq!(uri.amount, Some(Amount::from_atomic(12_500_000_000)));
        assert_eq!(uri.recipient.as_deref(), Some("Jürgen & Co"));
        assert_eq!(uri.unknown, [("x-ref".to_owned(), "a=b".to_owned())]);
        assert_eq!(parse(&uri.encode(&MAINNET)), Ok(uri));
        assert_eq!(
            parse(&format!("oxen:{ADDRESS}")).unwrap().encode(&MAINNET),
            format!("oxen:{ADDRESS}")
        );
    }

    #[test]
    fn a_short_payment_id_makes_an_integrated_address() {
        let uri = parse(&format!("oxen:{ADDRESS}?tx_payment_id=0123456789abcdef")).unwrap();
        assert_eq!(uri.address.encode(&MAINNET), INTEGRATED);
        let beside = |address: &str| parse(&format!("oxen:{address}?tx_payment_id=0123456789abcdef"));
        assert_eq!(beside(INTEGRATED), Err(UriError::UnfittingPaymentId));
        assert_eq!(beside(SUBADDRESS), Err(UriError::UnfittingPaymentId));
        let long = format!("oxen:{ADDRESS}?tx_payment_id={}", "ab".repeat(32));
        assert_eq!(parse(&long), Err(UriError::ObsoletePaymentId));
    }

    #[test]
    fn every_fault_has_its_own_message() {
        assert_eq!(parse(&format!("monero:{ADDRESS}")), Err(UriError::WrongScheme));
        assert_eq!(parse("oxen:?tx_amount=1"), Err(UriError::Address(AddressFault::Empty)));
        assert!(matches!(
            parse("oxen:L5yY"),
            Err(UriError::Address(AddressFault::Invalid(_)))
        ));
        let with = |query: &str| parse(&format!("oxen:{ADDRESS}?{query}"));
        assert_eq!(with("tx_amount=x"), Err(UriError::Amount(AmountError::NotANumber)));
        assert_eq!(with("tx_amount=1&tx_amount=1"), Err(UriError::Repeated("tx_amount")));
        assert_eq!(with("tx_amount"), Err(UriError::NoValue));
        for broken in ["%", "%4", "%zz", "%ff", "%+1"] {
            assert_eq!(
                with(&format!("recipient_name={broken}")),
                Err(UriError::BadEscape),
                "{broken}"
            );
        }
        assert_eq!(parse(&"x".repeat(9_000)), Err(UriError::TooLong));
    }
}
