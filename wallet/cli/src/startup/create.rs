//! Making a wallet: a new one, or one from words or keys.

use super::{
    Started, Startup, daemon_link,
    restore::{self, optional_answer},
};
use crate::{
    command::{CommandError, Reply, seed_lines},
    file::{OpenedWallet, WalletFile, WalletPaths},
    format::time::{date, now},
    session::Session,
    terminal::{NewPassword, Terminal, ask_new_password},
};
use oxen_crypto::{SubaddressIndex, mnemonic::Language};
use oxen_wallet_core::{KeysSection, WalletKeys, keys::Birthday};
use rand_core::OsRng;
use serde_json::json;
use std::{fmt::Write, path::Path};
use zeroize::Zeroizing;

/// Where the keys of a new wallet come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Chance.
    Random,
    /// Seed words.
    SeedWords,
    /// An address and its view key.
    ViewKey,
    /// A spend key.
    SpendKey,
    /// An address and both keys.
    BothKeys,
}

impl Startup<'_> {
    /// Makes a wallet.
    pub(super) async fn create(&self, terminal: &mut dyn Terminal, path: &Path) -> Result<Started, CommandError> {
        let paths = WalletPaths::new(path);
        // Found out before anybody types words or passwords.
        if paths.keys().exists() || paths.cache().exists() {
            let path = if paths.keys().exists() {
                paths.keys()
            } else {
                paths.cache()
            };
            return Err(crate::file::FileError::Exists { path }.into());
        }
        let source = self.source();
        let (keys, language) = match source {
            Source::Random => (WalletKeys::generate(&mut OsRng), None),
            Source::SeedWords => restore::seed_words(self.options, terminal)?,
            _ => (restore::keys(self.options, terminal, source, &self.network)?, None),
        };
        let password = self.new_password(terminal)?;
        let language = match language {
            Some(language) => language,
            None => self.language(terminal, source)?,
        };
        let mut daemon = daemon_link(&self.options.daemon, &self.network, terminal)?;
        let birthday = match source {
            Source::Random => Birthday {
                height: oxen_types::Height::GENESIS,
                created: Some(now()),
            },
            _ => {
                restore::birthday(
                    self.options,
                    terminal,
                    &mut daemon,
                    &self.network,
                    self.settings.confirmation,
                )
                .await?
            }
        };
        let section = KeysSection {
            keys,
            birthday,
            language,
            network: self.network.name.clone(),
        };
        let file = WalletFile::create(paths, &section, &password, self.settings.password_cost)?;
        let opened = OpenedWallet {
            file,
            keys: section,
            state: None,
            unrecoverable: None,
            recoveries: Vec::new(),
        };
        let mut session = Session::new(
            opened,
            self.network.clone(),
            daemon,
            self.settings.clone(),
            self.lookahead,
        );
        session.save()?;
        let made = describe(&session, source)?;
        Ok(Started {
            session,
            made: Some(made),
        })
    }

    fn source(&self) -> Source {
        let wallet = &self.options.wallet;
        if wallet.generate_from_view_key.is_some() {
            Source::ViewKey
        } else if wallet.generate_from_spend_key.is_some() {
            Source::SpendKey
        } else if wallet.generate_from_keys.is_some() {
            Source::BothKeys
        } else if self.options.restore.restore_deterministic_wallet || self.options.restore.electrum_seed.is_some() {
            Source::SeedWords
        } else {
            Source::Random
        }
    }

    fn new_password(&self, terminal: &mut dyn Terminal) -> Result<Zeroizing<String>, CommandError> {
        if self.settings.password_cost.is_weak() {
            terminal.warn("Warning: with so little work for each guess the password is easier to find out.");
        }
        match self.given_password()? {
            Some(password) => {
                if password.is_empty() {
                    terminal.warn(
                        "Warning: the password is empty. Whoever can read the wallet's files can spend its money.",
                    );
                }
                Ok(password)
            }
            None => Ok(ask_new_password(terminal, NewPassword::NewWallet)?),
        }
    }

    /// The language of the seed words, which a wallet that has none does not need.
    fn language(&self, terminal: &mut dyn Terminal, source: Source) -> Result<Language, CommandError> {
        let offered: Vec<Language> = Language::ALL
            .into_iter()
            .filter(|language| !language.is_deprecated())
            .collect();
        if let Some(name) = &self.options.restore.mnemonic_language {
            let found = Language::from_name(name).filter(|language| offered.contains(language));
            return found.ok_or_else(|| {
                let names = offered
                    .iter()
                    .map(|language| language.name())
                    .collect::<Vec<_>>()
                    .join(", ");
                CommandError::Option(format!("--mnemonic-language {name}: there are {names}"))
            });
        }
        if matches!(source, Source::ViewKey | Source::BothKeys) || !terminal.answers() {
            return Ok(Language::English);
        }
        let mut list = "Languages of the seed words:".to_owned();
        for (place, language) in offered.iter().enumerate() {
            let _ = write!(list, "\n{place} : {}", language.native_name());
        }
        terminal.say(&list);
        let answer = optional_answer(terminal, "Number of the language (default 0, English): ")?;
        let place: usize = if answer.is_empty() {
            0
        } else {
            answer.parse().unwrap_or(usize::MAX)
        };
        offered
            .get(place)
            .copied()
            .ok_or_else(|| CommandError::Option(format!("there is no language {answer}")))
    }
}

/// What is said of a wallet that was made just now.
fn describe(session: &Session, source: Source) -> Result<Reply, CommandError> {
    let address = session.wallet.address_text(SubaddressIndex::PRIMARY)?;
    let section = &session.section;
    let file = session.file.paths().name().display().to_string();
    let seed = section.keys.seed_words(section.language).ok();
    let birthday = section.birthday;
    let mut text = match source {
        Source::Random => format!("Generated new wallet: {address}\n"),
        Source::ViewKey => format!("Generated view-only wallet: {address}\n"),
        _ => format!("Restored wallet: {address}\n"),
    };
    if source == Source::Random {
        text.push_str(
            "\nUse `help` to see the commands. Your wallet is saved by itself; leave it with `exit`.\n\
             Never give the words below or the wallet's files to anybody, whoever asks for them.\n",
        );
    } else {
        let from = match birthday.created {
            Some(created) if birthday.height == oxen_types::Height::GENESIS => format!("from {}", date(created)),
            _ => format!("from block {}", birthday.height),
        };
        let _ = writeln!(
            text,
            "\nThe chain is scanned {from} on. Older payments are not found: if any are missing, choose a lower height \
             with `restore_height` and scan again with `rescan_bc`."
        );
    }
    if let Some(seed) = seed.as_ref().filter(|_| source == Source::Random) {
        let _ = write!(
            text,
            "\nPLEASE NOTE: these 25 words can be used to restore your wallet. Write them on paper and keep them in a safe \
             place. They are not stored anywhere else in a form that you could read without this wallet.\n\n{}\n",
            seed_lines(seed)
        );
    }
    let json = json!({
        "file": file,
        "address": address,
        "view_only": session.wallet.is_view_only(),
        "seed": seed.as_deref().filter(|_| source == Source::Random),
        "language": section.language.name(),
        "restore_height": birthday.height.index(),
        "created": birthday.created.map(|time| time.seconds()),
    });
    Ok(Reply::new(text.trim_end(), json))
}
