//! Bytes offered to the pool, most of them a valid transfer altered: taken or refused, and the pool's indices agree.
#![no_main]
use libfuzzer_sys::fuzz_target;
use oxen_mempool::{Mempool, MempoolParts, NoStorage, PoolSettings, settings::FeePolicy};
use oxen_node_api::{EventHub, Pool, Relay};
use oxen_state::NoServiceNodes;
use oxen_testkit::{ManualClock, SharedChain, TestChain, TransferBuilder};
use oxen_verifier::ProofVerifier;
use std::sync::{Arc, OnceLock};

fn ground() -> &'static (Mempool, Vec<u8>) {
    static GROUND: OnceLock<(Mempool, Vec<u8>)> = OnceLock::new();
    GROUND.get_or_init(|| {
        let mut chain = TestChain::mature();
        let blob = TransferBuilder::new().build(&mut chain).blob();
        let clock = Arc::new(ManualClock::at(chain.now()));
        let pool = Mempool::new(MempoolParts {
            chain: Arc::new(SharedChain::new(chain)),
            service_nodes: Arc::new(NoServiceNodes),
            verifier: Arc::new(ProofVerifier::new(1_000)),
            clock,
            events: Arc::new(EventHub::new()),
            storage: Arc::new(NoStorage),
            settings: PoolSettings { fees: FeePolicy::Free, ..PoolSettings::default() },
        });
        (pool, blob)
    })
}

fuzz_target!(|data: &[u8]| {
    let (pool, valid) = ground();
    let Some((kind, rest)) = data.split_first() else { return };
    let mut blob = if kind & 1 == 0 { valid.clone() } else { rest.to_vec() };
    if kind & 1 == 0 {
        for edit in rest.chunks_exact(3) {
            let place = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % blob.len();
            blob[place] = edit[2];
        }
    }
    let before = pool.len();
    match pool.submit(&blob, Relay::Relay) {
        Ok(_) => {
            assert_eq!(pool.transactions().len(), pool.len());
            pool.flush(None);
            assert!(pool.is_empty());
            assert_eq!(pool.weight().bytes(), 0);
        }
        Err(_) => assert_eq!(pool.len(), before),
    }
});
