//! Opening a wallet that is there.

use super::{Started, Startup, daemon_link};
use crate::{
    command::CommandError,
    file::{FileError, LockedWallet, OpenedWallet, SealingKey, WalletPaths},
    session::Session,
    terminal::{PromptError, Terminal},
};
use oxen_crypto::SubaddressIndex;
use std::path::Path;

/// How often a person may mistype the password.
const PASSWORD_ATTEMPTS: usize = 3;

impl Startup<'_> {
    /// Opens a wallet, asking for its password if it was not given.
    pub(super) fn open(&self, terminal: &mut dyn Terminal, path: &Path) -> Result<Started, CommandError> {
        let locked = LockedWallet::find(WalletPaths::new(path))?;
        let key = self.unlock(terminal, &locked)?;
        let opened = locked.open(key)?;
        for recovery in &opened.recoveries {
            terminal.warn(&format!("Note: {recovery}."));
        }
        self.check_network(&opened)?;
        let daemon = daemon_link(&self.options.daemon, &self.network, terminal)?;
        let mut session = Session::new(
            opened,
            self.network.clone(),
            daemon,
            self.settings.clone(),
            self.lookahead,
        );
        // What was repaired is whole on disk before anything else happens.
        session.save()?;
        // A script that runs one command wants that command's result alone.
        if self.options.command.is_empty() {
            let kind = if session.wallet.is_view_only() {
                "view-only wallet"
            } else {
                "wallet"
            };
            terminal.say(&format!(
                "Opened {kind}: {}",
                session.wallet.address_text(SubaddressIndex::PRIMARY)?
            ));
        }
        Ok(Started { session, made: None })
    }

    fn unlock(&self, terminal: &mut dyn Terminal, locked: &LockedWallet) -> Result<SealingKey, CommandError> {
        if let Some(password) = self.given_password()? {
            return Ok(locked.unlock(&password)?);
        }
        for attempt in 1..=PASSWORD_ATTEMPTS {
            let password = terminal.ask_secret("Wallet password: ")?;
            match locked.unlock(&password) {
                Err(FileError::WrongPassword) if attempt < PASSWORD_ATTEMPTS && terminal.is_person() => {
                    terminal.warn("Wrong password. Try again.");
                }
                result => return Ok(result?),
            }
        }
        Err(PromptError::Ended.into())
    }

    /// Addresses of another network would be wrong, and payments lost.
    fn check_network(&self, opened: &OpenedWallet) -> Result<(), CommandError> {
        let made_for = &opened.keys.network;
        if *made_for == self.network.name {
            return Ok(());
        }
        Err(CommandError::Option(format!(
            "this wallet was made for {made_for}, not for {}: start with {}",
            self.network.name,
            match made_for.as_str() {
                "mainnet" => "no network option".to_owned(),
                name @ ("testnet" | "stagenet" | "devnet" | "regtest") => format!("--{name}"),
                name => format!("--network and the description file of {name}"),
            }
        )))
    }
}
