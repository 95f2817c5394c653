//! Taking a block in, after its outputs were found.

use super::{TransactionRecord, Wallet};
use crate::{
    output::{OwnedOutput, Spend},
    scan::{BlockHits, Findings, Hit},
};
use oxen_crypto::{KeyError, SubaddressIndex};
use oxen_types::{
    Amount, GlobalOutputIndex, Hash, Height, KeyImage, PaymentId, UnlockTime,
    scan::{ScanBlock, ScanKind, ScanTransaction},
};
use thiserror::Error;

/// Why a block cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ApplyError {
    /// Blocks come in order.
    #[error("the daemon sent block {found} where block {expected} is next")]
    NotNext {
        /// Height of the next block.
        expected: Height,
        /// Height that came.
        found: Height,
    },
    /// The block stands on another branch: take blocks back first.
    #[error("block {height} does not follow the block that was scanned before it")]
    OtherBranch {
        /// Height of the block.
        height: Height,
    },
    /// The findings are of another block.
    #[error("the findings are those of another block")]
    OtherBlock,
    /// The node left out where an output of ours stands in the chain-wide list.
    #[error("the daemon did not say where the outputs of transaction {transaction} are")]
    NoGlobalIndex {
        /// The transaction.
        transaction: Hash,
    },
    /// The node gave one place in the chain-wide list to two outputs.
    #[error("the daemon gave output {index} to two transactions: scan again with another daemon")]
    GlobalIndexTaken {
        /// The place.
        index: GlobalOutputIndex,
    },
    /// The wallet's spend key is no point.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Something that happened to the wallet in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalletEvent {
    /// Money came.
    Received {
        /// The transaction.
        transaction: Hash,
        /// What it is.
        kind: ScanKind,
        /// To which address.
        address: SubaddressIndex,
        /// How much.
        amount: Amount,
        /// Its payment id.
        payment_id: Option<PaymentId>,
        /// Its lock.
        unlock_time: UnlockTime,
    },
    /// An output repeats the one-time key of another: only the larger of them is money (wallet §5.2.6).
    DuplicateKey {
        /// The transaction.
        transaction: Hash,
        /// What it claims to pay.
        amount: Amount,
        /// The address it claims to pay to.
        address: SubaddressIndex,
    },
    /// An output was spent.
    Spent {
        /// The transaction.
        transaction: Hash,
        /// The output's key image.
        key_image: KeyImage,
        /// What it was worth.
        amount: Amount,
        /// The address that had it.
        address: SubaddressIndex,
    },
    /// The unlock of a stake was asked for.
    StakeUnlockRequested {
        /// The transaction.
        transaction: Hash,
        /// What is staked.
        amount: Amount,
    },
}

/// What a block brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedBlock {
    /// The block.
    pub height: Height,
    /// What happened, in order.
    pub events: Vec<WalletEvent>,
}

impl Wallet {
    /// Applies the next block with what was found in it by a context of this wallet, however old.
    ///
    /// # Errors
    /// [`ApplyError`]; nothing changes then, except that more addresses may be looked out for.
    pub fn apply_block(&mut self, block: &ScanBlock, hits: BlockHits) -> Result<AppliedBlock, ApplyError> {
        self.check_place(block)?;
        if hits.block != block.id {
            return Err(ApplyError::OtherBlock);
        }
        let mut findings = hits.findings;
        self.look_ahead(&mut findings, block)?;
        let received = self.place_hits(block, &findings)?;
        let mut events = Vec::new();
        // Hits are in the order of the block, so each transaction has a run of them.
        let mut rest = received.as_slice();
        for (position, transaction) in block.transactions.iter().enumerate() {
            let own = rest.iter().take_while(|(hit, _)| hit.transaction == position).count();
            let (placed, later) = rest.split_at_checked(own).unwrap_or((rest, &[]));
            rest = later;
            self.apply_transaction(block, transaction, placed, &mut events);
        }
        self.state.chain.push(block.height, block.id);
        Ok(AppliedBlock {
            height: block.height,
            events,
        })
    }

    fn check_place(&self, block: &ScanBlock) -> Result<(), ApplyError> {
        let chain = &self.state.chain;
        if block.height != chain.next() {
            return Err(ApplyError::NotNext {
                expected: chain.next(),
                found: block.height,
            });
        }
        let parent = block.height.previous().and_then(|height| chain.id_at(height));
        if parent.is_some_and(|parent| parent != block.previous) {
            return Err(ApplyError::OtherBranch { height: block.height });
        }
        Ok(())
    }

    /// Grows the table behind every address that was hit, and looks again, until nothing new is found.
    fn look_ahead(&mut self, findings: &mut Findings, block: &ScanBlock) -> Result<(), ApplyError> {
        self.table.cover(&self.view_keys, &self.state.accounts)?;
        let transactions: Vec<_> = block.transactions.iter().collect();
        loop {
            if !findings.is_current(self.table.len()) {
                findings.refresh(&self.current_context(), &transactions);
            }
            for hit in findings.hits() {
                self.state.accounts.note_used(hit.address);
            }
            if findings.hits().is_empty() || !self.table.cover(&self.view_keys, &self.state.accounts)? {
                return Ok(());
            }
        }
    }

    /// Every hit with the output it becomes.
    fn place_hits(&self, block: &ScanBlock, findings: &Findings) -> Result<Vec<Placed>, ApplyError> {
        let mut placed: Vec<Placed> = Vec::new();
        for hit in findings.hits() {
            let transaction = block.transactions.get(hit.transaction).ok_or(ApplyError::OtherBlock)?;
            let output = self.place_hit(block, transaction, hit)?;
            let index = output.global_index;
            if self.state.outputs.get(index).is_some() || placed.iter().any(|(_, other)| other.global_index == index) {
                return Err(ApplyError::GlobalIndexTaken { index });
            }
            placed.push((hit.clone(), output));
        }
        Ok(placed)
    }

    fn place_hit(
        &self,
        block: &ScanBlock,
        transaction: &ScanTransaction,
        hit: &Hit,
    ) -> Result<OwnedOutput, ApplyError> {
        let no_index = ApplyError::NoGlobalIndex {
            transaction: transaction.id,
        };
        let output = transaction.outputs.get(hit.position).ok_or(ApplyError::OtherBlock)?;
        Ok(OwnedOutput {
            global_index: transaction.global_index(hit.position).ok_or(no_index)?,
            transaction: transaction.id,
            position: u32::try_from(hit.position).map_err(|_| ApplyError::OtherBlock)?,
            key: output.key,
            amount: hit.amount,
            scalar: hit.scalar.clone(),
            address: hit.address,
            height: block.height,
            unlock_time: output.unlock_time(),
            origin: transaction.kind,
            key_image: hit
                .key_image
                .or_else(|| self.state.journal.key_images.get(&output.key).copied()),
        })
    }

    fn apply_transaction(
        &mut self,
        block: &ScanBlock,
        transaction: &ScanTransaction,
        placed: &[Placed],
        events: &mut Vec<WalletEvent>,
    ) {
        let spent = self.apply_spends(block, transaction, events);
        let unlocked_stake = transaction
            .unlocked_stake
            .filter(|image| self.state.outputs.by_key_image(image).is_some());
        if placed.is_empty() && spent.is_empty() && unlocked_stake.is_none() {
            return;
        }
        if let Some(stake) = unlocked_stake.and_then(|image| self.state.outputs.by_key_image(&image)) {
            events.push(WalletEvent::StakeUnlockRequested {
                transaction: transaction.id,
                amount: stake.amount,
            });
        }
        for (hit, output) in placed {
            events.push(self.apply_output(hit, output.clone()));
        }
        let record = TransactionRecord {
            height: block.height,
            timestamp: block.timestamp,
            kind: transaction.kind,
            fee: transaction.fee(),
            burned: Amount::from_atomic(transaction.burned),
            // Change reads a payment id that was meant for somebody else.
            payment_id: if spent.is_empty() {
                placed.iter().find_map(|(hit, _)| hit.payment_id)
            } else {
                None
            },
            service_node: transaction.service_node,
            unlocked_stake,
            spent,
            received: placed.iter().map(|(_, output)| output.global_index).collect(),
        };
        self.state.transactions.insert(transaction.id, record);
    }

    fn apply_spends(
        &mut self,
        block: &ScanBlock,
        transaction: &ScanTransaction,
        events: &mut Vec<WalletEvent>,
    ) -> Vec<KeyImage> {
        let mut spent = Vec::new();
        for image in &transaction.key_images {
            let Some(output) = self.state.outputs.by_key_image(image) else {
                continue;
            };
            events.push(WalletEvent::Spent {
                transaction: transaction.id,
                key_image: *image,
                amount: output.amount,
                address: output.address,
            });
            self.state.outputs.note_spend(
                *image,
                Spend {
                    transaction: transaction.id,
                    height: block.height,
                },
            );
            spent.push(*image);
        }
        spent
    }

    fn apply_output(&mut self, hit: &Hit, output: OwnedOutput) -> WalletEvent {
        let (transaction, kind, unlock_time) = (output.transaction, output.origin, output.unlock_time);
        let repeated = self.state.outputs.with_key(&output.key) > 0;
        self.state.outputs.insert(output);
        if repeated {
            return WalletEvent::DuplicateKey {
                transaction,
                amount: hit.amount,
                address: hit.address,
            };
        }
        WalletEvent::Received {
            transaction,
            kind,
            address: hit.address,
            amount: hit.amount,
            payment_id: hit.payment_id,
            unlock_time,
        }
    }
}

/// A hit and the output it becomes.
type Placed = (Hit, OwnedOutput);
