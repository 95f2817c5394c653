//! What the wallets hold, looked up now and then beside the status.

use crate::{bring_up::Wallets, error::LocalnetError};
use oxen_localnet::{OXEN, PrivateNetwork, wallet::Wallet};
use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(10);

/// The text of the last look, which a thread renews as long as it is wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Balances(Arc<Mutex<String>>);

impl Balances {
    /// Begins to look. The wallets that are looked into are restored beside those to play with, from the same words: a wallet
    /// file is open in one program at a time.
    pub(crate) fn watch(network: &PrivateNetwork, wallets: &Wallets) -> Result<Self, LocalnetError> {
        let copies = [
            ("alice", &wallets.alice),
            ("bob", &wallets.bob),
            ("faucet", &wallets.faucet),
        ]
        .into_iter()
        .map(|(name, wallet)| Ok((name, network.watched_copy(name, wallet)?)))
        .collect::<Result<Vec<(&'static str, Wallet)>, LocalnetError>>()?;
        let text = Self::default();
        let shared = Arc::downgrade(&text.0);
        thread::Builder::new().name("balances".to_owned()).spawn(move || {
            while let Some(shared) = shared.upgrade() {
                let found = look(&copies);
                *shared.lock().unwrap_or_else(PoisonError::into_inner) = found;
                drop(shared);
                thread::sleep(PAUSE);
            }
        })?;
        Ok(text)
    }

    /// The last look, empty before the first.
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn look(wallets: &[(&str, Wallet)]) -> String {
    let texts: Vec<String> = wallets
        .iter()
        .map(|(name, wallet)| match wallet.balance() {
            Ok((balance, _)) => format!("{name} {}.{:02} OXEN", balance / OXEN, balance % OXEN / (OXEN / 100)),
            Err(_) => format!("{name} ?"),
        })
        .collect();
    texts.join(", ")
}
