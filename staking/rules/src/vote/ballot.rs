//! One vote: what it is about, how it is signed and verified (staking §15.7, §15.8 rule 3).

use crate::quorum::{Quorum, QuorumKind};
use oxen_crypto::{
    KeyPair,
    signature::schnorr::{self, SignatureError},
};
use oxen_types::{
    Hash, Height, PublicKey, Signature,
    extra::{NewState, Reasons},
    hashing::keccak256_parts,
    network::constants::REORG_SAFETY_BUFFER_BLOCKS,
};
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;

/// Keeps a signature of reasons from being one of anything else.
const REASONS_DOMAIN: &[u8] = b"oxen service node vote: reasons";

/// What a vote is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoteBody {
    /// What becomes of another node.
    Obligations {
        /// Position of the node in the quorum's workers.
        worker: u16,
        /// What becomes of it.
        state: NewState,
        /// Why. The vote's signature, whose message is fixed by the chain, leaves the reasons out.
        reasons: Reasons,
        /// The voter's signature over reasons and vote, so that nobody on the way puts words into its mouth.
        reasons_signature: Signature,
    },
    /// Which block stands at a height.
    Checkpoint {
        /// The block.
        block_id: Hash,
    },
}

/// A vote of one validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vote {
    /// Height of the obligations quorum, or of the block that becomes a checkpoint.
    pub height: Height,
    /// Position of the voter in the quorum's validators.
    pub validator: u16,
    /// What it is about.
    pub body: VoteBody,
    /// The voter's signature over [`Self::message`].
    pub signature: Signature,
}

/// A vote that was verified, with the keys that its positions stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CastVote {
    vote: Vote,
    voter: PublicKey,
    node: Option<PublicKey>,
}

/// Why a vote is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VoteError {
    /// Nobody has this position.
    #[error("the quorum has no validator {index}; it has {size}")]
    NoSuchValidator {
        /// The position.
        index: u16,
        /// Number of validators.
        size: usize,
    },
    /// Nobody has this position.
    #[error("the quorum tests no node {index}; it tests {size}")]
    NoSuchWorker {
        /// The position.
        index: u16,
        /// Number of workers.
        size: usize,
    },
    /// The vote's signature.
    #[error("the vote's signature is not good: {0}")]
    Signature(SignatureError),
    /// The signature of the reasons.
    #[error("the signature of the vote's reasons is not good: {0}")]
    ReasonsSignature(SignatureError),
}

impl Vote {
    /// Votes on the state of a node.
    #[must_use]
    pub fn on_node(
        quorum_height: Height,
        validator: u16,
        worker: u16,
        state: NewState,
        reasons: Reasons,
        pair: &KeyPair,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Self {
        let message = state.vote_hash(quorum_height, worker.into());
        Self {
            height: quorum_height,
            validator,
            body: VoteBody::Obligations {
                worker,
                state,
                reasons,
                reasons_signature: schnorr::sign(&reasons_message(&message, reasons), pair, rng),
            },
            signature: schnorr::sign(&message, pair, rng),
        }
    }

    /// Votes for a block.
    #[must_use]
    pub fn on_checkpoint(
        height: Height,
        validator: u16,
        block_id: Hash,
        pair: &KeyPair,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Self {
        Self {
            height,
            validator,
            body: VoteBody::Checkpoint { block_id },
            signature: schnorr::sign(&block_id, pair, rng),
        }
    }

    /// What is signed: the hash of the change, or the block id itself.
    #[must_use]
    pub fn message(&self) -> Hash {
        match self.body {
            VoteBody::Obligations { worker, state, .. } => state.vote_hash(self.height, worker.into()),
            VoteBody::Checkpoint { block_id } => block_id,
        }
    }

    /// Kind of the quorum that votes, and height of the state that has it: that of the vote for obligations, 11 blocks less
    /// (at least 0) for checkpoints (pulse §9.2).
    #[must_use]
    pub const fn quorum(&self) -> (QuorumKind, Height) {
        match self.body {
            VoteBody::Obligations { .. } => (QuorumKind::Obligations, self.height),
            VoteBody::Checkpoint { .. } => (
                QuorumKind::Checkpointing,
                self.height.saturating_sub(REORG_SAFETY_BUFFER_BLOCKS),
            ),
        }
    }

    /// Verifies the vote against the quorum that [`Self::quorum`] names.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn verify(self, quorum: &Quorum) -> Result<CastVote, VoteError> {
        let voter = *member(&quorum.validators, self.validator).ok_or(VoteError::NoSuchValidator {
            index: self.validator,
            size: quorum.validators.len(),
        })?;
        let node = match self.body {
            VoteBody::Obligations { worker, .. } => {
                let node = member(&quorum.workers, worker).ok_or(VoteError::NoSuchWorker {
                    index: worker,
                    size: quorum.workers.len(),
                })?;
                Some(*node)
            }
            VoteBody::Checkpoint { .. } => None,
        };
        let message = self.message();
        schnorr::verify(&message, &voter, &self.signature).map_err(VoteError::Signature)?;
        if let VoteBody::Obligations {
            reasons,
            reasons_signature,
            ..
        } = self.body
        {
            schnorr::verify(&reasons_message(&message, reasons), &voter, &reasons_signature)
                .map_err(VoteError::ReasonsSignature)?;
        }
        Ok(CastVote {
            vote: self,
            voter,
            node,
        })
    }
}

impl CastVote {
    /// The vote.
    #[must_use]
    pub const fn vote(&self) -> &Vote {
        &self.vote
    }

    /// Primary key of the voter.
    #[must_use]
    pub const fn voter(&self) -> &PublicKey {
        &self.voter
    }

    /// Primary key of the node that is voted on; `None` for checkpoints.
    #[must_use]
    pub const fn node(&self) -> Option<&PublicKey> {
        self.node.as_ref()
    }
}

fn member(keys: &[PublicKey], index: u16) -> Option<&PublicKey> {
    keys.get(usize::from(index))
}

fn reasons_message(vote: &Hash, reasons: Reasons) -> Hash {
    keccak256_parts(&[REASONS_DOMAIN, vote.as_bytes(), &reasons.bits().to_le_bytes()])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::keys::ServiceNodeKeys;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    /// The pair of a validator.
    pub(crate) fn pair(number: u8) -> KeyPair {
        ServiceNodeKeys::from_seed(&[number; 32]).primary().clone()
    }

    /// Validators 0 and on with known keys, and three workers.
    pub(crate) fn quorum(validators: u8) -> Quorum {
        Quorum {
            validators: (0..validators).map(|number| pair(number).public).collect(),
            workers: (200..203).map(|number| PublicKey::new([number; 32])).collect(),
        }
    }

    pub(crate) fn rng() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(7)
    }

    pub(crate) fn on_node(validator: u8, state: NewState, reasons: Reasons) -> Vote {
        let height = Height::new(70);
        Vote::on_node(
            height,
            validator.into(),
            1,
            state,
            reasons,
            &pair(validator),
            &mut rng(),
        )
    }

    pub(crate) fn on_checkpoint(validator: u8, block_id: Hash) -> Vote {
        let height = Height::new(80);
        Vote::on_checkpoint(height, validator.into(), block_id, &pair(validator), &mut rng())
    }

    #[test]
    fn the_signed_messages_have_the_known_answers() {
        for (state, expected) in [
            (
                NewState::Deregister,
                "a3a5052b564d34d2aaa42ec8e7d27d048896cf7c65bf86eb1daf3f9a698eb48c",
            ),
            (
                NewState::Decommission,
                "a630881f98f91ba906a98aa8432b7be8f33fbad439356cc6154c2bdc0ed1ec07",
            ),
            (
                NewState::Recommission,
                "46a2832e34d7752fc43524d2fe2dd6c66ac75b4f556c6e167be2ba9de96f088a",
            ),
            (
                NewState::IpChangePenalty,
                "bc070fe01b625cc66d0b6a5c67c14f3433428064876a45b721825bb42e05a244",
            ),
        ] {
            assert_eq!(on_node(0, state, Reasons::NONE).message().to_string(), expected);
        }
        let block_id = Hash::new([9; 32]);
        assert_eq!(on_checkpoint(0, block_id).message(), block_id);
    }

    #[test]
    fn a_good_vote_names_voter_and_node() {
        let cast = on_node(3, NewState::Decommission, Reasons::UPTIME_PROOF)
            .verify(&quorum(10))
            .unwrap();
        assert_eq!(*cast.voter(), pair(3).public);
        assert_eq!(cast.node(), Some(&PublicKey::new([201; 32])));
        let cast = on_checkpoint(19, Hash::new([1; 32])).verify(&quorum(20)).unwrap();
        assert_eq!((*cast.voter(), cast.node()), (pair(19).public, None));
    }

    #[test]
    fn positions_outside_the_quorum_are_refused() {
        let vote = on_node(3, NewState::Deregister, Reasons::NONE);
        assert_eq!(
            Vote { validator: 10, ..vote }.verify(&quorum(10)),
            Err(VoteError::NoSuchValidator { index: 10, size: 10 })
        );
        let mut workers = quorum(10);
        workers.workers.truncate(1);
        assert_eq!(
            vote.verify(&workers),
            Err(VoteError::NoSuchWorker { index: 1, size: 1 })
        );
    }

    #[test]
    fn votes_of_others_and_empty_signatures_are_refused() {
        let vote = on_node(3, NewState::Deregister, Reasons::NONE);
        assert_eq!(
            Vote { validator: 4, ..vote }.verify(&quorum(10)),
            Err(VoteError::Signature(SignatureError::Mismatch))
        );
        assert_eq!(
            Vote {
                signature: Signature::ZERO,
                ..vote
            }
            .verify(&quorum(10)),
            Err(VoteError::Signature(SignatureError::ZeroChallenge))
        );
        assert_eq!(
            on_checkpoint(21, Hash::ZERO).verify(&quorum(20)),
            Err(VoteError::NoSuchValidator { index: 21, size: 20 })
        );
    }

    #[test]
    fn nobody_can_change_the_reasons_on_the_way() {
        let vote = on_node(3, NewState::Decommission, Reasons::UPTIME_PROOF);
        let VoteBody::Obligations {
            worker,
            state,
            reasons_signature,
            ..
        } = vote.body
        else {
            panic!("a vote on a node");
        };
        let changed = Vote {
            body: VoteBody::Obligations {
                worker,
                state,
                reasons: Reasons::PULSE,
                reasons_signature,
            },
            ..vote
        };
        assert_eq!(changed.message(), vote.message());
        assert_eq!(
            changed.verify(&quorum(10)),
            Err(VoteError::ReasonsSignature(SignatureError::Mismatch))
        );
    }

    #[test]
    fn a_vote_names_its_quorum() {
        let on_node = on_node(3, NewState::Decommission, Reasons::NONE);
        assert_eq!(on_node.quorum(), (QuorumKind::Obligations, Height::new(70)));
        let on_checkpoint = on_checkpoint(3, Hash::ZERO);
        assert_eq!(on_checkpoint.quorum(), (QuorumKind::Checkpointing, Height::new(69)));
        let early = Vote {
            height: Height::new(4),
            ..on_checkpoint
        };
        assert_eq!(early.quorum().1, Height::GENESIS);
    }
}
