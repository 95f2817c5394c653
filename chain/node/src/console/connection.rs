//! Finding the running node, and asking it.

use super::ConsoleError;
use crate::{arguments::RpcArguments, launch::RPC_ADDRESSES_FILE};
use base64::{Engine, engine::general_purpose::STANDARD};
use oxen_rpc::types::{ErrorObject, Status};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    time::Duration,
};

/// How long the node may take to answer: taking back many blocks is slow.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);
/// How long a connection may take to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Most bytes of an answer: as many as the node sends to its operator.
const MAX_ANSWER_BYTES: u64 = 256 * 1024 * 1024;

/// Where the node listens, and how that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeAddress {
    pub(crate) address: SocketAddr,
    pub(crate) found: &'static str,
}

impl NodeAddress {
    /// Named by an option, else written by the node into its data directory, else the network's port.
    pub(crate) fn find(options: &RpcArguments, data_directory: &Path, default_port: u16) -> Self {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let usable = |address: &SocketAddr| address.port() != 0;
        let named = options
            .rpc_admin
            .iter()
            .find_map(|text| text.parse().ok().filter(usable));
        let (address, found) = if let Some(address) = named {
            (address, "which --rpc-admin names")
        } else if let Some(port) = options.rpc_port.filter(|port| *port != 0) {
            (local(port), "which --rpc-port names")
        } else if let Some(address) = written_address(data_directory) {
            (address, "which the data directory names")
        } else {
            (local(default_port), "the network's port on this machine")
        };
        Self {
            address: reachable(address),
            found,
        }
    }
}

/// The first address in the file that a running node writes.
fn written_address(data_directory: &Path) -> Option<SocketAddr> {
    let text = fs::read_to_string(data_directory.join(RPC_ADDRESSES_FILE)).ok()?;
    text.lines().next()?.trim().parse().ok()
}

/// A node that listens on every address is asked on this machine's own.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// An answer, as it came and as a value.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    /// As it came.
    pub(crate) json: Value,
    /// As a value.
    pub(crate) value: T,
}

#[derive(Serialize)]
struct Request<'a, P> {
    jsonrpc: &'static str,
    id: u8,
    method: &'a str,
    params: P,
}

#[derive(Deserialize)]
struct Response {
    result: Option<Value>,
    error: Option<ErrorObject>,
}

/// The running node.
pub(crate) struct NodeClient {
    address: NodeAddress,
    agent: ureq::Agent,
    login: Option<String>,
}

impl NodeClient {
    /// Prepares to ask; nothing is sent yet. The login is `user:password`.
    pub(crate) fn new(address: NodeAddress, login: Option<&str>) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_LIMIT))
            .timeout_connect(Some(CONNECT_LIMIT))
            .http_status_as_error(false)
            .proxy(None)
            .build();
        Self {
            address,
            agent: config.into(),
            login: login.map(|pair| format!("Basic {}", STANDARD.encode(pair))),
        }
    }

    /// Calls a method.
    ///
    /// # Errors
    /// The node does not answer, refuses, or its answer is not of the type.
    pub(crate) fn call<P: Serialize, T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: P,
    ) -> Result<Answer<T>, ConsoleError> {
        let unreadable = |error: serde_json::Error| ConsoleError::Unreadable {
            method,
            reason: error.to_string(),
        };
        let response: Response = serde_json::from_str(&self.exchange(method, params)?).map_err(unreadable)?;
        if let Some(ErrorObject { code, message, .. }) = response.error {
            let said = message.strip_prefix("method not found: ").unwrap_or(&message);
            return Err(ConsoleError::Refused {
                message: said.to_owned(),
                code,
            });
        }
        let json = response.result.unwrap_or(Value::Null);
        check_status(&json)?;
        let value = T::deserialize(&json).map_err(unreadable)?;
        Ok(Answer { json, value })
    }

    /// Sends a request; the body of the answer.
    fn exchange<P: Serialize>(&self, method: &str, params: P) -> Result<String, ConsoleError> {
        let NodeAddress { address, found } = self.address;
        let unreachable = |error: ureq::Error| ConsoleError::Unreachable {
            address,
            found,
            reason: reason(&error),
        };
        let mut post = self.agent.post(format!("http://{address}/json_rpc"));
        if let Some(login) = &self.login {
            post = post.header("authorization", login);
        }
        let request = Request {
            jsonrpc: "2.0",
            id: 0,
            method,
            params,
        };
        let mut response = post.send_json(&request).map_err(unreachable)?;
        match response.status().as_u16() {
            200 | 403 => {}
            401 => return Err(ConsoleError::LoginNeeded { address }),
            429 | 503 => return Err(ConsoleError::Busy { address }),
            code => {
                return Err(ConsoleError::NotANode {
                    address,
                    reason: format!("it answers with HTTP status {code}"),
                });
            }
        }
        response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_string()
            .map_err(unreachable)
    }
}

/// A `status` that is neither `OK` nor `BUSY` says what failed.
fn check_status(result: &Value) -> Result<(), ConsoleError> {
    let status = result.get("status").and_then(Value::as_str).unwrap_or("OK");
    if status == Status::OK.as_str() || status == Status::BUSY.as_str() {
        Ok(())
    } else {
        Err(ConsoleError::NotReady(status.to_owned()))
    }
}

/// The operating system's words, where there are any.
fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(system) => system.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(admin: &[&str], port: Option<u16>) -> RpcArguments {
        RpcArguments {
            rpc_admin: admin.iter().map(|text| (*text).to_owned()).collect(),
            rpc_port: port,
            ..RpcArguments::default()
        }
    }

    #[test]
    fn an_option_goes_before_the_file_and_the_file_before_the_networks_port() {
        let folder = tempfile::tempdir().unwrap();
        let find = |options: &RpcArguments| NodeAddress::find(options, folder.path(), 22_023).address.to_string();
        assert_eq!(find(&options(&[], None)), "127.0.0.1:22023");
        fs::write(
            folder.path().join(RPC_ADDRESSES_FILE),
            "127.0.0.1:4711\n127.0.0.1:4712\n",
        )
        .unwrap();
        assert_eq!(find(&options(&[], None)), "127.0.0.1:4711");
        assert_eq!(find(&options(&[], Some(0))), "127.0.0.1:4711");
        assert_eq!(find(&options(&[], Some(5))), "127.0.0.1:5");
        assert_eq!(find(&options(&["none", "10.0.0.1:6"], None)), "10.0.0.1:6");
        assert_eq!(find(&options(&["0.0.0.0:7"], None)), "127.0.0.1:7");
    }

    #[test]
    fn a_status_that_is_text_is_what_failed() {
        assert!(check_status(&serde_json::json!({ "status": "OK" })).is_ok());
        assert!(check_status(&serde_json::json!({ "status": "BUSY" })).is_ok());
        assert!(check_status(&serde_json::json!("a bare id")).is_ok());
        let error = check_status(&serde_json::json!({ "status": "Not a service node" })).unwrap_err();
        assert_eq!(error.to_string(), "Not a service node");
    }
}
