//! What our service node promised to sign, on disk beside the chain.

use oxen_pulse_driver::{GuardStorage, GuardStorageError, Promise};
use oxen_pulse_machine::{GuardRecord, GuardedAct, guard::REMEMBERED_RECORDS};
use oxen_store::{AuxiliaryBatch, ChainStore, GuardKey, PulseGuard, StoreError};
use oxen_types::Hash;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Rows read at a time.
const PAGE: usize = 1_000;

/// Keeps promises in the chain's database, and all of them in memory: there are a few thousand.
pub(crate) struct DatabaseGuard {
    store: ChainStore,
    promises: Mutex<BTreeMap<GuardKey, Hash>>,
}

impl DatabaseGuard {
    /// Reads what was promised.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) fn open(store: ChainStore) -> Result<Self, GuardStorageError> {
        let snapshot = store.snapshot();
        let mut promises = BTreeMap::new();
        loop {
            let after = promises.last_key_value().map(|(key, _)| *key);
            let page = snapshot
                .scan_auxiliary::<PulseGuard>(after.as_ref(), PAGE)
                .map_err(failed)?;
            if page.is_empty() {
                break;
            }
            promises.extend(page);
        }
        drop(snapshot);
        Ok(Self {
            store,
            promises: Mutex::new(promises),
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<GuardKey, Hash>> {
        self.promises.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GuardStorage for DatabaseGuard {
    fn load(&self) -> Result<Vec<GuardRecord>, GuardStorageError> {
        Ok(self.lock().iter().filter_map(|(key, id)| record(key, *id)).collect())
    }

    fn promise(&self, record: &GuardRecord) -> Result<Promise, GuardStorageError> {
        let key = GuardKey {
            height: record.height,
            round: record.round,
            act: number(record.act),
        };
        let mut promises = self.lock();
        if let Some(id) = promises.get(&key) {
            return Ok(if *id == record.id {
                Promise::Kept
            } else {
                Promise::Taken
            });
        }
        let mut batch = AuxiliaryBatch::new();
        batch.put::<PulseGuard>(&key, &record.id);
        // Rounds so far below are never signed for again: the chain is final there.
        let surplus = (promises.len() + 1).saturating_sub(2 * REMEMBERED_RECORDS);
        let old: Vec<GuardKey> = promises.keys().take(surplus).copied().collect();
        for key in &old {
            batch.delete::<PulseGuard>(key);
        }
        self.store.write_auxiliary_durably(&batch).map_err(failed)?;
        for key in &old {
            promises.remove(key);
        }
        promises.insert(key, record.id);
        Ok(Promise::Kept)
    }
}

/// Numbers on disk; never changed.
const fn number(act: GuardedAct) -> u8 {
    match act {
        GuardedAct::Template => 1,
        GuardedAct::Block => 2,
    }
}

fn record(key: &GuardKey, id: Hash) -> Option<GuardRecord> {
    let act = [GuardedAct::Template, GuardedAct::Block]
        .into_iter()
        .find(|act| number(*act) == key.act)?;
    Some(GuardRecord {
        height: key.height,
        round: key.round,
        act,
        id,
    })
}

fn failed(error: StoreError) -> GuardStorageError {
    GuardStorageError(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_store::Identity;
    use oxen_types::{Height, NetworkId};

    fn store() -> ChainStore {
        let identity = Identity {
            network: NetworkId::new([1; 16]),
            genesis: Hash::ZERO,
        };
        ChainStore::in_memory(&identity).unwrap()
    }

    fn promise(height: u64, act: GuardedAct, id: u8) -> GuardRecord {
        GuardRecord {
            height: Height::new(height),
            round: 3,
            act,
            id: Hash::new([id; 32]),
        }
    }

    #[test]
    fn a_promise_outlives_the_process_and_no_other_takes_its_place() {
        let store = store();
        let guard = DatabaseGuard::open(store.clone()).unwrap();
        let first = promise(9, GuardedAct::Block, 1);
        assert_eq!(guard.promise(&first).unwrap(), Promise::Kept);
        let again = DatabaseGuard::open(store).unwrap();
        assert_eq!(again.load().unwrap(), [first]);
        assert_eq!(again.promise(&first).unwrap(), Promise::Kept);
        assert_eq!(
            again.promise(&promise(9, GuardedAct::Block, 2)).unwrap(),
            Promise::Taken
        );
        assert_eq!(
            again.promise(&promise(9, GuardedAct::Template, 2)).unwrap(),
            Promise::Kept
        );
    }

    #[test]
    fn old_promises_go_and_the_newest_stay() {
        let store = store();
        let guard = DatabaseGuard::open(store.clone()).unwrap();
        let count = 2 * REMEMBERED_RECORDS as u64 + 5;
        for height in 0..count {
            guard.promise(&promise(height, GuardedAct::Block, 1)).unwrap();
        }
        let kept = DatabaseGuard::open(store).unwrap().load().unwrap();
        assert_eq!(kept.len(), 2 * REMEMBERED_RECORDS);
        assert_eq!(kept.last().unwrap().height, Height::new(count - 1));
    }
}
