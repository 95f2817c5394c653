//! What a private network is: the description of regtest with other constants, in a file that every node and wallet reads.

use crate::{node::NodeError, private_network::NetworkError, programs};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    num::NonZeroU64,
    path::{Path, PathBuf},
    process::{self, Command},
    time::{SystemTime, UNIX_EPOCH},
};

/// Atomic units of one OXEN.
pub const OXEN: u64 = 1_000_000_000;
/// Service nodes from which on Pulse makes the blocks of a network of [`NetworkRules::pulse`].
pub const PULSE_MIN_SERVICE_NODES: usize = 12;

/// Stages of a Pulse round (pulse §4.2).
const STAGES: u64 = 6;
/// The shortest round, seconds: its stages have half a second each. In a shorter one seventeen processes that share two busy
/// cores do not hear each other in time. A stage ends when everybody was heard, so that long ones cost only where nodes are down.
const SHORTEST_ROUND_SECONDS: u64 = 3;

/// The description in a network's folder.
pub(crate) const DESCRIPTION: &str = "network.json";

/// Constants that follow from others, which a description may repeat but not change: they go when the block time changes.
const FOLLOWING: [&str; 2] = ["BLOCKS_PER_DAY", "BLOCKS_PER_HOUR"];

/// The rules by which a network to play with differs from regtest.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkRules {
    constants: BTreeMap<&'static str, Value>,
    pulse_timing: Option<Value>,
}

impl NetworkRules {
    /// Seconds instead of hours, tens of blocks instead of thousands, so that service nodes come and go while one looks on.
    /// Blocks are mined on request, however many service nodes there are: a test has them when it wants them.
    #[must_use]
    pub fn mined() -> Self {
        Self {
            constants: BTreeMap::from([
                ("PULSE_MIN_SERVICE_NODES", json!(1000)),
                ("SERVICE_NODE_PAYABLE_AFTER_BLOCKS", json!(4)),
                ("BATCHING_INTERVAL", json!(20)),
                ("UNLOCK_DURATION", json!(15)),
                ("DEREGISTRATION_LOCK_DURATION", json!(30)),
                ("HARDFORK_DEREGISTRATION_GRACE_PERIOD", json!(0)),
                ("SMALL_CONTRIBUTOR_UNLOCK_TIMER", json!(20)),
                ("DECOMMISSION_INITIAL_CREDIT", json!(40)),
                ("DECOMMISSION_MINIMUM", json!(20)),
                ("UPTIME_PROOF_FREQUENCY", json!(4)),
                ("UPTIME_PROOF_VALIDITY", json!(12)),
                ("UPTIME_PROOF_CHECK_INTERVAL", json!(1)),
                ("UPTIME_PROOF_STARTUP_DELAY", json!(0)),
            ]),
            pulse_timing: None,
        }
    }

    /// The same, with blocks by Pulse as soon as twelve service nodes are active, one every so many seconds.
    ///
    /// Rounds and stages are in proportion to mainnet's, down to rounds of three seconds: a round lasts half a block time, in
    /// whole seconds as the rules have them, and has six stages. Round 0 starts a block time after the block before, and not at the ideal time since the first block: a network that rested for a
    /// night would make blocks at twice the speed until it had caught up.
    #[must_use]
    pub fn pulse(block_seconds: NonZeroU64) -> Self {
        let target = block_seconds.get();
        let round = target.div_ceil(2).max(SHORTEST_ROUND_SECONDS);
        let proof_frequency = target.saturating_mul(2).max(4);
        let mut rules = Self::mined();
        rules.constants.extend([
            ("TARGET_BLOCK_TIME", json!(target)),
            ("PULSE_MIN_SERVICE_NODES", json!(PULSE_MIN_SERVICE_NODES)),
            ("PULSE_ROUND_TIMEOUT", json!(round)),
            (
                "PULSE_STAGE_TIMEOUT_MILLISECONDS",
                json!(round.saturating_mul(1000) / STAGES),
            ),
            ("PULSE_MAX_START_ADJUSTMENT", json!(target / 4)),
            ("UPTIME_PROOF_FREQUENCY", json!(proof_frequency)),
            ("UPTIME_PROOF_VALIDITY", json!(proof_frequency.saturating_mul(3))),
        ]);
        rules.pulse_timing = Some(json!({ "seconds_after_previous_block_from_height": { "0": target } }));
        rules
    }

    /// With another value of a constant, under the name that the description has for it.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.constants.insert(name, value);
        self
    }

    /// The description in the folder, which is written first when there is none: a network keeps the rules it began with.
    ///
    /// # Errors
    /// `oxend` does not print regtest's description, or the file cannot be written.
    pub(crate) fn describe(&self, folder: &Path) -> Result<PathBuf, NetworkError> {
        fs::create_dir_all(folder)?;
        let file = folder.join(DESCRIPTION);
        if !file.exists() {
            write_description(&file, &self.new_description()?)?;
        }
        Ok(file)
    }

    /// The description of a new network.
    ///
    /// # Errors
    /// `oxend` does not print regtest's.
    pub(crate) fn new_description(&self) -> Result<Value, NetworkError> {
        let output = Command::new(programs::find("oxend").map_err(NodeError::from)?)
            .args(["--regtest", "--print-network"])
            .output()?;
        let regtest = serde_json::from_slice(&output.stdout).map_err(|_| NetworkError::Output {
            program: "oxend --print-network",
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        })?;
        Ok(self.change(regtest, &new_network_id()))
    }

    /// A description with these constants instead of its own.
    fn change(&self, mut description: Value, network_id: &str) -> Value {
        description["name"] = json!("localnet");
        description["kind"] = json!("private");
        description["data_directory"] = json!("localnet");
        description["network_id"] = json!(network_id);
        if let Some(timing) = &self.pulse_timing {
            description["pulse_timing"] = timing.clone();
        }
        if let Some(constants) = description["constants"].as_object_mut() {
            if self.constants.contains_key("TARGET_BLOCK_TIME") {
                for name in FOLLOWING {
                    constants.remove(name);
                }
            }
            if self.constants.contains_key("PULSE_STAGE_TIMEOUT_MILLISECONDS") {
                constants.remove("PULSE_STAGE_TIMEOUT");
            }
            for (name, value) in &self.constants {
                constants.insert((*name).to_owned(), json!({ "value": value }));
            }
        }
        description
    }
}

/// Writes a description, whole or not at all.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn write_description(file: &Path, description: &Value) -> Result<(), NetworkError> {
    let beside = file.with_extension("new");
    fs::write(&beside, format!("{description:#}\n"))?;
    fs::rename(beside, file)?;
    Ok(())
}

/// An id that no other network of this machine has: two of them must not take each other's blocks.
fn new_network_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let ours = hex_of("oxen");
    format!(
        "{ours}{:08x}{:08x}{:08x}",
        process::id(),
        now.as_secs() & u64::from(u32::MAX),
        now.subsec_nanos()
    )
}

fn hex_of(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The description in a file.
///
/// # Errors
/// The file cannot be read or is not a description.
pub(crate) fn read_description(file: &Path) -> Result<Value, NetworkError> {
    serde_json::from_str(&fs::read_to_string(file)?).map_err(|error| NetworkError::Output {
        program: "an earlier oxen-localnet",
        output: error.to_string(),
    })
}

/// A constant of the description in a file.
///
/// # Errors
/// The file cannot be read or is not a description.
pub(crate) fn described_number(description: &Path, name: &str) -> Result<Option<u64>, NetworkError> {
    Ok(read_description(description)?["constants"][name]["value"].as_u64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(rules: &NetworkRules) -> Value {
        let regtest = json!({
            "name": "regtest",
            "pulse_timing": { "checked": false },
            "constants": {
                "BLOCKS_PER_DAY": { "value": 720 },
                "BLOCKS_PER_HOUR": { "value": 30 },
                "TARGET_BLOCK_TIME": { "value": 120 },
                "PULSE_STAGE_TIMEOUT": { "value": 10 },
                "RING_SIZE": { "value": 10 },
            },
        });
        rules.change(regtest, "00")
    }

    #[test]
    fn rounds_and_stages_keep_mainnets_proportion_to_the_block_time() {
        for (block, round, stage) in [(120, 60, 10_000), (10, 5, 833), (4, 3, 500), (1, 3, 500)] {
            let rules = NetworkRules::pulse(NonZeroU64::new(block).unwrap());
            let constants = changed(&rules)["constants"].clone();
            assert_eq!(constants["PULSE_ROUND_TIMEOUT"]["value"], round);
            assert_eq!(constants["PULSE_STAGE_TIMEOUT_MILLISECONDS"]["value"], stage);
            assert!(constants.get("PULSE_STAGE_TIMEOUT").is_none(), "it would contradict");
        }
    }

    #[test]
    fn constants_that_follow_from_the_block_time_go_with_it() {
        let mined = changed(&NetworkRules::mined());
        assert_eq!(mined["constants"]["BLOCKS_PER_DAY"]["value"], 720);
        assert_eq!(mined["pulse_timing"], json!({ "checked": false }));
        let pulse = changed(&NetworkRules::pulse(NonZeroU64::MIN));
        assert!(pulse["constants"].get("BLOCKS_PER_DAY").is_none());
        assert_eq!(pulse["constants"]["RING_SIZE"]["value"], 10, "the others stay");
        assert_eq!(
            pulse["pulse_timing"],
            json!({ "seconds_after_previous_block_from_height": { "0": 1 } })
        );
    }

    #[test]
    fn a_rule_can_be_changed() {
        let rules = NetworkRules::mined().with("OXEN_STAKING_REQUIREMENT", json!(7));
        assert_eq!(changed(&rules)["constants"]["OXEN_STAKING_REQUIREMENT"]["value"], 7);
    }
}
