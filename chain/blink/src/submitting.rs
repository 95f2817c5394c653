//! Asking a quorum on behalf of a sender, and telling honestly what came of it (chain §5.3).

use crate::{
    judging::Begun,
    quorums::quorums_at,
    service::BlinkService,
    sessions::{Decided, Decision},
    wire::{Reply, Submission},
};
use futures::{StreamExt, stream::FuturesUnordered};
use oxen_node_api::{
    Admission, Answer, ApprovedBlink, AskError, Blink, BlinkOutcome, BlinkRejection, NoBlinkQuorum, QuorumSubject,
};
use oxen_staking_rules::blink::{BlinkQuorums, BlinkSubject, HOLD_BLOCKS, RejectionCertificate, SubquorumCount};
use oxen_types::{ConsensusDecode, Height, PublicKey, Transaction, network::constants::BLINK_SUBQUORUMS};
use parity_scale_codec::Encode;
use rand::seq::SliceRandom;
use rand_core::OsRng;
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};
use tokio::{task::spawn_blocking, time::timeout};

/// Members that are asked at once.
const ASKED_TOGETHER: usize = 4;
/// Members that are asked at most, when the first ones cannot be reached or do nothing.
const ASKED_AT_MOST: usize = 12;
/// How long the sender waits (rpc §3.3).
const SEND_TIME: Duration = Duration::from_secs(10);

/// Sends transactions as blinks: what front ends get.
pub struct BlinkSender(pub Arc<BlinkService>);

impl Blink for BlinkSender {
    fn send(&self, blob: Vec<u8>) -> Answer<BlinkOutcome> {
        let service = Arc::clone(&self.0);
        Box::pin(service.submit(blob))
    }
}

/// A transaction whose quorum is to be asked.
struct Question {
    subject: BlinkSubject,
    quorums: BlinkQuorums,
    blob: Arc<Vec<u8>>,
    submission: Submission,
    /// When we are a member ourselves.
    own_decision: Option<Decision>,
}

impl Question {
    /// From this chain height on nobody takes an approval any more.
    const fn until(&self) -> Height {
        self.subject.authorization.saturating_add(HOLD_BLOCKS + 1)
    }
}

/// What the members say.
enum Said {
    /// This, with proof.
    Decided(Decided),
    /// That none of them began, by their own word.
    NotStarted { reason: String },
    /// Nothing: none was reached.
    Nothing,
    /// Nothing certain.
    Open {
        votes: Option<[SubquorumCount; BLINK_SUBQUORUMS]>,
    },
}

/// A member's answer.
type Asked = Pin<Box<dyn Future<Output = Result<Reply, AskError>> + Send>>;

impl BlinkService {
    async fn submit(self: Arc<Self>, blob: Vec<u8>) -> BlinkOutcome {
        let service = Arc::clone(&self);
        let prepared = spawn_blocking(move || service.prepare(blob)).await;
        let question = match prepared {
            Ok(Ok(question)) => question,
            Ok(Err(settled)) => return settled,
            Err(error) => {
                tracing::error!(%error, "preparing a blink failed");
                let reason = NoBlinkQuorum::Unreadable.into();
                return BlinkOutcome::Rejected { id: None, reason };
            }
        };
        let said = timeout(SEND_TIME, self.ask_members(&question)).await;
        let said = said.unwrap_or(Said::Open { votes: None });
        let (id, until) = (question.subject.transaction, question.until());
        let concluded = spawn_blocking(move || self.conclude(&question, said)).await;
        concluded.unwrap_or_else(|error| {
            tracing::error!(%error, %id, "concluding a blink failed");
            BlinkOutcome::Unknown {
                id,
                until,
                votes: None,
                trouble: None,
            }
        })
    }

    /// Checks the transaction here first, as any member will, and keeps its inputs for it meanwhile. An outcome where that
    /// settles it already.
    fn prepare(&self, blob: Vec<u8>) -> Result<Question, BlinkOutcome> {
        let id = Transaction::decode(&blob).ok().map(|transaction| transaction.id());
        let rejected = |reason: BlinkRejection| BlinkOutcome::Rejected { id, reason };
        if let Some(id) = id.filter(|id| self.parts.pool.approved(id).is_some()) {
            return Err(BlinkOutcome::Approved { id });
        }
        let authorization = self
            .chain_height()
            .ok_or_else(|| rejected(NoBlinkQuorum::Unreadable.into()))?;
        let quorums =
            quorums_at(&*self.parts.chain.snapshot(), authorization).map_err(|error| rejected(error.into()))?;
        let transaction = match self.parts.pool.hold(&blob, authorization) {
            Ok(Admission::Added { id } | Admission::AlreadyInPool { id }) => id,
            Ok(Admission::AlreadyMined { .. }) => return Err(rejected(BlinkRejection::AlreadyMined)),
            Err(error) => return Err(rejected(error.into())),
        };
        let subject = BlinkSubject {
            transaction,
            authorization,
        };
        let submission = Submission {
            subject,
            checksum: quorums.checksum(),
            transaction: blob.clone(),
        };
        let is_member = self.own().is_some_and(|own| !quorums.seats_of(&own).is_empty());
        let own_decision = is_member
            .then(|| match self.begin(submission.clone(), None) {
                Begun::Waiting(decision) => Some(decision),
                Begun::NotStarted { .. } => None,
            })
            .flatten();
        Ok(Question {
            subject,
            quorums,
            blob: Arc::new(blob),
            submission,
            own_decision,
        })
    }

    /// Asks members, four at a time, until one brings a proof or all are done. Members that cannot be reached, or do nothing,
    /// are replaced.
    async fn ask_members(&self, question: &Question) -> Said {
        let mut candidates: Vec<PublicKey> = question.quorums.members().into_iter().collect();
        candidates.retain(|member| Some(*member) != self.own());
        candidates.shuffle(&mut OsRng);
        candidates.truncate(ASKED_AT_MOST);
        let encoded = question.submission.encode();
        let mut asked: FuturesUnordered<Asked> = FuturesUnordered::new();
        let mut may_have_started = false;
        let mut reason = None;
        let mut votes = None;
        if let Some(decision) = question.own_decision.clone() {
            may_have_started = true;
            asked.push(Box::pin(own_reply(decision)));
        }
        for member in candidates.split_off(candidates.len().saturating_sub(ASKED_TOGETHER)) {
            asked.push(
                self.parts
                    .network
                    .ask(&member, QuorumSubject::Blink, encoded.clone())
                    .into_reply(),
            );
        }
        while let Some(reply) = asked.next().await {
            let mut replace = false;
            match reply {
                Ok(Reply::Approved(certificate)) if certificate.subject == question.subject => {
                    if certificate.verify(&question.quorums).is_ok() {
                        return Said::Decided(Decided::Approved(certificate));
                    }
                    may_have_started = true;
                }
                Ok(Reply::Rejected { certificate, reason }) if certificate.subject == question.subject => {
                    if certificate.verify(&question.quorums).is_ok() {
                        let reason = reason.map(|reason| reason.shown());
                        return Said::Decided(Decided::Rejected { certificate, reason });
                    }
                    may_have_started = true;
                }
                Ok(Reply::Undecided { votes: counted }) => {
                    may_have_started = true;
                    votes = Some(counted);
                }
                // It lies, or is of another version.
                Ok(Reply::Approved(_) | Reply::Rejected { .. }) | Err(AskError::TimedOut) => may_have_started = true,
                Ok(Reply::NotStarted { reason: given }) => {
                    reason = Some(given.shown());
                    replace = true;
                }
                Err(AskError::NoAddress | AskError::Unreachable | AskError::Declined | AskError::Overloaded) => {
                    replace = true
                }
            }
            if let Some(member) = candidates.pop_if(|_| replace) {
                asked.push(
                    self.parts
                        .network
                        .ask(&member, QuorumSubject::Blink, encoded.clone())
                        .into_reply(),
                );
            }
        }
        match (may_have_started, reason) {
            (true, _) => Said::Open { votes },
            (false, Some(reason)) => Said::NotStarted { reason },
            (false, None) => Said::Nothing,
        }
    }

    /// Carries out what the members said.
    fn conclude(&self, question: &Question, said: Said) -> BlinkOutcome {
        let id = question.subject.transaction;
        match said {
            Said::Decided(Decided::Approved(certificate)) => {
                let taken = self.take_and_tell(&ApprovedBlink {
                    certificate,
                    blob: Arc::clone(&question.blob),
                });
                match taken {
                    Ok(()) => BlinkOutcome::Approved { id },
                    Err(error) => BlinkOutcome::Unknown {
                        id,
                        until: question.until(),
                        votes: None,
                        trouble: Some(error),
                    },
                }
            }
            // It came by gossip meanwhile.
            _ if self.parts.pool.approved(&id).is_some() => BlinkOutcome::Approved { id },
            Said::Decided(Decided::Rejected { certificate, reason }) => {
                self.parts.pool.let_go(&id);
                let reason = BlinkRejection::Quorum {
                    votes: rejections(&certificate, &question.quorums),
                    reason,
                };
                BlinkOutcome::Rejected { id: Some(id), reason }
            }
            Said::NotStarted { reason } => {
                self.parts.pool.let_go(&id);
                let reason = BlinkRejection::NotStarted { reason };
                BlinkOutcome::Rejected { id: Some(id), reason }
            }
            Said::Nothing => {
                self.parts.pool.let_go(&id);
                let reason = BlinkRejection::Unreached;
                BlinkOutcome::Rejected { id: Some(id), reason }
            }
            Said::Open { votes } => BlinkOutcome::Unknown {
                id,
                until: question.until(),
                votes,
                trouble: None,
            },
        }
    }
}

/// Counts of a certificate that was verified.
fn rejections(certificate: &RejectionCertificate, quorums: &BlinkQuorums) -> [SubquorumCount; BLINK_SUBQUORUMS] {
    certificate.counts(quorums).unwrap_or_default()
}

/// Our own decision in the form in which others tell theirs.
async fn own_reply(mut decision: Decision) -> Result<Reply, AskError> {
    let decided = decision.wait_for(Option::is_some).await;
    match decided.ok().and_then(|decided| decided.clone()) {
        Some(decided) => Ok(decided.into_reply()),
        None => Err(AskError::TimedOut),
    }
}

/// An answer on its way becomes a reply on its way.
trait IntoReply {
    fn into_reply(self) -> Asked;
}

impl IntoReply for Answer<Result<Vec<u8>, AskError>> {
    fn into_reply(self) -> Asked {
        Box::pin(async move {
            let bytes = self.await?;
            // Bytes that are no reply may come from somebody who began all the same.
            Reply::from_bytes(&bytes).map_err(|_| AskError::TimedOut)
        })
    }
}
