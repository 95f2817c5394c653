//! Why something on Arbitrum was not done, and what to do.

use oxen_types::{
    PublicKey,
    bytes::{BlsPublicKey, EthereumAddress},
};
use oxen_wallet_ethereum::{
    AddressError, L2Error, Sesh, address::checksummed, amount::SeshError, contribution::ContributionProblem,
    journal::JournalError, key::KeyError, keystore::KeystoreError, worker::WorkError,
};
use std::path::PathBuf;
use thiserror::Error;

/// Why something on Arbitrum was not done.
#[derive(Debug, Error)]
pub enum EthereumError {
    /// No provider was named.
    #[error(
        "this needs Arbitrum: name a JSON-RPC service with --l2-provider <URL>, or in the environment variable OXEN_L2_PROVIDER"
    )]
    NoProvider,
    /// The network has no such contract.
    #[error("this network does not name the contract of {what}: give its address with {option}")]
    ContractUnknown {
        /// What it is for.
        what: &'static str,
        /// How it is given.
        option: &'static str,
    },
    /// There is no key.
    #[error(
        "this wallet has no Ethereum key: make one with `ethereum create`, or take yours with `ethereum import`. To sign with \
         another wallet, add address=<0x address> and unsigned"
    )]
    NoKey,
    /// There is one already.
    #[error(
        "this wallet has an Ethereum key already ({}, {}). To use another one, move that file away; keep it, for whatever belongs \
         to its address",
        checksummed(.address), .path.display()
    )]
    KeyExists {
        /// Whose.
        address: EthereumAddress,
        /// Where.
        path: PathBuf,
    },
    /// A keystore file cannot be read, opened or made.
    #[error("{}: {error}", .path.display())]
    Keystore {
        /// The file.
        path: PathBuf,
        /// Why.
        error: KeystoreError,
    },
    /// A keystore file would be written over something.
    #[error("{} exists, and nothing is written over it: choose another name", .path.display())]
    KeystoreExists {
        /// What is there.
        path: PathBuf,
    },
    /// The transactions of another address cannot be signed.
    #[error(
        "the key of this wallet is {}, and {what} can only be done by the address itself: leave address= out, or add unsigned and \
         sign with the wallet of that address",
        checksummed(.own)
    )]
    OtherAddress {
        /// The key's.
        own: EthereumAddress,
        /// What was wanted.
        what: &'static str,
    },
    /// An address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// An amount.
    #[error(transparent)]
    Amount(#[from] SeshError),
    /// A secret key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Arbitrum.
    #[error(transparent)]
    L2(#[from] L2Error),
    /// Work.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A contribution contract.
    #[error(transparent)]
    Contribution(ContributionProblem),
    /// A fee.
    #[error("\"{0}\" is no fee: write a percentage from 0% to 100% with at most two decimals, for example fee=12.5%")]
    Fee(String),
    /// The node's signature does not hold.
    #[error(
        "the service node's own signature of its keys is wrong: the chain would refuse the registration and leave the stake in the \
         contract. Nothing was sent. Check that the daemon is the service node, and its version"
    )]
    NodeSignature,
    /// The node is registered.
    #[error("service node {node} is registered already, as number {number} of the contract")]
    AlreadyRegistered {
        /// Its key.
        node: PublicKey,
        /// The contract's number.
        number: u64,
    },
    /// The BLS key is registered.
    #[error(
        "the BLS key {key} of this service node is registered already, as number {number} of the contract: let that node exit first"
    )]
    BlsKeyRegistered {
        /// The key.
        key: BlsPublicKey,
        /// The contract's number.
        number: u64,
    },
    /// The contract does not know the node.
    #[error("the contract knows no service node {0}: check the key; a node that left is not there any more")]
    NotRegistered(PublicKey),
    /// Not enough SESH.
    #[error("{} has {has} and the stake is {needs}: send it the missing SESH on Arbitrum first", checksummed(.address))]
    NotEnoughSesh {
        /// The account.
        address: EthereumAddress,
        /// What it has.
        has: Sesh,
        /// What is needed.
        needs: Sesh,
    },
    /// What was handed over is not settled.
    #[error(
        "transaction {hash} may still be mined ({reason}): wait until it is in a block, or another one has its number. To forget it all \
         the same, give `ethereum forget anyway`: whoever has the signed transaction can hand it over even then"
    )]
    MayStillBeMined {
        /// Its id.
        hash: String,
        /// Why nobody can say that it will not.
        reason: String,
    },
    /// An address has to be given twice the same.
    #[error("the two addresses are not the same: nothing was done")]
    AddressNotConfirmed,
}

impl From<ContributionProblem> for EthereumError {
    /// Arbitrum's errors are the same wherever they come from.
    fn from(problem: ContributionProblem) -> Self {
        match problem {
            ContributionProblem::L2(error) => Self::L2(error),
            problem => Self::Contribution(problem),
        }
    }
}

impl EthereumError {
    /// The word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoProvider => "l2_provider_needed",
            Self::ContractUnknown { .. } => "contract_unknown",
            Self::NoKey => "no_ethereum_key",
            Self::KeyExists { .. } => "ethereum_key_exists",
            Self::Keystore {
                error: KeystoreError::WrongPassword,
                ..
            } => "wrong_password",
            Self::Keystore { .. } => "invalid_keystore",
            Self::KeystoreExists { .. } => "file",
            Self::OtherAddress { .. } => "wrong_ethereum_key",
            Self::Address(_) | Self::AddressNotConfirmed => "invalid_ethereum_address",
            Self::Amount(_) => "invalid_amount",
            Self::Key(_) => "invalid_key",
            Self::L2(error) | Self::Work(WorkError::L2(error)) => l2_code(error),
            Self::Work(error) => work_code(error),
            Self::Journal(_) => "ethereum_journal",
            Self::Contribution(problem) => problem.code(),
            Self::Fee(_) => "invalid_fee",
            Self::NodeSignature => "registration_bad_signature",
            Self::AlreadyRegistered { .. } | Self::BlsKeyRegistered { .. } => "already_registered",
            Self::NotRegistered(_) => "not_registered",
            Self::NotEnoughSesh { .. } => "not_enough_sesh",
            Self::MayStillBeMined { .. } => "l2_transaction_waits",
        }
    }
}

const fn l2_code(error: &L2Error) -> &'static str {
    match error {
        L2Error::Url(_) => "usage",
        L2Error::Client(_)
        | L2Error::Unreachable { .. }
        | L2Error::Answered { .. }
        | L2Error::Senseless { .. }
        | L2Error::WrongChain { .. } => "l2_provider",
        L2Error::NoContract(_) => "contract_unknown",
        L2Error::Refused(_) => "contract_refused",
        L2Error::NotEnoughEther { .. } => "not_enough_ether",
        L2Error::GasPrice { .. } => "gas_price",
        L2Error::NonceTaken { .. } => "l2_nonce_taken",
        L2Error::Key(_) => "cannot_sign",
    }
}

const fn work_code(error: &WorkError) -> &'static str {
    match error {
        WorkError::L2(error) => l2_code(error),
        WorkError::Source(_) => "no_network_signature",
        WorkError::Journal(_) => "ethereum_journal",
        WorkError::NothingBegun => "nothing_there",
        WorkError::OtherAccount => "wrong_ethereum_key",
        WorkError::NothingToClaim(_) => "nothing_to_claim",
        WorkError::MoreThanThereIs { .. } => "not_enough_to_claim",
        WorkError::WindowUsedUp(_) => "claim_window_used_up",
        WorkError::SignaturesRefused(_) => "network_signature_refused",
        WorkError::Reverted { .. } => "l2_transaction_reverted",
        WorkError::Superseded { .. } | WorkError::ClaimedElsewhere { .. } => "l2_transaction_superseded",
        WorkError::StillWaiting(_) => "l2_transaction_waits",
        WorkError::NoEnd => "l2_provider",
    }
}
