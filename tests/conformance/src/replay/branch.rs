//! A branch that was replaced: its blocks are applied where it forked off and taken back; then the other branch goes on.

use super::{chain::Chain, compare, prepared, proofs, registry};
use crate::{
    balances::compare_answer,
    recording::{Recording, extras::Reorganisation},
    report::{Check, Report},
};
use oxen_state::{
    CheckedBlock,
    block::fork_choice::{BranchWeight, chain_weight},
    queries,
};
use oxen_types::{Block, ConsensusDecode, Height};
use std::sync::Arc;

/// Plays the replaced branch if it forked off before the block at `height`, which is the next one.
pub fn play_before(recording: &Recording, height: Height, chain: &mut Chain<'_>, report: &mut Report) {
    let Some(branch) = recording
        .reorganisation
        .as_ref()
        .filter(|branch| branch.fork_height == height)
    else {
        return;
    };
    let blocks = match prepared::branch_blocks(recording, chain.network()) {
        Ok(blocks) => blocks,
        Err(error) => {
            report.verify(Check::Branch, || "blocks of the replaced branch".to_owned(), Err(error));
            return;
        }
    };
    let before = chain.digest(report);
    let mut digests = vec![before];
    for (recorded, block) in branch.orphaned_blocks.iter().zip(&blocks) {
        let place = || format!("replaced block {} ({})", recorded.height, recorded.hash);
        verify_proofs(block, chain, report);
        let outcome = chain.apply(block);
        let applied = outcome.is_ok();
        report.verify(Check::Branch, place, outcome.map(drop));
        if !applied {
            break;
        }
        digests.push(chain.digest(report));
        match queries::tip(chain.state()) {
            Ok((_, row)) => compare::compare_header(&recorded.header, &row, report),
            Err(error) => report.verify(Check::Branch, place, Err(error)),
        }
    }
    let place = format!("the end of the replaced branch, height {}", chain.height());
    let recorded = &branch.accrued_rewards_at_orphan_tip;
    compare_answer(recorded, chain.height(), chain.state(), &place, report);
    let nodes = &branch.service_nodes_at_orphan_tip;
    registry::compare_nodes(nodes, chain, &place, report);
    compare_choice(recording, branch, &blocks, report);
    take_back(&digests, height, chain, report);
}

/// Proofs of a replaced block; the ledger keeps those that hold.
fn verify_proofs(block: &CheckedBlock, chain: &mut Chain<'_>, report: &mut Report) {
    let transactions: Vec<&Arc<_>> = block.transactions().iter().collect();
    let good = prepared::PreparedChain {
        blocks: Vec::new(),
        good_range_proofs: prepared::verify_range_proofs(&transactions, report),
    };
    proofs::verify(block, &good, chain, report);
}

/// The branch that won is strictly heavier, and ends where it was recorded to end.
fn compare_choice(recording: &Recording, branch: &Reorganisation, replaced: &[CheckedBlock], report: &mut Report) {
    let winners: Vec<Block> = recording
        .blocks
        .iter()
        .filter(|block| block.height >= branch.fork_height && block.height <= branch.new_tip_height)
        .filter_map(|block| Block::decode(&block.blob.0).ok())
        .collect();
    let weight = |blocks: &mut dyn Iterator<Item = &Block>| BranchWeight {
        checkpoints: 0,
        chain_weight: blocks.map(chain_weight).sum(),
    };
    let lost = weight(&mut replaced.iter().map(CheckedBlock::block));
    let won = weight(&mut winners.iter());
    let outcome = if won.replaces(&lost) && !lost.replaces(&won) {
        Ok(())
    } else {
        Err(format!("weights {} and {}", won.chain_weight, lost.chain_weight))
    };
    report.verify(
        Check::Branch,
        || "the branch that won replaces the other".to_owned(),
        outcome,
    );
    let end = winners.last().map(Block::id).unwrap_or_default();
    let place = || format!("end of the branch that won, height {}", branch.new_tip_height);
    report.compare(Check::Branch, place, &branch.new_tip_hash, &end);
}

/// Takes the branch back, to the digests of each height.
fn take_back(digests: &[oxen_types::Hash], fork: Height, chain: &mut Chain<'_>, report: &mut Report) {
    while chain.height() >= fork {
        let Some(reverted) = chain.revert() else { return };
        let place = usize::try_from(reverted.since(fork)).ok();
        let expected = place.and_then(|place| digests.get(place)).copied().unwrap_or_default();
        let found = chain.digest(report);
        report.compare(
            Check::Branch,
            || format!("state after replaced block {reverted} was taken back"),
            &expected,
            &found,
        );
    }
}
