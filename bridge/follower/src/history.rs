//! What was read of L2: logs of the last 70 minutes, marks of blocks, reward rates, the contract's list.

use crate::{
    provider::{BlockMark, BlockRange, LogRecord},
    settings::Followed,
};
use oxen_bridge_rules::{
    contract_log::{ContractLog, LogError, RawLog, Word, decode_log},
    picture::{ListChange, ListReading, LogPosition, Picture, PictureParts, SeenLog, floor_multiple},
};
use oxen_types::{
    Amount,
    extra::{L2EventKind, L2Source},
};
use std::collections::BTreeMap;

/// Most logs that are kept; an honest contract writes far fewer in 70 minutes.
const MAX_LOGS: usize = 100_000;
/// Most marks that are kept: one a look, so that they reach back further than the history.
const MAX_MARKS: usize = 256;
/// L2 blocks back for which reward rates are read at least: what a block maker that lags names must be known.
const RATE_SPAN_BLOCKS: u64 = 480;

/// A change that a second reading of the same blocks brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Replaced {
    /// Logs that were there and are not any more.
    pub(crate) vanished: usize,
    /// Logs that do not say what the contract would say.
    pub(crate) malformed: Vec<(LogPosition, LogError)>,
}

/// Everything that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct History {
    /// Newest block up to which logs were read without a gap.
    pub(crate) newest: Option<u64>,
    pub(crate) logs: BTreeMap<LogPosition, SeenLog>,
    /// Hashes of some blocks, by which a change of what is below them shows.
    pub(crate) marks: BTreeMap<u64, Word>,
    pub(crate) reward_rates: BTreeMap<u64, Amount>,
    pub(crate) list: Option<ListReading>,
}

impl History {
    /// Lays `records` in place of what was known of `range`. Returns what vanished and what could not be understood.
    pub(crate) fn replace(&mut self, chain_id: u64, range: BlockRange, records: &[LogRecord]) -> Replaced {
        let old = self.take_range(range);
        let mut replaced = Replaced::default();
        for record in records {
            let position = LogPosition {
                l2_height: record.block.number,
                log_index: record.log_index,
            };
            match seen_log(chain_id, record) {
                Ok(Some(seen)) => {
                    self.logs.insert(position, seen);
                }
                Ok(None) => {}
                Err(error) => replaced.malformed.push((position, error)),
            }
        }
        let is_gone = |(position, log): &(&LogPosition, &SeenLog)| self.logs.get(position) != Some(log);
        replaced.vanished = old.iter().filter(is_gone).count();
        self.newest = Some(self.newest.map_or(range.last, |newest| newest.max(range.last)));
        replaced
    }

    fn take_range(&mut self, range: BlockRange) -> BTreeMap<LogPosition, SeenLog> {
        let mut taken = self.logs.split_off(&start_of(range.first));
        let mut later = range
            .last
            .checked_add(1)
            .map(|next| taken.split_off(&start_of(next)))
            .unwrap_or_default();
        self.logs.append(&mut later);
        taken
    }

    /// The highest mark at or below a block.
    pub(crate) fn mark_at_or_below(&self, height: u64) -> Option<BlockMark> {
        let (number, hash) = self.marks.range(..=height).next_back()?;
        Some(BlockMark {
            number: *number,
            hash: *hash,
        })
    }

    /// Remembers a block.
    pub(crate) fn mark(&mut self, mark: BlockMark) {
        self.marks.insert(mark.number, mark.hash);
        while self.marks.len() > MAX_MARKS {
            self.marks.pop_first();
        }
    }

    /// The chain is shorter than it was: what stood above its end is gone.
    pub(crate) fn cut_above(&mut self, height: u64) {
        if let Some(next) = height.checked_add(1) {
            self.logs.split_off(&start_of(next));
            self.marks.split_off(&next);
            self.reward_rates.split_off(&next);
        }
        if self.list.as_ref().is_some_and(|list| list.as_of > height) {
            self.list = None;
        }
        self.newest = self.newest.map(|newest| newest.min(height));
    }

    /// Forgets what is older than `history_blocks` and not needed to carry the contract's list forward.
    pub(crate) fn prune(&mut self, history_blocks: u64) {
        let Some(newest) = self.newest else { return };
        let start = newest.saturating_add(1).saturating_sub(history_blocks);
        let kept = self.logs.split_off(&start_of(start));
        let mut old = std::mem::replace(&mut self.logs, kept);
        if let Some(list) = &self.list {
            old.retain(|position, log| position.l2_height > list.as_of && log.change.is_some());
            for log in old.values_mut() {
                log.event = None;
            }
            self.logs.append(&mut old);
        }
        self.marks = self.marks.split_off(&start);
        self.reward_rates = self.reward_rates.split_off(&start);
        while self.logs.len() > MAX_LOGS {
            self.logs.pop_first();
        }
    }

    /// Blocks whose reward rate is missing: every multiple from the one before the present one on, newest first.
    pub(crate) fn missing_rates(&self, followed: &Followed) -> Vec<u64> {
        let Some(newest) = self.newest else {
            return Vec::new();
        };
        let step = followed.parameters.reward_update_blocks.max(1);
        let oldest = floor_multiple(newest.saturating_sub(step.max(RATE_SPAN_BLOCKS)), step);
        let mut missing = Vec::new();
        let mut at = floor_multiple(newest, step);
        while at >= oldest {
            if !self.reward_rates.contains_key(&at) {
                missing.push(at);
            }
            match at.checked_sub(step) {
                Some(before) => at = before,
                None => break,
            }
        }
        missing
    }

    /// What the rest of the node is to see. `None` while nothing was read.
    pub(crate) fn picture(&self, followed: &Followed) -> Option<Picture> {
        let parameters = &followed.parameters;
        Some(Picture::new(PictureParts {
            chain_id: parameters.chain_id,
            safe_blocks: parameters.safe_blocks,
            reward_update_blocks: parameters.reward_update_blocks,
            purge_blocks: parameters.purge_blocks,
            purge_minimum_age_blocks: parameters.purge_minimum_age_blocks,
            newest: self.newest?,
            logs: self.logs.clone(),
            reward_rates: self.reward_rates.clone(),
            list: self.list.clone(),
        }))
    }
}

/// The first place of a block.
const fn start_of(l2_height: u64) -> LogPosition {
    LogPosition {
        l2_height,
        log_index: 0,
    }
}

/// What a record means; `None` for logs that nobody here needs.
fn seen_log(chain_id: u64, record: &LogRecord) -> Result<Option<SeenLog>, LogError> {
    let source = L2Source {
        chain_id,
        l2_height: record.block.number,
    };
    let raw = RawLog {
        topics: &record.topics,
        data: &record.data,
    };
    Ok(match decode_log(source, raw)? {
        ContractLog::NotConsumed => None,
        ContractLog::Seeded { node_id, bls_key } => Some(SeenLog {
            event: None,
            change: Some(ListChange::Added {
                id: node_id,
                key: bls_key,
            }),
        }),
        ContractLog::Event { event, node_id } => {
            let change = match (&event.kind, node_id) {
                (L2EventKind::NewServiceNode { bls_key, .. }, Some(id)) => {
                    Some(ListChange::Added { id, key: *bls_key })
                }
                (L2EventKind::Exit { .. }, Some(id)) => Some(ListChange::Removed { id }),
                _ => None,
            };
            Some(SeenLog {
                event: Some(event),
                change,
            })
        }
    })
}

#[cfg(test)]
mod tests;
