//! Proofs of others (staking §14.3).

use crate::{prober::Prober, storage::StoredObservations, voting::refuse};
use oxen_node_api::{GossipHandler, GossipVerdict};
use oxen_staking_rules::uptime_proof::{NodeStanding, ProofContext, ProofRejection, SignedProof, check_proof};
use oxen_state::{View, ViewError, queries};
use oxen_types::{Height, PublicKey, Timestamp};
use std::sync::Arc;

/// Takes the messages of [`oxen_node_api::GossipTopic::UptimeProofs`].
pub struct ProofHandler(pub Arc<Prober>);

impl GossipHandler for ProofHandler {
    fn on_message(&self, message: &[u8]) -> GossipVerdict {
        let signed = match SignedProof::from_message(message) {
            Ok(signed) => signed,
            Err(error) => {
                tracing::debug!(%error, "refused an uptime proof");
                return GossipVerdict::Reject;
            }
        };
        self.0.receive_proof(&signed).unwrap_or_else(|error| {
            tracing::warn!(%error, "an uptime proof cannot be judged");
            GossipVerdict::Ignore
        })
    }
}

impl Prober {
    fn receive_proof(&self, signed: &SignedProof) -> Result<GossipVerdict, ViewError> {
        let proof = signed.proof();
        if self.own_key() == Some(proof.primary) {
            self.note_echo(signed);
            return Ok(GossipVerdict::Ignore);
        }
        // Copies of the newest proof come from every peer: they are told apart before signatures are verified.
        if self.newest_made(&proof.primary) == Some(proof.timestamp) {
            return Ok(GossipVerdict::Ignore);
        }
        if let Err(rejection) = self.accept_proof(signed)? {
            tracing::debug!(node = %proof.primary, error = %rejection, "refused an uptime proof");
            return Ok(refuse(rejection.blame()));
        }
        if self.keys().is_some_and(|keys| keys.ed25519_public() == proof.ed25519) {
            tracing::warn!(
                other = %proof.primary,
                "another service node proves with the Ed25519 key of this one: give each node its own key"
            );
        }
        Ok(GossipVerdict::Accept)
    }

    fn newest_made(&self, key: &PublicKey) -> Option<Timestamp> {
        self.lock().nodes.get(key)?.proof.map(|proof| proof.made)
    }

    /// Checks a proof, ours or another's, and notes it if it is good.
    pub(super) fn accept_proof(&self, signed: &SignedProof) -> Result<Result<(), ProofRejection>, ViewError> {
        let key = signed.proof().primary;
        let snapshot = self.parts.chain.snapshot();
        let view: &dyn View = &*snapshot;
        let next = queries::totals(view)?.tip.next();
        let is_registered = self.parts.staking.registry(view)?.node(&key).is_some();
        let context = self.proof_context(next, self.standing(&key, is_registered));
        let x25519 = match check_proof(signed, &context) {
            Ok(x25519) => x25519,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let mut inner = self.lock();
        let seen = inner.nodes.entry(key).or_default();
        if seen.last_accepted != last_accepted(context.standing) {
            // Another copy was accepted while this one was verified.
            return Ok(Err(ProofRejection::TooSoon {
                age_seconds: 0,
                wait_seconds: self.network().uptime.frequency_seconds / 2,
            }));
        }
        seen.note_proof(signed.proof(), x25519, context.now);
        let row = StoredObservations::from(&*seen);
        if let Some(proof) = &seen.proof {
            self.endpoints.note(key, proof);
        }
        drop(inner);
        self.changed();
        self.store(&[(key, row)], &[]);
        Ok(Ok(()))
    }

    fn standing(&self, key: &PublicKey, is_registered: bool) -> NodeStanding {
        if !is_registered {
            return NodeStanding::NotRegistered;
        }
        NodeStanding::Registered {
            last_accepted: self.lock().nodes.get(key).and_then(|seen| seen.last_accepted),
        }
    }

    fn proof_context(&self, next: Height, standing: NodeStanding) -> ProofContext<'_> {
        ProofContext {
            network: self.network(),
            fork: self.network().forks.version_at(next),
            now: self.now(),
            local_addresses: self.parts.settings.local_addresses,
            standing,
            possession: &*self.parts.possession,
        }
    }
}

const fn last_accepted(standing: NodeStanding) -> Option<Timestamp> {
    match standing {
        NodeStanding::NotRegistered => None,
        NodeStanding::Registered { last_accepted } => last_accepted,
    }
}
