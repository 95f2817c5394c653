//! A recorded chain through the state transition.
//!
//! [`prepared`] checks what needs no chain, range proofs included; [`chain`] applies blocks and takes them back, with
//! [`proofs`] verifying ring signatures as rings become known. [`compare`], [`registry`] and [`crate::balances`] compare the
//! state at a height, [`sums`] over the whole chain;
//! [`branch`] plays a branch that was replaced; [`submissions`] gives the state what the reference was given and refused.

pub mod branch;
pub mod chain;
pub mod compare;
pub mod prepared;
pub mod proofs;
pub mod registry;
pub mod submissions;
pub mod sums;

use crate::{
    balances::Balances,
    error::{ConformanceError, is_supported},
    progress::Progress,
    recording::Recording,
    report::{Check, Report},
};
use chain::Chain;
use oxen_staking_rules::BatchPayout;
use oxen_state::Event;
use oxen_types::{Hash, Height};
use prepared::PreparedChain;

/// How far a replay goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// Up to the newest block.
    Forward,
    /// Then back down to the first block, and up again.
    ForwardBackForward,
}

/// Replays a recording, comparing from `from` on.
///
/// # Errors
/// The chain has blocks of forks that this version does not know, or the recording lacks what stands in for the registry.
pub fn run(recording: &Recording, from: Height, course: Course) -> Result<Report, ConformanceError> {
    check_forks(recording)?;
    if from > recording.last_height() {
        return Err(ConformanceError::FromAboveChain {
            from,
            last: recording.last_height(),
        });
    }
    let mut report = Report::new();
    let prepared = PreparedChain::prepare(recording, from, &mut report);
    let Some(mut chain) = start(recording, &mut report) else {
        return Ok(report);
    };
    let digests = forward(recording, &prepared, from, course, &mut chain, &mut report);
    if course == Course::ForwardBackForward {
        backward(&digests, &mut chain, &mut report);
        again(&prepared, &digests, &mut chain, &mut report);
    }
    if from > Height::GENESIS {
        report.note(format!(
            "blocks below height {from} were applied by every rule but their proofs, and not compared; nor were branches that forked off there and submissions that were mined there"
        ));
    }
    Ok(report)
}

/// Every block but the first must be of a fork whose rules are here.
fn check_forks(recording: &Recording) -> Result<(), ConformanceError> {
    let unsupported: Vec<_> = recording
        .blocks
        .iter()
        .skip(1)
        .map(|block| (block.height, recording.network.forks.version_at(block.height).version))
        .filter(|(_, version)| !is_supported(*version))
        .collect();
    match unsupported.first() {
        None => Ok(()),
        Some((first, version)) => Err(ConformanceError::ForkNotSupported {
            version: version.number(),
            first: *first,
            count: unsupported.len(),
            blocks: recording.blocks.len(),
        }),
    }
}

/// The chain with its first block, which must be the recorded one.
fn start<'a>(recording: &'a Recording, report: &mut Report) -> Option<Chain<'a>> {
    let place = || "the genesis block".to_owned();
    match Chain::start(&recording.network) {
        Ok(chain) => {
            let recorded = recording.blocks.first().map(|block| block.hash).unwrap_or_default();
            report.compare(Check::Genesis, place, &recorded, &recording.network.genesis.block_id);
            Some(chain)
        }
        Err(error) => {
            report.verify(Check::Genesis, place, Err(error));
            None
        }
    }
}

/// Applies every block and compares; returns the state's digest at each height that was reached, if the way back needs them.
fn forward(
    recording: &Recording,
    prepared: &PreparedChain,
    from: Height,
    course: Course,
    chain: &mut Chain<'_>,
    report: &mut Report,
) -> Vec<Hash> {
    let balances = Balances::new(recording);
    let mut digests = Vec::new();
    let mut remember = |chain: &Chain<'_>, report: &mut Report| {
        if course == Course::ForwardBackForward {
            digests.push(chain.digest(report));
        }
    };
    remember(chain, report);
    let progress = Progress::start("blocks applied and compared", prepared.blocks.len());
    if from == Height::GENESIS {
        compare::at_tip(recording, chain, report);
        balances.compare_at(recording, chain.height(), chain.state(), report);
    }
    for (height, block) in prepared.blocks.iter().enumerate().skip(1) {
        let height = Height::new(height as u64);
        let Some(block) = block else {
            report.note(format!("stopped before block {height}, which is not valid in itself"));
            break;
        };
        if height >= from {
            submissions::judge_before(recording, height, chain, report);
            branch::play_before(recording, height, chain, report);
            proofs::verify(block, prepared, chain, report);
        } else {
            chain.assume_proofs(block);
        }
        let place = || format!("block {height} ({})", block.id());
        let events = match chain.apply(block) {
            Ok(events) => events,
            Err(error) => {
                report.verify(Check::Applied, place, Err(error));
                report.note(format!("stopped at block {height}, which was refused"));
                break;
            }
        };
        report.agree(Check::Applied);
        remember(chain, report);
        if height >= from {
            compare::at_tip(recording, chain, report);
            registry::at_tip(recording, chain, report);
            balances.compare_at(recording, chain.height(), chain.state(), report);
            balances.compare_payments(recording, height, &payouts(&events), report);
        }
        progress.step();
    }
    if chain.height() == recording.last_height() {
        sums::compare(recording, chain, report);
    }
    digests
}

/// The payments among what a block did.
fn payouts(events: &[Event]) -> Vec<BatchPayout> {
    let paid = events.iter().filter_map(|event| match event {
        Event::RewardPaid(payout) => Some(*payout),
        _ => None,
    });
    paid.collect()
}

/// Takes back every block down to the first.
fn backward(digests: &[Hash], chain: &mut Chain<'_>, report: &mut Report) {
    let progress = Progress::start("blocks taken back", digests.len());
    while let Some(reverted) = chain.revert() {
        let before = chain.height();
        let expected = usize::try_from(before.index())
            .ok()
            .and_then(|place| digests.get(place));
        let found = chain.digest(report);
        report.compare(
            Check::Reverted,
            || format!("state after block {reverted} was taken back"),
            &expected.copied().unwrap_or_default(),
            &found,
        );
        progress.step();
    }
}

/// Applies every block again.
fn again(prepared: &PreparedChain, digests: &[Hash], chain: &mut Chain<'_>, report: &mut Report) {
    let progress = Progress::start("blocks applied again", digests.len());
    for (height, expected) in digests.iter().enumerate().skip(1) {
        let Some(block) = prepared.blocks.get(height).and_then(Option::as_ref) else {
            break;
        };
        let place = || format!("state after block {height} was applied again");
        if let Err(error) = chain.apply(block) {
            report.verify(Check::Reapplied, place, Err(error));
            break;
        }
        let found = chain.digest(report);
        report.compare(Check::Reapplied, place, expected, &found);
        progress.step();
    }
}
