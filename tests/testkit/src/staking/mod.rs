//! A chain with real service nodes: accounts register and fund them, quorums vote on them, Pulse makes the blocks.
//!
//! The registry decides, through [`StakingRules`]; the kit only plays everybody's part, because it knows every key: those of
//! nodes and accounts follow from their names.

mod maker;
mod population;
mod stake;
mod vote;

pub use maker::Maker;
pub use population::{Begins, Population};
pub use stake::StakePlay;
pub use vote::{TestingQuorum, VotePlay};

use crate::{
    account::{Account, OwnedOutput},
    chain::{MinedBlock, TestChain},
    network::TestNetwork,
};
use oxen_crypto::{KeyPair, SecretKey, signature::schnorr};
use oxen_staking_rules::{Registry, ServiceNode};
use oxen_state::{BlockError, CheckedBlock, StakingRules, transaction::CheckedTransaction};
use oxen_types::{
    Amount, ConsensusEncode, Height, PublicKey, Transaction, UnlockTime,
    extra::{Extra, ExtraField, KeyImageUnlock, L2Event, NewState},
    keccak256,
    network::{HardForkVersion, constants::SPENDABLE_AGE_BLOCKS},
    transaction::{Proofs, TransactionPrefix, TransactionType, TransactionVersion},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::{collections::BTreeMap, sync::Arc};

/// The chain. Cloning it makes a fork.
///
/// ```
/// use oxen_testkit::StakingChain;
///
/// let mut chain = StakingChain::start();
/// chain.register("n1").by("alice").stake(100).mine();
/// assert!(chain.node("n1").unwrap().is_active());
/// chain.unlock("n1", "alice").mine();
/// chain.mine(16);
/// assert!(chain.node("n1").is_none());
/// ```
#[derive(Clone)]
pub struct StakingChain {
    chain: TestChain,
    rules: Arc<StakingRules>,
    keys: BTreeMap<PublicKey, KeyPair>,
    waiting: Vec<Arc<CheckedTransaction>>,
}

impl StakingChain {
    /// A chain whose treasury can spend, without nodes, on [`Self::network`].
    #[must_use]
    pub fn start() -> Self {
        Self::on(&Self::network())
    }

    /// Regtest's numbers: nodes of 100 OXEN, paid from the fourth block on once in twenty blocks, unlocked after fifteen, locked
    /// for thirty after a deregistration; Pulse from twelve nodes on, in rounds whose times are not checked.
    #[must_use]
    pub fn network() -> TestNetwork {
        TestNetwork::new().premine(400, Amount::from_atomic(1_000 * Amount::OXEN.atomic()))
    }

    /// A chain on another network, old enough for the treasury to spend.
    #[must_use]
    pub fn on(network: &TestNetwork) -> Self {
        let mut chain = TestChain::on(network);
        let rules = Arc::new(StakingRules::new(Arc::clone(chain.network())));
        chain.set_registry(Arc::clone(&rules));
        chain.mine_empty(10);
        Self {
            chain,
            rules,
            keys: BTreeMap::new(),
            waiting: Vec::new(),
        }
    }

    /// Registers nodes `n1`, `n2`, …, each by the account `o1`, `o2`, … alone, and waits until
    /// they are paid and what they staked is old enough to be spent, were it not locked.
    ///
    /// # Panics
    /// The treasury is too poor.
    #[must_use]
    pub fn with_nodes(mut self, count: usize) -> Self {
        for number in 1..=count {
            self.register(&format!("n{number}"))
                .by(&format!("o{number}"))
                .stake(100)
                .submit();
            // A block holds a hundred stakes and more, but a test should not be that near the limit.
            if number % 50 == 0 {
                self.mine(1);
            }
        }
        self.mine(1);
        let payable = self.chain.network().batching.payable_after_blocks;
        self.mine(payable.max(SPENDABLE_AGE_BLOCKS));
        self
    }

    // Names.

    /// The account of this name, whose outputs the chain looks for from now on.
    pub fn account(&mut self, name: &str) -> Account {
        let account = Account::named(name);
        self.chain.watch(&account);
        account
    }

    /// The primary keys of the node of this name.
    #[must_use]
    pub fn node_keys(name: &str) -> KeyPair {
        let seed = keccak256([b"oxen-testkit node ", name.as_bytes()].concat().as_slice());
        KeyPair::new(SecretKey::reduce(seed.to_bytes()))
    }

    /// The primary key of the node of this name.
    #[must_use]
    pub fn key(name: &str) -> PublicKey {
        Self::node_keys(name).public
    }

    /// Remembers a node's keys, so that it can sign.
    fn learn(&mut self, name: &str) -> KeyPair {
        let pair = Self::node_keys(name);
        self.keys.insert(pair.public, pair.clone());
        pair
    }

    /// The secret keys of a node that was registered here.
    ///
    /// # Panics
    /// It was not.
    #[must_use]
    pub fn pair(&self, key: &PublicKey) -> &KeyPair {
        self.keys.get(key).expect("every node was registered by its name")
    }

    // Looking.

    /// The chain below: blocks, money, clock.
    #[must_use]
    pub const fn chain(&self) -> &TestChain {
        &self.chain
    }

    /// The chain below, to be changed without the kit's help.
    pub const fn chain_mut(&mut self) -> &mut TestChain {
        &mut self.chain
    }

    /// The rules, with their cache.
    #[must_use]
    pub const fn rules(&self) -> &Arc<StakingRules> {
        &self.rules
    }

    /// Lets the rules read the registry again, after rows were written that no block made.
    fn forget_registry(&mut self) {
        self.rules = Arc::new(StakingRules::new(Arc::clone(self.chain.network())));
        self.chain.set_registry(Arc::clone(&self.rules));
    }

    /// The registry after the newest block.
    ///
    /// # Panics
    /// Never: a state in memory reads.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        self.rules
            .registry(self.chain.state())
            .expect("a state in memory reads")
    }

    /// A node by its name; `None` when it is not registered.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<Arc<ServiceNode>> {
        self.registry().node(&Self::key(name)).cloned()
    }

    /// Height of the newest block.
    #[must_use]
    pub fn height(&self) -> Height {
        self.chain.tip().0
    }

    /// The output that the account staked on the node first.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn staked_output(&self, node: &str, account: &str) -> OwnedOutput {
        let node = self.node(node).expect("the node is registered");
        let contributor = node.stake.contributor(&Account::named(account).recipient());
        let image = contributor.expect("the account has a part").locked[0].key_image;
        let mut unspent = self.chain.unspent();
        unspent
            .find(|output| output.key_image == image)
            .cloned()
            .expect("the account is watched")
    }

    // Doing.

    /// A node is registered: say by whom and with how much.
    pub fn register(&mut self, node: &str) -> StakePlay<'_> {
        StakePlay::registration(self, node)
    }

    /// Somebody stakes on a node: say who and how much.
    pub fn contribute(&mut self, node: &str) -> StakePlay<'_> {
        StakePlay::contribution(self, node)
    }

    /// A quorum votes on a node.
    pub fn vote(&mut self, node: &str, state: NewState) -> VotePlay<'_> {
        VotePlay::new(self, node, state)
    }

    /// A quorum suspends the node, in a block that is mined.
    pub fn decommission(&mut self, node: &str) {
        self.vote(node, NewState::Decommission).mine();
    }

    /// A quorum lets the node work again, in a block that is mined.
    pub fn recommission(&mut self, node: &str) {
        self.vote(node, NewState::Recommission).mine();
    }

    /// A quorum throws the node out, in a block that is mined.
    pub fn deregister(&mut self, node: &str) {
        self.vote(node, NewState::Deregister).mine();
    }

    /// A quorum sends the node to the end of the queue, in a block that is mined.
    pub fn penalise(&mut self, node: &str) {
        self.vote(node, NewState::IpChangePenalty).mine();
    }

    /// An account asks for what it staked on the node first.
    ///
    /// # Panics
    /// It staked nothing.
    pub fn unlock(&mut self, node: &str, account: &str) -> Waiting<'_> {
        let transaction = self.unlock_request(node, account);
        self.submit(transaction)
    }

    /// The request, for a test that does something else with it.
    ///
    /// # Panics
    /// The account staked nothing.
    #[must_use]
    pub fn unlock_request(&self, node: &str, account: &str) -> Arc<CheckedTransaction> {
        let staked = self.staked_output(node, account);
        Self::unlock_by(Self::key(node), &staked, &staked.pair)
    }

    /// A request to unlock an output of a node, signed with any key.
    #[must_use]
    pub fn unlock_by(node: PublicKey, staked: &OwnedOutput, signer: &KeyPair) -> Arc<CheckedTransaction> {
        let mut rng = ChaCha20Rng::from_seed(staked.key_image.to_bytes());
        let mut unlock = KeyImageUnlock {
            key_image: staked.key_image,
            signature: oxen_types::Signature::new([0; 64]),
            nonce: KeyImageUnlock::WALLET_NONCE,
        };
        unlock.signature = schnorr::sign(&unlock.signature_hash(), signer, &mut rng);
        without_money(
            TransactionType::KeyImageUnlock,
            vec![
                ExtraField::ServiceNodeKey(node),
                ExtraField::KeyImageUnlock(Box::new(unlock)),
            ],
        )
    }

    /// Lets a transaction wait for the next block.
    pub fn submit(&mut self, transaction: Arc<CheckedTransaction>) -> Waiting<'_> {
        self.waiting.push(transaction);
        Waiting { chain: self }
    }

    /// Makes blocks; the first holds what waits.
    ///
    /// # Panics
    /// A block is refused.
    pub fn mine(&mut self, count: u64) {
        for _ in 0..count {
            let waiting = std::mem::take(&mut self.waiting);
            self.try_mine(&waiting).expect("a play makes valid blocks");
        }
    }

    /// Makes a block of these transactions, a block time after the last: by its quorum where there is one.
    ///
    /// # Errors
    /// The rule it breaks; nothing changed then but the clock.
    pub fn try_mine(&mut self, transactions: &[Arc<CheckedTransaction>]) -> Result<&MinedBlock, BlockError> {
        self.chain.advance(self.chain.network().target_block_seconds);
        let block = self.next_block(transactions, Maker::Due);
        self.chain.push(TestChain::seal(&block, transactions)?)
    }

    /// Applies a block whose proofs were verified before, not before it was made.
    ///
    /// # Errors
    /// The rule it breaks; nothing changed then.
    pub fn push_proven(&mut self, block: CheckedBlock) -> Result<&MinedBlock, BlockError> {
        let made = block.block().header.timestamp.seconds();
        self.chain.advance(made.saturating_sub(self.chain.now().seconds()));
        let applied = self.chain.try_apply_without_proofs(&block)?;
        Ok(self.chain.keep(block, applied))
    }

    /// Transactions that wait for the next block.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Takes blocks back. What waited is forgotten.
    pub fn revert(&mut self, count: usize) -> Vec<MinedBlock> {
        self.waiting.clear();
        let reverted = self.chain.revert(count);
        self.chain.forget_plans();
        reverted
    }
}

/// A transaction that waits for the next block.
pub struct Waiting<'c> {
    chain: &'c mut StakingChain,
}

impl Waiting<'_> {
    /// Makes that block.
    ///
    /// # Panics
    /// It is refused.
    pub fn mine(self) {
        self.chain.mine(1);
    }
}

/// The transaction with which every node reports an L2 event.
///
/// # Panics
/// Never.
#[must_use]
pub fn l2_report(event: L2Event) -> Arc<CheckedTransaction> {
    let kind = event.kind.transaction_type();
    without_money(kind, vec![ExtraField::L2Event(Box::new(event))])
}

/// A transaction that spends and pays nothing.
fn without_money(kind: TransactionType, fields: Vec<ExtraField>) -> Arc<CheckedTransaction> {
    let transaction = Transaction {
        prefix: TransactionPrefix {
            version: TransactionVersion::V4,
            output_unlock_times: Vec::new(),
            unlock_time: UnlockTime::NONE,
            inputs: Vec::new(),
            outputs: Vec::new(),
            extra: Extra::from_fields(fields).encode(),
            kind,
        },
        proofs: Proofs::Absent,
    };
    let version = if kind.is_l2_event() {
        HardForkVersion::ETHEREUM
    } else {
        HardForkVersion::REWARD_BATCHING
    };
    let checked = CheckedTransaction::from_blob(&transaction.encode(), version);
    Arc::new(checked.expect("it keeps the rules that need no chain"))
}
