//! Starting the network, and holding it.

use crate::{
    address::{quic, socket_of, tcp},
    config::{PeerConfig, StartError, SyncMode},
    identity,
    limits::{QUESTION_TIMEOUT, QUORUM_MESSAGE_BYTES},
    network::{
        Network, NetworkParts, PeerFiles,
        behaviour::{Behaviour, build_swarm},
    },
    peers::{Peers, book::AddressBook, places::Visits, standing::Standings},
    quorum::{mailbox::Letter, postbox::Post},
    shared::{Command, PeerServices, Shared},
    sync,
};
use futures::StreamExt;
use libp2p::{Multiaddr, PeerId, Swarm, multiaddr::Protocol, swarm::SwarmEvent};
use oxen_node_api::{
    Answer, AskError, BannedHost, Gossip, GossipHandler, GossipTopic, KnownPeer, PeerConnection, PeerControl,
    PeerLimits, QuorumAddresses, QuorumHandler, QuorumNetwork, QuorumSubject, Reach, Subscription, SyncSpan, SyncState,
};
use oxen_staking_rules::ServiceNodeKeys;
use oxen_state::queries;
use oxen_types::{Height, PublicKey};
use rand_core::{CryptoRng, RngCore};
use std::{net::IpAddr, sync::Arc};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

/// The file of the key, in the folder of the configuration.
const KEY_FILE: &str = "p2p.key";
/// The file of known peers.
const BOOK_FILE: &str = "p2p.peers";
/// The file of bans.
const BANS_FILE: &str = "p2p.bans";

/// The network of a running node. Dropping it ends the connections.
pub struct PeerNetwork {
    shared: Arc<Shared>,
    peer: PeerId,
    addresses: Vec<Multiaddr>,
    sync: Option<JoinHandle<()>>,
    network: JoinHandle<()>,
    _feed: Subscription,
}

impl PeerNetwork {
    /// Takes connections, goes to peers and follows their chain. `randomness` decides whom to ask and how stems grow, and
    /// makes the node's key when there is none. With `keys` the node proves to its peers that it is this service node. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The key, the known peers or the port cannot be used.
    pub async fn start(
        config: PeerConfig,
        services: PeerServices,
        keys: Option<&ServiceNodeKeys>,
        mut randomness: impl RngCore + CryptoRng + Send + 'static,
    ) -> Result<Self, StartError> {
        /// Requests of other tasks wait here while this many are on their way to the network's.
        const COMMANDS: usize = 64;
        let keypair = identity::load_or_make(&config.folder.join(KEY_FILE), &mut randomness)?;
        let files = PeerFiles {
            book: config.folder.join(BOOK_FILE),
            bans: config.folder.join(BANS_FILE),
        };
        let book = AddressBook::load(&files.book)?;
        let standings = Standings::load(&files.bans, services.clock.now())?;
        let (sender, commands) = mpsc::channel(COMMANDS);
        let peer = keypair.public().to_peer_id();
        let visits = match keys {
            Some(_) => Visits::Taken,
            None => Visits::Refused,
        };
        let peers = Peers::new(book, standings, config.limits, visits);
        let shared = Arc::new(Shared::new(services, peers, (peer, keys), sender));
        shared.status()?;
        let mut swarm = build_swarm(keypair, &shared)?;
        let addresses = listen(&mut swarm, &config).await?;
        let feed = shared.services.feed.subscribe(Arc::clone(&shared.own) as _);
        let sync = match config.sync {
            SyncMode::Follow => Some(tokio::spawn(sync::driver::run(Arc::clone(&shared)))),
            SyncMode::Stand => None,
        };
        let mut network = Network::new(NetworkParts {
            swarm,
            shared: Arc::clone(&shared),
            commands,
            ports: ports(&addresses),
            config,
            files,
            randomness: Box::new(randomness),
        });
        network.join(GossipTopic::Blocks);
        network.join(GossipTopic::Transactions);
        network.join(GossipTopic::Checkpoints);
        Ok(Self {
            shared,
            peer,
            addresses,
            sync,
            network: tokio::spawn(network.run()),
            _feed: feed,
        })
    }

    /// The node's id among peers.
    #[must_use]
    pub fn peer_id(&self) -> String {
        self.peer.to_string()
    }

    /// Where peers can connect, as multiaddresses with the node's id: one of these is what another node's `--add-peer` takes.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.addresses
            .iter()
            .map(|address| format!("{address}/p2p/{}", self.peer))
            .collect()
    }

    /// The port on which peers connect by TCP: what the uptime proof of a service node names for messages between service nodes.
    #[must_use]
    pub fn tcp_port(&self) -> Option<u16> {
        ports(&self.addresses).0
    }

    /// Says where service nodes are and by which keys they prove it. Until then no peer is taken for one.
    pub fn set_quorum_addresses(&self, addresses: Arc<dyn QuorumAddresses>) {
        self.shared.set_addresses(addresses);
    }

    /// Takes part in a topic whose messages a service judges. Blocks, transactions and checkpoints are judged here and need
    /// none.
    pub async fn handle(&self, topic: GossipTopic, handler: Arc<dyn GossipHandler>) {
        self.shared.set_handler(topic, handler);
        // An error means that the network stopped: then there is nothing to take part in.
        let _ = self.shared.commands.send(Command::Join(topic)).await;
    }

    /// Ends in order: no new connections, the known peers are written.
    pub async fn stop(&self) {
        self.shared.stop();
        if let Some(sync) = &self.sync {
            sync.abort();
        }
        let (stopped, done) = oneshot::channel();
        if self.shared.commands.send(Command::Stop(stopped)).await.is_ok() {
            // An error means that it stopped by itself.
            let _ = done.await;
        }
    }
}

impl Drop for PeerNetwork {
    fn drop(&mut self) {
        self.shared.stop();
        if let Some(sync) = &self.sync {
            sync.abort();
        }
        self.network.abort();
    }
}

impl Gossip for PeerNetwork {
    fn publish(&self, topic: GossipTopic, message: Vec<u8>) {
        self.shared.outbox.push(topic, message);
    }
}

impl QuorumNetwork for PeerNetwork {
    fn tell(&self, to: &PublicKey, subject: QuorumSubject, message: Arc<[u8]>, reach: Reach) {
        if self.shared.statement.is_none() || message.len() > QUORUM_MESSAGE_BYTES as usize {
            tracing::warn!(
                subject = subject.name(),
                bytes = message.len(),
                "a message is not sent: this is no service node, or it is too long"
            );
            return;
        }
        let letter = Letter::Message { subject, message };
        self.shared.postbox.post(Post { to: *to, letter, reach });
    }

    fn ask(&self, to: &PublicKey, subject: QuorumSubject, question: Vec<u8>) -> Answer<Result<Vec<u8>, AskError>> {
        if question.len() > QUORUM_MESSAGE_BYTES as usize {
            return Box::pin(async { Err(AskError::Overloaded) });
        }
        let (answer, answered) = oneshot::channel();
        let letter = Letter::Question {
            subject,
            question,
            answer,
        };
        self.shared.postbox.post(Post {
            to: *to,
            letter,
            reach: Reach::Connect,
        });
        Box::pin(async move {
            match timeout(QUESTION_TIMEOUT, answered).await {
                Ok(Ok(given)) => given,
                Ok(Err(_)) => Err(AskError::Overloaded),
                Err(_) => Err(AskError::TimedOut),
            }
        })
    }

    fn handle(&self, subject: QuorumSubject, handler: Arc<dyn QuorumHandler>) {
        self.shared.hearing.set_handler(subject, handler);
    }

    fn prepare(&self, nodes: &[PublicKey]) {
        self.shared.postbox.prepare(nodes);
    }
}

impl PeerControl for PeerNetwork {
    fn connections(&self) -> Vec<PeerConnection> {
        self.shared.peers().connections(self.shared.now())
    }

    fn known_peers(&self) -> Vec<KnownPeer> {
        let peers = self.shared.peers();
        let mut known: Vec<KnownPeer> = peers
            .book
            .entries()
            .map(|(peer, entry)| KnownPeer {
                peer: peer.to_string(),
                host: entry.endpoint.host,
                port: entry.endpoint.port(),
                last_seen: entry.last_seen,
                acquaintance: entry.acquaintance,
            })
            .collect();
        known.sort_by_key(|peer| peer.acquaintance != oxen_node_api::Acquaintance::Met);
        known
    }

    fn limits(&self) -> PeerLimits {
        self.shared.peers().limits()
    }

    fn set_limits(&self, limits: PeerLimits) {
        self.shared.peers().set_limits(limits);
        self.shared.attention.notify_one();
    }

    fn bans(&self) -> Vec<BannedHost> {
        let hosts = self.shared.peers().standings.banned_hosts(self.shared.now());
        hosts
            .into_iter()
            .map(|(host, until)| BannedHost { host, until })
            .collect()
    }

    fn ban(&self, host: IpAddr, seconds: u64) {
        let now = self.shared.now();
        let host = host.to_canonical();
        {
            let mut peers = self.shared.peers();
            peers.standings.ban_host(host, now.saturating_add(seconds), now);
            peers.evict_host(&host);
        }
        self.shared.attention.notify_one();
    }

    fn lift_ban(&self, host: IpAddr) -> bool {
        self.shared.peers().standings.lift(&host.to_canonical())
    }

    fn sync_state(&self) -> SyncState {
        let tip = queries::totals(&*self.shared.services.chain.snapshot()).map_or(Height::GENESIS, |totals| totals.tip);
        self.shared.sync().state(tip, tokio::time::Instant::now())
    }

    fn sync_spans(&self) -> Vec<SyncSpan> {
        self.shared.sync().spans.clone()
    }
}

/// Listens by TCP and by QUIC on every host and waits until each says where.
async fn listen(swarm: &mut Swarm<Behaviour>, config: &PeerConfig) -> Result<Vec<Multiaddr>, StartError> {
    let mut addresses = Vec::new();
    for host in &config.hosts {
        let by_tcp = listen_on(swarm, tcp(*host, config.port)).await?;
        let port = by_tcp.first().and_then(socket_of).map_or(config.port, |(_, port)| port);
        addresses.extend(by_tcp);
        // The same number by UDP, if it is free: then one port stands for both.
        match listen_on(swarm, quic(*host, port)).await {
            Ok(by_quic) => addresses.extend(by_quic),
            Err(_) if config.port == 0 => addresses.extend(listen_on(swarm, quic(*host, 0)).await?),
            Err(error) => return Err(error),
        }
    }
    Ok(addresses)
}

async fn listen_on(swarm: &mut Swarm<Behaviour>, address: Multiaddr) -> Result<Vec<Multiaddr>, StartError> {
    let failed = |reason: String| StartError::Listen {
        address: address.to_string(),
        reason,
    };
    let listener = swarm
        .listen_on(address.clone())
        .map_err(|error| failed(error.to_string()))?;
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::NewListenAddr {
                listener_id, address, ..
            } if listener_id == listener => return Ok(vec![address]),
            SwarmEvent::ListenerClosed {
                listener_id, reason, ..
            } if listener_id == listener => {
                let reason = reason
                    .err()
                    .map_or_else(|| "closed".to_owned(), |error| error.to_string());
                return Err(failed(reason));
            }
            _ => {}
        }
    }
}

/// The TCP and the UDP port among these.
fn ports(addresses: &[Multiaddr]) -> (Option<u16>, Option<u16>) {
    let port = |pick: fn(&Protocol<'_>) -> Option<u16>| {
        addresses
            .iter()
            .find_map(|address| address.iter().find_map(|part| pick(&part)))
    };
    (
        port(|part| match part {
            Protocol::Tcp(port) => Some(*port),
            _ => None,
        }),
        port(|part| match part {
            Protocol::Udp(port) => Some(*port),
            _ => None,
        }),
    )
}
