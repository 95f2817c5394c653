//! Sums over the whole chain: those that the RPC told, and that nothing is lost between what was created, paid and owed.

use super::chain::Chain;
use crate::{
    balances::owed,
    recording::Recording,
    report::{Check, Report},
};
use oxen_state::{ViewError, queries};
use oxen_types::{Height, network::constants::BATCH_REWARD_FACTOR};

/// Compares the sums of `get_coinbase_tx_sum`, and that every thousandth created is paid or owed.
pub fn compare(recording: &Recording, chain: &Chain<'_>, report: &mut Report) {
    if let Err(error) = sums(recording, chain, report) {
        report.verify(Check::Totals, || "state at the last height".to_owned(), Err(error));
    }
}

fn sums(recording: &Recording, chain: &Chain<'_>, report: &mut Report) -> Result<(), ViewError> {
    let view = chain.state();
    let totals = queries::totals(view)?;
    let count = usize::try_from(totals.tip.next().index()).unwrap_or(usize::MAX);
    let rows = queries::block_rows(view, Height::GENESIS, count)?;
    let paid: u128 = rows.iter().map(|row| u128::from(row.coinbase_payouts.atomic())).sum();
    let credited = totals.fees.saturating_sub(totals.burned);
    let factor = u128::from(BATCH_REWARD_FACTOR);
    let owed = owed(view, chain.height())?;
    report.compare(
        Check::Totals,
        || "thousandths paid and owed, and thousandths created and credited".to_owned(),
        &(paid * factor + owed),
        &((totals.emitted_milli + u128::from(credited.atomic()) * factor) - totals.forfeited_milli),
    );
    let Some(answers) = &recording.final_answers else {
        return Ok(());
    };
    let place = |name: &'static str| move || format!("{name} of get_coinbase_tx_sum over the whole chain");
    match answers.coinbase_sum() {
        Ok(Some(recorded)) => {
            let emission = paid.saturating_sub(u128::from(credited.atomic()));
            let check = Check::Totals;
            report.compare(
                check,
                place("emission_amount"),
                &u128::from(recorded.emission_amount),
                &emission,
            );
            report.compare(check, place("fee_amount"), &recorded.fee_amount, &credited);
            report.compare(check, place("burn_amount"), &recorded.burn_amount, &totals.burned);
        }
        Ok(None) => report.unchecked(Check::Totals, "rpc_final.json has no get_coinbase_tx_sum"),
        Err(error) => report.verify(Check::Totals, place("form"), Err(error)),
    }
    Ok(())
}
