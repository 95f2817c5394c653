//! The command line of `oxen-wallet-cli`; upstream's names where upstream has them (wallet §2.1).

use clap::{ArgAction, Args, Parser, ValueHint};
use std::path::PathBuf;
use zeroize::Zeroizing;

const AFTER_HELP: &str = "\
Words behind the options are one command, run once: oxen-wallet-cli --wallet-file w --password '' balance
Without such words commands are read from the keyboard, or, one to a line, from a pipe. `help` lists them.

Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 whether a transaction was sent is not known,
4 no usable daemon, 5 wrong password.";

/// A wallet for Oxen: for people at a prompt, and for scripts.
#[derive(Debug, Clone, Parser)]
#[command(name = "oxen-wallet-cli", version, about, after_help = AFTER_HELP, max_term_width = 120)]
pub struct Options {
    /// Which wallet.
    #[command(flatten)]
    pub wallet: WalletOptions,

    /// Use this account of the wallet.
    #[arg(long, value_name = "N", help_heading = "Wallet")]
    pub account: Option<u32>,

    /// How a wallet is restored.
    #[command(flatten)]
    pub restore: RestoreOptions,

    /// The password.
    #[command(flatten)]
    pub password: PasswordOptions,

    /// The daemon.
    #[command(flatten)]
    pub daemon: DaemonOptions,

    /// Which network.
    #[command(flatten)]
    pub network: NetworkOptions,

    /// Arbitrum.
    #[command(flatten)]
    pub ethereum: EthereumOptions,

    /// Dialogue and output.
    #[command(flatten)]
    pub output: OutputOptions,

    /// One command to run, then exit.
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<String>,
}

/// Which wallet is opened or made.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Wallet")]
#[group(multiple = false)]
pub struct WalletOptions {
    /// Open this wallet.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub wallet_file: Option<PathBuf>,
    /// Make a new wallet, or restore one with --restore-deterministic-wallet.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub generate_new_wallet: Option<PathBuf>,
    /// Make a wallet that sees and cannot spend, from an address and its secret view key.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub generate_from_view_key: Option<PathBuf>,
    /// Make a wallet from a secret spend key.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub generate_from_spend_key: Option<PathBuf>,
    /// Make a wallet from an address and both secret keys.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub generate_from_keys: Option<PathBuf>,
}

/// How a wallet is restored.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Restoring")]
pub struct RestoreOptions {
    /// Restore from 25 seed words.
    #[arg(long)]
    pub restore_deterministic_wallet: bool,
    /// The seed words; asked for when they are not given. Other users of this machine may see them.
    #[arg(long, value_name = "WORDS", env = "OXEN_WALLET_SEED", hide_env_values = true, value_parser = secret)]
    pub electrum_seed: Option<Zeroizing<String>>,
    /// The primary address, for --generate-from-view-key and --generate-from-keys; asked for when it is not given.
    #[arg(long, value_name = "ADDRESS")]
    pub restore_address: Option<String>,
    /// The secret view key; asked for when it is not given.
    #[arg(long, value_name = "HEX", env = "OXEN_WALLET_VIEW_KEY", hide_env_values = true, value_parser = secret)]
    pub restore_view_key: Option<Zeroizing<String>>,
    /// The secret spend key; asked for when it is not given.
    #[arg(long, value_name = "HEX", env = "OXEN_WALLET_SPEND_KEY", hide_env_values = true, value_parser = secret)]
    pub restore_spend_key: Option<Zeroizing<String>>,
    /// Scan from this height on. Payments below it are not found: rather too low than too high.
    #[arg(long, value_name = "HEIGHT", conflicts_with = "restore_date")]
    pub restore_height: Option<u64>,
    /// Scan from two days before this day on.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub restore_date: Option<String>,
    /// Language of the seed words of a new wallet, by its English or own name.
    #[arg(long, value_name = "LANGUAGE")]
    pub mnemonic_language: Option<String>,
    /// Addresses to look out for beyond those that exist: accounts and addresses of each.
    #[arg(long, value_name = "MAJOR:MINOR")]
    pub subaddress_lookahead: Option<String>,
}

/// The password.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Password")]
pub struct PasswordOptions {
    /// The password. Other users of this machine may see it: --password-file is safer.
    #[arg(long, env = "OXEN_WALLET_PASSWORD", hide_env_values = true, conflicts_with = "password_file", value_parser = secret)]
    pub password: Option<Zeroizing<String>>,
    /// Read the password from the first line of this file.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub password_file: Option<PathBuf>,
    /// Passes of argon2id over its memory, for the password of a new wallet or a new password; more is slower to guess.
    #[arg(long, value_name = "N")]
    pub kdf_rounds: Option<u32>,
    /// Memory of argon2id in KiB. Less than the usual 65536 is for tests: the password is easier to guess then.
    #[arg(long, value_name = "KIB", hide_short_help = true)]
    pub kdf_memory: Option<u32>,
}

/// The daemon.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Daemon")]
pub struct DaemonOptions {
    /// The daemon: host:port, or a URL; by default the network's port on this machine.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["daemon_host", "daemon_port"])]
    pub daemon_address: Option<String>,
    /// Host of the daemon.
    #[arg(long, value_name = "HOST")]
    pub daemon_host: Option<String>,
    /// Port of the daemon.
    #[arg(long, value_name = "PORT")]
    pub daemon_port: Option<u16>,
    /// Login at the daemon.
    #[arg(long, value_name = "USER:PASSWORD", env = "OXEN_DAEMON_LOGIN", hide_env_values = true, value_parser = secret)]
    pub daemon_login: Option<Zeroizing<String>>,
    /// Certificates, PEM, that prove the daemon's identity beside those the system trusts.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub daemon_ssl_ca_certificates: Option<PathBuf>,
    /// HTTP proxy on the way to the daemon.
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// The daemon may be asked which outputs are ours; a daemon on this machine is trusted anyway.
    #[arg(long, conflicts_with = "untrusted_daemon")]
    pub trusted_daemon: bool,
    /// The daemon is asked nothing that gives this wallet away, even on this machine.
    #[arg(long)]
    pub untrusted_daemon: bool,
    /// Use a daemon that speaks another version of the interface.
    #[arg(long)]
    pub allow_mismatched_daemon_version: bool,
    /// Ask no daemon at all.
    #[arg(long)]
    pub offline: bool,
    /// Build transactions and write them to a file instead of sending them.
    #[arg(long)]
    pub do_not_relay: bool,
    /// Do not look for new blocks before the command.
    #[arg(long)]
    pub no_refresh: bool,
}

/// Which network; mainnet without any of these.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Network")]
#[group(multiple = false)]
pub struct NetworkOptions {
    /// The public test network.
    #[arg(long)]
    pub testnet: bool,
    /// The rehearsal network.
    #[arg(long)]
    pub stagenet: bool,
    /// The development network.
    #[arg(long)]
    pub devnet: bool,
    /// One daemon on its own (`oxend --regtest`).
    #[arg(long)]
    pub regtest: bool,
    /// A private network that this file describes, the same as the daemon's.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub network: Option<PathBuf>,
}

/// Arbitrum, where service nodes are staked and rewards and swapped coins are claimed.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Arbitrum")]
pub struct EthereumOptions {
    /// JSON-RPC service of Arbitrum, needed by `rewards`, `bridge`, `swap claim` and `ethereum balance`. `swap` looks with it at the
    /// contract before anything is burned, and `swap status` and `swap history` tell what it paid.
    #[arg(long, value_name = "URL", env = "OXEN_L2_PROVIDER", hide_env_values = true, value_parser = secret)]
    pub l2_provider: Option<Zeroizing<String>>,
    /// Password of the Ethereum key, if it is not the wallet's. Other users of this machine may see it.
    #[arg(long, value_name = "PASSWORD", env = "OXEN_ETHEREUM_PASSWORD", hide_env_values = true, value_parser = secret)]
    pub ethereum_password: Option<Zeroizing<String>>,
    /// Sign nothing while gas costs more than this many gwei.
    #[arg(long, value_name = "GWEI", default_value_t = 20)]
    pub max_gas_price: u32,
    /// The contract of service nodes and rewards, where the network does not name it.
    #[arg(long, value_name = "0xADDRESS")]
    pub rewards_contract: Option<String>,
    /// The contract that pays swapped coins, where the network does not name it.
    #[arg(long, value_name = "0xADDRESS")]
    pub swap_contract: Option<String>,
    /// The factory of contribution contracts, where the network does not name it.
    #[arg(long, value_name = "0xADDRESS")]
    pub contribution_factory: Option<String>,
}

/// Dialogue and output.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputOptions {
    /// Ask nothing: what would have to be asked is an error.
    #[arg(long)]
    pub non_interactive: bool,
    /// Answer every request for confirmation with yes.
    #[arg(long, short)]
    pub yes: bool,
    /// Give results as JSON, one object to a line on standard output; amounts are atomic units.
    #[arg(long)]
    pub json: bool,
    /// What to log: error, warn, info, debug, trace, or a list such as `warn,oxen_wallet_cli=debug`.
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    pub log_level: String,
    /// Log to this file instead of standard error.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub log_file: Option<PathBuf>,
    /// Show no progress.
    #[arg(long, short, action = ArgAction::SetTrue)]
    pub quiet: bool,
}

/// Keeps the text of a secret in memory that is wiped.
#[allow(clippy::unnecessary_wraps, reason = "the command line parser wants a result")]
fn secret(text: &str) -> Result<Zeroizing<String>, std::convert::Infallible> {
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_options_make_sense_together() {
        Options::command().debug_assert();
    }

    #[test]
    fn words_behind_the_options_are_a_command_whatever_they_look_like() {
        let options = Options::try_parse_from([
            "w",
            "--wallet-file",
            "f",
            "--password",
            "",
            "transfer",
            "L1",
            "--5",
            "-x",
        ])
        .unwrap();
        assert_eq!(options.command, ["transfer", "L1", "--5", "-x"]);
        assert_eq!(options.password.password.as_deref().map(String::as_str), Some(""));
    }

    #[test]
    fn contradictions_are_refused() {
        for line in [
            &["w", "--testnet", "--regtest"][..],
            &["w", "--wallet-file", "a", "--generate-new-wallet", "b"],
            &["w", "--trusted-daemon", "--untrusted-daemon"],
            &["w", "--restore-height", "1", "--restore-date", "2024-01-01"],
            &["w", "--daemon-address", "a:1", "--daemon-port", "2"],
        ] {
            assert!(Options::try_parse_from(line).is_err(), "{line:?}");
        }
    }
}
