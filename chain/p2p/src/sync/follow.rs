//! Following one guide: its ids, the blocks from everybody who has them, applied in order.

use crate::{
    gossip::judge::{blocking, readable},
    limits::{REQUESTS_OF_SYNC, RESPONSE_SOFT_BYTES, SYNC_IDS_AHEAD},
    penalty::{Offence, Penalty, block_penalty},
    shared::{RequestError, Shared},
    sync::{
        apply::{Applied, apply},
        driver::Aside,
        plan::Plan,
        progress::Progress,
        serve,
    },
    wire::{
        bounded::Bounded,
        message::{BlockBody, Request, Response, Status},
    },
};
use futures::{
    future::BoxFuture,
    stream::{FuturesUnordered, StreamExt},
};
use libp2p::PeerId;
use oxen_node_api::{AlternativeReason, SubmitBlockError};
use oxen_state::queries;
use oxen_types::{Block, Checkpoint, ConsensusDecode, Hash, Height};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// How long a peer without time is left alone.
const BREATHER: Duration = Duration::from_millis(500);
/// How long a peer that failed is not followed.
const SHORT_REST: Duration = Duration::from_secs(10);
/// The same for one whose chain was refused.
const LONG_REST: Duration = Duration::from_secs(120);
/// Time without a new block after which following ends: two requests may go unanswered.
const PATIENCE: Duration = Duration::from_secs(45);
/// Times that a guide may say, without a new block between, that it has no time: six seconds at least.
const BUSY_ANSWERS: u32 = 24;

/// Why following ended early.
#[derive(Debug)]
pub(crate) struct Setback {
    /// Whose fault or misfortune it is.
    pub(crate) peer: PeerId,
    /// How long to leave it alone.
    pub(crate) rest: Duration,
    /// Why, for the log.
    pub(crate) reason: String,
}

impl Setback {
    fn new(peer: PeerId, rest: Duration, reason: impl ToString) -> Self {
        Self {
            peer,
            rest,
            reason: reason.to_string(),
        }
    }
}

/// Something that was waited for.
enum Arrival {
    /// Ids of the guide.
    Ids(Result<Vec<Hash>, Setback>),
    /// Blocks of a peer.
    Blocks {
        peer: PeerId,
        first: Height,
        answer: BlocksAnswer,
    },
    /// A peer that had no time may be asked again.
    Breathed(PeerId),
    /// Blocks were applied, or one was refused.
    Applied(Applied),
}

/// What a peer answers to a request for blocks.
enum BlocksAnswer {
    /// These, and their ids are those asked for.
    Blocks(Vec<BlockBody>),
    /// It has no time.
    Busy,
    /// Nothing, for whatever reason.
    Nothing,
}

/// One guide and what is fetched after its ids.
pub(crate) struct Follow<'a> {
    shared: &'a Arc<Shared>,
    aside: &'a Aside,
    guide: PeerId,
    /// The height that the guide claims: nothing but a number for the log.
    claimed: Height,
    plan: Plan,
    waiting: FuturesUnordered<BoxFuture<'a, Arrival>>,
    in_flight: BTreeMap<PeerId, usize>,
    ids: IdsStage,
    applying: bool,
    applied: u64,
    /// When the last new block was verified, or following began.
    verified: Instant,
    /// Times since then that the guide had no time.
    busy: u32,
    progress: Progress,
}

/// Are there more ids?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IdsStage {
    /// Perhaps.
    More,
    /// They were asked for.
    Asked,
    /// No.
    All,
}

impl<'a> Follow<'a> {
    pub(crate) fn new(shared: &'a Arc<Shared>, guide: PeerId, status: Status, aside: &'a Aside) -> Self {
        Self {
            shared,
            aside,
            guide,
            claimed: status.height,
            plan: Plan::starting_at(Height::GENESIS),
            waiting: FuturesUnordered::new(),
            in_flight: BTreeMap::new(),
            ids: IdsStage::More,
            applying: false,
            applied: 0,
            verified: Instant::now(),
            busy: 0,
            progress: Progress::new(Height::GENESIS, Instant::now()),
        }
    }

    /// Follows to the guide's tip. Returns how many blocks were applied.
    pub(crate) async fn run(mut self) -> Result<u64, Setback> {
        if !self.start().await? {
            return Ok(0);
        }
        loop {
            if self.deadline().is_some_and(|deadline| deadline <= Instant::now()) {
                return Err(self.overdue());
            }
            self.ask_for_ids();
            self.ask_for_blocks();
            self.apply();
            self.show();
            let Some(arrival) = self.next_arrival().await? else {
                return if self.plan.is_empty() {
                    Ok(self.applied)
                } else {
                    Err(Setback::new(self.guide, SHORT_REST, "nobody has the blocks it names"))
                };
            };
            self.take(arrival)?;
        }
    }

    /// When a new block must have come; while one is verified, the others are not late.
    fn deadline(&self) -> Option<Instant> {
        (!self.applying).then_some(self.verified + PATIENCE)
    }

    async fn next_arrival(&mut self) -> Result<Option<Arrival>, Setback> {
        let Some(deadline) = self.deadline() else {
            return Ok(self.waiting.next().await);
        };
        match timeout_at(deadline, self.waiting.next()).await {
            Ok(arrival) => Ok(arrival),
            Err(_) => Err(self.overdue()),
        }
    }

    /// Who is to blame when no new block came in time.
    fn overdue(&self) -> Setback {
        match self.plan.holder_of_next() {
            // It pays for each answer that does not come.
            Some(holder) if holder != self.guide => Setback::new(holder, LONG_REST, "it keeps others waiting"),
            _ => self.withheld("no new block came in time"),
        }
    }

    /// The guide names blocks that do not come.
    fn withheld(&self, reason: &str) -> Setback {
        self.shared.charge(self.guide, Offence::BlocksWithheld);
        Setback::new(self.guide, LONG_REST, reason)
    }

    /// Finds the common block and the first ids above it; false when there is nothing new after all.
    async fn start(&mut self) -> Result<bool, Setback> {
        let guide = self.guide;
        let unreadable = || Setback::new(guide, SHORT_REST, "the chain cannot be read");
        let locator = blocking(self.shared, |shared| {
            let snapshot = shared.services.chain.snapshot();
            readable(serve::locator(&*snapshot))
        })
        .await
        .ok_or_else(unreadable)?;
        let (claimed, ids) = ask_ids(self.shared, self.guide, locator).await?;
        let first = height_of_first(self.shared, &ids).await.ok_or_else(unreadable)?;
        if first != claimed {
            self.shared.charge(guide, Offence::WrongAnswer);
            return Err(Setback::new(guide, LONG_REST, "it names a wrong height"));
        }
        let found = ids.len() as u64;
        let ids = blocking(self.shared, move |shared| {
            let known = ids
                .iter()
                .take_while(|id| readable(shared.knows_block(id)) == Some(true))
                .count();
            Some(ids.into_iter().skip(known).collect::<Vec<_>>())
        })
        .await
        .ok_or_else(unreadable)?;
        let skipped = found.saturating_sub(ids.len() as u64);
        if ids.is_empty() {
            refresh_status(self.shared, self.guide).await;
            return Ok(false);
        }
        let first = first.saturating_add(skipped);
        self.plan = Plan::starting_at(first);
        self.plan.extend(&ids);
        self.progress = Progress::new(first, Instant::now());
        if self.plan.newest().since(first) > 1 {
            tracing::info!(peer = %self.guide, "synchronising from block {first}; the peer claims {}", self.claimed);
        }
        Ok(true)
    }

    fn ask_for_ids(&mut self) {
        if self.ids != IdsStage::More || self.plan.ids_ahead() > SYNC_IDS_AHEAD as u64 / 2 {
            return;
        }
        let Some(last) = self.plan.last() else { return };
        self.ids = IdsStage::Asked;
        let (shared, guide) = (Arc::clone(self.shared), self.guide);
        self.waiting.push(Box::pin(async move {
            let answer = ask_ids(&shared, guide, vec![last]).await;
            Arrival::Ids(answer.map(|(_, ids)| ids.into_iter().skip(1).collect()))
        }));
    }

    fn ask_for_blocks(&mut self) {
        let peers: Vec<(PeerId, Status)> = self
            .shared
            .peers()
            .greeted_peers()
            .filter(|(peer, _)| !self.aside.holds(peer))
            .collect();
        // Round by round, so that every peer has a request before one has two.
        for round in 0..REQUESTS_OF_SYNC {
            for (peer, status) in &peers {
                if self.in_flight.get(peer).copied().unwrap_or(0) > round {
                    continue;
                }
                let newest = if *peer == self.guide {
                    Height::new(u64::MAX)
                } else {
                    status.height
                };
                if let Some((first, ids)) = self.plan.assign(*peer, newest) {
                    self.ask_peer(*peer, first, ids);
                }
            }
        }
    }

    fn ask_peer(&mut self, peer: PeerId, first: Height, ids: Vec<Hash>) {
        *self.in_flight.entry(peer).or_default() += 1;
        let shared = Arc::clone(self.shared);
        self.waiting.push(Box::pin(async move {
            let answer = ask_blocks(&shared, peer, ids).await;
            Arrival::Blocks { peer, first, answer }
        }));
    }

    fn apply(&mut self) {
        if self.applying {
            return;
        }
        let Some(ready) = self.plan.take_ready() else { return };
        self.applying = true;
        let shared = Arc::clone(self.shared);
        self.waiting.push(Box::pin(async move {
            let (from, height) = (ready.from, ready.first);
            let applied = blocking(&shared, move |shared| Some(apply(shared, ready))).await;
            Arrival::Applied(applied.unwrap_or(Applied {
                from,
                height,
                blocks: 0,
                fresh: 0,
                refused: Some(SubmitBlockError::ShuttingDown),
            }))
        }));
    }

    /// Shows others where the sync stands. What peers claim is not shown: a block that nobody has costs a liar nothing.
    fn show(&mut self) {
        let mut view = self.shared.sync();
        view.target = Some(self.plan.newest());
        view.spans = self.plan.spans();
    }

    fn take(&mut self, arrival: Arrival) -> Result<(), Setback> {
        match arrival {
            Arrival::Ids(ids) => {
                let ids = ids?;
                self.ids = if ids.is_empty() { IdsStage::All } else { IdsStage::More };
                self.plan.extend(&ids);
            }
            Arrival::Blocks { peer, first, answer } => match answer {
                BlocksAnswer::Blocks(bodies) => {
                    self.answered(peer);
                    self.plan.arrived(first, peer, bodies);
                }
                BlocksAnswer::Busy => {
                    self.plan.put_back(first);
                    if peer == self.guide {
                        self.busy = self.busy.saturating_add(1);
                        if self.busy >= BUSY_ANSWERS {
                            return Err(self.withheld("it never has time"));
                        }
                    }
                    self.waiting.push(Box::pin(async move {
                        tokio::time::sleep(BREATHER).await;
                        Arrival::Breathed(peer)
                    }));
                }
                BlocksAnswer::Nothing => {
                    self.answered(peer);
                    self.plan.failed(first, peer);
                    let connected = self.shared.peers().get(&peer).is_some();
                    if peer == self.guide && connected {
                        self.shared.charge(peer, Offence::BlocksWithheld);
                    }
                }
            },
            Arrival::Breathed(peer) => self.answered(peer),
            Arrival::Applied(applied) => return self.applied(applied),
        }
        Ok(())
    }

    fn answered(&mut self, peer: PeerId) {
        if let Some(count) = self.in_flight.get_mut(&peer) {
            *count = count.saturating_sub(1);
        }
    }

    fn applied(&mut self, applied: Applied) -> Result<(), Setback> {
        self.applying = false;
        self.applied += applied.blocks;
        if applied.fresh > 0 {
            self.verified = Instant::now();
            self.busy = 0;
        }
        if let Some(error) = applied.refused {
            if is_gap(&error) {
                // Whoever gave the block was asked for it; that it comes next, the guide said.
                self.shared.charge(self.guide, Offence::BrokenChain);
                return Err(Setback::new(self.guide, LONG_REST, error));
            }
            let penalty = block_penalty(&error);
            self.shared.punish(applied.from, penalty, &error);
            let rest = match penalty {
                Penalty::None => SHORT_REST,
                Penalty::Points(_) | Penalty::Ban => LONG_REST,
            };
            return Err(Setback::new(applied.from, rest, error));
        }
        let target = self.claimed.max(self.plan.newest());
        if let Some(report) = self.progress.report(applied.height, target, Instant::now()) {
            tracing::info!("{report}, {} peers asked", self.in_flight.len());
        }
        Ok(())
    }
}

/// Ids of the guide from the first that the locator names on, that one included, and its height.
async fn ask_ids(shared: &Arc<Shared>, guide: PeerId, locator: Vec<Hash>) -> Result<(Height, Vec<Hash>), Setback> {
    let setback = |rest, reason: &str| Setback::new(guide, rest, reason);
    let request = Request::Ids(Bounded::of(locator.iter().copied()));
    match shared.ask(guide, request).await {
        Ok(Response::Ids(answer)) => match answer.ids.first() {
            Some(first) if locator.contains(first) => Ok((answer.first, answer.ids.into_vec())),
            // The guide reorganised meanwhile; with a whole locator the first block would have been common.
            None if locator.len() == 1 => Err(setback(BREATHER, "its chain changed")),
            Some(_) | None => {
                shared.charge(guide, Offence::WrongAnswer);
                Err(setback(LONG_REST, "its ids do not follow ours"))
            }
        },
        Ok(Response::Busy) => Err(setback(BREATHER, "it has no time")),
        Ok(_) => {
            shared.charge(guide, Offence::WrongAnswer);
            Err(setback(LONG_REST, "it answered something else"))
        }
        Err(error) => Err(setback(SHORT_REST, &error.to_string())),
    }
}

/// The height of the block that both have, from this node's own chain.
async fn height_of_first(shared: &Arc<Shared>, ids: &[Hash]) -> Option<Height> {
    let common = *ids.first()?;
    blocking(shared, move |shared| {
        readable(queries::block_height(&*shared.services.chain.snapshot(), &common))?
    })
    .await
}

/// Asks for blocks and looks whether they are the ones.
async fn ask_blocks(shared: &Arc<Shared>, peer: PeerId, ids: Vec<Hash>) -> BlocksAnswer {
    let request = Request::Blocks(Bounded::of(ids.iter().copied()));
    let bodies = match shared.ask(peer, request).await {
        Ok(Response::Blocks(bodies)) => bodies.into_vec(),
        Ok(Response::Busy) => return BlocksAnswer::Busy,
        Ok(_) => {
            shared.charge(peer, Offence::WrongAnswer);
            return BlocksAnswer::Nothing;
        }
        Err(RequestError::TimedOut | RequestError::Garbled | RequestError::Gone) => return BlocksAnswer::Nothing,
    };
    if bodies.is_empty() {
        return BlocksAnswer::Nothing;
    }
    let checked = blocking(shared, move |_| {
        // Only a block alone may be larger than that.
        let bytes: usize = bodies.iter().map(BlockBody::bytes).sum();
        let small = bodies.len() == 1 || bytes <= RESPONSE_SOFT_BYTES;
        let fits = small && bodies.len() <= ids.len() && bodies.iter().zip(&ids).all(|(body, id)| is_body_of(body, id));
        fits.then_some(bodies)
    })
    .await;
    match checked {
        Some(bodies) => BlocksAnswer::Blocks(bodies),
        None => {
            shared.charge(peer, Offence::WrongAnswer);
            BlocksAnswer::Nothing
        }
    }
}

/// Does the block not follow the one before it?
const fn is_gap(error: &SubmitBlockError) -> bool {
    matches!(
        error,
        SubmitBlockError::Refused {
            reason: AlternativeReason::UnknownParent,
            ..
        }
    )
}

/// Is this the block that was asked for, and is what comes with it what it says?
fn is_body_of(body: &BlockBody, id: &Hash) -> bool {
    let checkpoint_decodes = body
        .checkpoint
        .as_ref()
        .is_none_or(|bytes| Checkpoint::decode(bytes).is_ok());
    checkpoint_decodes && Block::decode(&body.block).is_ok_and(|block| block.id() == *id)
}

/// Asks a peer for its newest block, because what it said does not fit what it has.
async fn refresh_status(shared: &Arc<Shared>, peer: PeerId) {
    let own = blocking(shared, |shared| readable(shared.status())).await;
    if let Some(own) = own
        && let Ok(Response::Status(status)) = shared.ask(peer, Request::Status(own)).await
    {
        shared.peers().set_status(&peer, status);
    }
}
