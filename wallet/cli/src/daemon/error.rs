//! What can go wrong between wallet and daemon.

use oxen_rpc::types::{ErrorObject, wallet::WalletDecodeError};
use thiserror::Error;

/// Why the daemon's answer is not there, or cannot be used.
#[derive(Debug, Error)]
pub enum DaemonError {
    /// Nobody listens: the request was certainly not received.
    #[error(
        "no daemon answers at {address}: start oxend, or name another with --daemon-address or set_daemon ({reason})"
    )]
    Unreachable {
        /// Where.
        address: String,
        /// What the connection said.
        reason: String,
    },
    /// The connection broke or took too long after the request may have been received.
    #[error("the connection to the daemon at {address} broke: {reason}")]
    Broken {
        /// Where.
        address: String,
        /// How.
        reason: String,
    },
    /// A login is needed, or wrong.
    #[error("the daemon at {address} wants a login: give it with --daemon-login user:password")]
    LoginNeeded {
        /// Where.
        address: String,
    },
    /// The daemon does not know the method: another program, or an older one.
    #[error("the daemon at {address} does not know {method}: this wallet needs the oxend it came with, or a newer one")]
    UnknownMethod {
        /// Where.
        address: String,
        /// What was asked for.
        method: &'static str,
    },
    /// The daemon is overloaded; the request was not worked on.
    #[error("the daemon at {address} is busy: try again in a moment")]
    Busy {
        /// Where.
        address: String,
    },
    /// The daemon is catching up with the network.
    #[error("the daemon at {address} is still synchronising: wait until it has caught up (see status)")]
    Synchronising {
        /// Where.
        address: String,
    },
    /// The daemon answered with another status.
    #[error("the daemon at {address} answered {method} with HTTP status {status}: {text}")]
    Status {
        /// Where.
        address: String,
        /// What was asked for.
        method: &'static str,
        /// The status.
        status: u16,
        /// The beginning of what it said.
        text: String,
    },
    /// The daemon refused with an error.
    #[error("the daemon refused {method}: {} (error {})", .error.message, .error.code)]
    Refused {
        /// What was asked for.
        method: &'static str,
        /// What it said.
        error: ErrorObject,
    },
    /// The daemon answered, and what it did failed.
    #[error("the daemon could not do {method}: {status}")]
    Failed {
        /// What was asked for.
        method: &'static str,
        /// What it said.
        status: String,
    },
    /// More bytes than any answer has.
    #[error("the daemon's answer to {method} is longer than {limit} bytes: it is not to be trusted")]
    TooLong {
        /// What was asked for.
        method: &'static str,
        /// Most bytes.
        limit: usize,
    },
    /// Not what should be answered.
    #[error("the daemon's answer to {method} cannot be read ({reason}): is it an oxend of this version?")]
    Unreadable {
        /// What was asked for.
        method: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The connection cannot be prepared.
    #[error("connections cannot be made: {0}")]
    Client(reqwest::Error),
}

impl DaemonError {
    /// True when trying again later may help.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Broken { .. } | Self::Busy { .. } | Self::Synchronising { .. }
        )
    }

    /// True when the daemon may have acted on the request although no usable answer came.
    #[must_use]
    pub const fn leaves_outcome_open(&self) -> bool {
        matches!(
            self,
            Self::Broken { .. } | Self::Status { .. } | Self::TooLong { .. } | Self::Unreadable { .. }
        )
    }

    pub(super) fn decode(method: &'static str, error: &WalletDecodeError) -> Self {
        Self::Unreadable {
            method,
            reason: error.to_string(),
        }
    }
}
