//! OXEN stakes become SESH stakes in the first block of HF21 (bridge §5.1, item 3).
//!
//! Everybody who gave an Ethereum address gets its bonus, and SESH for the OXEN it staked and the rewards it was not paid yet.
//! From that, nodes are filled again, the oldest first, each in the proportions it had; what is left accrues as rewards do. A
//! node that cannot be filled stays [without contributors](Stake::is_abandoned) and takes nothing from anybody. Outputs whose
//! value became SESH are blacklisted for ever, all others are free.
//!
//! Nothing vanishes: what the filled nodes hold and what accrues is together all that was converted, and the bonuses.

use super::{
    Registry,
    node::{BlacklistedStake, NodeContributor, ServiceNode, Stake},
};
use crate::{batching::Recipient, rewards::MilliAmount};
use oxen_crypto::address::{Address, AddressKind};
use oxen_types::{
    Amount, Network, PublicKey,
    bytes::{BlsPublicKey, EthereumAddress},
    network::{PrefixedAddress, StakeConversion},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What somebody has to stake and to be paid: SESH by Ethereum address.
type Purses = BTreeMap<EthereumAddress, Amount>;

/// What a conversion needs beside registry and table.
#[derive(Debug, Clone, Default)]
pub struct UnpaidRewards {
    /// What OXEN addresses accrued and were not paid.
    pub balances: BTreeMap<Recipient, MilliAmount>,
}

/// What a conversion does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conversion {
    /// Every node as it goes on.
    pub nodes: BTreeMap<PublicKey, Arc<ServiceNode>>,
    /// Outputs that nobody can spend any more, in the order of nodes and contributors.
    pub blacklisted: Vec<BlacklistedStake>,
    /// What accrues to whom, beside stakes; atomic SESH.
    pub credits: BTreeMap<EthereumAddress, Amount>,
}

/// Converts the stakes of `registry`. SESH nodes hold `requirement`.
#[must_use]
pub fn convert(registry: &Registry, unpaid: &UnpaidRewards, requirement: Amount, network: &Network) -> Conversion {
    let owners = Owners::new(registry, unpaid, network);
    let (mut purses, blacklisted) = owners.fill_purses(registry, unpaid, &network.stake_conversion);
    let mut in_order: Vec<(&PublicKey, &Arc<ServiceNode>)> = registry.nodes().collect();
    in_order.sort_by_key(|(key, node)| (node.record.registration_height, **key));
    let mut taken_keys = BTreeSet::new();
    let mut nodes = BTreeMap::new();
    for (key, node) in in_order {
        let bls_key = network.stake_conversion.service_nodes.get(key).copied();
        let bls_key = bls_key.filter(|bls_key| !taken_keys.contains(bls_key));
        let stake = bls_key.and_then(|bls_key| owners.refill(&node.stake, bls_key, requirement, &mut purses));
        taken_keys.extend(stake.as_ref().and_then(|stake| stake.bls_key));
        let converted = ServiceNode {
            record: node.record,
            stake: Arc::new(stake.unwrap_or_else(|| abandoned(&node.stake))),
        };
        nodes.insert(*key, Arc::new(converted));
    }
    purses.retain(|_, amount| !amount.is_zero());
    Conversion {
        nodes,
        blacklisted,
        credits: purses,
    }
}

/// A node that nobody earns from. It counts as funded, so that the network keeps its makers of blocks until quorums have thrown
/// out those that do not follow.
fn abandoned(stake: &Stake) -> Stake {
    Stake {
        requirement: Amount::ZERO,
        bls_key: None,
        operator: stake.operator,
        operator_portions: 0,
        contributors: Vec::new(),
        total_contributed: Amount::ZERO,
        total_reserved: Amount::ZERO,
    }
}

/// The Ethereum address of each OXEN address that gave one.
struct Owners(BTreeMap<Recipient, EthereumAddress>);

impl Owners {
    /// Looks everybody up once, because the table is by address text.
    fn new(registry: &Registry, unpaid: &UnpaidRewards, network: &Network) -> Self {
        let stakers = registry
            .nodes()
            .flat_map(|(_, node)| &node.stake.contributors)
            .map(|one| one.recipient);
        let everybody: BTreeSet<Recipient> = stakers.chain(unpaid.balances.keys().copied()).collect();
        let known = everybody.into_iter().filter_map(|recipient| {
            let Recipient::Oxen { spend, view } = recipient else {
                return None;
            };
            let address = Address::new(AddressKind::Standard, spend, view).ok()?;
            let text = address.encode(&network.address_prefixes);
            Some((recipient, network.stake_conversion.ethereum_address(&text)?))
        });
        Self(known.collect())
    }

    /// What everybody has: the bonus, and what stakes and unpaid rewards are worth. Also the outputs that this uses up.
    fn fill_purses(
        &self,
        registry: &Registry,
        unpaid: &UnpaidRewards,
        table: &StakeConversion,
    ) -> (Purses, Vec<BlacklistedStake>) {
        let mut staked: BTreeMap<Recipient, Amount> = BTreeMap::new();
        let mut used_up = Vec::new();
        for (_, node) in registry.nodes() {
            for one in &node.stake.contributors {
                if !self.0.contains_key(&one.recipient) {
                    continue;
                }
                let sum = staked.entry(one.recipient).or_default();
                for output in &one.locked {
                    *sum = sum.saturating_add(output.amount);
                    used_up.push(BlacklistedStake {
                        key_image: output.key_image,
                        unlock_height: BlacklistedStake::FOR_EVER,
                        amount: output.amount,
                    });
                }
            }
        }
        let mut purses: Purses = table
            .bonuses
            .iter()
            .map(|(PrefixedAddress(address), amount)| (*address, *amount))
            .collect();
        for (recipient, address) in &self.0 {
            let staked = staked.get(recipient).copied().unwrap_or_default();
            let earned = unpaid.balances.get(recipient).copied().unwrap_or_default();
            // Nothing here reaches the limit: tables that could are refused when a network is read (`most_converted`).
            let most = Amount::from_atomic(u64::MAX);
            for oxen in [staked, earned.whole().unwrap_or(most)] {
                let worth = table.ratio.convert(oxen).unwrap_or(most);
                let purse = purses.entry(*address).or_default();
                *purse = purse.saturating_add(worth);
            }
        }
        (purses, used_up)
    }

    /// The node's stake in SESH, taken out of the purses of those who staked in OXEN; `None`, and nothing is taken, when one of
    /// them has no address or not enough.
    fn refill(&self, stake: &Stake, bls_key: BlsPublicKey, requirement: Amount, purses: &mut Purses) -> Option<Stake> {
        let parts = self.parts(stake, requirement)?;
        let rest: Option<Vec<Amount>> = parts
            .iter()
            .map(|(address, part)| purses.get(address).copied().unwrap_or_default().checked_sub(*part))
            .collect();
        for ((address, _), rest) in parts.iter().zip(rest?) {
            purses.insert(*address, rest);
        }
        let (operator, _) = *parts.first()?;
        Some(Stake {
            requirement,
            bls_key: Some(bls_key),
            operator: Recipient::Ethereum(operator),
            operator_portions: stake.operator_portions,
            contributors: parts
                .into_iter()
                .map(|(address, amount)| NodeContributor {
                    recipient: Recipient::Ethereum(address),
                    beneficiary: None,
                    amount,
                    reserved: amount,
                    locked: Vec::new(),
                })
                .collect(),
            total_contributed: requirement,
            total_reserved: requirement,
        })
    }

    /// Who holds how much of the refilled node: as before, rounded down, and what that leaves to the operator. Two OXEN addresses
    /// of one Ethereum address are one contributor; who staked nothing is left out.
    fn parts(&self, stake: &Stake, requirement: Amount) -> Option<Vec<(EthereumAddress, Amount)>> {
        let total = u128::from(stake.total_contributed.atomic());
        let mut parts: Vec<(EthereumAddress, Amount)> = Vec::new();
        let mut given = Amount::ZERO;
        for one in stake.contributors.iter().filter(|one| !one.amount.is_zero()) {
            let address = *self.0.get(&one.recipient)?;
            let product = u128::from(one.amount.atomic()).checked_mul(u128::from(requirement.atomic()))?;
            let part = Amount::from_atomic(u64::try_from(product.checked_div(total)?).ok()?);
            given = given.checked_add(part)?;
            match parts.iter_mut().find(|(known, _)| *known == address) {
                Some((_, sum)) => *sum = sum.checked_add(part)?,
                None => parts.push((address, part)),
            }
        }
        let (_, operators) = parts.first_mut()?;
        *operators = operators.checked_add(requirement.checked_sub(given)?)?;
        Some(parts)
    }
}

#[cfg(test)]
mod tests;
