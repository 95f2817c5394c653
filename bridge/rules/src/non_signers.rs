//! Who may be missing from a sum of signatures, and how the contract names them (bridge §2.7).
//!
//! The contract keeps the sum of all its keys and takes off those that the caller names. So what counts is the contract's list
//! and never the chain's: a signature of a key that the contract does not have spoils the sum.

use oxen_types::bytes::BlsPublicKey;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// The contract's limit when it is deployed; its owner can change it.
pub const DEFAULT_NON_SIGNERS_MAXIMUM: u64 = 4_000;

/// How many of `nodes` in the contract may be missing: a third, at most the contract's maximum. Of fewer than three, none.
#[must_use]
pub const fn allowed_non_signers(nodes: u64, maximum: u64) -> u64 {
    let third = nodes / 3;
    if third < maximum { third } else { maximum }
}

/// Why a list cannot be that of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ContractListError {
    /// The contract refuses a key that it has.
    #[error("the key {0} is in the contract's list twice: the provider is wrong")]
    DuplicateKey(BlsPublicKey),
    /// The contract numbers each node differently.
    #[error("the id {0} is in the contract's list twice: the provider is wrong")]
    DuplicateId(u64),
    /// Zero is the list's own end.
    #[error("the id 0 is in the contract's list: the provider is wrong")]
    ZeroId,
}

/// The nodes of the rewards contract: key and id of each, as `allServiceNodeIDs()` gives them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContractList(BTreeMap<BlsPublicKey, u64>);

impl ContractList {
    /// The list of these nodes.
    pub fn new(nodes: impl IntoIterator<Item = (u64, BlsPublicKey)>) -> Result<Self, ContractListError> {
        let mut list = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for (id, key) in nodes {
            if id == 0 {
                return Err(ContractListError::ZeroId);
            }
            if !ids.insert(id) {
                return Err(ContractListError::DuplicateId(id));
            }
            if list.insert(key, id).is_some() {
                return Err(ContractListError::DuplicateKey(key));
            }
        }
        Ok(Self(list))
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True for a contract without nodes, for which nothing may be signed (bridge §7.2).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The id of the node with this key.
    #[must_use]
    pub fn id(&self, key: &BlsPublicKey) -> Option<u64> {
        self.0.get(key).copied()
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &BlsPublicKey> {
        self.0.keys()
    }

    /// How many may be missing.
    #[must_use]
    pub fn allowed_non_signers(&self, maximum: u64) -> u64 {
        allowed_non_signers(u64::try_from(self.0.len()).unwrap_or(u64::MAX), maximum)
    }

    /// The ids, ascending, of all nodes that are not among the signers: the contract's `ids` argument. Signers that the contract
    /// does not know change nothing here; their signatures must be left out of the sum.
    #[must_use]
    pub fn non_signers(&self, signers: &BTreeSet<BlsPublicKey>) -> Vec<u64> {
        let missing = self.0.iter().filter(|(key, _)| !signers.contains(*key));
        let mut ids: Vec<u64> = missing.map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> BlsPublicKey {
        BlsPublicKey::new([number; 64])
    }

    #[test]
    fn a_third_may_be_missing_up_to_the_maximum() {
        for (nodes, allowed) in [
            (0, 0),
            (2, 0),
            (3, 1),
            (4, 1),
            (2_200, 733),
            (12_000, 4_000),
            (20_000, 4_000),
        ] {
            assert_eq!(
                allowed_non_signers(nodes, DEFAULT_NON_SIGNERS_MAXIMUM),
                allowed,
                "{nodes}"
            );
        }
    }

    #[test]
    fn those_who_did_not_sign_are_named_by_ids_in_order() {
        let list = ContractList::new([(9, key(1)), (2, key(2)), (5, key(3))]).unwrap();
        assert_eq!(list.non_signers(&BTreeSet::from([key(2)])), [5, 9]);
        assert_eq!(list.non_signers(&BTreeSet::from([key(1), key(2), key(3)])), [0; 0]);
    }

    #[test]
    fn a_signer_that_the_contract_does_not_have_stands_for_nobody() {
        let list = ContractList::new([(1, key(1)), (2, key(2))]).unwrap();
        assert_eq!(list.id(&key(3)), None);
        assert_eq!(list.non_signers(&BTreeSet::from([key(3)])), [1, 2]);
    }

    #[test]
    fn a_list_that_no_contract_can_have_is_refused() {
        let refused = |nodes: &[(u64, BlsPublicKey)]| ContractList::new(nodes.iter().copied()).unwrap_err();
        assert_eq!(refused(&[(0, key(1))]), ContractListError::ZeroId);
        assert_eq!(refused(&[(1, key(1)), (1, key(2))]), ContractListError::DuplicateId(1));
        assert_eq!(
            refused(&[(1, key(1)), (2, key(1))]),
            ContractListError::DuplicateKey(key(1))
        );
    }
}
