//! Showing others what was paid, and checking what they show (wallet §9, chain §1.4).
//!
//! Reserve proofs are left out: the reference's text form is an archive of a C++ library.

use crate::{keys::WalletKeys, output::OwnedOutput, sent::TransactionKeys, wallet::Wallet};
use oxen_crypto::{
    Address, KeyDerivation, KeyError, KeyPair, SecretKey, SubaddressIndex, amount,
    signature::{
        message::{self, MessageSignatureError},
        ring::{self, RingSignatureError},
        tx_proof::{
            self, ProofBase, ProofDirection, ProofStatement, ProofTextError, TxProof, TxProofError, proof_message,
        },
    },
};
use oxen_types::{
    Amount, Hash, KeyImage, PublicKey, Signature,
    scan::{ScanAmount, ScanKind, ScanTransaction},
};
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;

/// Why a proof cannot be made, or is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofError {
    /// The transaction carries no public key.
    #[error("the transaction carries no public key: nothing can be proved about it")]
    NoTransactionKey,
    /// The secret keys are those of another transaction.
    #[error("this key does not belong to the transaction: check that all of it was copied, additional keys included")]
    WrongTransactionKey,
    /// The proof is for another number of keys.
    #[error("the proof has {found} parts, this transaction needs {needed}")]
    WrongPartCount {
        /// Parts the transaction needs.
        needed: usize,
        /// Parts of the proof.
        found: usize,
    },
    /// None of the parts is good.
    #[error("the proof is not good for this transaction, address and message")]
    NotGood,
    /// The transaction is not ours.
    #[error("the secret key of this transaction is not known: use set_tx_key")]
    KeyUnknown,
    /// A view-only wallet cannot sign.
    #[error("a view-only wallet cannot sign: use the wallet it was made from")]
    ViewOnly,
    /// The transaction spends an output that is not ours.
    #[error("this wallet did not make every input of the transaction")]
    NotOurInput,
    /// A ring for each input is needed.
    #[error("{given} rings for {inputs} inputs")]
    RingCount {
        /// Inputs.
        inputs: usize,
        /// Rings.
        given: usize,
    },
    /// The text is no proof.
    #[error(transparent)]
    Text(#[from] ProofTextError),
    /// A key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A ring signature is not good.
    #[error(transparent)]
    Ring(#[from] RingSignatureError),
}

/// What an address received in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedProof {
    /// How much, in all.
    pub amount: Amount,
    /// In which outputs, by their places.
    pub outputs: Vec<usize>,
}

/// The transaction's keys that payments derive from: the main one, then additional ones.
fn public_keys(transaction: &ScanTransaction) -> Result<Vec<PublicKey>, ProofError> {
    let main = transaction.public_keys.first().ok_or(ProofError::NoTransactionKey)?;
    Ok(std::iter::once(*main)
        .chain(transaction.additional_public_keys.iter().copied())
        .collect())
}

/// What the subaddress' keys are multiples of.
const fn base_for(address: &Address) -> ProofBase {
    if address.is_subaddress() {
        ProofBase::Subaddress(address.spend())
    } else {
        ProofBase::Generator
    }
}

/// Checks that secret keys are those of a transaction; `address` is one it pays, whose spend key the public key may be a
/// multiple of.
///
/// # Errors
/// [`ProofError::WrongTransactionKey`], [`ProofError::NoTransactionKey`].
pub fn check_transaction_keys(
    transaction: &ScanTransaction,
    keys: &TransactionKeys,
    address: Option<&Address>,
) -> Result<(), ProofError> {
    let public = public_keys(transaction)?;
    let secrets: Vec<_> = std::iter::once(&keys.main).chain(&keys.additional).collect();
    if secrets.len() != public.len() {
        return Err(ProofError::WrongTransactionKey);
    }
    for (place, (secret, public)) in secrets.into_iter().zip(public).enumerate() {
        let secret = secret.to_secret_key()?;
        let of_subaddress = match address {
            Some(address) if address.is_subaddress() => secret.multiply(&address.spend())? == public,
            _ => false,
        };
        // Additional keys belong to several addresses: those of others cannot be checked here.
        if secret.public_key() != public && !of_subaddress && place == 0 {
            return Err(ProofError::WrongTransactionKey);
        }
    }
    Ok(())
}

/// `check_tx_key`: what an address received, by the secret keys of the transaction.
///
/// # Errors
/// [`ProofError::NoTransactionKey`], [`ProofError::Key`].
pub fn check_transaction_key(
    transaction: &ScanTransaction,
    keys: &TransactionKeys,
    address: &Address,
) -> Result<ReceivedProof, ProofError> {
    let derive = |secret: &crate::secret::SecretBytes| KeyDerivation::new(&secret.to_secret_key()?, &address.view());
    let main = derive(&keys.main)?;
    let additional = keys.additional.iter().map(derive).collect::<Result<Vec<_>, _>>()?;
    received(
        transaction,
        address,
        Some(&main),
        &additional.into_iter().map(Some).collect::<Vec<_>>(),
    )
}

/// Adds up the outputs that pay `address` by these derivations: the main one for all outputs, additional ones for their own.
fn received(
    transaction: &ScanTransaction,
    address: &Address,
    main: Option<&KeyDerivation>,
    additional: &[Option<KeyDerivation>],
) -> Result<ReceivedProof, ProofError> {
    let mut proof = ReceivedProof {
        amount: Amount::ZERO,
        outputs: Vec::new(),
    };
    for (place, output) in transaction.outputs.iter().enumerate() {
        let own = additional.get(place).and_then(Option::as_ref);
        for derivation in main.into_iter().chain(own) {
            let index = place as u64;
            if derivation.derive_public_key(index, &address.spend())? != output.key {
                continue;
            }
            let amount = match (output.amount, transaction.kind) {
                (ScanAmount::Clear(atomic), ScanKind::Coinbase) => Some(Amount::from_atomic(atomic)),
                (ScanAmount::Clear(_), ScanKind::Ordinary(_)) => None,
                (ScanAmount::Hidden { encrypted, commitment }, _) => {
                    amount::open(encrypted, &commitment, &derivation.scalar(index))
                        .ok()
                        .map(|opening| opening.amount)
                }
            };
            if let Some(amount) = amount {
                proof.amount = proof.amount.checked_add(amount).unwrap_or(proof.amount);
                proof.outputs.push(place);
            }
            break;
        }
    }
    Ok(proof)
}

/// `get_tx_proof` by the sender: `OutProofV1…`.
///
/// # Errors
/// [`ProofError::NoTransactionKey`], [`ProofError::WrongPartCount`], [`ProofError::Key`].
pub fn prove_sent(
    transaction: &ScanTransaction,
    keys: &TransactionKeys,
    address: &Address,
    message: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<String, ProofError> {
    let public = public_keys(transaction)?;
    let secrets: Vec<_> = std::iter::once(&keys.main).chain(&keys.additional).collect();
    check_part_count(public.len(), secrets.len())?;
    let message = proof_message(&transaction.id, message);
    let mut parts = Vec::with_capacity(public.len());
    for (secret, key) in secrets.into_iter().zip(public) {
        let statement = ProofStatement {
            key,
            counterpart: address.view(),
            base: base_for(address),
        };
        parts.push(tx_proof::prove(&message, &statement, &secret.to_secret_key()?, rng)?);
    }
    Ok(tx_proof::encode_proofs(ProofDirection::Outbound, &parts))
}

/// `get_tx_proof` by the receiver: `InProofV1…`.
///
/// # Errors
/// As [`prove_sent`].
pub fn prove_received(
    transaction: &ScanTransaction,
    view: &SecretKey,
    address: &Address,
    message: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<String, ProofError> {
    let message = proof_message(&transaction.id, message);
    let mut parts = Vec::new();
    for counterpart in public_keys(transaction)? {
        let statement = ProofStatement {
            key: address.view(),
            counterpart,
            base: base_for(address),
        };
        parts.push(tx_proof::prove(&message, &statement, view, rng)?);
    }
    Ok(tx_proof::encode_proofs(ProofDirection::Inbound, &parts))
}

/// `check_tx_proof`: what the address received, by a proof of either side.
///
/// # Errors
/// [`ProofError::Text`], [`ProofError::WrongPartCount`]; [`ProofError::NotGood`] when no part of the proof holds.
pub fn check_proof(
    transaction: &ScanTransaction,
    address: &Address,
    message: &[u8],
    text: &str,
) -> Result<ReceivedProof, ProofError> {
    let direction = if text.starts_with("InProof") {
        ProofDirection::Inbound
    } else {
        ProofDirection::Outbound
    };
    let parts = tx_proof::decode_proofs(direction, text)?;
    let public = public_keys(transaction)?;
    check_part_count(public.len(), parts.len())?;
    let message = proof_message(&transaction.id, message);
    let derivations: Vec<Option<KeyDerivation>> = parts
        .iter()
        .zip(public)
        .map(|(part, key)| verified_derivation(&message, direction, address, key, part))
        .collect::<Result<_, _>>()?;
    if derivations.iter().all(Option::is_none) {
        return Err(ProofError::NotGood);
    }
    let (main, additional) = derivations.split_first().ok_or(ProofError::NoTransactionKey)?;
    received(transaction, address, main.as_ref(), additional)
}

/// The derivation of a part that holds.
fn verified_derivation(
    message: &Hash,
    direction: ProofDirection,
    address: &Address,
    key: PublicKey,
    part: &TxProof,
) -> Result<Option<KeyDerivation>, ProofError> {
    let base = base_for(address);
    let statement = match direction {
        ProofDirection::Outbound => ProofStatement {
            key,
            counterpart: address.view(),
            base,
        },
        ProofDirection::Inbound => ProofStatement {
            key: address.view(),
            counterpart: key,
            base,
        },
    };
    match tx_proof::verify(message, &statement, part) {
        Ok(()) => Ok(Some(KeyDerivation::from_shared_point(&part.shared)?)),
        Err(TxProofError::InvalidPoint | TxProofError::NotCanonical | TxProofError::Mismatch) => Ok(None),
    }
}

const fn check_part_count(needed: usize, found: usize) -> Result<(), ProofError> {
    if needed == found {
        Ok(())
    } else {
        Err(ProofError::WrongPartCount { needed, found })
    }
}

/// An input of a transaction with the keys of its ring, as the daemon gives them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingOfInput {
    /// The key image.
    pub key_image: KeyImage,
    /// One-time keys of the members, in order.
    pub ring: Vec<PublicKey>,
}

/// `check_spend_proof`: that whoever made the proof made the transaction.
///
/// # Errors
/// [`ProofError::Text`], [`ProofError::WrongPartCount`], [`ProofError::Ring`].
pub fn check_spend_proof(id: &Hash, inputs: &[RingOfInput], message: &[u8], text: &str) -> Result<(), ProofError> {
    let elements = tx_proof::decode_spend_proof(text)?;
    let needed = inputs
        .iter()
        .map(|input| input.ring.len())
        .fold(0, usize::saturating_add);
    check_part_count(needed, elements.len())?;
    let message = proof_message(id, message);
    let mut rest: &[Signature] = &elements;
    for input in inputs {
        let (own, later) = rest.split_at_checked(input.ring.len()).ok_or(ProofError::NotGood)?;
        ring::verify(&message, &input.key_image, &input.ring, own)?;
        rest = later;
    }
    Ok(())
}

impl Wallet {
    /// `get_spend_proof`: proves that this wallet made a transaction, given the rings of its inputs.
    ///
    /// # Errors
    /// [`ProofError::ViewOnly`], [`ProofError::NotOurInput`], [`ProofError::Ring`].
    pub fn prove_spend(
        &self,
        id: &Hash,
        inputs: &[RingOfInput],
        message: &[u8],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<String, ProofError> {
        let message = proof_message(id, message);
        let mut elements = Vec::new();
        for input in inputs {
            let output = self
                .outputs()
                .by_key_image(&input.key_image)
                .ok_or(ProofError::NotOurInput)?;
            let pair = self.output_keys(output)?;
            let position = input
                .ring
                .iter()
                .position(|member| *member == output.key)
                .ok_or(ProofError::NotOurInput)?;
            elements.extend(ring::sign(
                &message,
                &input.key_image,
                &input.ring,
                &pair,
                position,
                rng,
            )?);
        }
        Ok(tx_proof::encode_spend_proof(&elements))
    }

    /// The key pair that spends an output.
    ///
    /// # Errors
    /// [`ProofError::ViewOnly`], [`ProofError::Key`].
    pub fn output_keys(&self, output: &OwnedOutput) -> Result<KeyPair, ProofError> {
        let spend = self.keys().spend_secret(output.address).ok_or(ProofError::ViewOnly)?;
        Ok(output.key_pair(&spend)?)
    }

    /// Signs a message with the key of an address: `SigV1…`.
    ///
    /// # Errors
    /// [`ProofError::ViewOnly`].
    pub fn sign_message(
        &self,
        data: &[u8],
        address: SubaddressIndex,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<String, ProofError> {
        let spend = self.keys().spend_secret(address).ok_or(ProofError::ViewOnly)?;
        Ok(message::sign(data, &spend, rng))
    }

    /// Exports the key images of outputs, each with the proof that it is theirs (for a view-only copy of this wallet).
    ///
    /// # Errors
    /// [`ProofError::ViewOnly`], [`ProofError::Key`].
    pub fn export_key_images(&self, rng: &mut (impl RngCore + CryptoRng)) -> Result<Vec<ExportedKeyImage>, ProofError> {
        let mut exported = Vec::with_capacity(self.outputs().len());
        for output in self.outputs().all() {
            let pair = self.output_keys(output)?;
            let key_image = oxen_crypto::keys::key_image(&pair);
            let signature = oxen_crypto::signature::key_image::sign(&key_image, &pair, rng);
            exported.push(ExportedKeyImage {
                output_key: output.key,
                key_image,
                signature,
            });
        }
        Ok(exported)
    }
}

/// A key image with the proof that it belongs to an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportedKeyImage {
    /// The output's one-time key.
    pub output_key: PublicKey,
    /// Its key image.
    pub key_image: KeyImage,
    /// The proof.
    pub signature: Signature,
}

impl ExportedKeyImage {
    /// Checks that the image lies in the prime-order group and belongs to the output.
    ///
    /// # Errors
    /// [`ProofError::NotGood`].
    pub fn verify(&self) -> Result<(), ProofError> {
        let good = oxen_crypto::keys::is_valid_key_image(&self.key_image)
            && oxen_crypto::signature::key_image::verify(&self.key_image, &self.output_key, &self.signature).is_ok();
        if good { Ok(()) } else { Err(ProofError::NotGood) }
    }
}

/// Verifies a signed message against an address.
///
/// # Errors
/// [`MessageSignatureError`].
pub fn verify_message(data: &[u8], address: &Address, text: &str) -> Result<(), MessageSignatureError> {
    message::verify(data, &address.spend(), text)
}

/// The view key of a wallet, with which a receiver proves.
#[must_use]
pub const fn proving_view_key(keys: &WalletKeys) -> &SecretKey {
    keys.view()
}
