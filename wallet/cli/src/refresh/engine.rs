//! The loop: fetch, scan, apply, save.

use super::{
    birthday::{SafetyMargin, height_at},
    fetch::BlockFetcher,
    progress::Progress,
    scanning::scan_in_parallel,
    stakes::{StakeNews, update_stakes},
};
use crate::{
    command::CommandError,
    daemon::{Daemon, DaemonError},
    file::FileError,
    session::{Session, ShowProgress},
};
use oxen_crypto::KeyError;
use oxen_types::{Hash, Height, scan::ScanAnswer};
use oxen_wallet_core::{
    BlockHits,
    keys::Birthday,
    scan::find_in_pool,
    wallet::{ApplyError, DetachError, WalletEvent},
};
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::task::JoinHandle;

/// Most events that a report keeps; a first scan may find a hundred thousand.
const MAX_EVENTS: usize = 1_000;

/// Why a wallet is not up to date. What was scanned until then is kept.
#[derive(Debug, Error)]
pub enum RefreshError {
    /// The daemon failed.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// The daemon replaces blocks it must not replace, or sends gaps.
    #[error(transparent)]
    Detach(#[from] DetachError),
    /// A block cannot be applied.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The wallet's own keys are no points.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Nothing can be saved.
    #[error(transparent)]
    File(#[from] FileError),
    /// A thread failed.
    #[error("scanning failed inside the program: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

/// What a refresh did.
#[derive(Debug, Clone, Default)]
pub struct RefreshReport {
    /// Where it began.
    pub from: Height,
    /// The next block to scan.
    pub to: Height,
    /// Number of blocks the daemon has.
    pub daemon_height: Height,
    /// Blocks that were scanned.
    pub blocks: u64,
    /// Transactions in them.
    pub transactions: u64,
    /// Blocks that were taken back.
    pub taken_back: u64,
    /// The first events with their heights.
    pub events: Vec<(Height, WalletEvent)>,
    /// Events that are left out.
    pub further_events: usize,
    /// Transactions of ours that are nowhere any more.
    pub dropped: Vec<Hash>,
    /// Transactions that wait for a block and are ours.
    pub waiting: usize,
    /// What the daemon said of stakes.
    pub stakes: StakeNews,
    /// How long it took.
    pub elapsed: Duration,
}

impl RefreshReport {
    fn note_events(&mut self, height: Height, events: Vec<WalletEvent>) {
        let room = MAX_EVENTS.saturating_sub(self.events.len());
        self.further_events += events.len().saturating_sub(room);
        self.events
            .extend(events.into_iter().take(room).map(|event| (height, event)));
    }
}

/// An answer whose blocks are being scanned.
type Scanning = JoinHandle<(ScanAnswer, Vec<BlockHits>)>;

/// Scans everything up to the top of the daemon's chain, then its pool. It can be dropped at any time: what was applied stays.
///
/// # Errors
/// [`CommandError`]: no usable daemon, or [`RefreshError`].
pub async fn refresh(session: &mut Session, show: ShowProgress) -> Result<RefreshReport, CommandError> {
    let status = session.daemon.check(&session.network).await?;
    let daemon = session.daemon().await?;
    resolve_birthday(session, &daemon, status.chain_height).await?;
    let started = Instant::now();
    let next = session.wallet.chain().next();
    let mut report = RefreshReport {
        from: next,
        daemon_height: status.chain_height,
        ..RefreshReport::default()
    };
    let mut progress = Progress::new(show, next, status.chain_height);
    let result = scan_blocks(session, &daemon, &mut report, &mut progress).await;
    report.to = session.wallet.chain().next();
    session.daemon.note_height(report.daemon_height);
    if result.is_err() {
        session.lock_stakes();
    }
    result?;
    drop(progress);
    report.stakes = update_stakes(session, &daemon).await;
    look_at_pool(session, &daemon, &mut report).await?;
    session.save()?;
    report.elapsed = started.elapsed();
    tracing::info!(blocks = report.blocks, transactions = report.transactions, "refreshed");
    Ok(report)
}

async fn scan_blocks(
    session: &mut Session,
    daemon: &Daemon,
    report: &mut RefreshReport,
    progress: &mut Progress,
) -> Result<(), RefreshError> {
    let request = session.wallet.scan_request(oxen_types::scan::MAX_BLOCKS);
    let mut fetcher = BlockFetcher::start(daemon.clone(), request);
    let mut scanning: Option<Scanning> = None;
    let mut end = Ok(());
    loop {
        let fetched = fetcher.next().await;
        // The next blocks are scanned while those before them are applied.
        let following = match fetched {
            Some(Ok(answer)) => Some(start_scan(session, answer)?),
            Some(Err(error)) => {
                end = Err(error);
                None
            }
            None => None,
        };
        if let Some(done) = scanning.take() {
            let (answer, hits) = done.await?;
            apply(session, report, answer, hits)?;
            progress.advance(session.wallet.chain().next(), report.daemon_height);
            session.save_if_due()?;
        }
        if following.is_none() {
            return Ok(end?);
        }
        scanning = following;
    }
}

fn start_scan(session: &mut Session, answer: ScanAnswer) -> Result<Scanning, RefreshError> {
    let context = session.wallet.view_context()?;
    Ok(tokio::task::spawn_blocking(move || {
        let hits = scan_in_parallel(&context, &answer.blocks);
        (answer, hits)
    }))
}

fn apply(
    session: &mut Session,
    report: &mut RefreshReport,
    answer: ScanAnswer,
    hits: Vec<BlockHits>,
) -> Result<(), RefreshError> {
    report.daemon_height = answer.chain_height;
    if let Some(detached) = session.wallet.align(&answer)? {
        tracing::info!(height = %detached.height, blocks = detached.blocks, "the daemon replaced blocks");
        report.taken_back += detached.blocks;
    }
    for (block, hits) in answer.blocks.iter().zip(hits) {
        let applied = session.wallet.apply_block(block, hits)?;
        report.blocks += 1;
        report.transactions += block.transactions.len() as u64;
        report.note_events(applied.height, applied.events);
    }
    Ok(())
}

async fn look_at_pool(session: &mut Session, daemon: &Daemon, report: &mut RefreshReport) -> Result<(), RefreshError> {
    let pool = daemon.pool().await?;
    let context = session.wallet.view_context()?;
    let (pool, findings) = tokio::task::spawn_blocking(move || {
        let findings = find_in_pool(&context, &pool);
        (pool, findings)
    })
    .await?;
    report.dropped = session.wallet.apply_pool(&pool, findings);
    report.waiting = session.wallet.pool().len();
    Ok(())
}

/// A wallet that was made without a daemon knows when, and not yet at which height: finds out, before anything is scanned.
async fn resolve_birthday(session: &mut Session, daemon: &Daemon, top: Height) -> Result<(), RefreshError> {
    let birthday = session.section.birthday;
    let unresolved = birthday.height == Height::GENESIS && session.wallet.chain().next() == Height::GENESIS;
    let Some(created) = birthday.created.filter(|_| unresolved) else {
        return Ok(());
    };
    let height = height_at(daemon, SafetyMargin::NEW_WALLET.before(created), top).await?;
    if height > Height::GENESIS {
        session.section.birthday = Birthday {
            height,
            created: Some(created),
        };
        session.file.save_keys(&session.section)?;
        session.wallet.rescan(height);
    }
    Ok(())
}
