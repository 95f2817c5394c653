//! The rows of the swap's ledger.

use crate::table::{Table, TableId, TableKey};
use oxen_bridge_rules::swap::SwapSums;
use oxen_types::{Amount, Hash, Height, bytes::EthereumAddress, extra::SwapNonce};
use parity_scale_codec::{Decode, Encode};

/// Every burn, by transaction id.
#[derive(Debug, Clone, Copy)]
pub enum SwapBurns {}

impl Table for SwapBurns {
    const ID: TableId = TableId::SwapBurns;
    type Key = Hash;
    type Row = SwapBurnRow;
}

/// A burn.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SwapBurnRow {
    /// Height of its block.
    pub height: Height,
    /// Position among the burns of its block.
    pub position: u32,
    /// Who may claim on L2.
    pub recipient: EthereumAddress,
    /// Atomic OXEN that are gone.
    pub burned: Amount,
    /// Atomic SESH that were credited for them.
    pub credited: Amount,
    /// Position of the ratio.
    pub ratio_index: u64,
    /// What the wallet knows it by.
    pub nonce: SwapNonce,
    /// Height of the block that adds it to the recipient's total.
    pub matures: Height,
}

/// What a block with burns did, by height.
#[derive(Debug, Clone, Copy)]
pub enum SwapBlocks {}

impl Table for SwapBlocks {
    const ID: TableId = TableId::SwapBlocks;
    type Key = Height;
    type Row = SwapBlockRow;
}

/// The burns of a block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct SwapBlockRow {
    /// Atomic SESH that its burns were credited together.
    pub credited: Amount,
    /// Ids of the burns, in their order.
    pub burns: Vec<Hash>,
}

/// The burns of each recipient, newest first.
#[derive(Debug, Clone, Copy)]
pub enum SwapBurnsByRecipient {}

impl Table for SwapBurnsByRecipient {
    const ID: TableId = TableId::SwapBurnsByRecipient;
    type Key = RecipientBurnKey;
    type Row = Hash;
}

/// Key of [`SwapBurnsByRecipient`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecipientBurnKey {
    /// Who may claim.
    pub recipient: EthereumAddress,
    /// Height of the block.
    pub height: Height,
    /// Position among the burns of the block.
    pub position: u32,
}

impl TableKey for RecipientBurnKey {
    fn to_key_bytes(&self) -> Vec<u8> {
        let mut bytes = self.recipient.as_bytes().to_vec();
        bytes.extend(newest_first(self.height));
        bytes.extend((!self.position).to_be_bytes());
        bytes
    }
}

/// Lifetime totals of each recipient, by the height from which on they hold, newest first.
#[derive(Debug, Clone, Copy)]
pub enum SwapTotals {}

impl Table for SwapTotals {
    const ID: TableId = TableId::SwapTotals;
    type Key = SwapTotalKey;
    type Row = Amount;
}

/// Key of [`SwapTotals`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapTotalKey {
    /// Who may claim.
    pub recipient: EthereumAddress,
    /// First height at which the total holds.
    pub height: Height,
}

impl TableKey for SwapTotalKey {
    fn to_key_bytes(&self) -> Vec<u8> {
        let mut bytes = self.recipient.as_bytes().to_vec();
        bytes.extend(newest_first(self.height));
        bytes
    }
}

/// One row: sums over all burns.
#[derive(Debug, Clone, Copy)]
pub enum AllSwaps {}

impl Table for AllSwaps {
    const ID: TableId = TableId::SwapSums;
    type Key = ();
    type Row = SwapSums;
}

/// Bytes that sort high heights first.
fn newest_first(height: Height) -> [u8; 8] {
    (!height.index()).to_be_bytes()
}
