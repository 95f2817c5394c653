//! Blocks of the played network: quorums, times, and the rules of pulse §8.2.

use oxen_pulse_machine::{Position, RoundId, RoundQuorum, RoundTiming, Verifier};
use oxen_types::{
    Amount, Block, BlockHeader, Hash, Height, Network, PublicKey, Timestamp, Transaction, UnlockTime,
    block::{BatchingTail, PulseHeader},
    hashing::keccak256_parts,
    network::{HardFork, HardForkTable},
    transaction::{Input, Proofs, TransactionPrefix, TransactionType, TransactionVersion},
};
use std::collections::BTreeMap;

/// Second of the first block.
pub const GENESIS_TIME: u64 = 1_700_000_000;

/// Mainnet's times, Pulse from height 1.
pub fn network() -> Network {
    let forks = [HardFork::new(7, 0, 0), HardFork::new(19, 3, 1)];
    Network {
        forks: HardForkTable::new(&forks).unwrap(),
        ..Network::mainnet()
    }
}

/// A block that any node could have built.
pub fn build(parent: Hash, height: Height, timestamp: Timestamp) -> Block {
    Block {
        header: BlockHeader {
            major_version: 19,
            minor_version: 3,
            timestamp,
            previous: parent,
            nonce: 0,
            pulse: Some(PulseHeader::default()),
            leader: None,
            l2: None,
        },
        miner_transaction: Some(Transaction {
            prefix: TransactionPrefix {
                version: TransactionVersion::V4,
                kind: TransactionType::Standard,
                output_unlock_times: Vec::new(),
                unlock_time: UnlockTime::new(height.index() + 30),
                inputs: vec![Input::Generation { height }],
                outputs: Vec::new(),
                extra: Vec::new(),
            },
            proofs: Proofs::Null,
        }),
        transaction_ids: Vec::new(),
        l2_event_count: 0,
        signatures: Vec::new(),
        batching_tail: Some(BatchingTail::Full {
            height,
            producer: PublicKey::ZERO,
            reward: Amount::ZERO,
        }),
    }
}

/// How quorums are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Casting {
    /// In round r, nodes r to r + 10 validate in this order and the next one produces.
    InTurn,
    /// By hash.
    Drawn,
    /// Too few nodes for any quorum.
    Nobody,
}

impl Casting {
    /// The quorum of a round among nodes with these keys.
    pub fn quorum(self, keys: &[PublicKey], round: &RoundId) -> Option<RoundQuorum> {
        let mut order = keys.to_vec();
        match self {
            Self::Nobody => return None,
            Self::InTurn => order.rotate_left(usize::from(round.number) % keys.len()),
            Self::Drawn => {
                order.sort_by_key(|key| keccak256_parts(&[round.parent.as_bytes(), &[round.number], key.as_bytes()]))
            }
        }
        Some(RoundQuorum {
            producer: order[11],
            validators: std::array::from_fn(|index| order[index]),
        })
    }
}

/// The blocks that one node knows, and its tip by fork-choice weight (chain §4.12).
#[derive(Debug, Clone)]
pub struct Chain {
    blocks: BTreeMap<Hash, (Block, Height, u64)>,
    orphans: Vec<Block>,
    genesis: Block,
    tip: Hash,
}

impl Chain {
    pub fn new() -> Self {
        let genesis = build(Hash::ZERO, Height::GENESIS, Timestamp::from_seconds(GENESIS_TIME));
        let tip = genesis.id();
        Self {
            blocks: BTreeMap::from([(tip, (genesis.clone(), Height::GENESIS, 0))]),
            orphans: Vec::new(),
            genesis,
            tip,
        }
    }

    pub fn tip(&self) -> (Hash, Height) {
        (self.tip, self.blocks[&self.tip].1)
    }

    /// Takes a valid block. True when the tip changed.
    pub fn add(&mut self, block: Block, judge: &impl Fn(&Block, &RoundId, &RoundTiming) -> bool) -> bool {
        self.orphans.push(block);
        let before = self.tip;
        while let Some(at) = self
            .orphans
            .iter()
            .position(|orphan| self.blocks.contains_key(&orphan.header.previous))
        {
            let block = self.orphans.swap_remove(at);
            let (_, height, weight) = &self.blocks[&block.header.previous];
            let id = RoundId {
                parent: block.header.previous,
                height: height.next(),
                number: block.round(),
            };
            let weight = weight + 1 + 144_403_552_893_600 / (1 + u64::from(block.round()));
            if judge(&block, &id, &self.timing_after(&id.parent)) {
                let block_id = block.id();
                let heavier = weight > self.blocks[&self.tip].2;
                self.blocks.entry(block_id).or_insert((block, id.height, weight));
                if heavier {
                    self.tip = block_id;
                }
            }
        }
        self.tip != before
    }

    /// The times of the block after `parent`.
    pub fn timing_after(&self, parent: &Hash) -> RoundTiming {
        let (block, height, _) = &self.blocks[parent];
        RoundTiming::of_height(
            &network(),
            height.next(),
            block.header.timestamp,
            self.genesis.header.timestamp,
        )
        .unwrap()
    }

    /// The block of the main chain at a height.
    pub fn at(&self, height: u64) -> Option<&Block> {
        let mut here = &self.blocks[&self.tip];
        while here.1.index() > height {
            here = &self.blocks[&here.0.header.previous];
        }
        (here.1.index() == height).then_some(&here.0)
    }
}

/// Pulse §8.2: true when the quorum made the block.
pub fn is_valid(block: &Block, quorum: &RoundQuorum, timing: &RoundTiming, verifier: &impl Verifier) -> bool {
    let id = block.id();
    let pulse = block.header.pulse.as_ref().unwrap();
    let ascending = block
        .signatures
        .windows(2)
        .all(|pair| pair[0].voter_index < pair[1].voter_index);
    let signed = block.signatures.iter().all(|signature| {
        let Some(position) = Position::new(signature.voter_index) else {
            return false;
        };
        pulse.validator_bitset & (1 << signature.voter_index) != 0
            && verifier.verify(&id, quorum.validator(position).unwrap(), &signature.signature)
    });
    timing.admits(block.round(), block.header.timestamp)
        && block.header.timestamp < timing.fallback()
        && block.header.nonce == 0
        && block.signatures.len() == 7
        && pulse.validator_bitset < 1 << 11
        && ascending
        && signed
}
