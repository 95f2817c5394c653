//! What the user wants.

use super::fee::Priority;
use oxen_crypto::Address;
use oxen_types::{Amount, KeyImage, UnlockTime};
use std::collections::BTreeSet;

/// Most payments of one transaction: sixteen outputs, one of them change.
pub const MAX_PAYMENTS: usize = 15;

/// One payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination {
    /// To whom; an integrated address brings its payment id.
    pub address: Address,
    /// How much.
    pub amount: Amount,
}

/// Which addresses of the account pay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SourceAddresses {
    /// Any; one alone if it can, because combining several links them in public.
    #[default]
    All,
    /// Only these.
    Only(BTreeSet<u32>),
}

impl SourceAddresses {
    /// True when the address may pay.
    #[must_use]
    pub fn allows(&self, address: u32) -> bool {
        match self {
            Self::All => true,
            Self::Only(addresses) => addresses.contains(&address),
        }
    }
}

/// Whether one transaction must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SplitRule {
    /// It must.
    #[default]
    OneTransaction,
    /// As many as are needed.
    Several,
}

/// Who pays the fee.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum FeePayer {
    /// The sender, on top of the amounts.
    #[default]
    Sender,
    /// These destinations, by their places, in equal parts; one transaction only.
    Destinations(BTreeSet<usize>),
}

/// Which outputs may be spent, and which are kept back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputLimits {
    /// Outputs below this are left alone.
    pub ignore_below: Amount,
    /// Outputs above this are left alone.
    pub ignore_above: Amount,
    /// A second input that is not needed is only added while this many outputs stay behind ...
    pub minimum_count: u64,
    /// ... that are worth at least this.
    pub minimum_value: Amount,
}

impl Default for OutputLimits {
    fn default() -> Self {
        Self {
            ignore_below: Amount::ZERO,
            ignore_above: Amount::from_atomic(u64::MAX),
            minimum_count: 5,
            minimum_value: Amount::from_atomic(2_000_000_000),
        }
    }
}

/// A transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRequest {
    /// The account that pays.
    pub account: u32,
    /// Its addresses that may pay.
    pub sources: SourceAddresses,
    /// The payments.
    pub destinations: Vec<Destination>,
    /// How urgent it is.
    pub priority: Priority,
    /// Lock of the payments; change is never locked.
    pub unlock_time: UnlockTime,
    /// One transaction or several.
    pub split: SplitRule,
    /// Who pays the fee.
    pub fee_payer: FeePayer,
    /// Which outputs may be spent.
    pub limits: OutputLimits,
}

impl TransferRequest {
    /// An ordinary transfer of account 0.
    #[must_use]
    pub fn new(destinations: Vec<Destination>) -> Self {
        Self {
            account: 0,
            sources: SourceAddresses::All,
            destinations,
            priority: Priority::Default,
            unlock_time: UnlockTime::NONE,
            split: SplitRule::OneTransaction,
            fee_payer: FeePayer::Sender,
            limits: OutputLimits::default(),
        }
    }
}

/// Which outputs are swept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SweepSelection {
    /// All.
    All,
    /// Those worth less than this.
    Below(Amount),
    /// The one with this key image.
    Single(KeyImage),
}

/// Everything there is, to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepRequest {
    /// The account that pays.
    pub account: u32,
    /// Its addresses that are swept.
    pub sources: SourceAddresses,
    /// What is swept.
    pub selection: SweepSelection,
    /// To whom.
    pub address: Address,
    /// Into how many equal outputs, for each transaction, 1 to 16.
    pub outputs: usize,
    /// How urgent it is.
    pub priority: Priority,
    /// Lock of the outputs.
    pub unlock_time: UnlockTime,
    /// Outputs that are left alone.
    pub limits: OutputLimits,
}
