//! One look at L2: heads, marks, logs, reward rates, the contract's list; each from every provider in step, a majority decides.

use crate::{
    agreement::{Head, agreed_answer, agreed_height, is_in_step, majority},
    history::{History, Replaced},
    provider::{BlockMark, BlockRange, LogRecord, Provider, ProviderError},
    settings::{ChainIdCheck, Followed, FollowerSettings},
};
use futures::future::join_all;
use oxen_bridge_rules::picture::{ContractNodes, ListReading, floor_multiple};
use oxen_node_api::Clock;
use oxen_types::Amount;
use std::{collections::BTreeMap, future::Future, sync::Arc};
use thiserror::Error;

/// Fewest blocks of a window when providers refuse larger ones.
const LEAST_WINDOW_BLOCKS: u64 = 50;

/// Why a look ended early. What was read before stays.
#[derive(Debug, Error)]
pub(crate) enum LookError {
    /// Nobody is there.
    #[error("no L2 provider answers; check the addresses of --l2-provider and whether the providers are up")]
    NobodyAnswers,
    /// They are behind what was read.
    #[error(
        "the L2 providers are at block {agreed} and this node has read up to {newest}; they lag or were replaced, wait or name others with --l2-provider"
    )]
    WentBack {
        /// Where they are.
        agreed: u64,
        /// What was read.
        newest: u64,
    },
    /// Logs could not be read.
    #[error(
        "no L2 provider returns the logs of blocks {first} to {last}; lower --l2-max-logs if they refuse ranges of this size"
    )]
    NoLogs {
        /// First block.
        first: u64,
        /// Last block.
        last: u64,
    },
    /// They contradict each other.
    #[error("the L2 providers do not agree on block {number}; a third provider would tell which of them is wrong")]
    NoAgreement {
        /// The block.
        number: u64,
    },
}

/// What a look brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    /// Height that a majority of the providers has reached.
    pub(crate) head: u64,
    /// Logs that vanished.
    pub(crate) vanished: usize,
    /// Whether blocks changed that were taken for settled, and everything was read anew.
    pub(crate) deep_change: bool,
}

/// Reads L2.
pub(crate) struct Reader {
    pub(crate) providers: Vec<Arc<Provider>>,
    pub(crate) followed: Followed,
    pub(crate) settings: FollowerSettings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) history: History,
    /// Blocks of a request for logs: fewer after a refusal.
    pub(crate) window: u64,
    /// The block for which the list was asked last: a list of another block serves until the next one is due.
    pub(crate) list_asked_for: Option<u64>,
}

impl Reader {
    /// Brings the history up to what a majority of the providers has. `progress` is called after each window.
    ///
    /// # Errors
    /// It ended early.
    pub(crate) async fn look(&mut self, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<Looked, LookError> {
        let members = self.heads_in_step().await?;
        let in_step: Vec<Arc<Provider>> = members.iter().map(|(provider, _)| Arc::clone(provider)).collect();
        let agreed = agreed_height(members.iter().map(|(_, head)| head.number)).ok_or(LookError::NobodyAnswers)?;
        let mut looked = Looked {
            head: agreed,
            ..Looked::default()
        };
        let first = self.first_block(&in_step, agreed, &mut looked).await?;
        self.read_logs(&in_step, first, agreed, &mut looked, progress).await?;
        self.history.newest = Some(agreed);
        if let Ok(mark) = self.agreed_block(&in_step, agreed).await {
            self.history.mark(mark);
        }
        self.read_reward_rates(&in_step).await;
        self.read_list(&in_step, agreed).await;
        self.history.prune(self.settings.history_blocks);
        Ok(looked)
    }

    /// Everybody's newest block, of those who are in step.
    async fn heads_in_step(&self) -> Result<Vec<(Arc<Provider>, Head)>, LookError> {
        let chain_id = self.followed.parameters.chain_id;
        let checks = self.settings.chain_id_check == ChainIdCheck::Required;
        let heads = ask_all(&self.providers, |provider| async move {
            if checks {
                provider.check_chain(chain_id).await?;
            }
            provider.head().await
        })
        .await;
        let best = heads.iter().map(|(_, head)| head.timestamp).max();
        let best_timestamp = best.ok_or(LookError::NobodyAnswers)?;
        let now = self.clock.now().seconds();
        let highest = heads.iter().map(|(_, head)| head.number).max().unwrap_or_default();
        let mut members = Vec::new();
        for (provider, head) in heads {
            provider.note_height(head.number);
            let lag = highest.saturating_sub(head.number);
            if is_in_step(head, best_timestamp, now) {
                let lags = lag > self.settings.lag_threshold_blocks;
                provider.note_trouble(lags.then(|| format!("{lag} blocks behind the highest")));
                members.push((provider, head));
            } else {
                provider.note_trouble(Some(format!("it stands still at block {}", head.number)));
            }
        }
        Ok(members)
    }

    /// Where to read from: above the newest mark that lies deep enough, if its block is still the same.
    async fn first_block(
        &mut self,
        in_step: &[Arc<Provider>],
        agreed: u64,
        looked: &mut Looked,
    ) -> Result<u64, LookError> {
        let from_scratch = agreed.saturating_add(1).saturating_sub(self.settings.history_blocks);
        let Some(newest) = self.history.newest else {
            return Ok(from_scratch);
        };
        if newest.saturating_add(1) < from_scratch {
            // The node was away for longer than the history: what the list changed by meanwhile will not be read.
            self.history = History::default();
            return Ok(from_scratch);
        }
        let settled = newest.min(agreed).saturating_sub(self.settings.overlap_blocks);
        let mark = self.history.mark_at_or_below(settled);
        let is_same = match mark {
            Some(mark) => self.agreed_block(in_step, mark.number).await? == mark,
            None => true,
        };
        if !is_same {
            self.history = History::default();
            looked.deep_change = true;
            return Ok(from_scratch);
        }
        if agreed < settled_floor(newest, self.settings.overlap_blocks) {
            return Err(LookError::WentBack { agreed, newest });
        }
        self.history.cut_above(agreed);
        Ok(mark.map_or(from_scratch, |mark| mark.number.saturating_add(1).max(from_scratch)))
    }

    /// A block as a majority has it.
    async fn agreed_block(&self, in_step: &[Arc<Provider>], number: u64) -> Result<BlockMark, LookError> {
        let answers = ask_all(in_step, |provider| async move { provider.block(number).await }).await;
        if answers.is_empty() {
            return Err(LookError::NobodyAnswers);
        }
        let agreed = agreed_answer(answers.iter().map(|(_, mark)| *mark));
        let agreed = agreed.ok_or(LookError::NoAgreement { number })?;
        for (provider, _) in answers.iter().filter(|(_, mark)| *mark != agreed) {
            provider.note_contradiction(format!("it has another block {number} than the majority"));
        }
        Ok(agreed)
    }

    async fn read_logs(
        &mut self,
        in_step: &[Arc<Provider>],
        first: u64,
        last: u64,
        looked: &mut Looked,
        progress: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> Result<(), LookError> {
        let mut next = first;
        while next <= last {
            let end = next.saturating_add(self.window.saturating_sub(1)).min(last);
            let range = BlockRange { first: next, last: end };
            let records = self.agreed_logs(in_step, range).await;
            let Some(records) = records else {
                self.window = (self.window / 2).max(LEAST_WINDOW_BLOCKS.min(self.settings.window_blocks));
                return Err(LookError::NoLogs {
                    first: range.first,
                    last: range.last,
                });
            };
            self.window = self.window.saturating_mul(2).min(self.settings.window_blocks);
            let chain_id = self.followed.parameters.chain_id;
            let Replaced { vanished, malformed } = self.history.replace(chain_id, range, &records);
            looked.vanished += vanished;
            for (position, error) in malformed {
                tracing::error!(
                    l2_height = position.l2_height,
                    log_index = position.log_index,
                    %error,
                    "an event of the rewards contract cannot be reported to the chain; its stake needs its operator's attention"
                );
            }
            progress(end, last);
            if end < last
                && let Ok(mark) = self.agreed_block(in_step, end).await
            {
                // A look that ends early is taken up from here.
                self.history.mark(mark);
            }
            next = end.saturating_add(1);
        }
        Ok(())
    }

    /// The logs that a majority returns. Who deviates is asked once more: blocks may have come between the answers.
    async fn agreed_logs(&self, in_step: &[Arc<Provider>], range: BlockRange) -> Option<Vec<LogRecord>> {
        let contract = self.followed.rewards;
        let ask = |provider: Arc<Provider>| async move { provider.logs(contract, range).await };
        let mut answers = ask_all(in_step, ask).await;
        let (mut agreed, mut deviating) = tally(&answers);
        if !deviating.is_empty() {
            answers = ask_all(in_step, ask).await;
            (agreed, deviating) = tally(&answers);
        }
        for index in deviating {
            if let Some((provider, _)) = answers.get(index) {
                let BlockRange { first, last } = range;
                provider.note_contradiction(format!(
                    "its logs of blocks {first} to {last} are not those of the majority"
                ));
            }
        }
        (!answers.is_empty()).then_some(agreed)
    }

    async fn read_reward_rates(&mut self, in_step: &[Arc<Provider>]) {
        let pool = self.followed.pool;
        for at in self.history.missing_rates(&self.followed) {
            let answers = ask_all(in_step, |provider| async move { provider.reward_rate(pool, at).await }).await;
            let Some(rate) = agreed_answer(answers.iter().map(|(_, rate)| *rate)) else {
                tracing::warn!(
                    l2_height = at,
                    "the reward rate could not be read, or the providers do not agree on it"
                );
                // Older ones will not go better.
                return;
            };
            for (provider, _) in answers.iter().filter(|(_, other)| *other != rate) {
                provider.note_contradiction(format!("its reward rate at block {at} is not that of the majority"));
            }
            self.history.reward_rates.insert(at, Amount::from_atomic(rate));
        }
    }

    /// The contract's list at the blocks at which everybody reads it; at the newest block when that state is gone.
    async fn read_list(&mut self, in_step: &[Arc<Provider>], newest: u64) {
        let due = floor_multiple(newest, self.followed.parameters.purge_blocks);
        let has_it = self.history.list.as_ref().is_some_and(|list| list.as_of >= due);
        if has_it || (self.history.list.is_some() && self.list_asked_for == Some(due)) {
            return;
        }
        self.list_asked_for = Some(due);
        // What changed between the block and our first log would be missing.
        let oldest = newest.saturating_sub(self.settings.history_blocks);
        for at in [due, newest].into_iter().filter(|at| *at >= oldest) {
            if let Some(nodes) = self.agreed_list(in_step, at).await {
                self.history.list = Some(ListReading { as_of: at, nodes });
                return;
            }
        }
        tracing::warn!(
            "the contract's list of service nodes could not be read; there is no opinion on purges and no aggregate until it can"
        );
    }

    async fn agreed_list(&self, in_step: &[Arc<Provider>], at: u64) -> Option<ContractNodes> {
        let contract = self.followed.rewards;
        let answers = ask_all(
            in_step,
            |provider| async move { provider.node_list(contract, at).await },
        )
        .await;
        agreed_answer(answers.into_iter().map(|(_, list)| list)).map(ContractNodes::new)
    }
}

/// Below this, providers are not in the overlap any more.
const fn settled_floor(newest: u64, overlap_blocks: u64) -> u64 {
    newest.saturating_sub(overlap_blocks)
}

/// Asks all at once. Those that fail are left out and remember why.
async fn ask_all<T, F, Answer>(providers: &[Arc<Provider>], question: F) -> Vec<(Arc<Provider>, T)>
where
    F: Fn(Arc<Provider>) -> Answer,
    Answer: Future<Output = Result<T, ProviderError>>,
{
    let asked = providers.iter().map(|provider| {
        let answer = question(Arc::clone(provider));
        async move { (provider, answer.await) }
    });
    let mut answers = Vec::with_capacity(providers.len());
    for (provider, answer) in join_all(asked).await {
        match answer {
            Ok(answer) => answers.push((Arc::clone(provider), answer)),
            Err(error) => provider.note_failure(&error),
        }
    }
    answers
}

/// The logs that a majority of the answers has, in order, and whose answer is another.
fn tally<P>(answers: &[(P, Vec<LogRecord>)]) -> (Vec<LogRecord>, Vec<usize>) {
    let mut votes: BTreeMap<&LogRecord, usize> = BTreeMap::new();
    for record in answers.iter().flat_map(|(_, records)| records) {
        *votes.entry(record).or_default() += 1;
    }
    let needed = majority(answers.len());
    let agreed: Vec<LogRecord> = votes
        .into_iter()
        .filter(|(_, votes)| *votes >= needed)
        .map(|(record, _)| record.clone())
        .collect();
    let deviates = |(index, (_, records)): (usize, &(P, Vec<LogRecord>))| (*records != agreed).then_some(index);
    let deviating = answers.iter().enumerate().filter_map(deviates).collect();
    (agreed, deviating)
}

#[cfg(test)]
mod tests;
