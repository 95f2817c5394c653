//! Fetching blocks ahead of the scan.

use crate::daemon::{Daemon, DaemonError};
use oxen_types::scan::{KnownBlockId, MAX_BLOCKS, ScanAnswer, ScanRequest};
use std::time::Duration;
use tokio::{sync::mpsc, task::JoinHandle};

/// Answers that wait to be scanned.
const WAITING: usize = 1;
/// Ids of the last blocks that are sent along, so that a reorganisation between two requests is noticed.
const RECENT_IDS: usize = 20;
/// How often a request is repeated after a passing fault.
const ATTEMPTS: u32 = 5;
/// The first pause before that; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Answers in order; dropping it stops fetching.
#[derive(Debug)]
pub struct BlockFetcher {
    answers: mpsc::Receiver<Result<ScanAnswer, DaemonError>>,
    task: JoinHandle<()>,
}

impl BlockFetcher {
    /// Starts to fetch from where `request` says up to the top.
    #[must_use]
    pub fn start(daemon: Daemon, request: ScanRequest) -> Self {
        let (sender, answers) = mpsc::channel(WAITING);
        let task = tokio::spawn(fetch_to_top(daemon, request, sender));
        Self { answers, task }
    }

    /// The next answer; the last one, and only that one, has no blocks. Nothing after the last one or after an error.
    pub async fn next(&mut self) -> Option<Result<ScanAnswer, DaemonError>> {
        self.answers.recv().await
    }
}

impl Drop for BlockFetcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn fetch_to_top(
    daemon: Daemon,
    mut request: ScanRequest,
    answers: mpsc::Sender<Result<ScanAnswer, DaemonError>>,
) {
    request.limit = MAX_BLOCKS;
    loop {
        let answer = fetch_patiently(&daemon, &request).await;
        let next = answer.as_ref().ok().and_then(|answer| following(&request, answer));
        let ended = next.is_none();
        if answers.send(answer).await.is_err() || ended {
            return;
        }
        if let Some(next) = next {
            request = next;
        }
    }
}

/// What to ask after an answer; nothing after the last one.
fn following(request: &ScanRequest, answer: &ScanAnswer) -> Option<ScanRequest> {
    let last = answer.blocks.last()?;
    let recent = answer.blocks.iter().rev().take(RECENT_IDS);
    let mut known: Vec<KnownBlockId> = recent
        .map(|block| KnownBlockId {
            height: block.height,
            id: block.id,
        })
        .collect();
    let lowest = known.last().map_or(last.height, |known| known.height);
    known.extend(request.known.iter().filter(|known| known.height < lowest));
    known.truncate(oxen_types::scan::MAX_KNOWN_BLOCKS);
    Some(ScanRequest {
        known,
        start: last.height.next(),
        limit: request.limit,
    })
}

async fn fetch_patiently(daemon: &Daemon, request: &ScanRequest) -> Result<ScanAnswer, DaemonError> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..ATTEMPTS {
        match fetch(daemon, request).await {
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, "blocks could not be fetched; trying again");
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            result => return result,
        }
    }
    fetch(daemon, request).await
}

async fn fetch(daemon: &Daemon, request: &ScanRequest) -> Result<ScanAnswer, DaemonError> {
    let bytes = daemon.block_bytes(request).await?;
    // Decoding takes milliseconds: not on a thread that serves sockets.
    tokio::task::spawn_blocking(move || Daemon::decode_blocks(&bytes))
        .await
        .unwrap_or_else(|failure| {
            Err(DaemonError::Unreadable {
                method: "blocks",
                reason: failure.to_string(),
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::{Hash, Height, Timestamp, scan::ScanBlock};

    fn block(height: u64) -> ScanBlock {
        ScanBlock {
            height: Height::new(height),
            id: Hash::new([u8::try_from(height).unwrap(); 32]),
            previous: Hash::ZERO,
            timestamp: Timestamp::from_seconds(0),
            transactions: Vec::new(),
        }
    }

    #[test]
    fn the_next_request_knows_the_last_blocks_and_older_ones_below_them() {
        let known = |height: u64| KnownBlockId {
            height: Height::new(height),
            id: Hash::new([1; 32]),
        };
        let request = ScanRequest {
            known: vec![known(99), known(90), known(0)],
            start: Height::new(95),
            limit: 7,
        };
        let answer = ScanAnswer {
            blocks: (92..130).map(block).collect(),
            ..ScanAnswer::default()
        };
        let next = following(&request, &answer).unwrap();
        assert_eq!(
            (next.start.index(), next.limit, next.known[0].height.index()),
            (130, 7, 129)
        );
        let heights: Vec<u64> = next.known.iter().map(|known| known.height.index()).collect();
        assert_eq!(heights.len(), RECENT_IDS + 3);
        assert!(heights.is_sorted_by(|left, right| left > right), "{heights:?}");
        assert_eq!(following(&request, &ScanAnswer::default()), None);
    }
}
