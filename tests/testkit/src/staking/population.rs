//! Thousands of service nodes at once, for benches: rows as blocks would have written them, without the blocks.

use super::StakingChain;
use oxen_crypto::SecretKey;
use oxen_staking_rules::{
    Recipient, ServiceNode, SwarmId,
    quorum::PulseSorter,
    registry::{Activity, LockedContribution, NodeContributor, NodeRecord, QueuePosition, Stake},
};
use oxen_state::{
    Overlay, View,
    rewards::RewardLedger,
    service_nodes::{
        EarningNode, PayableChange, Producer, RewardDuties,
        tables::{LockedKeyImages, ServiceNodeRecords, ServiceNodeStakes},
    },
};
use oxen_types::{Amount, Hash, Height, KeyImage, PublicKey, hashing::keccak256_parts};
use std::sync::Arc;

/// So many nodes of so many contributors each, everybody somebody else.
#[derive(Debug, Clone, Copy)]
pub struct Population {
    /// Nodes.
    pub nodes: usize,
    /// Contributors of each.
    pub contributors: usize,
}

impl Population {
    /// Everybody settles on a chain without nodes; they are paid from its newest block on. With `begins`, one node more is paid
    /// from the next block on.
    ///
    /// # Panics
    /// Rewards overflow, which they do not.
    pub fn settle(&self, chain: &mut StakingChain, begins: Begins) {
        let tip = chain.height();
        let network = Arc::clone(chain.chain().network());
        let payable_after = network.batching.payable_after_blocks;
        let mut nodes: Vec<(PublicKey, ServiceNode)> = (0..self.nodes as u64)
            .map(|number| (key(number), self.node(number, tip.saturating_sub(payable_after))))
            .collect();
        if begins == Begins::OneMoreNext {
            let number = self.nodes as u64;
            let since = tip.next().saturating_sub(payable_after);
            nodes.push((key(number), self.node(number, since)));
        }
        let started: Vec<EarningNode> = nodes
            .iter()
            .filter(|(_, node)| node.is_payable(tip, &network))
            .map(|(key, node)| EarningNode {
                key: *key,
                shares: node.stake.shares(),
            })
            .collect();
        let delta = {
            let mut state = Overlay::new(chain.chain().state() as &dyn View);
            for (key, node) in &nodes {
                state.put::<ServiceNodeRecords>(key, &node.record);
                state.put::<ServiceNodeStakes>(key, &node.stake);
                for output in node.stake.locked() {
                    state.put::<LockedKeyImages>(&output.key_image, &vec![*key]);
                }
            }
            let change = PayableChange {
                payable: started.iter().map(|node| node.shares.clone()).collect(),
                started,
                stopped: Vec::new(),
            };
            let duties = RewardDuties {
                change: Some(change),
                producer: Producer::Miner,
                ..RewardDuties::default()
            };
            RewardLedger::new(&mut state, &network, tip)
                .accrue(Amount::ZERO, &duties)
                .expect("rewards of one block fit");
            state.into_delta()
        };
        chain.chain_mut().write(&delta);
        chain.forget_registry();
    }

    fn node(&self, number: u64, since: Height) -> ServiceNode {
        let parts = self.contributors as u64;
        let requirement = 100 * Amount::OXEN.atomic();
        let contributors: Vec<NodeContributor> = (0..parts)
            .map(|part| {
                let amount = requirement / parts + if part == 0 { requirement % parts } else { 0 };
                let amount = Amount::from_atomic(amount);
                let image = noise(b"image", number * parts + part);
                NodeContributor {
                    beneficiary: None,
                    recipient: recipient(number * parts + part),
                    amount,
                    reserved: amount,
                    locked: vec![LockedContribution {
                        key_image: KeyImage::new(image.to_bytes()),
                        output_key: PublicKey::new(noise(b"output", number * parts + part).to_bytes()),
                        amount,
                    }],
                }
            })
            .collect();
        let stake = Stake {
            bls_key: None,
            requirement: Amount::from_atomic(requirement),
            operator: contributors[0].recipient,
            operator_portions: u64::MAX / 10,
            contributors,
            total_contributed: Amount::from_atomic(requirement),
            total_reserved: Amount::from_atomic(requirement),
        };
        ServiceNode {
            record: NodeRecord {
                registration_height: since,
                registration_version: 19,
                requested_unlock_height: None,
                queue: QueuePosition {
                    height: since,
                    transaction: u32::try_from(number).expect("fewer nodes than that"),
                },
                activity: Activity::Active { since },
                decommission_count: 0,
                last_decommission: None,
                recommission_credit: 60,
                swarm: SwarmId::new(number / 7 * 1_000_003),
                last_ip_change_height: since,
                pulse_sorter: PulseSorter {
                    height: Height::new(number / 11),
                    index: (number % 11) as u8,
                },
            },
            stake: Arc::new(stake),
        }
    }
}

/// Whether one more node than the population is there, whose turn to earn comes with the next block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// No.
    Nobody,
    /// Yes.
    OneMoreNext,
}

fn noise(kind: &[u8], number: u64) -> Hash {
    keccak256_parts(&[b"oxen-testkit population", kind, &number.to_le_bytes()])
}

fn key(number: u64) -> PublicKey {
    PublicKey::new(noise(b"node", number).to_bytes())
}

/// Spend and view key are the same point, which halves the time it takes.
fn recipient(number: u64) -> Recipient {
    let point = SecretKey::reduce(noise(b"recipient", number).to_bytes()).public_key();
    Recipient::Oxen {
        spend: point,
        view: point,
    }
}
