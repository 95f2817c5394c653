//! Approved blinks from other nodes (chain §5.3).

use crate::{quorums::quorums_at, service::BlinkService, wire::from_gossip};
use oxen_node_api::{ApprovedBlink, BlinkAdmission, GossipHandler, GossipVerdict};
use oxen_staking_rules::blink::is_acceptable;
use oxen_state::queries;
use oxen_types::{ConsensusDecode, Transaction, network::constants::MAX_TRANSACTION_BYTES};
use std::sync::Arc;

/// Takes the messages of [`oxen_node_api::GossipTopic::Blinks`].
pub struct BlinkHandler(pub Arc<BlinkService>);

impl GossipHandler for BlinkHandler {
    fn on_message(&self, message: &[u8]) -> GossipVerdict {
        match from_gossip(message) {
            Ok(blink) => self.0.hear(&blink),
            Err(error) => {
                tracing::debug!(%error, "refused a blink");
                GossipVerdict::Reject
            }
        }
    }
}

impl BlinkService {
    fn hear(&self, blink: &ApprovedBlink) -> GossipVerdict {
        let subject = blink.certificate.subject;
        // Looked up before anything is verified, which is what costs.
        if self.parts.pool.approved(&subject.transaction).is_some() {
            return GossipVerdict::Ignore;
        }
        let snapshot = self.parts.chain.snapshot();
        let (Some(chain_height), Ok(mined)) = (
            self.chain_height(),
            queries::transaction_row(&*snapshot, &subject.transaction),
        ) else {
            return GossipVerdict::Ignore;
        };
        // One that a block holds may be older: the pool sees whether the block is final.
        if mined.is_none() && !is_acceptable(subject.authorization, chain_height) {
            return GossipVerdict::Ignore;
        }
        let Ok(quorums) = quorums_at(&*snapshot, subject.authorization) else {
            return GossipVerdict::Ignore;
        };
        if let Err(error) = blink.certificate.verify(&quorums) {
            tracing::debug!(%error, "refused a blink");
            return GossipVerdict::Reject;
        }
        let id = (blink.blob.len() <= MAX_TRANSACTION_BYTES)
            .then(|| Transaction::decode(&blink.blob).ok())
            .flatten()
            .map(|transaction| transaction.id());
        if id != Some(subject.transaction) {
            return GossipVerdict::Reject;
        }
        match self.take(blink) {
            Ok(BlinkAdmission::Added | BlinkAdmission::Mined | BlinkAdmission::Overtaken { .. }) => {
                GossipVerdict::Accept
            }
            Ok(BlinkAdmission::AlreadyApproved | BlinkAdmission::Final) => GossipVerdict::Ignore,
            // Its quorum vouches for it: that it does not fit here may be our own trouble.
            Err(error) => {
                tracing::warn!(id = %subject.transaction, %error, "an approved blink cannot be taken here");
                GossipVerdict::Ignore
            }
        }
    }
}
