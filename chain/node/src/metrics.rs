//! Figures for Prometheus.

use metrics::{counter, describe_counter, describe_gauge, gauge, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use oxen_node_api::{ChainEvent, ChainReader, ChainSubscriber, L2Reader, L2State, Pool};
use oxen_pulse_driver::PulseSituation;

const HEIGHT: &str = "oxen_chain_height";
const POOL_TRANSACTIONS: &str = "oxen_pool_transactions";
const DATABASE_BYTES: &str = "oxen_database_bytes";
const BLOCKS_COMMITTED: &str = "oxen_blocks_committed_total";
const BLOCKS_REVERTED: &str = "oxen_blocks_reverted_total";
const PULSE_COMPLETED: &str = "oxen_pulse_blocks_completed_total";
const PULSE_FAILED: &str = "oxen_pulse_rounds_failed_total";
const PULSE_OBJECTED: &str = "oxen_pulse_blocks_not_signed_total";
const PULSE_REFUSED: &str = "oxen_pulse_messages_refused_total";
const L2_HEIGHT: &str = "oxen_l2_height";
const L2_INTERRUPTED_SECONDS: &str = "oxen_l2_interrupted_seconds";
const L2_PROVIDER_HEIGHT: &str = "oxen_l2_provider_height";
const L2_PROVIDER_FAILURES: &str = "oxen_l2_provider_failures_total";
const L2_PROVIDER_CONTRADICTIONS: &str = "oxen_l2_provider_contradictions_total";

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
                PULSE_OBJECTED,
                "Blocks of Pulse that this node, in their quorum, objected to and did not sign"
            );
            describe_counter!(
                PULSE_REFUSED,
                "Messages of Pulse that were dropped because of what they say"
            );
            describe_gauge!(L2_HEIGHT, "Newest block of Arbitrum that was read");
            describe_gauge!(L2_INTERRUPTED_SECONDS, "Seconds without a usable provider of Arbitrum");
            describe_gauge!(L2_PROVIDER_HEIGHT, "Newest block that a provider told of");
            describe_counter!(
                L2_PROVIDER_FAILURES,
                "Requests to a provider that failed since the start"
            );
            describe_counter!(
                L2_PROVIDER_CONTRADICTIONS,
                "Answers of a provider that the majority contradicted since the start"
            );
        });
        Self(recorder)
    }

    /// The figures in Prometheus' text format, gauges and those of Pulse read at this moment. `pulse` is that of a service node.
    pub(crate) fn render(
        &self,
        chain: &dyn ChainReader,
        pool: &dyn Pool,
        pulse: Option<&PulseSituation>,
        l2: &dyn L2Reader,
    ) -> String {
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
                counter!(PULSE_OBJECTED).absolute(pulse.objected);
                counter!(PULSE_REFUSED).absolute(pulse.refused);
            }
            note_l2(l2);
        });
        self.0.handle().render()
    }
}

/// Figures of a node that follows Arbitrum; nothing for one that does not.
#[allow(
    clippy::cast_precision_loss,
    reason = "gauges are doubles; these figures stay far below 2⁵³"
)]
fn note_l2(l2: &dyn L2Reader) {
    let status = l2.status();
    if status.providers.is_empty() {
        return;
    }
    gauge!(L2_HEIGHT).set(l2.newest_height().unwrap_or_default() as f64);
    let interrupted = match status.state {
        L2State::Interrupted { for_seconds } => for_seconds,
        _ => 0,
    };
    gauge!(L2_INTERRUPTED_SECONDS).set(interrupted as f64);
    for provider in status.providers {
        let name = provider.name;
        gauge!(L2_PROVIDER_HEIGHT, "provider" => name.clone()).set(provider.height.unwrap_or_default() as f64);
        counter!(L2_PROVIDER_FAILURES, "provider" => name.clone()).absolute(provider.failures);
        counter!(L2_PROVIDER_CONTRADICTIONS, "provider" => name).absolute(provider.contradictions);
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
