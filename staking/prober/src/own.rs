//! The service node that this process runs, as front ends and the services beside it see it.

use crate::prober::Prober;
use oxen_crypto::signature::schnorr;
use oxen_node_api::service_nodes::{
    Companion, CompanionPing, CompanionState, OwnKeys, OwnProofs, OwnSecretKeys, OwnServiceNode, PingError,
    ProofHindrance, ReportError, SignError, VoteOnUs,
};
use oxen_staking_rules::{ServiceNodeKeys, obligations::TestOutcome, vote::VoteBody};
use oxen_types::{Hash, PublicKey, Signature};
use rand_core::OsRng;
use std::net::Ipv4Addr;

impl OwnServiceNode for Prober {
    fn keys(&self) -> Option<OwnKeys> {
        Self::keys(self).map(|keys| OwnKeys {
            primary: keys.primary().public,
            ed25519: keys.ed25519_public(),
            x25519: keys.x25519_public(),
        })
    }

    fn secret_keys(&self) -> Option<OwnSecretKeys> {
        let keys = Self::keys(self)?;
        let follows = keys.primary().public == keys.ed25519_public();
        Some(OwnSecretKeys {
            primary: (!follows).then(|| keys.primary().secret.to_bytes()),
            ed25519: keys.ed25519_secret(),
            x25519: keys.x25519_secret(),
        })
    }

    fn sign_registration(&self, hash: &Hash) -> Result<Signature, SignError> {
        let keys = Self::keys(self).ok_or(SignError::NotAServiceNode)?;
        Ok(schnorr::sign(hash, keys.primary(), &mut OsRng))
    }

    fn public_ip(&self) -> Option<Ipv4Addr> {
        self.parts.settings.public_ip
    }

    fn quorumnet_port(&self) -> u16 {
        self.parts.settings.quorumnet_port
    }

    fn proofs(&self) -> OwnProofs {
        self.own_proofs()
    }

    fn send_proof(&self) -> Result<(), ProofHindrance> {
        self.send_proof_now()
    }

    fn votes(&self) -> Vec<VoteOnUs> {
        self.own_key().map(|own| self.votes_on(&own)).unwrap_or_default()
    }

    fn companion(&self, companion: Companion) -> CompanionState {
        self.lock().companions.get(&companion).cloned().unwrap_or_default()
    }

    fn ping(&self, ping: CompanionPing) -> Result<(), PingError> {
        let keys = Self::keys(self).ok_or(PingError::NotAServiceNode)?;
        let refused = check_ping(&ping, keys).err();
        let now = self.now();
        let mut inner = self.lock();
        let state = inner.companions.entry(ping.companion).or_default();
        state.refused.clone_from(&refused);
        match refused {
            None => {
                *state = CompanionState {
                    last_ping: Some(now),
                    version: ping.version,
                    https_port: ping.https_port,
                    omq_port: ping.omq_port,
                    refused: None,
                };
                Ok(())
            }
            Some(error) => {
                if matches!(error, PingError::Unwell { .. }) {
                    state.last_ping = None;
                }
                Err(error)
            }
        }
    }

    fn report_peer(&self, companion: Companion, node: &PublicKey, outcome: TestOutcome) -> Result<(), ReportError> {
        if Self::keys(self).is_none() {
            return Err(ReportError::NotAServiceNode);
        }
        let unknown = ReportError::UnknownNode { node: *node };
        let snapshot = self.parts.chain.snapshot();
        let registry = self.parts.staking.registry(&*snapshot).map_err(|error| {
            tracing::error!(%error, "a report on a service node is lost");
            unknown
        })?;
        registry.node(node).ok_or(unknown)?;
        let now = self.now();
        {
            let mut inner = self.lock();
            let seen = inner.nodes.entry(*node).or_default();
            match companion {
                Companion::StorageServer => seen.storage_server.report(outcome, now),
                Companion::Lokinet => seen.onion_router.report(outcome, now),
            }
        }
        self.changed();
        Ok(())
    }
}

impl Prober {
    /// Who voted what on a node and why, newest quorum first.
    #[must_use]
    pub fn votes_on(&self, node: &PublicKey) -> Vec<VoteOnUs> {
        self.lock()
            .votes
            .votes_on(node)
            .filter_map(|pooled| {
                let vote = pooled.cast.vote();
                let VoteBody::Obligations { state, reasons, .. } = vote.body else {
                    return None;
                };
                Some(VoteOnUs {
                    quorum_height: vote.height,
                    voter: *pooled.cast.voter(),
                    state,
                    reasons,
                    received: pooled.received,
                })
            })
            .collect()
    }
}

fn check_ping(ping: &CompanionPing, keys: &ServiceNodeKeys) -> Result<(), PingError> {
    let companion = ping.companion;
    if !ping.error.is_empty() {
        return Err(PingError::Unwell {
            companion,
            error: ping.error.clone(),
        });
    }
    if ping.version < companion.minimum_version() {
        return Err(PingError::TooOld {
            companion,
            version: ping.version,
        });
    }
    let own = keys.ed25519_public();
    if ping.ed25519 != own {
        return Err(PingError::WrongKey {
            companion,
            given: ping.ed25519,
            own,
        });
    }
    Ok(())
}
