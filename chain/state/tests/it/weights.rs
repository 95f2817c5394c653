//! How heavy a block may be and what it pays for it (chain §4.5, §4.6).

use oxen_state::{
    BlockError, Delta, MemoryState, Overlay, TypedView,
    block::weight::{WeightLimits, is_heavy},
    queries,
    tables::{BlockRow, Blocks, Totals, TotalsRow},
    template::build_template,
};
use oxen_testkit::{TestChain, TransferBuilder};
use oxen_types::{
    Amount, Hash, Height,
    network::constants::{FULL_REWARD_ZONE_WEIGHT, LONG_TERM_WEIGHT_WINDOW_BLOCKS},
    transaction::Weight,
};
use proptest::prelude::*;
use std::sync::Arc;

/// Transfers whose weights together with an empty coinbase make a block of this weight.
fn block_of_weight(chain: &mut TestChain, weight: u64) -> Vec<Arc<oxen_state::transaction::CheckedTransaction>> {
    let coinbase = chain.assemble(&[]).miner_transaction.unwrap().weight().bytes();
    let mut left = weight - coinbase;
    let mut transactions = Vec::new();
    while left > 0 {
        let part = if left > 149_400 {
            left.min(149_400).min(left - 10_000)
        } else {
            left
        };
        let transfer = TransferBuilder::new().build_weighing(Weight::new(part), chain);
        transactions.push(transfer.checked());
        left -= part;
    }
    transactions
}

#[test]
fn a_block_weighs_less_than_twice_the_median() {
    let mut chain = TestChain::mature();
    let mut other = chain.clone();
    let fits = block_of_weight(&mut chain, 599_999);
    let mined = chain.mine(&fits);
    assert_eq!(mined.block.transactions().len(), fits.len());
    assert_eq!(chain.tip().1.weight, Weight::new(599_999));

    let too_heavy = block_of_weight(&mut other, 600_000);
    let block = TestChain::seal(&other.assemble(&too_heavy), &too_heavy).unwrap();
    assert!(matches!(
        other.try_apply(&block),
        Err(BlockError::TooHeavy { weight, limit }) if weight == Weight::new(600_000) && limit == Weight::new(600_000)
    ));
}

#[test]
fn weight_above_the_median_costs_fees_and_nothing_else() {
    let mut chain = TestChain::mature();
    let transactions = block_of_weight(&mut chain, 330_000);
    let fees: u64 = transactions.iter().map(|one| one.fee().atomic()).sum();
    chain.mine(&transactions);
    // A tenth above the median: a hundredth of 18.333333333 OXEN, from two divisions that round down.
    let credited = fees - 183_333_334;
    let (_, row) = chain.tip();
    assert_eq!(row.reward, Amount::from_atomic(16_500_000_000 + credited));
    assert_eq!(row.fees, Amount::from_atomic(fees));
    // A mined block credits its fees to nobody.
    assert_eq!(chain.totals().forfeited_milli, u128::from(fees) * 1000);
    assert_eq!(chain.pending_rewards().milli(), 0);
}

#[test]
fn a_single_heavy_block_counts_at_most_four_tenths_above_the_long_term_median() {
    let mut chain = TestChain::mature();
    let transactions = block_of_weight(&mut chain, 500_000);
    chain.mine(&transactions);
    assert_eq!(chain.tip().1.long_term_weight, Weight::new(420_000));
    let lighter = block_of_weight(&mut chain, 400_000);
    chain.mine(&lighter);
    assert_eq!(chain.tip().1.long_term_weight, Weight::new(400_000));
    assert_eq!(chain.totals().heavy_blocks, 2);
}

#[test]
fn a_template_leaves_out_what_costs_more_than_it_pays_and_what_does_not_fit() {
    let mut chain = TestChain::mature();
    let heavy = |chain: &mut TestChain, fee| {
        TransferBuilder::new()
            .fee(Amount::from_atomic(fee))
            .build_weighing(Weight::new(140_000), chain)
            .checked()
    };
    let rich: Vec<_> = (0..6).map(|_| heavy(&mut chain, 100_000_000_000)).collect();
    let template = |candidates: &[_]| {
        build_template(chain.state(), chain.network(), &chain.template_request(), candidates)
            .unwrap()
            .transactions
    };
    assert_eq!(
        template(&rich).len(),
        4,
        "4 × 140,000 fit into 600,000 with room for the coinbase"
    );
    let mut chain_of_poor = chain.clone();
    let poor: Vec<_> = (0..3).map(|_| heavy(&mut chain_of_poor, 30_000_000)).collect();
    assert_eq!(
        template(&poor).len(),
        2,
        "the third would cost more in penalty than it pays"
    );
}

/// Rows of a chain that never was, with these long-term weights; block weights are the same.
fn history(long_term_weights: &[u64]) -> (MemoryState, TotalsRow) {
    let empty = MemoryState::new();
    let mut rows = Overlay::new(&empty);
    for (height, weight) in (0..).zip(long_term_weights) {
        rows.put::<Blocks>(&Height::new(height), &row_of_weight(height, *weight));
    }
    let window = LONG_TERM_WEIGHT_WINDOW_BLOCKS.min(long_term_weights.len());
    let in_window = &long_term_weights[long_term_weights.len() - window..];
    let totals = TotalsRow {
        tip: Height::new(long_term_weights.len() as u64 - 1),
        transactions: 0,
        outputs: 0,
        emitted_milli: 0,
        burned: Amount::ZERO,
        forfeited_milli: 0,
        fees: Amount::ZERO,
        heavy_blocks: in_window
            .iter()
            .filter(|weight| is_heavy(Weight::new(**weight)))
            .count() as u64,
    };
    rows.put::<Totals>(&(), &totals);
    let mut state = MemoryState::new();
    state.commit(&rows.into_delta());
    (state, totals)
}

fn row_of_weight(height: u64, weight: u64) -> BlockRow {
    BlockRow {
        id: Hash::ZERO,
        major_version: 19,
        timestamp: oxen_types::Timestamp::from_seconds(oxen_testkit::GENESIS_TIME + 120 * height),
        weight: Weight::new(weight),
        long_term_weight: Weight::new(weight),
        difficulty: 1,
        cumulative_difficulty: u128::from(height) + 1,
        outputs_end: 0,
        reward: Amount::ZERO,
        coinbase_payouts: Amount::ZERO,
        fees: Amount::ZERO,
        burned: Amount::ZERO,
        transaction_count: 0,
    }
}

/// The middle of the sorted values, as chain §4.2 writes it.
fn sorted_median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    let count = values.len();
    if count % 2 == 1 {
        values[count / 2]
    } else {
        u64::midpoint(values[count / 2 - 1], values[count / 2])
    }
}

/// The limits from the whole windows, as chain §4.5 writes them.
fn limits_by_brute_force(weights: &[u64]) -> (u64, u64) {
    let last = |count: usize| weights[weights.len().saturating_sub(count)..].to_vec();
    let long_term = sorted_median(last(100_000)).max(300_000);
    let median = sorted_median(last(100)).max(300_000).min(50 * long_term).max(300_000);
    (long_term, median)
}

fn check_limits(weights: &[u64]) -> Result<(), TestCaseError> {
    let (state, totals) = history(weights);
    let limits = WeightLimits::of_next_block(&state, &totals).unwrap();
    let (long_term, median) = limits_by_brute_force(weights);
    prop_assert_eq!(limits.long_term.bytes(), long_term);
    prop_assert_eq!(limits.median.bytes(), median);
    prop_assert_eq!(limits.limit().bytes(), 2 * median);
    let ceiling = long_term + long_term * 2 / 5;
    prop_assert_eq!(limits.long_term_weight(Weight::new(u64::MAX)).bytes(), ceiling);
    Ok(())
}

/// Around the zone, where the shortcut must not go wrong, and far away from it.
fn weight() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 299_998_u64..=300_003,
        1 => 0_u64..1_000,
        1 => 300_000_u64..100_000_000,
    ]
}

proptest! {
    #[test]
    fn limits_of_short_chains_are_those_of_the_whole_window(weights in prop::collection::vec(weight(), 1..400)) {
        check_limits(&weights)?;
    }

    #[test]
    fn limits_are_right_where_half_of_the_blocks_are_heavy(
        half in 1_usize..60, extra in 0_usize..3, heavier in 300_001_u64..10_000_000
    ) {
        let mut weights = vec![heavier; half];
        weights.extend(vec![1_000; (half + extra).saturating_sub(1)]);
        check_limits(&weights)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn limits_of_long_chains_look_back_on_a_hundred_thousand_blocks(
        before in 0_usize..300, heavy in 49_900_usize..50_100, heavier in 300_001_u64..2_000_000
    ) {
        let mut weights = vec![heavier; before + heavy];
        weights.resize(before + 100_000, 2_000);
        check_limits(&weights)?;
    }
}

/// A chain whose last 100,000 blocks have these long-term weights, on which blocks can be mined.
fn mined_on_history(mut weight_at: impl FnMut(u64) -> u64) -> TestChain {
    let mut chain = TestChain::mature();
    let (before, top) = chain.tip();
    let last = LONG_TERM_WEIGHT_WINDOW_BLOCKS as u64 + 2;
    let mut totals = chain.totals();
    let mut rows = Overlay::new(chain.state());
    for height in before.index() + 1..=last {
        let weight = weight_at(height);
        let row = BlockRow {
            id: if height == last { top.id } else { Hash::ZERO },
            ..row_of_weight(height, weight)
        };
        rows.put::<Blocks>(&Height::new(height), &row);
        // The window of the next block's parent: 3 to 100,002.
        totals.heavy_blocks += u64::from(is_heavy(Weight::new(weight)));
    }
    totals.tip = Height::new(last);
    rows.put::<Totals>(&(), &totals);
    let delta: Delta = rows.into_delta();
    chain.write(&delta);
    chain.advance(120 * last);
    chain
}

fn heavy_blocks_by_brute_force(chain: &TestChain) -> u64 {
    let tip = chain.tip().0;
    let first = tip.next().saturating_sub(LONG_TERM_WEIGHT_WINDOW_BLOCKS as u64);
    queries::block_rows(chain.state(), first, LONG_TERM_WEIGHT_WINDOW_BLOCKS)
        .unwrap()
        .iter()
        .filter(|row| row.long_term_weight.bytes() > FULL_REWARD_ZONE_WEIGHT)
        .count() as u64
}

#[test]
fn heavy_blocks_are_counted_as_they_enter_and_leave_the_window() {
    // Eight heavy blocks leave and four enter, so that their number falls below half the window on the way.
    let mut chain = mined_on_history(|height| if height < 20 || height % 2 == 0 { 310_000 } else { 100 });
    let start = chain.totals().heavy_blocks;
    assert_eq!(start, heavy_blocks_by_brute_force(&chain));
    assert_eq!(start, 50_001);
    for round in 0..16 {
        if round % 4 == 3 {
            let transactions = block_of_weight(&mut chain, 320_000);
            chain.mine(&transactions);
        } else {
            chain.mine_empty(1);
        }
        assert_eq!(
            chain.totals().heavy_blocks,
            heavy_blocks_by_brute_force(&chain),
            "round {round}"
        );
        let limits = WeightLimits::of_next_block(chain.state(), &chain.totals()).unwrap();
        let first = chain
            .tip()
            .0
            .next()
            .saturating_sub(LONG_TERM_WEIGHT_WINDOW_BLOCKS as u64);
        let window = queries::block_rows(chain.state(), first, LONG_TERM_WEIGHT_WINDOW_BLOCKS).unwrap();
        let weights = window.iter().map(|row| row.long_term_weight.bytes()).collect();
        assert_eq!(limits.long_term.bytes(), sorted_median(weights).max(300_000));
    }
    assert_eq!(chain.totals().heavy_blocks, 49_997);
    chain.revert(16);
    assert_eq!(chain.state().expect::<Totals>(&()).unwrap().heavy_blocks, start);
}
