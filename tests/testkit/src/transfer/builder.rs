//! What a transfer spends and pays.

use super::{Transfer, stake::StakeDetails};
use crate::{
    account::{Account, OwnedOutput},
    chain::TestChain,
};
use oxen_crypto::{SecretKey, clsag::RingMember};
use oxen_state::{delta::scan_rows, tables::Outputs, transaction::rings::is_unlocked};
use oxen_types::{
    Amount, ExtraField, GlobalOutputIndex, Hash, PublicKey, UnlockTime,
    extra::Registration,
    hashing::keccak256_parts,
    network::constants::{RING_SIZE, SPENDABLE_AGE_BLOCKS},
    transaction::{TransactionType, Weight},
};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The fee unless a test says otherwise: above what any pool asks for.
const DEFAULT_FEE: Amount = Amount::from_atomic(200_000_000);

/// Says what a transfer does. Unless told otherwise it spends one output of the treasury, pays nobody, and splits the change
/// over two outputs.
#[derive(Debug, Clone)]
pub struct TransferBuilder {
    sender: Option<Account>,
    inputs: usize,
    outputs: usize,
    spending: Vec<OwnedOutput>,
    payments: Vec<Payment>,
    rings: BTreeMap<usize, Vec<GlobalOutputIndex>>,
    details: Details,
}

/// Who gets how much.
#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub(super) to: Account,
    pub(super) amount: Amount,
    pub(super) unlock_time: UnlockTime,
    /// It goes back to the sender.
    pub(super) is_change: bool,
}

/// What does not depend on the chain.
#[derive(Debug, Clone)]
pub(super) struct Details {
    pub(super) fee: Amount,
    pub(super) burn: Amount,
    pub(super) filler_bytes: usize,
    pub(super) extra_fields: Vec<ExtraField>,
    pub(super) kind: TransactionType,
    pub(super) seed: u64,
    pub(super) range_proof: RangeProofQuality,
    pub(super) stake: Option<StakeDetails>,
    pub(super) transaction_key: Option<SecretKey>,
}

/// Whether a transfer's range proof holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RangeProofQuality {
    /// It does.
    Good,
    /// One bit of it is wrong.
    Bad,
}

/// One input with its ring.
#[derive(Debug, Clone)]
pub(super) struct PlannedInput {
    pub(super) output: OwnedOutput,
    pub(super) ring: Vec<(GlobalOutputIndex, RingMember)>,
}

/// A transfer that lacks only its proofs. Proving needs no chain, so many can be proven at once.
#[derive(Debug, Clone)]
pub struct TransferPlan {
    pub(super) inputs: Vec<PlannedInput>,
    pub(super) payments: Vec<Payment>,
    pub(super) details: Details,
}

impl Default for TransferBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl TransferBuilder {
    /// One input, two outputs of change.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            sender: None,
            inputs: 1,
            outputs: 2,
            spending: Vec::new(),
            payments: Vec::new(),
            rings: BTreeMap::new(),
            details: Details {
                fee: DEFAULT_FEE,
                burn: Amount::ZERO,
                filler_bytes: 0,
                extra_fields: Vec::new(),
                kind: TransactionType::Standard,
                seed: 0,
                range_proof: RangeProofQuality::Good,
                stake: None,
                transaction_key: None,
            },
        }
    }

    /// Spends this account's outputs, not the treasury's.
    #[must_use]
    pub fn from(mut self, sender: &Account) -> Self {
        self.sender = Some(sender.clone());
        self
    }

    /// Spends this many of the sender's outputs, lowest index first, none that another plan spends.
    #[must_use]
    pub const fn inputs(mut self, count: usize) -> Self {
        self.inputs = count;
        self
    }

    /// Spends exactly these, whether or not another plan does.
    #[must_use]
    pub fn spending(mut self, outputs: &[OwnedOutput]) -> Self {
        self.spending = outputs.to_vec();
        self
    }

    /// Has this many outputs; what no payment takes is change, in equal parts.
    #[must_use]
    pub const fn outputs(mut self, count: usize) -> Self {
        self.outputs = count;
        self
    }

    /// Pays somebody.
    #[must_use]
    pub fn pay(self, to: &Account, amount: Amount) -> Self {
        self.pay_locked(to, amount, UnlockTime::NONE)
    }

    /// Pays somebody an output that is locked.
    #[must_use]
    pub fn pay_locked(mut self, to: &Account, amount: Amount, unlock_time: UnlockTime) -> Self {
        self.payments.push(Payment {
            to: to.clone(),
            amount,
            unlock_time,
            is_change: false,
        });
        self
    }

    /// Stakes on the node of this primary key for the contributor: pays it the amount, and proves what it pays.
    #[must_use]
    pub fn stake(mut self, node: PublicKey, contributor: &Account, amount: Amount) -> Self {
        self.details.kind = TransactionType::Stake;
        self.details.stake = Some(StakeDetails {
            node,
            contributor: contributor.clone(),
            registration: None,
        });
        self.pay(contributor, amount)
    }

    /// Registers the node with the stake.
    ///
    /// # Panics
    /// The transfer is no stake.
    #[must_use]
    pub fn registration(mut self, registration: Registration) -> Self {
        let stake = self.details.stake.as_mut().expect("only a stake registers a node");
        stake.registration = Some(registration);
        self
    }

    /// Has this secret key instead of a random one: two transfers with the same pay the same one-time keys.
    #[must_use]
    pub fn transaction_key(mut self, key: SecretKey) -> Self {
        self.details.transaction_key = Some(key);
        self
    }

    /// Pays this fee.
    #[must_use]
    pub const fn fee(mut self, fee: Amount) -> Self {
        self.details.fee = fee;
        self
    }

    /// Declares this much of the fee as burned.
    #[must_use]
    pub const fn burn(mut self, amount: Amount) -> Self {
        self.details.burn = amount;
        self
    }

    /// Carries this many bytes of filler in its extra, to be heavy.
    #[must_use]
    pub const fn filler(mut self, bytes: usize) -> Self {
        self.details.filler_bytes = bytes;
        self
    }

    /// Carries another field in its extra.
    #[must_use]
    pub fn extra_field(mut self, field: ExtraField) -> Self {
        self.details.extra_fields.push(field);
        self
    }

    /// Says it is of another type.
    #[must_use]
    pub const fn kind(mut self, kind: TransactionType) -> Self {
        self.details.kind = kind;
        self
    }

    /// Uses exactly these outputs as the ring of the input at this place (in the order of choosing); the one that is spent
    /// must be among them.
    #[must_use]
    pub fn ring(mut self, input: usize, members: &[GlobalOutputIndex]) -> Self {
        self.rings.insert(input, members.to_vec());
        self
    }

    /// Breaks rule 10 of chain §2.6 and no other: one bit of the range proof, which the signatures are made over.
    #[must_use]
    pub const fn bad_range_proof(mut self) -> Self {
        self.details.range_proof = RangeProofQuality::Bad;
        self
    }

    /// Other random numbers: two transfers that are otherwise the same spend the same outputs.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.details.seed = seed;
        self
    }

    /// Chooses inputs, change and rings, and keeps the inputs from other plans.
    ///
    /// # Panics
    /// The sender cannot pay, or the chain has too few outputs for a ring.
    #[must_use]
    pub fn plan(self, chain: &mut TestChain) -> TransferPlan {
        let sender = self.sender.clone().unwrap_or_else(|| chain.treasury().clone());
        let spent: Vec<OwnedOutput> = if self.spending.is_empty() {
            chain.spendable(&sender).take(self.inputs).cloned().collect()
        } else {
            self.spending.clone()
        };
        assert!(
            !self.spending.is_empty() || spent.len() == self.inputs,
            "{} can spend only {} outputs at height {}",
            sender.name(),
            spent.len(),
            chain.next_height()
        );
        chain.reserve(spent.iter().map(|output| output.key_image));
        let payments = self.with_change(&sender, &spent);
        let mut random = ChaCha20Rng::from_seed(seed(b"rings", &spent, self.details.seed).to_bytes());
        let decoys = decoys(chain);
        let inputs = spent
            .into_iter()
            .enumerate()
            .map(|(place, output)| {
                let members = self.rings.get(&place).cloned();
                let members = members.unwrap_or_else(|| choose_ring(&output, &decoys, &mut random));
                PlannedInput {
                    ring: look_up(chain, &members),
                    output,
                }
            })
            .collect();
        TransferPlan {
            inputs,
            payments,
            details: self.details,
        }
    }

    /// Plans and proves.
    ///
    /// # Panics
    /// As [`Self::plan`].
    #[must_use]
    pub fn build(self, chain: &mut TestChain) -> Transfer {
        self.plan(chain).prove()
    }

    /// Plans and proves many alike, on all cores.
    ///
    /// # Panics
    /// As [`Self::plan`].
    #[must_use]
    pub fn build_many(&self, count: usize, chain: &mut TestChain) -> Vec<Transfer> {
        let plans: Vec<TransferPlan> = (0..count).map(|_| self.clone().plan(chain)).collect();
        plans.par_iter().map(TransferPlan::prove).collect()
    }

    /// Builds a transfer of exactly this weight, by filler.
    ///
    /// # Panics
    /// As [`Self::plan`]; or the weight is too small, or one that no length of filler reaches.
    #[must_use]
    pub fn build_weighing(self, weight: Weight, chain: &mut TestChain) -> Transfer {
        let mut plan = self.filler(1).plan(chain);
        for _ in 0..4 {
            let transfer = plan.prove();
            let found = transfer.transaction.weight().bytes();
            if found == weight.bytes() {
                return transfer;
            }
            let filler = (plan.details.filler_bytes as u64 + weight.bytes()).checked_sub(found);
            let filler = filler.and_then(|bytes| usize::try_from(bytes).ok());
            plan.details.filler_bytes = filler.expect("the weight is above that of a transfer without filler");
        }
        unreachable!("no length of filler makes a transfer of weight {weight}");
    }

    fn with_change(&self, sender: &Account, spent: &[OwnedOutput]) -> Vec<Payment> {
        let sum = |amounts: &mut dyn Iterator<Item = Amount>| {
            Amount::checked_sum(amounts)
                .expect("amounts of a test fit 64 bits")
                .atomic()
        };
        let available = sum(&mut spent.iter().map(OwnedOutput::amount));
        let paid = sum(&mut self.payments.iter().map(|payment| payment.amount));
        let change = available
            .checked_sub(paid)
            .and_then(|rest| rest.checked_sub(self.details.fee.atomic()))
            .expect("the chosen inputs pay for payments and fee");
        let parts = self.outputs.saturating_sub(self.payments.len()).max(1) as u64;
        let mut payments = self.payments.clone();
        payments.extend((0..parts).map(|part| Payment {
            to: sender.clone(),
            amount: Amount::from_atomic(change / parts + if part == 0 { change % parts } else { 0 }),
            unlock_time: UnlockTime::NONE,
            is_change: true,
        }));
        payments
    }
}

/// Outputs that may be ring members in the next block.
fn decoys(chain: &TestChain) -> Vec<GlobalOutputIndex> {
    let height = chain.next_height();
    let target = chain.network().target_block_seconds;
    (0_u64..)
        .zip(scan_rows::<Outputs>(chain.state(), &[], &[], usize::MAX).expect("a state in memory reads"))
        .filter(|(_, (_, row))| {
            row.height.saturating_add(SPENDABLE_AGE_BLOCKS) <= height && is_unlocked(row, height, chain.now(), target)
        })
        .map(|(index, _)| GlobalOutputIndex::new(index))
        .collect()
}

fn choose_ring(real: &OwnedOutput, decoys: &[GlobalOutputIndex], random: &mut ChaCha20Rng) -> Vec<GlobalOutputIndex> {
    let mut left: Vec<GlobalOutputIndex> = decoys.iter().copied().filter(|index| *index != real.index).collect();
    assert!(left.len() >= RING_SIZE - 1, "the chain has too few outputs for a ring");
    let mut ring = vec![real.index];
    while ring.len() < RING_SIZE {
        let pick = usize::try_from(random.next_u64() % left.len() as u64).unwrap_or(0);
        ring.push(left.swap_remove(pick));
    }
    ring.sort();
    ring
}

fn look_up(chain: &TestChain, members: &[GlobalOutputIndex]) -> Vec<(GlobalOutputIndex, RingMember)> {
    let mut members: Vec<_> = members
        .iter()
        .map(|index| {
            let row = oxen_state::queries::output(chain.state(), *index)
                .expect("a state in memory reads")
                .expect("a ring is made of outputs that exist");
            let member = RingMember {
                key: row.key,
                commitment: row.commitment,
            };
            (*index, member)
        })
        .collect();
    members.sort_by_key(|(index, _)| *index);
    members
}

/// Random numbers of a transfer follow from what it spends.
pub(super) fn seed(purpose: &[u8], spent: &[OwnedOutput], seed: u64) -> Hash {
    let images: Vec<u8> = spent.iter().flat_map(|output| output.key_image.to_bytes()).collect();
    keccak256_parts(&[b"oxen-testkit", purpose, &seed.to_le_bytes(), &images])
}
