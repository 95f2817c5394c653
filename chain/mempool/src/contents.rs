//! What is in the pool, indexed by id, by key image and by the order in which blocks take it.

use oxen_node_api::{BlinkState, PoolTransaction, Relay, Source};
use oxen_state::transaction::CheckedTransaction;
use oxen_types::{
    Hash, KeyImage, Timestamp,
    extra::{Extra, NameType},
    transaction::{TransactionType, Weight},
};
use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// Place of a transaction in the pool: L2 events, then what moves no money, then transfers by fee for weight,
/// the burned part not counted, then by arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    class: u8,
    fee: u64,
    weight: u64,
    received: Timestamp,
    id: Hash,
}

impl Rank {
    fn of(transaction: &PoolTransaction) -> Self {
        let checked = &transaction.transaction;
        let kind = checked.transaction().prefix.kind;
        let class = if kind.is_l2_event() {
            0
        } else if kind.is_transfer() {
            2
        } else {
            1
        };
        Self {
            class,
            fee: checked.miner_fee().atomic(),
            weight: checked.weight().bytes(),
            received: transaction.received,
            id: checked.id(),
        }
    }
}

impl Ord for Rank {
    /// Best first. Fees for weight are compared by cross-multiplying, without rounding.
    fn cmp(&self, other: &Self) -> Ordering {
        let rate = |one: &Self, two: &Self| u128::from(one.fee) * u128::from(two.weight);
        self.class
            .cmp(&other.class)
            .then_with(|| rate(other, self).cmp(&rate(self, other)))
            .then_with(|| self.received.cmp(&other.received))
            .then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The transactions and their indices, which always agree.
#[derive(Debug, Default)]
pub struct Contents {
    by_id: HashMap<Hash, PoolTransaction>,
    by_rank: BTreeSet<Rank>,
    by_key_image: HashMap<KeyImage, Vec<Hash>>,
    by_name: HashMap<RequestedName, Vec<Hash>>,
    weight: u64,
}

/// What a transaction of the name system changes. The periods of an onion service count as different here (chain §4.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestedName {
    /// What the name points to, and for how long it is asked for.
    pub name_type: NameType,
    /// Hash of the name.
    pub hash: Hash,
}

impl RequestedName {
    /// The name that a transaction changes, if it is of the name system.
    #[must_use]
    pub fn of(transaction: &CheckedTransaction) -> Option<Self> {
        let prefix = &transaction.transaction().prefix;
        if prefix.kind != TransactionType::OxenNameSystem {
            return None;
        }
        let extra = Extra::parse_or_empty(&prefix.extra);
        extra.name_record().map(|record| Self {
            name_type: record.name_type,
            hash: record.name_hash,
        })
    }
}

impl Contents {
    /// A transaction by id.
    #[must_use]
    pub fn get(&self, id: &Hash) -> Option<&PoolTransaction> {
        self.by_id.get(id)
    }

    /// A transaction whose marks may be changed; what ranks it does not change.
    pub(crate) fn marks(&mut self, id: &Hash) -> Option<Marks<'_>> {
        self.by_id.get_mut(id).map(|transaction| Marks { transaction })
    }

    /// Every transaction, best first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &PoolTransaction> {
        self.by_rank.iter().filter_map(|rank| self.by_id.get(&rank.id))
    }

    /// Those that may be sent to others, and reports of L2 events, which are sent to nobody because every node makes its own; best
    /// first, but for those that were found not to fit on this very tip: they are not looked at again before it changes.
    pub(crate) fn not_failed_at(&self, tip: &Hash) -> Vec<Arc<CheckedTransaction>> {
        self.iter()
            .filter(|transaction| {
                let kind = transaction.transaction.transaction().prefix.kind;
                transaction.relay == Relay::Relay || kind.is_l2_event()
            })
            .filter(|transaction| transaction.last_failure.is_none_or(|(_, failed_at)| failed_at != *tip))
            .map(|transaction| Arc::clone(&transaction.transaction))
            .collect()
    }

    /// Ids in no particular order.
    pub fn ids(&self) -> impl Iterator<Item = &Hash> {
        self.by_id.keys()
    }

    /// Number of transactions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Weight of all transactions together.
    #[must_use]
    pub const fn weight(&self) -> Weight {
        Weight::new(self.weight)
    }

    /// The transactions that spend a key image: more than one only after a reorganisation.
    #[must_use]
    pub fn spenders(&self, image: &KeyImage) -> &[Hash] {
        self.by_key_image.get(image).map_or(&[], Vec::as_slice)
    }

    /// The transactions that change a name: more than one only after a reorganisation.
    #[must_use]
    pub fn changing(&self, name: &RequestedName) -> &[Hash] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The transactions that change a name of this hash, in whatever register.
    #[must_use]
    pub fn changing_any(&self, hash: Hash) -> Vec<Hash> {
        NameType::ALL
            .iter()
            .flat_map(|name_type| {
                self.changing(&RequestedName {
                    name_type: *name_type,
                    hash,
                })
            })
            .copied()
            .collect()
    }

    /// Adds a transaction that is not in the pool.
    pub fn insert(&mut self, transaction: PoolTransaction) {
        let id = transaction.transaction.id();
        for image in transaction.transaction.transaction().prefix.key_images() {
            self.by_key_image.entry(image).or_default().push(id);
        }
        if let Some(name) = RequestedName::of(&transaction.transaction) {
            self.by_name.entry(name).or_default().push(id);
        }
        self.weight = self.weight.saturating_add(transaction.transaction.weight().bytes());
        self.by_rank.insert(Rank::of(&transaction));
        self.by_id.insert(id, transaction);
    }

    /// Takes a transaction out.
    pub fn remove(&mut self, id: &Hash) -> Option<PoolTransaction> {
        let transaction = self.by_id.remove(id)?;
        self.by_rank.remove(&Rank::of(&transaction));
        self.weight = self.weight.saturating_sub(transaction.transaction.weight().bytes());
        for image in transaction.transaction.transaction().prefix.key_images() {
            if let Some(spenders) = self.by_key_image.get_mut(&image) {
                spenders.retain(|spender| spender != id);
                if spenders.is_empty() {
                    self.by_key_image.remove(&image);
                }
            }
        }
        if let Some(name) = RequestedName::of(&transaction.transaction)
            && let Some(changing) = self.by_name.get_mut(&name)
        {
            changing.retain(|one| one != id);
            if changing.is_empty() {
                self.by_name.remove(&name);
            }
        }
        Some(transaction)
    }

    /// The transaction to drop first when the pool is too heavy: the last in order that may be dropped at all. What came from
    /// blocks, waits for a blink quorum or was approved by one may not.
    #[must_use]
    pub fn worst(&self) -> Option<Hash> {
        self.iter()
            .rev()
            .find(|transaction| transaction.source == Source::Submitted && transaction.blink == BlinkState::Ordinary)
            .map(|transaction| transaction.transaction.id())
    }
}

/// What may change about a waiting transaction.
pub(crate) struct Marks<'a> {
    transaction: &'a mut PoolTransaction,
}

impl Marks<'_> {
    pub(crate) fn double_spend_seen(self) {
        self.transaction.double_spend_seen = true;
    }

    pub(crate) fn release(self) -> PoolTransaction {
        self.transaction.relay = Relay::Relay;
        self.transaction.clone()
    }

    /// Keeps its inputs for a blink quorum; the later of two authorization heights counts. `None` when it is approved.
    pub(crate) fn hold(self, authorization: oxen_types::Height) -> Option<PoolTransaction> {
        let authorization = match self.transaction.blink {
            BlinkState::Approved => return None,
            BlinkState::Held { authorization: known } => known.max(authorization),
            BlinkState::Ordinary => authorization,
        };
        self.transaction.blink = BlinkState::Held { authorization };
        Some(self.transaction.clone())
    }

    pub(crate) fn let_go(self) -> PoolTransaction {
        self.transaction.blink = BlinkState::Ordinary;
        self.transaction.clone()
    }

    pub(crate) fn approve(self) -> PoolTransaction {
        self.transaction.blink = BlinkState::Approved;
        self.transaction.relay = Relay::Relay;
        self.transaction.clone()
    }

    pub(crate) fn failed(self, height: oxen_types::Height, tip: Hash) {
        self.transaction.last_failure = Some((height, tip));
    }

    pub(crate) fn fits(self, height: oxen_types::Height) {
        self.transaction.verified_at = height;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_bridge_rules::event_transaction::event_transaction;
    use oxen_types::{
        ConsensusEncode, Height,
        bytes::BlsPublicKey,
        extra::{L2Event, L2EventKind, L2Source},
        network::HardForkVersion,
    };

    #[test]
    fn a_report_of_an_l2_event_is_sent_to_nobody_and_goes_into_blocks_all_the_same() {
        let report = event_transaction(&L2Event {
            source: L2Source {
                chain_id: 31_337,
                l2_height: 7,
            },
            kind: L2EventKind::ExitRequest {
                bls_key: BlsPublicKey::new([1; 64]),
            },
        });
        let blob = report.encode();
        let transaction = CheckedTransaction::from_blob(&blob, HardForkVersion::ETHEREUM).unwrap();
        let mut contents = Contents::default();
        contents.insert(PoolTransaction {
            transaction: Arc::new(transaction),
            blob: Arc::new(blob),
            received: Timestamp::from_seconds(0),
            relay: Relay::Keep,
            source: Source::Submitted,
            last_relayed: None,
            double_spend_seen: false,
            verified_at: Height::new(0),
            last_failure: None,
            blink: BlinkState::Ordinary,
        });
        let fitting: Vec<Hash> = contents.not_failed_at(&Hash::ZERO).iter().map(|one| one.id()).collect();
        assert_eq!(fitting, [report.id()]);
    }
}
