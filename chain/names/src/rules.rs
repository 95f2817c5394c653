//! Whether a record may change a register, and what its row becomes (chain §6.5).

use crate::{
    encryption::is_encrypted_length,
    entry::NameEntry,
    kind::NameKind,
    name::EMPTY_NAME_HASH,
    price::{allowed_from, period, price},
    update::is_signed_by,
};
use oxen_types::{
    Amount, Hash, Height,
    extra::{NameOperation, NameOwner, NameRecord, NameType},
    network::{HardForkVersion, NamePeriods},
};
use thiserror::Error;

/// What a transaction of the name system asks for.
#[derive(Debug, Clone, Copy)]
pub struct NameRequest<'a> {
    /// The record in its extra (0x7A).
    pub record: &'a NameRecord,
    /// Its id.
    pub transaction: Hash,
    /// What its extra declares as burned (0x79), whatever the fee is.
    pub burned: Amount,
}

/// Where in the chain it is asked.
#[derive(Debug, Clone, Copy)]
pub struct NameContext<'a> {
    /// Height of the block that holds the transaction, or of the next one for a transaction that waits.
    pub height: Height,
    /// The fork at that height.
    pub version: HardForkVersion,
    /// The network's periods.
    pub periods: &'a NamePeriods,
}

/// The rows that the request concerns, whether or not they are expired.
#[derive(Debug, Clone, Copy, Default)]
pub struct NameRows<'a> {
    /// Of the register of the record's type.
    pub current: Option<&'a NameEntry>,
    /// Of the register whose names must have the same owners ([`NameKind::sibling`]).
    pub sibling: Option<&'a NameEntry>,
}

/// Why a transaction of the name system is refused; one variant for each rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Rule 1: there is a record.
    #[error("the transaction carries no record of the name system")]
    RecordMissing,
    /// Rule 1: version 0.
    #[error("the name record has version {found}; version 0 is required")]
    WrongVersion {
        /// Version found.
        found: u8,
    },
    /// Rule 1: the type exists at this fork.
    #[error("names of type {name_type:?} are allowed from hard fork {} on", allowed_from(*.name_type).number())]
    TypeNotAllowed {
        /// The type.
        name_type: NameType,
    },
    /// Rule 1: the parts of the record fit a purchase, an update or a renewal.
    #[error("the name record is neither a purchase, nor an update, nor a renewal of an onion service")]
    NoOperation,
    /// Rule 1: two owners are two.
    #[error("the owner and the backup owner of a name must differ")]
    SameOwners,
    /// Rule 2: the name is not empty.
    #[error("the name record is for the empty name")]
    EmptyName,
    /// Rule 2: the encrypted value has a length of its type.
    #[error("an encrypted value of {found} bytes does not fit a name of type {name_type:?}")]
    ValueLength {
        /// The type.
        name_type: NameType,
        /// Bytes found.
        found: usize,
    },
    /// Rule 3: an update or renewal is of a name that is registered.
    #[error("the name is not registered, so it can be neither updated nor renewed; buy it")]
    NotRegistered,
    /// Rule 3: an update or renewal comes before the name expires.
    #[error("the name expired at height {expiration}; buy it again")]
    Expired {
        /// The last height at which it was registered.
        expiration: Height,
    },
    /// Rule 3: an update changes what it gives.
    #[error("the update gives the value that the name already has")]
    ValueUnchanged,
    /// Rule 3: an update changes what it gives.
    #[error("the update gives the owner that the name already has")]
    OwnerUnchanged,
    /// Rule 3: an update changes what it gives.
    #[error("the update gives the backup owner that the name already has")]
    BackupOwnerUnchanged,
    /// Rule 3: the owner or the backup owner signs an update.
    #[error("the update is signed neither by the owner of the name nor by its backup owner")]
    InvalidSignature,
    /// Rule 3: the record names the transaction that last changed the name; a purchase names none.
    #[error("the name was last changed by transaction {expected}, not by {found}; look it up again")]
    WrongPrevious {
        /// The transaction that last changed it; zero for a purchase.
        expected: Hash,
        /// What the record says.
        found: Hash,
    },
    /// Rule 3: nobody has the name.
    #[error("the name is already registered{}", until(.expiration))]
    AlreadyRegistered {
        /// The last height at which it is registered, if it expires.
        expiration: Option<Height>,
    },
    /// Rule 3: session and wallet names of the same text have the same owners.
    #[error("the {kind} name of this text is registered, so the owners of this one must be its owner or backup owner")]
    OwnedByAnother {
        /// The register in which it is.
        kind: NameKind,
    },
    /// Rule 4: exactly the price is burned.
    #[error("the transaction burns {found} OXEN; exactly {required} is required")]
    WrongBurn {
        /// The price.
        required: Amount,
        /// What is burned.
        found: Amount,
    },
}

fn until(expiration: &Option<Height>) -> String {
    expiration.map_or_else(String::new, |height| format!(" until height {height}"))
}

/// Checks a request against the rows and returns the row that it makes of `rows.current`.
///
/// # Errors
/// The first rule it breaks, in the order of chain §6.5.
pub fn check_name_record(
    request: &NameRequest<'_>,
    context: &NameContext<'_>,
    rows: NameRows<'_>,
) -> Result<NameEntry, NameError> {
    let record = request.record;
    let operation = check_form(record, context.version)?;
    check_fields(record)?;
    let mut entry = match operation {
        NameOperation::Buy => bought(record, context, rows)?,
        NameOperation::Update => updated(record, context.height, rows.current)?,
        NameOperation::Renew => renewed(record, context, rows.current)?,
    };
    let required = match operation {
        NameOperation::Buy | NameOperation::Renew => price(record.name_type, context.version),
        NameOperation::Update => Amount::ZERO,
    };
    if request.burned != required {
        return Err(NameError::WrongBurn {
            required,
            found: request.burned,
        });
    }
    entry.transaction = request.transaction;
    entry.update_height = context.height;
    Ok(entry)
}

/// Rule 1.
fn check_form(record: &NameRecord, version: HardForkVersion) -> Result<NameOperation, NameError> {
    if record.version != 0 {
        return Err(NameError::WrongVersion { found: record.version });
    }
    let name_type = record.name_type;
    if version < allowed_from(name_type) {
        return Err(NameError::TypeNotAllowed { name_type });
    }
    let operation = record.operation().ok_or(NameError::NoOperation)?;
    if record.owner.is_some() && record.owner == record.backup_owner {
        return Err(NameError::SameOwners);
    }
    Ok(operation)
}

/// Rule 2.
fn check_fields(record: &NameRecord) -> Result<(), NameError> {
    if record.name_hash.is_zero() || record.name_hash == EMPTY_NAME_HASH {
        return Err(NameError::EmptyName);
    }
    match &record.encrypted_value {
        Some(value) if !is_encrypted_length(NameKind::of(record.name_type), value.len()) => {
            Err(NameError::ValueLength {
                name_type: record.name_type,
                found: value.len(),
            })
        }
        _ => Ok(()),
    }
}

fn bought(record: &NameRecord, context: &NameContext<'_>, rows: NameRows<'_>) -> Result<NameEntry, NameError> {
    let (Some(owner), Some(value)) = (record.owner, record.encrypted_value.clone()) else {
        return Err(NameError::NoOperation);
    };
    if let Some(current) = rows.current.filter(|entry| entry.is_active(context.height)) {
        return Err(NameError::AlreadyRegistered {
            expiration: current.expiration,
        });
    }
    if let Some(sibling) = rows.sibling.filter(|entry| entry.is_active(context.height)) {
        let owners = [Some(owner), record.backup_owner];
        if !owners.iter().flatten().all(|owner| sibling.is_owned_by(owner)) {
            return Err(NameError::OwnedByAnother { kind: sibling.kind });
        }
    }
    check_previous(record, Hash::ZERO)?;
    Ok(NameEntry {
        kind: NameKind::of(record.name_type),
        name_hash: record.name_hash,
        encrypted_value: value,
        transaction: Hash::ZERO,
        owner,
        backup_owner: somebody(record.backup_owner),
        update_height: context.height,
        expiration: period(record.name_type, context.periods).map(|blocks| context.height.saturating_add(blocks)),
    })
}

fn updated(record: &NameRecord, height: Height, current: Option<&NameEntry>) -> Result<NameEntry, NameError> {
    let current = active(current, height)?;
    if record.encrypted_value.as_ref() == Some(&current.encrypted_value) {
        return Err(NameError::ValueUnchanged);
    }
    if record.owner == Some(current.owner) {
        return Err(NameError::OwnerUnchanged);
    }
    if record.backup_owner.is_some() && somebody(record.backup_owner) == current.backup_owner {
        return Err(NameError::BackupOwnerUnchanged);
    }
    // Before the signature, because that covers the transaction before: a stale update says so and not "wrong signature".
    check_previous(record, current.transaction)?;
    if !current.owners().any(|owner| is_signed_by(record, owner)) {
        return Err(NameError::InvalidSignature);
    }
    let mut entry = current.clone();
    if let Some(value) = &record.encrypted_value {
        entry.encrypted_value.clone_from(value);
    }
    if let Some(owner) = record.owner {
        entry.owner = owner;
    }
    if record.backup_owner.is_some() {
        entry.backup_owner = somebody(record.backup_owner);
    }
    Ok(entry)
}

fn renewed(
    record: &NameRecord,
    context: &NameContext<'_>,
    current: Option<&NameEntry>,
) -> Result<NameEntry, NameError> {
    let current = active(current, context.height)?;
    check_previous(record, current.transaction)?;
    let mut entry = current.clone();
    if let Some(blocks) = period(record.name_type, context.periods) {
        entry.expiration = current.expiration.map(|expiration| expiration.saturating_add(blocks));
    }
    Ok(entry)
}

fn active(current: Option<&NameEntry>, height: Height) -> Result<&NameEntry, NameError> {
    let current = current.ok_or(NameError::NotRegistered)?;
    match current.expiration {
        Some(expiration) if height > expiration => Err(NameError::Expired { expiration }),
        _ => Ok(current),
    }
}

fn check_previous(record: &NameRecord, expected: Hash) -> Result<(), NameError> {
    if record.previous_transaction == expected {
        Ok(())
    } else {
        Err(NameError::WrongPrevious {
            expected,
            found: record.previous_transaction,
        })
    }
}

/// A backup owner of zero keys is none.
fn somebody(owner: Option<NameOwner>) -> Option<NameOwner> {
    owner.filter(|owner| !owner.is_zero())
}

#[cfg(test)]
mod tests;
