//! The contract of the swap, to be looked at before anything is burned and afterwards (bridge §5.4.7, §5.4.8).

use super::{EthereumError, link};
use crate::{command::CommandError, session::Session};
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::{
    L2Provider,
    claim::{ClaimBalance, ClaimKind, SwapState},
};

/// The contract behind the provider that was named.
#[derive(Debug, Clone)]
pub(in crate::command) struct SwapContract {
    provider: L2Provider,
    address: EthereumAddress,
}

impl SwapContract {
    /// Connects; none when no provider was named: then nothing can be known of the contract.
    ///
    /// # Errors
    /// The provider's.
    pub(in crate::command) async fn connect(
        session: &Session,
        address: EthereumAddress,
    ) -> Result<Option<Self>, CommandError> {
        if session.settings.ethereum.provider.is_none() {
            return Ok(None);
        }
        let provider = link::provider(session).await?;
        Ok(Some(Self { provider, address }))
    }

    /// The same for the contract that `swap claim` claims from; none also when no such contract is known.
    ///
    /// # Errors
    /// The provider's.
    pub(in crate::command) async fn of_claims(session: &Session) -> Result<Option<Self>, CommandError> {
        match session.settings.ethereum.swap_contract {
            Some(address) => Self::connect(session, address).await,
            None => Ok(None),
        }
    }

    /// Whether it pays, how much is left, and how long.
    ///
    /// # Errors
    /// The provider's.
    pub(in crate::command) async fn state(&self) -> Result<SwapState, EthereumError> {
        Ok(SwapState::read(&self.provider, &self.address).await?)
    }

    /// What it credited and paid to an address.
    ///
    /// # Errors
    /// The provider's.
    pub(in crate::command) async fn balance(&self, address: &EthereumAddress) -> Result<ClaimBalance, EthereumError> {
        Ok(ClaimBalance::read(&self.provider, ClaimKind::Swap, &self.address, address).await?)
    }

    /// Whether there is code at a recipient's address on Arbitrum.
    ///
    /// # Errors
    /// The provider's.
    pub(in crate::command) async fn is_contract(&self, recipient: &EthereumAddress) -> Result<bool, EthereumError> {
        Ok(self.provider.is_contract(recipient).await?)
    }
}
