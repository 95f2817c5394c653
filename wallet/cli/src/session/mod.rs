//! An open wallet with everything around it: its files, its daemon, its settings.

mod daemon_link;
mod ethereum_settings;

pub use daemon_link::DaemonLink;
pub use ethereum_settings::EthereumSettings;

use crate::{
    command::CommandError,
    daemon::{Daemon, Relaying},
    file::{Content, FileError, OpenedWallet, PasswordCost, Saved, Unmined, WalletFile},
    format::time::now,
    preferences::{AskPassword, Preferences},
    sending::DecoyCache,
    terminal::{Confirmation, OutputFormat, PromptError, Terminal},
};
use oxen_types::{Hash, Height, Network};
use oxen_wallet_core::{
    ChainView, KeysSection, Lookahead, StakeLocks, Wallet, sent::Relay, state::WalletState, wallet::WalletNetwork,
};
use std::time::{Duration, Instant};

/// How often a person may mistype the password.
const PASSWORD_ATTEMPTS: usize = 3;
/// How often what was found is saved while blocks are scanned.
const SAVE_INTERVAL: Duration = Duration::from_secs(90);

/// What holds for the whole run.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// Who confirms.
    pub confirmation: Confirmation,
    /// What happens to transactions.
    pub relaying: Relaying,
    /// Text or JSON.
    pub format: OutputFormat,
    /// Whether progress is shown.
    pub progress: ShowProgress,
    /// Work for a new password.
    pub password_cost: PasswordCost,
    /// How the wallet was unlocked.
    pub password_given: PasswordGiven,
    /// Arbitrum.
    pub ethereum: EthereumSettings,
}

/// How the wallet was unlocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordGiven {
    /// By whoever started the program: it is not asked for again.
    ByOption,
    /// By whoever sits at the screen.
    ByTyping,
}

/// Whether progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShowProgress {
    /// It is.
    Yes,
    /// `--quiet`.
    No,
}

/// An open wallet.
pub struct Session {
    /// Its network.
    pub network: Network,
    /// What it is restored from.
    pub section: KeysSection,
    /// The wallet.
    pub wallet: Wallet,
    /// Its files.
    pub file: WalletFile,
    /// The user's settings.
    pub preferences: Preferences,
    /// Transactions on their way.
    pub unmined: Unmined,
    /// The daemon.
    pub daemon: DaemonLink,
    /// The account that commands are about.
    pub account: u32,
    /// What holds for the whole run.
    pub settings: RunSettings,
    /// What is known of decoys.
    pub decoys: DecoyCache,
    /// The password is asked for before the next command.
    pub locked: bool,
    /// Outputs that are staked, as far as is known.
    stakes: StakeLocks,
    last_save: Instant,
}

impl Session {
    /// Puts together what was found of a wallet. A lost cache becomes an empty one.
    #[must_use]
    pub fn new(
        opened: OpenedWallet,
        network: Network,
        daemon: DaemonLink,
        settings: RunSettings,
        lookahead: Option<Lookahead>,
    ) -> Self {
        let OpenedWallet {
            file,
            keys: section,
            state,
            unrecoverable,
            ..
        } = opened;
        let owner = section.keys.view_keys().spend;
        let state =
            state.unwrap_or_else(|| WalletState::new(owner, section.birthday.height, lookahead.unwrap_or_default()));
        let mut wallet = Wallet::new(WalletNetwork::from(&network), &section, state);
        let (mut preferences, mut unmined) = (Preferences::default(), Unmined::new());
        if let Some(kept) = unrecoverable {
            *wallet.accounts_mut() = kept.accounts;
            *wallet.journal_mut() = kept.journal;
            preferences = kept.preferences;
            unmined = kept.unmined;
        }
        if let Some(lookahead) = lookahead {
            wallet.accounts_mut().set_lookahead(lookahead);
        }
        let stakes = wallet.stake_locks();
        Self {
            network,
            section,
            wallet,
            file,
            preferences,
            unmined,
            daemon,
            account: 0,
            settings,
            decoys: DecoyCache::default(),
            locked: false,
            stakes,
            last_save: Instant::now(),
        }
    }

    /// The present, as far as the wallet has scanned.
    #[must_use]
    pub fn chain_view(&self) -> ChainView<'_> {
        ChainView {
            chain_height: self.wallet.chain().next(),
            now: now(),
            stakes: &self.stakes,
        }
    }

    /// Locks what is staked, as far as the wallet knows now.
    pub fn lock_stakes(&mut self) {
        self.stakes = self.wallet.stake_locks();
    }

    /// A daemon that serves this wallet's network; asks it if it was not asked yet.
    ///
    /// # Errors
    /// [`CommandError::Offline`], [`CommandError::Incompatible`].
    pub async fn daemon(&mut self) -> Result<Daemon, CommandError> {
        self.daemon.usable(&self.network).await
    }

    /// Saves what changed.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn save(&mut self) -> Result<Saved, FileError> {
        self.forget_mined();
        self.last_save = Instant::now();
        let content = Content {
            wallet: &self.wallet,
            preferences: &self.preferences,
            unmined: &self.unmined,
        };
        self.file.save(content)
    }

    /// Saves if that was long ago.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn save_if_due(&mut self) -> Result<(), FileError> {
        if self.last_save.elapsed() >= SAVE_INTERVAL {
            self.save()?;
        }
        Ok(())
    }

    /// Brings a transaction to disk before it is sent.
    ///
    /// # Errors
    /// [`FileError`]: do not send it then.
    pub fn record_sent(&mut self, id: Hash, blob: Vec<u8>) -> Result<(), FileError> {
        self.unmined.insert(id, blob);
        let content = Content {
            wallet: &self.wallet,
            preferences: &self.preferences,
            unmined: &self.unmined,
        };
        self.file.record_sent(content, &id)
    }

    /// Notes what became of a transaction, and brings that to disk.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn record_relayed(&mut self, id: &Hash, relay: Relay) -> Result<(), CommandError> {
        self.wallet.note_relay(id, relay)?;
        self.record_state(id)
    }

    /// Notes that service nodes are going to be asked about a blink, at this chain height, and brings that to disk.
    ///
    /// # Errors
    /// [`CommandError`]: do not ask them then.
    pub fn record_asked(&mut self, id: &Hash, chain_height: Height) -> Result<(), CommandError> {
        self.wallet.note_asked(id, chain_height)?;
        self.record_state(id)
    }

    /// Brings to disk what the wallet believes of a transaction, which is not always the last answer.
    fn record_state(&mut self, id: &Hash) -> Result<(), CommandError> {
        let Some(sent) = self.wallet.journal().sent_transaction(id) else {
            return Ok(());
        };
        let relay = sent.relay.clone();
        let content = Content {
            wallet: &self.wallet,
            preferences: &self.preferences,
            unmined: &self.unmined,
        };
        Ok(self.file.record_relayed(content, id, &relay)?)
    }

    /// Bytes of transactions that are mined or given up are not needed any more.
    fn forget_mined(&mut self) {
        let wallet = &self.wallet;
        self.unmined.retain(|id, _| {
            let waits = wallet
                .journal()
                .sent_transaction(id)
                .is_some_and(|sent| sent.holds_inputs());
            waits && !wallet.transactions().contains_key(id)
        });
    }

    /// Asks for the password before money is sent or a secret shown, if the user wants that.
    ///
    /// A password that was given on the command line counts as given; a script is not asked twice.
    ///
    /// # Errors
    /// [`FileError::WrongPassword`] after the last attempt, [`PromptError`].
    pub fn ask_password(&self, terminal: &mut dyn Terminal, why: &str) -> Result<(), CommandError> {
        let given = self.settings.password_given == PasswordGiven::ByOption;
        if self.preferences.ask_password == AskPassword::Never || given || !terminal.is_person() {
            return Ok(());
        }
        self.require_password(terminal, why)
    }

    /// Asks for the password, whatever the user wants.
    ///
    /// # Errors
    /// As [`Self::ask_password`].
    pub fn require_password(&self, terminal: &mut dyn Terminal, why: &str) -> Result<(), CommandError> {
        for attempt in 1..=PASSWORD_ATTEMPTS {
            let password = terminal.ask_secret(&format!("Wallet password ({why}): "))?;
            match self.file.check_password(&password) {
                Err(FileError::WrongPassword) if attempt < PASSWORD_ATTEMPTS && terminal.is_person() => {
                    terminal.warn("Wrong password. Try again.");
                }
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok(()),
            }
        }
        Err(PromptError::Ended.into())
    }

    /// What stands in front of the cursor: what a user should know before typing (wallet §2.4).
    #[must_use]
    pub fn prompt(&self) -> String {
        /// Characters of the address that are shown.
        const SHOWN: usize = 6;
        let address = self.section.keys.primary_address();
        let prefixes = self.wallet.network().prefixes;
        let address = address.map(|address| address.encode(&prefixes)).unwrap_or_default();
        let address: String = address.chars().take(SHOWN).collect();
        let kind = if self.wallet.is_view_only() {
            "watch-only"
        } else {
            "wallet"
        };
        let state = if self.locked {
            " (locked)"
        } else {
            self.daemon.note(self.wallet.chain().next())
        };
        format!("[{kind} {address}{state}]: ")
    }
}

impl std::fmt::Debug for Session {
    /// Without keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("network", &self.network.name)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}
