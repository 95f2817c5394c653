//! From a plan to a valid transaction (chain B.1).

use super::{
    Transfer, TransferPlan,
    builder::{Payment, PlannedInput, RangeProofQuality, seed},
};
use oxen_crypto::{
    KeyDerivation, Mask, SecretKey,
    amount::{Opening, commitment_mask, encrypt},
    bulletproof,
    clsag::{self, ClsagInput, RingMember},
    commitment::commit,
};
use oxen_types::{
    Amount, ConsensusDecode, UnlockTime,
    extra::{Extra, ExtraField},
    transaction::{
        BulletproofBytes, ClsagBytes, ClsagProofs, Input, Output, OutputTarget, Proofs, PrunableProofs, RingCtBase,
        Transaction, TransactionPrefix, TransactionVersion,
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// An output on its way into a transaction.
struct NewOutput {
    output: Output,
    unlock_time: UnlockTime,
    opening: Opening,
    encrypted_amount: [u8; 8],
}

impl TransferPlan {
    /// Makes the transaction: one-time keys, range proof, ring signatures. The same plan gives the same bytes.
    ///
    /// # Panics
    /// The plan has no outputs or more than 16.
    #[must_use]
    pub fn prove(&self) -> Transfer {
        let mut inputs = self.inputs.clone();
        inputs.sort_by_key(|input| std::cmp::Reverse(input.output.key_image));
        let spent: Vec<_> = inputs.iter().map(|input| input.output.clone()).collect();
        let mut rng = ChaCha20Rng::from_seed(seed(b"proofs", &spent, self.details.seed).to_bytes());

        let transaction_key = SecretKey::random(&mut rng);
        let transaction_key = self.details.transaction_key.clone().unwrap_or(transaction_key);
        let outputs: Vec<NewOutput> = self
            .payments
            .iter()
            .enumerate()
            .map(|(index, payment)| pay(payment, &transaction_key, index as u64))
            .collect();
        let openings: Vec<Opening> = outputs.iter().map(|output| output.opening.clone()).collect();
        let range_proof = bulletproof::prove(&openings, &mut rng).expect("a test makes 1 to 16 outputs");
        let prefix = self.prefix(&inputs, &outputs, &transaction_key, &mut rng);
        let mut proofs = ClsagProofs {
            base: RingCtBase {
                fee: self.details.fee,
                encrypted_amounts: outputs.iter().map(|output| output.encrypted_amount).collect(),
                commitments: openings
                    .iter()
                    .map(|opening| commit(opening.amount, &opening.mask))
                    .collect(),
            },
            prunable: PrunableProofs {
                range_proof: BulletproofBytes::decode(&range_proof).expect("a range proof that was just made"),
                signatures: Vec::new(),
                pseudo_outputs: Vec::new(),
            },
        };
        if self.details.range_proof == RangeProofQuality::Bad {
            let [.., taux, _] = &mut proofs.prunable.range_proof.head;
            taux[0] ^= 1;
        }
        sign(&mut proofs, &prefix, &inputs, &openings, &mut rng);
        Transfer {
            transaction: Transaction {
                prefix,
                proofs: Proofs::Clsag(Box::new(proofs)),
            },
            spent,
        }
    }

    fn prefix(
        &self,
        inputs: &[PlannedInput],
        outputs: &[NewOutput],
        transaction_key: &SecretKey,
        rng: &mut ChaCha20Rng,
    ) -> TransactionPrefix {
        let mut extra = Extra::from_fields(vec![ExtraField::TransactionKey(transaction_key.public_key())]);
        let stake = self.details.stake.iter();
        for field in stake.flat_map(|stake| stake.fields(&self.payments, transaction_key, rng)) {
            extra.push(field);
        }
        for field in &self.details.extra_fields {
            extra.push(field.clone());
        }
        if self.details.filler_bytes > 0 {
            extra.push(ExtraField::Minergate(vec![0x5a; self.details.filler_bytes]));
        }
        if self.details.burn > Amount::ZERO {
            extra.push(ExtraField::Burn(self.details.burn));
        }
        TransactionPrefix {
            version: TransactionVersion::V4,
            output_unlock_times: outputs.iter().map(|output| output.unlock_time).collect(),
            unlock_time: UnlockTime::NONE,
            inputs: inputs.iter().map(input).collect(),
            outputs: outputs.iter().map(|output| output.output.clone()).collect(),
            extra: extra.encode(),
            kind: self.details.kind,
        }
    }
}

fn input(planned: &PlannedInput) -> Input {
    let mut before = 0;
    let key_offsets = planned
        .ring
        .iter()
        .map(|(index, _)| {
            let offset = index.index() - before;
            before = index.index();
            offset
        })
        .collect();
    Input::Key {
        amount: Amount::ZERO,
        key_offsets,
        key_image: planned.output.key_image,
    }
}

fn pay(payment: &Payment, transaction_key: &SecretKey, index: u64) -> NewOutput {
    let derivation = KeyDerivation::new(transaction_key, &payment.to.view_key())
        .expect("an account's view key is a point of the curve");
    let key = derivation
        .derive_public_key(index, &payment.to.spend_key())
        .expect("an account's spend key is a point of the curve");
    let scalar = derivation.scalar(index);
    NewOutput {
        output: Output {
            amount: Amount::ZERO,
            target: OutputTarget::Key(key),
        },
        unlock_time: payment.unlock_time,
        opening: Opening {
            amount: payment.amount,
            mask: commitment_mask(&scalar),
        },
        encrypted_amount: encrypt(payment.amount, &scalar),
    }
}

/// Adds a ring signature and a pseudo output for each input.
fn sign(
    proofs: &mut ClsagProofs,
    prefix: &TransactionPrefix,
    inputs: &[PlannedInput],
    openings: &[Opening],
    rng: &mut ChaCha20Rng,
) {
    let message = proofs.signed_message(prefix.hash());
    let rings: Vec<Vec<RingMember>> = inputs
        .iter()
        .map(|input| input.ring.iter().map(|(_, member)| *member).collect())
        .collect();
    let contexts: Vec<ClsagInput<'_>> = inputs
        .iter()
        .zip(&rings)
        .map(|(input, ring)| ClsagInput {
            ring,
            position: input
                .ring
                .iter()
                .position(|(index, _)| *index == input.output.index)
                .expect("the spent output is in its ring"),
            secret: &input.output.pair.secret,
            opening: &input.output.opening,
        })
        .collect();
    let masks = Mask::sum(openings.iter().map(|opening| &opening.mask));
    for signed in clsag::sign(&contexts, &masks, &message, rng).expect("the plan's openings are those of the chain") {
        proofs.prunable.signatures.push(split_signature(&signed.signature));
        proofs.prunable.pseudo_outputs.push(signed.pseudo_output);
    }
}

/// `s_0 ‖ … ‖ c1 ‖ D` in its parts.
fn split_signature(bytes: &[u8]) -> ClsagBytes {
    let mut parts: Vec<[u8; 32]> = bytes.as_chunks::<32>().0.to_vec();
    let auxiliary_image = parts.pop().unwrap_or_default();
    let challenge = parts.pop().unwrap_or_default();
    ClsagBytes {
        responses: parts,
        challenge,
        auxiliary_image,
    }
}
