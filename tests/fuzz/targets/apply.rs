//! Blocks altered from valid ones, and blocks of nothing but bytes, on a small chain: `apply` refuses or changes, never panics,
//! and what it changes is taken back exactly.
#![no_main]
use libfuzzer_sys::fuzz_target;
use oxen_state::{
    MemoryState, NoServiceNodes, NoWorkHash, Rules, UntrustedBlock, apply, state_digest,
    transaction::{CheckedTransaction, ProofsAssumedValid},
};
use oxen_testkit::{TestChain, TransferBuilder};
use oxen_types::{ConsensusEncode, Hash, network::HardForkVersion};
use std::sync::{Arc, OnceLock};

struct Ground {
    chain: TestChain,
    digest: Hash,
    /// Bytes of a valid next block with two transfers, and theirs.
    block: Vec<u8>,
    transfers: Vec<Vec<u8>>,
}

fn ground() -> &'static Ground {
    static GROUND: OnceLock<Ground> = OnceLock::new();
    GROUND.get_or_init(|| {
        let mut chain = TestChain::mature();
        let transfers = TransferBuilder::new().build_many(2, &mut chain);
        let checked: Vec<_> = transfers.iter().map(oxen_testkit::Transfer::checked).collect();
        let block = chain.assemble(&checked).encode();
        let digest = chain.digest();
        Ground { chain, digest, block, transfers: transfers.iter().map(oxen_testkit::Transfer::blob).collect() }
    })
}

/// Replaces bytes at places that the input names: pairs of a place and a value.
fn alter(bytes: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut altered = bytes.to_vec();
    for edit in edits.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % altered.len();
        altered[place] = edit[2];
    }
    altered
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    let ground = ground();
    let block = if kind & 1 == 0 { alter(&ground.block, rest) } else { rest.to_vec() };
    let Ok(block) = UntrustedBlock::from_blob(&block) else { return };
    let transactions: Vec<Arc<CheckedTransaction>> = ground
        .transfers
        .iter()
        .map(|blob| if kind & 2 == 0 { blob.clone() } else { alter(blob, rest) })
        .filter_map(|blob| CheckedTransaction::from_blob(&blob, HardForkVersion::REWARD_BATCHING).ok().map(Arc::new))
        .collect();
    let Ok(block) = block.with_transactions(transactions) else { return };
    let rules = Rules {
        network: ground.chain.network(),
        service_nodes: &NoServiceNodes,
        proofs: &ProofsAssumedValid,
        work: &NoWorkHash,
        now: ground.chain.now().saturating_add(1_000),
    };
    if let Ok(applied) = apply(ground.chain.state(), &rules, &block) {
        let mut state: MemoryState = ground.chain.state().clone();
        state.commit(&applied.delta);
        assert_ne!(state_digest(&state).expect("memory does not fail"), ground.digest);
        state.commit(applied.undo.as_delta());
        assert_eq!(state_digest(&state).expect("memory does not fail"), ground.digest);
    }
});
