//! Pulse on a running node: the clock, the network, the chain, the key and the disk around `pulse/machine`.
//!
//! A service; depends on types, crypto, staking rules, state, node-api and the machine.
//!
//! A walk: [`PulseDriver::start`] puts a thread of its own behind an `inbox`, where messages of other service nodes, news of
//! the chain and fetched transactions wait, bounded. The thread (`service`) hands them to a [`Participant`], which steps the
//! machine and carries its effects out one after the other: `duty` reads the next block to make and its quorums from the
//! state, `guard` is the memory that keeps a restarted node from signing twice, `transactions` brings what a template names
//! and the pool lacks, `journal` writes the log, `watch` is what operator and metrics look at. A [`Participant`] knows neither threads nor sockets, so tests
//! and simulators drive it directly.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")
)]

mod duty;
pub mod guard;
mod inbox;
mod journal;
mod participant;
mod service;
mod transactions;
mod watch;

pub use guard::{GuardStorage, GuardStorageError, Promise};
pub use participant::{Fetch, Participant, PulseParts, Readiness};
pub use service::{PulseDriver, StartError};
pub use transactions::Offered;
pub use watch::{PulseSituation, PulseWatch};
