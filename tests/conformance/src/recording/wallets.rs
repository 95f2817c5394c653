//! `wallets.json`: secrets of the wallets and what they saw.

use oxen_types::{Amount, GlobalOutputIndex, Hash, KeyImage, PaymentId, Signature};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A wallet.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedWallet {
    /// What it is called.
    pub name: String,
    /// Seed words.
    pub mnemonic: String,
    /// Secret spend key, 64 hexadecimal characters.
    pub spend_key: String,
    /// Secret view key, 64 hexadecimal characters.
    pub view_key: String,
    /// Addresses by account.
    pub addresses: BTreeMap<String, RecordedAccount>,
    /// An integrated address.
    pub integrated: RecordedIntegratedAddress,
    /// Outputs by account.
    pub incoming_transfers: BTreeMap<String, RecordedIncoming>,
    /// Transfers as the history shows them.
    pub transfers: RecordedHistory,
    /// Exported key images.
    pub key_images: Option<RecordedKeyImages>,
}

/// Addresses of an account.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedAccount {
    /// The account's address.
    pub address: String,
    /// All of them.
    pub addresses: Vec<RecordedAddress>,
}

/// An address of an account.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedAddress {
    /// Text.
    pub address: String,
    /// Place in the account.
    pub address_index: u32,
}

/// An integrated address.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedIntegratedAddress {
    /// Text.
    pub integrated_address: String,
    /// What it carries.
    pub payment_id: PaymentId,
}

/// Outputs of an account, recorded as a list or as an answer that holds one.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum RecordedIncoming {
    /// The list.
    List(Vec<RecordedOwnedOutput>),
    /// The answer.
    Answer {
        /// The list.
        #[serde(default)]
        transfers: Vec<RecordedOwnedOutput>,
    },
}

impl RecordedIncoming {
    /// The outputs.
    #[must_use]
    pub fn outputs(&self) -> &[RecordedOwnedOutput] {
        match self {
            Self::List(outputs) | Self::Answer { transfers: outputs } => outputs,
        }
    }
}

/// An output of a wallet.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedOwnedOutput {
    /// Amount.
    pub amount: Amount,
    /// Global index.
    pub global_index: GlobalOutputIndex,
    /// Key image.
    pub key_image: KeyImage,
    /// Address that received it.
    pub subaddr_index: RecordedIndex,
    /// Its transaction.
    pub tx_hash: Hash,
}

/// Place of an address in a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct RecordedIndex {
    /// Account.
    pub major: u32,
    /// Address in it.
    pub minor: u32,
}

/// History of a wallet.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedHistory {
    /// Received.
    #[serde(default, rename = "in")]
    pub received: Vec<RecordedTransfer>,
}

/// An entry of the history.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedTransfer {
    /// Transaction.
    pub txid: Hash,
    /// Payment id; zero for none.
    pub payment_id: PaymentId,
}

/// `export_key_images`.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedKeyImages {
    /// Images with proofs.
    pub signed_key_images: Vec<RecordedSignedKeyImage>,
}

/// A key image and the proof that it is that of an output.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedSignedKeyImage {
    /// Image.
    pub key_image: KeyImage,
    /// Proof.
    pub signature: Signature,
}
