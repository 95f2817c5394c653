//! The server: listeners, and what stands between a socket and a method.
//!
//! A walk: [`RpcServer::bind`] opens the listeners; [`accept`] takes connections; [`router`] lets requests in
//! ([`authentication`], [`rate`]) and finds their path; [`json_rpc`] and [`plain`] unwrap them; [`endpoint`] has the methods;
//! [`lane`] runs them on blocking threads; [`mod@response`] sends what comes out, [`budget`] bounds the memory that takes, and
//! [`stall`] gives up on who does not read it.

mod accept;
mod authentication;
mod budget;
mod endpoint;
mod json_rpc;
mod lane;
mod plain;
mod rate;
mod response;
mod router;
mod stall;

use crate::{
    config::{Access, ListenerConfig, RpcConfig},
    node::{Node, NodeHandles, Secrecy},
};
use accept::{Door, Slots};
use authentication::Authenticator;
use axum::{Router, http::HeaderValue};
use endpoint::Endpoint;
use rate::RateLimiter;
use router::Gate;
use std::{
    future::Future,
    io,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU64},
};
use thiserror::Error;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{self, JoinSet},
};

/// Why the RPC cannot listen.
#[derive(Debug, Error)]
pub enum BindError {
    /// Another program has the port.
    #[error(
        "port {} of {} is taken: another oxend or program listens there; stop it, or choose another with --rpc-admin or --rpc-public",
        address.port(), address.ip()
    )]
    AddressInUse {
        /// Where.
        address: SocketAddr,
    },
    /// The address is not one of this machine.
    #[error("{} is not an address of this machine; use 127.0.0.1, 0.0.0.0 or one that it has", address.ip())]
    AddressNotAvailable {
        /// Where.
        address: SocketAddr,
    },
    /// The system says no.
    #[error("the RPC cannot listen on {address}: {source}")]
    Refused {
        /// Where.
        address: SocketAddr,
        /// What it says.
        #[source]
        source: io::Error,
    },
    /// Web pages may command the node.
    #[error(
        "--rpc-access-control-origins needs --rpc-login when there is an admin listener: pages could command the node"
    )]
    OriginsWithoutLogin,
    /// A web origin that is none.
    #[error("{origin:?} is not a web origin; write it as https://wallet.example, or * for all")]
    InvalidOrigin {
        /// The text.
        origin: String,
    },
}

/// One open listener, not yet served.
struct Listener {
    config: ListenerConfig,
    socket: TcpListener,
    address: SocketAddr,
}

/// The RPC, listening and not yet answering.
pub struct RpcServer {
    config: RpcConfig,
    node: Arc<Node>,
    listeners: Vec<Listener>,
    admin_routes: Router,
    public_routes: Router,
}

impl RpcServer {
    /// Opens all listeners, so that a taken port is known before anything else starts.
    ///
    /// # Errors
    /// A listener cannot be opened, or the configuration would let web pages command the node.
    pub async fn bind(config: RpcConfig, handles: NodeHandles) -> Result<Self, BindError> {
        check_origins(&config)?;
        let mut listeners = Vec::with_capacity(config.listeners.len());
        for listener in &config.listeners {
            let address = listener.address;
            let socket = TcpListener::bind(address)
                .await
                .map_err(|source| bind_error(address, source))?;
            let address = socket.local_addr().map_err(|source| bind_error(address, source))?;
            listeners.push(Listener {
                config: listener.clone(),
                socket,
                address,
            });
        }
        Ok(Self {
            config,
            node: Arc::new(Node::new(handles)),
            listeners,
            admin_routes: Router::new(),
            public_routes: Router::new(),
        })
    }

    /// Serves further routes on the listeners of one kind, such as `/healthy`. They ask for no login and know no limits.
    #[must_use]
    pub fn with_routes(mut self, access: Access, routes: Router) -> Self {
        match access {
            Access::Admin => self.admin_routes = self.admin_routes.merge(routes),
            Access::Public => self.public_routes = self.public_routes.merge(routes),
        }
        self
    }

    /// Where it listens, in the order of the configuration; ports that the system chose are filled in.
    #[must_use]
    pub fn local_addresses(&self) -> Vec<(Access, SocketAddr)> {
        self.listeners
            .iter()
            .map(|listener| (listener.config.access, listener.address))
            .collect()
    }

    /// Answers until `shutdown` is ready, then ends what was asked before.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let connections = Arc::new(AtomicU64::new(0));
        let authenticator = self.config.login.map(|login| Arc::new(Authenticator::new(login)));
        let (stop, stopped) = watch::channel(());
        let node = Arc::clone(&self.node);
        task::spawn_blocking(move || node.warm_up());
        let mut doors = JoinSet::new();
        for listener in self.listeners {
            let secrecy = if authenticator.is_some() || listener.address.ip().is_loopback() {
                Secrecy::Trusted
            } else {
                Secrecy::Exposed
            };
            let node = Arc::clone(&self.node);
            let endpoint = Endpoint::new(node, &listener.config, secrecy, Arc::clone(&connections));
            let routes = match listener.config.access {
                Access::Admin => self.admin_routes.clone(),
                Access::Public => self.public_routes.clone(),
            };
            let gate = Gate {
                endpoint: Arc::new(endpoint),
                authenticator: authenticator.clone(),
                rate: listener.config.limits.rate.map(RateLimiter::new),
                origins: self.config.cors_origins.clone(),
                server: server_header(&self.node.handles, listener.config.access),
            };
            let door = Door {
                listener: listener.socket,
                router: router::router(gate, routes),
                slots: Slots::new(&listener.config.limits),
                connections: Arc::clone(&connections),
            };
            doors.spawn(door.serve(stopped.clone()));
        }
        shutdown.await;
        stop.send_replace(());
        self.node.stop_waiting();
        while doors.join_next().await.is_some() {}
    }
}

fn bind_error(address: SocketAddr, source: io::Error) -> BindError {
    match source.kind() {
        io::ErrorKind::AddrInUse => BindError::AddressInUse { address },
        io::ErrorKind::AddrNotAvailable => BindError::AddressNotAvailable { address },
        _ => BindError::Refused { address, source },
    }
}

fn check_origins(config: &RpcConfig) -> Result<(), BindError> {
    for origin in &config.cors_origins {
        let is_origin = origin.split_once("://").is_some_and(|(scheme, host)| {
            !scheme.is_empty() && !host.is_empty() && !host.contains('/') && HeaderValue::from_str(origin).is_ok()
        });
        if origin != "*" && !is_origin {
            return Err(BindError::InvalidOrigin { origin: origin.clone() });
        }
    }
    let has_admin = config.listeners.iter().any(|listener| listener.access == Access::Admin);
    if !config.cors_origins.is_empty() && config.login.is_none() && has_admin {
        return Err(BindError::OriginsWithoutLogin);
    }
    Ok(())
}

/// `oxend/<version> <network>`; strangers see only the first number of the version.
fn server_header(handles: &NodeHandles, access: Access) -> HeaderValue {
    let version = handles.control.version();
    let version = match access {
        Access::Admin => version,
        Access::Public => version.split('.').next().unwrap_or_default(),
    };
    let text = format!("oxend/{version} {}", handles.chain.network().name);
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("oxend"))
}
