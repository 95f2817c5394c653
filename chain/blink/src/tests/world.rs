//! A chain with service nodes, a node for each of them and one that only submits.

use crate::{BlinkHandler, BlinkParts, BlinkSender, BlinkService, quorums::quorums_at, run};
use futures::future::BoxFuture;
use oxen_crypto::KeyPair;
use oxen_mempool::{Mempool, MempoolParts, NoStorage, PoolSettings};
use oxen_node_api::{
    Answer, AskError, Blink, BlinkOutcome, BlockOutcome, BlockSubmission, ChainReader, ChainWriter, CheckpointOutcome,
    EventHub, Gossip, GossipHandler, GossipTopic, GossipVerdict, Pool, PoolKeeper, QuorumHandler, QuorumNetwork,
    QuorumSubject, Reach, SubmitBlockError, SubmitCheckpointError, Subscription,
};
use oxen_staking_rules::blink::{BlinkDecision, BlinkQuorums, BlinkSubject, BlinkVote};
use oxen_testkit::{ManualClock, SharedChain, StakingChain, Transfer, TransferBuilder};
use oxen_types::{Amount, Checkpoint, Hash, Height, PublicKey};
use oxen_verifier::ProofVerifier;
use rand_core::OsRng;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
};
use tokio::task::JoinHandle;

/// Service nodes: two more than a sub-quorum has seats.
const NODES: usize = 12;

/// Where everybody's handlers are.
#[derive(Default)]
pub(super) struct Exchange {
    handlers: Mutex<BTreeMap<PublicKey, Arc<dyn QuorumHandler>>>,
    listeners: Mutex<Vec<(Option<PublicKey>, Arc<BlinkHandler>)>>,
    /// Hear nothing and say nothing.
    silent: Mutex<BTreeSet<PublicKey>>,
    /// Can be asked but no connection leads to them.
    pub(super) asked: Mutex<Vec<PublicKey>>,
    pub(super) verdicts: Mutex<Vec<GossipVerdict>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Exchange {
    fn is_silent(&self, node: &PublicKey) -> bool {
        lock(&self.silent).contains(node)
    }
}

/// One node's end of the network.
struct End {
    own: Option<PublicKey>,
    exchange: Arc<Exchange>,
}

impl QuorumNetwork for End {
    fn tell(&self, to: &PublicKey, _: QuorumSubject, message: Arc<[u8]>, reach: Reach) {
        let own = self.own.expect("only service nodes tell");
        // There is no connection that was not made for this message.
        if reach == Reach::IfConnected || self.exchange.is_silent(to) || self.exchange.is_silent(&own) {
            return;
        }
        let handler = lock(&self.exchange.handlers).get(to).cloned();
        if let Some(handler) = handler {
            handler.on_told(own, message.to_vec());
        }
    }

    fn prepare(&self, _: &[PublicKey]) {}

    fn ask(&self, to: &PublicKey, _: QuorumSubject, question: Vec<u8>) -> Answer<Result<Vec<u8>, AskError>> {
        lock(&self.exchange.asked).push(*to);
        let handler = lock(&self.exchange.handlers).get(to).cloned();
        let (own, silent) = (self.own, self.exchange.is_silent(to));
        Box::pin(async move {
            let handler = handler.filter(|_| !silent).ok_or(AskError::Unreachable)?;
            handler.on_asked(own, question).await.ok_or(AskError::Declined)
        })
    }

    fn handle(&self, _: QuorumSubject, handler: Arc<dyn QuorumHandler>) {
        if let Some(own) = self.own {
            lock(&self.exchange.handlers).insert(own, handler);
        }
    }
}

impl Gossip for End {
    fn publish(&self, topic: GossipTopic, message: Vec<u8>) {
        assert_eq!(topic, GossipTopic::Blinks);
        let listeners = lock(&self.exchange.listeners).clone();
        for (node, handler) in listeners {
            if node != self.own && node.is_none_or(|node| !self.exchange.is_silent(&node)) {
                let verdict = handler.on_message(&message);
                lock(&self.exchange.verdicts).push(verdict);
            }
        }
    }
}

/// Takes blocks back, and tells the pool as the writer does.
struct Writer {
    chain: SharedChain,
    pool: OnceLock<Weak<Mempool>>,
}

impl ChainWriter for Writer {
    fn submit_block(&self, _: BlockSubmission) -> Result<BlockOutcome, SubmitBlockError> {
        Err(SubmitBlockError::ShuttingDown)
    }

    fn add_checkpoint(&self, _: Checkpoint) -> Result<CheckpointOutcome, SubmitCheckpointError> {
        panic!("blinks make no checkpoints")
    }

    fn pop_blocks(&self, count: u64) -> Result<Height, SubmitBlockError> {
        let reverted = self.chain.lock().revert(usize::try_from(count).unwrap());
        let transactions: Vec<_> = reverted
            .iter()
            .rev()
            .flat_map(|mined| mined.block.transactions().to_vec())
            .collect();
        let pool = self.pool.get().unwrap().upgrade().unwrap();
        pool.on_reverted(&transactions);
        Ok(self.chain.lock().tip().0)
    }

    fn pop_blocks_from(&self, lowest: Height) -> Result<Height, SubmitBlockError> {
        let tip = self.chain.lock().tip().0;
        self.pop_blocks(tip.next().since(lowest))
    }
}

/// A node.
pub(super) struct Node {
    pub(super) service: Arc<BlinkService>,
    pub(super) pool: Arc<Mempool>,
    pub(super) chain: SharedChain,
    pub(super) key: Option<KeyPair>,
    driver: JoinHandle<()>,
    _subscription: Subscription,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Node {
    pub(super) fn send(&self, transfer: &Transfer) -> BoxFuture<'static, BlinkOutcome> {
        BlinkSender(Arc::clone(&self.service)).send(transfer.blob())
    }

    pub(super) fn knows_blink(&self, transfer: &Transfer) -> bool {
        self.pool.is_blink(&transfer.id())
    }

    /// The chain goes on by these blocks.
    pub(super) fn follow(&self, play: &StakingChain) {
        let known = self.chain.lock().blocks().len();
        *self.chain.lock() = play.chain().clone();
        for mined in &play.chain().blocks()[known..] {
            self.pool.on_committed(mined.block.transactions());
        }
    }
}

/// Everybody.
pub(super) struct World {
    pub(super) play: StakingChain,
    pub(super) exchange: Arc<Exchange>,
    /// One for each service node.
    pub(super) members: Vec<Node>,
    /// An ordinary node.
    pub(super) submitter: Node,
}

/// A chain that has quorums for blinks: made once, because it takes its time.
fn play() -> StakingChain {
    static PLAY: OnceLock<Mutex<StakingChain>> = OnceLock::new();
    let play = PLAY.get_or_init(|| {
        let mut play = StakingChain::start().with_nodes(NODES);
        play.mine(45);
        Mutex::new(play)
    });
    lock(play).clone()
}

impl World {
    pub(super) fn new() -> Self {
        let play = play();
        let exchange = Arc::<Exchange>::default();
        let keys: Vec<KeyPair> = (1..=NODES)
            .map(|number| StakingChain::node_keys(&format!("n{number}")))
            .collect();
        let members = keys.into_iter().map(|key| node(&play, &exchange, Some(key))).collect();
        Self {
            submitter: node(&play, &exchange, None),
            members,
            play,
            exchange,
        }
    }

    /// A transfer with the fee of a blink.
    pub(super) fn blink(&mut self) -> Transfer {
        blink_fee(TransferBuilder::new()).build(self.play.chain_mut())
    }

    /// Another one of the same outputs.
    pub(super) fn rival(&mut self, transfer: &Transfer) -> Transfer {
        let builder = TransferBuilder::new().spending(&transfer.spent).seed(99);
        blink_fee(builder).build(self.play.chain_mut())
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.members.iter().chain([&self.submitter])
    }

    pub(super) fn chain_height(&self) -> Height {
        self.play.height().next()
    }

    pub(super) fn quorums(&self) -> BlinkQuorums {
        quorums_at(self.play.chain().state(), self.chain_height()).unwrap()
    }

    pub(super) fn subject(&self, transfer: &Transfer) -> BlinkSubject {
        BlinkSubject {
            transaction: transfer.id(),
            authorization: self.chain_height(),
        }
    }

    /// These members are cut off.
    pub(super) fn silence(&self, members: &[PublicKey]) {
        lock(&self.exchange.silent).extend(members);
    }

    /// They are back.
    pub(super) fn let_all_speak(&self) {
        lock(&self.exchange.silent).clear();
    }

    /// The node of a member.
    pub(super) fn node_of(&self, member: &PublicKey) -> &Node {
        let of = |node: &&Node| node.key.as_ref().is_some_and(|pair| pair.public == *member);
        self.members.iter().find(of).expect("every service node has a node")
    }

    /// The votes of a member on a subject, as a member without scruples would sign them.
    pub(super) fn votes(&self, member: &PublicKey, subject: &BlinkSubject, decision: BlinkDecision) -> Vec<BlinkVote> {
        let signature = subject.sign(decision, self.play.pair(member), &mut OsRng);
        let seats = self.quorums().seats_of(member);
        seats
            .into_iter()
            .map(|seat| BlinkVote {
                seat,
                decision,
                signature,
            })
            .collect()
    }

    /// Waits until everybody knows the blink. Fails with the test's time.
    pub(super) async fn everybody_knows(&self, transfer: &Transfer) {
        for node in self.nodes() {
            if node
                .key
                .as_ref()
                .is_some_and(|key| self.exchange.is_silent(&key.public))
            {
                continue;
            }
            while !node.knows_blink(transfer) {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Everybody gets the newest blocks.
    pub(super) fn mine(&mut self, transfers: &[&Transfer]) {
        let transactions: Vec<_> = transfers.iter().map(|transfer| transfer.checked()).collect();
        self.play.try_mine(&transactions).unwrap();
        for node in self.nodes() {
            node.follow(&self.play);
        }
    }
}

pub(super) fn id(transfer: &Transfer) -> Hash {
    transfer.id()
}

fn blink_fee(builder: TransferBuilder) -> TransferBuilder {
    builder
        .fee(Amount::from_atomic(60_000_000))
        .burn(Amount::from_atomic(40_000_000))
}

fn node(play: &StakingChain, exchange: &Arc<Exchange>, key: Option<KeyPair>) -> Node {
    let chain = SharedChain::new(play.chain().clone());
    let events = Arc::new(EventHub::new());
    let pool = Arc::new(Mempool::new(MempoolParts {
        chain: Arc::new(chain.clone()) as Arc<dyn ChainReader>,
        service_nodes: Arc::clone(play.rules()) as _,
        verifier: Arc::new(ProofVerifier::default()),
        clock: Arc::new(ManualClock::at(play.chain().now())),
        events: Arc::clone(&events),
        storage: Arc::new(NoStorage),
        settings: PoolSettings::default(),
    }));
    let writer = Writer {
        chain: chain.clone(),
        pool: OnceLock::new(),
    };
    let _ = writer.pool.set(Arc::downgrade(&pool));
    let own = key.as_ref().map(|pair| pair.public);
    let end = || End {
        own,
        exchange: Arc::clone(exchange),
    };
    let service = BlinkService::start(BlinkParts {
        chain: Arc::new(chain.clone()),
        writer: Arc::new(writer),
        pool: Arc::clone(&pool) as _,
        network: Arc::new(end()),
        gossip: Arc::new(end()),
        key: key.clone(),
    });
    lock(&exchange.listeners).push((own, Arc::new(BlinkHandler(Arc::clone(&service)))));
    let subscription = service.subscribe(&*events);
    let driver = tokio::spawn(run(Arc::clone(&service), std::future::pending()));
    Node {
        service,
        pool,
        chain,
        key,
        driver,
        _subscription: subscription,
    }
}
