//! Many seeds on all cores, and what to do with those that fail.

use crate::play::{Summary, play};
use std::{
    env,
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Seeds that once failed, with what was wrong. They are played in every run. Whoever changes what plays draw gives all seeds
/// other plays: what the old ones showed must then be a scenario of its own, as ties are in `tests/it/equivocation.rs`.
pub const ONCE_FAILED: [u64; 0] = [];

/// One seed alone: `OXEN_SIMULATION_SEED`.
pub const SEED_VARIABLE: &str = "OXEN_SIMULATION_SEED";
/// How many seeds: `OXEN_SIMULATION_SEEDS`.
pub const SEEDS_VARIABLE: &str = "OXEN_SIMULATION_SEEDS";

/// How many blocks of each: `OXEN_SIMULATION_BLOCKS`.
pub const BLOCKS_VARIABLE: &str = "OXEN_SIMULATION_BLOCKS";

/// A number that the environment gives.
fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

/// Blocks of each play, as the environment or `otherwise` says.
#[must_use]
pub fn blocks(otherwise: u64) -> u64 {
    number(BLOCKS_VARIABLE).unwrap_or(otherwise)
}

/// What came of a seed.
#[derive(Debug)]
pub struct Played {
    /// The seed.
    pub seed: u64,
    /// Its summary, or why it failed.
    pub result: Result<Summary, String>,
}

/// The seeds to play: one, if the environment names it; else those that once failed, and as many more as the environment or
/// `otherwise` says.
#[must_use]
pub fn to_play(otherwise: u64) -> Vec<u64> {
    if let Some(seed) = number(SEED_VARIABLE) {
        return vec![seed];
    }
    let count = number(SEEDS_VARIABLE).unwrap_or(otherwise);
    ONCE_FAILED.into_iter().chain(0..count).collect()
}

/// Plays seeds, as many at a time as there are cores. Every failure is printed when it happens, with how to see it again.
#[must_use]
pub fn play_all(seeds: &[u64], nodes: usize, blocks: u64) -> Vec<Played> {
    let next = AtomicUsize::new(0);
    let played = Mutex::new(Vec::new());
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let one = play_one(*seed, nodes, blocks);
                    played.lock().unwrap_or_else(PoisonError::into_inner).push(one);
                }
            });
        }
    });
    let mut played = played.into_inner().unwrap_or_else(PoisonError::into_inner);
    played.sort_by_key(|one| one.seed);
    played
}

fn play_one(seed: u64, nodes: usize, blocks: u64) -> Played {
    let result = catch_unwind(AssertUnwindSafe(|| play(seed, nodes, blocks))).map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_default();
        eprintln!(
            "seed {seed} fails: {text}\nSee it again with: {SEED_VARIABLE}={seed} cargo test -p oxen-simulation --test it seeds"
        );
        text
    });
    Played { seed, result }
}
