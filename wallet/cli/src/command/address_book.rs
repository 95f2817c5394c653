//! `address_book`

use super::{Arguments, CommandError, Reply};
use crate::session::Session;
use oxen_wallet_core::{
    address::{AddressUse, parse_address},
    sent::AddressBookEntry,
    uri::PaymentUri,
};
use serde_json::{Value, json};

/// `address_book [add|delete]`
pub(super) fn address_book(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    match words.next_if_any().as_deref() {
        None => {}
        Some("add") => add(session, words)?,
        Some("delete") => {
            let place: usize = words.number("The number of the entry")?;
            let book = session.wallet.journal_mut().address_book_mut();
            if place >= book.len() {
                return Err(words.usage(format!("The address book has no entry {place}.")));
            }
            words.finish()?;
            book.remove(place);
            session.save()?;
        }
        Some(other) => return Err(words.usage(format!("\"{other}\" is not something to do with the address book."))),
    }
    Ok(list(session))
}

fn add(session: &mut Session, mut words: Arguments) -> Result<(), CommandError> {
    let prefixes = session.wallet.network().prefixes;
    let text = words.next("The address")?;
    let mut description = words.rest();
    let address = if text.starts_with("oxen:") {
        let link = PaymentUri::parse(&text, &prefixes)?;
        if description.is_empty() {
            description = link.recipient.or(link.description).unwrap_or_default();
        }
        link.address
    } else {
        parse_address(&text, &prefixes, AddressUse::Payment)?
    };
    let entry = AddressBookEntry {
        address: address.encode(&prefixes),
        description,
    };
    session.wallet.journal_mut().address_book_mut().push(entry);
    session.save()?;
    Ok(())
}

fn list(session: &Session) -> Reply {
    let book = session.wallet.journal().address_book();
    if book.is_empty() {
        return Reply::new("The address book is empty.", Value::Array(Vec::new()));
    }
    let lines = book.iter().enumerate().map(|(place, entry)| {
        format!("{place}  {}  {}", entry.address, entry.description)
            .trim_end()
            .to_owned()
    });
    let json = book
        .iter()
        .enumerate()
        .map(|(place, entry)| json!({"index": place, "address": entry.address, "description": entry.description}));
    Reply::new(lines.collect::<Vec<_>>().join("\n"), json.collect())
}
