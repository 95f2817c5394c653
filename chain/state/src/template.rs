//! The next block, made from waiting transactions (chain §3.4, §4.11).

use crate::{
    apply::next_difficulty,
    block::{coinbase::key_end, reward::block_reward, weight::WeightLimits},
    bridge::{
        events::waiting_reports,
        reward::{consensus_reward, reading_before},
    },
    rewards::due_payouts,
    tables::{Blocks, Totals},
    transaction::CheckedTransaction,
    view::{TypedView, View, ViewError},
};
use oxen_bridge_rules::reward_rate::allowed_rewards;
use oxen_staking_rules::{BatchPayout, batching};
use oxen_types::{
    Amount, Block, BlockHeader, Hash, Height, Network, PublicKey, Timestamp, Transaction, UnlockTime,
    block::{BatchingTail, L2Header, LeaderTail, PulseHeader},
    extra::{Extra, ExtraField},
    network::{
        HardForkVersion,
        constants::{COINBASE_RESERVED_WEIGHT, COINBASE_UNLOCK_BLOCKS},
    },
    transaction::{
        Input, Output, OutputTarget, Proofs, TransactionPrefix, TransactionType, TransactionVersion, Weight,
    },
};
use std::{collections::BTreeSet, sync::Arc};

/// What a block maker decides.
#[derive(Debug, Clone)]
pub struct TemplateRequest {
    /// When the block is made; raised to the median of the last blocks where it lies below.
    pub now: Timestamp,
    /// Fresh public key for the coinbase, which pays nobody with it.
    pub coinbase_key: PublicKey,
    /// The block leader; the zero key on a chain without service nodes.
    pub leader: PublicKey,
    /// The node that makes the block; the zero key when it is mined. Names it in the tail of the block, which nobody checks.
    pub producer: PublicKey,
    /// What the maker read from L2; nothing before HF21, and where there is no provider.
    pub l2: TemplateL2,
}

/// What a block maker read from L2; from HF21 on it is in the block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateL2 {
    /// The newest L2 block that it takes for safe; `None` repeats what the block before says.
    pub l2_height: Option<u64>,
    /// Reward rate of the pool, atomic SESH a block, which is moved to what this block may say; `None` repeats the rate of the
    /// block before.
    pub l2_reward: Option<Amount>,
    /// Ids of the waiting reports of L2 events that it agrees with; it votes against all others.
    pub agreed: BTreeSet<Hash>,
    /// Reports of L2 events to begin the block with, in their order. Candidates of these kinds are left out.
    pub events: Vec<Arc<CheckedTransaction>>,
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

/// Makes a mined-form block on the tip. `candidates` come in order of preference and must fit the state: each is taken if
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
    let is_ethereum = fork.version >= HardForkVersion::ETHEREUM;
    let coinbase = if is_ethereum {
        None
    } else {
        let payouts = due_payouts(view, network, height)?;
        Some(build_coinbase(height, request, &payouts))
    };
    let events: &[Arc<CheckedTransaction>] = if is_ethereum { &request.l2.events } else { &[] };
    let limits = WeightLimits::of_next_block(view, &totals)?;
    let begin = coinbase.as_ref().map(Transaction::weight).unwrap_or_default();
    let begin = events
        .iter()
        .fold(begin, |sum, event| sum.saturating_add(event.weight()));
    let (chosen, weight, fees) = choose(&limits, begin, candidates);
    let transactions = [events, &chosen].concat();
    let reward = if is_ethereum {
        consensus_reward(view, network, height)?
    } else {
        block_reward(weight, limits.median, fees).map_or(Amount::ZERO, |earned| earned.reward)
    };
    let block = Block {
        header: BlockHeader {
            major_version: fork.version.number(),
            minor_version: fork.revision,
            timestamp: least_timestamp(view, height)?.max(request.now),
            previous: parent.id,
            nonce: 0,
            pulse: Some(PulseHeader::default()),
            leader: (fork.version >= HardForkVersion::ETHEREUM_TRANSITION).then(|| LeaderTail {
                reward,
                leader_key_end: key_end(&request.leader),
            }),
            l2: is_ethereum.then(|| l2_header(view, height, &request.l2)).transpose()?,
        },
        miner_transaction: coinbase,
        transaction_ids: transactions.iter().map(|transaction| transaction.id()).collect(),
        l2_event_count: u32::try_from(events.len()).unwrap_or(u32::MAX),
        signatures: Vec::new(),
        batching_tail: (fork.version == HardForkVersion::REWARD_BATCHING).then_some(BatchingTail::Full {
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

/// What the block says of L2: the rate no further from the block before than it may be, the height no lower.
fn l2_header(view: &dyn View, height: Height, values: &TemplateL2) -> Result<L2Header, ViewError> {
    let before = reading_before(view, height)?;
    let allowed = allowed_rewards(before.l2_reward);
    Ok(L2Header {
        height,
        l2_height: values.l2_height.unwrap_or_default().max(before.l2_height),
        l2_reward: values
            .l2_reward
            .unwrap_or(before.l2_reward)
            .clamp(*allowed.start(), *allowed.end()),
        l2_votes: waiting_reports(view)?
            .iter()
            .map(|report| values.agreed.contains(report))
            .collect(),
    })
}

/// Takes candidates while they raise what the block earns and fit half-way up to the limit as the reference does.
fn choose(
    limits: &WeightLimits,
    begin: Weight,
    candidates: &[Arc<CheckedTransaction>],
) -> (Vec<Arc<CheckedTransaction>>, Weight, Amount) {
    let cap = Weight::new(limits.limit().bytes().saturating_sub(COINBASE_RESERVED_WEIGHT));
    let earned = |weight, fees| block_reward(weight, limits.median, fees).map_or(Amount::ZERO, |earned| earned.reward);
    let (mut taken, mut weight, mut fees) = (Vec::new(), begin, Amount::ZERO);
    let candidates = candidates
        .iter()
        .filter(|candidate| !candidate.transaction().prefix.kind.is_l2_event());
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
