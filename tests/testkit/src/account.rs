//! Accounts with known keys, and the outputs they own.

use oxen_crypto::{
    AccountKeys, Address, AddressPrefixes, KeyDerivation, KeyPair, Mask, SubaddressIndex,
    amount::{self, Opening},
};
use oxen_staking_rules::Recipient;
use oxen_types::{
    Amount, GlobalOutputIndex, Height, KeyImage, Network, PublicKey, Transaction, Unlock, UnlockTime, keccak256,
    transaction::Proofs,
};
use std::sync::Arc;

/// A primary address whose keys follow from a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    name: Arc<str>,
    keys: AccountKeys,
}

impl Account {
    /// The account of this name: the same in every run.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let seed = keccak256([b"oxen-testkit account ", name.as_bytes()].concat().as_slice());
        Self {
            name: name.into(),
            keys: AccountKeys::from_seed(seed.as_bytes()),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its secrets.
    #[must_use]
    pub const fn keys(&self) -> &AccountKeys {
        &self.keys
    }

    /// Its primary address.
    ///
    /// # Panics
    /// Never: the keys are points of the curve.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::of_account(&self.keys.view_keys(), SubaddressIndex::new(0, 0))
            .expect("keys made of a seed are points of the curve")
    }

    /// Its primary address as text.
    #[must_use]
    pub fn address_text(&self, network: &Network) -> String {
        self.address().encode(&AddressPrefixes {
            standard: network.address_prefixes.standard,
            integrated: network.address_prefixes.integrated,
            subaddress: network.address_prefixes.subaddress,
        })
    }

    /// The account as rewards know it.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient::Oxen {
            spend: self.keys.spend.public_key(),
            view: self.keys.view.public_key(),
        }
    }

    /// Its public spend key.
    #[must_use]
    pub fn spend_key(&self) -> PublicKey {
        self.keys.spend.public_key()
    }

    /// Its public view key.
    #[must_use]
    pub fn view_key(&self) -> PublicKey {
        self.keys.view.public_key()
    }

    /// The outputs of a transaction that pay this account; `first` is the global index of its first output.
    ///
    /// # Panics
    /// Never: derived keys are points of the curve.
    pub(crate) fn find_outputs(&self, transaction: &Transaction, first: u64, height: Height) -> Vec<OwnedOutput> {
        let spend = self.keys.spend.public_key();
        let derivations: Vec<KeyDerivation> = transaction
            .prefix
            .parse_extra()
            .transaction_keys()
            .filter_map(|key| KeyDerivation::new(&self.keys.view, &key).ok())
            .collect();
        let mut found = Vec::new();
        for (position, output) in transaction.prefix.outputs.iter().enumerate() {
            let Some(key) = output.key() else { continue };
            let ours = derivations
                .iter()
                .find(|derivation| derivation.recover_spend_key(position as u64, &key) == Ok(spend));
            let Some(derivation) = ours else { continue };
            let Some(opening) = open(transaction, position, derivation) else {
                continue;
            };
            let (pair, key_image) = derivation.derive_key_image(position as u64, &self.keys.spend);
            found.push(OwnedOutput {
                owner: self.clone(),
                index: GlobalOutputIndex::new(first + position as u64),
                pair,
                opening,
                key_image,
                height,
                unlock_time: transaction.prefix.output_unlock_time(position),
            });
        }
        found
    }
}

/// Amount and mask of an output whose derivation is known; `None` when the transaction lies about them.
fn open(transaction: &Transaction, position: usize, derivation: &KeyDerivation) -> Option<Opening> {
    match &transaction.proofs {
        Proofs::Clsag(proofs) => amount::open(
            *proofs.base.encrypted_amounts.get(position)?,
            proofs.base.commitments.get(position)?,
            &derivation.scalar(position as u64),
        )
        .ok(),
        _ => Some(Opening {
            amount: transaction.prefix.outputs.get(position)?.amount,
            mask: Mask::ONE,
        }),
    }
}

/// An output on the chain together with everything it takes to spend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedOutput {
    /// Whose it is.
    pub owner: Account,
    /// Where it stands.
    pub index: GlobalOutputIndex,
    /// Its one-time keys.
    pub pair: KeyPair,
    /// Its amount and mask.
    pub opening: Opening,
    /// What marks it as spent.
    pub key_image: KeyImage,
    /// Height of its block.
    pub height: Height,
    /// When it unlocks.
    pub unlock_time: UnlockTime,
}

impl OwnedOutput {
    /// Its amount.
    #[must_use]
    pub const fn amount(&self) -> Amount {
        self.opening.amount
    }

    /// True when the block at `height` may spend it as far as its own lock by height and its age go. An output that is locked
    /// until a time is never taken for mature here.
    #[must_use]
    pub fn is_mature(&self, height: Height) -> bool {
        let unlocked = match self.unlock_time.unlock() {
            Unlock::AtHeight(unlock) => height >= unlock,
            Unlock::AtTime(_) => false,
        };
        unlocked
            && self
                .height
                .saturating_add(oxen_types::network::constants::SPENDABLE_AGE_BLOCKS)
                <= height
    }
}
