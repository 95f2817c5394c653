//! Planning a transfer: which outputs are spent, which destinations are paid by which transaction (wallet §7.3–7.5).

use super::{
    error::{BuildError, LockedAmount, LockedUntil},
    fee::{FeeLevel, FeeRates, fee},
    output_keys::{ExtraPlan, HiddenPaymentId, KeyScheme},
    request::{Destination, FeePayer, MAX_PAYMENTS, SourceAddresses, SplitRule, TransferRequest},
    select::{InputPool, total},
    weight::{LIMIT, Shape, TARGET},
};
use crate::{
    decoys::RealOutput,
    output::OwnedOutput,
    spendability::{ChainView, Spendability},
    wallet::Wallet,
};
use oxen_crypto::{Address, KeyError, SubaddressIndex};
use oxen_types::{
    Amount, PaymentId, UnlockTime,
    extra::ExtraField,
    height::Unlock,
    transaction::{TransactionType, Weight},
};
use rand_core::{CryptoRng, RngCore};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Outputs that other people may have made since the wallet last looked: only the size of ring offsets depends on it.
const OUTPUTS_AHEAD: u64 = 1_000_000;

/// What happens to the difference between inputs and payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leftover {
    /// The fee, and the rest is change.
    Change,
    /// These payments lose the fee, in equal parts; the rest is change.
    ChangeAndFeeFrom(BTreeSet<usize>),
    /// There is none: the payments share everything but the fee.
    SharedByPayments,
}

/// A transaction as far as it is known before its rings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionPlan {
    /// What it does.
    pub kind: TransactionType,
    /// The account that pays.
    pub account: u32,
    /// What it spends.
    pub inputs: Vec<OwnedOutput>,
    /// Whom it pays.
    pub payments: Vec<Destination>,
    /// What happens to the rest.
    pub leftover: Leftover,
    /// Where change goes: address 0 of the account.
    pub change: Address,
    /// Lock of the payments.
    pub unlock_time: UnlockTime,
    /// The payment id it carries.
    pub payment_id: Option<PaymentId>,
    /// Further fields of its extra.
    pub fields: Vec<ExtraField>,
    /// What the daemon said of fees.
    pub rates: FeeRates,
    /// What the priority costs.
    pub level: FeeLevel,
    /// A fee that certainly suffices; the exact one is at most as high.
    pub planned_fee: Amount,
}

impl TransactionPlan {
    /// The outputs that rings must hide, in the order of [`Self::inputs`].
    ///
    /// # Errors
    /// [`KeyError`] when the wallet's state was damaged.
    pub fn real_outputs(&self) -> Result<Vec<RealOutput>, KeyError> {
        let real = |input: &OwnedOutput| {
            Ok(RealOutput {
                index: input.global_index,
                key: input.key,
                commitment: input.commitment()?,
            })
        };
        self.inputs.iter().map(real).collect()
    }

    /// Addresses of the account that pay: more than one links them in public.
    #[must_use]
    pub fn paying_addresses(&self) -> BTreeSet<u32> {
        self.inputs.iter().map(|input| input.address.minor).collect()
    }

    /// What the inputs are worth.
    #[must_use]
    pub fn funds(&self) -> Amount {
        total(&self.inputs)
    }

    /// The payments' amounts, added up.
    #[must_use]
    pub fn paid(&self) -> Amount {
        paid(&self.payments)
    }

    pub(super) fn extra_plan(&self, outputs: usize, burned: Amount) -> ExtraPlan {
        let payments: Vec<_> = self
            .payments
            .iter()
            .map(|payment| (payment.address, payment.amount))
            .collect();
        ExtraPlan {
            scheme: KeyScheme::of(self.payments.iter().map(|payment| &payment.address)),
            payment_id: HiddenPaymentId::of(self.payment_id, &payments, outputs, &self.change),
            outputs,
            burned: self.level.burns().then_some(burned),
            fields: self.fields.clone(),
            staked_outputs: match self.kind {
                TransactionType::Stake => self.payments.len(),
                _ => 0,
            },
        }
    }

    /// Unlock times of `outputs` outputs: those of the payments, and none for the others.
    pub(super) fn unlock_times(&self, outputs: usize) -> Vec<UnlockTime> {
        let mut times = vec![self.unlock_time; self.payments.len()];
        times.resize(outputs, UnlockTime::NONE);
        times
    }

    /// Fewest outputs that the chain takes (chain §2.6 rule 3): a transaction of the name system or a burn needs its
    /// change alone.
    pub(super) const fn least_outputs(&self) -> usize {
        match self.kind {
            TransactionType::OxenNameSystem | TransactionType::OxenSwap => 1,
            _ => 2,
        }
    }

    /// A fee that no choice of rings exceeds, with change.
    fn largest_fee(&self, inputs: usize, outputs_on_chain: u64) -> Option<(Amount, Weight)> {
        let outputs = match self.leftover {
            Leftover::SharedByPayments => self.payments.len().max(2),
            Leftover::Change | Leftover::ChangeAndFeeFrom(_) => self.payments.len().saturating_add(1).max(2),
        };
        let extra = self.extra_plan(outputs, Amount::ZERO).length();
        let shape = Shape::largest(inputs, self.unlock_times(outputs), extra, self.kind, outputs_on_chain);
        let weight = shape.weight(Amount::from_atomic(u64::MAX));
        Some((fee(weight, outputs as u64, &self.rates, &self.level)?, weight))
    }
}

pub(super) fn paid(payments: &[Destination]) -> Amount {
    payments.iter().fold(Amount::ZERO, |sum, payment| {
        sum.checked_add(payment.amount).unwrap_or(sum)
    })
}

/// What planning looks at.
pub(super) struct Planner<'a> {
    pub(super) wallet: &'a Wallet,
    pub(super) view: ChainView<'a>,
    pub(super) sources: &'a SourceAddresses,
    pub(super) template: TransactionPlan,
    pub(super) pool: InputPool,
    pub(super) outputs_on_chain: u64,
}

impl Wallet {
    /// Plans a transfer: one transaction, or several where the request allows it.
    ///
    /// # Errors
    /// [`BuildError`]; not enough money comes with what is locked and until when.
    pub fn plan_transfer(
        &self,
        request: &TransferRequest,
        view: ChainView<'_>,
        rates: &FeeRates,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<TransactionPlan>, BuildError> {
        check_destinations(request)?;
        check_unlock_time(request.unlock_time, view)?;
        let mut template = self.plan_template(request.account, request.unlock_time, rates)?;
        template.level = FeeLevel::of(request.priority, template.kind)?;
        common_payment_id(&request.destinations)?;
        if let FeePayer::Destinations(places) = &request.fee_payer {
            check_fee_payers(places, request)?;
            template.leftover = Leftover::ChangeAndFeeFrom(places.clone());
        }
        let mut planner = self.planner(template, &request.sources, &request.limits, view, rng);
        let mut remaining: VecDeque<Destination> = request.destinations.iter().copied().collect();
        let mut plans = Vec::new();
        while !remaining.is_empty() {
            plans.push(planner.next_transaction(&mut remaining, request, rng)?);
        }
        Ok(plans)
    }

    /// A plan without inputs and payments.
    pub(super) fn plan_template(
        &self,
        account: u32,
        unlock_time: UnlockTime,
        rates: &FeeRates,
    ) -> Result<TransactionPlan, BuildError> {
        if self.is_view_only() {
            return Err(BuildError::ViewOnly);
        }
        self.check_account(account)?;
        Ok(TransactionPlan {
            kind: TransactionType::Standard,
            account,
            inputs: Vec::new(),
            payments: Vec::new(),
            leftover: Leftover::Change,
            change: self.address(SubaddressIndex::new(account, 0))?,
            unlock_time,
            payment_id: None,
            fields: Vec::new(),
            rates: *rates,
            level: FeeLevel::UNIMPORTANT,
            planned_fee: Amount::ZERO,
        })
    }

    pub(super) fn planner<'a>(
        &'a self,
        template: TransactionPlan,
        sources: &'a SourceAddresses,
        limits: &super::request::OutputLimits,
        view: ChainView<'a>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Planner<'a> {
        let rules = self.spend_rules(view);
        let account = template.account;
        let usable = self.outputs().all().filter(|output| {
            output.address.major == account
                && sources.allows(output.address.minor)
                && output.key_image.is_some()
                && rules.judge(output) == Spendability::Ready
        });
        let newest = self
            .outputs()
            .all()
            .next_back()
            .map_or(0, |output| output.global_index.index());
        Planner {
            wallet: self,
            view,
            sources,
            template,
            pool: InputPool::new(usable.cloned(), limits, rng),
            outputs_on_chain: newest.saturating_mul(2).saturating_add(OUTPUTS_AHEAD),
        }
    }
}

fn check_destinations(request: &TransferRequest) -> Result<(), BuildError> {
    let destinations = &request.destinations;
    if destinations.is_empty() {
        return Err(BuildError::NoDestinations);
    }
    if let Some(place) = destinations.iter().position(|destination| destination.amount.is_zero()) {
        return Err(BuildError::ZeroAmount { place });
    }
    Amount::checked_sum(destinations.iter().map(|destination| destination.amount)).ok_or(BuildError::AmountOverflow)?;
    if request.split == SplitRule::OneTransaction && destinations.len() > MAX_PAYMENTS {
        return Err(BuildError::TooManyDestinations {
            given: destinations.len(),
            most: MAX_PAYMENTS,
        });
    }
    Ok(())
}

fn check_fee_payers(places: &BTreeSet<usize>, request: &TransferRequest) -> Result<(), BuildError> {
    if request.destinations.len() > MAX_PAYMENTS {
        return Err(BuildError::FeeFromSeveral);
    }
    match places.last() {
        None => Err(BuildError::NoSuchFeePayer { place: 0 }),
        Some(last) if *last >= request.destinations.len() => Err(BuildError::NoSuchFeePayer { place: *last }),
        Some(_) => Ok(()),
    }
}

/// A lock that is open already was mistyped.
pub(super) fn check_unlock_time(unlock_time: UnlockTime, view: ChainView<'_>) -> Result<(), BuildError> {
    let past = match unlock_time.unlock() {
        _ if unlock_time == UnlockTime::NONE => false,
        Unlock::AtHeight(height) => height < view.chain_height,
        Unlock::AtTime(time) => time < view.now,
    };
    if past {
        Err(BuildError::UnlockTimeInPast(unlock_time))
    } else {
        Ok(())
    }
}

/// The one payment id of the destinations: it is hidden with the key of one address, so that only that one reads it.
fn common_payment_id(destinations: &[Destination]) -> Result<Option<PaymentId>, BuildError> {
    let integrated: BTreeSet<_> = destinations
        .iter()
        .filter_map(|destination| {
            let address = destination.address;
            Some((address.payment_id()?, address.spend(), address.view()))
        })
        .collect();
    match integrated.len() {
        0 | 1 => Ok(integrated.first().map(|(id, _, _)| *id)),
        _ => Err(BuildError::SeveralPaymentIds),
    }
}

impl Planner<'_> {
    /// Plans one transaction for the first destinations that remain, and takes off what it pays.
    pub(super) fn next_transaction(
        &mut self,
        remaining: &mut VecDeque<Destination>,
        request: &TransferRequest,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<TransactionPlan, BuildError> {
        let mut plan = self.template.clone();
        plan.payments = remaining.iter().take(MAX_PAYMENTS).copied().collect();
        plan.payment_id = common_payment_id(&plan.payments)?;
        if plan.payments.len() == remaining.len() {
            plan.inputs = self.pool.take_preferred(self.needed(&plan, 1)?, self.needed(&plan, 2)?);
        }
        if plan.inputs.is_empty() {
            self.pool.prefer_sufficient(self.needed(&plan, 2)?);
        }
        match request.split {
            SplitRule::OneTransaction => self.gather_for_one(&mut plan, rng)?,
            SplitRule::Several => self.gather_for_several(&mut plan, request, rng)?,
        }
        if let [only] = plan.inputs.as_slice()
            && let Some(spare) = self.pool.take_spare(only, &request.limits)
        {
            plan.inputs.push(spare);
        }
        plan.payment_id = common_payment_id(&plan.payments)?;
        (plan.planned_fee, _) = self.largest_fee(&plan, plan.inputs.len())?;
        take_off(remaining, &plan.payments);
        Ok(plan)
    }

    /// Adds inputs until everything is paid, at most as many as the chain allows.
    fn gather_for_one(
        &mut self,
        plan: &mut TransactionPlan,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), BuildError> {
        let everything = self.pool.clone();
        if self.gather(plan, LIMIT, rng)? {
            return Ok(());
        }
        // Too many small ones: the largest may do.
        let most = plan.inputs.len();
        let gathered = std::mem::take(&mut plan.inputs);
        self.pool = everything;
        self.pool.add(gathered);
        let reachable = self.pool.largest(most);
        while plan.inputs.len() < most && plan.funds() < self.needed(plan, plan.inputs.len())? {
            plan.inputs.extend(self.pool.take_largest());
        }
        if plan.funds() < self.needed(plan, plan.inputs.len())? {
            return Err(BuildError::TooLarge {
                inputs: most,
                reachable,
            });
        }
        Ok(())
    }

    /// Adds inputs until everything is paid or the transaction is heavy enough; pays a part then.
    fn gather_for_several(
        &mut self,
        plan: &mut TransactionPlan,
        request: &TransferRequest,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), BuildError> {
        if self.gather(plan, TARGET, rng)? {
            return Ok(());
        }
        if request.fee_payer != FeePayer::Sender {
            return Err(BuildError::FeeFromSeveral);
        }
        let (fee, _) = self.largest_fee(plan, plan.inputs.len())?;
        let mut left = plan.funds().saturating_sub(fee);
        for payment in &mut plan.payments {
            payment.amount = payment.amount.min(left);
            left = left.saturating_sub(payment.amount);
        }
        plan.payments.retain(|payment| !payment.amount.is_zero());
        if plan.payments.is_empty() {
            return Err(BuildError::FeeExceedsAmount {
                fee,
                amount: plan.funds(),
            });
        }
        Ok(())
    }

    /// Adds inputs until the funds cover payments and fee; false when `limit` was reached before.
    fn gather(
        &mut self,
        plan: &mut TransactionPlan,
        limit: Weight,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<bool, BuildError> {
        loop {
            let inputs = plan.inputs.len();
            if inputs > 0 && plan.funds() >= self.needed(plan, inputs)? {
                return Ok(true);
            }
            let (_, weight) = self.largest_fee(plan, inputs.saturating_add(1))?;
            if weight > limit {
                // Not large, but impossible: better said so.
                if self
                    .pool
                    .total()
                    .checked_add(plan.funds())
                    .is_some_and(|all| all < plan.paid())
                {
                    return Err(self.not_enough(plan)?);
                }
                return Ok(false);
            }
            match self.pool.take_least_related(&plan.inputs, rng) {
                Some(output) => plan.inputs.push(output),
                None => return Err(self.not_enough(plan)?),
            }
        }
    }

    /// What payments and fee need with so many inputs.
    fn needed(&self, plan: &TransactionPlan, inputs: usize) -> Result<Amount, BuildError> {
        match plan.leftover {
            Leftover::Change => {
                let (fee, _) = self.largest_fee(plan, inputs)?;
                plan.paid().checked_add(fee).ok_or(BuildError::AmountOverflow)
            }
            Leftover::ChangeAndFeeFrom(_) | Leftover::SharedByPayments => Ok(plan.paid()),
        }
    }

    pub(super) fn largest_fee(&self, plan: &TransactionPlan, inputs: usize) -> Result<(Amount, Weight), BuildError> {
        plan.largest_fee(inputs, self.outputs_on_chain)
            .ok_or(BuildError::AmountOverflow)
    }

    /// The error that says what is missing: everything of the pool is in the plan already, or will never be enough.
    fn not_enough(&self, plan: &TransactionPlan) -> Result<BuildError, BuildError> {
        let (fee, _) = self.largest_fee(plan, plan.inputs.len().max(1))?;
        let needed = self.needed(plan, plan.inputs.len().max(1))?;
        let unlocked = self.pool.total().checked_add(plan.funds()).unwrap_or_default();
        let locked = self.locked();
        let available = locked
            .iter()
            .fold(unlocked, |sum, lock| sum.checked_add(lock.amount).unwrap_or(sum));
        Ok(if available < needed {
            BuildError::NotEnoughMoney { available, needed, fee }
        } else {
            BuildError::NotEnoughUnlocked {
                unlocked,
                needed,
                fee,
                locked,
            }
        })
    }

    /// What the addresses that may pay have, but cannot spend now.
    pub(super) fn locked(&self) -> Vec<LockedAmount> {
        let rules = self.wallet.spend_rules(self.view);
        let mut locks: BTreeMap<LockedUntil, Amount> = BTreeMap::new();
        let mut add = |until: LockedUntil, amount: Amount| {
            let sum = locks.entry(until).or_default();
            *sum = sum.checked_add(amount).unwrap_or(*sum);
        };
        for output in self.wallet.outputs().all() {
            if output.address.major != self.template.account || !self.sources.allows(output.address.minor) {
                continue;
            }
            if let Some(until) = locked_until(rules.judge(output)) {
                add(until, output.amount);
            }
        }
        for sent in self.wallet.waiting_sent() {
            if sent.account == self.template.account && !sent.change.is_zero() && self.sources.allows(0) {
                add(LockedUntil::PendingTransaction, sent.change);
            }
        }
        locks
            .into_iter()
            .map(|(until, amount)| LockedAmount { amount, until })
            .collect()
    }
}

const fn locked_until(judged: Spendability) -> Option<LockedUntil> {
    Some(match judged {
        Spendability::Ready | Spendability::Spent(_) | Spendability::PendingSpend(_) | Spendability::Duplicate => {
            return None;
        }
        Spendability::Frozen => LockedUntil::Frozen,
        Spendability::Staked(lock) => LockedUntil::Stake {
            service_node: lock.service_node,
            unlock_height: lock.unlock_height,
        },
        Spendability::Blacklisted { until } => LockedUntil::Blacklist(until),
        Spendability::LockedUntilHeight(height) => LockedUntil::Height(height),
        Spendability::LockedUntilTime(time) => LockedUntil::Time(time),
    })
}

/// Takes what a transaction pays off the destinations that remain, from the first on.
fn take_off(remaining: &mut VecDeque<Destination>, payments: &[Destination]) {
    for payment in payments {
        if let Some(first) = remaining.front_mut() {
            first.amount = first.amount.saturating_sub(payment.amount);
            if first.amount.is_zero() {
                remaining.pop_front();
            }
        }
    }
}
