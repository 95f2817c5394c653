//! What HF21 adds to blocks: what their makers read from L2, and the reward that follows from it (chain §4.8).
//!
//! [`reward`] bounds what a block may say that it read, and finds the reward.

pub mod reward;

pub use reward::{L2Reading, L2Readings, consensus_reward};
