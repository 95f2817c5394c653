//! A node of the benches: chain, pool and store in memory.
#![allow(dead_code, reason = "each bench uses a part")]

use oxen_mempool::{Mempool, MempoolParts, NoStorage, PoolSettings};
use oxen_node_api::{ChainReader, Clock, EventHub};
use oxen_p2p::{PeerConfig, PeerNetwork, PeerServices};
use oxen_staking_rules::ServiceNodeKeys;
use oxen_state::{NoServiceNodes, NoWorkHash, ServiceNodeRules};
use oxen_store::{ChainStore, Identity};
use oxen_testkit::{ManualClock, TestChain};
use oxen_verifier::ProofVerifier;
use oxen_writer::{Chain, ChainParts};
use std::sync::Arc;
use tempfile::TempDir;

pub struct Node {
    pub chain: Arc<Chain>,
    pub services: PeerServices,
    folder: TempDir,
}

impl Node {
    pub fn new(source: &TestChain) -> Self {
        let network = source.network();
        let identity = Identity {
            network: network.network_id,
            genesis: network.genesis.block_id,
        };
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(source.now()));
        let events = Arc::new(EventHub::new());
        let verifier = Arc::new(ProofVerifier::default());
        let service_nodes: Arc<dyn ServiceNodeRules + Send + Sync> = Arc::new(NoServiceNodes);
        let chain = Chain::open(ChainParts {
            network: Arc::clone(network),
            store: ChainStore::in_memory(&identity).unwrap(),
            service_nodes: Arc::clone(&service_nodes),
            verifier: Arc::clone(&verifier),
            work: Arc::new(NoWorkHash),
            clock: Arc::clone(&clock),
            events: Arc::clone(&events),
        });
        let chain = Arc::new(chain.unwrap());
        let pool = Arc::new(Mempool::new(MempoolParts {
            chain: Arc::clone(&chain) as Arc<dyn ChainReader>,
            service_nodes,
            verifier,
            clock: Arc::clone(&clock),
            events: Arc::clone(&events),
            storage: Arc::new(NoStorage),
            settings: PoolSettings::default(),
        }));
        chain.set_pool(Arc::clone(&pool) as _);
        let services = PeerServices {
            chain: Arc::clone(&chain) as _,
            writer: Arc::clone(&chain) as _,
            pool,
            feed: events,
            clock,
        };
        Self {
            chain,
            services,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub async fn start(&self, peer: Option<&str>, keys: Option<&ServiceNodeKeys>) -> PeerNetwork {
        let mut config = PeerConfig::loopback(self.folder.path().to_owned());
        config.peers = peer.map(|address| address.parse().unwrap()).into_iter().collect();
        PeerNetwork::start(config, self.services.clone(), keys, rand_core::OsRng)
            .await
            .unwrap()
    }
}
