//! Whether a proof counts: the checks of staking §14.3 in their order, each with its own error.

use super::{
    payload::{BlsFields, ServiceVersions, SoftwareVersion, UptimeProof},
    signed::SignedProof,
};
use crate::{blame::Blame, keys::X25519PublicKey};
use oxen_crypto::signature::schnorr::{self, SignatureError};
use oxen_types::{
    Network, PublicKey, Timestamp,
    network::{CompanionServices, HardFork, HardForkVersion},
};
use std::{fmt, net::Ipv4Addr};
use thiserror::Error;

/// Whether addresses that are not reached from everywhere may stand in proofs: only on test networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalAddresses {
    /// They may.
    Allowed,
    /// They may not.
    Refused,
}

/// How the node that a proof names stands with us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeStanding {
    /// The registry does not know it.
    NotRegistered,
    /// It is registered, funded or not.
    Registered {
        /// When we accepted a proof of it last, by our clock.
        last_accepted: Option<Timestamp>,
    },
}

/// Who checks that a node has the secret of the BLS key that its proof names (staking §18.2). These rules do not know BLS.
pub trait PossessionCheck: fmt::Debug + Send + Sync {
    /// True when `fields` prove it for the node with this primary key.
    fn is_proven(&self, fields: &BlsFields, primary: &PublicKey) -> bool;
}

/// Nobody proves anything: on a node that cannot check, no proof of HF20 counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingProven;

impl PossessionCheck for NothingProven {
    fn is_proven(&self, _: &BlsFields, _: &PublicKey) -> bool {
        false
    }
}

/// What a proof is checked against.
#[derive(Debug, Clone, Copy)]
pub struct ProofContext<'a> {
    /// The network.
    pub network: &'a Network,
    /// The fork of the next block.
    pub fork: HardFork,
    /// Our clock.
    pub now: Timestamp,
    /// Addresses that may be in it.
    pub local_addresses: LocalAddresses,
    /// How the node that it names stands with us.
    pub standing: NodeStanding,
    /// Who checks BLS keys.
    pub possession: &'a dyn PossessionCheck,
}

/// Which program is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// The node.
    Node,
    /// The onion router.
    OnionRouter,
    /// The storage server.
    StorageServer,
}

impl Program {
    const fn name(self) -> &'static str {
        match self {
            Self::Node => "the node",
            Self::OnionRouter => "the onion router",
            Self::StorageServer => "the storage server",
        }
    }
}

/// Why a proof does not count: the first check that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofRejection {
    /// Check 1: no port where one is required.
    #[error("the proof names no storage server port; this network requires a storage server")]
    StoragePortMissing,
    /// Check 1: a port where there may be none.
    #[error("the proof names a storage server port; this network has no storage servers")]
    StoragePortUnexpected,
    /// Check 2.
    #[error(
        "the clocks differ by {difference_seconds} s, more than {tolerance_seconds} s: set the clock of the service node"
    )]
    Clock {
        /// By how much, seconds.
        difference_seconds: u64,
        /// How much is allowed, seconds.
        tolerance_seconds: u64,
    },
    /// Check 3.
    #[error("{} has version {has}; upgrade it to {needs} at least", program.name())]
    Version {
        /// Which.
        program: Program,
        /// Its version.
        has: SoftwareVersion,
        /// The oldest that is accepted.
        needs: SoftwareVersion,
    },
    /// Check 4.
    #[error("the address {address} is not reached from the internet: give the public address of the service node")]
    AddressNotPublic {
        /// The address.
        address: Ipv4Addr,
    },
    /// Check 5, from HF21 on.
    #[error("the primary key is not the Ed25519 key")]
    PrimaryIsNotEd25519,
    /// Check 6.
    #[error("the Ed25519 key has no X25519 form")]
    Ed25519Key,
    /// Check 7, before HF21: nothing signed by the primary key.
    #[error("the signature of the primary key is missing")]
    SignatureMissing,
    /// Check 7, before HF21.
    #[error("the signature of the primary key is not good: {0}")]
    Signature(SignatureError),
    /// Check 7.
    #[error("the signature of the Ed25519 key is not good")]
    Ed25519Signature,
    /// Check 8, at HF20: without a BLS key a node cannot go on at HF21.
    #[error("the proof names no BLS key; at HF20 every service node must: upgrade it")]
    BlsMissing,
    /// Check 8, at HF20: the sender does not prove that it has the secret key.
    #[error("the proof does not prove possession of the BLS key it names")]
    BlsPossession,
    /// From HF21 on a node says how far it has read L2 (staking §14.1).
    #[error("the proof does not say how far the node has read L2: give the service node an L2 provider")]
    L2HeightMissing,
    /// Check 9.
    #[error("the proof names no port for messages between service nodes")]
    QuorumnetPortMissing,
    /// Check 10.
    #[error("no service node is registered under this key")]
    NotRegistered,
    /// Check 11.
    #[error("the last proof of this node is only {age_seconds} s old; another counts after {wait_seconds} s")]
    TooSoon {
        /// How old the last one is, seconds.
        age_seconds: u64,
        /// How old it must be, seconds.
        wait_seconds: u64,
    },
}

impl ProofRejection {
    /// Whether who sent it to us could have seen it: clocks, registries and times of arrival differ between honest nodes, and
    /// so does what a node thinks of local addresses.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::Clock { .. }
            | Self::Version { .. }
            | Self::AddressNotPublic { .. }
            | Self::NotRegistered
            | Self::TooSoon { .. } => Blame::Nobody,
            Self::StoragePortMissing
            | Self::StoragePortUnexpected
            | Self::PrimaryIsNotEd25519
            | Self::Ed25519Key
            | Self::SignatureMissing
            | Self::Signature(_)
            | Self::Ed25519Signature
            | Self::BlsMissing
            | Self::BlsPossession
            | Self::L2HeightMissing
            | Self::QuorumnetPortMissing => Blame::Sender,
        }
    }
}

/// The oldest versions that count from a fork on.
struct VersionGate {
    from: (HardForkVersion, u8),
    least: ServiceVersions,
}

const VERSION_GATES: [VersionGate; 2] = [
    VersionGate {
        from: (HardForkVersion::REWARD_BATCHING, 6),
        least: ServiceVersions {
            node: SoftwareVersion([10, 6, 0]),
            onion_router: SoftwareVersion([0, 9, 11]),
            storage_server: SoftwareVersion([2, 8, 0]),
        },
    },
    VersionGate {
        from: (HardForkVersion::ETHEREUM, 2),
        least: ServiceVersions {
            node: SoftwareVersion([11, 0, 6]),
            onion_router: SoftwareVersion([0, 9, 11]),
            storage_server: SoftwareVersion([2, 8, 0]),
        },
    },
];

/// Checks a proof; gives the X25519 key that its sender is addressed by.
///
/// # Errors
/// The first check that fails.
pub fn check_proof(signed: &SignedProof, context: &ProofContext<'_>) -> Result<X25519PublicKey, ProofRejection> {
    let proof = signed.proof();
    check_storage_ports(signed, context)?;
    check_clock(proof.timestamp, context)?;
    check_versions(&proof.versions, context)?;
    if context.local_addresses == LocalAddresses::Refused && !is_public(proof.public_ip) {
        return Err(ProofRejection::AddressNotPublic {
            address: proof.public_ip,
        });
    }
    if context.fork.version >= HardForkVersion::ETHEREUM && proof.primary != proof.ed25519 {
        return Err(ProofRejection::PrimaryIsNotEd25519);
    }
    // Before the signatures, unlike in §14.3: proofs for keys that nobody registered cost their sender nothing.
    check_standing(context)?;
    let x25519 = X25519PublicKey::of_ed25519(&proof.ed25519).ok_or(ProofRejection::Ed25519Key)?;
    check_signatures(signed, context)?;
    check_l2(proof, context)?;
    if proof.ports.quorumnet == 0 {
        return Err(ProofRejection::QuorumnetPortMissing);
    }
    Ok(x25519)
}

/// Check 8, and what HF21 asks in its place. The possession costs a pairing, so it comes behind the signatures.
fn check_l2(proof: &UptimeProof, context: &ProofContext<'_>) -> Result<(), ProofRejection> {
    if context.fork.version == HardForkVersion::ETHEREUM_TRANSITION {
        let bls = proof.bls.as_ref().ok_or(ProofRejection::BlsMissing)?;
        if !context.possession.is_proven(bls, &proof.primary) {
            return Err(ProofRejection::BlsPossession);
        }
    }
    let l2_height = proof.l2_height.unwrap_or_default();
    if context.fork.version >= HardForkVersion::ETHEREUM && l2_height == 0 {
        return Err(ProofRejection::L2HeightMissing);
    }
    Ok(())
}

fn check_storage_ports(signed: &SignedProof, context: &ProofContext<'_>) -> Result<(), ProofRejection> {
    let ports = &signed.proof().ports;
    let named = [ports.storage_https, ports.storage_messages].map(|port| port != 0);
    match context.network.companion_services {
        CompanionServices::Required if named.contains(&false) => Err(ProofRejection::StoragePortMissing),
        CompanionServices::NotRequired if named.contains(&true) => Err(ProofRejection::StoragePortUnexpected),
        _ => Ok(()),
    }
}

fn check_clock(timestamp: Timestamp, context: &ProofContext<'_>) -> Result<(), ProofRejection> {
    let difference_seconds = context.now.seconds().abs_diff(timestamp.seconds());
    let tolerance_seconds = context.network.uptime.tolerance_seconds;
    if difference_seconds > tolerance_seconds {
        return Err(ProofRejection::Clock {
            difference_seconds,
            tolerance_seconds,
        });
    }
    Ok(())
}

fn check_versions(versions: &ServiceVersions, context: &ProofContext<'_>) -> Result<(), ProofRejection> {
    let fork = (context.fork.version, context.fork.revision);
    for gate in VERSION_GATES.iter().filter(|gate| gate.from <= fork) {
        let node = [(Program::Node, versions.node, gate.least.node)];
        let companions = [
            (Program::OnionRouter, versions.onion_router, gate.least.onion_router),
            (
                Program::StorageServer,
                versions.storage_server,
                gate.least.storage_server,
            ),
        ];
        let companions = match context.network.companion_services {
            CompanionServices::Required => companions.as_slice(),
            CompanionServices::NotRequired => &[],
        };
        if let Some((program, has, needs)) = node.iter().chain(companions).find(|(_, has, needs)| has < needs) {
            return Err(ProofRejection::Version {
                program: *program,
                has: *has,
                needs: *needs,
            });
        }
    }
    Ok(())
}

fn check_signatures(signed: &SignedProof, context: &ProofContext<'_>) -> Result<(), ProofRejection> {
    let proof = signed.proof();
    let hash = signed.hash();
    if context.fork.version < HardForkVersion::ETHEREUM {
        let signature = signed.signature().ok_or(ProofRejection::SignatureMissing)?;
        schnorr::verify(&hash, &proof.primary, signature).map_err(ProofRejection::Signature)?;
    }
    if !signed.ed25519_signature().is_good(hash.as_bytes(), &proof.ed25519) {
        return Err(ProofRejection::Ed25519Signature);
    }
    Ok(())
}

fn check_standing(context: &ProofContext<'_>) -> Result<(), ProofRejection> {
    let last_accepted = match context.standing {
        NodeStanding::NotRegistered => return Err(ProofRejection::NotRegistered),
        NodeStanding::Registered { last_accepted } => last_accepted,
    };
    let wait_seconds = context.network.uptime.frequency_seconds / 2;
    let age_seconds = last_accepted.map(|last| context.now.seconds().saturating_sub(last.seconds()));
    match age_seconds {
        Some(age_seconds) if age_seconds <= wait_seconds => Err(ProofRejection::TooSoon {
            age_seconds,
            wait_seconds,
        }),
        _ => Ok(()),
    }
}

/// True for addresses that are reached from everywhere.
#[must_use]
pub const fn is_public(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let special = match (first, second) {
        // Own network, shared by carriers, benchmarks, protocol assignments, reserved.
        (0 | 240..=255, _) | (100, 64..=127) | (198, 18..=19) => true,
        (192, 0) => third == 0,
        _ => false,
    };
    !(special
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        keys::ServiceNodeKeys,
        uptime_proof::{ServicePorts, UptimeProof},
    };
    use oxen_crypto::SecretKey;
    use oxen_types::PublicKey;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    pub(crate) fn keys() -> ServiceNodeKeys {
        ServiceNodeKeys::from_seed(&[9; 32])
    }

    pub(crate) fn proof_of(keys: &ServiceNodeKeys) -> UptimeProof {
        UptimeProof {
            timestamp: NOW,
            versions: ServiceVersions {
                node: SoftwareVersion([11, 0, 6]),
                onion_router: SoftwareVersion([0, 9, 11]),
                storage_server: SoftwareVersion([2, 8, 0]),
            },
            public_ip: Ipv4Addr::new(1, 2, 3, 4),
            ports: ServicePorts {
                quorumnet: 22025,
                storage_https: 22021,
                storage_messages: 22020,
            },
            primary: keys.primary().public,
            ed25519: keys.ed25519_public(),
            bls: None,
            l2_height: None,
        }
    }

    fn context(network: &Network) -> ProofContext<'_> {
        ProofContext {
            network,
            fork: HardFork::new(19, 3, 0),
            now: NOW,
            local_addresses: LocalAddresses::Refused,
            standing: NodeStanding::Registered { last_accepted: None },
            possession: &NothingProven,
        }
    }

    fn sign(proof: UptimeProof) -> SignedProof {
        SignedProof::sign(proof, &keys(), &mut ChaCha20Rng::seed_from_u64(1))
    }

    /// What becomes of a proof that was changed before it was signed, in a context that was changed.
    fn check(
        change_proof: impl FnOnce(&mut UptimeProof),
        change_context: impl FnOnce(&mut ProofContext<'_>),
    ) -> Result<X25519PublicKey, ProofRejection> {
        let mainnet = Network::mainnet();
        let mut proof = proof_of(&keys());
        change_proof(&mut proof);
        let mut context = context(&mainnet);
        change_context(&mut context);
        check_proof(&sign(proof), &context)
    }

    #[test]
    fn a_good_proof_names_the_x25519_key() {
        assert_eq!(check(|_| (), |_| ()), Ok(keys().x25519_public()));
    }

    #[test]
    fn ports_of_the_storage_server_are_named_exactly_where_it_runs() {
        assert_eq!(
            check(|proof| proof.ports.storage_https = 0, |_| ()),
            Err(ProofRejection::StoragePortMissing)
        );
        assert_eq!(
            check(|proof| proof.ports.storage_messages = 0, |_| ()),
            Err(ProofRejection::StoragePortMissing)
        );
        let devnet = Network::devnet();
        assert_eq!(devnet.companion_services, CompanionServices::NotRequired);
        let mut proof = proof_of(&keys());
        assert_eq!(
            check_proof(&sign(proof.clone()), &context(&devnet)),
            Err(ProofRejection::StoragePortUnexpected)
        );
        (proof.ports.storage_https, proof.ports.storage_messages) = (0, 0);
        assert!(check_proof(&sign(proof), &context(&devnet)).is_ok());
    }

    #[test]
    fn the_clocks_may_differ_by_five_minutes() {
        for (seconds, good) in [(300, true), (301, false)] {
            for now in [NOW.seconds() + seconds, NOW.seconds() - seconds] {
                let result = check(|_| (), |context| context.now = Timestamp::from_seconds(now));
                assert_eq!(result.is_ok(), good, "{now}");
            }
        }
        assert_eq!(
            check(|proof| proof.timestamp = Timestamp::from_seconds(0), |_| ()),
            Err(ProofRejection::Clock {
                difference_seconds: NOW.seconds(),
                tolerance_seconds: 300
            })
        );
    }

    #[test]
    fn old_versions_count_until_the_gate_of_their_fork() {
        let old = |proof: &mut UptimeProof| proof.versions.node = SoftwareVersion([10, 5, 9]);
        assert!(check(old, |_| ()).is_ok());
        let gate = |context: &mut ProofContext<'_>| context.fork = HardFork::new(19, 6, 0);
        assert_eq!(
            check(old, gate),
            Err(ProofRejection::Version {
                program: Program::Node,
                has: SoftwareVersion([10, 5, 9]),
                needs: SoftwareVersion([10, 6, 0])
            })
        );
        assert!(check(|proof| proof.versions.node = SoftwareVersion([10, 6, 0]), gate).is_ok());
        let of = |change: fn(&mut UptimeProof)| match check(change, gate) {
            Err(ProofRejection::Version { program, .. }) => program,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            of(|proof| proof.versions.onion_router = SoftwareVersion([0, 9, 10])),
            Program::OnionRouter
        );
        assert_eq!(
            of(|proof| proof.versions.storage_server = SoftwareVersion([2, 7, 9])),
            Program::StorageServer
        );
        let later = |context: &mut ProofContext<'_>| context.fork = HardFork::new(21, 2, 0);
        assert!(matches!(
            check(|proof| proof.versions.node = SoftwareVersion([11, 0, 5]), later),
            Err(ProofRejection::Version { .. })
        ));
    }

    #[test]
    fn only_public_addresses_count_unless_local_ones_are_allowed() {
        let local = Ipv4Addr::new(127, 0, 0, 1);
        assert_eq!(
            check(|proof| proof.public_ip = local, |_| ()),
            Err(ProofRejection::AddressNotPublic { address: local })
        );
        assert!(
            check(
                |proof| proof.public_ip = local,
                |context| context.local_addresses = LocalAddresses::Allowed
            )
            .is_ok()
        );
        for (text, public) in [
            ("8.8.8.8", true),
            ("100.63.255.255", true),
            ("100.64.0.0", false),
            ("172.15.0.1", true),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("192.0.0.5", false),
            ("192.0.1.5", true),
            ("198.19.0.1", false),
            ("198.20.0.1", true),
            ("169.254.1.1", false),
            ("203.0.113.9", false),
            ("224.0.0.1", false),
            ("239.255.255.255", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("0.1.2.3", false),
            ("10.1.2.3", false),
        ] {
            assert_eq!(is_public(text.parse().unwrap()), public, "{text}");
        }
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        assert_eq!(
            check(|proof| proof.ed25519 = PublicKey::new([0xff; 32]), |_| ()),
            Err(ProofRejection::Ed25519Key)
        );
        let other = ServiceNodeKeys::from_seed(&[3; 32]);
        assert_eq!(
            check(
                |proof| proof.primary = other.primary().public,
                |context| context.fork = HardFork::new(21, 0, 0)
            ),
            Err(ProofRejection::PrimaryIsNotEd25519)
        );
    }

    #[test]
    fn both_signatures_must_be_good() {
        let other = ServiceNodeKeys::from_seed(&[3; 32]);
        assert_eq!(
            check(|proof| proof.primary = other.primary().public, |_| ()),
            Err(ProofRejection::Signature(SignatureError::Mismatch))
        );
        assert_eq!(
            check(|proof| proof.ed25519 = other.ed25519_public(), |_| ()),
            Err(ProofRejection::Ed25519Signature)
        );
        // An old node signs with two keys that have nothing to do with each other.
        let old = ServiceNodeKeys::with_primary(&[9; 32], SecretKey::reduce([4; 32]));
        let mainnet = Network::mainnet();
        let mixed = SignedProof::sign(proof_of(&old), &old, &mut ChaCha20Rng::seed_from_u64(2));
        assert_eq!(check_proof(&mixed, &context(&mainnet)), Ok(old.x25519_public()));
    }

    #[test]
    fn a_proof_at_hf20_has_a_bls_key_that_somebody_checked() {
        /// Takes the possession `5555…` for good.
        #[derive(Debug)]
        struct Fives;

        impl PossessionCheck for Fives {
            fn is_proven(&self, fields: &BlsFields, _: &PublicKey) -> bool {
                fields.possession == [0x55; 128]
            }
        }

        let fields = |byte| BlsFields {
            public_key: [1; 64],
            possession: [byte; 128],
        };
        let at_hf20 = |context: &mut ProofContext<'_>| {
            context.fork = HardFork::new(20, 0, 0);
            context.possession = &Fives;
        };
        assert_eq!(check(|_| (), at_hf20), Err(ProofRejection::BlsMissing));
        let forged = check(|proof| proof.bls = Some(fields(0x66)), at_hf20);
        assert_eq!(forged, Err(ProofRejection::BlsPossession));
        assert!(check(|proof| proof.bls = Some(fields(0x55)), at_hf20).is_ok());
        let unchecked = check(
            |proof| proof.bls = Some(fields(0x55)),
            |context| context.fork = HardFork::new(20, 0, 0),
        );
        assert_eq!(unchecked, Err(ProofRejection::BlsPossession), "nobody checks");
    }

    #[test]
    fn a_proof_from_hf21_on_says_how_far_l2_was_read() {
        let at_hf21 = |context: &mut ProofContext<'_>| context.fork = HardFork::new(21, 0, 0);
        assert_eq!(check(|_| (), at_hf21), Err(ProofRejection::L2HeightMissing));
        let none = check(|proof| proof.l2_height = Some(0), at_hf21);
        assert_eq!(none, Err(ProofRejection::L2HeightMissing));
        assert!(check(|proof| proof.l2_height = Some(1), at_hf21).is_ok());
    }

    #[test]
    fn a_proof_names_a_port_and_a_registered_node() {
        assert_eq!(
            check(|proof| proof.ports.quorumnet = 0, |_| ()),
            Err(ProofRejection::QuorumnetPortMissing)
        );
        assert_eq!(
            check(|_| (), |context| context.standing = NodeStanding::NotRegistered),
            Err(ProofRejection::NotRegistered)
        );
    }

    #[test]
    fn proofs_count_once_in_half_the_time_between_them() {
        let after = |seconds: u64| {
            check(
                |_| (),
                |context| {
                    context.standing = NodeStanding::Registered {
                        last_accepted: Some(Timestamp::from_seconds(NOW.seconds() - seconds)),
                    }
                },
            )
        };
        assert_eq!(
            after(1_800),
            Err(ProofRejection::TooSoon {
                age_seconds: 1_800,
                wait_seconds: 1_800
            })
        );
        assert!(after(1_801).is_ok());
    }

    #[test]
    fn checks_come_in_their_order() {
        let everything_wrong = |proof: &mut UptimeProof| {
            proof.ports = ServicePorts::default();
            proof.timestamp = Timestamp::from_seconds(0);
            proof.public_ip = Ipv4Addr::LOCALHOST;
            proof.ed25519 = PublicKey::ZERO;
        };
        assert_eq!(check(everything_wrong, |_| ()), Err(ProofRejection::StoragePortMissing));
        assert!(matches!(
            check(
                |proof| {
                    proof.timestamp = Timestamp::from_seconds(0);
                    proof.public_ip = Ipv4Addr::LOCALHOST;
                },
                |context| context.standing = NodeStanding::NotRegistered
            ),
            Err(ProofRejection::Clock { .. })
        ));
        assert_eq!(
            check(
                |proof| proof.ed25519 = PublicKey::ZERO,
                |context| context.standing = NodeStanding::NotRegistered
            ),
            Err(ProofRejection::NotRegistered),
            "nothing is verified for keys that nobody registered"
        );
    }

    #[test]
    fn only_what_the_sender_could_have_seen_is_its_fault() {
        assert_eq!(ProofRejection::Ed25519Signature.blame(), Blame::Sender);
        assert_eq!(ProofRejection::NotRegistered.blame(), Blame::Nobody);
    }
}
