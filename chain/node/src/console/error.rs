//! Why a command failed, for whoever typed it.

use crate::{network_choice::NetworkError, service_node_keys::KeyFileError};
use std::{io, net::SocketAddr};
use thiserror::Error;

/// Why a command failed. The texts say what to do.
#[derive(Debug, Error)]
pub enum ConsoleError {
    /// There is no such command.
    #[error("there is no command `{name}`; `oxend help` lists them")]
    UnknownCommand {
        /// What was typed.
        name: String,
    },
    /// The words behind the command are wrong.
    #[error("{reason}; write: {usage}")]
    Usage {
        /// How to write it.
        usage: String,
        /// What is wrong.
        reason: String,
    },
    /// The network that the node is on cannot be told.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Nobody answers.
    #[error(
        "no oxend answers at {address}, {found} ({reason}): start it, or name another one with --rpc-admin IP:PORT"
    )]
    Unreachable {
        /// Where.
        address: SocketAddr,
        /// How the address was found.
        found: &'static str,
        /// What the operating system said.
        reason: String,
    },
    /// The node wants a login.
    #[error("the node at {address} wants a login: give --rpc-login USER:PASSWORD as it was started with")]
    LoginNeeded {
        /// Where.
        address: SocketAddr,
    },
    /// The node is busy.
    #[error("the node at {address} has too much to do; try again in a moment")]
    Busy {
        /// Where.
        address: SocketAddr,
    },
    /// What answers is no node.
    #[error("what answers at {address} is no oxend: {reason}")]
    NotANode {
        /// Where.
        address: SocketAddr,
        /// What came.
        reason: String,
    },
    /// The node answers something that this version cannot read.
    #[error("the answer of {method} cannot be read ({reason}); is the node of another version than this program?")]
    Unreadable {
        /// The method.
        method: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The node says no.
    #[error("{message}")]
    Refused {
        /// Its words.
        message: String,
        /// Its code.
        code: i32,
    },
    /// A key file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// Something is not there.
    #[error("{0}")]
    NotFound(String),
    /// Something must be done first.
    #[error("{0}")]
    NotReady(String),
    /// Whoever typed the command does not want it any more.
    #[error("cancelled; nothing was done")]
    Cancelled,
    /// A question was not answered.
    #[error("the input ended where an answer was needed ({question}); nothing was done")]
    InputEnded {
        /// What was asked.
        question: String,
    },
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Terminal(#[from] io::Error),
}
