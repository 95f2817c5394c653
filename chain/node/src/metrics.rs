//! Figures for Prometheus.

use metrics::{counter, describe_counter, describe_gauge, gauge, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use oxen_node_api::{ChainEvent, ChainReader, ChainSubscriber, Pool};

const HEIGHT: &str = "oxen_chain_height";
const POOL_TRANSACTIONS: &str = "oxen_pool_transactions";
const DATABASE_BYTES: &str = "oxen_database_bytes";
const BLOCKS_COMMITTED: &str = "oxen_blocks_committed_total";
const BLOCKS_REVERTED: &str = "oxen_blocks_reverted_total";

/// The figures of one node: several in a process do not count together.
#[derive(Debug)]
pub(crate) struct Metrics(PrometheusRecorder);

impl Metrics {
    pub(crate) fn new() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        with_local_recorder(&recorder, || {
            describe_gauge!(HEIGHT, "Blocks of the main chain");
            describe_gauge!(POOL_TRANSACTIONS, "Transactions that wait for a block");
            describe_gauge!(DATABASE_BYTES, "Bytes of the database on disk");
            describe_counter!(BLOCKS_COMMITTED, "Blocks that became the tip since the start");
            describe_counter!(BLOCKS_REVERTED, "Blocks that were taken back since the start");
        });
        Self(recorder)
    }

    /// The figures in Prometheus' text format, gauges read at this moment.
    pub(crate) fn render(&self, chain: &dyn ChainReader, pool: &dyn Pool) -> String {
        let height = oxen_state::queries::totals(&*chain.snapshot()).map_or(0, |totals| totals.tip.next().index());
        #[allow(
            clippy::cast_precision_loss,
            reason = "gauges are doubles; these figures stay far below 2⁵³"
        )]
        with_local_recorder(&self.0, || {
            gauge!(HEIGHT).set(height as f64);
            gauge!(POOL_TRANSACTIONS).set(pool.len() as f64);
            gauge!(DATABASE_BYTES).set(chain.database_bytes() as f64);
        });
        self.0.handle().render()
    }
}

/// Counts block events.
impl ChainSubscriber for Metrics {
    fn on_event(&self, event: &ChainEvent) {
        with_local_recorder(&self.0, || match event {
            ChainEvent::Committed { .. } => counter!(BLOCKS_COMMITTED).increment(1),
            ChainEvent::Reverted { .. } => counter!(BLOCKS_REVERTED).increment(1),
            ChainEvent::StorageStopped { .. } | ChainEvent::PoolAdded { .. } | ChainEvent::PoolRemoved { .. } => {}
        });
    }
}
