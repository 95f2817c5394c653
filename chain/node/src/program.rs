//! What `oxend` does with its command line.

use crate::{
    arguments::{Arguments, RpcArguments},
    config_file::{ConfigError, Configuration, read_configuration},
    console::{ConsoleError, run_command},
    data_directory,
    l2_options::{L2OptionError, follower_settings},
    launch::{LaunchError, Node, NodeSettings},
    logging::{LogDestination, LoggingError, start_logging},
    network_choice::{NetworkError, choose_network},
    peers::peer_config,
    service_node_options::{ServiceNodeOptionError, local_addresses, service_node_settings},
    shutdown::{Shutdown, ShutdownReason},
    together::{self, ListError},
};
use oxen_mempool::{PoolSettings, settings::FeePolicy};
use oxen_rpc::{ListenerConfig, Login, RpcConfig};
use oxen_state::StakingRules;
use oxen_store::{Durability, StoreError, StoreSettings};
use oxen_types::{Network, network::NetworkDescription, transaction::Weight};
use oxen_writer::replay::{ReplayError, check_by_replay};
use std::{
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use thiserror::Error;

/// Why `oxend` ended with an error.
#[derive(Debug, Error)]
pub enum ProgramError {
    /// Command line or configuration file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A command for the running node.
    #[error(transparent)]
    Console(#[from] ConsoleError),
    /// The logs.
    #[error(transparent)]
    Logging(#[from] LoggingError),
    /// The options of a service node.
    #[error(transparent)]
    ServiceNode(#[from] ServiceNodeOptionError),
    /// The options for Arbitrum.
    #[error(transparent)]
    L2(#[from] L2OptionError),
    /// The start.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// An option has a value that cannot be used.
    #[error("--{option} {value}: {expected}")]
    Value {
        /// Its name.
        option: &'static str,
        /// What was given.
        value: String,
        /// What is understood.
        expected: &'static str,
    },
    /// The database could not be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database was found damaged.
    #[error(transparent)]
    Damaged(#[from] ReplayError),
    /// The list of several nodes.
    #[error(transparent)]
    List(#[from] ListError),
    /// One of several nodes.
    #[error("{node}: {error}")]
    OneOfSeveral {
        /// Its name, that of its data directory.
        node: String,
        /// What happened to it.
        error: Box<Self>,
    },
    /// A write failed while the node ran.
    #[error("{0}")]
    StorageFailed(ShutdownReason),
    /// The operating system refused something basic.
    #[error("the operating system refused: {0}")]
    System(#[from] std::io::Error),
}

/// Runs `oxend` and turns its end into an exit code; errors go to the terminal in one sentence.
pub fn main(command_line: impl IntoIterator<Item = OsString>) -> ExitCode {
    match run(command_line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(ProgramError::Config(ConfigError::Arguments(error))) => error.exit(),
        Err(error) => {
            eprintln!("oxend: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command_line: impl IntoIterator<Item = OsString>) -> Result<(), ProgramError> {
    let configuration = read_configuration(command_line)?;
    if !configuration.arguments.command.is_empty() {
        return Ok(run_command(&configuration)?);
    }
    if let Some(list) = &configuration.arguments.together {
        return run_together(list, &configuration);
    }
    let Configuration { arguments, ignored } = configuration;
    let network = choose_network(&arguments.network)?;
    if arguments.print_network {
        println!("{}", NetworkDescription::of(&network).to_json());
        return Ok(());
    }
    let root = data_directory::root(&arguments);
    let folder = root.join(&network.data_directory);
    std::fs::create_dir_all(&folder)?;
    let _flush_logs = start_logging(&arguments.log_level, &log_destination(&arguments, folder))?;
    warn_of_ignored(&ignored);
    let settings = node_settings(&arguments, network, root)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("oxend")
        .build()?;
    if arguments.check_database {
        return check_database(&settings);
    }
    runtime.block_on(serve(settings, input_end(&arguments)))
}

/// `--together`: several nodes, whose log is one.
fn run_together(list: &Path, configuration: &Configuration) -> Result<(), ProgramError> {
    let arguments = &configuration.arguments;
    let folder = data_directory::root(arguments);
    std::fs::create_dir_all(&folder)?;
    let _flush_logs = start_logging(&arguments.log_level, &log_destination(arguments, folder))?;
    warn_of_ignored(&configuration.ignored);
    together::run(list, input_end(arguments))
}

fn log_destination(arguments: &Arguments, folder: PathBuf) -> LogDestination {
    match &arguments.log_file {
        Some(path) if path == Path::new("none") => LogDestination::Terminal,
        Some(path) => LogDestination::File(path.clone()),
        None => LogDestination::Folder(folder),
    }
}

pub(crate) fn warn_of_ignored(options: &[String]) {
    for option in options {
        tracing::warn!("the configuration file's option `{option}` has no use in this version and is ignored");
    }
}

const fn input_end(arguments: &Arguments) -> InputEnd {
    if arguments.stop_with_stdin {
        InputEnd::Stops
    } else {
        InputEnd::MeansNothing
    }
}

/// `--check-database`: makes the state anew from the blocks and compares.
fn check_database(settings: &NodeSettings) -> Result<(), ProgramError> {
    let (folder, store) = crate::launch::open_database(settings)?;
    let snapshot = store.snapshot();
    let started = std::time::Instant::now();
    let rules = StakingRules::new(std::sync::Arc::new(settings.network.clone()));
    let checked = check_by_replay(&*snapshot, &settings.network, &rules, |height| {
        if height.index() % 10_000 == 0 {
            tracing::info!("applied {height} blocks in {} seconds", started.elapsed().as_secs());
        }
    })?;
    println!(
        "{}: height {}, state digest {}",
        folder.path().display(),
        checked.tip,
        checked.digest
    );
    Ok(())
}

/// What the end of standard input says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputEnd {
    MeansNothing,
    Stops,
}

async fn serve(settings: NodeSettings, input: InputEnd) -> Result<(), ProgramError> {
    tracing::info!("oxend {} on {}", env!("CARGO_PKG_VERSION"), settings.network.name);
    let node = Node::launch(settings).await?;
    listen_for_the_end(&node.shutdown(), input)?;
    run_to_the_end(node).await
}

/// Turns what ends a process in order into a request.
pub(crate) fn listen_for_the_end(shutdown: &Shutdown, input: InputEnd) -> Result<(), ProgramError> {
    shutdown.on_signals()?;
    if input == InputEnd::Stops {
        shutdown.on_closed_input()?;
    }
    Ok(())
}

pub(crate) async fn run_to_the_end(node: Node) -> Result<(), ProgramError> {
    match node.run().await? {
        reason @ ShutdownReason::StorageFailed(_) => Err(ProgramError::StorageFailed(reason)),
        _ => Ok(()),
    }
}

pub(crate) fn node_settings(
    arguments: &Arguments,
    network: Network,
    data_root: PathBuf,
) -> Result<NodeSettings, ProgramError> {
    let mut pool = PoolSettings::default();
    if let Some(bytes) = arguments.max_txpool_weight {
        pool.max_weight = Weight::new(bytes);
    }
    if arguments.accept_any_fee {
        pool.fees = FeePolicy::Free;
    }
    let store = StoreSettings {
        durability: durability(&arguments.db_sync)?,
        ..StoreSettings::default()
    };
    let rpc = rpc_config(&arguments.rpc, network.ports.rpc)?;
    let local_addresses = local_addresses(&arguments.service_node, &network)?;
    let service_node = service_node_settings(&arguments.service_node, &network)?;
    let folder = data_root.join(&network.data_directory);
    let peers = peer_config(&arguments.peers, &network, &folder);
    let l2 = follower_settings(&arguments.l2, &folder)?;
    Ok(NodeSettings {
        network,
        data_root,
        store,
        pool,
        rpc,
        peers,
        l2,
        block_notify: arguments.block_notify.clone(),
        service_node,
        local_addresses,
    })
}

fn durability(text: &str) -> Result<Durability, ProgramError> {
    if text == "every-block" {
        return Ok(Durability::EveryCommit);
    }
    text.parse()
        .map(|seconds| Durability::Interval(Duration::from_secs(seconds)))
        .map_err(|_| ProgramError::Value {
            option: "db-sync",
            value: text.to_owned(),
            expected: "write `every-block` or a number of seconds",
        })
}

fn rpc_config(arguments: &RpcArguments, default_port: u16) -> Result<RpcConfig, ProgramError> {
    let mut listeners = Vec::new();
    if arguments.rpc_admin.is_empty() {
        let port = arguments.rpc_port.unwrap_or(default_port);
        listeners.push(ListenerConfig::admin(SocketAddr::from((Ipv4Addr::LOCALHOST, port))));
    }
    for address in arguments.rpc_admin.iter().filter(|address| *address != "none") {
        let address = address.parse().map_err(|_| ProgramError::Value {
            option: "rpc-admin",
            value: address.clone(),
            expected: "write IP:PORT, for example 127.0.0.1:22023, or `none`",
        })?;
        listeners.push(ListenerConfig::admin(address));
    }
    listeners.extend(arguments.rpc_public.iter().copied().map(ListenerConfig::public));
    let login = match &arguments.rpc_login {
        None => None,
        Some(pair) => Some(Login::from_pair(pair).ok_or_else(|| ProgramError::Value {
            option: "rpc-login",
            value: "…".to_owned(),
            expected: "write USER:PASSWORD",
        })?),
    };
    Ok(RpcConfig {
        listeners,
        login,
        cors_origins: arguments.rpc_access_control_origins.clone(),
    })
}
