//! The chain that plays start from: a private network whose nodes have registered and are old enough for Pulse.

use crate::state::SharedState;
use oxen_crypto::KeyPair;
use oxen_state::state_digest;
use oxen_testkit::{MinedBlock, StakingChain};
use oxen_types::{Hash, Height, Network, Timestamp, network::PulseStartRule};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Blocks after the registrations: enough for entropy, and for quorums that vote on checkpoints.
const SETTLING_BLOCKS: u64 = 14;

/// The chain below a play. It is the same for every seed, because its registrations cost a second each.
#[derive(Debug)]
pub struct Ground {
    /// The rules under which it was made: regtest's, with times of blocks checked as on mainnet.
    pub network: Arc<Network>,
    /// The state after its tip.
    pub state: SharedState,
    /// Its tip.
    pub tip: Hash,
    /// Height of its tip.
    pub height: Height,
    /// When its tip was made.
    pub time: Timestamp,
    /// Digest of its state.
    pub digest: Hash,
    /// The service nodes, each registered by an account of its own.
    pub members: Vec<KeyPair>,
    /// Its blocks from height 1 on.
    pub blocks: Vec<MinedBlock>,
}

impl Ground {
    /// The chain with so many service nodes. Made once in a process.
    ///
    /// # Panics
    /// The testkit's treasury is too poor for them.
    #[must_use]
    pub fn of(nodes: usize) -> Arc<Self> {
        static GROUNDS: Mutex<BTreeMap<usize, Arc<Ground>>> = Mutex::new(BTreeMap::new());
        let mut grounds = GROUNDS.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(grounds.entry(nodes).or_insert_with(|| Arc::new(Self::grow(nodes))))
    }

    fn grow(nodes: usize) -> Self {
        let network = StakingChain::network().pulse_start(PulseStartRule::Ideal);
        let mut play = StakingChain::on(&network).with_nodes(nodes);
        play.mine(SETTLING_BLOCKS);
        let chain = play.chain();
        let (height, tip) = chain.tip();
        Self {
            network: Arc::clone(chain.network()),
            state: SharedState::copy_of(chain.state()),
            tip: tip.id,
            height,
            time: tip.timestamp,
            digest: state_digest(chain.state()).expect("a state in memory reads"),
            members: (1..=nodes)
                .map(|number| StakingChain::node_keys(&format!("n{number}")))
                .collect(),
            blocks: chain.blocks().to_vec(),
        }
    }
}
