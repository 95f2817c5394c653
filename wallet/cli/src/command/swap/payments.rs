//! What the contract on Arbitrum has credited and paid for burns, where a provider was named (bridge §5.4.8).
//!
//! The contract knows lifetime totals of recipients and no burns. Totals grow burn by burn as these mature, and claims are paid from
//! the oldest on: so the daemon's list of a recipient's burns tells how much of which one is paid.

use super::progress::Progress;
use crate::{
    command::ethereum::SwapContract,
    daemon::{Daemon, SwapAccount},
    format::time,
    session::Session,
};
use oxen_bridge_rules::address::{checksummed, parse_checksummed};
use oxen_rpc::types::swap::SwapBurnState;
use oxen_types::{Amount, Hash, Timestamp, bytes::EthereumAddress};
use oxen_wallet_ethereum::{
    Sesh,
    claim::{ClaimBalance, SwapState},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write};

/// Recipients that are asked about, those of the newest burns.
const MAX_RECIPIENTS: usize = 20;

/// What was found out on Arbitrum.
#[derive(Debug)]
pub(super) enum Payments {
    /// No provider was named.
    NotAsked,
    /// It could not be found out, for this reason.
    Unknown(String),
    /// The contract told.
    Told {
        /// Whether it pays.
        state: SwapState,
        /// The recipients of burns, by the newest burn.
        accounts: Vec<Account>,
        /// Recipients beyond [`MAX_RECIPIENTS`].
        left_out: usize,
    },
}

/// A recipient.
#[derive(Debug)]
pub(super) struct Account {
    recipient: EthereumAddress,
    /// What was burned for it and counts, as the daemon says.
    total: Option<Sesh>,
    /// What the contract did.
    balance: ClaimBalance,
}

/// Asks about the recipients of burns, and notes what of each burn is paid.
pub(super) async fn ask(session: &Session, daemon: Option<&Daemon>, burns: &mut [Progress]) -> Payments {
    let contract = match SwapContract::of_claims(session).await {
        Ok(Some(contract)) => contract,
        Ok(None) => return Payments::NotAsked,
        Err(error) => return Payments::Unknown(error.to_string()),
    };
    let (recipients, left_out) = recipients(burns);
    let asked = async {
        let mut accounts = Vec::new();
        for recipient in recipients {
            accounts.push((recipient, contract.balance(&recipient).await?));
        }
        Ok::<_, crate::command::EthereumError>((contract.state().await?, accounts))
    };
    let (state, balances) = match asked.await {
        Ok(told) => told,
        Err(error) => return Payments::Unknown(error.to_string()),
    };
    let mut accounts = Vec::new();
    for (recipient, balance) in balances {
        let burned = burned_for(daemon, &recipient).await;
        if let Some(burned) = &burned {
            note(burns, &paid_by_burn(burned, balance.claimed));
        }
        accounts.push(Account {
            recipient,
            total: burned.map(|burned| Sesh::from_atomic(burned.total.atomic())),
            balance,
        });
    }
    Payments::Told {
        state,
        accounts,
        left_out,
    }
}

/// Each once, that of the first burn first; and how many more there are.
fn recipients(burns: &[Progress]) -> (Vec<EthereumAddress>, usize) {
    let mut recipients = Vec::new();
    for burn in burns {
        // What the daemon says may be no address.
        if let Ok(recipient) = parse_checksummed(&burn.recipient)
            && !recipients.contains(&recipient)
        {
            recipients.push(recipient);
        }
    }
    let left_out = recipients.len().saturating_sub(MAX_RECIPIENTS);
    recipients.truncate(MAX_RECIPIENTS);
    (recipients, left_out)
}

async fn burned_for(daemon: Option<&Daemon>, recipient: &EthereumAddress) -> Option<SwapAccount> {
    match daemon?.swap_account(recipient).await {
        Ok(account) => Some(account),
        Err(error) => {
            tracing::warn!(%error, "the daemon does not say what was burned for a recipient");
            None
        }
    }
}

/// What of each burn that counts is paid. Burns are newest first, and the newest makes the total full.
fn paid_by_burn(burned: &SwapAccount, claimed: Sesh) -> BTreeMap<Hash, Amount> {
    let mut paid = BTreeMap::new();
    let mut upper = burned.total.atomic();
    for burn in &burned.burns {
        if !matches!(burn.state, SwapBurnState::Matured | SwapBurnState::Signable) {
            continue;
        }
        let credited = burn.credited.unwrap_or_default();
        let lower = upper.saturating_sub(credited);
        paid.insert(
            burn.txid,
            Amount::from_atomic(claimed.atomic().saturating_sub(lower).min(credited)),
        );
        upper = lower;
    }
    paid
}

fn note(burns: &mut [Progress], paid: &BTreeMap<Hash, Amount>) {
    for burn in burns {
        burn.paid = burn.paid.or_else(|| paid.get(&burn.id).copied());
    }
}

impl Payments {
    /// For people, behind burns; begins with an empty line, and is empty where nothing is to be said.
    pub(super) fn text(&self, burns: &[Progress]) -> String {
        let (state, accounts, left_out) = match self {
            Self::NotAsked if burns.is_empty() => return String::new(),
            Self::NotAsked => {
                return "\n\nWhat the contract on Arbitrum has paid was not looked up: name a JSON-RPC service with --l2-provider."
                    .to_owned();
            }
            Self::Unknown(reason) => {
                return format!("\n\nWhat the contract on Arbitrum has paid is not known: {reason}");
            }
            Self::Told {
                state,
                accounts,
                left_out,
            } => (state, accounts, left_out),
        };
        let mut text = format!(
            "\n\nThe contract on Arbitrum has room for {} and takes credits until {} UTC.",
            state.left,
            time::date_and_time(Timestamp::from_seconds(state.closes))
        );
        if state.paused {
            text.push_str(" It is paused: nothing is credited or paid until it goes on.");
        }
        for account in accounts {
            account.describe(&mut text);
        }
        if *left_out > 0 {
            let _ = write!(text, "\n{left_out} more addresses were not asked about.");
        }
        text
    }

    /// For programs; null when no provider was named.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::NotAsked => Value::Null,
            Self::Unknown(reason) => json!({ "error": reason }),
            Self::Told { state, accounts, .. } => json!({
                "paused": state.paused,
                "left": state.left.atomic(),
                "closes": state.closes,
                "accounts": accounts.iter().map(Account::json).collect::<Vec<_>>(),
            }),
        }
    }
}

impl Account {
    fn describe(&self, text: &mut String) {
        let _ = write!(text, "\n{}\n  ", checksummed(&self.recipient));
        if let Some(total) = self.total {
            let _ = write!(text, "{total} burned for and counting, ");
        }
        let _ = write!(
            text,
            "{} credited, {} paid out",
            self.balance.credited, self.balance.claimed
        );
    }

    fn json(&self) -> Value {
        json!({
            "address": checksummed(&self.recipient),
            "total": self.total.map(Sesh::atomic),
            "credited": self.balance.credited.atomic(),
            "claimed": self.balance.claimed.atomic(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_rpc::types::swap::SwapBurnEntry;

    /// Burns of 4, 3 and 2, oldest first, and one that does not count yet.
    fn account() -> SwapAccount {
        let burn = |id, credited, state| SwapBurnEntry {
            txid: Hash::new([id; 32]),
            credited: Some(credited),
            state,
            ..SwapBurnEntry::default()
        };
        SwapAccount {
            total: Amount::from_atomic(9),
            burns: vec![
                burn(4, 1, SwapBurnState::Mined),
                burn(3, 2, SwapBurnState::Matured),
                burn(2, 3, SwapBurnState::Signable),
                burn(1, 4, SwapBurnState::Signable),
            ],
        }
    }

    #[test]
    fn the_oldest_burns_are_paid_first() {
        for (claimed, expected) in [
            (0, [0, 0, 0]),
            (3, [3, 0, 0]),
            (4, [4, 0, 0]),
            (6, [4, 2, 0]),
            (8, [4, 3, 1]),
            (9, [4, 3, 2]),
            // More than was burned can only be a daemon that lags behind.
            (20, [4, 3, 2]),
        ] {
            let paid = paid_by_burn(&account(), Sesh::from_atomic(claimed));
            let amounts: Vec<u64> = paid.values().map(|amount| amount.atomic()).collect();
            assert_eq!(amounts, expected, "{claimed} claimed");
        }
    }

    #[test]
    fn a_list_without_the_oldest_burns_tells_of_the_newest_all_the_same() {
        let mut account = account();
        account.burns.pop();
        let paid = paid_by_burn(&account, Sesh::from_atomic(6));
        let amounts: Vec<u64> = paid.values().map(|amount| amount.atomic()).collect();
        assert_eq!(amounts, [2, 0]);
    }
}
