//! Requests over HTTP: JSON-RPC and the binary endpoints, bounded in time and size.

use super::{DaemonAddress, DaemonError};
use oxen_rpc::types::{ErrorCode, ErrorObject};
use parity_scale_codec::{Decode, Encode};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::Duration;
use zeroize::Zeroizing;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long nothing may come.
const READ_TIMEOUT: Duration = Duration::from_secs(120);
/// Most bytes of any answer.
const MAX_ANSWER_BYTES: usize = oxen_types::scan::MAX_ANSWER_BYTES;
/// Characters of an error page that are shown.
const SHOWN_CHARACTERS: usize = 200;

/// A login at the daemon.
#[derive(Clone)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Zeroizing<String>,
}

impl std::fmt::Debug for Login {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Connections to one daemon.
#[derive(Debug, Clone)]
pub struct Connection {
    client: Client,
    address: DaemonAddress,
    login: Option<Login>,
}

/// How a client connects.
#[derive(Debug, Clone, Default)]
pub struct ConnectionOptions {
    /// A login.
    pub login: Option<Login>,
    /// An HTTP or SOCKS proxy on the way.
    pub proxy: Option<String>,
    /// Certificates, PEM, to be trusted beside those of the system.
    pub certificates: Option<Vec<u8>>,
}

#[derive(Serialize)]
struct JsonRequest<'a, P> {
    jsonrpc: &'static str,
    id: u8,
    method: &'a str,
    params: P,
}

#[derive(Deserialize)]
struct JsonResponse<R> {
    result: Option<R>,
    error: Option<ErrorObject>,
}

impl Connection {
    /// Prepares connections; nothing is sent yet.
    ///
    /// # Errors
    /// [`DaemonError::Client`].
    pub fn new(address: DaemonAddress, options: &ConnectionOptions) -> Result<Self, DaemonError> {
        // Another part of the process may have chosen one before: then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .user_agent(concat!("oxen-wallet-cli/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if let Some(proxy) = &options.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(DaemonError::Client)?);
        }
        if let Some(pem) = &options.certificates {
            let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(DaemonError::Client)?;
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(DaemonError::Client)?;
        Ok(Self {
            client,
            address,
            login: options.login.clone(),
        })
    }

    /// Where it connects to.
    #[must_use]
    pub const fn address(&self) -> &DaemonAddress {
        &self.address
    }

    /// Calls a JSON-RPC method.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn call<P: Serialize, R: DeserializeOwned>(
        &self,
        method: &'static str,
        params: P,
    ) -> Result<R, DaemonError> {
        let request = JsonRequest {
            jsonrpc: "2.0",
            id: 0,
            method,
            params,
        };
        let bytes = self
            .exchange(method, self.client.post(self.address.method("json_rpc")).json(&request))
            .await?;
        let response: JsonResponse<R> = serde_json::from_slice(&bytes).map_err(|error| DaemonError::Unreadable {
            method,
            reason: error.to_string(),
        })?;
        match (response.error, response.result) {
            (Some(error), _) => Err(self.refused(method, error)),
            (None, Some(result)) => Ok(result),
            (None, None) => Err(DaemonError::Unreadable {
                method,
                reason: "it has neither result nor error".to_owned(),
            }),
        }
    }

    /// Calls a binary endpoint of the wallet's own.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn call_binary<Q: Encode, A: Decode>(&self, path: &'static str, query: &Q) -> Result<A, DaemonError> {
        let bytes = self.call_bytes(path, query.encode()).await?;
        oxen_rpc::types::wallet::decode(&bytes).map_err(|error| DaemonError::decode(path, &error))
    }

    /// Calls a binary endpoint, leaving the answer as it is.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn call_bytes(&self, path: &'static str, body: Vec<u8>) -> Result<Vec<u8>, DaemonError> {
        let request = self
            .client
            .post(self.address.method(path))
            .header("content-type", "application/octet-stream")
            .body(body);
        self.exchange(path, request).await
    }

    async fn exchange(&self, method: &'static str, request: RequestBuilder) -> Result<Vec<u8>, DaemonError> {
        let request = match &self.login {
            Some(login) => request.basic_auth(&login.user, Some(login.password.as_str())),
            None => request,
        };
        let response = request.send().await.map_err(|error| self.broken(&error))?;
        let status = response.status();
        if status == StatusCode::OK {
            return self.read(method, response).await;
        }
        let address = self.address.to_string();
        Err(match status {
            StatusCode::UNAUTHORIZED => DaemonError::LoginNeeded { address },
            StatusCode::NOT_FOUND => DaemonError::UnknownMethod { address, method },
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => DaemonError::Busy { address },
            _ => {
                let text = self.read(method, response).await.unwrap_or_default();
                let text = String::from_utf8_lossy(&text).chars().take(SHOWN_CHARACTERS).collect();
                DaemonError::Status {
                    address,
                    method,
                    status: status.as_u16(),
                    text,
                }
            }
        })
    }

    /// Reads the body up to the limit.
    async fn read(&self, method: &'static str, mut response: Response) -> Result<Vec<u8>, DaemonError> {
        let announced = response
            .content_length()
            .and_then(|length| usize::try_from(length).ok())
            .unwrap_or(0);
        let mut bytes = Vec::with_capacity(announced.min(MAX_ANSWER_BYTES));
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(DaemonError::TooLong {
                    method,
                    limit: MAX_ANSWER_BYTES,
                });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn broken(&self, error: &reqwest::Error) -> DaemonError {
        let address = self.address.to_string();
        let reason = innermost(error);
        if error.is_connect() {
            DaemonError::Unreachable { address, reason }
        } else {
            DaemonError::Broken { address, reason }
        }
    }

    fn refused(&self, method: &'static str, error: ErrorObject) -> DaemonError {
        let is = |code: ErrorCode| error.code == code.number();
        let address = || self.address.to_string();
        if is(ErrorCode::ServerBusy) {
            DaemonError::Busy { address: address() }
        } else if is(ErrorCode::CoreBusy) {
            DaemonError::Synchronising { address: address() }
        } else if is(ErrorCode::MethodNotFound) {
            DaemonError::UnknownMethod {
                address: address(),
                method,
            }
        } else {
            DaemonError::Refused { method, error }
        }
    }
}

/// The innermost reason says most, in the fewest words.
fn innermost(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    reason.to_string()
}
