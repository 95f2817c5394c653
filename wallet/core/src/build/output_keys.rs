//! Which keys a transaction carries for its destinations (chain §1.5), and the payment id in its extra (chain §1.6).

use oxen_crypto::{Address, KeyDerivation, KeyError, SecretKey};
use oxen_types::{
    Amount, KeyImage, PaymentId, PublicKey, Signature,
    extra::{Extra, ExtraField, ExtraNonce, KeyImageProof},
};
use rand_core::{CryptoRng, RngCore};
use std::collections::BTreeSet;

/// Most destinations, change included, with which a dummy payment id is added.
const DUMMY_ID_DESTINATIONS: usize = 2;

/// How the transaction's keys are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyScheme {
    /// `R = r·G`, which is enough.
    Main,
    /// `R = r·D` of the one subaddress that is paid.
    OneSubaddress(PublicKey),
    /// `R = r·G` and a key for each output.
    Additional,
}

impl KeyScheme {
    /// The scheme for these payments; change does not count, dummies neither.
    pub(super) fn of<'a>(payments: impl IntoIterator<Item = &'a Address>) -> Self {
        let mut standard = BTreeSet::new();
        let mut subaddresses = BTreeSet::new();
        for address in payments {
            let kind = if address.is_subaddress() {
                &mut subaddresses
            } else {
                &mut standard
            };
            kind.insert((address.spend(), address.view()));
        }
        match (standard.is_empty(), subaddresses.first(), subaddresses.len()) {
            (true, Some((spend, _)), 1) => Self::OneSubaddress(*spend),
            (_, None, _) => Self::Main,
            _ => Self::Additional,
        }
    }
}

/// What the nonce of a transaction's extra hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HiddenPaymentId {
    /// Nothing: there is no nonce.
    Absent,
    /// The id, hidden with the view key of the address it is for; all zero as a dummy.
    For(PaymentId, PublicKey),
}

impl HiddenPaymentId {
    /// The id of an integrated destination; a dummy when at most two outputs are made and one address is paid.
    ///
    /// `payments` are addresses with amounts, `outputs` counts change and dummy too, `change` is the address of the change.
    pub(super) fn of(id: Option<PaymentId>, payments: &[(Address, Amount)], outputs: usize, change: &Address) -> Self {
        if id.is_none() && outputs > DUMMY_ID_DESTINATIONS {
            return Self::Absent;
        }
        let paid: BTreeSet<_> = payments
            .iter()
            .filter(|(address, amount)| id.is_none_or(|_| address.payment_id() == id) && !amount.is_zero())
            .map(|(address, _)| (address.spend(), address.view()))
            .collect();
        let view = match (paid.first(), paid.len()) {
            (None, _) => change.view(),
            (Some((_, view)), 1) => *view,
            _ => return Self::Absent,
        };
        Self::For(id.unwrap_or(PaymentId::ZERO), view)
    }

    fn field(self, transaction_key: &SecretKey) -> Result<Option<ExtraField>, KeyError> {
        match self {
            Self::Absent => Ok(None),
            Self::For(id, view) => {
                let hidden = KeyDerivation::new(transaction_key, &view)?.encrypt_payment_id(id);
                Ok(Some(ExtraField::Nonce(ExtraNonce::encrypted_payment_id(hidden))))
            }
        }
    }
}

/// What goes into a transaction's extra, apart from keys that are made when it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExtraPlan {
    pub(super) scheme: KeyScheme,
    pub(super) payment_id: HiddenPaymentId,
    pub(super) outputs: usize,
    pub(super) burned: Option<Amount>,
    pub(super) fields: Vec<ExtraField>,
    /// Staked outputs, for which the transaction key and proofs of key images are published; none in other transactions.
    pub(super) staked_outputs: usize,
}

impl ExtraPlan {
    /// Bytes of the extra, which do not depend on the keys.
    pub(super) fn length(&self) -> usize {
        let nonce = ExtraField::Nonce(ExtraNonce::encrypted_payment_id(PaymentId::ZERO));
        let nonce = (self.payment_id != HiddenPaymentId::Absent).then_some(nonce);
        let additional = match self.scheme {
            KeyScheme::Additional => vec![PublicKey::ZERO; self.outputs],
            KeyScheme::Main | KeyScheme::OneSubaddress(_) => Vec::new(),
        };
        let proof = KeyImageProof {
            key_image: KeyImage::ZERO,
            signature: Signature::ZERO,
        };
        let made = nonce
            .into_iter()
            .chain(self.published(&[0; 32], vec![proof; self.staked_outputs]));
        self.assemble(PublicKey::ZERO, additional, made).len()
    }

    /// The bytes with the keys of a transaction, and proofs of the key images of what it stakes.
    pub(super) fn encode(&self, keys: &MadeKeys, proofs: Vec<KeyImageProof>) -> Result<Vec<u8>, KeyError> {
        let nonce = self.payment_id.field(&keys.main)?;
        let made = nonce.into_iter().chain(self.published(&keys.main.to_bytes(), proofs));
        Ok(self.assemble(keys.public, keys.additional_public.clone(), made))
    }

    /// Everybody may open a stake (chain §2.10).
    fn published(&self, main: &[u8; 32], proofs: Vec<KeyImageProof>) -> Vec<ExtraField> {
        if self.staked_outputs == 0 {
            return Vec::new();
        }
        vec![
            ExtraField::TransactionSecretKey(*main),
            ExtraField::KeyImageProofs(proofs),
        ]
    }

    /// In the order in which wallets write; the burn comes last (chain §2.5).
    fn assemble(
        &self,
        main: PublicKey,
        additional: Vec<PublicKey>,
        made: impl IntoIterator<Item = ExtraField>,
    ) -> Vec<u8> {
        let mut extra = Extra::from_fields(vec![ExtraField::TransactionKey(main)]);
        if !additional.is_empty() {
            extra.push(ExtraField::AdditionalKeys(additional));
        }
        for field in made.into_iter().chain(self.fields.iter().cloned()) {
            extra.push(field);
        }
        extra.sort_for_writing();
        if let Some(burned) = self.burned {
            extra.push(ExtraField::Burn(burned));
        }
        extra.encode()
    }
}

/// To whom an output goes, as far as its keys are concerned.
#[derive(Debug, Clone, Copy)]
pub(super) enum OutputOwner {
    /// Somebody else, or this wallet as a destination.
    Payment(Address),
    /// Change, or the dummy: derived from our own view key, whatever the address.
    Change(Address),
}

impl OutputOwner {
    pub(super) const fn address(&self) -> &Address {
        match self {
            Self::Payment(address) | Self::Change(address) => address,
        }
    }
}

/// The keys of one transaction.
#[derive(Debug, Clone)]
pub(super) struct MadeKeys {
    /// `r`.
    pub(super) main: SecretKey,
    /// `R`.
    pub(super) public: PublicKey,
    /// `r_k`, one for each output or none.
    pub(super) additional: Vec<SecretKey>,
    /// `R_k`.
    pub(super) additional_public: Vec<PublicKey>,
}

impl MadeKeys {
    /// Fresh keys for these outputs.
    pub(super) fn random(
        scheme: KeyScheme,
        outputs: &[OutputOwner],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, KeyError> {
        let main = SecretKey::random(rng);
        let public = match scheme {
            KeyScheme::OneSubaddress(spend) => main.multiply(&spend)?,
            KeyScheme::Main | KeyScheme::Additional => main.public_key(),
        };
        let mut keys = Self {
            main,
            public,
            additional: Vec::new(),
            additional_public: Vec::new(),
        };
        if scheme == KeyScheme::Additional {
            for output in outputs {
                let secret = SecretKey::random(rng);
                let address = output.address();
                keys.additional_public.push(if address.is_subaddress() {
                    secret.multiply(&address.spend())?
                } else {
                    secret.public_key()
                });
                keys.additional.push(secret);
            }
        }
        Ok(keys)
    }

    /// `D` of the output at `position`: change derives from our view key, a payment to a subaddress from its own key where
    /// there are such, everything else from the main key.
    pub(super) fn derivation(
        &self,
        output: &OutputOwner,
        position: usize,
        own_view: &SecretKey,
    ) -> Result<KeyDerivation, KeyError> {
        match output {
            OutputOwner::Change(_) => KeyDerivation::new(own_view, &self.public),
            OutputOwner::Payment(address) => {
                let own_key = self.additional.get(position).filter(|_| address.is_subaddress());
                KeyDerivation::new(own_key.unwrap_or(&self.main), &address.view())
            }
        }
    }
}
