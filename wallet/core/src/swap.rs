//! Receipts of burns for the swap from OXEN to SESH (bridge §5.3): what the wallet must not forget, because the coins are gone and
//! the claim lies on another chain.

use oxen_types::{
    bytes::EthereumAddress,
    extra::{SwapField, SwapNonce},
};
use parity_scale_codec::{Decode, Encode};

/// What a burn asked for. How much it burned stands in the transaction it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SwapReceipt {
    /// EIP-155 id of the chain that SESH are claimed on.
    pub l2_chain_id: u64,
    /// Who may claim.
    pub recipient: EthereumAddress,
    /// Position of the ratio that was agreed to.
    pub ratio_index: u64,
    /// What this wallet knows the burn by.
    pub nonce: SwapNonce,
}

impl From<&SwapField> for SwapReceipt {
    fn from(field: &SwapField) -> Self {
        Self {
            l2_chain_id: field.l2_chain_id,
            recipient: field.recipient,
            ratio_index: field.ratio_index,
            nonce: field.nonce,
        }
    }
}
