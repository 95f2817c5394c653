//! Rewards of HF21: SESH that accrues to accounts on L2 and is paid there (chain §4.8).
//!
//! The streams are those of HF19, so that a block touches nobody's balance but of those whose turn it is. What is new: the reward
//! may be another in every block, nobody is paid here, so that a balance is a lifetime total, and stakes come back into it.

use super::{
    AccruedRewards, NewestFirst, RewardError, RewardLedger, RewardRate, RewardRates, RewardStreams,
    balance::decode_key, history,
};
use crate::{bridge::payments::take_arrived, delta::scan_rows, service_nodes::RewardDuties};
use oxen_staking_rules::{MilliAmount, Recipient};
use oxen_types::{Amount, bytes::EthereumAddress};
use std::collections::BTreeMap;

impl RewardLedger<'_, '_> {
    /// Adds what the block earned, in equal parts to every payable node, and stakes that arrive.
    ///
    /// # Errors
    /// The state could not be read, or a balance overflows.
    pub fn accrue_on_l2(&mut self, reward: Amount, duties: &RewardDuties) -> Result<(), RewardError> {
        history::forget_old(self.state, self.height)?;
        if let Some(credits) = &duties.credits {
            self.convert(credits)?;
        }
        self.settle_due()?;
        for payment in take_arrived(self.state, self.height)? {
            self.add_whole(payment.address, payment.amount)?;
        }
        if let Some(change) = &duties.change {
            self.change_streams(change)?;
        }
        self.continue_rate(reward, duties.payable)
    }

    /// A new rate only where it differs from that of the block before.
    fn continue_rate(&mut self, reward: Amount, payable: u64) -> Result<(), RewardError> {
        let reward = MilliAmount::from_amount(reward);
        let rate = RewardRate {
            from: self.height,
            node: reward.share(payable),
            // No OXEN.
            created: MilliAmount::ZERO,
        };
        let before = self.newest_rate()?;
        if before.is_none_or(|before| before.node != rate.node || before.created != rate.created) {
            self.state.put::<RewardRates>(&NewestFirst(self.height), &rate);
        }
        Ok(())
    }

    /// Nothing in OXEN is left, paid or not; what became of it is credited.
    fn convert(&mut self, credits: &BTreeMap<EthereumAddress, Amount>) -> Result<(), RewardError> {
        for (key, _) in scan_rows::<AccruedRewards>(&*self.state, &[], &[], usize::MAX)? {
            self.state.delete::<AccruedRewards>(&decode_key(&key)?);
        }
        for (key, _) in scan_rows::<RewardStreams>(&*self.state, &[], &[], usize::MAX)? {
            self.state.delete::<RewardStreams>(&decode_key(&key)?);
        }
        for (address, amount) in credits {
            self.add_whole(*address, *amount)?;
        }
        Ok(())
    }

    fn add_whole(&mut self, address: EthereumAddress, amount: Amount) -> Result<(), RewardError> {
        self.add(&Recipient::Ethereum(address), MilliAmount::from_amount(amount))
    }
}
