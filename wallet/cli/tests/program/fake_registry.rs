//! The fake daemon's service nodes: the real rules over the blocks that tests make up, and what the daemon says of them.

use oxen_crypto::{Address, AddressKind, KeyPair, SecretKey, signature::schnorr};
use oxen_rpc::types::service_nodes::{
    ContributorEntry, ServiceNodeEntry, ServiceNodesAnswer, list::LockedContributionEntry,
};
use oxen_staking_rules::{
    Recipient, Registry, ServiceNode,
    registry::{RegistryBlock, StakingTransaction},
};
use oxen_types::{
    Hash, Height, Network, PublicKey, Transaction,
    extra::{Extra, Registration},
    network::HardForkVersion,
    transaction::TransactionType,
};
use oxen_wallet_core::wallet::WalletNetwork;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use serde_json::{Value, json};

/// Service nodes, and how the daemon talks of them.
#[derive(Default)]
pub struct FakeRegistry {
    pub registry: Registry,
    /// How often nodes were asked for.
    pub asked: usize,
    /// Questions that are answered before every further one fails.
    pub answers_before_failing: Option<usize>,
    /// What replaces the registry behind so many questions: somebody else was faster.
    pub rival: Option<(usize, Registry)>,
}

impl FakeRegistry {
    /// Tells the registry of a block.
    pub fn apply(&mut self, height: u64, transactions: &[Transaction]) {
        let parsed: Vec<(u32, &Transaction, Extra)> = (0..)
            .zip(transactions)
            .map(|(index, transaction)| (index, transaction, Extra::parse(&transaction.prefix.extra).unwrap()))
            .collect();
        let staking: Vec<StakingTransaction<'_>> = parsed
            .iter()
            .filter_map(|(index, transaction, extra)| match transaction.prefix.kind {
                TransactionType::Stake => Some(StakingTransaction::Stake {
                    index: *index,
                    transaction,
                }),
                TransactionType::KeyImageUnlock => Some(StakingTransaction::Unlock {
                    node: extra.service_node_key().unwrap(),
                    unlock: extra.key_image_unlock().unwrap(),
                }),
                _ => None,
            })
            .collect();
        let block = RegistryBlock {
            confirmed: &[],
            conversion: None,
            height: Height::new(height),
            id: Hash::new([7; 32]),
            version: HardForkVersion::REWARD_BATCHING,
            pulse_quorum: None,
            transactions: &staking,
        };
        self.registry = self.registry.update(&block, &Network::regtest()).registry;
    }

    /// `get_service_nodes`.
    pub fn answer_nodes(&mut self, top: u64, params: &Value) -> Result<Value, (i32, &'static str)> {
        self.asked += 1;
        if self.answers_before_failing.is_some_and(|answers| self.asked > answers) {
            return Err((-32_603, "no service nodes today"));
        }
        if let Some((_, registry)) = self.rival.take_if(|(asked, _)| self.asked > *asked) {
            self.registry = registry;
        }
        let wanted: Vec<&str> = params["service_node_pubkeys"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let states = self
            .registry
            .nodes()
            .filter(|(key, _)| wanted.is_empty() || wanted.contains(&key.to_string().as_str()))
            .map(|(key, node)| entry(key, node));
        Ok(json!(ServiceNodesAnswer {
            height: top,
            service_node_states: states.collect(),
            status: oxen_rpc::types::Status::OK,
            ..ServiceNodesAnswer::default()
        }))
    }

    /// `get_service_node_blacklisted_key_images`.
    pub fn answer_blacklist(&self) -> Value {
        let entries = self.registry.blacklist().map(|stake| {
            json!({
                "key_image": stake.key_image,
                "unlock_height": stake.unlock_height.index(),
                "amount": stake.amount.atomic(),
            })
        });
        json!({"blacklist": entries.collect::<Vec<_>>(), "status": "OK"})
    }
}

fn text(recipient: &Recipient) -> String {
    let Recipient::Oxen { spend, view } = *recipient else {
        panic!("a test at HF19 stakes OXEN");
    };
    let address = Address::new(AddressKind::Standard, spend, view).unwrap();
    address.encode(&WalletNetwork::from(&Network::regtest()).prefixes)
}

fn entry(key: &PublicKey, node: &ServiceNode) -> ServiceNodeEntry {
    let stake = &node.stake;
    let contributors = stake.contributors.iter().map(|one| ContributorEntry {
        address: text(&one.recipient),
        amount: one.amount.atomic(),
        reserved: (one.reserved != one.amount).then_some(one.reserved.atomic()),
        locked_contributions: one
            .locked
            .iter()
            .map(|locked| LockedContributionEntry {
                amount: locked.amount.atomic(),
                key_image: locked.key_image,
                key_image_pub_key: locked.output_key,
            })
            .collect(),
    });
    ServiceNodeEntry {
        service_node_pubkey: *key,
        registration_height: node.record.registration_height.index(),
        requested_unlock_height: node.record.requested_unlock_height.map_or(0, Height::index),
        staking_requirement: stake.requirement.atomic(),
        total_contributed: stake.total_contributed.atomic(),
        total_reserved: (stake.total_reserved != stake.total_contributed).then_some(stake.total_reserved.atomic()),
        portions_for_operator: stake.operator_portions,
        operator_address: text(&stake.operator),
        contributors: contributors.collect(),
        ..ServiceNodeEntry::default()
    }
}

/// A service node of tests.
pub struct FakeNode {
    keys: KeyPair,
}

impl FakeNode {
    pub fn new(seed: u8) -> Self {
        Self {
            keys: KeyPair::new(SecretKey::reduce([seed; 32])),
        }
    }

    pub fn key(&self) -> PublicKey {
        self.keys.public
    }

    /// What its `prepare_registration` prints.
    pub fn command(&self, fee: u64, hard_fork: u64, parts: &[(&str, u64)]) -> String {
        let prefixes = WalletNetwork::from(&Network::regtest()).prefixes;
        let addresses: Vec<Address> = parts
            .iter()
            .map(|(address, _)| Address::parse(address, &prefixes).unwrap())
            .collect();
        let mut registration = Registration {
            spend_keys: addresses.iter().map(Address::spend).collect(),
            view_keys: addresses.iter().map(Address::view).collect(),
            fee,
            amounts: parts.iter().map(|(_, amount)| *amount).collect(),
            hard_fork_or_expiration: hard_fork,
            signature: oxen_types::Signature::ZERO,
        };
        let message = registration.signature_hash().unwrap();
        registration.signature = schnorr::sign(&message, &self.keys, &mut ChaCha20Rng::seed_from_u64(1));
        let parts = parts.iter().map(|(address, amount)| format!("{address} {amount}"));
        format!(
            "register_service_node {fee} {} {hard_fork} {} {}",
            parts.collect::<Vec<_>>().join(" "),
            self.key(),
            registration.signature
        )
    }
}
