//! Why the local network did not come up, or ended.

use oxen_localnet::{
    CallError, NetworkError, NodeError, arbitrum::ArbitrumError, network_folder::StopError, wallet::WalletError,
};
use thiserror::Error;

/// What went wrong.
#[derive(Debug, Error)]
pub(crate) enum LocalnetError {
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Wallet(#[from] WalletError),
    #[error(transparent)]
    Arbitrum(#[from] ArbitrumError),
    #[error(transparent)]
    Stop(#[from] StopError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("signals cannot be caught: {0}")]
    Signals(#[from] ctrlc::Error),
    #[error("{0}")]
    Unexpected(String),
}
