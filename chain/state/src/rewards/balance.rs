//! Balances as they are after the newest block, and who is paid next.

use super::{
    AccruedRewards, AccruedRewardsKey, NewestFirst, RewardRate, RewardRates, RewardStreams, RewardStreamsRow,
    accrued_rewards_key,
};
use crate::{
    delta::scan_rows,
    table::{TableId, TableKey},
    tables::Totals,
    view::{TypedView, View, ViewError},
};
use oxen_staking_rules::{BatchPayout, MilliAmount, Recipient};
use oxen_types::{
    Amount, Height, Network,
    network::{HardForkVersion, PaymentStart},
};
use std::collections::BTreeMap;

/// What somebody has earned and was not paid yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Who.
    pub recipient: Recipient,
    /// How much.
    pub amount: MilliAmount,
}

/// The rates of a stretch of blocks, newest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Rates(Vec<RewardRate>);

impl Rates {
    /// The rates of the blocks above `settled` up to `last`.
    pub(super) fn between(view: &(impl View + ?Sized), settled: Height, last: Height) -> Result<Self, ViewError> {
        const PAGE: usize = 64;
        let mut rates: Vec<RewardRate> = Vec::new();
        let mut next = last;
        loop {
            let rows = scan_rows::<RewardRates>(view, &[], &NewestFirst(next).to_key_bytes(), PAGE)?;
            let is_last_page = rows.len() < PAGE;
            for (_, rate) in rows {
                rates.push(rate);
                if rate.from <= settled.next() {
                    return Ok(Self(rates));
                }
            }
            match rates.last().and_then(|oldest| oldest.from.previous()) {
                Some(before) if !is_last_page => next = before,
                _ => return Ok(Self(rates)),
            }
        }
    }

    /// What `streams` bring in the blocks above `settled` up to `last`; `None` when the sum overflows.
    pub(super) fn pending(&self, row: &RewardStreamsRow, last: Height) -> Option<MilliAmount> {
        let mut sum = MilliAmount::ZERO;
        let mut end = last;
        for rate in &self.0 {
            let begin = rate.from.max(row.settled.next());
            let blocks = end.next().since(begin);
            for stream in &row.streams {
                sum = sum.checked_add(stream.part.of(rate.node).checked_mul(blocks)?)?;
            }
            match begin.previous() {
                Some(before) if before > row.settled => end = before,
                _ => break,
            }
        }
        Some(sum)
    }
}

/// The balance of one recipient after the newest block; nothing for somebody unknown.
///
/// # Errors
/// The state could not be read.
pub fn balance_of(view: &dyn View, network: &Network, recipient: &Recipient) -> Result<MilliAmount, ViewError> {
    let Some(key) = accrued_rewards_key(recipient, network) else {
        return Ok(MilliAmount::ZERO);
    };
    let tip = view.expect::<Totals>(&())?.tip;
    let settled = view
        .get::<AccruedRewards>(&key)?
        .map_or(MilliAmount::ZERO, |row| row.balance);
    let Some(row) = view.get::<RewardStreams>(&key)? else {
        return Ok(settled);
    };
    let rates = Rates::between(view, row.settled, tip)?;
    add(settled, rates.pending(&row, tip))
}

/// Every balance after the newest block, in the order of payout offsets and addresses.
///
/// # Errors
/// The state could not be read.
pub fn balances(view: &dyn View) -> Result<Vec<(AccruedRewardsKey, Balance)>, ViewError> {
    balances_after(view, view.expect::<Totals>(&())?.tip)
}

/// Every balance after the block at `last`, which is the newest whose rewards are in the state.
///
/// # Errors
/// The state could not be read.
pub fn balances_after(view: &dyn View, last: Height) -> Result<Vec<(AccruedRewardsKey, Balance)>, ViewError> {
    balances_at(view, &[], last)
}

/// The balances under keys with a prefix after the block at `last`, in the order of keys.
fn balances_at(
    view: &(impl View + ?Sized),
    prefix: &[u8],
    last: Height,
) -> Result<Vec<(AccruedRewardsKey, Balance)>, ViewError> {
    let mut balances: BTreeMap<Vec<u8>, Balance> = BTreeMap::new();
    for (key, row) in scan_rows::<AccruedRewards>(view, prefix, &[], usize::MAX)? {
        let balance = Balance {
            recipient: row.recipient,
            amount: row.balance,
        };
        balances.insert(key, balance);
    }
    let streams = scan_rows::<RewardStreams>(view, prefix, &[], usize::MAX)?;
    if let Some(oldest) = streams.iter().map(|(_, row)| row.settled).min() {
        let rates = Rates::between(view, oldest, last)?;
        for (key, row) in streams {
            let balance = balances.entry(key).or_insert(Balance {
                recipient: row.recipient,
                amount: MilliAmount::ZERO,
            });
            balance.amount = add(balance.amount, rates.pending(&row, last))?;
        }
    }
    balances
        .into_iter()
        .filter(|(_, balance)| balance.amount != MilliAmount::ZERO)
        .map(|(key, balance)| Ok((decode_key(&key)?, balance)))
        .collect()
}

/// The payouts that the coinbase at `height` must make, in their order (step 2). Rewards that the block itself adds do not
/// count.
///
/// # Errors
/// The state could not be read.
pub fn due_payouts(view: &dyn View, network: &Network, height: Height) -> Result<Vec<BatchPayout>, ViewError> {
    let Some(begin) = network.forks.begins(HardForkVersion::REWARD_BATCHING) else {
        return Ok(Vec::new());
    };
    let started = match network.batching.payments {
        PaymentStart::AfterFork => height > begin,
        PaymentStart::AtFork => height >= begin,
    };
    // What is left in OXEN at HF21 is not paid any more (chain §4.8).
    let pays = started && !network.forks.is_active(HardForkVersion::ETHEREUM, height);
    let Some(before) = height.previous().filter(|_| pays) else {
        return Ok(Vec::new());
    };
    let balances = balances_at(view, &offset_prefix(network, height), before)?;
    let mut payouts = Vec::with_capacity(balances.len());
    for (_, Balance { recipient, amount }) in balances {
        let amount = whole(amount)?;
        if amount >= network.batching.minimum_payment {
            payouts.push(BatchPayout { recipient, amount });
        }
    }
    Ok(payouts)
}

/// What the keys of those whose turn comes at `height` begin with.
pub(super) fn offset_prefix(network: &Network, height: Height) -> [u8; 8] {
    let offset = height.index().checked_rem(network.batching.interval_blocks);
    offset.unwrap_or(0).to_be_bytes()
}

/// A balance in whole atomic units, rounded down.
///
/// # Errors
/// [`ViewError::Corrupt`]: more than 18 thousand million OXEN or SESH, which no supply has.
pub fn whole(balance: MilliAmount) -> Result<Amount, ViewError> {
    balance.whole().ok_or(ViewError::Corrupt {
        table: TableId::AccruedRewards,
    })
}

/// A sum that leaves 128 bits is damage.
fn add(settled: MilliAmount, pending: Option<MilliAmount>) -> Result<MilliAmount, ViewError> {
    let corrupt = ViewError::Corrupt {
        table: TableId::RewardStreams,
    };
    pending.and_then(|pending| settled.checked_add(pending)).ok_or(corrupt)
}

/// A key as the tables have it.
pub(super) fn decode_key(key: &[u8]) -> Result<AccruedRewardsKey, ViewError> {
    let parts = key.split_first_chunk::<8>();
    let decoded = parts.and_then(|(offset, address)| {
        Some(AccruedRewardsKey {
            offset: u64::from_be_bytes(*offset),
            address: String::from_utf8(address.to_vec()).ok()?,
        })
    });
    decoded.ok_or(ViewError::Corrupt {
        table: TableId::AccruedRewards,
    })
}
