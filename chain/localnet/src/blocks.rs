//! Getting blocks: mined on request as long as Pulse cannot make them, awaited from then on.

use crate::{
    private_network::{NetworkError, PrivateNetwork, Seen},
    rpc::CallError,
};
use serde_json::{Value, json};

/// The code with which a node refuses to mine what Pulse makes.
const MADE_BY_PULSE: i64 = -11;
/// The code with which it says that a block it made comes too late.
const NOT_ACCEPTED: i64 = -7;

/// Who makes the next block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextBlock {
    /// It was mined: no quorum of service nodes could have made it.
    Mined,
    /// A quorum of service nodes will make it.
    OfPulse,
}

/// A block as the chain has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeBlock {
    /// Its height.
    pub height: u64,
    /// Its time, Unix seconds.
    pub timestamp: u64,
    /// Who made it; `None` for one that was mined.
    pub pulse: Option<PulseMark>,
    /// Its transactions, without the one that pays rewards.
    pub transactions: usize,
}

/// How Pulse made a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulseMark {
    /// In which round; 0 is the first.
    pub round: u64,
    /// Primary key of the service node that produced it, hexadecimal.
    pub producer: String,
    /// How many of the eleven validators took part.
    pub validators: u32,
}

impl PrivateNetwork {
    /// Mines one block if the rules let it: not when a quorum of service nodes is to make it.
    ///
    /// # Errors
    /// The node refused for another reason.
    pub fn mine_unless_pulse(&self) -> Result<NextBlock, NetworkError> {
        match self.rpc().generate_blocks(1) {
            Ok(_) => Ok(NextBlock::Mined),
            Err(CallError::Refused {
                code: MADE_BY_PULSE | NOT_ACCEPTED,
                ..
            }) => Ok(NextBlock::OfPulse),
            Err(error) => Err(error.into()),
        }
    }

    /// Gets so many blocks: mines them as long as Pulse does not make them, and waits for the others.
    ///
    /// # Errors
    /// They do not come.
    pub fn advance(&self, count: u64) -> Result<(), NetworkError> {
        let end = self.rpc().height()? + count;
        self.await_block_that(&format!("{count} more blocks"), || {
            let height = self.rpc().height()?;
            Ok(if height >= end {
                Seen::Yes(())
            } else {
                Seen::NotYet(format!("{height} of {end}"))
            })
        })
    }

    /// Waits until `seen` says yes, and mines blocks meanwhile as long as Pulse does not make them.
    ///
    /// # Errors
    /// It does not come about.
    pub fn await_block_that<T>(
        &self,
        what: &str,
        seen: impl FnMut() -> Result<Seen<T>, NetworkError>,
    ) -> Result<T, NetworkError> {
        self.await_meanwhile(what, seen, || self.mine_unless_pulse().map(drop))
    }

    /// Waits for the first block from `height` on that Pulse makes. Mines as long as the rules want that: after a rest that was
    /// longer than all rounds of a block, the next one is mined.
    ///
    /// # Errors
    /// None comes.
    pub fn await_pulse_block(&self, height: u64) -> Result<MadeBlock, NetworkError> {
        let mut next = height;
        self.await_block_that("a block made by Pulse", || {
            let blocks = self.rpc().height()?;
            while next < blocks {
                let block = self.block(next)?;
                if block.pulse.is_some() {
                    return Ok(Seen::Yes(block));
                }
                next += 1;
            }
            Ok(Seen::NotYet(format!("{blocks} blocks, the last ones mined")))
        })
    }

    /// Which service node is to produce the next block, in the round that is on now; `None` when it is to be mined.
    ///
    /// # Errors
    /// The node does not answer.
    pub fn next_producer(&self) -> Result<Option<usize>, NetworkError> {
        let answer = match self.rpc().call("get_quorum_state", &json!({ "quorum_type": 3 })) {
            // No quorum at all.
            Err(CallError::Refused { .. }) => return Ok(None),
            other => other?,
        };
        let producer = &answer["quorums"][0]["quorum"]["workers"][0];
        Ok((0..self.node_count()).find(|index| *producer == self.node(*index).key()))
    }

    /// Waits for so many more blocks of Pulse, and mines none.
    ///
    /// # Errors
    /// They do not come.
    pub fn await_pulse_blocks(&self, count: u64) -> Result<(), NetworkError> {
        let begin = self.rpc().height()?;
        self.await_that(&format!("{count} more blocks made by Pulse"), || {
            let height = self.rpc().height()?;
            Ok(if height >= begin + count {
                Seen::Yes(())
            } else {
                Seen::NotYet(format!("{} of them", height - begin))
            })
        })
    }

    /// The block at a height, as the ordinary node has it.
    ///
    /// # Errors
    /// It has none, or does not answer.
    pub fn block(&self, height: u64) -> Result<MadeBlock, NetworkError> {
        let answer = self.rpc().call("get_block", &json!({ "height": height }))?;
        let text = answer["json"].as_str().unwrap_or_default();
        let block: Value = serde_json::from_str(text).map_err(|error| NetworkError::Output {
            program: "get_block",
            output: error.to_string(),
        })?;
        let timestamp = block["timestamp"].as_u64().unwrap_or_default();
        Ok(MadeBlock {
            height,
            timestamp,
            pulse: pulse_mark(&block),
            transactions: block["tx_hashes"].as_array().map_or(0, Vec::len),
        })
    }
}

/// What the JSON of a block says about Pulse. A mined block has the same fields, but nobody signed it.
fn pulse_mark(block: &Value) -> Option<PulseMark> {
    let signed = block["signatures"].as_array().is_some_and(|all| !all.is_empty());
    let bits = block["pulse"]["validator_bitset"].as_u64().unwrap_or_default();
    signed.then(|| PulseMark {
        round: block["pulse"]["round"].as_u64().unwrap_or_default(),
        producer: block["pulse_producer"].as_str().unwrap_or_default().to_owned(),
        validators: bits.count_ones(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_of_pulse_when_validators_signed_it() {
        let mut block = json!({
            "pulse": { "round": 3, "validator_bitset": 0x3ff }, "signatures": [{ "voter_index": 0 }],
            "pulse_producer": "ab",
        });
        let mark = pulse_mark(&block).unwrap();
        assert_eq!((mark.round, mark.validators, mark.producer.as_str()), (3, 10, "ab"));
        block["signatures"] = json!([]);
        assert_eq!(pulse_mark(&block), None, "the fields alone say nothing");
    }
}
