//! JSON-RPC over HTTP, bounded in time and size: a provider is not trusted with the wallet's memory.

use alloy::{
    rpc::json_rpc::{RequestPacket, ResponsePacket},
    transports::{TransportError, TransportErrorKind, TransportFut, TransportResult},
};
use reqwest::{Client, Url, redirect};
use std::{
    task::{Context, Poll},
    time::Duration,
};
use thiserror::Error;
use tower::Service;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Most bytes of an answer; the longest that is asked for is a block without transactions.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// What a provider did wrong below JSON-RPC. Its address is left out of all of them: its path may hold a secret of the user.
#[derive(Debug, Error)]
pub(crate) enum HttpFault {
    /// Nobody is there.
    #[error("nobody answers there")]
    Connect,
    /// Not in time.
    #[error("no answer in time")]
    Timeout,
    /// It broke off.
    #[error("the connection broke")]
    Broken,
    /// An error page.
    #[error("HTTP status {0}")]
    Status(u16),
    /// Too long.
    #[error("an answer of more than {MAX_ANSWER_BYTES} bytes")]
    TooLong,
}

impl From<reqwest::Error> for HttpFault {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_connect() {
            Self::Connect
        } else {
            Self::Broken
        }
    }
}

/// Connections to one provider.
#[derive(Debug, Clone)]
pub(crate) struct BoundedHttp {
    client: Client,
    url: Url,
}

impl BoundedHttp {
    /// # Errors
    /// TLS could not be set up.
    pub(crate) fn new(url: Url) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self { client, url })
    }

    async fn exchange(self, request: RequestPacket) -> TransportResult<ResponsePacket> {
        let body = self.body(&request).await.map_err(TransportErrorKind::custom)?;
        serde_json::from_slice(&body).map_err(|error| TransportError::deser_err(error, "an answer that is no JSON-RPC"))
    }

    async fn body(self, request: &RequestPacket) -> Result<Vec<u8>, HttpFault> {
        let mut response = self.client.post(self.url).json(request).send().await?;
        let status = response.status();
        if !status.is_success() {
            return Err(HttpFault::Status(status.as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(HttpFault::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
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
