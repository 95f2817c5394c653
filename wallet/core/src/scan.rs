//! Finding the wallet's outputs: the expensive part, apart from everything that changes (wallet §5.2, chain §B.2).
//!
//! [`find_owned`] reads one block against a [`ViewContext`], which does not change, so a caller can run it for many blocks at
//! once; [`crate::wallet::Wallet::apply_block`] then takes the results in order, cheaply. A block may make the wallet look out
//! for more addresses than the context of a later block knew of: results carry the candidates that belonged to nobody, and
//! applying them looks these up again, so that nothing is missed and nothing is derived twice.

use crate::secret::SecretBytes;
use oxen_crypto::{
    DerivationScalar, KeyDerivation, KeyPair, SecretKey, SubaddressIndex, amount, keys,
    scan::{Candidate, ScanJob, ScanResult, Scanner},
    subaddress::{self, SubaddressTable},
};
use oxen_types::{
    Amount, Hash, KeyImage, PaymentId, PublicKey,
    scan::{ScanAmount, ScanBlock, ScanKind, ScanOutput, ScanPool, ScanTransaction},
};
use std::{collections::BTreeMap, sync::Arc};

/// Transaction keys that are tried for one transaction; no wallet or node writes more than two.
pub const MAX_TRANSACTION_KEYS: usize = 8;

/// What finding needs, as it was at one moment; cheap to clone, safe to share between threads.
#[derive(Debug, Clone)]
pub struct ViewContext {
    scanner: Scanner,
    view: SecretKey,
    spend: Option<SecretKey>,
    table: Arc<SubaddressTable>,
}

/// An output of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Place of its transaction among those that were scanned together.
    pub transaction: usize,
    /// Its place in the transaction.
    pub position: usize,
    /// The address it pays to.
    pub address: SubaddressIndex,
    /// What it is worth; the commitment was checked.
    pub amount: Amount,
    /// `d(D, i)`: with the spend secret it spends the output.
    pub scalar: SecretBytes,
    /// What will mark it as spent; a view-only wallet cannot know.
    pub key_image: Option<KeyImage>,
    /// The payment id of the transaction, where one is readable and not the dummy.
    pub payment_id: Option<PaymentId>,
}

/// A candidate that belonged to no address of the context.
#[derive(Debug, Clone)]
struct Stranger {
    transaction: usize,
    position: usize,
    spend_key: PublicKey,
    scalar: DerivationScalar,
}

/// What was found in transactions that were scanned together.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    hits: Vec<Hit>,
    strangers: Vec<Stranger>,
    /// Size of the table that was used.
    known_addresses: usize,
}

/// What was found in one block.
#[derive(Debug, Clone)]
pub struct BlockHits {
    /// The block.
    pub block: Hash,
    /// What was found in it.
    pub findings: Findings,
}

impl ViewContext {
    pub(crate) fn new(view: &SecretKey, spend: Option<&SecretKey>, table: Arc<SubaddressTable>) -> Self {
        Self {
            scanner: Scanner::new(view),
            view: view.clone(),
            spend: spend.cloned(),
            table,
        }
    }

    /// Opens a candidate that belongs to `address`; nothing when it claims an amount its commitment does not hide.
    fn open(&self, scanned: &ScanTransaction, candidate: OwnCandidate<'_>) -> Option<Hit> {
        let output = scanned.outputs.get(candidate.position)?;
        Some(Hit {
            transaction: candidate.transaction,
            position: candidate.position,
            address: candidate.address,
            amount: open_amount(scanned.kind, output, candidate.scalar)?,
            scalar: SecretBytes::from(candidate.scalar),
            key_image: self.key_image(output.key, candidate.address, candidate.scalar),
            payment_id: self.payment_id(scanned, candidate.first_derivation),
        })
    }

    fn key_image(&self, key: PublicKey, address: SubaddressIndex, scalar: &DerivationScalar) -> Option<KeyImage> {
        let spend = subaddress::spend_secret(self.spend.as_ref()?, &self.view, address);
        let scalar = SecretKey::from_canonical_bytes(*scalar.as_bytes()).ok()?;
        Some(keys::key_image(&KeyPair {
            secret: scalar.plus(&spend),
            public: key,
        }))
    }

    /// The payment id of a transaction that pays us: hidden with its first key (chain §1.6); all zero means none.
    fn payment_id(&self, scanned: &ScanTransaction, first: Option<&KeyDerivation>) -> Option<PaymentId> {
        let hidden = scanned.encrypted_payment_id?;
        let id = match first {
            Some(derivation) => derivation.decrypt_payment_id(hidden),
            None => KeyDerivation::new(&self.view, scanned.public_keys.first()?)
                .ok()?
                .decrypt_payment_id(hidden),
        };
        Some(id).filter(|id| !id.is_zero())
    }
}

/// A candidate whose address is ours.
struct OwnCandidate<'a> {
    transaction: usize,
    position: usize,
    address: SubaddressIndex,
    scalar: &'a DerivationScalar,
    /// The derivation with the transaction's first key, if it is at hand.
    first_derivation: Option<&'a KeyDerivation>,
}

/// The amount in the clear of a coinbase, or what the commitment was checked to hide.
fn open_amount(kind: ScanKind, output: &ScanOutput, scalar: &DerivationScalar) -> Option<Amount> {
    match (output.amount, kind) {
        (ScanAmount::Clear(atomic), ScanKind::Coinbase) => Some(Amount::from_atomic(atomic)),
        // RingCT older than CLSAG is not carried by scan blocks.
        (ScanAmount::Clear(_), ScanKind::Ordinary(_)) => None,
        (ScanAmount::Hidden { encrypted, commitment }, _) => amount::open(encrypted, &commitment, scalar)
            .ok()
            .map(|opening| opening.amount),
    }
}

/// Finds the wallet's outputs in a block.
#[must_use]
pub fn find_owned(context: &ViewContext, block: &ScanBlock) -> BlockHits {
    let transactions = [block.transactions.iter().collect()];
    let findings = find_in_groups(context, &transactions).pop().unwrap_or_default();
    BlockHits {
        block: block.id,
        findings,
    }
}

/// Finds the wallet's outputs in several blocks: cheaper than one by one where blocks are small, because the arithmetic is done
/// for all together. A few hundred transactions at once are plenty; spread such runs of blocks over threads.
#[must_use]
pub fn find_owned_in(context: &ViewContext, blocks: &[ScanBlock]) -> Vec<BlockHits> {
    let groups: Vec<Vec<&ScanTransaction>> = blocks.iter().map(|block| block.transactions.iter().collect()).collect();
    let findings = find_in_groups(context, &groups);
    blocks
        .iter()
        .zip(findings)
        .map(|(block, findings)| BlockHits {
            block: block.id,
            findings,
        })
        .collect()
}

/// Finds the wallet's outputs in the pool; [`Hit::transaction`] counts the pool's transactions.
#[must_use]
pub fn find_in_pool(context: &ViewContext, pool: &ScanPool) -> Findings {
    let transactions = [pool.transactions.iter().map(|entry| &entry.transaction).collect()];
    find_in_groups(context, &transactions).pop().unwrap_or_default()
}

/// A transaction to look at: where it stands, and its outputs as jobs want them.
struct Subject<'a> {
    group: usize,
    transaction: usize,
    scanned: &'a ScanTransaction,
    outputs: Vec<(u64, PublicKey)>,
}

/// Derives with every key of every transaction and looks the candidates up; one answer for each group.
fn find_in_groups(context: &ViewContext, groups: &[Vec<&ScanTransaction>]) -> Vec<Findings> {
    let subjects: Vec<Subject<'_>> = groups
        .iter()
        .enumerate()
        .flat_map(|(group, transactions)| {
            transactions
                .iter()
                .enumerate()
                .map(move |(transaction, scanned)| Subject {
                    group,
                    transaction,
                    scanned,
                    outputs: output_keys(scanned),
                })
        })
        .collect();
    let (owners, jobs): (Vec<&Subject<'_>>, Vec<ScanJob<'_>>) = subjects
        .iter()
        .flat_map(|subject| jobs(subject).into_iter().map(move |job| (subject, job)))
        .unzip();
    let mut sorters: Vec<Sorter> = groups.iter().map(|_| Sorter::default()).collect();
    for ((subject, job), result) in owners.iter().zip(&jobs).zip(context.scanner.scan(&jobs)) {
        if let (Some(sorter), Some(result)) = (sorters.get_mut(subject.group), result) {
            sorter.sort(context, subject, job, result);
        }
    }
    let known_addresses = context.table.len();
    sorters
        .into_iter()
        .map(|sorter| sorter.finish(known_addresses))
        .collect()
}

/// Sorts candidates into ours and others'.
#[derive(Default)]
struct Sorter {
    /// By transaction and position; nothing where the amount was a lie.
    found: BTreeMap<(usize, usize), Option<Hit>>,
    strangers: Vec<Stranger>,
}

impl Sorter {
    fn sort(&mut self, context: &ViewContext, subject: &Subject<'_>, job: &ScanJob<'_>, result: ScanResult) {
        let transaction = subject.transaction;
        for ((index, _), candidate) in job.outputs.iter().zip(result.candidates) {
            let (Some(Candidate { spend_key, scalar }), Ok(position)) = (candidate, usize::try_from(*index)) else {
                continue;
            };
            let Some(address) = context.table.find(&spend_key) else {
                self.strangers.push(Stranger {
                    transaction,
                    position,
                    spend_key,
                    scalar,
                });
                continue;
            };
            let own = OwnCandidate {
                transaction,
                position,
                address,
                scalar: &scalar,
                first_derivation: (subject.scanned.public_keys.first() == Some(&job.transaction_key))
                    .then_some(&result.derivation),
            };
            // The first key that fits counts (chain §1.5).
            self.found
                .entry((transaction, position))
                .or_insert_with(|| context.open(subject.scanned, own));
        }
    }

    fn finish(mut self, known_addresses: usize) -> Findings {
        self.strangers
            .retain(|stranger| !self.found.contains_key(&(stranger.transaction, stranger.position)));
        Findings {
            hits: self.found.into_values().flatten().collect(),
            strangers: self.strangers,
            known_addresses,
        }
    }
}

/// The outputs of a transaction as jobs want them.
fn output_keys(transaction: &ScanTransaction) -> Vec<(u64, PublicKey)> {
    (0_u64..)
        .zip(&transaction.outputs)
        .map(|(index, output)| (index, output.key))
        .collect()
}

/// Every transaction key with all outputs, then every additional key with its own output.
fn jobs<'a>(subject: &'a Subject<'_>) -> Vec<ScanJob<'a>> {
    let outputs = subject.outputs.as_slice();
    if outputs.is_empty() {
        return Vec::new();
    }
    let main = subject.scanned.public_keys.iter().take(MAX_TRANSACTION_KEYS);
    let additional = subject.scanned.additional_public_keys.iter().zip(outputs.chunks(1));
    let main = main.map(|key| (key, outputs));
    main.chain(additional)
        .map(|(key, outputs)| ScanJob {
            transaction_key: *key,
            outputs,
        })
        .collect()
}

impl Findings {
    /// The outputs that the context's addresses own, in order.
    #[must_use]
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// True when the table of this many addresses is the one that was used.
    pub(crate) const fn is_current(&self, addresses: usize) -> bool {
        self.known_addresses == addresses
    }

    /// Looks candidates up again that belonged to nobody, with a context that knows more addresses.
    pub(crate) fn refresh(&mut self, context: &ViewContext, transactions: &[&ScanTransaction]) {
        let mut more = BTreeMap::new();
        for stranger in &self.strangers {
            if let Some(address) = context.table.find(&stranger.spend_key) {
                let Stranger {
                    transaction,
                    position,
                    ref scalar,
                    ..
                } = *stranger;
                let own = OwnCandidate {
                    transaction,
                    position,
                    address,
                    scalar,
                    first_derivation: None,
                };
                let hit = transactions
                    .get(transaction)
                    .and_then(|scanned| context.open(scanned, own));
                more.entry((transaction, position)).or_insert(hit);
            }
        }
        self.strangers
            .retain(|stranger| !more.contains_key(&(stranger.transaction, stranger.position)));
        self.hits.extend(more.into_values().flatten());
        self.hits.sort_by_key(|hit| (hit.transaction, hit.position));
        self.known_addresses = context.table.len();
    }
}
