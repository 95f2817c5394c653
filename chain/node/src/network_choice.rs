//! Which network a node runs.

use crate::arguments::NetworkChoice;
use oxen_types::{
    Height, Network,
    network::{HardForkVersion, NetworkDescriptionError},
};
use std::{fs, path::PathBuf};
use thiserror::Error;

/// Why no network can be run.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// The description cannot be read.
    #[error("cannot read the network description {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The description is wrong.
    #[error("the network description {}: {source}", path.display())]
    Description {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: NetworkDescriptionError,
    },
    /// Its chain begins with rules this version does not have.
    #[error(
        "{name} cannot be followed by this version: its chain starts with hard fork {version} at height {height}, and only \
         chains that are at hard fork 19 from height 1 on can be verified. Run --regtest or a private network with --network"
    )]
    OlderRules {
        /// Name of the network.
        name: String,
        /// First version it does not know.
        version: u8,
        /// Where that begins.
        height: Height,
    },
}

/// The chosen network, if this version knows its rules from the first block on.
///
/// # Errors
/// The description is wrong, or the chain is older than the rules this version has.
pub fn choose_network(choice: &NetworkChoice) -> Result<Network, NetworkError> {
    let network = named_network(choice)?;
    let unknown = network
        .forks
        .iter()
        .map(|fork| (fork.version, fork.height.max(Height::new(1))))
        .find(|(version, height)| {
            *version != HardForkVersion::REWARD_BATCHING && network.forks.version_at(*height).version == *version
        });
    match unknown {
        Some((version, height)) if version < HardForkVersion::REWARD_BATCHING => Err(NetworkError::OlderRules {
            name: network.name,
            version: version.number(),
            height,
        }),
        _ => Ok(network),
    }
}

/// The chosen network, whether this version can follow its chain or not: enough to find a running node and its files.
///
/// # Errors
/// The description is wrong.
pub fn named_network(choice: &NetworkChoice) -> Result<Network, NetworkError> {
    Ok(if let Some(path) = &choice.network {
        let text = fs::read_to_string(path).map_err(|source| NetworkError::Unreadable {
            path: path.clone(),
            source,
        })?;
        Network::from_description_json(&text).map_err(|source| NetworkError::Description {
            path: path.clone(),
            source,
        })?
    } else if choice.testnet {
        Network::testnet()
    } else if choice.stagenet {
        Network::stagenet()
    } else if choice.devnet {
        Network::devnet()
    } else if choice.regtest {
        Network::regtest()
    } else {
        Network::mainnet()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regtest_runs_and_networks_with_older_rules_say_why_they_do_not() {
        assert!(
            choose_network(&NetworkChoice {
                regtest: true,
                ..NetworkChoice::default()
            })
            .is_ok()
        );
        let error = choose_network(&NetworkChoice::default()).unwrap_err();
        assert!(matches!(error, NetworkError::OlderRules { version: 7, .. }));
        assert!(
            error.to_string().contains("mainnet cannot be followed by this version"),
            "{error}"
        );
        let testnet = choose_network(&NetworkChoice {
            testnet: true,
            ..NetworkChoice::default()
        });
        assert!(matches!(testnet, Err(NetworkError::OlderRules { .. })));
    }
}
