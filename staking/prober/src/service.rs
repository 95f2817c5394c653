//! Driving the prober: after every block, and at every check interval.

use crate::prober::Prober;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::time::MissedTickBehavior;

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
    let news = Arc::clone(&prober.news);
    tokio::pin!(stop);
    work_on(&prober, Prober::follow).await;
    loop {
        let work: fn(&Prober) = tokio::select! {
            () = &mut stop => return,
            () = news.arrived() => Prober::follow,
            _ = ticks.tick() => Prober::tick,
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
