//! Everything about a recorded chain that can be computed from its bytes, without the rules of a fork: ids, weights, indices,
//! proofs, signatures, and what each wallet owns.
//!
//! [`decoded`] turns bytes into values, once; the other rooms compare. [`blocks`], [`transactions`] and [`outputs`] are the
//! wire formats, [`proofs`] what hides and signs payments, [`quorums`] what service nodes sign, [`staking`] what stakers sign,
//! [`coinbases`] what accrued rewards are paid to, [`rewards`] how they accrue, [`times`] when blocks were made, [`wallets`]
//! what a user sees.

pub mod blocks;
pub mod coinbases;
pub mod decoded;
pub mod outputs;
pub mod proofs;
pub mod quorums;
pub mod rewards;
pub mod staking;
pub mod times;
pub mod transactions;
pub mod wallets;

use crate::{recording::Recording, report::Report};
use decoded::DecodedChain;

/// Compares everything.
#[must_use]
pub fn run(recording: &Recording) -> Report {
    let mut report = Report::new();
    let chain = DecodedChain::decode(recording, &mut report);
    blocks::compare(recording, &chain, &mut report);
    transactions::compare(recording, &chain, &mut report);
    outputs::compare(recording, &chain, &mut report);
    proofs::verify(recording, &chain, &mut report);
    coinbases::compare(recording, &chain, &mut report);
    quorums::verify(recording, &chain, &mut report);
    times::check(recording, &chain, &mut report);
    rewards::compare(recording, &chain, &mut report);
    staking::verify(recording, &chain, &mut report);
    wallets::compare(recording, &chain, &mut report);
    report.note("proof-of-work hashes (pow_hash) are not computed: this program has no RandomX");
    report.note("name records are decoded and encoded again; their rules and rows (ons_db.json) are not compared");
    report
}
