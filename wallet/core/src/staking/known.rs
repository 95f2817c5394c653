//! What the daemon said of the wallet's stakes, kept until it says something else (wallet §5.3, §8.5).
//!
//! Only an output of a transaction that names a service node can be locked, so a wallet without such outputs needs no answer at
//! all. An output of a stake that no answer covers yet counts as locked: a daemon that does not answer never makes a stake look
//! spendable.

use crate::{
    output::OwnedOutput,
    spendability::{StakeLock, StakeLocks},
    wallet::{TransactionRecord, Wallet},
};
use oxen_staking_rules::registry::{BlacklistedStake, LockedContribution};
use oxen_types::{Amount, Hash, Height, KeyImage, PublicKey, scan::ScanKind, transaction::TransactionType};
use parity_scale_codec::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// How far the stake of a node is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum NodeFunding {
    /// It waits for so much more, and earns nothing until then; atomic OXEN.
    Awaiting(Amount),
    /// It is complete.
    Complete,
}

/// A service node on which the wallet has a stake or a reserved part.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct StakedNode {
    /// Height of its registration.
    pub registration_height: Height,
    /// Where all of its stakes are free; none while nobody asked for that.
    pub requested_unlock_height: Option<Height>,
    /// What it must hold, atomic OXEN.
    pub requirement: Amount,
    /// How far that is there.
    pub funding: NodeFunding,
    /// What of it is this wallet's, atomic OXEN.
    pub credited: Amount,
    /// What is kept for this wallet, the credited part included; atomic OXEN.
    pub reserved: Amount,
    /// The locked outputs of this wallet.
    pub outputs: Vec<LockedContribution>,
}

/// What became of a stake of ours that was mined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum StakeOutcome {
    /// The node has it, or had it.
    Counted,
    /// The node did not take it: the output is ordinary money (wallet §14.2).
    NotCounted,
}

/// One answer of the daemon, as far as it concerns this wallet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DaemonStakes {
    /// Number of blocks of the chain that the answer is about.
    pub chain_height: Height,
    /// Nodes with the wallet's primary address among their contributors.
    pub nodes: BTreeMap<PublicKey, StakedNode>,
    /// Stakes of deregistered nodes, of whomever.
    pub blacklist: Vec<BlacklistedStake>,
}

/// Everything known of the wallet's stakes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct KnownStakes {
    /// Number of blocks that the last answer covered; none before the first.
    covered: Option<Height>,
    nodes: BTreeMap<PublicKey, StakedNode>,
    blacklist: BTreeMap<KeyImage, BlacklistedStake>,
    outcomes: BTreeMap<Hash, StakeOutcome>,
    /// Nodes that transactions of ours name which are not mined yet.
    named: BTreeMap<Hash, PublicKey>,
}

impl KnownStakes {
    /// Number of blocks that the daemon's last answer covered; none before the first.
    #[must_use]
    pub const fn covered(&self) -> Option<Height> {
        self.covered
    }

    /// Nodes with a stake or a reserved part of this wallet.
    pub fn nodes(&self) -> impl Iterator<Item = (&PublicKey, &StakedNode)> {
        self.nodes.iter()
    }

    /// One of them.
    #[must_use]
    pub fn node(&self, key: &PublicKey) -> Option<&StakedNode> {
        self.nodes.get(key)
    }

    /// Stakes of this wallet that a deregistration froze.
    pub fn blacklist(&self) -> impl Iterator<Item = &BlacklistedStake> {
        self.blacklist.values()
    }

    /// What became of a stake; none while it is not known, as for one that ended before the wallet looked.
    #[must_use]
    pub fn outcome(&self, transaction: &Hash) -> Option<StakeOutcome> {
        self.outcomes.get(transaction).copied()
    }

    /// The service node that a transaction of ours names, until it is mined.
    #[must_use]
    pub fn named_node(&self, transaction: &Hash) -> Option<PublicKey> {
        self.named.get(transaction).copied()
    }

    /// Notes that a transaction of ours names a node.
    pub(crate) fn note_named(&mut self, transaction: Hash, service_node: PublicKey) {
        self.named.insert(transaction, service_node);
    }

    /// Blocks from `height` on are gone: what was said of them counts no more, until the daemon is asked again.
    pub(crate) fn detach(&mut self, height: Height, transactions: &BTreeMap<Hash, TransactionRecord>) {
        self.covered = self.covered.map(|covered| covered.min(height));
        self.outcomes.retain(|id, _| transactions.contains_key(id));
    }

    /// Nothing is covered any more; what was locked stays so until the daemon is asked.
    pub(crate) fn forget_coverage(&mut self) {
        self.covered = None;
        self.outcomes.clear();
    }

    /// Key images that the wallet's stakes have or had, by the last answer.
    fn images(&self) -> BTreeSet<KeyImage> {
        let locked = self.nodes.values().flat_map(|node| &node.outputs);
        locked
            .map(|output| output.key_image)
            .chain(self.blacklist.keys().copied())
            .collect()
    }

    fn holds(&self, output: &OwnedOutput) -> bool {
        let locked = self.nodes.values().flat_map(|node| &node.outputs);
        let mut locked = locked.map(|staked| staked.output_key);
        let frozen = output
            .key_image
            .is_some_and(|image| self.blacklist.contains_key(&image));
        frozen || locked.any(|key| key == output.key)
    }
}

impl Wallet {
    /// What is known of the wallet's stakes.
    #[must_use]
    pub const fn stakes(&self) -> &KnownStakes {
        &self.state.stakes
    }

    /// True when an unspent output may be staked, so that the daemon is to be asked.
    #[must_use]
    pub fn may_have_stakes(&self) -> bool {
        !self.state.stakes.nodes.is_empty()
            || !self.state.stakes.blacklist.is_empty()
            || self.own_stakes().any(|(_, record)| {
                self.outputs_of(record)
                    .any(|output| self.outputs().spend_of(output).is_none())
            })
    }

    /// True when an answer about these many blocks would tell something new.
    #[must_use]
    pub fn stakes_are_covered(&self) -> bool {
        self.state
            .stakes
            .covered
            .is_some_and(|covered| covered >= self.chain().next())
    }

    /// Takes in what the daemon said, and answers the stakes of ours that it shows not to have counted.
    ///
    /// A stake counts as not counted when the answer about a block soon after it does not have it: within `unlock_blocks`, since
    /// a stake that was taken stays at least so long.
    pub fn note_stakes(&mut self, answer: DaemonStakes, unlock_blocks: u64) -> Vec<Hash> {
        let before = self.state.stakes.images();
        let ours = |image: &KeyImage| before.contains(image) || self.state.outputs.by_key_image(image).is_some();
        let blacklist = answer
            .blacklist
            .into_iter()
            .filter(|stake| ours(&stake.key_image))
            .map(|stake| (stake.key_image, stake))
            .collect();
        let stakes = &mut self.state.stakes;
        stakes.blacklist = blacklist;
        stakes.nodes = answer.nodes;
        stakes.covered = Some(answer.chain_height.min(self.state.chain.next()));
        stakes.named.retain(|id, _| !self.state.transactions.contains_key(id));
        self.judge_stakes(unlock_blocks)
    }

    fn judge_stakes(&mut self, unlock_blocks: u64) -> Vec<Hash> {
        let covered = self.state.stakes.covered.unwrap_or_default();
        let mut judged = Vec::new();
        for (id, record) in self.own_stakes() {
            let waits = record.spent.is_empty() || record.height >= covered;
            if waits || self.state.stakes.outcomes.contains_key(id) {
                continue;
            }
            if self.outputs_of(record).any(|output| self.state.stakes.holds(output)) {
                judged.push((*id, StakeOutcome::Counted));
            } else if covered.since(record.height) <= unlock_blocks {
                judged.push((*id, StakeOutcome::NotCounted));
            }
        }
        self.state.stakes.outcomes.extend(judged.iter().copied());
        let lost = judged
            .into_iter()
            .filter(|(_, outcome)| *outcome == StakeOutcome::NotCounted);
        lost.map(|(id, _)| id).collect()
    }

    /// Which outputs are locked now: those of the daemon's last answer, and those of stakes that it does not cover.
    #[must_use]
    pub fn stake_locks(&self) -> StakeLocks {
        let stakes = &self.state.stakes;
        let mut locks = StakeLocks {
            blacklisted: stakes
                .blacklist
                .iter()
                .map(|(image, stake)| (*image, stake.unlock_height))
                .collect(),
            ..StakeLocks::default()
        };
        for (service_node, node) in &stakes.nodes {
            let lock = StakeLock {
                service_node: *service_node,
                unlock_height: node.requested_unlock_height,
            };
            for output in &node.outputs {
                locks.locked.insert(output.key_image, lock);
                locks.locked_keys.insert(output.output_key, lock);
            }
        }
        for (id, record) in self.own_stakes() {
            if stakes.covered.is_none_or(|covered| record.height >= covered) {
                self.presume_locked(id, record, &mut locks);
            }
        }
        locks
    }

    /// Everything that a stake may have locked: all it pays to us, but the change where this wallet made it and knows.
    fn presume_locked(&self, id: &Hash, record: &TransactionRecord, locks: &mut StakeLocks) {
        let Some(service_node) = record.service_node else {
            return;
        };
        let lock = StakeLock {
            service_node,
            unlock_height: None,
        };
        let staked = self.journal().sent_transaction(id).map(|sent| {
            let amounts = sent.destinations.iter().map(|destination| destination.amount);
            amounts.collect::<BTreeSet<Amount>>()
        });
        for output in self.outputs_of(record) {
            if staked.as_ref().is_none_or(|amounts| amounts.contains(&output.amount)) {
                locks.locked_keys.insert(output.key, lock);
            }
        }
    }

    /// Transactions of the chain that may have staked outputs of this wallet. Stakes have a type of their own since HF14; before,
    /// they were ordinary ones that name a node.
    fn own_stakes(&self) -> impl Iterator<Item = (&Hash, &TransactionRecord)> {
        self.state.transactions.iter().filter(|(_, record)| {
            let stakes = matches!(
                record.kind,
                ScanKind::Ordinary(TransactionType::Stake | TransactionType::Standard)
            );
            stakes && record.service_node.is_some()
        })
    }

    fn outputs_of<'a>(&'a self, record: &'a TransactionRecord) -> impl Iterator<Item = &'a OwnedOutput> {
        record.received.iter().filter_map(|index| self.outputs().get(*index))
    }
}
