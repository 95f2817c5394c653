//! From a plan to a transaction on its way (wallet §6, §7.7).
//!
//! `decoy_cache` keeps what is known of the chain's outputs; `rings` asks the daemon for ring members and prepares
//! transactions; [`dispatch`] signs, keeps, and only then hands them to the daemon.

mod decoy_cache;
mod dispatch;
mod rings;

pub use decoy_cache::{DecoyCache, DecoyError};
pub use dispatch::{Dispatched, Fate, dispatch, dispatch_signed, resend};
pub use rings::prepare;
