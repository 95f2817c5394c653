//! How far a burn is: what this wallet knows of it, and what the daemon says.

use crate::{
    daemon::Daemon,
    format::{self, time},
    session::Session,
};
use oxen_bridge_rules::{address::checksummed, swap::convert};
use oxen_rpc::types::swap::{SwapBurnEntry, SwapBurnState};
use oxen_types::{Amount, Hash, Height, Timestamp};
use oxen_wallet_core::{
    sent::{Relay, SentTransaction},
    swap::SwapReceipt,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Where a burn stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// The daemon refused it, for this reason: nothing was burned.
    Refused(String),
    /// It is nowhere any more: nothing was burned.
    Dropped,
    /// It was handed over and nobody has seen it since.
    Unknown,
    /// It waits for a block.
    Waiting,
    /// It is burned; the total of the recipient grows at a height.
    Mined {
        /// Height of its block.
        height: Height,
        /// When it counts.
        mature: Height,
    },
    /// It counts; service nodes have not signed a block above it yet.
    Matured,
    /// Service nodes sign for it: it can be claimed.
    Signable,
}

impl Stage {
    /// The word for programs.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Dropped => "failed",
            Self::Unknown => "unknown",
            Self::Waiting => "pending",
            Self::Mined { .. } => "mined",
            Self::Matured => "matured",
            Self::Signable => "claimable",
        }
    }
}

/// A burn with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) id: Hash,
    /// When this wallet made it; none for one that another wallet made.
    pub(super) created: Option<Timestamp>,
    pub(super) recipient: String,
    pub(super) burned: Amount,
    /// What it is worth; none when its ratio is not known here.
    pub(super) credited: Option<Amount>,
    pub(super) stage: Stage,
    /// What of it the contract on Arbitrum has paid; none when that is not known.
    pub(super) paid: Option<Amount>,
}

impl Progress {
    /// For people, ending without a line break.
    pub(super) fn text(&self, session: &Session) -> String {
        let worth = self
            .credited
            .map_or_else(String::new, |credited| format!(" for {credited} SESH"));
        let made = self
            .created
            .map_or_else(String::new, |created| format!(", {}", time::date_and_time(created)));
        format!(
            "Burn of {}{worth}{made}\n  transaction {}\n  claimable by {}\n  {}",
            format::amount(self.burned),
            self.id,
            self.recipient,
            self.stage_text(session)
        )
    }

    /// True when the contract has paid all of it.
    fn is_paid(&self) -> bool {
        self.paid.is_some() && self.paid == self.credited
    }

    fn stage_text(&self, session: &Session) -> String {
        match &self.stage {
            _ if self.is_paid() => "paid: the contract on Arbitrum has paid all of it".to_owned(),
            Stage::Refused(reason) => format!("refused, nothing was burned: {reason}"),
            Stage::Dropped => "failed: it is in no block and in no pool any more, and nothing was burned".to_owned(),
            Stage::Unknown => {
                "unknown: it was handed over, and the daemon does not have it; it may still come (`resend` hands it over again, and \
                 never burns twice)"
                    .to_owned()
            }
            Stage::Waiting => "pending: it waits for a block, and nothing is burned before".to_owned(),
            Stage::Mined { height, mature } => format!(
                "mined at height {height}: it counts from height {mature} on, {}",
                about(session, *mature)
            ),
            Stage::Matured => "matured: claimable as soon as service nodes have signed a block above it".to_owned(),
            Stage::Signable => match self.paid.filter(|paid| !paid.is_zero()) {
                Some(paid) => format!("claimable: {paid} SESH of it are paid, `swap claim` pays the rest out on Arbitrum"),
                None => "claimable: `swap claim` pays it out on Arbitrum".to_owned(),
            },
        }
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let (height, mature) = match &self.stage {
            Stage::Mined { height, mature } => (Some(height.index()), Some(mature.index())),
            _ => (None, None),
        };
        json!({
            "tx_hash": self.id.to_string(),
            "created": self.created.map(Timestamp::seconds),
            "recipient": self.recipient,
            "burned": self.burned.atomic(),
            "sesh": self.credited.map(Amount::atomic),
            "status": if self.is_paid() { "paid" } else { self.stage.word() },
            "paid": self.paid.map(Amount::atomic),
            "height": height,
            "mature_height": mature,
            "reason": match &self.stage {
                Stage::Refused(reason) => Some(reason.as_str()),
                _ => None,
            },
        })
    }
}

/// Burns of this wallet, newest first. What the daemon says counts most; without one, what the wallet knows itself.
pub(super) async fn own(session: &Session, daemon: Option<&Daemon>) -> Vec<Progress> {
    let mut sent: Vec<(&SentTransaction, &SwapReceipt)> = session.wallet.journal().swaps().collect();
    sent.sort_by_key(|(sent, _)| std::cmp::Reverse((sent.created, sent.id)));
    let ids: Vec<Hash> = sent.iter().map(|(sent, _)| sent.id).collect();
    let known = match daemon {
        Some(daemon) if !ids.is_empty() => daemon.swap_burns(&ids).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the daemon does not say how far burns are");
            Vec::new()
        }),
        _ => Vec::new(),
    };
    sent.into_iter()
        .map(|(sent, receipt)| of_sent(session, sent, receipt, known.iter().find(|entry| entry.txid == sent.id)))
        .collect()
}

fn of_sent(
    session: &Session,
    sent: &SentTransaction,
    receipt: &SwapReceipt,
    found: Option<&SwapBurnEntry>,
) -> Progress {
    Progress {
        id: sent.id,
        created: Some(sent.created),
        recipient: checksummed(&receipt.recipient),
        burned: sent.burned,
        credited: worth(session, receipt.ratio_index, sent.burned),
        stage: found.map_or_else(|| own_stage(session, sent), stage_of),
        paid: None,
    }
}

/// A burn that the daemon found.
pub(super) fn of_entry(session: &Session, entry: &SwapBurnEntry) -> Progress {
    let burned = Amount::from_atomic(entry.burned);
    Progress {
        id: entry.txid,
        created: None,
        recipient: entry.recipient.clone(),
        burned,
        credited: entry
            .credited
            .map(Amount::from_atomic)
            .or_else(|| worth(session, entry.ratio_index, burned)),
        stage: stage_of(entry),
        paid: None,
    }
}

fn stage_of(entry: &SwapBurnEntry) -> Stage {
    match (entry.state, entry.height, entry.mature_height) {
        (SwapBurnState::Mined, Some(height), Some(mature)) => Stage::Mined {
            height: Height::new(height),
            mature: Height::new(mature),
        },
        (SwapBurnState::Matured, ..) => Stage::Matured,
        (SwapBurnState::Signable, ..) => Stage::Signable,
        (SwapBurnState::Waiting | SwapBurnState::Mined, ..) => Stage::Waiting,
    }
}

/// Without a word of the daemon.
fn own_stage(session: &Session, sent: &SentTransaction) -> Stage {
    let parameters = session.network.swap.as_ref();
    if let Some(mined) = session.wallet.transactions().get(&sent.id) {
        let maturity = parameters.map_or(0, |parameters| parameters.maturity_blocks);
        return Stage::Mined {
            height: mined.height,
            mature: mined.height.saturating_add(maturity),
        };
    }
    match &sent.relay {
        Relay::Rejected(reason) => Stage::Refused(reason.clone()),
        Relay::Dropped => Stage::Dropped,
        Relay::Accepted => Stage::Waiting,
        Relay::Unknown | Relay::Blink { .. } => Stage::Unknown,
    }
}

fn worth(session: &Session, ratio_index: u64, burned: Amount) -> Option<Amount> {
    let parameters = session.network.swap.as_ref()?;
    let period = parameters.ratios.iter().nth(usize::try_from(ratio_index).ok()?)?;
    convert(burned, period.ratio)
}

/// `about 1 hour from now`, or `now`.
pub(super) fn about(session: &Session, height: Height) -> String {
    let blocks = height.since(session.wallet.chain().next());
    if blocks == 0 {
        return "now".to_owned();
    }
    let seconds = blocks.saturating_mul(session.network.target_block_seconds);
    format!("about {} from now", time::duration(Duration::from_secs(seconds)))
}
