//! What a node signs: its own value, and only where it cannot change any more (bridge §4.1, §4.6).

use crate::{
    service::Aggregation,
    wire::{Question, Refusal, Signed},
};
use oxen_bridge_rules::message::{BridgeDomain, Message};
use oxen_node_api::bridge::{AggregationError, Departure, Ledger, NodeStanding};
use oxen_types::{
    Amount, Height, Timestamp,
    bytes::{BlsPublicKey, EthereumAddress},
};

/// How far the time of leave to go may be from a signer's clock.
const CLOCK_TOLERANCE_SECONDS: u64 = 180;

impl Aggregation {
    /// Where signatures are valid.
    pub(crate) fn domain(&self) -> Result<&BridgeDomain, AggregationError> {
        self.domain.as_ref().ok_or(AggregationError::NoContract)
    }

    /// Signs what the question asks for with the own value, or says why not.
    pub(crate) fn sign(&self, question: Question) -> Result<Signed, Refusal> {
        let keys = self.parts.keys.as_ref().ok_or(Refusal::DoesNotSign)?;
        let total = self.own_value(&question)?;
        let message = self.message(&question, total)?;
        Ok(Signed {
            question,
            total,
            signature: keys.bls.sign(&message.to_point()).to_bytes(),
        })
    }

    /// The own value that answers a question, where it asks for one and it may be signed.
    fn own_value(&self, question: &Question) -> Result<Option<Amount>, Refusal> {
        match *question {
            Question::Rewards { recipient, height } => {
                Ok(Some(self.final_total(Ledger::Rewards, &recipient, height)?))
            }
            Question::Swap { recipient, height } => Ok(Some(self.final_total(Ledger::Swap, &recipient, height)?)),
            Question::Exit { key, time } => {
                self.check_time(time)?;
                self.check_departure(Departure::Exit, &key)?;
                Ok(None)
            }
            Question::Liquidation { key, time } => {
                self.check_time(time)?;
                self.check_departure(Departure::Liquidation, &key)?;
                Ok(None)
            }
        }
    }

    /// The message that answers a question with this value.
    pub(crate) fn message(&self, question: &Question, total: Option<Amount>) -> Result<Message, AggregationError> {
        let domain = self.domain()?;
        let total = total.unwrap_or(Amount::ZERO);
        Ok(match question {
            Question::Rewards { recipient, .. } => domain.reward(recipient, total),
            Question::Exit { key, time } => domain.exit(key, *time),
            Question::Liquidation { key, time } => domain.liquidation(key, *time),
            Question::Swap { recipient, .. } => {
                let contract = self.parts.swap.contract().ok_or(AggregationError::NoSwap)?;
                domain.swap(&contract, recipient, total)
            }
        })
    }

    /// The height at and below which totals are signed.
    pub(crate) fn final_height(&self) -> Result<Height, AggregationError> {
        self.parts.heights.immutable()?.ok_or(AggregationError::NothingFinal)
    }

    /// A lifetime total that cannot change any more.
    ///
    /// # Errors
    /// Why it may not be signed.
    pub(crate) fn final_total(
        &self,
        ledger: Ledger,
        recipient: &EthereumAddress,
        height: Height,
    ) -> Result<Amount, AggregationError> {
        let newest = self.final_height()?;
        if height > newest {
            return Err(AggregationError::NotFinal { asked: height, newest });
        }
        let total = match ledger {
            Ledger::Rewards => self.parts.rewards.total_at(recipient, height)?,
            Ledger::Swap if self.parts.swap.contract().is_none() => return Err(AggregationError::NoSwap),
            Ledger::Swap => self.parts.swap.total_at(recipient, height)?,
        };
        let total = total.ok_or(AggregationError::NotKept { asked: height })?;
        if total.is_zero() {
            return Err(AggregationError::NothingEarned {
                recipient: *recipient,
                ledger,
                height,
            });
        }
        Ok(total)
    }

    fn check_time(&self, time: Timestamp) -> Result<(), Refusal> {
        let apart = self.parts.clock.now().seconds().abs_diff(time.seconds());
        if apart > CLOCK_TOLERANCE_SECONDS {
            return Err(Refusal::ClocksDiffer);
        }
        Ok(())
    }

    /// That a node may leave the contract: it is listed there, and the chain has let it go or never had it.
    ///
    /// # Errors
    /// Why it may not.
    pub(crate) fn check_departure(&self, departure: Departure, key: &BlsPublicKey) -> Result<(), AggregationError> {
        match self.parts.l2.is_contract_node(key) {
            None => return Err(AggregationError::NoL2),
            Some(false) => return Err(AggregationError::NotListed),
            Some(true) => {}
        }
        match (self.parts.nodes.standing(key)?, departure) {
            (NodeStanding::Registered, _) => Err(AggregationError::StillRegistered),
            (NodeStanding::Pending, _) => Err(AggregationError::StillPending),
            (NodeStanding::Departed { liquidation_height }, Departure::Liquidation)
                if self.parts.heights.tip()? < liquidation_height =>
            {
                Err(AggregationError::NotLiquidatable {
                    from: liquidation_height,
                })
            }
            (NodeStanding::Unknown, Departure::Liquidation) => Err(AggregationError::UnknownNode),
            (NodeStanding::Departed { .. }, _) | (NodeStanding::Unknown, Departure::Exit) => Ok(()),
        }
    }
}

impl From<AggregationError> for Refusal {
    /// What others are told; they learn nothing of this machine.
    fn from(error: AggregationError) -> Self {
        match error {
            AggregationError::NoContract | AggregationError::NoSwap | AggregationError::NotAServiceNode => {
                Self::DoesNotSign
            }
            AggregationError::NoL2 | AggregationError::NobodyListed => Self::NoL2,
            AggregationError::NothingFinal | AggregationError::NotFinal { .. } => Self::NotFinal,
            AggregationError::NotKept { .. } => Self::NotKept,
            AggregationError::NothingEarned { .. } => Self::NothingEarned,
            AggregationError::StillRegistered | AggregationError::StillPending => Self::StillThere,
            AggregationError::NotListed => Self::NotListed,
            AggregationError::UnknownNode | AggregationError::NotLiquidatable { .. } => Self::NotLiquidatable,
            AggregationError::Busy { .. } => Self::TooMany,
            AggregationError::View(error) => {
                tracing::error!(%error, "the chain cannot be read for a signature");
                Self::Failed
            }
            AggregationError::TooFewSigned { .. } | AggregationError::Interrupted => Self::Failed,
        }
    }
}
