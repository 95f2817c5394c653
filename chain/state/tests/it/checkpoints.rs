//! What may not be replaced (chain §4.12).

use oxen_state::{
    BlockError, Overlay,
    block::checkpoints::{count_checkpoints, immutable_height},
    queries,
    tables::{CheckpointRow, Checkpoints},
};
use oxen_testkit::{TestChain, TestNetwork};
use oxen_types::{Checkpoint, Hash, Height, checkpoint::CheckpointKind, network::KnownBlock};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn checkpoint(height: u64, block_id: Hash) -> Checkpoint {
    Checkpoint {
        kind: CheckpointKind::ServiceNode,
        height: Height::new(height),
        block_id,
        signatures: Vec::new(),
        previous_height: Height::GENESIS,
    }
}

/// Puts service node checkpoints at these heights.
fn add_checkpoints(chain: &mut TestChain, heights: impl IntoIterator<Item = u64>) {
    let mut rows = Overlay::new(chain.state());
    for height in heights {
        rows.put::<Checkpoints>(&Height::new(height), &CheckpointRow(checkpoint(height, Hash::ZERO)));
    }
    let delta = rows.into_delta();
    chain.write(&delta);
}

/// The immutable height with these hard-coded and service node checkpoints, seen from `tip`.
fn immutable(hard_coded: &[u64], service_node: &[u64], tip: u64) -> Option<u64> {
    let (chain, network) = with_checkpoints(hard_coded, service_node);
    immutable_height(chain.state(), &network, Height::new(tip))
        .unwrap()
        .map(Height::index)
}

fn with_checkpoints(hard_coded: &[u64], service_node: &[u64]) -> (TestChain, oxen_types::Network) {
    let mut chain = TestChain::start();
    add_checkpoints(&mut chain, service_node.iter().copied());
    let mut network = (**chain.network()).clone();
    network.checkpoints = hard_coded
        .iter()
        .map(|height| KnownBlock {
            height: Height::new(*height),
            block_id: Hash::ZERO,
        })
        .collect();
    (chain, network)
}

#[test]
fn one_checkpoint_of_service_nodes_makes_nothing_immutable_and_two_make_the_older_one_so() {
    assert_eq!(immutable(&[], &[], 100), None);
    assert_eq!(immutable(&[], &[8], 100), None);
    assert_eq!(immutable(&[], &[8, 12], 100), Some(8));
    assert_eq!(immutable(&[], &[8, 12, 16], 100), Some(12));
}

#[test]
fn a_hard_coded_checkpoint_is_immutable_at_once() {
    assert_eq!(immutable(&[10], &[], 100), Some(10));
    assert_eq!(immutable(&[10], &[8], 100), Some(10), "it is the nearest");
    assert_eq!(immutable(&[10], &[12], 100), Some(10), "it is the next older one");
    assert_eq!(immutable(&[10], &[12, 16], 100), Some(12));
    assert_eq!(immutable(&[10, 14], &[12, 16], 100), Some(14));
}

#[test]
fn checkpoints_above_the_tip_do_not_count() {
    assert_eq!(immutable(&[], &[8, 12, 16], 15), Some(8));
    assert_eq!(immutable(&[50], &[8, 12], 15), Some(8));
    assert_eq!(immutable(&[], &[8, 12], 8), None);
}

#[test]
fn checkpoints_are_found_however_far_behind_they_are() {
    assert_eq!(immutable(&[], &[4, 100_000], 100_001), Some(4));
    assert_eq!(immutable(&[], &[4, 8], 1_000_000), Some(4));
}

proptest! {
    #[test]
    fn the_immutable_height_is_found_by_looking_down(
        hard_coded in prop::collection::btree_set(0_u64..400, 0..4),
        service_node in prop::collection::btree_set(0_u64..400, 0..8),
        tip in 0_u64..400,
    ) {
        let all: BTreeSet<u64> = hard_coded.union(&service_node).copied().collect();
        let mut below = all.range(..=tip).rev();
        let expected = match below.next() {
            Some(nearest) if hard_coded.contains(nearest) => Some(*nearest),
            Some(_) => below.next().copied(),
            None => None,
        };
        let lists: (Vec<u64>, Vec<u64>) = (hard_coded.into_iter().collect(), service_node.into_iter().collect());
        prop_assert_eq!(immutable(&lists.0, &lists.1, tip), expected);
    }

    #[test]
    fn a_height_counts_once_whoever_made_its_checkpoints(
        hard_coded in prop::collection::btree_set(0_u64..100, 0..8),
        service_node in prop::collection::btree_set(0_u64..100, 0..8),
        first in 0_u64..100, length in 0_u64..50,
    ) {
        let all: BTreeSet<u64> = hard_coded.union(&service_node).copied().collect();
        let expected = all.range(first..=first + length).count() as u64;
        let (mut chain, network) = with_checkpoints(&hard_coded.into_iter().collect::<Vec<_>>(), &[]);
        chain.mine_empty(150);
        let mut rows = Overlay::new(chain.state());
        for height in service_node.iter().copied().map(Height::new) {
            let id = queries::block_row(chain.state(), height).unwrap().unwrap().id;
            rows.put::<Checkpoints>(&height, &CheckpointRow(checkpoint(height.index(), id)));
        }
        let delta = rows.into_delta();
        chain.write(&delta);
        let (first, last) = (Height::new(first), Height::new(first + length));
        prop_assert_eq!(count_checkpoints(chain.state(), &network, first, last).unwrap(), expected);
    }
}

#[test]
fn a_checkpoint_of_another_block_does_not_count_for_the_chain() {
    let mut chain = TestChain::start();
    chain.mine_empty(10);
    add_checkpoints(&mut chain, [4, 8]);
    let network = (**chain.network()).clone();
    let count = count_checkpoints(chain.state(), &network, Height::new(1), Height::new(10));
    assert_eq!(count.unwrap(), 0, "both name the zero id");
}

#[test]
fn a_block_must_be_the_one_that_service_nodes_signed() {
    let mut chain = TestChain::mature();
    chain.advance(120);
    let block = TestChain::seal(&chain.assemble(&[]), &[]).unwrap();
    let height = chain.next_height();
    let mut refusing = chain.clone();
    add_checkpoints(&mut refusing, [height.index()]);
    assert!(matches!(
        refusing.try_apply(&block),
        Err(BlockError::CheckpointMismatch { height: at }) if at == height
    ));
    let mut rows = Overlay::new(chain.state());
    rows.put::<Checkpoints>(&height, &CheckpointRow(checkpoint(height.index(), block.id())));
    let delta = rows.into_delta();
    chain.write(&delta);
    chain.push(block).unwrap();
}

#[test]
fn a_hard_coded_checkpoint_decides_where_service_nodes_signed_something_else() {
    let mut chain = TestChain::start();
    chain.mine_empty(3);
    let id = chain.tip().1.id;
    let mut checked = TestChain::on(&TestNetwork::new().checkpoint(Height::new(3), id));
    add_checkpoints(&mut checked, [3]);
    checked.mine_empty(3);
    assert_eq!(checked.tip().1.id, id);
}
