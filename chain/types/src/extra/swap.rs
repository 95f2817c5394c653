//! What a burn asks for on L2: 0xC1, in transactions of type 100 only (bridge §5.3).
//!
//! To every other transaction the tag is an unknown one, as it is to nodes that know no swap: its extra does not parse.

use crate::{
    bytes::EthereumAddress,
    codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader, write_varint},
};

/// Who is to be credited on L2 for the OXEN that the transaction burns, and at which ratio (bridge §5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapField {
    /// Version of the field; the rules take [`Self::VERSION`] only.
    pub version: u8,
    /// EIP-155 chain id that the recipient is on.
    pub l2_chain_id: u64,
    /// Who may claim.
    pub recipient: EthereumAddress,
    /// Position of the ratio that the sender agreed to, so that a change of ratio does not surprise who waits in the pool.
    pub ratio_index: u64,
    /// Chosen by the wallet, which knows its own burn by it; no rule looks at it.
    pub nonce: SwapNonce,
}

/// Eight bytes that make burns of the same amount to the same recipient differ (bridge §5.3).
pub type SwapNonce = [u8; 8];

impl SwapField {
    /// The only version.
    pub const VERSION: u8 = 0;
}

impl ConsensusEncode for SwapField {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(self.version);
        write_varint(out, self.l2_chain_id);
        self.recipient.encode_to(out);
        write_varint(out, self.ratio_index);
        out.extend_from_slice(&self.nonce);
    }
}

impl ConsensusDecode for SwapField {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            version: reader.byte("swap version")?,
            l2_chain_id: reader.varint_u64("L2 chain id")?,
            recipient: EthereumAddress::decode_from(reader)?,
            ratio_index: reader.varint_u64("ratio index")?,
            nonce: reader.array("swap nonce")?,
        })
    }
}
