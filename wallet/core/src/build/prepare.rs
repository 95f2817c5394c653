//! From a plan and its rings to a transaction whose every amount is known, to be confirmed (wallet §7.4).

use super::{
    error::BuildError,
    fee::fee,
    output_keys::ExtraPlan,
    plan::{Leftover, TransactionPlan},
    request::Destination,
    weight::{LIMIT, Shape},
};
use crate::{decoys::Ring, output::OwnedOutput};
use oxen_crypto::Address;
use oxen_types::{
    Amount, PaymentId, UnlockTime,
    transaction::{TransactionType, Weight},
};
use std::{cmp::Reverse, collections::BTreeSet};

/// Rounds after which the fee has settled: it only changes its own length.
const FEE_ROUNDS: usize = 8;

/// Outputs that every fee pays for.
const LEAST_OUTPUTS_PAID_FOR: usize = 2;

/// An input with its ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedInput {
    /// What is spent.
    pub output: OwnedOutput,
    /// What hides it.
    pub ring: Ring,
}

/// What an output is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputRole {
    /// It pays a destination.
    Payment,
    /// It comes back.
    Change,
    /// It pays nothing to nobody: a transaction has at least two outputs, one of the name system at least one.
    Dummy,
}

/// An output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreparedOutput {
    /// To whom; for the dummy this is the change address, which never sees it.
    pub address: Address,
    /// How much.
    pub amount: Amount,
    /// What for.
    pub role: OutputRole,
    /// Its lock.
    pub unlock_time: UnlockTime,
}

/// A transaction that only lacks its signatures: what the user confirms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedTransaction {
    /// What it does.
    pub kind: TransactionType,
    /// The account that pays.
    pub account: u32,
    /// What it spends, in the order of the chain: descending key images.
    pub inputs: Vec<PreparedInput>,
    /// What it makes; the order on the chain is drawn when it is signed.
    pub outputs: Vec<PreparedOutput>,
    /// The fee, burned part included.
    pub fee: Amount,
    /// The burned part.
    pub burned: Amount,
    /// Its weight.
    pub weight: Weight,
    /// The payment id it carries.
    pub payment_id: Option<PaymentId>,
    /// Lock of the payments.
    pub unlock_time: UnlockTime,
    pub(super) extra: ExtraPlan,
}

impl PreparedTransaction {
    /// What it pays, change and dummy left out.
    #[must_use]
    pub fn payments(&self) -> Vec<Destination> {
        let payments = self.outputs.iter().filter(|output| output.role == OutputRole::Payment);
        payments
            .map(|output| Destination {
                address: output.address,
                amount: output.amount,
            })
            .collect()
    }

    /// What it pays, added up.
    #[must_use]
    pub fn paid(&self) -> Amount {
        super::plan::paid(&self.payments())
    }

    /// What comes back.
    #[must_use]
    pub fn change(&self) -> Amount {
        let change = self.outputs.iter().find(|output| output.role == OutputRole::Change);
        change.map_or(Amount::ZERO, |output| output.amount)
    }

    /// What the inputs are worth.
    #[must_use]
    pub fn funds(&self) -> Amount {
        super::select::total(self.inputs.iter().map(|input| &input.output))
    }

    /// Addresses of the account that pay: more than one links them in public.
    #[must_use]
    pub fn paying_addresses(&self) -> BTreeSet<u32> {
        self.inputs.iter().map(|input| input.output.address.minor).collect()
    }
}

impl TransactionPlan {
    /// Fixes fee and amounts: `rings` hide the inputs in the order of [`Self::inputs`].
    ///
    /// # Errors
    /// [`BuildError::RingCount`], [`BuildError::WrongRing`]; [`BuildError::FeeExceedsAmount`] when destinations cannot pay the
    /// fee; [`BuildError::TooHeavy`].
    pub fn prepare(&self, rings: Vec<Ring>) -> Result<PreparedTransaction, BuildError> {
        if rings.len() != self.inputs.len() {
            return Err(BuildError::RingCount {
                inputs: self.inputs.len(),
                given: rings.len(),
            });
        }
        let mut inputs = Vec::with_capacity(rings.len());
        for (output, ring) in self.inputs.iter().zip(rings) {
            let hidden = ring.members().get(ring.real_position());
            if hidden.is_none_or(|member| member.index != output.global_index || member.key != output.key) {
                return Err(BuildError::WrongRing);
            }
            inputs.push(PreparedInput {
                output: output.clone(),
                ring,
            });
        }
        inputs.sort_by_key(|input| Reverse(input.output.key_image));
        let settled = self.settle(&inputs)?;
        if settled.weight > LIMIT {
            return Err(BuildError::TooHeavy {
                weight: settled.weight,
                limit: LIMIT,
            });
        }
        Ok(PreparedTransaction {
            kind: self.kind,
            account: self.account,
            inputs,
            fee: settled.fee,
            burned: settled.burned,
            weight: settled.weight,
            payment_id: self.payment_id,
            unlock_time: self.unlock_time,
            extra: self.extra_plan(settled.outputs.len(), settled.burned),
            outputs: settled.outputs,
        })
    }

    /// Finds fee and outputs: with change if there is any, without if all of it goes to the fee.
    fn settle(&self, inputs: &[PreparedInput]) -> Result<Settled, BuildError> {
        let least = self.least_outputs();
        let without = self.payments.len().max(least);
        let with = self.payments.len().saturating_add(1).max(least);
        match &self.leftover {
            Leftover::SharedByPayments => {
                let (fee, weight) = self.exact_fee(inputs, without)?;
                self.settled(self.share(fee)?, fee, weight, without)
            }
            Leftover::Change => {
                let available = self.available_for_fee()?;
                let (fee, weight) = self.exact_fee(inputs, with)?;
                if fee < available || (with == without && fee <= available) {
                    return self.settled(self.payments.clone(), fee, weight, with);
                }
                let (fee, _) = self.exact_fee(inputs, without)?;
                if fee > available {
                    return Err(BuildError::FeeGrew { fee, available });
                }
                // What is left over is too little to pay for an output of its own: it goes to the fee.
                let weight = self.shape(inputs, without).weight(available);
                self.settled(self.payments.clone(), available, weight, without)
            }
            Leftover::ChangeAndFeeFrom(payers) => {
                let outputs = if self.available_for_fee()?.is_zero() {
                    without
                } else {
                    with
                };
                let (fee, weight) = self.exact_fee(inputs, outputs)?;
                self.settled(self.charge(payers, fee)?, fee, weight, outputs)
            }
        }
    }

    /// Inputs less payments.
    fn available_for_fee(&self) -> Result<Amount, BuildError> {
        let (funds, paid) = (self.funds(), self.paid());
        funds.checked_sub(paid).ok_or(BuildError::NotEnoughMoney {
            available: funds,
            needed: paid,
            fee: self.planned_fee,
        })
    }

    fn shape(&self, inputs: &[PreparedInput], outputs: usize) -> Shape {
        Shape {
            rings: inputs.iter().map(|input| input.ring.key_offsets()).collect(),
            unlock_times: self.unlock_times(outputs),
            extra: self.extra_plan(outputs, Amount::ZERO).length(),
            kind: self.kind,
        }
    }

    /// The fee whose own length is part of the weight it pays for, and the weight. A transaction with one output pays for two,
    /// as those of the reference's wallets do, from which it should not be told apart (chain §4.11).
    fn exact_fee(&self, inputs: &[PreparedInput], outputs: usize) -> Result<(Amount, Weight), BuildError> {
        let paid_for = outputs.max(LEAST_OUTPUTS_PAID_FOR);
        let shape = self.shape(inputs, paid_for);
        let mut settled = Amount::ZERO;
        for _ in 0..FEE_ROUNDS {
            let weight = shape.weight(settled);
            let next = fee(weight, paid_for as u64, &self.rates, &self.level).ok_or(BuildError::AmountOverflow)?;
            if next <= settled {
                break;
            }
            settled = next;
        }
        Ok((settled, self.shape(inputs, outputs).weight(settled)))
    }

    /// Shares everything but the fee among the payments; the first gets what cannot be shared.
    fn share(&self, fee: Amount) -> Result<Vec<Destination>, BuildError> {
        let funds = self.funds();
        let nothing = BuildError::FeeExceedsAmount { fee, amount: funds };
        let all = funds.checked_sub(fee).ok_or(nothing.clone())?.atomic();
        let count = self.payments.len() as u64;
        let (share, rest) = (all.checked_div(count).unwrap_or(0), all.checked_rem(count).unwrap_or(0));
        if share == 0 {
            return Err(nothing);
        }
        let mut payments = self.payments.clone();
        for (place, payment) in payments.iter_mut().enumerate() {
            let extra = if place == 0 { rest } else { 0 };
            payment.amount = Amount::from_atomic(share.saturating_add(extra));
        }
        Ok(payments)
    }

    /// Takes the fee from some payments in equal parts; the first of them pays what cannot be shared.
    fn charge(&self, payers: &BTreeSet<usize>, fee: Amount) -> Result<Vec<Destination>, BuildError> {
        let count = payers.len() as u64;
        let share = fee
            .atomic()
            .checked_div(count)
            .ok_or(BuildError::NoSuchFeePayer { place: 0 })?;
        let rest = fee.atomic().checked_rem(count).unwrap_or(0);
        let mut payments = self.payments.clone();
        for (turn, place) in payers.iter().enumerate() {
            let part = Amount::from_atomic(share.saturating_add(if turn == 0 { rest } else { 0 }));
            let payment = payments
                .get_mut(*place)
                .ok_or(BuildError::NoSuchFeePayer { place: *place })?;
            let left = payment.amount.checked_sub(part).filter(|left| !left.is_zero());
            payment.amount = left.ok_or(BuildError::FeeExceedsAmount {
                fee: part,
                amount: payment.amount,
            })?;
        }
        Ok(payments)
    }

    /// Puts the outputs together: payments, then change or a dummy up to the count.
    fn settled(
        &self,
        payments: Vec<Destination>,
        fee: Amount,
        weight: Weight,
        count: usize,
    ) -> Result<Settled, BuildError> {
        let spent = super::plan::paid(&payments)
            .checked_add(fee)
            .ok_or(BuildError::AmountOverflow)?;
        let change = self.funds().checked_sub(spent).ok_or(BuildError::FeeGrew {
            fee,
            available: self.funds(),
        })?;
        let mut outputs: Vec<PreparedOutput> = payments
            .into_iter()
            .map(|payment| PreparedOutput {
                address: payment.address,
                amount: payment.amount,
                role: OutputRole::Payment,
                unlock_time: self.unlock_time,
            })
            .collect();
        if outputs.len() < count {
            let role = if change.is_zero() {
                OutputRole::Dummy
            } else {
                OutputRole::Change
            };
            outputs.push(PreparedOutput {
                address: self.change,
                amount: change,
                role,
                unlock_time: UnlockTime::NONE,
            });
        }
        Ok(Settled {
            outputs,
            fee,
            burned: self.level.burned(fee),
            weight,
        })
    }
}

/// Fee and outputs that fit each other.
struct Settled {
    outputs: Vec<PreparedOutput>,
    fee: Amount,
    burned: Amount,
    weight: Weight,
}
