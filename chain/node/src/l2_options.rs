//! What the options say about following Arbitrum (rpc §7.5).

use crate::arguments::L2Arguments;
use oxen_bridge_follower::{ChainIdCheck, FollowerSettings};
use std::{path::Path, time::Duration};
use thiserror::Error;

/// The file of the data directory that keeps what was read.
const FILE: &str = "l2.history";

/// Why Arbitrum cannot be followed with these options.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum L2OptionError {
    /// A provider is reached over HTTP.
    #[error("--l2-provider {shown}: write the address of a JSON-RPC provider of Arbitrum, http://… or https://…")]
    NotAProvider {
        /// What was given, up to where a key may stand.
        shown: String,
    },
}

/// What the options say; without a provider nothing is followed.
///
/// # Errors
/// A provider is none.
pub fn follower_settings(arguments: &L2Arguments, folder: &Path) -> Result<FollowerSettings, L2OptionError> {
    let defaults = FollowerSettings::default();
    let mut providers = Vec::new();
    // Upstream takes several in one option, separated by commas.
    for text in arguments.l2_provider.iter().flat_map(|list| list.split(',')) {
        let text = text.trim();
        let refused = || L2OptionError::NotAProvider {
            shown: text.chars().take(12).collect(),
        };
        let url: oxen_bridge_follower::Url = text.parse().map_err(|_| refused())?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(refused());
        }
        providers.push(url);
    }
    let seconds = |given: Option<u64>, default| given.map_or(default, Duration::from_secs);
    Ok(FollowerSettings {
        providers,
        refresh: seconds(arguments.l2_refresh, defaults.refresh),
        timeout: seconds(arguments.l2_timeout, defaults.timeout),
        window_blocks: arguments.l2_max_logs.unwrap_or(defaults.window_blocks),
        lag_threshold_blocks: arguments.l2_check_threshold.unwrap_or(defaults.lag_threshold_blocks),
        chain_id_check: if arguments.l2_skip_chainid {
            ChainIdCheck::Skipped
        } else {
            ChainIdCheck::Required
        },
        file: Some(folder.join(FILE)),
        ..defaults
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(providers: &[&str]) -> Result<FollowerSettings, L2OptionError> {
        let arguments = L2Arguments {
            l2_provider: providers.iter().map(|text| (*text).to_owned()).collect(),
            ..L2Arguments::default()
        };
        follower_settings(&arguments, Path::new("/data"))
    }

    #[test]
    fn providers_are_repeated_or_separated_by_commas() {
        let settings = with(&["https://a.example/v2/key,http://b.example", "http://127.0.0.1:8545"]).unwrap();
        let hosts: Vec<_> = settings.providers.iter().map(|url| url.host_str().unwrap()).collect();
        assert_eq!(hosts, ["a.example", "b.example", "127.0.0.1"]);
        assert!(with(&[]).unwrap().providers.is_empty());
    }

    #[test]
    fn what_is_no_provider_is_refused_without_showing_its_key() {
        let error = with(&["wss://a.example/v2/SECRETKEY"]).unwrap_err();
        assert!(!error.to_string().contains("SECRETKEY"), "{error}");
        assert!(with(&["8545"]).is_err());
    }
}
