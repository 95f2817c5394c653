//! Registering and funding nodes.

use super::StakingChain;
use crate::{
    account::Account,
    transfer::{Transfer, TransferBuilder},
};
use oxen_crypto::signature::schnorr;
use oxen_staking_rules::Recipient;
use oxen_types::{
    Amount,
    extra::{Contributor, Registration, Reservation, stake::registration_hash},
    network::HardForkVersion,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// A stake that is being put together. The treasury gives the money, the contributor the keys.
pub struct StakePlay<'c> {
    chain: &'c mut StakingChain,
    node: String,
    by: Account,
    amount: Amount,
    registration: Option<Terms>,
}

/// What a registration says.
struct Terms {
    fee: u64,
    own: Option<Amount>,
    reserved: Vec<(Recipient, Amount)>,
    fork: u64,
    signer: String,
}

impl<'c> StakePlay<'c> {
    pub(super) fn registration(chain: &'c mut StakingChain, node: &str) -> Self {
        let terms = Terms {
            fee: 0,
            own: None,
            reserved: Vec::new(),
            fork: u64::from(HardForkVersion::REWARD_BATCHING.number()),
            signer: node.to_owned(),
        };
        Self {
            registration: Some(terms),
            ..Self::contribution(chain, node)
        }
    }

    pub(super) fn contribution(chain: &'c mut StakingChain, node: &str) -> Self {
        chain.learn(node);
        Self {
            by: chain.account(&format!("operator of {node}")),
            chain,
            node: node.to_owned(),
            amount: Amount::ZERO,
            registration: None,
        }
    }

    /// Who stakes.
    #[must_use]
    pub fn by(mut self, account: &str) -> Self {
        self.by = self.chain.account(account);
        self
    }

    /// How much, in whole OXEN.
    #[must_use]
    pub fn stake(self, oxen: u64) -> Self {
        self.stake_amount(Amount::from_atomic(oxen * Amount::OXEN.atomic()))
    }

    /// How much, to the atomic unit.
    #[must_use]
    pub const fn stake_amount(mut self, amount: Amount) -> Self {
        self.amount = amount;
        self
    }

    /// The registration keeps this many whole OXEN for somebody.
    #[must_use]
    pub fn reserving(self, account: &str, oxen: u64) -> Self {
        self.reserving_amount(account, Amount::from_atomic(oxen * Amount::OXEN.atomic()))
    }

    /// The registration keeps this much for somebody.
    #[must_use]
    pub fn reserving_amount(self, account: &str, amount: Amount) -> Self {
        let recipient = self.chain.account(account).recipient();
        self.reserving_keys(recipient, amount)
    }

    /// The registration keeps this much for keys that need be nobody's.
    #[must_use]
    pub fn reserving_keys(mut self, keys: Recipient, amount: Amount) -> Self {
        self.terms().reserved.push((keys, amount));
        self
    }

    /// The registration keeps another amount for the operator than what is staked.
    #[must_use]
    pub fn reserving_own(mut self, amount: Amount) -> Self {
        self.terms().own = Some(amount);
        self
    }

    /// The operator's fee, of 10,000.
    #[must_use]
    pub fn fee(mut self, fee: u64) -> Self {
        self.terms().fee = fee;
        self
    }

    /// The registration says it was made for another hard fork.
    #[must_use]
    pub fn for_fork(mut self, fork: u64) -> Self {
        self.terms().fork = fork;
        self
    }

    /// Another node signs the registration.
    #[must_use]
    pub fn signed_by(mut self, node: &str) -> Self {
        node.clone_into(&mut self.terms().signer);
        self
    }

    fn terms(&mut self) -> &mut Terms {
        self.registration.as_mut().expect("only a registration has terms")
    }

    /// What the builder makes of it, for a test that changes more.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn builder(&self) -> TransferBuilder {
        let node = StakingChain::key(&self.node);
        let builder = TransferBuilder::new().stake(node, &self.by, self.amount);
        match &self.registration {
            Some(terms) => builder.registration(self.signed(terms)),
            None => builder,
        }
    }

    fn signed(&self, terms: &Terms) -> Registration {
        let own = (self.by.recipient(), terms.own.unwrap_or(self.amount));
        let reservations: Vec<Reservation> = std::iter::once(&own)
            .chain(&terms.reserved)
            .filter_map(|(keys, amount)| match *keys {
                Recipient::Oxen { spend, view } => Some(Reservation {
                    contributor: Contributor {
                        spend_key: spend,
                        view_key: view,
                    },
                    amount: amount.atomic(),
                }),
                // A stake in OXEN is never reserved for an account on Ethereum.
                Recipient::Ethereum(_) => None,
            })
            .collect();
        let hash = registration_hash(terms.fee, &reservations, terms.fork);
        let mut rng = ChaCha20Rng::from_seed(hash.to_bytes());
        Registration {
            spend_keys: reservations.iter().map(|one| one.contributor.spend_key).collect(),
            view_keys: reservations.iter().map(|one| one.contributor.view_key).collect(),
            fee: terms.fee,
            amounts: reservations.iter().map(|one| one.amount).collect(),
            hard_fork_or_expiration: terms.fork,
            signature: schnorr::sign(&hash, &StakingChain::node_keys(&terms.signer), &mut rng),
        }
    }

    /// The transaction.
    ///
    /// # Panics
    /// The treasury is too poor.
    #[must_use]
    pub fn build(self) -> Transfer {
        self.builder().build(&mut self.chain.chain)
    }

    /// Lets it wait for the next block.
    ///
    /// # Panics
    /// The treasury is too poor.
    pub fn submit(self) {
        let transfer = self.builder().build(&mut self.chain.chain);
        self.chain.waiting.push(transfer.checked());
    }

    /// Makes the next block with it.
    ///
    /// # Panics
    /// The treasury is too poor, or the block is refused.
    pub fn mine(self) {
        let transfer = self.builder().build(&mut self.chain.chain);
        self.chain.submit(transfer.checked()).mine();
    }
}
