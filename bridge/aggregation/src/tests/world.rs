//! A contract, its nodes, and what each of them does when it is asked.

use crate::{
    Aggregation, AggregationParts, BridgeRequests, Heights, SigningKeys,
    wire::{Question, Reply},
};
use oxen_bridge_rules::{
    bls::{AggregateKey, PublicKey as BlsPoint, SecretKey, Signature, verify},
    message::{BridgeDomain, Message},
    picture::{ContractNodes, Picture},
};
use oxen_node_api::{
    Answer, AskError, BridgeNodes, Clock, L2Reader, L2Status, NoL2, QuorumHandler, QuorumNetwork, QuorumSubject, Reach,
    RewardBalances, SwapTotals,
    bridge::{AggregateOfNodes, DepartedNode, DepartureReason, NodeStanding, RegisteredNode},
};
use oxen_staking_rules::ServiceNodeKeys;
use oxen_state::ViewError;
use oxen_types::{
    Amount, Height, Network, PublicKey, Timestamp,
    bytes::{BlsPublicKey, EthereumAddress},
    network::L2Parameters,
};
use parity_scale_codec::{Decode, Encode};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

pub(super) const CONTRACT: EthereumAddress = EthereumAddress::new([0xc0; 20]);
pub(super) const SWAP_CONTRACT: EthereumAddress = EthereumAddress::new([0x5a; 20]);
pub(super) const RECIPIENT: EthereumAddress = EthereumAddress::new([1; 20]);
pub(super) const TIP: Height = Height::new(100);
pub(super) const FINAL: Height = Height::new(92);
/// Oldest height whose totals are kept.
pub(super) const OLDEST: Height = Height::new(50);
const START: u64 = 1_900_000_000;

/// What a node does when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conduct {
    Honest,
    /// Has earned the recipient more by its own books, and signs that.
    OtherValue,
    /// Says the right value and signs something else.
    WrongSignature,
    /// Answers bytes that are no answer.
    Garbage,
    /// Declines.
    Refusing,
    /// Has not reached the height.
    Behind,
    /// Never answers.
    Dead,
    /// Answers after this time.
    Late(Duration),
}

pub(super) const fn secret_seed(number: u8) -> [u8; 32] {
    [number; 32]
}

pub(super) fn keys(number: u8) -> SigningKeys {
    SigningKeys {
        bls: SecretKey::from_random(&secret_seed(number)).unwrap(),
        node: ServiceNodeKeys::from_seed(&secret_seed(number)),
    }
}

pub(super) fn registered(number: u8) -> RegisteredNode {
    let keys = keys(number);
    RegisteredNode {
        primary: keys.node.primary().public,
        bls_key: keys.bls.public_key().to_bytes(),
    }
}

/// A BLS key that no node has.
pub(super) fn stranger() -> BlsPublicKey {
    keys(200).bls.public_key().to_bytes()
}

pub(super) fn domain() -> BridgeDomain {
    BridgeDomain {
        chain_id: Network::regtest().l2.chain_id,
        contract: CONTRACT,
    }
}

/// What the nodes know; all the same, unless a conduct says otherwise.
pub(super) struct Facts {
    pub(super) immutable: Option<Height>,
    pub(super) listed: Option<ContractNodes>,
    pub(super) registered: Vec<RegisteredNode>,
    pub(super) standings: BTreeMap<BlsPublicKey, NodeStanding>,
}

/// One node's books.
struct Books {
    facts: Arc<Mutex<Facts>>,
    /// What it has for each block.
    of_block: u64,
    behind: u64,
}

impl Books {
    fn total(&self, recipient: &EthereumAddress, height: Height) -> Option<Amount> {
        if height < OLDEST {
            return None;
        }
        let earned = if *recipient == RECIPIENT {
            height.index() * self.of_block
        } else {
            0
        };
        Some(Amount::from_atomic(earned))
    }
}

impl RewardBalances for Books {
    fn total_at(&self, recipient: &EthereumAddress, height: Height) -> Result<Option<Amount>, ViewError> {
        Ok(self.total(recipient, height))
    }
}

impl SwapTotals for Books {
    fn contract(&self) -> Option<EthereumAddress> {
        Some(SWAP_CONTRACT)
    }

    fn total_at(&self, recipient: &EthereumAddress, height: Height) -> Result<Option<Amount>, ViewError> {
        Ok(self.total(recipient, height))
    }
}

impl Heights for Books {
    fn tip(&self) -> Result<Height, ViewError> {
        Ok(TIP.saturating_sub(self.behind))
    }

    fn immutable(&self) -> Result<Option<Height>, ViewError> {
        let immutable = self.facts.lock().unwrap().immutable;
        Ok(immutable.map(|height| height.saturating_sub(self.behind)))
    }
}

impl BridgeNodes for Books {
    fn registered(&self) -> Result<Vec<RegisteredNode>, ViewError> {
        Ok(self.facts.lock().unwrap().registered.clone())
    }

    fn standing(&self, key: &BlsPublicKey) -> Result<NodeStanding, ViewError> {
        let facts = self.facts.lock().unwrap();
        let is_registered = facts.registered.iter().any(|node| node.bls_key == *key);
        let unknown = if is_registered {
            NodeStanding::Registered
        } else {
            NodeStanding::Unknown
        };
        Ok(facts.standings.get(key).copied().unwrap_or(unknown))
    }

    fn departed(&self) -> Result<Vec<DepartedNode>, ViewError> {
        let facts = self.facts.lock().unwrap();
        let departed = facts.standings.iter().filter_map(|(key, standing)| match standing {
            NodeStanding::Departed { liquidation_height } => Some(DepartedNode {
                primary: PublicKey::new([0xdd; 32]),
                bls_key: *key,
                height: Height::new(60),
                liquidation_height: *liquidation_height,
                reason: DepartureReason::Exit,
            }),
            _ => None,
        });
        Ok(departed.collect())
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
        self.facts.lock().unwrap().listed.clone()
    }

    fn is_contract_node(&self, key: &BlsPublicKey) -> Option<bool> {
        Some(self.contract_nodes()?.id_of(key).is_some())
    }
}

/// Virtual time.
pub(super) struct VirtualClock(Instant);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.now_milliseconds() / 1_000)
    }

    fn now_milliseconds(&self) -> u64 {
        START * 1_000 + self.0.elapsed().as_millis() as u64
    }
}

/// Joins nodes in memory.
#[derive(Default)]
pub(super) struct Wires {
    handlers: Mutex<BTreeMap<PublicKey, Arc<dyn QuorumHandler>>>,
    conducts: Mutex<BTreeMap<PublicKey, Conduct>>,
    asked: AtomicUsize,
}

impl Wires {
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// One node's end of the wires.
struct End {
    wires: Arc<Wires>,
    own: Option<PublicKey>,
}

impl QuorumNetwork for End {
    fn tell(&self, _: &PublicKey, _: QuorumSubject, _: Arc<[u8]>, _: Reach) {}

    fn ask(&self, to: &PublicKey, subject: QuorumSubject, question: Vec<u8>) -> Answer<Result<Vec<u8>, AskError>> {
        assert_eq!(subject, QuorumSubject::Bridge);
        self.wires.asked.fetch_add(1, Ordering::Relaxed);
        let handler = self.wires.handlers.lock().unwrap().get(to).cloned();
        let conduct = self.wires.conducts.lock().unwrap().get(to).copied();
        let from = self.own;
        Box::pin(async move {
            let handler = handler.ok_or(AskError::NoAddress)?;
            match conduct.unwrap_or(Conduct::Honest) {
                Conduct::Dead => std::future::pending().await,
                Conduct::Refusing => Err(AskError::Declined),
                Conduct::Garbage => Ok(vec![0; 40]),
                Conduct::Late(time) => {
                    sleep(time).await;
                    handler.on_asked(from, question).await.ok_or(AskError::Declined)
                }
                Conduct::WrongSignature => {
                    let answer = handler.on_asked(from, question).await.ok_or(AskError::Declined)?;
                    Ok(with_another_signature(&answer))
                }
                Conduct::Honest | Conduct::OtherValue | Conduct::Behind => {
                    handler.on_asked(from, question).await.ok_or(AskError::Declined)
                }
            }
        })
    }

    fn handle(&self, _: QuorumSubject, handler: Arc<dyn QuorumHandler>) {
        if let Some(own) = self.own {
            self.wires.handlers.lock().unwrap().insert(own, handler);
        }
    }
}

/// The same answer with a good signature of another message.
fn with_another_signature(answer: &[u8]) -> Vec<u8> {
    match Reply::decode(&mut &answer[..]).unwrap() {
        Reply::Signed(mut signed) => {
            let other = domain().untagged(vec![7]).to_point();
            signed.signature = keys(9).bls.sign(&other).to_bytes();
            Reply::Signed(signed).encode()
        }
        refused => refused.encode(),
    }
}

/// A network.
pub(super) struct World {
    pub(super) facts: Arc<Mutex<Facts>>,
    pub(super) wires: Arc<Wires>,
    pub(super) nodes: Vec<Arc<Aggregation>>,
    start: Instant,
}

impl World {
    /// As many nodes as conducts, numbered from 1 by the contract; must be made on virtual time.
    pub(super) fn of(conducts: &[Conduct]) -> Self {
        let numbers: Vec<u8> = (1..).take(conducts.len()).collect();
        let listed = numbers
            .iter()
            .map(|number| (u64::from(*number), registered(*number).bls_key));
        let facts = Arc::new(Mutex::new(Facts {
            immutable: Some(FINAL),
            listed: Some(ContractNodes::new(listed)),
            registered: numbers.iter().copied().map(registered).collect(),
            standings: BTreeMap::new(),
        }));
        let mut world = Self {
            facts,
            wires: Arc::default(),
            nodes: Vec::new(),
            start: Instant::now(),
        };
        for (number, conduct) in numbers.into_iter().zip(conducts) {
            let primary = registered(number).primary;
            world.wires.conducts.lock().unwrap().insert(primary, *conduct);
            world.nodes.push(world.node(Some(keys(number)), *conduct));
        }
        world
    }

    pub(super) fn node(&self, keys: Option<SigningKeys>, conduct: Conduct) -> Arc<Aggregation> {
        let books = Arc::new(Books {
            facts: Arc::clone(&self.facts),
            of_block: if conduct == Conduct::OtherValue { 11 } else { 10 },
            behind: if conduct == Conduct::Behind { 20 } else { 0 },
        });
        Aggregation::start(AggregationParts {
            l2_parameters: L2Parameters {
                rewards_contract: Some(CONTRACT),
                ..Network::regtest().l2
            },
            heights: Arc::clone(&books) as _,
            rewards: Arc::clone(&books) as _,
            swap: Arc::clone(&books) as _,
            nodes: Arc::clone(&books) as _,
            l2: books,
            network: Arc::new(End {
                wires: Arc::clone(&self.wires),
                own: keys.as_ref().map(|keys| keys.node.primary().public),
            }),
            clock: Arc::new(VirtualClock(self.start)),
            keys,
        })
    }

    /// A node of no one, which only gathers.
    pub(super) fn collector(&self) -> BridgeRequests {
        BridgeRequests(self.node(None, Conduct::Honest))
    }

    pub(super) fn now(&self) -> Timestamp {
        VirtualClock(self.start).now()
    }

    /// Asks a node one question, as a service node or as nobody.
    pub(super) async fn ask(&self, number: u8, from: Option<PublicKey>, question: Question) -> Reply {
        let primary = registered(number).primary;
        let handler = Arc::clone(&self.wires.handlers.lock().unwrap()[&primary]);
        let answer = handler.on_asked(from, question.encode()).await.unwrap();
        Reply::from_bytes(&answer).unwrap()
    }

    /// What the contract does: all keys less those of the non-signers, at most a third of them.
    pub(super) fn contract_takes(&self, message: &Message, aggregate: &AggregateOfNodes) -> bool {
        let listed = self.facts.lock().unwrap().listed.clone().unwrap();
        let mut sum = AggregateKey::default();
        for (id, key) in listed.iter() {
            if !aggregate.non_signers.contains(&id) {
                sum.add(&BlsPoint::decode(key).unwrap());
            }
        }
        let key = sum.key().unwrap();
        let signature = Signature::decode(&aggregate.signature).unwrap();
        aggregate.non_signers.len() <= listed.len() / 3
            && aggregate.non_signers.is_sorted()
            && message.as_bytes() == aggregate.message
            && key.to_bytes() == aggregate.key
            && verify(&message.to_point(), &key, &signature)
    }
}
