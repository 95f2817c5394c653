//! Sums of signatures that were gathered, so that the network is not asked again for the same.
//!
//! What is kept is who signed and the sum. Who is missing depends on the contract's list, which changes, and is found anew each
//! time.

use oxen_bridge_rules::{
    message::Message,
    non_signers::{DEFAULT_NON_SIGNERS_MAXIMUM, allowed_non_signers, non_signers},
    picture::ContractNodes,
};
use oxen_node_api::bridge::{AggregateOfNodes, Departure, Ledger};
use oxen_types::{
    Amount, Timestamp,
    bytes::{BlsPublicKey, BlsSignature, EthereumAddress},
};
use std::collections::{BTreeMap, BTreeSet};

/// Sums that are kept.
const CAPACITY: usize = 1_024;
/// How long a total is kept. It never becomes wrong; only the contract's list goes on.
const TOTAL_SECONDS: u64 = 600;
/// How long leave to go is kept. The contract takes it for ten minutes; who gets it last must have time to send it.
const DEPARTURE_SECONDS: u64 = 420;

/// What was signed. A total is the same message at whatever height it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// A lifetime total.
    Total(Ledger, EthereumAddress, Amount),
    /// Leave to go.
    Departure(Departure, BlsPublicKey),
}

/// Who signed, and the sum.
#[derive(Debug, Clone)]
pub(crate) struct Gathered {
    pub(crate) message: Message,
    /// When it was signed: what leave to go says.
    pub(crate) time: Timestamp,
    pub(crate) signers: BTreeSet<BlsPublicKey>,
    pub(crate) signature: BlsSignature,
    pub(crate) key: BlsPublicKey,
}

impl Gathered {
    /// What the contract takes. `None` when it would not: a signer has left it, or too many did not sign.
    pub(crate) fn for_contract(&self, nodes: &ContractNodes) -> Option<AggregateOfNodes> {
        if self.signers.iter().any(|signer| nodes.id_of(signer).is_none()) {
            return None;
        }
        let missing = non_signers(nodes, &self.signers);
        (missing.len() as u64 <= may_be_missing(nodes)).then(|| AggregateOfNodes {
            message: self.message.as_bytes().to_vec(),
            signature: self.signature,
            key: self.key,
            non_signers: missing,
        })
    }
}

/// How many of the contract's nodes may be missing.
pub(crate) fn may_be_missing(nodes: &ContractNodes) -> u64 {
    allowed_non_signers(nodes.len() as u64, DEFAULT_NON_SIGNERS_MAXIMUM)
}

/// Kept sums.
#[derive(Debug, Default)]
pub(crate) struct Cache(BTreeMap<Subject, Gathered>);

impl Cache {
    /// A sum that the contract takes now.
    pub(crate) fn get(
        &self,
        subject: &Subject,
        nodes: &ContractNodes,
        now: Timestamp,
    ) -> Option<(Timestamp, AggregateOfNodes)> {
        let gathered = self
            .0
            .get(subject)
            .filter(|gathered| is_fresh(subject, gathered, now))?;
        Some((gathered.time, gathered.for_contract(nodes)?))
    }

    /// Keeps a sum. The oldest makes room.
    pub(crate) fn put(&mut self, subject: Subject, gathered: Gathered, now: Timestamp) {
        if self.0.len() >= CAPACITY && !self.0.contains_key(&subject) {
            self.0.retain(|subject, gathered| is_fresh(subject, gathered, now));
            let oldest = self.0.iter().min_by_key(|(_, gathered)| gathered.time);
            if self.0.len() >= CAPACITY
                && let Some(oldest) = oldest.map(|(subject, _)| *subject)
            {
                self.0.remove(&oldest);
            }
        }
        self.0.insert(subject, gathered);
    }
}

fn is_fresh(subject: &Subject, gathered: &Gathered, now: Timestamp) -> bool {
    let kept = match subject {
        Subject::Total(..) => TOTAL_SECONDS,
        Subject::Departure(..) => DEPARTURE_SECONDS,
    };
    now.seconds().abs_diff(gathered.time.seconds()) < kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_bridge_rules::message::BridgeDomain;

    fn key(number: u16) -> BlsPublicKey {
        let [high, low] = number.to_be_bytes();
        let mut bytes = [0; 64];
        bytes[0] = high;
        bytes[1] = low;
        BlsPublicKey::new(bytes)
    }

    fn nodes(keys: &[u16]) -> ContractNodes {
        ContractNodes::new(keys.iter().map(|number| (u64::from(*number), key(*number))))
    }

    fn gathered(signers: &[u16], time: u64) -> Gathered {
        Gathered {
            message: BridgeDomain::before_contract(1).untagged(vec![1]),
            time: Timestamp::from_seconds(time),
            signers: signers.iter().copied().map(key).collect(),
            signature: BlsSignature::new([1; 128]),
            key: key(999),
        }
    }

    const SUBJECT: Subject = Subject::Departure(Departure::Exit, BlsPublicKey::ZERO);

    #[test]
    fn a_node_that_joined_the_contract_since_is_named_as_missing() {
        let kept = gathered(&[1, 2, 3], 0);
        assert_eq!(kept.for_contract(&nodes(&[1, 2, 3])).unwrap().non_signers, [0; 0]);
        assert_eq!(kept.for_contract(&nodes(&[1, 2, 3, 4])).unwrap().non_signers, [4]);
        assert_eq!(kept.for_contract(&nodes(&[1, 2, 3, 4, 5])), None, "too many for five");
    }

    #[test]
    fn a_sum_with_a_signer_that_left_the_contract_is_not_used() {
        assert_eq!(gathered(&[1, 2, 3], 0).for_contract(&nodes(&[1, 2])), None);
    }

    #[test]
    fn leave_to_go_is_kept_while_there_is_time_to_send_it() {
        let mut cache = Cache::default();
        cache.put(SUBJECT, gathered(&[1], 1_000), Timestamp::from_seconds(1_000));
        let found = |now| {
            cache
                .get(&SUBJECT, &nodes(&[1]), Timestamp::from_seconds(now))
                .is_some()
        };
        assert!(found(1_000) && found(1_419));
        assert!(!found(1_420));
    }

    #[test]
    fn the_cache_is_bounded_and_the_oldest_makes_room() {
        let mut cache = Cache::default();
        let subject = |number: u16| Subject::Departure(Departure::Exit, key(number));
        for number in 0..=CAPACITY as u16 {
            let time = 1_000 + u64::from(number) / 64;
            cache.put(subject(number), gathered(&[1], time), Timestamp::from_seconds(time));
        }
        assert_eq!(cache.0.len(), CAPACITY);
        assert!(!cache.0.contains_key(&subject(0)) && cache.0.contains_key(&subject(CAPACITY as u16)));
    }
}
