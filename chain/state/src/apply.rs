//! `apply`: what a block does to the state, if it may (chain B.3).
//!
//! Checks come in the reference's order, because the error decides a peer's penalty. Nothing is written: the result is the
//! [`Delta`] to write, the [`Undo`] that takes it back exactly, and what happened in words.

use crate::{
    block::{
        checkpoints::check_checkpoint,
        coinbase::{check_coinbase, key_end},
        difficulty::{Sample, mined_difficulty, pulse_difficulty, reaches_difficulty, window_start},
        pulse::{Completeness, MadeBy, check_maker, check_round_time, quorum_in_charge},
        reward::block_reward,
        timestamp::check_timestamp,
        weight::{WeightLimits, is_heavy, leaving_window},
    },
    bridge::{
        events::check_votes,
        reward::{check_reading, consensus_reward, record_reading},
    },
    checked_block::{CheckedBlock, UntrustedBlock},
    delta::{Delta, Overlay, Undo, scan_rows},
    error::{BlockError, TransactionError},
    ledger::{BlockEntry, record_coinbase, record_transaction, write_block},
    names::{apply_name_transaction, check_name_transaction},
    rewards::{Accrued, RewardError, RewardLedger, due_payouts},
    service_nodes::ServiceNodeRules,
    swap::apply_swaps,
    tables::{BlockRow, Blocks, Totals, TotalsRow, Transactions},
    transaction::{CheckedTransaction, ProofLedger, resolve_rings, spent_key_image},
    view::{TypedView, View},
};
use oxen_staking_rules::BatchPayout;
use oxen_types::{
    Amount, Block, Hash, Height, Network, PublicKey, Timestamp,
    block::L2Header,
    network::{
        HardForkVersion,
        constants::{BATCH_REWARD_FACTOR, TIMESTAMP_MEDIAN_BLOCKS},
    },
};
use std::sync::Arc;

/// Computes the proof-of-work hash of a hashing blob.
pub trait WorkHash {
    /// The hash keyed by the id of the seed block, or `None` when this program does not have the function.
    fn work_hash(&self, hashing_blob: &[u8], seed: &Hash) -> Option<[u8; 32]>;
}

/// No proof-of-work hash: enough for networks of difficulty 1, which any hash reaches.
#[derive(Debug, Clone, Copy)]
pub struct NoWorkHash;

impl WorkHash for NoWorkHash {
    fn work_hash(&self, _: &[u8], _: &Hash) -> Option<[u8; 32]> {
        None
    }
}

/// Everything the transition needs beside state and block.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// Parameters.
    pub network: &'a Network,
    /// The registry.
    pub service_nodes: &'a dyn ServiceNodeRules,
    /// Whose proofs were verified.
    pub proofs: &'a dyn ProofLedger,
    /// The proof-of-work hash.
    pub work: &'a dyn WorkHash,
    /// The clock.
    pub now: Timestamp,
}

/// Something that a block did and a reader may want to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The block is the new tip.
    BlockApplied {
        /// Its height.
        height: Height,
        /// Its id.
        id: Hash,
    },
    /// Its coinbase paid accrued rewards.
    RewardPaid(BatchPayout),
    /// It holds a transaction.
    TransactionMined {
        /// Its id.
        id: Hash,
    },
}

/// What a valid block does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Changes to write in one go.
    pub delta: Delta,
    /// Takes them back.
    pub undo: Undo,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// Checks what the header alone decides: parent, fork, checkpoint, time, and who made it. Cheap beside the proofs, so a caller
/// runs it before it verifies those; [`apply`] runs it again.
///
/// # Errors
/// The first rule the block breaks, or the state could not be read.
pub fn check_header(
    view: &dyn View,
    rules: &Rules<'_>,
    block: &UntrustedBlock,
    completeness: Completeness,
) -> Result<Height, BlockError> {
    Header::check(view, rules, block.block(), block.id(), completeness).map(|header| header.height)
}

/// What the header checks found out.
struct Header {
    parent: Parent,
    height: Height,
    difficulty: u128,
    leader: PublicKey,
}

impl Header {
    fn check(
        view: &dyn View,
        rules: &Rules<'_>,
        block: &Block,
        id: Hash,
        completeness: Completeness,
    ) -> Result<Self, BlockError> {
        let totals = view.expect::<Totals>(&())?;
        let parent = Parent {
            totals,
            row: view.expect::<Blocks>(&totals.tip)?,
        };
        let height = totals.tip.next();
        check_place(view, rules, block, id, &parent, height)?;
        let duties = rules.service_nodes.block_duties(view, height, block.round())?;
        let quorum = quorum_in_charge(view, rules.network, block, height, parent.row.timestamp, &duties)?;
        let difficulty = match check_maker(block, &id, quorum, completeness)? {
            MadeBy::Pulse => {
                check_round_time(view, rules.network, block, height, parent.row.timestamp)?;
                pulse_difficulty(rules.network)
            }
            MadeBy::Miner => check_work(view, rules, block, height)?,
        };
        Ok(Self {
            parent,
            height,
            difficulty,
            leader: duties.leader,
        })
    }
}

/// The block before the one being applied.
struct Parent {
    totals: TotalsRow,
    row: BlockRow,
}

/// Applies a block to the state whose tip is its parent.
///
/// # Errors
/// The first rule it breaks, or the state could not be read.
pub fn apply(view: &dyn View, rules: &Rules<'_>, block: &CheckedBlock) -> Result<Applied, BlockError> {
    transition(view, rules, block, Completeness::Complete)
}

/// Checks a producer's template as [`apply`] would the finished block; only the signatures are not there yet, and no result
/// is kept (pulse §6.5).
///
/// # Errors
/// The first rule it breaks, or the state could not be read.
pub fn check_template(view: &dyn View, rules: &Rules<'_>, template: &CheckedBlock) -> Result<(), BlockError> {
    transition(view, rules, template, Completeness::Template).map(drop)
}

fn transition(
    view: &dyn View,
    rules: &Rules<'_>,
    block: &CheckedBlock,
    completeness: Completeness,
) -> Result<Applied, BlockError> {
    let Header {
        parent,
        height,
        difficulty,
        leader,
    } = Header::check(view, rules, block.block(), block.id(), completeness)?;
    check_event_order(block)?;
    let payouts = due_payouts(view, rules.network, height)?;
    let limits = WeightLimits::of_next_block(view, &parent.totals)?;
    let mut state = Overlay::new(view);
    let mut entry = BlockEntry::new(&parent.totals, height);
    if let Some(coinbase) = &block.block().miner_transaction {
        record_coinbase(&mut state, &mut entry, coinbase)?;
    }
    for transaction in block.transactions() {
        check_transaction(&state, view, rules, transaction, height)?;
        record_transaction(&mut state, &mut entry, transaction)?;
        apply_name_transaction(&mut state, rules.network, transaction, height)
            .map_err(|error| transaction_error(transaction.id(), error))?;
    }
    apply_swaps(&mut state, rules.network, block.transactions(), height, &limits)?;

    let earned = match &block.block().header.l2 {
        Some(l2) => {
            entry.burn_fees();
            check_l2_earnings(view, rules.network, block.block(), l2, height)?
        }
        None => check_batched_earnings(block.block(), &entry, &limits, &leader, &payouts)?,
    };

    let listed: Vec<&CheckedTransaction> = block.transactions().iter().map(Arc::as_ref).collect();
    let duties = rules
        .service_nodes
        .apply_block(&mut state, block.block(), &block.id(), &listed, height)?;
    let accrued = match &block.block().header.l2 {
        Some(l2) => {
            record_reading(&mut state, height, l2);
            RewardLedger::new(&mut state, rules.network, height)
                .accrue_on_l2(earned.reward, &duties)
                .map_err(reward_error)?;
            Accrued::NOTHING
        }
        None => {
            let mut ledger = RewardLedger::new(&mut state, rules.network, height);
            ledger.pay(&payouts).map_err(reward_error)?;
            ledger.accrue(earned.credited_fees, &duties).map_err(reward_error)?
        }
    };

    let totals = next_totals(
        view,
        &parent.totals,
        &entry,
        &limits,
        accrued.created.milli(),
        accrued.credited_fees.milli(),
    )?;
    let row = BlockRow {
        id: block.id(),
        major_version: block.block().header.major_version,
        timestamp: block.block().header.timestamp,
        weight: entry.weight,
        long_term_weight: limits.long_term_weight(entry.weight),
        difficulty,
        cumulative_difficulty: parent.row.cumulative_difficulty.saturating_add(difficulty),
        outputs_end: entry.next_output,
        reward: earned.reward,
        coinbase_payouts: entry.coinbase_payouts,
        fees: entry.fees,
        burned: entry.burned,
        transaction_count: entry.transaction_count,
    };
    write_block(&mut state, block.block(), height, &row, &totals);
    let (delta, undo) = state.finish()?;
    Ok(Applied {
        delta,
        undo,
        events: events(block, height, payouts),
    })
}

/// What a valid block earned.
struct Earnings {
    /// As it says: OXEN up to HF20, SESH from HF21 on.
    reward: Amount,
    /// OXEN fees that are credited to somebody.
    credited_fees: Amount,
}

/// HF19 and HF20: weight, coinbase, leader and reward (chain §4.6).
fn check_batched_earnings(
    block: &Block,
    entry: &BlockEntry,
    limits: &WeightLimits,
    leader: &PublicKey,
    payouts: &[BatchPayout],
) -> Result<Earnings, BlockError> {
    let coinbase = block.miner_transaction.as_ref().ok_or(BlockError::CoinbaseForm)?;
    // A block of exactly the limit would have no base reward left, which the reference refuses as well.
    if entry.weight >= limits.limit() {
        return Err(BlockError::TooHeavy {
            weight: entry.weight,
            limit: limits.limit(),
        });
    }
    let earned = block_reward(entry.weight, limits.median, entry.miner_fees).ok_or(BlockError::AmountOverflow)?;
    check_coinbase(block, coinbase, entry.height, leader, payouts)?;
    if let Some(tail) = &block.header.leader
        && tail.leader_key_end != key_end(leader)
    {
        return Err(BlockError::LeaderTail);
    }
    check_reward(block, earned.reward)?;
    Ok(Earnings {
        reward: earned.reward,
        credited_fees: earned.credited_fees,
    })
}

/// HF21: height, rate and reward. The reference checks neither weight nor leader there (chain §9, quirk 11).
fn check_l2_earnings(
    view: &dyn View,
    network: &Network,
    block: &Block,
    l2: &L2Header,
    height: Height,
) -> Result<Earnings, BlockError> {
    if l2.height != height {
        return Err(BlockError::WrongHeight {
            expected: height,
            found: l2.height,
        });
    }
    check_reading(view, height, l2)?;
    check_votes(view, l2)?;
    let reward = consensus_reward(view, network, height)?;
    check_reward(block, reward)?;
    Ok(Earnings {
        reward,
        credited_fees: Amount::ZERO,
    })
}

/// The block says what it earned.
fn check_reward(block: &Block, expected: Amount) -> Result<(), BlockError> {
    let found = block.reward().unwrap_or_default();
    if found == expected {
        Ok(())
    } else {
        Err(BlockError::RewardMismatch { expected, found })
    }
}

/// Reports of L2 events come first, and the block says how many they are (staking §19.2). No other block has any.
fn check_event_order(block: &CheckedBlock) -> Result<(), BlockError> {
    let counted = usize::try_from(block.block().l2_event_count).unwrap_or(usize::MAX);
    let in_order = block
        .transactions()
        .iter()
        .enumerate()
        .all(|(place, transaction)| transaction.transaction().prefix.kind.is_l2_event() == (place < counted));
    if in_order && counted <= block.transactions().len() {
        Ok(())
    } else {
        Err(BlockError::L2EventOrder {
            counted: block.block().l2_event_count,
        })
    }
}

/// Parent, fork, version, checkpoint, time.
fn check_place(
    view: &dyn View,
    rules: &Rules<'_>,
    block: &Block,
    id: Hash,
    parent: &Parent,
    height: Height,
) -> Result<(), BlockError> {
    let header = &block.header;
    if header.previous != parent.row.id {
        return Err(BlockError::NotOnTip {
            parent: header.previous,
        });
    }
    let fork = rules.network.forks.version_at(height).version;
    if fork < HardForkVersion::REWARD_BATCHING || !fork.is_known() {
        return Err(BlockError::ForkNotSupported { version: fork.number() });
    }
    if header.major_version != fork.number() {
        return Err(BlockError::WrongVersion {
            expected: fork.number(),
            found: header.major_version,
        });
    }
    check_checkpoint(view, rules.network, height, &id)?;
    let first = height.saturating_sub(TIMESTAMP_MEDIAN_BLOCKS as u64);
    let last = scan_rows::<Blocks>(view, &[], &first.index().to_be_bytes(), TIMESTAMP_MEDIAN_BLOCKS)?;
    let last = last.into_iter().map(|(_, row)| row.timestamp.seconds()).collect();
    check_timestamp(header.timestamp, rules.now, last)
}

/// Proof of work of a mined block; returns its difficulty.
fn check_work(view: &dyn View, rules: &Rules<'_>, block: &Block, height: Height) -> Result<u128, BlockError> {
    let difficulty = next_difficulty(view, rules.network, height)?;
    if difficulty <= 1 {
        return Ok(difficulty);
    }
    let seed = view.expect::<Blocks>(&seed_height(height))?.id;
    let hash = rules
        .work
        .work_hash(&block.hashing_blob(), &seed)
        .ok_or(BlockError::WorkNotVerifiable { difficulty })?;
    if reaches_difficulty(&hash, difficulty) {
        Ok(difficulty)
    } else {
        Err(BlockError::InsufficientWork { difficulty })
    }
}

/// Difficulty of a mined block at `height`, which is the next one.
///
/// # Errors
/// The state could not be read.
pub fn next_difficulty(view: &dyn View, network: &Network, height: Height) -> Result<u128, crate::view::ViewError> {
    let first = window_start(height);
    let count = usize::try_from(height.since(first)).unwrap_or(0);
    let window: Vec<Sample> = scan_rows::<Blocks>(view, &[], &first.index().to_be_bytes(), count)?
        .into_iter()
        .map(|(_, row)| Sample {
            timestamp: row.timestamp.seconds(),
            cumulative_difficulty: row.cumulative_difficulty,
        })
        .collect();
    Ok(mined_difficulty(network, height, &window))
}

/// Height of the block whose id keys the proof-of-work hash (chain §4.4).
#[must_use]
pub const fn seed_height(height: Height) -> Height {
    const EPOCH: u64 = 2048;
    const LAG: u64 = 64;
    if height.index() <= EPOCH + LAG {
        Height::GENESIS
    } else {
        Height::new(height.index().saturating_sub(LAG + 1) & !(EPOCH - 1))
    }
}

/// What the chain and the registry say of a transaction, and whether its proofs were verified.
fn check_transaction(
    state: &dyn View,
    before: &dyn View,
    rules: &Rules<'_>,
    transaction: &CheckedTransaction,
    height: Height,
) -> Result<(), BlockError> {
    let id = transaction.id();
    if state.contains::<Transactions>(&id)? {
        return Err(BlockError::TransactionMined { id });
    }
    let invalid = |error| transaction_error(id, error);
    if let Some(image) = spent_key_image(state, transaction)? {
        return Err(invalid(TransactionError::KeyImageSpent { image }));
    }
    rules
        .service_nodes
        .check_transaction(state, transaction, height)
        .map_err(invalid)?;
    check_name_transaction(state, rules.network, transaction, height).map_err(invalid)?;
    let rings = resolve_rings(
        before,
        transaction,
        height,
        rules.now,
        rules.network.target_block_seconds,
    )
    .map_err(invalid)?;
    if !rings.rings.is_empty() && !rules.proofs.is_verified(&rings.digest) {
        return Err(BlockError::ProofsNotVerified { id });
    }
    Ok(())
}

/// A broken rule of a transaction is the block's fault; a state that cannot be read is not.
fn transaction_error(id: Hash, error: TransactionError) -> BlockError {
    match error {
        TransactionError::View(error) => BlockError::View(error),
        error => BlockError::Transaction {
            id,
            error: Box::new(error),
        },
    }
}

fn next_totals(
    view: &dyn View,
    before: &TotalsRow,
    entry: &BlockEntry,
    limits: &WeightLimits,
    created_milli: u128,
    credited_milli: u128,
) -> Result<TotalsRow, BlockError> {
    let miner_fees = u128::from(entry.miner_fees.atomic()).saturating_mul(u128::from(BATCH_REWARD_FACTOR));
    let mut heavy_blocks = before.heavy_blocks;
    if let Some(leaving) = leaving_window(entry.height)
        && is_heavy(view.expect::<Blocks>(&leaving)?.long_term_weight)
    {
        heavy_blocks = heavy_blocks.saturating_sub(1);
    }
    if is_heavy(limits.long_term_weight(entry.weight)) {
        heavy_blocks = heavy_blocks.saturating_add(1);
    }
    Ok(TotalsRow {
        tip: entry.height,
        transactions: before.transactions.saturating_add(u64::from(entry.transaction_count)),
        outputs: entry.next_output,
        emitted_milli: before.emitted_milli.saturating_add(created_milli),
        burned: sum(before.burned, entry.burned)?,
        forfeited_milli: before
            .forfeited_milli
            .saturating_add(miner_fees.saturating_sub(credited_milli)),
        fees: sum(before.fees, entry.fees)?,
        heavy_blocks,
    })
}

fn sum(one: Amount, other: Amount) -> Result<Amount, BlockError> {
    one.checked_add(other).ok_or(BlockError::AmountOverflow)
}

fn reward_error(error: RewardError) -> BlockError {
    match error {
        RewardError::View(error) => BlockError::View(error),
        RewardError::ProducerGone => BlockError::ProducerGone,
        RewardError::Overflow | RewardError::InvalidRecipient => BlockError::AmountOverflow,
    }
}

fn events(block: &CheckedBlock, height: Height, payouts: Vec<BatchPayout>) -> Vec<Event> {
    let mined = block
        .transactions()
        .iter()
        .map(|transaction| Event::TransactionMined { id: transaction.id() });
    let applied = Event::BlockApplied { height, id: block.id() };
    payouts
        .into_iter()
        .map(Event::RewardPaid)
        .chain(mined)
        .chain([applied])
        .collect()
}

/// Applies the first block, which no rule checks but its id: it is the network's.
///
/// # Errors
/// The network's genesis is not a block with its id.
pub fn apply_genesis(network: &Network) -> Result<Delta, BlockError> {
    let block = network.genesis.block().map_err(|_| BlockError::CoinbaseForm)?;
    let coinbase = block.miner_transaction.as_ref().ok_or(BlockError::CoinbaseForm)?;
    let empty = crate::memory::MemoryState::new();
    let mut state = Overlay::new(&empty as &dyn View);
    let mut entry = BlockEntry::genesis();
    record_coinbase(&mut state, &mut entry, coinbase)?;
    let row = BlockRow {
        id: block.id(),
        major_version: block.header.major_version,
        timestamp: block.header.timestamp,
        weight: entry.weight,
        long_term_weight: entry.weight,
        difficulty: 1,
        cumulative_difficulty: 1,
        outputs_end: entry.next_output,
        reward: entry.coinbase_payouts,
        coinbase_payouts: entry.coinbase_payouts,
        fees: Amount::ZERO,
        burned: Amount::ZERO,
        transaction_count: 0,
    };
    let totals = TotalsRow {
        tip: Height::GENESIS,
        transactions: 0,
        outputs: entry.next_output,
        emitted_milli: u128::from(entry.coinbase_payouts.atomic()).saturating_mul(u128::from(BATCH_REWARD_FACTOR)),
        burned: Amount::ZERO,
        forfeited_milli: 0,
        fees: Amount::ZERO,
        heavy_blocks: u64::from(is_heavy(row.long_term_weight)),
    };
    write_block(&mut state, &block, Height::GENESIS, &row, &totals);
    Ok(state.into_delta())
}
