//! Service nodes with their chains, and a conductor who delivers, spreads blocks and moves the clock.

use crate::network::{End, TestClock, Wire};
use oxen_crypto::KeyPair;
use oxen_mempool::{Mempool, MempoolParts, NoStorage, PoolSettings};
use oxen_node_api::{BlockSubmission, ChainReader, ChainWriter, Clock, EventHub, Pool, Relay};
use oxen_pulse_driver::{GuardStorage, GuardStorageError, Participant, Promise, PulseParts, Readiness};
use oxen_pulse_machine::{GuardRecord, Message};
use oxen_state::{NoWorkHash, ServiceNodeRules, StakingRules, queries};
use oxen_store::{ChainStore, Identity};
use oxen_testkit::StakingChain;
use oxen_types::{Block, ConsensusEncode, Hash, Height, PublicKey, network::PulseStartRule};
use oxen_verifier::ProofVerifier;
use oxen_writer::{Chain, ChainParts};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// Remembers in memory, as long as the disk is sound.
#[derive(Default)]
pub(crate) struct MemoryGuard {
    promises: Mutex<BTreeMap<(Height, u8, u8), GuardRecord>>,
    pub(crate) broken: AtomicBool,
}

impl GuardStorage for MemoryGuard {
    fn load(&self) -> Result<Vec<GuardRecord>, GuardStorageError> {
        Ok(self.promises.lock().unwrap().values().copied().collect())
    }

    fn promise(&self, record: &GuardRecord) -> Result<Promise, GuardStorageError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(GuardStorageError("the disk is full".into()));
        }
        let key = (record.height, record.round, record.act as u8);
        let mut promises = self.promises.lock().unwrap();
        let kept = *promises.entry(key).or_insert(*record);
        Ok(if kept == *record { Promise::Kept } else { Promise::Taken })
    }
}

/// In step, unless the test says otherwise.
pub(crate) struct Step(pub(crate) AtomicBool);

impl Readiness for Step {
    fn is_in_step(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

pub(crate) struct Node {
    pub(crate) chain: Arc<Chain>,
    pub(crate) pool: Arc<Mempool>,
    pub(crate) guard: Arc<MemoryGuard>,
    pub(crate) step: Arc<Step>,
    parts: PulseParts,
    participant: Participant,
    /// The tip that its participant has seen.
    seen: Hash,
}

impl Node {
    /// `verifier` is everybody's: who verified a proof is not what is tested here.
    fn new(
        source: &StakingChain,
        key: KeyPair,
        wire: &Wire,
        clock: &Arc<TestClock>,
        verifier: &Arc<ProofVerifier>,
    ) -> Self {
        let network = source.chain().network();
        let identity = Identity {
            network: network.network_id,
            genesis: network.genesis.block_id,
        };
        let events = Arc::new(EventHub::new());
        let staking = Arc::new(StakingRules::new(Arc::clone(network)));
        let service_nodes: Arc<dyn ServiceNodeRules + Send + Sync> = Arc::clone(&staking) as _;
        let chain = Arc::new(
            Chain::open(ChainParts {
                network: Arc::clone(network),
                store: ChainStore::in_memory(&identity).unwrap(),
                service_nodes: Arc::clone(&service_nodes),
                verifier: Arc::clone(verifier),
                work: Arc::new(NoWorkHash),
                clock: Arc::clone(clock) as Arc<dyn Clock>,
                events: Arc::clone(&events),
            })
            .unwrap(),
        );
        let pool = Arc::new(Mempool::new(MempoolParts {
            chain: Arc::clone(&chain) as Arc<dyn ChainReader>,
            service_nodes,
            verifier: Arc::clone(verifier),
            clock: Arc::clone(clock) as Arc<dyn Clock>,
            events,
            storage: Arc::new(NoStorage),
            settings: PoolSettings::default(),
        }));
        chain.set_pool(Arc::clone(&pool) as _);
        for block in source.chain().blocks() {
            chain.submit_block(block.submission()).unwrap();
        }
        let (guard, step) = (Arc::new(MemoryGuard::default()), Arc::new(Step(AtomicBool::new(true))));
        let parts = PulseParts {
            chain: Arc::clone(&chain) as _,
            blocks: Arc::clone(&chain) as _,
            writer: Arc::clone(&chain) as _,
            pool: Arc::clone(&pool) as _,
            staking,
            network: Arc::new(End {
                own: key.public,
                wire: wire.clone(),
            }),
            guard: Arc::clone(&guard) as _,
            clock: Arc::clone(clock) as _,
            readiness: Arc::clone(&step) as _,
            key,
        };
        Self {
            participant: Participant::new(parts.clone()).unwrap(),
            parts,
            chain,
            pool,
            guard,
            step,
            seen: Hash::ZERO,
        }
    }

    pub(crate) const fn parts(&self) -> &PulseParts {
        &self.parts
    }

    pub(crate) fn tip(&self) -> (Height, Hash) {
        let (height, row) = queries::tip(&*self.chain.snapshot()).unwrap();
        (height, row.id)
    }

    pub(crate) fn block(&self, height: Height) -> Block {
        queries::block(&*self.chain.snapshot(), height).unwrap().unwrap()
    }

    /// The process dies and starts again: what is on disk stays.
    pub(crate) fn restart(&mut self) {
        self.participant = Participant::new(self.parts.clone()).unwrap();
        self.seen = Hash::ZERO;
    }
}

pub(crate) struct World {
    pub(crate) nodes: BTreeMap<PublicKey, Node>,
    pub(crate) source: StakingChain,
    wire: Wire,
    clock: Arc<TestClock>,
    now: u64,
    /// Whose messages are lost.
    pub(crate) silent: BTreeSet<PublicKey>,
}

impl World {
    /// Nodes that are registered and paid, at the moment after the last block that the test kit made.
    pub(crate) fn start(count: usize) -> Self {
        let network = StakingChain::network().pulse_start(PulseStartRule::Ideal);
        let source = StakingChain::on(&network).with_nodes(count);
        let wire = Wire::default();
        let clock = Arc::new(TestClock::default());
        let now = source.chain().now().seconds() * 1000;
        clock.set(now);
        let verifier = Arc::new(ProofVerifier::default());
        let nodes = (1..=count).map(|number| {
            let key = StakingChain::node_keys(&format!("n{number}"));
            (key.public, Node::new(&source, key, &wire, &clock, &verifier))
        });
        Self {
            nodes: nodes.collect(),
            source,
            wire,
            clock,
            now,
            silent: BTreeSet::new(),
        }
    }

    pub(crate) fn height(&self) -> Height {
        self.nodes.values().map(|node| node.tip().0).max().unwrap()
    }

    /// The quorum of a round of the next block, as the first node sees it: producer, validators.
    pub(crate) fn quorum(&self, round: u8) -> (PublicKey, Vec<PublicKey>) {
        let node = self.nodes.values().next().unwrap();
        let snapshot = node.chain.snapshot();
        let quorum = node
            .parts
            .staking
            .next_pulse_quorum(&*snapshot, node.tip().0.next(), round);
        let quorum = quorum.unwrap().expect("there are enough nodes");
        (quorum.workers[0], quorum.validators)
    }

    /// Puts a transaction into one node's pool.
    pub(crate) fn submit_to(&self, node: &PublicKey, blob: &[u8]) {
        self.nodes[node].pool.submit(blob, Relay::Relay).unwrap();
    }

    /// Goes on until every node that is not silent has this height.
    pub(crate) fn run_until(&mut self, height: Height) {
        for _ in 0..100_000 {
            if self.everybody_has(height) {
                return;
            }
            self.settle();
            if self.everybody_has(height) {
                return;
            }
            self.move_clock();
        }
        panic!(
            "no block {height}: the tips are {:?}",
            self.nodes.values().map(Node::tip).collect::<Vec<_>>()
        );
    }

    fn everybody_has(&self, height: Height) -> bool {
        let mut heard = self.nodes.iter().filter(|(key, _)| !self.silent.contains(key));
        heard.all(|(_, node)| node.tip().0 >= height)
    }

    /// Everything happens that needs no time.
    fn settle(&mut self) {
        loop {
            let news = self.look_at_chains();
            let fetched = self.fetch();
            let Some((from, to, bytes)) = self.wire.next() else {
                if news || fetched {
                    continue;
                }
                return;
            };
            if !self.silent.contains(&from) && !self.silent.contains(&to) {
                let message = Message::from_bytes(&bytes).unwrap();
                self.nodes.get_mut(&to).unwrap().participant.receive(from, message);
            }
        }
    }

    /// Spreads new blocks and tells participants of new tips.
    fn look_at_chains(&mut self) -> bool {
        let best = self.nodes.values().max_by_key(|node| node.tip().0).unwrap();
        let (height, _) = best.tip();
        let missing: Vec<BlockSubmission> = (self.nodes.values().map(|node| node.tip().0.index()).min().unwrap() + 1
            ..=height.index())
            .map(|height| submission(best, Height::new(height)))
            .collect();
        for node in self.nodes.values().filter(|node| node.tip().0 < height) {
            for block in &missing {
                node.chain.submit_block(block.clone()).unwrap();
            }
        }
        let mut news = false;
        for node in self.nodes.values_mut() {
            let (_, tip) = node.tip();
            if node.seen != tip {
                node.seen = tip;
                news = true;
                node.participant.look_at_chain();
            }
        }
        news
    }

    /// Producers give what validators lack.
    fn fetch(&mut self) -> bool {
        let mut asked = Vec::new();
        for (key, node) in &mut self.nodes {
            asked.extend(node.participant.take_fetches().into_iter().map(|fetch| (*key, fetch)));
        }
        let any = !asked.is_empty();
        for (key, fetch) in asked {
            let pool = &self.nodes[&fetch.producer].pool;
            let found = fetch.missing.iter().filter_map(|id| Some(pool.get(id)?.blob.to_vec()));
            let found = found.collect();
            self.nodes.get_mut(&key).unwrap().participant.fetched(&fetch, found);
        }
        any
    }

    fn move_clock(&mut self) {
        let wakes = self.nodes.values().filter_map(|node| node.participant.wake());
        let next = wakes.min().expect("somebody waits for a moment").milliseconds();
        self.now = self.now.max(next);
        self.clock.set(self.now);
        for node in self.nodes.values_mut() {
            if node
                .participant
                .wake()
                .is_some_and(|wake| wake.milliseconds() <= self.now)
            {
                node.participant.tick();
            }
        }
    }

    /// Lets the participants look at their chains again.
    pub(crate) fn look_again(&mut self) {
        for node in self.nodes.values_mut() {
            node.seen = Hash::ZERO;
        }
    }
}

/// A block of the node's chain with its transactions.
fn submission(node: &Node, height: Height) -> BlockSubmission {
    let snapshot = node.chain.snapshot();
    let block = node.block(height);
    let transactions = block.transaction_ids.iter().map(|id| {
        let stored = queries::transaction(&*snapshot, id).unwrap().unwrap();
        stored.blob().unwrap()
    });
    BlockSubmission {
        transactions: transactions.collect(),
        block: block.encode(),
        checkpoint: None,
    }
}
