//! Signing, keeping, handing over; in this order, so that nothing can be on its way that the wallet does not know of.

use crate::{
    command::CommandError,
    daemon::{Daemon, Delivery, Relaying, Submission},
    file::{Previous, replace},
    format::time::now,
    session::Session,
};
use oxen_types::{Amount, ConsensusDecode, Hash, Height, Transaction};
use oxen_wallet_core::{
    build::{PreparedTransaction, SignedTransaction},
    sent::Relay,
};
use rand_core::OsRng;
use std::path::{Path, PathBuf};

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The daemon has it.
    Sent,
    /// Service nodes approved it.
    Approved,
    /// Service nodes have not decided whether to approve it.
    Undecided {
        /// What the daemon says.
        reason: String,
    },
    /// The daemon refused it; its inputs are free again.
    Refused {
        /// Why.
        reason: String,
    },
    /// It will not be instant, but service nodes have it signed: its inputs stay taken until that cannot matter any more.
    NotApproved {
        /// Why.
        reason: String,
    },
    /// Nobody knows.
    Unknown {
        /// What went wrong.
        reason: String,
    },
    /// It was written to a file instead (`--do-not-relay`).
    Written {
        /// The file.
        path: PathBuf,
    },
    /// It was not tried, because one before it failed.
    NotTried,
}

impl Fate {
    /// True when all that was to be done with it is done.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Sent | Self::Approved | Self::Written { .. })
    }

    /// True when the daemon has it.
    #[must_use]
    pub const fn is_out(&self) -> bool {
        matches!(self, Self::Sent | Self::Approved)
    }
}

/// One transaction after it was sent, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatched {
    /// Its id.
    pub id: Hash,
    /// What it pays.
    pub amount: Amount,
    /// Its fee.
    pub fee: Amount,
    /// What comes back.
    pub change: Amount,
    /// What became of it.
    pub fate: Fate,
}

/// Name of the file that a transaction goes to which is not sent.
const RAW_FILE: &str = "raw_oxen_tx";

/// Signs all, keeps all on disk, and hands them over one by one; after one that is not sent the others are not tried.
///
/// # Errors
/// [`CommandError`] before anything was sent; afterwards there is a [`Fate`] for each.
pub async fn dispatch(
    session: &mut Session,
    daemon: &Daemon,
    prepared: &[PreparedTransaction],
) -> Result<Vec<Dispatched>, CommandError> {
    let mut signed = Vec::with_capacity(prepared.len());
    for transaction in prepared {
        signed.push(transaction.prove(session.wallet.keys(), &mut OsRng)?);
    }
    dispatch_signed(session, daemon, &signed).await
}

/// As [`dispatch`], of transactions that are signed.
///
/// # Errors
/// As [`dispatch`].
pub async fn dispatch_signed(
    session: &mut Session,
    daemon: &Daemon,
    signed: &[SignedTransaction],
) -> Result<Vec<Dispatched>, CommandError> {
    let mut results = Vec::with_capacity(signed.len());
    let mut going_on = true;
    for (transaction, place) in signed.iter().zip(1_usize..) {
        let fate = match (going_on, session.settings.relaying) {
            (false, _) => Fate::NotTried,
            (true, Relaying::Relay) => relay(session, daemon, transaction).await?,
            (true, Relaying::Keep) => write(session, transaction, place, signed.len())?,
        };
        going_on = fate.is_done();
        results.push(Dispatched {
            id: transaction.id,
            amount: Amount::checked_sum(transaction.destinations.iter().map(|one| one.amount)).unwrap_or_default(),
            fee: transaction.fee,
            change: transaction.change,
            fate,
        });
    }
    Ok(results)
}

async fn relay(session: &mut Session, daemon: &Daemon, signed: &SignedTransaction) -> Result<Fate, CommandError> {
    let blob = signed.blob();
    session.wallet.note_signed(signed, now())?;
    session.record_sent(signed.id, blob.clone())?;
    hand_over(session, daemon, &signed.id, &blob, delivery_of(&blob), Asking::First).await
}

/// Bytes of ours decode; if not, an ordinary hand-over is what gives the error its words.
fn delivery_of(blob: &[u8]) -> Delivery {
    Transaction::decode(blob).map_or(Delivery::Ordinary, |transaction| Delivery::of(&transaction))
}

/// Whether a transaction may be on its way since earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    /// No.
    First,
    /// Yes: then no refusal is the last word, because what was set going before is still open.
    Again,
}

/// Blocks that a daemon is believed to be ahead of this wallet: one that lies must not take money for ever.
const MOST_AHEAD: u64 = 720;

/// The daemon's chain height, from which the time of a quorum counts; the wallet's own where the daemon does not say.
async fn chain_height(session: &Session, daemon: &Daemon) -> Height {
    let own = session.wallet.chain().next();
    let most = own.index().saturating_add(MOST_AHEAD);
    daemon
        .info()
        .await
        .map_or(own, |info| own.max(Height::new(info.height.min(most))))
}

/// Hands over what is on disk, and notes what became of it.
async fn hand_over(
    session: &mut Session,
    daemon: &Daemon,
    id: &Hash,
    blob: &[u8],
    delivery: Delivery,
    asking: Asking,
) -> Result<Fate, CommandError> {
    if delivery == Delivery::Blink {
        let height = chain_height(session, daemon).await;
        session.record_asked(id, height)?;
    }
    let submission = daemon.submit(blob, Relaying::Relay, delivery).await;
    tracing::info!(%id, ?submission, "a transaction was handed over");
    let (relay, fate) = match submission {
        Submission::Sent => (Relay::Accepted, Fate::Sent),
        Submission::Approved => (Relay::Accepted, Fate::Approved),
        Submission::Undecided { reason } => (Relay::Unknown, Fate::Undecided { reason }),
        Submission::Refused { reason } | Submission::NotApproved { reason } if asking == Asking::Again => {
            (Relay::Unknown, Fate::Unknown { reason })
        }
        Submission::NotApproved { reason } => (Relay::Unknown, Fate::NotApproved { reason }),
        Submission::Refused { reason } => (Relay::Rejected(reason.clone()), Fate::Refused { reason }),
        Submission::Unknown { reason } => (Relay::Unknown, Fate::Unknown { reason }),
    };
    // An answer that says nothing new takes nothing back that was known.
    if asking == Asking::Again && relay == Relay::Unknown {
        return Ok(fate);
    }
    // The transaction is out: that the note cannot be written must not look as if it were not.
    if let Err(error) = session.record_relayed(id, relay) {
        tracing::error!(%error, %id, "what became of a transaction could not be saved");
    }
    Ok(fate)
}

/// Hands over again what is kept of a transaction; the daemon knows it by its id, so this is never a second payment. A refusal
/// frees nothing: an earlier asking is still open, and only the chain or the end of its time settles it. A delivery other than
/// what it was built for may be given: a blink that is not approved is good as an ordinary transaction.
///
/// # Errors
/// [`CommandError::NothingToResend`].
pub async fn resend(
    session: &mut Session,
    daemon: &Daemon,
    id: &Hash,
    delivery: Option<Delivery>,
) -> Result<Fate, CommandError> {
    let blob = session
        .unmined
        .get(id)
        .cloned()
        .ok_or(CommandError::NothingToResend(*id))?;
    let delivery = delivery.unwrap_or_else(|| delivery_of(&blob));
    hand_over(session, daemon, id, &blob, delivery, Asking::Again).await
}

/// Writes a transaction in hexadecimal to the present folder.
fn write(session: &mut Session, signed: &SignedTransaction, place: usize, count: usize) -> Result<Fate, CommandError> {
    // Whoever sends the file later, this wallet must know whom it pays and be able to prove it.
    session.wallet.note_signed(signed, now())?;
    session.record_sent(signed.id, signed.blob())?;
    let name = if count == 1 {
        RAW_FILE.to_owned()
    } else {
        format!("{RAW_FILE}-{place}")
    };
    replace(Path::new(&name), hex::encode(signed.blob()).as_bytes(), Previous::Keep)?;
    Ok(Fate::Written {
        path: PathBuf::from(name),
    })
}
