//! Why a command did not do what was asked, in words for people and in a word for programs.

use crate::{
    daemon::{DaemonAddressError, DaemonError, Incompatible},
    file::FileError,
    format::{self, time::DateError},
    refresh::RefreshError,
    sending::DecoyError,
    terminal::PromptError,
};
use oxen_crypto::{KeyError, mnemonic::MnemonicError, signature::message::MessageSignatureError};
use oxen_types::{Amount, Hash, amount::AmountError, network::NetworkDescriptionError};
use oxen_wallet_core::{
    accounts::AccountsError,
    address::AddressFault,
    build::{BuildError, ProveError},
    decoys::{PickError, RingError, SanityError},
    keys::{SeedError, WalletKeysError},
    proofs::ProofError,
    sent::BLINK_BLOCKS,
    uri::UriError,
    wallet::SendingError,
};
use std::{io, path::PathBuf};
use thiserror::Error;

/// Why a command did not do what was asked.
#[derive(Debug, Error)]
pub enum CommandError {
    /// No such command.
    #[error("there is no command \"{name}\": `help` lists them{suggestion}")]
    UnknownCommand {
        /// What was typed.
        name: String,
        /// ` (did you mean …?)`, or nothing.
        suggestion: String,
    },
    /// The words behind the command are wrong.
    #[error("{problem}\nUsage: {usage}")]
    Usage {
        /// What is wrong.
        problem: String,
        /// How it is done.
        usage: String,
    },
    /// A quotation mark without its second one.
    #[error("a quotation mark is not closed")]
    OpenQuotation,
    /// An option has no sense.
    #[error("{0}")]
    Option(String),
    /// An amount is none.
    #[error("\"{text}\": {error}")]
    Amount {
        /// What was typed.
        text: String,
        /// Why.
        error: AmountError,
    },
    /// Text is no hash, key or key image.
    #[error("\"{text}\" is no {what}: it has {digits} hexadecimal digits")]
    Hexadecimal {
        /// What was typed.
        text: String,
        /// What it should be.
        what: &'static str,
        /// How many digits that has.
        digits: usize,
    },
    /// The wallet has never seen this transaction.
    #[error("this wallet knows of no transaction {0}: refresh, or check the id")]
    UnknownTransaction(Hash),
    /// The daemon has never seen this transaction.
    #[error("the daemon knows of no transaction {0}: check the id, or wait until the daemon is synchronised")]
    TransactionNotFound(Hash),
    /// Only a full wallet can do this.
    #[error("this wallet can only see: {0} needs the wallet it was made from")]
    ViewOnly(&'static str),
    /// Blink is for transfers.
    #[error("only ordinary transfers can be instant (blink), not stakes and names. Leave the word blink out")]
    BlinkUnavailable,
    /// The wallet lags behind, and paying would use old facts.
    #[error(
        "the wallet has scanned {scanned} blocks of {height}: `refresh` first, so that outputs that are spent already are \
         not used again"
    )]
    NotSynchronized {
        /// Blocks the wallet knows.
        scanned: u64,
        /// Blocks the daemon has.
        height: u64,
    },
    /// The daemon knows less than the wallet.
    #[error(
        "the daemon has {height} blocks and the wallet has scanned {scanned}: the daemon is catching up or went back to \
         another branch; wait until it has passed the wallet, and refresh"
    )]
    DaemonBehind {
        /// Blocks the wallet knows.
        scanned: u64,
        /// Blocks the daemon has.
        height: u64,
    },
    /// An output was spent elsewhere.
    #[error("output {0} is spent already, by another copy of this wallet: `refresh`, and if it stays, rescan_bc")]
    SpentElsewhere(oxen_types::KeyImage),
    /// `resend` has nothing.
    #[error("nothing is kept of transaction {0}: it is mined, given up, or not of this wallet")]
    NothingToResend(Hash),
    /// The daemon refused a transaction.
    #[error("the daemon refused transaction {id}: {reason}\nNothing was paid, and the money is free again{before}.")]
    TransactionRefused {
        /// Its id.
        id: Hash,
        /// Why.
        reason: String,
        /// What happened to those before it.
        before: String,
    },
    /// Nobody knows whether a transaction was sent.
    #[error(
        "it is not known whether transaction {id} was sent: {reason}\nDo not pay again. Its money stays reserved. When the \
         daemon answers again, `refresh` shows what became of it, and `resend {id}` hands the same transaction over once \
         more, which can never pay twice{before}."
    )]
    TransactionUnknown {
        /// Its id.
        id: Hash,
        /// What went wrong.
        reason: String,
        /// What happened to those before it.
        before: String,
    },
    /// The quorum of a blink has not decided.
    #[error(
        "it is not known whether the instant transaction {id} will be approved: {reason}\nDo not pay again. Its money stays \
         reserved. `show_transfer {id}` shows what becomes of it; if it is nowhere, the money is free again after \
         {blocks} blocks, when it cannot become approved any more. `resend {id}` asks the service nodes once more, and \
         `resend ordinary {id}` sends it without them: neither can ever pay twice{before}.",
        blocks = BLINK_BLOCKS
    )]
    BlinkUndecided {
        /// Its id.
        id: Hash,
        /// What the daemon says.
        reason: String,
        /// What happened to those before it.
        before: String,
    },
    /// The quorum of a blink did not approve it, but has it.
    #[error(
        "the instant transaction {id} was not approved: {reason}\nThe service nodes that were asked have it signed, and one of \
         them could send it as an ordinary transaction: paying again with other money could pay twice. So its money stays \
         reserved for {blocks} blocks. `resend ordinary {id}` sends the same transaction as an ordinary one now, which \
         can never pay twice; or wait{before}.",
        blocks = BLINK_BLOCKS
    )]
    BlinkNotApproved {
        /// Its id.
        id: Hash,
        /// What the daemon says.
        reason: String,
        /// What happened to those before it.
        before: String,
    },
    /// The user said no.
    #[error("cancelled: nothing was done")]
    Cancelled,
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// No daemon is to be asked.
    #[error("this needs a daemon, and the wallet was started with --offline")]
    Offline,
    /// A proof or signature is not good.
    #[error("{0}")]
    NotGood(String),
    /// Something that should be there is not.
    #[error("{0}")]
    NothingThere(String),
    /// A file that is no wallet file cannot be read or written.
    #[error("cannot {action} {}: {source}", .path.display())]
    UserFile {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No answer.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// Wallet files.
    #[error(transparent)]
    File(#[from] FileError),
    /// The daemon.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// The daemon's address.
    #[error(transparent)]
    DaemonAddress(#[from] DaemonAddressError),
    /// The daemon's network.
    #[error(transparent)]
    Incompatible(#[from] Incompatible),
    /// Scanning.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// The network's description.
    #[error("the network description: {0}")]
    Network(#[from] NetworkDescriptionError),
    /// Stakes.
    #[error(transparent)]
    Staking(#[from] super::StakingError),
    /// Names.
    #[error(transparent)]
    Names(#[from] super::NamesError),
    /// Arbitrum.
    #[error(transparent)]
    Ethereum(Box<super::EthereumError>),
    /// The swap.
    #[error(transparent)]
    Swap(#[from] super::SwapCommandError),
    /// Planning.
    #[error("{}{}", .0, advice(.0))]
    Build(#[from] BuildError),
    /// Signing.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// Decoys.
    #[error(transparent)]
    Decoys(#[from] DecoyError),
    /// Candidates.
    #[error(transparent)]
    Pick(#[from] PickError),
    /// Rings.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// Rings together.
    #[error(transparent)]
    Sanity(#[from] SanityError),
    /// Accounts and addresses.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// An address.
    #[error(transparent)]
    Address(#[from] AddressFault),
    /// A payment link.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// A proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// A signature.
    #[error(transparent)]
    MessageSignature(#[from] MessageSignatureError),
    /// Notes about sending.
    #[error(transparent)]
    Sending(#[from] SendingError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Seed words.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// Seed words that were typed.
    #[error(transparent)]
    Mnemonic(#[from] MnemonicError),
    /// Keys that were typed.
    #[error(transparent)]
    WalletKeys(#[from] WalletKeysError),
    /// A date.
    #[error(transparent)]
    Date(#[from] DateError),
}

impl From<super::EthereumError> for CommandError {
    fn from(error: super::EthereumError) -> Self {
        Self::Ethereum(Box::new(error))
    }
}

/// What to do where money does not suffice.
fn advice(error: &BuildError) -> String {
    let rest = |amount: Amount, fee: Amount| format::amount(amount.saturating_sub(fee));
    match error {
        BuildError::NotEnoughMoney { available, fee, .. } if available > fee => {
            format!(
                ". Pay at most {}, or use sweep_all to send everything",
                rest(*available, *fee)
            )
        }
        BuildError::NotEnoughUnlocked { unlocked, fee, .. } if unlocked > fee => {
            format!(". Pay at most {} now, or wait", rest(*unlocked, *fee))
        }
        BuildError::NotEnoughUnlocked { .. } | BuildError::NothingToSweep { .. } => {
            ". See incoming_transfers; wait until something is unlocked".to_owned()
        }
        _ => String::new(),
    }
}

/// What the program ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done.
    Done,
    /// Refused or failed.
    Failed,
    /// Wrong words.
    Usage,
    /// Whether a transaction was sent is not known.
    Unknown,
    /// No usable daemon.
    NoDaemon,
    /// Wrong password.
    WrongPassword,
}

impl ExitStatus {
    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Unknown => 3,
            Self::NoDaemon => 4,
            Self::WrongPassword => 5,
        }
    }
}

impl CommandError {
    /// The word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownCommand { .. } => "unknown_command",
            Self::Usage { .. } | Self::OpenQuotation | Self::Option(_) => "usage",
            Self::Amount { .. } => "invalid_amount",
            Self::Hexadecimal { .. } => "invalid_hex",
            Self::UnknownTransaction(_) | Self::TransactionNotFound(_) => "unknown_transaction",
            Self::ViewOnly(_)
            | Self::Build(BuildError::ViewOnly)
            | Self::Prove(ProveError::ViewOnly)
            | Self::Proof(ProofError::ViewOnly)
            | Self::Seed(SeedError::ViewOnly) => "view_only",
            Self::BlinkUnavailable => "blink_unavailable",
            Self::NotSynchronized { .. } | Self::DaemonBehind { .. } => "not_synchronized",
            Self::SpentElsewhere(_) => "spent_elsewhere",
            Self::NothingToResend(_) => "nothing_to_resend",
            Self::TransactionRefused { .. } => "transaction_refused",
            Self::TransactionUnknown { .. } => "transaction_unknown",
            Self::BlinkUndecided { .. } => "blink_undecided",
            Self::BlinkNotApproved { .. } => "blink_not_approved",
            Self::Cancelled => "cancelled",
            Self::Interrupted | Self::Prompt(PromptError::Interrupted) => "interrupted",
            Self::Offline => "offline",
            Self::NotGood(_) | Self::Proof(ProofError::NotGood) | Self::MessageSignature(_) => "not_good",
            Self::NothingThere(_) => "nothing_there",
            Self::UserFile { .. } => "file",
            Self::Prompt(PromptError::NobodyToAsk { .. }) => "answer_needed",
            Self::Prompt(_) => "no_answer",
            Self::File(FileError::WrongPassword) => "wrong_password",
            Self::File(FileError::Missing { .. }) => "no_such_wallet",
            Self::File(FileError::Exists { .. }) => "wallet_exists",
            Self::File(FileError::AlreadyOpen { .. }) => "already_open",
            Self::File(_) => "wallet_file",
            Self::DaemonAddress(_) => "invalid_daemon_address",
            Self::Incompatible(Incompatible::OtherNetwork { .. } | Incompatible::OtherGenesis { .. }) => {
                "wrong_network"
            }
            Self::Incompatible(Incompatible::OtherVersion { .. }) => "wrong_daemon_version",
            Self::Daemon(_)
            | Self::Incompatible(_)
            | Self::Refresh(RefreshError::Daemon(_))
            | Self::Decoys(DecoyError::Daemon(_)) => "daemon",
            Self::Refresh(_) => "refresh",
            Self::Network(_) => "network_description",
            Self::Staking(error) => error.code(),
            Self::Names(error) => error.code(),
            Self::Ethereum(error) => error.code(),
            Self::Swap(error) => error.code(),
            Self::Build(BuildError::NotEnoughMoney { .. }) => "not_enough_money",
            Self::Build(BuildError::NotEnoughUnlocked { .. }) => "not_enough_unlocked",
            Self::Build(BuildError::NothingToSweep { .. } | BuildError::NotSpendable) => "nothing_to_sweep",
            Self::Build(BuildError::TooLarge { .. } | BuildError::TooHeavy { .. }) => "too_large",
            Self::Build(_) => "cannot_build",
            Self::Prove(_) => "cannot_sign",
            Self::Decoys(_) | Self::Pick(_) | Self::Ring(_) | Self::Sanity(_) => "no_decoys",
            Self::Accounts(_) => "no_such_account_or_address",
            Self::Address(_) => "invalid_address",
            Self::Uri(_) => "invalid_uri",
            Self::Proof(_) => "proof",
            Self::Sending(_) => "unknown_output",
            Self::Key(_) | Self::WalletKeys(_) => "invalid_key",
            Self::Seed(_) => "no_seed",
            Self::Mnemonic(_) => "invalid_seed",
            Self::Date(_) => "invalid_date",
        }
    }

    /// What the program ends with.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        match self.code() {
            "usage" | "unknown_command" => ExitStatus::Usage,
            "transaction_unknown" | "blink_undecided" | "l2_transaction_waits" => ExitStatus::Unknown,
            "daemon" | "l2_provider" | "wrong_network" | "wrong_daemon_version" | "offline" => ExitStatus::NoDaemon,
            "wrong_password" => ExitStatus::WrongPassword,
            _ => ExitStatus::Failed,
        }
    }
}
