//! What HF21 adds to the state: what block makers read from L2, the reward that follows, reports of events and what they bring
//! about (chain §4.8, staking §19).
//!
//! [`reward`] bounds what a block may say that it read, and finds the reward. [`events`] keeps reports while blocks vote on
//! them; what is confirmed changes the registry ([`crate::service_nodes`]). [`payments`] are stakes on their way back to those who
//! put them in.

pub mod events;
pub mod payments;
pub mod reward;

pub use events::{PendingEvent, pending_events};
pub use payments::{DelayedPayment, DelayedPayments};
pub use reward::{L2Reading, L2Readings, consensus_reward, reading_before};
