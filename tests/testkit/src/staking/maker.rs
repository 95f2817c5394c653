//! Blocks of a chain with service nodes: signed by the true quorum of a round, or mined.

use super::StakingChain;
use oxen_crypto::signature::schnorr;
use oxen_staking_rules::Quorum;
use oxen_state::transaction::CheckedTransaction;
use oxen_types::{
    Block,
    block::{BatchingTail, PulseHeader, QuorumSignature},
    keccak256,
    network::constants::PULSE_REQUIRED_SIGNATURES,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::sync::Arc;

/// Who makes a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// The quorum of round 0, or a miner where there is none.
    Due,
    /// The quorum of a round.
    Round(u8),
    /// A miner, whether or not one may.
    Miner,
}

impl StakingChain {
    /// A block on the tip that holds exactly these transactions, made now.
    ///
    /// # Panics
    /// The round has no quorum.
    #[must_use]
    pub fn next_block(&self, transactions: &[Arc<CheckedTransaction>], maker: Maker) -> Block {
        let mut block = self.chain.assemble(transactions);
        let quorum = match maker {
            Maker::Miner => None,
            Maker::Due => self.pulse_quorum(0),
            Maker::Round(round) => Some(self.pulse_quorum(round).expect("the round has a quorum")),
        };
        if let Some(quorum) = quorum {
            let round = match maker {
                Maker::Round(round) => round,
                Maker::Due | Maker::Miner => 0,
            };
            self.make_pulse(&mut block, &quorum, round);
        }
        block
    }

    /// The quorum that makes the next block in a round; `None` when it must be mined.
    ///
    /// # Panics
    /// Never: a state in memory reads.
    #[must_use]
    pub fn pulse_quorum(&self, round: u8) -> Option<Quorum> {
        let height = self.chain.next_height();
        let quorum = self.rules.next_pulse_quorum(self.chain.state(), height, round);
        quorum.expect("a state in memory reads")
    }

    fn make_pulse(&self, block: &mut Block, quorum: &Quorum, round: u8) {
        let random = keccak256(&[block.header.previous.to_bytes().as_slice(), &[round]].concat());
        let mut random_value = [0; 16];
        random_value.copy_from_slice(&random.as_bytes()[..16]);
        block.header.nonce = 0;
        block.header.pulse = Some(PulseHeader {
            random_value,
            round,
            validator_bitset: (1 << PULSE_REQUIRED_SIGNATURES) - 1,
        });
        if let Some(BatchingTail::Full { producer, .. }) = &mut block.batching_tail {
            *producer = quorum.workers[0];
        }
        self.sign(block, quorum, &[0, 1, 2, 3, 4, 5, 6]);
    }

    /// Signs a block as it is, by these validators of its quorum in this order.
    ///
    /// # Panics
    /// A position is none of the quorum's.
    pub fn sign(&self, block: &mut Block, quorum: &Quorum, voters: &[u16]) {
        let id = block.id();
        let mut rng = ChaCha20Rng::from_seed(id.to_bytes());
        block.signatures = voters
            .iter()
            .map(|voter| QuorumSignature {
                voter_index: *voter,
                signature: schnorr::sign(&id, self.pair(&quorum.validators[usize::from(*voter)]), &mut rng),
            })
            .collect();
    }
}
