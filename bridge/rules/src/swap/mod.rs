//! The swap from OXEN to SESH on our side (bridge §5.3): a transaction burns OXEN and is credited SESH, once and exactly.
//!
//! A walk: [`burn`] says whether a transaction may burn and what it is credited; [`conversion`] is the arithmetic of the ratio;
//! [`sums`] keeps the caps, burn after burn, in the order of the chain; [`totals`] is what recipients may claim and since when.
//! `chain/state` keeps the rows, the pool and the wallet ask the same functions before they take or send anything.

pub mod burn;
pub mod conversion;
pub mod sums;
pub mod totals;

#[cfg(test)]
mod tests;

pub use burn::{
    Burn, BurnRequest, ReservedRecipient, SwapContext, SwapError, check_amount, check_burn, check_claimable,
};
pub use conversion::convert;
pub use sums::{SwapRoom, SwapSums, left_window};
pub use totals::{credited_from, matures_at};
