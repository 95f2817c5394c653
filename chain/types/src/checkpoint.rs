//! A checkpoint: a block id that service nodes voted for, or that the software knows (chain §4.12).
//!
//! Only its bytes are here. Which height may have one, who votes and how many votes it takes is for the rules to say.

use crate::{
    block::QuorumSignature,
    bytes::{Hash, Signature},
    codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader, write_varint},
    height::Height,
};

/// The only version of the layout.
pub const CHECKPOINT_VERSION: u8 = 0;

/// Who made a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, parity_scale_codec::Encode, parity_scale_codec::Decode)]
pub enum CheckpointKind {
    /// The software knows the block id.
    Hardcoded,
    /// A quorum of service nodes signed it.
    ServiceNode,
}

/// A block id that may not be replaced once enough later checkpoints stand on it.
#[derive(Debug, Clone, PartialEq, Eq, parity_scale_codec::Encode, parity_scale_codec::Decode)]
pub struct Checkpoint {
    /// Who made it.
    pub kind: CheckpointKind,
    /// Height of the block.
    pub height: Height,
    /// Id of the block.
    pub block_id: Hash,
    /// Votes: signatures over the block id, by position in the checkpointing quorum; ascending in a valid checkpoint.
    pub signatures: Vec<QuorumSignature>,
    /// Height of the checkpoint before this one.
    pub previous_height: Height,
}

impl Checkpoint {
    /// One that the software knows: no votes.
    #[must_use]
    pub const fn hardcoded(height: Height, block_id: Hash) -> Self {
        Self {
            kind: CheckpointKind::Hardcoded,
            height,
            block_id,
            signatures: Vec::new(),
            previous_height: Height::GENESIS,
        }
    }
}

impl ConsensusEncode for Checkpoint {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(CHECKPOINT_VERSION);
        write_varint(
            out,
            match self.kind {
                CheckpointKind::Hardcoded => 0,
                CheckpointKind::ServiceNode => 1,
            },
        );
        out.extend_from_slice(&self.height.index().to_le_bytes());
        self.block_id.encode_to(out);
        write_varint(out, self.signatures.len() as u64);
        for vote in &self.signatures {
            out.extend_from_slice(&vote.voter_index.to_le_bytes());
            vote.signature.encode_to(out);
        }
        out.extend_from_slice(&self.previous_height.index().to_le_bytes());
    }
}

impl ConsensusDecode for Checkpoint {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const VOTE_LENGTH: usize = 2 + Signature::LENGTH;
        let version = reader.byte("checkpoint version")?;
        if version != CHECKPOINT_VERSION {
            return Err(DecodeError::UndefinedValue {
                what: "checkpoint version",
                value: u64::from(version),
            });
        }
        let kind = match reader.varint_u8("checkpoint type")? {
            0 => CheckpointKind::Hardcoded,
            1 => CheckpointKind::ServiceNode,
            other => {
                return Err(DecodeError::UndefinedValue {
                    what: "checkpoint type",
                    value: u64::from(other),
                });
            }
        };
        let height = Height::new(reader.u64_le("checkpoint height")?);
        let block_id = Hash::decode_from(reader)?;
        let count = reader.count(VOTE_LENGTH, "checkpoint votes")?;
        let signatures = reader.repeated(count, VOTE_LENGTH, "checkpoint votes", |reader| {
            Ok(QuorumSignature {
                voter_index: reader.u16_le("voter index")?,
                signature: Signature::decode_from(reader)?,
            })
        })?;
        let previous_height = Height::new(reader.u64_le("previous checkpoint height")?);
        Ok(Self {
            kind,
            height,
            block_id,
            signatures,
            previous_height,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            kind: CheckpointKind::ServiceNode,
            height: Height::new(0x0102_0304),
            block_id: Hash::new([0x11; 32]),
            signatures: vec![QuorumSignature {
                voter_index: 0x0203,
                signature: Signature::new([0x22; 64]),
            }],
            previous_height: Height::new(0x0102_0300),
        }
    }

    #[test]
    fn a_checkpoint_has_the_layout_of_the_reference() {
        let expected = format!(
            "0001{}{}01{}{}{}",
            "0403020100000000",
            "11".repeat(32),
            "0302",
            "22".repeat(64),
            "0003020100000000"
        );
        assert_eq!(hex::encode(checkpoint().encode()), expected);
        assert_eq!(Checkpoint::decode(&checkpoint().encode()), Ok(checkpoint()));
        let hardcoded = Checkpoint::hardcoded(Height::new(7), Hash::ZERO);
        assert_eq!(Checkpoint::decode(&hardcoded.encode()), Ok(hardcoded));
    }

    #[test]
    fn unknown_versions_and_types_are_refused() {
        for (position, value) in [(0, 1), (1, 2)] {
            let mut bytes = checkpoint().encode();
            bytes[position] = value;
            assert!(matches!(
                Checkpoint::decode(&bytes),
                Err(DecodeError::UndefinedValue { .. })
            ));
        }
    }

    #[test]
    fn more_votes_than_bytes_are_refused_before_allocating() {
        let mut bytes = checkpoint().encode();
        bytes.splice(42..43, [0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert!(matches!(
            Checkpoint::decode(&bytes),
            Err(DecodeError::CountExceedsLimit { .. })
        ));
    }

    #[test]
    fn every_cut_is_refused() {
        let bytes = checkpoint().encode();
        for length in 0..bytes.len() {
            assert!(Checkpoint::decode(&bytes[..length]).is_err(), "{length} bytes");
        }
    }
}
