//! `/healthy`, `/ready` and `/metrics` for supervisors.

use crate::{metrics::Metrics, own_report::OwnReporter, standing::OwnReport};
use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use oxen_node_api::{ChainReader, L2Reader, PeerControl, Pool, SyncState};
use oxen_pulse_driver::PulseWatch;
use oxen_state::queries;
use oxen_store::ChainStore;
use serde_json::{Value, json};
use std::sync::Arc;

/// What the answers are made of.
#[derive(Clone)]
pub(crate) struct Health {
    pub(crate) chain: Arc<dyn ChainReader>,
    pub(crate) pool: Arc<dyn Pool>,
    pub(crate) store: ChainStore,
    pub(crate) metrics: Arc<Metrics>,
    /// Where Pulse stands, if the process runs a service node.
    pub(crate) pulse: Option<PulseWatch>,
    /// What is told about the service node; only to its operator.
    pub(crate) own: Option<OwnReporter>,
    /// None when the node is alone.
    pub(crate) peers: Option<Arc<dyn PeerControl>>,
    /// What is seen of Arbitrum.
    pub(crate) l2: Arc<dyn L2Reader>,
}

/// Routes for everybody.
pub(crate) fn routes(health: Health) -> Router {
    Router::new()
        .route("/healthy", get(healthy))
        .route("/ready", get(ready))
        .with_state(health)
}

/// The same, and the figures.
pub(crate) fn admin_routes(health: Health) -> Router {
    let figures = Router::new().route("/metrics", get(render)).with_state(health.clone());
    routes(health).merge(figures)
}

/// 200 while the node can read and write its database.
async fn healthy(State(health): State<Health>) -> (StatusCode, Json<Value>) {
    let writable = !health.store.is_stopped();
    let code = if writable {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let advice = if writable {
        Value::Null
    } else {
        json!("a write failed; see the log and start the node anew")
    };
    (code, Json(json!({ "healthy": writable, "advice": advice })))
}

/// 200 while the node serves a chain that is worth asking: not one that is behind its peers.
async fn ready(State(health): State<Health>) -> (StatusCode, Json<Value>) {
    // The report reads the registry and waits for the service node.
    let own = match health.own.clone() {
        Some(reporter) => tokio::task::spawn_blocking(move || reporter.report().as_ref().map(own_detail)).await,
        None => Ok(None),
    };
    // Only a fault of the program ends it early, and its panic is in the log.
    let own = own.unwrap_or_default();
    let state = health.peers.as_ref().map(|peers| peers.sync_state());
    match queries::tip(&*health.chain.snapshot()) {
        Ok((height, _)) if let Some(SyncState::CatchingUp { target }) = state => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({
                "ready": false,
                "reason": format!("block {height} of {target}: the node catches up with its peers"),
            })),
        ),
        Ok((height, tip)) if !health.store.is_stopped() => (
            StatusCode::OK,
            Json(json!({
                "ready": true,
                "height": height.next(),
                "top_block_hash": tip.id,
                "service_node": own,
                "l2": health.l2.status().state.to_string(),
            })),
        ),
        Ok(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "ready": false, "reason": "a write failed" })),
        ),
        Err(error) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "ready": false, "reason": error.to_string() })),
        ),
    }
}

/// The service node in a few fields; a node that is out of service is still worth asking for the chain.
fn own_detail(report: &OwnReport) -> Value {
    json!({
        "service_node_pubkey": report.key,
        "state": report.state(),
        "credit_blocks": report.credit_blocks(),
        "uptime_proof_age_seconds": report.proof_seconds,
        "warnings": report.warnings(),
    })
}

async fn render(State(health): State<Health>) -> String {
    let pulse = health.pulse.as_ref().map(PulseWatch::situation);
    health
        .metrics
        .render(&*health.chain, &*health.pool, pulse.as_ref(), &*health.l2)
}
