//! What a transaction should pay (rpc §3.4).

use crate::{
    error::MethodError,
    method::Method,
    node::Call,
    types::{
        Status,
        output::{FeeAnswer, FeeRequest},
    },
};
use oxen_state::{fees, queries};
use oxen_types::network::constants::{
    BLINK_BURN_FEE_PERCENT, BLINK_BURN_FIXED, BLINK_PRODUCER_FEE_PERCENT, FEE_QUANTIZATION,
};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "get_fee_estimate",
            "Fees for each byte and each output of a transaction.",
            get_fee_estimate,
        )
        .parameters(&["grace_blocks"]),
    ]
}

fn get_fee_estimate(call: &Call<'_>, request: FeeRequest) -> Result<FeeAnswer, MethodError> {
    const DEFAULT_GRACE: u64 = 10;
    const BLINK_PERCENT: u64 = BLINK_PRODUCER_FEE_PERCENT + BLINK_BURN_FEE_PERCENT;
    let snapshot = call.snapshot();
    let totals = queries::totals(&*snapshot)?;
    let rate = fees::estimate(&*snapshot, &totals, request.grace_blocks.unwrap_or(DEFAULT_GRACE))?;
    let (per_byte, per_output) = (rate.per_byte.atomic(), rate.per_output.atomic());
    let blink = |fee: u64| fee.saturating_mul(BLINK_PERCENT) / 100;
    Ok(FeeAnswer {
        fee_per_byte: per_byte,
        fee_per_output: per_output,
        blink_fee_per_byte: blink(per_byte),
        blink_fee_per_output: blink(per_output),
        blink_fee_fixed: BLINK_BURN_FIXED.atomic(),
        quantization_mask: FEE_QUANTIZATION,
        fee: per_byte,
        fees: vec![per_byte; 4],
        untrusted: false,
        status: Status::OK,
    })
}
