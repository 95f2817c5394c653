//! Our own proofs (staking §14.4).
//!
//! The reference learns that a proof was accepted when a peer sends it back. Our gossip sends nothing back to its origin, so a
//! proof counts as accepted once it passes our own checks, and it is sent again every two minutes while its time is good
//! enough for others to take it: who heard it before drops it, and who was not connected yet hears it then.

use super::possession::prove_possession;
use crate::prober::{Inner, Prober};
use oxen_node_api::{
    Companion, GossipTopic, L2State,
    service_nodes::{CompanionState, OwnProofs, ProofHindrance},
};
use oxen_staking_rules::{
    Registry, ServiceNodeKeys,
    uptime_proof::{BlsFields, ServicePorts, ServiceVersions, SignedProof, UptimeProof},
};
use oxen_state::{View, ViewError, queries};
use oxen_types::{
    Height, Timestamp,
    network::{CompanionServices, HardForkVersion},
};
use rand_core::OsRng;
use std::net::Ipv4Addr;

/// Seconds between two sendings of the same proof.
const REPEAT_SECONDS: u64 = 120;
/// Without news of L2 for so long a node does not say any more that it is well (bridge §3.5).
const L2_SILENCE_SECONDS: u64 = 3_600;

/// What is known of our proofs.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnProofState {
    /// The newest one.
    newest: Option<SignedProof>,
    /// When it was sent for the first time.
    last_sent: Option<Timestamp>,
    /// When it was sent last.
    last_repeated: Option<Timestamp>,
    /// When one of ours came back.
    last_echoed: Option<Timestamp>,
}

/// Whether a proof waits for its time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Haste {
    /// It is sent when it is due.
    WhenDue,
    /// It is sent now.
    Now,
}

impl Prober {
    /// Sends a proof if one is due, or the newest one again.
    pub(crate) fn send_due_proof(&self) {
        match self.try_send_proof(Haste::WhenDue) {
            Ok(Ok(())) => {}
            Ok(Err(
                ProofHindrance::NotAServiceNode | ProofHindrance::NotRegistered { .. } | ProofHindrance::Starting,
            )) => {}
            Ok(Err(hindrance)) => tracing::warn!("no uptime proof is sent: {hindrance}"),
            Err(error) => tracing::error!(%error, "no uptime proof is sent now"),
        }
        self.repeat_proof();
    }

    /// Sends a proof now, due or not.
    pub(crate) fn send_proof_now(&self) -> Result<(), ProofHindrance> {
        self.try_send_proof(Haste::Now).unwrap_or_else(|error| {
            tracing::error!(%error, "no uptime proof is sent now");
            Err(ProofHindrance::Starting)
        })
    }

    /// How our proofs fare.
    pub(crate) fn own_proofs(&self) -> OwnProofs {
        let hindrance = match self.hindrance(Haste::WhenDue) {
            Ok(hindrance) => hindrance,
            Err(error) => {
                tracing::warn!(%error, "it is not known whether anything keeps proofs from being sent");
                None
            }
        };
        let inner = self.lock();
        OwnProofs {
            last_sent: inner.own_proofs.last_sent,
            last_echoed: inner.own_proofs.last_echoed,
            next_due: self.keys().map(|keys| self.next_due(&inner, keys)),
            hindrance,
        }
    }

    /// A proof of ours came back.
    pub(super) fn note_echo(&self, signed: &SignedProof) {
        let now = self.now();
        let mut inner = self.lock();
        if inner.own_proofs.newest.as_ref() == Some(signed) {
            inner.own_proofs.last_echoed = Some(now);
        }
    }

    fn try_send_proof(&self, haste: Haste) -> Result<Result<(), ProofHindrance>, ViewError> {
        let Some(keys) = self.keys() else {
            return Ok(Err(ProofHindrance::NotAServiceNode));
        };
        if haste == Haste::WhenDue && self.now() < self.next_due(&self.lock(), keys) {
            return Ok(Ok(()));
        }
        if let Some(hindrance) = self.hindrance(haste)? {
            return Ok(Err(hindrance));
        }
        let Some(public_ip) = self.parts.settings.public_ip else {
            return Ok(Err(ProofHindrance::NoPublicAddress));
        };
        let version = self.next_version()?;
        let proof = UptimeProof {
            bls: self.own_bls(keys, version),
            l2_height: self.own_l2_height(version),
            ..self.own_proof(&self.lock(), keys, public_ip)
        };
        let signed = SignedProof::sign(proof, keys, &mut OsRng);
        if let Err(rejection) = self.accept_proof(&signed)? {
            tracing::warn!("our own uptime proof would be refused by others: {rejection}");
            if haste == Haste::WhenDue {
                return Ok(Ok(()));
            }
        }
        let message = signed.to_message();
        let now = self.now();
        {
            let mut inner = self.lock();
            inner.own_proofs.newest = Some(signed);
            inner.own_proofs.last_sent = Some(now);
            inner.own_proofs.last_repeated = Some(now);
        }
        self.parts.gossip.publish(GossipTopic::UptimeProofs, message);
        tracing::debug!("sent an uptime proof");
        Ok(Ok(()))
    }

    /// The version of the next block: by its rules others judge a proof.
    fn next_version(&self) -> Result<HardForkVersion, ViewError> {
        let next = queries::totals(&*self.parts.chain.snapshot())?.tip.next();
        Ok(self.network().forks.version_at(next).version)
    }

    /// What our proof says of the BLS key; only at HF20 (staking §18).
    fn own_bls(&self, keys: &ServiceNodeKeys, version: HardForkVersion) -> Option<BlsFields> {
        let bls = self.parts.settings.bls.as_ref();
        let bls = bls.filter(|_| version == HardForkVersion::ETHEREUM_TRANSITION);
        bls.map(|bls| prove_possession(bls, self.network().l2.chain_id, &keys.primary().public))
    }

    /// How far we have read L2; from HF20 on (staking §14.1).
    fn own_l2_height(&self, version: HardForkVersion) -> Option<u64> {
        let height = self.parts.l2.newest_height();
        height.filter(|_| version >= HardForkVersion::ETHEREUM_TRANSITION)
    }

    /// Sends the newest proof again while others would still take it.
    fn repeat_proof(&self) {
        let now = self.now();
        let message = {
            let mut inner = self.lock();
            let own = &mut inner.own_proofs;
            let since = |time: Option<Timestamp>| time.map(|time| now.seconds().saturating_sub(time.seconds()));
            let due = own.last_echoed < own.last_sent
                && since(own.last_sent).is_some_and(|age| age <= self.network().uptime.tolerance_seconds)
                && since(own.last_repeated).is_some_and(|age| age >= REPEAT_SECONDS);
            if !due {
                return;
            }
            own.last_repeated = Some(now);
            own.newest.as_ref().map(SignedProof::to_message)
        };
        if let Some(message) = message {
            self.parts.gossip.publish(GossipTopic::UptimeProofs, message);
        }
    }

    fn next_due(&self, inner: &Inner, keys: &ServiceNodeKeys) -> Timestamp {
        let uptime = &self.network().uptime;
        let wait = uptime
            .frequency_seconds
            .saturating_sub(uptime.check_interval_seconds / 2);
        let last = inner
            .nodes
            .get(&keys.primary().public)
            .and_then(|seen| seen.last_accepted);
        let earliest = self.started.saturating_add(uptime.startup_delay_seconds);
        last.map_or(earliest, |last| last.saturating_add(wait).max(earliest))
    }

    /// What keeps proofs from being sent.
    fn hindrance(&self, haste: Haste) -> Result<Option<ProofHindrance>, ViewError> {
        let Some(keys) = self.keys() else {
            return Ok(Some(ProofHindrance::NotAServiceNode));
        };
        let snapshot = self.parts.chain.snapshot();
        let view: &dyn View = &*snapshot;
        let registry = self.parts.staking.registry(view)?;
        let tip = queries::totals(view)?.tip;
        let inner = self.lock();
        let not_ready = || self.starting(keys, &registry, tip).filter(|_| haste == Haste::WhenDue);
        Ok(registration(keys, &registry)
            .or_else(not_ready)
            .or_else(|| shared_key(keys, &registry, &inner))
            .or_else(|| self.silent_companion(&inner))
            .or_else(|| self.silent_l2(tip))
            .or_else(|| {
                self.parts
                    .settings
                    .public_ip
                    .is_none()
                    .then_some(ProofHindrance::NoPublicAddress)
            }))
    }

    /// Nothing is sent right after the start, nor before a block stands on the registration.
    fn starting(&self, keys: &ServiceNodeKeys, registry: &Registry, tip: Height) -> Option<ProofHindrance> {
        let ready = self.started.saturating_add(self.network().uptime.startup_delay_seconds);
        let registered_in = registry
            .node(&keys.primary().public)
            .map(|node| node.record.registration_height);
        (self.now() < ready || registered_in.is_some_and(|height| height >= tip)).then_some(ProofHindrance::Starting)
    }

    /// A service beside this node that is required and did not ping for too long.
    fn silent_companion(&self, inner: &Inner) -> Option<ProofHindrance> {
        if self.network().companion_services == CompanionServices::NotRequired {
            return None;
        }
        let oldest = self
            .now()
            .seconds()
            .saturating_sub(self.network().uptime.frequency_seconds);
        [Companion::StorageServer, Companion::Lokinet]
            .into_iter()
            .find(|companion| {
                let last_ping = inner.companions.get(companion).and_then(|state| state.last_ping);
                last_ping.is_none_or(|ping| ping.seconds() < oldest)
            })
            .map(|companion| ProofHindrance::NoPing { companion })
    }

    /// From HF21 on nobody counts a proof without an L2 height, and a node that has seen nothing of L2 for an hour says so by its
    /// silence (bridge §3.5).
    fn silent_l2(&self, tip: Height) -> Option<ProofHindrance> {
        let version = self.network().forks.version_at(tip.next()).version;
        let is_blind = || match self.parts.l2.status().state {
            L2State::Interrupted { for_seconds } => for_seconds > L2_SILENCE_SECONDS,
            L2State::NoProvider | L2State::Starting | L2State::CatchingUp { .. } | L2State::Following { .. } => false,
        };
        (version >= HardForkVersion::ETHEREUM && (self.parts.l2.newest_height().is_none() || is_blind()))
            .then_some(ProofHindrance::NoL2)
    }

    fn own_proof(&self, inner: &Inner, keys: &ServiceNodeKeys, public_ip: Ipv4Addr) -> UptimeProof {
        let companion = |companion| match self.network().companion_services {
            CompanionServices::Required => inner.companions.get(&companion).cloned().unwrap_or_default(),
            CompanionServices::NotRequired => CompanionState::default(),
        };
        let storage_server = companion(Companion::StorageServer);
        UptimeProof {
            timestamp: self.now(),
            versions: ServiceVersions {
                node: self.parts.settings.node_version,
                onion_router: companion(Companion::Lokinet).version,
                storage_server: storage_server.version,
            },
            public_ip,
            ports: ServicePorts {
                quorumnet: self.parts.settings.quorumnet_port,
                storage_https: storage_server.https_port,
                storage_messages: storage_server.omq_port,
            },
            primary: keys.primary().public,
            ed25519: keys.ed25519_public(),
            bls: None,
            l2_height: None,
        }
    }
}

fn registration(keys: &ServiceNodeKeys, registry: &Registry) -> Option<ProofHindrance> {
    let key = keys.primary().public;
    registry
        .node(&key)
        .is_none()
        .then_some(ProofHindrance::NotRegistered { key })
}

/// Another registered node proves with our transport key.
fn shared_key(keys: &ServiceNodeKeys, registry: &Registry, inner: &Inner) -> Option<ProofHindrance> {
    let (own, x25519) = (keys.primary().public, keys.x25519_public());
    inner
        .nodes
        .iter()
        .find(|(key, seen)| {
            **key != own && seen.proof.is_some_and(|proof| proof.x25519 == x25519) && registry.node(key).is_some()
        })
        .map(|(other, _)| ProofHindrance::SharedKey { other: *other })
}
