//! The coinbase of the batching era (chain §3.4): it pays what is due and names the leader, and creates nothing.

use crate::error::BlockError;
use oxen_staking_rules::{BatchPayout, batching::payout_key};
use oxen_types::{
    Block, Height, PublicKey, Transaction,
    extra::Extra,
    network::constants::COINBASE_UNLOCK_BLOCKS,
    transaction::{Proofs, TransactionType, TransactionVersion},
};

/// The last four bytes of the leader's key, which headers have from HF20 on.
#[must_use]
pub fn key_end(leader: &PublicKey) -> [u8; 4] {
    leader.as_bytes().last_chunk::<4>().copied().unwrap_or_default()
}

/// Checks the coinbase of an HF19 or HF20 block.
///
/// # Errors
/// The rule that is broken.
pub fn check_coinbase(
    block: &Block,
    coinbase: &Transaction,
    height: Height,
    leader: &PublicKey,
    payouts: &[BatchPayout],
) -> Result<(), BlockError> {
    check_form(block, coinbase, height)?;
    if Extra::parse_or_empty(&coinbase.prefix.extra).winner() != Some(*leader) {
        return Err(BlockError::CoinbaseLeader);
    }
    check_payouts(coinbase, height, payouts)
}

/// Height, tail, locks and type. Without outputs the reference checks none of them but the height (chain §9, quirk 14); the
/// height of the tail neither, which matters because the id does not cover it: whoever relays a block can change it.
fn check_form(block: &Block, coinbase: &Transaction, height: Height) -> Result<(), BlockError> {
    let found = block.height().unwrap_or_default();
    if found != height {
        return Err(BlockError::WrongHeight {
            expected: height,
            found,
        });
    }
    let prefix = &coinbase.prefix;
    if prefix.outputs.is_empty() {
        return Ok(());
    }
    if let Some(oxen_types::block::BatchingTail::Full { height: found, .. }) = &block.batching_tail
        && *found != height
    {
        return Err(BlockError::WrongHeight {
            expected: height,
            found: *found,
        });
    }
    let expected = height.saturating_add(COINBASE_UNLOCK_BLOCKS).index();
    if prefix.unlock_time.value() != expected {
        return Err(BlockError::CoinbaseUnlockTime {
            expected,
            found: prefix.unlock_time.value(),
        });
    }
    if prefix.version != TransactionVersion::V4
        || prefix.kind != TransactionType::Standard
        || coinbase.proofs != Proofs::Null
    {
        return Err(BlockError::CoinbaseForm);
    }
    Ok(())
}

/// Exactly the payouts that are due, in their order, to their deterministic keys.
fn check_payouts(coinbase: &Transaction, height: Height, payouts: &[BatchPayout]) -> Result<(), BlockError> {
    let outputs = &coinbase.prefix.outputs;
    if outputs.len() != payouts.len() {
        return Err(BlockError::PayoutCount {
            expected: payouts.len(),
            found: outputs.len(),
        });
    }
    for (index, (output, payout)) in outputs.iter().zip(payouts).enumerate() {
        let key = payout_key(&payout.recipient, height, index as u64).ok();
        if output.amount != payout.amount || key.is_none() || output.key() != key {
            return Err(BlockError::PayoutMismatch { output: index });
        }
    }
    Ok(())
}
