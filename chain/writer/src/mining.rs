//! Making blocks on networks of difficulty 1.

use crate::chain::Chain;
use oxen_crypto::SecretKey;
use oxen_node_api::{BlockOutcome, BlockSubmission, BlockTemplate, ChainWriter, Mining, MiningError, SubmitBlockError};
use oxen_state::{
    BlockError, View, ViewError,
    block::pulse::fallback_time,
    queries,
    template::{Template, TemplateRequest, build_template},
};
use oxen_types::{ConsensusEncode, Hash, Height, PublicKey, network::DifficultyRule};
use rand_core::OsRng;

/// The state could not be read.
fn unreadable(error: ViewError) -> MiningError {
    MiningError::Refused(SubmitBlockError::Invalid(BlockError::View(error)))
}

/// Most blocks that one request makes.
const MOST_BLOCKS: u64 = 10_000;

impl Chain {
    fn build(&self) -> Result<Template, MiningError> {
        let snapshot = self.parts.store.snapshot();
        let (height, leader) = self.leader_of_mined_block(&*snapshot)?;
        let candidates = self.pool().map(|pool| pool.candidates()).unwrap_or_default();
        let request = TemplateRequest {
            now: self.parts.clock.now(),
            coinbase_key: SecretKey::random(&mut OsRng).public_key(),
            leader,
            producer: PublicKey::ZERO,
            l2: self.template_l2(&*snapshot, height, &candidates)?,
        };
        build_template(&*snapshot, &self.parts.network, &request, &candidates).map_err(unreadable)
    }

    /// The height of the next block and the leader that it must name, if it is one to be mined.
    fn leader_of_mined_block(&self, view: &dyn View) -> Result<(Height, PublicKey), MiningError> {
        let network = &self.parts.network;
        let (tip, parent) = queries::tip(view).map_err(unreadable)?;
        let height = tip.next();
        let duties = self
            .parts
            .service_nodes
            .block_duties(view, height, 0)
            .map_err(unreadable)?;
        let fallback = fallback_time(view, network, height, parent.timestamp)
            .map_err(|error| MiningError::Refused(SubmitBlockError::Invalid(error)))?;
        let has_passed = fallback.is_some_and(|fallback| self.parts.clock.now() >= fallback);
        if duties.quorum.is_some() && !has_passed {
            return Err(MiningError::MadeByPulse);
        }
        Ok((height, duties.leader))
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
            match self.submit_block(BlockSubmission::alone(block))? {
                BlockOutcome::Extended { id, .. } | BlockOutcome::Reorganised { id, .. } => made.push(id),
                // Somebody else's block came first: make one on top of it.
                BlockOutcome::Alternative { .. } | BlockOutcome::AlreadyKnown { .. } => {}
            }
        }
        Ok(made)
    }
}
