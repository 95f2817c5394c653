//! JSON-RPC 2.0 over HTTP, tolerant of what real clients send: a missing `jsonrpc`, any content type, parameters missing, null
//! or an empty list. The answer has the request's id with its type (rpc §1.2).

use super::{
    endpoint::Endpoint,
    response::{self, Content, small_json},
};
use crate::{error::MethodError, types::ErrorCode};
use axum::response::Response;
use bytes::Bytes;
use jsonrpsee::{
    MethodCallback, MethodResponse,
    types::{ErrorObject, ErrorObjectOwned, Id, Params},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

/// What a request consists of; anything else in it is ignored.
#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    id: Option<Box<RawValue>>,
    #[serde(default)]
    method: Option<Box<RawValue>>,
    #[serde(default)]
    params: Option<Box<RawValue>>,
}

/// A body: one request or several.
pub(super) enum Envelope {
    Single(Box<RawValue>),
    Batch(Vec<Box<RawValue>>),
}

impl Envelope {
    /// Reads a body.
    ///
    /// # Errors
    /// The answer for a body that is not JSON, or a batch that is empty or too large.
    pub(super) fn parse(body: &[u8], most: usize) -> Result<Self, ErrorObjectOwned> {
        let whole: Box<RawValue> = serde_json::from_slice(body)
            .map_err(|error| ErrorObject::owned(ErrorCode::Parse.number(), "Parse error", Some(error.to_string())))?;
        if !whole.get().starts_with('[') {
            return Ok(Self::Single(whole));
        }
        let requests: Vec<Box<RawValue>> = serde_json::from_str(whole.get())
            .map_err(|error| ErrorObject::owned(ErrorCode::Parse.number(), "Parse error", Some(error.to_string())))?;
        if requests.is_empty() {
            return Err(invalid_request("the batch is empty"));
        }
        if requests.len() > most {
            return Err(invalid_request(&format!(
                "the batch has {} requests, more than the {most} that one may have",
                requests.len()
            )));
        }
        Ok(Self::Batch(requests))
    }

    /// How many requests it is.
    pub(super) fn requests(&self) -> u32 {
        match self {
            Self::Single(_) => 1,
            Self::Batch(requests) => u32::try_from(requests.len()).unwrap_or(u32::MAX),
        }
    }
}

fn invalid_request(message: &str) -> ErrorObjectOwned {
    ErrorObject::owned(ErrorCode::InvalidRequest.number(), message, None::<()>)
}

/// Answers a body that was read.
pub(super) async fn answer(endpoint: &Arc<Endpoint>, envelope: Envelope) -> Response {
    match envelope {
        Envelope::Single(request) => {
            let answer = answer_one(endpoint, &request).await.into_json();
            respond(endpoint, Box::<str>::from(answer).into_string())
        }
        Envelope::Batch(requests) => {
            let most = endpoint.scope.limits.sizes.response_bytes;
            let mut answers = String::from("[");
            for request in requests {
                let answer = answer_one(endpoint, &request).await.into_json();
                if answers.len().saturating_add(answer.get().len()) > most {
                    return failure(MethodError::AnswerTooLarge { limit: most }.into());
                }
                if answers.len() > 1 {
                    answers.push(',');
                }
                answers.push_str(answer.get());
            }
            answers.push(']');
            respond(endpoint, answers)
        }
    }
}

fn respond(endpoint: &Endpoint, answer: String) -> Response {
    response::respond(&endpoint.budget, Content::Json, vec![Bytes::from(answer)])
        .unwrap_or_else(|error| failure(error.into()))
}

/// The answer to a body that could not be read; it has no id.
pub(super) fn failure(error: ErrorObjectOwned) -> Response {
    let answer = MethodResponse::error(Id::Null, error).into_json();
    small_json(Box::<str>::from(answer).into_string())
}

async fn answer_one(endpoint: &Arc<Endpoint>, request: &RawValue) -> MethodResponse {
    let Ok(request) = serde_json::from_str::<Request>(request.get()) else {
        return MethodResponse::error(Id::Null, invalid_request("a request is an object with a method"));
    };
    let Some(id) = parse_id(request.id.as_deref()) else {
        return MethodResponse::error(
            Id::Null,
            invalid_request("an id is text, a non-negative integer, or null"),
        );
    };
    let method = request
        .method
        .and_then(|method| serde_json::from_str::<String>(method.get()).ok());
    let Some(method) = method.filter(|method| !method.is_empty()) else {
        return MethodResponse::error(id, invalid_request("the request has no method"));
    };
    if !matches!(endpoint.json_rpc.method(&method), Some(MethodCallback::Sync(_))) {
        let error = MethodError::MethodNotFound {
            method: MethodError::excerpt(&method),
        };
        return MethodResponse::error(id, ErrorObjectOwned::from(error));
    }
    let (work_endpoint, work_id) = (Arc::clone(endpoint), id.clone());
    let work = move || call_method(&work_endpoint, work_id, &method, request.params.as_deref());
    match endpoint.lane.run(work).await {
        Ok(response) => response,
        Err(error) => MethodResponse::error(id, ErrorObjectOwned::from(error)),
    }
}

/// Text, a non-negative integer, null or nothing.
fn parse_id(id: Option<&RawValue>) -> Option<Id<'static>> {
    match id {
        None => Some(Id::Null),
        Some(id) => serde_json::from_str::<Id<'_>>(id.get()).ok().map(Id::into_owned),
    }
}

fn call_method(endpoint: &Endpoint, id: Id<'static>, method: &str, params: Option<&RawValue>) -> MethodResponse {
    let most = endpoint.scope.limits.sizes.response_bytes;
    match endpoint.json_rpc.method(method) {
        Some(MethodCallback::Sync(callback)) => {
            let extensions = jsonrpsee::Extensions::new();
            callback(id, Params::new(params.map(RawValue::get)), most, extensions)
        }
        _ => {
            let error = MethodError::MethodNotFound {
                method: MethodError::excerpt(method),
            };
            MethodResponse::error(id, ErrorObjectOwned::from(error))
        }
    }
}
