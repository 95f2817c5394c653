//! Whatever the seed.

use oxen_simulation::{
    play::Summary,
    seeds::{blocks, play_all, to_play},
};

/// Seeds of an ordinary run of the tests.
const SEEDS: u64 = 200;
/// Nodes of each play.
const NODES: usize = 30;
/// Blocks of each play.
const BLOCKS: u64 = 100;

#[test]
fn every_seed_keeps_its_promises() {
    let seeds = to_play(SEEDS);
    let played = play_all(&seeds, NODES, blocks(BLOCKS));
    let failed: Vec<u64> = played
        .iter()
        .filter(|one| one.result.is_err())
        .map(|one| one.seed)
        .collect();
    let summaries: Vec<_> = played.iter().filter_map(|one| one.result.as_ref().ok()).collect();
    let sum = |of: &dyn Fn(&Summary) -> u64| summaries.iter().map(|one| of(one)).sum::<u64>();
    println!(
        "{} seeds: {} blocks, {} heights with two, {} reorganisations, {} blocks applied again, {} hours, {} events, slowest recovery {:?} s; {} ties, the slowest {:?} s",
        seeds.len(),
        sum(&|one| one.blocks as u64),
        sum(&|one| one.forks as u64),
        sum(&|one| one.reorganisations),
        sum(&|one| one.applied_again as u64),
        sum(&|one| one.seconds) / 3_600,
        sum(&|one| one.events),
        summaries.iter().map(|one| one.slowest_recovery).max(),
        sum(&|one| one.ties as u64),
        summaries.iter().map(|one| one.slowest_tie).max()
    );
    assert!(
        failed.is_empty(),
        "these seeds fail: {failed:?}; add them to ONCE_FAILED once they are understood"
    );
    let forks = sum(&|one| one.forks as u64);
    assert!(seeds.len() < 20 || forks > 0, "plays without forks test no fork choice");
}
