//! Which rules a height has: hard forks as data, checked once when the table is built (chain §4.1).

use crate::height::Height;
use std::fmt;
use thiserror::Error;

/// The number of a hard fork, which is the major version of its blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct HardForkVersion(u8);

impl HardForkVersion {
    /// The version of every genesis block, and the first.
    pub const FIRST: Self = Self(7);
    /// Service nodes.
    pub const SERVICE_NODES: Self = Self(9);
    /// Bulletproofs and fees per byte.
    pub const BULLETPROOFS: Self = Self(10);
    /// Stakes without end; long-term block weight; transaction version 4.
    pub const INFINITE_STAKING: Self = Self(11);
    /// RandomXL and service node checkpoints.
    pub const CHECKPOINTS: Self = Self(12);
    /// Checkpoints bind; fee per output.
    pub const ENFORCED_CHECKPOINTS: Self = Self(13);
    /// Blink and burned fees.
    pub const BLINK: Self = Self(14);
    /// Oxen name system.
    pub const NAME_SYSTEM: Self = Self(15);
    /// Pulse, CLSAG, minimum age of ring members, at least two outputs.
    pub const PULSE: Self = Self(16);
    /// The block reward of HF17 (chain §4.6).
    pub const REWARD_REDUCTION: Self = Self(17);
    /// Wallet names; lower fee per output.
    pub const WALLET_NAMES: Self = Self(18);
    /// Rewards are batched.
    pub const REWARD_BATCHING: Self = Self(19);
    /// Registrations stop; reward and leader are in the header.
    pub const ETHEREUM_TRANSITION: Self = Self(20);
    /// Stakes and rewards live on Ethereum; no coinbase.
    pub const ETHEREUM: Self = Self(21);
    /// Burned OXEN are credited on L2 (bridge §5.3): ours, above every upstream number. Its blocks are those of HF21.
    pub const SWAP: Self = Self(30);
    /// The newest version whose rules are known here.
    pub const LATEST: Self = Self::SWAP;

    /// From the number.
    #[must_use]
    pub const fn new(number: u8) -> Self {
        Self(number)
    }

    /// True when there are rules for it here: upstream's up to HF21, and our own.
    #[must_use]
    pub const fn is_known(self) -> bool {
        (self.0 >= Self::FIRST.0 && self.0 <= Self::ETHEREUM.0) || self.0 == Self::SWAP.0
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for HardForkVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HF{}", self.0)
    }
}

/// One entry of a fork table: from this height on blocks have this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct HardFork {
    /// Major version of the blocks.
    pub version: HardForkVersion,
    /// The service node revision within the version: producers write it as minor version from HF19 on.
    pub revision: u8,
    /// First height.
    pub height: Height,
}

impl HardFork {
    /// An entry.
    #[must_use]
    pub const fn new(version: u8, revision: u8, height: u64) -> Self {
        Self {
            version: HardForkVersion::new(version),
            revision,
            height: Height::new(height),
        }
    }
}

/// Why a list of forks is not a fork table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HardForkTableError {
    /// No entry.
    #[error("the fork table is empty: give at least one entry at height 0")]
    Empty,
    /// The first entry is not at the genesis block.
    #[error("the first fork starts at height {height}: it must start at 0")]
    FirstNotAtGenesis {
        /// Where it starts.
        height: Height,
    },
    /// A version that has no rules here.
    #[error(
        "{version} is not known: versions run from {} to {}, then comes {}",
        HardForkVersion::FIRST,
        HardForkVersion::ETHEREUM,
        HardForkVersion::SWAP
    )]
    UnknownVersion {
        /// The version.
        version: HardForkVersion,
    },
    /// An entry does not start above the one before it.
    #[error("the fork at height {height} must start above the one before it")]
    HeightsNotAscending {
        /// Where the later entry starts.
        height: Height,
    },
    /// An entry has no higher version, or revision of the same version, than the one before it.
    #[error("the fork at height {height} must have a higher version or revision than the one before it")]
    VersionsNotAscending {
        /// Where the later entry starts.
        height: Height,
    },
}

/// The forks of a network in order. Starts at height 0, so every height has a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HardForkTable {
    first: HardFork,
    later: Vec<HardFork>,
}

impl HardForkTable {
    /// Checks and takes the entries.
    ///
    /// # Errors
    /// The first rule that they break: see [`HardForkTableError`].
    pub fn new(forks: &[HardFork]) -> Result<Self, HardForkTableError> {
        let (first, later) = forks.split_first().ok_or(HardForkTableError::Empty)?;
        if first.height != Height::GENESIS {
            return Err(HardForkTableError::FirstNotAtGenesis { height: first.height });
        }
        let mut previous = first;
        for fork in forks {
            if !fork.version.is_known() {
                return Err(HardForkTableError::UnknownVersion { version: fork.version });
            }
        }
        for fork in later {
            if fork.height <= previous.height {
                return Err(HardForkTableError::HeightsNotAscending { height: fork.height });
            }
            if (fork.version, fork.revision) <= (previous.version, previous.revision) {
                return Err(HardForkTableError::VersionsNotAscending { height: fork.height });
            }
            previous = fork;
        }
        Ok(Self {
            first: *first,
            later: later.to_vec(),
        })
    }

    /// The entries, lowest height first; never empty.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &HardFork> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// The entry that a block at `height` obeys: the last that starts at or below it.
    #[must_use]
    pub fn version_at(&self, height: Height) -> HardFork {
        *self
            .iter()
            .rev()
            .find(|fork| fork.height <= height)
            .unwrap_or(&self.first)
    }

    /// Where the rules of `version` begin: the first entry with this major version or a higher one, because a network may
    /// skip forks. `None` when it has not scheduled them.
    #[must_use]
    pub fn begins(&self, version: HardForkVersion) -> Option<Height> {
        self.iter().find(|fork| fork.version >= version).map(|fork| fork.height)
    }

    /// True when the rules of `version` hold at `height`.
    #[must_use]
    pub fn is_active(&self, version: HardForkVersion, height: Height) -> bool {
        self.version_at(height).version >= version
    }

    /// The last entry.
    #[must_use]
    pub fn latest(&self) -> HardFork {
        *self.later.last().unwrap_or(&self.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> HardForkTable {
        HardForkTable::new(&[
            HardFork::new(7, 0, 0),
            HardFork::new(14, 0, 1),
            HardFork::new(19, 0, 10),
            HardFork::new(19, 3, 12),
        ])
        .expect("ascending")
    }

    #[test]
    fn a_height_has_the_last_fork_that_started() {
        for (height, version, revision) in [
            (0, 7, 0),
            (1, 14, 0),
            (9, 14, 0),
            (10, 19, 0),
            (11, 19, 0),
            (12, 19, 3),
            (u64::MAX, 19, 3),
        ] {
            let fork = table().version_at(Height::new(height));
            assert_eq!(
                (fork.version.number(), fork.revision),
                (version, revision),
                "at {height}"
            );
        }
    }

    #[test]
    fn a_skipped_fork_begins_with_the_next_one() {
        assert_eq!(table().begins(HardForkVersion::FIRST), Some(Height::GENESIS));
        assert_eq!(table().begins(HardForkVersion::INFINITE_STAKING), Some(Height::new(1)));
        assert_eq!(table().begins(HardForkVersion::PULSE), Some(Height::new(10)));
        assert_eq!(table().begins(HardForkVersion::REWARD_BATCHING), Some(Height::new(10)));
        assert_eq!(table().begins(HardForkVersion::ETHEREUM_TRANSITION), None);
        assert!(!table().is_active(HardForkVersion::PULSE, Height::new(9)));
        assert!(table().is_active(HardForkVersion::PULSE, Height::new(10)));
    }

    #[test]
    fn each_rule_of_the_table_has_its_error() {
        let refused = |forks: &[HardFork]| HardForkTable::new(forks).expect_err("broken");
        assert_eq!(refused(&[]), HardForkTableError::Empty);
        assert_eq!(
            refused(&[HardFork::new(7, 0, 1)]),
            HardForkTableError::FirstNotAtGenesis { height: Height::new(1) }
        );
        assert_eq!(
            refused(&[HardFork::new(7, 0, 0), HardFork::new(22, 0, 1)]),
            HardForkTableError::UnknownVersion {
                version: HardForkVersion::new(22)
            }
        );
        assert_eq!(
            refused(&[HardFork::new(6, 0, 0)]),
            HardForkTableError::UnknownVersion {
                version: HardForkVersion::new(6)
            }
        );
        assert_eq!(
            refused(&[HardFork::new(7, 0, 0), HardFork::new(8, 0, 0)]),
            HardForkTableError::HeightsNotAscending {
                height: Height::GENESIS
            }
        );
        assert_eq!(
            refused(&[HardFork::new(7, 0, 0), HardFork::new(19, 1, 5), HardFork::new(19, 1, 6)]),
            HardForkTableError::VersionsNotAscending { height: Height::new(6) }
        );
    }

    proptest::proptest! {
        #[test]
        fn a_version_holds_exactly_from_where_it_begins(
            steps in proptest::collection::vec((1_u8..4, 1_u64..1_000), 0..6), asked in 7_u8..=21
        ) {
            let mut forks = vec![HardFork::new(7, 0, 0)];
            for (versions, blocks) in steps {
                let last = forks[forks.len() - 1];
                let version = last.version.number() + versions;
                if version <= HardForkVersion::ETHEREUM.number() {
                    forks.push(HardFork::new(version, 0, last.height.index() + blocks));
                }
            }
            let table = HardForkTable::new(&forks).unwrap();
            let asked = HardForkVersion::new(asked);
            match table.begins(asked) {
                Some(height) => {
                    proptest::prop_assert!(table.is_active(asked, height));
                    let before = height.previous();
                    proptest::prop_assert!(before.is_none_or(|height| !table.is_active(asked, height)));
                }
                None => proptest::prop_assert!(!table.is_active(asked, Height::new(u64::MAX))),
            }
        }
    }
}
