//! What one node of a play got, given to a real writer: both must have the same tip after everything that came.

use crate::{
    ground::Ground,
    node::{Logged, News},
};
use oxen_node_api::{BlockSubmission, ChainWriter, EventHub};
use oxen_state::{NoWorkHash, StakingRules};
use oxen_store::{ChainStore, Identity};
use oxen_testkit::ManualClock;
use oxen_types::ConsensusEncode;
use oxen_verifier::ProofVerifier;
use oxen_writer::{Chain, ChainParts};
use std::sync::Arc;

/// Gives a real writer what came to a node and compares tips. Returns how often the tip changed.
///
/// # Panics
/// They differ.
pub fn follow(ground: &Ground, log: &[Logged]) -> usize {
    let writer = open(ground);
    let (mut changes, mut before) = (0, ground.tip);
    for (place, logged) in log.iter().enumerate() {
        match &logged.news {
            News::Block(sealed, checkpoint) => {
                let listed = sealed.checked.transactions().iter();
                let submission = BlockSubmission {
                    block: sealed.block().encode(),
                    transactions: listed.map(|transaction| transaction.transaction().encode()).collect(),
                    checkpoint: checkpoint.clone(),
                };
                // Refusals are as good as acceptance, so long as the tip is the same.
                let _refused = writer.submit_block(submission);
            }
            News::Checkpoint(checkpoint) => {
                let _refused = writer.add_checkpoint(checkpoint.clone());
            }
        }
        let tip = writer.store().tip().map(|tip| tip.id);
        assert_eq!(
            tip,
            Some(logged.tip),
            "the writer has another tip after news {place}: {:?}",
            logged.news
        );
        changes += usize::from(before != logged.tip);
        before = logged.tip;
    }
    changes
}

/// A writer that has followed the ground.
fn open(ground: &Ground) -> Chain {
    let network = Arc::clone(&ground.network);
    let identity = Identity {
        network: network.network_id,
        genesis: network.genesis.block_id,
    };
    let writer = Chain::open(ChainParts {
        store: ChainStore::in_memory(&identity).expect("memory opens"),
        service_nodes: Arc::new(StakingRules::new(Arc::clone(&network))),
        network,
        verifier: Arc::new(ProofVerifier::default()),
        work: Arc::new(NoWorkHash),
        clock: Arc::new(ManualClock::at(ground.time.saturating_add(100_000_000))),
        events: Arc::new(EventHub::new()),
    })
    .expect("an empty database opens");
    for block in &ground.blocks {
        writer.submit_block(block.submission()).expect("the ground is valid");
    }
    writer
}
