//! The commands: what a user can do with an open wallet (wallet §3).
//!
//! [`table`] lists them; [`run`] takes a line apart, finds the command and runs it. Each group of commands has a file; each
//! command takes [`Arguments`] and gives a [`Reply`] or a [`CommandError`].

mod accounts;
mod address_book;
mod addresses;
pub mod arguments;
mod balance;
mod error;
mod ethereum;
mod export;
mod help;
mod history;
mod key_images;
mod names;
mod notes;
mod outputs;
mod payment;
mod proofs;
pub mod reply;
mod rescan;
mod secrets;
mod settings;
mod signatures;
mod staking;
mod status;
mod swap;
mod sweep;
pub mod table;
mod transfer;
pub mod words;

pub use arguments::Arguments;
pub use error::{CommandError, ExitStatus};
pub use ethereum::EthereumError;
pub use help::welcome;
pub use names::NamesError;
pub use reply::Reply;
pub use secrets::seed_lines;
pub use settings::parse_lookahead;
pub use staking::StakingError;
pub use status::describe_refresh;
pub use swap::SwapCommandError;
pub use table::{COMMANDS, CommandId, CommandInfo, Needs, SECRET_COMMANDS};

use crate::{session::Session, terminal::Terminal};

/// Finds the command that words begin with.
///
/// # Errors
/// [`CommandError::UnknownCommand`].
pub fn find(words: Vec<String>) -> Result<(&'static CommandInfo, Arguments), CommandError> {
    let mut words = words.into_iter();
    let name = words.next().unwrap_or_default();
    match CommandInfo::find(&name) {
        Some(info) => Ok((info, Arguments::new(info, words))),
        None => Err(CommandError::UnknownCommand {
            suggestion: help::suggestion(&name),
            name,
        }),
    }
}

/// Runs a command.
///
/// # Errors
/// [`CommandError`].
pub async fn run(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    info: &'static CommandInfo,
    words: Arguments,
) -> Result<Reply, CommandError> {
    match info.id {
        CommandId::Help => help::help(words),
        CommandId::Welcome => help::welcome_command(words),
        CommandId::Version => help::version(words),
        CommandId::Exit | CommandId::Save => status::save(session, words),
        CommandId::Lock => secrets::lock(session, terminal, words),
        CommandId::Refresh => status::refresh_command(session, words).await,
        CommandId::Status => status::status(session, words).await,
        CommandId::ChainHeight => status::chain_height(session, words).await,
        CommandId::WalletHeight => status::wallet_height(session, words),
        CommandId::Fee => status::fee(session, words).await,
        CommandId::SetDaemon => status::set_daemon(session, words).await,
        CommandId::WalletInfo => status::wallet_info(session, words),
        CommandId::Set => settings::set(session, terminal, words),
        CommandId::Balance => balance::balance(session, words).await,
        CommandId::Address => addresses::address(session, words),
        CommandId::IntegratedAddress => addresses::integrated_address(session, words),
        CommandId::Account => accounts::account(session, words),
        CommandId::AddressBook => address_book::address_book(session, words),
        CommandId::Transfer => transfer::transfer(session, terminal, words).await,
        CommandId::LockedTransfer => transfer::locked_transfer(session, terminal, words).await,
        CommandId::SweepAll => sweep::sweep_all(session, terminal, words).await,
        CommandId::LockedSweepAll => sweep::locked_sweep_all(session, terminal, words).await,
        CommandId::SweepBelow => sweep::sweep_below(session, terminal, words).await,
        CommandId::SweepSingle => sweep::sweep_single(session, terminal, words).await,
        CommandId::SweepAccount => sweep::sweep_account(session, terminal, words).await,
        CommandId::RegisterServiceNode => staking::register_service_node(session, terminal, words).await,
        CommandId::Stake => staking::stake(session, terminal, words).await,
        CommandId::RequestStakeUnlock => staking::request_stake_unlock(session, terminal, words).await,
        CommandId::PrintLockedStakes => staking::print_locked_stakes(session, words),
        CommandId::Swap => swap::swap(session, terminal, words).await,
        CommandId::BuyName => names::buy(session, terminal, words).await,
        CommandId::RenewName => names::renew(session, terminal, words).await,
        CommandId::UpdateName => names::update(session, terminal, words).await,
        CommandId::SignNameUpdate => names::make_update_signature(session, terminal, words).await,
        CommandId::LookUpName => names::look_up(session, words).await,
        CommandId::NamesByOwner => names::by_owner(session, words).await,
        CommandId::EncryptName => names::encrypt(session, words),
        CommandId::Resend => rescan::resend(session, words).await,
        CommandId::ShowTransfers => history::show_transfers(session, words),
        CommandId::ShowTransfer => history::show_transfer(session, words),
        CommandId::ExportTransfers => export::export_transfers(session, terminal, words),
        CommandId::IncomingTransfers => outputs::incoming_transfers(session, words),
        CommandId::UnspentOutputs => outputs::unspent_outputs(session, words),
        CommandId::Freeze => outputs::freeze(session, words),
        CommandId::Thaw => outputs::thaw(session, words),
        CommandId::Frozen => outputs::frozen(session, words),
        CommandId::SetTransactionNote => notes::set_transaction_note(session, words),
        CommandId::GetTransactionNote => notes::get_transaction_note(session, words),
        CommandId::SetDescription => notes::set_description(session, words),
        CommandId::GetDescription => notes::get_description(session, words),
        CommandId::Seed => secrets::seed(session, terminal, words),
        CommandId::ViewKey => secrets::view_key(session, terminal, words),
        CommandId::SpendKey => secrets::spend_key(session, terminal, words),
        CommandId::Password => secrets::password(session, terminal, words),
        CommandId::RestoreHeight => rescan::restore_height(session, words),
        CommandId::SaveWatchOnly => secrets::save_watch_only(session, terminal, words),
        CommandId::RescanBlockchain => rescan::rescan_blockchain(session, terminal, words).await,
        CommandId::ExportKeyImages => key_images::export_key_images(session, terminal, words),
        CommandId::ImportKeyImages => key_images::import_key_images(session, words).await,
        CommandId::UnsetRing => outputs::unset_ring(session, words),
        CommandId::GetTransactionKey => proofs::get_transaction_key(session, terminal, words),
        CommandId::SetTransactionKey => proofs::set_transaction_key(session, words).await,
        CommandId::CheckTransactionKey => proofs::check_transaction_key(session, words).await,
        CommandId::GetTransactionProof => proofs::get_transaction_proof(session, terminal, words).await,
        CommandId::CheckTransactionProof => proofs::check_transaction_proof(session, words).await,
        CommandId::GetSpendProof => proofs::get_spend_proof(session, terminal, words).await,
        CommandId::CheckSpendProof => proofs::check_spend_proof(session, words).await,
        CommandId::Sign => signatures::sign(session, terminal, words),
        CommandId::SignValue => signatures::sign_value(session, terminal, words),
        CommandId::Verify => signatures::verify(session, words),
        CommandId::VerifyValue => signatures::verify_value(session, words),
        CommandId::Ethereum => ethereum::ethereum(session, terminal, words).await,
        CommandId::Rewards => ethereum::rewards(session, terminal, words).await,
        CommandId::Bridge => ethereum::bridge(session, terminal, words).await,
    }
}
