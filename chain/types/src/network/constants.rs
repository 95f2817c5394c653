//! Constants that are the same on every network (chain §7.1, and §4.4, §4.6, §4.12 where noted).
//!
//! Units are in the names: `_BLOCKS`, `_SECONDS`, `_WEIGHT` (bytes of chain §2.4), `_BYTES`. Amounts are [`Amount`]. Counts of
//! things that sit in a collection are `usize`.

use crate::amount::Amount;

/// Largest transaction, in bytes.
pub const MAX_TRANSACTION_BYTES: usize = 1_000_000;
/// Most transaction hashes in one block (a bound of the format, not of consensus).
pub const MAX_TRANSACTIONS_PER_BLOCK: u64 = 0x1000_0000;
/// Blocks until a coinbase output unlocks (MINED_MONEY_UNLOCK_WINDOW).
pub const COINBASE_UNLOCK_BLOCKS: u64 = 30;
/// Blocks until an ordinary output may be a ring member (DEFAULT_TX_SPENDABLE_AGE).
pub const SPENDABLE_AGE_BLOCKS: u64 = 10;
/// Decoys of every ring.
pub const DECOYS: usize = 9;
/// Members of every ring: the decoys and the real output.
pub const RING_SIZE: usize = 10;
/// Most outputs that one range proof may cover.
pub const MAX_BULLETPROOF_OUTPUTS: usize = 16;
/// How far an unlock height may lie ahead for the output to count as unlocked (LOCKED_TX_ALLOWED_DELTA_BLOCKS).
pub const UNLOCK_TOLERANCE_BLOCKS: u64 = 1;

/// Blocks whose median timestamp a new block must not precede (chain §4.2).
pub const TIMESTAMP_MEDIAN_BLOCKS: usize = 11;
/// How far a block's timestamp may lie ahead of the local clock.
pub const FUTURE_TIME_LIMIT_SECONDS: u64 = 600;

/// Blocks of the short-term weight median (chain §4.5).
pub const WEIGHT_WINDOW_BLOCKS: usize = 100;
/// Weight that a block may always have without penalty (chain §4.5).
pub const FULL_REWARD_ZONE_WEIGHT: u64 = 300_000;
/// Blocks of the long-term weight median.
pub const LONG_TERM_WEIGHT_WINDOW_BLOCKS: usize = 100_000;
/// How many times the long-term median the short-term median may reach.
pub const SHORT_TERM_SURGE_FACTOR: u64 = 50;
/// Weight that a template keeps free for the coinbase.
pub const COINBASE_RESERVED_WEIGHT: u64 = 600;

/// How long a transaction stays in the pool: 3 days.
pub const POOL_LIFETIME_SECONDS: u64 = 3 * 86_400;
/// How long a transaction of a popped block stays in the pool: 7 days.
pub const POOL_ALTERNATIVE_LIFETIME_SECONDS: u64 = 7 * 86_400;
/// How long a transaction that is not a transfer stays in the pool: 2 hours.
pub const POOL_NONSTANDARD_LIFETIME_SECONDS: u64 = 2 * 3_600;
/// Most weight that the pool holds.
pub const POOL_MAX_WEIGHT: u64 = 648_000_000;

/// Weight of the transaction that the dynamic fee is computed for.
pub const FEE_REFERENCE_WEIGHT: u64 = 3_000;
/// A fee per byte is rounded up to a multiple of this.
pub const FEE_QUANTIZATION: u64 = 10;
/// Fee per byte when the dynamic one cannot be computed.
pub const FALLBACK_FEE_PER_BYTE: Amount = Amount::from_atomic(215);
/// Fee per output.
pub const FEE_PER_OUTPUT: Amount = Amount::from_atomic(5_000_000);
/// Share of the base fee of a blink transaction that the producer gets, in percent.
pub const BLINK_PRODUCER_FEE_PERCENT: u64 = 100;
/// Share of the base fee of a blink transaction that is burned, in percent.
pub const BLINK_BURN_FEE_PERCENT: u64 = 200;
/// Fixed burn of a blink transaction.
pub const BLINK_BURN_FIXED: Amount = Amount::ZERO;

/// Fractions of an atomic unit in which rewards are tracked: balances are in thousandths.
pub const BATCH_REWARD_FACTOR: u64 = 1_000;
/// Denominator of an operator's fee from HF19 on (1 = 0.01 %).
pub const STAKING_FEE_BASIS: u64 = 10_000;
/// Denominator of shares of a stake: 2⁶⁴ − 4, a multiple of four.
pub const STAKING_PORTIONS: u64 = 0xffff_ffff_ffff_fffc;
/// Contributors of a service node before HF19.
pub const MAX_CONTRIBUTORS_BEFORE_BATCHING: usize = 4;
/// Contributors of a service node from HF19 on.
pub const MAX_CONTRIBUTORS: usize = 10;

/// Base reward per block from HF17 on (chain §4.6).
pub const BASE_BLOCK_REWARD: Amount = Amount::from_atomic(18_333_333_333);
/// What service nodes get of every block from HF15 to HF20 (chain §4.6).
pub const SERVICE_NODE_BLOCK_REWARD: Amount = Amount::from_atomic(16_500_000_000);
/// What the foundation gets of every block from HF17 to HF20 (chain §4.6).
pub const FOUNDATION_BLOCK_REWARD: Amount = Amount::from_atomic(1_833_333_333);

/// Blocks whose ids are hashed into one entry of the compiled list.
pub const HASH_OF_HASHES_BLOCKS: u64 = 256;

/// Validators of a Pulse quorum.
pub const PULSE_VALIDATORS: usize = 11;
/// A Pulse quorum with its producer.
pub const PULSE_QUORUM_SIZE: usize = 12;
/// Signatures that a Pulse block carries, exactly.
pub const PULSE_REQUIRED_SIGNATURES: usize = 7;
/// The oldest ancestor that gives entropy lies this many blocks below the top.
pub const PULSE_ENTROPY_LAG_BLOCKS: u64 = 21;
/// Difficulty of a Pulse block, before the network's cap (chain §4.4).
pub const PULSE_FIXED_DIFFICULTY: u64 = 1_000_000;
/// Weight of one Pulse block in the choice between branches, divided by `1 + round` (chain §4.12).
pub const PULSE_CHAIN_WEIGHT: u64 = 144_403_552_893_600;
/// Weight of every block in the choice between branches (chain §4.12).
pub const BLOCK_CHAIN_WEIGHT: u64 = 1;

/// Validators of an obligations quorum.
pub const OBLIGATIONS_QUORUM_SIZE: usize = 10;
/// Fewest service nodes that an obligations quorum tests, if there are so many (STATE_CHANGE_MIN_NODES_TO_TEST, staking §2.1).
pub const OBLIGATIONS_MIN_WORKERS: usize = 50;
/// An obligations quorum tests at least one in so many of the nodes outside it (STATE_CHANGE_NTH_OF_THE_NETWORK_TO_TEST,
/// staking §2.1).
pub const OBLIGATIONS_ONE_WORKER_IN: usize = 100;
/// Votes that change a node's state.
pub const OBLIGATIONS_MIN_VOTES: usize = 7;
/// Blocks for which a vote, or a state change transaction, counts.
pub const VOTE_LIFETIME_BLOCKS: u64 = 60;

/// Members of a checkpointing quorum.
pub const CHECKPOINT_QUORUM_SIZE: usize = 20;
/// Votes that make a checkpoint.
pub const CHECKPOINT_MIN_VOTES: usize = 13;
/// Service nodes make checkpoints at multiples of this height.
pub const CHECKPOINT_INTERVAL_BLOCKS: u64 = 4;
/// Checkpoints at multiples of this height are kept for good.
pub const CHECKPOINT_PERSIST_INTERVAL_BLOCKS: u64 = 60;
/// Checkpoints after which the earlier one is immutable.
pub const CHECKPOINTS_FOR_FINALITY: u64 = 2;
/// A checkpointing quorum comes from the state this many blocks below the height it votes on.
pub const REORG_SAFETY_BUFFER_BLOCKS: u64 = 11;

/// A blink quorum exists at multiples of this height.
pub const BLINK_QUORUM_INTERVAL_BLOCKS: u64 = 5;
/// How far below the authorization height the first blink quorum lies.
pub const BLINK_QUORUM_LAG_BLOCKS: u64 = 35;
/// Nodes that unlock within this many blocks are left out of a blink quorum.
pub const BLINK_EXPIRY_BUFFER_BLOCKS: u64 = 45;
/// Members of a blink sub-quorum.
pub const BLINK_SUBQUORUM_SIZE: usize = 10;
/// Approvals that a blink sub-quorum needs.
pub const BLINK_MIN_VOTES: usize = 7;
/// Sub-quorums of a blink.
pub const BLINK_SUBQUORUMS: usize = 2;

/// Members below which a swarm is filled up or dissolved (staking §2.1).
pub const MIN_SWARM_SIZE: usize = 5;
/// Members beyond the smallest size that a swarm should have, on average, before another swarm is made (IDEAL_SWARM_MARGIN,
/// staking §2.1).
pub const IDEAL_SWARM_MARGIN: usize = 2;
/// Members of a swarm when it is made (staking §2.1).
pub const NEW_SWARM_SIZE: usize = 7;
/// A new node goes to a swarm no larger than this percentile of the sizes (FILL_SWARM_LOWER_PERCENTILE, staking §2.1).
pub const SWARM_FILL_PERCENTILE: usize = 25;
/// A small swarm takes members from swarms of at least about this percentile of the sizes (STEALING_SWARM_UPPER_PERCENTILE,
/// staking §2.1).
pub const SWARM_STEALING_PERCENTILE: usize = 75;
/// A member of a dissolved swarm goes to a swarm no larger than this percentile of the sizes
/// (DECOMMISSIONED_REDISTRIBUTION_LOWER_PERCENTILE, staking §2.1).
pub const SWARM_REDISTRIBUTION_PERCENTILE: usize = 0;

/// Blocks over which the lowest `l2_reward` becomes the reward (chain §4.8).
pub const L2_REWARD_CONSENSUS_BLOCKS: u64 = 15;
/// `l2_reward` may rise by this fraction of itself per block.
pub const L2_REWARD_MAX_INCREASE_DIVISOR: u64 = 50_000;
/// `l2_reward` may fall by this fraction of itself per block.
pub const L2_REWARD_MAX_DECREASE_DIVISOR: u64 = 25_000;
/// Score of one full vote on an L2 event.
pub const L2_VOTE_FULL_SCORE: u64 = 2_520;
/// By how much one side must lead.
pub const L2_VOTE_MIN_DIFFERENCE: u64 = 12_600;
/// How many times the other side the leading side must have.
pub const L2_VOTE_RATIO: u64 = 2;
/// Blocks after which an undecided L2 event is denied.
pub const L2_VOTE_MAX_BLOCKS: u64 = 30;
/// L2 blocks by which a node's L2 height may lag before it counts as failing.
pub const L2_HEIGHT_DELAY_THRESHOLD: u64 = 14_400;
/// The reward of the first blocks of HF21, in atomic SENT.
pub const ETHEREUM_INITIAL_REWARD: Amount = Amount::from_atomic(22_983_257_229);

/// Blocks of one stripe of a pruned database.
pub const PRUNING_STRIPE_BLOCKS: u64 = 4_096;
/// Logarithm of the number of stripes.
pub const PRUNING_LOG_STRIPES: u32 = 3;
/// Blocks below the top that are never pruned.
pub const PRUNING_TIP_BLOCKS: u64 = 5_500;

/// Largest packet between peers.
pub const MAX_PEER_PACKET_BYTES: usize = 50_000_000;
/// Peers remembered as reachable.
pub const PEER_WHITE_LIST: usize = 1_000;
/// Peers remembered from hearsay.
pub const PEER_GRAY_LIST: usize = 5_000;

const _: () = {
    assert!(RING_SIZE == DECOYS + 1);
    assert!(PULSE_QUORUM_SIZE == PULSE_VALIDATORS + 1);
    assert!(PULSE_REQUIRED_SIGNATURES * 2 > PULSE_VALIDATORS && PULSE_REQUIRED_SIGNATURES <= PULSE_VALIDATORS);
    assert!(PULSE_ENTROPY_LAG_BLOCKS >= PULSE_QUORUM_SIZE as u64);
    assert!(OBLIGATIONS_MIN_VOTES * 2 > OBLIGATIONS_QUORUM_SIZE && OBLIGATIONS_MIN_VOTES <= OBLIGATIONS_QUORUM_SIZE);
    assert!(CHECKPOINT_MIN_VOTES * 2 > CHECKPOINT_QUORUM_SIZE && CHECKPOINT_MIN_VOTES <= CHECKPOINT_QUORUM_SIZE);
    assert!(CHECKPOINT_PERSIST_INTERVAL_BLOCKS.is_multiple_of(CHECKPOINT_INTERVAL_BLOCKS));
    assert!(REORG_SAFETY_BUFFER_BLOCKS == CHECKPOINTS_FOR_FINALITY * CHECKPOINT_INTERVAL_BLOCKS + 3);
    assert!(BLINK_QUORUM_LAG_BLOCKS.is_multiple_of(BLINK_QUORUM_INTERVAL_BLOCKS));
    assert!(BLINK_EXPIRY_BUFFER_BLOCKS == BLINK_QUORUM_LAG_BLOCKS + 2 * BLINK_QUORUM_INTERVAL_BLOCKS);
    assert!(BLINK_MIN_VOTES * 2 > BLINK_SUBQUORUM_SIZE && BLINK_MIN_VOTES <= BLINK_SUBQUORUM_SIZE);
    assert!(NEW_SWARM_SIZE == MIN_SWARM_SIZE + IDEAL_SWARM_MARGIN);
    assert!(STAKING_PORTIONS.is_multiple_of(4) && STAKING_PORTIONS == u64::MAX - 3);
    assert!(SERVICE_NODE_BLOCK_REWARD.atomic() + FOUNDATION_BLOCK_REWARD.atomic() == BASE_BLOCK_REWARD.atomic());
    assert!(L2_VOTE_MIN_DIFFERENCE == 5 * L2_VOTE_FULL_SCORE);
    assert!(BLINK_PRODUCER_FEE_PERCENT + BLINK_BURN_FEE_PERCENT == 300);
    assert!(COINBASE_RESERVED_WEIGHT < FULL_REWARD_ZONE_WEIGHT);
    assert!(COINBASE_UNLOCK_BLOCKS >= SPENDABLE_AGE_BLOCKS);
};
