//! A network as a JSON file: read for private networks and recorded chains, written for others to join (design §6).
//!
//! The keys are `name`, `address_prefixes`, `network_id`, `hard_forks`, `genesis_tx`, `genesis_nonce`,
//! `genesis_block_version`, `genesis_hash`, `constants` (all required) and `kind`, `data_directory`, `genesis_timestamp`,
//! `checkpoints`, `pulse_timing`, `stake_conversion`, `constants_same_as_mainnet` (optional). A constant is `{"value": …, "unit": "…"}` under its
//! upstream name; one that is missing has mainnet's value, where durations stay durations and are converted to blocks at the
//! network's own block time. Heights and amounts are JSON integers, bytes are lower-case hexadecimal.

mod constants;
mod error;
mod swap;

#[cfg(test)]
mod tests;

pub use error::NetworkDescriptionError;

use super::{
    AddressPrefixes, Genesis, HardFork, HardForkTable, HardForkVersion, KnownBlock, Network, NetworkKind,
    PulseStartRule, StakeConversion, mainnet,
};
use crate::{
    bytes::{Hash, NetworkId},
    height::{Height, Timestamp},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Keys that say something about the recording of a chain and nothing about the network.
const NOTES: [&str; 4] = ["based_on", "last_height", "hard_forks_note", "note"];

/// A constant in a description.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DescribedConstant {
    /// A whole number, a truth value, a text, or a list of these, as the constant has it.
    pub value: Value,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// The key `pulse_timing`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct PulseTiming {
    /// Seconds after the previous block at which round 0 starts, by the height from which on they hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seconds_after_previous_block_from_height: Option<BTreeMap<u64, u64>>,
    /// Where Pulse begins; informative, but must be true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pulse_genesis_height: Option<Height>,
    /// Whether timestamps are compared with rounds at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checked: Option<bool>,
}

/// The content of a description file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NetworkDescription {
    name: String,
    kind: NetworkKind,
    data_directory: String,
    address_prefixes: AddressPrefixes,
    network_id: NetworkId,
    hard_forks: Vec<HardFork>,
    genesis_tx: String,
    genesis_nonce: u32,
    genesis_block_version: [u8; 2],
    genesis_hash: Hash,
    genesis_timestamp: Timestamp,
    checkpoints: Vec<KnownBlock>,
    constants: BTreeMap<String, DescribedConstant>,
    pulse_timing: PulseTiming,
    stake_conversion: StakeConversion,
    #[serde(skip)]
    unknown: Vec<String>,
}

/// A network and what of its description was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedNetwork {
    /// The network.
    pub network: Network,
    /// Keys and constants that mean nothing here, as `key` or `key.inner`; an operator should be warned of them.
    pub unknown: Vec<String>,
}

impl NetworkDescription {
    /// Most bytes of a description.
    pub const MAX_BYTES: usize = 4 << 20;

    /// Reads the text, without judging the values.
    ///
    /// # Errors
    /// The text is too long or not a JSON object, or a key is missing or of the wrong type.
    pub fn from_json(text: &str) -> Result<Self, NetworkDescriptionError> {
        if text.len() > Self::MAX_BYTES {
            return Err(NetworkDescriptionError::TooLong { bytes: text.len() });
        }
        let mut keys = Keys {
            map: serde_json::from_str(text).map_err(NetworkDescriptionError::NotJson)?,
        };
        let name: String = keys.required("name")?;
        let constants = described_constants(&mut keys)?;
        let mut unknown = Vec::new();
        Ok(Self {
            kind: keys.optional("kind")?.unwrap_or(NetworkKind::Private),
            data_directory: keys.optional("data_directory")?.unwrap_or_else(|| name.clone()),
            address_prefixes: keys.required("address_prefixes")?,
            network_id: keys.required("network_id")?,
            hard_forks: keys.required("hard_forks")?,
            genesis_tx: keys.required("genesis_tx")?,
            genesis_nonce: keys.required("genesis_nonce")?,
            genesis_block_version: keys.required("genesis_block_version")?,
            genesis_hash: keys.required("genesis_hash")?,
            genesis_timestamp: keys.optional("genesis_timestamp")?.unwrap_or_default(),
            checkpoints: keys.optional("checkpoints")?.unwrap_or_default(),
            pulse_timing: pulse_timing(&mut keys, &mut unknown)?,
            stake_conversion: keys.optional("stake_conversion")?.unwrap_or_default(),
            unknown: {
                unknown.extend(keys.rest());
                unknown
            },
            name,
            constants,
        })
    }

    /// Describes a network, every constant included.
    #[must_use]
    pub fn of(network: &Network) -> Self {
        Self {
            name: network.name.clone(),
            kind: network.kind,
            data_directory: network.data_directory.clone(),
            address_prefixes: network.address_prefixes,
            network_id: network.network_id,
            hard_forks: network.forks.iter().copied().collect(),
            genesis_tx: hex::encode(&network.genesis.transaction),
            genesis_nonce: network.genesis.nonce,
            genesis_block_version: [network.genesis.major_version, network.genesis.minor_version],
            genesis_hash: network.genesis.block_id,
            genesis_timestamp: network.genesis.timestamp,
            checkpoints: network.checkpoints.clone(),
            constants: constants::write(network),
            pulse_timing: PulseTiming::of(network),
            stake_conversion: network.stake_conversion.clone(),
            unknown: Vec::new(),
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("every key of a description is a string and every value plain data")
    }

    /// The network. The genesis block is built and its id compared.
    ///
    /// # Errors
    /// The first value that is wrong, by its key.
    pub fn to_network(&self) -> Result<LoadedNetwork, NetworkDescriptionError> {
        check_name("name", &self.name)?;
        if !self.data_directory.is_empty() {
            check_name("data_directory", &self.data_directory)?;
        }
        if self.stake_conversion.most_converted().is_none() {
            return Err(NetworkDescriptionError::StakeConversionTooLarge);
        }
        let target_block_seconds = constants::target_block_seconds(&self.constants)?;
        let mut network = Network {
            name: self.name.clone(),
            kind: self.kind,
            data_directory: self.data_directory.clone(),
            address_prefixes: self.address_prefixes,
            network_id: self.network_id,
            forks: HardForkTable::new(&self.hard_forks)?,
            genesis: self.genesis()?,
            checkpoints: self.known_blocks()?,
            stake_conversion: self.stake_conversion.clone(),
            ..mainnet::with_block_time(target_block_seconds)
        };
        network.pulse.start = self.pulse_timing.rule(&network)?;
        let mut unknown = self.unknown.clone();
        unknown.extend(constants::read(&self.constants, &mut network)?);
        let table = network.forks.version_at(Height::GENESIS).version;
        if network.genesis.major_version != table.number() {
            return Err(NetworkDescriptionError::GenesisVersion {
                described: network.genesis.major_version,
                table,
            });
        }
        network.genesis.verify()?;
        Ok(LoadedNetwork { network, unknown })
    }

    fn genesis(&self) -> Result<Genesis, NetworkDescriptionError> {
        let transaction =
            hex::decode(&self.genesis_tx).map_err(|_| NetworkDescriptionError::NotHexadecimal { key: "genesis_tx" })?;
        let [major_version, minor_version] = self.genesis_block_version;
        Ok(Genesis {
            transaction,
            nonce: self.genesis_nonce,
            timestamp: self.genesis_timestamp,
            major_version,
            minor_version,
            block_id: self.genesis_hash,
        })
    }

    fn known_blocks(&self) -> Result<Vec<KnownBlock>, NetworkDescriptionError> {
        for (known, next) in self.checkpoints.iter().zip(self.checkpoints.iter().skip(1)) {
            if next.height <= known.height {
                return Err(NetworkDescriptionError::CheckpointsNotAscending { height: next.height });
            }
        }
        Ok(self.checkpoints.clone())
    }
}

impl PulseTiming {
    fn of(network: &Network) -> Self {
        match &network.pulse.start {
            PulseStartRule::Ideal => Self::default(),
            PulseStartRule::AfterPrevious(seconds) => Self {
                seconds_after_previous_block_from_height: Some(
                    seconds
                        .iter()
                        .map(|(height, seconds)| (height.index(), *seconds))
                        .collect(),
                ),
                ..Self::default()
            },
            PulseStartRule::Unchecked => Self {
                checked: Some(false),
                ..Self::default()
            },
        }
    }

    fn rule(&self, network: &Network) -> Result<PulseStartRule, NetworkDescriptionError> {
        if let Some(described) = self.pulse_genesis_height {
            let computed = network.forks.begins(HardForkVersion::PULSE);
            if computed != Some(described) {
                return Err(NetworkDescriptionError::PulseGenesisHeight { described });
            }
        }
        Ok(match (self.checked, &self.seconds_after_previous_block_from_height) {
            (Some(false), _) => PulseStartRule::Unchecked,
            (_, Some(seconds)) => PulseStartRule::AfterPrevious(
                seconds
                    .iter()
                    .map(|(height, seconds)| (Height::new(*height), *seconds))
                    .collect(),
            ),
            (_, None) => PulseStartRule::Ideal,
        })
    }
}

/// The object of the file; a key that was taken is gone.
struct Keys {
    map: Map<String, Value>,
}

impl Keys {
    fn optional<T: DeserializeOwned>(&mut self, key: &'static str) -> Result<Option<T>, NetworkDescriptionError> {
        let Some(value) = self.map.remove(key) else {
            return Ok(None);
        };
        serde_json::from_value(value)
            .map(Some)
            .map_err(|source| NetworkDescriptionError::InvalidKey { key, source })
    }

    fn required<T: DeserializeOwned>(&mut self, key: &'static str) -> Result<T, NetworkDescriptionError> {
        self.optional(key)?.ok_or(NetworkDescriptionError::MissingKey { key })
    }

    /// What nobody asked for.
    fn rest(self) -> impl Iterator<Item = String> {
        self.map
            .into_iter()
            .map(|(key, _)| key)
            .filter(|key| !NOTES.contains(&key.as_str()))
    }
}

/// Constants of both keys that hold them.
fn described_constants(keys: &mut Keys) -> Result<BTreeMap<String, DescribedConstant>, NetworkDescriptionError> {
    let mut constants: BTreeMap<String, DescribedConstant> = keys.required("constants")?;
    let same: BTreeMap<String, Value> = keys.optional("constants_same_as_mainnet")?.unwrap_or_default();
    for (constant, value) in same {
        let previous = constants.insert(constant.clone(), DescribedConstant { value, unit: None });
        if previous.is_some() {
            return Err(NetworkDescriptionError::GivenTwice { constant });
        }
    }
    Ok(constants)
}

fn pulse_timing(keys: &mut Keys, unknown: &mut Vec<String>) -> Result<PulseTiming, NetworkDescriptionError> {
    const KNOWN: [&str; 4] = [
        "seconds_after_previous_block_from_height",
        "pulse_genesis_height",
        "checked",
        "note",
    ];
    let inner: Map<String, Value> = keys.optional("pulse_timing")?.unwrap_or_default();
    let strange = inner.keys().filter(|key| !KNOWN.contains(&key.as_str()));
    unknown.extend(strange.map(|key| format!("pulse_timing.{key}")));
    serde_json::from_value(Value::Object(inner)).map_err(|source| NetworkDescriptionError::InvalidKey {
        key: "pulse_timing",
        source,
    })
}

/// Names become folders: letters, digits, `-`, `_` and inner dots only.
fn check_name(key: &'static str, name: &str) -> Result<(), NetworkDescriptionError> {
    const LONGEST: usize = 64;
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    if name.is_empty() || name.len() > LONGEST || name.starts_with('.') || !name.chars().all(allowed) {
        return Err(NetworkDescriptionError::InvalidName { key });
    }
    Ok(())
}
