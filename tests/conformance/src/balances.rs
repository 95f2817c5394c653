//! Accrued rewards and payments against what was recorded of them: balances to whole atomic units at every height, and to
//! thousandths where the rewards database has them.

use crate::{
    recording::{
        Recording,
        extras::{RecordedBalance, RecordedPayment},
        states::RecordedBalances,
    },
    report::{Check, Report},
};
use oxen_staking_rules::BatchPayout;
use oxen_state::{
    View, ViewError,
    rewards::{accrued_rewards_key, balances_after},
};
use oxen_types::{Amount, Height, network::constants::BATCH_REWARD_FACTOR};
use std::collections::BTreeMap;

/// Balances and payments of the rewards database, by height.
#[derive(Debug, Default)]
pub struct Balances<'a> {
    milli: BTreeMap<Height, Vec<&'a RecordedBalance>>,
    payments: BTreeMap<Height, Vec<&'a RecordedPayment>>,
}

/// Balances of the state by address, in thousandths, and when they are paid.
type Computed = BTreeMap<String, (u128, u64)>;

fn computed(view: &dyn View, height: Height) -> Result<Computed, ViewError> {
    let balances = balances_after(view, height)?;
    Ok(balances
        .into_iter()
        .map(|(key, balance)| (key.address, (balance.amount.milli(), key.offset)))
        .collect())
}

impl<'a> Balances<'a> {
    /// Sorts the database by height.
    #[must_use]
    pub fn new(recording: &'a Recording) -> Self {
        let mut sorted = Self::default();
        let Some(rewards) = &recording.rewards else {
            return sorted;
        };
        let last = recording.last_height();
        sorted
            .milli
            .insert(last, rewards.batched_payments_accrued.iter().collect());
        let older = rewards
            .batched_payments_accrued_archive
            .iter()
            .map(|archived| (archived.archive_height, &archived.balance));
        let recent = rewards
            .batched_payments_accrued_recent
            .iter()
            .map(|recent| (recent.height, &recent.balance));
        let mut snapshots: BTreeMap<Height, Vec<&RecordedBalance>> = BTreeMap::new();
        for (height, balance) in older.chain(recent) {
            let balances = snapshots.entry(height).or_default();
            if !balances.contains(&balance) {
                balances.push(balance);
            }
        }
        for (height, balances) in snapshots {
            sorted.milli.entry(height).or_insert(balances);
        }
        for payment in &rewards.batched_payments_raw {
            sorted.payments.entry(payment.height_paid).or_default().push(payment);
        }
        for payments in sorted.payments.values_mut() {
            payments.sort_by(|one, other| one.address.cmp(&other.address));
        }
        sorted
    }

    /// Compares all balances in the state whose newest block is at `height`.
    pub fn compare_at(&self, recording: &Recording, height: Height, view: &dyn View, report: &mut Report) {
        let balances = match computed(view, height) {
            Ok(balances) => balances,
            Err(error) => {
                report.verify(
                    Check::AccruedRewards,
                    || format!("state at height {height}"),
                    Err(error),
                );
                return;
            }
        };
        match recording.states.as_ref().and_then(|states| states.get(&height)) {
            Some(state) => {
                let when = if state.taken_later { " (recorded later)" } else { "" };
                let place = format!("height {height}{when}");
                compare_whole(&state.get_accrued_rewards, &balances, &place, report);
            }
            None => report.unchecked(Check::AccruedRewards, "state.json has no entry for the height"),
        }
        if let Some(recorded) = self.milli.get(&height) {
            compare_milli(recorded, &balances, height, report);
        }
    }

    /// Compares what the coinbase at a height paid.
    pub fn compare_payments(&self, recording: &Recording, height: Height, paid: &[BatchPayout], report: &mut Report) {
        if recording.rewards.is_none() {
            return;
        }
        let paid = paid.iter().filter_map(|payout| {
            let address = accrued_rewards_key(&payout.recipient, &recording.network)?.address;
            Some(format!("{} to {address}", payout.amount))
        });
        let recorded = self.payments.get(&height).into_iter().flatten().map(|payment| {
            let amount = Amount::from_atomic(payment.amount / BATCH_REWARD_FACTOR);
            format!("{amount} to {}", payment.address)
        });
        report.compare(
            Check::Payments,
            || format!("payments at height {height}"),
            &recorded.collect::<Vec<_>>().join(", "),
            &paid.collect::<Vec<_>>().join(", "),
        );
    }
}

/// Whole atomic units of every address that either side knows; a missing one has nothing.
fn compare_whole(recorded: &RecordedBalances, balances: &Computed, place: &str, report: &mut Report) {
    let addresses = recorded
        .balances
        .keys()
        .chain(balances.keys().filter(|key| !recorded.balances.contains_key(*key)));
    for address in addresses {
        let whole = balances
            .get(address)
            .and_then(|(milli, _)| u64::try_from(milli / u128::from(BATCH_REWARD_FACTOR)).ok())
            .unwrap_or_default();
        report.compare(
            Check::AccruedRewards,
            || format!("rewards of {address} at {place}"),
            &recorded.balances.get(address).copied().unwrap_or_default(),
            &Amount::from_atomic(whole),
        );
    }
}

/// Whole atomic units against one recorded answer.
pub fn compare_answer(recorded: &RecordedBalances, height: Height, view: &dyn View, place: &str, report: &mut Report) {
    match computed(view, height) {
        Ok(balances) => compare_whole(recorded, &balances, place, report),
        Err(error) => report.verify(Check::AccruedRewards, || place.to_owned(), Err(error)),
    }
}

/// All balances together, thousandths of an atomic unit.
///
/// # Errors
/// The state could not be read.
pub fn owed(view: &dyn View, height: Height) -> Result<u128, ViewError> {
    let balances = computed(view, height)?;
    Ok(balances.values().map(|(milli, _)| *milli).sum())
}

/// The same rows, to the last thousandth.
fn compare_milli(recorded: &[&RecordedBalance], balances: &Computed, height: Height, report: &mut Report) {
    let place = || format!("number of balances at height {height}");
    report.compare(Check::AccruedMilli, place, &recorded.len(), &balances.len());
    for balance in recorded {
        let text = |milli: u128, offset: u64| format!("{milli} thousandths, paid at offset {offset}");
        let found = balances.get(&balance.address).copied();
        report.compare(
            Check::AccruedMilli,
            || format!("balance of {} at height {height}", balance.address),
            &text(u128::from(balance.amount), balance.payout_offset),
            &found.map_or_else(|| "none".to_owned(), |(milli, offset)| text(milli, offset)),
        );
    }
}
