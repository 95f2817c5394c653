//! A recorded transfer, altered to break one rule, is refused by that rule.

use crate::{
    grown_chain::{grow, prepare},
    recorded::open,
};
use oxen_conformance::{Recording, recording::chain::RecordedKind, replay::submissions::judge_one};
use oxen_state::TransactionError;
use oxen_types::{
    Amount, ConsensusDecode, ConsensusEncode, Height, KeyImage, PublicKey, Timestamp, Transaction, UnlockTime,
    transaction::{ClsagProofs, Input, OutputTarget, Proofs, TransactionType, TransactionVersion},
};

/// A point of order 8 on the curve: canonical, and in no prime-order group.
const SMALL_ORDER: &str = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";

type Alter = fn(&mut Transaction);
type Refused = fn(&TransactionError) -> bool;

fn proofs(transaction: &mut Transaction) -> &mut ClsagProofs {
    match &mut transaction.proofs {
        Proofs::Clsag(proofs) => proofs,
        _ => panic!("a transfer"),
    }
}

fn ring(transaction: &mut Transaction, input: usize) -> &mut Vec<u64> {
    match &mut transaction.prefix.inputs[input] {
        Input::Key { key_offsets, .. } => key_offsets,
        _ => panic!("a transfer"),
    }
}

fn image(transaction: &mut Transaction, input: usize) -> &mut KeyImage {
    match &mut transaction.prefix.inputs[input] {
        Input::Key { key_image, .. } => key_image,
        _ => panic!("a transfer"),
    }
}

const CASES: &[(&str, Alter, Refused)] = &[
    (
        "version 3",
        |t| t.prefix.version = TransactionVersion::V3,
        |e| matches!(e, TransactionError::WrongVersion { found: 3 }),
    ),
    (
        "a type of HF21",
        |t| {
            t.prefix.kind = TransactionType::EthereumServiceNodeExit;
        },
        |e| matches!(e, TransactionError::TypeNotAllowed { .. }),
    ),
    (
        "a state change that moves money",
        |t| t.prefix.kind = TransactionType::StateChange,
        |e| matches!(e, TransactionError::MovesMoney { .. }),
    ),
    (
        "a coinbase's input",
        |t| t.prefix.inputs[0] = Input::Generation { height: Height::new(9) },
        |e| matches!(e, TransactionError::InvalidInputKind | TransactionError::Decode(_)),
    ),
    (
        "an input amount",
        |t| {
            let Input::Key { amount, .. } = &mut t.prefix.inputs[1] else {
                panic!()
            };
            *amount = Amount::OXEN;
        },
        |e| matches!(e, TransactionError::InputAmountInTheClear { input: 1 }),
    ),
    (
        "an output amount",
        |t| t.prefix.outputs[1].amount = Amount::OXEN,
        |e| matches!(e, TransactionError::OutputAmountInTheClear { output: 1 }),
    ),
    (
        "an output to no point",
        |t| t.prefix.outputs[0].target = OutputTarget::Key(PublicKey::new([0xff; 32])),
        |e| matches!(e, TransactionError::InvalidOutputKey { output: 0 }),
    ),
    (
        "inputs in another order",
        |t| {
            t.prefix.inputs.swap(0, 1);
            let prunable = &mut proofs(t).prunable;
            prunable.signatures.swap(0, 1);
            prunable.pseudo_outputs.swap(0, 1);
        },
        |e| matches!(e, TransactionError::InputsNotSorted),
    ),
    (
        "the same input twice",
        |t| t.prefix.inputs[1] = t.prefix.inputs[0].clone(),
        |e| matches!(e, TransactionError::InputsNotSorted),
    ),
    (
        "a ring of nine",
        |t| {
            for input in 0..2 {
                ring(t, input).truncate(9);
                proofs(t).prunable.signatures[input].responses.truncate(9);
            }
        },
        |e| matches!(e, TransactionError::RingSize { input: 0, found: 9 }),
    ),
    (
        "a ring member twice",
        |t| ring(t, 1)[4] = 0,
        |e| matches!(e, TransactionError::RingNotAscending { input: 1 }),
    ),
    (
        "a key image of small order",
        |t| *image(t, 1) = SMALL_ORDER.parse().unwrap(),
        |e| matches!(e, TransactionError::KeyImageDomain { .. }),
    ),
    (
        "a ring member that does not exist",
        |t| ring(t, 0)[9] += 1_000_000,
        |e| matches!(e, TransactionError::RingMemberUnknown { input: 0, .. }),
    ),
    (
        "an offset that overflows",
        |t| ring(t, 0)[9] = u64::MAX,
        |e| matches!(e, TransactionError::RingMemberUnknown { input: 0, .. }),
    ),
    (
        "another ring",
        |t| ring(t, 0)[0] += 1,
        |e| matches!(e, TransactionError::InvalidRingSignature { input: 0 }),
    ),
    (
        "a higher fee",
        |t| proofs(t).base.fee = Amount::from_atomic(proofs(t).base.fee.atomic() + 1),
        |e| matches!(e, TransactionError::Unbalanced),
    ),
    (
        "another commitment",
        |t| proofs(t).base.commitments[0] = proofs(t).base.commitments[1],
        |e| matches!(e, TransactionError::Unbalanced),
    ),
    (
        "a swapped commitment",
        |t| proofs(t).base.commitments.swap(0, 1),
        |e| matches!(e, TransactionError::InvalidRangeProof),
    ),
    (
        "pseudo outputs swapped",
        |t| proofs(t).prunable.pseudo_outputs.swap(0, 1),
        |e| matches!(e, TransactionError::InvalidRingSignature { input: 0 }),
    ),
    (
        "another amount",
        |t| proofs(t).base.encrypted_amounts[0][0] ^= 1,
        |e| matches!(e, TransactionError::InvalidRingSignature { input: 0 }),
    ),
    (
        "another extra",
        |t| t.prefix.extra[3] ^= 1,
        |e| matches!(e, TransactionError::InvalidRingSignature { input: 0 }),
    ),
    (
        "an unlock time",
        |t| t.prefix.output_unlock_times[0] = UnlockTime::new(5),
        |e| matches!(e, TransactionError::InvalidRingSignature { input: 0 }),
    ),
    (
        "another response",
        |t| proofs(t).prunable.signatures[1].responses[4][0] ^= 1,
        |e| matches!(e, TransactionError::InvalidRingSignature { input: 1 }),
    ),
    (
        "a range proof of another",
        |t| proofs(t).prunable.range_proof.tail[2][0] ^= 1,
        |e| matches!(e, TransactionError::InvalidRangeProof),
    ),
    (
        "a range proof with a round more",
        |t| {
            let proof = &mut proofs(t).prunable.range_proof;
            proof.left.push(proof.left[0]);
            proof.right.push(proof.right[0]);
        },
        |e| matches!(e, TransactionError::RangeProofPadding { .. }),
    ),
    (
        "only one output",
        |t| {
            t.prefix.outputs.truncate(1);
            t.prefix.output_unlock_times.truncate(1);
            proofs(t).base.commitments.truncate(1);
            proofs(t).base.encrypted_amounts.truncate(1);
        },
        |e| matches!(e, TransactionError::OutputCount { found: 1, least: 2 }),
    ),
];

/// A recorded transfer with two inputs and two outputs.
fn transfer(recording: &Recording) -> (Height, &[u8]) {
    let recorded = recording
        .transactions
        .iter()
        .find(|one| {
            let transaction = Transaction::decode(&one.blob.0).unwrap();
            one.kind == RecordedKind::Transfer
                && transaction.prefix.inputs.len() == 2
                && transaction.prefix.outputs.len() == 2
        })
        .unwrap();
    (recorded.height, &recorded.blob.0)
}

const NOW: Timestamp = Timestamp::from_seconds(1_795_303_640);

#[test]
fn every_alteration_of_a_transfer_is_refused_by_its_rule() {
    let Some(recording) = open("oxend-hf19") else { return };
    let prepared = prepare(&recording);
    let (height, blob) = transfer(&recording);
    let chain = grow(&recording, &prepared, height);
    judge_one(blob, height, NOW, &chain).unwrap();
    for (what, alter, refused) in CASES {
        let mut transaction = Transaction::decode(blob).unwrap();
        alter(&mut transaction);
        let error = judge_one(&transaction.encode(), height, NOW, &chain).expect_err(what);
        assert!(refused(&error), "{what}: {error}");
    }
}

#[test]
fn every_cut_and_every_extension_of_a_transfer_is_refused() {
    let Some(recording) = open("oxend-hf19") else { return };
    let (_, blob) = transfer(&recording);
    for length in 0..blob.len() {
        assert!(Transaction::decode(&blob[..length]).is_err(), "{length} bytes");
    }
    let mut longer = blob.to_vec();
    longer.push(0);
    assert!(Transaction::decode(&longer).is_err());
}

#[test]
fn a_transfer_waits_for_its_ring_and_is_mined_once() {
    let Some(recording) = open("oxend-hf19") else { return };
    let prepared = prepare(&recording);
    let (height, blob) = transfer(&recording);
    // Before its ring members exist, or are old enough.
    let early = grow(&recording, &prepared, Height::new(25));
    let error = judge_one(blob, Height::new(25), NOW, &early).unwrap_err();
    assert!(
        matches!(
            error,
            TransactionError::RingMemberLocked { .. } | TransactionError::RingMemberUnknown { .. }
        ),
        "{error}"
    );
    let late = grow(&recording, &prepared, height.next());
    let error = judge_one(blob, height.next(), NOW, &late).unwrap_err();
    assert!(matches!(error, TransactionError::KeyImageSpent { .. }), "{error}");
}

#[test]
fn coinbase_outputs_unlock_in_the_block_of_their_unlock_height() {
    let Some(recording) = open("oxend-hf19") else { return };
    let prepared = prepare(&recording);
    // The genesis outputs unlock at height 30; the replaced branch spends them at 31.
    let branch = recording.reorganisation.as_ref().unwrap();
    let spender = &branch.orphaned_txs[0].blob.0;
    for (height, locked) in [(29, true), (30, false)] {
        let height = Height::new(height);
        let chain = grow(&recording, &prepared, height);
        let outcome = judge_one(spender, height, NOW, &chain);
        match outcome {
            Ok(()) => assert!(!locked),
            Err(TransactionError::RingMemberLocked { .. }) => assert!(locked),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn the_reference_and_this_program_refuse_the_same_submissions() {
    let Some(recording) = open("oxend-hf19") else { return };
    let prepared = prepare(&recording);
    let group = &recording.events.as_ref().unwrap().submissions[0];
    let first = Transaction::decode(&group.blobs[0].0).unwrap().id();
    let mined = recording
        .transactions
        .iter()
        .find(|one| one.txid == first)
        .unwrap()
        .height;
    let outcomes = |height: Height| -> Vec<Result<(), TransactionError>> {
        let chain = grow(&recording, &prepared, height);
        let judge = |blob: &oxen_conformance::recording::text::HexBytes| judge_one(&blob.0, height, group.time, &chain);
        group.blobs.iter().map(judge).collect()
    };
    // Each alone, before any is mined.
    let before = outcomes(mined);
    assert!(
        matches!(
            before.as_slice(),
            [
                Ok(()),
                Ok(()),
                Err(TransactionError::InvalidRangeProof),
                Err(TransactionError::InvalidRingSignature { input: 0 }),
                Err(TransactionError::Decode(_)),
            ]
        ),
        "{before:?}"
    );
    // After the first was mined the others spend the same output again.
    for (place, outcome) in outcomes(mined.next()).into_iter().enumerate().take(4) {
        assert!(
            matches!(outcome, Err(TransactionError::KeyImageSpent { .. })),
            "{place}: {outcome:?}"
        );
    }
}
