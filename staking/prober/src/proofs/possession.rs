//! BLS keys in proofs of HF20 (staking §18.2).

use oxen_bridge_rules::{bls, message::Message};
use oxen_staking_rules::uptime_proof::{BlsFields, PossessionCheck};
use oxen_types::{
    PublicKey,
    bytes::{BlsPublicKey, BlsSignature},
};

/// The fields of a node that holds this secret; the chain is that of the contracts.
pub(super) fn prove_possession(secret: &bls::SecretKey, chain_id: u64, primary: &PublicKey) -> BlsFields {
    let key = secret.public_key().to_bytes();
    let message = Message::uptime_proof(chain_id, &key, primary);
    BlsFields {
        public_key: *key.as_bytes(),
        possession: *secret.sign(&message.to_point()).to_bytes().as_bytes(),
    }
}

/// Checks them.
#[derive(Debug, Clone, Copy)]
pub struct BlsPossession {
    /// Id of the chain of the contracts.
    pub chain_id: u64,
}

impl PossessionCheck for BlsPossession {
    fn is_proven(&self, fields: &BlsFields, primary: &PublicKey) -> bool {
        let key = BlsPublicKey::new(fields.public_key);
        let message = Message::uptime_proof(self.chain_id, &key, primary);
        let key = bls::PublicKey::decode(&key);
        let signature = bls::Signature::decode(&BlsSignature::new(fields.possession));
        matches!((key, signature), (Ok(key), Ok(signature)) if bls::verify(&message.to_point(), &key, &signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_of_one_key_for_one_node_on_one_chain() {
        let secret = bls::SecretKey::from_bytes(&[7; 32]).unwrap();
        let node = PublicKey::new([1; 32]);
        let fields = prove_possession(&secret, 5, &node);
        assert!(BlsPossession { chain_id: 5 }.is_proven(&fields, &node));
        assert!(!BlsPossession { chain_id: 6 }.is_proven(&fields, &node));
        assert!(!BlsPossession { chain_id: 5 }.is_proven(&fields, &PublicKey::new([2; 32])));
        let other = BlsFields {
            public_key: [0; 64],
            ..fields
        };
        assert!(!BlsPossession { chain_id: 5 }.is_proven(&other, &node));
    }
}
