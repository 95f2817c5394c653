//! The state transition from outside, on real blocks with real transactions: one module for each property.
#![allow(clippy::unwrap_used, clippy::panic)]

mod block_rules;
mod checkpoints;
mod difficulty;
mod fork_choice;
mod hard_forks;
mod histories;
mod names;
mod reading;
mod rewards;
mod rule_coverage;
mod staking;
mod swap;
mod transaction_rules;
mod unlocking;
mod weights;
