use super::*;
use oxen_bridge_rules::picture::{ContractNodes, ListReading, LogPosition, PictureParts, SeenLog};
use oxen_node_api::{AdmissionError, BlinkState, PoolTransaction, Source};
use oxen_state::transaction::CheckedTransaction;
use oxen_types::{
    Amount, KeyImage, Timestamp,
    extra::{L2EventKind, L2Source},
    network::HardForkVersion,
};
use std::sync::Mutex;

/// Keeps what it is given, in the order of ids.
#[derive(Default)]
struct KeepingPool(Mutex<BTreeMap<Hash, PoolTransaction>>);

impl Pool for KeepingPool {
    fn submit(&self, blob: &[u8], relay: Relay) -> Result<Admission, AdmissionError> {
        let transaction = Arc::new(CheckedTransaction::from_blob(blob, HardForkVersion::new(21))?);
        let id = transaction.id();
        let waiting = PoolTransaction {
            transaction,
            blob: Arc::new(blob.to_vec()),
            received: Timestamp::from_seconds(0),
            relay,
            source: Source::Submitted,
            last_relayed: None,
            double_spend_seen: false,
            verified_at: Height::new(0),
            last_failure: None,
            blink: BlinkState::Ordinary,
        };
        self.0.lock().unwrap().insert(id, waiting);
        Ok(Admission::Added { id })
    }

    fn get(&self, id: &Hash) -> Option<PoolTransaction> {
        self.0.lock().unwrap().get(id).cloned()
    }

    fn transactions(&self) -> Vec<PoolTransaction> {
        self.0.lock().unwrap().values().cloned().collect()
    }

    fn ids(&self) -> Vec<Hash> {
        self.0.lock().unwrap().keys().copied().collect()
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn spenders(&self, _: &KeyImage) -> Vec<Hash> {
        Vec::new()
    }

    fn flush(&self, ids: Option<&[Hash]>) -> usize {
        let mut waiting = self.0.lock().unwrap();
        let before = waiting.len();
        waiting.retain(|id, _| ids.is_some_and(|ids| !ids.contains(id)));
        before - waiting.len()
    }

    fn release(&self, _: &Hash) -> bool {
        false
    }
}

struct SomeChain {
    next: Option<Height>,
    registered: BTreeMap<BlsPublicKey, Height>,
}

impl ReportingChain for SomeChain {
    fn next_height(&self) -> Option<Height> {
        self.next
    }

    fn registered(&self) -> BTreeMap<BlsPublicKey, Height> {
        self.registered.clone()
    }
}

fn at_hf21() -> SomeChain {
    SomeChain {
        next: Some(Height::new(5_000)),
        registered: BTreeMap::new(),
    }
}

fn event(l2_height: u64, kind: L2EventKind) -> L2Event {
    L2Event {
        source: L2Source {
            chain_id: 31_337,
            l2_height,
        },
        kind,
    }
}

fn exit_request(l2_height: u64) -> L2Event {
    let bls_key = BlsPublicKey::new([7; 64]);
    event(l2_height, L2EventKind::ExitRequest { bls_key })
}

fn picture(newest: u64, events: &[L2Event]) -> Picture {
    let logs = events.iter().map(|event| {
        let position = LogPosition {
            l2_height: event.source.l2_height,
            log_index: 0,
        };
        let seen = SeenLog {
            event: Some(event.clone()),
            change: None,
        };
        (position, seen)
    });
    Picture::new(PictureParts {
        chain_id: 31_337,
        safe_blocks: 280,
        reward_update_blocks: 2_400,
        purge_blocks: 1_000,
        purge_minimum_age_blocks: 720,
        newest,
        logs: logs.collect(),
        reward_rates: BTreeMap::from([(0, Amount::ZERO)]),
        list: Some(ListReading {
            as_of: 4_000,
            nodes: ContractNodes::new([(1, BlsPublicKey::new([7; 64]))]),
        }),
    })
}

#[test]
fn safe_events_wait_in_the_pool_and_are_not_sent_to_others() {
    let pool = KeepingPool::default();
    let events = [exit_request(4_000), exit_request(4_721)];
    reconcile(&picture(5_000, &events), &pool, &at_hf21());
    let id = event_transaction(&events[0]).id();
    assert_eq!(pool.ids(), [id]);
    assert_eq!(pool.get(&id).unwrap().relay, Relay::Keep);
    reconcile(&picture(5_001, &events), &pool, &at_hf21());
    assert_eq!(pool.len(), 2);
}

#[test]
fn a_report_of_a_vanished_event_leaves_the_pool() {
    let pool = KeepingPool::default();
    reconcile(&picture(5_000, &[exit_request(4_000)]), &pool, &at_hf21());
    reconcile(&picture(5_000, &[exit_request(4_001)]), &pool, &at_hf21());
    assert_eq!(pool.ids(), [event_transaction(&exit_request(4_001)).id()]);
}

#[test]
fn a_report_from_above_what_was_read_stays() {
    let pool = KeepingPool::default();
    reconcile(&picture(5_000, &[exit_request(4_700)]), &pool, &at_hf21());
    reconcile(&picture(4_600, &[]), &pool, &at_hf21());
    assert_eq!(pool.len(), 1);
}

#[test]
fn a_registered_node_that_the_contract_lacks_is_reported() {
    let pool = KeepingPool::default();
    let missing = BlsPublicKey::new([8; 64]);
    let chain = SomeChain {
        registered: BTreeMap::from([(missing, Height::new(1)), (BlsPublicKey::new([7; 64]), Height::new(1))]),
        ..at_hf21()
    };
    reconcile(&picture(5_000, &[]), &pool, &chain);
    let purge = event(4_000, L2EventKind::PurgeMissingServiceNode { bls_key: missing });
    assert_eq!(pool.ids(), [event_transaction(&purge).id()]);
}

#[test]
fn before_hf21_nothing_is_reported() {
    let pool = KeepingPool::default();
    let chain = SomeChain {
        next: None,
        ..at_hf21()
    };
    reconcile(&picture(5_000, &[exit_request(4_000)]), &pool, &chain);
    assert!(pool.is_empty());
}
