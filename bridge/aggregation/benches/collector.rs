//! What a reward of one recipient costs the node that gathers the signatures of 2,200 others: asking, decoding, checking, adding
//! up. Wanted: under two seconds of processor time, which is what is measured: the time of all threads, however busy the machine.
#![allow(missing_docs, reason = "a bench")]

use criterion::{
    Criterion, criterion_group, criterion_main,
    measurement::{Measurement, ValueFormatter, WallTime},
};
use oxen_bridge_aggregation::{Aggregation, AggregationParts, BridgeRequests, Heights, SigningKeys};
use oxen_bridge_rules::{
    bls::SecretKey,
    picture::{ContractNodes, Picture},
};
use oxen_node_api::{
    Answer, AskError, BridgeNodes, BridgeSignatures, Clock, L2Reader, L2Status, NoL2, QuorumHandler, QuorumNetwork,
    QuorumSubject, Reach, RewardBalances, SwapTotals,
    bridge::{DepartedNode, Ledger, NodeStanding, RegisteredNode, TotalHeight},
};
use oxen_staking_rules::ServiceNodeKeys;
use oxen_state::ViewError;
use oxen_types::{
    Amount, Height, Network, PublicKey, Timestamp,
    bytes::{BlsPublicKey, EthereumAddress},
    keccak256,
    network::L2Parameters,
};
use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::runtime::Runtime;

const NODES: u64 = 2_200;
const RECIPIENT: EthereumAddress = EthereumAddress::new([1; 20]);
const FINAL: Height = Height::new(92);

/// Processor time of all threads of the process, as the kernel counts it, in hundredths of a second.
struct ProcessorTime;

fn used() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name, which is in brackets: the twelfth and the thirteenth field are ticks in user and in kernel mode.
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    Duration::from_millis(10 * ticks)
}

impl Measurement for ProcessorTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        used()
    }

    fn end(&self, start: Duration) -> Duration {
        used().saturating_sub(start)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// What every node knows.
struct Facts {
    nodes: Vec<RegisteredNode>,
    listed: ContractNodes,
    total: Amount,
}

/// One node's view of the facts.
struct Books {
    facts: Arc<Facts>,
    total: Amount,
}

impl RewardBalances for Books {
    fn total_at(&self, _: &EthereumAddress, _: Height) -> Result<Option<Amount>, ViewError> {
        Ok(Some(self.total))
    }
}

impl SwapTotals for Books {
    fn contract(&self) -> Option<EthereumAddress> {
        None
    }

    fn total_at(&self, _: &EthereumAddress, _: Height) -> Result<Option<Amount>, ViewError> {
        Ok(None)
    }
}

impl Heights for Books {
    fn tip(&self) -> Result<Height, ViewError> {
        Ok(FINAL)
    }

    fn immutable(&self) -> Result<Option<Height>, ViewError> {
        Ok(Some(FINAL))
    }
}

impl BridgeNodes for Books {
    fn registered(&self) -> Result<Vec<RegisteredNode>, ViewError> {
        Ok(self.facts.nodes.clone())
    }

    fn standing(&self, _: &BlsPublicKey) -> Result<NodeStanding, ViewError> {
        Ok(NodeStanding::Registered)
    }

    fn departed(&self) -> Result<Vec<DepartedNode>, ViewError> {
        Ok(Vec::new())
    }
}

impl L2Reader for Books {
    fn picture(&self) -> Option<Arc<Picture>> {
        None
    }

    fn status(&self) -> L2Status {
        NoL2.status()
    }

    fn contract_nodes(&self) -> Option<ContractNodes> {
        Some(self.facts.listed.clone())
    }
}

struct StillClock;

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_900_000_000)
    }
}

/// Joins nodes, and remembers what each answered: signers work once, before anything is measured.
#[derive(Default)]
struct Wires {
    handlers: Mutex<BTreeMap<PublicKey, Arc<dyn QuorumHandler>>>,
    answers: Arc<Mutex<BTreeMap<PublicKey, Vec<u8>>>>,
}

struct End {
    wires: Arc<Wires>,
    own: Option<PublicKey>,
}

impl QuorumNetwork for End {
    fn tell(&self, _: &PublicKey, _: QuorumSubject, _: Arc<[u8]>, _: Reach) {}

    fn ask(&self, to: &PublicKey, _: QuorumSubject, question: Vec<u8>) -> Answer<Result<Vec<u8>, AskError>> {
        let known = locked(&self.wires.answers).get(to).cloned();
        if let Some(answer) = known {
            return Box::pin(async move { Ok(answer) });
        }
        let handler = locked(&self.wires.handlers).get(to).cloned();
        let (answers, to) = (Arc::clone(&self.wires.answers), *to);
        Box::pin(async move {
            let handler = handler.ok_or(AskError::NoAddress)?;
            let answer = handler.on_asked(None, question).await.ok_or(AskError::Declined)?;
            locked(&answers).insert(to, answer.clone());
            Ok(answer)
        })
    }

    fn handle(&self, _: QuorumSubject, handler: Arc<dyn QuorumHandler>) {
        if let Some(own) = self.own {
            locked(&self.wires.handlers).insert(own, handler);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keys(number: u64) -> Option<SigningKeys> {
    let seed = keccak256(&number.to_le_bytes()).to_bytes();
    Some(SigningKeys {
        bls: SecretKey::from_random(&seed).ok()?,
        node: ServiceNodeKeys::from_seed(&seed),
    })
}

struct Nodes {
    facts: Arc<Facts>,
    wires: Arc<Wires>,
    _running: Vec<Arc<Aggregation>>,
}

impl Nodes {
    /// Every so many signs another total.
    fn new(every: Option<u64>) -> Self {
        let keys: Vec<(u64, SigningKeys)> = (1..=NODES).filter_map(|number| Some((number, keys(number)?))).collect();
        let registered = |keys: &SigningKeys| RegisteredNode {
            primary: keys.node.primary().public,
            bls_key: keys.bls.public_key().to_bytes(),
        };
        let nodes: Vec<RegisteredNode> = keys.iter().map(|(_, keys)| registered(keys)).collect();
        let facts = Arc::new(Facts {
            listed: ContractNodes::new((1..).zip(nodes.iter().map(|node| node.bls_key))),
            nodes,
            total: Amount::from_atomic(123_456_789),
        });
        let wires = Arc::new(Wires::default());
        let start = |(number, keys): (u64, SigningKeys)| {
            let lies = every.is_some_and(|every| number % every == 0);
            let total = if lies { Amount::from_atomic(1) } else { facts.total };
            node(&facts, &wires, Some(keys), total)
        };
        let running = keys.into_iter().map(start).collect();
        Self {
            facts,
            wires,
            _running: running,
        }
    }

    /// A node that gathers for the first time.
    fn gather(&self, runtime: &Runtime) -> usize {
        let collector = BridgeRequests(node(&self.facts, &self.wires, None, self.facts.total));
        let gathered = collector.total(Ledger::Rewards, RECIPIENT, TotalHeight::Newest);
        runtime
            .block_on(gathered)
            .map_or(usize::MAX, |signed| signed.aggregate.non_signers.len())
    }
}

fn node(facts: &Arc<Facts>, wires: &Arc<Wires>, keys: Option<SigningKeys>, total: Amount) -> Arc<Aggregation> {
    let books = Arc::new(Books {
        facts: Arc::clone(facts),
        total,
    });
    Aggregation::start(AggregationParts {
        l2_parameters: L2Parameters {
            rewards_contract: Some(EthereumAddress::new([0xc0; 20])),
            ..Network::regtest().l2
        },
        heights: Arc::clone(&books) as _,
        rewards: Arc::clone(&books) as _,
        swap: Arc::clone(&books) as _,
        nodes: Arc::clone(&books) as _,
        l2: books,
        network: Arc::new(End {
            wires: Arc::clone(wires),
            own: keys.as_ref().map(|keys| keys.node.primary().public),
        }),
        clock: Arc::new(StillClock),
        keys,
    })
}

fn collector(criterion: &mut Criterion<ProcessorTime>) {
    let Ok(runtime) = Runtime::new() else { return };
    let mut group = criterion.benchmark_group("reward of 2200 nodes");
    group.sample_size(10);
    for (name, every, missing) in [("all honest", None, 0), ("a third has another total", Some(3), 733)] {
        let nodes = Nodes::new(every);
        assert_eq!(nodes.gather(&runtime), missing, "{name}");
        group.bench_function(name, |bencher| bencher.iter(|| nodes.gather(&runtime)));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ProcessorTime);
    targets = collector
}
criterion_main!(benches);
