//! What a transaction must satisfy whatever the chain looks like (chain §2.6, rules 1–9 and 12).

use crate::error::TransactionError;
use oxen_crypto::{commitment, keys};
use oxen_types::{
    Amount, ConsensusDecode, Hash,
    network::{HardForkVersion, constants},
    transaction::{
        ClsagProofs, Input, Proofs, Transaction, TransactionHashes, TransactionType, TransactionVersion, Weight,
        ringct::BULLETPROOF_BASE_ROUNDS,
    },
};

/// Heaviest transaction: half the full reward zone less the room for a coinbase (chain §2.6, rule 12).
pub const MAX_TRANSACTION_WEIGHT: Weight =
    Weight::new(constants::FULL_REWARD_ZONE_WEIGHT / 2 - constants::COINBASE_RESERVED_WEIGHT);

/// A transaction that passed every rule that needs neither the chain nor its proofs. Its id, weight and burned fee are
/// computed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedTransaction {
    transaction: Transaction,
    hashes: TransactionHashes,
    weight: Weight,
    burned: Amount,
}

impl CheckedTransaction {
    /// Decodes a blob and checks it.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn from_blob(blob: &[u8], version: HardForkVersion) -> Result<Self, TransactionError> {
        if blob.len() > constants::MAX_TRANSACTION_BYTES {
            return Err(TransactionError::TooLarge { bytes: blob.len() });
        }
        let transaction = Transaction::decode(blob)?;
        let weight = transaction.weight_of_blob(blob.len());
        Self::new(transaction, weight, version)
    }

    fn new(transaction: Transaction, weight: Weight, version: HardForkVersion) -> Result<Self, TransactionError> {
        let prefix = &transaction.prefix;
        if prefix.version != TransactionVersion::V4 {
            return Err(TransactionError::WrongVersion {
                found: prefix.version.number(),
            });
        }
        if !is_known_type(prefix.kind, version) {
            return Err(TransactionError::TypeNotAllowed { kind: prefix.kind });
        }
        if weight > MAX_TRANSACTION_WEIGHT {
            return Err(TransactionError::TooHeavy {
                weight,
                limit: MAX_TRANSACTION_WEIGHT,
            });
        }
        if prefix.kind.is_transfer() {
            check_inputs(&transaction)?;
            check_outputs(&transaction)?;
            check_ring_ct(&transaction)?;
        } else if !prefix.inputs.is_empty() || !prefix.outputs.is_empty() {
            return Err(TransactionError::MovesMoney { kind: prefix.kind });
        }
        let burned = prefix.parse_extra().burned();
        let hashes = transaction.hashes();
        Ok(Self {
            transaction,
            hashes,
            weight,
            burned,
        })
    }

    /// The transaction.
    #[must_use]
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> Hash {
        self.hashes.id
    }

    /// Its prefix hash, prunable hash and id.
    #[must_use]
    pub const fn hashes(&self) -> &TransactionHashes {
        &self.hashes
    }

    /// Its weight.
    #[must_use]
    pub const fn weight(&self) -> Weight {
        self.weight
    }

    /// Its fee, burned part included.
    #[must_use]
    pub fn fee(&self) -> Amount {
        self.transaction.fee()
    }

    /// What extra declares as burned (0x79), even if that is more than the fee: what the rules of the name system look at.
    #[must_use]
    pub const fn declared_burn(&self) -> Amount {
        self.burned
    }

    /// The part of the fee that is burned: what extra declares, at most the fee (chain §2.9).
    #[must_use]
    pub fn burned(&self) -> Amount {
        self.burned.min(self.fee())
    }

    /// The part of the fee that a producer may be credited with.
    #[must_use]
    pub fn miner_fee(&self) -> Amount {
        self.fee().saturating_sub(self.burned)
    }

    /// The RingCT data of a transfer.
    #[must_use]
    pub fn clsag(&self) -> Option<&ClsagProofs> {
        match &self.transaction.proofs {
            Proofs::Clsag(proofs) => Some(proofs),
            _ => None,
        }
    }
}

/// Whether a fork knows the type (chain §2.1, bridge §5.3).
const fn is_known_type(kind: TransactionType, version: HardForkVersion) -> bool {
    let since = match kind {
        TransactionType::OxenSwap => HardForkVersion::SWAP,
        kind if kind.is_l2_event() => HardForkVersion::ETHEREUM,
        _ => HardForkVersion::FIRST,
    };
    version.number() >= since.number()
}

/// Rules 2, 6, 7, 8.
fn check_inputs(transaction: &Transaction) -> Result<(), TransactionError> {
    let inputs = &transaction.prefix.inputs;
    if inputs.is_empty() {
        return Err(TransactionError::NoInputs);
    }
    let mut previous = None;
    for (index, input) in inputs.iter().enumerate() {
        let Input::Key {
            amount,
            key_offsets,
            key_image,
        } = input
        else {
            return Err(TransactionError::InvalidInputKind);
        };
        if !amount.is_zero() {
            return Err(TransactionError::InputAmountInTheClear { input: index });
        }
        if key_offsets.len() != constants::RING_SIZE {
            return Err(TransactionError::RingSize {
                input: index,
                found: key_offsets.len(),
            });
        }
        if key_offsets.iter().skip(1).any(|offset| *offset == 0) {
            return Err(TransactionError::RingNotAscending { input: index });
        }
        if previous.is_some_and(|previous| previous <= *key_image) {
            return Err(TransactionError::InputsNotSorted);
        }
        previous = Some(*key_image);
    }
    for image in transaction.prefix.key_images() {
        if !keys::is_valid_key_image(&image) {
            return Err(TransactionError::KeyImageDomain { image });
        }
    }
    Ok(())
}

/// Rules 2, 3, 4.
fn check_outputs(transaction: &Transaction) -> Result<(), TransactionError> {
    let outputs = &transaction.prefix.outputs;
    // What these burn is no output, so that the change may be the only one.
    let least = match transaction.prefix.kind {
        TransactionType::OxenNameSystem | TransactionType::OxenSwap => 1,
        _ => 2,
    };
    if outputs.len() < least || outputs.len() > constants::MAX_BULLETPROOF_OUTPUTS {
        return Err(TransactionError::OutputCount {
            found: outputs.len(),
            least,
        });
    }
    for (index, output) in outputs.iter().enumerate() {
        let key = output
            .key()
            .ok_or(TransactionError::InvalidOutputKind { output: index })?;
        if !output.amount.is_zero() {
            return Err(TransactionError::OutputAmountInTheClear { output: index });
        }
        if !keys::is_valid_public_key(&key) {
            return Err(TransactionError::InvalidOutputKey { output: index });
        }
    }
    Ok(())
}

/// Rules 5 and 9.
fn check_ring_ct(transaction: &Transaction) -> Result<(), TransactionError> {
    let Proofs::Clsag(proofs) = &transaction.proofs else {
        return Err(TransactionError::WrongRingCtType);
    };
    let doublings = transaction.prefix.outputs.len().next_power_of_two().trailing_zeros() as usize;
    let expected = BULLETPROOF_BASE_ROUNDS.saturating_add(doublings);
    let found = proofs.prunable.range_proof.left.len();
    if found != expected {
        return Err(TransactionError::RangeProofPadding { found, expected });
    }
    commitment::check_balance(
        &proofs.prunable.pseudo_outputs,
        &proofs.base.commitments,
        proofs.base.fee,
    )
    .map_err(|_| TransactionError::Unbalanced)
}
