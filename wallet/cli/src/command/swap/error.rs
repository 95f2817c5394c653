//! What can be wrong with a swap, in words that say what to do.

use crate::format::time::date_and_time;
use oxen_bridge_rules::{address::AddressTextError, swap::SwapError};
use oxen_types::{Amount, Hash, Height, Timestamp};
use thiserror::Error;

/// Why nothing is burned, or nothing can be told.
#[derive(Debug, Error)]
pub enum SwapCommandError {
    /// Not an Ethereum address with its checksum.
    #[error("\"{text}\": {reason}")]
    Address {
        /// What was typed.
        text: String,
        /// Why.
        #[source]
        reason: AddressTextError,
    },
    /// The second typing was another address.
    #[error("the two addresses are not the same: nothing was burned")]
    AddressesDiffer,
    /// The network has no swap.
    #[error("this network has no swap from OXEN to SESH")]
    NoSwap,
    /// The fork has not come.
    #[error("the swap has not begun: it begins {}", begins(.begin))]
    NotBegun {
        /// The first height of it, if it is scheduled.
        begin: Option<Height>,
    },
    /// It is over.
    #[error("the swap ended at height {end}: what is left stays OXEN")]
    Ended {
        /// First height without swap.
        end: Height,
    },
    /// Everything was swapped.
    #[error("the swap would bring {wanted} SESH, but only {remaining} are left in all: {}", advice(.remaining))]
    PoolFull {
        /// What the amount is worth.
        wanted: Amount,
        /// What is left.
        remaining: Amount,
    },
    /// Too much was swapped lately.
    #[error(
        "the swap would bring {wanted} SESH, but only {remaining} are left for now: swap less, or try again later: the limit is for \
         {window} blocks in a row"
    )]
    RateFull {
        /// What the amount is worth.
        wanted: Amount,
        /// What is left.
        remaining: Amount,
        /// Blocks of the window.
        window: u64,
    },
    /// The daemon says other rules than the network's.
    #[error(
        "the daemon says that the swap's {what} is {daemon}, but this wallet knows {wallet}: one of the two is of another version or \
         network; nothing was burned"
    )]
    DaemonDisagrees {
        /// What differs.
        what: &'static str,
        /// What the daemon says.
        daemon: String,
        /// What the wallet knows.
        wallet: String,
    },
    /// The contract on Arbitrum ends before the burn can be credited.
    #[error(
        "the contract on Arbitrum takes no more credits from {} UTC on, and this burn counts from about {} UTC on, with service nodes \
         signing an hour or more later: that is too late, or too near to it. The OXEN would be lost, so nothing was burned",
        date_and_time(*.closes), date_and_time(*.counts)
    )]
    ClosesTooSoon {
        /// When credits end.
        closes: Timestamp,
        /// When the burn would count, by the clock of Arbitrum.
        counts: Timestamp,
    },
    /// The contract on Arbitrum has not that much left.
    #[error(
        "the swap would bring {wanted} SESH, but the contract on Arbitrum can only credit {left} more: {}. Nothing was burned",
        advice(.left)
    )]
    ContractFull {
        /// What the amount is worth.
        wanted: Amount,
        /// What is left there.
        left: Amount,
    },
    /// The chain would refuse it.
    #[error("{0}")]
    Refused(#[from] SwapError),
    /// Not a burn of this wallet, and none that the daemon knows.
    #[error("transaction {0} is no swap that this wallet or its daemon knows")]
    NotASwap(Hash),
}

fn advice(remaining: &Amount) -> &'static str {
    if remaining.is_zero() { "it is over" } else { "swap less" }
}

fn begins(begin: &Option<Height>) -> String {
    begin.map_or_else(
        || "at no height that is decided".to_owned(),
        |height| format!("at height {height}"),
    )
}

impl SwapCommandError {
    /// The word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address { .. } => "invalid_ethereum_address",
            Self::AddressesDiffer => "cancelled",
            Self::NoSwap => "no_swap",
            Self::NotBegun { .. } => "swap_not_begun",
            Self::Ended { .. } => "swap_ended",
            Self::PoolFull { .. } => "swap_full",
            Self::RateFull { .. } => "swap_limit",
            Self::DaemonDisagrees { .. } => "daemon_disagrees",
            Self::ClosesTooSoon { .. } => "swap_contract_closes",
            Self::ContractFull { .. } => "swap_contract_full",
            Self::Refused(_) => "swap_refused",
            Self::NotASwap(_) => "unknown_swap",
        }
    }
}
