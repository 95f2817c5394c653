//! A made-up chain that does everything a real one does to a store: rows come, change and go in many tables, blocks are taken
//! back and replaced, rows beside the state come and go. The same seed tells the same story.
#![allow(dead_code, reason = "each test uses a part")]

use oxen_state::{
    Delta, MemoryState, Overlay, Undo, state_digest,
    tables::{
        BlockBlobs, BlockHeights, Blocks, Outputs, PrunedTransactions, SpentKeyImages, Totals, TransactionProofs,
    },
};
use oxen_store::{
    AlternativeBlock, AlternativeBlocks, AuxiliaryBatch, ChainStore, Commit, CommitError, Durability, Identity,
    MempoolEntries, StoreError, StoreSettings, Tip,
};
use oxen_types::{GlobalOutputIndex, Hash, Height, KeyImage, NetworkId, keccak256};
use parity_scale_codec::{Decode, Encode};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Duration;

/// Blocks that stores of these tests can take back.
pub const UNDO_BLOCKS: u64 = 8;
/// Most blocks taken back at once.
const DEEPEST_REVERT: u64 = 4;
/// Keys of each table are drawn from so many, so that rows are overwritten and removed again.
const KEYS: u64 = 40;

pub fn identity() -> Identity {
    Identity {
        network: NetworkId::new([7; 16]),
        genesis: keccak256(b"genesis"),
    }
}

/// Settings under which nothing waits for the disk.
pub fn settings() -> StoreSettings {
    StoreSettings {
        durability: Durability::Interval(Duration::MAX),
        undo_blocks: UNDO_BLOCKS,
        ..StoreSettings::default()
    }
}

/// Where a numbered step writes its number.
const STEP_NUMBER: Hash = Hash::new([0xff; 32]);

/// The number of the last step that a store was told, if it was numbered; 0 before any.
pub fn last_step(store: &ChainStore) -> u64 {
    let row = store.snapshot().auxiliary::<MempoolEntries>(&STEP_NUMBER).unwrap();
    row.map_or(0, |number| u64::decode(&mut &*number).unwrap())
}

/// One write to the store.
#[derive(Debug, Clone)]
pub enum Step {
    Commit(Commit),
    Auxiliary(AuxiliaryBatch),
}

impl Step {
    /// The same step, which also writes its number beside the state: blocks taken back can lead to a tip that was there before.
    pub fn numbered(mut self, number: u64) -> Self {
        let (Self::Commit(Commit { auxiliary, .. }) | Self::Auxiliary(auxiliary)) = &mut self;
        auxiliary.put::<MempoolEntries>(&STEP_NUMBER, &number.encode());
        self
    }

    pub fn write_to(&self, store: &ChainStore) -> Result<(), CommitError> {
        match self {
            Self::Commit(commit) => store.commit(commit),
            Self::Auxiliary(batch) => store.write_auxiliary(batch).map_err(CommitError::from),
        }
    }
}

/// Tells the story step by step, and knows what the state must be after each.
pub struct Story {
    rng: ChaCha8Rng,
    pub state: MemoryState,
    pub blocks: Vec<(Tip, Undo)>,
    /// The lowest block that a store can still take back.
    oldest_undo: usize,
}

impl Story {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            state: MemoryState::new(),
            blocks: Vec::new(),
            oldest_undo: 0,
        }
    }

    pub fn tip(&self) -> Option<Tip> {
        self.blocks.last().map(|(tip, _)| *tip)
    }

    pub fn next_step(&mut self) -> Step {
        let deep_enough = self.blocks.len() > self.oldest_undo.max(1) + DEEPEST_REVERT as usize;
        let step = match self.rng.gen_range(0..10) {
            0 => Step::Auxiliary(self.auxiliary()),
            1 if deep_enough => Step::Commit(self.reorganisation(1)),
            2 if deep_enough => Step::Commit(self.reorganisation(0)),
            3 => Step::Commit(self.import()),
            _ => Step::Commit(self.block()),
        };
        self.oldest_undo = self
            .oldest_undo
            .max(self.blocks.len().saturating_sub(UNDO_BLOCKS as usize));
        step
    }

    fn block(&mut self) -> Commit {
        let base = self.tip();
        let (delta, undo) = self.extend();
        let commit = Commit::block(base, self.tip().unwrap(), delta, undo);
        if self.rng.gen_bool(0.5) {
            commit.with_auxiliary(self.auxiliary())
        } else {
            commit
        }
    }

    /// Several blocks at once.
    fn import(&mut self) -> Commit {
        let mut commit = self.block();
        for _ in 0..self.rng.gen_range(1..2 * UNDO_BLOCKS) {
            let (delta, undo) = self.extend();
            commit.delta.append(delta);
            commit.applied.push(undo);
        }
        commit.tip = self.tip().unwrap();
        commit
    }

    /// Some blocks back, and more or fewer than as many forward.
    fn reorganisation(&mut self, fewest_applied: u64) -> Commit {
        let base = self.tip().unwrap();
        let reverted = self.rng.gen_range(1..=DEEPEST_REVERT);
        let mut delta = Delta::default();
        for _ in 0..reverted {
            let (_, undo) = self.blocks.pop().unwrap();
            self.state.commit(undo.as_delta());
            delta.append(undo.into_delta());
        }
        let mut applied = Vec::new();
        for _ in 0..self.rng.gen_range(fewest_applied..=reverted + 1) {
            let (block, undo) = self.extend();
            delta.append(block);
            applied.push(undo);
        }
        Commit::reorganisation(base, reverted, applied, self.tip().unwrap(), delta).with_auxiliary(self.auxiliary())
    }

    /// Puts a block on the model's chain.
    fn extend(&mut self) -> (Delta, Undo) {
        let height = Height::new(self.blocks.len() as u64);
        let tip = Tip {
            height,
            id: self.hash(u64::MAX),
        };
        let mut overlay = Overlay::new(&self.state);
        overlay.put_encoded::<Totals>(&(), tip.encode());
        overlay.put_encoded::<Blocks>(&height, bytes(&mut self.rng, 150));
        overlay.put::<BlockHeights>(&tip.id, &height);
        overlay.put::<BlockBlobs>(&height, &bytes(&mut self.rng, 300));
        for _ in 0..self.rng.gen_range(0..6) {
            change(&mut overlay, &mut self.rng);
        }
        let (delta, undo) = overlay.finish().unwrap();
        self.state.commit(&delta);
        self.blocks.push((tip, undo.clone()));
        (delta, undo)
    }

    fn auxiliary(&mut self) -> AuxiliaryBatch {
        let mut batch = AuxiliaryBatch::new();
        for _ in 0..self.rng.gen_range(1..4) {
            let key = self.hash(KEYS);
            match self.rng.gen_range(0..4) {
                0 => batch.delete::<MempoolEntries>(&key),
                1 => batch.delete::<AlternativeBlocks>(&key),
                2 => batch.put::<MempoolEntries>(&key, &bytes(&mut self.rng, 200)),
                _ => {
                    let height = Height::new(self.rng.gen_range(0..KEYS));
                    let block = AlternativeBlock {
                        height,
                        bytes: bytes(&mut self.rng, 200),
                    };
                    batch.put::<AlternativeBlocks>(&key, &block);
                }
            }
        }
        batch
    }

    fn hash(&mut self, of: u64) -> Hash {
        keccak256(&self.rng.gen_range(0..of).to_le_bytes())
    }
}

/// Writes or removes a row of some table.
fn change(overlay: &mut Overlay<&MemoryState>, rng: &mut ChaCha8Rng) {
    let number = rng.gen_range(0..KEYS);
    let hash = keccak256(&number.to_le_bytes());
    let (output, image) = (GlobalOutputIndex::new(number), KeyImage::new(hash.to_bytes()));
    match rng.gen_range(0..8) {
        0 => overlay.delete::<TransactionProofs>(&hash),
        1 => overlay.delete::<PrunedTransactions>(&hash),
        2 => overlay.delete::<Outputs>(&output),
        3 => overlay.delete::<SpentKeyImages>(&image),
        4 => overlay.put::<TransactionProofs>(&hash, &bytes(rng, 2000)),
        5 => overlay.put::<PrunedTransactions>(&hash, &bytes(rng, 500)),
        6 => overlay.put_encoded::<Outputs>(&output, bytes(rng, 90)),
        _ => overlay.put::<SpentKeyImages>(&image, &Height::new(number)),
    }
}

fn bytes(rng: &mut ChaCha8Rng, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; rng.gen_range(0..=most)];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// One hash over everything a store shows: state, tip, undo rows, rows beside the state.
pub fn picture(store: &ChainStore) -> Result<Hash, StoreError> {
    let snapshot = store.snapshot();
    let tip = snapshot.tip()?;
    assert_eq!(tip, store.tip(), "the handle and the snapshot know the same tip");
    let mut seen = tip.encode();
    seen.extend_from_slice(state_digest(&snapshot).unwrap().as_bytes());
    seen.extend(snapshot.oldest_undo()?.encode());
    for height in 0..tip.map_or(0, |tip| tip.height.index() + 20) {
        seen.extend(snapshot.undo(Height::new(height))?.encode());
    }
    seen.extend(snapshot.scan_auxiliary::<AlternativeBlocks>(None, usize::MAX)?.encode());
    seen.extend(snapshot.scan_auxiliary::<MempoolEntries>(None, usize::MAX)?.encode());
    Ok(keccak256(&seen))
}

/// A story told to its end: its steps, and what a store must show before each and after the last.
pub struct Told {
    pub steps: Vec<Step>,
    pub pictures: Vec<Hash>,
}

/// Tells a story of `count` steps to a store in memory, which must agree with the model after each.
pub fn tell(seed: u64, count: usize) -> Told {
    let store = ChainStore::open_on(
        oxen_store::MemoryBackend::new(),
        &identity(),
        &settings(),
        &oxen_store::MigrationPlan::current(),
        &mut |_| (),
    )
    .unwrap();
    let mut story = Story::new(seed);
    let mut told = Told {
        steps: Vec::new(),
        pictures: vec![picture(&store).unwrap()],
    };
    for _ in 0..count {
        let step = story.next_step();
        step.write_to(&store).unwrap();
        assert_agrees(&store, &story);
        told.pictures.push(picture(&store).unwrap());
        told.steps.push(step);
    }
    told
}

/// The store shows the model's state, tip and undo rows.
pub fn assert_agrees(store: &ChainStore, story: &Story) {
    assert_eq!(store.tip(), story.tip());
    assert_eq!(store.state_digest().unwrap(), state_digest(&story.state).unwrap());
    let snapshot = store.snapshot();
    for (tip, undo) in &story.blocks[story.oldest_undo..] {
        assert_eq!(
            snapshot.undo(tip.height).unwrap().as_ref(),
            Some(undo),
            "undo row at {}",
            tip.height
        );
    }
    let oldest = story.blocks.get(story.oldest_undo).map(|(tip, _)| tip.height);
    assert_eq!(snapshot.oldest_undo().unwrap(), oldest, "no undo row too many below");
    assert_eq!(
        snapshot.undo(Height::new(story.blocks.len() as u64)).unwrap(),
        None,
        "no undo row above the tip"
    );
}
