//! Typed tables: what the state of the chain consists of.
//!
//! Every subsystem (coin, staking, names, bridge) keeps its state in tables, and everything a block changes is one
//! [`crate::Delta`] over all of them, so that one write makes or unmakes a block. A table maps keys to SCALE rows; keys are
//! encoded so that byte order is key order.

use parity_scale_codec::{Decode, Encode};

/// How a subsystem's tables are told apart; the number is the first thing in the database's column name and in the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum TableId {
    /// One row: totals and counters.
    Totals,
    /// Block data by height.
    Blocks,
    /// Height by block id.
    BlockHeights,
    /// Block bytes by height.
    BlockBlobs,
    /// Where a transaction stands, by id.
    Transactions,
    /// Transaction bytes without their proofs, by id.
    PrunedTransactions,
    /// Proof bytes, by transaction id.
    TransactionProofs,
    /// RingCT outputs by global index.
    Outputs,
    /// Spending height by key image.
    SpentKeyImages,
    /// Outputs that no wallet should use as decoys, by global index.
    DecoyBlacklist,
    /// Service node checkpoints by height.
    Checkpoints,
    /// Accrued rewards by payout offset and address.
    AccruedRewards,
    /// What brings more rewards, by payout offset and address.
    RewardStreams,
    /// What a paid service node earns a block, newest first.
    RewardRates,
    /// The moving part of each service node, by primary key.
    ServiceNodeRecords,
    /// Stakes of each service node, by primary key.
    ServiceNodeStakes,
    /// Service node by key image of a staked output.
    LockedKeyImages,
    /// Stakes of deregistered nodes, by key image.
    KeyImageBlacklist,
    /// Quorums of the state after a block, by height.
    Quorums,
    /// Registered names by register and hash.
    Names,
    /// Which names an owner has.
    NamesByOwner,
    /// Burns of the swap, by transaction id.
    SwapBurns,
    /// What blocks with burns did, by height.
    SwapBlocks,
    /// Burns of each recipient, newest first.
    SwapBurnsByRecipient,
    /// Totals of each recipient and since when they hold, newest first.
    SwapTotals,
    /// One row: sums over all burns.
    SwapSums,
    /// What the last blocks read from L2, by height.
    L2Readings,
    /// Votes on reports of L2 events that wait, by the transaction's id.
    PendingEvents,
    /// Nodes that left and whose stake is still on L2, by BLS key.
    RemovedNodes,
    /// Stakes on L2 of registrations that made no node, by BLS key.
    UnregisteredStakes,
    /// One row: the staking requirement of L2.
    SentRequirement,
    /// Stakes on their way back, by the height at which they arrive.
    DelayedPayments,
    /// What L2 recipients had before a block, by height and address.
    RewardHistory,
}

impl TableId {
    /// Every table; those of the digest in its order.
    pub const ALL: [Self; 33] = [
        Self::Totals,
        Self::Blocks,
        Self::BlockHeights,
        Self::BlockBlobs,
        Self::Transactions,
        Self::PrunedTransactions,
        Self::TransactionProofs,
        Self::Outputs,
        Self::SpentKeyImages,
        Self::DecoyBlacklist,
        Self::Checkpoints,
        Self::AccruedRewards,
        Self::RewardStreams,
        Self::RewardRates,
        Self::ServiceNodeRecords,
        Self::ServiceNodeStakes,
        Self::LockedKeyImages,
        Self::KeyImageBlacklist,
        Self::Quorums,
        Self::Names,
        Self::NamesByOwner,
        Self::SwapBurns,
        Self::SwapBlocks,
        Self::SwapBurnsByRecipient,
        Self::SwapTotals,
        Self::SwapSums,
        Self::L2Readings,
        Self::PendingEvents,
        Self::RemovedNodes,
        Self::UnregisteredStakes,
        Self::SentRequirement,
        Self::DelayedPayments,
        Self::RewardHistory,
    ];

    /// True when the blocks of the chain determine the table, so that it is part of the digest. Checkpoints come from votes,
    /// which reach each node at another time, or never.
    #[must_use]
    pub const fn is_determined_by_blocks(self) -> bool {
        !matches!(self, Self::Checkpoints)
    }

    /// The name a database knows the table by; never changed without a migration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Totals => "totals",
            Self::Blocks => "blocks",
            Self::BlockHeights => "block-heights",
            Self::BlockBlobs => "block-blobs",
            Self::Transactions => "transactions",
            Self::PrunedTransactions => "pruned-transactions",
            Self::TransactionProofs => "transaction-proofs",
            Self::Outputs => "outputs",
            Self::SpentKeyImages => "spent-key-images",
            Self::DecoyBlacklist => "decoy-blacklist",
            Self::Checkpoints => "checkpoints",
            Self::AccruedRewards => "accrued-rewards",
            Self::RewardStreams => "reward-streams",
            Self::RewardRates => "reward-rates",
            Self::ServiceNodeRecords => "service-node-records",
            Self::ServiceNodeStakes => "service-node-stakes",
            Self::LockedKeyImages => "locked-key-images",
            Self::KeyImageBlacklist => "key-image-blacklist",
            Self::Quorums => "quorums",
            Self::Names => "names",
            Self::NamesByOwner => "names-by-owner",
            Self::SwapBurns => "swap-burns",
            Self::SwapBlocks => "swap-blocks",
            Self::SwapBurnsByRecipient => "swap-burns-by-recipient",
            Self::SwapTotals => "swap-totals",
            Self::SwapSums => "swap-sums",
            Self::L2Readings => "l2-readings",
            Self::PendingEvents => "pending-events",
            Self::RemovedNodes => "removed-nodes",
            Self::UnregisteredStakes => "unregistered-stakes",
            Self::SentRequirement => "sent-requirement",
            Self::DelayedPayments => "delayed-payments",
            Self::RewardHistory => "reward-history",
        }
    }
}

/// A table: which one, and what its keys and rows are.
pub trait Table {
    /// Which table.
    const ID: TableId;
    /// Its key.
    type Key: TableKey;
    /// Its row.
    type Row: Encode + Decode;
}

/// A key whose encoding sorts like the key.
pub trait TableKey {
    /// The bytes; numbers are big-endian.
    fn to_key_bytes(&self) -> Vec<u8>;
}

impl TableKey for () {
    fn to_key_bytes(&self) -> Vec<u8> {
        Vec::new()
    }
}

impl TableKey for oxen_types::Height {
    fn to_key_bytes(&self) -> Vec<u8> {
        self.index().to_be_bytes().to_vec()
    }
}

impl TableKey for oxen_types::GlobalOutputIndex {
    fn to_key_bytes(&self) -> Vec<u8> {
        self.index().to_be_bytes().to_vec()
    }
}

impl TableKey for oxen_types::Hash {
    fn to_key_bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl TableKey for oxen_types::PublicKey {
    fn to_key_bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl TableKey for oxen_types::bytes::BlsPublicKey {
    fn to_key_bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl TableKey for oxen_types::KeyImage {
    fn to_key_bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}
