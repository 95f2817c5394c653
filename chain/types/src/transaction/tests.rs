use super::*;
use crate::{bytes::Hash, height::Height};

/// chain A.1: a coinbase of HF19 without outputs at height 1,300,000.
pub(crate) const EMPTY_COINBASE: &str = concat!(
    "0400beac4f01ffa0ac4f004201",
    "33333333333333333333333333333333333333333333333333333333333333337244444444444444444444444444444444444444444444444444444444444444440000"
);

fn decode(text: &str) -> Transaction {
    Transaction::decode(&hex::decode(text).unwrap()).unwrap()
}

#[test]
fn an_empty_coinbase_has_the_known_id() {
    let transaction = decode(EMPTY_COINBASE);
    assert!(transaction.is_coinbase());
    assert_eq!(
        transaction.prefix.inputs,
        vec![Input::Generation {
            height: Height::new(1_300_000)
        }]
    );
    assert_eq!(
        transaction.id().to_string(),
        "8232179d1f42c1af37145ed9630d81516e2754e16d7a1fa0ee0b65e5ebf32920"
    );
    assert_eq!(hex::encode(transaction.encode()), EMPTY_COINBASE);
    assert_eq!(transaction.weight().bytes(), EMPTY_COINBASE.len() as u64 / 2);
}

#[test]
fn transactions_without_inputs_have_the_known_ids() {
    let state_change = format!("04000000004b78040196ac4f070103{}010101", "88".repeat(64));
    let exit_request = format!("0400000000497d00b1c90280e59a77{}05", "99".repeat(64));
    for (blob, id, kind) in [
        (
            state_change,
            "a701134270cad1c6df8cd7b7b527caf684f51166cce0a6ba946e7fb79a395ff5",
            TransactionType::StateChange,
        ),
        (
            exit_request,
            "b158c180b7d2454cfdeb596eb227bbe4feb16ce1c588bd63f4e8ca68811cbefe",
            TransactionType::EthereumServiceNodeExitRequest,
        ),
    ] {
        let transaction = decode(&blob);
        assert_eq!(transaction.prefix.kind, kind);
        assert_eq!(transaction.proofs, Proofs::Absent);
        assert_eq!(transaction.id().to_string(), id);
        assert_eq!(hex::encode(transaction.encode()), blob);
    }
}

#[test]
fn genesis_coinbases_have_the_known_ids() {
    for (blob, id, prefix) in [
        (
            "021e01ff000380808d93f5d771027c4fd4553bc9886f1f49e3f76d945bf71e8632a94e6c177b19cbc780e7e6bdb48080b4ccd4dfc60302c8b9f6461f58ef3f2107e577c7425d06af584a1c7482bf19060e84059c98b4c3808088fccdbcc32302732b53b0b0db706fcc3087074fb4b786da5ab72b2065699f9453448b0db27f892101ed71f2ce3fc70d7b2036f8a4e4b3fb75c66c12184b55a908e7d1a1d6995566cf00",
            "89389fee6d21b5afec266bf4741afce91d7cdd0e033689d4abb5e33a0481426a",
            "b7d06e2a07b3f630d389191b7384d20e5b086e0c67b85ad3a068191f4ff40e46",
        ),
        (
            "04011e1e01ff00018080c9db97f4fb2702fa27e905f604faa4eb084ee675faca77b0cfea9adec1526da33cae5e286f31624201dae05bf3fa1662b7fd373c92426763d921cf3745e10ee43edb510f690c656f247200000000000000000000000000000000000000000000000000000000000000000000",
            "04288dc00eef09adce0b54eadae67dce8e8f68c23673ee2bcf04e86cc50799f4",
            "5979525897e1f16346d4f7ca43f3852963d7cb8c2917a444e8a80cb690eafaeb",
        ),
    ] {
        let hashes = decode(blob).hashes();
        assert_eq!(hashes.id.to_string(), id);
        assert_eq!(hashes.prefix.to_string(), prefix);
        assert_eq!(hashes.prunable, Hash::ZERO);
    }
}

#[test]
fn clawback_has_the_known_values() {
    for (padded, bytes) in [(1, 0), (2, 0), (4, 537), (8, 1664), (16, 3968)] {
        assert_eq!(weight::clawback(padded), bytes);
    }
}

#[test]
fn every_truncation_and_a_trailing_byte_are_refused() {
    let blob = hex::decode(EMPTY_COINBASE).unwrap();
    for length in 0..blob.len() {
        assert!(Transaction::decode(&blob[..length]).is_err(), "{length} bytes");
    }
    let mut longer = blob;
    longer.push(0);
    assert_eq!(
        Transaction::decode(&longer),
        Err(DecodeError::TrailingBytes { count: 1 })
    );
}

#[test]
fn unknown_versions_types_and_tags_are_refused() {
    for blob in ["00", "0500", "0400000000000a", "040000010300000000"] {
        assert!(Transaction::decode(&hex::decode(blob).unwrap()).is_err(), "{blob}");
    }
}

#[test]
fn version_one_ring_signatures_and_old_ring_ct_parse_to_their_last_byte() {
    let key_input = format!("02000201017f{}", "aa".repeat(31));
    let output = format!("0002{}", "bb".repeat(32));
    let version_one = format!("010001{key_input}01{output}00{}", "cc".repeat(128));
    let parsed = decode(&version_one);
    assert!(matches!(&parsed.proofs, Proofs::RingSignatures(rings) if rings.len() == 1 && rings[0].len() == 2));
    assert_eq!(hex::encode(parsed.encode()), version_one);

    let prefix = format!("020001{key_input}01{output}00");
    let borromean = "dd".repeat((64 + 64 + 1 + 64) * 32);
    let full = format!(
        "{prefix}0105{}{}{borromean}{}{}",
        "01".repeat(64),
        "02".repeat(32),
        "03".repeat(4 * 32),
        "04".repeat(32)
    );
    let simple = format!(
        "{prefix}0205{}{}{}{borromean}{}{}",
        "05".repeat(32),
        "01".repeat(64),
        "02".repeat(32),
        "03".repeat(4 * 32),
        "04".repeat(32)
    );
    let proof = format!(
        "{}06{}06{}{}",
        "06".repeat(6 * 32),
        "07".repeat(6 * 32),
        "08".repeat(6 * 32),
        "09".repeat(3 * 32)
    );
    let mlsag = format!("{}{}", "03".repeat(4 * 32), "04".repeat(32));
    let bulletproof = format!(
        "{prefix}0305{}{}01000000{proof}{mlsag}{}",
        "01".repeat(64),
        "02".repeat(32),
        "0a".repeat(32)
    );
    let bulletproof2 = format!(
        "{prefix}0405{}{}01{proof}{mlsag}{}",
        "01".repeat(8),
        "02".repeat(32),
        "0a".repeat(32)
    );
    for (blob, kind) in [
        (full, LegacyRingCt::Full),
        (simple, LegacyRingCt::Simple),
        (bulletproof, LegacyRingCt::Bulletproof),
        (bulletproof2, LegacyRingCt::Bulletproof2),
    ] {
        let parsed = decode(&blob);
        assert!(
            matches!(&parsed.proofs, Proofs::Legacy(proofs) if proofs.kind == kind),
            "{kind:?}"
        );
        assert_eq!(hex::encode(parsed.encode()), blob, "{kind:?}");
        assert_eq!(parsed.fee().atomic(), 5);
        let bytes = hex::decode(&blob).unwrap();
        assert!(Transaction::decode(&bytes[..bytes.len() - 1]).is_err());
    }
}

#[test]
fn a_coinbase_without_outputs_cannot_carry_a_range_proof() {
    let mut blob = vec![4, 0, 0, 1, 0xff, 7, 0, 0, 0];
    // RingCT type 5, no fee; one range proof of one round, a ring signature over one member, a pseudo output.
    blob.extend([5, 0, 1]);
    blob.extend([0; 6 * 32]);
    for _ in 0..2 {
        blob.push(1);
        blob.extend([0; 32]);
    }
    blob.extend([0; 3 * 32 + 3 * 32 + 32]);
    assert_eq!(
        Transaction::decode(&blob),
        Err(DecodeError::Inconsistent {
            what: "there are at most as many bulletproofs as outputs"
        })
    );
}
