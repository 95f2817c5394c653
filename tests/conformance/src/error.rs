//! What keeps the tool from comparing at all. A comparison that fails is no error: it stands in the report.

use oxen_types::{
    Height,
    network::{HardForkVersion, NetworkDescriptionError},
};
use std::{io, path::PathBuf};
use thiserror::Error;

/// Why a recording cannot be compared. Every text says what to do.
#[derive(Debug, Error)]
pub enum ConformanceError {
    /// The argument is not a directory.
    #[error("{} is not a directory: name one that holds a recorded chain (network.json, blocks.json, txs.json, outputs.json)", path.display())]
    NotADirectory {
        /// The argument.
        path: PathBuf,
    },
    /// The directory could not be listed.
    #[error("{} cannot be listed ({source}): check its permissions", path.display())]
    Unlistable {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file without which nothing can be compared is missing.
    #[error("{} holds neither {name} nor {name}.gz, which {needed_for} needs: name a complete recording", directory.display())]
    MissingFile {
        /// Where it should be.
        directory: PathBuf,
        /// Its name.
        name: &'static str,
        /// What cannot be done without it.
        needed_for: &'static str,
    },
    /// Both the plain and the compressed form of a file are there.
    #[error("{} holds both {name} and {name}.gz: remove one of them", directory.display())]
    TwoForms {
        /// Where they are.
        directory: PathBuf,
        /// The plain name.
        name: &'static str,
    },
    /// A file could not be read.
    #[error("{} cannot be read ({source}): record it again", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is larger than what is read.
    #[error("{} has more than {limit} bytes of JSON, which is the most that is read", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Most bytes.
        limit: u64,
    },
    /// A file is not of the recorded form.
    #[error("{} is not of the recorded form ({source}): record it again", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What was expected.
        #[source]
        source: serde_json::Error,
    },
    /// A list that must have entries has none.
    #[error("{} has no entries: an empty recording proves nothing", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Blocks do not stand at the place of their height.
    #[error("{name} has height {found} where {expected} belongs: entries must be complete and in order of height")]
    OutOfOrder {
        /// The file.
        name: &'static str,
        /// Height that belongs there.
        expected: u64,
        /// Height found.
        found: u64,
    },
    /// The network description does not load.
    #[error("network.json describes no network: {source}")]
    Network {
        /// Why.
        #[source]
        source: NetworkDescriptionError,
    },
    /// The rules of a fork of the chain are not in this version.
    #[error(
        "blocks of HF{version} cannot be verified by this version, which knows the rules of HF19 and later: {count} of the {blocks} recorded blocks, the first at height {first}, are of older or newer forks. Use `decode`, which needs no rules"
    )]
    ForkNotSupported {
        /// The first such fork.
        version: u8,
        /// Height of its first block.
        first: Height,
        /// Blocks of unsupported forks.
        count: usize,
        /// All blocks.
        blocks: usize,
    },
    /// The recorded state of a height is missing, so that nobody can say who leads and who is paid.
    #[error("state.json has no entry for height {height}, which `replay` needs: record it, or use `decode`")]
    StateMissing {
        /// The height.
        height: Height,
    },
    /// A recorded node has an address of another network.
    #[error(
        "state.json names the address {address} at height {height}, which is none of this network: record it again"
    )]
    ForeignAddress {
        /// The address.
        address: String,
        /// The height.
        height: Height,
    },
    /// `--from` lies above the chain.
    #[error("--from {from} is above the last recorded height {last}: nothing would be compared")]
    FromAboveChain {
        /// The option.
        from: Height,
        /// The newest block.
        last: Height,
    },
    /// The worker threads could not be started.
    #[error("the worker threads could not be started ({0}): use fewer --threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// The process' exit code for an error: 3 for a chain whose rules are missing, 2 for everything else.
#[must_use]
pub const fn exit_code(error: &ConformanceError) -> u8 {
    match error {
        ConformanceError::ForkNotSupported { .. } => 3,
        _ => 2,
    }
}

/// The forks whose blocks `replay` verifies.
#[must_use]
pub fn is_supported(version: HardForkVersion) -> bool {
    version >= HardForkVersion::REWARD_BATCHING && version.is_known()
}
