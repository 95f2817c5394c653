//! Ring members from the daemon, and transactions that only lack their signatures.

use crate::{command::CommandError, daemon::Daemon, session::Session};
use oxen_types::{GlobalOutputIndex, Height};
use oxen_wallet_core::{
    build::{PreparedTransaction, TransactionPlan},
    decoys::{CandidateOutput, DecoyPicker, OutputDistribution, PickerProfile, Ring, build_ring, check_rings},
};
use rand_core::OsRng;
use std::collections::{BTreeMap, BTreeSet};

/// How often rings are made anew when they look wrong together (wallet §6).
const ATTEMPTS: usize = 3;

/// Hides the inputs of every plan and fixes fees and amounts. All inputs share one picture of the chain and one request, in
/// the order of the chain, so that nothing tells the daemon which outputs are real.
///
/// # Errors
/// [`CommandError`].
pub async fn prepare(
    session: &mut Session,
    daemon: &Daemon,
    plans: &[TransactionPlan],
) -> Result<Vec<PreparedTransaction>, CommandError> {
    let distribution = session.decoys.update(daemon).await?;
    let chain_height = Height::new(distribution.blocks() as u64);
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let chosen = choose(session, &distribution, plans)?;
        let wanted: BTreeSet<GlobalOutputIndex> = chosen.iter().flatten().flatten().copied().collect();
        let wanted: Vec<GlobalOutputIndex> = wanted.into_iter().collect();
        let answers = daemon.outputs(&wanted, chain_height).await?;
        let answers = answers.into_iter().map(|answer| (answer.index, answer)).collect();
        match prepare_once(session, plans, &chosen, &answers, &distribution) {
            Err(error @ CommandError::Sanity(_)) => last = Some(error),
            result => return result,
        }
    }
    Err(last.unwrap_or(CommandError::Cancelled))
}

/// The candidates of each input of each plan.
type Candidates = Vec<Vec<Vec<GlobalOutputIndex>>>;

fn choose(
    session: &Session,
    distribution: &OutputDistribution,
    plans: &[TransactionPlan],
) -> Result<Candidates, CommandError> {
    let target = session.wallet.network().target_block_seconds;
    let picker = DecoyPicker::new(distribution, target, PickerProfile::default())?;
    let mut all = Vec::with_capacity(plans.len());
    for plan in plans {
        let mut of_plan = Vec::with_capacity(plan.inputs.len());
        for input in &plan.inputs {
            let image = input.key_image.as_ref();
            let known = image.and_then(|image| session.wallet.journal().known_ring(image, input.global_index));
            of_plan.push(picker.candidates(input.global_index, known, session.decoys.blacklist(), &mut OsRng)?);
        }
        all.push(of_plan);
    }
    Ok(all)
}

fn prepare_once(
    session: &Session,
    plans: &[TransactionPlan],
    chosen: &Candidates,
    answers: &BTreeMap<GlobalOutputIndex, CandidateOutput>,
    distribution: &OutputDistribution,
) -> Result<Vec<PreparedTransaction>, CommandError> {
    let mut prepared = Vec::with_capacity(plans.len());
    for (plan, chosen) in plans.iter().zip(chosen) {
        let rings = rings_of(session, plan, chosen, answers)?;
        check_rings(&rings, distribution.outputs())?;
        prepared.push(plan.prepare(rings)?);
    }
    Ok(prepared)
}

fn rings_of(
    session: &Session,
    plan: &TransactionPlan,
    chosen: &[Vec<GlobalOutputIndex>],
    answers: &BTreeMap<GlobalOutputIndex, CandidateOutput>,
) -> Result<Vec<Ring>, CommandError> {
    let rule = session.wallet.network().subgroup;
    let mut rings = Vec::with_capacity(plan.inputs.len());
    for ((input, real), asked) in plan.inputs.iter().zip(plan.real_outputs()?).zip(chosen) {
        let of_ring: Vec<CandidateOutput> = asked.iter().filter_map(|index| answers.get(index).copied()).collect();
        let image = input.key_image.as_ref();
        let known = image.and_then(|image| session.wallet.journal().known_ring(image, input.global_index));
        rings.push(build_ring(&real, asked, &of_ring, known, rule, &mut OsRng)?);
    }
    Ok(rings)
}
