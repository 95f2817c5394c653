//! A small chain for tests and benches: a private network, known keys, real transactions, blocks in memory.
//!
//! Nothing here pretends: proofs are made and verified, blocks go through [`mod@oxen_state::apply`], only the clock and the
//! random numbers are the test's own, so that a run repeats exactly.
//!
//! A walk: [`TestNetwork`] is a network whose first block pays an [`Account`] in many outputs; [`TestChain`] mines on it, takes
//! blocks back, and knows what every watched account owns; [`TransferBuilder`] makes transfers that are valid, and a
//! [`Fault`] breaks exactly one rule of one; [`NameBuilder`] makes those of the name system, [`SwapBuilder`] burns for the swap; [`ScriptedServiceNodes`] plays
//! quorums and rewards, [`StakingChain`] has real ones; [`SharedChain`] and [`ManualClock`] are what services want of a chain
//! and a clock.
//!
//! ```
//! use oxen_testkit::{Account, TestChain, TransferBuilder};
//! use oxen_types::Amount;
//!
//! let bob = Account::named("bob");
//! let mut chain = TestChain::mature();
//! chain.watch(&bob);
//! let transfer = TransferBuilder::new().pay(&bob, Amount::OXEN).build(&mut chain);
//! chain.mine(&[transfer.checked()]);
//! assert_eq!(chain.balance(&bob), Amount::OXEN);
//! chain.revert(1);
//! assert_eq!(chain.balance(&bob), Amount::ZERO);
//! ```
#![forbid(unsafe_code)]

mod account;
mod chain;
mod name;
mod network;
mod service_nodes;
mod services;
mod staking;
mod swap;
mod transfer;

pub use account::{Account, OwnedOutput};
pub use chain::{MinedBlock, TestChain};
pub use name::{NameBuilder, name_owner, name_signer};
pub use network::{GENESIS_TIME, TestNetwork};
pub use service_nodes::ScriptedServiceNodes;
pub use services::{ManualClock, SharedChain};
pub use staking::{Begins, Maker, Population, StakePlay, StakingChain, TestingQuorum, VotePlay, Waiting, l2_report};
pub use swap::{SWAP_BEGINS, SwapBuilder};
pub use transfer::{Fault, Transfer, TransferBuilder, TransferPlan};
