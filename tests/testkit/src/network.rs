//! A private network: regtest's rules, a first block that pays an account whose keys are known.

use crate::account::Account;
use oxen_crypto::{KeyDerivation, SecretKey};
use oxen_types::{
    Amount, ConsensusEncode, Hash, Height, Network, NetworkId, Timestamp, Transaction, UnlockTime,
    extra::{Extra, ExtraField},
    network::{
        DifficultyRule, FoundationAccrual, Genesis, HardFork, HardForkTable, KnownBlock, NetworkKind, PulseStartRule,
    },
    transaction::{Input, Output, OutputTarget, Proofs, TransactionPrefix, TransactionType, TransactionVersion},
};

/// When the first block was made, Unix seconds.
pub const GENESIS_TIME: u64 = 1_700_000_000;

/// A network to start a [`crate::TestChain`] on: HF19 from height 1, difficulty 1, no service nodes.
#[derive(Debug, Clone)]
pub struct TestNetwork {
    treasury: Account,
    outputs: usize,
    amount: Amount,
    network: Network,
}

impl Default for TestNetwork {
    fn default() -> Self {
        Self::new()
    }
}

impl TestNetwork {
    /// 64 outputs of 1,000 OXEN for the account "treasury".
    ///
    /// # Panics
    /// Never: the table of forks is in order.
    #[must_use]
    pub fn new() -> Self {
        let forks = [HardFork::new(7, 0, 0), HardFork::new(19, 3, 1)];
        Self {
            treasury: Account::named("treasury"),
            outputs: 64,
            amount: Amount::from_atomic(1_000 * Amount::OXEN.atomic()),
            network: Network {
                name: "testkit".to_owned(),
                kind: NetworkKind::Private,
                network_id: NetworkId::new(*b"oxen testkit net"),
                forks: HardForkTable::new(&forks).expect("the heights above ascend from 0"),
                difficulty: DifficultyRule::Fixed(1),
                ..Network::regtest()
            },
        }
    }

    /// The first block pays the treasury this many outputs of this amount.
    #[must_use]
    pub const fn premine(mut self, outputs: usize, amount: Amount) -> Self {
        self.outputs = outputs;
        self.amount = amount;
        self
    }

    /// The foundation is paid for every block, and it is this account.
    #[must_use]
    pub fn foundation(mut self, account: &Account) -> Self {
        let text = account.address_text(&self.network);
        self.network.governance.first.clone_from(&text);
        self.network.governance.second = text;
        self.network.batching.foundation = FoundationAccrual::Paid;
        self
    }

    /// Rewards are paid out to everybody once in this many blocks.
    #[must_use]
    pub const fn batching_interval(mut self, blocks: u64) -> Self {
        self.network.batching.interval_blocks = blocks;
        self
    }

    /// Another parameter.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Network)) -> Self {
        change(&mut self.network);
        self
    }

    /// Another table of forks.
    ///
    /// # Panics
    /// The table breaks a rule of its own.
    #[must_use]
    pub fn forks(mut self, forks: &[HardFork]) -> Self {
        self.network.forks = HardForkTable::new(forks).expect("a test gives forks in order");
        self
    }

    /// Another difficulty.
    #[must_use]
    pub const fn difficulty(mut self, rule: DifficultyRule) -> Self {
        self.network.difficulty = rule;
        self
    }

    /// Where round 0 of a Pulse block starts.
    #[must_use]
    pub fn pulse_start(mut self, rule: PulseStartRule) -> Self {
        self.network.pulse.start = rule;
        self
    }

    /// A hard-coded checkpoint; give them with ascending heights.
    #[must_use]
    pub fn checkpoint(mut self, height: Height, block_id: Hash) -> Self {
        self.network.checkpoints.push(KnownBlock { height, block_id });
        self
    }

    /// The account that the first block pays.
    #[must_use]
    pub const fn treasury(&self) -> &Account {
        &self.treasury
    }

    /// The parameters, with the first block in them.
    ///
    /// # Panics
    /// Never: the first block decodes.
    #[must_use]
    pub fn build(&self) -> Network {
        let mut genesis = Genesis {
            transaction: self.genesis_transaction().encode(),
            nonce: 0,
            timestamp: Timestamp::from_seconds(GENESIS_TIME),
            major_version: 7,
            minor_version: 7,
            block_id: Hash::ZERO,
        };
        genesis.block_id = genesis.block().expect("the coinbase below decodes").id();
        Network {
            genesis,
            ..self.network.clone()
        }
    }

    fn genesis_transaction(&self) -> Transaction {
        let secret = SecretKey::reduce([7; 32]);
        let derivation = KeyDerivation::new(&secret, &self.treasury.view_key())
            .expect("an account's view key is a point of the curve");
        let outputs: Vec<Output> = (0..self.outputs as u64)
            .map(|index| {
                let key = derivation
                    .derive_public_key(index, &self.treasury.spend_key())
                    .expect("an account's spend key is a point of the curve");
                Output {
                    amount: self.amount,
                    target: OutputTarget::Key(key),
                }
            })
            .collect();
        Transaction {
            prefix: TransactionPrefix {
                version: TransactionVersion::V4,
                output_unlock_times: vec![UnlockTime::NONE; outputs.len()],
                unlock_time: UnlockTime::NONE,
                inputs: vec![Input::Generation {
                    height: Height::GENESIS,
                }],
                outputs,
                extra: Extra::from_fields(vec![ExtraField::TransactionKey(secret.public_key())]).encode(),
                kind: TransactionType::Standard,
            },
            proofs: Proofs::Null,
        }
    }
}
