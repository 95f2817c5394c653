//! JSON-RPC over HTTP to a provider of Ethereum, bounded in time and size: a provider is not trusted with anybody's memory.
//!
//! A service; depends on alloy and reqwest alone. The follower of a node and the wallet speak through it, each with its own
//! [`Limits`].
#![forbid(unsafe_code)]

use alloy::{
    rpc::json_rpc::{RequestPacket, ResponsePacket},
    transports::{TransportError, TransportErrorKind, TransportFut, TransportResult},
};
use reqwest::{Client, Url, redirect};
use std::{
    fmt,
    task::{Context, Poll},
    time::Duration,
};
use thiserror::Error;
use tower::Service;

/// What a provider may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time until a connection stands.
    pub connecting: Duration,
    /// Time of a whole request.
    pub request: Duration,
    /// Bytes of an answer.
    pub answer_bytes: usize,
}

/// What a provider did wrong below JSON-RPC. Its address is left out of all of them: its path may hold a secret of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HttpFault {
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
    #[error("an answer of more than {limit} bytes")]
    TooLong {
        /// The most that was allowed.
        limit: usize,
    },
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

/// Connections to one provider. A redirection is not followed: a provider is who was named.
#[derive(Clone)]
pub struct BoundedHttp {
    client: Client,
    url: Url,
    answer_bytes: usize,
}

impl fmt::Debug for BoundedHttp {
    /// Scheme and host alone: the rest of a provider's address may be a secret of the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedHttp")
            .field("scheme", &self.url.scheme())
            .field("host", &self.url.host_str())
            .field("answer_bytes", &self.answer_bytes)
            .finish_non_exhaustive()
    }
}

impl BoundedHttp {
    /// Connections that are made when they are needed.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new(url: Url, limits: &Limits) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(limits.connecting)
            .timeout(limits.request)
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self {
            client,
            url,
            answer_bytes: limits.answer_bytes,
        })
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
            if body.len() + chunk.len() > self.answer_bytes {
                return Err(HttpFault::TooLong {
                    limit: self.answer_bytes,
                });
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
