//! The program dies at every line that matters, and starts again.

use crate::{
    arbitrum::{Arbitrum, Disk, SESH, impatient, sesh},
    nodes::ServiceNodes,
};
use oxen_wallet_ethereum::{
    EthereumKey,
    claim::Wanted,
    journal::{Journal, JournalError, JournalStorage, StorageError},
    worker::WorkError,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// The new journal is not on disk: what was just done is not written down.
    BeforeWriting,
    /// It is on disk, and what it announces was not done.
    AfterWriting,
}

/// A disk under a program that dies at its n-th writing.
pub struct Mortal {
    pub disk: Disk,
    pub lives: usize,
    pub death: Death,
}

impl JournalStorage for Mortal {
    fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
        self.disk.load()
    }

    fn store(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        if self.lives == 0 && self.death == Death::BeforeWriting {
            return Err(StorageError("killed".to_owned()));
        }
        self.disk.store(bytes)?;
        if self.lives == 0 {
            return Err(StorageError("killed".to_owned()));
        }
        self.lives -= 1;
        Ok(())
    }
}

/// Gives the command until it succeeds, as a user does; the first program dies at its n-th writing. False when it did not live
/// to see that.
async fn claim_with_death(
    chain: &Arbitrum,
    nodes: &mut ServiceNodes,
    key: &EthereumKey,
    wanted: Wanted,
    lives: usize,
    death: Death,
) -> bool {
    let disk = Disk::default();
    let mut journal = Journal::open(Mortal {
        disk: disk.clone(),
        lives,
        death,
    })
    .unwrap();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(key), &mut journal, nodes, &mut watcher);
    match worker.claim(chain.claim(key, wanted)).await {
        Ok(_) => return false,
        Err(WorkError::Journal(JournalError::Storage(_))) => {}
        Err(error) => panic!("{death:?} with {lives} lives: {error}"),
    }
    let mut journal = Journal::open(disk).unwrap();
    let unfinished = journal.in_flight().is_some();
    let done = !unfinished && !journal.receipts().is_empty();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(key), &mut journal, nodes, &mut watcher);
    if unfinished {
        let receipt = worker.finish().await.unwrap();
        assert!(receipt.paid.is_some());
    } else if !done {
        worker.claim(chain.claim(key, wanted)).await.unwrap();
    }
    assert_eq!(journal.operation(), None);
    assert_eq!(journal.receipts().len(), 1);
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_claim_that_is_killed_at_any_writing_pays_exactly_once() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let mut nodes = chain.nodes.clone();
    for death in [Death::BeforeWriting, Death::AfterWriting] {
        let mut deaths = 0;
        for lives in 0.. {
            let key = chain.account().await;
            nodes.owed.insert(key.address(), 10 * SESH);
            // A part: of everything a second payment would be nothing, of a part it would be seen.
            let wanted = Wanted::Exactly(sesh(4 * SESH));
            let died = claim_with_death(&chain, &mut nodes, &key, wanted, lives, death).await;
            assert_eq!(
                chain.balance(&key.address()).await,
                4 * SESH,
                "{death:?} with {lives} lives"
            );
            assert_eq!(chain.provider.mined_nonce(&key.address()).await.unwrap(), 2);
            if !died {
                break;
            }
            deaths += 1;
        }
        // Begun, signed, update sent, credited, payment sent, done.
        assert_eq!(deaths, 6, "{death:?}");
    }
}
