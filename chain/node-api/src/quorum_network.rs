//! Messages from one service node to another, and questions to a service node from anybody: Pulse, blink, clock tests.
//!
//! The transport proves who speaks: a told message comes from the service node whose primary key is given, whatever the
//! message claims. What the bytes mean is known to the service that handles the subject.

use oxen_types::PublicKey;
use std::{future::Future, net::IpAddr, pin::Pin, sync::Arc};
use thiserror::Error;

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuorumSubject {
    /// A round of Pulse (pulse §7).
    Pulse,
    /// A transaction that wants the approval of a blink quorum (chain §5).
    Blink,
    /// What time it is: how a node finds out whether another one's clock is right (staking §15).
    Time,
    /// Signatures for the contracts on L2 (bridge §4).
    Bridge,
}

impl QuorumSubject {
    /// Every subject.
    pub const ALL: [Self; 4] = [Self::Pulse, Self::Blink, Self::Time, Self::Bridge];

    /// Its name between nodes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pulse => "pulse",
            Self::Blink => "blink",
            Self::Time => "time",
            Self::Bridge => "bridge",
        }
    }
}

/// How far to go to deliver a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Connect, at the address of the receiver's uptime proof, where there is no connection.
    Connect,
    /// Only over a connection that exists.
    IfConnected,
}

/// Why a question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AskError {
    /// No uptime proof says where the node is.
    #[error("no address of the service node is known: it has sent no uptime proof that reached this node")]
    NoAddress,
    /// No connection came about.
    #[error("the service node cannot be reached")]
    Unreachable,
    /// No answer came in time.
    #[error("the service node did not answer in time")]
    TimedOut,
    /// It answered that it will not.
    #[error("the service node declined to answer")]
    Declined,
    /// Too many messages wait, or this node stops.
    #[error("this node cannot ask now: too much waits to be sent")]
    Overloaded,
}

/// Work that ends with a value: an answer on its way.
pub type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Carries messages to service nodes.
pub trait QuorumNetwork: Send + Sync {
    /// Tells a service node, given by its primary key, something. Only a service node can; never waits. Of what does not fit
    /// into the queue the oldest is dropped, and what cannot be delivered within seconds is dropped as well.
    fn tell(&self, to: &PublicKey, subject: QuorumSubject, message: Arc<[u8]>, reach: Reach);

    /// Asks a service node something, connecting where necessary. Any node can.
    fn ask(&self, to: &PublicKey, subject: QuorumSubject, question: Vec<u8>) -> Answer<Result<Vec<u8>, AskError>>;

    /// Hands messages of the subject to the handler from now on.
    fn handle(&self, subject: QuorumSubject, handler: Arc<dyn QuorumHandler>);

    /// Keeps these service nodes connected from now on, instead of those of the last call, so that a message to them need not
    /// wait for a connection. Of more than a transport can keep (64 over libp2p) the last are left out. A transport without
    /// connections has nothing to do.
    fn prepare(&self, _nodes: &[PublicKey]) {}
}

/// Takes the messages of one subject.
pub trait QuorumHandler: Send + Sync {
    /// A service node, which the transport proved to be registered under the primary key `from`, tells something. Returns at
    /// once: work is done elsewhere.
    fn on_told(&self, from: PublicKey, message: Vec<u8>);

    /// Somebody asks: a service node by its primary key, or a node without one. `None` declines.
    fn on_asked(&self, from: Option<PublicKey>, question: Vec<u8>) -> Answer<Option<Vec<u8>>>;
}

/// Where a service node takes messages, by its newest uptime proof (staking §14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuorumEndpoint {
    /// Its host.
    pub host: IpAddr,
    /// Its port for quorum messages.
    pub port: u16,
    /// The Ed25519 key by which it proves who it is.
    pub ed25519: PublicKey,
}

/// Who is where among service nodes: what the transport asks before it connects or believes.
pub trait QuorumAddresses: Send + Sync {
    /// Where the registered node with this primary key is; `None` when no proof of it is known.
    fn endpoint(&self, node: &PublicKey) -> Option<QuorumEndpoint>;
}
