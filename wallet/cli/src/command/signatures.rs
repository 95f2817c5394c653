//! Signing texts and files with the key of an address.

use super::{Arguments, CommandError, Reply};
use crate::{session::Session, terminal::Terminal};
use oxen_crypto::SubaddressIndex;
use oxen_wallet_core::proofs::verify_message;
use rand_core::OsRng;
use serde_json::json;
use std::{fs, path::PathBuf};

/// Largest file that is signed.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// `sign <file> [account,address]`
pub(super) fn sign(
    session: &Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let path = words.next("The file")?;
    let index = match words.next_if_any() {
        None => SubaddressIndex::PRIMARY,
        Some(text) => parse_index(&text).ok_or_else(|| {
            words.usage(format!(
                "\"{text}\" is no address: write account,address, for example 0,3."
            ))
        })?,
    };
    words.finish()?;
    let data = read_file(&path)?;
    sign_data(session, terminal, &data, index)
}

/// `sign_value <text>`
pub(super) fn sign_value(
    session: &Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    if words.is_empty() {
        return Err(words.usage("The text is missing."));
    }
    let text = words.rest();
    sign_data(session, terminal, text.as_bytes(), SubaddressIndex::PRIMARY)
}

fn sign_data(
    session: &Session,
    terminal: &mut dyn Terminal,
    data: &[u8],
    index: SubaddressIndex,
) -> Result<Reply, CommandError> {
    if session.wallet.is_view_only() {
        return Err(CommandError::ViewOnly("signing"));
    }
    session.ask_password(terminal, "to sign")?;
    let signature = session.wallet.sign_message(data, index, &mut OsRng)?;
    let address = session.wallet.address_text(index)?;
    Ok(Reply::new(
        signature.clone(),
        json!({"signature": signature, "address": address}),
    ))
}

/// `verify <file> <address> <signature>`
pub(super) fn verify(session: &Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let path = words.next("The file")?;
    let address = words.address(&session.wallet.network().prefixes)?;
    let signature = words.next("The signature")?;
    words.finish()?;
    let data = read_file(&path)?;
    verify_message(&data, &address, &signature)?;
    Ok(good())
}

/// `verify_value <address> <signature> <text>`
pub(super) fn verify_value(session: &Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let address = words.address(&session.wallet.network().prefixes)?;
    let signature = words.next("The signature")?;
    if words.is_empty() {
        return Err(words.usage("The text is missing."));
    }
    let text = words.rest();
    verify_message(text.as_bytes(), &address, &signature)?;
    Ok(good())
}

fn good() -> Reply {
    Reply::new("Good signature.", json!({"good": true}))
}

fn parse_index(text: &str) -> Option<SubaddressIndex> {
    let (major, minor) = text.split_once(',')?;
    Some(SubaddressIndex::new(major.parse().ok()?, minor.parse().ok()?))
}

/// Reads a file of the user.
pub(super) fn read_file(path: &str) -> Result<Vec<u8>, CommandError> {
    let path = PathBuf::from(path);
    let failed = |source| CommandError::UserFile {
        action: "read",
        path: path.clone(),
        source,
    };
    let length = fs::metadata(&path).map_err(failed)?.len();
    if length > MAX_FILE_BYTES {
        return Err(failed(std::io::ErrorKind::FileTooLarge.into()));
    }
    fs::read(&path).map_err(failed)
}
