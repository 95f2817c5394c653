//! Finding the wallet's outputs: the expensive part, apart from everything that changes (wallet §5.2, chain §B.2).
//!
//! [`find_owned`] reads one block against a [`ViewContext`], which does not change, so a caller can run it for many blocks at
//! once; [`crate::wallet::Wallet::apply_block`] then takes the results in order, cheaply. A block may make the wallet look out
//! for more addresses than the context of a later block knew of: results carry the candidates that belonged to nobody, and
//! applying them looks these up again, so that nothing is missed and nothing is derived twice.

use crate::secret::SecretBytes;
use oxen_crypto::{
    DerivationScalar, KeyDerivation, KeyPair, SecretKey, SubaddressIndex, amount, keys,
    scan::{Candidate, ScanJob, Scanner},
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
            payment_id: self.payment_id(scanned),
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
    fn payment_id(&self, scanned: &ScanTransaction) -> Option<PaymentId> {
        let hidden = scanned.encrypted_payment_id?;
        let derivation = KeyDerivation::new(&self.view, scanned.public_keys.first()?).ok()?;
        Some(derivation.decrypt_payment_id(hidden)).filter(|id| !id.is_zero())
    }
}

/// A candidate whose address is ours.
struct OwnCandidate<'a> {
    transaction: usize,
    position: usize,
    address: SubaddressIndex,
    scalar: &'a DerivationScalar,
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
    BlockHits {
        block: block.id,
        findings: find(context, &block.transactions.iter().collect::<Vec<_>>()),
    }
}

/// Finds the wallet's outputs in the pool; [`Hit::transaction`] counts the pool's transactions.
#[must_use]
pub fn find_in_pool(context: &ViewContext, pool: &ScanPool) -> Findings {
    let transactions: Vec<_> = pool.transactions.iter().map(|entry| &entry.transaction).collect();
    find(context, &transactions)
}

/// Derives with every key of every transaction and looks the candidates up.
#[must_use]
pub fn find(context: &ViewContext, transactions: &[&ScanTransaction]) -> Findings {
    let outputs: Vec<Vec<(u64, PublicKey)>> = transactions
        .iter()
        .map(|transaction| output_keys(transaction))
        .collect();
    let plans: Vec<(usize, ScanJob<'_>)> = transactions
        .iter()
        .zip(&outputs)
        .enumerate()
        .flat_map(|(place, (tx, keys))| jobs(place, tx, keys))
        .collect();
    let jobs: Vec<ScanJob<'_>> = plans.iter().map(|(_, job)| *job).collect();
    let results = context.scanner.scan(&jobs);
    let mut found: BTreeMap<(usize, usize), Option<Hit>> = BTreeMap::new();
    let mut strangers = Vec::new();
    for ((transaction, job), result) in plans.iter().zip(results) {
        let candidates = result.into_iter().flat_map(|result| result.candidates);
        for ((index, _), candidate) in job.outputs.iter().zip(candidates) {
            let (Some(Candidate { spend_key, scalar }), Ok(position)) = (candidate, usize::try_from(*index)) else {
                continue;
            };
            match context.table.find(&spend_key) {
                Some(address) => {
                    let own = OwnCandidate {
                        transaction: *transaction,
                        position,
                        address,
                        scalar: &scalar,
                    };
                    let scanned = transactions.get(*transaction);
                    // The first key that fits counts (chain §1.5).
                    found
                        .entry((*transaction, position))
                        .or_insert_with(|| scanned.and_then(|scanned| context.open(scanned, own)));
                }
                None => strangers.push(Stranger {
                    transaction: *transaction,
                    position,
                    spend_key,
                    scalar,
                }),
            }
        }
    }
    strangers.retain(|stranger| !found.contains_key(&(stranger.transaction, stranger.position)));
    Findings {
        hits: found.into_values().flatten().collect(),
        strangers,
        known_addresses: context.table.len(),
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
fn jobs<'a>(place: usize, transaction: &ScanTransaction, outputs: &'a [(u64, PublicKey)]) -> Vec<(usize, ScanJob<'a>)> {
    if outputs.is_empty() {
        return Vec::new();
    }
    let keys = transaction.public_keys.iter().take(MAX_TRANSACTION_KEYS);
    let mut jobs: Vec<_> = keys
        .map(|key| {
            (
                place,
                ScanJob {
                    transaction_key: *key,
                    outputs,
                },
            )
        })
        .collect();
    let additional = transaction.additional_public_keys.iter().zip(outputs.chunks(1));
    jobs.extend(additional.map(|(key, output)| {
        (
            place,
            ScanJob {
                transaction_key: *key,
                outputs: output,
            },
        )
    }));
    jobs
}

impl Findings {
    /// The outputs that the context's addresses own, in order.
    #[must_use]
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// Looks candidates up again that belonged to nobody, with a context that knows more addresses.
    pub(crate) fn refresh(&mut self, context: &ViewContext, transactions: &[&ScanTransaction]) {
        if self.known_addresses == context.table.len() {
            return;
        }
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
