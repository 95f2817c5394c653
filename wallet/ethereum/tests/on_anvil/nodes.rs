//! Service nodes that sign, with real keys.

use crate::arbitrum::{Contributor, Point, SeedServiceNode, Staker};
use alloy::primitives::{Address, U256};
use oxen_bridge_rules::{
    bls::{AggregateSignature, SecretKey},
    message::{BridgeDomain, Message},
};
use oxen_types::{
    Amount,
    bytes::{BlsSignature, EthereumAddress},
};
use oxen_wallet_ethereum::{
    Sesh,
    claim::{Aggregate, ClaimKind},
    worker::{SignatureSource, SourceError},
};
use std::collections::BTreeMap;

/// All service nodes of the network. The contract's numbers are 1, 2, 3, … in their order.
#[derive(Clone)]
pub struct ServiceNodes {
    secrets: Vec<SecretKey>,
    pub domain: BridgeDomain,
    swap: EthereumAddress,
    /// What each address earned, or was burned for, in all.
    pub owed: BTreeMap<EthereumAddress, u64>,
    /// Places of nodes that do not answer.
    pub silent: Vec<usize>,
    /// The place of a node that signs another amount.
    pub liar: Option<usize>,
    /// How often they were asked.
    pub asked: usize,
}

impl ServiceNodes {
    pub fn new(count: usize, domain: BridgeDomain, swap: EthereumAddress) -> Self {
        let secret = |place| SecretKey::from_random(&[u8::try_from(place).unwrap() + 1; 32]).unwrap();
        Self {
            secrets: (0..count).map(secret).collect(),
            domain,
            swap,
            owed: BTreeMap::new(),
            silent: Vec::new(),
            liar: None,
            asked: 0,
        }
    }

    /// For the contract, all staked by one address.
    pub fn seeds(&self, staker: Address, stake: u64) -> Vec<SeedServiceNode> {
        let seed = |(place, secret): (usize, &SecretKey)| {
            let key = secret.public_key().to_bytes();
            let (x, y) = key.as_bytes().split_at(32);
            SeedServiceNode {
                blsPubkey: Point {
                    X: U256::from_be_slice(x),
                    Y: U256::from_be_slice(y),
                },
                ed25519Pubkey: U256::from(place + 1),
                addedTimestamp: U256::from(1_700_000_000),
                contributors: vec![Contributor {
                    staker: Staker {
                        addr: staker,
                        beneficiary: staker,
                    },
                    stakedAmount: U256::from(stake),
                }],
            }
        };
        self.secrets.iter().enumerate().map(seed).collect()
    }

    /// What they sign now.
    pub fn aggregate_now(&self, kind: ClaimKind, recipient: &EthereumAddress) -> Option<Aggregate> {
        let total = *self.owed.get(recipient)?;
        Some(Aggregate {
            total: Sesh::from_atomic(total),
            height: 1_000,
            signature: self.sign(kind, recipient, total),
            non_signers: self.silent.iter().map(|place| *place as u64 + 1).collect(),
        })
    }

    fn message(&self, kind: ClaimKind, recipient: &EthereumAddress, total: u64) -> Message {
        let total = Amount::from_atomic(total);
        match kind {
            ClaimKind::Rewards => self.domain.reward(recipient, total),
            ClaimKind::Swap => self.domain.swap(&self.swap, recipient, total),
        }
    }

    fn sign(&self, kind: ClaimKind, recipient: &EthereumAddress, total: u64) -> BlsSignature {
        let point = self.message(kind, recipient, total).to_point();
        let lie = self.message(kind, recipient, total + 1).to_point();
        let mut sum = AggregateSignature::default();
        for (place, secret) in self.secrets.iter().enumerate() {
            if self.silent.contains(&place) {
                continue;
            }
            let point = if self.liar == Some(place) { &lie } else { &point };
            sum.add(&secret.sign(point));
        }
        sum.signature().unwrap().to_bytes()
    }
}

impl SignatureSource for ServiceNodes {
    async fn aggregate(&mut self, kind: ClaimKind, recipient: &EthereumAddress) -> Result<Aggregate, SourceError> {
        self.asked += 1;
        self.aggregate_now(kind, recipient).ok_or(SourceError::NothingOwed)
    }
}
