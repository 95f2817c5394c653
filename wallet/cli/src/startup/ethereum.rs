//! How Arbitrum is reached, from the options and the network.

use super::given_password;
use crate::{command::CommandError, options::Options, session::EthereumSettings};
use oxen_types::{Network, bytes::EthereumAddress};
use oxen_wallet_ethereum::{
    TypedAddress,
    fees::{GWEI, GasPriceLimit},
};

/// The settings; contracts that the options name go before those of the network.
pub(super) fn settings(options: &Options, network: &Network) -> Result<EthereumSettings, CommandError> {
    let given = &options.ethereum;
    let password = match &given.ethereum_password {
        Some(password) => Some(password.clone()),
        None => given_password(&options.password)?,
    };
    Ok(EthereumSettings {
        // An empty environment variable names none.
        provider: given.l2_provider.clone().filter(|url| !url.trim().is_empty()),
        password,
        gas_price_limit: GasPriceLimit(u128::from(given.max_gas_price).saturating_mul(GWEI)),
        rewards_contract: contract("--rewards-contract", given.rewards_contract.as_deref())?
            .or(network.l2.rewards_contract),
        swap_contract: contract("--swap-contract", given.swap_contract.as_deref())?
            .or_else(|| network.swap.as_ref().map(|swap| swap.contract)),
        contribution_factory: contract("--contribution-factory", given.contribution_factory.as_deref())?
            .or_else(|| network.swap.as_ref().and_then(|swap| swap.factory)),
    })
}

/// Scripts write contracts without checksums, so they are taken; nothing is sent to a contract but calls it understands.
fn contract(option: &str, text: Option<&str>) -> Result<Option<EthereumAddress>, CommandError> {
    let parse = |text| TypedAddress::parse(text).map_err(|error| CommandError::Option(format!("{option}: {error}")));
    Ok(text.map(parse).transpose()?.map(|typed| typed.address))
}
