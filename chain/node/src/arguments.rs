//! The command line of `oxend`; upstream's names where upstream has them (rpc §7.5).

use clap::{Args, Parser};
use oxen_p2p::PeerAddress;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

/// An Oxen node: verifies, stores and serves the chain.
///
/// Every option may also stand in the configuration file as `name=value`, one to a line; the command line wins.
#[derive(Debug, Clone, Parser)]
#[command(name = "oxend", version, about, max_term_width = 120)]
pub struct Arguments {
    /// Asks the running node and ends: `status`, `print_sn`, `prepare_registration` …; `oxend help` lists the commands. Without
    /// one, a node is started.
    #[arg(value_name = "COMMAND", allow_negative_numbers = true)]
    pub command: Vec<String>,

    /// Which network.
    #[command(flatten)]
    pub network: NetworkChoice,

    /// Folder of the database, logs and configuration; networks other than mainnet get a folder inside.
    #[arg(long, value_name = "DIR", env = "OXEN_DATA_DIR")]
    pub data_dir: Option<PathBuf>,

    /// Configuration file; by default `oxen.conf` in the data directory, if it exists.
    #[arg(long, value_name = "FILE")]
    pub config_file: Option<PathBuf>,

    /// JSON-RPC.
    #[command(flatten)]
    pub rpc: RpcArguments,

    /// Peers.
    #[command(flatten)]
    pub peers: PeerArguments,

    /// Service node.
    #[command(flatten)]
    pub service_node: ServiceNodeArguments,

    /// Arbitrum.
    #[command(flatten)]
    pub l2: L2Arguments,

    /// What to log: a level (error, warning, info, debug, trace), or a list such as `warning, oxen_writer=debug`.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log_level: String,

    /// Log to this file; by default a file a day in the data directory, kept for two weeks. `none`: to the terminal only.
    #[arg(long, value_name = "FILE")]
    pub log_file: Option<PathBuf>,

    /// Most weight of transactions that wait in the pool, in bytes.
    #[arg(long, value_name = "BYTES")]
    pub max_txpool_weight: Option<u64>,

    /// Take transactions into the pool whatever fee they pay.
    #[arg(long)]
    pub accept_any_fee: bool,

    /// What loss of power may cost: `every-block` waits for the disk at each block, a number of seconds at most that often.
    #[arg(long, value_name = "WHEN", default_value = "1")]
    pub db_sync: String,

    /// Command to run for each new block; `%s` becomes its id.
    #[arg(long, value_name = "COMMAND")]
    pub block_notify: Option<String>,

    /// Make the state anew from the blocks of the database, compare the two, print the digest and end.
    #[arg(long)]
    pub check_database: bool,

    /// Print the description of the network as a file for --network, to make a private one from, and end.
    #[arg(long)]
    pub print_network: bool,

    /// Stop when standard input is closed: for a program that starts a node and wants it gone even when it is killed itself.
    #[arg(long)]
    pub stop_with_stdin: bool,

    /// For test networks: run several nodes in this process. Each line of the file is a node's command line as a JSON array of
    /// its words; logs and --stop-with-stdin are the process's own.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["check_database", "print_network", "command"])]
    pub together: Option<PathBuf>,

    /// Accepted for configurations of the C++ daemon: see the commands instead.
    #[arg(long, hide = true)]
    pub non_interactive: bool,
}

/// Which network; mainnet without any of these.
#[derive(Debug, Clone, Default, Args)]
#[group(multiple = false)]
pub struct NetworkChoice {
    /// The public test network.
    #[arg(long)]
    pub testnet: bool,
    /// The rehearsal network.
    #[arg(long)]
    pub stagenet: bool,
    /// The development network.
    #[arg(long)]
    pub devnet: bool,
    /// A chain of this one node: HF19 from height 1, difficulty 1, `generateblocks`.
    #[arg(long)]
    pub regtest: bool,
    /// A private network that this file describes.
    #[arg(long, value_name = "FILE")]
    pub network: Option<PathBuf>,
}

/// JSON-RPC.
#[derive(Debug, Clone, Default, Args)]
pub struct RpcArguments {
    /// Port of the admin listener on 127.0.0.1; the network's by default. 0 takes a free one.
    #[arg(long, value_name = "PORT", conflicts_with = "rpc_admin")]
    pub rpc_port: Option<u16>,
    /// Address of an admin listener, repeatable; `none` for no admin listener.
    #[arg(long, value_name = "IP:PORT")]
    pub rpc_admin: Vec<String>,
    /// Address of a public listener with restricted methods and caps, repeatable; none by default.
    #[arg(long, value_name = "IP:PORT")]
    pub rpc_public: Vec<SocketAddr>,
    /// Login that every RPC client must present.
    #[arg(long, value_name = "USER:PASSWORD", env = "RPC_LOGIN", hide_env_values = true)]
    pub rpc_login: Option<String>,
    /// Origins that web pages may call from, separated by commas; needs a login.
    #[arg(long, value_name = "ORIGINS", value_delimiter = ',', requires = "rpc_login")]
    pub rpc_access_control_origins: Vec<String>,
}

/// Peers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct PeerArguments {
    /// Address to take connections of peers on, IPv4 or IPv6, repeatable; by default all of IPv4, on regtest 127.0.0.1.
    #[arg(long, value_name = "IP")]
    pub p2p_bind_ip: Vec<IpAddr>,
    /// TCP and UDP port for peers; the network's by default. 0 takes a free one.
    #[arg(long, value_name = "PORT")]
    pub p2p_bind_port: Option<u16>,
    /// A peer to stay connected to, as IP:PORT or multiaddress, repeatable.
    #[arg(long, value_name = "ADDRESS")]
    pub add_peer: Vec<PeerAddress>,
    /// The same.
    #[arg(long, value_name = "ADDRESS")]
    pub add_priority_node: Vec<PeerAddress>,
    /// A peer to stay connected to, and no others are sought, repeatable.
    #[arg(long, value_name = "ADDRESS")]
    pub add_exclusive_node: Vec<PeerAddress>,
    /// A peer to ask for others when none are known, repeatable.
    #[arg(long, value_name = "ADDRESS")]
    pub seed_node: Vec<PeerAddress>,
    /// How many peers to look for; 8 by default.
    #[arg(long, value_name = "NUMBER")]
    pub out_peers: Option<u32>,
    /// How many peers may come by themselves; 64 by default.
    #[arg(long, value_name = "NUMBER")]
    pub in_peers: Option<u32>,
    /// Have no peers.
    #[arg(long)]
    pub offline: bool,
    /// Serve peers what is here and do not fetch what they have.
    #[arg(long)]
    pub no_sync: bool,
}

/// Running a service node.
#[derive(Debug, Clone, Default, Args)]
pub struct ServiceNodeArguments {
    /// Run a service node: with keys in the data directory, uptime proofs and votes.
    #[arg(long)]
    pub service_node: bool,
    /// The IPv4 address under which other service nodes reach this one.
    #[arg(long, value_name = "IP")]
    pub service_node_public_ip: Option<Ipv4Addr>,
    /// Port under which other service nodes reach this one; the one of --p2p-bind-port by default, because messages between
    /// service nodes take the same way as those between peers.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub quorumnet_port: Option<u16>,
    /// For test networks: take addresses that are not reached from the internet, in our own proofs and in those of others.
    #[arg(long)]
    pub dev_allow_local_ips: bool,
}

/// Following Arbitrum.
#[derive(Debug, Clone, Default, Args)]
pub struct L2Arguments {
    /// JSON-RPC provider of Arbitrum, repeatable; with two and more a majority decides. A service node needs one from HF20 on,
    /// any other node does without.
    #[arg(long, value_name = "URL")]
    pub l2_provider: Vec<String>,
    /// Seconds between two looks at Arbitrum; 60 by default. A node that looks more seldom cannot follow the blocks of others.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=90))]
    pub l2_refresh: Option<u64>,
    /// Seconds that a provider may take for an answer; 5 by default.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=60))]
    pub l2_timeout: Option<u64>,
    /// Most blocks of one request for logs; 1000 by default.
    #[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub l2_max_logs: Option<u64>,
    /// Accepted for configurations of the C++ daemon: providers are compared in every look.
    #[arg(long, value_name = "SECONDS", hide = true)]
    pub l2_check_interval: Option<u64>,
    /// Blocks by which a provider may be behind the best before the log says so; 120 by default.
    #[arg(long, value_name = "BLOCKS")]
    pub l2_check_threshold: Option<u64>,
    /// Take providers of whatever chain.
    #[arg(long)]
    pub l2_skip_chainid: bool,
}

/// Options of the C++ daemon that this one knows of but has no use for yet: configurations that hold them keep working.
pub(crate) const UNSUPPORTED_OPTIONS: &[&str] = &[
    "anonymous-inbound",
    "block-sync-size",
    "db-salvage",
    "db-sync-mode",
    "detach",
    "disable-ip-check",
    "fast-block-sync",
    "fixed-difficulty",
    "hide-my-port",
    "keep-alt-blocks",
    "keep-fakechain",
    "l2-skip-proof-check",
    "limit-rate-down",
    "limit-rate-up",
    "lmq-admin",
    "lmq-curve",
    "lmq-curve-public",
    "lmq-local-control",
    "lmq-public",
    "lmq-public-quorumnet",
    "lmq-umask",
    "lmq-user",
    "log-file-max",
    "max-concurrency",
    "max-log-file-size",
    "max-log-files",
    "mining-threads",
    "p2p-external-port",
    "prep-blocks-threads",
    "reorg-notify",
    "start-mining",
    "storage-server-port",
    "store-quorum-history",
    "tx-proxy",
];
