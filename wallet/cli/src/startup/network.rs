//! Which network the wallet is for.

use crate::{command::CommandError, options::NetworkOptions};
use oxen_types::Network;

/// The network that the options name; mainnet without any.
///
/// # Errors
/// The description cannot be read, or is wrong.
pub fn choose_network(options: &NetworkOptions) -> Result<Network, CommandError> {
    if let Some(path) = &options.network {
        let failed = |source| CommandError::UserFile {
            action: "read",
            path: path.clone(),
            source,
        };
        let text = std::fs::read_to_string(path).map_err(failed)?;
        return Ok(Network::from_description_json(&text)?);
    }
    Ok(match options {
        NetworkOptions { testnet: true, .. } => Network::testnet(),
        NetworkOptions { stagenet: true, .. } => Network::stagenet(),
        NetworkOptions { devnet: true, .. } => Network::devnet(),
        NetworkOptions { regtest: true, .. } => Network::regtest(),
        _ => Network::mainnet(),
    })
}
