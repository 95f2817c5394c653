//! How hard the next block is (chain §4.4).
//!
//! The one place where consensus computes in doubles: the reference does, so the result must be that of IEEE doubles
//! evaluated in the written order.

use oxen_types::{
    Height, Network,
    network::{DifficultyRule, HardForkVersion, constants::PULSE_FIXED_DIFFICULTY},
};

/// Most blocks the average looks back on.
pub const WINDOW: usize = 60;

/// Difficulty cap while the window still holds blocks from before HF16 on mainnet.
const CAP_AFTER_PULSE: u64 = 1_000_000;
/// Difficulty cap while the window still holds blocks from before HF12, for each second of target time.
const CAP_AFTER_RANDOM_X: u64 = 30_000_000;

/// Time and cumulative difficulty of one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Unix seconds.
    pub timestamp: u64,
    /// Sum of difficulties up to the block.
    pub cumulative_difficulty: u128,
}

/// First height of the window that decides the difficulty of the block at `height`; the genesis block never counts.
#[must_use]
pub fn window_start(height: Height) -> Height {
    height.saturating_sub(WINDOW as u64).max(Height::new(1))
}

/// Difficulty of a mined block at `height`; `window` holds the blocks from [`window_start`] to the parent, oldest first.
#[must_use]
pub fn mined_difficulty(network: &Network, height: Height, window: &[Sample]) -> u128 {
    match network.difficulty {
        DifficultyRule::Fixed(difficulty) => u128::from(difficulty),
        DifficultyRule::LwmaCapped(cap) => u128::from(lwma(window, network.target_block_seconds).min(cap)),
        DifficultyRule::Lwma => {
            let next = lwma(window, network.target_block_seconds);
            let since = |version| {
                network
                    .forks
                    .begins(version)
                    .filter(|begin| height >= *begin)
                    .map(|begin| height.since(begin))
            };
            let recent = |version| since(version).is_some_and(|blocks| blocks < WINDOW as u64);
            u128::from(if recent(HardForkVersion::PULSE) {
                next.min(CAP_AFTER_PULSE)
            } else if recent(HardForkVersion::CHECKPOINTS) {
                next.min(CAP_AFTER_RANDOM_X.saturating_mul(network.target_block_seconds))
            } else {
                next
            })
        }
    }
}

/// Difficulty that a Pulse block adds on the main chain.
#[must_use]
pub fn pulse_difficulty(network: &Network) -> u128 {
    u128::from(match network.difficulty {
        DifficultyRule::Lwma => PULSE_FIXED_DIFFICULTY,
        DifficultyRule::LwmaCapped(cap) => PULSE_FIXED_DIFFICULTY.min(cap),
        DifficultyRule::Fixed(difficulty) => difficulty,
    })
}

/// The linearly weighted moving average of solve times, oldest sample first.
#[allow(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn lwma(window: &[Sample], target_seconds: u64) -> u64 {
    if window.len() < 4 {
        return 1;
    }
    let count = window.len().saturating_sub(1).min(WINDOW.saturating_sub(1));
    let target = target_seconds as f64;
    let weights = (count as f64) * ((count as f64) + 1.0) / 2.0;
    let mut average = 0.0_f64;
    let mut inverse_sum = 0.0_f64;
    for (position, pair) in (1_u64..).zip(window.windows(2).take(count)) {
        let [before, after] = pair else { continue };
        let longest = i64::try_from(target_seconds.saturating_mul(7)).unwrap_or(i64::MAX);
        let solve_time = i64::try_from(i128::from(after.timestamp).saturating_sub(i128::from(before.timestamp)))
            .unwrap_or(i64::MAX)
            .min(longest);
        let difficulty = after.cumulative_difficulty.saturating_sub(before.cumulative_difficulty);
        average += (solve_time as f64) * (position as f64) / weights;
        inverse_sum += 1.0 / (difficulty as f64);
    }
    let harmonic_mean = (count as f64) / inverse_sum;
    // An average that rounds to nothing would divide by zero: it is at least a twentieth of the target.
    if (average.round() as i64) < (target_seconds / 20) as i64 {
        average = (target_seconds / 20) as f64;
    }
    let next = (harmonic_mean * target / average * 0.998) as u64;
    next.max(1)
}

/// True when `hash`, read as a little-endian number, times `difficulty` stays below 2²⁵⁶. Every hash reaches difficulty 1.
#[must_use]
pub fn reaches_difficulty(hash: &[u8; 32], difficulty: u128) -> bool {
    // Schoolbook multiplication of eight 32-bit digits by a 128-bit number: the product fits when the carry ends at zero.
    let mut carry = 0_u128;
    let (low, high) = (difficulty & u128::from(u64::MAX), difficulty.wrapping_shr(64));
    if high != 0 {
        // No network comes near 2⁶⁴; treat it as unreachable instead of carrying a wider product.
        return false;
    }
    for digit in hash.chunks_exact(8) {
        let digit = digit.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let product = u128::from(digit).saturating_mul(low).saturating_add(carry);
        carry = product.wrapping_shr(64);
    }
    carry == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steady(count: u64, seconds: u64, difficulty: u128) -> Vec<Sample> {
        (0..count)
            .map(|n| Sample {
                timestamp: 1_000_000 + n * seconds,
                cumulative_difficulty: u128::from(n) * difficulty,
            })
            .collect()
    }

    #[test]
    fn few_blocks_are_of_difficulty_one() {
        assert_eq!(lwma(&steady(3, 120, 1000), 120), 1);
    }

    #[test]
    fn a_steady_chain_keeps_its_difficulty_less_two_per_mille() {
        assert_eq!(lwma(&steady(60, 120, 1_000_000), 120), 998_000);
        assert_eq!(lwma(&steady(60, 60, 1_000_000), 120), 1_996_000);
        assert_eq!(lwma(&steady(60, 240, 1_000_000), 120), 499_000);
    }

    #[test]
    fn instant_blocks_are_bounded_by_a_twentieth_of_the_target() {
        assert_eq!(lwma(&steady(60, 0, 1_000_000), 120), 19_960_000);
    }

    #[test]
    fn caps_and_fixed_difficulty_hold() {
        let window = steady(60, 0, 1_000_000);
        assert_eq!(mined_difficulty(&Network::devnet(), Height::new(300), &window), 2000);
        assert_eq!(mined_difficulty(&Network::regtest(), Height::new(300), &window), 1);
        assert_eq!(
            mined_difficulty(&Network::mainnet(), Height::new(641_111 + 59), &window),
            1_000_000
        );
        assert_eq!(
            mined_difficulty(&Network::mainnet(), Height::new(641_111 + 60), &window),
            19_960_000
        );
        assert_eq!(pulse_difficulty(&Network::mainnet()), 1_000_000);
        assert_eq!(pulse_difficulty(&Network::devnet()), 2000);
    }

    #[test]
    fn every_hash_reaches_difficulty_one_and_the_bound_is_exact() {
        assert!(reaches_difficulty(&[0xff; 32], 1));
        assert!(!reaches_difficulty(&[0xff; 32], 2));
        let mut half = [0; 32];
        half[31] = 0x80;
        assert!(!reaches_difficulty(&half, 2));
        half[31] = 0x7f;
        assert!(reaches_difficulty(&half, 2));
    }
}
