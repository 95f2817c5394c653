//! Accrued rewards against what was recorded of them, to whole atomic units at every height and to thousandths where the
//! rewards database has them.

use super::chain::Chain;
use crate::{
    recording::{
        Recording,
        extras::{RecordedBalance, RecordedPayment},
        states::RecordedBalances,
    },
    report::{Check, Report},
};
use oxen_state::{
    Event, View, ViewError,
    delta::scan_rows,
    queries,
    rewards::{AccruedRewards, accrued_rewards_key},
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
type Computed = BTreeMap<String, (u64, u64)>;

fn computed(view: &dyn View, interval: u64) -> Result<Computed, ViewError> {
    let rows = scan_rows::<AccruedRewards>(view, &[], &[], usize::MAX)?;
    Ok(rows
        .into_iter()
        .map(|(key, row)| {
            // The key is the offset, 8 bytes, and the address.
            let address = String::from_utf8_lossy(key.get(8..).unwrap_or_default()).into_owned();
            (address, (row.balance.milli(), row.recipient.payout_offset(interval)))
        })
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
        sorted.milli.insert(last, rewards.batched_payments_accrued.iter().collect());
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

    /// Compares all balances at the newest block.
    pub fn compare_at_tip(&self, recording: &Recording, chain: &Chain<'_>, report: &mut Report) {
        let height = chain.height();
        let balances = match computed(chain.state(), chain.network().batching.interval_blocks) {
            Ok(balances) => balances,
            Err(error) => {
                report.verify(Check::AccruedRewards, || format!("state at height {height}"), Err(error));
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

    /// Compares what the newest coinbase paid.
    pub fn compare_payments(&self, recording: &Recording, height: Height, events: &[Event], report: &mut Report) {
        if recording.rewards.is_none() {
            return;
        }
        let paid = events.iter().filter_map(|event| match event {
            Event::RewardPaid(payout) => {
                let address = accrued_rewards_key(&payout.recipient, &recording.network)?.address;
                Some(format!("{} to {address}", payout.amount))
            }
            _ => None,
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
pub(super) fn compare_whole(recorded: &RecordedBalances, balances: &Computed, place: &str, report: &mut Report) {
    let addresses = recorded.balances.keys().chain(balances.keys().filter(|key| !recorded.balances.contains_key(*key)));
    for address in addresses {
        let whole = balances.get(address).map_or(0, |(milli, _)| milli / BATCH_REWARD_FACTOR);
        report.compare(
            Check::AccruedRewards,
            || format!("rewards of {address} at {place}"),
            &recorded.balances.get(address).copied().unwrap_or_default(),
            &Amount::from_atomic(whole),
        );
    }
}

/// The balances at the end of a branch that was replaced.
pub(super) fn compare_at(recorded: &RecordedBalances, chain: &Chain<'_>, place: &str, report: &mut Report) {
    match computed(chain.state(), chain.network().batching.interval_blocks) {
        Ok(balances) => compare_whole(recorded, &balances, place, report),
        Err(error) => report.verify(Check::AccruedRewards, || place.to_owned(), Err(error)),
    }
}

/// The same rows, to the last thousandth.
fn compare_milli(recorded: &[&RecordedBalance], balances: &Computed, height: Height, report: &mut Report) {
    let place = || format!("number of balances at height {height}");
    report.compare(Check::AccruedMilli, place, &recorded.len(), &balances.len());
    for balance in recorded {
        let text = |milli: u64, offset: u64| format!("{milli} thousandths, paid at offset {offset}");
        let found = balances.get(&balance.address).copied();
        report.compare(
            Check::AccruedMilli,
            || format!("balance of {} at height {height}", balance.address),
            &text(balance.amount, balance.payout_offset),
            &found.map_or_else(|| "none".to_owned(), |(milli, offset)| text(milli, offset)),
        );
    }
}

/// Sums over the whole chain: those of `get_coinbase_tx_sum`, and that every thousandth created is paid or owed.
pub fn compare_sums(recording: &Recording, chain: &Chain<'_>, report: &mut Report) {
    if let Err(error) = sums(recording, chain, report) {
        report.verify(Check::Totals, || "state at the last height".to_owned(), Err(error));
    }
}

fn sums(recording: &Recording, chain: &Chain<'_>, report: &mut Report) -> Result<(), ViewError> {
    let view = chain.state();
    let totals = queries::totals(view)?;
    let count = usize::try_from(totals.tip.next().index()).unwrap_or(usize::MAX);
    let rows = queries::block_rows(view, Height::GENESIS, count)?;
    let paid: u128 = rows.iter().map(|row| u128::from(row.coinbase_payouts.atomic())).sum();
    let credited = totals.fees.saturating_sub(totals.burned);
    let factor = u128::from(BATCH_REWARD_FACTOR);
    let owed: u128 = computed(view, chain.network().batching.interval_blocks)?
        .values()
        .map(|(milli, _)| u128::from(*milli))
        .sum();
    report.compare(
        Check::Totals,
        || "thousandths paid and owed, and thousandths created and credited".to_owned(),
        &(paid * factor + owed),
        &((totals.emitted_milli + u128::from(credited.atomic()) * factor) - totals.forfeited_milli),
    );
    let Some(answers) = &recording.final_answers else {
        return Ok(());
    };
    let place = |name: &'static str| move || format!("{name} of get_coinbase_tx_sum over the whole chain");
    match answers.coinbase_sum() {
        Ok(Some(recorded)) => {
            let emission = paid.saturating_sub(u128::from(credited.atomic()));
            let check = Check::Totals;
            report.compare(check, place("emission_amount"), &u128::from(recorded.emission_amount), &emission);
            report.compare(check, place("fee_amount"), &recorded.fee_amount, &credited);
            report.compare(check, place("burn_amount"), &recorded.burn_amount, &totals.burned);
        }
        Ok(None) => report.unchecked(Check::Totals, "rpc_final.json has no get_coinbase_tx_sum"),
        Err(error) => report.verify(Check::Totals, place("form"), Err(error)),
    }
    Ok(())
}
