//! When accrued rewards are paid, and to which one-time keys (chain §4.7, steps 2 and 3).

use oxen_crypto::{
    derivation::KeyDerivation,
    keys::{KeyError, SecretKey},
};
use oxen_types::{Amount, Height, PublicKey, bytes::EthereumAddress};
use parity_scale_codec::{Decode, Encode};

/// Who stakes and who accrues rewards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Recipient {
    /// Up to HF20: the keys of a standard address, which coinbases pay.
    #[codec(index = 0)]
    Oxen {
        /// Spend key.
        spend: PublicKey,
        /// View key.
        view: PublicKey,
    },
    /// From HF21 on: an account on L2, which is paid there. What it accrues is its lifetime total.
    #[codec(index = 1)]
    Ethereum(EthereumAddress),
}

impl Recipient {
    /// The account on L2, of somebody who has one.
    #[must_use]
    pub const fn ethereum(&self) -> Option<EthereumAddress> {
        match self {
            Self::Ethereum(address) => Some(*address),
            Self::Oxen { .. } => None,
        }
    }

    /// Blocks after a multiple of the interval at which this recipient is paid, or its rewards are summed up: the first eight
    /// bytes of the view key or of the address, as a little-endian number, modulo the interval.
    #[must_use]
    pub fn payout_offset(&self, interval_blocks: u64) -> u64 {
        let bytes: &[u8] = match self {
            Self::Oxen { view, .. } => view.as_bytes(),
            Self::Ethereum(address) => address.as_bytes(),
        };
        let first = bytes.first_chunk::<8>().copied().unwrap_or_default();
        u64::from_le_bytes(first).checked_rem(interval_blocks).unwrap_or(0)
    }

    /// The next height above `height` at which this recipient is paid.
    #[must_use]
    pub fn next_payout(&self, height: Height, interval_blocks: u64) -> Height {
        let position = height.index().checked_rem(interval_blocks).unwrap_or(0);
        let offset = self.payout_offset(interval_blocks);
        let wait = if offset > position {
            offset.saturating_sub(position)
        } else {
            interval_blocks.saturating_sub(position).saturating_add(offset)
        };
        height.saturating_add(wait)
    }
}

/// One output that a coinbase must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct BatchPayout {
    /// Who is paid.
    pub recipient: Recipient,
    /// How much.
    pub amount: Amount,
}

/// The deterministic transaction key of a coinbase: the block's height as a scalar.
#[must_use]
pub fn height_key(height: Height) -> SecretKey {
    let mut bytes = [0; 32];
    let (low, _) = bytes.split_at_mut(8);
    low.copy_from_slice(&height.index().to_le_bytes());
    SecretKey::reduce(bytes)
}

/// The one-time key that output `index` of the coinbase at `height` must pay.
///
/// # Errors
/// A key of the recipient is not a curve point, or it has none because it is paid on L2.
pub fn payout_key(recipient: &Recipient, height: Height, index: u64) -> Result<PublicKey, KeyError> {
    match recipient {
        Recipient::Oxen { spend, view } => {
            KeyDerivation::new(&height_key(height), view)?.derive_public_key(index, spend)
        }
        Recipient::Ethereum(_) => Err(KeyError::InvalidPoint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_crypto::address::{Address, AddressPrefixes};

    const MAINNET: AddressPrefixes = AddressPrefixes {
        standard: 114,
        integrated: 115,
        subaddress: 116,
    };
    const TESTNET: AddressPrefixes = AddressPrefixes {
        standard: 156,
        integrated: 157,
        subaddress: 158,
    };

    fn recipient(address: &str, prefixes: &AddressPrefixes) -> Recipient {
        let address = Address::parse(address, prefixes).unwrap();
        Recipient::Oxen {
            spend: address.spend(),
            view: address.view(),
        }
    }

    fn governance() -> Recipient {
        recipient(
            "LDBEN6Ut4NkMwyaXWZ7kBEAx8X64o6YtDhLXUP26uLHyYT4nFmcaPU2Z2fauqrhTLh4Qfr61pUUZVLaTHqAdycETKM1STrz",
            &MAINNET,
        )
    }

    #[test]
    fn payout_offsets_and_heights_are_the_known_ones() {
        let wallet = recipient(
            "T6TzkJb5EiASaCkcH7idBEi1HSrpSQJE1Zq3aL65ojBMPZvqHNYPTL56i3dncGVNEYCG5QG5zrBmRiVwcg6b1cRM1SRNqbp44",
            &TESTNET,
        );
        assert_eq!(wallet.payout_offset(10), 0);
        assert_eq!(wallet.payout_offset(100), 90);
        assert_eq!(wallet.next_payout(Height::new(50), 100), Height::new(90));
        assert_eq!(wallet.next_payout(Height::new(90), 100), Height::new(190));
        assert_eq!(wallet.next_payout(Height::new(100), 100), Height::new(190));
        assert_eq!(governance().payout_offset(2520), 1502);
    }

    #[test]
    fn height_keys_and_payout_keys_are_the_known_ones() {
        for (height, key, first, second) in [
            (
                1_081_149,
                "19833a2746c1a4592f29eed32b0f59245786bf8bf66b820d6e0c193cd968fe78",
                "ed41e421e0f3d23e9b10adc5042c49badd54d6f48bb2ebe5aa1590e9ab8eeb13",
                "525c4a85e8662d539426dff4ed4e182ccaafab1fc2fbd67cc7a33252c90d99dc",
            ),
            (
                1_253_039,
                "ee5e4e3544f4c8f7bf43a070d58b3a0df81646776f47282f20296edbee9ac13c",
                "1fc0019ec6a80f23f21333ff522891898e4ef14445a1c2bf3d60840e3a0801b8",
                "0b0c03748904cb2536f22920c5e152146cf7a302db26d445c7491e607a868dac",
            ),
        ] {
            let height = Height::new(height);
            assert_eq!(height_key(height).public_key().to_string(), key);
            assert_eq!(payout_key(&governance(), height, 0).unwrap().to_string(), first);
            assert_eq!(payout_key(&governance(), height, 1).unwrap().to_string(), second);
        }
    }
}
