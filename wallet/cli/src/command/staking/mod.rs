//! The stakers' commands (wallet §3.4, §8): `register_service_node`, `stake`, `request_stake_unlock`, `print_locked_stakes`.
//!
//! Each has a file; [`dialogue`] is what they have in common: who may stake, what is said and asked before anything is signed,
//! and when something comes back.

mod dialogue;
mod error;
mod history;
mod locked;
mod register;
mod stake;
mod unlock;

pub use error::StakingError;
pub(super) use {
    history::{stake_news, stake_words},
    locked::print_locked_stakes,
    register::register_service_node,
    stake::stake,
    unlock::request_stake_unlock,
};
