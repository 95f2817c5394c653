//! Being told and being asked: who may, how much, and who hears it.

use super::{
    Finished, Network,
    letters::{AskedEvent, ToldEvent},
};
use crate::{
    limits::{EARLY_BYTES, EARLY_MESSAGES, QUESTION_TIMEOUT, QUESTIONS_TOGETHER},
    penalty::Offence,
    quorum::hearing::Unheard,
    wire::{
        bounded::Bytes,
        frames::FrameError,
        quorum::{Question, QuestionAnswer, Told, ToldAnswer},
    },
};
use libp2p::{
    PeerId,
    request_response::{InboundFailure, Message, OutboundFailure, ResponseChannel},
};
use oxen_types::PublicKey;
use std::{collections::HashMap, sync::Arc, time::Instant};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// What came from a peer.
enum Call {
    Told(Told, ResponseChannel<ToldAnswer>),
    Asked(Question, ResponseChannel<QuestionAnswer>),
}

impl Call {
    fn bytes(&self) -> usize {
        match self {
            Self::Told(told, _) => told.message.0.len(),
            Self::Asked(question, _) => question.question.len(),
        }
    }
}

/// What came of one peer before its greeting.
struct Early<C> {
    calls: Vec<C>,
    bytes: usize,
}

impl<C> Default for Early<C> {
    fn default() -> Self {
        Self {
            calls: Vec::new(),
            bytes: 0,
        }
    }
}

impl<C> Early<C> {
    /// What does not fit is dropped: the caller learns that it did not arrive.
    fn keep(&mut self, call: C, bytes: usize) {
        let together = self.bytes.saturating_add(bytes);
        if self.calls.len() < EARLY_MESSAGES && together <= EARLY_BYTES {
            self.bytes = together;
            self.calls.push(call);
        }
    }
}

/// What is known of those who tell and ask.
pub(super) struct Callers {
    /// What came before the greeting of its peer was read: streams overtake each other.
    early: HashMap<PeerId, Early<Call>>,
    /// Questions of service nodes that may be answered together.
    of_service_nodes: Arc<Semaphore>,
    /// Questions of others that may be.
    of_others: Arc<Semaphore>,
}

impl Default for Callers {
    fn default() -> Self {
        Self {
            early: HashMap::new(),
            of_service_nodes: Arc::new(Semaphore::new(QUESTIONS_TOGETHER)),
            of_others: Arc::new(Semaphore::new(QUESTIONS_TOGETHER)),
        }
    }
}

impl Callers {
    /// A peer has gone.
    pub(super) fn forget(&mut self, peer: &PeerId) {
        self.early.remove(peer);
    }

    fn keep(&mut self, peer: PeerId, call: Call) {
        let bytes = call.bytes();
        self.early.entry(peer).or_default().keep(call, bytes);
    }
}

impl Network {
    pub(super) fn on_told(&mut self, event: ToldEvent) {
        match event {
            ToldEvent::Message { peer, message, .. } => match message {
                Message::Request { request, channel, .. } => match request {
                    Ok(told) => self.on_call(peer, Call::Told(told, channel)),
                    Err(frame) => self.shared.charge(peer, Offence::Frame(frame)),
                },
                Message::Response { request_id, response } => self.on_confirmed(peer, request_id, response),
            },
            ToldEvent::OutboundFailure {
                peer,
                request_id,
                error,
                ..
            } => {
                self.charge_for_frame(peer, &error);
                self.on_unconfirmed(peer, request_id, &error);
            }
            ToldEvent::InboundFailure { peer, error, .. } => note_unread(peer, &error),
            ToldEvent::ResponseSent { .. } => {}
        }
    }

    pub(super) fn on_asked(&mut self, event: AskedEvent) {
        match event {
            AskedEvent::Message { peer, message, .. } => match message {
                Message::Request { request, channel, .. } => match request {
                    Ok(question) => self.on_call(peer, Call::Asked(question, channel)),
                    Err(frame) => self.shared.charge(peer, Offence::Frame(frame)),
                },
                Message::Response { request_id, response } => self.on_replied(peer, request_id, response),
            },
            AskedEvent::OutboundFailure {
                peer,
                request_id,
                error,
                ..
            } => {
                self.charge_for_frame(peer, &error);
                self.on_not_replied(peer, request_id, &error);
            }
            AskedEvent::InboundFailure { peer, error, .. } => note_unread(peer, &error),
            AskedEvent::ResponseSent { .. } => {}
        }
    }

    fn charge_for_frame(&self, peer: PeerId, error: &OutboundFailure) {
        if let OutboundFailure::Io(error) = error
            && let Some(frame) = FrameError::of(error)
        {
            self.shared.charge(peer, Offence::Frame(frame));
        }
    }

    fn on_call(&mut self, peer: PeerId, call: Call) {
        let greeted = self.shared.peers().has_greeted(&peer);
        match call {
            call if !greeted => self.callers.keep(peer, call),
            Call::Told(told, channel) => {
                let answer = self.hear(peer, told);
                // The teller may be gone.
                let _ = self.swarm.behaviour_mut().told.send_response(channel, answer);
            }
            Call::Asked(question, channel) => self.answer_question(peer, question, channel),
        }
    }

    /// Looks at what a peer told or asked before it was known.
    pub(super) fn hear_early(&mut self, peer: PeerId) {
        for call in self.callers.early.remove(&peer).unwrap_or_default().calls {
            self.on_call(peer, call);
        }
    }

    fn hear(&self, peer: PeerId, told: Told) -> ToldAnswer {
        let now = Instant::now();
        let statement = self.shared.peers().get(&peer).and_then(|known| known.statement);
        let Some(statement) = statement else {
            self.shared.charge(peer, Offence::NotAServiceNode);
            return ToldAnswer::Refused;
        };
        let Some(from) = self.shared.proven(&statement) else {
            // Its uptime proof may be on its way: no offence, but no more than anybody may ask.
            if !self.shared.peers().allows_request(&peer, now) {
                self.shared.charge(peer, Offence::TooManyRequests);
            }
            return ToldAnswer::Refused;
        };
        let allowed = {
            let mut peers = self.shared.peers();
            peers.touch(&peer, now);
            peers.allows_message(&peer, now)
        };
        if !allowed {
            self.shared.charge(peer, Offence::TooManyMessages);
            return ToldAnswer::Refused;
        }
        let Some(subject) = told.subject.subject() else {
            return ToldAnswer::Refused;
        };
        match self.shared.hearing.hear(subject, from, told.message.0.to_vec()) {
            Ok(()) => ToldAnswer::Taken,
            Err(reason @ (Unheard::NoHandler | Unheard::Full(_))) => {
                tracing::debug!(%from, subject = subject.name(), %reason, "a message is dropped");
                ToldAnswer::Refused
            }
        }
    }

    fn answer_question(&mut self, peer: PeerId, question: Question, channel: ResponseChannel<QuestionAnswer>) {
        let now = Instant::now();
        let allowed = self.shared.peers().allows_request(&peer, now);
        if !allowed {
            self.shared.charge(peer, Offence::TooManyRequests);
        }
        let from = self.shared.service_node_of(&peer);
        let handler = question
            .subject
            .subject()
            .and_then(|subject| self.shared.hearing.handler(subject));
        let places = self.places_for_question(&peer, from);
        let (true, Some(handler), Some(places)) = (allowed, handler, places) else {
            // The asker may be gone.
            let _ = self
                .swarm
                .behaviour_mut()
                .asked
                .send_response(channel, QuestionAnswer::Declined);
            return;
        };
        self.shared.peers().touch(&peer, now);
        let finish = self.finish.clone();
        tokio::spawn(async move {
            let given = timeout(QUESTION_TIMEOUT, async {
                handler.on_asked(from, question.question.into_vec()).await
            });
            let answer = match given.await {
                Ok(Some(bytes)) => Bytes::new(bytes).map_or_else(too_long, QuestionAnswer::Answer),
                Ok(None) | Err(_) => QuestionAnswer::Declined,
            };
            drop(places);
            // The network may have stopped.
            let _ = finish.send(Finished::Replied { channel, answer }).await;
        });
    }

    fn places_for_question(
        &self,
        peer: &PeerId,
        from: Option<PublicKey>,
    ) -> Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        let of_peer = self.shared.peers().question_place_of(peer)?;
        let of_all = match from {
            Some(_) => &self.callers.of_service_nodes,
            None => &self.callers.of_others,
        };
        Some((of_peer, Arc::clone(of_all).try_acquire_owned().ok()?))
    }
}

fn too_long() -> QuestionAnswer {
    tracing::warn!("an answer is longer than answers may be");
    QuestionAnswer::Declined
}

fn note_unread(peer: PeerId, error: &InboundFailure) {
    tracing::debug!(%peer, %error, "a message or question came to nothing");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_before_the_greeting_is_bounded_in_number_and_in_bytes() {
        let mut small = Early::default();
        (0..100).for_each(|number| small.keep(number, 100));
        assert_eq!(small.calls.len(), EARLY_MESSAGES);
        let mut large = Early::default();
        (0..3).for_each(|number| large.keep(number, EARLY_BYTES / 2));
        large.keep(3, 1);
        assert_eq!(large.calls, [0, 1]);
        let mut largest = Early::default();
        largest.keep(0, EARLY_BYTES + 1);
        largest.keep(1, EARLY_BYTES);
        assert_eq!(largest.calls, [1]);
    }
}
