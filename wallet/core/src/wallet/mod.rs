//! The wallet: keys, state, and the operations on them.
//!
//! `apply` takes blocks in, `reorganisation` takes them back, `pool` looks at what waits, `sending` notes what goes
//! out. Reading is here and in [`crate::balance`] and [`crate::history`]; building is in [`crate::build`].

mod apply;
mod pool;
mod reorganisation;
mod scanned_chain;
mod sending;

pub use apply::{AppliedBlock, ApplyError, WalletEvent};
pub use pool::{PoolOutput, PoolRecord};
pub use reorganisation::{DetachError, Detached};
pub use scanned_chain::ScannedChain;
pub use sending::SendingError;

use crate::{
    Accounts,
    accounts::{AccountsError, AddressTable},
    decoys::SubgroupRule,
    keys::{Birthday, KeysSection, WalletKeys},
    output::{OutputStore, OwnedOutput},
    scan::ViewContext,
    sent::Journal,
    spendability::{ChainView, SpendRules},
    state::WalletState,
};
use oxen_crypto::{Address, AddressPrefixes, KeyError, SubaddressIndex, ViewKeys};
use oxen_types::{
    Amount, GlobalOutputIndex, Hash, Height, KeyImage, Network, PaymentId, PublicKey, Timestamp,
    network::NetworkKind,
    scan::{KnownBlockId, ScanKind, ScanRequest},
};
use parity_scale_codec::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// What a wallet needs to know of its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalletNetwork {
    /// First varints of addresses.
    pub prefixes: AddressPrefixes,
    /// Seconds between blocks.
    pub target_block_seconds: u64,
    /// Which decoys are good.
    pub subgroup: SubgroupRule,
}

impl From<&Network> for WalletNetwork {
    fn from(network: &Network) -> Self {
        let prefixes = network.address_prefixes;
        Self {
            prefixes: AddressPrefixes {
                standard: prefixes.standard,
                integrated: prefixes.integrated,
                subaddress: prefixes.subaddress,
            },
            target_block_seconds: network.target_block_seconds,
            subgroup: match network.kind {
                NetworkKind::Mainnet => SubgroupRule::Required,
                _ => SubgroupRule::KeysTolerated,
            },
        }
    }
}

/// A transaction of the chain that concerns the wallet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TransactionRecord {
    /// Its block.
    pub height: Height,
    /// When the block was made.
    pub timestamp: Timestamp,
    /// What it is.
    pub kind: ScanKind,
    /// Its fee, burned part included.
    pub fee: Amount,
    /// The burned part.
    pub burned: Amount,
    /// Its payment id, if it was for us.
    pub payment_id: Option<PaymentId>,
    /// The service node it names.
    pub service_node: Option<PublicKey>,
    /// The stake of ours whose unlock it asks for.
    pub unlocked_stake: Option<KeyImage>,
    /// Key images of ours that it spends.
    pub spent: Vec<KeyImage>,
    /// Outputs of ours that it makes.
    pub received: Vec<GlobalOutputIndex>,
}

/// A wallet, opened.
#[derive(Debug, Clone)]
pub struct Wallet {
    network: WalletNetwork,
    keys: WalletKeys,
    view_keys: ViewKeys,
    birthday: Birthday,
    table: AddressTable,
    pub(crate) state: WalletState,
}

impl Wallet {
    /// Opens a wallet with the state it was closed with, or, when that is lost or new, with [`WalletState::new`].
    #[must_use]
    pub fn new(network: WalletNetwork, section: &KeysSection, state: WalletState) -> Self {
        Self {
            network,
            keys: section.keys.clone(),
            view_keys: section.keys.view_keys(),
            birthday: section.birthday,
            table: AddressTable::default(),
            state,
        }
    }

    /// What is to be kept: see [`WalletState::encode_versioned`].
    #[must_use]
    pub const fn state(&self) -> &WalletState {
        &self.state
    }

    /// Its network.
    #[must_use]
    pub const fn network(&self) -> &WalletNetwork {
        &self.network
    }

    /// Its keys.
    #[must_use]
    pub const fn keys(&self) -> &WalletKeys {
        &self.keys
    }

    /// Its keys for seeing.
    #[must_use]
    pub const fn view_keys(&self) -> &ViewKeys {
        &self.view_keys
    }

    /// Where its scanning starts.
    #[must_use]
    pub const fn birthday(&self) -> Birthday {
        self.birthday
    }

    /// True when it can see and not spend.
    #[must_use]
    pub const fn is_view_only(&self) -> bool {
        matches!(self.keys, WalletKeys::ViewOnly(_))
    }

    /// Accounts and addresses.
    #[must_use]
    pub const fn accounts(&self) -> &Accounts {
        &self.state.accounts
    }

    /// Accounts and addresses, to be changed.
    pub const fn accounts_mut(&mut self) -> &mut Accounts {
        &mut self.state.accounts
    }

    /// The address at `index`.
    ///
    /// # Errors
    /// [`KeyError::InvalidPoint`] when the wallet's spend key is none.
    pub fn address(&self, index: SubaddressIndex) -> Result<Address, KeyError> {
        Address::of_account(&self.view_keys, index)
    }

    /// The address at `index` as text.
    ///
    /// # Errors
    /// As [`Self::address`].
    pub fn address_text(&self, index: SubaddressIndex) -> Result<String, KeyError> {
        Ok(self.address(index)?.encode(&self.network.prefixes))
    }

    /// The address of ours that these keys are, among those the wallet looks out for.
    ///
    /// # Errors
    /// [`KeyError::InvalidPoint`] when the wallet's spend key is none.
    pub fn own_index(&mut self, address: &Address) -> Result<Option<SubaddressIndex>, KeyError> {
        self.table.cover(&self.view_keys, &self.state.accounts)?;
        let Some(index) = self.table.find(&address.spend()) else {
            return Ok(None);
        };
        Ok((self.address(index)?.view() == address.view()).then_some(index))
    }

    /// Every address that ever received something.
    #[must_use]
    pub fn used_addresses(&self) -> BTreeSet<SubaddressIndex> {
        self.state.outputs.all().map(|output| output.address).collect()
    }

    /// Checks that an account exists.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchAccount`].
    pub fn check_account(&self, account: u32) -> Result<(), AccountsError> {
        self.state.accounts.get(account).map(|_| ())
    }

    /// What finding outputs needs, now. Making it for the first time derives every address to look out for.
    ///
    /// # Errors
    /// [`KeyError::InvalidPoint`] when the wallet's spend key is none.
    pub fn view_context(&mut self) -> Result<ViewContext, KeyError> {
        self.table.cover(&self.view_keys, &self.state.accounts)?;
        Ok(self.current_context())
    }

    fn current_context(&self) -> ViewContext {
        ViewContext::new(self.keys.view(), self.keys.spend(), self.table.snapshot())
    }

    /// Where scanning stands.
    #[must_use]
    pub const fn chain(&self) -> &ScannedChain {
        &self.state.chain
    }

    /// What to ask the node for next.
    #[must_use]
    pub fn scan_request(&self, limit: u32) -> ScanRequest {
        let known = self.state.chain.short_history();
        ScanRequest {
            known: known
                .into_iter()
                .map(|(height, id)| KnownBlockId { height, id })
                .collect(),
            start: self.state.chain.next(),
            limit,
        }
    }

    /// Outputs and spends.
    #[must_use]
    pub const fn outputs(&self) -> &OutputStore {
        &self.state.outputs
    }

    /// Transactions of the chain that concern the wallet.
    #[must_use]
    pub const fn transactions(&self) -> &BTreeMap<Hash, TransactionRecord> {
        &self.state.transactions
    }

    /// What the chain does not know: sent transactions, notes, keys.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.state.journal
    }

    /// The same, to be changed.
    pub const fn journal_mut(&mut self) -> &mut Journal {
        &mut self.state.journal
    }

    /// Transactions that wait in the pool and concern the wallet.
    #[must_use]
    pub const fn pool(&self) -> &BTreeMap<Hash, PoolRecord> {
        &self.state.pool
    }

    /// The rules by which outputs can be spent now.
    #[must_use]
    pub fn spend_rules<'a>(&'a self, view: ChainView<'a>) -> SpendRules<'a> {
        SpendRules::new(
            view,
            self.network.target_block_seconds,
            &self.state.outputs,
            &self.state.journal,
            self.pending_spends(),
        )
    }

    /// Key images that transactions spend which are not mined yet, ours and those of other copies of the wallet.
    fn pending_spends(&self) -> BTreeMap<KeyImage, Hash> {
        let mut pending = BTreeMap::new();
        for (id, record) in self.waiting_pool() {
            pending.extend(record.spent.iter().map(|image| (*image, *id)));
        }
        for sent in self.waiting_sent() {
            pending.extend(sent.inputs.iter().map(|input| (input.key_image, sent.id)));
        }
        pending
    }

    /// Freezes or thaws an output.
    ///
    /// # Errors
    /// [`SendingError::NoSuchOutput`].
    pub fn set_frozen(&mut self, image: &KeyImage, choice: Freeze) -> Result<(), SendingError> {
        let output = self
            .state
            .outputs
            .by_key_image(image)
            .ok_or(SendingError::NoSuchOutput)?;
        let key = output.key;
        match choice {
            Freeze::Frozen => self.state.journal.frozen.insert(key),
            Freeze::Thawed => self.state.journal.frozen.remove(&key),
        };
        Ok(())
    }

    /// Learns key images that a full copy of this wallet exported, each with the block where it is spent, if it is.
    /// The caller has verified their signatures.
    pub fn import_key_images(&mut self, images: impl IntoIterator<Item = ImportedKeyImage>) {
        for imported in images {
            self.state
                .journal
                .key_images
                .insert(imported.output_key, imported.key_image);
            self.state
                .outputs
                .set_key_image(&imported.output_key, imported.key_image);
            if let Some(spend) = imported.spend {
                self.state.outputs.note_spend(imported.key_image, spend);
            }
        }
    }

    /// Outputs whose key image is unknown.
    pub fn outputs_without_key_image(&self) -> impl Iterator<Item = &OwnedOutput> {
        self.state.outputs.all().filter(|output| output.key_image.is_none())
    }
}

/// What to do with an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freeze {
    /// Keep it out of payments.
    Frozen,
    /// Use it again.
    Thawed,
}

/// A key image from a full copy of a view-only wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportedKeyImage {
    /// The output's one-time key.
    pub output_key: PublicKey,
    /// Its key image.
    pub key_image: KeyImage,
    /// Where it is spent, if the daemon knows.
    pub spend: Option<crate::output::Spend>,
}
