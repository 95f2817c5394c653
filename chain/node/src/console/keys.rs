//! Showing and restoring the keys of a service node; needs no running node (rpc §7.6).

use super::{
    Console, ConsoleError,
    command::{Command, Format, Words},
    layout,
};
use crate::service_node_keys::{
    ED25519_FILE, KeyFiles, LEGACY_FILE, PrimaryOrigin, Replace, legacy_from_text, read_keys, read_or_make_keys,
    restore_ed25519, restore_legacy, seed_from_text,
};
use rand_core::OsRng;
use serde_json::json;
use zeroize::Zeroizing;

pub(super) const COMMANDS: &[Command] = &[Command::new(
    "keys",
    "Shows the keys in the data directory, with +secret the secret ones too; makes those that are missing; restores one from its backup, replacing another only with +overwrite.",
    keys,
)
.takes("show|make|restore|restore-legacy [HEX]")
.flags(&["+secret", "+overwrite"])];

/// What is read when the key is not among the words: there it would stay in the shell's history.
const QUESTION: &str = "Secret key, hexadecimal";

fn keys(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let what: String = words.required(0, "choice of show, make, restore or restore-legacy")?;
    match what.as_str() {
        "show" => show(console, words),
        "make" => {
            read_or_make_keys(&console.data_directory, &mut OsRng)?;
            show(console, words)
        }
        "restore" => {
            let seed = seed_from_text(&secret(console, words)?)?;
            let old = restore_ed25519(&console.data_directory, &seed, replace(words))?;
            restored(console, ED25519_FILE, old)
        }
        "restore-legacy" => {
            let scalar = legacy_from_text(&secret(console, words)?)?;
            let old = restore_legacy(&console.data_directory, &scalar, replace(words))?;
            restored(console, LEGACY_FILE, old)
        }
        other => Err(words.wrong(format!("\"{other}\" is neither show, make, restore nor restore-legacy"))),
    }
}

fn replace(words: &Words) -> Replace {
    if words.has("+overwrite") {
        Replace::KeepingOld
    } else {
        Replace::Never
    }
}

fn secret(console: &mut Console<'_>, words: &Words) -> Result<Zeroizing<String>, ConsoleError> {
    let given = words.optional::<String>(1, "key")?;
    given
        .map_or_else(|| console.screen.ask(QUESTION), Ok)
        .map(Zeroizing::new)
}

fn restored(console: &mut Console<'_>, file: &str, old: Option<std::path::PathBuf>) -> Result<(), ConsoleError> {
    let path = console.data_directory.join(file);
    let mut text = format!("Wrote {}.", path.display());
    if let Some(old) = old {
        text.push_str(&format!(" The key that was there is kept as {}.", old.display()));
    }
    console.screen.say(&text)?;
    if let Some(found) = read_keys(&console.data_directory)? {
        console.screen.say(&format!(
            "The service node's key is now {}; a running oxend takes it up when it is started again.",
            found.keys.primary().public
        ))?;
    }
    Ok(())
}

fn show(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    let found = read_keys(&console.data_directory)?.ok_or_else(|| {
        ConsoleError::NotFound(format!(
            "{} holds no keys: `oxend --service-node` or `oxend keys make` makes some, `oxend keys restore` takes your own",
            console.data_directory.display()
        ))
    })?;
    for warning in &found.warnings {
        eprintln!("WARNING: {warning}");
    }
    let entries = entries(&found, words.has("+secret"));
    match console.screen.format() {
        Format::Json => {
            let object = entries
                .iter()
                .map(|(_, name, value)| ((*name).to_owned(), json!(value.as_str())))
                .collect();
            console.screen.json(&serde_json::Value::Object(object))
        }
        Format::Text => {
            let lines: Vec<(&str, String)> = entries
                .iter()
                .map(|(name, _, value)| (*name, value.to_string()))
                .collect();
            console.screen.say(&layout::fields(0, &lines))
        }
    }
}

/// Keys with their names for people and for programs.
fn entries(found: &KeyFiles, with_secrets: bool) -> Vec<(&'static str, &'static str, Zeroizing<String>)> {
    let keys = &found.keys;
    let mut entries = vec![
        (
            "service node key",
            "service_node_pubkey",
            Zeroizing::new(keys.primary().public.to_string()),
        ),
        (
            "ed25519 key",
            "service_node_ed25519_pubkey",
            Zeroizing::new(keys.ed25519_public().to_string()),
        ),
        (
            "x25519 key",
            "service_node_x25519_pubkey",
            Zeroizing::new(keys.x25519_public().to_string()),
        ),
    ];
    if let Some(bls) = &found.bls {
        let key = Zeroizing::new(bls.public_key().to_string());
        entries.push(("BLS key", "service_node_bls_pubkey", key));
    }
    if with_secrets {
        entries.push((
            "ed25519 secret (back it up)",
            "service_node_ed25519_privkey",
            Zeroizing::new(hex::encode(*keys.ed25519_secret())),
        ));
        entries.push((
            "x25519 secret",
            "service_node_x25519_privkey",
            Zeroizing::new(hex::encode(*keys.x25519_secret())),
        ));
        if let Some(bls) = &found.bls {
            entries.push((
                "BLS secret (back it up)",
                "service_node_bls_privkey",
                Zeroizing::new(hex::encode(bls.to_bytes().as_slice())),
            ));
        }
        if found.primary == PrimaryOrigin::Legacy {
            entries.push((
                "legacy secret (back it up)",
                "service_node_privkey",
                Zeroizing::new(hex::encode(*keys.primary().secret.to_bytes())),
            ));
        }
    }
    entries
}
