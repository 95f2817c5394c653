//! What is known of each transaction that a quorum of ours votes on; bounded.

use crate::wire::{Reply, Text};
use oxen_staking_rules::blink::{
    ApprovalCertificate, BlinkQuorums, BlinkStanding, BlinkSubject, BlinkTally, RejectionCertificate, Subquorum,
    SubquorumCount, is_held,
};
use oxen_types::{Hash, Height, network::constants::BLINK_SUBQUORUMS};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};
use tokio::sync::watch;

/// Most sessions. At ten blinks a second the oldest is more than a minute old.
const MAX_SESSIONS: usize = 1_024;

/// Most bytes of the transactions of all sessions that are not decided.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// How often the others are told again about one transaction.
const MOST_RETOLD: u8 = 8;

/// What the quorum decided.
#[derive(Debug, Clone)]
pub(crate) enum Decided {
    /// It approved.
    Approved(ApprovalCertificate),
    /// It rejected.
    Rejected {
        /// The proof.
        certificate: RejectionCertificate,
        /// Why we rejected it, if we did.
        reason: Option<String>,
    },
}

impl Decided {
    /// What a submitter is answered.
    pub(crate) fn into_reply(self) -> Reply {
        match self {
            Self::Approved(certificate) => Reply::Approved(certificate),
            Self::Rejected { certificate, reason } => Reply::Rejected {
                certificate,
                reason: reason.as_deref().map(Text::new),
            },
        }
    }
}

/// Hears of the decision.
pub(crate) type Decision = watch::Receiver<Option<Decided>>;

/// One transaction, from the first vote or from its submission on.
pub(crate) struct Session {
    pub(crate) quorums: Arc<BlinkQuorums>,
    pub(crate) tally: BlinkTally,
    /// Its bytes, from when they came until the decision.
    pub(crate) blob: Option<Arc<Vec<u8>>>,
    /// Why we rejected it.
    pub(crate) reason: Option<String>,
    /// We have voted. Until then a rejection is not carried out: the pool may be about to keep the inputs.
    pub(crate) judged: bool,
    decided: watch::Sender<Option<Decided>>,
    /// Somebody carries the decision out.
    settling: bool,
    /// How often the others were told again.
    retold: u8,
}

/// What is to be done about a decision that was just reached.
pub(crate) enum Settlement {
    /// The pool has to take it.
    Approve {
        certificate: ApprovalCertificate,
        blob: Arc<Vec<u8>>,
    },
    /// The pool has to let it go.
    LetGo { certificate: RejectionCertificate },
}

impl Session {
    fn new(subject: BlinkSubject, quorums: Arc<BlinkQuorums>) -> Self {
        Self {
            quorums,
            tally: BlinkTally::new(subject),
            blob: None,
            reason: None,
            judged: false,
            decided: watch::Sender::new(None),
            settling: false,
            retold: 0,
        }
    }

    /// Whether its transaction came here.
    pub(crate) const fn is_begun(&self) -> bool {
        self.blob.is_some() || self.judged
    }

    /// Votes in each sub-quorum.
    pub(crate) fn counts(&self) -> [SubquorumCount; BLINK_SUBQUORUMS] {
        Subquorum::BOTH.map(|subquorum| self.tally.count(subquorum, &self.quorums))
    }

    pub(crate) fn decision(&self) -> Decision {
        self.decided.subscribe()
    }

    /// Whether the others may be told again what is known of an undecided transaction; counts as if they were.
    pub(crate) fn may_tell_again(&mut self) -> bool {
        let may = !self.is_decided() && self.retold < MOST_RETOLD;
        self.retold = self.retold.saturating_add(u8::from(may));
        may
    }

    /// What a decision that was just reached asks for; once.
    pub(crate) fn settle(&mut self) -> Option<Settlement> {
        if self.settling {
            return None;
        }
        let settlement = match self.tally.standing(&self.quorums) {
            BlinkStanding::Open => return None,
            BlinkStanding::Rejected if self.blob.is_some() && !self.judged => return None,
            BlinkStanding::Approved => Settlement::Approve {
                certificate: self.tally.approval(&self.quorums)?,
                // Without its bytes it waits for them, or for gossip that brings both.
                blob: Arc::clone(self.blob.as_ref()?),
            },
            BlinkStanding::Rejected => Settlement::LetGo {
                certificate: self.tally.rejection(&self.quorums)?,
            },
        };
        self.settling = true;
        Some(settlement)
    }

    /// Tells whoever waits. The bytes are not needed any more.
    pub(crate) fn decide(&mut self, decided: Decided) {
        self.judged = true;
        self.blob = None;
        self.decided.send_replace(Some(decided));
    }

    fn is_decided(&self) -> bool {
        self.decided.borrow().is_some()
    }
}

/// All sessions.
#[derive(Default)]
pub(crate) struct Sessions {
    by_subject: BTreeMap<BlinkSubject, Session>,
    order: VecDeque<BlinkSubject>,
}

impl Sessions {
    pub(crate) fn get(&mut self, subject: &BlinkSubject) -> Option<&mut Session> {
        self.by_subject.get_mut(subject)
    }

    /// The session of a subject, which is begun if it is new; `None` when there are too many that are undecided.
    pub(crate) fn begin(&mut self, subject: BlinkSubject, quorums: &Arc<BlinkQuorums>) -> Option<&mut Session> {
        if !self.by_subject.contains_key(&subject) {
            if self.by_subject.len() >= MAX_SESSIONS {
                self.make_room()?;
            }
            self.order.push_back(subject);
            self.by_subject
                .insert(subject, Session::new(subject, Arc::clone(quorums)));
        }
        self.by_subject.get_mut(&subject)
    }

    /// Whether there is room for the bytes of one more transaction.
    pub(crate) fn has_room_for(&self, bytes: usize) -> bool {
        let blobs = self.by_subject.values().filter_map(|session| session.blob.as_ref());
        blobs.map(|blob| blob.len()).sum::<usize>() + bytes <= MAX_BYTES
    }

    /// Forgets the oldest that is decided, or else the oldest whose transaction never came: one member can sign votes on any
    /// number of ids.
    fn make_room(&mut self) -> Option<()> {
        let oldest = |goes: fn(&Session) -> bool| {
            self.order
                .iter()
                .position(|subject| self.by_subject.get(subject).is_none_or(goes))
        };
        let position = oldest(Session::is_decided).or_else(|| oldest(|session| !session.is_begun()))?;
        let subject = self.order.remove(position)?;
        self.by_subject.remove(&subject);
        Some(())
    }

    /// Forgets those that cannot be approved any more.
    pub(crate) fn forget_overdue(&mut self, chain_height: Height) {
        let is_open = |subject: &BlinkSubject| is_held(subject.authorization, chain_height);
        self.by_subject.retain(|subject, _| is_open(subject));
        self.order.retain(is_open);
    }

    /// Those about this transaction; there are several when it was submitted at several heights.
    pub(crate) fn of_transaction(&mut self, id: &Hash) -> impl Iterator<Item = &mut Session> {
        let id = *id;
        self.by_subject
            .iter_mut()
            .filter(move |(subject, _)| subject.transaction == id)
            .map(|(_, session)| session)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.by_subject.len()
    }
}
