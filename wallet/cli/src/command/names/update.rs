//! `ons_update_mapping`, `ons_make_update_mapping_signature`

use super::{
    NamesError,
    dialogue::{self, Deal, Market},
    words,
};
use crate::{
    command::{Arguments, CommandError, Reply, arguments::parse_hex},
    session::Session,
    terminal::Terminal,
};
use oxen_crypto::SubaddressIndex;
use oxen_names::{EncryptedValue, Name, NameEntry, NameValue, owner::owner_text, update::is_signed_by};
use oxen_types::{
    Amount, Hash, Signature,
    extra::{NameOwner, NameRecord, NameSignature},
};
use oxen_wallet_core::names::{NameChanges, unsigned_update};
use rand_core::OsRng;
use serde_json::json;
use std::fmt::Write;

/// What is to be changed.
struct Changes {
    name: Name,
    changes: NameChanges,
    /// A value that is encrypted already.
    encrypted_value: Option<EncryptedValue>,
}

impl Changes {
    /// Takes `owner=`, `backup_owner=`, `value=`, `encrypted_value=`, and the name, which is the only other word.
    fn parse(session: &Session, words: &mut Arguments) -> Result<Self, CommandError> {
        let prefixes = session.wallet.network().prefixes;
        let kind = words::kind(words)?;
        let owner = words::owner(words, "owner", &prefixes)?;
        let backup_owner = words::owner(words, "backup_owner", &prefixes)?;
        let value = words.take_named("value");
        let encrypted_value = words.take_named("encrypted_value");
        let text = words.take_last("The name")?;
        let kind = kind.unwrap_or_else(|| words::likely_kind(&text));
        let encrypted_value = encrypted_value
            .map(|text| words::encrypted_value(&text, kind))
            .transpose()?;
        if value.is_some() && encrypted_value.is_some() {
            return Err(NamesError::TwoValues.into());
        }
        let changes = NameChanges {
            value: value.map(|value| words::value(kind, &value, &prefixes)).transpose()?,
            owner,
            backup_owner,
        };
        if changes.is_empty() && encrypted_value.is_none() {
            return Err(NamesError::NoChange.into());
        }
        Ok(Self {
            name: words::name(kind, &text)?,
            changes,
            encrypted_value,
        })
    }

    /// The record, without its signature. An encrypted value must be of this name.
    fn record(&self, previous_transaction: Hash) -> Result<NameRecord, NamesError> {
        let mut record = unsigned_update(&self.name, previous_transaction, &self.changes, &mut OsRng);
        if let Some(value) = &self.encrypted_value {
            value.decrypt(&self.name)?;
            record.encrypted_value = Some(value.as_bytes().to_vec());
        }
        Ok(record)
    }

    /// What the name will point to.
    fn value(&self) -> Result<Option<NameValue>, NamesError> {
        match (&self.changes.value, &self.encrypted_value) {
            (Some(value), _) => Ok(Some(*value)),
            (None, Some(encrypted)) => Ok(Some(encrypted.decrypt(&self.name)?)),
            (None, None) => Ok(None),
        }
    }
}

/// `ons_update_mapping [index=] [<priority>] [type=] [owner=] [backup_owner=] [value=] [signature=] <name>`
pub(in crate::command) async fn update(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let sources = words.sources()?;
    let signature = words::signature(&mut words)?;
    let changes = Changes::parse(session, &mut words)?;
    let priority = words.priority()?;
    words.finish()?;
    if signature.is_some() && changes.changes.value.is_some() {
        return Err(NamesError::SignatureNeedsEncryptedValue.into());
    }
    let market = Market::open(session, terminal, &changes.name, "to change a name").await?;
    let current = market.registered(&changes.name)?.clone();
    let mut record = changes.record(current.transaction)?;
    record.signature = Some(match signature {
        Some(signature) => foreign_signature(&current, &record, signature),
        None => own_signature(session, &changes.name, &current, &record)?,
    });
    market.check(session, &record, Amount::ZERO)?;
    let mut facts = String::new();
    if let Some(value) = changes.value()? {
        facts += &dialogue::value_line(session, &value);
    }
    if let Some(owner) = &changes.changes.owner {
        facts += &dialogue::owner_line(session, "new owner", owner)?;
    }
    if let Some(owner) = &changes.changes.backup_owner {
        facts += &dialogue::owner_line(session, "new backup owner", owner)?;
    }
    facts += &format!("  registered {}\n", dialogue::how_long(session, current.expiration));
    let deal = Deal {
        name: &changes.name,
        doing: "Changing",
        record,
        price: Amount::ZERO,
        sources,
        priority,
        facts,
    };
    dialogue::send(session, terminal, &market, deal).await
}

/// A signature that somebody else made: of the owner whose it is. If it is nobody's, the chain's rules say so.
fn foreign_signature(current: &NameEntry, record: &NameRecord, signature: Signature) -> NameSignature {
    let of = |owner: &NameOwner| NameSignature {
        kind: owner.signature_kind(),
        signature,
    };
    let mut candidate = record.clone();
    for owner in current.owners() {
        candidate.signature = Some(of(owner));
        if is_signed_by(&candidate, owner) {
            return of(owner);
        }
    }
    of(&current.owner)
}

/// Signs as owner or backup owner, whichever this wallet is.
fn own_signature(
    session: &mut Session,
    name: &Name,
    current: &NameEntry,
    record: &NameRecord,
) -> Result<NameSignature, CommandError> {
    for owner in current.owners() {
        if let Some(signature) = session.wallet.sign_name_update(owner, record, &mut OsRng)? {
            return Ok(signature);
        }
    }
    Err(NamesError::NotOurs {
        kind: name.kind(),
        name: name.text().to_owned(),
        owner: owner_text(&current.owner, &session.wallet.network().prefixes),
    }
    .into())
}

/// `ons_make_update_mapping_signature [type=] [owner=] [backup_owner=] [value=] [previous=] [address=] <name>`
pub(in crate::command) async fn make_update_signature(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let previous = words.take_named("previous");
    let previous = previous
        .map(|text| parse_hex::<Hash>(&text, "transaction id"))
        .transpose()?;
    let address = words.take_named("address");
    let minor = match address.as_deref().map(str::parse::<u32>) {
        None => 0,
        Some(Ok(minor)) => minor,
        Some(Err(_)) => {
            return Err(words.usage("address= is the number of an address of the account, such as address=2."));
        }
    };
    let changes = Changes::parse(session, &mut words)?;
    words.finish()?;
    if session.wallet.is_view_only() {
        return Err(CommandError::ViewOnly("signing"));
    }
    session.ask_password(terminal, "to sign")?;
    let (record, signature) = match previous {
        Some(previous) => {
            let index = SubaddressIndex::new(session.account, minor);
            let owner = session.wallet.name_owner(index)?;
            let record = changes.record(previous)?;
            let signature = session.wallet.sign_name_update(&owner, &record, &mut OsRng)?;
            (record, signature.ok_or(CommandError::ViewOnly("signing"))?)
        }
        None => {
            let current = look_up_current(session, &changes.name).await?;
            let record = changes.record(current.transaction)?;
            let signature = own_signature(session, &changes.name, &current, &record)?;
            (record, signature)
        }
    };
    Ok(signed_reply(session, &changes, &record, &signature))
}

async fn look_up_current(session: &mut Session, name: &Name) -> Result<NameEntry, CommandError> {
    let prefixes = session.wallet.network().prefixes;
    let daemon = session.daemon().await?;
    let rows = daemon.names(&name.hash(), &[name.kind()], &prefixes).await?;
    Ok(rows.into_iter().next().ok_or_else(|| NamesError::NotRegistered {
        kind: name.kind(),
        name: name.text().to_owned(),
    })?)
}

/// The signature, and the command that uses it.
fn signed_reply(session: &Session, changes: &Changes, record: &NameRecord, signature: &NameSignature) -> Reply {
    let prefixes = session.wallet.network().prefixes;
    let value = record.encrypted_value.as_ref().map(hex::encode);
    let mut command = format!("ons_update_mapping type={}", changes.name.kind());
    for (option, owner) in [("owner", &record.owner), ("backup_owner", &record.backup_owner)] {
        if let Some(owner) = owner {
            let _ = write!(command, " {option}={}", owner_text(owner, &prefixes));
        }
    }
    if let Some(value) = &value {
        let _ = write!(command, " encrypted_value={value}");
    }
    let _ = write!(command, " signature={} {}", signature.signature, changes.name);
    Reply::new(
        format!("The signature is good for exactly this command, which any wallet can pay for:\n{command}"),
        json!({
            "signature": signature.signature.to_string(),
            "encrypted_value": value,
            "previous": record.previous_transaction.to_string(),
            "command": command,
        }),
    )
}
