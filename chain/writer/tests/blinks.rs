//! Blocks that conflict with an approved blink: they wait for a checkpoint (chain §5.4).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

use oxen_crypto::signature::schnorr;
use oxen_mempool::{Mempool, MempoolParts, NoStorage, PoolSettings, settings::FeePolicy};
use oxen_node_api::{
    AlternativeReason, ApprovedBlink, BlinkAdmission, BlinkPool, BlockOutcome, BlockSubmission, ChainReader,
    ChainWriter, CheckpointOutcome, Clock, EventHub, Pool, PoolKeeper, PulseBlocks, PulseTemplateRequest, Relay,
    SubmitBlockError, SubmitCheckpointError,
};
use oxen_staking_rules::blink::{ApprovalCertificate, BlinkSubject};
use oxen_state::{
    NoWorkHash, StakingRules, block::checkpoints::CheckpointError, queries, service_nodes::state_quorums,
};
use oxen_store::{ChainStore, Identity};
use oxen_testkit::{ManualClock, StakingChain, Transfer, TransferBuilder};
use oxen_types::{
    Checkpoint, Hash, Height,
    block::{PulseHeader, QuorumSignature},
    checkpoint::CheckpointKind,
};
use oxen_verifier::ProofVerifier;
use oxen_writer::{Chain, ChainParts};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::sync::Arc;

/// A writer with its pool that followed a chain of twenty service nodes, and two transfers of the same outputs.
#[derive(Clone)]
struct Scene {
    play: StakingChain,
    chain: Arc<Chain>,
    pool: Arc<Mempool>,
    blink: Transfer,
    rival: Transfer,
}

impl Scene {
    /// The next block is at a height that has a checkpoint, or `before` blocks below one.
    fn new(before: u64) -> Self {
        let mut play = StakingChain::start().with_nodes(20);
        play.mine(12);
        while !play.height().saturating_add(1 + before).index().is_multiple_of(4) {
            play.mine(1);
        }
        let blink = TransferBuilder::new().build(play.chain_mut());
        let rival = TransferBuilder::new()
            .spending(&blink.spent)
            .seed(99)
            .build(play.chain_mut());
        let (chain, pool) = following(&play);
        Self {
            play,
            chain,
            pool,
            blink,
            rival,
        }
    }

    fn approve(&self) -> BlinkAdmission {
        let blink = ApprovedBlink {
            certificate: ApprovalCertificate {
                subject: BlinkSubject {
                    transaction: self.blink.id(),
                    authorization: self.play.height().next(),
                },
                approvals: Vec::new(),
            },
            blob: Arc::new(self.blink.blob()),
        };
        self.pool.approve(&blink).unwrap()
    }

    /// The network makes a block, which the writer gets with or without its checkpoint.
    fn block(&mut self, transfers: &[&Transfer], checkpoint: Option<usize>) -> BlockOutcome {
        let transactions: Vec<_> = transfers.iter().map(|transfer| transfer.checked()).collect();
        let block = self.play.try_mine(&transactions).unwrap();
        let (submission, id) = (block.submission(), block.block.id());
        let checkpoint = checkpoint.map(|votes| self.checkpoint(id, votes));
        self.chain
            .submit_block(BlockSubmission {
                checkpoint,
                ..submission
            })
            .unwrap()
    }

    fn checkpoint(&self, block_id: Hash, votes: usize) -> Checkpoint {
        let height = self.play.height();
        let state = height.saturating_sub(11);
        let quorums = state_quorums(self.play.chain().state(), state).unwrap().unwrap();
        let mut rng = ChaCha20Rng::from_seed(block_id.to_bytes());
        Checkpoint {
            kind: CheckpointKind::ServiceNode,
            height,
            block_id,
            signatures: (0_u16..)
                .zip(&quorums.checkpointing.unwrap().validators)
                .take(votes)
                .map(|(voter_index, key)| QuorumSignature {
                    voter_index,
                    signature: schnorr::sign(&block_id, self.play.pair(key), &mut rng),
                })
                .collect(),
            previous_height: Height::GENESIS,
        }
    }

    fn height(&self) -> Height {
        queries::totals(&*self.chain.snapshot()).unwrap().tip
    }

    fn is_mined(&self, transfer: &Transfer) -> bool {
        queries::transaction_row(&*self.chain.snapshot(), &transfer.id())
            .unwrap()
            .is_some()
    }
}

fn following(play: &StakingChain) -> (Arc<Chain>, Arc<Mempool>) {
    let test = play.chain();
    let network = Arc::clone(test.network());
    let identity = Identity {
        network: network.network_id,
        genesis: network.genesis.block_id,
    };
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(test.now().saturating_add(10_000_000)));
    let verifier = Arc::new(ProofVerifier::default());
    let events = Arc::new(EventHub::new());
    let staking = Arc::new(StakingRules::new(Arc::clone(&network)));
    let chain = Chain::open(ChainParts {
        store: ChainStore::in_memory(&identity).unwrap(),
        service_nodes: Arc::clone(&staking) as _,
        network,
        verifier: Arc::clone(&verifier),
        work: Arc::new(NoWorkHash),
        clock: Arc::clone(&clock),
        events: Arc::clone(&events),
    })
    .unwrap();
    let chain = Arc::new(chain);
    let pool = Arc::new(Mempool::new(MempoolParts {
        chain: Arc::clone(&chain) as _,
        service_nodes: staking,
        verifier,
        clock,
        events,
        storage: Arc::new(NoStorage),
        settings: PoolSettings {
            fees: FeePolicy::Free,
            ..PoolSettings::default()
        },
    }));
    chain.set_pool(Arc::clone(&pool) as Arc<dyn PoolKeeper>);
    for block in test.blocks() {
        chain.submit_block(block.submission()).unwrap();
    }
    (chain, pool)
}

#[test]
fn a_conflicting_block_waits_beside_the_chain_until_a_checkpoint_names_a_block_above_it() {
    let mut scene = Scene::new(2);
    let before = scene.height();
    assert_eq!(scene.approve(), BlinkAdmission::Added);
    let rival = scene.rival.clone();
    assert!(matches!(scene.block(&[&rival], None), BlockOutcome::Alternative { .. }));
    assert!(matches!(scene.block(&[], None), BlockOutcome::Alternative { .. }));
    assert_eq!(scene.height(), before);
    assert_eq!(scene.pool.ids(), [scene.blink.id()], "the blink is protected");

    let outcome = scene.block(&[], Some(13));
    assert!(
        matches!(
            outcome,
            BlockOutcome::Reorganised {
                reverted: 0,
                applied: 3,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert!(scene.is_mined(&scene.rival) && !scene.pool.is_blink(&scene.blink.id()));
    assert!(scene.pool.is_empty());
}

/// Three blocks, the first with a conflict, that came without a checkpoint; `extra` more on top. The checkpoint that names the
/// third comes too late.
fn held_back(extra: usize) -> (Scene, Checkpoint) {
    let mut scene = Scene::new(2);
    scene.approve();
    let (before, rival) = (scene.height(), scene.rival.clone());
    assert!(matches!(scene.block(&[&rival], None), BlockOutcome::Alternative { .. }));
    scene.block(&[], None);
    let BlockOutcome::Alternative { id, .. } = scene.block(&[], None) else {
        panic!("the branch is held back")
    };
    let checkpoint = scene.checkpoint(id, 13);
    for _ in 0..extra {
        assert!(matches!(scene.block(&[], None), BlockOutcome::Alternative { .. }));
    }
    assert_eq!(scene.height(), before);
    (scene, checkpoint)
}

#[test]
fn votes_that_come_after_the_blocks_free_a_branch_that_is_held_back() {
    for extra in [0, 2] {
        let (scene, checkpoint) = held_back(extra);
        let few = Checkpoint {
            signatures: checkpoint.signatures[1..].to_vec(),
            ..checkpoint.clone()
        };
        assert!(matches!(
            scene.chain.add_checkpoint(few),
            Err(SubmitCheckpointError::Invalid(CheckpointError::VoteCount { found: 12 }))
        ));
        assert!(!scene.is_mined(&scene.rival));
        let outcome = scene.chain.add_checkpoint(checkpoint).unwrap();
        assert_eq!(outcome, CheckpointOutcome::Added);
        assert_eq!(scene.height(), scene.play.height());
        assert!(scene.is_mined(&scene.rival) && !scene.pool.is_blink(&scene.blink.id()));
    }
}

#[test]
fn a_block_that_comes_again_with_its_checkpoint_frees_a_branch_that_is_held_back() {
    let (scene, checkpoint) = held_back(0);
    let submission = scene.play.chain().blocks().last().unwrap().submission();
    let again = scene.chain.submit_block(submission.clone()).unwrap();
    assert!(matches!(again, BlockOutcome::AlreadyKnown { .. }), "{again:?}");
    let outcome = scene
        .chain
        .submit_block(BlockSubmission {
            checkpoint: Some(checkpoint),
            ..submission
        })
        .unwrap();
    assert!(
        matches!(outcome, BlockOutcome::Reorganised { applied: 3, .. }),
        "{outcome:?}"
    );
    assert!(scene.is_mined(&scene.rival));
}

#[test]
fn a_conflicting_block_with_its_checkpoint_is_taken_at_once() {
    let mut scene = Scene::new(0);
    scene.approve();
    let rival = scene.rival.clone();
    let outcome = scene.block(&[&rival], Some(13));
    assert!(matches!(outcome, BlockOutcome::Extended { .. }), "{outcome:?}");
    assert!(scene.is_mined(&scene.rival) && !scene.pool.is_blink(&scene.blink.id()));
}

#[test]
fn a_block_that_holds_the_blink_itself_is_ordinary() {
    let mut scene = Scene::new(2);
    scene.approve();
    let blink = scene.blink.clone();
    assert!(matches!(scene.block(&[&blink], None), BlockOutcome::Extended { .. }));
    assert!(scene.is_mined(&scene.blink) && scene.pool.is_blink(&scene.blink.id()));
}

#[test]
fn a_mined_blink_is_not_replaced_by_a_longer_branch() {
    let mut scene = Scene::new(2);
    scene.approve();
    let mut other = scene.clone();
    let (blink, rival) = (scene.blink.clone(), scene.rival.clone());
    scene.block(&[&blink], None);
    other.play.chain_mut().diverge();
    assert!(matches!(other.block(&[&rival], None), BlockOutcome::Alternative { .. }));
    let longer = other.block(&[], None);
    assert!(matches!(longer, BlockOutcome::Alternative { .. }), "{longer:?}");
    assert!(scene.is_mined(&scene.blink));
}

#[test]
fn a_blink_that_was_overtaken_stands_once_the_block_is_taken_back() {
    let mut scene = Scene::new(2);
    let rival = scene.rival.clone();
    let height = scene.play.height().next();
    scene.block(&[&rival], None);
    assert_eq!(scene.approve(), BlinkAdmission::Overtaken { lowest: height });
    scene.chain.pop_blocks(1).unwrap();
    assert_eq!(scene.pool.ids(), [scene.blink.id()]);
    assert_eq!(scene.height().next(), height);
}

#[test]
fn a_template_that_conflicts_with_a_blink_is_not_signed() {
    let scene = Scene::new(2);
    let (maker, pool) = following(&scene.play);
    pool.submit(&scene.rival.blob(), Relay::Relay).unwrap();
    let mut template = maker
        .pulse_template(&PulseTemplateRequest {
            parent: queries::tip(&*scene.chain.snapshot()).unwrap().1.id,
            window: None,
            producer: scene.play.registry().next_leader().unwrap(),
        })
        .unwrap();
    assert_eq!(template.transaction_ids, [scene.rival.id()]);
    // What the producer adds.
    template.header.pulse = Some(PulseHeader {
        random_value: [0; 16],
        round: 0,
        validator_bitset: (1 << 11) - 1,
    });
    let check = || scene.chain.check_pulse_template(&template, &[scene.rival.blob()]);
    check().unwrap();
    scene.approve();
    let refused = check().unwrap_err();
    assert!(
        matches!(
            refused,
            SubmitBlockError::Refused {
                reason: AlternativeReason::ConflictsWithBlink,
                ..
            }
        ),
        "{refused}"
    );
}
