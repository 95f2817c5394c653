//! Transactions of the name system: real records in real transfers.

use crate::{
    account::Account,
    chain::TestChain,
    transfer::{Transfer, TransferBuilder},
};
use oxen_crypto::KeyPair;
use oxen_names::{EncryptedValue, Name, NameEntry, NameSigner, NameValue, Nonce, price::price};
use oxen_types::{
    Amount, ExtraField, Hash,
    extra::{NameOperation, NameOwner, NameRecord, NameType},
    network::HardForkVersion,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// What is paid to whoever makes the block, beside what is burned: above what any pool asks for.
const MINER_FEE: Amount = Amount::from_atomic(200_000_000);

/// The account's primary address as the owner of names.
#[must_use]
pub fn name_owner(account: &Account) -> NameOwner {
    let address = account.address();
    NameOwner::Wallet {
        spend_key: address.spend(),
        view_key: address.view(),
        subaddress_flag: 0,
    }
}

/// The account's primary address as a signer of updates.
#[must_use]
pub fn name_signer(account: &Account) -> NameSigner {
    NameSigner::Wallet(Box::new(KeyPair::new(account.keys().spend.clone())))
}

/// Says what a transaction of the name system asks for. It burns what its record costs unless told otherwise, pays its fee
/// from the treasury, and has one output, the change.
#[derive(Clone)]
pub struct NameBuilder {
    record: NameRecord,
    signer: Option<NameSigner>,
    burned: Option<Amount>,
    seed: u64,
}

impl NameBuilder {
    /// Buys a name.
    #[must_use]
    pub fn buy(name_type: NameType, name: &Name, value: &NameValue, owner: &Account) -> Self {
        Self::of(NameRecord {
            version: 0,
            name_type,
            name_hash: name.hash(),
            previous_transaction: Hash::ZERO,
            owner: Some(name_owner(owner)),
            backup_owner: None,
            signature: None,
            encrypted_value: Some(encrypted(name, value, 0)),
        })
    }

    /// Changes a row, in the name of this signer; nothing yet.
    #[must_use]
    pub fn update(row: &NameEntry, signer: NameSigner) -> Self {
        let mut builder = Self::of(NameRecord {
            version: 0,
            name_type: row.kind.basic_type(),
            name_hash: row.name_hash,
            previous_transaction: row.transaction,
            owner: None,
            backup_owner: None,
            signature: None,
            encrypted_value: None,
        });
        builder.signer = Some(signer);
        builder
    }

    /// Gives an onion service more time.
    #[must_use]
    pub fn renew(row: &NameEntry, name_type: NameType) -> Self {
        Self::of(NameRecord {
            version: 0,
            name_type,
            name_hash: row.name_hash,
            previous_transaction: row.transaction,
            owner: None,
            backup_owner: None,
            signature: None,
            encrypted_value: None,
        })
    }

    const fn of(record: NameRecord) -> Self {
        Self {
            record,
            signer: None,
            burned: None,
            seed: 0,
        }
    }

    /// Gives the name this value; `nonce` tells encryptions of one value apart.
    #[must_use]
    pub fn value(mut self, name: &Name, value: &NameValue, nonce: u8) -> Self {
        self.record.encrypted_value = Some(encrypted(name, value, nonce));
        self
    }

    /// Gives the name this owner.
    #[must_use]
    pub const fn owner(mut self, owner: NameOwner) -> Self {
        self.record.owner = Some(owner);
        self
    }

    /// Gives the name this backup owner.
    #[must_use]
    pub const fn backup_owner(mut self, owner: NameOwner) -> Self {
        self.record.backup_owner = Some(owner);
        self
    }

    /// Changes the record in another way, before it is signed.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut NameRecord)) -> Self {
        change(&mut self.record);
        self
    }

    /// Burns this, whatever the record costs.
    #[must_use]
    pub const fn burn(mut self, amount: Amount) -> Self {
        self.burned = Some(amount);
        self
    }

    /// Other random numbers.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The record, signed.
    #[must_use]
    pub fn record(&self) -> NameRecord {
        let mut record = self.record.clone();
        if let Some(signer) = &self.signer {
            record.signature = Some(signer.sign(&record, &mut ChaCha20Rng::seed_from_u64(self.seed)));
        }
        record
    }

    /// The transfer that carries the record, for a test that changes more of it.
    #[must_use]
    pub fn transfer(&self) -> TransferBuilder {
        let record = self.record();
        let price = match record.operation() {
            Some(NameOperation::Buy | NameOperation::Renew) => {
                price(record.name_type, HardForkVersion::REWARD_BATCHING)
            }
            Some(NameOperation::Update) | None => Amount::ZERO,
        };
        let burned = self.burned.unwrap_or(price);
        let fee = Amount::from_atomic(burned.atomic() + MINER_FEE.atomic());
        TransferBuilder::new()
            .kind(oxen_types::transaction::TransactionType::OxenNameSystem)
            .outputs(1)
            .extra_field(ExtraField::NameRecord(Box::new(record)))
            .burn(burned)
            .fee(fee)
            .seed(self.seed)
    }

    /// Plans and proves.
    ///
    /// # Panics
    /// As [`TransferBuilder::plan`].
    #[must_use]
    pub fn build(&self, chain: &mut TestChain) -> Transfer {
        self.transfer().build(chain)
    }
}

fn encrypted(name: &Name, value: &NameValue, nonce: u8) -> Vec<u8> {
    let nonce: Nonce = [nonce; 24];
    EncryptedValue::encrypt(name, value, &nonce).into_bytes()
}
