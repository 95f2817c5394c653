//! `address`, `integrated_address`

use super::{Arguments, CommandError, Reply};
use crate::session::Session;
use oxen_crypto::{AddressKind, SubaddressIndex};
use oxen_types::PaymentId;
use oxen_wallet_core::address::{AddressUse, parse_address};
use rand_core::{OsRng, RngCore};
use serde_json::{Value, json};

/// Most addresses that are shown at once.
const SHOWN_AT_ONCE: u32 = 10_000;

/// `address [new|all|label|<from> [<to>]]`
pub(super) fn address(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let account = session.account;
    let last = session.wallet.accounts().get(account)?.addresses().saturating_sub(1);
    match words.peek() {
        None => list(session, 0, 0),
        Some("all") => {
            words.next_if_any();
            words.finish()?;
            list(session, 0, last)
        }
        Some("new") => {
            words.next_if_any();
            let label = words.rest();
            let index = session.wallet.accounts_mut().add_address(account, &label)?;
            session.save()?;
            list(session, index.minor, index.minor)
        }
        Some("label") => {
            words.next_if_any();
            let index = SubaddressIndex::new(account, words.number("The number of the address")?);
            let label = words.rest();
            session.wallet.accounts_mut().label_address(index, &label)?;
            session.save()?;
            list(session, index.minor, index.minor)
        }
        Some(_) => {
            let from: u32 = words.number("The number of the first address")?;
            let to = if words.is_empty() {
                from
            } else {
                words.number("The number of the last address")?
            };
            words.finish()?;
            list(session, from, to)
        }
    }
}

/// Addresses of the account from one number to another.
fn list(session: &Session, from: u32, to: u32) -> Result<Reply, CommandError> {
    let accounts = session.wallet.accounts();
    let account = session.account;
    let end = to.min(from.saturating_add(SHOWN_AT_ONCE));
    let used_addresses = session.wallet.used_addresses();
    let (mut lines, mut json) = (Vec::new(), Vec::new());
    for minor in from..=end {
        let index = SubaddressIndex::new(account, minor);
        let exists = accounts.contains(index);
        let (address, label) = (session.wallet.address_text(index)?, accounts.address_label(index));
        let used = used_addresses.contains(&index);
        let notes: Vec<&str> = [
            (!label.is_empty()).then_some(label),
            used.then_some("(used)"),
            (!exists).then_some("(not made yet: address new)"),
        ]
        .into_iter()
        .flatten()
        .collect();
        lines.push(format!("{minor}  {address}  {}", notes.join(" ")).trim_end().to_owned());
        json.push(json!({
            "account": account, "address_index": minor, "address": address, "label": label, "used": used, "exists": exists
        }));
    }
    Ok(Reply::new(lines.join("\n"), Value::Array(json)))
}

/// `integrated_address [payment id | address]`
pub(super) fn integrated_address(session: &Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let prefixes = session.wallet.network().prefixes;
    let id = match words.next_if_any() {
        None => {
            let mut bytes = [0; PaymentId::LENGTH];
            OsRng.fill_bytes(&mut bytes);
            PaymentId::new(bytes)
        }
        Some(text) => match text.parse() {
            Ok(id) => id,
            Err(_) if text.len() <= 2 * PaymentId::LENGTH => {
                return Err(words.usage(format!("\"{text}\" is no payment id: it has 16 hexadecimal digits.")));
            }
            Err(_) => return take_apart(session, &text),
        },
    };
    words.finish()?;
    let plain = session.wallet.address(SubaddressIndex::PRIMARY)?;
    let Some(integrated) = plain.with_payment_id(id) else {
        return Err(CommandError::NothingThere(
            "the primary address carries no payment id".to_owned(),
        ));
    };
    let address = integrated.encode(&prefixes);
    let text = format!("Integrated address: {address}\nPayment id: {id}");
    Ok(Reply::new(
        text,
        json!({"integrated_address": address, "payment_id": id.to_string()}),
    ))
}

fn take_apart(session: &Session, text: &str) -> Result<Reply, CommandError> {
    let prefixes = session.wallet.network().prefixes;
    let address = parse_address(text, &prefixes, AddressUse::Payment)?;
    let plain =
        |kind| oxen_crypto::Address::new(kind, address.spend(), address.view()).map(|plain| plain.encode(&prefixes));
    match address.kind() {
        AddressKind::Integrated(id) => {
            let standard = plain(AddressKind::Standard).map_err(oxen_wallet_core::address::AddressFault::from)?;
            let text = format!("Address: {standard}\nPayment id: {id}");
            Ok(Reply::new(
                text,
                json!({"address": standard, "payment_id": id.to_string()}),
            ))
        }
        AddressKind::Standard => Err(CommandError::NothingThere(
            "this is a primary address without payment id".to_owned(),
        )),
        AddressKind::Subaddress => Err(CommandError::NothingThere(
            "this is a subaddress, which carries no payment id".to_owned(),
        )),
    }
}
