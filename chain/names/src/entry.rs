//! A row of a register.

use crate::kind::NameKind;
use oxen_types::{Hash, Height, extra::NameOwner};
use parity_scale_codec::{Decode, Encode};

/// What the chain knows of a registered name.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct NameEntry {
    /// The register.
    pub kind: NameKind,
    /// BLAKE2b-256 of the name.
    pub name_hash: Hash,
    /// What the name points to, encrypted with the name.
    pub encrypted_value: Vec<u8>,
    /// The transaction that last changed the row: the next one must name it.
    pub transaction: Hash,
    /// Who may change it.
    pub owner: NameOwner,
    /// Who may also change it.
    pub backup_owner: Option<NameOwner>,
    /// Height of the block of that transaction.
    pub update_height: Height,
    /// The last height at which the name is registered; `None` when it never expires.
    pub expiration: Option<Height>,
}

impl NameEntry {
    /// True while the name is registered: up to and including its last height.
    #[must_use]
    pub fn is_active(&self, height: Height) -> bool {
        self.expiration.is_none_or(|expiration| height <= expiration)
    }

    /// The owner, and the backup owner if there is one.
    pub fn owners(&self) -> impl Iterator<Item = &NameOwner> {
        [Some(&self.owner), self.backup_owner.as_ref()].into_iter().flatten()
    }

    /// True for the owner and the backup owner.
    #[must_use]
    pub fn is_owned_by(&self, owner: &NameOwner) -> bool {
        self.owners().any(|one| one == owner)
    }
}
