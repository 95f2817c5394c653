//! What a node does about service nodes beside following the chain: it listens to their uptime proofs, sends its own, tests
//! the others and votes, gathers votes until they make a state change or a checkpoint, and tells an operator how peers see the
//! node (staking §14, §15; pulse §9, §11).
//!
//! A service; depends on types, crypto, staking rules, state and node-api. Every rule is in `oxen_staking_rules`
//! ([`obligations`](oxen_staking_rules::obligations), [`vote`](oxen_staking_rules::vote),
//! [`uptime_proof`](oxen_staking_rules::uptime_proof)): here is when they are asked, with which clock, and what becomes of the
//! answers.
//!
//! A walk: [`Prober`] is the service and [`ProberParts`] what it works with. [`chain_news`] hears of blocks; following them notes
//! who took part and casts the votes that are due. [`VoteHandler`] and [`ProofHandler`] take what gossip brings. [`run`] drives it
//! all, and asks other nodes for their time; [`TimeHandler`] tells ours. Front ends see it as [`oxen_node_api::ServiceNodePeers`] and [`oxen_node_api::OwnServiceNode`]; the latter's
//! `report_peer` is where plugins and companion services report whom they could reach. [`storage`] survives restarts,
//! [`staking_view`] is the registry as it is read here.
#![forbid(unsafe_code)]

pub mod chain_news;
mod clock_tests;
mod endpoints;
mod follow;
mod own;
mod peers;
mod prober;
mod proofs;
mod service;
pub mod settings;
pub mod staking_view;
pub mod storage;
mod voting;

pub use chain_news::ChainNews;
pub use clock_tests::TimeHandler;
pub use prober::{NoSyncTarget, OwnVote, Prober, ProberParts, SyncTarget};
pub use proofs::{BlsPossession, ProofHandler};
pub use service::run;
pub use settings::ProberSettings;
pub use staking_view::StakingView;
pub use storage::{NoStorage, ObservationStorage, StorageError, StoredObservations};
pub use voting::VoteHandler;

#[cfg(test)]
mod tests;
