//! The protocols that two nodes speak, and the transports below them.

use crate::{
    config::StartError,
    gossip::size_limit,
    limits::{
        GOSSIP_FRAME_BYTES, HELLO_BYTES, HELLO_TIMEOUT, QUESTION_TIMEOUT, QUORUM_FRAME_BYTES, QUORUM_READ_BYTES,
        QUORUM_STREAMS, REMEMBER_MESSAGES, REQUEST_BYTES, REQUEST_TIMEOUT, RESPONSE_BYTES, STREAMS_OF_PEER,
        TOLD_TIMEOUT, TRANSACTION_BYTES,
    },
    network::gate::Gate,
    shared::Shared,
    wire::{
        frames::{FrameError, Frames},
        message::{Hello, HelloAnswer, Request, Response, Stem, StemAnswer},
        quorum::{Question, QuestionAnswer, Told, ToldAnswer},
    },
};
use libp2p::{
    StreamProtocol, Swarm, SwarmBuilder,
    core::upgrade::Version,
    gossipsub::{
        self, IdentTopic, IdentityTransform, MessageAuthenticity, MessageId, TopicHash, ValidationMode,
        WhitelistSubscriptionFilter,
    },
    identity::Keypair,
    noise, ping,
    request_response::{self, ProtocolSupport},
    swarm::NetworkBehaviour,
    tcp, yamux,
};
use oxen_node_api::GossipTopic;
use oxen_types::hashing::keccak256_parts;
use std::{sync::Arc, time::Duration};

/// The greeting, by which nodes of different chains find out that they are.
const HELLO_PROTOCOL: StreamProtocol = StreamProtocol::new("/oxen/hello/1");
/// Connections stay although nothing is said: peers are sent away for reasons, not for silence.
const IDLE: Duration = Duration::from_secs(365 * 86_400);
/// Streams of one connection at a time: more than all protocols together may have, because one too many ends the connection.
const STREAMS: usize = 256;
/// Peers of the mesh look for missed messages this often.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// Heartbeats for which messages can be asked for again; for half of them peers are told that they can. Six seconds, so that a
/// peer which joins the mesh meanwhile, or a machine under load, misses nothing.
const HISTORY: usize = 12;

/// What a protocol of requests `Q` and answers `A` tells.
pub(crate) type FrameEvent<Q, A> = request_response::Event<Result<Q, FrameError>, A>;

/// Gossip of the known topics and no other.
pub(crate) type GossipBehaviour = gossipsub::Behaviour<IdentityTransform, WhitelistSubscriptionFilter>;

/// All protocols. The gate is first: what it refuses reaches no other.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub(crate) gate: Gate,
    pub(crate) ping: ping::Behaviour,
    pub(crate) hello: request_response::Behaviour<Frames<Hello, HelloAnswer>>,
    pub(crate) data: request_response::Behaviour<Frames<Request, Response>>,
    pub(crate) stem: request_response::Behaviour<Frames<Stem, StemAnswer>>,
    pub(crate) told: request_response::Behaviour<Frames<Told, ToldAnswer>>,
    pub(crate) asked: request_response::Behaviour<Frames<Question, QuestionAnswer>>,
    pub(crate) gossip: GossipBehaviour,
}

impl Behaviour {
    fn new(shared: &Arc<Shared>) -> Result<Self, StartError> {
        let tag = shared.identity.protocol_tag();
        let protocol = |name: &str| {
            StreamProtocol::try_from_owned(format!("/oxen/{tag}/{name}/1"))
                .map_err(|error| StartError::Transport(error.to_string()))
        };
        let both = ProtocolSupport::Full;
        let config = |timeout| {
            request_response::Config::default()
                .with_request_timeout(timeout)
                .with_max_concurrent_streams(STREAMS_OF_PEER)
        };
        Ok(Self {
            gate: Gate::new(Arc::clone(shared)),
            ping: ping::Behaviour::new(ping::Config::new()),
            hello: request_response::Behaviour::with_codec(
                Frames::new(HELLO_BYTES, HELLO_BYTES),
                [(HELLO_PROTOCOL, both.clone())],
                config(HELLO_TIMEOUT),
            ),
            data: request_response::Behaviour::with_codec(
                Frames::new(REQUEST_BYTES, RESPONSE_BYTES),
                [(protocol("data")?, both.clone())],
                config(REQUEST_TIMEOUT),
            ),
            stem: request_response::Behaviour::with_codec(
                Frames::new(TRANSACTION_BYTES as usize + 16, 16),
                [(protocol("stem")?, both.clone())],
                config(REQUEST_TIMEOUT),
            ),
            told: request_response::Behaviour::with_codec(
                Frames::new(QUORUM_FRAME_BYTES, 16).reading_at_most(QUORUM_READ_BYTES),
                [(protocol("quorum")?, both.clone())],
                config(TOLD_TIMEOUT).with_max_concurrent_streams(QUORUM_STREAMS),
            ),
            asked: request_response::Behaviour::with_codec(
                Frames::new(QUORUM_FRAME_BYTES, QUORUM_FRAME_BYTES).reading_at_most(QUORUM_READ_BYTES),
                [(protocol("question")?, both)],
                // The asker's own clock ends the wait; this is for streams that it forgot.
                config(QUESTION_TIMEOUT + HELLO_TIMEOUT).with_max_concurrent_streams(QUORUM_STREAMS),
            ),
            gossip: gossip(&tag)?,
        })
    }
}

/// A topic as gossip names it. The chain is in the protocol's name.
pub(crate) fn topic_name(topic: GossipTopic) -> IdentTopic {
    IdentTopic::new(topic.name())
}

/// The topic that gossip names so.
pub(crate) fn topic_of(hash: &TopicHash) -> Option<GossipTopic> {
    GossipTopic::ALL
        .into_iter()
        .find(|topic| topic_name(*topic).hash() == *hash)
}

/// Anonymous: a message carries neither its author nor a signature, and is known by its content.
fn gossip(tag: &str) -> Result<GossipBehaviour, StartError> {
    let mut config = gossipsub::ConfigBuilder::default();
    config
        .protocol_id_prefix(format!("/oxen/{tag}/gossip"))
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .heartbeat_interval(HEARTBEAT)
        .heartbeat_initial_delay(Duration::ZERO)
        .history_length(HISTORY)
        .history_gossip(HISTORY / 2)
        .duplicate_cache_time(REMEMBER_MESSAGES)
        .max_transmit_size(GOSSIP_FRAME_BYTES)
        .message_id_fn(|message: &gossipsub::Message| {
            let parts: [&[u8]; 3] = [message.topic.as_str().as_bytes(), &[0], &message.data];
            MessageId::new(keccak256_parts(&parts).as_bytes())
        });
    let failed = |error: String| StartError::Transport(error);
    let config = config.build().map_err(|error| failed(error.to_string()))?;
    let topics = GossipTopic::ALL.map(|topic| topic_name(topic).hash());
    GossipBehaviour::new_with_subscription_filter(
        MessageAuthenticity::Anonymous,
        config,
        WhitelistSubscriptionFilter(topics.into_iter().collect()),
    )
    .map_err(|error| failed(error.to_owned()))
}

/// Everything on TCP and QUIC.
pub(crate) fn build_swarm(keypair: Keypair, shared: &Arc<Shared>) -> Result<Swarm<Behaviour>, StartError> {
    fn failed(error: impl std::fmt::Display) -> StartError {
        StartError::Transport(error.to_string())
    }
    let behaviour = Behaviour::new(shared)?;
    let streams = || {
        let mut config = yamux::Config::default();
        config.set_max_num_streams(STREAMS);
        config
    };
    Ok(SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, streams)
        .map_err(failed)?
        .with_quic()
        .with_behaviour(|_| behaviour)
        .map_err(failed)?
        .with_swarm_config(|config| {
            // Each stream speaks one protocol: what it carries need not wait until the other side has agreed to it, which saves
            // a message of Pulse the time to the other node and back.
            config
                .with_idle_connection_timeout(IDLE)
                .with_substream_upgrade_protocol_override(Version::V1Lazy)
        })
        .build())
}

const _: () = assert!(size_limit(GossipTopic::Blocks) < GOSSIP_FRAME_BYTES);
const _: () = assert!(size_limit(GossipTopic::Transactions) < GOSSIP_FRAME_BYTES);
const _: () = assert!(size_limit(GossipTopic::Blinks) < GOSSIP_FRAME_BYTES);
