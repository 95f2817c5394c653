//! Messages in and out: what others tell everybody, and what this node tells.

use super::{Finished, Network};
use crate::{
    gossip::{
        intake::Arrival,
        judge::{blocking, judge, readable},
        outbox::Outgoing,
        own::from_network,
        size_limit,
        stem::{Hop, choose_embargo, choose_hop},
    },
    network::behaviour::{FrameEvent, topic_name, topic_of},
    penalty::{Offence, transaction_penalty},
    wire::{
        bounded::Bytes,
        message::{Stem, StemAnswer},
    },
};
use libp2p::{
    PeerId,
    gossipsub::{self, MessageAcceptance, MessageId, PublishError},
    request_response::{Message, ResponseChannel},
};
use oxen_node_api::{Admission, BlinkState, GossipTopic, GossipVerdict, Relay};
use oxen_state::queries;
use oxen_types::Hash;
use std::{sync::Arc, time::Instant};

type StemEvent = FrameEvent<Stem, StemAnswer>;

impl Network {
    // In.

    pub(crate) fn join(&mut self, topic: GossipTopic) {
        if let Err(error) = self.swarm.behaviour_mut().gossip.subscribe(&topic_name(topic)) {
            tracing::error!(%error, topic = topic.name(), "cannot take part in a topic");
        }
    }

    pub(super) fn on_message(&mut self, source: PeerId, id: MessageId, message: gossipsub::Message) {
        let Some(topic) = topic_of(&message.topic) else {
            return self.report(&id, &source, GossipVerdict::Reject);
        };
        let (bytes, limit) = (message.data.len(), size_limit(topic));
        if bytes > limit {
            self.report(&id, &source, GossipVerdict::Reject);
            return self.shared.charge(source, Offence::OversizedGossip { bytes, limit });
        }
        let arrival = Arrival {
            topic,
            id,
            source,
            message: message.data,
        };
        if let Some(refused) = self.intake.offer(arrival) {
            tracing::debug!(topic = topic.name(), "more gossip than can be looked at");
            self.report(&refused.id, &refused.source, GossipVerdict::Ignore);
        }
        self.judge_next();
    }

    fn judge_next(&mut self) {
        while let Some(arrival) = self.intake.next() {
            let Arrival {
                topic,
                id,
                source,
                message,
            } = arrival;
            let (shared, finish) = (Arc::clone(&self.shared), self.finish.clone());
            tokio::spawn(async move {
                let verdict = judge(&shared, topic, source, message).await;
                let finished = Finished::Judged {
                    topic,
                    id,
                    source,
                    verdict,
                };
                // The network may have stopped.
                let _ = finish.send(finished).await;
            });
        }
    }

    pub(super) fn on_judged(&mut self, topic: GossipTopic, id: &MessageId, source: &PeerId, verdict: GossipVerdict) {
        self.report(id, source, verdict);
        self.intake.finished(topic);
        self.judge_next();
    }

    fn report(&mut self, id: &MessageId, source: &PeerId, verdict: GossipVerdict) {
        let acceptance = match verdict {
            GossipVerdict::Accept => MessageAcceptance::Accept,
            GossipVerdict::Ignore => MessageAcceptance::Ignore,
            GossipVerdict::Reject => MessageAcceptance::Reject,
        };
        self.swarm
            .behaviour_mut()
            .gossip
            .report_message_validation_result(id, source, acceptance);
    }

    // Out.

    pub(super) fn publish_outbox(&mut self) {
        for outgoing in self.shared.outbox.take() {
            self.publish(outgoing);
        }
    }

    /// Tries again what nobody was there to hear.
    pub(super) fn publish_unheard(&mut self) {
        for outgoing in self.unheard.take() {
            self.publish(outgoing);
        }
    }

    fn publish(&mut self, outgoing: Outgoing) {
        let Outgoing { topic, message } = outgoing;
        if message.len() > size_limit(topic) {
            tracing::warn!(topic = topic.name(), bytes = message.len(), "too large for gossip");
            return;
        }
        let name = topic_name(topic);
        match self.swarm.behaviour_mut().gossip.publish(name, message.clone()) {
            Ok(_) | Err(PublishError::Duplicate) => {}
            // A block is told by the status that peers exchange when they meet.
            Err(PublishError::NoPeersSubscribedToTopic) if topic != GossipTopic::Blocks => {
                self.unheard.push(Outgoing { topic, message });
            }
            Err(PublishError::NoPeersSubscribedToTopic) => {}
            Err(error) => tracing::debug!(topic = topic.name(), %error, "not sent"),
        }
    }

    /// Tells everybody of this node's newest own block, and sends own transactions on their stem.
    pub(super) fn spread_own_work(&mut self) {
        let (block, transactions) = self.shared.own.take();
        if block.is_none() && transactions.is_empty() {
            return;
        }
        let (shared, finish) = (Arc::clone(&self.shared), self.finish.clone());
        tokio::spawn(async move {
            let found = blocking(&shared, move |shared| {
                if let Some(blob) = block.and_then(|id| own_block(shared, &id)) {
                    shared.outbox.push(GossipTopic::Blocks, blob);
                }
                let pool = &shared.services.pool;
                let waiting = transactions.into_iter().filter_map(|id| pool.get(&id));
                Some(
                    waiting
                        // An approved blink travels with its signatures, and hides nothing.
                        .filter(|one| one.relay == Relay::Relay && one.blink != BlinkState::Approved)
                        .map(|one| (one.transaction.id(), one.blob.to_vec()))
                        .collect::<Vec<_>>(),
                )
            })
            .await;
            for (id, blob) in found.unwrap_or_default() {
                let travels = Finished::Travels { id, blob, from: None };
                if finish.send(travels).await.is_err() {
                    return;
                }
            }
        });
    }

    // Stems.

    /// Sends a transaction to the next on its stem, or to everybody.
    pub(super) fn pass_on(&mut self, id: Hash, blob: Vec<u8>, from: Option<PeerId>) {
        let now = Instant::now();
        let chosen = self.shared.peers().chosen_peers();
        // The origin never tells everybody itself while there is another way.
        let hop = match from {
            None => Hop::Stem,
            Some(_) => choose_hop(&mut self.randomness),
        };
        let next = match hop {
            Hop::Stem => self.stem_peer.choose(&chosen, from, &mut self.randomness, now),
            Hop::Fluff => None,
        };
        let (Some(next), Some(stem)) = (next, Bytes::new(blob.clone()).map(Stem)) else {
            return self.tell_everybody(id);
        };
        let until = now + choose_embargo(&mut self.randomness);
        if !self.shared.embargoes().hold(id, until) {
            return self.tell_everybody(id);
        }
        let request = self.swarm.behaviour_mut().stem.send_request(&next, Ok(stem));
        self.stems.insert(request, id);
    }

    /// Those that did not come back in time go to everybody.
    pub(super) fn lift_embargoes(&mut self, now: Instant) {
        let due = self.shared.embargoes().take_due(now);
        for id in due {
            self.tell_everybody(id);
        }
    }

    fn tell_everybody(&mut self, id: Hash) {
        self.shared.embargoes().lift(&id);
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            blocking(&shared, move |shared| {
                let pool = &shared.services.pool;
                // It may have been mined or dropped meanwhile.
                let waiting = pool.get(&id)?;
                if waiting.relay == Relay::Keep {
                    from_network(|| pool.release(&id));
                }
                shared.outbox.push(GossipTopic::Transactions, waiting.blob.to_vec());
                Some(())
            })
            .await
        });
    }

    pub(super) fn on_stem(&mut self, event: StemEvent) {
        match event {
            StemEvent::Message { peer, message, .. } => match message {
                Message::Request {
                    request: Ok(stem),
                    channel,
                    ..
                } => self.on_stem_arrived(peer, stem, channel),
                Message::Request {
                    request: Err(frame), ..
                } => self.shared.charge(peer, Offence::Frame(frame)),
                Message::Response { request_id, response } => {
                    let id = self.stems.remove(&request_id);
                    if let (Some(id), StemAnswer::Declined) = (id, response) {
                        self.tell_everybody(id);
                    }
                }
            },
            StemEvent::OutboundFailure {
                peer,
                request_id,
                error,
                ..
            } => {
                self.on_unanswered(peer, &error);
                if let Some(id) = self.stems.remove(&request_id) {
                    self.tell_everybody(id);
                }
            }
            StemEvent::InboundFailure {
                peer,
                request_id,
                error,
                ..
            } => self.on_unasked(peer, request_id, &error),
            StemEvent::ResponseSent { .. } => {}
        }
    }

    /// A transaction comes on its stem: it is kept without being shown, and goes on.
    fn on_stem_arrived(&mut self, source: PeerId, stem: Stem, channel: ResponseChannel<StemAnswer>) {
        let allowed = self.shared.peers().allows_request(&source, Instant::now());
        let permit = Arc::clone(&self.stem_places).try_acquire_owned();
        let (true, Ok(permit)) = (allowed, permit) else {
            // The asker may be gone.
            let _ = self
                .swarm
                .behaviour_mut()
                .stem
                .send_response(channel, StemAnswer::Declined);
            return;
        };
        let (shared, finish) = (Arc::clone(&self.shared), self.finish.clone());
        tokio::spawn(async move {
            let blob = stem.0.into_vec();
            let sent = blob.clone();
            let admitted = blocking(&shared, move |shared| {
                match from_network(|| shared.services.pool.submit(&sent, Relay::Keep)) {
                    Ok(admission) => Some(admission),
                    Err(error) => {
                        shared.punish(source, transaction_penalty(&error), &error);
                        None
                    }
                }
            })
            .await;
            drop(permit);
            let answer = match admitted {
                Some(_) => StemAnswer::Taken,
                None => StemAnswer::Declined,
            };
            // The network may have stopped.
            let _ = finish.send(Finished::StemJudged { channel, answer }).await;
            if let Some(Admission::Added { id }) = admitted {
                let travels = Finished::Travels {
                    id,
                    blob,
                    from: Some(source),
                };
                let _ = finish.send(travels).await;
            }
        });
    }
}

/// Bytes of a block of the main chain.
fn own_block(shared: &crate::shared::Shared, id: &Hash) -> Option<Vec<u8>> {
    let snapshot = shared.services.chain.snapshot();
    let height = readable(queries::block_height(&*snapshot, id))??;
    readable(queries::block_blob(&*snapshot, height))?
}
