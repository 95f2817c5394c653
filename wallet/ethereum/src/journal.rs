//! What was begun and is not finished, kept where a crash cannot reach it.
//!
//! An account has one operation at a time. Before a transaction is handed over it is in the journal, signed; so whatever happens
//! afterwards, the next start finds it, and hands over nothing but these bytes or a replacement with the same number.

use crate::{
    amount::Sesh,
    claim::{Claim, ClaimStage},
    service_node::ServiceNodeCall,
    submission::Submission,
};
use alloy::primitives::B256;
use oxen_types::bytes::EthereumAddress;
use serde::{Deserialize, Serialize};
use thiserror::Error;

const FORMAT: u32 = 1;
/// More bytes than any journal has.
pub const MAX_BYTES: u64 = 4 << 20;
/// Receipts that are kept, the newest.
const MAX_RECEIPTS: usize = 200;

/// Where a journal lies. Storing replaces it as a whole: after a crash it is the old one or the new one.
pub trait JournalStorage {
    /// What was stored last; nothing when nothing was.
    ///
    /// # Errors
    /// [`StorageError`].
    fn load(&self) -> Result<Option<Vec<u8>>, StorageError>;

    /// Stores, and returns when it is on disk.
    ///
    /// # Errors
    /// [`StorageError`]: then nothing may be handed over.
    fn store(&mut self, bytes: &[u8]) -> Result<(), StorageError>;
}

/// A place that cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct StorageError(pub String);

/// Why there is no journal, or nothing new can be begun.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JournalError {
    /// Disk.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// It cannot be read.
    #[error("the journal of Ethereum transactions is damaged ({0}): put its backup (.bak) back")]
    Damaged(String),
    /// Written by a newer program.
    #[error(
        "the journal of Ethereum transactions was written by a newer version of this wallet (format {0}): update the wallet"
    )]
    NewerFormat(u32),
    /// A transaction of an operation is on its way.
    #[error("an earlier operation has a transaction on its way: finish it first")]
    Unfinished,
}

/// What an operation does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// Claims rewards or swapped coins.
    Claim(Claim),
    /// One call.
    Call(SingleCall),
}

/// One call that is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SingleCall {
    /// What for.
    pub purpose: ServiceNodeCall,
    /// The transaction.
    pub submission: Submission,
}

/// An operation that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Of which account.
    pub account: EthereumAddress,
    /// On which chain.
    pub chain_id: u64,
    /// What.
    pub work: Work,
}

impl Operation {
    /// The transaction that is on its way.
    #[must_use]
    pub const fn submission(&self) -> Option<&Submission> {
        match &self.work {
            Work::Call(call) => Some(&call.submission),
            Work::Claim(claim) => match &claim.stage {
                ClaimStage::UpdateSent { submission, .. } | ClaimStage::ClaimSent { submission, .. } => {
                    Some(submission)
                }
                _ => None,
            },
        }
    }
}

/// What an operation came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What was done.
    pub done: String,
    /// Of which account.
    pub account: EthereumAddress,
    /// By which transaction.
    pub transaction: B256,
    /// In which block of the L2.
    pub block: u64,
    /// What was paid out, if anything.
    pub paid: Option<Sesh>,
    /// What was to be paid too and was not, because the contract pays only so much in a window.
    #[serde(default)]
    pub left: Sesh,
    /// The contribution contract that was made or called, if any.
    #[serde(default)]
    pub contract: Option<EthereumAddress>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    format: u32,
    operation: Option<Operation>,
    receipts: Vec<Receipt>,
}

#[derive(Deserialize)]
struct Head {
    format: u32,
}

/// The journal.
#[derive(Debug)]
pub struct Journal<S> {
    storage: S,
    content: Content,
}

impl<S: JournalStorage> Journal<S> {
    /// Reads the journal; an empty one where nothing is.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(storage: S) -> Result<Self, JournalError> {
        let content = match storage.load()? {
            None => Content {
                format: FORMAT,
                operation: None,
                receipts: Vec::new(),
            },
            Some(bytes) => decode(&bytes)?,
        };
        Ok(Self { storage, content })
    }

    /// What is begun.
    #[must_use]
    pub const fn operation(&self) -> Option<&Operation> {
        self.content.operation.as_ref()
    }

    /// What is begun and has a transaction on its way: it must be finished before anything else.
    #[must_use]
    pub fn in_flight(&self) -> Option<&Operation> {
        self.operation().filter(|operation| operation.submission().is_some())
    }

    /// What was done, oldest first.
    #[must_use]
    pub fn receipts(&self) -> &[Receipt] {
        &self.content.receipts
    }

    /// Begins an operation, in place of one that has nothing on its way.
    ///
    /// # Errors
    /// [`JournalError::Unfinished`], [`JournalError::Storage`].
    pub fn begin(&mut self, operation: Operation) -> Result<(), JournalError> {
        if self.in_flight().is_some() {
            return Err(JournalError::Unfinished);
        }
        self.record(operation)
    }

    /// Keeps how far the operation is.
    pub(crate) fn record(&mut self, operation: Operation) -> Result<(), JournalError> {
        let content = Content {
            operation: Some(operation),
            ..self.content.clone()
        };
        self.replace(content)
    }

    /// The operation is done.
    pub(crate) fn finish(&mut self, receipt: Receipt) -> Result<(), JournalError> {
        let mut content = self.content.clone();
        content.operation = None;
        content.receipts.push(receipt);
        let surplus = content.receipts.len().saturating_sub(MAX_RECEIPTS);
        content.receipts.drain(..surplus);
        self.replace(content)
    }

    /// The operation has nothing on its way any more, and is given up.
    pub(crate) fn give_up(&mut self) -> Result<(), JournalError> {
        let content = Content {
            operation: None,
            ..self.content.clone()
        };
        self.replace(content)
    }

    /// Leaves what was begun, for whoever cannot finish it any more. What was handed over may be mined all the same.
    ///
    /// # Errors
    /// [`JournalError::Storage`].
    pub fn forget(&mut self) -> Result<(), JournalError> {
        self.give_up()
    }

    /// What is in memory is what is on disk, also when writing fails.
    fn replace(&mut self, content: Content) -> Result<(), JournalError> {
        let bytes = serde_json::to_vec_pretty(&content).map_err(|error| JournalError::Damaged(error.to_string()))?;
        self.storage.store(&bytes)?;
        self.content = content;
        Ok(())
    }
}

fn decode(bytes: &[u8]) -> Result<Content, JournalError> {
    let damaged = |error: serde_json::Error| JournalError::Damaged(error.to_string());
    let head: Head = serde_json::from_slice(bytes).map_err(damaged)?;
    if head.format > FORMAT {
        return Err(JournalError::NewerFormat(head.format));
    }
    serde_json::from_slice(bytes).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::{ClaimKind, Wanted};

    #[derive(Debug, Default)]
    struct Memory(Option<Vec<u8>>);

    impl JournalStorage for Memory {
        fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
            Ok(self.0.clone())
        }

        fn store(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
            self.0 = Some(bytes.to_vec());
            Ok(())
        }
    }

    fn operation() -> Operation {
        Operation {
            account: EthereumAddress::new([1; 20]),
            chain_id: 31_337,
            work: Work::Claim(Claim::new(
                ClaimKind::Rewards,
                EthereumAddress::new([2; 20]),
                EthereumAddress::new([1; 20]),
                Wanted::Everything,
            )),
        }
    }

    #[test]
    fn what_was_begun_is_there_after_a_restart() {
        let mut journal = Journal::open(Memory::default()).unwrap();
        assert_eq!(journal.operation(), None);
        journal.begin(operation()).unwrap();
        let journal = Journal::open(journal.storage).unwrap();
        assert_eq!(journal.operation(), Some(&operation()));
        assert_eq!(journal.in_flight(), None);
    }

    #[test]
    fn damage_and_newer_formats_are_named() {
        let open = |text: &str| Journal::open(Memory(Some(text.as_bytes().to_vec()))).unwrap_err();
        assert!(matches!(open("{\"format\": 1"), JournalError::Damaged(_)));
        assert!(matches!(open("{\"format\": 2}"), JournalError::NewerFormat(2)));
    }

    #[test]
    fn a_journal_from_before_contribution_contracts_is_read() {
        let hash = B256::ZERO;
        let text = format!(
            r#"{{"format": 1, "operation": null, "receipts": [{{"done": "claimed rewards", "account": "{}", "transaction": "{hash}",
                "block": 7, "paid": 5}}]}}"#,
            "01".repeat(20)
        );
        let journal = Journal::open(Memory(Some(text.into_bytes()))).unwrap();
        let receipt = &journal.receipts()[0];
        assert_eq!((receipt.block, receipt.contract, receipt.left), (7, None, Sesh::ZERO));
    }

    #[test]
    fn receipts_are_bounded() {
        let mut journal = Journal::open(Memory::default()).unwrap();
        for block in 0..MAX_RECEIPTS as u64 + 5 {
            journal
                .finish(Receipt {
                    done: "claimed".to_owned(),
                    account: EthereumAddress::new([1; 20]),
                    transaction: B256::ZERO,
                    block,
                    paid: None,
                    left: Sesh::ZERO,
                    contract: None,
                })
                .unwrap();
        }
        assert_eq!(journal.receipts().len(), MAX_RECEIPTS);
        assert_eq!(journal.receipts()[0].block, 5);
    }
}
