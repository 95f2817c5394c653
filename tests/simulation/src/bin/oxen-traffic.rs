//! Prints what a block costs networks of 30, 2,200 and 20,000 nodes: messages, bytes, time.

use oxen_simulation::traffic::{BLOCK_WORK, Mesh, QuorumCost, SMALL_WORK, Spread, proof_bytes, vote_bytes};

/// Blocks over which the quorum's part is measured.
const BLOCKS: u64 = 40;
/// New votes on checkpoints for a block: twenty for every fourth.
const NEW_VOTES: u64 = 5;
/// Votes that are sent again for each block: twenty voters, two repetitions where there are enough votes (staking/rules
/// `vote::pool`), every fourth block.
const REPEATED_VOTES: u64 = 20 * 2 / 4;
/// Blocks in the time between two uptime proofs of a node: an hour at two minutes a block.
const BLOCKS_OF_PROOF: u64 = 30;

fn main() {
    let cost = QuorumCost::measure(1, BLOCKS);
    println!(
        "Quorum of twelve, whatever the network's size, a block over {} blocks:",
        cost.blocks
    );
    let (mut messages, mut bytes) = (0, 0);
    for (kind, sent, size) in &cost.kinds {
        println!(
            "  {kind:<22} {:>6} messages {:>9} bytes",
            sent / cost.blocks,
            size / cost.blocks
        );
        messages += sent;
        bytes += size;
    }
    println!(
        "  {:<22} {:>6} messages {:>9} bytes",
        "together",
        messages / cost.blocks,
        bytes / cost.blocks
    );
    println!(
        "  complete block {} ms after the start of the round at the median, {} ms at worst",
        middle(&cost.times),
        cost.times.last().copied().unwrap_or(0)
    );
    let block = middle(&cost.sizes);
    println!(
        "Sizes: empty block {block} bytes, vote {} bytes, uptime proof {} bytes",
        vote_bytes(),
        proof_bytes()
    );
    for nodes in [30, 2_200, 20_000] {
        print_network(nodes, block);
    }
}

fn print_network(nodes: u64, block: u64) {
    let mut mesh = Mesh::new(usize::try_from(nodes).unwrap_or(usize::MAX), 1);
    println!("\n{nodes} nodes, a block:");
    let made = mesh.spread(11, block, BLOCK_WORK);
    print_spread("the block", nodes, 1, &made);
    let full = mesh.spread(11, 300_000, BLOCK_WORK);
    print_spread("a block of 300 kB", nodes, 1, &full);
    let vote = mesh.spread(1, vote_bytes(), SMALL_WORK);
    print_spread("new votes", nodes, NEW_VOTES, &vote);
    print_spread("repeated votes", nodes, REPEATED_VOTES, &vote);
    let proof = mesh.spread(1, proof_bytes(), SMALL_WORK);
    print_spread("uptime proofs", nodes, nodes.div_ceil(BLOCKS_OF_PROOF), &proof);
}

fn print_spread(what: &str, nodes: u64, count: u64, spread: &Spread) {
    println!(
        "  {count:>4} {what:<18} {:>10} messages {:>7} kB a node, announcements {:>7} kB a node; half have it after {:>4} ms, 95 % {:>4} ms, all {:>5} ms",
        count * spread.messages,
        count * spread.bytes / nodes / 1_000,
        count * spread.announced_bytes / nodes / 1_000,
        spread.half,
        spread.most,
        spread.all
    );
}

fn middle(sorted: &[u64]) -> u64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}
