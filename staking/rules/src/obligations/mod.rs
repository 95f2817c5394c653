//! Whether a service node does what it is staked for, and what a validator votes when it does not (staking §15.1 to §15.6).
//!
//! [`observations`] is everything that one node sees of another, made of [`history`], [`reachability`] and [`addresses`];
//! [`clock`] is how a node's time is asked for and judged;
//! [`node_tests`] judges it, [`decision`] turns the judgement into a vote, [`mod@outlook`] tells an operator where it leads.
//! Nothing here decides whether a block holds: validators may see things differently, and seven of ten must agree.

pub mod addresses;
pub mod clock;
pub mod decision;
pub mod history;
pub mod node_tests;
pub mod observations;
pub mod outlook;
pub mod reachability;

pub use addresses::AddressHistory;
pub use decision::{Decision, DecisionContext, decide};
pub use history::{CheckpointParticipation, History, MAX_FAILURES, Outcome, PulseParticipation, TestOutcome, WINDOW};
pub use node_tests::{FailedTest, TestContext, TestResults, test_node};
pub use observations::{NodeObservations, SeenL2, SeenProof};
pub use outlook::{Outlook, outlook};
pub use reachability::Reachability;
