//! What commands for Arbitrum work with: the provider, the contracts, the key and the journal.

use super::EthereumError;
use crate::{
    command::CommandError,
    file::{EthereumJournalFile, FileError, read_ethereum_key},
    session::Session,
    terminal::Terminal,
};
use oxen_bridge_rules::message::BridgeDomain;
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::{EthereumKey, L2Provider, contribution::Factory, journal::Journal, key_file::KeyFile};

/// How often a person may mistype the password.
const PASSWORD_ATTEMPTS: usize = 3;

/// The provider that was named; it is checked to serve the network's chain.
pub(super) async fn provider(session: &Session) -> Result<L2Provider, CommandError> {
    let url = session
        .settings
        .ethereum
        .provider
        .as_ref()
        .ok_or(EthereumError::NoProvider)?;
    let provider = L2Provider::connect(url, session.network.l2.chain_id).await;
    Ok(provider.map_err(EthereumError::from)?)
}

/// The contract of service nodes and rewards.
pub(super) fn rewards_contract(session: &Session) -> Result<EthereumAddress, EthereumError> {
    session
        .settings
        .ethereum
        .rewards_contract
        .ok_or(EthereumError::ContractUnknown {
            what: "service nodes and rewards",
            option: "--rewards-contract",
        })
}

/// The contract that pays swapped coins.
pub(super) fn swap_contract(session: &Session) -> Result<EthereumAddress, EthereumError> {
    session
        .settings
        .ethereum
        .swap_contract
        .ok_or(EthereumError::ContractUnknown {
            what: "the swap",
            option: "--swap-contract",
        })
}

/// The factory of contribution contracts, and the contract its nodes are registered with.
pub(super) fn factory(session: &Session) -> Result<Factory, EthereumError> {
    let address = session
        .settings
        .ethereum
        .contribution_factory
        .ok_or(EthereumError::ContractUnknown {
            what: "the factory for contributions",
            option: "--contribution-factory",
        })?;
    Ok(Factory {
        address,
        rewards: rewards_contract(session)?,
    })
}

/// Where the network's signatures hold.
pub(super) fn domain(session: &Session) -> Result<BridgeDomain, EthereumError> {
    Ok(BridgeDomain {
        chain_id: session.network.l2.chain_id,
        contract: rewards_contract(session)?,
    })
}

/// The key file, if there is one.
pub(super) fn key_file(session: &Session) -> Result<Option<KeyFile>, CommandError> {
    Ok(read_ethereum_key(&session.file.paths().ethereum_key())?)
}

/// The address of the wallet's key, if it has one.
pub(super) fn own_address(session: &Session) -> Result<Option<EthereumAddress>, CommandError> {
    Ok(key_file(session)?.map(|file| file.address()))
}

/// The key, opened with the password that was given, or is asked for.
pub(super) fn open_key(session: &Session, terminal: &mut dyn Terminal) -> Result<EthereumKey, CommandError> {
    let path = session.file.paths().ethereum_key();
    let file = key_file(session)?.ok_or(EthereumError::NoKey)?;
    let open = |password: &str| file.open(password).map_err(FileError::ethereum_key(&path));
    if let Some(password) = &session.settings.ethereum.password {
        match open(password) {
            // The wallet's password may have been changed since: a person is asked.
            Err(FileError::WrongPassword) if terminal.is_person() => {}
            other => return Ok(other?),
        }
    }
    for _ in 1..PASSWORD_ATTEMPTS {
        let password = terminal.ask_secret("Password of the Ethereum key: ")?;
        match open(&password) {
            Err(FileError::WrongPassword) if terminal.is_person() => terminal.warn("Wrong password. Try again."),
            other => return Ok(other?),
        }
    }
    Ok(open(&terminal.ask_secret("Password of the Ethereum key: ")?)?)
}

/// What was begun with the key.
pub(super) fn journal(session: &Session) -> Result<Journal<EthereumJournalFile>, CommandError> {
    let file = EthereumJournalFile(session.file.paths().ethereum_journal());
    Ok(Journal::open(file).map_err(EthereumError::from)?)
}
