//! Anvil as a child process, and what is asked of it.

use super::{Addresses, ArbitrumError, CHAIN_ID, Tools, contracts::ServiceNodeRewards};
use crate::{
    node::Tie,
    process::{Load, Process},
    rpc::RpcClient,
};
use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// How long it may take to start, with the state of a long run to read.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long it may take to end: it writes its state out.
const END_LIMIT: Duration = Duration::from_secs(20);
/// Seconds between two copies of the state on disk: what `kill -9` may cost.
const STATE_INTERVAL: &str = "2";
/// Most gas of a transaction: that of a block.
const BLOCK_GAS: u64 = 30_000_000;
const STATE_FILE: &str = "state.json";
const LOG_FILE: &str = "anvil.output";
const PROCESS_FILE: &str = "anvil.pid";

/// Ends anvil when the pipe at its standard input closes, as nodes end by themselves: the process that started it may be killed.
const WITH_PIPE: &str = r#"exec 3<&0
{ cat <&3 >/dev/null; kill -INT $$; } &
exec "$0" "$@" 3<&- </dev/null"#;

/// Anvil, running.
#[derive(Debug)]
pub struct Anvil {
    process: Process,
    folder: PathBuf,
    port: u16,
    rpc: RpcClient,
}

impl Anvil {
    /// Starts it on a port of this machine. A chain that is in the folder goes on; a new one makes a block for each transaction,
    /// until [`Self::make_blocks_every`].
    ///
    /// # Errors
    /// It does not start.
    pub fn start(tools: &Tools, folder: &Path, port: u16, tie: Tie) -> Result<Self, ArbitrumError> {
        fs::create_dir_all(folder)?;
        await_end(folder)?;
        let mut command = match tie {
            Tie::EndsWithUs => {
                let mut shell = Command::new("/bin/sh");
                shell.args(["-c", WITH_PIPE]).arg(&tools.anvil);
                shell
            }
            Tie::GoesOn => Command::new(&tools.anvil),
        };
        command
            .args(["--host", "127.0.0.1", "--silent"])
            .args(["--port", &port.to_string(), "--chain-id", &CHAIN_ID.to_string()])
            .args(["--state-interval", STATE_INTERVAL])
            .arg("--state")
            .arg(folder.join(STATE_FILE))
            .arg("--cache-path")
            .arg(folder.join("cache"));
        let log = folder.join(LOG_FILE);
        let process = Process::spawn(command, Load::OneNode, tie, &log)?;
        fs::write(folder.join(PROCESS_FILE), process.id().to_string())?;
        let anvil = Self {
            rpc: RpcClient::at_root(&format!("127.0.0.1:{port}")),
            process,
            folder: folder.to_owned(),
            port,
        };
        anvil.until_serving(&log)?;
        Ok(anvil)
    }

    fn until_serving(&self, log: &Path) -> Result<(), ArbitrumError> {
        let started = Instant::now();
        loop {
            match self.height() {
                Ok(_) => return Ok(()),
                Err(_) if started.elapsed() < START_LIMIT && self.process.try_wait()?.is_none() => {
                    // Another process's start cannot be awaited: ask again soon.
                    thread::sleep(Duration::from_millis(20));
                }
                Err(_) => return Err(ArbitrumError::NotServing { log: log.to_owned() }),
            }
        }
    }

    /// Its URL, for nodes and wallets.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its JSON-RPC.
    #[must_use]
    pub const fn rpc(&self) -> &RpcClient {
        &self.rpc
    }

    /// Number of its newest block.
    ///
    /// # Errors
    /// It does not answer.
    pub fn height(&self) -> Result<u64, ArbitrumError> {
        let answer = self.rpc.call("eth_blockNumber", &json!([]))?;
        quantity(&answer).ok_or_else(|| strange("eth_blockNumber", &answer))
    }

    /// From now on it makes a block every so many seconds, whether there are transactions or not.
    ///
    /// # Errors
    /// It does not answer.
    pub fn make_blocks_every(&self, seconds: u64) -> Result<(), ArbitrumError> {
        self.rpc.call("evm_setIntervalMining", &json!([seconds]))?;
        Ok(())
    }

    /// Makes blocks at once.
    ///
    /// # Errors
    /// It does not answer.
    pub fn mine(&self, blocks: u64) -> Result<(), ArbitrumError> {
        self.rpc.call("anvil_mine", &json!([blocks]))?;
        Ok(())
    }

    /// Sends a transaction from an account that anvil has the key of, and waits for its block. `to` is a contract; `None` makes
    /// one of `data`. `what` names it in errors.
    ///
    /// # Errors
    /// It was refused or failed.
    pub fn send(&self, what: &str, from: Address, to: Option<Address>, data: &[u8]) -> Result<Value, ArbitrumError> {
        let mut transaction = json!({
            "from": from,
            "data": hexadecimal(data),
            "gas": format!("{BLOCK_GAS:#x}"),
        });
        if let Some(to) = to {
            transaction["to"] = json!(to);
        }
        self.submit(what, &transaction)
    }

    /// Sends ether from an account that anvil has the key of. In wei.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn send_ether(&self, from: Address, to: Address, wei: U256) -> Result<Value, ArbitrumError> {
        let transaction = json!({ "from": from, "to": to, "value": wei });
        self.submit("sending ether", &transaction)
    }

    fn submit(&self, what: &str, transaction: &Value) -> Result<Value, ArbitrumError> {
        let id = self.rpc.call("eth_sendTransaction", &json!([transaction]))?;
        let sent = Instant::now();
        loop {
            let receipt = self.rpc.call("eth_getTransactionReceipt", &json!([id]))?;
            match receipt["status"].as_str() {
                Some("0x1") => return Ok(receipt),
                None if sent.elapsed() < START_LIMIT => thread::sleep(Duration::from_millis(10)),
                _ => {
                    return Err(ArbitrumError::Reverted {
                        what: what.to_owned(),
                        transaction: id.to_string(),
                    });
                }
            }
        }
    }

    /// Asks a contract.
    ///
    /// # Errors
    /// It refused, or there is none.
    pub fn ask<C: SolCall>(&self, contract: Address, call: &C) -> Result<C::Return, ArbitrumError> {
        let question = json!([{ "to": contract, "data": hexadecimal(&call.abi_encode()) }, "latest"]);
        let answer = self.rpc.call("eth_call", &question)?;
        let bytes = answer
            .as_str()
            .and_then(|text| hex::decode(text.trim_start_matches("0x")).ok());
        bytes
            .and_then(|bytes| C::abi_decode_returns(&bytes).ok())
            .ok_or_else(|| strange("eth_call", &answer))
    }

    /// Do the contracts lie where they should, and is the list of service nodes started, which comes last?
    ///
    /// # Errors
    /// It does not answer.
    pub fn is_started(&self, at: &Addresses) -> Result<bool, ArbitrumError> {
        let code = self.rpc.call("eth_getCode", &json!([at.rewards, "latest"]))?;
        let is_there = code.as_str().is_some_and(|code| code.len() > 2);
        Ok(is_there && self.ask(at.rewards, &ServiceNodeRewards::isStartedCall {})?)
    }

    /// Takes away the chain and starts a new one in its place.
    ///
    /// # Errors
    /// It cannot be stopped or started.
    pub(crate) fn start_anew(self, tools: &Tools, port: u16, tie: Tie) -> Result<Self, ArbitrumError> {
        let folder = self.folder.clone();
        self.stop()?;
        fs::remove_file(folder.join(STATE_FILE))?;
        Self::start(tools, &folder, port, tie)
    }

    /// Ends it at once, as `kill -9` does: the newest seconds of its chain are lost.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn kill(self) -> std::io::Result<()> {
        self.process.kill()
    }

    /// Lets it write its state, and waits until it has ended.
    ///
    /// # Errors
    /// It cannot be stopped.
    pub fn stop(self) -> Result<(), ArbitrumError> {
        if self.process.close_pipe() == Tie::GoesOn {
            interrupt(self.process.id())?;
        }
        self.process.wait_or_kill()?;
        Ok(())
    }

    /// Leaves it to itself. Only one that was started with [`Tie::GoesOn`] stays.
    pub(crate) fn leave(self) {
        self.process.leave();
    }
}

/// Stops the anvil of a folder that some other process started.
///
/// # Errors
/// It cannot be stopped.
pub(crate) fn stop(folder: &Path) -> Result<(), ArbitrumError> {
    if let Some(process) = running(folder)? {
        interrupt(process)?;
    }
    await_end(folder)
}

/// Waits until the anvil of an earlier run has ended, which may be writing its state.
fn await_end(folder: &Path) -> Result<(), ArbitrumError> {
    let began = Instant::now();
    while running(folder)?.is_some() {
        if began.elapsed() > END_LIMIT {
            return Err(ArbitrumError::NotServing {
                log: folder.join(LOG_FILE),
            });
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// The process that has this folder, by what the system says it was started with: its number may be another process's by now.
fn running(folder: &Path) -> std::io::Result<Option<u32>> {
    let written = fs::read_to_string(folder.join(PROCESS_FILE)).ok();
    let Some(process) = written.and_then(|text| text.trim().parse().ok()) else {
        return Ok(None);
    };
    let process: u32 = process;
    let listed = Command::new("ps")
        .args(["-ww", "-o", "stat=,args=", "-p", &process.to_string()])
        .output()?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let state = folder.join(STATE_FILE).display().to_string();
    let ended = listed.trim_start().starts_with('Z');
    Ok((listed.contains(&state) && !ended).then_some(process))
}

fn interrupt(process: u32) -> std::io::Result<()> {
    Command::new("kill")
        .args(["-INT", &process.to_string()])
        .status()
        .map(drop)
}

fn hexadecimal(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn quantity(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}

fn strange(method: &'static str, answer: &Value) -> ArbitrumError {
    ArbitrumError::Answer {
        method,
        answer: answer.to_string(),
    }
}
