//! Which of two branches becomes the chain (chain §4.12), weighed on real blocks.

use oxen_state::block::fork_choice::{BranchWeight, chain_weight};
use oxen_testkit::{ScriptedServiceNodes, TestChain};
use oxen_types::Block;

/// A Pulse block of this round.
fn pulse_block(round: u8) -> Block {
    let mut chain = TestChain::start();
    chain.set_service_nodes(ScriptedServiceNodes::none().with_quorum());
    let mut block = chain.assemble(&[]);
    block.header.pulse.as_mut().unwrap().round = round;
    block
}

fn mined_block() -> Block {
    TestChain::start().assemble(&[])
}

fn branch(checkpoints: u64, blocks: &[Block]) -> BranchWeight {
    BranchWeight {
        checkpoints,
        chain_weight: blocks.iter().map(chain_weight).sum(),
    }
}

#[test]
fn a_mined_block_weighs_one_and_a_pulse_block_less_with_each_round() {
    assert_eq!(chain_weight(&mined_block()), 1);
    assert_eq!(chain_weight(&pulse_block(0)), 144_403_552_893_601);
    assert_eq!(chain_weight(&pulse_block(1)), 72_201_776_446_801);
    assert_eq!(chain_weight(&pulse_block(255)), 1 + 144_403_552_893_600 / 256);
}

#[test]
fn a_round_alone_makes_no_pulse_block() {
    let mut block = mined_block();
    block.header.pulse.as_mut().unwrap().round = 3;
    assert_eq!(chain_weight(&block), 1);
    block.header.pulse.as_mut().unwrap().validator_bitset = 1;
    assert!(chain_weight(&block) > 1);
}

#[test]
fn one_pulse_block_outweighs_any_number_of_mined_ones() {
    let mined = vec![mined_block(); 1000];
    assert!(branch(0, &[pulse_block(255)]).replaces(&branch(0, &mined)));
    assert!(!branch(0, &mined).replaces(&branch(0, &[pulse_block(255)])));
}

#[test]
fn the_longer_of_two_mined_branches_wins_and_a_tie_changes_nothing() {
    let (two, three) = (vec![mined_block(); 2], vec![mined_block(); 3]);
    assert!(branch(0, &three).replaces(&branch(0, &two)));
    assert!(!branch(0, &two).replaces(&branch(0, &three)));
    assert!(!branch(0, &two).replaces(&branch(0, &two)));
}

#[test]
fn earlier_rounds_win_over_more_blocks_of_later_ones() {
    let late = vec![pulse_block(2); 2];
    assert!(branch(0, &[pulse_block(0)]).replaces(&branch(0, &late)), "1 > 2/3");
    let late = vec![pulse_block(1); 2];
    assert!(
        branch(0, &late).replaces(&branch(0, &[pulse_block(0)])),
        "one block more at 2 × 1/2"
    );
}

#[test]
fn a_checkpoint_outweighs_everything() {
    let light = [mined_block()];
    let heavy = vec![pulse_block(0); 50];
    assert!(branch(1, &light).replaces(&branch(0, &heavy)));
    assert!(!branch(0, &heavy).replaces(&branch(1, &light)));
    assert!(branch(2, &light).replaces(&branch(1, &heavy)));
}
