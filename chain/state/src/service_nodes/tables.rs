//! The registry's tables.

use crate::table::{Table, TableId};
use oxen_staking_rules::registry::{BlacklistedStake, NodeRecord, Stake, update::StateQuorums};
use oxen_types::{Height, KeyImage, PublicKey};
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
    /// Primary key of the service node on which the output with this key image is staked.
    LockedKeyImages: KeyImage => PublicKey
);
table!(
    /// Stakes of deregistered nodes.
    KeyImageBlacklist: KeyImage => BlacklistRow
);
table!(
    /// Quorums of the state after a block; those of old blocks are dropped.
    Quorums: Height => StateQuorums
);

/// A row of [`KeyImageBlacklist`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct BlacklistRow {
    /// The stake.
    pub stake: BlacklistedStake,
    /// Height of the block that deregistered its node.
    pub since: Height,
    /// Position among the stakes that the block blacklisted.
    pub position: u32,
}
