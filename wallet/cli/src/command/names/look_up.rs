//! `ons_lookup`, `ons_by_owner`, `ons_encrypt`

use super::{NamesError, dialogue::how_long, words};
use crate::{
    command::{Arguments, CommandError, Reply},
    daemon::Trust,
    session::Session,
};
use oxen_crypto::SubaddressIndex;
use oxen_names::{
    EncryptedValue, Name, NameEntry, NameKind,
    name::hash_text,
    owner::{owner_text, parse_owner},
};
use oxen_types::Height;
use oxen_wallet_core::names;
use rand_core::OsRng;
use serde_json::{Value, json};
use std::fmt::Write;

/// `ons_lookup [type=] <name> [<name> …]`
pub(in crate::command) async fn look_up(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let kind = words::kind(&mut words)?;
    let mut names = Vec::new();
    while let Some(text) = words.next_if_any() {
        names.push(candidates(kind, &text)?);
    }
    if names.is_empty() {
        return Err(words.usage("The name is missing."));
    }
    let prefixes = session.wallet.network().prefixes;
    let daemon = session.daemon().await?;
    let (mut text, mut list) = (String::new(), Vec::new());
    for candidates in names {
        let Some(first) = candidates.first() else { continue };
        let kinds: Vec<NameKind> = candidates.iter().map(Name::kind).collect();
        let rows = daemon.names(&first.hash(), &kinds, &prefixes).await?;
        if rows.is_empty() {
            let kinds = kinds.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
            let _ = writeln!(text, "Nobody has the {kinds} name {first}");
            list.push(json!({"name": first.text(), "registered": false}));
        }
        for row in rows {
            let Some(name) = candidates.iter().find(|name| name.kind() == row.kind) else {
                continue;
            };
            let (lines, entry) = describe(session, name, &row);
            text += &lines;
            list.push(entry);
        }
    }
    Ok(Reply::new(text.trim_end(), Value::Array(list)))
}

/// The names that text can be when its kind is not given: session and wallet names look alike.
fn candidates(kind: Option<NameKind>, text: &str) -> Result<Vec<Name>, NamesError> {
    match (kind, words::likely_kind(text)) {
        (Some(kind), _) => Ok(vec![words::name(kind, text)?]),
        (None, NameKind::Lokinet) => Ok(vec![words::name(NameKind::Lokinet, text)?]),
        (None, NameKind::Session | NameKind::Wallet) => Ok(vec![
            words::name(NameKind::Session, text)?,
            words::name(NameKind::Wallet, text)?,
        ]),
    }
}

fn describe(session: &Session, name: &Name, row: &NameEntry) -> (String, Value) {
    let prefixes = session.wallet.network().prefixes;
    let value = EncryptedValue::from_bytes(row.encrypted_value.clone())
        .decrypt(name)
        .map(|value| value.text(&prefixes));
    let owner = owner_text(&row.owner, &prefixes);
    let backup_owner = row.backup_owner.map(|owner| owner_text(&owner, &prefixes));
    let mut text = format!("The {} name {name}\n", row.kind);
    let _ = match &value {
        Ok(value) => writeln!(text, "  points to {value}"),
        Err(error) => writeln!(text, "  {error}"),
    };
    let _ = writeln!(text, "  owner {owner}");
    if let Some(backup_owner) = &backup_owner {
        let _ = writeln!(text, "  backup owner {backup_owner}");
    }
    let _ = writeln!(text, "  registered {}", how_long(session, row.expiration));
    let _ = writeln!(
        text,
        "  last changed in block {} by transaction {}",
        row.update_height, row.transaction
    );
    let json = json!({
        "name": name.text(),
        "type": row.kind.label(),
        "registered": true,
        "value": value.ok(),
        "owner": owner,
        "backup_owner": backup_owner,
        "update_height": row.update_height.index(),
        "expiration_height": row.expiration.map(Height::index),
        "txid": row.transaction.to_string(),
    });
    (text, json)
}

/// `ons_by_owner [<owner> …]`
pub(in crate::command) async fn by_owner(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let prefixes = session.wallet.network().prefixes;
    let mut owners = Vec::new();
    while let Some(text) = words.next_if_any() {
        parse_owner(&text, &prefixes).map_err(|reason| NamesError::Owner {
            option: "owner",
            text: text.clone(),
            reason,
        })?;
        owners.push(text);
    }
    let daemon = session.daemon().await?;
    let whose = if owners.is_empty() {
        if daemon.trust() == Trust::Untrusted {
            return Err(NamesError::TellsAddresses.into());
        }
        owners = own_addresses(session)?;
        "This wallet has"
    } else {
        "They have"
    };
    let rows = daemon.names_of(&owners, &prefixes).await?;
    if rows.is_empty() {
        return Ok(Reply::new(format!("{whose} no names."), json!([])));
    }
    let mut text = String::new();
    let mut list = Vec::new();
    for row in &rows {
        let note = session.wallet.journal().note(&row.transaction);
        let beside = if note.is_empty() {
            String::new()
        } else {
            format!(" ({note})")
        };
        let _ = writeln!(
            text,
            "{} {}{beside}\n  owner {}\n  registered {}; last changed in block {} by transaction {}",
            row.kind,
            hash_text(&row.name_hash),
            owner_text(&row.owner, &prefixes),
            how_long(session, row.expiration),
            row.update_height,
            row.transaction,
        );
        list.push(json!({
            "type": row.kind.label(),
            "name_hash": hash_text(&row.name_hash),
            "note": note,
            "owner": owner_text(&row.owner, &prefixes),
            "backup_owner": row.backup_owner.map(|owner| owner_text(&owner, &prefixes)),
            "update_height": row.update_height.index(),
            "expiration_height": row.expiration.map(Height::index),
            "txid": row.transaction.to_string(),
        }));
    }
    Ok(Reply::new(text.trim_end(), Value::Array(list)))
}

/// Every address that this wallet made.
fn own_addresses(session: &Session) -> Result<Vec<String>, CommandError> {
    let mut addresses = Vec::new();
    for (major, account) in (0_u32..).zip(session.wallet.accounts().all()) {
        for minor in 0..account.addresses() {
            addresses.push(session.wallet.address_text(SubaddressIndex::new(major, minor))?);
        }
    }
    Ok(addresses)
}

/// `ons_encrypt [type=] <name> <value>`
pub(in crate::command) fn encrypt(session: &Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let kind = words::kind(&mut words)?;
    let text = words.next("The name")?;
    let value = words.next("The value")?;
    words.finish()?;
    let kind = kind.unwrap_or_else(|| words::likely_kind(&text));
    let name = words::name(kind, &text)?;
    let value = words::value(kind, &value, &session.wallet.network().prefixes)?;
    let encrypted = hex::encode(names::encrypt(&name, &value, &mut OsRng));
    Ok(Reply::new(
        encrypted.clone(),
        json!({"encrypted_value": encrypted, "name_hash": hash_text(&name.hash()), "type": kind.label()}),
    ))
}
