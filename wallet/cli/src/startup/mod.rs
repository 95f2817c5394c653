//! From the command line to an open wallet.

mod create;
mod daemon;
mod ethereum;
mod logging;
mod network;
mod open;
mod restore;

pub use daemon::daemon_link;
pub use logging::start_logging;
pub use network::choose_network;

use crate::{
    command::{CommandError, Reply},
    daemon::Relaying,
    file::{PasswordCost, WalletPaths},
    options::{Options, PasswordOptions},
    session::{PasswordGiven, RunSettings, Session, ShowProgress},
    terminal::{Confirmation, OutputFormat, Terminal, ask_until, confirm},
};
use oxen_types::Network;
use oxen_wallet_core::Lookahead;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Everything that startup works with.
pub(crate) struct Startup<'a> {
    options: &'a Options,
    network: Network,
    settings: RunSettings,
    lookahead: Option<Lookahead>,
}

/// An open wallet, and what there is to say about a new one.
#[derive(Debug)]
pub struct Started {
    /// The wallet.
    pub session: Session,
    /// What is said of a wallet that was made just now: its address and seed.
    pub made: Option<Reply>,
}

/// Opens, makes or restores the wallet that the options name; asks where they do not.
///
/// # Errors
/// [`CommandError`].
pub async fn start(options: &Options, terminal: &mut dyn Terminal) -> Result<Started, CommandError> {
    let network = choose_network(&options.network)?;
    let startup = Startup {
        options,
        settings: run_settings(options, &network)?,
        network,
        lookahead: lookahead(options)?,
    };
    let mut started = startup.open_or_create(terminal).await?;
    if let Some(account) = options.account {
        started.session.wallet.check_account(account)?;
        started.session.account = account;
    }
    Ok(started)
}

impl Startup<'_> {
    async fn open_or_create(&self, terminal: &mut dyn Terminal) -> Result<Started, CommandError> {
        let wallet = &self.options.wallet;
        if let Some(path) = &wallet.wallet_file {
            return self.open(terminal, path);
        }
        let restored = match wallet {
            _ if wallet.generate_new_wallet.is_some() => wallet.generate_new_wallet.as_ref(),
            _ if wallet.generate_from_view_key.is_some() => wallet.generate_from_view_key.as_ref(),
            _ if wallet.generate_from_spend_key.is_some() => wallet.generate_from_spend_key.as_ref(),
            _ => wallet.generate_from_keys.as_ref(),
        };
        match restored {
            Some(path) => self.create(terminal, path).await,
            None => self.ask_for_wallet(terminal).await,
        }
    }
}

fn run_settings(options: &Options, network: &Network) -> Result<RunSettings, CommandError> {
    let usual = PasswordCost::default();
    let cost = PasswordCost {
        memory_kib: options.password.kdf_memory.unwrap_or(usual.memory_kib),
        passes: options.password.kdf_rounds.unwrap_or(usual.passes),
        lanes: usual.lanes,
    };
    if cost.passes == 0 {
        return Err(CommandError::Option("--kdf-rounds must be at least 1".to_owned()));
    }
    Ok(RunSettings {
        confirmation: if options.output.yes {
            Confirmation::Given
        } else {
            Confirmation::Ask
        },
        relaying: if options.daemon.do_not_relay {
            Relaying::Keep
        } else {
            Relaying::Relay
        },
        format: if options.output.json {
            OutputFormat::Json
        } else {
            OutputFormat::Text
        },
        progress: if options.output.quiet {
            ShowProgress::No
        } else {
            ShowProgress::Yes
        },
        password_cost: cost,
        password_given: match (&options.password.password, &options.password.password_file) {
            (None, None) => PasswordGiven::ByTyping,
            _ => PasswordGiven::ByOption,
        },
        ethereum: ethereum::settings(options, network)?,
    })
}

fn lookahead(options: &Options) -> Result<Option<Lookahead>, CommandError> {
    let Some(text) = &options.restore.subaddress_lookahead else {
        return Ok(None);
    };
    let lookahead = crate::command::parse_lookahead(text);
    let problem = format!("--subaddress-lookahead {text}: write accounts:addresses, for example 50:200");
    lookahead.map(Some).ok_or(CommandError::Option(problem))
}

impl Startup<'_> {
    /// No option names a wallet: asks.
    async fn ask_for_wallet(&self, terminal: &mut dyn Terminal) -> Result<Started, CommandError> {
        let question = "Specify wallet file name (e.g., MyWallet). If the wallet doesn't exist, it will be created.\n\
                        Wallet file name (or Ctrl-C to quit): ";
        let path = ask_until(terminal, question, |answer| {
            if answer.is_empty() {
                Err("A name is needed.".to_owned())
            } else {
                Ok(PathBuf::from(answer))
            }
        })?;
        if WalletPaths::new(&path).keys().exists() {
            return self.open(terminal, &path);
        }
        let question = format!(
            "No wallet found with that name. Confirm creation of new wallet named: {}",
            path.display()
        );
        if confirm(terminal, &question, self.settings.confirmation)? {
            self.create(terminal, &path).await
        } else {
            Err(CommandError::Cancelled)
        }
    }

    /// The password from the options.
    fn given_password(&self) -> Result<Option<Zeroizing<String>>, CommandError> {
        given_password(&self.options.password)
    }
}

/// The password from the options.
fn given_password(options: &PasswordOptions) -> Result<Option<Zeroizing<String>>, CommandError> {
    if let Some(password) = &options.password {
        return Ok(Some(password.clone()));
    }
    options.password_file.as_deref().map(read_password_file).transpose()
}

/// The first line of a file.
fn read_password_file(path: &Path) -> Result<Zeroizing<String>, CommandError> {
    let failed = |source| CommandError::UserFile {
        action: "read",
        path: path.to_owned(),
        source,
    };
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}
