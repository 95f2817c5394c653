//! `ethereum create`, `import`, `address`, `balance`, `key`, `password`, `resume`; files of other wallets are in [`keystore`],
//! `forget` is in [`forget`]

use super::{EthereumError, forget, keystore, link, words, work};
use crate::{
    command::{Arguments, CommandError, Reply},
    file::{FileError, replace_ethereum_key, write_ethereum_key},
    session::Session,
    terminal::{NewPassword, Terminal, ask_new_password},
};
use oxen_types::bytes::EthereumAddress;
use oxen_wallet_ethereum::{
    EthereumKey, checksummed,
    key_file::{GuessCost, KeyFile},
    service_node::{sesh_balance, token},
};
use rand_core::OsRng;
use serde_json::json;
use std::fmt::Write;

/// `ethereum …`
pub(in crate::command) async fn ethereum(
    session: &mut Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    match words
        .next("What is to be done (create, import, export, address, balance, key, password, resume or forget)")?
        .as_str()
    {
        "create" => {
            words.finish()?;
            check_is_new(session)?;
            keep(session, terminal, &EthereumKey::random(&mut OsRng), "Made")
        }
        "import" => {
            let file = words.next_if_any();
            words.finish()?;
            check_is_new(session)?;
            let key = match file {
                Some(file) => keystore::read(terminal, &file)?,
                None => {
                    let secret = terminal.ask_secret("Secret key of the account, 64 hexadecimal characters: ")?;
                    EthereumKey::from_hex(&secret).map_err(EthereumError::from)?
                }
            };
            keep(session, terminal, &key, "Took")
        }
        "export" => keystore::export(session, terminal, words),
        "address" => {
            words.finish()?;
            let address = link::own_address(session)?.ok_or(EthereumError::NoKey)?;
            Ok(Reply::new(
                checksummed(&address),
                json!({"address": checksummed(&address)}),
            ))
        }
        "balance" => balance(session, terminal, words).await,
        "key" => {
            words.finish()?;
            show_key(session, terminal)
        }
        "password" => {
            words.finish()?;
            change_password(session, terminal)
        }
        "resume" => {
            words.finish()?;
            resume(session, terminal).await
        }
        "forget" => forget::forget(session, terminal, words).await,
        other => Err(words.usage(format!("\"{other}\" is nothing that can be done with an Ethereum key."))),
    }
}

fn check_is_new(session: &Session) -> Result<(), CommandError> {
    match link::key_file(session)? {
        None => Ok(()),
        Some(file) => Err(EthereumError::KeyExists {
            address: file.address(),
            path: session.file.paths().ethereum_key(),
        }
        .into()),
    }
}

/// Seals a key.
fn seal(session: &Session, key: &EthereumKey, password: &str) -> Result<KeyFile, CommandError> {
    let path = session.file.paths().ethereum_key();
    let cost = session.settings.password_cost;
    let cost = GuessCost {
        memory_kib: cost.memory_kib,
        passes: cost.passes,
        lanes: cost.lanes,
    };
    Ok(KeyFile::seal(key, password, cost, &mut OsRng).map_err(FileError::ethereum_key(&path))?)
}

/// Seals and writes a new key.
fn keep(session: &Session, terminal: &mut dyn Terminal, key: &EthereumKey, how: &str) -> Result<Reply, CommandError> {
    let password = match &session.settings.ethereum.password {
        Some(password) => password.clone(),
        None => ask_new_password(terminal, NewPassword::EthereumKey)?,
    };
    let path = session.file.paths().ethereum_key();
    write_ethereum_key(&path, &seal(session, key, &password)?)?;
    let address = checksummed(&key.address());
    let text = format!(
        "{how} the Ethereum key of {address}.\nIt is in {} and cannot be restored from this wallet's seed words: write down what \
         `ethereum key` shows. Send the address a little ETH on Arbitrum for gas.",
        path.display()
    );
    Ok(Reply::new(text, json!({"address": address})))
}

/// `ethereum balance [<0x address>]`
async fn balance(session: &Session, terminal: &mut dyn Terminal, mut words: Arguments) -> Result<Reply, CommandError> {
    let given = words.next_if_any();
    words.finish()?;
    let address = match given {
        Some(text) => words::address(session, terminal, &text)?,
        None => link::own_address(session)?.ok_or(EthereumError::NoKey)?,
    };
    let provider = link::provider(session).await?;
    let ether = provider.ether(&address).await.map_err(EthereumError::from)?;
    let token = token(&provider, &link::rewards_contract(session)?)
        .await
        .map_err(EthereumError::from)?;
    let sesh = sesh_balance(&provider, &token, &address)
        .await
        .map_err(EthereumError::from)?;
    let text = format!(
        "{}\n  {sesh}\n  {} ETH for gas",
        checksummed(&address),
        format_ether(ether.to_string())
    );
    Ok(Reply::new(
        text,
        json!({"address": checksummed(&address), "sesh": sesh.atomic(), "wei": ether.to_string()}),
    ))
}

/// Wei as ETH, with as many decimals as it has.
fn format_ether(wei: String) -> String {
    /// Decimals of one ETH.
    const DECIMALS: usize = 18;
    let padded = format!("{wei:0>width$}", width = DECIMALS + 1);
    let (whole, decimals) = padded.split_at(padded.len() - DECIMALS);
    let decimals = decimals.trim_end_matches('0');
    if decimals.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{decimals}")
    }
}

/// `ethereum key`
fn show_key(session: &Session, terminal: &mut dyn Terminal) -> Result<Reply, CommandError> {
    session.ask_password(terminal, "to show the secret key")?;
    let key = link::open_key(session, terminal)?;
    let secret = hex::encode(*key.to_bytes());
    let address: EthereumAddress = key.address();
    let mut text = format!("Secret key of {}: 0x{secret}", checksummed(&address));
    let _ = write!(
        text,
        "\nWhoever has it has everything that belongs to the address. Keep it on paper."
    );
    Ok(Reply::new(
        text,
        json!({"address": checksummed(&address), "secret_key": format!("0x{secret}")}),
    ))
}

/// `ethereum password`
fn change_password(session: &Session, terminal: &mut dyn Terminal) -> Result<Reply, CommandError> {
    let key = link::open_key(session, terminal)?;
    let password = ask_new_password(terminal, NewPassword::EthereumKey)?;
    let path = session.file.paths().ethereum_key();
    replace_ethereum_key(&path, &seal(session, &key, &password)?)?;
    Ok(Reply::done("The Ethereum key has the new password."))
}

/// `ethereum resume`
async fn resume(session: &mut Session, terminal: &mut dyn Terminal) -> Result<Reply, CommandError> {
    let mut workshop = work::Workshop::open(session, terminal).await?;
    match workshop.finish_earlier(terminal).await? {
        Some(receipt) => Ok(work::tell(&receipt)),
        None => Ok(Reply::new("No transaction is on its way.", json!(null))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wei_are_written_as_ether() {
        for (wei, expected) in [
            ("0", "0"),
            ("1", "0.000000000000000001"),
            ("1500000000000000000", "1.5"),
            ("10000000000000000000000", "10000"),
        ] {
            assert_eq!(format_ether(wei.to_owned()), expected);
        }
    }
}
