//! Whom the sync follows, and for how long, in virtual time: chain and sync are the node's, the peers are functions.

use super::fixture::TestNode;
use crate::{
    address::tcp,
    peers::{
        Peers,
        book::AddressBook,
        places::{Purpose, Visits},
        standing::Standings,
    },
    shared::{Command, Shared},
    sync::{driver, serve},
    wire::{
        bounded::{Bounded, Bytes},
        message::{BlockIds, Hello, PROTOCOL_VERSION, Request, Response, Status},
    },
};
use libp2p::PeerId;
use oxen_node_api::{Direction, PeerLimits, SyncState};
use oxen_testkit::TestChain;
use oxen_types::{Block, ConsensusDecode, Hash, Height};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::JoinHandle};

/// How a peer that is followed behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guide {
    /// As a node does.
    Honest,
    /// Invents ids and never has time to give their blocks.
    Busy,
    /// Invents ids and has no blocks.
    Inventing,
    /// Names blocks that do not follow ours.
    Skipping,
    /// Names the same known blocks after the next one, again and again.
    Repeating,
    /// Invents the height of the block that both have.
    Misplacing,
}

/// A node that syncs, and the task that plays its peers.
struct World {
    node: TestNode,
    shared: Arc<Shared>,
    guides: BTreeMap<PeerId, Guide>,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for World {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn no_peers() -> Peers {
    let limits = PeerLimits {
        outbound: 8,
        inbound: 8,
    };
    Peers::new(AddressBook::default(), Standings::default(), limits, Visits::Refused)
}

/// What its network makes of a node's chain and pool, without a network.
fn shared_of(node: &TestNode) -> (Arc<Shared>, mpsc::Receiver<Command>) {
    let (sender, commands) = mpsc::channel(64);
    let shared = Shared::new(node.services(), no_peers(), (PeerId::random(), None), sender);
    (Arc::new(shared), commands)
}

impl World {
    fn start(source: &TestChain, kinds: &[Guide]) -> Self {
        let server = TestNode::new(source);
        server.catch_up(source);
        let node = TestNode::new(source);
        let (shared, mut commands) = shared_of(&node);
        let guides: BTreeMap<PeerId, Guide> = kinds.iter().map(|kind| (PeerId::random(), *kind)).collect();
        for (peer, guide) in &guides {
            let status = match guide {
                Guide::Honest => Status {
                    height: source.tip().0,
                    tip: source.tip().1.id,
                },
                _ => Status {
                    height: Height::new(1_000_000_000),
                    tip: Hash::new([0xee; 32]),
                },
            };
            greet(&shared, *peer, status);
        }
        let (known, source) = (guides.clone(), source.clone());
        let answering = tokio::spawn(async move {
            let (serving, _commands) = shared_of(&server);
            while let Some(command) = commands.recv().await {
                if let Command::Ask { peer, request, answer } = command {
                    let response = respond(known[&peer], &serving, &source, &request);
                    tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        let _ = answer.send(Ok(response));
                    });
                }
            }
        });
        let following = tokio::spawn(driver::run(Arc::clone(&shared)));
        Self {
            node,
            shared,
            guides,
            tasks: [answering, following],
        }
    }

    fn sync_state(&self) -> SyncState {
        self.shared
            .sync()
            .state(self.node.height(), tokio::time::Instant::now())
    }

    fn is_banned(&self, guide: Guide) -> bool {
        let (peer, _) = self.guides.iter().find(|(_, kind)| **kind == guide).unwrap();
        self.shared
            .peers()
            .standings
            .is_banned(Some(peer), None, self.shared.now())
    }

    /// Seconds until the guide is banned, with the node's state looked at every second.
    async fn seconds_to_ban(&self, guide: Guide, mut look: impl FnMut(SyncState)) -> Option<u64> {
        for second in 0..1_800 {
            if self.is_banned(guide) {
                return Some(second);
            }
            look(self.sync_state());
            tokio::time::sleep(Duration::from_secs(1)).await;
            self.node.clock.advance(1);
        }
        None
    }
}

fn greet(shared: &Shared, peer: PeerId, status: Status) {
    let mut peers = shared.peers();
    let way = (Direction::Inbound, Purpose::Chain);
    let now = shared.now();
    peers.connected(peer, tcp([127, 0, 0, 1].into(), 1), way, now, Instant::now());
    let hello = Hello {
        version: PROTOCOL_VERSION,
        chain: shared.identity,
        software: Bytes::new(Vec::new()).unwrap(),
        tcp_port: None,
        quic_port: None,
        status,
        service_node: None,
    };
    peers.greeted(&peer, &hello, now);
}

fn respond(guide: Guide, serving: &Arc<Shared>, source: &TestChain, request: &Request) -> Response {
    let invented = || (1..=200_u8).map(|byte| Hash::new([byte; 32])).collect::<Vec<_>>();
    let ids: Vec<Hash> = source
        .blocks()
        .iter()
        .map(|mined| Block::decode(&mined.submission().block).unwrap().id())
        .collect();
    match (guide, request) {
        (_, Request::PoolIds) => Response::Busy,
        (Guide::Honest, _) => serve::answer(serving, request).unwrap(),
        (_, Request::Ids(locator)) => {
            let follow = match guide {
                Guide::Skipping => ids.into_iter().skip(3).collect(),
                Guide::Repeating => ids.into_iter().take(1).cycle().take(1_000).collect(),
                _ => invented(),
            };
            Response::Ids(BlockIds {
                first: match guide {
                    Guide::Misplacing => Height::new(1_000_000),
                    _ => Height::GENESIS,
                },
                ids: Bounded::of([locator[0]].into_iter().chain(follow)),
            })
        }
        (Guide::Busy, Request::Blocks(_)) => Response::Busy,
        (Guide::Skipping | Guide::Repeating, Request::Blocks(_)) => serve::answer(serving, request).unwrap(),
        (_, Request::Blocks(_)) => Response::Blocks(Bounded::default()),
        _ => Response::Busy,
    }
}

fn chain() -> TestChain {
    let mut source = TestChain::start();
    source.mine_empty(60);
    source
}

#[tokio::test(start_paused = true)]
async fn an_honest_peer_is_followed_although_others_claim_more_and_are_followed_first() {
    let source = chain();
    for liar in [
        Guide::Busy,
        Guide::Inventing,
        Guide::Skipping,
        Guide::Repeating,
        Guide::Misplacing,
    ] {
        let world = World::start(&source, &[liar, Guide::Honest]);
        let tip = source.tip();
        world
            .node
            .until("the honest chain", |node| {
                if let SyncState::CatchingUp { target } = world.sync_state() {
                    assert!(target <= tip.0, "nobody proved block {target}");
                }
                node.tip() == tip.1.id
            })
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_names_blocks_that_never_come_is_banned_and_nobody_takes_the_node_for_behind_meanwhile() {
    let source = chain();
    for liar in [Guide::Busy, Guide::Inventing, Guide::Skipping, Guide::Misplacing] {
        let world = World::start(&source, &[liar]);
        let seconds = world
            .seconds_to_ban(liar, |state| assert_eq!(state, SyncState::Synchronised, "{liar:?}"))
            .await;
        assert!(seconds.is_some_and(|seconds| seconds < 900), "{liar:?}: {seconds:?}");
    }
}
