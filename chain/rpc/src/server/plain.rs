//! Plain paths: the body is the parameters, the answer is the bare result (rpc §1.2). And binary ones.
//!
//! What a method refuses is answered with HTTP 200 and the reason as `status`, because Monero's clients read nothing else; what
//! the server refuses has an HTTP status and a text.

use super::{
    endpoint::Endpoint,
    response::{self, Content, small_json},
};
use crate::{
    binary::{BinaryMethod, LongPoll, Pieces},
    error::MethodError,
    node::News,
    types::ErrorCode,
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::json;
use std::sync::Arc;
use tokio::time::{self, Instant};

/// Answers `/<name>`.
pub(super) async fn answer(endpoint: &Arc<Endpoint>, name: &str, body: Bytes) -> Response {
    if let Some(method) = endpoint.by_binary_path(name) {
        return answer_binary(endpoint, method, body).await;
    }
    let method = match endpoint.by_path(name) {
        Ok(method) => method,
        Err(error) => return refuse(&error),
    };
    let scope = Arc::clone(&endpoint.scope);
    let most = scope.limits.sizes.response_bytes;
    let work = move || {
        let parameters = std::str::from_utf8(&body).map_err(|_| MethodError::NotText)?;
        method.run(&scope.call(), Some(parameters))
    };
    let result = endpoint.lane.run(work).await.and_then(|result| result);
    let answered = result.and_then(|result| {
        let text = result.into_bytes();
        if text.len() > most {
            return Err(MethodError::AnswerTooLarge { limit: most });
        }
        response::respond(&endpoint.budget, Content::Json, vec![text])
    });
    answered.unwrap_or_else(|error| refuse(&error))
}

/// Does the work of a binary endpoint, after waiting for news where the client asks for it.
async fn run_binary(endpoint: &Arc<Endpoint>, method: BinaryMethod, body: Bytes) -> Result<Pieces, MethodError> {
    if let Some(poll) = method.long_poll
        && wait_for_news(endpoint, poll, &body).await? == Waited::InVain
    {
        return Ok((poll.timed_out)());
    }
    let scope = Arc::clone(&endpoint.scope);
    endpoint.lane.run(move || (method.work)(&scope.call(), &body)).await?
}

/// How waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waited {
    /// There is something to tell.
    ForNews,
    /// Nothing happened in time.
    InVain,
}

/// Waits until there is something that the client does not know. No thread and no turn is held meanwhile.
async fn wait_for_news(endpoint: &Arc<Endpoint>, poll: LongPoll, body: &Bytes) -> Result<Waited, MethodError> {
    let deadline = Instant::now() + endpoint.scope.limits.long_poll;
    let mut news = endpoint.scope.node.watch_news();
    loop {
        let stopping = *news.borrow_and_update() == News::Stopping;
        let (scope, body) = (Arc::clone(&endpoint.scope), body.clone());
        let unchanged = endpoint
            .lane
            .run(move || (poll.is_unchanged)(&scope.call(), &body))
            .await??;
        if !unchanged {
            return Ok(Waited::ForNews);
        }
        if stopping || !matches!(time::timeout_at(deadline, news.changed()).await, Ok(Ok(()))) {
            return Ok(Waited::InVain);
        }
    }
}

async fn answer_binary(endpoint: &Arc<Endpoint>, method: BinaryMethod, body: Bytes) -> Response {
    let pieces = run_binary(endpoint, method, body).await;
    match pieces.and_then(|pieces| response::respond(&endpoint.budget, Content::Octets, pieces)) {
        Ok(response) => response,
        Err(error) => {
            let status = match error.code() {
                ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
                code => server_status(code).unwrap_or(StatusCode::BAD_REQUEST),
            };
            with_retry(&error, (status, error.to_string()).into_response())
        }
    }
}

/// The answer to a request that failed.
pub(super) fn refuse(error: &MethodError) -> Response {
    if let Some(status) = server_status(error.code()) {
        let data = error.data().map(|data| format!(": {data}")).unwrap_or_default();
        return with_retry(error, (status, format!("{error}{data}\n")).into_response());
    }
    let answer = json!({
        "status": error.to_string(),
        "error": { "code": error.code().number(), "message": error.to_string() },
        "untrusted": false,
    });
    small_json(answer.to_string())
}

/// Clients that came too fast are told so, and when to come again.
fn with_retry(error: &MethodError, mut response: Response) -> Response {
    if let MethodError::TooFast { seconds } = error {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
    }
    response
}

/// The status for what the server refuses; none for what a method refuses.
const fn server_status(code: ErrorCode) -> Option<StatusCode> {
    match code {
        ErrorCode::Parse | ErrorCode::InvalidRequest | ErrorCode::InvalidParameters => Some(StatusCode::BAD_REQUEST),
        ErrorCode::MethodNotFound => Some(StatusCode::NOT_FOUND),
        ErrorCode::NotPublic => Some(StatusCode::FORBIDDEN),
        ErrorCode::ServerBusy => Some(StatusCode::SERVICE_UNAVAILABLE),
        ErrorCode::InternalError => Some(StatusCode::INTERNAL_SERVER_ERROR),
        _ => None,
    }
}
