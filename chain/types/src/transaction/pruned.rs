//! A transaction without its prunable part: what the database keeps apart and what wallets scan (chain §2.3, rpc §3.6).

use super::{
    Proofs, Transaction,
    id::three_part_id,
    prefix::{TransactionPrefix, TransactionVersion},
    ringct::{RingCtBase, TYPE_CLSAG, decode_base},
};
use crate::{
    amount::Amount,
    bytes::Hash,
    codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader},
};

/// Prefix and base of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrunedTransaction {
    /// What is signed.
    pub prefix: TransactionPrefix,
    /// Amounts and commitments; none for a coinbase or a transaction without inputs.
    pub base: Option<RingCtBase>,
}

impl PrunedTransaction {
    /// The id, given the hash of the part that is missing ([`Hash::ZERO`] where there was none).
    #[must_use]
    pub fn id(&self, prunable: Hash) -> Hash {
        let base = self.base.as_ref().map(ConsensusEncode::encode).unwrap_or_default();
        three_part_id(self.prefix.hash(), &base, prunable)
    }

    /// The fee in the clear, burned part included.
    #[must_use]
    pub fn fee(&self) -> Amount {
        self.base.as_ref().map_or(Amount::ZERO, |base| base.fee)
    }

    /// Puts the prunable bytes back.
    ///
    /// # Errors
    /// When the two parts do not make one transaction.
    pub fn with_prunable(&self, prunable: &[u8]) -> Result<Transaction, DecodeError> {
        let mut blob = self.encode();
        blob.extend_from_slice(prunable);
        Transaction::decode(&blob)
    }
}

impl From<&Transaction> for PrunedTransaction {
    /// Forgets the proofs. Proofs older than CLSAG leave no base behind.
    fn from(transaction: &Transaction) -> Self {
        let base = match &transaction.proofs {
            Proofs::Clsag(proofs) => Some(proofs.base.clone()),
            _ => None,
        };
        Self {
            prefix: transaction.prefix.clone(),
            base,
        }
    }
}

impl ConsensusEncode for PrunedTransaction {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.prefix.encode_to(out);
        match &self.base {
            Some(base) => base.encode_to(out),
            None if self.prefix.inputs.is_empty() => {}
            None => out.push(0),
        }
    }
}

impl ConsensusDecode for PrunedTransaction {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let prefix = TransactionPrefix::decode_from(reader)?;
        if prefix.version == TransactionVersion::V1 {
            return Err(DecodeError::Inconsistent {
                what: "version 1 transactions have no pruned form",
            });
        }
        let base = if prefix.inputs.is_empty() {
            None
        } else {
            match reader.varint_u8("rct type")? {
                0 => None,
                TYPE_CLSAG => Some(decode_base(reader, prefix.outputs.len())?),
                other => {
                    return Err(DecodeError::UndefinedValue {
                        what: "rct type",
                        value: u64::from(other),
                    });
                }
            }
        };
        Ok(Self { prefix, base })
    }
}
