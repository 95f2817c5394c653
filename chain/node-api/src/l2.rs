//! What this node itself sees of L2 (bridge §3).
//!
//! Reading never waits for a provider: the follower publishes a picture whenever it has read more, and everybody else takes the
//! newest one. The rules of opinions, votes and templates over a picture are in `bridge/rules`.

use oxen_bridge_rules::picture::{ContractNodes, Picture};
use oxen_types::bytes::BlsPublicKey;
use std::{fmt, sync::Arc};

/// The newest picture of L2.
pub trait L2Reader: Send + Sync {
    /// What was read last. `None` while nothing was read, or when the node follows no L2: then it has no opinion, signs no
    /// block that needs one, and takes blocks of others as ever.
    fn picture(&self) -> Option<Arc<Picture>>;

    /// How it goes, for the operator.
    fn status(&self) -> L2Status;

    /// Newest L2 block that was read: what uptime proofs say.
    fn newest_height(&self) -> Option<u64> {
        self.picture().map(|picture| picture.newest())
    }

    /// The contract's nodes, as of the newest block that was read: numbers for non-signers, keys for signers.
    fn contract_nodes(&self) -> Option<ContractNodes> {
        self.picture()?.contract_nodes().cloned()
    }

    /// True when the contract lists this key; `None` when its list could not be read.
    fn is_contract_node(&self, key: &BlsPublicKey) -> Option<bool> {
        Some(self.picture()?.contract_nodes()?.id_of(key).is_some())
    }
}

/// Where the follower stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum L2State {
    /// No provider is configured: the node validates without an opinion of its own.
    NoProvider,
    /// Nothing was read yet.
    Starting,
    /// Old blocks are being read.
    CatchingUp {
        /// Newest block that was read.
        newest: u64,
        /// The newest block of L2.
        head: u64,
    },
    /// In step.
    Following {
        /// Newest block that was read.
        newest: u64,
    },
    /// No provider answers, or they do not agree.
    Interrupted {
        /// Seconds since it last went well; since the start when it never did.
        for_seconds: u64,
    },
}

impl fmt::Display for L2State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProvider => f.write_str("no L2 provider: validating without own opinion"),
            Self::Starting => f.write_str("waiting for the first answer of an L2 provider"),
            Self::CatchingUp { newest, head } => write!(f, "reading L2, block {newest} of {head}"),
            Self::Following { newest } => write!(f, "following L2 at block {newest}"),
            Self::Interrupted { for_seconds } => {
                write!(f, "no usable L2 provider for {for_seconds} s: check --l2-provider")
            }
        }
    }
}

/// One provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct L2Provider {
    /// Its host and port; paths hold keys and are not shown.
    pub name: String,
    /// Newest block it told of.
    pub height: Option<u64>,
    /// Requests that failed since the start.
    pub failures: u64,
    /// Answers that the majority contradicted since the start.
    pub contradictions: u64,
    /// What went wrong last, while it lasts.
    pub trouble: Option<String>,
}

/// How the follower does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct L2Status {
    /// Where it stands.
    pub state: L2State,
    /// Every configured provider in the operator's order.
    pub providers: Vec<L2Provider>,
}

/// A node that follows no L2.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoL2;

impl L2Reader for NoL2 {
    fn picture(&self) -> Option<Arc<Picture>> {
        None
    }

    fn status(&self) -> L2Status {
        L2Status {
            state: L2State::NoProvider,
            providers: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_without_provider_says_so_and_has_no_opinion() {
        assert_eq!(
            NoL2.status().state.to_string(),
            "no L2 provider: validating without own opinion"
        );
        assert_eq!(NoL2.newest_height(), None);
        assert_eq!(NoL2.is_contract_node(&BlsPublicKey::ZERO), None);
    }
}
