//! What a wallet is opened with: its keys, and from where on the chain matters to it (wallet §1, §2.3).
//!
//! [`KeysSection`] is the persisted form, apart from the state, so that a wallet can be restored from it alone. Encrypting it is
//! the caller's job.

use crate::secret::SecretBytes;
use oxen_crypto::{
    AccountKeys, Address, AddressKind, KeyError, SecretKey, SubaddressIndex, ViewKeys,
    mnemonic::{self, Checksum, Language, MnemonicError},
    subaddress,
};
use oxen_types::{Height, PublicKey, Timestamp};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;
use zeroize::Zeroizing;

/// The version of [`KeysSection`]'s encoding.
const SECTION_VERSION: u8 = 1;

/// The keys of a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalletKeys {
    /// Sees and spends.
    Full(AccountKeys),
    /// Sees incoming payments only.
    ViewOnly(ViewKeys),
}

/// Why keys do not make a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WalletKeysError {
    /// The secret spend key belongs to another address.
    #[error("the secret spend key does not belong to this address")]
    SpendKeyMismatch,
    /// The secret view key belongs to another address.
    #[error("the secret view key does not belong to this address")]
    ViewKeyMismatch,
    /// A wallet is restored from its primary address.
    #[error("give the wallet's primary address, not {0}")]
    NotPrimary(&'static str),
    /// A key is not a key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Why a wallet cannot show seed words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SeedError {
    /// It cannot spend.
    #[error("a view-only wallet has no seed: open the wallet it was made from")]
    ViewOnly,
    /// The view key is not made of the spend key.
    #[error("this wallet was made from two independent keys: keep both, words cannot carry them")]
    NotDeterministic,
}

/// Why bytes are not a [`KeysSection`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeysSectionError {
    /// Written by a newer program.
    #[error("the keys were written by a newer version of this wallet (format {found}): update the wallet")]
    UnknownVersion {
        /// The version byte.
        found: u8,
    },
    /// Not the encoding.
    #[error("the keys are damaged")]
    Malformed,
    /// Not reduced scalars or not points.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Keys read from seed words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredSeed {
    /// The keys.
    pub keys: WalletKeys,
    /// The language of the words; [`Language::is_deprecated`] calls for a warning.
    pub language: Language,
    /// Whether a mistyped word would have been noticed.
    pub checksum: Checksum,
}

impl WalletKeys {
    /// A new wallet.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self::Full(AccountKeys::from_spend_key(SecretKey::random(rng)))
    }

    /// Reads 24 or 25 words of any language (chain §1.7).
    ///
    /// # Errors
    /// [`MnemonicError`].
    pub fn from_seed_words(words: &str) -> Result<RestoredSeed, MnemonicError> {
        let decoded = mnemonic::decode(words)?;
        Ok(RestoredSeed {
            keys: Self::Full(AccountKeys::from_seed(&decoded.seed)),
            language: decoded.language,
            checksum: decoded.checksum,
        })
    }

    /// The wallet whose view key follows from its spend key.
    #[must_use]
    pub fn from_spend_key(spend: SecretKey) -> Self {
        Self::Full(AccountKeys::from_spend_key(spend))
    }

    /// A full wallet from both secret keys, which must be those of the address.
    ///
    /// # Errors
    /// [`WalletKeysError`], naming the key that does not match.
    pub fn from_keys(address: &Address, spend: SecretKey, view: SecretKey) -> Result<Self, WalletKeysError> {
        check_primary(address)?;
        if spend.public_key() != address.spend() {
            return Err(WalletKeysError::SpendKeyMismatch);
        }
        check_view(address, &view)?;
        Ok(Self::Full(AccountKeys { spend, view }))
    }

    /// A view-only wallet.
    ///
    /// # Errors
    /// [`WalletKeysError`], when the key does not match.
    pub fn from_view_key(address: &Address, view: SecretKey) -> Result<Self, WalletKeysError> {
        check_primary(address)?;
        check_view(address, &view)?;
        Ok(Self::ViewOnly(ViewKeys {
            view,
            spend: address.spend(),
        }))
    }

    /// The same wallet without the power to spend.
    #[must_use]
    pub fn to_view_only(&self) -> Self {
        Self::ViewOnly(self.view_keys())
    }

    /// What scanning needs.
    #[must_use]
    pub fn view_keys(&self) -> ViewKeys {
        match self {
            Self::Full(keys) => keys.view_keys(),
            Self::ViewOnly(keys) => keys.clone(),
        }
    }

    /// The secret view key.
    #[must_use]
    pub const fn view(&self) -> &SecretKey {
        match self {
            Self::Full(keys) => &keys.view,
            Self::ViewOnly(keys) => &keys.view,
        }
    }

    /// The secret spend key; none in a view-only wallet.
    #[must_use]
    pub const fn spend(&self) -> Option<&SecretKey> {
        match self {
            Self::Full(keys) => Some(&keys.spend),
            Self::ViewOnly(_) => None,
        }
    }

    /// The secret spend key of one address: `b + m(i, j)`; none in a view-only wallet.
    #[must_use]
    pub fn spend_secret(&self, index: SubaddressIndex) -> Option<SecretKey> {
        match self {
            Self::Full(keys) => Some(subaddress::spend_secret(&keys.spend, &keys.view, index)),
            Self::ViewOnly(_) => None,
        }
    }

    /// The primary address.
    ///
    /// # Errors
    /// [`KeyError::InvalidPoint`] when the public spend key of a view-only wallet is none.
    pub fn primary_address(&self) -> Result<Address, KeyError> {
        Address::of_account(&self.view_keys(), SubaddressIndex::PRIMARY)
    }

    /// The 25 words that carry the wallet.
    ///
    /// # Errors
    /// [`SeedError`].
    pub fn seed_words(&self, language: Language) -> Result<Zeroizing<String>, SeedError> {
        match self {
            Self::ViewOnly(_) => Err(SeedError::ViewOnly),
            Self::Full(keys) if !keys.is_deterministic() => Err(SeedError::NotDeterministic),
            Self::Full(keys) => Ok(mnemonic::encode(&keys.spend.to_bytes(), language)),
        }
    }
}

fn check_primary(address: &Address) -> Result<(), WalletKeysError> {
    match address.kind() {
        AddressKind::Standard => Ok(()),
        AddressKind::Subaddress => Err(WalletKeysError::NotPrimary("a subaddress")),
        AddressKind::Integrated(_) => Err(WalletKeysError::NotPrimary("an integrated one")),
    }
}

fn check_view(address: &Address, view: &SecretKey) -> Result<(), WalletKeysError> {
    if view.public_key() == address.view() {
        Ok(())
    } else {
        Err(WalletKeysError::ViewKeyMismatch)
    }
}

/// From where on blocks can hold payments to a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Birthday {
    /// The first height that is scanned.
    pub height: Height,
    /// When the wallet was made, if that is known: shown beside the height.
    pub created: Option<Timestamp>,
}

/// Everything a wallet is restored from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysSection {
    /// The keys.
    pub keys: WalletKeys,
    /// Where scanning starts.
    pub birthday: Birthday,
    /// The language in which words are shown.
    pub language: Language,
    /// Name of the network the wallet was made on: see `Network::name`.
    pub network: String,
}

/// The encoding of [`KeysSection`] behind its version byte.
#[derive(Encode, Decode)]
struct SectionRow {
    spend_secret: Option<SecretBytes>,
    view_secret: SecretBytes,
    spend_public: PublicKey,
    birthday: Birthday,
    language: String,
    network: String,
}

impl KeysSection {
    /// The bytes to encrypt and keep: a version byte, then SCALE.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let row = SectionRow {
            spend_secret: self.keys.spend().map(SecretBytes::from),
            view_secret: SecretBytes::from(self.keys.view()),
            spend_public: self.keys.view_keys().spend,
            birthday: self.birthday,
            language: self.language.name().to_owned(),
            network: self.network.clone(),
        };
        let mut out = Zeroizing::new(Vec::with_capacity(row.size_hint().saturating_add(1)));
        out.push(SECTION_VERSION);
        row.encode_to(&mut *out);
        out
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`KeysSectionError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, KeysSectionError> {
        let (version, mut rest) = bytes.split_first().ok_or(KeysSectionError::Malformed)?;
        if *version != SECTION_VERSION {
            return Err(KeysSectionError::UnknownVersion { found: *version });
        }
        let row = SectionRow::decode_all(&mut rest).map_err(|_| KeysSectionError::Malformed)?;
        let view = row.view_secret.to_secret_key()?;
        let keys = match &row.spend_secret {
            Some(spend) => WalletKeys::Full(AccountKeys {
                spend: spend.to_secret_key()?,
                view,
            }),
            None => WalletKeys::ViewOnly(ViewKeys {
                view,
                spend: row.spend_public,
            }),
        };
        if keys.view_keys().spend != row.spend_public {
            return Err(KeysSectionError::Malformed);
        }
        let language = Language::from_name(&row.language).ok_or(KeysSectionError::Malformed)?;
        Ok(Self {
            keys,
            birthday: row.birthday,
            language,
            network: row.network,
        })
    }
}
