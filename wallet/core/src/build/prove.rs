//! Signing a prepared transaction (chain §B.1 steps 3 to 7), and checking the result as the chain would.

use super::{
    error::ProveError,
    output_keys::{MadeKeys, OutputOwner},
    prepare::{OutputRole, PreparedInput, PreparedOutput, PreparedTransaction},
    request::Destination,
};
use crate::{decoys::Ring, keys::WalletKeys};
use oxen_crypto::{
    AccountKeys, Address, DerivationScalar, KeyError, KeyPair, Mask, SecretKey, SubaddressIndex,
    amount::{self, Opening},
    bulletproof,
    clsag::{self, ClsagInput, RingMember},
    commitment, keys, signature, subaddress,
};
use oxen_types::{
    Amount, ConsensusDecode, ConsensusEncode, DecodeError, GlobalOutputIndex, Hash, KeyImage, PaymentId, PublicKey,
    Transaction, UnlockTime,
    extra::KeyImageProof,
    transaction::{
        BulletproofBytes, ClsagBytes, ClsagProofs, Input, Output, OutputTarget, Proofs, PrunableProofs, RingCtBase,
        TransactionPrefix, TransactionType, TransactionVersion, Weight,
    },
};
use rand::seq::SliceRandom;
use rand_core::{CryptoRng, RngCore};

/// An output that the transaction spends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedInput {
    /// Its key image.
    pub key_image: KeyImage,
    /// What it was worth.
    pub amount: Amount,
    /// The address that had it.
    pub address: SubaddressIndex,
    /// Its ring, to be used again if this attempt fails.
    pub ring: Vec<GlobalOutputIndex>,
}

/// A transaction that can be relayed, with what only its maker knows.
#[derive(Debug, Clone)]
pub struct SignedTransaction {
    /// Its id.
    pub id: Hash,
    /// What it does.
    pub kind: TransactionType,
    /// The account that paid.
    pub account: u32,
    /// What goes to the node.
    pub transaction: Transaction,
    /// `r`; zero where there are no outputs, which need none.
    pub transaction_key: SecretKey,
    /// `r_k`, one for each output, where subaddresses needed them.
    pub additional_keys: Vec<SecretKey>,
    /// What it spends.
    pub inputs: Vec<SignedInput>,
    /// Whom it pays, change and dummy left out.
    pub destinations: Vec<Destination>,
    /// What comes back.
    pub change: Amount,
    /// The fee, burned part included.
    pub fee: Amount,
    /// The burned part.
    pub burned: Amount,
    /// Its weight.
    pub weight: Weight,
    /// The payment id it carries.
    pub payment_id: Option<PaymentId>,
    /// Lock of the payments.
    pub unlock_time: UnlockTime,
}

impl SignedTransaction {
    /// The bytes to relay.
    #[must_use]
    pub fn blob(&self) -> Vec<u8> {
        self.transaction.encode()
    }
}

/// One output with everything that is secret about it.
struct MadeOutput {
    role: OutputRole,
    key: PublicKey,
    scalar: DerivationScalar,
    opening: Opening,
    encrypted: [u8; 8],
    unlock_time: UnlockTime,
}

impl PreparedTransaction {
    /// Signs with the wallet's keys. The result has been verified: ring signatures, range proof, balance.
    ///
    /// # Errors
    /// [`ProveError`].
    pub fn prove(
        &self,
        keys: &WalletKeys,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<SignedTransaction, ProveError> {
        let WalletKeys::Full(account) = keys else {
            return Err(ProveError::ViewOnly);
        };
        let mut ordered = self.outputs.clone();
        ordered.shuffle(rng);
        let owners = ordered
            .iter()
            .map(|output| owner(output, rng))
            .collect::<Result<Vec<_>, _>>()?;
        let made_keys = MadeKeys::random(self.extra.scheme, &owners, rng)?;
        let outputs = make_outputs(&ordered, &owners, &made_keys, &account.view)?;
        let stakes = self.prove_stakes(&outputs, account, rng)?;
        let prefix = self.prefix(&outputs, self.extra.encode(&made_keys, stakes)?);
        let openings: Vec<Opening> = outputs.iter().map(|output| output.opening.clone()).collect();
        let range_proof = bulletproof::prove(&openings, rng)?;
        let mut proofs = ClsagProofs {
            base: RingCtBase {
                fee: self.fee,
                encrypted_amounts: outputs.iter().map(|output| output.encrypted).collect(),
                commitments: openings
                    .iter()
                    .map(|opening| commitment::commit(opening.amount, &opening.mask))
                    .collect(),
            },
            prunable: PrunableProofs {
                range_proof: BulletproofBytes::decode(&range_proof)?,
                signatures: Vec::new(),
                pseudo_outputs: Vec::new(),
            },
        };
        let message = proofs.signed_message(prefix.hash());
        let masks = Mask::sum(openings.iter().map(|opening| &opening.mask));
        self.sign_inputs(account, &masks, &message, &mut proofs.prunable, rng)?;
        self.verify(&proofs, &range_proof, &message, rng)?;
        Ok(self.signed(
            Transaction {
                prefix,
                proofs: Proofs::Clsag(Box::new(proofs)),
            },
            made_keys,
        ))
    }

    /// Key images of what is staked, with the proofs that they are theirs: stakes go to our primary address (chain §2.10).
    fn prove_stakes(
        &self,
        outputs: &[MadeOutput],
        account: &AccountKeys,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<KeyImageProof>, KeyError> {
        if self.kind != TransactionType::Stake {
            return Ok(Vec::new());
        }
        let staked = outputs.iter().filter(|output| output.role == OutputRole::Payment);
        staked
            .map(|output| {
                let scalar = SecretKey::from_canonical_bytes(*output.scalar.as_bytes())?;
                let pair = KeyPair {
                    secret: scalar.plus(&account.spend),
                    public: output.key,
                };
                let key_image = keys::key_image(&pair);
                let signature = signature::key_image::sign(&key_image, &pair, rng);
                Ok(KeyImageProof { key_image, signature })
            })
            .collect()
    }

    fn prefix(&self, outputs: &[MadeOutput], extra: Vec<u8>) -> TransactionPrefix {
        let inputs = self.inputs.iter().map(|input| Input::Key {
            amount: Amount::ZERO,
            key_offsets: input.ring.key_offsets(),
            key_image: input.output.key_image.unwrap_or_default(),
        });
        let made = outputs.iter().map(|output| Output {
            amount: Amount::ZERO,
            target: OutputTarget::Key(output.key),
        });
        TransactionPrefix {
            version: TransactionVersion::V4,
            output_unlock_times: outputs.iter().map(|output| output.unlock_time).collect(),
            unlock_time: UnlockTime::NONE,
            inputs: inputs.collect(),
            outputs: made.collect(),
            extra,
            kind: self.kind,
        }
    }

    fn sign_inputs(
        &self,
        account: &AccountKeys,
        masks: &Mask,
        message: &Hash,
        proofs: &mut PrunableProofs,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), ProveError> {
        let mut secrets = Vec::with_capacity(self.inputs.len());
        for PreparedInput { output, ring } in &self.inputs {
            let spend = subaddress::spend_secret(&account.spend, &account.view, output.address);
            secrets.push((output.key_pair(&spend)?.secret, output.opening()?, ring_members(ring)));
        }
        let inputs: Vec<ClsagInput<'_>> = secrets
            .iter()
            .zip(&self.inputs)
            .map(|((secret, opening, ring), input)| ClsagInput {
                ring,
                position: input.ring.real_position(),
                secret,
                opening,
            })
            .collect();
        for (signed, input) in clsag::sign(&inputs, masks, message, rng)?.into_iter().zip(&self.inputs) {
            if Some(signed.key_image) != input.output.key_image {
                return Err(clsag::ClsagError::InvalidKeyImage.into());
            }
            proofs.signatures.push(decode_clsag(&signed.signature)?);
            proofs.pseudo_outputs.push(signed.pseudo_output);
        }
        Ok(())
    }

    /// What every node will check.
    fn verify(
        &self,
        proofs: &ClsagProofs,
        range_proof: &[u8],
        message: &Hash,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), ProveError> {
        let ClsagProofs { base, prunable } = proofs;
        commitment::check_balance(&prunable.pseudo_outputs, &base.commitments, base.fee)?;
        bulletproof::verify(range_proof, &base.commitments, rng)?;
        for ((input, signature), pseudo_output) in self
            .inputs
            .iter()
            .zip(&prunable.signatures)
            .zip(&prunable.pseudo_outputs)
        {
            let image = input.output.key_image.unwrap_or_default();
            clsag::verify(
                &encode_clsag(signature),
                &ring_members(&input.ring),
                &image,
                pseudo_output,
                message,
            )?;
        }
        Ok(())
    }

    fn signed(&self, transaction: Transaction, keys: MadeKeys) -> SignedTransaction {
        let inputs = self.inputs.iter().map(|input| SignedInput {
            key_image: input.output.key_image.unwrap_or_default(),
            amount: input.output.amount,
            address: input.output.address,
            ring: input.ring.indices(),
        });
        SignedTransaction {
            id: transaction.id(),
            kind: self.kind,
            account: self.account,
            weight: transaction.weight(),
            transaction,
            transaction_key: keys.main,
            additional_keys: keys.additional,
            inputs: inputs.collect(),
            destinations: self.payments(),
            change: self.change(),
            fee: self.fee,
            burned: self.burned,
            payment_id: self.payment_id,
            unlock_time: self.unlock_time,
        }
    }
}

/// The dummy goes to an address that nobody has the keys of, so that it is nobody's output of zero.
fn owner(output: &PreparedOutput, rng: &mut (impl RngCore + CryptoRng)) -> Result<OutputOwner, KeyError> {
    Ok(match output.role {
        OutputRole::Payment => OutputOwner::Payment(output.address),
        OutputRole::Change => OutputOwner::Change(output.address),
        OutputRole::Dummy => {
            let nobody = AccountKeys::from_spend_key(SecretKey::random(rng));
            OutputOwner::Change(Address::of_account(&nobody.view_keys(), SubaddressIndex::PRIMARY)?)
        }
    })
}

fn make_outputs(
    ordered: &[PreparedOutput],
    owners: &[OutputOwner],
    keys: &MadeKeys,
    own_view: &SecretKey,
) -> Result<Vec<MadeOutput>, KeyError> {
    let mut outputs = Vec::with_capacity(ordered.len());
    for ((position, output), owner) in ordered.iter().enumerate().zip(owners) {
        let index = position as u64;
        let derivation = keys.derivation(owner, position, own_view)?;
        let scalar = derivation.scalar(index);
        outputs.push(MadeOutput {
            key: derivation.derive_public_key(index, &owner.address().spend())?,
            role: output.role,
            encrypted: amount::encrypt(output.amount, &scalar),
            opening: Opening {
                amount: output.amount,
                mask: amount::commitment_mask(&scalar),
            },
            unlock_time: output.unlock_time,
            scalar,
        });
    }
    Ok(outputs)
}

fn ring_members(ring: &Ring) -> Vec<RingMember> {
    ring.members()
        .iter()
        .map(|member| RingMember {
            key: member.key,
            commitment: member.commitment,
        })
        .collect()
}

/// Takes the wire bytes apart: responses, challenge, auxiliary image.
fn decode_clsag(bytes: &[u8]) -> Result<ClsagBytes, DecodeError> {
    let (mut parts, rest) = bytes.as_chunks::<32>();
    let truncated = DecodeError::Truncated { what: "ring signature" };
    if !rest.is_empty() {
        return Err(truncated);
    }
    let (auxiliary_image, before) = parts.split_last().ok_or(truncated.clone())?;
    parts = before;
    let (challenge, responses) = parts.split_last().ok_or(truncated)?;
    Ok(ClsagBytes {
        responses: responses.to_vec(),
        challenge: *challenge,
        auxiliary_image: *auxiliary_image,
    })
}

fn encode_clsag(signature: &ClsagBytes) -> Vec<u8> {
    let mut bytes = signature.responses.concat();
    bytes.extend_from_slice(&signature.challenge);
    bytes.extend_from_slice(&signature.auxiliary_image);
    bytes
}
