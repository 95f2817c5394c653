//! The next block, made from waiting transactions (chain §3.4, §4.11).

use crate::{
    apply::next_difficulty,
    block::{reward::block_reward, weight::WeightLimits},
    rewards::due_payouts,
    tables::{Blocks, Totals},
    transaction::CheckedTransaction,
    view::{TypedView, View, ViewError},
};
use oxen_staking_rules::{BatchPayout, batching};
use oxen_types::{
    Amount, Block, BlockHeader, Height, Network, PublicKey, Timestamp, Transaction, UnlockTime,
    block::{BatchingTail, PulseHeader},
    extra::{Extra, ExtraField},
    network::constants::{COINBASE_RESERVED_WEIGHT, COINBASE_UNLOCK_BLOCKS},
    transaction::{
        Input, Output, OutputTarget, Proofs, TransactionPrefix, TransactionType, TransactionVersion, Weight,
    },
};
use std::sync::Arc;

/// What a block maker decides.
#[derive(Debug, Clone, Copy)]
pub struct TemplateRequest {
    /// When the block is made; raised to the median of the last blocks where it lies below.
    pub now: Timestamp,
    /// Fresh public key for the coinbase, which pays nobody with it.
    pub coinbase_key: PublicKey,
    /// The block leader; the zero key on a chain without service nodes.
    pub leader: PublicKey,
    /// The node that makes the block; the zero key when it is mined. Names it in the tail of the block, which nobody checks.
    pub producer: PublicKey,
}

/// A block that lacks only nonce or signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The block.
    pub block: Block,
    /// Its height.
    pub height: Height,
    /// Difficulty to reach if it is mined.
    pub difficulty: u128,
    /// What it earns.
    pub reward: Amount,
    /// The transactions it took, in order.
    pub transactions: Vec<Arc<CheckedTransaction>>,
}

/// Makes a mined-form HF19 block on the tip. `candidates` come in order of preference and must fit the state: each is taken if
/// the block's weight allows it and its fee outweighs the penalty it causes.
///
/// # Errors
/// The state could not be read.
pub fn build_template(
    view: &dyn View,
    network: &Network,
    request: &TemplateRequest,
    candidates: &[Arc<CheckedTransaction>],
) -> Result<Template, ViewError> {
    let totals = view.expect::<Totals>(&())?;
    let parent = view.expect::<Blocks>(&totals.tip)?;
    let height = totals.tip.next();
    let fork = network.forks.version_at(height);
    let payouts = due_payouts(view, network, height)?;
    let coinbase = build_coinbase(height, request, &payouts);
    let limits = WeightLimits::of_next_block(view, &totals)?;
    let (transactions, weight, fees) = choose(&limits, coinbase.weight(), candidates);
    let reward = block_reward(weight, limits.median, fees).map_or(Amount::ZERO, |earned| earned.reward);
    let block = Block {
        header: BlockHeader {
            major_version: fork.version.number(),
            minor_version: fork.revision,
            timestamp: least_timestamp(view, height)?.max(request.now),
            previous: parent.id,
            nonce: 0,
            pulse: Some(PulseHeader::default()),
            leader: None,
            l2: None,
        },
        miner_transaction: Some(coinbase),
        transaction_ids: transactions.iter().map(|transaction| transaction.id()).collect(),
        l2_event_count: 0,
        signatures: Vec::new(),
        batching_tail: Some(BatchingTail::Full {
            height,
            producer: request.producer,
            reward,
        }),
    };
    Ok(Template {
        block,
        height,
        difficulty: next_difficulty(view, network, height)?,
        reward,
        transactions,
    })
}

/// Takes candidates while they raise what the block earns and fit half-way up to the limit as the reference does.
fn choose(
    limits: &WeightLimits,
    coinbase: Weight,
    candidates: &[Arc<CheckedTransaction>],
) -> (Vec<Arc<CheckedTransaction>>, Weight, Amount) {
    let cap = Weight::new(limits.limit().bytes().saturating_sub(COINBASE_RESERVED_WEIGHT));
    let earned = |weight, fees| block_reward(weight, limits.median, fees).map_or(Amount::ZERO, |earned| earned.reward);
    let (mut taken, mut weight, mut fees) = (Vec::new(), coinbase, Amount::ZERO);
    for candidate in candidates {
        let heavier = weight.saturating_add(candidate.weight());
        let Some(richer) = fees.checked_add(candidate.miner_fee()) else {
            continue;
        };
        if heavier > cap || earned(heavier, richer) < earned(weight, fees) {
            continue;
        }
        (weight, fees) = (heavier, richer);
        taken.push(Arc::clone(candidate));
    }
    (taken, weight, fees)
}

/// The earliest time the next block may have.
fn least_timestamp(view: &dyn View, height: Height) -> Result<Timestamp, ViewError> {
    use oxen_types::network::constants::TIMESTAMP_MEDIAN_BLOCKS;
    let first = height.saturating_sub(TIMESTAMP_MEDIAN_BLOCKS as u64);
    let rows = crate::queries::block_rows(view, first, TIMESTAMP_MEDIAN_BLOCKS)?;
    Ok(Timestamp::from_seconds(crate::block::median::median(
        rows.into_iter().map(|row| row.timestamp.seconds()).collect(),
    )))
}

/// The coinbase that pays what is due (chain §3.4).
fn build_coinbase(height: Height, request: &TemplateRequest, payouts: &[BatchPayout]) -> Transaction {
    let unlock_time = UnlockTime::new(height.saturating_add(COINBASE_UNLOCK_BLOCKS).index());
    let outputs: Vec<Output> = payouts
        .iter()
        .zip(0_u64..)
        .map(|(payout, index)| Output {
            amount: payout.amount,
            // Recipients' keys were checked when their rewards accrued.
            target: OutputTarget::Key(batching::payout_key(&payout.recipient, height, index).unwrap_or_default()),
        })
        .collect();
    let mut extra = Extra::default();
    extra.push(ExtraField::TransactionKey(request.coinbase_key));
    extra.push(ExtraField::TransactionKey(batching::height_key(height).public_key()));
    extra.push(ExtraField::Winner(request.leader));
    Transaction {
        prefix: TransactionPrefix {
            version: TransactionVersion::V4,
            output_unlock_times: vec![unlock_time; outputs.len()],
            unlock_time,
            inputs: vec![Input::Generation { height }],
            outputs,
            extra: extra.encode(),
            kind: TransactionType::Standard,
        },
        proofs: Proofs::Null,
    }
}
