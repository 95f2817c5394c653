//! One variant for each rule that a transaction or a block can break, so that a peer's penalty and an RPC error follow from
//! the variant alone.

use crate::view::ViewError;
use oxen_bridge_rules::swap::SwapError;
use oxen_names::NameError;
use oxen_staking_rules::registry::{StateChangeError, UnlockError};
use oxen_types::{
    Amount, DecodeError, GlobalOutputIndex, Hash, Height, KeyImage, PublicKey, Timestamp,
    transaction::{TransactionType, Weight},
};
use thiserror::Error;

/// Why a transaction cannot be in the next block (chain §2.6).
#[derive(Debug, Error)]
pub enum TransactionError {
    /// The bytes are not a transaction.
    #[error("not a transaction: {0}")]
    Decode(#[from] DecodeError),
    /// Rule 1: at most 1,000,000 bytes.
    #[error("{bytes} bytes; a transaction has at most 1,000,000")]
    TooLarge {
        /// Size of the blob.
        bytes: usize,
    },
    /// Rule 1: version 4.
    #[error("transaction version {found}; version 4 is required")]
    WrongVersion {
        /// Version found.
        found: u16,
    },
    /// Rule 1: the type must exist at this hard fork.
    #[error("transaction type {kind:?} is not allowed at this hard fork")]
    TypeNotAllowed {
        /// Type found.
        kind: TransactionType,
    },
    /// Rule 2: a transfer spends something.
    #[error("a transfer needs at least one input")]
    NoInputs,
    /// Rule 2: every input spends a key output; coinbases come only with blocks.
    #[error("every input must spend a key output")]
    InvalidInputKind,
    /// Rule 2: every output pays a key.
    #[error("output {output} does not pay a key")]
    InvalidOutputKind {
        /// Index of the output.
        output: usize,
    },
    /// Rule 2: output keys are curve points.
    #[error("the key of output {output} is not a point of the curve")]
    InvalidOutputKey {
        /// Index of the output.
        output: usize,
    },
    /// Rule 3: how many outputs there may be.
    #[error("{found} outputs; {least} to 16 are allowed")]
    OutputCount {
        /// Outputs found.
        found: usize,
        /// Fewest allowed for the type.
        least: usize,
    },
    /// Rule 4: amounts of a transfer are hidden.
    #[error("output {output} has an amount in the clear")]
    OutputAmountInTheClear {
        /// Index of the output.
        output: usize,
    },
    /// Rule 13: only RingCT outputs exist.
    #[error("input {input} spends an amount in the clear")]
    InputAmountInTheClear {
        /// Index of the input.
        input: usize,
    },
    /// Rule 5: CLSAG is required.
    #[error("a transfer must carry CLSAG signatures (RingCT type 5)")]
    WrongRingCtType,
    /// Rule 5: the range proof is padded to the next power of two and no further.
    #[error("the range proof has {found} rounds; {expected} are required for its outputs")]
    RangeProofPadding {
        /// Rounds found.
        found: usize,
        /// Rounds required.
        expected: usize,
    },
    /// Rule 6: ring size.
    #[error("the ring of input {input} has {found} members; 10 are required")]
    RingSize {
        /// Index of the input.
        input: usize,
        /// Members found.
        found: usize,
    },
    /// Rule 6: ring members ascend.
    #[error("the ring of input {input} names a member twice")]
    RingNotAscending {
        /// Index of the input.
        input: usize,
    },
    /// Rule 7: inputs descend by key image.
    #[error("inputs must be sorted by descending key image")]
    InputsNotSorted,
    /// Rule 8: key images lie in the prime-order subgroup.
    #[error("key image {image} is not in the prime-order subgroup")]
    KeyImageDomain {
        /// The key image.
        image: KeyImage,
    },
    /// Rule 9: inputs equal outputs plus fee.
    #[error("inputs do not equal outputs plus fee")]
    Unbalanced,
    /// Rule 10.
    #[error("the range proof is invalid")]
    InvalidRangeProof,
    /// Rule 11.
    #[error("the ring signature of input {input} is invalid")]
    InvalidRingSignature {
        /// Index of the input.
        input: usize,
    },
    /// Rule 12: weight limit.
    #[error("weight {weight}; at most {limit} is allowed")]
    TooHeavy {
        /// Weight found.
        weight: Weight,
        /// Largest allowed.
        limit: Weight,
    },
    /// Rule 13: ring members exist.
    #[error("ring member {member} of input {input} does not exist")]
    RingMemberUnknown {
        /// Index of the input.
        input: usize,
        /// Global index.
        member: GlobalOutputIndex,
    },
    /// Rule 13: ring members are unlocked.
    #[error("ring member {member} of input {input} is still locked")]
    RingMemberLocked {
        /// Index of the input.
        input: usize,
        /// Global index.
        member: GlobalOutputIndex,
    },
    /// Rule 14: the last member of each ring is at least 10 blocks old.
    #[error("a ring member of height {newest} is less than 10 blocks old at height {height}")]
    RingMemberTooYoung {
        /// Height of the youngest last member.
        newest: Height,
        /// Height of the block.
        height: Height,
    },
    /// Rule 15: every output is spent once.
    #[error("key image {image} is already spent")]
    KeyImageSpent {
        /// The key image.
        image: KeyImage,
    },
    /// A transaction that is no transfer moves no money.
    #[error("a transaction of type {kind:?} has no inputs, outputs or fee")]
    MovesMoney {
        /// Type found.
        kind: TransactionType,
    },
    /// Rule 17: the rules of the name system (chain §6.5).
    #[error(transparent)]
    Name(#[from] NameError),
    /// The rules of the swap from OXEN to SESH (bridge §5.3).
    #[error(transparent)]
    Swap(#[from] SwapError),
    /// Only a chain with a registry of service nodes takes these.
    #[error("transactions of type {kind:?} need a registry of service nodes, which this chain does not have")]
    RegistryMissing {
        /// Type found.
        kind: TransactionType,
    },
    /// A staked output cannot be spent while its node is registered (staking §8.1).
    #[error("key image {image} is staked on service node {node}: ask for the stake to be unlocked first")]
    StakeLocked {
        /// The key image.
        image: KeyImage,
        /// Primary key of the node.
        node: PublicKey,
    },
    /// The stake of a deregistered node stays locked for a time (staking §8.5).
    #[error("key image {image} is the stake of a deregistered service node, locked until height {until}")]
    StakeBlacklisted {
        /// The key image.
        image: KeyImage,
        /// Height of the block that lets it go; the one above may spend it.
        until: Height,
    },
    /// A quorum's decision does not hold (staking §16.2).
    #[error(transparent)]
    StateChange(#[from] StateChangeError),
    /// A report of an L2 event says what its type says (staking §19.2).
    #[error("a transaction of type {kind:?} must report an event of that kind")]
    L2EventMissing {
        /// Type found.
        kind: TransactionType,
    },
    /// A report of an L2 event says in which L2 block it happened (staking §19.2).
    #[error("the reported event is of no L2 block")]
    L2EventWithoutHeight,
    /// A request to unlock a stake does not hold (staking §8.2).
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// The state could not be read: not the transaction's fault.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// Why a block cannot follow its parent (chain §4, B.3).
#[derive(Debug, Error)]
pub enum BlockError {
    /// The bytes are not a block.
    #[error("not a block: {0}")]
    Decode(#[from] DecodeError),
    /// The parent is not the tip of the state it is applied to.
    #[error("parent {parent} is not the newest block")]
    NotOnTip {
        /// Parent named by the block.
        parent: Hash,
    },
    /// The rules of this fork are not in this version.
    #[error(
        "blocks of hard fork {version} cannot be verified by this version, which knows HF19 to HF21 and the swap's"
    )]
    ForkNotSupported {
        /// Fork at the block's height.
        version: u8,
    },
    /// The version is the fork's (chain §4.1).
    #[error("major version {found}; the fork table says {expected}")]
    WrongVersion {
        /// Version of the fork table.
        expected: u8,
        /// Version found.
        found: u8,
    },
    /// The height is the parent's plus one.
    #[error("the block says height {found}; its place is {expected}")]
    WrongHeight {
        /// Height after the parent.
        expected: Height,
        /// Height found.
        found: Height,
    },
    /// A checkpoint names another block (chain §4.12).
    #[error("a checkpoint at height {height} names another block")]
    CheckpointMismatch {
        /// Height of the checkpoint.
        height: Height,
    },
    /// At most ten minutes ahead of the clock (chain §4.2).
    #[error("timestamp {timestamp} is more than 600 seconds ahead of the clock at {now}")]
    TimestampAhead {
        /// Time of the block.
        timestamp: Timestamp,
        /// Time of the clock.
        now: Timestamp,
    },
    /// Not below the median of the last eleven (chain §4.2).
    #[error("timestamp {timestamp} is below the median {median} of the last 11 blocks")]
    TimestampBelowMedian {
        /// Time of the block.
        timestamp: Timestamp,
        /// Median.
        median: u64,
    },
    /// A listed transaction was not given with the block.
    #[error("transaction {id} is listed but was not given")]
    TransactionMissing {
        /// Its id.
        id: Hash,
    },
    /// A transaction is in the chain already, or twice in the block.
    #[error("transaction {id} is already mined")]
    TransactionMined {
        /// Its id.
        id: Hash,
    },
    /// A transaction breaks a rule.
    #[error("transaction {id}: {error}")]
    Transaction {
        /// Its id.
        id: Hash,
        /// The rule.
        #[source]
        error: Box<TransactionError>,
    },
    /// The proofs of a transaction were not verified before the block was applied: a mistake of the caller.
    #[error("the proofs of transaction {id} were not verified before")]
    ProofsNotVerified {
        /// Its id.
        id: Hash,
    },
    /// A block without a Pulse quorum must be mined (chain §4.3).
    #[error("there is no Pulse quorum at this height: the block must be mined")]
    PulseNotExpected,
    /// A Pulse quorum exists and must make the block (chain §4.3).
    #[error("a Pulse quorum exists at this height: the block must be made by it")]
    PulseExpected,
    /// A Pulse block has no nonce.
    #[error("a Pulse block has nonce 0")]
    PulseNonce,
    /// Exactly seven signatures, ascending, of validators that took part.
    #[error("the quorum's signatures are not exactly 7 of participating validators in ascending order")]
    PulseSignatureSet,
    /// A signature of the quorum is wrong.
    #[error("the signature of validator {validator} is invalid")]
    PulseSignature {
        /// Position in the quorum.
        validator: u16,
    },
    /// The timestamp lies in the block's round (chain §4.2).
    #[error("timestamp {timestamp} is not within round {round}")]
    PulseTiming {
        /// Time of the block.
        timestamp: Timestamp,
        /// Its round.
        round: u8,
    },
    /// The hash does not reach the difficulty (chain §4.4).
    #[error("the proof of work does not reach difficulty {difficulty}")]
    InsufficientWork {
        /// Required.
        difficulty: u128,
    },
    /// The hash function of this network is not in this version.
    #[error("difficulty {difficulty} needs a proof-of-work hash, which this version does not have")]
    WorkNotVerifiable {
        /// Required.
        difficulty: u128,
    },
    /// Coinbase: version 4, type standard, RingCT type Null.
    #[error("the coinbase must have version 4, type standard and RingCT type Null")]
    CoinbaseForm,
    /// Coinbase: locked for 30 blocks.
    #[error("the coinbase unlocks at {found}; {expected} is required")]
    CoinbaseUnlockTime {
        /// Required.
        expected: u64,
        /// Found.
        found: u64,
    },
    /// Coinbase: it names the block leader.
    #[error("the coinbase does not name the expected block leader")]
    CoinbaseLeader,
    /// Coinbase: exactly the payouts that are due (chain §4.7).
    #[error("the coinbase has {found} outputs; {expected} payouts are due")]
    PayoutCount {
        /// Due.
        expected: usize,
        /// Found.
        found: usize,
    },
    /// Coinbase: a payout has the wrong amount or receiver.
    #[error("payout {output} of the coinbase differs from what is due")]
    PayoutMismatch {
        /// Index of the output.
        output: usize,
    },
    /// HF20: the header has the end of the leader's key (chain §3.1).
    #[error("the header does not end the key of the expected block leader")]
    LeaderTail,
    /// HF21: reports of L2 events come before all else, and are counted (staking §19.2).
    #[error("the block counts {counted} reports of L2 events, which are not exactly its first transactions")]
    L2EventOrder {
        /// As the block says.
        counted: u32,
    },
    /// HF21: one vote for each report of an L2 event that waits (staking §19.3).
    #[error("{found} votes on L2 events; {expected} reports wait for one")]
    L2VoteCount {
        /// Reports that wait.
        expected: usize,
        /// Votes found.
        found: usize,
    },
    /// HF21: the reward rate moves by little from block to block (chain §4.8).
    #[error("the block says it read a reward rate of {found} from L2; {least} to {most} are allowed")]
    L2RewardMoved {
        /// Found.
        found: Amount,
        /// Least allowed.
        least: Amount,
        /// Most allowed.
        most: Amount,
    },
    /// The block says what it earned (chain §4.6, §4.8).
    #[error("the block says it earned {found}; it earned {expected}")]
    RewardMismatch {
        /// Earned.
        expected: Amount,
        /// Found.
        found: Amount,
    },
    /// Less than twice the median weight (chain §4.5).
    #[error("block weight {weight}; less than {limit} is allowed")]
    TooHeavy {
        /// Weight found.
        weight: Weight,
        /// Smallest that is refused.
        limit: Weight,
    },
    /// The block took its own producer off the registry and has fees, which nobody can be credited with (staking §22, quirk 7).
    #[error("the block's producer is no longer registered after it, so its fees cannot be credited")]
    ProducerGone,
    /// A sum of amounts leaves 64 bits.
    #[error("amounts of the block overflow")]
    AmountOverflow,
    /// The state could not be read: not the block's fault.
    #[error(transparent)]
    View(#[from] ViewError),
}
