//! From an HTTP request to the method it means: who asks, how often, from which page, then the path.

use super::{
    authentication::Authenticator,
    budget::Taken,
    endpoint::Endpoint,
    json_rpc::{self, Envelope},
    plain,
    rate::RateLimiter,
    response::small_json,
};
use crate::{config::Access, docs, error::MethodError};
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use bytes::Bytes;
use hyper::body::Body as _;
use jsonrpsee::types::ErrorObjectOwned;
use std::{net::SocketAddr, sync::Arc, time::Instant};
use tokio::time;
use tower::util::option_layer;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};

/// What the handlers of one listener share.
pub(super) struct Gate {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) authenticator: Option<Arc<Authenticator>>,
    pub(super) rate: Option<RateLimiter>,
    /// Web origins whose pages may ask.
    pub(super) origins: Vec<String>,
    /// The `Server` header.
    pub(super) server: HeaderValue,
}

/// Everything one listener serves; `extra` comes from the node and asks for no login.
pub(super) fn router(gate: Gate, extra: Router) -> Router {
    let gate = Arc::new(gate);
    let cors = cors_layer(&gate.origins);
    let methods = Router::new()
        .route("/json_rpc", any(serve_json_rpc))
        .route("/openrpc.json", get(serve_openrpc))
        .route("/{name}", any(serve_path))
        .layer(middleware::from_fn_with_state(Arc::clone(&gate), let_in))
        .with_state(Arc::clone(&gate));
    let server = gate.server.clone();
    methods
        .merge(extra)
        .layer(option_layer(cors))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            plain::refuse(&MethodError::Panicked)
        }))
        .layer(middleware::map_response(move |mut response: Response| {
            response.headers_mut().insert(header::SERVER, server.clone());
            std::future::ready(response)
        }))
}

fn cors_layer(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::OPTIONS])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION, header::ACCEPT]);
    if origins.iter().any(|origin| origin == "*") {
        return Some(layer.allow_origin(AllowOrigin::any()));
    }
    let list = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    Some(layer.allow_origin(AllowOrigin::list(list)).allow_credentials(true))
}

/// Lets a request in, or says why not.
async fn let_in(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if gate.endpoint.scope.access == Access::Admin && is_foreign_page(request.headers(), &gate.origins) {
        let text = "this listener does not answer web pages; name their origin in --rpc-access-control-origins\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    if let Some(authenticator) = &gate.authenticator {
        let verdict = authenticator.check(request.headers(), request.method(), request.uri(), peer.ip());
        if let Err(challenge) = verdict {
            let mut response = (StatusCode::UNAUTHORIZED, "a login is needed\n").into_response();
            for value in challenge.headers {
                response.headers_mut().append(header::WWW_AUTHENTICATE, value);
            }
            return response;
        }
    }
    next.run(request).await
}

/// True for a request that a browser sends for a page of another origin. Without this any page an operator visits could command
/// the node, which does not ask for a content type that would stop it.
fn is_foreign_page(headers: &HeaderMap, origins: &[String]) -> bool {
    let allowed = |origin: &str| origins.iter().any(|known| known == "*" || known == origin);
    if let Some(origin) = headers.get(header::ORIGIN) {
        return !origin.to_str().is_ok_and(allowed);
    }
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    matches!(site, Some("cross-site" | "same-site"))
}

/// A body with its share of the memory.
struct ReadBody {
    bytes: Bytes,
    _taken: Taken,
}

/// The whole body, if it is small enough and comes soon enough.
async fn read_body(gate: &Gate, body: Body) -> Result<ReadBody, Response> {
    let limits = &gate.endpoint.scope.limits;
    let most = limits.sizes.request_bytes;
    // Without a length as much as one may send is taken.
    let length = body
        .size_hint()
        .exact()
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or(most);
    let taken = gate
        .endpoint
        .budget
        .take(length.min(most))
        .map_err(|error| plain::refuse(&error))?;
    match time::timeout(limits.timeout, axum::body::to_bytes(body, most)).await {
        Ok(Ok(bytes)) => Ok(ReadBody { bytes, _taken: taken }),
        Ok(Err(_)) => {
            let text = format!("the request is larger than {most} bytes\n");
            Err((StatusCode::PAYLOAD_TOO_LARGE, text).into_response())
        }
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the request took too long to arrive\n").into_response()),
    }
}

/// Takes tokens for requests of an address.
fn take_tokens(gate: &Gate, peer: SocketAddr, requests: u32) -> Result<(), MethodError> {
    match &gate.rate {
        None => Ok(()),
        Some(rate) => rate
            .take(peer.ip(), requests, Instant::now())
            .map_err(|wait| MethodError::TooFast {
                seconds: wait.as_secs().saturating_add(1),
            }),
    }
}

async fn serve_json_rpc(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    body: Body,
) -> Response {
    if let Err(error) = take_tokens(&gate, peer, 1) {
        return too_fast(error);
    }
    let body = match read_body(&gate, body).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let envelope = match Envelope::parse(&body.bytes, gate.endpoint.scope.limits.sizes.batch) {
        Ok(envelope) => envelope,
        Err(error) => return json_rpc::failure(error),
    };
    if let Err(error) = take_tokens(&gate, peer, envelope.requests().saturating_sub(1)) {
        return too_fast(error);
    }
    json_rpc::answer(&gate.endpoint, envelope).await
}

/// A JSON-RPC answer that a client which does not know HTTP 429 still understands.
fn too_fast(error: MethodError) -> Response {
    let wait = plain::refuse(&error);
    let mut response = json_rpc::failure(ErrorObjectOwned::from(error));
    *response.status_mut() = wait.status();
    if let Some(seconds) = wait.headers().get(header::RETRY_AFTER) {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.clone());
    }
    response
}

async fn serve_path(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(name): Path<String>,
    body: Body,
) -> Response {
    if let Err(error) = take_tokens(&gate, peer, 1) {
        return plain::refuse(&error);
    }
    match read_body(&gate, body).await {
        Ok(body) => plain::answer(&gate.endpoint, &name, body.bytes.clone()).await,
        Err(response) => response,
    }
}

async fn serve_openrpc(State(gate): State<Arc<Gate>>) -> Response {
    let document = docs::openrpc(
        gate.endpoint.scope.access,
        gate.endpoint.scope.node.handles.control.version(),
    );
    small_json(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn programs_are_let_in_and_pages_only_of_named_origins() {
        let origins = vec!["https://wallet.example".to_owned()];
        assert!(!is_foreign_page(&headers(&[]), &origins));
        assert!(!is_foreign_page(
            &headers(&[("origin", "https://wallet.example")]),
            &origins
        ));
        assert!(is_foreign_page(
            &headers(&[("origin", "https://evil.example")]),
            &origins
        ));
        assert!(is_foreign_page(&headers(&[("origin", "null")]), &[]));
        assert!(
            is_foreign_page(&headers(&[("sec-fetch-site", "cross-site")]), &[]),
            "an image or a link"
        );
        assert!(
            !is_foreign_page(&headers(&[("sec-fetch-site", "none")]), &[]),
            "typed by the operator"
        );
        assert!(!is_foreign_page(
            &headers(&[("origin", "https://evil.example")]),
            &["*".to_owned()]
        ));
    }
}
