//! Why a method fails: one variant for each reason, and the code it is answered with (rpc §1.3).

use crate::types::ErrorCode;
use oxen_crypto::address::AddressError;
use oxen_node_api::{
    MiningError, SubmitBlockError,
    bridge::AggregationError,
    service_nodes::{ReportError, SignError},
};
use oxen_staking_rules::registry::RegistrationError;
use oxen_state::ViewError;
use oxen_types::{Amount, DecodeError, GlobalOutputIndex, Hash, Height};
use thiserror::Error;

/// Why a method gave no result.
#[derive(Debug, Error)]
pub enum MethodError {
    /// The parameters have wrong types.
    #[error("the parameters are not what the method takes")]
    InvalidParameters(#[source] serde_json::Error),
    /// Bytes that are not a request of our own wallet.
    #[error("not a request of a wallet of this version: {0}")]
    WalletRequest(#[source] crate::types::wallet::WalletDecodeError),
    /// Bytes that are not portable storage.
    #[error("not portable storage: {0}")]
    PortableStorage(#[source] crate::binary::epee::EpeeError),
    /// A string that is not as many hashes.
    #[error("{name} must be hashes of 32 bytes, one behind the other")]
    BadPackedHashes {
        /// The field.
        name: &'static str,
    },
    /// Proofs that this node no longer has.
    #[error("the proofs of transaction {id} were pruned away; ask with prune")]
    ProofsPruned {
        /// Its id.
        id: Hash,
    },
    /// A body that is not UTF-8.
    #[error("the parameters are not text")]
    NotText,
    /// A parameter that the method does not know, and the client asked to hear of such.
    #[error("unknown parameter: {name}")]
    UnknownParameter {
        /// Its name.
        name: String,
    },
    /// The list of parameters has the wrong length.
    #[error("wrong number of parameters: {expected}")]
    ParameterCount {
        /// What it takes.
        expected: &'static str,
    },
    /// A parameter that must be there is missing.
    #[error("parameter {name} is missing")]
    MissingParameter {
        /// Its name.
        name: &'static str,
    },
    /// Text that is no internet address.
    #[error("{found:?} is no host: write an IPv4 or IPv6 address")]
    NotAHost {
        /// What was given, cut.
        found: String,
    },
    /// Text that is not the hexadecimal form of what it should be.
    #[error("{what} must be {expected} hexadecimal characters, not {found:?}")]
    BadHex {
        /// What it should be.
        what: &'static str,
        /// How many characters.
        expected: usize,
        /// What was given, cut.
        found: String,
    },
    /// Text that is not the hash of a name.
    #[error("name_hash must be 64 hexadecimal characters or 44 of base64, not {found:?}")]
    BadNameHash {
        /// What was given, cut.
        found: String,
    },
    /// Text that is no address of Ethereum.
    #[error("{found:?}: {reason}")]
    BadEthereumAddress {
        /// What was given, cut.
        found: String,
        /// Why.
        #[source]
        reason: oxen_bridge_rules::address::AddressTextError,
    },
    /// A kind of name that does not exist.
    #[error("there are names of type 0 (session), 1 (wallet) and 2 (lokinet), not {number}")]
    NoSuchNameKind {
        /// The number.
        number: u64,
    },
    /// Text that is no owner of names.
    #[error("{found:?}: {reason}")]
    NotAnOwner {
        /// What was given, cut.
        found: String,
        /// Why.
        #[source]
        reason: oxen_names::owner::OwnerError,
    },
    /// Bytes that are not hexadecimal (or base64, where that is taken).
    #[error("{what} must be hexadecimal text")]
    NotHex {
        /// What it should be.
        what: &'static str,
    },
    /// A blink that is to be kept here.
    #[error(
        "blink and do_not_relay exclude each other, because a blink is sent to service nodes: nothing was sent; leave out one"
    )]
    BlinkNotRelayed,
    /// The first height lies above the last.
    #[error("start height {start} is above end height {end}")]
    ReversedRange {
        /// First.
        start: u64,
        /// Last.
        end: u64,
    },
    /// More than one request may ask for.
    #[error("{asked} {what} are more than the {limit} that one request may ask for")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        asked: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The answer would be larger than this listener sends.
    #[error("the answer is larger than {limit} bytes: ask for less at once")]
    AnswerTooLarge {
        /// Most bytes.
        limit: usize,
    },
    /// An amount other than 0.
    #[error("there are only RingCT outputs, which have amount 0, not {amount}")]
    NoSuchAmount {
        /// The amount.
        amount: u64,
    },
    /// An output that does not exist.
    #[error("output {index} does not exist: there are {count}")]
    NoSuchOutput {
        /// Its index.
        index: GlobalOutputIndex,
        /// How many there are.
        count: u64,
    },
    /// A cutoff too far back for a public listener.
    #[error("recent_cutoff {cutoff} lies more than {days} days back, further than a public listener looks")]
    CutoffTooOld {
        /// The cutoff, Unix seconds.
        cutoff: u64,
        /// How far back it may lie.
        days: u64,
    },
    /// A transaction that is not in the pool.
    #[error("transaction {id} is not in the pool")]
    NotInPool {
        /// Its id.
        id: Hash,
    },
    /// A transaction that neither chain nor pool knows.
    #[error("transaction {id} is not known")]
    NoSuchTransaction {
        /// Its id.
        id: Hash,
    },
    /// A height above the newest block.
    #[error("height {height} is above that of the newest block, {tip}")]
    HeightTooBig {
        /// The height.
        height: u64,
        /// The newest block.
        tip: Height,
    },
    /// A block that is not known.
    #[error("block {id} is not known")]
    NoSuchBlock {
        /// Its id.
        id: Hash,
    },
    /// More reserved bytes than a coinbase can hold.
    #[error("{size} bytes cannot be reserved: at most 255")]
    ReserveSizeTooBig {
        /// How many.
        size: u64,
    },
    /// Not an address of this network.
    #[error("{address:?} is not an address: {reason}")]
    WrongAddress {
        /// The text, cut.
        address: String,
        /// Why.
        #[source]
        reason: AddressError,
    },
    /// Service nodes gave no signatures.
    #[error(transparent)]
    Aggregation(#[from] AggregationError),
    /// A subaddress where none may stand.
    #[error("a subaddress cannot be mined to: give a primary address")]
    Subaddress,
    /// A template on another block than the newest.
    #[error("a template can only be made on the newest block {tip}")]
    NotOnTip {
        /// The newest block.
        tip: Hash,
    },
    /// Bytes that are not a block.
    #[error("not a block: {0}")]
    WrongBlock(#[source] DecodeError),
    /// A block of impossible size.
    #[error("a block has {least} to {most} bytes, not {found}")]
    WrongBlockSize {
        /// Fewest.
        least: usize,
        /// Most.
        most: usize,
        /// As many as were given.
        found: usize,
    },
    /// A block that is refused.
    #[error("the block is not accepted: {0}")]
    BlockNotAccepted(#[source] SubmitBlockError),
    /// Making blocks failed.
    #[error(transparent)]
    Mining(#[from] MiningError),
    /// The node is behind the network.
    #[error("the node is catching up with the network; ask again later")]
    CoreBusy,
    /// The state could not be read.
    #[error(transparent)]
    View(#[from] ViewError),
    /// Bytes of the database do not decode.
    #[error("{what} in the database does not decode; the database is damaged")]
    Damaged {
        /// What.
        what: &'static str,
    },
    /// The answer could not be written as JSON: a mistake of this program.
    #[error("the answer could not be written")]
    Unwritable(#[source] serde_json::Error),
    /// The method failed in a way it should not: a mistake of this program.
    #[error("the method failed; this is a mistake of the node, please report it")]
    Panicked,
    /// The method took too long.
    #[error("the request took longer than {seconds} seconds: ask for less at once")]
    TimedOut {
        /// How long it may take.
        seconds: u64,
    },
    /// Too many requests are waiting.
    #[error("the server has too many requests to answer; try again later")]
    ServerBusy,
    /// Too many requests from one address.
    #[error("too many requests from your address; try again in {seconds} seconds")]
    TooFast {
        /// When to try again.
        seconds: u64,
    },
    /// The method stands on the admin listener only.
    #[error("{method} is not available on a public listener; use the admin listener")]
    NotPublic {
        /// The method.
        method: &'static str,
    },
    /// The same, for a method that Monero's clients probe public nodes with.
    #[error("method not found: {method} is not available on a public listener; use the admin listener")]
    HiddenFromPublic {
        /// The method.
        method: &'static str,
    },
    /// No such method.
    #[error("method not found: {method:?}")]
    MethodNotFound {
        /// The name, cut.
        method: String,
    },
    /// A method of daemons that this version does not have.
    #[error("method not found: {method} is not part of this version: {reason}")]
    NotInThisVersion {
        /// The method.
        method: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// A method that needs peers.
    #[error(
        "{method} needs peers, and this node runs alone: start it without --offline, on regtest with --p2p-bind-port"
    )]
    NodeIsAlone {
        /// The method.
        method: &'static str,
    },
    /// A quorum of a kind that there is none of.
    #[error("{number} is no quorum type: 0 obligations, 1 checkpointing, 2 blink, 3 pulse, 255 all")]
    UnknownQuorumType {
        /// The number.
        number: u8,
    },
    /// No quorum at the heights that were asked for.
    #[error("there is no quorum at these heights, or it was so long ago that it is no longer kept")]
    NoQuorum,
    /// A registration that would register nothing.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// The caller believes that a node must hold something else.
    #[error("a service node must hold {requirement} OXEN now, not {given}")]
    WrongRequirement {
        /// As the caller says.
        given: Amount,
        /// As the network says.
        requirement: Amount,
    },
    /// A subaddress or an integrated address where only a primary one may stand.
    #[error("{address:?} is not a primary address: only those can stake")]
    NotAPrimaryAddress {
        /// The text, cut.
        address: String,
    },
    /// Text that is no percentage.
    #[error("{found:?} is no operator fee: give 0 to 100 percent with up to two decimals")]
    WrongPercentage {
        /// The text, cut.
        found: String,
    },
    /// Text that is no number.
    #[error("{what} must be a whole number, not {found:?}")]
    NotANumber {
        /// What it should be.
        what: &'static str,
        /// The text, cut.
        found: String,
    },
    /// There is no key of a service node to work with.
    #[error(transparent)]
    Sign(SignError),
    /// Secret keys were asked for over a listener that anybody may reach.
    #[error("secret keys are given only on a listener of this machine (127.0.0.1, ::1) or with --rpc-login")]
    SecretKeysExposed,
    /// A report on another service than storage server and onion router.
    #[error("{found:?} is no service that is reported on: storage or lokinet")]
    UnknownService {
        /// The text, cut.
        found: String,
    },
    /// A report that could not be noted.
    #[error(transparent)]
    Report(ReportError),
}

impl MethodError {
    /// The code in the answer.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::InvalidParameters(_)
            | Self::WalletRequest(_)
            | Self::PortableStorage(_)
            | Self::NotText
            | Self::UnknownParameter { .. } => ErrorCode::InvalidParameters,
            Self::ParameterCount { .. }
            | Self::MissingParameter { .. }
            | Self::NotAHost { .. }
            | Self::BadHex { .. }
            | Self::NotHex { .. }
            | Self::BadNameHash { .. }
            | Self::NoSuchNameKind { .. }
            | Self::NotAnOwner { .. }
            | Self::BadPackedHashes { .. }
            | Self::BlinkNotRelayed
            | Self::ReversedRange { .. }
            | Self::TooMany { .. }
            | Self::AnswerTooLarge { .. }
            | Self::NoSuchAmount { .. }
            | Self::NoSuchOutput { .. }
            | Self::CutoffTooOld { .. }
            | Self::NotInPool { .. }
            | Self::UnknownQuorumType { .. }
            | Self::NoQuorum
            | Self::Registration(_)
            | Self::WrongRequirement { .. }
            | Self::WrongPercentage { .. }
            | Self::NotANumber { .. }
            | Self::Sign(_)
            | Self::UnknownService { .. }
            | Self::Report(_)
            | Self::NoSuchTransaction { .. } => ErrorCode::WrongParameter,
            Self::HeightTooBig { .. } => ErrorCode::HeightTooBig,
            Self::ReserveSizeTooBig { .. } => ErrorCode::ReserveSizeTooBig,
            Self::WrongAddress { .. } | Self::NotAPrimaryAddress { .. } | Self::BadEthereumAddress { .. } => {
                ErrorCode::WrongAddress
            }
            Self::Aggregation(AggregationError::View(_)) => ErrorCode::Internal,
            Self::Aggregation(_) => ErrorCode::BlsSignature,
            Self::Subaddress => ErrorCode::Subaddress,
            Self::WrongBlock(_) => ErrorCode::WrongBlock,
            Self::WrongBlockSize { .. } => ErrorCode::WrongBlockSize,
            Self::BlockNotAccepted(_) => ErrorCode::BlockNotAccepted,
            Self::Mining(MiningError::NotRegtest) => ErrorCode::RegtestRequired,
            Self::Mining(MiningError::MadeByPulse) => ErrorCode::Unsupported,
            Self::Mining(MiningError::TooMany { .. }) => ErrorCode::WrongParameter,
            Self::Mining(MiningError::Refused(_) | MiningError::L2(_)) => ErrorCode::BlockNotAccepted,
            Self::CoreBusy => ErrorCode::CoreBusy,
            Self::NoSuchBlock { .. } | Self::View(_) | Self::Damaged { .. } => ErrorCode::Internal,
            Self::NotOnTip { .. } | Self::ProofsPruned { .. } | Self::NodeIsAlone { .. } => ErrorCode::Unsupported,
            // The work goes on, and may succeed: a code of those that did nothing would have a wallet pay twice.
            Self::Unwritable(_) | Self::Panicked | Self::TimedOut { .. } => ErrorCode::InternalError,
            Self::ServerBusy | Self::TooFast { .. } => ErrorCode::ServerBusy,
            Self::NotPublic { .. } | Self::SecretKeysExposed => ErrorCode::NotPublic,
            Self::HiddenFromPublic { .. } | Self::MethodNotFound { .. } | Self::NotInThisVersion { .. } => {
                ErrorCode::MethodNotFound
            }
        }
    }

    /// What goes under `data`: the complaint of the parser, or the cause behind the message.
    #[must_use]
    pub fn data(&self) -> Option<String> {
        match self {
            Self::InvalidParameters(source) => Some(source.to_string()),
            _ => None,
        }
    }

    /// Text of a client as it may stand in an error: cut, because it can be as long as a request.
    #[must_use]
    pub fn excerpt(text: &str) -> String {
        const LONGEST: usize = 100;
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text.to_owned(),
        }
    }
}
