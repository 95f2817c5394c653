//! Where requests wait for their turn: each listener has its own, so that a flood on the public one leaves the operator's free.

use crate::{config::Limits, error::MethodError};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task, time};

/// Runs work on blocking threads, a bounded number at once, a bounded number waiting.
pub(crate) struct Lane {
    /// Taken while a request waits or runs.
    places: Arc<Semaphore>,
    /// Taken while it runs.
    turns: Arc<Semaphore>,
    timeout: Duration,
}

impl Lane {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.waiting.saturating_add(limits.running))),
            turns: Arc::new(Semaphore::new(limits.running)),
            timeout: limits.timeout,
        }
    }

    /// Runs `work` when its turn comes. Work that outlives the time limit keeps its place until it ends, because a thread
    /// cannot be stopped from outside.
    ///
    /// # Errors
    /// No place, no time, or the work panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, MethodError> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| MethodError::ServerBusy)?;
        let turns = Arc::clone(&self.turns);
        let run = async move {
            let turn = turns.acquire_owned().await;
            task::spawn_blocking(move || {
                let _held = (place, turn);
                work()
            })
            .await
        };
        match time::timeout(self.timeout, run).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_)) => Err(MethodError::Panicked),
            Err(_) => Err(MethodError::TimedOut {
                seconds: self.timeout.as_secs(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ErrorCode;
    use std::sync::{Barrier, mpsc};

    fn lane(running: usize, waiting: usize, timeout: Duration) -> Arc<Lane> {
        Arc::new(Lane::new(&Limits {
            running,
            waiting,
            timeout,
            ..Limits::public()
        }))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn when_all_places_are_taken_the_next_is_told_to_come_again() {
        let lane = lane(1, 1, Duration::from_secs(20));
        let barrier = Arc::new(Barrier::new(2));
        let tasks: Vec<_> = (0..2)
            .map(|_| {
                let (lane, barrier) = (Arc::clone(&lane), Arc::clone(&barrier));
                tokio::spawn(async move { lane.run(move || barrier.wait().is_leader()).await })
            })
            .collect();
        while lane.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(lane.run(|| ()).await, Err(MethodError::ServerBusy)));
        // One runs and one waits: let both end.
        for _ in 0..2 {
            let barrier = Arc::clone(&barrier);
            tokio::task::spawn_blocking(move || barrier.wait()).await.unwrap();
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        lane.run(|| ()).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_is_an_answer() {
        let lane = lane(1, 0, Duration::from_secs(20));
        let result = lane.run(|| panic!("for the test")).await;
        assert!(matches!(result, Err(MethodError::Panicked)));
        assert_eq!(lane.run(|| 5).await.unwrap(), 5);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn work_that_takes_too_long_is_given_up_but_keeps_its_place() {
        let lane = lane(1, 0, Duration::from_millis(20));
        let (end, ended) = mpsc::channel::<()>();
        let result = lane.run(move || ended.recv().is_ok()).await;
        let error = result.unwrap_err();
        assert!(matches!(error, MethodError::TimedOut { .. }));
        assert_eq!(
            error.code(),
            ErrorCode::InternalError,
            "the work goes on: a wallet must not take its transaction for refused"
        );
        assert!(matches!(lane.run(|| ()).await, Err(MethodError::ServerBusy)));
        drop(end);
        while lane.places.available_permits() == 0 {
            tokio::task::yield_now().await;
        }
        lane.run(|| ()).await.unwrap();
    }
}
