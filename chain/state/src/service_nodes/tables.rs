//! The registry's tables.

use crate::table::{Table, TableId};
use oxen_staking_rules::registry::{
    BlacklistedStake, NodeRecord, RemovedNode, Stake, UnregisteredStake, update::StateQuorums,
};
use oxen_types::{Amount, Height, KeyImage, PublicKey, bytes::BlsPublicKey};
use parity_scale_codec::{Decode, Encode};

macro_rules! table {
    ($(#[$doc:meta])* $name:ident: $key:ty => $row:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}

        impl Table for $name {
            const ID: TableId = TableId::$name;
            type Key = $key;
            type Row = $row;
        }
    };
}

table!(
    /// The moving part of each service node, by primary key.
    ServiceNodeRecords: PublicKey => NodeRecord
);
table!(
    /// Stakes of each service node, by primary key.
    ServiceNodeStakes: PublicKey => Stake
);
table!(
    /// Primary keys of the service nodes on which an output with this key image is staked, ascending: one, unless somebody made
    /// the same one-time key twice, which nothing forbids as long as it is spent only once.
    LockedKeyImages: KeyImage => Vec<PublicKey>
);
table!(
    /// Stakes of deregistered nodes, those with the same key image in the order in which they were blacklisted.
    KeyImageBlacklist: KeyImage => Vec<BlacklistRow>
);
table!(
    /// Quorums of the state after a block; those of old blocks are dropped.
    Quorums: Height => StateQuorums
);

table!(
    /// Nodes that left and whose stake is still on L2, by BLS key.
    RemovedNodes: BlsPublicKey => RemovedNode
);
table!(
    /// Stakes on L2 of registrations that were confirmed but made no node, by BLS key.
    UnregisteredStakes: BlsPublicKey => UnregisteredStake
);
table!(
    /// What nodes that are registered on L2 must hold, where the contract said so; atomic SESH.
    SentRequirement: () => Amount
);

/// One stake in [`KeyImageBlacklist`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct BlacklistRow {
    /// The stake.
    pub stake: BlacklistedStake,
    /// Height of the block that deregistered its node.
    pub since: Height,
    /// Position among the stakes that the block blacklisted.
    pub position: u32,
}
