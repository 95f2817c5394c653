//! What goes to everybody: taking messages in, judging them, and sending this node's own.

pub(crate) mod intake;
pub(crate) mod judge;
pub(crate) mod outbox;
pub(crate) mod own;
pub(crate) mod stem;

use crate::limits::{BLINK_BYTES, BLOCK_BYTES, CHECKPOINT_BYTES, TRANSACTION_BYTES, UPTIME_PROOF_BYTES, VOTE_BYTES};
use oxen_node_api::GossipTopic;

/// Largest message of a topic.
pub(crate) const fn size_limit(topic: GossipTopic) -> usize {
    match topic {
        GossipTopic::Blocks => BLOCK_BYTES as usize,
        GossipTopic::Transactions => TRANSACTION_BYTES as usize,
        GossipTopic::Votes => VOTE_BYTES,
        GossipTopic::UptimeProofs => UPTIME_PROOF_BYTES,
        GossipTopic::Checkpoints => CHECKPOINT_BYTES as usize,
        GossipTopic::Blinks => BLINK_BYTES,
    }
}
