//! A peer with bad manners: the transports and protocols of a node, and none of its honesty.

use super::service_node::keys;
use crate::{
    limits::QUORUM_FRAME_BYTES,
    network::behaviour::topic_name,
    wire::{
        bounded::{Bounded, Bytes},
        message::{
            BlockBody, BlockIds, ChainIdentity, Hello, HelloAnswer, PROTOCOL_VERSION, Request, Response, Status,
        },
        quorum::{SharedBytes, Statement, Told, ToldAnswer},
    },
};
use async_trait::async_trait;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt};
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder,
    gossipsub::{self, MessageAuthenticity, ValidationMode},
    noise,
    request_response::{self, ProtocolSupport},
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, yamux,
};
use oxen_node_api::{GossipTopic, QuorumSubject};
use oxen_testkit::TestChain;
use oxen_types::{Hash, Height};
use parity_scale_codec::{DecodeAll, Encode};
use std::{io, time::Duration};
use tokio::{sync::watch, task::JoinHandle};

/// Longest wait for what the node does.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the stranger does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manners {
    /// Greets for another network.
    Foreign,
    /// Sends bytes that are no message.
    SendsGarbage,
    /// Announces a message larger than any may be.
    AnnouncesTooMuch,
    /// Gossips more bytes than a vote may have.
    GossipsTooMuch,
    /// Gossips a block that is none.
    GossipsGarbage,
    /// Asks without end.
    AsksWithoutEnd,
    /// Names ids of blocks and then has none.
    NamesBlocksItLacks,
    /// Names ids of blocks and never has time to give them.
    NeverHasTime,
    /// Names ids and sends other blocks.
    SendsOtherBlocks,
    /// Answers every question with addresses.
    AnswersSomethingElse,
    /// Says that it speaks for a service node, and signs with another key.
    ForgesStatement,
    /// Repeats the statement of a service node, which was signed for another peer.
    RepeatsStatement,
    /// Tells what service nodes tell, and is none.
    TellsAsNobody,
    /// Announces a message to a service node that is larger than any may be.
    TellsTooMuch,
    /// Is the service node with the keys [`FLOODER`], and tells until it is refused.
    TellsUntilRefused,
}

/// Whose keys the stranger has that tells until it is refused.
pub(super) const FLOODER: u8 = 77;

impl Manners {
    /// Does it claim to have blocks, so that it is asked for them?
    const fn claims_blocks(self) -> bool {
        matches!(
            self,
            Self::NamesBlocksItLacks | Self::NeverHasTime | Self::SendsOtherBlocks | Self::AnswersSomethingElse
        )
    }

    fn statement(self, peer: PeerId, chain: &ChainIdentity) -> Option<Statement> {
        match self {
            Self::ForgesStatement => Some(Statement {
                ed25519: keys(1).ed25519_public(),
                ..Statement::sign(&keys(FLOODER), peer, chain)
            }),
            Self::RepeatsStatement => Some(Statement::sign(&keys(1), PeerId::random(), chain)),
            Self::TellsUntilRefused => Some(Statement::sign(&keys(FLOODER), peer, chain)),
            _ => None,
        }
    }
}

/// Frames without limits or meaning.
#[derive(Clone, Copy, Default)]
struct Raw;

#[async_trait]
impl request_response::Codec for Raw {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Vec<u8>> {
        read(io).await
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Vec<u8>> {
        read(io).await
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        io.write_all(&bytes).await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        io.write_all(&bytes).await
    }
}

async fn read<T: AsyncRead + Unpin + Send>(io: &mut T) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
    io.read_exact(&mut bytes).await?;
    Ok(bytes)
}

fn frame(message: &impl Encode) -> Vec<u8> {
    let bytes = message.encode();
    let length = u32::try_from(bytes.len()).unwrap();
    [length.to_le_bytes().to_vec(), bytes].concat()
}

#[derive(NetworkBehaviour)]
struct StrangerBehaviour {
    hello: request_response::Behaviour<Raw>,
    data: request_response::Behaviour<Raw>,
    told: request_response::Behaviour<Raw>,
    gossip: gossipsub::Behaviour,
}

/// The stranger, on a task of its own.
pub(super) struct Stranger {
    manners: Manners,
    asked: watch::Receiver<u32>,
    ended: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stranger {
    /// Connects to a node and does what it does.
    pub(super) async fn connect(address: &str, source: &TestChain, manners: Manners) -> Self {
        let mut identity = ChainIdentity::of(source.network());
        let tag = identity.protocol_tag();
        if manners == Manners::Foreign {
            identity.network = oxen_types::NetworkId::new([9; 16]);
        }
        let mut swarm = swarm(&tag);
        swarm.dial(address.parse::<Multiaddr>().unwrap()).unwrap();
        let status = if manners.claims_blocks() {
            Status {
                height: Height::new(1_000_000),
                tip: Hash::new([0xee; 32]),
            }
        } else {
            Status {
                height: Height::GENESIS,
                tip: identity.genesis,
            }
        };
        let hello = Hello {
            version: PROTOCOL_VERSION,
            chain: identity,
            software: Bytes::new(b"stranger".to_vec()).unwrap(),
            tcp_port: None,
            quic_port: None,
            status,
            service_node: manners.statement(*swarm.local_peer_id(), &identity),
        };
        let (asked_sender, asked) = watch::channel(0);
        let (ended_sender, ended) = watch::channel(false);
        let other_block = source.blocks().last().map(|mined| mined.submission().block);
        let genesis = source.network().genesis.block_id;
        let task = tokio::spawn(run(
            swarm,
            Mind {
                manners,
                hello,
                asked: asked_sender,
                ended: ended_sender,
                other_block,
                genesis,
            },
        ));
        Self {
            manners,
            asked,
            ended,
            task,
        }
    }

    /// Waits until the node asked it for blocks or ids.
    pub(super) async fn was_asked(&self) {
        let waited = tokio::time::timeout(PATIENCE, wait(self.asked.clone(), |asked| *asked > 0));
        assert!(waited.await.is_ok(), "it is not asked: {:?}", self.manners);
    }

    /// Waits until the node refused what it told.
    pub(super) async fn is_refused(&self) {
        self.was_asked().await;
    }

    /// Waits until the node ended the connection.
    pub(super) async fn is_sent_away(&self) {
        let waited = tokio::time::timeout(PATIENCE, wait(self.ended.clone(), |ended| *ended));
        assert!(waited.await.is_ok(), "it stays: {:?}", self.manners);
    }
}

async fn wait<T>(mut value: watch::Receiver<T>, wanted: impl FnMut(&T) -> bool) {
    assert!(value.wait_for(wanted).await.is_ok());
}

fn swarm(tag: &str) -> Swarm<StrangerBehaviour> {
    let behaviour_of = |name: &str| {
        let protocol = StreamProtocol::try_from_owned(format!("/oxen/{tag}/{name}/1")).unwrap();
        request_response::Behaviour::new([(protocol, ProtocolSupport::Full)], request_response::Config::default())
    };
    let config = gossipsub::ConfigBuilder::default()
        .protocol_id_prefix(format!("/oxen/{tag}/gossip"))
        .validation_mode(ValidationMode::Anonymous)
        .max_transmit_size(2 * 1024 * 1024)
        .build()
        .unwrap();
    let gossip = gossipsub::Behaviour::new(MessageAuthenticity::Anonymous, config).unwrap();
    let behaviour = StrangerBehaviour {
        hello: request_response::Behaviour::new(
            [(StreamProtocol::new("/oxen/hello/1"), ProtocolSupport::Full)],
            request_response::Config::default(),
        ),
        data: behaviour_of("data"),
        told: behaviour_of("quorum"),
        gossip,
    };
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_behaviour(|_| behaviour)
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
        .build()
}

struct Mind {
    manners: Manners,
    hello: Hello,
    asked: watch::Sender<u32>,
    ended: watch::Sender<bool>,
    other_block: Option<Vec<u8>>,
    genesis: Hash,
}

async fn run(mut swarm: Swarm<StrangerBehaviour>, mind: Mind) {
    for topic in GossipTopic::ALL {
        swarm.behaviour_mut().gossip.subscribe(&topic_name(topic)).unwrap();
    }
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::ConnectionEstablished { peer_id, .. } => {
                let hello = frame(&mind.hello);
                swarm.behaviour_mut().hello.send_request(&peer_id, hello);
            }
            SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. } => {
                mind.ended.send_replace(true);
                return;
            }
            SwarmEvent::Behaviour(StrangerBehaviourEvent::Hello(request_response::Event::Message {
                peer,
                message: request_response::Message::Response { response, .. },
                ..
            })) => {
                let Ok(answer) = HelloAnswer::decode_all(&mut response.as_slice()) else {
                    panic!("no answer to the greeting")
                };
                let refused = matches!(answer, HelloAnswer::Refused(_));
                assert_eq!(refused, mind.manners == Manners::Foreign);
                misbehave(&mut swarm, peer, mind.manners);
            }
            SwarmEvent::Behaviour(StrangerBehaviourEvent::Gossip(gossipsub::Event::Subscribed { .. })) => {
                gossip(&mut swarm, mind.manners);
            }
            SwarmEvent::Behaviour(StrangerBehaviourEvent::Data(request_response::Event::Message {
                message: request_response::Message::Request { request, channel, .. },
                ..
            })) => {
                let request = Request::decode_all(&mut request.as_slice()).unwrap();
                let answer = answer(&mind, &request);
                let _ = swarm.behaviour_mut().data.send_response(channel, frame(&answer));
                mind.asked.send_modify(|count| *count += 1);
            }
            SwarmEvent::Behaviour(StrangerBehaviourEvent::Data(request_response::Event::Message { peer, .. }))
                if mind.manners == Manners::AsksWithoutEnd =>
            {
                swarm.behaviour_mut().data.send_request(&peer, frame(&Request::Peers));
            }
            SwarmEvent::Behaviour(StrangerBehaviourEvent::Told(request_response::Event::Message {
                peer,
                message: request_response::Message::Response { response, .. },
                ..
            })) if mind.manners == Manners::TellsUntilRefused => {
                match ToldAnswer::decode_all(&mut response.as_slice()).unwrap() {
                    ToldAnswer::Taken => {
                        swarm.behaviour_mut().told.send_request(&peer, message());
                    }
                    ToldAnswer::Refused => mind.asked.send_modify(|count| *count += 1),
                }
            }
            _ => {}
        }
    }
}

/// Something for Pulse.
fn message() -> Vec<u8> {
    frame(&Told {
        subject: QuorumSubject::Pulse.into(),
        message: SharedBytes(b"flood".as_slice().into()),
    })
}

fn misbehave(swarm: &mut Swarm<StrangerBehaviour>, peer: PeerId, manners: Manners) {
    let StrangerBehaviour { data, told, .. } = swarm.behaviour_mut();
    match manners {
        Manners::TellsAsNobody => {
            for _ in 0..10 {
                told.send_request(&peer, message());
            }
        }
        Manners::TellsTooMuch => {
            let length = u32::try_from(QUORUM_FRAME_BYTES + 1).unwrap();
            told.send_request(&peer, length.to_le_bytes().to_vec());
        }
        Manners::TellsUntilRefused => {
            for _ in 0..10 {
                told.send_request(&peer, message());
            }
        }
        Manners::SendsGarbage => {
            data.send_request(&peer, vec![3, 0, 0, 0, 0xff, 0xff, 0xff]);
        }
        Manners::AnnouncesTooMuch => {
            data.send_request(&peer, u32::MAX.to_le_bytes().to_vec());
        }
        Manners::AsksWithoutEnd => {
            for _ in 0..10 {
                data.send_request(&peer, frame(&Request::Peers));
            }
        }
        _ => {}
    }
}

fn gossip(swarm: &mut Swarm<StrangerBehaviour>, manners: Manners) {
    let (topic, message) = match manners {
        Manners::GossipsTooMuch => (GossipTopic::Transactions, vec![7; 1_000_001]),
        Manners::GossipsGarbage => (GossipTopic::Blocks, vec![7; 100]),
        _ => return,
    };
    // The node may not have named this topic yet; it names another later.
    let _ = swarm.behaviour_mut().gossip.publish(topic_name(topic), message);
}

fn answer(mind: &Mind, request: &Request) -> Response {
    let invented = (1..=40_u8).map(|byte| Hash::new([byte; 32]));
    match (mind.manners, request) {
        (_, Request::Status(_)) => Response::Status(mind.hello.status),
        (Manners::AnswersSomethingElse, _) => Response::Peers(Bounded::default()),
        (_, Request::Ids(locator)) => Response::Ids(BlockIds {
            first: Height::GENESIS,
            ids: Bounded::of(
                [if locator.contains(&mind.genesis) {
                    mind.genesis
                } else {
                    locator[0]
                }]
                .into_iter()
                .chain(invented),
            ),
        }),
        (Manners::SendsOtherBlocks, Request::Blocks(_)) => Response::Blocks(Bounded::of([BlockBody {
            block: Bytes::new(mind.other_block.clone().unwrap()).unwrap(),
            transactions: Bounded::default(),
            checkpoint: None,
        }])),
        (Manners::NeverHasTime, Request::Blocks(_)) => Response::Busy,
        (_, Request::Blocks(_)) => Response::Blocks(Bounded::default()),
        _ => Response::Busy,
    }
}
