//! Sending a transaction: sent, refused, or unknown, and never one in place of another (wallet §3.2, §7.7).

use super::{Daemon, DaemonError};
use oxen_rpc::types::{
    ErrorCode,
    transaction::{SubmitAnswer, SubmitRequest},
};
use oxen_types::{Extra, Transaction, transaction::TransactionType};
use std::time::Duration;

/// How often the same transaction is handed over again when no answer came: the daemon knows it by its id, so that this
/// changes nothing if it did arrive.
const ATTEMPTS: u32 = 3;
/// How long to wait before that.
const PAUSE: Duration = Duration::from_secs(1);

/// The `blink_status` of one that was not approved.
const BLINK_REJECTED: u8 = 1;
/// The `blink_status` of an approved transaction.
const BLINK_ACCEPTED: u8 = 2;
/// The `blink_status` of one that its quorum has not decided on.
const BLINK_UNKNOWN: u8 = 3;

/// Whether the daemon sends it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relaying {
    /// It does.
    Relay,
    /// It keeps it.
    Keep,
}

/// How a transaction is to become final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// By a block.
    Ordinary,
    /// By a quorum of service nodes at once.
    Blink,
}

impl Delivery {
    /// What a transaction was built for: a transfer that burns a part of its fee pays for being instant, and for nothing else.
    #[must_use]
    pub fn of(transaction: &Transaction) -> Self {
        let prefix = &transaction.prefix;
        let burns = !Extra::parse_or_empty(&prefix.extra).burned().is_zero();
        if prefix.kind == TransactionType::Standard && burns {
            Self::Blink
        } else {
            Self::Ordinary
        }
    }
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submission {
    /// The daemon has it, perhaps since an earlier attempt.
    Sent,
    /// Service nodes approved it: it is instant.
    Approved,
    /// Service nodes were asked and have not decided.
    Undecided {
        /// What the daemon says about it.
        reason: String,
    },
    /// The daemon refused it, or was certainly never reached: its inputs are free.
    Refused {
        /// Why, in the daemon's words.
        reason: String,
    },
    /// It will not be instant, but service nodes have it signed, so that somebody could still send it as an ordinary
    /// transaction: its inputs are **not** free.
    NotApproved {
        /// Why, in the daemon's words.
        reason: String,
    },
    /// Whether the daemon has it is not known.
    Unknown {
        /// What went wrong.
        reason: String,
    },
}

impl Daemon {
    /// Hands a transaction over. A refusal is final only while no attempt before it may have arrived: what a lost one set going,
    /// a later answer does not stop.
    pub async fn submit(&self, blob: &[u8], relaying: Relaying, delivery: Delivery) -> Submission {
        let mut certainly_never_arrived = true;
        let mut last = None;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            let error = match self.submit_once(blob, relaying, delivery).await {
                Ok(Submission::Refused { reason } | Submission::NotApproved { reason }) if !certainly_never_arrived => {
                    return Submission::Unknown { reason };
                }
                Ok(outcome) => return outcome,
                Err(error) => error,
            };
            certainly_never_arrived &= !may_have_arrived(&error);
            tracing::warn!(%error, attempt, "a transaction was handed over without a clear answer");
            last = Some(error);
        }
        let reason = last.map(|error| error.to_string()).unwrap_or_default();
        if certainly_never_arrived {
            Submission::Refused { reason }
        } else {
            Submission::Unknown { reason }
        }
    }

    async fn submit_once(
        &self,
        blob: &[u8],
        relaying: Relaying,
        delivery: Delivery,
    ) -> Result<Submission, DaemonError> {
        let request = SubmitRequest {
            blink: delivery == Delivery::Blink,
            tx_as_hex: Some(hex::encode(blob)),
            do_not_relay: relaying == Relaying::Keep,
            ..SubmitRequest::default()
        };
        let answer: SubmitAnswer = self.connection().call("send_raw_transaction", request).await?;
        if answer.status.is_ok() {
            return Ok(match answer.blink_status {
                Some(BLINK_ACCEPTED) => Submission::Approved,
                Some(BLINK_UNKNOWN) => Submission::Undecided { reason: answer.reason },
                _ => Submission::Sent,
            });
        }
        let codes = answer.reason_codes.join(", ");
        let reason = [answer.reason.as_str(), &codes, answer.status.as_str()]
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or("no reason was given")
            .to_owned();
        // A daemon that says nothing about it may have given it to service nodes.
        if answer.blink_status == Some(BLINK_REJECTED) && !answer.not_relayed {
            return Ok(Submission::NotApproved { reason });
        }
        Ok(Submission::Refused { reason })
    }
}

/// True unless the daemon certainly did nothing with the request.
fn may_have_arrived(error: &DaemonError) -> bool {
    match error {
        DaemonError::Refused { error, .. } => error.code == ErrorCode::InternalError.number(),
        _ => error.leaves_outcome_open(),
    }
}
