//! Sweeping: everything to one address, without change (wallet §7.6).

use super::{
    error::BuildError,
    fee::{FeeLevel, FeeRates},
    plan::{Leftover, Planner, TransactionPlan, check_unlock_time},
    request::{Destination, SweepRequest, SweepSelection},
    weight::TARGET,
};
use crate::{output::OwnedOutput, spendability::ChainView, wallet::Wallet};
use oxen_types::{Amount, network::constants::MAX_BULLETPROOF_OUTPUTS};
use rand_core::{CryptoRng, RngCore};

impl Wallet {
    /// Plans a sweep: as many transactions as are needed, each with the number of outputs that was asked for.
    ///
    /// # Errors
    /// [`BuildError`]; [`BuildError::NothingToSweep`] comes with what is locked and until when.
    pub fn plan_sweep(
        &self,
        request: &SweepRequest,
        view: ChainView<'_>,
        rates: &FeeRates,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<TransactionPlan>, BuildError> {
        if !(1..=MAX_BULLETPROOF_OUTPUTS).contains(&request.outputs) {
            return Err(BuildError::InvalidOutputCount {
                outputs: request.outputs,
            });
        }
        check_unlock_time(request.unlock_time, view)?;
        let mut template = self.plan_template(request.account, request.unlock_time, rates)?;
        template.level = FeeLevel::of(request.priority, template.kind)?;
        template.payment_id = request.address.payment_id();
        template.leftover = Leftover::SharedByPayments;
        // The amounts are shared out when the fee is known; none of them will be zero.
        let share = Destination {
            address: request.address,
            amount: Amount::from_atomic(1),
        };
        template.payments = vec![share; request.outputs];
        let planner = self.planner(template, &request.sources, &request.limits, view, rng);
        let outputs = swept_outputs(&planner, request.selection)?;
        // As few transactions as possible, and all of about one size.
        let transactions = outputs.len().div_ceil(planner.inputs_that_fit()?.max(1)).max(1);
        let inputs = outputs.len().div_ceil(transactions).max(1);
        outputs
            .chunks(inputs)
            .map(|chunk| planner.sweep_transaction(chunk.to_vec()))
            .collect()
    }
}

/// The outputs to sweep, oldest first.
fn swept_outputs(planner: &Planner<'_>, selection: SweepSelection) -> Result<Vec<OwnedOutput>, BuildError> {
    let fits = |output: &&OwnedOutput| match selection {
        SweepSelection::All => true,
        SweepSelection::Below(amount) => output.amount < amount,
        SweepSelection::Single(image) => output.key_image == Some(image),
    };
    let mut outputs: Vec<OwnedOutput> = planner.pool.outputs().filter(fits).cloned().collect();
    outputs.sort_unstable_by_key(|output| output.global_index);
    if !outputs.is_empty() {
        return Ok(outputs);
    }
    Err(match selection {
        SweepSelection::Single(_) => BuildError::NotSpendable,
        SweepSelection::All | SweepSelection::Below(_) => BuildError::NothingToSweep {
            locked: planner.locked(),
        },
    })
}

impl Planner<'_> {
    /// Inputs of a transaction of the target weight.
    fn inputs_that_fit(&self) -> Result<usize, BuildError> {
        let weight_of = |inputs| {
            self.largest_fee(&self.template, inputs)
                .map(|(_, weight)| weight.bytes())
        };
        let (one, two) = (weight_of(1)?, weight_of(2)?);
        let room = TARGET.bytes().saturating_sub(one);
        let more = room.checked_div(two.saturating_sub(one)).unwrap_or(0);
        Ok(usize::try_from(more).unwrap_or(usize::MAX).saturating_add(1))
    }

    fn sweep_transaction(&self, inputs: Vec<OwnedOutput>) -> Result<TransactionPlan, BuildError> {
        let mut plan = self.template.clone();
        plan.inputs = inputs;
        (plan.planned_fee, _) = self.largest_fee(&plan, plan.inputs.len())?;
        let funds = plan.funds();
        // Every output must get something.
        let least = plan
            .planned_fee
            .checked_add(Amount::from_atomic(plan.payments.len() as u64));
        if least.is_none_or(|least| funds < least) {
            return Err(BuildError::FeeExceedsAmount {
                fee: plan.planned_fee,
                amount: funds,
            });
        }
        Ok(plan)
    }
}
