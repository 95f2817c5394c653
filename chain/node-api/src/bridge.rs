//! Signatures of service nodes for the contracts on L2 (bridge §4): from what they are made, and who gathers them.
//!
//! [`RewardBalances`], [`SwapTotals`] and [`BridgeNodes`] are what a node knows of itself and signs; [`BridgeSignatures`] is what
//! front ends ask for.

use crate::Answer;
use oxen_state::ViewError;
use oxen_types::{
    Amount, Height, PublicKey, Timestamp,
    bytes::{BlsPublicKey, BlsSignature, EthereumAddress},
};
use std::fmt;
use thiserror::Error;

/// What recipients have earned.
pub trait RewardBalances: Send + Sync {
    /// All that a recipient has earned up to and with the block at a height, atomic SESH; never less at a greater height.
    /// `None` where the height is too old to be kept, or above the tip.
    ///
    /// # Errors
    /// The database failed.
    fn total_at(&self, recipient: &EthereumAddress, height: Height) -> Result<Option<Amount>, ViewError>;
}

/// What recipients got for OXEN that they burned.
pub trait SwapTotals: Send + Sync {
    /// The contract that pays it out; `None` on a network without a swap.
    fn contract(&self) -> Option<EthereumAddress>;

    /// All that a recipient got up to and with the block at a height, atomic SESH; as [`RewardBalances::total_at`].
    ///
    /// # Errors
    /// The database failed.
    fn total_at(&self, recipient: &EthereumAddress, height: Height) -> Result<Option<Amount>, ViewError>;
}

/// Who is a service node, and who was, after the newest block.
pub trait BridgeNodes: Send + Sync {
    /// All registered nodes that have a BLS key.
    ///
    /// # Errors
    /// The database failed.
    fn registered(&self) -> Result<Vec<RegisteredNode>, ViewError>;

    /// Where the node with this BLS key stands.
    ///
    /// # Errors
    /// The database failed.
    fn standing(&self, key: &BlsPublicKey) -> Result<NodeStanding, ViewError>;

    /// Nodes that left or were removed, and whose exit from the contract the chain has not heard of yet.
    ///
    /// # Errors
    /// The database failed.
    fn departed(&self) -> Result<Vec<DepartedNode>, ViewError>;
}

/// A registered service node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisteredNode {
    /// Its primary key.
    pub primary: PublicKey,
    /// Its BLS key.
    pub bls_key: BlsPublicKey,
}

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeStanding {
    /// It is registered.
    Registered,
    /// Its registration waits for confirmation.
    Pending,
    /// It left, and may be liquidated from this height on.
    Departed {
        /// The height.
        liquidation_height: Height,
    },
    /// The chain knows no such node.
    Unknown,
}

/// Why a node is no longer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DepartureReason {
    /// It wanted to leave.
    Exit,
    /// A quorum removed it.
    Deregistered,
    /// The contract did not know it.
    Purged,
}

impl DepartureReason {
    /// Its name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Deregistered => "deregister",
            Self::Purged => "purged",
        }
    }
}

/// A node that is no longer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepartedNode {
    /// Its primary key.
    pub primary: PublicKey,
    /// Its BLS key.
    pub bls_key: BlsPublicKey,
    /// When it went.
    pub height: Height,
    /// From when on it may be liquidated.
    pub liquidation_height: Height,
    /// Why it went.
    pub reason: DepartureReason,
}

/// Which lifetime totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ledger {
    /// [`RewardBalances`].
    Rewards,
    /// [`SwapTotals`].
    Swap,
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rewards => "rewards",
            Self::Swap => "swap",
        })
    }
}

/// Total of which height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotalHeight {
    /// The newest that service nodes sign: at which blocks are final (chain §4.12).
    Newest,
    /// So many blocks below the tip, or [`Self::Newest`] where that is lower.
    BelowTip(u64),
    /// This one.
    At(Height),
}

/// How a node leaves the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Departure {
    /// With its whole stake.
    Exit,
    /// With a penalty, by whoever sends it.
    Liquidation,
}

/// A node by one of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKey {
    /// The primary key.
    Primary(PublicKey),
    /// The BLS key.
    Bls(BlsPublicKey),
}

/// A sum of signatures that the contract takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AggregateOfNodes {
    /// What was signed.
    pub message: Vec<u8>,
    /// The sum.
    pub signature: BlsSignature,
    /// Sum of the keys that signed.
    pub key: BlsPublicKey,
    /// The contract's numbers, ascending, of the nodes that did not sign.
    pub non_signers: Vec<u64>,
}

/// A lifetime total that service nodes signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTotal {
    /// Whose.
    pub recipient: EthereumAddress,
    /// How much, atomic SESH.
    pub total: Amount,
    /// Up to and with which block.
    pub height: Height,
    /// Their signatures.
    pub aggregate: AggregateOfNodes,
}

/// Leave to go that service nodes signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedDeparture {
    /// Who may go.
    pub bls_key: BlsPublicKey,
    /// The contract takes it until ten minutes after.
    pub time: Timestamp,
    /// Their signatures.
    pub aggregate: AggregateOfNodes,
}

/// What an operator gives the contract to register the node of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationProof {
    /// Who may register it.
    pub operator: EthereumAddress,
    /// Its BLS key.
    pub bls_key: BlsPublicKey,
    /// That the node has its secret.
    pub possession: BlsSignature,
    /// Its primary key.
    pub primary: PublicKey,
    /// Ed25519 signature by the primary key over both keys.
    pub signature: [u8; 64],
}

/// How many nodes did not sign, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Silence {
    /// They could not be reached, or answered too late.
    pub unreachable: u64,
    /// They have not reached the height, or hold it for not final.
    pub behind: u64,
    /// They would not sign.
    pub refused: u64,
    /// They signed something else, or wrongly.
    pub wrong: u64,
}

/// Why there are no signatures. The texts say what to do.
#[derive(Debug, Error)]
pub enum AggregationError {
    /// The network has no contract.
    #[error("this network has no rewards contract on L2: there is nothing to sign for")]
    NoContract,
    /// The network has no swap.
    #[error("this network has no swap contract on L2: there is nothing to sign for")]
    NoSwap,
    /// Nobody knows whom the contract lists.
    #[error(
        "this node cannot tell which service nodes the contract lists, because it follows no L2 or its providers are silent: ask \
         another node, or start oxend with --l2-provider"
    )]
    NoL2,
    /// The contract lists nobody.
    #[error("the contract lists no service node: nobody could sign")]
    NobodyListed,
    /// There are no checkpoints.
    #[error("no block is final yet: service nodes sign what is, so ask again when there are two checkpoints")]
    NothingFinal,
    /// It could still change.
    #[error("block {asked} is not final: service nodes sign at height {newest} and below; ask for that, or later")]
    NotFinal {
        /// What was asked for.
        asked: Height,
        /// What is.
        newest: Height,
    },
    /// It is too old.
    #[error("totals of block {asked} are not kept any more: ask for height -1, the newest that is final")]
    NotKept {
        /// What was asked for.
        asked: Height,
    },
    /// There is nothing.
    #[error("{recipient} has no {ledger} up to block {height}")]
    NothingEarned {
        /// Whose.
        recipient: EthereumAddress,
        /// Of what.
        ledger: Ledger,
        /// Up to when.
        height: Height,
    },
    /// Too many are missing.
    #[error(
        "{signed} service nodes signed and the contract wants {wanted}: {} not reached, {} behind, {} refused, {} answered \
         wrongly; ask again in a minute",
        silence.unreachable, silence.behind, silence.refused, silence.wrong
    )]
    TooFewSigned {
        /// How many signed.
        signed: u64,
        /// How many the contract wants.
        wanted: u64,
        /// Why the others did not.
        silence: Silence,
    },
    /// Each request asks the whole network.
    #[error("too many signatures are being gathered: ask again in {seconds} seconds")]
    Busy {
        /// When.
        seconds: u64,
    },
    /// No such node.
    #[error("the chain knows no service node with this key that left")]
    UnknownNode,
    /// It is still there.
    #[error("the service node is registered: it leaves 15 days after a request to leave, or when a quorum removes it")]
    StillRegistered,
    /// It is not there yet.
    #[error("the registration of the service node waits for confirmation: wait until the chain has decided")]
    StillPending,
    /// The contract has forgotten it.
    #[error("the contract does not list the service node: it has left already")]
    NotListed,
    /// It may leave by itself first.
    #[error("the service node may be liquidated from height {from} on")]
    NotLiquidatable {
        /// From when on.
        from: Height,
    },
    /// There is no key.
    #[error("this node is not a service node: start oxend with --service-node")]
    NotAServiceNode,
    /// The database failed.
    #[error(transparent)]
    View(#[from] ViewError),
    /// It ended in the middle.
    #[error("the node stops, or the work failed: see its log")]
    Interrupted,
}

/// Gathers signatures of service nodes.
pub trait BridgeSignatures: Send + Sync {
    /// The lifetime total of a recipient.
    fn total(
        &self,
        ledger: Ledger,
        recipient: EthereumAddress,
        height: TotalHeight,
    ) -> Answer<Result<SignedTotal, AggregationError>>;

    /// That a node may leave the contract.
    fn departure(&self, departure: Departure, node: NodeKey) -> Answer<Result<SignedDeparture, AggregationError>>;

    /// Who could leave the contract.
    ///
    /// # Errors
    /// The database failed.
    fn departed(&self) -> Result<Vec<DepartedNode>, AggregationError>;

    /// What an operator registers the node of this process with.
    ///
    /// # Errors
    /// It is not a service node, or there is no contract.
    fn registration(&self, operator: &EthereumAddress) -> Result<RegistrationProof, AggregationError>;
}

/// A node on a network without contracts.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoBridge;

impl BridgeSignatures for NoBridge {
    fn total(&self, _: Ledger, _: EthereumAddress, _: TotalHeight) -> Answer<Result<SignedTotal, AggregationError>> {
        Box::pin(async { Err(AggregationError::NoContract) })
    }

    fn departure(&self, _: Departure, _: NodeKey) -> Answer<Result<SignedDeparture, AggregationError>> {
        Box::pin(async { Err(AggregationError::NoContract) })
    }

    fn departed(&self) -> Result<Vec<DepartedNode>, AggregationError> {
        Err(AggregationError::NoContract)
    }

    fn registration(&self, _: &EthereumAddress) -> Result<RegistrationProof, AggregationError> {
        Err(AggregationError::NoContract)
    }
}
