//! Making blocks on networks of difficulty 1.

use crate::chain::Chain;
use oxen_crypto::SecretKey;
use oxen_node_api::{BlockOutcome, BlockSubmission, BlockTemplate, ChainWriter, Mining, MiningError, SubmitBlockError};
use oxen_state::{
    BlockError,
    template::{Template, TemplateRequest, build_template},
};
use oxen_types::{ConsensusEncode, Hash, PublicKey, network::DifficultyRule};
use rand_core::OsRng;

/// Most blocks that one request makes.
const MOST_BLOCKS: u64 = 10_000;

impl Chain {
    fn build(&self) -> Result<Template, MiningError> {
        let candidates = self.pool().map(|pool| pool.candidates()).unwrap_or_default();
        let request = TemplateRequest {
            now: self.parts.clock.now(),
            coinbase_key: SecretKey::random(&mut OsRng).public_key(),
            leader: PublicKey::ZERO,
        };
        let snapshot = self.parts.store.snapshot();
        build_template(&*snapshot, &self.parts.network, &request, &candidates)
            .map_err(|error| MiningError::Refused(SubmitBlockError::Invalid(BlockError::View(error))))
    }
}

impl Mining for Chain {
    fn template(&self) -> Result<BlockTemplate, MiningError> {
        let template = self.build()?;
        Ok(BlockTemplate {
            block: template.block,
            height: template.height,
            difficulty: template.difficulty,
            expected_reward: template.reward.atomic(),
        })
    }

    fn generate(&self, count: u64) -> Result<Vec<Hash>, MiningError> {
        if self.parts.network.difficulty != DifficultyRule::Fixed(1) {
            return Err(MiningError::NotRegtest);
        }
        if count > MOST_BLOCKS {
            return Err(MiningError::TooMany { limit: MOST_BLOCKS });
        }
        let mut made = Vec::new();
        while (made.len() as u64) < count {
            let block = self.build()?.block.encode();
            match self.submit_block(BlockSubmission {
                block,
                transactions: Vec::new(),
            })? {
                BlockOutcome::Extended { id, .. } | BlockOutcome::Reorganised { id, .. } => made.push(id),
                // Somebody else's block came first: make one on top of it.
                BlockOutcome::Alternative { .. } | BlockOutcome::AlreadyKnown { .. } => {}
            }
        }
        Ok(made)
    }
}
