//! How hard mined blocks are (chain §4.4): the moving average against a second way to compute it, and on a real chain.

use oxen_state::{
    Rules, WorkHash, apply,
    apply::{next_difficulty, seed_height},
    block::difficulty::{Sample, WINDOW, mined_difficulty, window_start},
    queries,
    transaction::ProofsAssumedValid,
};
use oxen_testkit::{TestChain, TestNetwork};
use oxen_types::{Hash, Height, Network, network::DifficultyRule};
use proptest::prelude::*;

/// Long after every cap of mainnet.
const LATE: Height = Height::new(2_000_000);

fn mainnet(window: &[Sample]) -> u128 {
    mined_difficulty(&Network::mainnet(), LATE, window)
}

fn samples(blocks: impl IntoIterator<Item = (u64, u128)>) -> Vec<Sample> {
    let (mut timestamp, mut cumulative_difficulty) = (1_700_000_000, 1_000);
    blocks
        .into_iter()
        .map(|(solve_time, difficulty)| {
            timestamp += solve_time;
            cumulative_difficulty += difficulty;
            Sample {
                timestamp,
                cumulative_difficulty,
            }
        })
        .collect()
}

#[test]
fn three_blocks_are_too_few_and_four_are_not() {
    assert_eq!(mainnet(&samples([(120, 4_096); 3])), 1);
    assert_eq!(mainnet(&samples([(120, 4_096); 4])), 4_087);
}

#[test]
fn a_long_wait_counts_as_seven_block_times() {
    let wait = |seconds| {
        mainnet(&samples(
            (0..60).map(|n| (if n == 59 { seconds } else { 120 }, 1_000_000)),
        ))
    };
    assert_eq!(wait(7 * 120), wait(100_000));
    assert!(wait(7 * 120 - 1) > wait(7 * 120));
}

#[test]
fn later_solve_times_weigh_more() {
    let slow_at = |position| {
        mainnet(&samples(
            (0..60).map(|n| (if n == position { 600 } else { 120 }, 1_000_000)),
        ))
    };
    assert!(slow_at(59) < slow_at(30));
    assert!(slow_at(30) < slow_at(1));
}

#[test]
fn the_first_sample_only_starts_the_clock() {
    let first = |difficulty| {
        mainnet(&samples(
            (0..60).map(|n| (120, if n == 0 { difficulty } else { 1_000 })),
        ))
    };
    assert_eq!(first(1_000), first(1_000_000));
}

#[test]
fn a_timestamp_that_goes_back_makes_a_negative_solve_time() {
    let mut window = samples([(120, 1_000_000); 60]);
    let steady = mainnet(&window);
    window[58].timestamp -= 1_000;
    // The next block seems to have taken that much longer, at most seven block times.
    assert_ne!(mainnet(&window), steady);
    let mut backwards = samples([(120, 1_000_000); 60]);
    for (position, sample) in backwards.iter_mut().enumerate() {
        sample.timestamp = 2_000_000_000 - 1_000 * position as u64;
    }
    assert_eq!(mainnet(&backwards), 19_960_000, "as instant blocks");
}

#[test]
fn next_to_no_difficulty_is_one() {
    assert_eq!(mainnet(&samples([(10_000, 1); 60])), 1);
}

#[test]
fn a_network_on_which_blocks_come_every_five_seconds_has_no_floor_on_solve_times() {
    // A twentieth of five seconds is nothing: instant blocks divide by zero and end at the cap.
    let window = samples([(0, 1_000); 60]);
    assert_eq!(mined_difficulty(&Network::localdev(), LATE, &window), 2000);
}

#[test]
fn the_window_is_the_last_sixty_blocks_without_the_first_block() {
    for (height, first) in [(1, 1), (2, 1), (61, 1), (62, 2), (1000, 940)] {
        assert_eq!(window_start(Height::new(height)), Height::new(first), "at {height}");
    }
}

#[test]
fn the_seed_block_changes_every_2048_blocks_64_late() {
    for (height, seed) in [(0, 0), (2112, 0), (2113, 2048), (4160, 2048), (4161, 4096)] {
        assert_eq!(seed_height(Height::new(height)), Height::new(seed), "at {height}");
    }
}

/// The formula over common denominators, exactly, as far as 128 bits go: `hm·T/LWMA·998/1000` with
/// `hm = N/Σ(1/dᵢ)` and `LWMA = Σ(tᵢ·i)/(N(N+1)/2)`. All difficulties are the same here, so `hm` is that difficulty.
fn exact(solve_times: &[u64], difficulty: u128) -> (u128, u128) {
    let count = solve_times.len() as u128;
    let weighted: u128 = (1..).zip(solve_times).map(|(i, t)| u128::from(*t) * i).sum();
    let weights = count * (count + 1) / 2;
    (difficulty * 120 * weights * 998, weighted * 1000)
}

proptest! {
    #[test]
    fn the_average_in_doubles_is_the_exact_one_but_for_its_last_digits(
        solve_times in prop::collection::vec(20_u64..=840, 3..59), difficulty in 1_000_u128..1_000_000_000
    ) {
        let blocks = std::iter::once(0).chain(solve_times.iter().copied()).map(|time| (time, difficulty));
        let (dividend, divisor) = exact(&solve_times, difficulty);
        let exact = dividend / divisor;
        let computed = mainnet(&samples(blocks));
        prop_assert!(computed.abs_diff(exact) <= 1 + exact / 1_000_000_000_000, "{} for {}", computed, exact);
    }

    #[test]
    fn no_window_panics_or_gives_zero(
        blocks in prop::collection::vec((any::<u64>(), any::<u128>()), 0..70), height in 0_u64..3_000_000
    ) {
        let window: Vec<Sample> = blocks
            .into_iter()
            .map(|(timestamp, cumulative_difficulty)| Sample { timestamp, cumulative_difficulty })
            .collect();
        for network in Network::built_in() {
            prop_assert!(mined_difficulty(&network, Height::new(height), &window) >= 1, "{}", network.name);
        }
    }
}

/// Work that reaches every difficulty.
struct Perfect;

impl WorkHash for Perfect {
    fn work_hash(&self, _: &[u8], _: &Hash) -> Option<[u8; 32]> {
        Some([0; 32])
    }
}

#[test]
fn a_mined_chain_carries_the_average_of_its_own_blocks() {
    let mut chain = TestChain::on(&TestNetwork::new().difficulty(DifficultyRule::Lwma));
    let mut cumulative = 1;
    for height in 1..80_u64 {
        // Difficulty 1 as long as blocks are slow; then they come fast.
        chain.advance(if height < 10 { 120 } else { 30 });
        let difficulty = next_difficulty(chain.state(), chain.network(), Height::new(height)).unwrap();
        let block = TestChain::seal(&chain.assemble(&[]), &[]).unwrap();
        let applied = {
            let rules = Rules {
                work: &Perfect,
                ..chain.rules(&ProofsAssumedValid)
            };
            apply(chain.state(), &rules, &block).unwrap()
        };
        chain.keep(block, applied);
        cumulative += difficulty;
        let (tip, row) = chain.tip();
        assert_eq!(
            (tip.index(), row.difficulty, row.cumulative_difficulty),
            (height, difficulty, cumulative)
        );
    }
    let window: Vec<Sample> = queries::block_rows(chain.state(), Height::new(20), WINDOW)
        .unwrap()
        .iter()
        .map(|row| Sample {
            timestamp: row.timestamp.seconds(),
            cumulative_difficulty: row.cumulative_difficulty,
        })
        .collect();
    let expected = mined_difficulty(chain.network(), Height::new(80), &window);
    assert_eq!(
        next_difficulty(chain.state(), chain.network(), Height::new(80)).unwrap(),
        expected
    );
    assert!(expected > 10, "fast blocks raise the difficulty: {expected}");
}
