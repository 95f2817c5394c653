//! Asks the service nodes for signatures, through the daemon.

use super::{EthereumError, link};
use crate::{
    command::CommandError,
    daemon::{Daemon, DaemonError},
    session::Session,
};
use oxen_bridge_rules::message::BridgeDomain;
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::{
    claim::{Aggregate, ClaimKind},
    worker::{SignatureSource, SourceError},
};

/// The service nodes, behind a daemon.
#[derive(Debug, Clone)]
pub(super) struct ServiceNodes {
    daemon: Result<Daemon, String>,
    domain: BridgeDomain,
    swap: Option<EthereumAddress>,
}

impl ServiceNodes {
    /// Asks through the session's daemon. Without one, what the contract has credited can be claimed all the same.
    pub(super) async fn of(session: &mut Session) -> Result<Self, CommandError> {
        Ok(Self {
            daemon: session.daemon().await.map_err(|error| error.to_string()),
            domain: link::domain(session)?,
            swap: session.settings.ethereum.swap_contract,
        })
    }
}

impl SignatureSource for ServiceNodes {
    async fn aggregate(&mut self, kind: ClaimKind, recipient: &EthereumAddress) -> Result<Aggregate, SourceError> {
        let daemon = self
            .daemon
            .as_ref()
            .map_err(|error| SourceError::Failed(error.clone()))?;
        let signed = match (kind, self.swap) {
            (ClaimKind::Rewards, _) => daemon.rewards_signature(&self.domain, recipient).await,
            (ClaimKind::Swap, Some(swap)) => daemon.swap_signature(&self.domain, &swap, recipient).await,
            (ClaimKind::Swap, None) => {
                let unknown = EthereumError::ContractUnknown {
                    what: "the swap",
                    option: "--swap-contract",
                };
                return Err(SourceError::Failed(unknown.to_string()));
            }
        };
        match signed {
            Ok(aggregate) if aggregate.total.is_zero() => Err(SourceError::NothingOwed),
            Ok(aggregate) => Ok(aggregate),
            Err(error) => Err(SourceError::Failed(explain(&error))),
        }
    }
}

/// What to do where a daemon cannot give a signature.
pub(super) fn explain(error: &DaemonError) -> String {
    match error {
        DaemonError::UnknownMethod { .. } => format!(
            "{error}. A daemon gives signatures of the network only if it follows Arbitrum (--l2-provider): ask one that does"
        ),
        error => error.to_string(),
    }
}
