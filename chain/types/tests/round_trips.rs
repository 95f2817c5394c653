//! Arbitrary transactions, blocks and checkpoints of every version: what is written reads back the same, from exactly its bytes.
#![allow(clippy::unwrap_used)]

use oxen_types::{
    Amount, Block, BlockHeader, Checkpoint, Commitment, ConsensusDecode, ConsensusEncode, Hash, Height, KeyImage,
    PublicKey, Signature, Timestamp, Transaction, UnlockTime,
    block::{BatchingTail, L2Header, LeaderTail, PulseHeader, QuorumSignature},
    checkpoint::CheckpointKind,
    codec::{Reader, write_varint},
    keccak256,
    transaction::{
        BulletproofBytes, ClsagBytes, ClsagProofs, Input, LegacyProofs, LegacyRingCt, Output, OutputTarget, Proofs,
        PrunableProofs, PrunedTransaction, RingCtBase, TransactionPrefix, TransactionType, TransactionVersion,
        prefix::Script,
    },
};
use proptest::{collection::vec, prelude::*, sample::Index};

fn hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash::new)
}

fn key() -> impl Strategy<Value = PublicKey> {
    any::<[u8; 32]>().prop_map(PublicKey::new)
}

fn commitment() -> impl Strategy<Value = Commitment> {
    any::<[u8; 32]>().prop_map(Commitment::new)
}

fn signature() -> impl Strategy<Value = Signature> {
    any::<[u8; 64]>().prop_map(Signature::new)
}

/// Numbers of every length on the wire.
fn number() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0_u32..64).prop_map(|(number, shift)| number >> shift)
}

fn script() -> impl Strategy<Value = Script> {
    (vec(key(), 0..3), vec(any::<u8>(), 0..20)).prop_map(|(keys, code)| Script { keys, code })
}

fn key_input(ring_size: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Input> {
    (number(), vec(number(), ring_size), any::<[u8; 32]>()).prop_map(|(amount, key_offsets, image)| Input::Key {
        amount: Amount::from_atomic(amount),
        key_offsets,
        key_image: KeyImage::new(image),
    })
}

fn input() -> impl Strategy<Value = Input> {
    let generation = number().prop_map(|height| Input::Generation {
        height: Height::new(height),
    });
    let script_input =
        (hash(), number(), vec(any::<u8>(), 0..20)).prop_map(|(previous, previous_output, signatures)| Input::Script {
            previous,
            previous_output,
            signatures,
        });
    let script_hash = (hash(), number(), script(), vec(any::<u8>(), 0..20)).prop_map(
        |(previous, previous_output, script, signatures)| Input::ScriptHash {
            previous,
            previous_output,
            script,
            signatures,
        },
    );
    prop_oneof![8 => key_input(0..12), 1 => generation, 1 => script_input, 1 => script_hash]
}

fn key_output() -> impl Strategy<Value = Output> {
    (number(), key()).prop_map(|(amount, key)| Output {
        amount: Amount::from_atomic(amount),
        target: OutputTarget::Key(key),
    })
}

fn output() -> impl Strategy<Value = Output> {
    let other = prop_oneof![
        script().prop_map(OutputTarget::Script),
        hash().prop_map(OutputTarget::ScriptHash)
    ];
    let odd = (number(), other).prop_map(|(amount, target)| Output {
        amount: Amount::from_atomic(amount),
        target,
    });
    prop_oneof![4 => key_output(), 1 => odd]
}

fn kind(version: TransactionVersion) -> impl Strategy<Value = TransactionType> {
    let known = match version {
        TransactionVersion::V1 | TransactionVersion::V2 => 1,
        TransactionVersion::V3 => 2,
        TransactionVersion::V4 => TransactionType::ALL.len(),
    };
    (0..known).prop_map(|number| TransactionType::ALL[number])
}

/// A prefix of this version; the unlock times of version 3 and later are as many as the outputs.
fn prefix(
    version: TransactionVersion,
    inputs: impl Strategy<Value = Vec<Input>>,
    outputs: impl Strategy<Value = Vec<Output>>,
) -> impl Strategy<Value = TransactionPrefix> {
    let times = vec(number(), 20);
    let extra = vec(any::<u8>(), 0..60);
    (inputs, outputs, times, number(), extra, kind(version)).prop_map(
        move |(inputs, outputs, times, unlock_time, extra, kind)| TransactionPrefix {
            version,
            output_unlock_times: if version >= TransactionVersion::V3 {
                times.iter().take(outputs.len()).copied().map(UnlockTime::new).collect()
            } else {
                Vec::new()
            },
            unlock_time: UnlockTime::new(unlock_time),
            inputs,
            outputs,
            extra,
            kind,
        },
    )
}

fn ring_ct_version() -> impl Strategy<Value = TransactionVersion> {
    prop_oneof![
        Just(TransactionVersion::V2),
        Just(TransactionVersion::V3),
        Just(TransactionVersion::V4)
    ]
}

fn without_inputs() -> impl Strategy<Value = Transaction> {
    ring_ct_version()
        .prop_flat_map(|version| prefix(version, Just(Vec::new()), vec(output(), 0..4)))
        .prop_map(|prefix| Transaction {
            prefix,
            proofs: Proofs::Absent,
        })
}

fn with_null_proofs() -> impl Strategy<Value = Transaction> {
    ring_ct_version()
        .prop_flat_map(|version| prefix(version, vec(input(), 1..4), vec(output(), 0..4)))
        .prop_map(|prefix| Transaction {
            prefix,
            proofs: Proofs::Null,
        })
}

fn with_ring_signatures() -> impl Strategy<Value = Transaction> {
    prefix(TransactionVersion::V1, vec(input(), 0..3), vec(output(), 0..3)).prop_flat_map(|prefix| {
        let members = prefix.inputs.iter().map(|input| match input {
            Input::Key { key_offsets, .. } => key_offsets.len(),
            _ => 0,
        });
        let rings: Vec<_> = members.map(|count| vec(signature(), count)).collect();
        (Just(prefix), rings).prop_map(|(prefix, rings)| Transaction {
            prefix,
            proofs: Proofs::RingSignatures(rings),
        })
    })
}

fn bulletproof(rounds: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = BulletproofBytes> {
    (
        any::<[[u8; 32]; 6]>(),
        vec(any::<[[u8; 32]; 2]>(), rounds),
        any::<[[u8; 32]; 3]>(),
    )
        .prop_map(|(head, pairs, tail)| BulletproofBytes {
            head,
            left: pairs.iter().map(|pair| pair[0]).collect(),
            right: pairs.iter().map(|pair| pair[1]).collect(),
            tail,
        })
}

fn clsag(ring_size: usize) -> impl Strategy<Value = ClsagBytes> {
    (vec(any::<[u8; 32]>(), ring_size), any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(
        |(responses, challenge, auxiliary_image)| ClsagBytes {
            responses,
            challenge,
            auxiliary_image,
        },
    )
}

fn with_clsag() -> impl Strategy<Value = Transaction> {
    // A range proof needs an output to be about.
    (ring_ct_version(), 1_usize..17)
        .prop_flat_map(|(version, outputs)| prefix(version, vec(input(), 1..4), vec(key_output(), outputs)))
        .prop_flat_map(|prefix| {
            let (inputs, outputs) = (prefix.inputs.len(), prefix.outputs.len());
            let base = (number(), vec(any::<[u8; 8]>(), outputs), vec(commitment(), outputs));
            let signatures = vec(clsag(prefix.ring_size()), inputs);
            (
                Just(prefix),
                base,
                bulletproof(10..12),
                signatures,
                vec(commitment(), inputs),
            )
        })
        .prop_map(
            |(prefix, (fee, encrypted_amounts, commitments), range_proof, signatures, pseudo_outputs)| {
                let base = RingCtBase {
                    fee: Amount::from_atomic(fee),
                    encrypted_amounts,
                    commitments,
                };
                let prunable = PrunableProofs {
                    range_proof,
                    signatures,
                    pseudo_outputs,
                };
                Transaction {
                    prefix,
                    proofs: Proofs::Clsag(Box::new(ClsagProofs { base, prunable })),
                }
            },
        )
}

fn legacy_kind() -> impl Strategy<Value = LegacyRingCt> {
    prop_oneof![
        Just(LegacyRingCt::Full),
        Just(LegacyRingCt::Simple),
        Just(LegacyRingCt::Bulletproof),
        Just(LegacyRingCt::Bulletproof2)
    ]
}

/// The bytes of old proofs, laid out as chain §2.3 has it.
fn legacy_proofs(
    kind: LegacyRingCt,
    prefix: &TransactionPrefix,
    fee: u64,
    filler: u8,
    proof: &BulletproofBytes,
) -> LegacyProofs {
    let (inputs, outputs, ring_size) = (prefix.inputs.len(), prefix.outputs.len(), prefix.ring_size());
    let fill = |out: &mut Vec<u8>, count: usize| out.resize(out.len() + count, filler);
    let number = match kind {
        LegacyRingCt::Full => 1,
        LegacyRingCt::Simple => 2,
        LegacyRingCt::Bulletproof => 3,
        LegacyRingCt::Bulletproof2 => 4,
    };
    let mut base = vec![number];
    write_varint(&mut base, fee);
    fill(&mut base, if kind == LegacyRingCt::Simple { 32 * inputs } else { 0 });
    fill(
        &mut base,
        outputs * if kind == LegacyRingCt::Bulletproof2 { 8 } else { 64 },
    );
    fill(&mut base, 32 * outputs);
    let mut prunable = Vec::new();
    let mut padded_outputs = 0;
    let proofs = usize::from(outputs > 0);
    match kind {
        LegacyRingCt::Full | LegacyRingCt::Simple => fill(&mut prunable, outputs * 193 * 32),
        LegacyRingCt::Bulletproof => prunable.extend_from_slice(&(proofs as u32).to_le_bytes()),
        LegacyRingCt::Bulletproof2 => write_varint(&mut prunable, proofs as u64),
    }
    let has_bulletproofs = matches!(kind, LegacyRingCt::Bulletproof | LegacyRingCt::Bulletproof2);
    if has_bulletproofs && proofs == 1 {
        proof.encode_to(&mut prunable);
        padded_outputs = proof.padded_outputs();
    }
    if kind == LegacyRingCt::Full {
        fill(&mut prunable, 32 * (ring_size * (inputs + 1) + 1));
    } else {
        fill(&mut prunable, 32 * inputs * (2 * ring_size + 1));
    }
    fill(&mut prunable, if has_bulletproofs { 32 * inputs } else { 0 });
    LegacyProofs {
        kind,
        fee: Amount::from_atomic(fee),
        base,
        prunable,
        padded_outputs,
    }
}

fn with_legacy_proofs() -> impl Strategy<Value = Transaction> {
    let prefix =
        ring_ct_version().prop_flat_map(|version| prefix(version, vec(input(), 1..3), vec(key_output(), 0..4)));
    (prefix, legacy_kind(), number(), any::<u8>(), bulletproof(8..9)).prop_map(|(prefix, kind, fee, filler, proof)| {
        let proofs = legacy_proofs(kind, &prefix, fee, filler, &proof);
        Transaction {
            prefix,
            proofs: Proofs::Legacy(Box::new(proofs)),
        }
    })
}

fn transaction() -> impl Strategy<Value = Transaction> {
    prop_oneof![
        without_inputs(),
        with_null_proofs(),
        with_ring_signatures(),
        with_clsag(),
        with_legacy_proofs()
    ]
}

fn coinbase() -> impl Strategy<Value = Transaction> {
    (ring_ct_version(), number())
        .prop_flat_map(|(version, height)| {
            let input = Input::Generation {
                height: Height::new(height),
            };
            prefix(version, Just(vec![input]), vec(output(), 0..4))
        })
        .prop_map(|prefix| Transaction {
            prefix,
            proofs: Proofs::Null,
        })
}

fn l2_header() -> impl Strategy<Value = L2Header> {
    (number(), number(), number(), vec(any::<bool>(), 0..30)).prop_map(|(height, l2_height, l2_reward, l2_votes)| {
        L2Header {
            height: Height::new(height),
            l2_height,
            l2_reward: Amount::from_atomic(l2_reward),
            l2_votes,
        }
    })
}

/// The header of a major version has the fields that chain §3.1 gives it.
fn header() -> impl Strategy<Value = BlockHeader> {
    let major = prop_oneof![4 => 7_u8..=21, 1 => any::<u8>()];
    let pulse = (any::<[u8; 16]>(), any::<u8>(), any::<u16>()).prop_map(|(random_value, round, validator_bitset)| {
        PulseHeader {
            random_value,
            round,
            validator_bitset,
        }
    });
    let leader = (number(), any::<[u8; 4]>()).prop_map(|(reward, leader_key_end)| LeaderTail {
        reward: Amount::from_atomic(reward),
        leader_key_end,
    });
    let common = (major, any::<u8>(), number(), hash(), any::<u32>());
    (common, pulse, leader, l2_header()).prop_map(
        |((major_version, minor_version, timestamp, previous, nonce), pulse, leader, l2)| BlockHeader {
            major_version,
            minor_version,
            timestamp: Timestamp::from_seconds(timestamp),
            previous,
            nonce,
            pulse: (major_version >= 16).then_some(pulse),
            leader: (major_version >= 20).then_some(leader),
            l2: (major_version >= 21).then_some(l2),
        },
    )
}

fn quorum_signature() -> impl Strategy<Value = QuorumSignature> {
    (any::<u16>(), signature()).prop_map(|(voter_index, signature)| QuorumSignature { voter_index, signature })
}

fn tail() -> impl Strategy<Value = BatchingTail> {
    prop_oneof![
        any::<u64>().prop_map(|reward| BatchingTail::Compact {
            reward: Amount::from_atomic(reward)
        }),
        (number(), key(), any::<u64>()).prop_map(|(height, producer, reward)| BatchingTail::Full {
            height: Height::new(height.max(1)),
            producer,
            reward: Amount::from_atomic(reward),
        }),
    ]
}

fn block() -> impl Strategy<Value = Block> {
    let body = (
        coinbase(),
        vec(hash(), 0..8),
        any::<u32>(),
        vec(quorum_signature(), 0..8),
        tail(),
    );
    (header(), body).prop_map(
        |(header, (coinbase, transaction_ids, l2_event_count, signatures, tail))| {
            let major = header.major_version;
            Block {
                header,
                miner_transaction: (major < 21).then_some(coinbase),
                transaction_ids,
                l2_event_count: if major >= 21 { l2_event_count } else { 0 },
                signatures: if major >= 16 { signatures } else { Vec::new() },
                batching_tail: (major == 19).then_some(tail),
            }
        },
    )
}

fn checkpoint() -> impl Strategy<Value = Checkpoint> {
    let kind = prop_oneof![Just(CheckpointKind::Hardcoded), Just(CheckpointKind::ServiceNode)];
    (kind, any::<u64>(), hash(), vec(quorum_signature(), 0..25), any::<u64>()).prop_map(
        |(kind, height, block_id, signatures, previous_height)| Checkpoint {
            kind,
            height: Height::new(height),
            block_id,
            signatures,
            previous_height: Height::new(previous_height),
        },
    )
}

/// The value reads back from its bytes; cut anywhere or with a byte behind it reads as nothing; followed by anything it reads
/// to its end.
fn check_round_trip<T>(value: &T, cut: Index) -> Result<(), TestCaseError>
where
    T: ConsensusEncode + ConsensusDecode + PartialEq + std::fmt::Debug,
{
    let mut bytes = value.encode();
    prop_assert_eq!(&T::decode(&bytes).unwrap(), value);
    prop_assert!(T::decode(&bytes[..cut.index(bytes.len())]).is_err());
    let length = bytes.len();
    bytes.push(0);
    prop_assert!(T::decode(&bytes).is_err());
    let mut reader = Reader::new(&bytes);
    prop_assert_eq!(&T::decode_from(&mut reader).unwrap(), value);
    prop_assert_eq!(reader.remaining().len(), bytes.len() - length);
    Ok(())
}

/// Changed bytes either do not read or are themselves what their value writes.
fn check_canonical<T: ConsensusEncode + ConsensusDecode>(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(value) = T::decode(bytes) {
        prop_assert_eq!(value.encode(), bytes);
    }
    Ok(())
}

proptest! {
    #[test]
    fn transactions_read_back(transaction in transaction(), cut in any::<Index>()) {
        check_round_trip(&transaction, cut)?;
    }

    #[test]
    fn blocks_read_back(block in block(), cut in any::<Index>()) {
        check_round_trip(&block, cut)?;
    }

    #[test]
    fn checkpoints_read_back(checkpoint in checkpoint(), cut in any::<Index>()) {
        check_round_trip(&checkpoint, cut)?;
    }

    #[test]
    fn changed_bytes_of_a_transaction_are_canonical_or_nothing(
        transaction in transaction(), changes in vec((any::<Index>(), any::<u8>()), 1..4)
    ) {
        let mut bytes = transaction.encode();
        for (place, value) in changes {
            *place.get_mut(&mut bytes[..]) = value;
        }
        check_canonical::<Transaction>(&bytes)?;
        check_canonical::<PrunedTransaction>(&bytes)?;
    }

    #[test]
    fn a_transaction_is_its_pruned_and_its_prunable_part(transaction in transaction()) {
        let parts = [transaction.encode_pruned(), transaction.encode_prunable()].concat();
        prop_assert_eq!(parts, transaction.encode());
    }

    #[test]
    fn a_pruned_transaction_keeps_the_id_and_can_be_made_whole(
        transaction in prop_oneof![without_inputs(), with_null_proofs(), with_clsag()], cut in any::<Index>()
    ) {
        let pruned = PrunedTransaction::from(&transaction);
        check_round_trip(&pruned, cut)?;
        let hashes = transaction.hashes();
        prop_assert_eq!(pruned.id(hashes.prunable), hashes.id);
        prop_assert_eq!(hashes.prefix, keccak256(&transaction.prefix.encode()));
        let whole = pruned.with_prunable(&transaction.encode_prunable());
        prop_assert_eq!(whole, Ok(transaction));
    }

    #[test]
    fn every_part_of_a_transaction_counts_for_its_id(
        transaction in with_clsag(), place in any::<Index>(), bit in 0_u32..8
    ) {
        let mut bytes = transaction.encode();
        *place.get_mut(&mut bytes[..]) ^= 1 << bit;
        if let Ok(changed) = Transaction::decode(&bytes) {
            prop_assert_ne!(changed.id(), transaction.id());
        }
    }

    #[test]
    fn the_id_of_a_block_leaves_out_signatures_tail_and_event_count(block in block()) {
        let mut changed = block.clone();
        changed.signatures.clear();
        changed.l2_event_count = 0;
        if changed.batching_tail.is_some() {
            changed.batching_tail = Some(BatchingTail::Compact { reward: Amount::ZERO });
        }
        prop_assert_eq!(changed.id(), block.id());
        changed.header.nonce ^= 1;
        prop_assert_ne!(changed.id(), block.id());
    }
}
