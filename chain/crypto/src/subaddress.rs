//! Subaddresses: any number of unlinkable addresses of one account (chain §1.5).

use crate::{
    batch::BatchPoint,
    derivation::monero_public_key,
    keys::{KeyError, SecretKey, ViewKeys, hash_to_scalar},
};
use monero::{cryptonote::subaddress as monero_subaddress, util::key as monero_key};
use oxen_types::PublicKey;
use std::{collections::BTreeMap, fmt, ops::Range};

/// Separates subaddress secrets from other hashes of the view key.
const DOMAIN: &[u8; 8] = b"SubAddr\0";

/// Which subaddress of an account: `(major, minor)`, that is account and address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SubaddressIndex {
    /// The account `i`.
    pub major: u32,
    /// The address `j` within it.
    pub minor: u32,
}

impl SubaddressIndex {
    /// `(0, 0)`: the primary address, which is no subaddress.
    pub const PRIMARY: Self = Self { major: 0, minor: 0 };

    /// The address `minor` of the account `major`.
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// True for `(0, 0)`.
    #[must_use]
    pub fn is_primary(self) -> bool {
        self == Self::PRIMARY
    }
}

impl fmt::Display for SubaddressIndex {
    /// As `major/minor`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.major, self.minor)
    }
}

/// The public keys of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKeys {
    /// `B`, or `D_ij = B + m·G` of a subaddress.
    pub spend: PublicKey,
    /// `A`, or `C_ij = a·D_ij` of a subaddress.
    pub view: PublicKey,
}

/// `m(i, j)`: what a subaddress adds to the spend secret; zero for the primary address.
#[must_use]
pub fn secret_offset(view: &SecretKey, index: SubaddressIndex) -> SecretKey {
    if index.is_primary() {
        return SecretKey(curve25519_dalek::Scalar::ZERO);
    }
    hash_to_scalar(&[
        DOMAIN,
        &*view.to_bytes(),
        &index.major.to_le_bytes(),
        &index.minor.to_le_bytes(),
    ])
}

/// `b + m(i, j)`: the spend secret of an address.
#[must_use]
pub fn spend_secret(spend: &SecretKey, view: &SecretKey, index: SubaddressIndex) -> SecretKey {
    spend.plus(&secret_offset(view, index))
}

/// Both public keys of an address of the account.
///
/// # Errors
/// [`KeyError::InvalidPoint`] if the account's spend key does not decode.
pub fn public_keys(account: &ViewKeys, index: SubaddressIndex) -> Result<PublicKeys, KeyError> {
    let pair = monero_key::ViewPair {
        view: monero_key::PrivateKey::from_scalar(account.view.0),
        spend: monero_public_key(&account.spend)?,
    };
    let index = monero_subaddress::Index {
        major: index.major,
        minor: index.minor,
    };
    let (view, spend) = monero_subaddress::get_public_keys(&pair, index);
    Ok(PublicKeys {
        spend: PublicKey::new(spend.to_bytes()),
        view: PublicKey::new(view.to_bytes()),
    })
}

/// Spend keys of many addresses of one account, to look an output's owner up.
#[derive(Debug, Clone, Default)]
pub struct SubaddressTable {
    indices: BTreeMap<PublicKey, SubaddressIndex>,
}

impl SubaddressTable {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the addresses `minors` of the account `major`.
    ///
    /// # Errors
    /// [`KeyError::InvalidPoint`] if the account's spend key does not decode; nothing is added then.
    pub fn add(&mut self, account: &ViewKeys, major: u32, minors: Range<u32>) -> Result<(), KeyError> {
        let base = BatchPoint::decode(&account.spend).ok_or(KeyError::InvalidPoint)?;
        let indices: Vec<SubaddressIndex> = minors.map(|minor| SubaddressIndex { major, minor }).collect();
        let points: Vec<BatchPoint> = indices
            .iter()
            .map(|index| {
                base.plus(&BatchPoint::multiple_of_base(
                    &secret_offset(&account.view, *index).to_bytes(),
                ))
            })
            .collect();
        self.indices.extend(
            BatchPoint::compress_all(&points)
                .into_iter()
                .map(PublicKey::new)
                .zip(indices),
        );
        Ok(())
    }

    /// The address with this spend key.
    #[must_use]
    pub fn find(&self, spend: &PublicKey) -> Option<SubaddressIndex> {
        self.indices.get(spend).copied()
    }

    /// How many addresses it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// True when it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccountKeys;

    #[test]
    fn every_way_to_a_subaddress_leads_to_the_same_keys() {
        let account = AccountKeys::from_seed(&[0x5a; 32]);
        let view_keys = account.view_keys();
        let mut table = SubaddressTable::new();
        for major in [0, 1, u32::MAX] {
            table.add(&view_keys, major, 0..3).unwrap();
            for minor in 0..3 {
                let index = SubaddressIndex { major, minor };
                let keys = public_keys(&view_keys, index).unwrap();
                let secret = spend_secret(&account.spend, &account.view, index);
                assert_eq!(secret.public_key(), keys.spend, "{index}");
                assert_eq!(table.find(&keys.spend), Some(index));
                let view = if index.is_primary() {
                    view_keys.view_public()
                } else {
                    account.view.multiply(&keys.spend).unwrap()
                };
                assert_eq!(keys.view, view, "{index}");
            }
        }
        assert_eq!(table.len(), 9);
        assert_eq!(table.find(&view_keys.view_public()), None);
    }

    #[test]
    fn the_primary_address_is_the_account_itself() {
        let account = AccountKeys::from_seed(&[1; 32]);
        let keys = public_keys(&account.view_keys(), SubaddressIndex::PRIMARY).unwrap();
        assert_eq!(
            (keys.spend, keys.view),
            (account.spend.public_key(), account.view.public_key())
        );
        assert_eq!(
            spend_secret(&account.spend, &account.view, SubaddressIndex::PRIMARY),
            account.spend
        );
    }

    #[test]
    fn an_undecodable_spend_key_is_named() {
        let account = ViewKeys {
            view: SecretKey::reduce([1; 32]),
            spend: PublicKey::new([0xff; 32]),
        };
        let mut table = SubaddressTable::new();
        assert_eq!(table.add(&account, 0, 0..2), Err(KeyError::InvalidPoint));
        assert!(table.is_empty());
        assert_eq!(
            public_keys(&account, SubaddressIndex::new(0, 1)),
            Err(KeyError::InvalidPoint)
        );
    }
}
