//! The wallet's state as it is kept, apart from its keys (wallet §4.1).
//!
//! Part of it can be found on the chain again; the journal cannot. It holds transaction keys and amounts: encrypting it is the
//! caller's job.

use crate::{
    accounts::{Accounts, Lookahead},
    output::OutputStore,
    sent::Journal,
    staking::KnownStakes,
    wallet::{PoolRecord, ScannedChain, TransactionRecord},
};
use oxen_types::{Hash, Height, PublicKey};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::collections::BTreeMap;
use thiserror::Error;
use zeroize::Zeroizing;

/// The version of the encoding.
const STATE_VERSION: u8 = 2;
/// The version without stakes, which is still read.
const STATE_VERSION_WITHOUT_STAKES: u8 = 1;

/// Why bytes are not the state of a wallet.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StateError {
    /// Written by a newer program.
    #[error("the wallet's state was written by a newer version of this wallet (format {found}): update the wallet")]
    UnknownVersion {
        /// The version byte.
        found: u8,
    },
    /// Not the encoding.
    #[error("the wallet's state is damaged: restore the backup, or scan again from the keys")]
    Malformed,
    /// The state of another wallet.
    #[error("this is the state of another wallet")]
    OtherWallet,
}

/// Everything a wallet learned and was told.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct WalletState {
    /// The wallet's public spend key: tells states of different wallets apart.
    pub(crate) owner: PublicKey,
    pub(crate) accounts: Accounts,
    pub(crate) chain: ScannedChain,
    pub(crate) outputs: OutputStore,
    pub(crate) transactions: BTreeMap<Hash, TransactionRecord>,
    pub(crate) pool: BTreeMap<Hash, PoolRecord>,
    pub(crate) journal: Journal,
    pub(crate) stakes: KnownStakes,
}

impl WalletState {
    /// The state of a wallet that has seen nothing: `owner` is its public spend key, scanning starts at `start`.
    #[must_use]
    pub fn new(owner: PublicKey, start: Height, lookahead: Lookahead) -> Self {
        Self {
            owner,
            accounts: Accounts::new(lookahead),
            chain: ScannedChain::starting_at(start),
            outputs: OutputStore::default(),
            transactions: BTreeMap::new(),
            pool: BTreeMap::new(),
            journal: Journal::default(),
            stakes: KnownStakes::default(),
        }
    }

    /// Accounts and addresses, to be changed before the wallet is opened.
    pub const fn accounts_mut(&mut self) -> &mut Accounts {
        &mut self.accounts
    }

    /// The bytes to encrypt and keep: a version byte, then SCALE.
    #[must_use]
    pub fn encode_versioned(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(self.size_hint().saturating_add(1)));
        out.push(STATE_VERSION);
        self.encode_to(&mut *out);
        out
    }

    /// Reads what [`Self::encode_versioned`] wrote for the wallet with the public spend key `owner`.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn decode_versioned(bytes: &[u8], owner: &PublicKey) -> Result<Self, StateError> {
        let (version, mut rest) = bytes.split_first().ok_or(StateError::Malformed)?;
        let decoded = match *version {
            STATE_VERSION => Self::decode_all(&mut rest),
            STATE_VERSION_WITHOUT_STAKES => {
                let stakes = KnownStakes::default().encode();
                Self::decode_all(&mut [rest, stakes.as_slice()].concat().as_slice())
            }
            found => return Err(StateError::UnknownVersion { found }),
        };
        let state = decoded.map_err(|_| StateError::Malformed)?;
        if state.owner == *owner {
            Ok(state)
        } else {
            Err(StateError::OtherWallet)
        }
    }
}
