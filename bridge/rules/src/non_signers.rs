//! Who may be missing from a sum of signatures, and how the contract names them (bridge §2.7).
//!
//! The contract keeps the sum of all its keys and takes off those that the caller names. So what counts is the contract's list
//! and never the chain's: a signature of a key that the contract does not have spoils the sum.

use crate::picture::ContractNodes;
use oxen_types::bytes::BlsPublicKey;
use std::collections::BTreeSet;

/// The contract's limit when it is deployed; its owner can change it.
pub const DEFAULT_NON_SIGNERS_MAXIMUM: u64 = 4_000;

/// How many of `nodes` in the contract may be missing: a third, at most the contract's maximum. Of fewer than three, none.
#[must_use]
pub const fn allowed_non_signers(nodes: u64, maximum: u64) -> u64 {
    let third = nodes / 3;
    if third < maximum { third } else { maximum }
}

/// The contract's numbers, ascending, of all its nodes that are not among the signers: the contract's `ids` argument. Signers that
/// the contract does not know change nothing here; their signatures must be left out of the sum.
#[must_use]
pub fn non_signers(nodes: &ContractNodes, signers: &BTreeSet<BlsPublicKey>) -> Vec<u64> {
    let missing = nodes.iter().filter(|(_, key)| !signers.contains(*key));
    missing.map(|(id, _)| id).collect()
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
    fn those_who_did_not_sign_are_named_by_numbers_in_order() {
        let nodes = ContractNodes::new([(9, key(1)), (2, key(2)), (5, key(3))]);
        assert_eq!(non_signers(&nodes, &BTreeSet::from([key(2)])), [5, 9]);
        assert_eq!(non_signers(&nodes, &BTreeSet::from([key(1), key(2), key(3)])), [0; 0]);
    }

    #[test]
    fn a_signer_that_the_contract_does_not_have_stands_for_nobody() {
        let nodes = ContractNodes::new([(1, key(1)), (2, key(2))]);
        assert_eq!(non_signers(&nodes, &BTreeSet::from([key(3)])), [1, 2]);
    }
}
