//! Making and checking the blocks of Pulse quorums.

use crate::{
    candidate::Candidate,
    chain::{Chain, refused},
};
use oxen_crypto::SecretKey;
use oxen_node_api::{AlternativeReason, PulseBlocks, PulseTemplateError, PulseTemplateRequest, SubmitBlockError};
use oxen_state::{
    UntrustedBlock,
    apply::check_template,
    block::pulse::Completeness,
    queries,
    template::{TemplateRequest, build_template},
};
use oxen_types::{Block, ConsensusEncode};
use rand_core::OsRng;

impl PulseBlocks for Chain {
    fn pulse_template(&self, request: &PulseTemplateRequest) -> Result<Block, PulseTemplateError> {
        let snapshot = self.parts.store.snapshot();
        let (height, tip) = queries::tip(&*snapshot)?;
        if tip.id != request.parent {
            return Err(PulseTemplateError::NotTheTip {
                parent: request.parent,
                tip: tip.id,
            });
        }
        // The coinbase names the leader, who is the producer in round 0 alone (pulse §1).
        let duties = self.parts.service_nodes.block_duties(&*snapshot, height.next(), 0)?;
        let now = self.parts.clock.now();
        let candidates = self.pool().map(|pool| pool.candidates()).unwrap_or_default();
        let request = TemplateRequest {
            now: request
                .window
                .map_or(now, |(earliest, latest)| now.clamp(earliest, latest.max(earliest))),
            coinbase_key: SecretKey::random(&mut OsRng).public_key(),
            leader: duties.leader,
            producer: request.producer,
            l2: self.template_l2(&*snapshot, height.next(), &candidates)?,
        };
        Ok(build_template(&*snapshot, &self.parts.network, &request, &candidates)?.block)
    }

    fn check_pulse_template(&self, template: &Block, transactions: &[Vec<u8>]) -> Result<(), SubmitBlockError> {
        let block = UntrustedBlock::from_blob(&template.encode())?;
        let snapshot = self.parts.store.snapshot();
        let candidate = Candidate::assemble(self, &*snapshot, block, transactions, Completeness::Template)?;
        if self.conflicts_with_blink(candidate.block.id(), candidate.block.transactions()) {
            return Err(refused(candidate.block.id(), AlternativeReason::ConflictsWithBlink));
        }
        check_template(&*snapshot, &self.rules(), &candidate.block)?;
        self.check_l2(&*snapshot, template, candidate.block.transactions())?;
        Ok(())
    }
}
