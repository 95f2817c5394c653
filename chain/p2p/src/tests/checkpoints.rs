//! Checkpoints go to everybody who does not have them.

use super::fixture::TestNode;
use oxen_node_api::{
    BlockOutcome, BlockSubmission, ChainWriter, CheckpointOutcome, Gossip, GossipTopic, SubmitBlockError,
    SubmitCheckpointError,
};
use oxen_testkit::TestChain;
use oxen_types::{Checkpoint, ConsensusEncode, Hash, Height};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::mpsc;

/// Takes every checkpoint for good, once, and tells of it; blocks go to the chain.
struct Keeper {
    chain: Arc<dyn ChainWriter>,
    kept: Mutex<BTreeSet<Height>>,
    told: mpsc::UnboundedSender<Height>,
}

impl ChainWriter for Keeper {
    fn submit_block(&self, submission: BlockSubmission) -> Result<BlockOutcome, SubmitBlockError> {
        self.chain.submit_block(submission)
    }

    fn add_checkpoint(&self, checkpoint: Checkpoint) -> Result<CheckpointOutcome, SubmitCheckpointError> {
        let is_new = self.kept.lock().unwrap().insert(checkpoint.height);
        self.told.send(checkpoint.height).unwrap();
        Ok(match is_new {
            true => CheckpointOutcome::Added,
            false => CheckpointOutcome::Extended,
        })
    }

    fn pop_blocks(&self, count: u64) -> Result<Height, SubmitBlockError> {
        self.chain.pop_blocks(count)
    }

    fn pop_blocks_from(&self, lowest: Height) -> Result<Height, SubmitBlockError> {
        self.chain.pop_blocks_from(lowest)
    }
}

async fn keeper(source: &TestChain, peers: &[&TestNode]) -> (TestNode, mpsc::UnboundedReceiver<Height>) {
    let (told, hears) = mpsc::unbounded_channel();
    let mut node = TestNode::new(source);
    node.writer = Arc::new(Keeper {
        chain: Arc::clone(&node.chain) as _,
        kept: Mutex::default(),
        told,
    });
    let addresses: Vec<String> = peers.iter().map(|peer| peer.tcp_address()).collect();
    node.open(|config| {
        config.choice = crate::PeerChoice::Exclusive;
        config.peers = addresses.iter().map(|address| address.parse().unwrap()).collect();
    })
    .await;
    (node, hears)
}

async fn next(hears: &mut mpsc::UnboundedReceiver<Height>) -> Height {
    let waited = tokio::time::timeout(Duration::from_secs(30), hears.recv());
    waited.await.expect("a checkpoint comes").unwrap()
}

fn checkpoint(height: u64, block_id: Hash) -> Vec<u8> {
    Checkpoint::hardcoded(Height::new(height), block_id).encode()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_checkpoint_goes_from_node_to_node_and_more_votes_for_it_do_not() {
    let source = TestChain::start();
    let (first, _first_hears) = keeper(&source, &[]).await;
    let (second, mut second_hears) = keeper(&source, &[&first]).await;
    let (third, mut third_hears) = keeper(&source, &[&second]).await;
    // Checkpoints that nobody was there to hear wait; the third hears of these through the second alone.
    first
        .network()
        .publish(GossipTopic::Checkpoints, checkpoint(4, Hash::ZERO));
    assert_eq!(next(&mut second_hears).await, Height::new(4));
    third
        .network()
        .publish(GossipTopic::Checkpoints, checkpoint(8, Hash::ZERO));
    assert_eq!(next(&mut second_hears).await, Height::new(8));
    first
        .network()
        .publish(GossipTopic::Checkpoints, checkpoint(12, Hash::ZERO));
    while next(&mut third_hears).await != Height::new(12) {}
    // Other bytes for the same height count as more votes.
    for (height, block_id) in [(12, Hash::new([1; 32])), (16, Hash::ZERO)] {
        first
            .network()
            .publish(GossipTopic::Checkpoints, checkpoint(height, block_id));
        while next(&mut second_hears).await != Height::new(height) {}
    }
    assert_eq!(next(&mut third_hears).await, Height::new(16));
}
