//! Random plays: trouble, then calm, again and again, all drawn from one seed.

use crate::{
    fault::Fault,
    links::{Groups, Links},
    network::Network,
};
use oxen_pulse_machine::Stage;
use oxen_types::network::constants::CHECKPOINT_INTERVAL_BLOCKS;

/// Seconds after the end of all faults within which everybody has the same tip and a new block on it (pulse §4, §12): the next
/// news of a peer's tip, the longest wait for round 0, then rounds. The one under way when the faults end is lost; the next may
/// be, to validators who have signed another block of its height and number.
pub const LIVENESS_SECONDS: u64 = 30 + 150 + 3 * 60;

/// As [`LIVENESS_SECONDS`] after a tie: double signers made two blocks of equal weight, and every node keeps the one that it saw
/// first (pulse §10.9). The specification bounds no tie but by the end of all rounds, when a mined block decides. It ends sooner
/// with the next block, for which one side must have a producer and seven validators of some round.
pub const TIE_SECONDS: u64 = 255 * 60 + 150;

/// Blocks of calm after which a block made in calm is final: the first multiple of four may be three blocks away and is voted on
/// one block later; the second one makes it final, and its votes need a block's time to meet.
pub const FINALITY_BLOCKS: u64 = 2 * CHECKPOINT_INTERVAL_BLOCKS + 2;

/// Something that is wrong for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A third of the nodes send no template when they lead.
    SilentLeaders,
    /// Four nodes say nothing from some stage on.
    SilentMinority,
    /// Ten nodes say nothing from some stage on.
    SilentThird,
    /// Messages are lost, doubled, reordered, late.
    BadLinks,
    /// Blocks and votes wait for up to two minutes, so that rounds begin beside blocks that are there already.
    LateBlocks,
    /// A third of the clocks are wrong, by up to thirty seconds.
    WrongClocks,
    /// Two or three groups do not reach each other; who is where changes now and then.
    Partition,
    /// Just enough members of a quorum make their block and cannot tell the others, who go on without it.
    CutOffQuorum,
    /// Thirty per cent of the nodes go and come back.
    Churn,
    /// Nodes crash at any moment and come back; some have lost their newest blocks.
    Crashes,
    /// Producers sign two templates, and some nodes sign both blocks when they validate: three of them in one quorum make two
    /// blocks of one round.
    Equivocation,
    /// Five nodes work, sign and vote on every branch.
    NothingAtStake,
    /// Three nodes reveal what they did not commit to, three refuse all templates.
    Spoilers,
    /// Nobody runs, and all come back, sometimes within a round.
    Blackout,
    /// Some do not vote on checkpoints.
    FewVotes,
}

impl Trouble {
    /// All kinds.
    pub const ALL: [Self; 15] = [
        Self::SilentLeaders,
        Self::SilentMinority,
        Self::SilentThird,
        Self::BadLinks,
        Self::LateBlocks,
        Self::WrongClocks,
        Self::Partition,
        Self::CutOffQuorum,
        Self::Churn,
        Self::Crashes,
        Self::Equivocation,
        Self::NothingAtStake,
        Self::Spoilers,
        Self::Blackout,
        Self::FewVotes,
    ];
}

/// What a play came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Height that was reached, counted from the ground.
    pub height: u64,
    /// Different blocks that were applied.
    pub blocks: usize,
    /// Heights with more than one block.
    pub forks: usize,
    /// How often a node changed to another branch.
    pub reorganisations: u64,
    /// Blocks that were applied again and taken back.
    pub applied_again: usize,
    /// Seconds that it took at worst from the end of faults to a new block that all have.
    pub slowest_recovery: u64,
    /// How often the network was split by blocks of equal weight.
    pub ties: usize,
    /// Seconds from the end of faults to a new block that all have, at worst, after a tie.
    pub slowest_tie: u64,
    /// Virtual seconds.
    pub seconds: u64,
    /// Events.
    pub events: u64,
    /// One number for all that happened.
    pub trace: u64,
    /// The troubles there were.
    pub troubles: Vec<Vec<Trouble>>,
}

/// Plays a seed until the chain is so many blocks long.
///
/// # Panics
/// A promise is broken; the message names the seed.
#[must_use]
pub fn play(seed: u64, nodes: usize, blocks: u64) -> Summary {
    let mut network = Network::start(seed, nodes);
    let mut summary = Summary::default();
    recover(&mut network, &mut summary);
    while network.best_height() < blocks {
        let troubles = draw_troubles(&mut network);
        summary.troubles.push(troubles.clone());
        suffer(&mut network, &troubles);
        recover(&mut network, &mut summary);
        settle(&mut network);
    }
    summary.height = network.best_height();
    summary.blocks = network.ledger.len();
    summary.forks = network.ledger.forks();
    summary.reorganisations = network.promises.reorganisations;
    summary.applied_again = network.ledger.applied_again;
    summary.seconds = network.elapsed();
    summary.events = network.events;
    summary.trace = network.trace();
    summary
}

fn draw_troubles(network: &mut Network) -> Vec<Trouble> {
    let count = 1 + network.draw(3);
    let mut troubles: Vec<Trouble> = (0..count)
        .map(|_| Trouble::ALL[network.draw(Trouble::ALL.len() as u64) as usize])
        .collect();
    troubles.sort_by_key(|trouble| *trouble as usize);
    troubles.dedup();
    troubles
}

/// Lets troubles do their worst for two to twenty minutes.
fn suffer(network: &mut Network, troubles: &[Trouble]) {
    let end = network.elapsed() + 120 + network.draw(1_080);
    for trouble in troubles {
        begin(network, *trouble);
    }
    while network.elapsed() < end {
        let pause = 1 + network.draw(40);
        network.run_for(pause);
        for trouble in troubles {
            go_on(network, *trouble);
        }
    }
}

/// A few nodes, each once.
fn some(network: &mut Network, count: usize) -> Vec<usize> {
    let mut nodes: Vec<usize> = (0..network.nodes.len()).collect();
    for place in 0..count.min(nodes.len()) {
        let other = place + network.draw((nodes.len() - place) as u64) as usize;
        nodes.swap(place, other);
    }
    nodes.truncate(count);
    nodes
}

fn give(network: &mut Network, count: usize, fault: impl Fn(&mut Network) -> Fault) {
    for node in some(network, count) {
        let fault = fault(network);
        network.fault(node, fault);
    }
}

fn any_stage(network: &mut Network) -> Fault {
    const STAGES: [Stage; 6] = [
        Stage::Handshakes,
        Stage::Bitsets,
        Stage::Template,
        Stage::ValueHashes,
        Stage::Values,
        Stage::Signatures,
    ];
    Fault::SilentFrom(STAGES[network.draw(6) as usize])
}

fn begin(network: &mut Network, trouble: Trouble) {
    match trouble {
        Trouble::SilentLeaders => give(network, 10, |_| Fault::SilentLeader),
        Trouble::SilentMinority => give(network, 4, any_stage),
        Trouble::SilentThird => give(network, 10, any_stage),
        Trouble::BadLinks => network.links = Links::BAD,
        Trouble::LateBlocks => network.links.rumours_wait = 120_000,
        Trouble::WrongClocks => {
            for node in some(network, 10) {
                network.nodes[node].skew = i64::try_from(network.draw(60_000)).unwrap_or(0) - 30_000;
            }
        }
        Trouble::Partition => divide(network),
        Trouble::Equivocation => {
            give(network, 8, |_| Fault::TwoTemplates);
            let double = if network.draw(3) == 0 { 6 } else { 2 };
            give(network, double, |_| Fault::SignsBoth);
        }
        Trouble::NothingAtStake => give(network, 5, |_| Fault::EveryBranch),
        Trouble::Spoilers => {
            give(network, 3, |_| Fault::WrongReveal);
            give(network, 3, |_| Fault::RefusesTemplates);
        }
        Trouble::FewVotes => give(network, 12, |_| Fault::NoVotes),
        Trouble::CutOffQuorum => cut_somebody_off(network),
        Trouble::Churn | Trouble::Crashes | Trouble::Blackout => {}
    }
}

fn cut_somebody_off(network: &mut Network) {
    let node = network.draw(network.nodes.len() as u64) as usize;
    network.cut_off_quorum(node);
}

fn divide(network: &mut Network) {
    let nodes = network.nodes.len();
    let groups = 2 + network.draw(2);
    let lean = network.draw(100);
    network.groups = Groups::by(nodes, |_| {
        if crate::links::draw(&mut network.rng, 100) < lean {
            0
        } else {
            crate::links::draw(&mut network.rng, groups) as usize
        }
    });
}

/// What troubles do from time to time.
fn go_on(network: &mut Network, trouble: Trouble) {
    match trouble {
        Trouble::Partition if network.draw(12) == 0 => divide(network),
        Trouble::CutOffQuorum => match network.draw(20) {
            0 => network.groups = Groups::whole(),
            1 => cut_somebody_off(network),
            _ => {}
        },
        Trouble::Churn => {
            let down = network.nodes.iter().filter(|node| !node.is_running()).count();
            let node = network.draw(network.nodes.len() as u64) as usize;
            if down < network.nodes.len() * 3 / 10 {
                network.crash(node);
            } else {
                let down: Vec<usize> = (0..network.nodes.len())
                    .filter(|node| !network.nodes[*node].is_running())
                    .collect();
                let back = network.draw(down.len() as u64) as usize;
                network.boot(down[back]);
            }
        }
        Trouble::Crashes => {
            let node = network.draw(network.nodes.len() as u64) as usize;
            match network.draw(4) {
                0 => {
                    let lost = network.draw(3) as usize;
                    network.lose_power(node, lost);
                }
                1 => network.crash(node),
                _ => {}
            }
            let back = network.draw(network.nodes.len() as u64) as usize;
            network.boot(back);
        }
        Trouble::Blackout if network.draw(10) == 0 => {
            let pause = network.draw(90_000);
            network.black_out(pause);
        }
        // In the middle of a round, and back before it is over: only the guard knows what was signed.
        Trouble::Blackout if network.draw(10) == 0 => {
            let signers = 1 + network.draw(11);
            network.run_until_signed(200, signers);
            let pause = network.draw(2_000);
            network.black_out(pause);
        }
        _ => {}
    }
}

/// Ends all faults and waits for a new block that everybody has.
fn recover(network: &mut Network, summary: &mut Summary) {
    network.calm();
    let (height, begun) = (network.best_height(), network.elapsed());
    let mut recovered = network.run_until(LIVENESS_SECONDS, |network| network.agree_above(height));
    if !recovered && network.is_tied() {
        summary.ties += 1;
        recovered = network.run_until(TIE_SECONDS, |network| network.agree_above(height))
            || (network.mine(0) && network.run_until(LIVENESS_SECONDS, |network| network.agree_above(height)));
    }
    assert!(
        recovered,
        "seed {}: no block that all have within {LIVENESS_SECONDS} seconds after the faults {:?} ended at second {begun}\n{}",
        network.seed,
        summary.troubles.last(),
        network.describe()
    );
    let took = network.elapsed() - begun;
    if took <= LIVENESS_SECONDS {
        summary.slowest_recovery = summary.slowest_recovery.max(took);
    } else {
        summary.slowest_tie = summary.slowest_tie.max(took);
    }
}

/// Enjoys calm for some blocks and sees that they become final.
fn settle(network: &mut Network) {
    let height = network.best_height();
    let rest = FINALITY_BLOCKS + network.draw(4);
    let enough = (rest + 1) * 150 + 60;
    let grown = network.run_until(enough, |network| network.agree_above(height + rest - 1));
    assert!(
        grown,
        "seed {}: {} blocks and not {rest} in {enough} seconds of calm",
        network.seed,
        network.best_height() - height
    );
    network.run_for(20);
    let due = network.height_at(height);
    for node in 0..network.nodes.len() {
        let fixed = network.promises.final_of(node);
        assert!(
            fixed.is_some_and(|fixed| fixed >= due),
            "seed {}: node {node} has {fixed:?} for final at height {}, and not {due}",
            network.seed,
            network.nodes[node].chain.height()
        );
    }
}
