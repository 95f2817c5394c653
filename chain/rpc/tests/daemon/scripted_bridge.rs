//! A service that gathers no signatures and gives what it was told.

use oxen_node_api::{
    Answer, BridgeSignatures,
    bridge::{
        AggregateOfNodes, AggregationError, DepartedNode, Departure, DepartureReason, Ledger, NodeKey,
        RegistrationProof, SignedDeparture, SignedTotal, TotalHeight,
    },
};
use oxen_types::{
    Amount, Height, PublicKey, Timestamp,
    bytes::{BlsPublicKey, BlsSignature, EthereumAddress},
};
use std::sync::Mutex;

pub const KEY: BlsPublicKey = BlsPublicKey::new([7; 64]);
pub const PRIMARY: PublicKey = PublicKey::new([8; 32]);

/// What was asked of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Total(Ledger, EthereumAddress, TotalHeight),
    Departure(Departure, NodeKey),
}

/// A service that notes what it is asked and gives what it was told, or fails where nothing is final.
#[derive(Default)]
pub struct ScriptedBridge {
    pub asked: Mutex<Vec<Asked>>,
    pub is_final: Mutex<bool>,
}

impl ScriptedBridge {
    fn give<T: Send + 'static>(&self, asked: Asked, value: T) -> Answer<Result<T, AggregationError>> {
        self.asked.lock().unwrap().push(asked);
        let is_final = *self.is_final.lock().unwrap();
        Box::pin(async move {
            if is_final {
                Ok(value)
            } else {
                Err(AggregationError::NothingFinal)
            }
        })
    }
}

fn aggregate() -> AggregateOfNodes {
    AggregateOfNodes {
        message: vec![1, 2, 3],
        signature: BlsSignature::new([4; 128]),
        key: BlsPublicKey::new([5; 64]),
        non_signers: vec![3, 9],
    }
}

impl BridgeSignatures for ScriptedBridge {
    fn total(
        &self,
        ledger: Ledger,
        recipient: EthereumAddress,
        height: TotalHeight,
    ) -> Answer<Result<SignedTotal, AggregationError>> {
        let signed = SignedTotal {
            recipient,
            total: Amount::from_atomic(u64::MAX),
            height: Height::new(92),
            aggregate: aggregate(),
        };
        self.give(Asked::Total(ledger, recipient, height), signed)
    }

    fn departure(&self, departure: Departure, node: NodeKey) -> Answer<Result<SignedDeparture, AggregationError>> {
        let signed = SignedDeparture {
            bls_key: KEY,
            time: Timestamp::from_seconds(1_900_000_000),
            aggregate: aggregate(),
        };
        self.give(Asked::Departure(departure, node), signed)
    }

    fn departed(&self) -> Result<Vec<DepartedNode>, AggregationError> {
        Ok(vec![DepartedNode {
            primary: PRIMARY,
            bls_key: KEY,
            height: Height::new(60),
            liquidation_height: Height::new(5_100),
            reason: DepartureReason::Deregistered,
        }])
    }

    fn registration(&self, operator: &EthereumAddress) -> Result<RegistrationProof, AggregationError> {
        Ok(RegistrationProof {
            operator: *operator,
            bls_key: KEY,
            possession: BlsSignature::new([6; 128]),
            primary: PRIMARY,
            signature: [9; 64],
        })
    }
}
