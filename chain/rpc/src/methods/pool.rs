//! The pool.

use crate::{
    error::MethodError,
    method::Method,
    node::{Call, parse_hex},
    render::{Part, TransactionJson, extra_json, stake_amount},
    types::{
        ErrorCode, Status,
        admin::{StatusAnswer, TransactionIdsRequest},
        chain::NoParameters,
        transaction::{
            PoolAnswer, PoolBin, PoolEntry, PoolHashesAnswer, PoolRequest, PoolStats, PoolStatsAnswer,
            SpentKeyImageEntry,
        },
    },
};
use oxen_node_api::{BlinkState, PoolTransaction, Relay, Snapshot, Source};
use oxen_state::queries;
use oxen_types::{Amount, Hash, Height, KeyImage, Timestamp};
use std::collections::BTreeMap;

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "get_transaction_pool",
            "Every transaction that waits, whole.",
            get_transaction_pool,
        )
        .path()
        .parameters(&["tx_extra", "stake_info"])
        .errors(&[ErrorCode::WrongParameter]),
        Method::new(
            "get_transaction_pool_hashes",
            "Ids of the transactions that wait.",
            get_transaction_pool_hashes,
        )
        .path(),
        Method::new(
            "get_transaction_pool_stats",
            "Figures of the pool.",
            get_transaction_pool_stats,
        )
        .path()
        .parameters(&["include_unrelayed"]),
        Method::new(
            "relay_tx",
            "Sends transactions to others that were kept here.",
            relay_tx,
        )
        .admin()
        .parameters(&["txids"])
        .errors(&[ErrorCode::WrongParameter])
        .example(r#"{"txids":[]}"#),
        Method::new(
            "flush_txpool",
            "Drops transactions from the pool, all when none are named.",
            flush_txpool,
        )
        .admin()
        .parameters(&["txids"])
        .errors(&[ErrorCode::WrongParameter]),
    ]
}

fn get_transaction_pool(call: &Call<'_>, request: PoolRequest) -> Result<PoolAnswer, MethodError> {
    let waiting = call.pool_transactions();
    let bytes = waiting
        .iter()
        .fold(0_usize, |sum, one| sum.saturating_add(one.blob.len()));
    // Hexadecimal text and JSON make an entry about five times as long as its bytes.
    if bytes.saturating_mul(5) > call.sizes().response_bytes {
        return Err(MethodError::AnswerTooLarge {
            limit: call.sizes().response_bytes,
        });
    }
    let snapshot = call.snapshot();
    let transactions = waiting
        .iter()
        .map(|one| pool_entry(call, &snapshot, one, request))
        .collect::<Result<_, _>>()?;
    Ok(PoolAnswer {
        transactions,
        spent_key_images: spent_key_images(&waiting),
        untrusted: false,
        status: Status::OK,
    })
}

fn pool_entry(
    call: &Call<'_>,
    snapshot: &Snapshot,
    waiting: &PoolTransaction,
    request: PoolRequest,
) -> Result<PoolEntry, MethodError> {
    let checked = &waiting.transaction;
    let transaction = checked.transaction();
    let prefix = &transaction.prefix;
    let json = TransactionJson::new(transaction, Part::Whole);
    let (last_failed_height, last_failed_id_hash) = waiting.last_failure.unwrap_or_default();
    let verified_at = newest_seen(waiting);
    let verified_block = queries::block_row(&**snapshot, verified_at)?;
    Ok(PoolEntry {
        id_hash: checked.id(),
        tx_json: serde_json::to_string(&json).map_err(MethodError::Unwritable)?,
        tx_blob: waiting.blob.as_ref().clone().into(),
        blob_size: waiting.blob.len() as u64,
        weight: checked.weight().bytes(),
        fee: checked.fee().atomic(),
        burned: checked.burned().atomic(),
        receive_time: waiting.received.seconds(),
        relayed: waiting.last_relayed.is_some(),
        last_relayed_time: waiting.last_relayed.map_or(0, Timestamp::seconds),
        do_not_relay: waiting.relay == Relay::Keep,
        double_spend_seen: waiting.double_spend_seen,
        kept_by_block: waiting.source == Source::RevertedBlock,
        max_used_block_height: verified_at.index(),
        max_used_block_id_hash: verified_block.map(|row| row.id).unwrap_or_default(),
        last_failed_height: last_failed_height.index(),
        last_failed_id_hash,
        blink: waiting.blink == BlinkState::Approved,
        extra: request
            .tx_extra
            .then(|| extra_json(&prefix.parse_extra(), call.network())),
        stake_amount: request
            .stake_info
            .then(|| stake_amount(prefix, checked.clsag().map(|proofs| &proofs.base)))
            .flatten()
            .map(Amount::atomic),
    })
}

/// The newest block when the inputs were last found valid: they were checked for the block after it.
pub(super) const fn newest_seen(waiting: &PoolTransaction) -> Height {
    waiting.verified_at.saturating_sub(1)
}

/// Key images that waiting transactions spend, with those who spend them.
pub(super) fn spent_key_images(waiting: &[PoolTransaction]) -> Vec<SpentKeyImageEntry> {
    let mut spenders: BTreeMap<KeyImage, Vec<Hash>> = BTreeMap::new();
    for one in waiting {
        for image in one.transaction.transaction().prefix.key_images() {
            spenders.entry(image).or_default().push(one.transaction.id());
        }
    }
    spenders
        .into_iter()
        .map(|(id_hash, txs_hashes)| SpentKeyImageEntry { id_hash, txs_hashes })
        .collect()
}

fn get_transaction_pool_hashes(call: &Call<'_>, _: NoParameters) -> Result<PoolHashesAnswer, MethodError> {
    Ok(PoolHashesAnswer {
        tx_hashes: call.pool_ids(),
        untrusted: false,
        status: Status::OK,
    })
}

fn get_transaction_pool_stats(call: &Call<'_>, _: NoParameters) -> Result<PoolStatsAnswer, MethodError> {
    let waiting = call.pool_transactions();
    Ok(PoolStatsAnswer {
        pool_stats: pool_stats(&waiting, call.handles().clock.now()),
        untrusted: false,
        status: Status::OK,
    })
}

/// Size and age of a waiting transaction.
#[derive(Clone, Copy)]
struct Measured {
    bytes: u64,
    age: u64,
}

fn pool_stats(waiting: &[PoolTransaction], now: Timestamp) -> PoolStats {
    const TEN_MINUTES: u64 = 600;
    let count = |holds: &dyn Fn(&PoolTransaction) -> bool| waiting.iter().filter(|one| holds(one)).count() as u64;
    let age = |one: &PoolTransaction| now.seconds().saturating_sub(one.received.seconds());
    let measured: Vec<Measured> = waiting
        .iter()
        .map(|one| Measured {
            bytes: one.blob.len() as u64,
            age: age(one),
        })
        .collect();
    let mut sizes: Vec<u64> = measured.iter().map(|one| one.bytes).collect();
    sizes.sort_unstable();
    let (histo_98pc, histo) = histogram(&measured);
    PoolStats {
        bytes_total: sizes.iter().sum(),
        bytes_min: sizes.first().copied().unwrap_or(0),
        bytes_max: sizes.last().copied().unwrap_or(0),
        bytes_med: sizes.get(sizes.len() / 2).copied().unwrap_or(0),
        fee_total: waiting
            .iter()
            .fold(0, |sum, one| sum.saturating_add(one.transaction.fee().atomic())),
        oldest: waiting.iter().map(|one| one.received.seconds()).min().unwrap_or(0),
        txs_total: waiting.len() as u64,
        num_failing: count(&|one| one.last_failure.is_some()),
        num_10m: count(&|one| age(one) > TEN_MINUTES),
        num_not_relayed: count(&|one| one.last_relayed.is_none()),
        num_double_spends: count(&|one| one.double_spend_seen),
        histo_98pc,
        histo,
    }
}

/// Ten bins by age. When the oldest two percent stand apart they share the last bin, and the others are spread over the nine
/// before it; the first result is then the age that bounds those.
fn histogram(measured: &[Measured]) -> (u64, Vec<PoolBin>) {
    const BINS: usize = 10;
    if measured.len() < 2 {
        return (0, Vec::new());
    }
    let mut ages: Vec<u64> = measured.iter().map(|one| one.age).collect();
    ages.sort_unstable();
    let oldest = ages.last().copied().unwrap_or(0);
    let young = ages.len().saturating_mul(98) / 100;
    let bound = ages.get(young).copied().unwrap_or(oldest);
    let (reported, spread, bins) = if bound < oldest {
        (bound, bound, BINS.saturating_sub(1))
    } else {
        (0, oldest, BINS)
    };
    let mut histo = vec![PoolBin::default(); BINS];
    for one in measured {
        let place = one
            .age
            .saturating_mul(bins as u64)
            .checked_div(spread.saturating_add(1))
            .and_then(|place| usize::try_from(place).ok())
            .unwrap_or(0)
            .min(BINS.saturating_sub(1));
        if let Some(bin) = histo.get_mut(place) {
            bin.txs = bin.txs.saturating_add(1);
            bin.bytes = bin.bytes.saturating_add(one.bytes);
        }
    }
    (reported, histo)
}

fn relay_tx(call: &Call<'_>, request: TransactionIdsRequest) -> Result<StatusAnswer, MethodError> {
    for text in &request.txids {
        let id = parse_hex("transaction hash", text)?;
        if !call.handles().pool.release(&id) {
            return Err(MethodError::NotInPool { id });
        }
    }
    Ok(StatusAnswer {
        status: Status::OK,
        untrusted: false,
    })
}

fn flush_txpool(call: &Call<'_>, request: TransactionIdsRequest) -> Result<StatusAnswer, MethodError> {
    let ids = request
        .txids
        .iter()
        .map(|text| parse_hex("transaction hash", text))
        .collect::<Result<Vec<Hash>, _>>()?;
    call.handles()
        .pool
        .flush(Some(ids.as_slice()).filter(|ids| !ids.is_empty()));
    Ok(StatusAnswer {
        status: Status::OK,
        untrusted: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_ages(ages: &[u64]) -> (u64, Vec<u64>) {
        let measured: Vec<Measured> = ages.iter().map(|age| Measured { bytes: 1, age: *age }).collect();
        let (bound, histo) = histogram(&measured);
        (bound, histo.into_iter().map(|bin| bin.txs).collect())
    }

    #[test]
    fn ages_are_spread_over_ten_bins() {
        assert_eq!(of_ages(&[5]), (0, vec![]));
        assert_eq!(of_ages(&[0, 9]), (0, vec![1, 0, 0, 0, 0, 0, 0, 0, 0, 1]));
        assert_eq!(of_ages(&[7, 7, 7]).1.iter().sum::<u64>(), 3);
    }

    #[test]
    fn the_oldest_two_percent_do_not_squeeze_the_others() {
        let mut ages: Vec<u64> = (0..99).collect();
        ages.push(100_000);
        let (bound, histo) = of_ages(&ages);
        assert_eq!(bound, 98);
        assert_eq!(histo, [11, 11, 11, 11, 11, 11, 11, 11, 11, 1]);
    }
}
