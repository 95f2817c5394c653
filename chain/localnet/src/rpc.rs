//! Calling a node's JSON-RPC.

use serde_json::{Value, json};
use std::time::Duration;
use thiserror::Error;

/// Why a call failed.
#[derive(Debug, Error)]
pub enum CallError {
    /// The node did not answer.
    #[error("{method}: the node does not answer: {source}")]
    Unreachable {
        /// Method called.
        method: String,
        /// Why.
        #[source]
        source: Box<ureq::Error>,
    },
    /// The node answered with an error.
    #[error("{method}: {message} (code {code})")]
    Refused {
        /// Method called.
        method: String,
        /// Code of the error.
        code: i64,
        /// Its text.
        message: String,
    },
}

/// A client of one node.
#[derive(Debug, Clone)]
pub struct RpcClient {
    base: String,
    /// Where it takes requests.
    path: &'static str,
    agent: ureq::Agent,
}

impl RpcClient {
    /// A client for the listener at `address`, which is `host:port`.
    #[must_use]
    pub fn new(address: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(120)))
            .http_status_as_error(false)
            .build();
        Self {
            base: format!("http://{address}"),
            path: "/json_rpc",
            agent: config.into(),
        }
    }

    /// A client for a listener that takes requests at its root, as nodes of Ethereum do.
    #[must_use]
    pub fn at_root(address: &str) -> Self {
        Self {
            path: "/",
            ..Self::new(address)
        }
    }

    /// Calls a method by name.
    ///
    /// # Errors
    /// The node does not answer, or answers with an error.
    pub fn call(&self, method: &str, params: &Value) -> Result<Value, CallError> {
        let request = json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": params });
        let unreachable = |source| CallError::Unreachable {
            method: method.to_owned(),
            source: Box::new(source),
        };
        let mut answer: Value = self
            .agent
            .post(format!("{}{}", self.base, self.path))
            .send_json(&request)
            .and_then(|mut response| response.body_mut().read_json())
            .map_err(unreachable)?;
        match answer.get("error") {
            Some(error) => Err(CallError::Refused {
                method: method.to_owned(),
                code: error["code"].as_i64().unwrap_or_default(),
                message: error["message"].as_str().unwrap_or_default().to_owned(),
            }),
            None => Ok(answer["result"].take()),
        }
    }

    /// Gets a plain path; the status code and the body.
    ///
    /// # Errors
    /// The node does not answer.
    pub fn get(&self, path: &str) -> Result<(u16, String), CallError> {
        let unreachable = |source| CallError::Unreachable {
            method: path.to_owned(),
            source: Box::new(source),
        };
        let mut response = self
            .agent
            .get(format!("{}{path}", self.base))
            .call()
            .map_err(unreachable)?;
        let code = response.status().as_u16();
        Ok((code, response.body_mut().read_to_string().map_err(unreachable)?))
    }

    /// Height of the next block.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn height(&self) -> Result<u64, CallError> {
        Ok(self.call("get_info", &json!({}))?["height"]
            .as_u64()
            .unwrap_or_default())
    }

    /// Makes blocks on a private network.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn generate_blocks(&self, count: u64) -> Result<Value, CallError> {
        self.call("generateblocks", &json!({ "amount_of_blocks": count }))
    }
}
