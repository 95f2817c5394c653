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

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_crypto::AddressPrefixes;

    const MAINNET: AddressPrefixes = AddressPrefixes {
        standard: 114,
        integrated: 115,
        subaddress: 116,
    };
    const WORDS: &str = "velvet lymph giddy number token physics poetry unquoted nibs useful sabotage limits benches \
        lifestyle eden nitrogen anvil fewest avoid batch vials washing fences goat unquoted";
    const SPEND: &str = "148d78d2aba7dbca5cd8f6abcfb0b3c009ffbdbea1ff373d50ed94d78286640e";
    const VIEW: &str = "49774391fa5e8d249fc2c5b45dadef13534bf2483dede880dac88f061e809100";
    const ADDRESS: &str =
        "L5yYM5GZdUS4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfJM5y7PK";

    fn secret(text: &str) -> SecretKey {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).unwrap();
        SecretKey::from_canonical_bytes(bytes).unwrap()
    }

    fn section(keys: WalletKeys) -> KeysSection {
        KeysSection {
            keys,
            birthday: Birthday {
                height: Height::new(1_300_000),
                created: Some(Timestamp::from_seconds(1_700_000_000)),
            },
            language: Language::English,
            network: "mainnet".to_owned(),
        }
    }

    #[test]
    fn words_keys_and_address_are_one_wallet() {
        let restored = WalletKeys::from_seed_words(WORDS).unwrap();
        assert_eq!(restored.language, Language::English);
        assert_eq!(*restored.keys.spend().unwrap(), secret(SPEND));
        let address = restored.keys.primary_address().unwrap();
        assert_eq!(address.encode(&MAINNET), ADDRESS);
        assert_eq!(
            WalletKeys::from_keys(&address, secret(SPEND), secret(VIEW)).unwrap(),
            restored.keys
        );
        assert_eq!(
            WalletKeys::from_view_key(&address, secret(VIEW)).unwrap(),
            restored.keys.to_view_only()
        );
        let words = restored.keys.seed_words(Language::English).unwrap();
        assert_eq!(
            words.split_whitespace().collect::<Vec<_>>(),
            WORDS.split_whitespace().collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_key_that_does_not_match_is_named() {
        let address = Address::parse(ADDRESS, &MAINNET).unwrap();
        let made = |spend, view| WalletKeys::from_keys(&address, secret(spend), secret(view)).unwrap_err();
        assert_eq!(made(VIEW, VIEW), WalletKeysError::SpendKeyMismatch);
        assert_eq!(made(SPEND, SPEND), WalletKeysError::ViewKeyMismatch);
        let integrated = address.with_payment_id(oxen_types::PaymentId::new([1; 8])).unwrap();
        let refused = WalletKeys::from_view_key(&integrated, secret(VIEW)).unwrap_err();
        assert_eq!(refused, WalletKeysError::NotPrimary("an integrated one"));
    }

    #[test]
    fn wallets_without_words_say_why() {
        let keys = AccountKeys {
            spend: secret(SPEND),
            view: secret(SPEND),
        };
        assert_eq!(
            WalletKeys::Full(keys.clone()).seed_words(Language::English),
            Err(SeedError::NotDeterministic)
        );
        let view_only = WalletKeys::Full(keys).to_view_only();
        assert_eq!(view_only.seed_words(Language::English), Err(SeedError::ViewOnly));
        assert!(view_only.spend().is_none() && view_only.spend_secret(SubaddressIndex::PRIMARY).is_none());
    }

    #[test]
    fn sections_round_trip_and_damage_is_noticed() {
        let full = section(WalletKeys::from_spend_key(secret(SPEND)));
        let view_only = section(full.keys.to_view_only());
        for section in [full, view_only] {
            let bytes = section.encode();
            assert_eq!(KeysSection::decode(&bytes), Ok(section));
            assert_eq!(
                KeysSection::decode(&bytes[..bytes.len() - 1]),
                Err(KeysSectionError::Malformed)
            );
            let mut newer = bytes.to_vec();
            newer[0] = 9;
            assert_eq!(
                KeysSection::decode(&newer),
                Err(KeysSectionError::UnknownVersion { found: 9 })
            );
        }
        assert_eq!(KeysSection::decode(&[]), Err(KeysSectionError::Malformed));
    }

    #[test]
    fn secrets_are_never_printed() {
        let section = section(WalletKeys::from_spend_key(secret(SPEND)));
        let text = format!("{section:?} {:?}", SecretBytes::from(&secret(SPEND)));
        assert!(!text.contains("148d78") && !text.contains("20, 141, 120"), "{text}");
        assert!(text.contains("redacted"));
    }
}
