//! JSON-RPC over HTTP with a limit on what an answer may weigh: a provider is not trusted with this node's memory.

use alloy::{
    rpc::json_rpc::{RequestPacket, ResponsePacket},
    transports::{TransportError, TransportErrorKind, TransportFut, TransportResult},
};
use reqwest::{Client, Url};
use std::{
    task::{Context, Poll},
    time::Duration,
};
use thiserror::Error;
use tower::Service;

/// Most bytes of an answer: a window of logs as dense as the contract allows is far below it.
const MAX_ANSWER_BYTES: usize = 16 << 20;

/// What a provider did wrong below JSON-RPC.
#[derive(Debug, Error)]
pub(crate) enum HttpFault {
    /// No answer, or none in time. The provider's address is left out: its path may hold a key.
    #[error("{0}")]
    Unreachable(reqwest::Error),
    /// An error page.
    #[error("HTTP status {0}")]
    Status(u16),
    /// Too long.
    #[error("an answer of more than {MAX_ANSWER_BYTES} bytes; lower --l2-max-logs if this lasts")]
    TooLong,
}

/// One provider's connections.
#[derive(Debug, Clone)]
pub(crate) struct BoundedHttp {
    client: Client,
    url: Url,
}

impl BoundedHttp {
    /// # Errors
    /// TLS could not be set up.
    pub(crate) fn new(url: Url, timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = Client::builder().timeout(timeout).build()?;
        Ok(Self { client, url })
    }

    async fn exchange(self, request: RequestPacket) -> TransportResult<ResponsePacket> {
        let unreachable =
            |error: reqwest::Error| TransportErrorKind::custom(HttpFault::Unreachable(error.without_url()));
        let call = self.client.post(self.url).json(&request);
        let mut response = call.send().await.map_err(unreachable)?;
        let status = response.status();
        if !status.is_success() {
            return Err(TransportErrorKind::custom(HttpFault::Status(status.as_u16())));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(TransportErrorKind::custom(HttpFault::TooLong));
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).map_err(|error| TransportError::deser_err(error, "an answer that is no JSON-RPC"))
    }
}

impl Service<RequestPacket> for BoundedHttp {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        Box::pin(self.clone().exchange(request))
    }
}
