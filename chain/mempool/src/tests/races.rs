//! A block comes while a transaction is being checked.

use super::fixture::{Fixture, Plan};
use crate::Mempool;
use oxen_node_api::{Admission, AdmissionError, AlternativeChain, ChainReader, Pool, PoolKeeper, Snapshot};
use oxen_state::{TransactionError, ViewError, transaction::CheckedTransaction};
use oxen_testkit::{SharedChain, Transfer};
use oxen_types::{Hash, Network};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, OnceLock, Weak},
};

/// Transactions of a block that comes.
type Block = Vec<Arc<CheckedTransaction>>;

/// A chain to which a block is added right after somebody took a snapshot: the snapshot is out of date at once.
#[derive(Clone)]
struct Interrupted {
    chain: SharedChain,
    plan: Arc<Interruptions>,
}

#[derive(Default)]
struct Interruptions {
    /// For each snapshot to come, the block that comes after it.
    blocks: Mutex<VecDeque<Option<Block>>>,
    pool: OnceLock<Weak<Mempool>>,
}

impl ChainReader for Interrupted {
    fn network(&self) -> &Arc<Network> {
        self.chain.network()
    }

    fn snapshot(&self) -> Snapshot {
        let snapshot = self.chain.snapshot();
        let block = self.plan.blocks.lock().unwrap().pop_front().flatten();
        if let Some(transactions) = block {
            self.chain.lock().mine(&transactions);
            let pool = self.plan.pool.get().unwrap().upgrade().unwrap();
            pool.on_committed(&transactions);
        }
        snapshot
    }

    fn alternative_block(&self, id: &Hash) -> Result<Option<Vec<u8>>, ViewError> {
        self.chain.alternative_block(id)
    }

    fn alternative_chains(&self) -> Result<Vec<AlternativeChain>, ViewError> {
        self.chain.alternative_chains()
    }

    fn database_bytes(&self) -> u64 {
        self.chain.database_bytes()
    }
}

fn fixture() -> (Fixture, Arc<Interruptions>) {
    let plan = Arc::new(Interruptions::default());
    let fixture = Plan::default().start_reading(|chain| Interrupted {
        chain,
        plan: Arc::clone(&plan),
    });
    plan.pool.set(Arc::downgrade(&fixture.pool)).unwrap();
    (fixture, plan)
}

/// Submits while these blocks come, one after each snapshot of the checks against the chain.
fn submit_during(
    fixture: &Fixture,
    plan: &Interruptions,
    transfer: &Transfer,
    blocks: impl IntoIterator<Item = Block>,
) -> Result<Admission, AdmissionError> {
    // The first snapshot only tells the fork.
    *plan.blocks.lock().unwrap() = std::iter::once(None).chain(blocks.into_iter().map(Some)).collect();
    let outcome = fixture.submit(transfer);
    assert!(plan.blocks.lock().unwrap().is_empty(), "every block came");
    outcome
}

#[test]
fn a_block_that_has_nothing_to_do_with_it_costs_a_second_look() {
    let (fixture, plan) = fixture();
    let transfer = fixture.transfer();
    let id = transfer.id();
    let outcome = submit_during(&fixture, &plan, &transfer, [vec![]]);
    assert_eq!(outcome.unwrap(), Admission::Added { id });
    let tip = fixture.chain.lock().tip().0;
    assert_eq!(
        fixture.pool.get(&id).unwrap().verified_at,
        tip.next(),
        "checked against the new tip"
    );
}

#[test]
fn a_block_that_mines_it_makes_it_mined() {
    let (fixture, plan) = fixture();
    let transfer = fixture.transfer();
    let id = transfer.id();
    let outcome = submit_during(&fixture, &plan, &transfer, [vec![transfer.checked()]]);
    assert_eq!(outcome.unwrap(), Admission::AlreadyMined { id });
    assert!(fixture.pool.is_empty());
}

#[test]
fn a_block_that_spends_the_same_outputs_makes_it_a_double_spend() {
    let (fixture, plan) = fixture();
    let transfer = fixture.transfer();
    let rival = fixture.rival(&transfer);
    let outcome = submit_during(&fixture, &plan, &transfer, [vec![rival.checked()]]);
    assert!(matches!(
        outcome,
        Err(AdmissionError::Invalid(TransactionError::KeyImageSpent { .. }))
    ));
    assert!(fixture.pool.is_empty() && fixture.storage.ids().is_empty());
}

#[test]
fn the_second_look_verifies_no_proof_again() {
    let (fixture, plan) = fixture();
    let transfers = [fixture.transfer(), fixture.transfer()];
    let outcome = submit_during(&fixture, &plan, &transfers[0], [vec![transfers[1].checked()], vec![]]);
    assert!(outcome.is_ok());
    assert_eq!(fixture.ids(), [transfers[0].id()]);
}

#[test]
fn threads_that_submit_while_blocks_come_leave_a_consistent_pool() {
    let fixture = Fixture::new();
    let transfers = oxen_testkit::TransferBuilder::new().build_many(8, &mut fixture.chain.lock());
    let rivals: Vec<Transfer> = transfers.iter().map(|transfer| fixture.rival(transfer)).collect();
    let pool = &fixture;
    std::thread::scope(|scope| {
        for batch in [&transfers, &rivals] {
            scope.spawn(move || {
                for transfer in batch {
                    let _refused_or_taken = pool.submit(transfer);
                }
            });
        }
        scope.spawn(|| {
            for transfer in &transfers[..4] {
                fixture.mine(&[transfer.checked()]);
            }
        });
    });
    let ids = fixture.ids();
    for (transfer, rival) in transfers.iter().zip(&rivals).take(4) {
        assert!(
            !ids.contains(&transfer.id()) && !ids.contains(&rival.id()),
            "the chain has spent it"
        );
    }
    for (transfer, rival) in transfers.iter().zip(&rivals).skip(4) {
        let both = [transfer.id(), rival.id()];
        assert_eq!(
            ids.iter().filter(|id| both.contains(id)).count(),
            1,
            "one of two rivals"
        );
    }
    let mut stored = fixture.storage.ids();
    let mut waiting = ids.clone();
    stored.sort();
    waiting.sort();
    assert_eq!(stored, waiting);
    assert_eq!(fixture.candidates().len(), 4);
}
