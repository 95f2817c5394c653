//! Figures for Prometheus.

use metrics::{counter, describe_counter, describe_gauge, gauge, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use oxen_node_api::{ChainEvent, ChainReader, ChainSubscriber, Pool};
use oxen_pulse_driver::PulseSituation;

const HEIGHT: &str = "oxen_chain_height";
const POOL_TRANSACTIONS: &str = "oxen_pool_transactions";
const DATABASE_BYTES: &str = "oxen_database_bytes";
const BLOCKS_COMMITTED: &str = "oxen_blocks_committed_total";
const BLOCKS_REVERTED: &str = "oxen_blocks_reverted_total";
const PULSE_COMPLETED: &str = "oxen_pulse_blocks_completed_total";
const PULSE_FAILED: &str = "oxen_pulse_rounds_failed_total";
const PULSE_REFUSED: &str = "oxen_pulse_messages_refused_total";

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
            describe_counter!(
                PULSE_COMPLETED,
                "Blocks of Pulse that this node completed since the start"
            );
            describe_counter!(
                PULSE_FAILED,
                "Rounds that failed with this node in their quorum since the start"
            );
            describe_counter!(
                PULSE_REFUSED,
                "Messages of Pulse that were dropped because of what they say"
            );
        });
        Self(recorder)
    }

    /// The figures in Prometheus' text format, gauges and those of Pulse read at this moment. `pulse` is that of a service node.
    pub(crate) fn render(&self, chain: &dyn ChainReader, pool: &dyn Pool, pulse: Option<&PulseSituation>) -> String {
        let height = oxen_state::queries::totals(&*chain.snapshot()).map_or(0, |totals| totals.tip.next().index());
        #[allow(
            clippy::cast_precision_loss,
            reason = "gauges are doubles; these figures stay far below 2⁵³"
        )]
        with_local_recorder(&self.0, || {
            gauge!(HEIGHT).set(height as f64);
            gauge!(POOL_TRANSACTIONS).set(pool.len() as f64);
            gauge!(DATABASE_BYTES).set(chain.database_bytes() as f64);
            if let Some(pulse) = pulse {
                counter!(PULSE_COMPLETED).absolute(pulse.completed);
                counter!(PULSE_FAILED).absolute(pulse.failed);
                counter!(PULSE_REFUSED).absolute(pulse.refused);
            }
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
