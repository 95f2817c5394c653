//! Handing fetched blocks to the writer.

use crate::{
    gossip::own::from_network, limits::SYNC_TRANSACTIONS_AHEAD, shared::Shared, sync::plan::Ready,
    wire::message::BlockBody,
};
use libp2p::PeerId;
use oxen_node_api::{BlockOutcome, BlockSubmission, SubmitBlockError};
use oxen_types::{Checkpoint, ConsensusDecode, Height};
use tokio::time::Instant;

/// What became of a batch.
pub(super) struct Applied {
    pub(super) from: PeerId,
    pub(super) height: Height,
    pub(super) blocks: u64,
    /// Those of them that nobody gave before.
    pub(super) fresh: u64,
    pub(super) refused: Option<SubmitBlockError>,
}

/// Hands blocks to the writer, in order, up to the first that it refuses. The proofs of several blocks are verified together.
pub(super) fn apply(shared: &Shared, ready: Ready) -> Applied {
    let mut applied = Applied {
        from: ready.from,
        height: ready.first,
        blocks: 0,
        fresh: 0,
        refused: None,
    };
    let mut waiting = ready.bodies.into_iter().map(submission).peekable();
    while waiting.peek().is_some() {
        let group = next_group(&mut waiting);
        if !shared.is_stopping() {
            from_network(|| shared.services.writer.verify_ahead(&group));
        }
        for block in group {
            match submit(shared, block) {
                Ok(outcome) => {
                    if !matches!(outcome, BlockOutcome::AlreadyKnown { .. }) {
                        applied.fresh += 1;
                    }
                    applied.height = ready.first.saturating_add(applied.blocks);
                    applied.blocks += 1;
                }
                Err(error) => {
                    applied.refused = Some(error);
                    return applied;
                }
            }
        }
    }
    applied
}

/// One block.
fn submit(shared: &Shared, block: BlockSubmission) -> Result<BlockOutcome, SubmitBlockError> {
    if shared.is_stopping() {
        return Err(SubmitBlockError::ShuttingDown);
    }
    let outcome = from_network(|| shared.services.writer.submit_block(block))?;
    if matches!(
        outcome,
        BlockOutcome::Extended { .. } | BlockOutcome::Reorganised { .. }
    ) {
        shared.sync().advanced(Instant::now());
    }
    Ok(outcome)
}

/// The next blocks with so many transactions that all cores are busy, and so few that a node that is to stop hears of it soon.
fn next_group(waiting: &mut impl Iterator<Item = BlockSubmission>) -> Vec<BlockSubmission> {
    let mut group = Vec::new();
    let mut transactions = 0;
    for block in waiting {
        transactions += block.transactions.len();
        group.push(block);
        if transactions >= SYNC_TRANSACTIONS_AHEAD {
            break;
        }
    }
    group
}

/// A block as the writer takes it.
fn submission(body: BlockBody) -> BlockSubmission {
    BlockSubmission {
        block: body.block.into_vec(),
        transactions: body
            .transactions
            .into_vec()
            .into_iter()
            .map(|blob| blob.into_vec())
            .collect(),
        checkpoint: body.checkpoint.and_then(|bytes| Checkpoint::decode(&bytes).ok()),
    }
}
