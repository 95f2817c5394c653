//! The narrow traits through which services, plugins and front ends meet.
//!
//! Pure: only types and traits; depends on types, staking rules, bridge rules and state. A service implements a trait, its users hold an `Arc<dyn …>` of
//! it, and neither sees the other's inside.
//!
//! A walk: [`chain`] reads and extends the chain, [`pool`] the transactions that wait, [`feed`] tells what happened, [`clock`]
//! tells the time, [`blink`] has transactions approved at once, [`gossip`] is what nodes tell each other, [`quorum_network`] what
//! one service node tells another, [`l2`] what this node sees of L2, [`bridge`] what service nodes sign for it, [`control`] runs the process, [`peers`] looks at the peers, [`mining`]
//! makes blocks on a test network, [`pulse`] those of a quorum, [`service_nodes`] is what is known of service nodes beside the chain.
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

pub mod blink;
pub mod bridge;
pub mod chain;
pub mod clock;
pub mod control;
pub mod feed;
pub mod gossip;
pub mod l2;
pub mod l2_templates;
pub mod mining;
pub mod peers;
pub mod pool;
pub mod pulse;
pub mod quorum_network;
pub mod service_nodes;

pub use blink::{
    ApprovedBlink, Blink, BlinkAdmission, BlinkOutcome, BlinkPool, BlinkRejection, BlinkState, NoBlink, NoBlinkQuorum,
};
pub use bridge::{AggregationError, BridgeNodes, BridgeSignatures, NoBridge, RewardBalances, SwapTotals};
pub use chain::{
    AlternativeChain, AlternativeReason, BlockOutcome, BlockSubmission, ChainReader, ChainWriter, CheckpointOutcome,
    Snapshot, SubmitBlockError, SubmitCheckpointError,
};
pub use clock::Clock;
pub use control::{NodeControl, SyncState};
pub use feed::{ChainEvent, ChainFeed, ChainSubscriber, EventHub, Subscription};
pub use gossip::{Gossip, GossipHandler, GossipTopic, GossipVerdict};
pub use l2::{L2Provider, L2Reader, L2State, L2Status, NoL2};
pub use l2_templates::{L2Refusal, L2Templates, NoL2Values};
pub use mining::{BlockTemplate, Mining, MiningError};
pub use peers::{Acquaintance, BannedHost, Direction, KnownPeer, PeerConnection, PeerControl, PeerLimits, SyncSpan};
pub use pool::{Admission, AdmissionError, Pool, PoolKeeper, PoolTransaction, Relay, Source};
pub use pulse::{PulseBlocks, PulseTemplateError, PulseTemplateRequest};
pub use quorum_network::{
    Answer, AskError, QuorumAddresses, QuorumEndpoint, QuorumHandler, QuorumNetwork, QuorumSubject, Reach,
};
pub use service_nodes::{Companion, CompanionPing, NotAServiceNode, NothingObserved, OwnServiceNode, ServiceNodePeers};
