//! What an operator decides about the RPC.

use crate::types::chain::PublishedLimits;
use std::{fmt, net::SocketAddr, time::Duration};
use zeroize::Zeroizing;

/// What a listener lets its clients do (rpc §1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Read the chain and send transactions, within limits.
    Public,
    /// Everything, the node's own running included.
    Admin,
}

/// One address to listen on.
#[derive(Debug, Clone)]
pub struct ListenerConfig {
    /// Where; port 0 lets the system choose.
    pub address: SocketAddr,
    /// For whom.
    pub access: Access,
    /// How much clients may ask for.
    pub limits: Limits,
}

impl ListenerConfig {
    /// A listener for the operator, with [`Limits::admin`].
    #[must_use]
    pub const fn admin(address: SocketAddr) -> Self {
        Self {
            address,
            access: Access::Admin,
            limits: Limits::admin(),
        }
    }

    /// A listener for everybody, with [`Limits::public`].
    #[must_use]
    pub const fn public(address: SocketAddr) -> Self {
        Self {
            address,
            access: Access::Public,
            limits: Limits::public(),
        }
    }
}

/// The whole RPC.
#[derive(Debug, Clone, Default)]
pub struct RpcConfig {
    /// Where to listen; none is allowed.
    pub listeners: Vec<ListenerConfig>,
    /// Who may ask, on every listener; everybody when there is none.
    pub login: Option<Login>,
    /// Web origins whose pages may ask, `*` for all; needs a login.
    pub cors_origins: Vec<String>,
}

/// User and password for Basic and Digest, and a token for Bearer.
#[derive(Clone)]
pub struct Login {
    /// Name of the user; no colon.
    pub user: String,
    /// Password.
    pub password: Zeroizing<String>,
    /// Token that `Authorization: Bearer` carries instead.
    pub token: Option<Zeroizing<String>>,
}

impl Login {
    /// From `user:password`.
    #[must_use]
    pub fn from_pair(pair: &str) -> Option<Self> {
        let (user, password) = pair.split_once(':')?;
        Some(Self {
            user: user.to_owned(),
            password: Zeroizing::new(password.to_owned()),
            token: None,
        })
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// How often one client address may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests in a second in the long run.
    pub per_second: u32,
    /// Requests at once after a pause.
    pub burst: u32,
}

/// How much clients of one listener may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open connections.
    pub connections: usize,
    /// Requests that are worked on at once.
    pub running: usize,
    /// Requests that wait for their turn; further ones are told to try again later.
    pub waiting: usize,
    /// Open connections of one address; connections of this machine are not counted.
    pub connections_of_address: usize,
    /// Bytes that large requests and answers of all clients may take together while they are sent.
    pub memory: usize,
    /// How long a request may take to arrive, and then to be answered.
    pub timeout: Duration,
    /// How long a client may wait for news of the pool.
    pub long_poll: Duration,
    /// How often one address may ask; as often as it likes when there is none.
    pub rate: Option<Rate>,
    /// Sizes, as clients are told them.
    pub sizes: PublishedLimits,
}

impl Limits {
    /// For strangers.
    #[must_use]
    pub const fn public() -> Self {
        Self {
            connections: 1_000,
            connections_of_address: 50,
            memory: 512 * 1024 * 1024,
            running: 8,
            waiting: 1_000,
            timeout: Duration::from_secs(30),
            long_poll: Duration::from_secs(15),
            rate: Some(Rate {
                per_second: 100,
                burst: 1_000,
            }),
            sizes: PublishedLimits {
                outputs: 5_000,
                transactions: 1_000,
                key_images: 5_000,
                block_headers: 1_000,
                block_hashes: 1_000,
                blocks: 1_000,
                checkpoints: 256,
                quorum_heights: 256,
                names: 256,
                batch: 50,
                request_bytes: 4 * 1024 * 1024,
                response_bytes: 32 * 1024 * 1024,
            },
        }
    }

    /// For the operator.
    #[must_use]
    pub const fn admin() -> Self {
        Self {
            connections: 256,
            connections_of_address: 256,
            memory: 1024 * 1024 * 1024,
            running: 8,
            waiting: 1_000,
            timeout: Duration::from_secs(120),
            long_poll: Duration::from_secs(15),
            rate: None,
            sizes: PublishedLimits {
                outputs: 100_000,
                transactions: 10_000,
                key_images: 100_000,
                block_headers: 10_000,
                block_hashes: 10_000,
                blocks: 1_000,
                checkpoints: 10_000,
                quorum_heights: 10_000,
                names: 10_000,
                batch: 1_000,
                request_bytes: 64 * 1024 * 1024,
                response_bytes: 256 * 1024 * 1024,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_does_not_show_its_password() {
        let mut login = Login::from_pair("alice:wonder:land").unwrap();
        login.token = Some(Zeroizing::new("rabbit".to_owned()));
        assert_eq!((login.user.as_str(), login.password.as_str()), ("alice", "wonder:land"));
        let shown = format!("{login:?}");
        assert!(
            shown.contains("alice") && !shown.contains("wonder") && !shown.contains("rabbit"),
            "{shown}"
        );
        assert!(Login::from_pair("alice").is_none());
    }
}
