//! `oxen-wallet-cli`: the wallet for people and scripts.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod daemon;
pub mod file;
pub mod format;
pub mod options;
pub mod preferences;
pub mod terminal;
