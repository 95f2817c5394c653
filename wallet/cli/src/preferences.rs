//! What a user can choose with `set` (wallet §3.3).

use oxen_types::Amount;
use oxen_wallet_core::build::OutputLimits;
use parity_scale_codec::{Decode, Encode};

/// When the password is asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub enum AskPassword {
    /// Only to open the wallet.
    Never,
    /// Before money is sent and secrets are shown.
    #[default]
    OnAction,
}

/// The settings of one wallet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Preferences {
    /// Ask before a transaction is sent.
    pub always_confirm_transfers: bool,
    /// Show the members of every ring before sending.
    pub print_ring_members: bool,
    /// Look for new blocks while waiting at the prompt.
    pub auto_refresh: bool,
    /// Ask before a file is overwritten.
    pub confirm_export_overwrite: bool,
    /// When the password is asked for.
    pub ask_password: AskPassword,
    /// Keep so many outputs ...
    pub min_outputs_count: u32,
    /// ... worth at least this, before an input that is not needed is added.
    pub min_outputs_value: Amount,
    /// Outputs below this are left alone.
    pub ignore_outputs_below: Amount,
    /// Outputs above this are left alone; zero for no such limit.
    pub ignore_outputs_above: Amount,
    /// Seconds without a command after which the password is asked for; 0 for never.
    pub inactivity_lock_timeout: u32,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            always_confirm_transfers: true,
            print_ring_members: false,
            auto_refresh: true,
            confirm_export_overwrite: true,
            ask_password: AskPassword::default(),
            min_outputs_count: 5,
            min_outputs_value: Amount::from_atomic(2_000_000_000),
            ignore_outputs_below: Amount::ZERO,
            ignore_outputs_above: Amount::ZERO,
            inactivity_lock_timeout: 600,
        }
    }
}

impl Preferences {
    /// Which outputs payments may use.
    #[must_use]
    pub fn output_limits(&self) -> OutputLimits {
        let above = self.ignore_outputs_above;
        OutputLimits {
            ignore_below: self.ignore_outputs_below,
            ignore_above: if above.is_zero() {
                Amount::from_atomic(u64::MAX)
            } else {
                above
            },
            minimum_count: u64::from(self.min_outputs_count),
            minimum_value: self.min_outputs_value,
        }
    }
}
