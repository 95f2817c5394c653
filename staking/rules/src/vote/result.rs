//! What enough votes make: a state change for a transaction (staking §16.1), a checkpoint (pulse §9.3).

use super::ballot::{Vote, VoteBody};
use oxen_types::{
    Checkpoint, Extra, ExtraField, Hash, Height, Transaction, UnlockTime,
    block::QuorumSignature,
    checkpoint::CheckpointKind,
    extra::{NewState, Reasons, StateChange, StateChangeForm, StateChangeVote},
    network::constants::{CHECKPOINT_MIN_VOTES, OBLIGATIONS_MIN_VOTES},
    transaction::{Proofs, TransactionPrefix, TransactionType, TransactionVersion},
};
use std::collections::BTreeMap;

/// The state change that these votes make, sorted by validator; `None` while there are fewer than 7 for it. Votes that are about
/// something else are left out.
#[must_use]
pub fn state_change<'a>(
    quorum_height: Height,
    worker: u16,
    state: NewState,
    votes: impl IntoIterator<Item = &'a Vote>,
) -> Option<StateChange> {
    let votes: BTreeMap<u16, (&Vote, Reasons)> = votes
        .into_iter()
        .filter_map(|vote| match vote.body {
            VoteBody::Obligations {
                worker: on,
                state: wants,
                reasons,
                ..
            } if (vote.height, on, wants) == (quorum_height, worker, state) => Some((vote.validator, (vote, reasons))),
            _ => None,
        })
        .collect();
    if votes.len() < OBLIGATIONS_MIN_VOTES {
        return None;
    }
    let reasons = || votes.values().map(|(_, reasons)| *reasons);
    Some(StateChange {
        form: StateChangeForm::WithReasons {
            all: reasons().reduce(Reasons::intersection).unwrap_or_default(),
            any: reasons().fold(Reasons::NONE, Reasons::union),
        },
        state,
        block_height: quorum_height,
        service_node_index: worker.into(),
        votes: votes
            .iter()
            .map(|(validator, (vote, _))| StateChangeVote {
                validator_index: u32::from(*validator),
                signature: vote.signature,
            })
            .collect(),
    })
}

/// The transaction that brings a change into the chain: no inputs, no outputs, no fee (staking §16.1).
#[must_use]
pub fn state_change_transaction(change: StateChange) -> Transaction {
    Transaction {
        prefix: TransactionPrefix {
            version: TransactionVersion::V4,
            output_unlock_times: Vec::new(),
            unlock_time: UnlockTime::NONE,
            inputs: Vec::new(),
            outputs: Vec::new(),
            extra: Extra::from_fields(vec![ExtraField::StateChange(change)]).encode(),
            kind: TransactionType::StateChange,
        },
        proofs: Proofs::Absent,
    }
}

/// The checkpoint that these votes make, sorted by validator; the chain merges it with the one it may have. `None` while
/// there are fewer than 13 for it. Votes that are about something else are left out.
#[must_use]
pub fn new_checkpoint<'a>(
    height: Height,
    block_id: Hash,
    votes: impl IntoIterator<Item = &'a Vote>,
) -> Option<Checkpoint> {
    let signatures = signatures(height, block_id, votes);
    (signatures.len() >= CHECKPOINT_MIN_VOTES).then(|| Checkpoint {
        kind: CheckpointKind::ServiceNode,
        height,
        block_id,
        signatures: in_order(signatures),
        previous_height: Height::GENESIS,
    })
}

fn signatures<'a>(
    height: Height,
    block_id: Hash,
    votes: impl IntoIterator<Item = &'a Vote>,
) -> BTreeMap<u16, QuorumSignature> {
    votes
        .into_iter()
        .filter(|vote| vote.height == height && vote.body == VoteBody::Checkpoint { block_id })
        .map(|vote| {
            let signature = QuorumSignature {
                voter_index: vote.validator,
                signature: vote.signature,
            };
            (vote.validator, signature)
        })
        .collect()
}

fn in_order(signatures: BTreeMap<u16, QuorumSignature>) -> Vec<QuorumSignature> {
    signatures.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vote::ballot::tests::{on_checkpoint, on_node};
    use oxen_types::codec::{ConsensusDecode, ConsensusEncode};

    #[test]
    fn the_seventh_vote_makes_the_state_change() {
        let reasons = |validator| match validator {
            6 => Reasons::UPTIME_PROOF.union(Reasons::STORAGE_SERVER),
            _ => Reasons::UPTIME_PROOF.union(Reasons::PULSE),
        };
        let votes: Vec<Vote> = [6, 2, 9, 0, 4, 5, 3]
            .into_iter()
            .map(|validator| on_node(validator, NewState::Decommission, reasons(validator)))
            .collect();
        let make = |votes: &[Vote]| state_change(Height::new(70), 1, NewState::Decommission, votes);
        assert_eq!(make(&votes[..6]), None);
        let change = make(&votes).unwrap();
        let order: Vec<u32> = change.votes.iter().map(|vote| vote.validator_index).collect();
        assert_eq!(order, [0, 2, 3, 4, 5, 6, 9]);
        assert_eq!(
            change.form,
            StateChangeForm::WithReasons {
                all: Reasons::UPTIME_PROOF,
                any: Reasons::from_bits(0x0d),
            }
        );
        assert_eq!(StateChange::decode(&change.encode()), Ok(change.clone()));
        let transaction = state_change_transaction(change.clone());
        assert_eq!(Transaction::decode(&transaction.encode()), Ok(transaction.clone()));
        assert_eq!(
            Extra::parse_or_empty(&transaction.prefix.extra).state_change(),
            Some(&change)
        );
    }

    #[test]
    fn votes_about_something_else_do_not_count() {
        let mut votes: Vec<Vote> = (0..6)
            .map(|validator| on_node(validator, NewState::Decommission, Reasons::NONE))
            .collect();
        votes.push(on_node(7, NewState::Deregister, Reasons::NONE));
        votes.push(on_checkpoint(8, Hash::ZERO));
        votes.push(votes[0]);
        assert_eq!(state_change(Height::new(70), 1, NewState::Decommission, &votes), None);
    }

    #[test]
    fn the_thirteenth_vote_makes_the_checkpoint() {
        let block_id = Hash::new([3; 32]);
        let mut votes: Vec<Vote> = (0..13)
            .rev()
            .map(|validator| on_checkpoint(validator, block_id))
            .collect();
        let make = |votes: &[Vote]| new_checkpoint(Height::new(80), block_id, votes);
        assert_eq!(make(&votes[1..]), None);
        let checkpoint = make(&votes).unwrap();
        assert!(checkpoint.signatures.is_sorted_by_key(|one| one.voter_index));
        votes[0] = on_checkpoint(12, Hash::new([4; 32]));
        assert_eq!(make(&votes), None);
    }
}
