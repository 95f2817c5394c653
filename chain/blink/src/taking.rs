//! An approved blink enters the pool; blocks that conflict with it are taken back (chain §5.4).

use crate::{service::BlinkService, sessions::Decided, wire::to_gossip};
use oxen_node_api::{AdmissionError, ApprovedBlink, BlinkAdmission, GossipTopic};
use oxen_state::{block::checkpoints::immutable_height, queries};
use oxen_types::Height;

/// Most blocks above the immutable height at which a blink takes blocks back: with more, too much is wrong for one
/// transaction to decide.
const MOST_ABOVE_IMMUTABLE: u64 = 100;

impl BlinkService {
    /// Takes a blink that was approved here, and tells everybody.
    ///
    /// # Errors
    /// It stands in the way of what this node holds: others have it, and decide for themselves.
    pub(crate) fn take_and_tell(&self, blink: &ApprovedBlink) -> Result<(), AdmissionError> {
        let id = blink.certificate.subject.transaction;
        let taken = self.take(blink);
        match &taken {
            Ok(BlinkAdmission::Added | BlinkAdmission::Overtaken { .. }) => {
                tracing::info!(%id, "an instant transaction is approved");
                self.parts.gossip.publish(GossipTopic::Blinks, to_gossip(blink));
            }
            Ok(BlinkAdmission::AlreadyApproved | BlinkAdmission::Mined | BlinkAdmission::Final) => {}
            Err(error) => {
                tracing::warn!(%id, %error, "a quorum approved a blink that cannot be taken here");
                self.parts.gossip.publish(GossipTopic::Blinks, to_gossip(blink));
            }
        }
        taken.map(drop)
    }

    /// Brings an approved blink, whose certificate is verified, into the pool. Whoever waits for its quorum's decision hears
    /// of it, however it came.
    pub(crate) fn take(&self, blink: &ApprovedBlink) -> Result<BlinkAdmission, AdmissionError> {
        let admission = self.parts.pool.approve(blink)?;
        if let BlinkAdmission::Overtaken { lowest } = admission {
            self.roll_back_below(lowest);
        }
        let id = blink.certificate.subject.transaction;
        for session in self.sessions().of_transaction(&id) {
            session.decide(Decided::Approved(blink.certificate.clone()));
        }
        Ok(admission)
    }

    /// Takes back the block at `lowest` and those above it, never a final one. The pool lets the blink in then.
    fn roll_back_below(&self, lowest: Height) {
        let snapshot = self.parts.chain.snapshot();
        let read = queries::totals(&*snapshot).and_then(|totals| {
            let immutable = immutable_height(&*snapshot, self.parts.chain.network(), totals.tip)?;
            Ok((totals.tip, immutable.unwrap_or_default()))
        });
        let (tip, immutable) = match read {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(%error, "blocks that conflict with a blink stay: the chain cannot be read");
                return;
            }
        };
        if lowest <= immutable || lowest > tip || tip.next().since(immutable) > MOST_ABOVE_IMMUTABLE {
            tracing::warn!(%lowest, %tip, %immutable, "blocks that conflict with an approved blink stay");
            return;
        }
        match self.parts.writer.pop_blocks_from(lowest) {
            Ok(tip) => tracing::warn!(%tip, %lowest, "took back blocks that conflict with an approved blink"),
            Err(error) => tracing::error!(%error, "blocks that conflict with an approved blink cannot be taken back"),
        }
    }
}
