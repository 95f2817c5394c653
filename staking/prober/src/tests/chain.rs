//! A chain whose blocks, registry and quorums the test writes.

use crate::staking_view::StakingView;
use oxen_node_api::{
    AlternativeChain, ChainEvent, ChainFeed, ChainReader, ChainSubscriber, EventHub, Snapshot, Subscription,
};
use oxen_staking_rules::{
    Quorum, Registry, ServiceNode, SwarmId,
    batching::Recipient,
    quorum::PulseSorter,
    registry::{Activity, NodeRecord, QueuePosition, Stake, update::StateQuorums},
};
use oxen_state::{
    MemoryState, Overlay, View, ViewError,
    service_nodes::tables::Quorums,
    tables::{BlockBlobs, BlockRow, Blocks, PrunedTransactions, Totals, TotalsRow, TransactionRow, Transactions},
};
use oxen_types::{
    Amount, Block, BlockHeader, ConsensusEncode, Hash, Height, Network, PublicKey, Timestamp, Transaction, UnlockTime,
    block::{BatchingTail, PulseHeader},
    extra::StateChange,
    transaction::{Input, Proofs, PrunedTransaction, TransactionPrefix, TransactionType, TransactionVersion, Weight},
};
use std::sync::{Arc, Mutex, PoisonError};

/// What a block brings.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) pulse: Option<PulseHeader>,
    pub(super) change: Option<StateChange>,
}

/// The chain.
pub(super) struct ScriptedChain {
    network: Arc<Network>,
    state: Mutex<Arc<MemoryState>>,
    registry: Mutex<Arc<Registry>>,
    nodes: Vec<PublicKey>,
    pub(super) hub: EventHub,
    /// Makes blocks of one branch differ from those of another.
    branch: Mutex<u32>,
}

/// A funded node that has been registered and active since height 1.
pub(super) fn active_node() -> ServiceNode {
    let height = Height::new(1);
    ServiceNode {
        record: NodeRecord {
            registration_height: height,
            registration_version: 19,
            requested_unlock_height: None,
            queue: QueuePosition::after_block(height),
            activity: Activity::Active { since: height },
            decommission_count: 0,
            last_decommission: None,
            recommission_credit: 60,
            swarm: SwarmId::UNASSIGNED,
            last_ip_change_height: height,
            pulse_sorter: PulseSorter::default(),
        },
        stake: Arc::new(Stake {
            bls_key: None,
            requirement: Amount::OXEN,
            operator: Recipient::Oxen {
                spend: PublicKey::ZERO,
                view: PublicKey::ZERO,
            },
            operator_portions: 0,
            contributors: Vec::new(),
            total_contributed: Amount::OXEN,
            total_reserved: Amount::OXEN,
        }),
    }
}

impl ScriptedChain {
    /// The first block alone; every node is active.
    pub(super) fn start(network: Network, nodes: Vec<PublicKey>) -> Self {
        let registry = Registry::new(nodes.iter().map(|key| (*key, Arc::new(active_node()))), []);
        let chain = Self {
            network: Arc::new(network),
            state: Mutex::default(),
            registry: Mutex::new(Arc::new(registry)),
            nodes,
            hub: EventHub::new(),
            branch: Mutex::new(0),
        };
        chain.append(Height::GENESIS, Timestamp::from_seconds(0), Contents::default());
        chain
    }

    pub(super) fn tip(&self) -> Height {
        self.totals().map(|totals| totals.tip).expect("there is a first block")
    }

    pub(super) fn block_id(&self, height: u64) -> Hash {
        let row = oxen_state::queries::block_row(&*self.snapshot(), Height::new(height));
        row.expect("a state in memory reads").expect("there is such a block").id
    }

    /// Mines a block and tells of it.
    pub(super) fn mine(&self, timestamp: Timestamp, contents: Contents) {
        let height = self.tip().next();
        let id = self.append(height, timestamp, contents);
        self.hub.publish(&ChainEvent::Committed {
            height,
            id,
            transactions: Vec::new(),
        });
    }

    /// Takes the newest blocks back; later ones are another branch.
    pub(super) fn revert(&self, count: u64) {
        *self.branch.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        for _ in 0..count {
            let height = self.tip();
            let id = self.block_id(height.index());
            self.change(|state| {
                state.delete::<Blocks>(&height);
                state.delete::<BlockBlobs>(&height);
                state.delete::<Quorums>(&height);
                state.put::<Totals>(&(), &totals_row(height.previous().expect("not the first block")));
            });
            self.hub.publish(&ChainEvent::Reverted {
                height,
                id,
                transactions: Vec::new(),
            });
        }
    }

    /// Takes a node out of the registry.
    pub(super) fn leave(&self, key: &PublicKey) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let others = registry.nodes().filter(|(other, _)| *other != key);
        let all: Vec<_> = others.map(|(key, node)| (*key, Arc::clone(node))).collect();
        *registry = Arc::new(Registry::new(all, []));
    }

    /// Writes a node into the registry.
    pub(super) fn set_node(&self, key: &PublicKey, change: impl FnOnce(&mut ServiceNode)) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let mut node = registry.node(key).map_or_else(active_node, |node| (**node).clone());
        change(&mut node);
        let others = registry.nodes().filter(|(other, _)| *other != key);
        let all = others.map(|(key, node)| (*key, Arc::clone(node)));
        *registry = Arc::new(Registry::new(all.chain([(*key, Arc::new(node))]), []));
    }

    /// Takes a node out of the registry.
    pub(super) fn remove_node(&self, key: &PublicKey) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let others = registry.nodes().filter(|(other, _)| *other != key);
        *registry = Arc::new(Registry::new(others.map(|(key, node)| (*key, Arc::clone(node))), []));
    }

    fn append(&self, height: Height, timestamp: Timestamp, contents: Contents) -> Hash {
        let branch = *self.branch.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = contents.change.map(oxen_staking_rules::vote::state_change_transaction);
        let block = block(height, timestamp, branch, contents.pulse, transaction.as_ref());
        let quorums = self.quorums_at(height);
        self.change(|state| {
            state.put::<Totals>(&(), &totals_row(height));
            state.put::<Blocks>(&height, &block_row(&block, timestamp));
            state.put::<BlockBlobs>(&height, &ConsensusEncode::encode(&block));
            state.put::<Quorums>(&height, &quorums);
            if let Some(transaction) = &transaction {
                put_transaction(state, transaction, height);
            }
        });
        block.id()
    }

    fn quorums_at(&self, height: Height) -> StateQuorums {
        let first = |count: usize| self.nodes.iter().take(count).copied().collect();
        let has_checkpointing = (height.index() + 11).is_multiple_of(4);
        StateQuorums {
            obligations: Quorum {
                validators: first(10),
                workers: self.nodes.iter().skip(10).copied().collect(),
            },
            checkpointing: has_checkpointing.then(|| Quorum {
                validators: first(20),
                workers: Vec::new(),
            }),
            blink: None,
            pulse: Some(Quorum {
                validators: first(11),
                workers: self.nodes.iter().skip(11).take(1).copied().collect(),
            }),
        }
    }

    fn totals(&self) -> Option<TotalsRow> {
        oxen_state::queries::totals(&*self.snapshot()).ok()
    }

    fn change(&self, change: impl FnOnce(&mut Overlay<&MemoryState>)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut overlay = Overlay::new(&**state);
        change(&mut overlay);
        let delta = overlay.into_delta();
        Arc::make_mut(&mut state).commit(&delta);
    }
}

impl ChainReader for ScriptedChain {
    fn network(&self) -> &Arc<Network> {
        &self.network
    }

    fn snapshot(&self) -> Snapshot {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&*state) as Snapshot
    }

    fn alternative_block(&self, _: &Hash) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(None)
    }

    fn alternative_chains(&self) -> Result<Vec<AlternativeChain>, ViewError> {
        Ok(Vec::new())
    }

    fn database_bytes(&self) -> u64 {
        0
    }
}

impl ChainFeed for ScriptedChain {
    fn subscribe(&self, subscriber: Arc<dyn ChainSubscriber>) -> Subscription {
        self.hub.subscribe(subscriber)
    }
}

impl StakingView for ScriptedChain {
    fn registry(&self, _: &dyn View) -> Result<Arc<Registry>, ViewError> {
        Ok(Arc::clone(
            &self.registry.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

fn block(
    height: Height,
    timestamp: Timestamp,
    branch: u32,
    pulse: Option<PulseHeader>,
    transaction: Option<&Transaction>,
) -> Block {
    Block {
        header: BlockHeader {
            major_version: 19,
            minor_version: 3,
            timestamp,
            previous: Hash::ZERO,
            nonce: branch,
            pulse: Some(pulse.unwrap_or_default()),
            leader: None,
            l2: None,
        },
        miner_transaction: Some(Transaction {
            prefix: TransactionPrefix {
                version: TransactionVersion::V4,
                output_unlock_times: Vec::new(),
                unlock_time: UnlockTime::NONE,
                inputs: vec![Input::Generation { height }],
                outputs: Vec::new(),
                extra: Vec::new(),
                kind: TransactionType::Standard,
            },
            proofs: Proofs::Null,
        }),
        transaction_ids: transaction.map(Transaction::id).into_iter().collect(),
        l2_event_count: 0,
        signatures: Vec::new(),
        batching_tail: Some(BatchingTail::Compact { reward: Amount::ZERO }),
    }
}

fn put_transaction(state: &mut Overlay<&MemoryState>, transaction: &Transaction, height: Height) {
    let id = transaction.id();
    state.put::<Transactions>(
        &id,
        &TransactionRow {
            height,
            position: 1,
            kind: transaction.prefix.kind,
            first_output: 0,
            output_count: 0,
            prunable_hash: Hash::ZERO,
        },
    );
    let pruned = PrunedTransaction {
        prefix: transaction.prefix.clone(),
        base: None,
    };
    state.put::<PrunedTransactions>(&id, &ConsensusEncode::encode(&pruned));
}

fn totals_row(tip: Height) -> TotalsRow {
    TotalsRow {
        tip,
        transactions: 0,
        outputs: 0,
        emitted_milli: 0,
        burned: Amount::ZERO,
        forfeited_milli: 0,
        fees: Amount::ZERO,
        heavy_blocks: 0,
    }
}

fn block_row(block: &Block, timestamp: Timestamp) -> BlockRow {
    BlockRow {
        id: block.id(),
        major_version: block.header.major_version,
        timestamp,
        weight: Weight::default(),
        long_term_weight: Weight::default(),
        difficulty: 1,
        cumulative_difficulty: 1,
        outputs_end: 0,
        reward: Amount::ZERO,
        coinbase_payouts: Amount::ZERO,
        fees: Amount::ZERO,
        burned: Amount::ZERO,
        transaction_count: 0,
    }
}
