//! Breaking a valid transfer, one rule at a time.

use oxen_types::{
    Amount, KeyImage, PublicKey, Transaction, UnlockTime,
    transaction::{
        ClsagProofs, Input, Output, OutputTarget, Proofs, TransactionType, TransactionVersion, prefix::Script,
    },
};

/// A change to a finished transfer that breaks a rule of chain §2.6. Signatures are not made anew: the rule is checked before
/// them, or is about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Rule 1: another version.
    Version(TransactionVersion),
    /// Rule 1: another type.
    Kind(TransactionType),
    /// Rule 1: so many zero bytes more of extra.
    LongExtra(usize),
    /// Rule 2: nothing is spent.
    NoInputs,
    /// Rule 2: the first input creates money.
    GeneratingInput,
    /// Rule 2: the first output pays a script; without RingCT data, which only key outputs can have.
    ScriptOutput,
    /// Rule 2: the key of the last output is no point.
    OutputKeyNotAPoint,
    /// Rule 3: the outputs beyond these are cut off, or the last one is repeated.
    OutputCount(usize),
    /// Rule 4: an output says its amount.
    OutputAmount,
    /// Rule 13: an input says its amount.
    InputAmount,
    /// Rule 5: no RingCT data.
    NoRingCt,
    /// Rule 5: the range proof has a round too many.
    RangeProofRound,
    /// Rule 6: the ring of the last input loses its last member.
    SmallRing,
    /// Rule 6: the ring of the first input names a member twice.
    RingMemberTwice,
    /// Rule 13: the last member of the first ring is an output that nobody made.
    UnknownRingMember,
    /// Rule 7: inputs ascend by key image (needs two).
    AscendingInputs,
    /// Rule 7: the first input is there twice.
    RepeatedInput,
    /// Rule 8: the key image of the last input is outside the prime-order group.
    KeyImageOfSmallOrder,
    /// Rule 9: one atomic unit more of fee.
    Fee,
    /// Rule 11: one bit of the signature of this input. For rule 10 see [`super::TransferBuilder::bad_range_proof`]: the
    /// signatures cover the range proof.
    RingSignature(usize),
}

impl Fault {
    pub(super) fn apply(self, transaction: &mut Transaction) {
        let prefix = &mut transaction.prefix;
        match self {
            Self::Version(version) => {
                prefix.version = version;
                if version < TransactionVersion::V3 {
                    prefix.output_unlock_times.clear();
                }
            }
            Self::Kind(kind) => prefix.kind = kind,
            Self::LongExtra(bytes) => prefix.extra.resize(prefix.extra.len() + bytes, 0),
            Self::NoInputs => {
                prefix.inputs.clear();
                transaction.proofs = Proofs::Absent;
            }
            Self::GeneratingInput => {
                prefix.inputs.push(Input::Generation {
                    height: oxen_types::Height::GENESIS,
                });
                prefix.inputs.rotate_right(1);
                transaction.proofs = Proofs::Null;
            }
            Self::ScriptOutput => {
                set_first_target(
                    prefix.outputs.first_mut(),
                    OutputTarget::Script(Script {
                        keys: Vec::new(),
                        code: vec![1],
                    }),
                );
                transaction.proofs = Proofs::Null;
            }
            Self::OutputKeyNotAPoint => {
                set_first_target(prefix.outputs.last_mut(), OutputTarget::Key(PublicKey::new([0xff; 32])));
            }
            Self::OutputCount(count) => set_output_count(transaction, count),
            Self::OutputAmount => {
                if let Some(output) = prefix.outputs.last_mut() {
                    output.amount = Amount::OXEN;
                }
            }
            Self::InputAmount => {
                if let Some(Input::Key { amount, .. }) = prefix.inputs.first_mut() {
                    *amount = Amount::OXEN;
                }
            }
            Self::NoRingCt => transaction.proofs = Proofs::Null,
            Self::RangeProofRound => with_proofs(transaction, |proofs| {
                let range_proof = &mut proofs.prunable.range_proof;
                range_proof.left.push([0; 32]);
                range_proof.right.push([0; 32]);
            }),
            Self::SmallRing => shrink_last_ring(transaction),
            Self::RingMemberTwice => set_last_offset(transaction, 0),
            Self::UnknownRingMember => set_last_offset(transaction, u64::from(u32::MAX)),
            Self::AscendingInputs => {
                prefix.inputs.reverse();
                with_proofs(transaction, |proofs| {
                    proofs.prunable.signatures.reverse();
                    proofs.prunable.pseudo_outputs.reverse();
                });
            }
            Self::RepeatedInput => repeat_first_input(transaction),
            Self::KeyImageOfSmallOrder => {
                if let Some(Input::Key { key_image, .. }) = prefix.inputs.last_mut() {
                    *key_image = KeyImage::ZERO;
                }
            }
            Self::Fee => with_proofs(transaction, |proofs| {
                proofs.base.fee = Amount::from_atomic(proofs.base.fee.atomic() + 1);
            }),
            Self::RingSignature(input) => with_proofs(transaction, |proofs| {
                let signature = proofs.prunable.signatures.get_mut(input);
                if let Some(response) = signature.and_then(|signature| signature.responses.first_mut()) {
                    response[0] ^= 1;
                }
            }),
        }
    }
}

fn set_first_target(output: Option<&mut Output>, target: OutputTarget) {
    if let Some(output) = output {
        output.target = target;
    }
}

fn with_proofs(transaction: &mut Transaction, change: impl FnOnce(&mut ClsagProofs)) {
    if let Proofs::Clsag(proofs) = &mut transaction.proofs {
        change(proofs);
    }
}

fn set_last_offset(transaction: &mut Transaction, value: u64) {
    if let Some(Input::Key { key_offsets, .. }) = transaction.prefix.inputs.first_mut()
        && let Some(offset) = key_offsets.last_mut()
    {
        *offset = value;
    }
}

fn set_output_count(transaction: &mut Transaction, count: usize) {
    let prefix = &mut transaction.prefix;
    if let Some(last) = prefix.outputs.last().cloned() {
        prefix.outputs.resize(count, last);
    }
    prefix.output_unlock_times.resize(count, UnlockTime::NONE);
    with_proofs(transaction, |proofs| {
        let last = proofs.base.commitments.last().copied().unwrap_or_default();
        proofs.base.commitments.resize(count, last);
        proofs.base.encrypted_amounts.resize(count, [0; 8]);
        let range_proof = &mut proofs.prunable.range_proof;
        // A transaction does not even parse when its range proof has no room for its outputs.
        while range_proof.padded_outputs() < count as u64 {
            range_proof.left.push([0; 32]);
            range_proof.right.push([0; 32]);
        }
    });
}

/// The wire takes the size of every signature from the first ring, so only a later one may differ without another layout.
fn shrink_last_ring(transaction: &mut Transaction) {
    let inputs = &mut transaction.prefix.inputs;
    let only = inputs.len() == 1;
    if let Some(Input::Key { key_offsets, .. }) = inputs.last_mut() {
        key_offsets.pop();
    }
    if only {
        with_proofs(transaction, |proofs| {
            for signature in &mut proofs.prunable.signatures {
                signature.responses.pop();
            }
        });
    }
}

fn repeat_first_input(transaction: &mut Transaction) {
    if let Some(first) = transaction.prefix.inputs.first().cloned() {
        transaction.prefix.inputs.insert(0, first);
    }
    with_proofs(transaction, |proofs| {
        let prunable = &mut proofs.prunable;
        if let Some(signature) = prunable.signatures.first().cloned() {
            prunable.signatures.insert(0, signature);
        }
        if let Some(pseudo_output) = prunable.pseudo_outputs.first().copied() {
            prunable.pseudo_outputs.insert(0, pseudo_output);
        }
    });
}
