//! A transaction that decodes encodes back to its bytes, and nothing it holds makes its hashes, weight or pruned form fail.
#![no_main]
use libfuzzer_sys::fuzz_target;
use oxen_state::transaction::CheckedTransaction;
use oxen_types::{
    ConsensusDecode, ConsensusEncode, Transaction,
    network::HardForkVersion,
    transaction::{Proofs, PrunedTransaction},
};

fuzz_target!(|data: &[u8]| {
    if let Ok(transaction) = Transaction::decode(data) {
        assert_eq!(transaction.encode(), data);
        let hashes = transaction.hashes();
        assert!(transaction.weight().bytes() >= data.len() as u64);
        if !matches!(transaction.proofs, Proofs::Legacy(_) | Proofs::RingSignatures(_)) {
            let pruned = PrunedTransaction::decode(&transaction.encode_pruned()).expect("the pruned form decodes");
            assert_eq!(pruned.id(hashes.prunable), hashes.id);
            let whole = pruned.with_prunable(&transaction.encode_prunable()).expect("the parts make the whole");
            assert_eq!(whole, transaction);
        }
        let _ = CheckedTransaction::from_blob(data, HardForkVersion::REWARD_BATCHING);
    }
    if let Ok(pruned) = PrunedTransaction::decode(data) {
        assert_eq!(pruned.encode(), data);
    }
});
