//! What becomes of OXEN stakes and unpaid rewards at HF21 (bridge §5.1, item 3): a table that everybody has before the fork.

use crate::{
    amount::Amount,
    bytes::{BlsPublicKey, EthereumAddress, PublicKey},
};
use std::collections::BTreeMap;

/// Who gets SESH for OXEN at HF21, and which nodes go on. An empty table converts nothing: stakes are free, nodes stay without
/// anybody who earns.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StakeConversion {
    /// SESH for OXEN.
    #[serde(default)]
    pub ratio: ConversionRatio,
    /// The Ethereum address that each registered OXEN address, as text, gave.
    #[serde(default)]
    pub addresses: BTreeMap<String, PrefixedAddress>,
    /// BLS key of each service node that proved to have one, by its primary key, which must be its Ed25519 key.
    #[serde(default)]
    pub service_nodes: BTreeMap<PublicKey, BlsPublicKey>,
    /// Atomic SESH beside what is converted, by Ethereum address.
    #[serde(default)]
    pub bonuses: BTreeMap<PrefixedAddress, Amount>,
}

impl Default for StakeConversion {
    fn default() -> Self {
        Self {
            ratio: ConversionRatio::MAINNET,
            addresses: BTreeMap::new(),
            service_nodes: BTreeMap::new(),
            bonuses: BTreeMap::new(),
        }
    }
}

impl StakeConversion {
    /// OXEN that every table must have room for, a thousand million: more than any network mints in a century.
    pub const MOST_OXEN: Amount = Amount::from_atomic(1_000_000_000 * Amount::OXEN.atomic());

    /// The most SESH that this table makes, bonuses and what [`Self::MOST_OXEN`] are worth; `None` when it leaves 64 bits. Then
    /// the table cannot be used: somebody would get less than it says.
    #[must_use]
    pub fn most_converted(&self) -> Option<Amount> {
        let bonuses = Amount::checked_sum(self.bonuses.values().copied())?;
        self.ratio.convert(Self::MOST_OXEN)?.checked_add(bonuses)
    }

    /// The Ethereum address that an OXEN address gave.
    #[must_use]
    pub fn ethereum_address(&self, address: &str) -> Option<EthereumAddress> {
        self.addresses.get(address).map(|address| address.0)
    }
}

/// SESH for OXEN as a fraction; both coins have nine decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ConversionRatio {
    /// Atomic SESH.
    pub numerator: u64,
    /// For so many atomic OXEN; never 0.
    pub denominator: std::num::NonZeroU64,
}

impl ConversionRatio {
    /// 0.54 SESH for an OXEN (bridge §5.2).
    pub const MAINNET: Self = Self {
        numerator: 54,
        denominator: std::num::NonZeroU64::new(100).expect("100 is not 0"),
    };

    /// Atomic SESH for atomic OXEN, rounded down; `None` when it leaves 64 bits.
    #[must_use]
    pub fn convert(&self, oxen: Amount) -> Option<Amount> {
        let product = u128::from(oxen.atomic()).checked_mul(u128::from(self.numerator))?;
        let quotient = product.checked_div(u128::from(self.denominator.get()))?;
        u64::try_from(quotient).ok().map(Amount::from_atomic)
    }
}

impl Default for ConversionRatio {
    fn default() -> Self {
        Self::MAINNET
    }
}

/// An Ethereum address that is written with `0x` in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PrefixedAddress(pub EthereumAddress);

impl serde::Serialize for PrefixedAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("0x{}", self.0))
    }
}

impl<'de> serde::Deserialize<'de> for PrefixedAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").unwrap_or(&text).to_ascii_lowercase();
        digits.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_four_hundredths_round_down() {
        let convert = |oxen| {
            ConversionRatio::MAINNET
                .convert(Amount::from_atomic(oxen))
                .unwrap()
                .atomic()
        };
        assert_eq!(convert(15_000_000_000_000), 8_100_000_000_000);
        assert_eq!([convert(0), convert(1), convert(2), convert(99)], [0, 0, 1, 53]);
        let most = Amount::from_atomic(u64::MAX);
        let doubled = ConversionRatio {
            numerator: 2,
            denominator: std::num::NonZeroU64::MIN,
        };
        assert_eq!(doubled.convert(most), None);
    }

    #[test]
    fn a_table_has_room_for_all_oxen_and_the_bonuses() {
        let mut table = StakeConversion::default();
        let worth = 540_000_000 * Amount::OXEN.atomic();
        assert_eq!(table.most_converted(), Some(Amount::from_atomic(worth)));
        for number in [1, 2] {
            let address = PrefixedAddress(EthereumAddress::new([number; 20]));
            table
                .bonuses
                .insert(address, Amount::from_atomic((u64::MAX - worth) / 2));
        }
        assert!(table.most_converted().is_some());
        let third = PrefixedAddress(EthereumAddress::new([3; 20]));
        table.bonuses.insert(third, Amount::from_atomic(2));
        assert_eq!(table.most_converted(), None);
        table.bonuses.clear();
        table.ratio.numerator = 1_900;
        assert_eq!(table.most_converted(), None);
    }

    #[test]
    fn a_table_is_read_as_it_is_written() {
        let text = format!(
            r#"{{"addresses":{{"LaDdReSs":"0x{}"}},"service_nodes":{{"{}":"{}"}},"bonuses":{{"0x{}":7}}}}"#,
            "Ab".repeat(20),
            "01".repeat(32),
            "02".repeat(64),
            "03".repeat(20)
        );
        let table: StakeConversion = serde_json::from_str(&text).unwrap();
        assert_eq!(
            table.ethereum_address("LaDdReSs"),
            Some(EthereumAddress::new([0xab; 20]))
        );
        assert_eq!(table.ratio, ConversionRatio::MAINNET);
        let written = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<StakeConversion>(&written).unwrap(), table);
    }
}
