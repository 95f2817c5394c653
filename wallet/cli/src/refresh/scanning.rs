//! Finding outputs on all cores.

use oxen_types::scan::ScanBlock;
use oxen_wallet_core::{BlockHits, ViewContext, scan::find_owned_in};
use rayon::prelude::*;

/// Transactions after which a run of blocks is long enough: arithmetic for many at once is cheaper, and runs must be short
/// enough that every core gets some.
const RUN_TRANSACTIONS: usize = 256;

/// What was found in each block, in order.
#[must_use]
pub fn scan_in_parallel(context: &ViewContext, blocks: &[ScanBlock]) -> Vec<BlockHits> {
    let runs: Vec<Vec<BlockHits>> = runs(blocks)
        .into_par_iter()
        .map(|run| find_owned_in(context, run))
        .collect();
    runs.into_iter().flatten().collect()
}

/// Cuts blocks into runs with enough transactions each.
fn runs(blocks: &[ScanBlock]) -> Vec<&[ScanBlock]> {
    let (mut runs, mut rest, mut length, mut transactions) = (Vec::new(), blocks, 0, 0);
    for block in blocks {
        length += 1;
        transactions += block.transactions.len();
        if transactions >= RUN_TRANSACTIONS {
            let (run, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            runs.push(run);
            (rest, length, transactions) = (behind, 0, 0);
        }
    }
    if !rest.is_empty() {
        runs.push(rest);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::{
        Hash, Height, Timestamp,
        scan::{ScanKind, ScanTransaction},
        transaction::TransactionType,
    };

    fn block(height: u64, transactions: usize) -> ScanBlock {
        let transaction = ScanTransaction {
            id: Hash::ZERO,
            kind: ScanKind::Ordinary(TransactionType::Standard),
            fee: 0,
            burned: 0,
            public_keys: Vec::new(),
            additional_public_keys: Vec::new(),
            encrypted_payment_id: None,
            service_node: None,
            unlocked_stake: None,
            first_output: None,
            outputs: Vec::new(),
            key_images: Vec::new(),
        };
        ScanBlock {
            height: Height::new(height),
            id: Hash::ZERO,
            previous: Hash::ZERO,
            timestamp: Timestamp::from_seconds(0),
            transactions: vec![transaction; transactions],
        }
    }

    #[test]
    fn runs_hold_every_block_once_and_in_order() {
        for sizes in [&[][..], &[0, 0, 0], &[300, 1, 255, 256, 0], &[1; 600], &[1_000]] {
            let blocks: Vec<ScanBlock> = (0..).zip(sizes).map(|(height, size)| block(height, *size)).collect();
            let runs = runs(&blocks);
            assert!(runs.iter().all(|run| !run.is_empty()));
            let again: Vec<&ScanBlock> = runs.into_iter().flatten().collect();
            assert_eq!(again, blocks.iter().collect::<Vec<_>>());
        }
    }
}
