//! Coinbases since HF19 pay what the rewards database recorded, in its order, to deterministic keys (chain §4.7 step 3).

use super::decoded::DecodedChain;
use crate::{
    recording::{Recording, extras::RecordedPayment, states::recipient},
    report::{Check, Report},
};
use oxen_staking_rules::batching::payout_key;
use oxen_types::{
    Amount, Height, Network, Transaction,
    network::{HardForkVersion, constants::BATCH_REWARD_FACTOR},
};
use std::collections::BTreeMap;

/// Compares the coinbases of all HF19 blocks with the recorded payments.
pub fn compare(recording: &Recording, chain: &DecodedChain, report: &mut Report) {
    let Some(rewards) = &recording.rewards else { return };
    let mut due: BTreeMap<Height, Vec<&RecordedPayment>> = BTreeMap::new();
    for payment in &rewards.batched_payments_raw {
        due.entry(payment.height_paid).or_default().push(payment);
    }
    for (recorded, block) in recording.blocks.iter().zip(&chain.blocks) {
        let version = recording.network.forks.version_at(recorded.height).version;
        if version != HardForkVersion::REWARD_BATCHING {
            continue;
        }
        let Some(coinbase) = block.as_ref().and_then(|block| block.miner_transaction.as_ref()) else {
            continue;
        };
        let mut payments = due.remove(&recorded.height).unwrap_or_default();
        payments.sort_by(|one, other| one.address.cmp(&other.address));
        compare_coinbase(&recording.network, recorded.height, coinbase, &payments, report);
    }
    for (height, payments) in due {
        let place = format!("payments at height {height}, which has no HF19 coinbase");
        report.differ(
            Check::CoinbasePayouts,
            place,
            payments.len().to_string(),
            "0".to_owned(),
        );
    }
}

fn compare_coinbase(
    network: &Network,
    height: Height,
    coinbase: &Transaction,
    payments: &[&RecordedPayment],
    report: &mut Report,
) {
    let outputs = &coinbase.prefix.outputs;
    let place = || format!("number of payouts of coinbase {height}");
    report.compare(Check::CoinbasePayouts, place, &payments.len(), &outputs.len());
    for (index, (payment, output)) in (0_u64..).zip(payments.iter().zip(outputs)) {
        let key = recipient(&payment.address, network).and_then(|who| payout_key(&who, height, index).ok());
        let computed = format!(
            "{} to {}",
            Amount::from_atomic(payment.amount / BATCH_REWARD_FACTOR),
            key.unwrap_or_default()
        );
        let found = format!("{} to {}", output.amount, output.key().unwrap_or_default());
        let place = || format!("payout {index} of coinbase {height} to {}", payment.address);
        report.compare(Check::CoinbasePayouts, place, &found, &computed);
    }
}
