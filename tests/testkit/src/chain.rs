//! A chain in memory that a test mines, reads and takes back.

use crate::{
    account::{Account, OwnedOutput},
    network::TestNetwork,
    service_nodes::ScriptedServiceNodes,
};
use oxen_node_api::{BlockSubmission, Snapshot};
use oxen_staking_rules::MilliAmount;
use oxen_state::{
    Applied, BlockError, CheckedBlock, Event, MemoryState, NoWorkHash, Rules, StakingRules, TransactionError,
    TypedView, Undo, UntrustedBlock, apply, apply_genesis,
    block::{reward::block_reward, weight::WeightLimits},
    delta::Delta,
    queries,
    rewards::balances,
    state_digest,
    tables::{BlockRow, SpentKeyImages, TotalsRow},
    template::{TemplateL2, TemplateRequest, build_template},
    transaction::{CheckedTransaction, ProofLedger, ProofsAssumedValid, ResolvedRings, resolve_rings},
};
use oxen_types::{
    Amount, Block, ConsensusEncode, Hash, Height, KeyImage, Network, PublicKey, Timestamp, block::BatchingTail,
    keccak256,
};
use oxen_verifier::{ProofVerifier, Resolved};
use std::{collections::BTreeSet, sync::Arc};

/// A block of a [`TestChain`] and what takes it back.
#[derive(Debug, Clone)]
pub struct MinedBlock {
    /// The block.
    pub block: CheckedBlock,
    /// Takes it back.
    pub undo: Undo,
    /// What it did.
    pub events: Vec<Event>,
}

impl MinedBlock {
    /// The block as it travels, with all its transactions.
    #[must_use]
    pub fn submission(&self) -> BlockSubmission {
        BlockSubmission {
            block: self.block.block().encode(),
            transactions: self
                .block
                .transactions()
                .iter()
                .map(|transaction| transaction.transaction().encode())
                .collect(),
            checkpoint: None,
        }
    }
}

/// The chain. Cloning it is how a test makes a fork; the clones share nothing but verified proofs.
#[derive(Clone)]
pub struct TestChain {
    network: Arc<Network>,
    treasury: Account,
    accounts: Vec<Account>,
    state: Arc<MemoryState>,
    blocks: Vec<MinedBlock>,
    owned: Vec<OwnedOutput>,
    reserved: BTreeSet<KeyImage>,
    service_nodes: Arc<ScriptedServiceNodes>,
    registry: Option<Arc<StakingRules>>,
    verifier: Arc<ProofVerifier>,
    now: Timestamp,
    branch: u64,
    l2: TemplateL2,
}

impl TestChain {
    /// The first block alone, on [`TestNetwork::new`].
    #[must_use]
    pub fn start() -> Self {
        Self::on(&TestNetwork::new())
    }

    /// As [`Self::start`], with as many blocks as it takes until the treasury can spend.
    #[must_use]
    pub fn mature() -> Self {
        let mut chain = Self::start();
        chain.mine_empty(10);
        chain
    }

    /// The first block alone.
    ///
    /// # Panics
    /// The network's first block is not one.
    #[must_use]
    pub fn on(network: &TestNetwork) -> Self {
        let treasury = network.treasury().clone();
        let network = Arc::new(network.build());
        let mut state = MemoryState::new();
        state.commit(&apply_genesis(&network).expect("the network's first block is valid"));
        let mut chain = Self {
            now: network.genesis.timestamp,
            network,
            accounts: Vec::new(),
            state: Arc::new(state),
            blocks: Vec::new(),
            owned: Vec::new(),
            reserved: BTreeSet::new(),
            service_nodes: Arc::new(ScriptedServiceNodes::none()),
            registry: None,
            verifier: Arc::new(ProofVerifier::default()),
            treasury: treasury.clone(),
            branch: 0,
            l2: TemplateL2::default(),
        };
        chain.watch(&treasury);
        chain
    }

    /// Gives the chain service nodes.
    pub fn set_service_nodes(&mut self, service_nodes: ScriptedServiceNodes) {
        self.service_nodes = Arc::new(service_nodes);
    }

    /// What makers of blocks read from L2 from now on; at first they read nothing. Reports come with the transactions.
    pub fn set_l2(&mut self, l2: TemplateL2) {
        self.l2 = l2;
    }

    /// Lets a registry of service nodes decide, as on a real chain, instead of a script.
    pub fn set_registry(&mut self, rules: Arc<StakingRules>) {
        self.registry = Some(rules);
    }

    /// Looks for outputs of another account, past ones included.
    ///
    /// # Panics
    /// Never on a chain that this kit made.
    pub fn watch(&mut self, account: &Account) {
        if self.accounts.contains(account) {
            return;
        }
        let genesis = self.network.genesis.block().expect("checked at the start");
        let coinbase = genesis.miner_transaction.expect("checked at the start");
        self.owned.extend(account.find_outputs(&coinbase, 0, Height::GENESIS));
        for mined in &self.blocks {
            self.owned.extend(self.find_outputs(&mined.block, account));
        }
        self.owned.sort_by_key(|output| output.index);
        self.accounts.push(account.clone());
    }

    /// Makes blocks of this clone differ from those of others although everything else is the same.
    pub fn diverge(&mut self) {
        self.branch += 1;
    }

    // Looking.

    /// The parameters.
    #[must_use]
    pub const fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// The account that the first block paid.
    #[must_use]
    pub const fn treasury(&self) -> &Account {
        &self.treasury
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &MemoryState {
        &self.state
    }

    /// The state as services read it.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Arc::clone(&self.state) as Snapshot
    }

    /// Remembers verified proofs.
    #[must_use]
    pub const fn verifier(&self) -> &Arc<ProofVerifier> {
        &self.verifier
    }

    /// The service nodes.
    #[must_use]
    pub const fn service_nodes(&self) -> &Arc<ScriptedServiceNodes> {
        &self.service_nodes
    }

    /// Blocks from height 1 on.
    #[must_use]
    pub fn blocks(&self) -> &[MinedBlock] {
        &self.blocks
    }

    /// The totals row.
    ///
    /// # Panics
    /// Never on a chain that this kit made.
    #[must_use]
    pub fn totals(&self) -> TotalsRow {
        queries::totals(&*self.state).expect("a state in memory reads")
    }

    /// Height and row of the newest block.
    ///
    /// # Panics
    /// Never on a chain that this kit made.
    #[must_use]
    pub fn tip(&self) -> (Height, BlockRow) {
        queries::tip(&*self.state).expect("a state in memory reads")
    }

    /// Height of the next block.
    #[must_use]
    pub fn next_height(&self) -> Height {
        self.tip().0.next()
    }

    /// One hash over the state.
    ///
    /// # Panics
    /// Never on a chain that this kit made.
    #[must_use]
    pub fn digest(&self) -> Hash {
        state_digest(&*self.state).expect("a state in memory reads")
    }

    /// The clock.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Moves the clock on.
    pub const fn advance(&mut self, seconds: u64) {
        self.now = self.now.saturating_add(seconds);
    }

    // Money.

    /// What the watched accounts own and have not spent, by global index.
    pub fn unspent(&self) -> impl Iterator<Item = &OwnedOutput> {
        self.owned.iter().filter(|output| !self.is_spent(&output.key_image))
    }

    /// What the account can spend in the next block and no planned transfer spends, by global index.
    pub fn spendable(&self, account: &Account) -> impl Iterator<Item = &OwnedOutput> {
        let height = self.next_height();
        self.unspent().filter(move |output| {
            output.owner == *account && output.is_mature(height) && !self.reserved.contains(&output.key_image)
        })
    }

    /// Everything the account owns, locked outputs included.
    ///
    /// # Panics
    /// More than there can be.
    #[must_use]
    pub fn balance(&self, account: &Account) -> Amount {
        let amounts = self
            .unspent()
            .filter(|output| output.owner == *account)
            .map(OwnedOutput::amount);
        Amount::checked_sum(amounts).expect("no account owns more than there is")
    }

    /// True when a key image is in the chain.
    ///
    /// # Panics
    /// Never on a chain that this kit made.
    #[must_use]
    pub fn is_spent(&self, image: &KeyImage) -> bool {
        self.state
            .contains::<SpentKeyImages>(image)
            .expect("a state in memory reads")
    }

    /// Rewards that accrued and were not paid out yet, of everybody together.
    ///
    /// # Panics
    /// Never on a chain that this kit made.
    #[must_use]
    pub fn pending_rewards(&self) -> MilliAmount {
        balances(&*self.state)
            .expect("a state in memory reads")
            .into_iter()
            .fold(MilliAmount::ZERO, |sum, (_, balance)| {
                sum.checked_add(balance.amount)
                    .expect("no more is pending than there is")
            })
    }

    /// Keeps outputs from being chosen again.
    pub(crate) fn reserve(&mut self, images: impl IntoIterator<Item = KeyImage>) {
        self.reserved.extend(images);
    }

    /// Lets outputs of planned transfers that were never mined be chosen again.
    pub fn forget_plans(&mut self) {
        self.reserved.clear();
    }

    // Making blocks.

    /// A block on the tip that holds exactly these transactions, whatever they pay, made now. A scripted quorum signs it; for a
    /// registered one see [`crate::StakingChain`].
    ///
    /// # Panics
    /// The block's fees overflow.
    #[must_use]
    pub fn assemble(&self, transactions: &[Arc<CheckedTransaction>]) -> Block {
        let template = build_template(&*self.state, &self.network, &self.template_request(), &[])
            .expect("a state in memory reads");
        let mut block = template.block;
        let limits = WeightLimits::of_next_block(&*self.state, &self.totals()).expect("a state in memory reads");
        let coinbase = block.miner_transaction.as_ref().map(oxen_types::Transaction::weight);
        let weight = transactions
            .iter()
            .map(|transaction| transaction.weight())
            .chain(coinbase)
            .fold(oxen_types::transaction::Weight::default(), |sum, weight| {
                sum.saturating_add(weight)
            });
        let fees = Amount::checked_sum(transactions.iter().map(|transaction| transaction.miner_fee()))
            .expect("fees of a test fit 64 bits");
        let earned = block_reward(weight, limits.median, fees).expect("fees of a test fit 64 bits");
        block.transaction_ids = transactions.iter().map(|transaction| transaction.id()).collect();
        if let Some(BatchingTail::Full { reward, .. } | BatchingTail::Compact { reward }) = &mut block.batching_tail {
            *reward = earned.reward;
        }
        // From HF21 on the reward does not depend on transactions.
        if let (Some(leader), None) = (&mut block.header.leader, &block.header.l2) {
            leader.reward = earned.reward;
        }
        let events = transactions
            .iter()
            .take_while(|transaction| transaction.transaction().prefix.kind.is_l2_event());
        block.l2_event_count = events.count().try_into().unwrap_or(u32::MAX);
        if self.registry.is_none() {
            self.service_nodes.sign(&mut block);
        }
        block
    }

    /// What a template of the next block asks.
    #[must_use]
    pub fn template_request(&self) -> TemplateRequest {
        let seed = [self.next_height().index().to_le_bytes(), self.branch.to_le_bytes()].concat();
        TemplateRequest {
            now: self.now,
            coinbase_key: oxen_crypto::SecretKey::reduce(keccak256(&seed).to_bytes()).public_key(),
            leader: self.leader(),
            producer: PublicKey::ZERO,
            l2: self.l2.clone(),
        }
    }

    /// Whom the next coinbase must name.
    fn leader(&self) -> PublicKey {
        match &self.registry {
            None => self.service_nodes.leader(),
            Some(rules) => rules
                .registry(&*self.state)
                .expect("a state in memory reads")
                .next_leader()
                .unwrap_or(PublicKey::ZERO),
        }
    }

    /// Puts a block and its transactions together, through its bytes.
    ///
    /// # Errors
    /// As [`UntrustedBlock::from_blob`] and [`UntrustedBlock::with_transactions`].
    pub fn seal(block: &Block, transactions: &[Arc<CheckedTransaction>]) -> Result<CheckedBlock, BlockError> {
        UntrustedBlock::from_blob(&block.encode())?.with_transactions(transactions.to_vec())
    }

    /// Verifies the proofs of a block's transactions, then applies it without keeping what it does.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn try_apply(&self, block: &CheckedBlock) -> Result<Applied, BlockError> {
        self.verify(block.transactions())?;
        self.apply_with(block, &*self.verifier)
    }

    /// Applies a block, taking all proofs for valid, without keeping what it does.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn try_apply_without_proofs(&self, block: &CheckedBlock) -> Result<Applied, BlockError> {
        self.apply_with(block, &ProofsAssumedValid)
    }

    /// Applies a block, asking only the ledger about proofs, without keeping what it does.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn apply_with(&self, block: &CheckedBlock, proofs: &dyn ProofLedger) -> Result<Applied, BlockError> {
        apply(&*self.state, &self.rules(proofs), block)
    }

    /// What the transition goes by on this chain, for a test that changes a part of it.
    #[must_use]
    pub fn rules<'a>(&'a self, proofs: &'a dyn ProofLedger) -> Rules<'a> {
        Rules {
            network: &self.network,
            service_nodes: match &self.registry {
                None => &*self.service_nodes,
                Some(rules) => &**rules,
            },
            proofs,
            work: &NoWorkHash,
            now: self.now,
        }
    }

    /// Verifies proofs of transactions whose rings the chain knows; [`Self::try_apply`] tells of the others.
    fn verify(&self, transactions: &[Arc<CheckedTransaction>]) -> Result<(), BlockError> {
        let resolved: Vec<Resolved> = transactions
            .iter()
            .filter_map(|transaction| Some((Arc::clone(transaction), self.resolve(transaction).ok()?)))
            .collect();
        self.verifier.verify(&resolved).map_err(|failure| {
            let id = resolved
                .get(failure.position)
                .map_or(Hash::ZERO, |(transaction, _)| transaction.id());
            BlockError::Transaction {
                id,
                error: Box::new(failure.error),
            }
        })
    }

    /// The rings of a transaction in the next block.
    ///
    /// # Errors
    /// Rules 13 and 14.
    pub fn resolve(&self, transaction: &CheckedTransaction) -> Result<ResolvedRings, TransactionError> {
        resolve_rings(
            &*self.state,
            transaction,
            self.next_height(),
            self.now,
            self.network.target_block_seconds,
        )
    }

    /// Applies a block and keeps it.
    ///
    /// # Errors
    /// The rule it breaks; nothing changed then.
    pub fn push(&mut self, block: CheckedBlock) -> Result<&MinedBlock, BlockError> {
        let applied = self.try_apply(&block)?;
        Ok(self.keep(block, applied))
    }

    /// Keeps a block that was applied to this very state.
    ///
    /// # Panics
    /// Never.
    pub fn keep(&mut self, block: CheckedBlock, applied: Applied) -> &MinedBlock {
        self.write(&applied.delta);
        for account in &self.accounts {
            let found = self.find_outputs(&block, account);
            self.owned.extend(found);
        }
        self.owned.sort_by_key(|output| output.index);
        self.blocks.push(MinedBlock {
            block,
            undo: applied.undo,
            events: applied.events,
        });
        self.blocks.last().expect("it was pushed")
    }

    /// Mines a block of exactly these transactions, a block time after the last.
    ///
    /// # Panics
    /// The block is refused.
    pub fn mine(&mut self, transactions: &[Arc<CheckedTransaction>]) -> &MinedBlock {
        self.advance(self.network.target_block_seconds);
        let block = self.assemble(transactions);
        let sealed = Self::seal(&block, transactions).expect("an assembled block decodes");
        let applied = self.try_apply(&sealed).expect("a test mines valid blocks");
        self.keep(sealed, applied)
    }

    /// Mines blocks without transactions.
    ///
    /// # Panics
    /// Never on a chain that this kit made.
    pub fn mine_empty(&mut self, count: u64) {
        for _ in 0..count {
            self.mine(&[]);
        }
    }

    /// Takes blocks back, newest first, and returns them in that order. The clock goes on.
    ///
    /// # Panics
    /// There are not as many above the first.
    pub fn revert(&mut self, count: usize) -> Vec<MinedBlock> {
        let reverted: Vec<MinedBlock> = (0..count)
            .map(|_| {
                let mined = self.blocks.pop().expect("a test takes back what it mined");
                self.write(mined.undo.as_delta());
                mined
            })
            .collect();
        let tip = self.tip().0;
        self.owned.retain(|output| output.height <= tip);
        reverted
    }

    /// Writes rows that no block made: for what only a long history or service nodes bring about.
    pub fn write(&mut self, delta: &Delta) {
        Arc::make_mut(&mut self.state).commit(delta);
    }

    /// A fresh key that nobody knows the secret of, the same in every run.
    #[must_use]
    pub fn nobody() -> PublicKey {
        oxen_crypto::hash_to_point(&PublicKey::new([1; 32]))
    }

    /// Outputs of a mined block that pay an account.
    fn find_outputs(&self, block: &CheckedBlock, account: &Account) -> Vec<OwnedOutput> {
        let height = block.block().height().unwrap_or_default();
        let coinbase = block.block().miner_transaction.as_ref();
        let listed = block.transactions().iter().map(|transaction| transaction.transaction());
        coinbase
            .into_iter()
            .chain(listed)
            .filter_map(|transaction| {
                let row = queries::transaction_row(&*self.state, &transaction.id()).ok()??;
                Some(account.find_outputs(transaction, row.first_output, height))
            })
            .flatten()
            .collect()
    }
}
