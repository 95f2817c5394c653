//! The rules that a block must satisfy, one module for each (chain §4).

pub mod checkpoint_keeping;
pub mod checkpoints;
pub mod coinbase;
pub mod difficulty;
pub mod fork_choice;
pub mod median;
pub mod pulse;
pub mod reward;
pub mod timestamp;
pub mod weight;
