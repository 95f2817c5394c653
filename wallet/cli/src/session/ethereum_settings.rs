//! How Arbitrum is reached.

use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::fees::GasPriceLimit;
use std::fmt;
use zeroize::Zeroizing;

/// How Arbitrum is reached, and what may be paid there.
#[derive(Clone)]
pub struct EthereumSettings {
    /// URL of the provider, which may hold a secret of its user.
    pub provider: Option<Zeroizing<String>>,
    /// Password of the Ethereum key, if it was given.
    pub password: Option<Zeroizing<String>>,
    /// What gas may cost.
    pub gas_price_limit: GasPriceLimit,
    /// The contract of service nodes and rewards.
    pub rewards_contract: Option<EthereumAddress>,
    /// The contract that pays swapped coins.
    pub swap_contract: Option<EthereumAddress>,
    /// The factory that makes contribution contracts.
    pub contribution_factory: Option<EthereumAddress>,
}

impl fmt::Debug for EthereumSettings {
    /// Without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EthereumSettings")
            .field("gas_price_limit", &self.gas_price_limit)
            .field("rewards_contract", &self.rewards_contract)
            .field("swap_contract", &self.swap_contract)
            .field("contribution_factory", &self.contribution_factory)
            .finish_non_exhaustive()
    }
}
