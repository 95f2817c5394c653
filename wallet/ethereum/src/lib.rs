//! The wallet's side of Arbitrum: Ethereum keys, and the calls of the contracts that stakers and swappers make (bridge §1.4–1.6,
//! §4.4, §5.3).
//!
//! A walk: [`address`] and [`amount`] are what users type; [`key`] signs, [`key_file`] is how a key lies on disk, and [`keystore`]
//! is the file in which it goes to and comes from other wallets.
//! [`contracts`] is the interface of the contracts, [`refusal`] what their errors mean and what to do about them. [`provider`]
//! asks and hands over, [`transaction`] is a call before and after it is signed, [`fees`] what may be paid for it.
//! [`submission`] brings one signed transaction into a block, exactly once. [`journal`] remembers what was begun, and
//! [`worker`] goes on with it: [`claim`] is the operation of two transactions that moves rewards or swapped coins,
//! [`service_node`] are the calls of operators, [`contribution`] those of a node with several contributors.
//!
//! May depend on types and the rules of the bridge. It does no file I/O: whoever uses it says where the journal is kept
//! ([`journal::JournalStorage`]). It talks to one JSON-RPC provider and reads the clock while it waits.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")
)]

pub mod address;
pub mod amount;
pub mod claim;
pub mod contracts;
pub mod contribution;
pub mod fees;
pub mod journal;
pub mod key;
pub mod key_file;
pub mod keystore;
pub mod provider;
pub mod refusal;
pub mod service_node;
pub mod submission;
pub mod transaction;
pub mod worker;

pub use address::{AddressError, Spelling, TypedAddress, checksummed};
pub use amount::Sesh;
pub use key::EthereumKey;
pub use provider::{L2Error, L2Provider};
pub use refusal::Refusal;
