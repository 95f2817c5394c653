//! The parameters of each network: one table per network, one place for what all share (chain §4.1, §7).
//!
//! [`Network`] is data. The built-in ones come from [`Network::mainnet`] and its neighbours, any other from a description file
//! ([`NetworkDescription`]). Code asks the parameters and never which network it is on.

pub mod constants;
mod description;
mod genesis;
mod hard_forks;
mod parameters;
mod pulse_schedule;
mod stake_conversion;
mod swap;

mod devnet;
mod fakechain;
mod localdev;
mod mainnet;
mod stagenet;
mod testnet;

#[cfg(test)]
mod tests;

pub use description::{DescribedConstant, LoadedNetwork, NetworkDescription, NetworkDescriptionError};
pub use genesis::{Genesis, GenesisError};
pub use hard_forks::{HardFork, HardForkTable, HardForkTableError, HardForkVersion};
pub use parameters::{
    AddressPrefixes, BatchingParameters, CompanionServices, DecommissionParameters, DifficultyRule, FoundationAccrual,
    GovernanceAddresses, HistoryParameters, L2Parameters, L2Settlement, NAME_YEAR_DAYS, NamePeriods, NetworkKind,
    PaymentStart, Ports, ProofOfWorkRule, PulseParameters, PulseStartRule, StakingParameters, UptimeParameters,
    blocks_in, blocks_in_days, blocks_in_hours,
};
pub use stake_conversion::{ConversionRatio, PrefixedAddress, StakeConversion};
pub use swap::{SwapParameters, SwapRatio, SwapRatioInForce, SwapRatioPeriod, SwapRatioTable, SwapRatioTableError};

use crate::{
    bytes::{Hash, NetworkId},
    height::Height,
};

/// A block id that is known beforehand (chain §3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KnownBlock {
    /// Height of the block.
    pub height: Height,
    /// Its id.
    pub block_id: Hash,
}

/// Everything that distinguishes one network from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Name for people, file names and the command line.
    pub name: String,
    /// Which network this is.
    pub kind: NetworkKind,
    /// Folder below the data directory; empty for mainnet.
    pub data_directory: String,
    /// First varints of addresses.
    pub address_prefixes: AddressPrefixes,
    /// Id that peers compare.
    pub network_id: NetworkId,
    /// Default ports.
    pub ports: Ports,
    /// Versions by height.
    pub forks: HardForkTable,
    /// The first block.
    pub genesis: Genesis,
    /// Block ids that may not be replaced, lowest height first.
    pub checkpoints: Vec<KnownBlock>,
    /// Seconds between blocks; never 0.
    pub target_block_seconds: u64,
    /// Difficulty of blocks.
    pub difficulty: DifficultyRule,
    /// Hash of mined blocks.
    pub proof_of_work: ProofOfWorkRule,
    /// Pulse.
    pub pulse: PulseParameters,
    /// Rewards of HF19 and HF20.
    pub batching: BatchingParameters,
    /// Stakes.
    pub staking: StakingParameters,
    /// Decommission credit.
    pub decommission: DecommissionParameters,
    /// Uptime proofs.
    pub uptime: UptimeParameters,
    /// Storage server and onion router.
    pub companion_services: CompanionServices,
    /// Names.
    pub name_periods: NamePeriods,
    /// Stakes and rewards from HF21 on.
    pub l2: L2Parameters,
    /// What becomes of OXEN stakes at HF21.
    pub stake_conversion: StakeConversion,
    /// The swap from OXEN to SESH; `None` where it is not decided.
    pub swap: Option<SwapParameters>,
    /// The foundation's addresses.
    pub governance: GovernanceAddresses,
    /// What is kept.
    pub history: HistoryParameters,
}

impl Network {
    /// The network with value.
    #[must_use]
    pub fn mainnet() -> Self {
        mainnet::network()
    }

    /// The public test network.
    #[must_use]
    pub fn testnet() -> Self {
        testnet::network()
    }

    /// The development network.
    #[must_use]
    pub fn devnet() -> Self {
        devnet::network()
    }

    /// The rehearsal network.
    #[must_use]
    pub fn stagenet() -> Self {
        stagenet::network()
    }

    /// Upstream's network on one machine.
    #[must_use]
    pub fn localdev() -> Self {
        localdev::network()
    }

    /// Upstream's parameters for tests of one node, with HF7 at height 0 only: tests give their own table.
    #[must_use]
    pub fn fakechain() -> Self {
        fakechain::network()
    }

    /// One node on its own with today's rules: fakechain with HF19 revision 3 from height 1 and difficulty 1.
    #[must_use]
    pub fn regtest() -> Self {
        fakechain::regtest()
    }

    /// Every network that is built in.
    #[must_use]
    pub fn built_in() -> [Self; 7] {
        [
            Self::mainnet(),
            Self::testnet(),
            Self::devnet(),
            Self::stagenet(),
            Self::localdev(),
            Self::fakechain(),
            Self::regtest(),
        ]
    }

    /// A network from the text of a description file, without the list of what was not understood: see
    /// [`NetworkDescription`] for that and for the format.
    ///
    /// # Errors
    /// The first thing in the description that is wrong, by its key.
    pub fn from_description_json(text: &str) -> Result<Self, NetworkDescriptionError> {
        NetworkDescription::from_json(text)?
            .to_network()
            .map(|loaded| loaded.network)
    }

    /// Blocks of one day at the target time.
    #[must_use]
    pub const fn blocks_per_day(&self) -> u64 {
        blocks_in_days(1, self.target_block_seconds)
    }

    /// Blocks of one hour at the target time.
    #[must_use]
    pub const fn blocks_per_hour(&self) -> u64 {
        blocks_in_hours(1, self.target_block_seconds)
    }

    /// The known block id at `height`, if there is one.
    #[must_use]
    pub fn checkpoint_at(&self, height: Height) -> Option<Hash> {
        self.checkpoints
            .iter()
            .find(|known| known.height == height)
            .map(|known| known.block_id)
    }
}
