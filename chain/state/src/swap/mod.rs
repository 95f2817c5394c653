//! The ledger of the swap from OXEN to SESH: what was burned, for whom, and what each recipient may claim (bridge §5.3).
//!
//! The rules are `oxen_bridge_rules::swap`; here are their rows. A walk: [`tables`] lists them; [`tally`] checks one burn after
//! the other in the order of the chain and is what the pool asks as well; [`ledger`] writes what a block does; [`queries`]
//! answers wallets and signers. Burns are never forgotten and totals keep their whole history, one row for each block that
//! changed one: so a total of any height can be answered for, and taking a block back is the undo record and nothing else.

pub mod ledger;
pub mod queries;
pub mod tables;
pub mod tally;

pub use ledger::apply_swaps;
pub use queries::{burn, burns_of_recipient, next_room, sums, total_at};
pub use tables::{SwapBlockRow, SwapBlocks, SwapBurnRow, SwapBurns, SwapTotals};
pub use tally::{SwapTally, check_swap_transaction};
