//! The outputs a wallet owns, and which of them are spent.
//!
//! The store keeps facts of the chain only: what was received in which block, which key image was spent in which block. All
//! else follows from them, so that taking blocks back is taking facts back.

use crate::secret::SecretBytes;
use oxen_crypto::{
    KeyError, KeyPair, Mask, SecretKey, SubaddressIndex,
    amount::{self, Opening},
    commitment,
};
use oxen_types::{
    Amount, Commitment, GlobalOutputIndex, Hash, Height, KeyImage, PublicKey, UnlockTime, scan::ScanKind,
};
use parity_scale_codec::{Decode, Encode, EncodeAsRef};
use std::collections::BTreeMap;

/// An address index as state keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct AddressRow {
    major: u32,
    minor: u32,
}

impl From<SubaddressIndex> for AddressRow {
    fn from(index: SubaddressIndex) -> Self {
        Self {
            major: index.major,
            minor: index.minor,
        }
    }
}

impl From<&SubaddressIndex> for AddressRow {
    fn from(index: &SubaddressIndex) -> Self {
        Self::from(*index)
    }
}

impl From<AddressRow> for SubaddressIndex {
    fn from(row: AddressRow) -> Self {
        Self::new(row.major, row.minor)
    }
}

impl EncodeAsRef<'_, SubaddressIndex> for AddressRow {
    type RefType = Self;
}

/// An output that the wallet can see.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OwnedOutput {
    /// Its place in the chain-wide list.
    pub global_index: GlobalOutputIndex,
    /// Its transaction.
    pub transaction: Hash,
    /// Its place in the transaction.
    pub position: u32,
    /// Its one-time key.
    pub key: PublicKey,
    /// What it is worth.
    pub amount: Amount,
    /// `d(D, i)`: opens the amount and, with the spend secret, spends.
    pub scalar: SecretBytes,
    /// The address it pays to.
    #[codec(encoded_as = "AddressRow")]
    pub address: SubaddressIndex,
    /// The block that made it.
    pub height: Height,
    /// When it becomes spendable, apart from its age.
    pub unlock_time: UnlockTime,
    /// The kind of its transaction.
    pub origin: ScanKind,
    /// What marks it as spent; unknown in a view-only wallet until it is imported.
    pub key_image: Option<KeyImage>,
}

impl OwnedOutput {
    /// Amount and mask of its commitment (chain §1.8): mask 1 for a coinbase.
    ///
    /// # Errors
    /// [`KeyError::NotCanonicalScalar`] when the state was damaged.
    pub fn opening(&self) -> Result<Opening, KeyError> {
        let mask = match self.origin {
            ScanKind::Coinbase => Mask::ONE,
            ScanKind::Ordinary(_) => amount::commitment_mask(&self.scalar.to_derivation_scalar()?),
        };
        Ok(Opening {
            amount: self.amount,
            mask,
        })
    }

    /// Its commitment, as every ring must have it.
    ///
    /// # Errors
    /// As [`Self::opening`].
    pub fn commitment(&self) -> Result<Commitment, KeyError> {
        self.opening()
            .map(|opening| commitment::commit(opening.amount, &opening.mask))
    }

    /// The key pair that spends it, given the spend secret of its address (`b + m`).
    ///
    /// # Errors
    /// As [`Self::opening`].
    pub fn key_pair(&self, address_spend: &SecretKey) -> Result<KeyPair, KeyError> {
        let scalar = self.scalar.to_secret_key()?;
        Ok(KeyPair {
            secret: scalar.plus(address_spend),
            public: self.key,
        })
    }
}

/// Where an output was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Spend {
    /// The spending transaction.
    pub transaction: Hash,
    /// Its block.
    pub height: Height,
}

/// All outputs ever received on the present chain, and the spends among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutputStore {
    outputs: BTreeMap<GlobalOutputIndex, OwnedOutput>,
    spends: BTreeMap<KeyImage, Spend>,
    /// One-time keys by key image; rebuilt, not kept.
    by_key_image: BTreeMap<KeyImage, PublicKey>,
    /// Outputs by one-time key, several where a sender repeated it; rebuilt, not kept.
    by_key: BTreeMap<PublicKey, Vec<GlobalOutputIndex>>,
}

impl OutputStore {
    /// Every output in the order of the chain, worthless duplicates included.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &OwnedOutput> {
        self.outputs.values()
    }

    /// One output.
    #[must_use]
    pub fn get(&self, index: GlobalOutputIndex) -> Option<&OwnedOutput> {
        self.outputs.get(&index)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.outputs.len()
    }

    /// True when nothing was ever received.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }

    /// Where the output was spent.
    #[must_use]
    pub fn spend_of(&self, output: &OwnedOutput) -> Option<Spend> {
        self.spends.get(output.key_image.as_ref()?).copied()
    }

    /// True for the one output of each one-time key that counts: the largest, the earliest of equal ones. The others share
    /// its key image and can never be spent ("burning bug", wallet §5.2.6).
    #[must_use]
    pub fn counts(&self, output: &OwnedOutput) -> bool {
        self.counted(&output.key) == Some(output.global_index)
    }

    fn counted(&self, key: &PublicKey) -> Option<GlobalOutputIndex> {
        let same_key = self.by_key.get(key)?;
        let outputs = same_key.iter().filter_map(|index| self.outputs.get(index));
        // The last maximum wins, so equal amounts go to the earliest when walked backwards.
        outputs
            .rev()
            .max_by_key(|output| output.amount)
            .map(|output| output.global_index)
    }

    /// How many outputs carry this one-time key.
    #[must_use]
    pub fn with_key(&self, key: &PublicKey) -> usize {
        self.by_key.get(key).map_or(0, Vec::len)
    }

    /// The output with this key image that counts.
    #[must_use]
    pub fn by_key_image(&self, image: &KeyImage) -> Option<&OwnedOutput> {
        let index = self.counted(self.by_key_image.get(image)?)?;
        self.outputs.get(&index)
    }

    pub(crate) fn insert(&mut self, output: OwnedOutput) {
        if let Some(image) = output.key_image {
            self.by_key_image.insert(image, output.key);
        }
        let same_key = self.by_key.entry(output.key).or_default();
        same_key.push(output.global_index);
        same_key.sort_unstable();
        same_key.dedup();
        self.outputs.insert(output.global_index, output);
    }

    /// Notes a spend of one of our outputs; later ones of the same key image change nothing.
    pub(crate) fn note_spend(&mut self, image: KeyImage, spend: Spend) {
        self.spends.entry(image).or_insert(spend);
    }

    /// Learns the key image of every output with this one-time key.
    pub(crate) fn set_key_image(&mut self, key: &PublicKey, image: KeyImage) {
        for index in self.by_key.get(key).into_iter().flatten() {
            if let Some(output) = self.outputs.get_mut(index) {
                output.key_image = Some(image);
            }
        }
        if self.by_key.contains_key(key) {
            self.by_key_image.insert(image, *key);
        }
    }

    /// Forgets what blocks from `height` on brought.
    pub(crate) fn detach(&mut self, height: Height) {
        self.outputs.retain(|_, output| output.height < height);
        self.spends.retain(|_, spend| spend.height < height);
        self.rebuild_indices();
    }

    fn rebuild_indices(&mut self) {
        let outputs = std::mem::take(&mut self.outputs);
        self.by_key.clear();
        self.by_key_image.clear();
        for output in outputs.into_values() {
            self.insert(output);
        }
    }
}

impl Encode for OutputStore {
    fn encode_to<T: parity_scale_codec::Output + ?Sized>(&self, dest: &mut T) {
        self.outputs.encode_to(dest);
        self.spends.encode_to(dest);
    }
}

impl Decode for OutputStore {
    fn decode<I: parity_scale_codec::Input>(input: &mut I) -> Result<Self, parity_scale_codec::Error> {
        let mut store = Self {
            outputs: Decode::decode(input)?,
            spends: Decode::decode(input)?,
            ..Self::default()
        };
        store.rebuild_indices();
        Ok(store)
    }
}
