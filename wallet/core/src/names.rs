//! Records of the name system as a wallet makes them, and what of names is the wallet's own (chain §6, wallet §3.5).

use crate::wallet::Wallet;
use oxen_crypto::{Address, AddressKind, KeyError, KeyPair, SubaddressIndex};
use oxen_names::{EncryptedValue, Name, NameSigner, NameValue, Nonce};
use oxen_types::{
    Hash,
    extra::{NameOwner, NameRecord, NameSignature, NameType},
};
use rand_core::{CryptoRng, RngCore};

/// What an update gives; at least one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NameChanges {
    /// What the name points to from then on.
    pub value: Option<NameValue>,
    /// Who owns it from then on.
    pub owner: Option<NameOwner>,
    /// Who may also change it from then on.
    pub backup_owner: Option<NameOwner>,
}

impl NameChanges {
    /// True when nothing is given, which is no update.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.value.is_none() && self.owner.is_none() && self.backup_owner.is_none()
    }
}

/// The record that buys a name.
#[must_use]
pub fn purchase(
    name_type: NameType,
    name: &Name,
    value: &NameValue,
    owner: NameOwner,
    backup_owner: Option<NameOwner>,
    rng: &mut (impl RngCore + CryptoRng),
) -> NameRecord {
    NameRecord {
        owner: Some(owner),
        backup_owner,
        encrypted_value: Some(encrypt(name, value, rng)),
        ..record(name_type, name, Hash::ZERO)
    }
}

/// The record that gives an onion service more time.
#[must_use]
pub fn renewal(name_type: NameType, name: &Name, previous_transaction: Hash) -> NameRecord {
    record(name_type, name, previous_transaction)
}

/// The record that changes a name, without its signature.
#[must_use]
pub fn unsigned_update(
    name: &Name,
    previous_transaction: Hash,
    changes: &NameChanges,
    rng: &mut (impl RngCore + CryptoRng),
) -> NameRecord {
    NameRecord {
        owner: changes.owner,
        backup_owner: changes.backup_owner,
        encrypted_value: changes.value.as_ref().map(|value| encrypt(name, value, rng)),
        ..record(name.kind().basic_type(), name, previous_transaction)
    }
}

/// Encrypts a value with its name and a fresh nonce.
#[must_use]
pub fn encrypt(name: &Name, value: &NameValue, rng: &mut (impl RngCore + CryptoRng)) -> Vec<u8> {
    let mut nonce: Nonce = [0; 24];
    rng.fill_bytes(&mut nonce);
    EncryptedValue::encrypt(name, value, &nonce).into_bytes()
}

fn record(name_type: NameType, name: &Name, previous_transaction: Hash) -> NameRecord {
    NameRecord {
        version: 0,
        name_type,
        name_hash: name.hash(),
        previous_transaction,
        owner: None,
        backup_owner: None,
        signature: None,
        encrypted_value: None,
    }
}

impl Wallet {
    /// An own address as the owner of names.
    ///
    /// # Errors
    /// [`KeyError`] when the wallet's state was damaged.
    pub fn name_owner(&self, index: SubaddressIndex) -> Result<NameOwner, KeyError> {
        let address = self.address(index)?;
        Ok(NameOwner::Wallet {
            spend_key: address.spend(),
            view_key: address.view(),
            subaddress_flag: u8::from(address.is_subaddress()),
        })
    }

    /// The own address that an owner is, if it is one.
    ///
    /// # Errors
    /// [`KeyError`] when the wallet's state was damaged.
    pub fn own_name_owner(&mut self, owner: &NameOwner) -> Result<Option<SubaddressIndex>, KeyError> {
        let NameOwner::Wallet {
            spend_key, view_key, ..
        } = owner
        else {
            return Ok(None);
        };
        // Of what kind it is does not matter to who has its keys.
        match Address::new(AddressKind::Standard, *spend_key, *view_key) {
            Ok(address) => self.own_index(&address),
            Err(_) => Ok(None),
        }
    }

    /// Signs an update for an owner, if that is an address of this wallet and the wallet can spend.
    ///
    /// # Errors
    /// [`KeyError`] when the wallet's state was damaged.
    pub fn sign_name_update(
        &mut self,
        owner: &NameOwner,
        record: &NameRecord,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Option<NameSignature>, KeyError> {
        let Some(index) = self.own_name_owner(owner)? else {
            return Ok(None);
        };
        let secret = self.keys().spend_secret(index);
        Ok(secret.map(|secret| NameSigner::Wallet(Box::new(KeyPair::new(secret))).sign(record, rng)))
    }
}
