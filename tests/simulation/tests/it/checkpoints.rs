//! Votes on checkpoints in a network.

use oxen_simulation::{Fault, Network};

#[test]
fn every_fourth_block_becomes_a_checkpoint_of_all_twenty_voters() {
    let mut network = Network::start(1, 30);
    assert!(network.run_until(30 * 121, |network| network.agree_above(20)));
    network.run_for(30);
    let node = &network.nodes[7];
    let fixed = node.chain.final_height(&network.ledger).unwrap();
    assert!(fixed.index().is_multiple_of(4));
    assert!(node.chain.height().since(fixed) <= 8);
    let checkpoint = node.chain.checkpoint(&network.ledger, fixed).unwrap();
    assert_eq!(checkpoint.signatures.len(), 20);
}

#[test]
fn when_too_few_vote_nothing_more_becomes_final_and_blocks_go_on() {
    let mut network = Network::start(2, 30);
    assert!(network.run_until(20 * 121, |network| network.agree_above(12)));
    for node in 0..18 {
        network.fault(node, Fault::NoVotes);
    }
    network.run_for(300);
    let (fixed, height) = (network.promises.highest_final(), network.best_height());
    network.run_for(1_800);
    assert_eq!(network.promises.highest_final(), fixed);
    assert!(network.best_height() >= height + 10);
}
