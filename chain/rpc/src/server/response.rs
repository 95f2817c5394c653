//! Answers as they go to the socket: large ones in slices, holding their share of the memory until they are sent.

use super::budget::{Budget, Taken};
use crate::error::MethodError;
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::stream;
use std::{collections::VecDeque, convert::Infallible};

/// Bytes handed to the socket at once.
const SLICE: usize = 64 * 1024;

/// What an answer is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Json,
    Octets,
}

impl Content {
    const fn header(self) -> HeaderValue {
        match self {
            Self::Json => HeaderValue::from_static("application/json"),
            Self::Octets => HeaderValue::from_static("application/octet-stream"),
        }
    }
}

/// A good answer.
///
/// # Errors
/// Too much memory is held by answers that others read slowly.
pub(super) fn respond(budget: &Budget, content: Content, pieces: Vec<Bytes>) -> Result<Response, MethodError> {
    let length: usize = pieces.iter().map(Bytes::len).sum();
    let taken = budget.take(length)?;
    let headers = [
        (header::CONTENT_TYPE, content.header()),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
    ];
    let body = if taken.is_some() {
        sliced(pieces, taken)
    } else {
        Body::from(joined(pieces))
    };
    Ok((StatusCode::OK, headers, body).into_response())
}

/// A small JSON answer, which no memory needs to be taken for.
pub(super) fn small_json(body: String) -> Response {
    (
        StatusCode::OK,
        [(header::CONTENT_TYPE, Content::Json.header())],
        Body::from(body),
    )
        .into_response()
}

fn joined(mut pieces: Vec<Bytes>) -> Bytes {
    match pieces.len() {
        1 => pieces.pop().unwrap_or_default(),
        _ => pieces.concat().into(),
    }
}

fn sliced(pieces: Vec<Bytes>, taken: Taken) -> Body {
    let pieces: VecDeque<Bytes> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
    let state = (pieces, taken);
    Body::from_stream(stream::unfold(state, |(mut pieces, taken)| async move {
        let front = pieces.front_mut()?;
        let slice = front.split_to(front.len().min(SLICE));
        if front.is_empty() {
            pieces.pop_front();
        }
        Some((Ok::<_, Infallible>(slice), (pieces, taken)))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn large_answers_hold_memory_until_they_are_read() {
        let budget = Budget::new(1024 * 1024);
        let pieces = || {
            vec![
                Bytes::from(vec![1; 300_000]),
                Bytes::new(),
                Bytes::from(vec![2; 400_000]),
            ]
        };
        let first = respond(&budget, Content::Octets, pieces()).unwrap();
        assert!(matches!(
            respond(&budget, Content::Octets, pieces()),
            Err(MethodError::ServerBusy)
        ));
        let body = axum::body::to_bytes(first.into_body(), usize::MAX).await.unwrap();
        assert_eq!(body, pieces().concat());
        let second = respond(&budget, Content::Octets, pieces()).unwrap();
        drop(second);
        assert!(
            respond(&budget, Content::Octets, pieces()).is_ok(),
            "a client that went away holds nothing"
        );
        let small = respond(&budget, Content::Json, vec![Bytes::from("{"), Bytes::from("}")]).unwrap();
        assert_eq!(axum::body::to_bytes(small.into_body(), 10).await.unwrap(), "{}");
    }
}
