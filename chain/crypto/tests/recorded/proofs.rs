//! Transactions: balance, ring signatures, range proofs.

use super::{bytes, list, parse, read, sets};
use oxen_crypto::{
    bulletproof::{self, BatchVerifier},
    clsag::{self, ClsagError, RingMember},
    commitment::check_balance,
    keys::is_valid_key_image,
};
use oxen_types::{Amount, Commitment, Hash, KeyImage, codec::write_varint, hashing::keccak256_parts, keccak256};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::Value;

/// The proofs of a transfer, out of the JSON form.
struct Proofs {
    fee: Amount,
    outputs: Vec<Commitment>,
    pseudo_outputs: Vec<Commitment>,
    range_proof: Vec<u8>,
    message: Hash,
}

fn element(value: &Value) -> [u8; 32] {
    bytes(value)
}

impl Proofs {
    fn read(transaction: &Value) -> Self {
        let (base, prunable) = (
            &transaction["json"]["rct_signatures"],
            &transaction["json"]["rctsig_prunable"],
        );
        let fee = base["txnFee"].as_u64().unwrap();
        let mut base_bytes = vec![5];
        write_varint(&mut base_bytes, fee);
        base_bytes.extend(
            list(&base["ecdhInfo"])
                .iter()
                .flat_map(|info| bytes::<8>(&info["amount"])),
        );
        base_bytes.extend(list(&base["outPk"]).iter().flat_map(element));
        let proof = &prunable["bp"][0];
        let (mut range_proof, mut keys) = (Vec::new(), Vec::new());
        for name in ["A", "S", "T1", "T2", "taux", "mu", "L", "R", "a", "b", "t"] {
            let elements = if proof[name].is_array() {
                list(&proof[name])
            } else {
                std::slice::from_ref(&proof[name])
            };
            if proof[name].is_array() {
                write_varint(&mut range_proof, elements.len() as u64);
            }
            range_proof.extend(elements.iter().flat_map(element));
            keys.extend(elements.iter().flat_map(element));
        }
        let prefix_hash: Hash = parse(&transaction["prefix_hash"]);
        let parts = [prefix_hash, keccak256(&base_bytes), keccak256(&keys)];
        Self {
            fee: Amount::from_atomic(fee),
            outputs: list(&base["outPk"]).iter().map(parse).collect(),
            pseudo_outputs: list(&prunable["pseudoOuts"]).iter().map(parse).collect(),
            range_proof,
            message: keccak256_parts(&parts.each_ref().map(|part| part.as_bytes().as_slice())),
        }
    }
}

/// The ring of an input, whose offsets are relative.
fn ring(input: &Value, outputs: &Value) -> Vec<RingMember> {
    let mut place = 0;
    let member = |offset: &Value| {
        place += usize::try_from(offset.as_u64().unwrap()).unwrap();
        RingMember {
            key: parse(&outputs[place]["key"]),
            commitment: parse(&outputs[place]["mask"]),
        }
    };
    list(&input["key_offsets"]).iter().map(member).collect()
}

/// Verifies every ring signature of a transaction, and that none is good for another message.
fn check_signatures(transaction: &Value, proofs: &Proofs, outputs: &Value) -> usize {
    let inputs = list(&transaction["json"]["vin"]);
    let signatures = list(&transaction["json"]["rctsig_prunable"]["CLSAGs"]);
    assert_eq!(inputs.len(), signatures.len());
    let mut other = proofs.message.to_bytes();
    other[31] ^= 1;
    for ((input, signature), pseudo_output) in inputs.iter().zip(signatures).zip(&proofs.pseudo_outputs) {
        let (ring, image): (_, KeyImage) = (ring(&input["key"], outputs), parse(&input["key"]["k_image"]));
        assert_eq!(ring.len(), clsag::RING_SIZE);
        assert!(is_valid_key_image(&image));
        let elements = list(&signature["s"]).iter().chain([&signature["c1"], &signature["D"]]);
        let bytes: Vec<u8> = elements.flat_map(element).collect();
        let verify = |message| clsag::verify(&bytes, &ring, &image, pseudo_output, message);
        assert_eq!(verify(&proofs.message), Ok(()), "{}", transaction["txid"]);
        assert_eq!(verify(&Hash::new(other)), Err(ClsagError::Mismatch));
    }
    inputs.len()
}

#[test]
fn every_transfer_balances_and_its_proofs_are_good() {
    for set in sets("every_transfer_balances_and_its_proofs_are_good") {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut batch = BatchVerifier::new();
        let outputs = read(&set, "outputs");
        let mut signatures = 0;
        for transaction in list(&read(&set, "txs")) {
            if transaction["json"]["rct_signatures"]["type"] != 5 {
                continue;
            }
            let proofs = Proofs::read(transaction);
            assert_eq!(
                check_balance(&proofs.pseudo_outputs, &proofs.outputs, proofs.fee),
                Ok(())
            );
            signatures += check_signatures(transaction, &proofs, &outputs);
            assert_eq!(
                bulletproof::verify(&proofs.range_proof, &proofs.outputs, &mut rng),
                Ok(())
            );
            batch.queue(&proofs.range_proof, &proofs.outputs).unwrap();
        }
        assert_eq!(batch.verify(&mut rng), Ok(()));
        println!(
            "{}: {signatures} ring signatures, {} range proofs",
            set.display(),
            batch.len()
        );
        assert!(signatures > 200 && batch.len() > 200);
    }
}
