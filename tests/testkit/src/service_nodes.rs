//! Service nodes that do as the test says: a quorum for every block, rewards for whoever the test names.

use oxen_crypto::{KeyPair, SecretKey, signature::schnorr};
use oxen_staking_rules::{NodeShares, quorum::Quorum as NodeQuorum};
use oxen_state::{
    NoServiceNodes, Overlay, ServiceNodeRules, TransactionError, View, ViewError,
    delta::scan_rows,
    rewards::RewardRates,
    service_nodes::{BlockDuties, EarningNode, PayableChange, Producer, RewardDuties},
    transaction::CheckedTransaction,
};
use oxen_types::{
    Block, Hash, Height, PublicKey, Signature,
    block::{BatchingTail, PulseHeader, QuorumSignature},
    keccak256,
    network::constants::{PULSE_REQUIRED_SIGNATURES, PULSE_VALIDATORS},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// What plays the registry of service nodes. Transactions that would change a registry are refused, as without one.
#[derive(Debug, Clone, Default)]
pub struct ScriptedServiceNodes {
    leader: PublicKey,
    quorum: Option<Quorum>,
    payable: Vec<NodeShares>,
    producer: Producer,
}

#[derive(Debug, Clone)]
struct Quorum {
    producer: KeyPair,
    validators: Vec<KeyPair>,
}

impl ScriptedServiceNodes {
    /// None at all: blocks are mined and nobody earns.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A Pulse quorum with known keys makes every block; its producer leads.
    #[must_use]
    pub fn with_quorum(mut self) -> Self {
        let key = |name: &str| KeyPair::new(SecretKey::reduce(keccak256(name.as_bytes()).to_bytes()));
        let producer = key("oxen-testkit producer");
        self.leader = producer.public;
        self.quorum = Some(Quorum {
            producer,
            validators: (0..PULSE_VALIDATORS)
                .map(|index| key(&format!("oxen-testkit validator {index}")))
                .collect(),
        });
        self
    }

    /// These nodes share the reward of every block.
    #[must_use]
    pub fn paying(mut self, nodes: Vec<NodeShares>) -> Self {
        self.payable = nodes;
        self
    }

    /// This node is credited with the fees of every block.
    #[must_use]
    pub fn crediting_fees_to(mut self, node: NodeShares) -> Self {
        self.producer = Producer::Node(node);
        self
    }

    /// The leader that coinbases must name.
    #[must_use]
    pub const fn leader(&self) -> PublicKey {
        self.leader
    }

    /// Makes a block the quorum's: round 0, the first seven validators, their signatures. Leaves a block alone when there is
    /// no quorum.
    pub fn sign(&self, block: &mut Block) {
        let Some(quorum) = &self.quorum else { return };
        block.header.nonce = 0;
        block.header.pulse = Some(PulseHeader {
            random_value: [0x5e; 16],
            round: 0,
            validator_bitset: (1 << PULSE_REQUIRED_SIGNATURES) - 1,
        });
        if let Some(BatchingTail::Full { producer, .. }) = &mut block.batching_tail {
            *producer = quorum.producer.public;
        }
        self.sign_as_is(block);
    }

    /// Signs a block whose header the test has changed: the first seven validators.
    pub fn sign_as_is(&self, block: &mut Block) {
        let Some(quorum) = &self.quorum else { return };
        let id = block.id();
        let mut rng = ChaCha20Rng::from_seed(id.to_bytes());
        block.signatures = (0..PULSE_REQUIRED_SIGNATURES)
            .zip(&quorum.validators)
            .map(|(index, validator)| QuorumSignature {
                voter_index: u16::try_from(index).unwrap_or(u16::MAX),
                signature: schnorr::sign(&id, validator, &mut rng),
            })
            .collect();
    }

    fn all_start(&self) -> PayableChange {
        let started = self.payable.iter().zip(1_u64..).map(|(shares, number)| EarningNode {
            key: PublicKey::new(keccak256(&number.to_le_bytes()).to_bytes()),
            shares: shares.clone(),
        });
        PayableChange {
            started: started.collect(),
            stopped: Vec::new(),
            payable: self.payable.clone(),
        }
    }

    /// A signature that no validator made.
    #[must_use]
    pub fn foreign_signature(block: &Block) -> Signature {
        let mut rng = ChaCha20Rng::seed_from_u64(0);
        schnorr::sign(&block.id(), &KeyPair::new(SecretKey::reduce([9; 32])), &mut rng)
    }
}

impl ServiceNodeRules for ScriptedServiceNodes {
    fn block_duties(&self, _: &dyn View, _: Height, _: u8) -> Result<BlockDuties, ViewError> {
        Ok(BlockDuties {
            leader: self.leader,
            quorum: self.quorum.as_ref().map(|quorum| NodeQuorum {
                validators: quorum.validators.iter().map(|pair| pair.public).collect(),
                workers: vec![quorum.producer.public],
            }),
        })
    }

    fn check_transaction(
        &self,
        view: &dyn View,
        transaction: &CheckedTransaction,
        height: Height,
    ) -> Result<(), TransactionError> {
        NoServiceNodes.check_transaction(view, transaction, height)
    }

    fn apply_block(
        &self,
        state: &mut Overlay<&dyn View>,
        _: &Block,
        _: &Hash,
        _: &[&CheckedTransaction],
        _: Height,
    ) -> Result<RewardDuties, ViewError> {
        // They earn from the first block on, which sets the first rate.
        let earn_already = self.payable.is_empty() || !scan_rows::<RewardRates>(state, &[], &[], 1)?.is_empty();
        Ok(RewardDuties {
            change: (!earn_already).then(|| self.all_start()),
            producer: self.producer.clone(),
            payable: self.payable.len() as u64,
            credits: None,
        })
    }
}
