//! The swap on a chain: real burns in real blocks, the ledger they make, and the invariants of bridge §5.4.

use crate::transaction_rules::refused_by;
use oxen_bridge_rules::swap::{SwapError, SwapRoom, convert};
use oxen_state::{
    TransactionError,
    block::weight::WeightLimits,
    delta::scan_rows,
    swap::{SwapTotals, burn, burns_of_recipient, check_swap_transaction, next_room, sums, total_at},
    transaction::CheckedTransaction,
};
use oxen_testkit::{SWAP_BEGINS, SwapBuilder, TestChain, TestNetwork, Transfer};
use oxen_types::{
    Amount, Hash, Height,
    bytes::EthereumAddress,
    extra::SwapField,
    network::{HardForkVersion, SwapParameters, SwapRatio, SwapRatioPeriod, SwapRatioTable},
};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The first blocks, after which what the treasury owns may be spent and burns are taken.
const BEFORE: u64 = 10;

fn coins(whole: u64) -> Amount {
    Amount::from_atomic(whole * Amount::OXEN.atomic())
}

fn recipient(number: u8) -> EthereumAddress {
    EthereumAddress::new([number; 20])
}

/// What so many OXEN are worth.
fn worth(whole: u64) -> Amount {
    convert(coins(whole), SwapRatio::OF_STAKES).unwrap()
}

fn chain_with(change: impl FnOnce(&mut SwapParameters)) -> TestChain {
    let mut chain = TestChain::on(&TestNetwork::new().with_swap(change));
    chain.mine_empty(BEFORE);
    chain
}

/// Room for 20 OXEN in four blocks, for 50 in all; burns mature after three blocks.
fn small() -> TestChain {
    chain_with(|swap| {
        swap.rate_cap = worth(20);
        swap.pool_cap = worth(50);
        swap.rate_window_blocks = 4;
        swap.maturity_blocks = 3;
    })
}

fn burn_of(chain: &mut TestChain, number: u8, whole: u64) -> Transfer {
    SwapBuilder::new(recipient(number), coins(whole)).build(chain)
}

fn refused_for(chain: &TestChain, transfer: &Transfer) -> SwapError {
    match refused_by(chain, transfer) {
        TransactionError::Swap(error) => error,
        other => panic!("not refused by a rule of the swap: {other}"),
    }
}

/// How a chain refuses a burn of two OXEN with another field.
pub(crate) fn refused(change: impl FnOnce(&mut SwapField)) -> SwapError {
    let mut chain = chain_with(|_| ());
    let transfer = SwapBuilder::new(recipient(7), coins(2)).with(change).build(&mut chain);
    refused_for(&chain, &transfer)
}

fn total(chain: &TestChain, number: u8, height: u64) -> Amount {
    total_at(chain.state(), &recipient(number), Height::new(height)).unwrap()
}

#[test]
fn a_burn_is_written_and_counts_once_it_is_mature() {
    let mut chain = small();
    let transfer = burn_of(&mut chain, 7, 10);
    chain.mine(&[transfer.checked()]);
    let row = burn(chain.state(), &transfer.id())
        .unwrap()
        .expect("it is in the ledger");
    assert_eq!((row.height.index(), row.position), (BEFORE + 1, 0));
    assert_eq!(
        (row.recipient, row.burned, row.credited),
        (recipient(7), coins(10), worth(10))
    );
    assert_eq!(row.matures.index(), BEFORE + 4);
    chain.mine_empty(2);
    assert_eq!(total(&chain, 7, BEFORE + 3), Amount::ZERO);
    assert_eq!(sums(chain.state()).unwrap().matured, Amount::ZERO);
    chain.mine_empty(1);
    assert_eq!(total(&chain, 7, BEFORE + 4), worth(10));
    assert_eq!(sums(chain.state()).unwrap().matured, worth(10));
    chain.mine_empty(20);
    assert_eq!(
        total(&chain, 7, BEFORE + 4),
        worth(10),
        "as it was, whatever came later"
    );
    assert_eq!(total(&chain, 7, BEFORE + 3), Amount::ZERO);
    assert_eq!(total(&chain, 8, BEFORE + 24), Amount::ZERO, "nobody burned for them");
}

#[test]
fn totals_of_every_height_stay_known() {
    let mut chain = small();
    for _ in 0..3 {
        let transfer = burn_of(&mut chain, 7, 2);
        chain.mine(&[transfer.checked()]);
    }
    chain.mine_empty(70);
    let burned: Vec<u64> = (BEFORE..BEFORE + 9)
        .map(|height| total(&chain, 7, height).atomic())
        .collect();
    let one = worth(2).atomic();
    assert_eq!(burned, [0, 0, 0, 0, one, 2 * one, 3 * one, 3 * one, 3 * one]);
}

#[test]
fn burns_of_a_recipient_are_listed_newest_first() {
    let mut chain = small();
    let of_seven = [burn_of(&mut chain, 7, 2), burn_of(&mut chain, 7, 3)];
    let of_eight = burn_of(&mut chain, 8, 4);
    chain.mine(&[of_seven[0].checked(), of_eight.checked(), of_seven[1].checked()]);
    let later = burn_of(&mut chain, 7, 5);
    chain.mine(&[later.checked()]);
    let ids = |skip, limit| -> Vec<Hash> {
        let found = burns_of_recipient(chain.state(), &recipient(7), skip, limit).unwrap();
        found.into_iter().map(|(id, _)| id).collect()
    };
    assert_eq!(ids(0, 10), [later.id(), of_seven[1].id(), of_seven[0].id()]);
    assert_eq!(ids(1, 1), [of_seven[1].id()]);
    assert_eq!(
        burns_of_recipient(chain.state(), &recipient(8), 0, 10).unwrap().len(),
        1
    );
}

#[test]
fn burned_oxen_are_gone_for_good() {
    let mut chain = small();
    let before = chain.totals();
    let transfer = burn_of(&mut chain, 7, 10);
    let fee = transfer.transaction.fee();
    chain.mine(&[transfer.checked()]);
    chain.mine_empty(10);
    let after = chain.totals();
    assert_eq!(
        after.emitted_milli, before.emitted_milli,
        "no block creates OXEN any more"
    );
    assert_eq!(after.burned, before.burned.saturating_add(fee));
    assert_eq!(sums(chain.state()).unwrap().burned, coins(10));
}

#[test]
fn a_burn_that_would_exceed_the_rate_waits_until_others_left_the_window() {
    let mut chain = small();
    let first = burn_of(&mut chain, 7, 19);
    let second = burn_of(&mut chain, 8, 2);
    chain.mine(&[first.checked()]);
    let (credited, remaining) = (worth(2), worth(1));
    for _ in 0..3 {
        assert_eq!(
            refused_for(&chain, &second),
            SwapError::RateCapReached { credited, remaining }
        );
        chain.mine_empty(1);
    }
    assert_eq!(
        next_room(chain.state(), chain.network()).unwrap(),
        Some(SwapRoom {
            pool: worth(31),
            rate: worth(20)
        })
    );
    chain.mine(&[second.checked()]);
    assert_eq!(sums(chain.state()).unwrap().in_window, worth(2));
}

#[test]
fn within_a_block_the_first_come_has_the_room() {
    let mut chain = small();
    let [large, small] = [burn_of(&mut chain, 7, 19), burn_of(&mut chain, 8, 2)];
    let order = [small.checked(), large.checked()];
    let block = TestChain::seal(&chain.assemble(&order), &order).unwrap();
    let error = chain.try_apply(&block).unwrap_err();
    assert!(
        error.to_string().starts_with(&format!("transaction {}", large.id())),
        "{error}"
    );
    chain.mine(&[small.checked()]);
}

#[test]
fn the_pool_cap_is_never_exceeded() {
    let mut chain = small();
    for whole in [20, 20] {
        let transfer = burn_of(&mut chain, 7, whole);
        chain.mine(&[transfer.checked()]);
        chain.mine_empty(4);
    }
    let too_much = burn_of(&mut chain, 7, 11);
    let (credited, remaining) = (worth(11), worth(10));
    assert_eq!(
        refused_for(&chain, &too_much),
        SwapError::PoolCapReached { credited, remaining }
    );
    let last = burn_of(&mut chain, 7, 10);
    chain.mine(&[last.checked()]);
    assert_eq!(
        next_room(chain.state(), chain.network()).unwrap().unwrap().pool,
        Amount::ZERO
    );
}

#[test]
fn a_burn_belongs_to_one_ratio() {
    let mut chain = chain_with(|swap| {
        let second = SwapRatioPeriod {
            from_height: Height::new(BEFORE + 2),
            ratio: SwapRatio::new(378, 1_000).unwrap(),
        };
        let first = SwapRatioPeriod {
            from_height: Height::GENESIS,
            ratio: SwapRatio::OF_STAKES,
        };
        swap.ratios = SwapRatioTable::new(&[first, second]).unwrap();
    });
    let early = burn_of(&mut chain, 7, 2);
    let late = SwapBuilder::new(recipient(7), coins(2))
        .with(|field| field.ratio_index = 1)
        .build(&mut chain);
    assert_eq!(
        refused_for(&chain, &late),
        SwapError::WrongRatio { expected: 0, found: 1 }
    );
    chain.mine_empty(1);
    assert_eq!(
        refused_for(&chain, &early),
        SwapError::WrongRatio { expected: 1, found: 0 }
    );
    chain.mine(&[late.checked()]);
    let row = burn(chain.state(), &late.id()).unwrap().unwrap();
    assert_eq!(row.credited, Amount::from_atomic(756_000_000));
}

#[test]
fn what_was_burned_before_the_end_matures_after_it() {
    let end = Height::new(BEFORE + 2);
    let mut chain = chain_with(|swap| swap.end_height = Some(end));
    let [in_time, too_late] = [burn_of(&mut chain, 7, 2), burn_of(&mut chain, 7, 2)];
    chain.mine(&[in_time.checked()]);
    assert_eq!(refused_for(&chain, &too_late), SwapError::Ended { end });
    chain.mine_empty(30);
    assert_eq!(total(&chain, 7, BEFORE + 31), worth(2));
}

#[test]
fn no_block_before_the_fork_takes_a_burn() {
    let mut chain = small();
    let transfer = burn_of(&mut chain, 7, 2);
    let at = |version| CheckedTransaction::from_blob(&transfer.blob(), version);
    for version in [HardForkVersion::REWARD_BATCHING, HardForkVersion::ETHEREUM] {
        assert!(matches!(at(version), Err(TransactionError::TypeNotAllowed { .. })));
    }
    assert!(at(HardForkVersion::SWAP).is_ok());
    // One that was checked for a later block.
    chain.revert(usize::try_from(BEFORE + 1 - SWAP_BEGINS).unwrap() + 1);
    let height = chain.next_height();
    assert!(height.index() < SWAP_BEGINS);
    let limits = WeightLimits::of_next_block(chain.state(), &chain.totals()).unwrap();
    let error = check_swap_transaction(chain.state(), chain.network(), &transfer.checked(), height, &limits);
    assert!(matches!(error, Err(TransactionError::Swap(SwapError::NotBegun { height: at })) if at == height));
}

#[test]
fn the_fee_beside_the_burn_is_a_rule_of_the_chain() {
    let mut chain = small();
    let builder = SwapBuilder::new(recipient(7), coins(2));
    let poor = builder.clone().fee(Amount::from_atomic(1_000_000)).build(&mut chain);
    let SwapError::FeeTooLow { fee, required } = refused_for(&chain, &poor) else {
        panic!("refused for another reason");
    };
    assert_eq!(fee.atomic(), 2_001_000_000);
    let least = Amount::from_atomic(required.atomic() - 2_000_000_000);
    let enough = builder.clone().fee(least).build(&mut chain);
    chain.mine(&[enough.checked()]);
}

#[test]
fn two_burns_with_the_same_nonce_both_count_and_one_burn_only_once() {
    let mut chain = small();
    let [one, other] = [burn_of(&mut chain, 7, 2), burn_of(&mut chain, 7, 2)];
    assert_ne!(one.id(), other.id());
    chain.mine(&[one.checked(), other.checked()]);
    assert_eq!(sums(chain.state()).unwrap().credited, worth(4));
    let again = [one.checked()];
    let block = TestChain::seal(&chain.assemble(&again), &again).unwrap();
    assert!(chain.try_apply(&block).is_err());
    assert!(
        chain
            .try_apply(chain.blocks().last().map(|mined| &mined.block).unwrap())
            .is_err()
    );
}

/// What a model of bridge §5.3 makes of a chain, from its blocks alone.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ledger {
    burned: u64,
    credited: u64,
    matured: u64,
    burns: u64,
    totals: BTreeMap<EthereumAddress, u64>,
}

/// Everything that was burned, by height.
fn ledger_of(chain: &TestChain, maturity: u64) -> Ledger {
    let tip = chain.tip().0.index();
    let mut ledger = Ledger::default();
    for mined in chain.blocks() {
        let height = mined.block.block().height().unwrap_or_default().index();
        for transaction in mined.block.transactions() {
            let extra = transaction.transaction().prefix.parse_extra();
            let (Some(swap), burned) = (extra.swap(), extra.burned().atomic()) else {
                continue;
            };
            let credited = u64::try_from(u128::from(burned) * 54 / 100).unwrap();
            ledger.burned += burned;
            ledger.credited += credited;
            ledger.burns += 1;
            if height + maturity <= tip {
                ledger.matured += credited;
                *ledger.totals.entry(swap.recipient).or_default() += credited;
            }
        }
    }
    ledger
}

/// The same from the tables.
fn tables_of(chain: &TestChain) -> Ledger {
    let sums = sums(chain.state()).unwrap();
    let mut totals = BTreeMap::new();
    for (key, total) in scan_rows::<SwapTotals>(chain.state(), &[], &[], usize::MAX).unwrap() {
        let recipient = EthereumAddress::new(key[..20].try_into().unwrap());
        totals.entry(recipient).or_insert(total.atomic());
    }
    Ledger {
        burned: sums.burned.atomic(),
        credited: sums.credited.atomic(),
        matured: sums.matured.atomic(),
        burns: sums.burns,
        totals,
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// A block of those of these burns that fit.
    Mine(Vec<usize>),
    /// Blocks are taken back.
    Revert(usize),
    /// Blocks are taken back and the same are applied again.
    Replay(usize),
    /// Blocks without burns.
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => prop::collection::vec(0..BURNS, 1..5).prop_map(Step::Mine),
        2 => (1_usize..6).prop_map(Step::Revert),
        1 => (1_usize..6).prop_map(Step::Replay),
        2 => (1_u64..4).prop_map(Step::Wait),
    ]
}

/// Burns that a history chooses from.
const BURNS: usize = 16;

/// Mines those that the chain takes, in their order, and checks that none was refused that fits by the model.
fn mine_fitting(chain: &mut TestChain, wanted: &[Arc<CheckedTransaction>]) -> Result<(), TestCaseError> {
    let mut taken: Vec<Arc<CheckedTransaction>> = Vec::new();
    for one in wanted {
        let mut more = taken.clone();
        more.push(Arc::clone(one));
        let block = TestChain::seal(&chain.assemble(&more), &more).unwrap();
        match chain.try_apply_without_proofs(&block) {
            Ok(_) => taken = more,
            Err(error) => prop_assert!(error.to_string().contains("SESH"), "{error}"),
        }
    }
    chain.mine(&taken);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 100, ..ProptestConfig::default() })]

    /// Invariants 1, 2, 3 and 5 of bridge §5.4, over blocks, reorganisations and replays: the tables say what the blocks
    /// say, no cap is exceeded in any window, nothing is credited twice, and going back leaves no trace.
    #[test]
    fn the_ledger_is_what_the_blocks_say(steps in prop::collection::vec(step(), 1..14)) {
        let mut chain = small();
        let burns: Vec<Arc<CheckedTransaction>> = (0..BURNS)
            .map(|number| {
                let whole = 2 + (number as u64 * 5) % 17;
                burn_of(&mut chain, u8::try_from(number % 3 + 1).unwrap(), whole).checked()
            })
            .collect();
        let mut digests = vec![chain.digest()];
        let first = chain.blocks().len();
        for step in steps {
            match step {
                Step::Mine(chosen) => {
                    let mined: BTreeSet<Hash> = chain.blocks().iter()
                        .flat_map(|mined| mined.block.transactions().iter().map(|one| one.id()))
                        .collect();
                    let mut chosen: Vec<_> = chosen.into_iter().map(|index| Arc::clone(&burns[index])).collect();
                    let mut seen = BTreeSet::new();
                    chosen.retain(|one| !mined.contains(&one.id()) && seen.insert(one.id()));
                    mine_fitting(&mut chain, &chosen)?;
                    digests.push(chain.digest());
                }
                Step::Wait(count) => for _ in 0..count {
                    chain.mine_empty(1);
                    digests.push(chain.digest());
                },
                Step::Revert(count) => {
                    let count = count.min(chain.blocks().len() - first);
                    chain.revert(count);
                    digests.truncate(digests.len() - count);
                }
                Step::Replay(count) => {
                    let count = count.min(chain.blocks().len() - first);
                    let mut taken = chain.revert(count);
                    while let Some(mined) = taken.pop() {
                        chain.push(mined.block).unwrap();
                    }
                }
            }
            prop_assert_eq!(chain.digest(), *digests.last().unwrap(), "a state is its blocks and nothing else");
            let ledger = tables_of(&chain);
            prop_assert_eq!(&ledger, &ledger_of(&chain, 3));
            prop_assert_eq!(ledger.totals.values().sum::<u64>(), ledger.matured);
            prop_assert!(ledger.credited <= worth(50).atomic());
            check_windows(&chain)?;
        }
    }
}

/// No four blocks in a row credit more than the rate cap.
fn check_windows(chain: &TestChain) -> Result<(), TestCaseError> {
    let credited: Vec<u64> = chain
        .blocks()
        .iter()
        .map(|mined| {
            let burned = |one: &Arc<CheckedTransaction>| one.declared_burn().atomic() * 54 / 100;
            mined.block.transactions().iter().map(burned).sum()
        })
        .collect();
    for window in credited.windows(4) {
        prop_assert!(window.iter().sum::<u64>() <= worth(20).atomic());
    }
    Ok(())
}
