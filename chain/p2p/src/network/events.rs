//! What the connections tell.

use super::{
    Asker, Network,
    behaviour::{Behaviour, BehaviourEvent, FrameEvent},
};
use crate::{
    penalty::Offence,
    shared::RequestError,
    wire::{
        frames::FrameError,
        message::{Request, Response},
    },
};
use libp2p::{
    PeerId, gossipsub, ping,
    request_response::{InboundFailure, InboundRequestId, Message, OutboundFailure, OutboundRequestId},
    swarm::{ConnectionId, SwarmEvent},
};
use oxen_node_api::Direction;
use std::time::Instant;

type DataEvent = FrameEvent<Request, Response>;

impl Network {
    pub(super) fn on_event(&mut self, event: SwarmEvent<<Behaviour as libp2p::swarm::NetworkBehaviour>::ToSwarm>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_protocol(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            } => {
                let direction = if endpoint.is_dialer() {
                    Direction::Outbound
                } else {
                    Direction::Inbound
                };
                self.on_connected(peer_id, connection_id, endpoint.get_remote_address().clone(), direction);
            }
            SwarmEvent::ConnectionClosed { peer_id, cause, .. } => {
                let cause = cause.map_or_else(|| "closed".to_owned(), |cause| cause.to_string());
                self.on_disconnected(peer_id, &cause);
            }
            SwarmEvent::OutgoingConnectionError {
                connection_id, error, ..
            } => {
                self.dial_failed(connection_id, &error);
                self.way_failed(connection_id, &error);
            }
            SwarmEvent::IncomingConnectionError {
                send_back_addr, error, ..
            } => tracing::debug!(address = %send_back_addr, %error, "a connection came to nothing"),
            SwarmEvent::ListenerClosed { addresses, reason, .. } => {
                tracing::warn!(?addresses, ?reason, "no more connections are taken there");
            }
            _ => {}
        }
    }

    fn on_connected(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        address: libp2p::Multiaddr,
        direction: Direction,
    ) {
        self.dialing.connected(connection, peer);
        let purpose = self.routes.purpose_of(&connection);
        let (first, greeted) = {
            let mut peers = self.shared.peers();
            let (now, instant) = (self.shared.now(), Instant::now());
            let first = peers.connected(peer, address, (direction, purpose), now, instant);
            (first, peers.has_greeted(&peer))
        };
        if first {
            tracing::debug!(%peer, ?direction, "connected");
        }
        // Two nodes that call each other at once may both hear of the other's call first: both greet then.
        if direction == Direction::Outbound && !greeted {
            self.greet(peer);
        }
        self.way_found(connection, peer);
    }

    fn on_disconnected(&mut self, peer: PeerId, cause: &str) {
        if self.shared.peers().disconnected(&peer, self.shared.now()) {
            tracing::debug!(%peer, cause, "disconnected");
            self.dialing.disconnected(&peer);
            self.way_lost(peer);
        }
    }

    fn on_protocol(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Gate(never) => match never {},
            BehaviourEvent::Ping(event) => self.on_ping(event),
            BehaviourEvent::Hello(event) => self.on_hello(event),
            BehaviourEvent::Data(event) => self.on_data(event),
            BehaviourEvent::Stem(event) => self.on_stem(event),
            BehaviourEvent::Told(event) => self.on_told(event),
            BehaviourEvent::Asked(event) => self.on_asked(event),
            BehaviourEvent::Gossip(event) => self.on_gossip(event),
        }
    }

    fn on_ping(&mut self, event: ping::Event) {
        match event.result {
            Ok(time) => self.shared.peers().set_round_trip(&event.peer, time),
            // A node of another kind may not know the protocol; a dead line is closed.
            Err(ping::Failure::Unsupported) => {}
            Err(_) => {
                self.swarm.close_connection(event.connection);
            }
        }
    }

    fn on_gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message {
                propagation_source,
                message_id,
                message,
            } => self.on_message(propagation_source, message_id, message),
            gossipsub::Event::Subscribed { .. } => self.publish_unheard(),
            gossipsub::Event::Unsubscribed { .. }
            | gossipsub::Event::GossipsubNotSupported { .. }
            | gossipsub::Event::SlowPeer { .. } => {}
        }
    }

    fn on_data(&mut self, event: DataEvent) {
        match event {
            DataEvent::Message { peer, message, .. } => match message {
                Message::Request {
                    request_id,
                    request: Ok(request),
                    channel,
                } => self.serve(peer, request_id, request, channel),
                Message::Request {
                    request: Err(frame), ..
                } => self.shared.charge(peer, Offence::Frame(frame)),
                Message::Response { request_id, response } => self.on_answer(peer, request_id, response),
            },
            DataEvent::OutboundFailure {
                peer,
                request_id,
                error,
                ..
            } => {
                let error = self.on_unanswered(peer, &error);
                if let Some(Asker::Task(answer)) = self.asked.remove(&request_id) {
                    // The task may have turned to something else.
                    let _ = answer.send(Err(error));
                }
            }
            DataEvent::InboundFailure {
                peer,
                request_id,
                error,
                ..
            } => self.on_unasked(peer, request_id, &error),
            DataEvent::ResponseSent { request_id, .. } => {
                self.answering.remove(&request_id);
            }
        }
    }

    fn on_answer(&mut self, peer: PeerId, id: OutboundRequestId, response: Response) {
        match (self.asked.remove(&id), response) {
            (Some(Asker::Task(answer)), response) => {
                // The task may have turned to something else.
                let _ = answer.send(Ok(response));
            }
            (Some(Asker::Status), Response::Status(status)) => {
                self.shared.peers().set_status(&peer, status);
                self.shared.sync_wake.notify_one();
            }
            (Some(Asker::Addresses), Response::Peers(records)) => self.learn_addresses(peer, &records),
            (Some(Asker::Status | Asker::Addresses), Response::Busy) | (None, _) => {}
            (Some(Asker::Status | Asker::Addresses), _) => self.shared.charge(peer, Offence::WrongAnswer),
        }
    }

    /// What a request that came to nothing says of the peer.
    pub(super) fn on_unanswered(&mut self, peer: PeerId, error: &OutboundFailure) -> RequestError {
        match error {
            OutboundFailure::Timeout => {
                self.shared.charge(peer, Offence::Stalled);
                RequestError::TimedOut
            }
            OutboundFailure::Io(error) => {
                if let Some(frame) = FrameError::of(error) {
                    self.shared.charge(peer, Offence::Frame(frame));
                }
                RequestError::Garbled
            }
            OutboundFailure::DialFailure
            | OutboundFailure::ConnectionClosed
            | OutboundFailure::UnsupportedProtocols => RequestError::Gone,
        }
    }

    /// What a request that could not be read or answered says of the peer.
    pub(super) fn on_unasked(&mut self, peer: PeerId, id: InboundRequestId, error: &InboundFailure) {
        self.answering.remove(&id);
        if let InboundFailure::Io(error) = error
            && let Some(frame) = FrameError::of(error)
        {
            self.shared.charge(peer, Offence::Frame(frame));
        }
    }
}
