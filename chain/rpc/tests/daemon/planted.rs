//! Service nodes that a test plants into the chain, what was seen of them, and the node's own: what registry, prober and
//! operator would bring.

use oxen_crypto::{KeyPair, SecretKey, signature::schnorr};
use oxen_node_api::{
    Companion, CompanionPing, OwnServiceNode, ServiceNodePeers,
    service_nodes::{
        CompanionState, OwnKeys, OwnProofs, OwnSecretKeys, PingError, ProofHindrance, ReportError, SignError, VoteOnUs,
    },
};
use oxen_staking_rules::{
    Recipient, ServiceNode, X25519PublicKey,
    obligations::{NodeObservations, SeenProof, TestOutcome},
    quorum::PulseSorter,
    registry::{Activity, LockedContribution, NodeContributor, NodeRecord, QueuePosition, Stake, update::StateQuorums},
    swarm::SwarmId,
    uptime_proof::{ServicePorts, ServiceVersions, SoftwareVersion},
};
use oxen_state::{
    Overlay, ServiceNodeRules, TransactionError, View, ViewError,
    service_nodes::{
        BlockDuties, RewardDuties,
        tables::{BlacklistRow, KeyImageBlacklist, Quorums, ServiceNodeRecords, ServiceNodeStakes},
    },
    transaction::CheckedTransaction,
};
use oxen_types::{Amount, Block, Hash, Height, KeyImage, PublicKey, Signature, Timestamp, keccak256};
use rand_core::OsRng;
use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use zeroize::Zeroizing;

/// Rules of a mined chain that write what the test planted into the state with the next block.
#[derive(Default)]
pub struct PlantedServiceNodes {
    pub nodes: Mutex<BTreeMap<PublicKey, ServiceNode>>,
    pub blacklist: Mutex<Vec<BlacklistRow>>,
    pub quorums: Mutex<StateQuorums>,
}

impl ServiceNodeRules for PlantedServiceNodes {
    fn block_duties(&self, _: &dyn View, _: Height, _: u8) -> Result<BlockDuties, ViewError> {
        Ok(BlockDuties::default())
    }

    /// Whatever the test makes holds.
    fn check_transaction(&self, _: &dyn View, _: &CheckedTransaction, _: Height) -> Result<(), TransactionError> {
        Ok(())
    }

    fn apply_block(
        &self,
        state: &mut Overlay<&dyn View>,
        _: &Block,
        _: &Hash,
        _: &[&CheckedTransaction],
        height: Height,
    ) -> Result<RewardDuties, ViewError> {
        for (key, node) in &*self.nodes.lock().unwrap() {
            state.put::<ServiceNodeRecords>(key, &node.record);
            state.put::<ServiceNodeStakes>(key, &node.stake);
        }
        for row in &*self.blacklist.lock().unwrap() {
            state.put::<KeyImageBlacklist>(&row.stake.key_image, &vec![*row]);
        }
        state.put::<Quorums>(&height, &self.quorums.lock().unwrap());
        Ok(RewardDuties::default())
    }
}

/// Key number so and so; in the order of numbers.
pub fn node_key(number: u32) -> PublicKey {
    let mut bytes = [0x11; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    PublicKey::new(bytes)
}

/// Bytes that nothing else has.
fn distinct(what: &str, numbers: &[u32]) -> [u8; 32] {
    keccak256(format!("{what} {numbers:?}").as_bytes()).to_bytes()
}

/// An active node of so many contributors with equal parts of 1,000 OXEN, registered and funded at height 1.
pub fn active_node(number: u32, contributors: u32) -> ServiceNode {
    let requirement = Amount::from_atomic(1_000 * Amount::OXEN.atomic());
    let part = Amount::from_atomic(requirement.atomic() / u64::from(contributors));
    let contributor = |place: u32| NodeContributor {
        beneficiary: None,
        recipient: Recipient::Oxen {
            spend: PublicKey::new(distinct("spend", &[number, place])),
            view: PublicKey::new(distinct("view", &[number, place])),
        },
        amount: part,
        reserved: part,
        locked: vec![LockedContribution {
            key_image: KeyImage::new(distinct("image", &[number, place])),
            output_key: PublicKey::new(distinct("output", &[number, place])),
            amount: part,
        }],
    };
    let contributors: Vec<NodeContributor> = (0..contributors).map(contributor).collect();
    ServiceNode {
        record: NodeRecord {
            registration_height: Height::new(1),
            registration_version: 19,
            requested_unlock_height: None,
            queue: QueuePosition::after_block(Height::new(1)),
            activity: Activity::Active { since: Height::new(1) },
            decommission_count: 0,
            last_decommission: None,
            recommission_credit: 60,
            swarm: SwarmId::new(u64::from(number) << 50),
            last_ip_change_height: Height::new(1),
            pulse_sorter: PulseSorter {
                height: Height::GENESIS,
                index: 0,
            },
        },
        stake: Arc::new(Stake {
            bls_key: None,
            requirement,
            operator: contributors[0].recipient,
            operator_portions: 1_844_674_407_370_955_161,
            contributors,
            total_contributed: requirement,
            total_reserved: requirement,
        }),
    }
}

/// An uptime proof that came at this time.
pub fn proof(received: u64) -> SeenProof {
    SeenProof {
        received: Timestamp::from_seconds(received),
        made: Timestamp::from_seconds(received),
        ed25519: PublicKey::new([0xed; 32]),
        x25519: X25519PublicKey::new([0x25; 32]),
        public_ip: [203, 0, 113, 9],
        ports: ServicePorts {
            quorumnet: 22_025,
            storage_https: 22_021,
            storage_messages: 22_020,
        },
        versions: ServiceVersions {
            node: SoftwareVersion([11, 2, 3]),
            onion_router: SoftwareVersion([0, 9, 11]),
            storage_server: SoftwareVersion([2, 8, 0]),
        },
    }
}

/// What was seen, as the test says.
#[derive(Default)]
pub struct TestObservers {
    seen: Mutex<BTreeMap<PublicKey, NodeObservations>>,
    revision: AtomicU64,
}

impl TestObservers {
    pub fn see(&self, node: PublicKey, observations: NodeObservations) {
        self.seen.lock().unwrap().insert(node, observations);
        self.revision.fetch_add(1, Ordering::SeqCst);
    }
}

impl ServiceNodePeers for TestObservers {
    fn observations(&self, node: &PublicKey) -> Option<NodeObservations> {
        self.seen.lock().unwrap().get(node).cloned()
    }

    fn revision(&self) -> u64 {
        self.revision.load(Ordering::SeqCst)
    }
}

/// A service node that is what the test says, and remembers what it is told. None at first.
#[derive(Default)]
pub struct TestOwnServiceNode {
    pub pair: Mutex<Option<KeyPair>>,
    pub votes: Mutex<Vec<VoteOnUs>>,
    pub proofs: Mutex<OwnProofs>,
    pub companions: Mutex<BTreeMap<Companion, CompanionState>>,
    pub pings: Mutex<Vec<CompanionPing>>,
    pub reports: Mutex<Vec<(Companion, PublicKey, TestOutcome)>>,
}

impl TestOwnServiceNode {
    /// Becomes a service node; its primary key.
    pub fn start(&self) -> PublicKey {
        let pair = KeyPair::new(SecretKey::reduce([7; 32]));
        let key = pair.public;
        *self.pair.lock().unwrap() = Some(pair);
        key
    }
}

impl OwnServiceNode for TestOwnServiceNode {
    fn keys(&self) -> Option<OwnKeys> {
        let pair = self.pair.lock().unwrap();
        pair.as_ref().map(|pair| OwnKeys {
            primary: pair.public,
            ed25519: PublicKey::new([0xed; 32]),
            x25519: X25519PublicKey::new([0x25; 32]),
        })
    }

    fn secret_keys(&self) -> Option<OwnSecretKeys> {
        self.keys().map(|_| OwnSecretKeys {
            primary: None,
            ed25519: Zeroizing::new([0xe0; 64]),
            x25519: Zeroizing::new([0x20; 32]),
        })
    }

    fn sign_registration(&self, hash: &Hash) -> Result<Signature, SignError> {
        let pair = self.pair.lock().unwrap();
        let pair = pair.as_ref().ok_or(SignError::NotAServiceNode)?;
        Ok(schnorr::sign(hash, pair, &mut OsRng))
    }

    fn public_ip(&self) -> Option<Ipv4Addr> {
        Some(Ipv4Addr::new(203, 0, 113, 9))
    }

    fn quorumnet_port(&self) -> u16 {
        22_025
    }

    fn proofs(&self) -> OwnProofs {
        self.proofs.lock().unwrap().clone()
    }

    fn send_proof(&self) -> Result<(), ProofHindrance> {
        match self.proofs().hindrance {
            Some(hindrance) => Err(hindrance),
            None => Ok(()),
        }
    }

    fn votes(&self) -> Vec<VoteOnUs> {
        self.votes.lock().unwrap().clone()
    }

    fn companion(&self, companion: Companion) -> CompanionState {
        self.companions
            .lock()
            .unwrap()
            .get(&companion)
            .cloned()
            .unwrap_or_default()
    }

    fn ping(&self, ping: CompanionPing) -> Result<(), PingError> {
        let companion = ping.companion;
        let taken = if ping.error.is_empty() {
            Ok(())
        } else {
            Err(PingError::Unwell {
                companion,
                error: ping.error.clone(),
            })
        };
        self.pings.lock().unwrap().push(ping);
        taken
    }

    fn report_peer(&self, companion: Companion, node: &PublicKey, outcome: TestOutcome) -> Result<(), ReportError> {
        if *node == PublicKey::ZERO {
            return Err(ReportError::UnknownNode { node: *node });
        }
        self.reports.lock().unwrap().push((companion, *node, outcome));
        Ok(())
    }
}
