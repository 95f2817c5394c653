//! The task that looks at L2 again and again, and what others see of it.

use crate::{
    history::History,
    journal::Journal,
    look::{LookError, Looked, Reader},
    provider::{Provider, ProviderError},
    settings::{ChainIdCheck, Followed, FollowerSettings},
    storage,
};
use futures::future::join_all;
use oxen_bridge_rules::picture::Picture;
use oxen_node_api::{Clock, L2Reader, L2State, L2Status};
use oxen_types::Timestamp;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use thiserror::Error;
use tokio::{sync::watch, task::JoinHandle};

/// How soon a failed look is repeated at the latest.
const RETRY: Duration = Duration::from_secs(15);

/// Why L2 is not followed. The texts say what to do.
#[derive(Debug, Error)]
pub enum StartError {
    /// A provider of another chain would be believed.
    #[error(
        "L2 provider {provider} serves chain {found}, and this network needs {expected}: correct --l2-provider, or start with --l2-skip-chainid"
    )]
    WrongChain {
        /// Its host.
        provider: String,
        /// Its chain id.
        found: u64,
        /// The network's.
        expected: u64,
    },
    /// TLS.
    #[error("connections to L2 providers cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// What everybody sees.
struct Shared {
    pictures: watch::Sender<Option<Arc<Picture>>>,
    providers: Vec<Arc<Provider>>,
    clock: Arc<dyn Clock>,
    course: Mutex<Course>,
    /// After so long without a good look the follower is not following, whatever it said last.
    overdue: Duration,
}

/// Looks that may fail to come, and the time that the last of them may take.
const OVERDUE_LOOKS: u32 = 3;
const OVERDUE: Duration = Duration::from_secs(120);

/// How it goes.
struct Course {
    state: L2State,
    /// When a look last succeeded; the start before the first.
    succeeded: Timestamp,
}

/// Follows L2 until it is dropped.
pub struct Follower {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Follower {
    /// Asks every provider for its chain, then follows. Must be called inside a tokio runtime. Where the process has chosen no
    /// rustls provider yet, it is ring's from here on.
    ///
    /// # Errors
    /// A provider serves another chain. Providers that do not answer are only reported.
    pub async fn start(
        settings: FollowerSettings,
        followed: Followed,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        if rustls::crypto::ring::default_provider().install_default().is_err() {
            tracing::debug!("a rustls provider was chosen before");
        }
        let providers = settings
            .providers
            .iter()
            .map(|url| Provider::new(url, &settings).map(Arc::new));
        let providers = providers.collect::<Result<Vec<_>, _>>()?;
        if settings.chain_id_check == ChainIdCheck::Required {
            check_chains(&providers, followed.parameters.chain_id).await?;
        }
        let history = take_up(settings.file.clone(), followed).await;
        let (pictures, _) = watch::channel(history.picture(&followed).map(Arc::new));
        let shared = Arc::new(Shared {
            pictures,
            providers: providers.clone(),
            course: Mutex::new(Course {
                state: L2State::Starting,
                succeeded: clock.now(),
            }),
            clock: Arc::clone(&clock),
            overdue: OVERDUE_LOOKS * settings.refresh + OVERDUE,
        });
        let worker = Worker {
            shared: Arc::clone(&shared),
            journal: Journal::new(providers.len()),
            reader: Reader {
                window: settings.window_blocks,
                providers,
                followed,
                settings,
                clock,
                history,
                list_asked_for: None,
            },
        };
        let task = tokio::spawn(worker.run());
        Ok(Self { shared, task })
    }

    /// Every later picture.
    #[must_use]
    pub fn pictures(&self) -> watch::Receiver<Option<Arc<Picture>>> {
        self.shared.pictures.subscribe()
    }

    /// Requests to each provider since the start, in the operator's order.
    #[must_use]
    pub fn requests(&self) -> Vec<u64> {
        self.shared
            .providers
            .iter()
            .map(|provider| provider.requests())
            .collect()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl L2Reader for Follower {
    fn picture(&self) -> Option<Arc<Picture>> {
        self.shared.pictures.borrow().clone()
    }

    fn status(&self) -> L2Status {
        self.shared.status()
    }
}

impl Shared {
    fn status(&self) -> L2Status {
        let course = self.course();
        let for_seconds = self.clock.now().seconds().saturating_sub(course.succeeded.seconds());
        let state = match course.state {
            L2State::Interrupted { .. } => L2State::Interrupted { for_seconds },
            // A worker that ended, for whatever reason, cannot say so itself.
            L2State::Following { .. } if for_seconds > self.overdue.as_secs() => L2State::Interrupted { for_seconds },
            state => state,
        };
        L2Status {
            state,
            providers: self.providers.iter().map(|provider| provider.standing()).collect(),
        }
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Worker {
    shared: Arc<Shared>,
    journal: Journal,
    reader: Reader,
}

impl Worker {
    async fn run(mut self) {
        loop {
            let outcome = self.look().await;
            let pause = match &outcome {
                Ok(_) => self.reader.settings.refresh,
                Err(_) => self.reader.settings.refresh.min(RETRY),
            };
            self.journal.write(&outcome, &self.shared.status());
            tokio::time::sleep(pause).await;
        }
    }

    async fn look(&mut self) -> Result<Looked, LookError> {
        let shared = Arc::clone(&self.shared);
        let progress = move |newest, head| {
            let mut course = shared.course();
            if !matches!(course.state, L2State::Following { .. }) {
                course.state = L2State::CatchingUp { newest, head };
            }
        };
        let outcome = self.reader.look(&progress).await;
        {
            let mut course = self.shared.course();
            match &outcome {
                Ok(looked) => {
                    course.state = L2State::Following { newest: looked.head };
                    course.succeeded = self.shared.clock.now();
                }
                Err(_) => course.state = L2State::Interrupted { for_seconds: 0 },
            }
        }
        self.publish();
        self.save().await;
        outcome
    }

    fn publish(&self) {
        let picture = self.reader.history.picture(&self.reader.followed);
        self.shared.pictures.send_if_modified(|seen| {
            let is_new = seen.as_deref() != picture.as_ref();
            if is_new {
                *seen = picture.map(Arc::new);
            }
            is_new
        });
    }

    async fn save(&self) {
        let Some(path) = self.reader.settings.file.clone() else {
            return;
        };
        let (followed, history) = (self.reader.followed, self.reader.history.clone());
        let shown = path.display().to_string();
        let written = tokio::task::spawn_blocking(move || storage::save(&path, &followed, &history)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(%error, "what was read of L2 could not be written to {shown}; a restart reads it anew");
        }
    }
}

/// A provider of another chain stops the start; one that does not answer is checked when it does.
async fn check_chains(providers: &[Arc<Provider>], expected: u64) -> Result<(), StartError> {
    let checks = providers.iter().map(|provider| provider.check_chain(expected));
    for (provider, checked) in providers.iter().zip(join_all(checks).await) {
        let name = provider.standing().name;
        match checked {
            Ok(()) => {}
            Err(ProviderError::WrongChain { found, expected }) => {
                return Err(StartError::WrongChain {
                    provider: name,
                    found,
                    expected,
                });
            }
            Err(error) => {
                provider.note_failure(&error);
                tracing::warn!(provider = name, %error, "an L2 provider does not tell its chain; it is asked again");
            }
        }
    }
    Ok(())
}

async fn take_up(file: Option<PathBuf>, followed: Followed) -> History {
    let Some(path) = file else {
        return History::default();
    };
    let shown = path.display().to_string();
    match tokio::task::spawn_blocking(move || storage::load(&path, &followed)).await {
        Ok(Ok(Some(history))) => {
            tracing::info!(newest = history.newest, "took up what was read of L2");
            history
        }
        Ok(Ok(None)) => History::default(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "what was read of L2 is not taken up from {shown}; it is read anew");
            History::default()
        }
        Err(_) => History::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_testkit::ManualClock;
    use oxen_types::Timestamp;

    #[test]
    fn a_follower_whose_looks_end_without_a_word_is_interrupted() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_000)));
        let shared = Shared {
            pictures: watch::channel(None).0,
            providers: Vec::new(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            course: Mutex::new(Course {
                state: L2State::Following { newest: 7 },
                succeeded: Timestamp::from_seconds(1_000),
            }),
            overdue: Duration::from_secs(300),
        };
        clock.advance(300);
        assert_eq!(shared.status().state, L2State::Following { newest: 7 });
        clock.advance(1);
        assert_eq!(shared.status().state, L2State::Interrupted { for_seconds: 301 });
    }
}
