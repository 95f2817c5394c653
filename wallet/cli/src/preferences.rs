//! What a user can choose with `set` (wallet §3.3).

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

/// How much to pay for a place in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub enum DefaultPriority {
    /// An ordinary transaction.
    #[default]
    Ordinary,
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
            inactivity_lock_timeout: 600,
        }
    }
}
