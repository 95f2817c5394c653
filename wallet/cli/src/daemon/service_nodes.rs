//! What the daemon says of service nodes and stakes, as the wallet uses it (rpc §3.7).
//!
//! The wallet asks for all nodes and all blacklisted stakes and picks its own: a question for single ones would tell whose the
//! stakes are.

use super::{Daemon, DaemonError, client::check};
use oxen_crypto::{Address, AddressPrefixes};
use oxen_rpc::types::{
    chain::NoParameters,
    service_nodes::{
        ContributorEntry, FieldSelection, ServiceNodeEntry, ServiceNodesAnswer, ServiceNodesRequest,
        list::LockedContributionEntry, stakes::BlacklistAnswer,
    },
};
use oxen_staking_rules::{
    Recipient,
    registry::{BlacklistedStake, LockedContribution, NodeContributor, Stake},
};
use oxen_types::{Amount, Height, PublicKey};
use oxen_wallet_core::staking::{DaemonStakes, NodeFunding, StakedNode};

const NODES: &str = "get_service_nodes";
const BLACKLIST: &str = "get_service_node_blacklisted_key_images";
/// The fields that a wallet looks at.
const FIELDS: [&str; 9] = [
    "service_node_pubkey",
    "registration_height",
    "requested_unlock_height",
    "staking_requirement",
    "total_contributed",
    "total_reserved",
    "portions_for_operator",
    "operator_address",
    "contributors",
];

/// One service node, as somebody sees it who wants to stake on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedNode {
    /// Height of its registration.
    pub registration_height: Height,
    /// Where its stakes are free; none while nobody asked for that.
    pub requested_unlock_height: Option<Height>,
    /// Who staked what.
    pub stake: Stake,
}

impl Daemon {
    /// Everything the daemon knows of the stakes of an address.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn stakes_of(&self, address: &str) -> Result<DaemonStakes, DaemonError> {
        let answer = self.service_nodes(Vec::new()).await?;
        let nodes = answer.service_node_states.iter().filter_map(|entry| {
            let own = entry.contributors.iter().find(|one| one.address == address)?;
            Some((entry.service_node_pubkey, staked_node(entry, own)))
        });
        let blacklist: BlacklistAnswer = self.connection().call(BLACKLIST, NoParameters {}).await?;
        check(BLACKLIST, &blacklist.status)?;
        Ok(DaemonStakes {
            chain_height: Height::new(answer.height.saturating_add(1)),
            nodes: nodes.collect(),
            blacklist: blacklist
                .blacklist
                .iter()
                .map(|entry| BlacklistedStake {
                    key_image: entry.key_image,
                    unlock_height: Height::new(entry.unlock_height),
                    amount: Amount::from_atomic(entry.amount),
                })
                .collect(),
        })
    }

    /// One node; none when it is not registered.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn service_node(
        &self,
        key: &PublicKey,
        prefixes: &AddressPrefixes,
    ) -> Result<Option<ListedNode>, DaemonError> {
        let answer = self.service_nodes(vec![*key]).await?;
        let entry = answer
            .service_node_states
            .iter()
            .find(|entry| entry.service_node_pubkey == *key);
        entry.map(|entry| listed_node(entry, prefixes)).transpose()
    }

    async fn service_nodes(&self, keys: Vec<PublicKey>) -> Result<ServiceNodesAnswer, DaemonError> {
        let request = ServiceNodesRequest {
            service_node_pubkeys: keys.into_iter().map(Into::into).collect(),
            fields: FieldSelection::only(FIELDS),
            ..ServiceNodesRequest::default()
        };
        let answer: ServiceNodesAnswer = self.connection().call(NODES, request).await?;
        check(NODES, &answer.status)?;
        Ok(answer)
    }
}

fn requested_unlock_height(entry: &ServiceNodeEntry) -> Option<Height> {
    (entry.requested_unlock_height != 0).then(|| Height::new(entry.requested_unlock_height))
}

fn locked(entry: &LockedContributionEntry) -> LockedContribution {
    LockedContribution {
        key_image: entry.key_image,
        output_key: entry.key_image_pub_key,
        amount: Amount::from_atomic(entry.amount),
    }
}

fn staked_node(entry: &ServiceNodeEntry, own: &ContributorEntry) -> StakedNode {
    let missing = entry.staking_requirement.saturating_sub(entry.total_contributed);
    StakedNode {
        registration_height: Height::new(entry.registration_height),
        requested_unlock_height: requested_unlock_height(entry),
        requirement: Amount::from_atomic(entry.staking_requirement),
        funding: match missing {
            0 => NodeFunding::Complete,
            missing => NodeFunding::Awaiting(Amount::from_atomic(missing)),
        },
        credited: Amount::from_atomic(own.amount),
        reserved: Amount::from_atomic(own.reserved()),
        outputs: own.locked_contributions.iter().map(locked).collect(),
    }
}

fn listed_node(entry: &ServiceNodeEntry, prefixes: &AddressPrefixes) -> Result<ListedNode, DaemonError> {
    let recipient = |address: &str| match Address::parse(address, prefixes) {
        Ok(address) => Ok(Recipient::Oxen {
            spend: address.spend(),
            view: address.view(),
        }),
        Err(error) => Err(DaemonError::Unreadable {
            method: NODES,
            reason: format!("the contributor {address}: {error}"),
        }),
    };
    let mut contributors = Vec::with_capacity(entry.contributors.len());
    for one in &entry.contributors {
        contributors.push(NodeContributor {
            beneficiary: None,
            recipient: recipient(&one.address)?,
            amount: Amount::from_atomic(one.amount),
            reserved: Amount::from_atomic(one.reserved()),
            locked: one.locked_contributions.iter().map(locked).collect(),
        });
    }
    Ok(ListedNode {
        registration_height: Height::new(entry.registration_height),
        requested_unlock_height: requested_unlock_height(entry),
        stake: Stake {
            bls_key: None,
            requirement: Amount::from_atomic(entry.staking_requirement),
            operator: recipient(&entry.operator_address)?,
            operator_portions: entry.portions_for_operator,
            contributors,
            total_contributed: Amount::from_atomic(entry.total_contributed),
            total_reserved: Amount::from_atomic(entry.total_reserved.unwrap_or(entry.total_contributed)),
        },
    })
}
