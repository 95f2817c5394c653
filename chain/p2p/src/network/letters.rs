//! Telling and asking service nodes: a letter goes out when a peer has proven to be the one that it is for.

use super::{Network, behaviour::FrameEvent};
use crate::{
    limits::{QUESTION_TIMEOUT, QUESTIONS_TO_NODE, TOLD_TOGETHER, WAITING_FOR_ALL_BYTES},
    quorum::{
        mailbox::{AnswerSender, Letter, Room},
        postbox::Post,
    },
    wire::{
        bounded::Bytes,
        quorum::{Question, QuestionAnswer, SharedBytes, Told, ToldAnswer},
    },
};
use libp2p::{
    PeerId,
    request_response::{OutboundFailure, OutboundRequestId},
};
use oxen_node_api::{AskError, QuorumSubject, Reach};
use oxen_types::PublicKey;
use std::{collections::HashMap, sync::Arc, time::Instant};
use tokio::time::timeout;

pub(super) type ToldEvent = FrameEvent<Told, ToldAnswer>;
pub(super) type AskedEvent = FrameEvent<Question, QuestionAnswer>;

/// A message that is not confirmed yet.
struct Sent {
    to: PublicKey,
    subject: QuorumSubject,
    message: Arc<[u8]>,
    since: Instant,
}

/// A question that is not answered yet.
struct Asked {
    to: PublicKey,
    answer: AnswerSender,
}

/// What is on its way.
#[derive(Default)]
pub(super) struct Underway {
    told: HashMap<OutboundRequestId, Sent>,
    asked: HashMap<OutboundRequestId, Asked>,
}

impl Network {
    /// Sends what other threads left.
    pub(super) fn empty_postbox(&mut self) {
        let (posts, prepared) = self.shared.postbox.take();
        if let Some(nodes) = prepared {
            self.prepare(nodes);
        }
        for post in posts {
            self.deliver(post);
        }
    }

    fn deliver(&mut self, Post { to, letter, reach }: Post) {
        if self.is_own(&to) {
            return self.deliver_here(to, letter);
        }
        let Some(endpoint) = self.shared.endpoint(&to) else {
            return letter.fail(AskError::NoAddress);
        };
        let speaker = self.shared.peers().speaker_for(&to, &endpoint.ed25519);
        if speaker.is_none() && reach == Reach::IfConnected {
            return letter.fail(AskError::Unreachable);
        }
        if self.routes.waiting_bytes() + letter.bytes() > WAITING_FOR_ALL_BYTES {
            return letter.fail(AskError::Overloaded);
        }
        let now = Instant::now();
        match self.routes.open(to, now) {
            Some(route) => route.mailbox.push(letter, now),
            None => return letter.fail(AskError::Overloaded),
        }
        match speaker {
            Some(peer) => self.send_letters(to, peer),
            None => self.reach(to, &endpoint),
        }
    }

    /// This node is its own neighbour.
    fn deliver_here(&self, own: PublicKey, letter: Letter) {
        match letter {
            Letter::Message { subject, message } => {
                if let Err(reason) = self.shared.hearing.hear(subject, own, message.to_vec()) {
                    tracing::debug!(subject = subject.name(), %reason, "a message to this node itself is dropped");
                }
            }
            Letter::Question {
                subject,
                question,
                answer,
            } => {
                let handler = self.shared.hearing.handler(subject);
                tokio::spawn(async move {
                    let given = match handler {
                        Some(handler) => timeout(QUESTION_TIMEOUT, handler.on_asked(Some(own), question)).await,
                        None => Ok(None),
                    };
                    let given = match given {
                        Ok(given) => given.ok_or(AskError::Declined),
                        Err(_) => Err(AskError::TimedOut),
                    };
                    // Nobody may wait for it any more.
                    let _ = answer.send(given);
                });
            }
        }
    }

    /// Sends what waits for a service node to the peer that proved to be it, as much as may be underway.
    pub(super) fn send_letters(&mut self, to: PublicKey, peer: PeerId) {
        if !self.swarm.is_connected(&peer) {
            return;
        }
        self.shared.peers().touch(&peer, Instant::now());
        while let Some(route) = self.routes.get_mut(&to) {
            let room = Room {
                messages: TOLD_TOGETHER.saturating_sub(route.told),
                questions: QUESTIONS_TO_NODE.saturating_sub(route.asked),
            };
            let Some((letter, since)) = route.mailbox.next(room) else {
                return;
            };
            match letter {
                Letter::Message { subject, message } => {
                    route.told += 1;
                    let told = Told {
                        subject: subject.into(),
                        message: SharedBytes(Arc::clone(&message)),
                    };
                    let id = self.swarm.behaviour_mut().told.send_request(&peer, Ok(told));
                    let sent = Sent {
                        to,
                        subject,
                        message,
                        since,
                    };
                    self.underway.told.insert(id, sent);
                }
                Letter::Question {
                    subject,
                    question,
                    answer,
                } => {
                    let Some(question) = Bytes::new(question) else {
                        // The handle refuses such.
                        continue;
                    };
                    route.asked += 1;
                    let question = Question {
                        subject: subject.into(),
                        question,
                    };
                    let id = self.swarm.behaviour_mut().asked.send_request(&peer, Ok(question));
                    self.underway.asked.insert(id, Asked { to, answer });
                }
            }
        }
    }

    /// A service node took or refused a message: the next may go.
    pub(super) fn on_confirmed(&mut self, peer: PeerId, id: OutboundRequestId, answer: ToldAnswer) {
        if let Some(sent) = self.settle_told(id) {
            if answer == ToldAnswer::Refused {
                tracing::debug!(node = %sent.to, subject = sent.subject.name(), "a service node refuses a message");
            }
            self.send_letters(sent.to, peer);
        }
    }

    /// A message did not arrive: it goes again when its connection ended, and is lost otherwise.
    pub(super) fn on_unconfirmed(&mut self, peer: PeerId, id: OutboundRequestId, error: &OutboundFailure) {
        let Some(sent) = self.settle_told(id) else {
            return;
        };
        tracing::debug!(node = %sent.to, subject = sent.subject.name(), %error, "a message did not arrive");
        let again = matches!(error, OutboundFailure::ConnectionClosed | OutboundFailure::DialFailure);
        if let (true, Some(route)) = (again, self.routes.get_mut(&sent.to)) {
            let letter = Letter::Message {
                subject: sent.subject,
                message: sent.message,
            };
            route.mailbox.push_back(letter, sent.since);
        }
        self.go_on(sent.to, peer);
    }

    fn settle_told(&mut self, id: OutboundRequestId) -> Option<Sent> {
        let sent = self.underway.told.remove(&id)?;
        if let Some(route) = self.routes.get_mut(&sent.to) {
            route.told = route.told.saturating_sub(1);
        }
        Some(sent)
    }

    /// Sends what waits over the connection that is left, or over a new one.
    fn go_on(&mut self, to: PublicKey, peer: PeerId) {
        if self.swarm.is_connected(&peer) {
            self.send_letters(to, peer);
        } else if let (true, Some(endpoint)) = (self.routes.is_awaited(&to), self.shared.endpoint(&to)) {
            self.reach(to, &endpoint);
        }
    }

    /// An answer came.
    pub(super) fn on_replied(&mut self, peer: PeerId, id: OutboundRequestId, answer: QuestionAnswer) {
        let given = match answer {
            QuestionAnswer::Answer(bytes) => Ok(bytes.into_vec()),
            QuestionAnswer::Declined => Err(AskError::Declined),
        };
        self.settle_asked(peer, id, given);
    }

    /// No answer came.
    pub(super) fn on_not_replied(&mut self, peer: PeerId, id: OutboundRequestId, error: &OutboundFailure) {
        let reason = match error {
            OutboundFailure::Timeout => AskError::TimedOut,
            OutboundFailure::UnsupportedProtocols | OutboundFailure::Io(_) => AskError::Declined,
            OutboundFailure::DialFailure | OutboundFailure::ConnectionClosed => AskError::Unreachable,
        };
        self.settle_asked(peer, id, Err(reason));
    }

    fn settle_asked(&mut self, peer: PeerId, id: OutboundRequestId, given: Result<Vec<u8>, AskError>) {
        let Some(Asked { to, answer }) = self.underway.asked.remove(&id) else {
            return;
        };
        if let Some(route) = self.routes.get_mut(&to) {
            route.asked = route.asked.saturating_sub(1);
        }
        // Nobody may wait for it any more.
        let _ = answer.send(given);
        self.go_on(to, peer);
    }
}
