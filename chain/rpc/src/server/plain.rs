//! Plain paths: the body is the parameters, the answer is the bare result (rpc §1.2). And binary ones.
//!
//! What a method refuses is answered with HTTP 200 and the reason as `status`, because Monero's clients read nothing else; what
//! the server refuses has an HTTP status and a text.

use super::{endpoint::Endpoint, json_rpc::json_response};
use crate::{binary::BinaryMethod, error::MethodError, types::ErrorCode};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::stream;
use serde_json::json;
use std::{convert::Infallible, sync::Arc};

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
    match result {
        Ok(result) if result.get().len() > most => refuse(&MethodError::AnswerTooLarge { limit: most }),
        Ok(result) => json_response(Bytes::from(Box::<str>::from(result).into_string())),
        Err(error) => refuse(&error),
    }
}

async fn answer_binary(endpoint: &Arc<Endpoint>, method: BinaryMethod, body: Bytes) -> Response {
    let scope = Arc::clone(&endpoint.scope);
    let result = endpoint.lane.run(move || (method.work)(&scope.call(), &body)).await;
    match result.and_then(|result| result) {
        Ok(pieces) => {
            let length: usize = pieces.iter().map(Bytes::len).sum();
            let body = Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, Infallible>)));
            let octets = HeaderValue::from_static("application/octet-stream");
            let headers = [
                (header::CONTENT_TYPE, octets),
                (header::CONTENT_LENGTH, HeaderValue::from(length)),
            ];
            (StatusCode::OK, headers, body).into_response()
        }
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
    json_response(Bytes::from(answer.to_string()))
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
