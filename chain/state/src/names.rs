//! The registers of names: what transactions of the name system do to them, and what readers ask (chain §6).
//!
//! Only the newest row of a name is kept, active or expired: an earlier one is needed by nobody but a block that is taken
//! back, and for that the undo record has it.

use crate::{
    delta::{Overlay, scan_rows},
    error::TransactionError,
    table::{Table, TableId, TableKey},
    transaction::CheckedTransaction,
    view::{TypedView, View, ViewError},
};
use oxen_names::{NameContext, NameEntry, NameError, NameKind, NameRequest, NameRows, check_name_record};
use oxen_types::{
    Hash, Height, Network,
    extra::{Extra, NameOwner},
    transaction::TransactionType,
};

/// Registered names by register and hash.
#[derive(Debug, Clone, Copy)]
pub enum Names {}

impl Table for Names {
    const ID: TableId = TableId::Names;
    type Key = NameKey;
    type Row = NameEntry;
}

/// Which names an owner has, as owner or as backup owner.
#[derive(Debug, Clone, Copy)]
pub enum NamesByOwner {}

impl Table for NamesByOwner {
    const ID: TableId = TableId::NamesByOwner;
    type Key = OwnedNameKey;
    type Row = ();
}

/// Key of [`Names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameKey {
    /// The register.
    pub kind: NameKind,
    /// BLAKE2b-256 of the name.
    pub hash: Hash,
}

impl TableKey for NameKey {
    fn to_key_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.kind.number()];
        bytes.extend_from_slice(self.hash.as_bytes());
        bytes
    }
}

/// Key of [`NamesByOwner`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnedNameKey {
    /// The owner or backup owner. An address counts as one owner whatever its subaddress flag says.
    pub owner: NameOwner,
    /// The name.
    pub name: NameKey,
}

impl TableKey for OwnedNameKey {
    fn to_key_bytes(&self) -> Vec<u8> {
        let mut bytes = self.owner.signed_form();
        bytes.extend(self.name.to_key_bytes());
        bytes
    }
}

/// Checks a transaction of the name system against the state before `height`; others pass.
///
/// # Errors
/// The rule it breaks, or the state could not be read.
pub fn check_name_transaction(
    view: &dyn View,
    network: &Network,
    transaction: &CheckedTransaction,
    height: Height,
) -> Result<(), TransactionError> {
    next_entry(view, network, transaction, height).map(|_| ())
}

/// Writes the row that a transaction of the name system makes, and keeps the index of owners exact; others do nothing.
///
/// # Errors
/// As [`check_name_transaction`].
pub fn apply_name_transaction(
    state: &mut Overlay<&dyn View>,
    network: &Network,
    transaction: &CheckedTransaction,
    height: Height,
) -> Result<(), TransactionError> {
    let Some((before, entry)) = next_entry(state, network, transaction, height)? else {
        return Ok(());
    };
    let name = NameKey {
        kind: entry.kind,
        hash: entry.name_hash,
    };
    for owner in before.iter().flat_map(NameEntry::owners) {
        state.delete::<NamesByOwner>(&OwnedNameKey { owner: *owner, name });
    }
    for owner in entry.owners() {
        state.put::<NamesByOwner>(&OwnedNameKey { owner: *owner, name }, &());
    }
    state.put::<Names>(&name, &entry);
    Ok(())
}

/// A name's row before and after the transaction.
type Step = (Option<NameEntry>, NameEntry);

fn next_entry(
    view: &dyn View,
    network: &Network,
    transaction: &CheckedTransaction,
    height: Height,
) -> Result<Option<Step>, TransactionError> {
    let prefix = &transaction.transaction().prefix;
    if prefix.kind != TransactionType::OxenNameSystem {
        return Ok(None);
    }
    let extra = Extra::parse_or_empty(&prefix.extra);
    let record = extra.name_record().ok_or(NameError::RecordMissing)?;
    let kind = NameKind::of(record.name_type);
    let current = name(view, kind, record.name_hash)?;
    let sibling = match kind.sibling() {
        Some(kind) => name(view, kind, record.name_hash)?,
        None => None,
    };
    let entry = check_name_record(
        &NameRequest {
            record,
            transaction: transaction.id(),
            burned: transaction.declared_burn(),
        },
        &NameContext {
            height,
            version: network.forks.version_at(height).version,
            periods: &network.name_periods,
        },
        NameRows {
            current: current.as_ref(),
            sibling: sibling.as_ref(),
        },
    )?;
    Ok(Some((current, entry)))
}

/// The row of a name, active or expired.
///
/// # Errors
/// The state could not be read.
pub fn name(view: &dyn View, kind: NameKind, hash: Hash) -> Result<Option<NameEntry>, ViewError> {
    view.get::<Names>(&NameKey { kind, hash })
}

/// Up to `limit` names that this owner has as owner or as backup owner, active or expired, by register and hash.
///
/// # Errors
/// The state could not be read.
pub fn names_of_owner(view: &dyn View, owner: &NameOwner, limit: usize) -> Result<Vec<NameEntry>, ViewError> {
    let prefix = owner.signed_form();
    view.scan(TableId::NamesByOwner, &prefix, &prefix, limit)?
        .into_iter()
        .map(|(key, _)| {
            let name = key.get(prefix.len()..).unwrap_or_default();
            let row = view
                .read(TableId::Names, name)?
                .ok_or(ViewError::Missing { table: TableId::Names })?;
            crate::view::decode_row::<Names>(&row)
        })
        .collect()
}

/// How many names of each register are active.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NameCounts {
    /// Of Session accounts.
    pub session: u64,
    /// Of wallet addresses.
    pub wallet: u64,
    /// Of onion services.
    pub lokinet: u64,
}

/// Counts the names that are active at a height. Reads every row.
///
/// # Errors
/// The state could not be read.
pub fn name_counts(view: &dyn View, height: Height) -> Result<NameCounts, ViewError> {
    let mut counts = NameCounts::default();
    for (_, entry) in scan_rows::<Names>(view, &[], &[], usize::MAX)? {
        if entry.is_active(height) {
            let count = match entry.kind {
                NameKind::Session => &mut counts.session,
                NameKind::Wallet => &mut counts.wallet,
                NameKind::Lokinet => &mut counts.lokinet,
            };
            *count = count.saturating_add(1);
        }
    }
    Ok(counts)
}
