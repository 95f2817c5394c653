//! Every block of a play with the state after it, made once by the real transition and shared by all nodes.
//!
//! The transition is a function of parent state, rules and block, so that nodes with the same tip have the same state. That this
//! is so is checked: some blocks are applied again by rules that remember nothing, and taken back; and after every block the
//! money is counted.

use crate::{ground::Ground, signatures::Signatures, state::SharedState};
use oxen_crypto::{KeyPair, signature::schnorr};
use oxen_pulse_machine::{Bitset, Position, RoundId, RoundQuorum};
use oxen_staking_rules::vote::{CastVote, Vote};
use oxen_staking_rules::{Quorum, Registry};
use oxen_state::{
    BlockError, CheckedBlock, NoWorkHash, Rules, StakingRules, TableId, UntrustedBlock, View, apply, queries,
    rewards::balances,
    state_digest,
    transaction::{CheckedTransaction, ProofsAssumedValid},
};
use oxen_types::{
    Block, ConsensusEncode, Hash, Height, Network, PublicKey, Timestamp,
    block::QuorumSignature,
    hashing::keccak256_parts,
    keccak256,
    network::constants::{BATCH_REWARD_FACTOR, PULSE_REQUIRED_SIGNATURES},
};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
    sync::Arc,
};

/// One block in so many is applied again and taken back.
const APPLIED_AGAIN: u8 = 16;

/// A block as it travels.
#[derive(Debug)]
pub struct Sealed {
    /// The block with its transactions.
    pub checked: CheckedBlock,
    /// Hash of its bytes: the id covers neither signatures nor tail.
    pub fingerprint: Hash,
    /// Number of its bytes, transactions apart.
    pub bytes: usize,
}

impl Sealed {
    /// The block.
    #[must_use]
    pub const fn block(&self) -> &Block {
        self.checked.block()
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> Hash {
        self.checked.id()
    }

    /// The block before it.
    #[must_use]
    pub const fn parent(&self) -> Hash {
        self.checked.block().header.previous
    }
}

/// Which rules a node goes by, as an index into those of the play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rulebook(pub usize);

impl Rulebook {
    /// The rules of a play in which all have the same.
    pub const FIRST: Self = Self(0);
}

/// A block that was applied.
#[derive(Debug)]
pub struct Entry {
    /// Its height.
    pub height: Height,
    /// Its time.
    pub timestamp: Timestamp,
    /// The block; `None` for the tip of the ground.
    pub sealed: Option<Rc<Sealed>>,
    /// The state after it.
    pub state: SharedState,
    /// What all coinbases up to it paid since the ground, thousandths of an atomic unit.
    paid_milli: u128,
}

/// What the rules say of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was applied: the ledger has its state.
    Valid,
    /// Its parent is not in the ledger.
    ParentUnknown,
    /// It breaks this rule.
    Invalid(String),
}

/// Parameters with the registry that goes by them.
struct Book {
    network: Arc<Network>,
    rules: StakingRules,
}

/// What was owned and owed when the play began.
struct Opening {
    emitted_milli: u128,
    pending_milli: u128,
    lost_milli: u128,
}

/// All blocks of a play.
pub struct Ledger {
    ground: Arc<Ground>,
    books: Vec<Book>,
    entries: BTreeMap<Hash, Entry>,
    verdicts: HashMap<(Rulebook, Hash), Verdict>,
    templates: HashMap<(Rulebook, Hash), Result<(), String>>,
    quorums: HashMap<(Rulebook, Hash, u8), Option<RoundQuorum>>,
    casts: HashMap<Hash, Option<CastVote>>,
    transactions: BTreeMap<Hash, Arc<CheckedTransaction>>,
    opening: Opening,
    /// Remembers signatures.
    pub signatures: Signatures,
    /// How many blocks were applied again and taken back.
    pub applied_again: usize,
}

impl Ledger {
    /// The ground alone, with the rules that nodes of the play go by.
    ///
    /// # Panics
    /// Never: a state in memory reads.
    #[must_use]
    pub fn new(ground: Arc<Ground>, networks: &[Arc<Network>]) -> Self {
        let entry = Entry {
            height: ground.height,
            timestamp: ground.time,
            sealed: None,
            state: ground.state.clone(),
            paid_milli: 0,
        };
        let book = |network: &Arc<Network>| Book {
            network: Arc::clone(network),
            rules: StakingRules::new(Arc::clone(network)),
        };
        Self {
            books: networks.iter().map(book).collect(),
            entries: BTreeMap::from([(ground.tip, entry)]),
            verdicts: HashMap::new(),
            templates: HashMap::new(),
            quorums: HashMap::new(),
            casts: HashMap::new(),
            transactions: BTreeMap::new(),
            opening: Opening::of(&ground.state),
            ground,
            signatures: Signatures::default(),
            applied_again: 0,
        }
    }

    /// The chain below.
    #[must_use]
    pub const fn ground(&self) -> &Arc<Ground> {
        &self.ground
    }

    /// Rules that come into play later.
    pub fn add_rules(&mut self, network: Arc<Network>) -> Rulebook {
        let rules = StakingRules::new(Arc::clone(&network));
        self.books.push(Book { network, rules });
        Rulebook(self.books.len() - 1)
    }

    /// The parameters of some rules.
    #[must_use]
    pub fn network(&self, rulebook: Rulebook) -> &Arc<Network> {
        &self.books[rulebook.0].network
    }

    /// A block that was applied.
    #[must_use]
    pub fn entry(&self, id: &Hash) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// A block that was applied for sure.
    ///
    /// # Panics
    /// It was not.
    #[must_use]
    pub fn applied(&self, id: &Hash) -> &Entry {
        self.entries.get(id).expect("a node's chain holds applied blocks alone")
    }

    /// The registry after a block that was applied.
    ///
    /// # Panics
    /// It was not.
    #[must_use]
    pub fn registry(&self, rulebook: Rulebook, tip: &Hash) -> Arc<Registry> {
        let rules = &self.books[rulebook.0].rules;
        rules.registry(&self.applied(tip).state).expect("memory reads")
    }

    /// The rules of service nodes.
    #[must_use]
    pub fn staking(&self, rulebook: Rulebook) -> &StakingRules {
        &self.books[rulebook.0].rules
    }

    /// The keys of a node.
    ///
    /// # Panics
    /// It is none of the ground's.
    #[must_use]
    pub fn pair(&self, key: &PublicKey) -> &KeyPair {
        let mut members = self.ground.members.iter();
        members
            .find(|pair| pair.public == *key)
            .expect("all nodes are of the ground")
    }

    /// Lets blocks hold a transaction.
    pub fn learn_transaction(&mut self, transaction: &Arc<CheckedTransaction>) {
        self.transactions.insert(transaction.id(), Arc::clone(transaction));
    }

    /// Brings a block together with its transactions, through its bytes; `None` when nobody has made one of them.
    #[must_use]
    pub fn seal(&self, block: &Block) -> Option<Rc<Sealed>> {
        let blob = block.encode();
        let untrusted = UntrustedBlock::from_blob(&blob).ok()?;
        let listed = untrusted.block().transaction_ids.iter();
        let transactions: Option<Vec<_>> = listed.map(|id| self.transactions.get(id).cloned()).collect();
        Some(Rc::new(Sealed {
            checked: untrusted.with_transactions(transactions?).ok()?,
            fingerprint: keccak256(&blob),
            bytes: blob.len(),
        }))
    }

    /// The quorum of a round, from the state after its parent; `None` when the parent is unknown or there is none.
    pub fn quorum(&mut self, rulebook: Rulebook, round: &RoundId) -> Option<RoundQuorum> {
        let key = (rulebook, round.parent, round.number);
        if let Some(known) = self.quorums.get(&key) {
            return known.clone();
        }
        let state = &self.entries.get(&round.parent)?.state;
        let found = self.books[rulebook.0]
            .rules
            .next_pulse_quorum(state, round.height, round.number)
            .expect("a state in memory reads");
        let quorum = found.as_ref().and_then(round_quorum);
        self.quorums.insert(key, quorum.clone());
        quorum
    }

    /// What the rules say of a block; the first time it is applied.
    pub fn judge(&mut self, rulebook: Rulebook, sealed: &Rc<Sealed>) -> Verdict {
        let key = (rulebook, sealed.fingerprint);
        if let Some(known) = self.verdicts.get(&key) {
            return known.clone();
        }
        let Some(parent) = self.entries.get(&sealed.parent()) else {
            return Verdict::ParentUnknown;
        };
        let verdict = match self.apply(rulebook, &parent.state, &sealed.checked) {
            Err(error) => Verdict::Invalid(error.to_string()),
            Ok(delta) => {
                let payouts = sealed.block().miner_transaction.iter();
                let paid: u128 = payouts
                    .flat_map(|coinbase| &coinbase.prefix.outputs)
                    .map(|output| u128::from(output.amount.atomic()) * u128::from(BATCH_REWARD_FACTOR))
                    .sum();
                let entry = Entry {
                    height: parent.height.next(),
                    timestamp: sealed.block().header.timestamp,
                    sealed: Some(Rc::clone(sealed)),
                    state: parent.state.with(&delta.delta),
                    paid_milli: parent.paid_milli + paid,
                };
                self.opening.check_supply(&entry);
                if sealed.fingerprint.as_bytes()[0].is_multiple_of(APPLIED_AGAIN) {
                    self.check_again(rulebook, sealed, &entry, &delta);
                    self.applied_again += 1;
                }
                if let Some(before) = self.entries.get(&sealed.id()) {
                    // The same block under other rules, or with other signatures.
                    assert_eq!(
                        digest_without_signatures(&before.state),
                        digest_without_signatures(&entry.state),
                        "block {} has two states",
                        sealed.id()
                    );
                } else {
                    self.entries.insert(sealed.id(), entry);
                }
                Verdict::Valid
            }
        };
        self.verdicts.insert(key, verdict.clone());
        verdict
    }

    fn apply(
        &self,
        rulebook: Rulebook,
        state: &SharedState,
        block: &CheckedBlock,
    ) -> Result<oxen_state::Applied, BlockError> {
        let book = &self.books[rulebook.0];
        apply(state, &rules(&book.network, &book.rules), block)
    }

    /// Applies a block by rules without memory and takes it back: the same changes, the same registry, no trace.
    fn check_again(&self, rulebook: Rulebook, sealed: &Sealed, entry: &Entry, first: &oxen_state::Applied) {
        let network = &self.books[rulebook.0].network;
        let fresh = StakingRules::new(Arc::clone(network));
        let parent = &self.applied(&sealed.parent()).state;
        let again = apply(parent, &rules(network, &fresh), &sealed.checked).expect("it was valid before");
        assert_eq!(
            again,
            *first,
            "block {} does something else the second time",
            sealed.id()
        );
        let cached = self.books[rulebook.0]
            .rules
            .registry(&entry.state)
            .expect("memory reads");
        let loaded = StakingRules::new(Arc::clone(network))
            .registry(&entry.state)
            .expect("memory reads");
        assert!(
            cached.nodes().eq(loaded.nodes()),
            "the registry after {} is another",
            sealed.id()
        );
        let back = entry.state.with(again.undo.as_delta());
        assert_eq!(digest(&back), digest(parent), "block {} leaves a trace", sealed.id());
    }

    /// Whether a template would be a valid block once it has a random value and signatures.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn check_template(&mut self, rulebook: Rulebook, round: &RoundId, block: &Block) -> Result<(), String> {
        let key = (rulebook, keccak256(&block.encode()));
        if let Some(known) = self.templates.get(&key) {
            return known.clone();
        }
        let verdict = self.try_template(rulebook, round, block);
        self.templates.insert(key, verdict.clone());
        verdict
    }

    fn try_template(&mut self, rulebook: Rulebook, round: &RoundId, block: &Block) -> Result<(), String> {
        let quorum = self.quorum(rulebook, round).ok_or("no quorum")?;
        let mut signed = block.clone();
        self.sign(&mut signed, &quorum);
        let sealed = self.seal(&signed).ok_or("a transaction is missing")?;
        let parent = self.entries.get(&sealed.parent()).ok_or("unknown parent")?;
        self.apply(rulebook, &parent.state, &sealed.checked)
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    /// Signs a block by the first seven of its participants, whoever they are: a play knows all keys.
    ///
    /// # Panics
    /// It is no Pulse block.
    pub fn sign(&self, block: &mut Block, quorum: &RoundQuorum) {
        let id = block.id();
        let bits = block.header.pulse.as_ref().expect("a Pulse block").validator_bitset;
        let participants = Bitset::new(bits).expect("no bit above 10 is set");
        let mut rng = ChaCha8Rng::from_seed(id.to_bytes());
        let signers: Vec<Position> = participants.positions().take(PULSE_REQUIRED_SIGNATURES).collect();
        block.signatures = signers
            .into_iter()
            .filter_map(|position| Some((position, quorum.validator(position)?)))
            .map(|(position, key)| QuorumSignature {
                voter_index: position.number(),
                signature: schnorr::sign(&id, self.pair(key), &mut rng),
            })
            .collect();
    }

    /// Verifies a vote; each only once.
    pub fn cast(&mut self, vote: &Vote, quorum: &Quorum) -> Option<CastVote> {
        let voter = quorum.validators.get(usize::from(vote.validator))?;
        let parts: [&[u8]; 2] = [&vote.to_message(), voter.as_bytes()];
        *self
            .casts
            .entry(keccak256_parts(&parts))
            .or_insert_with(|| vote.verify(quorum).ok())
    }

    /// How many different blocks were applied.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len() - 1
    }

    /// True while there is the ground alone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Heights that have more than one block.
    #[must_use]
    pub fn forks(&self) -> usize {
        let mut by_height: BTreeMap<Height, usize> = BTreeMap::new();
        for entry in self.entries.values() {
            *by_height.entry(entry.height).or_default() += 1;
        }
        by_height.values().filter(|count| **count > 1).count()
    }
}

fn rules<'a>(network: &'a Network, staking: &'a StakingRules) -> Rules<'a> {
    Rules {
        network,
        service_nodes: staking,
        // The transactions of a play have no proofs.
        proofs: &ProofsAssumedValid,
        work: &NoWorkHash,
        // Each node compares with its own clock.
        now: Timestamp::from_seconds(u64::MAX),
    }
}

fn digest(state: &SharedState) -> Hash {
    state_digest(state).expect("a state in memory reads")
}

/// As [`digest`], without the bytes of blocks: nodes may hold the same block with different seven of its signatures, which
/// nothing else depends on (pulse §5.3).
fn digest_without_signatures(state: &SharedState) -> Hash {
    digest(&state.without(TableId::BlockBlobs))
}

/// Producer and validators as the machine wants them.
fn round_quorum(quorum: &Quorum) -> Option<RoundQuorum> {
    Some(RoundQuorum {
        producer: *quorum.workers.first()?,
        validators: quorum.validators.clone().try_into().ok()?,
    })
}

impl Opening {
    fn of(state: &SharedState) -> Self {
        let (emitted_milli, lost_milli) = emitted_and_lost(state);
        Self {
            emitted_milli,
            lost_milli,
            pending_milli: pending(state),
        }
    }

    /// What was emitted since and not lost is paid, or owed to somebody.
    fn check_supply(&self, entry: &Entry) {
        let (emitted, lost) = emitted_and_lost(&entry.state);
        assert_eq!(
            (emitted - self.emitted_milli) + self.pending_milli,
            entry.paid_milli + (lost - self.lost_milli) + pending(&entry.state),
            "money appeared or vanished in block {}",
            entry.height
        );
    }
}

fn emitted_and_lost(state: &SharedState) -> (u128, u128) {
    let totals = queries::totals(state as &dyn View).expect("memory reads");
    let burned = u128::from(totals.burned.atomic()) * u128::from(BATCH_REWARD_FACTOR);
    (totals.emitted_milli, burned + totals.forfeited_milli)
}

fn pending(state: &SharedState) -> u128 {
    let balances = balances(state).expect("a state in memory reads");
    balances.iter().map(|(_, balance)| balance.amount.milli()).sum()
}
