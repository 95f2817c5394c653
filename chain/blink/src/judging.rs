//! What a member of the quorum does with a transaction (chain §5.3).

use crate::{
    counting::tell,
    quorums::quorums_at,
    service::BlinkService,
    sessions::Decision,
    wire::{Submission, Told, Votes},
};
use oxen_node_api::{Admission, NoBlinkQuorum};
use oxen_staking_rules::blink::{
    AUTHORIZATION_TOLERANCE_BLOCKS, BlinkDecision, BlinkQuorums, BlinkSubject, BlinkVote, is_current, relay::BlinkRoute,
};
use oxen_types::{
    ConsensusDecode, Height, PublicKey, Transaction,
    network::{HardForkVersion, constants::MAX_TRANSACTION_BYTES},
};
use parity_scale_codec::Encode;
use rand_core::OsRng;
use std::sync::Arc;
use thiserror::Error;

/// What came of a submission.
pub(crate) enum Begun {
    /// It is judged, here and by the others.
    Waiting(Decision),
    /// Nothing was done about it.
    NotStarted {
        /// Why.
        reason: String,
    },
}

/// Why a member does nothing about a submission, in the order of the checks.
#[derive(Debug, Error)]
enum NotJudged {
    #[error("this network has no instant transactions yet")]
    TooEarlyFork,
    #[error(
        "the submitter's chain height {authorization} is more than {AUTHORIZATION_TOLERANCE_BLOCKS} blocks \
         off the {chain_height} here: one of the two nodes is behind"
    )]
    NotCurrent {
        authorization: Height,
        chain_height: Height,
    },
    #[error("the transaction has {bytes} bytes; 1 to {MAX_TRANSACTION_BYTES} are allowed")]
    Size { bytes: usize },
    #[error(transparent)]
    Quorum(#[from] NoBlinkQuorum),
    #[error("the submitter means other quorums: its chain differs from the one here")]
    Checksum,
    #[error("this node is not a member of the quorum")]
    NotMember,
    #[error("the bytes are not the transaction that they are said to be")]
    OtherTransaction,
    #[error("this node has too many blinks to judge")]
    TooMany,
    #[error("the chain cannot be read here")]
    Unreadable,
}

/// Who we are to a transaction.
struct Membership {
    own: PublicKey,
    quorums: Arc<BlinkQuorums>,
}

impl BlinkService {
    /// Passes a submission on, judges it and votes. `from` is the member that passed it on; `None` for a submitter. Works on
    /// the CPU.
    pub(crate) fn begin(&self, submission: Submission, from: Option<PublicKey>) -> Begun {
        match self.try_begin(submission, from) {
            Ok(decision) => Begun::Waiting(decision),
            Err(error) => Begun::NotStarted {
                reason: error.to_string(),
            },
        }
    }

    fn try_begin(&self, submission: Submission, from: Option<PublicKey>) -> Result<Decision, NotJudged> {
        let subject = submission.subject;
        // Looked up first: the others pass it on many times.
        let known = self
            .sessions()
            .get(&subject)
            .filter(|session| session.is_begun())
            .map(|session| session.decision());
        if let Some(decision) = known {
            if from.is_none() {
                // The sender asks again: some of us may have missed it.
                self.tell_again(&subject);
            }
            return Ok(decision);
        }
        let member = self.check(&submission)?;
        let blob = Arc::new(submission.transaction.clone());
        let decision = {
            let mut sessions = self.sessions();
            if !sessions.has_room_for(blob.len()) {
                return Err(NotJudged::TooMany);
            }
            let session = sessions.begin(subject, &member.quorums).ok_or(NotJudged::TooMany)?;
            if session.is_begun() {
                return Ok(session.decision());
            }
            session.blob = Some(Arc::clone(&blob));
            session.decision()
        };
        let route = match from {
            None => BlinkRoute::to_everybody(&member.quorums, &member.own),
            Some(from) => BlinkRoute::along_matrix(&member.quorums, &member.own, &from),
        };
        tell(&*self.parts.network, &route, &Told::Transaction(submission).encode());
        let (vote, reason) = self.judge(&subject, &blob);
        self.vote(&subject, &member, vote, reason);
        // Votes may have come before the transaction.
        self.settle(&subject);
        Ok(decision)
    }

    /// Tells the other members again of an undecided transaction, with every vote that is known here.
    pub(crate) fn tell_again(&self, subject: &BlinkSubject) {
        let (Some(own), Some(known)) = (
            self.own(),
            self.sessions().get(subject).and_then(|session| {
                let blob = session.blob.clone()?;
                session.may_tell_again().then(|| {
                    let votes: Vec<BlinkVote> = session.tally.votes().collect();
                    (blob, votes, Arc::clone(&session.quorums))
                })
            }),
        ) else {
            return;
        };
        let (blob, votes, quorums) = known;
        let (subject, checksum) = (*subject, quorums.checksum());
        let route = BlinkRoute::to_everybody(&quorums, &own);
        let submission = Submission {
            subject,
            checksum,
            transaction: blob.to_vec(),
        };
        let votes = Votes {
            subject,
            checksum,
            votes,
        };
        for message in [Told::Transaction(submission), Told::Votes(votes)] {
            tell(&*self.parts.network, &route, &message.encode());
        }
    }

    /// Whether it concerns us at all.
    fn check(&self, submission: &Submission) -> Result<Membership, NotJudged> {
        let subject = &submission.subject;
        let chain_height = self.chain_height().ok_or(NotJudged::Unreadable)?;
        let version = self.parts.chain.network().forks.version_at(chain_height).version;
        if version < HardForkVersion::BLINK {
            return Err(NotJudged::TooEarlyFork);
        }
        if !is_current(subject.authorization, chain_height) {
            return Err(NotJudged::NotCurrent {
                authorization: subject.authorization,
                chain_height,
            });
        }
        let bytes = submission.transaction.len();
        if bytes == 0 || bytes > MAX_TRANSACTION_BYTES {
            return Err(NotJudged::Size { bytes });
        }
        let quorums = quorums_at(&*self.parts.chain.snapshot(), subject.authorization)?;
        if quorums.checksum() != submission.checksum {
            return Err(NotJudged::Checksum);
        }
        let own = self.own().ok_or(NotJudged::NotMember)?;
        if quorums.seats_of(&own).is_empty() {
            return Err(NotJudged::NotMember);
        }
        let id = Transaction::decode(&submission.transaction).map(|transaction| transaction.id());
        if id.ok() != Some(subject.transaction) {
            return Err(NotJudged::OtherTransaction);
        }
        Ok(Membership {
            own,
            quorums: Arc::new(quorums),
        })
    }

    /// What we think of it. An approval is not signed before the pool keeps the inputs, on disk.
    fn judge(&self, subject: &BlinkSubject, blob: &[u8]) -> (BlinkDecision, Option<String>) {
        let refused = match self.parts.pool.promise(blob, subject.authorization) {
            Ok(Admission::Added { .. } | Admission::AlreadyInPool { .. }) => return (BlinkDecision::Approve, None),
            Ok(Admission::AlreadyMined { .. }) => "it is in the chain already".to_owned(),
            Err(error) => error.to_string(),
        };
        tracing::debug!(id = %subject.transaction, reason = %refused, "rejected a blink");
        (BlinkDecision::Reject, Some(refused))
    }

    /// Signs a decision for each of our seats, and tells the others.
    fn vote(&self, subject: &BlinkSubject, member: &Membership, decision: BlinkDecision, reason: Option<String>) {
        let Some(pair) = &self.parts.key else { return };
        let signature = subject.sign(decision, pair, &mut OsRng);
        let seats = member.quorums.seats_of(&member.own);
        let votes: Vec<BlinkVote> = seats
            .into_iter()
            .map(|seat| BlinkVote {
                seat,
                decision,
                signature,
            })
            .collect();
        if let Some(session) = self.sessions().get(subject) {
            session.reason = reason;
            session.judged = true;
            for vote in &votes {
                if let Err(error) = session.tally.record(vote, &session.quorums) {
                    tracing::error!(%error, "our own vote is not good");
                }
            }
        }
        let message = Told::Votes(Votes {
            subject: *subject,
            checksum: member.quorums.checksum(),
            votes,
        });
        let route = BlinkRoute::to_everybody(&member.quorums, &member.own);
        tell(&*self.parts.network, &route, &message.encode());
    }
}
