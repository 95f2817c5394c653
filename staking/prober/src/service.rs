//! Driving the prober: after every block, and at every check interval.

use crate::{clock_tests::test_a_clock, prober::Prober};
use oxen_staking_rules::obligations::clock;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::MissedTickBehavior};

impl Prober {
    /// What is done at every check interval whether or not blocks come: proofs, relays, forgetting.
    pub fn tick(&self) {
        self.send_due_proof();
        self.relay_votes();
        self.purge_proofs();
    }
}

/// Works until `stop` ends. The prober must be subscribed to the feed ([`Prober::subscribe`]).
pub async fn run(prober: Arc<Prober>, stop: impl Future<Output = ()> + Send) {
    let seconds = prober.network().uptime.check_interval_seconds.max(1);
    let mut ticks = tokio::time::interval(Duration::from_secs(seconds));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut clock_tests = tokio::time::interval(Duration::from_secs(clock::INTERVAL_SECONDS));
    clock_tests.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Tests that wait for their answer: a few at most, because each ends in time.
    let mut tests = JoinSet::new();
    let news = Arc::clone(&prober.news);
    tokio::pin!(stop);
    work_on(&prober, Prober::follow).await;
    loop {
        let work: fn(&Prober) = tokio::select! {
            () = &mut stop => return,
            () = news.arrived() => Prober::follow,
            _ = ticks.tick() => Prober::tick,
            _ = clock_tests.tick() => {
                tests.spawn(test_a_clock(Arc::clone(&prober)));
                continue;
            }
            Some(ended) = tests.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a test of a clock failed");
                }
                continue;
            }
        };
        work_on(&prober, work).await;
    }
}

/// Works on a blocking thread.
async fn work_on(prober: &Arc<Prober>, work: fn(&Prober)) {
    let prober = Arc::clone(prober);
    if let Err(error) = tokio::task::spawn_blocking(move || work(&prober)).await {
        tracing::error!(%error, "the prober failed; it goes on with the next block");
    }
}
