//! Who makes blocks on a chain with service nodes (pulse §3, §8).

use super::{pulse_chain, refused_with};
use oxen_state::BlockError;
use oxen_testkit::{Maker, StakingChain, TestChain};
use oxen_types::{Block, Signature, Timestamp, block::PulseHeader, extra::NewState, network::PulseStartRule};

fn pulse(block: &mut Block) -> &mut PulseHeader {
    block.header.pulse.as_mut().unwrap()
}

/// How a block of the true quorum is refused after a change, and after it is signed again by these validators.
fn refused_after(change: impl FnOnce(&mut Block), voters: &[u16]) -> BlockError {
    let mut chain = pulse_chain();
    refused_with(&mut chain, Maker::Round(0), |chain, block| {
        change(block);
        let quorum = chain.pulse_quorum(0).unwrap();
        chain.sign(block, &quorum, voters);
    })
}

const FIRST_SEVEN: [u16; 7] = [0, 1, 2, 3, 4, 5, 6];

#[test]
fn a_block_whose_signatures_are_wrong_is_refused() {
    let set = |error| matches!(error, BlockError::PulseSignatureSet);
    // pulse_invalid_validator_bitset
    assert!(set(refused_after(
        |block| pulse(block).validator_bitset = 0xf800,
        &FIRST_SEVEN
    )));
    assert!(set(refused_after(
        |block| pulse(block).validator_bitset |= 0x0800,
        &FIRST_SEVEN
    )));
    // pulse_non_participating_validator
    assert!(set(refused_after(|_| {}, &[0, 1, 2, 3, 4, 5, 7])));
    // pulse_out_of_order_voters
    assert!(set(refused_after(|_| {}, &[6, 1, 2, 3, 4, 5, 0])));
    assert!(set(refused_after(|_| {}, &[0, 1, 2, 3, 3, 4, 5])));
    // Six, and eight.
    assert!(set(refused_after(|_| {}, &[0, 1, 2, 3, 4, 5])));
    assert!(set(refused_after(
        |block| pulse(block).validator_bitset = 0xff,
        &[0, 1, 2, 3, 4, 5, 6, 7]
    )));

    let mut chain = pulse_chain();
    // pulse_oob_voter_index
    let error = refused_with(&mut chain, Maker::Round(0), |_, block| {
        block.signatures[6].voter_index = 12
    });
    assert!(set(error));
    // pulse_invalid_signature
    let error = refused_with(&mut chain, Maker::Round(0), |_, block| {
        block.signatures[0].signature = Signature::new([0; 64]);
    });
    assert!(matches!(error, BlockError::PulseSignature { validator: 0 }));
    // Those of another round.
    let error = refused_with(&mut chain, Maker::Round(0), |chain, block| {
        let other = chain.pulse_quorum(1).unwrap();
        chain.sign(block, &other, &FIRST_SEVEN);
    });
    assert!(matches!(error, BlockError::PulseSignature { .. }));
}

#[test]
fn any_seven_of_those_that_took_part_may_sign() {
    let mut chain = pulse_chain();
    chain.chain_mut().advance(120);
    let mut block = chain.next_block(&[], Maker::Round(0));
    pulse(&mut block).validator_bitset = 0x7fe;
    let quorum = chain.pulse_quorum(0).unwrap();
    chain.sign(&mut block, &quorum, &[1, 3, 4, 5, 7, 9, 10]);
    chain.chain_mut().push(TestChain::seal(&block, &[]).unwrap()).unwrap();
}

#[test]
fn a_mined_block_is_refused_while_a_quorum_is_there() {
    let mut chain = pulse_chain();
    let error = refused_with(&mut chain, Maker::Miner, |_, _| {});
    assert!(matches!(error, BlockError::PulseExpected));
}

#[test]
fn enough_nodes_make_every_block() {
    let mut chain = pulse_chain();
    let before = chain.chain().blocks().len();
    chain.mine(40);
    let made = &chain.chain().blocks()[before..];
    assert!(made.iter().all(|mined| mined.block.block().has_pulse()));
}

#[test]
fn every_round_but_the_last_number_makes_a_block() {
    let mut chain = pulse_chain();
    for round in 0..=254 {
        chain.chain_mut().advance(120);
        let block = chain.next_block(&[], Maker::Round(round));
        let block = TestChain::seal(&block, &[]).unwrap();
        chain
            .chain_mut()
            .push(block)
            .unwrap_or_else(|error| panic!("round {round}: {error}"));
    }
}

#[test]
fn too_few_nodes_leave_the_blocks_to_miners_until_there_are_enough_again() {
    let mut chain = pulse_chain();
    for name in ["n1", "n2", "n3"] {
        chain.deregister(name);
    }
    assert_eq!(chain.registry().active().count(), 11);
    assert_eq!(chain.pulse_quorum(0), None);
    chain.mine(2);
    assert!(!chain.chain().blocks().last().unwrap().block.block().has_pulse());
    chain.register("n1").by("o1").stake(100).mine();
    assert!(chain.pulse_quorum(0).is_some());
    chain.mine(1);
    assert!(chain.chain().blocks().last().unwrap().block.block().has_pulse());
}

#[test]
fn a_suspension_below_the_minimum_stops_pulse_as_well() {
    let mut chain = StakingChain::start().with_nodes(12);
    chain.mine(3);
    assert!(chain.pulse_quorum(0).is_some());
    chain.decommission("n1");
    assert_eq!(chain.pulse_quorum(0), None);
    chain.recommission("n1");
    assert!(chain.pulse_quorum(0).is_some());
}

#[test]
fn pulse_begins_when_the_chain_has_twenty_two_blocks() {
    let mut chain = StakingChain::start();
    for number in 1..=12 {
        chain.register(&format!("n{number}")).by("alice").stake(100).submit();
    }
    chain.mine(1);
    while chain.height().index() < 21 {
        assert_eq!(chain.pulse_quorum(0), None, "for {}", chain.height().next());
        chain.mine(1);
    }
    assert!(chain.pulse_quorum(0).is_some());
}

/// A chain whose rounds have times, and the second at which round 0 of the next block starts.
fn timed() -> (StakingChain, u64) {
    let mut chain = StakingChain::on(&StakingChain::network().pulse_start(PulseStartRule::Ideal)).with_nodes(12);
    chain.mine(4);
    let start = chain.chain().tip().1.timestamp.seconds() + 120;
    (chain, start)
}

/// Whether the chain takes the next block of this maker at this time.
fn fits(chain: &StakingChain, maker: Maker, seconds: u64) -> Result<(), BlockError> {
    let mut chain = chain.clone();
    let now = chain.chain().now().seconds();
    chain.chain_mut().advance(seconds - now);
    let mut block = chain.next_block(&[], maker);
    block.header.timestamp = Timestamp::from_seconds(seconds);
    if let Maker::Round(round) = maker {
        let quorum = chain.pulse_quorum(round).unwrap();
        chain.sign(&mut block, &quorum, &FIRST_SEVEN);
    }
    chain
        .chain()
        .try_apply(&TestChain::seal(&block, &[]).unwrap())
        .map(|_| ())
}

#[test]
fn when_all_rounds_have_passed_a_block_is_mined_and_then_pulse_goes_on() {
    let (mut chain, start) = timed();
    let fallback = start + 255 * 60;
    assert!(matches!(
        fits(&chain, Maker::Miner, fallback - 1),
        Err(BlockError::PulseExpected)
    ));
    fits(&chain, Maker::Round(254), fallback - 1).unwrap();
    // The last second of the last round is the miners'.
    assert!(matches!(
        fits(&chain, Maker::Round(254), fallback),
        Err(BlockError::PulseNotExpected)
    ));
    fits(&chain, Maker::Miner, fallback).unwrap();
    fits(&chain, Maker::Miner, fallback + 86_400).unwrap();
    assert!(matches!(
        fits(&chain, Maker::Round(255), fallback - 1),
        Err(BlockError::PulseTiming { .. })
    ));

    let now = chain.chain().now().seconds();
    chain.chain_mut().advance(fallback - now);
    let block = chain.next_block(&[], Maker::Miner);
    chain.chain_mut().push(TestChain::seal(&block, &[]).unwrap()).unwrap();
    // Blocks are behind their schedule now: the next may come after ninety seconds.
    fits(&chain, Maker::Round(0), fallback + 90).unwrap();
    assert!(matches!(
        fits(&chain, Maker::Round(0), fallback + 89),
        Err(BlockError::PulseTiming { .. })
    ));
    assert!(matches!(
        fits(&chain, Maker::Miner, fallback + 90),
        Err(BlockError::PulseExpected)
    ));
}

#[test]
fn a_mined_block_rotates_leader_and_validators_as_round_0_would() {
    let (mut chain, start) = timed();
    let leader = chain.registry().next_leader().unwrap();
    let quorum = chain.pulse_quorum(0).unwrap();
    let now = chain.chain().now().seconds();
    chain.chain_mut().advance(start + 255 * 60 - now);
    let block = chain.next_block(&[], Maker::Miner);
    chain.chain_mut().push(TestChain::seal(&block, &[]).unwrap()).unwrap();
    let registry = chain.registry();
    assert_eq!(registry.node(&leader).unwrap().record.queue.height, chain.height());
    let sorter = registry.node(&quorum.validators[10]).unwrap().record.pulse_sorter;
    assert_eq!((sorter.height.next(), sorter.index), (chain.height(), 10));
}

#[test]
fn the_coinbase_names_the_leader_in_every_round() {
    let mut chain = pulse_chain();
    let leader = chain.registry().next_leader().unwrap();
    for round in [0, 3] {
        let quorum = chain.pulse_quorum(round).unwrap();
        assert_eq!(quorum.workers[0] == leader, round == 0, "the leader makes round 0");
        let other = StakingChain::key("somebody else");
        let error = refused_with(&mut chain, Maker::Round(round), |_, block| {
            let coinbase = block.miner_transaction.as_mut().unwrap();
            let mut extra = oxen_types::Extra::parse_or_empty(&coinbase.prefix.extra);
            extra.retain(|field| !matches!(field, oxen_types::ExtraField::Winner(_)));
            extra.push(oxen_types::ExtraField::Winner(other));
            coinbase.prefix.extra = extra.encode();
            // The id changed: signed anew below.
        });
        assert!(matches!(error, BlockError::PulseSignature { .. }));
        let error = refused_with(&mut chain, Maker::Round(round), |chain, block| {
            let coinbase = block.miner_transaction.as_mut().unwrap();
            coinbase.prefix.extra.clear();
            let quorum = chain.pulse_quorum(round).unwrap();
            chain.sign(block, &quorum, &FIRST_SEVEN);
        });
        assert!(matches!(error, BlockError::CoinbaseLeader));
    }
}

#[test]
fn a_block_may_throw_out_its_producer_if_it_has_no_fees() {
    let mut chain = pulse_chain();
    let producer = loop {
        let producer = chain.pulse_quorum(0).unwrap().workers[0];
        let name = (1..=14)
            .map(|number| format!("n{number}"))
            .find(|name| StakingChain::key(name) == producer);
        let name = name.unwrap();
        if chain.testing_quorum(&name, NewState::Deregister).is_some() {
            break name;
        }
        chain.mine(1);
    };
    chain.vote(&producer, NewState::Deregister).mine();
    assert!(chain.node(&producer).is_none());
    chain.mine(1);
}
