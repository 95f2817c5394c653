//! Quorums that vote on nodes.

use super::{StakingChain, without_money};
use oxen_crypto::signature::schnorr;
use oxen_staking_rules::Quorum;
use oxen_state::{service_nodes::state_quorums, transaction::CheckedTransaction};
use oxen_types::{
    Height,
    extra::{ExtraField, NewState, Reasons, StateChange, StateChangeForm, StateChangeVote},
    network::constants::{OBLIGATIONS_MIN_VOTES, VOTE_LIFETIME_BLOCKS},
    transaction::TransactionType,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::sync::Arc;

/// Votes that are being collected.
pub struct VotePlay<'c> {
    chain: &'c mut StakingChain,
    node: String,
    state: NewState,
    voters: Vec<u32>,
    at: Option<Height>,
    form: StateChangeForm,
}

/// A quorum that tests a node, and where the node stands in it.
#[derive(Debug, Clone)]
pub struct TestingQuorum {
    /// Height of the state whose quorum it is.
    pub height: Height,
    /// The quorum.
    pub quorum: Quorum,
    /// Position of the node among the workers.
    pub worker: u32,
}

impl<'c> VotePlay<'c> {
    pub(super) fn new(chain: &'c mut StakingChain, node: &str, state: NewState) -> Self {
        Self {
            chain,
            node: node.to_owned(),
            state,
            voters: (0..OBLIGATIONS_MIN_VOTES as u32).collect(),
            at: None,
            form: StateChangeForm::WithReasons {
                all: Reasons::UPTIME_PROOF,
                any: Reasons::UPTIME_PROOF.union(Reasons::PULSE),
            },
        }
    }

    /// Who votes, by position; the first seven unless told otherwise.
    #[must_use]
    pub fn voters(mut self, voters: &[u32]) -> Self {
        self.voters = voters.to_vec();
        self
    }

    /// Which height's quorum votes, which must test the node; the newest that may unless told otherwise.
    #[must_use]
    pub const fn of_quorum(mut self, height: Height) -> Self {
        self.at = Some(height);
        self
    }

    /// In the form without reasons.
    #[must_use]
    pub const fn without_reasons(mut self) -> Self {
        self.form = StateChangeForm::WithoutReasons;
        self
    }

    /// The decision. Blocks are made until a quorum tests the node that may vote on it.
    ///
    /// # Panics
    /// None does in two hundred blocks, or a voter is none of the quorum.
    #[must_use]
    pub fn change(&mut self) -> StateChange {
        let testing = match self.at {
            Some(height) => self.chain.testing_quorum_at(&self.node, height),
            None => self.chain.wait_for_quorum(&self.node, self.state),
        };
        let testing = testing.expect("some quorum tests the node");
        self.chain.decide(&testing, self.state, self.form, &self.voters)
    }

    /// The transaction.
    ///
    /// # Panics
    /// As [`Self::change`].
    #[must_use]
    pub fn build(mut self) -> Arc<CheckedTransaction> {
        StakingChain::state_change(self.change())
    }

    /// Makes the next block with it.
    ///
    /// # Panics
    /// As [`Self::change`], or the block is refused.
    pub fn mine(mut self) {
        let transaction = StakingChain::state_change(self.change());
        self.chain.submit(transaction).mine();
    }
}

impl StakingChain {
    /// The newest quorum that tests the node and whose votes for the state hold in the next block.
    #[must_use]
    pub fn testing_quorum(&self, node: &str, state: NewState) -> Option<TestingQuorum> {
        let registered = self.node(node)?;
        let tip = self.height();
        (0..VOTE_LIFETIME_BLOCKS - 1)
            .map_while(|back| tip.checked_sub(back))
            .take_while(|height| registered.can_transition(*height, state))
            .find_map(|height| {
                let testing = self.testing_quorum_at(node, height)?;
                (testing.quorum.validators.len() >= OBLIGATIONS_MIN_VOTES).then_some(testing)
            })
    }

    /// The quorum of this height, if it tests the node.
    ///
    /// # Panics
    /// Never: a state in memory reads.
    #[must_use]
    pub fn testing_quorum_at(&self, node: &str, height: Height) -> Option<TestingQuorum> {
        let key = Self::key(node);
        let quorums = state_quorums(self.chain.state(), height).expect("a state in memory reads")?;
        let quorum = quorums.obligations;
        let worker = quorum.workers.iter().position(|worker| *worker == key)?;
        Some(TestingQuorum {
            height,
            worker: u32::try_from(worker).ok()?,
            quorum,
        })
    }

    /// Makes blocks until a quorum tests the node.
    fn wait_for_quorum(&mut self, node: &str, state: NewState) -> Option<TestingQuorum> {
        for _ in 0..200 {
            let testing = self.testing_quorum(node, state);
            if testing.is_some() {
                return testing;
            }
            self.mine(1);
        }
        None
    }

    /// Votes of a quorum's validators at these positions.
    ///
    /// # Panics
    /// A position is none of the quorum's.
    #[must_use]
    pub fn decide(
        &self,
        testing: &TestingQuorum,
        state: NewState,
        form: StateChangeForm,
        voters: &[u32],
    ) -> StateChange {
        let hash = state.vote_hash(testing.height, testing.worker);
        let mut rng = ChaCha20Rng::from_seed(hash.to_bytes());
        let votes = voters.iter().map(|voter| StateChangeVote {
            validator_index: *voter,
            signature: schnorr::sign(&hash, self.pair(&testing.quorum.validators[*voter as usize]), &mut rng),
        });
        StateChange {
            form,
            state,
            block_height: testing.height,
            service_node_index: testing.worker,
            votes: votes.collect(),
        }
    }

    /// The transaction of a decision.
    #[must_use]
    pub fn state_change(change: StateChange) -> Arc<CheckedTransaction> {
        without_money(TransactionType::StateChange, vec![ExtraField::StateChange(change)])
    }
}
