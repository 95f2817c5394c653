//! The fake daemon's part of the bridge: real signatures of service nodes that tests make up.

use crate::nodes::ServiceNodes;
use ed25519_dalek::{Signer, SigningKey};
use oxen_bridge_rules::bls::SecretKey;
use oxen_types::{PublicKey, bytes::EthereumAddress};
use oxen_wallet_ethereum::{claim::ClaimKind, service_node::Registration};
use serde_json::{Value, json};

/// Service nodes behind the daemon, which is one that is not registered yet.
pub struct FakeBridge {
    pub nodes: ServiceNodes,
    ed25519: SigningKey,
    bls: SecretKey,
}

impl FakeBridge {
    pub fn new(nodes: ServiceNodes) -> Self {
        Self {
            nodes,
            ed25519: SigningKey::from_bytes(&[42; 32]),
            bls: SecretKey::from_random(&[200; 32]).unwrap(),
        }
    }

    /// The daemon's own key as a service node.
    pub fn own_key(&self) -> PublicKey {
        PublicKey::new(self.ed25519.verifying_key().to_bytes())
    }

    /// What it says of itself to an operator.
    pub fn registration(&self, operator: &EthereumAddress) -> Registration {
        let bls_key = self.bls.public_key().to_bytes();
        let proof = self.nodes.domain.possession(&bls_key, operator, &self.own_key());
        let message = [self.own_key().as_ref(), bls_key.as_ref()].concat();
        Registration {
            service_node: self.own_key(),
            bls_key,
            proof: self.bls.sign(&proof.to_point()).to_bytes(),
            signature: self.ed25519.sign(&message).to_bytes(),
            fee: 0,
        }
    }

    pub fn answer(&self, method: &str, params: &Value) -> Result<Value, (i32, &'static str)> {
        let address = || -> EthereumAddress {
            let text = params["address"].as_str().unwrap();
            text.trim_start_matches("0x").to_lowercase().parse().unwrap()
        };
        match method {
            "bls_rewards_request" => self.aggregate(ClaimKind::Rewards, &address(), params),
            "bls_swap_request" => self.aggregate(ClaimKind::Swap, &address(), params),
            "bls_registration_request" => {
                let own = self.registration(&address());
                Ok(json!({
                    "status": "OK",
                    "address": params["address"],
                    "bls_pubkey": own.bls_key,
                    "proof_of_possession": own.proof,
                    "service_node_pubkey": own.service_node,
                    "service_node_signature": hex::encode(own.signature),
                }))
            }
            _ => Err((-32_601, "Method not found")),
        }
    }

    fn aggregate(
        &self,
        kind: ClaimKind,
        address: &EthereumAddress,
        params: &Value,
    ) -> Result<Value, (i32, &'static str)> {
        let aggregate = self.nodes.aggregate_now(kind, address).ok_or((-14, "no balance"))?;
        Ok(json!({
            "status": "OK",
            "address": params["address"],
            "amount": aggregate.total.atomic(),
            "height": aggregate.height,
            "signature": aggregate.signature,
            "non_signer_indices": aggregate.non_signers,
        }))
    }
}
