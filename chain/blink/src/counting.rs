//! What a member does with the votes of the others (chain §5.3).

use crate::{
    quorums::quorums_at,
    service::BlinkService,
    sessions::{Decided, Settlement},
    wire::{Told, Votes},
};
use oxen_node_api::{ApprovedBlink, QuorumNetwork, QuorumSubject, Reach};
use oxen_staking_rules::blink::{BlinkQuorums, BlinkSubject, BlinkVote, Recorded, is_acceptable, relay::BlinkRoute};
use oxen_types::PublicKey;
use parity_scale_codec::Encode;
use std::sync::Arc;

impl BlinkService {
    /// Counts votes that a member passed on, passes on those that are new, and carries out what they decide.
    pub(crate) fn count(&self, message: &Votes, from: &PublicKey) {
        let subject = &message.subject;
        let (Some(own), Some(quorums)) = (self.own(), self.quorums_of(message)) else {
            return;
        };
        if quorums.seats_of(from).is_empty() || quorums.seats_of(&own).is_empty() {
            tracing::debug!(%from, "votes on a blink from or to somebody who is not in its quorum");
            return;
        }
        let new = self.record(message, &quorums, from);
        if new.is_empty() {
            return;
        }
        let passed_on = Told::Votes(Votes {
            subject: *subject,
            checksum: message.checksum,
            votes: new,
        });
        let route = BlinkRoute::along_matrix(&quorums, &own, from);
        tell(&*self.parts.network, &route, &passed_on.encode());
        self.settle(subject);
    }

    /// The quorums that the votes are about: those of the session, or read anew where there is none.
    fn quorums_of(&self, message: &Votes) -> Option<Arc<BlinkQuorums>> {
        let subject = &message.subject;
        if let Some(session) = self.sessions().get(subject) {
            return Some(Arc::clone(&session.quorums));
        }
        if !is_acceptable(subject.authorization, self.chain_height()?) {
            tracing::debug!(id = %subject.transaction, "votes on a blink whose time is not now");
            return None;
        }
        let quorums = quorums_at(&*self.parts.chain.snapshot(), subject.authorization).ok()?;
        (quorums.checksum() == message.checksum).then(|| Arc::new(quorums))
    }

    /// Puts good votes into the session, which the first of them begins; returns the new ones.
    fn record(&self, message: &Votes, quorums: &Arc<BlinkQuorums>, from: &PublicKey) -> Vec<BlinkVote> {
        let mut sessions = self.sessions();
        let mut new = Vec::new();
        for vote in &message.votes {
            let is_known = sessions.get(&message.subject).is_some();
            if !is_known && let Err(error) = vote.verify(&message.subject, quorums) {
                tracing::debug!(%from, %error, "a vote on a blink is dropped");
                continue;
            }
            let Some(session) = sessions.begin(message.subject, quorums) else {
                tracing::debug!("a vote on a blink is dropped: there are too many of them");
                break;
            };
            match session.tally.record(vote, &session.quorums) {
                Ok(Recorded::New) => new.push(*vote),
                Ok(Recorded::Known) => {}
                Ok(Recorded::Contradiction) => {
                    let id = message.subject.transaction;
                    let member = quorums.member(vote.seat).copied().unwrap_or_default();
                    tracing::warn!(%member, %id, "a service node both approved and rejected a blink");
                }
                Err(error) => tracing::debug!(%from, %error, "a vote on a blink is dropped"),
            }
        }
        new
    }

    /// Carries out what the votes decide, once.
    pub(crate) fn settle(&self, subject: &BlinkSubject) {
        let settlement = self.sessions().get(subject).and_then(|session| session.settle());
        let decided = match settlement {
            None => return,
            Some(Settlement::Approve { certificate, blob }) => {
                let blink = ApprovedBlink { certificate, blob };
                // Whether it is taken here or not, this is what the quorum decided: the log has the rest.
                let _: Result<_, _> = self.take_and_tell(&blink);
                Decided::Approved(blink.certificate)
            }
            Some(Settlement::LetGo { certificate }) => {
                self.parts.pool.let_go(&subject.transaction);
                let reason = self.sessions().get(subject).and_then(|session| session.reason.clone());
                tracing::debug!(id = %subject.transaction, "the quorum rejected a blink");
                Decided::Rejected { certificate, reason }
            }
        };
        if let Some(session) = self.sessions().get(subject) {
            session.decide(decided);
        }
    }
}

/// Sends a message along a route.
pub(crate) fn tell(network: &dyn QuorumNetwork, route: &BlinkRoute, message: &[u8]) {
    let message: Arc<[u8]> = message.into();
    for (members, reach) in [
        (&route.connect, Reach::Connect),
        (&route.if_connected, Reach::IfConnected),
    ] {
        for member in members {
            network.tell(member, QuorumSubject::Blink, Arc::clone(&message), reach);
        }
    }
}
