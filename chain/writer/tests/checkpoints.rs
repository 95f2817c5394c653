//! Checkpoints of service nodes: when they count, what they make final, which branch they make the chain (pulse §9, §10).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

use oxen_crypto::signature::schnorr;
use oxen_node_api::{
    AlternativeReason, BlockOutcome, BlockSubmission, ChainReader, ChainWriter, CheckpointOutcome, EventHub,
    SubmitBlockError, SubmitCheckpointError,
};
use oxen_state::{
    BlockError, NoWorkHash, StakingRules, TypedView,
    block::checkpoints::{CheckpointError, immutable_height},
    queries,
    service_nodes::state_quorums,
    tables::Checkpoints,
};
use oxen_store::{ChainStore, Identity};
use oxen_testkit::{Maker, ManualClock, MinedBlock, StakingChain, TestChain};
use oxen_types::{Checkpoint, ConsensusEncode, Hash, Height, block::QuorumSignature, checkpoint::CheckpointKind};
use oxen_verifier::ProofVerifier;
use oxen_writer::{Chain, ChainParts};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::sync::Arc;

/// A chain of twenty service nodes, just below a height that has a checkpoint, and a writer that followed it.
fn twenty_nodes() -> (StakingChain, Chain) {
    let mut play = StakingChain::start().with_nodes(20);
    play.mine(12);
    while !play.height().next().index().is_multiple_of(4) {
        play.mine(1);
    }
    let writer = following(play.chain());
    (play, writer)
}

fn following(test: &TestChain) -> Chain {
    let network = Arc::clone(test.network());
    let identity = Identity {
        network: network.network_id,
        genesis: network.genesis.block_id,
    };
    let writer = Chain::open(ChainParts {
        store: ChainStore::in_memory(&identity).unwrap(),
        service_nodes: Arc::new(StakingRules::new(Arc::clone(&network))),
        network,
        verifier: Arc::new(ProofVerifier::default()),
        work: Arc::new(NoWorkHash),
        clock: Arc::new(ManualClock::at(test.now().saturating_add(10_000_000))),
        events: Arc::new(EventHub::new()),
    })
    .unwrap();
    for block in test.blocks() {
        writer.submit_block(block.submission()).unwrap();
    }
    writer
}

/// The first `votes` members of the quorum for `height` sign a block id.
fn checkpoint(play: &StakingChain, height: Height, block_id: Hash, votes: usize) -> Checkpoint {
    let state = height.saturating_sub(11);
    let quorums = state_quorums(play.chain().state(), state).unwrap().unwrap();
    let quorum = quorums.checkpointing.unwrap();
    let mut rng = ChaCha20Rng::from_seed(block_id.to_bytes());
    Checkpoint {
        kind: CheckpointKind::ServiceNode,
        height,
        block_id,
        signatures: (0_u16..)
            .zip(&quorum.validators)
            .take(votes)
            .map(|(voter_index, key)| QuorumSignature {
                voter_index,
                signature: schnorr::sign(&block_id, play.pair(key), &mut rng),
            })
            .collect(),
        previous_height: Height::GENESIS,
    }
}

/// The blocks that the play makes next, given to the writer.
fn mine(play: &mut StakingChain, writer: &Chain, count: usize) {
    for _ in 0..count {
        play.mine(1);
        writer.submit_block(newest(play).submission()).unwrap();
    }
}

fn newest(play: &StakingChain) -> &MinedBlock {
    play.chain().blocks().last().unwrap()
}

fn stored(writer: &Chain, height: Height) -> Option<Checkpoint> {
    let snapshot = writer.snapshot();
    (*snapshot).get::<Checkpoints>(&height).unwrap().map(|row| row.0)
}

fn tip(writer: &Chain) -> Hash {
    queries::tip(&*writer.snapshot()).unwrap().1.id
}

fn immutable(writer: &Chain) -> Option<Height> {
    let snapshot = writer.snapshot();
    let tip = queries::totals(&*snapshot).unwrap().tip;
    immutable_height(&*snapshot, writer.network(), tip).unwrap()
}

#[test]
fn the_thirteenth_vote_makes_a_checkpoint_and_more_votes_join_it() {
    let (mut play, writer) = twenty_nodes();
    mine(&mut play, &writer, 1);
    let (height, id) = (play.height(), tip(&writer));
    let twelve = writer.add_checkpoint(checkpoint(&play, height, id, 12)).unwrap_err();
    assert!(matches!(
        twelve,
        SubmitCheckpointError::Invalid(CheckpointError::VoteCount { found: 12 })
    ));
    let thirteen = checkpoint(&play, height, id, 13);
    assert_eq!(
        writer.add_checkpoint(thirteen.clone()).unwrap(),
        CheckpointOutcome::Added
    );
    assert_eq!(
        writer.add_checkpoint(thirteen).unwrap(),
        CheckpointOutcome::AlreadyKnown
    );
    let mut others = checkpoint(&play, height, id, 20);
    others.signatures.drain(..7);
    assert_eq!(writer.add_checkpoint(others).unwrap(), CheckpointOutcome::Extended);
    assert_eq!(stored(&writer, height).unwrap().signatures.len(), 20);
}

#[test]
fn forged_disordered_and_misplaced_votes_are_refused_by_their_rule() {
    let (mut play, writer) = twenty_nodes();
    mine(&mut play, &writer, 2);
    let height = play.height().previous().unwrap();
    let id = queries::block_row(&*writer.snapshot(), height).unwrap().unwrap().id;
    let good = checkpoint(&play, height, id, 13);
    let refusal = |checkpoint| match writer.add_checkpoint(checkpoint).unwrap_err() {
        SubmitCheckpointError::Invalid(error) => error,
        other => panic!("{other}"),
    };
    let mut forged = good.clone();
    forged.signatures[4].signature = forged.signatures[5].signature;
    assert!(matches!(
        refusal(forged),
        CheckpointError::InvalidSignature { index: 4 }
    ));
    let mut disordered = good.clone();
    disordered.signatures.swap(0, 1);
    assert!(matches!(refusal(disordered), CheckpointError::VotesNotAscending));
    let mut foreign = good.clone();
    foreign.signatures[12].voter_index = 20;
    assert!(matches!(
        refusal(foreign),
        CheckpointError::InvalidSignature { index: 20 }
    ));
    let mut misplaced = good.clone();
    misplaced.height = height.previous().unwrap();
    assert!(matches!(refusal(misplaced), CheckpointError::WrongHeight { .. }));
    let mut built_in = good.clone();
    built_in.kind = CheckpointKind::Hardcoded;
    assert!(matches!(refusal(built_in), CheckpointError::NotKnown));
    let mut early = good;
    early.height = play.height().saturating_add(3);
    assert!(matches!(
        writer.add_checkpoint(early),
        Err(SubmitCheckpointError::AboveTip { .. })
    ));
}

#[test]
fn two_checkpoints_make_the_older_one_final_and_old_ones_are_dropped() {
    let (mut play, writer) = twenty_nodes();
    let mut heights = Vec::new();
    for _ in 0..18 {
        mine(&mut play, &writer, 1);
        heights.push(play.height());
        let id = tip(&writer);
        writer.add_checkpoint(checkpoint(&play, play.height(), id, 13)).unwrap();
        let final_one = heights.len().checked_sub(2).map(|place| heights[place]);
        assert_eq!(immutable(&writer), final_one);
        mine(&mut play, &writer, 3);
    }
    let last_two = heights.split_off(heights.len() - 2);
    assert!(last_two.iter().all(|height| stored(&writer, *height).is_some()));
    for height in heights {
        let kept = stored(&writer, height).is_some();
        assert_eq!(kept, height.index().is_multiple_of(60), "checkpoint {height}");
    }
    let floor = immutable(&writer).unwrap();
    assert_eq!(writer.pop_blocks(100).unwrap(), floor, "nothing final is taken back");
    assert_eq!(
        writer.pop_blocks(100).unwrap(),
        floor,
        "nor when the checkpoints above it are gone"
    );
}

#[test]
fn a_final_block_is_not_voted_away() {
    let (mut play, writer) = twenty_nodes();
    mine(&mut play, &writer, 1);
    let first = play.height();
    writer
        .add_checkpoint(checkpoint(&play, first, tip(&writer), 13))
        .unwrap();
    mine(&mut play, &writer, 4);
    writer
        .add_checkpoint(checkpoint(&play, play.height(), tip(&writer), 13))
        .unwrap();
    let other = checkpoint(&play, first, Hash::new([7; 32]), 20);
    assert!(matches!(
        writer.add_checkpoint(other),
        Err(SubmitCheckpointError::BelowImmutable { height }) if height == first
    ));
}

#[test]
fn a_checkpoint_goes_with_its_block() {
    let (mut play, writer) = twenty_nodes();
    mine(&mut play, &writer, 1);
    let height = play.height();
    writer
        .add_checkpoint(checkpoint(&play, height, tip(&writer), 13))
        .unwrap();
    writer.pop_blocks(1).unwrap();
    assert_eq!(stored(&writer, height), None);
    writer.submit_block(newest(&play).submission()).unwrap();
    assert_eq!(stored(&writer, height), None, "its votes must come again");
}

#[test]
fn a_block_brings_its_checkpoint_and_is_spoiled_by_a_wrong_one() {
    let (mut play, writer) = twenty_nodes();
    play.mine(1);
    let block = newest(&play).submission();
    let id = newest(&play).block.id();
    let good = checkpoint(&play, play.height(), id, 13);
    let wrong = BlockSubmission {
        checkpoint: Some(Checkpoint {
            signatures: good.signatures[..12].to_vec(),
            ..good.clone()
        }),
        ..block.clone()
    };
    assert!(matches!(
        writer.submit_block(wrong),
        Err(SubmitBlockError::Checkpoint(CheckpointError::VoteCount { found: 12 }))
    ));
    assert_ne!(tip(&writer), id);
    let outcome = writer.submit_block(BlockSubmission {
        checkpoint: Some(good.clone()),
        ..block
    });
    assert!(matches!(outcome, Ok(BlockOutcome::Extended { .. })));
    assert_eq!(stored(&writer, play.height()), Some(good));
}

/// The play goes two ways from its tip: `blocks` of round 0 on the main chain, and as many of round 1, which weigh less, beside it.
fn fork(play: &mut StakingChain, writer: &Chain, blocks: usize) -> Vec<BlockSubmission> {
    let mut beside = play.clone();
    mine(play, writer, blocks);
    (0..blocks)
        .map(|_| {
            beside.chain_mut().advance(60);
            let block = beside.next_block(&[], Maker::Round(1));
            beside.push_proven(TestChain::seal(&block, &[]).unwrap()).unwrap();
            newest(&beside).submission()
        })
        .collect()
}

fn id_of(submission: &BlockSubmission) -> Hash {
    oxen_state::UntrustedBlock::from_blob(&submission.block).unwrap().id()
}

#[test]
fn a_lighter_branch_with_a_checkpoint_becomes_the_chain_with_its_next_block() {
    let (mut play, writer) = twenty_nodes();
    let branch = fork(&mut play, &writer, 3);
    let height = play.height().saturating_sub(2);
    let beside = writer.submit_block(branch[0].clone()).unwrap();
    assert!(matches!(beside, BlockOutcome::Alternative { .. }));
    let before = tip(&writer);
    let outcome = writer.add_checkpoint(checkpoint(&play, height, id_of(&branch[0]), 13));
    assert_eq!(outcome.unwrap(), CheckpointOutcome::Added);
    assert_eq!(tip(&writer), before, "votes alone change nothing");
    let outcome = writer.submit_block(branch[1].clone()).unwrap();
    assert!(
        matches!(
            outcome,
            BlockOutcome::Reorganised {
                reverted: 3,
                applied: 2,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert_eq!(tip(&writer), id_of(&branch[1]));
    assert!(stored(&writer, height).is_some(), "it names a block of the new chain");
}

#[test]
fn as_many_checkpoints_do_not_replace_the_chain_and_one_more_does() {
    let (mut play, writer) = twenty_nodes();
    let branch = fork(&mut play, &writer, 6);
    let first = play.height().saturating_sub(5);
    let second = first.saturating_add(4);
    let id = |height| queries::block_row(&*writer.snapshot(), height).unwrap().unwrap().id;
    writer
        .add_checkpoint(checkpoint(&play, second, id(second), 13))
        .unwrap();
    // The branch brings a checkpoint with its first block: one against one.
    let carried = BlockSubmission {
        checkpoint: Some(checkpoint(&play, first, id_of(&branch[0]), 13)),
        ..branch[0].clone()
    };
    writer.submit_block(carried).unwrap();
    for block in &branch[1..4] {
        let outcome = writer.submit_block(block.clone()).unwrap();
        assert!(matches!(outcome, BlockOutcome::Alternative { .. }), "{outcome:?}");
    }
    // Its second one makes two against one; the quorum for it is that of the shared chain.
    let carried = BlockSubmission {
        checkpoint: Some(checkpoint(&play, second, id_of(&branch[4]), 13)),
        ..branch[4].clone()
    };
    let outcome = writer.submit_block(carried).unwrap();
    assert!(
        matches!(
            outcome,
            BlockOutcome::Reorganised {
                reverted: 6,
                applied: 5,
                ..
            }
        ),
        "{outcome:?}"
    );
}

#[test]
fn a_branch_below_what_is_final_is_refused() {
    let (mut play, writer) = twenty_nodes();
    let branch = fork(&mut play, &writer, 6);
    let first = play.height().saturating_sub(5);
    for height in [first, first.saturating_add(4)] {
        let id = queries::block_row(&*writer.snapshot(), height).unwrap().unwrap().id;
        writer.add_checkpoint(checkpoint(&play, height, id, 13)).unwrap();
    }
    assert!(matches!(
        writer.submit_block(branch[0].clone()),
        Err(SubmitBlockError::Refused {
            reason: AlternativeReason::BelowImmutable,
            ..
        })
    ));
}

#[test]
fn a_block_beside_the_chain_that_no_quorum_signed_is_not_kept() {
    let (mut play, writer) = twenty_nodes();
    let mut other = play.clone();
    mine(&mut play, &writer, 3);
    // Two honest blocks of another round, and on each of them one with the signatures of somebody else.
    for _ in 0..2 {
        other.chain_mut().advance(1);
        let honest = other.next_block(&[], Maker::Round(1));
        let mut forged = honest.clone();
        forged.header.nonce = 0;
        forged.header.timestamp = forged.header.timestamp.saturating_add(1);
        let refused = writer.submit_block(BlockSubmission::alone(forged.encode()));
        assert!(
            matches!(
                refused,
                Err(SubmitBlockError::Invalid(BlockError::PulseSignature { .. }))
            ),
            "{refused:?}"
        );
        let kept = writer.submit_block(BlockSubmission::alone(honest.encode()));
        assert!(matches!(kept, Ok(BlockOutcome::Alternative { .. })), "{kept:?}");
        other.chain_mut().push(TestChain::seal(&honest, &[]).unwrap()).unwrap();
    }
    assert_eq!(writer.alternative_chains().unwrap().len(), 1);
}
