//! A valid transfer with any bytes altered is refused somewhere: nobody can turn it into another that says the same.
#![no_main]
use libfuzzer_sys::fuzz_target;
use oxen_state::transaction::{CheckedTransaction, RangeProofBatch, verify_ring_signatures};
use oxen_testkit::{TestChain, TransferBuilder};
use oxen_types::network::HardForkVersion;
use rand_core::OsRng;
use std::sync::OnceLock;

struct Ground {
    chain: TestChain,
    blob: Vec<u8>,
}

fn ground() -> &'static Ground {
    static GROUND: OnceLock<Ground> = OnceLock::new();
    GROUND.get_or_init(|| {
        let mut chain = TestChain::mature();
        let blob = TransferBuilder::new().inputs(2).build(&mut chain).blob();
        assert!(is_valid(&chain, &blob));
        Ground { chain, blob }
    })
}

/// Every rule of chain §2.6, with all proofs.
fn is_valid(chain: &TestChain, blob: &[u8]) -> bool {
    let Ok(transaction) = CheckedTransaction::from_blob(blob, HardForkVersion::REWARD_BATCHING) else {
        return false;
    };
    let Ok(rings) = chain.resolve(&transaction) else { return false };
    let mut range_proofs = RangeProofBatch::new();
    verify_ring_signatures(&transaction, &rings).is_ok()
        && range_proofs.add(0, &transaction).is_ok()
        && range_proofs.invalid(&mut OsRng).is_empty()
}

fuzz_target!(|data: &[u8]| {
    let ground = ground();
    let mut blob = ground.blob.clone();
    for edit in data.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % blob.len();
        blob[place] = edit[2];
    }
    // Bytes that do not make whole edits are added or cut off.
    match data.chunks_exact(3).remainder() {
        [cut] => blob.truncate(blob.len().saturating_sub(usize::from(*cut) % 64)),
        [first, second] => blob.extend([*first, *second]),
        _ => {}
    }
    assert!(blob == ground.blob || !is_valid(&ground.chain, &blob), "{blob:02x?} is as valid as the original");
});
