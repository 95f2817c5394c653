//! Probers on a scripted chain, and what they hand on.

use super::chain::{Contents, ScriptedChain};
use crate::{
    NoSyncTarget, ObservationStorage, Prober, ProberParts, ProberSettings, ProofHandler, StorageError,
    StoredObservations, VoteHandler, settings::REFERENCE_VERSION,
};
use oxen_node_api::{
    Admission, AdmissionError, Answer, AskError, BlockOutcome, BlockSubmission, ChainReader, ChainWriter,
    CheckpointOutcome, Clock, Gossip, GossipHandler, GossipTopic, GossipVerdict, L2Reader, NoL2, Pool, PoolTransaction,
    QuorumHandler, QuorumNetwork, QuorumSubject, Reach, Relay, SubmitBlockError, SubmitCheckpointError, Subscription,
};
use oxen_staking_rules::{
    ServiceNodeKeys,
    uptime_proof::{LocalAddresses, NothingProven, ServicePorts, ServiceVersions, SignedProof, UptimeProof},
};
use oxen_testkit::ManualClock;
use oxen_types::{
    Checkpoint, ConsensusDecode, Extra, Hash, Height, KeyImage, Network, PublicKey, Timestamp, Transaction,
    extra::StateChange,
};
use rand_core::OsRng;
use std::{
    collections::{BTreeMap, VecDeque},
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// When probers start, Unix seconds.
pub(super) const START: u64 = 1_700_000_000;

/// Nodes in the registry.
pub(super) const NODES: u8 = 24;

/// Height of the chain at the start.
pub(super) const START_HEIGHT: u64 = 100;

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keys of a node.
pub(super) fn keys(number: u8) -> ServiceNodeKeys {
    ServiceNodeKeys::from_seed(&[number + 1; 32])
}

/// Primary key of a node.
pub(super) fn key(number: u8) -> PublicKey {
    keys(number).primary().public
}

/// A network whose proofs count for 1,000 seconds and come every 400; blocks come every 120.
pub(super) fn network() -> Network {
    let mut network = Network::regtest();
    network.uptime.frequency_seconds = 400;
    network.uptime.validity_seconds = 1_000;
    network.uptime.check_interval_seconds = 30;
    network.uptime.startup_delay_seconds = 30;
    network.staking.fork_grace_blocks = 0;
    network
}

/// Where a prober sends, kept until the test delivers it.
#[derive(Default)]
pub(super) struct Outbox {
    pub(super) sent: Mutex<Vec<(GossipTopic, Vec<u8>)>>,
    pub(super) published: tokio::sync::Notify,
}

impl Gossip for Outbox {
    fn publish(&self, topic: GossipTopic, message: Vec<u8>) {
        lock(&self.sent).push((topic, message));
        self.published.notify_one();
    }
}

/// Takes what votes make.
#[derive(Default)]
pub(super) struct Receiver {
    pub(super) changes: Mutex<Vec<StateChange>>,
    pub(super) checkpoints: Mutex<Vec<Checkpoint>>,
}

impl Pool for Receiver {
    fn submit(&self, blob: &[u8], _: Relay) -> Result<Admission, AdmissionError> {
        let transaction = Transaction::decode(blob).expect("a transaction");
        let extra = Extra::parse(&transaction.prefix.extra).expect("fields");
        let change = extra.state_change().expect("a state change").clone();
        let mut changes = lock(&self.changes);
        let id = transaction.id();
        if changes.iter().any(|known| known.is_same_change(&change)) {
            return Ok(Admission::AlreadyInPool { id });
        }
        changes.push(change);
        Ok(Admission::Added { id })
    }

    fn get(&self, _: &Hash) -> Option<PoolTransaction> {
        None
    }

    fn transactions(&self) -> Vec<PoolTransaction> {
        Vec::new()
    }

    fn ids(&self) -> Vec<Hash> {
        Vec::new()
    }

    fn len(&self) -> usize {
        lock(&self.changes).len()
    }

    fn spenders(&self, _: &KeyImage) -> Vec<Hash> {
        Vec::new()
    }

    fn flush(&self, _: Option<&[Hash]>) -> usize {
        0
    }

    fn release(&self, _: &Hash) -> bool {
        false
    }
}

impl ChainWriter for Receiver {
    fn submit_block(&self, _: BlockSubmission) -> Result<BlockOutcome, SubmitBlockError> {
        Err(SubmitBlockError::ShuttingDown)
    }

    fn add_checkpoint(&self, checkpoint: Checkpoint) -> Result<CheckpointOutcome, SubmitCheckpointError> {
        let mut checkpoints = lock(&self.checkpoints);
        let is_new = checkpoints.iter().all(|known| known.height != checkpoint.height);
        checkpoints.push(checkpoint);
        Ok(match is_new {
            true => CheckpointOutcome::Added,
            false => CheckpointOutcome::Extended,
        })
    }

    fn pop_blocks(&self, _: u64) -> Result<Height, SubmitBlockError> {
        Err(SubmitBlockError::ShuttingDown)
    }

    fn pop_blocks_from(&self, _: Height) -> Result<Height, SubmitBlockError> {
        Err(SubmitBlockError::ShuttingDown)
    }
}

/// What nodes answer when they are asked for their time, the first question first, and who was asked.
#[derive(Default)]
pub(super) struct Clocks {
    pub(super) answers: Mutex<VecDeque<Result<Vec<u8>, AskError>>>,
    pub(super) asked: Mutex<Vec<PublicKey>>,
}

impl QuorumNetwork for Clocks {
    fn tell(&self, _: &PublicKey, _: QuorumSubject, _: Arc<[u8]>, _: Reach) {}

    fn ask(&self, to: &PublicKey, subject: QuorumSubject, _: Vec<u8>) -> Answer<Result<Vec<u8>, AskError>> {
        assert_eq!(subject, QuorumSubject::Time);
        lock(&self.asked).push(*to);
        let answer = lock(&self.answers).pop_front();
        Box::pin(async move {
            match answer {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        })
    }

    fn handle(&self, _: QuorumSubject, _: Arc<dyn QuorumHandler>) {}
}

/// A disk.
#[derive(Default)]
pub(super) struct Disk(pub(super) Mutex<BTreeMap<PublicKey, StoredObservations>>);

impl ObservationStorage for Disk {
    fn load(&self) -> Result<Vec<(PublicKey, StoredObservations)>, StorageError> {
        Ok(lock(&self.0).iter().map(|(key, row)| (*key, *row)).collect())
    }

    fn update(&self, put: &[(PublicKey, StoredObservations)], remove: &[PublicKey]) -> Result<(), StorageError> {
        let mut rows = lock(&self.0);
        rows.extend(put.iter().copied());
        rows.retain(|key, _| !remove.contains(key));
        Ok(())
    }
}

/// A prober and everything that it hands on.
pub(super) struct Actor {
    pub(super) prober: Arc<Prober>,
    pub(super) outbox: Arc<Outbox>,
    pub(super) receiver: Arc<Receiver>,
    pub(super) clocks: Arc<Clocks>,
    pub(super) disk: Arc<Disk>,
    _subscription: Subscription,
}

impl Actor {
    pub(super) fn hear_vote(&self, message: &[u8]) -> GossipVerdict {
        VoteHandler(Arc::clone(&self.prober)).on_message(message)
    }

    pub(super) fn hear_proof(&self, message: &[u8]) -> GossipVerdict {
        ProofHandler(Arc::clone(&self.prober)).on_message(message)
    }

    pub(super) fn take_sent(&self, topic: GossipTopic) -> Vec<Vec<u8>> {
        let mut sent = lock(&self.outbox.sent);
        let taken = sent
            .iter()
            .filter(|(of, _)| *of == topic)
            .map(|(_, message)| message.clone());
        let taken = taken.collect();
        sent.retain(|(of, _)| *of != topic);
        taken
    }

    pub(super) fn changes(&self) -> Vec<StateChange> {
        lock(&self.receiver.changes).clone()
    }

    pub(super) fn checkpoints(&self) -> Vec<Checkpoint> {
        lock(&self.receiver.checkpoints).clone()
    }
}

/// A chain of a hundred blocks, a clock, and nobody yet.
pub(super) struct Stage {
    pub(super) chain: Arc<ScriptedChain>,
    pub(super) clock: Arc<ManualClock>,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::on(network())
    }

    pub(super) fn on(network: Network) -> Self {
        let chain = ScriptedChain::start(network, (0..NODES).map(key).collect());
        for height in 1..=START_HEIGHT {
            let seconds = START - (START_HEIGHT - height) * 120;
            chain.mine(Timestamp::from_seconds(seconds), Contents::default());
        }
        Self {
            chain: Arc::new(chain),
            clock: Arc::new(ManualClock::at(Timestamp::from_seconds(START))),
        }
    }

    /// The prober of a node.
    pub(super) fn actor(&self, number: u8) -> Actor {
        self.actor_with(settings(number), Arc::default())
    }

    /// The prober of a node that follows L2.
    pub(super) fn actor_following(&self, number: u8, l2: Arc<dyn L2Reader>) -> Actor {
        self.actor_beside(settings(number), Arc::default(), l2)
    }

    pub(super) fn actor_with(&self, settings: ProberSettings, disk: Arc<Disk>) -> Actor {
        self.actor_beside(settings, disk, Arc::new(NoL2))
    }

    fn actor_beside(&self, settings: ProberSettings, disk: Arc<Disk>, l2: Arc<dyn L2Reader>) -> Actor {
        let (outbox, receiver) = (Arc::<Outbox>::default(), Arc::<Receiver>::default());
        let clocks = Arc::<Clocks>::default();
        let prober = Prober::new(ProberParts {
            chain: Arc::clone(&self.chain) as Arc<dyn ChainReader>,
            writer: Arc::clone(&receiver) as Arc<dyn ChainWriter>,
            pool: Arc::clone(&receiver) as Arc<dyn Pool>,
            gossip: Arc::clone(&outbox) as Arc<dyn Gossip>,
            quorum: Arc::clone(&clocks) as Arc<dyn QuorumNetwork>,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            staking: Arc::clone(&self.chain) as _,
            sync: Arc::new(NoSyncTarget),
            storage: Arc::clone(&disk) as Arc<dyn ObservationStorage>,
            l2,
            possession: Arc::new(NothingProven),
            settings,
        })
        .expect("the disk reads");
        let subscription = prober.subscribe(&*self.chain);
        Actor {
            prober: Arc::new(prober),
            outbox,
            receiver,
            clocks,
            disk,
            _subscription: subscription,
        }
    }

    /// The probers of the ten validators.
    pub(super) fn validators(&self) -> Vec<Actor> {
        (0..10).map(|number| self.actor(number)).collect()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Two minutes pass and a block comes; everybody looks at it, then hears what the others said.
    pub(super) fn block(&self, actors: &[Actor]) {
        self.clock.advance(120);
        self.block_with(actors, Contents::default());
    }

    /// A block comes at once.
    pub(super) fn block_with(&self, actors: &[Actor], contents: Contents) {
        self.chain.mine(self.now(), contents);
        for actor in actors {
            actor.prober.follow();
        }
        deliver_votes(actors);
    }

    /// A proof of a node, made now.
    pub(super) fn proof(&self, number: u8) -> SignedProof {
        self.proof_from(number, Ipv4Addr::new(1, 2, 3, number))
    }

    pub(super) fn proof_from(&self, number: u8, public_ip: Ipv4Addr) -> SignedProof {
        let keys = keys(number);
        let proof = UptimeProof {
            timestamp: self.now(),
            versions: ServiceVersions {
                node: REFERENCE_VERSION,
                ..ServiceVersions::default()
            },
            public_ip,
            ports: ServicePorts {
                quorumnet: 22025,
                ..ServicePorts::default()
            },
            primary: keys.primary().public,
            ed25519: keys.ed25519_public(),
            bls: None,
            l2_height: None,
        };
        SignedProof::sign(proof, &keys, &mut OsRng)
    }

    /// All of these nodes prove, and all actors hear it.
    pub(super) fn prove(&self, numbers: impl IntoIterator<Item = u8>, actors: &[Actor]) {
        for number in numbers {
            let message = self.proof(number).to_message();
            for actor in actors {
                assert_ne!(actor.hear_proof(&message), GossipVerdict::Reject);
            }
        }
    }
}

/// The settings of a node.
pub(super) fn settings(number: u8) -> ProberSettings {
    ProberSettings {
        keys: Some(keys(number)),
        bls: None,
        public_ip: Some(Ipv4Addr::new(9, 9, 9, number)),
        quorumnet_port: 22025,
        node_version: REFERENCE_VERSION,
        local_addresses: LocalAddresses::Refused,
    }
}

/// Everybody hears the votes of everybody else.
fn deliver_votes(actors: &[Actor]) {
    for (sender, actor) in actors.iter().enumerate() {
        for message in actor.take_sent(GossipTopic::Votes) {
            for (_, receiver) in actors.iter().enumerate().filter(|(index, _)| *index != sender) {
                assert_ne!(receiver.hear_vote(&message), GossipVerdict::Reject);
            }
        }
    }
}
