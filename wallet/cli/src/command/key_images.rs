//! Key images for a copy of the wallet that only sees (wallet §3.6, §9.1): a file of our own, sealed with the view key that
//! both have.

use super::{Arguments, CommandError, Reply, export::confirm_overwrite, signatures::read_file};
use crate::{
    daemon::Trust,
    file::{Previous, SealingKey, replace},
    session::Session,
    terminal::Terminal,
};
use oxen_types::{KeyImage, PublicKey, Signature, keccak256};
use oxen_wallet_core::{Wallet, proofs::ExportedKeyImage, wallet::ImportedKeyImage};
use parity_scale_codec::{DecodeAll, Encode};
use rand_core::OsRng;
use serde_json::json;
use std::path::Path;

/// What the file begins with, and the context in which the rest is sealed.
const HEADER: &[u8] = b"Oxen wallet key images 1\n";

/// One output: its key, its key image, the proof.
type Row = (PublicKey, KeyImage, Signature);

/// `export_key_images <file>`
pub(super) fn export_key_images(
    session: &Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let path = words.next("The file")?;
    words.finish()?;
    if session.wallet.is_view_only() {
        return Err(CommandError::ViewOnly("exporting key images"));
    }
    confirm_overwrite(session, terminal, Path::new(&path))?;
    session.ask_password(terminal, "to export key images")?;
    let images = session.wallet.export_key_images(&mut OsRng)?;
    let rows: Vec<Row> = images
        .iter()
        .map(|one| (one.output_key, one.key_image, one.signature))
        .collect();
    let sealed = file_key(&session.wallet).seal(HEADER, &rows.encode(), &mut OsRng);
    replace(Path::new(&path), &[HEADER, &sealed].concat(), Previous::Keep)?;
    let text = format!(
        "{} key images written to {path}: read them into the view-only copy with import_key_images.",
        rows.len()
    );
    Ok(Reply::new(text, json!({"file": path, "key_images": rows.len()})))
}

/// `import_key_images <file>`
pub(super) async fn import_key_images(session: &mut Session, mut words: Arguments) -> Result<Reply, CommandError> {
    let path = words.next("The file")?;
    words.finish()?;
    let rows = read(&session.wallet, &path)?;
    let mut own: Vec<ImportedKeyImage> = Vec::new();
    for (output_key, key_image, signature) in rows {
        if session.wallet.outputs().with_key(&output_key) == 0 {
            continue;
        }
        ExportedKeyImage {
            output_key,
            key_image,
            signature,
        }
        .verify()?;
        own.push(ImportedKeyImage {
            output_key,
            key_image,
            spend: None,
        });
    }
    let imported = own.len();
    let missing = session.wallet.outputs_without_key_image().count();
    session.wallet.import_key_images(own);
    let still_missing = session.wallet.outputs_without_key_image().count();
    // What was spent before the images were known is found by scanning again; notes and labels stay.
    let new = missing.saturating_sub(still_missing);
    let mut text = format!("{imported} key images imported, {new} of them new.");
    if still_missing > 0 {
        text.push_str(&format!(
            " {still_missing} outputs have none yet: refresh the full wallet and export again."
        ));
    }
    session.save()?;
    if new > 0 {
        session.wallet.rescan(session.section.birthday.height);
        text.push_str(match session.daemon.daemon().map(|daemon| daemon.trust()) {
            Some(Trust::Trusted | Trust::Untrusted) => {
                " The chain is scanned again with the next refresh, to find what was spent."
            }
            None => " With a daemon, refresh will find what was spent.",
        });
    }
    Ok(Reply::new(
        text,
        json!({"imported": imported, "new": new, "missing": still_missing}),
    ))
}

fn read(wallet: &Wallet, path: &str) -> Result<Vec<Row>, CommandError> {
    let bytes = read_file(path)?;
    let strange = |what: &str| CommandError::NotGood(format!("{path} {what}"));
    let sealed = bytes
        .strip_prefix(HEADER)
        .ok_or_else(|| strange("is no file of key images of this program"))?;
    let rows = file_key(wallet)
        .open(HEADER, sealed)
        .map_err(|_| strange("belongs to another wallet, or is damaged"))?;
    Vec::<Row>::decode_all(&mut rows.as_slice()).map_err(|_| strange("is damaged"))
}

/// The key both copies of a wallet can make.
fn file_key(wallet: &Wallet) -> SealingKey {
    let secret = wallet.keys().view().to_bytes();
    SealingKey::new(keccak256(&[HEADER, secret.as_slice()].concat()).as_bytes())
}
