//! Reports of L2 events: what they must be, how they wait, how blocks vote on them (staking §19.2, §19.3).

use crate::{
    delta::{Overlay, scan_rows},
    error::{BlockError, TransactionError},
    queries,
    table::{Table, TableId},
    transaction::CheckedTransaction,
    view::{View, ViewError},
};
use oxen_bridge_rules::confirmation::{Tally, Verdict, Vote, Voter};
use oxen_staking_rules::registry::ConfirmedEvent;
use oxen_types::{
    Block, Hash, Height, Transaction,
    block::L2Header,
    extra::{Extra, L2Event},
};

/// Reports that wait for votes, by the transaction's id, which is the order of votes. The event stands in the transaction.
#[derive(Debug, Clone, Copy)]
pub enum PendingEvents {}

impl Table for PendingEvents {
    const ID: TableId = TableId::PendingEvents;
    type Key = Hash;
    type Row = Tally;
}

/// A report that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingEvent {
    /// Id of the transaction.
    pub report: Hash,
    /// What it says.
    pub event: L2Event,
    /// The votes so far.
    pub tally: Tally,
}

/// The event that a transaction reports.
///
/// # Errors
/// It reports none, or another than its type says, or one of no L2 block.
pub fn reported_event(transaction: &Transaction) -> Result<L2Event, TransactionError> {
    let kind = transaction.prefix.kind;
    let extra = Extra::parse_or_empty(&transaction.prefix.extra);
    let event = extra
        .l2_event()
        .filter(|event| event.kind.transaction_type() == kind)
        .ok_or(TransactionError::L2EventMissing { kind })?;
    if event.source.l2_height == 0 {
        return Err(TransactionError::L2EventWithoutHeight);
    }
    Ok(event.clone())
}

/// Reports that wait for votes after the newest block, in the order of votes.
///
/// # Errors
/// The state could not be read.
pub fn pending_events(view: &dyn View) -> Result<Vec<PendingEvent>, ViewError> {
    pending(view)?
        .into_iter()
        .map(|(report, tally)| {
            let event = event_of_report(view, &report)?;
            Ok(PendingEvent { report, event, tally })
        })
        .collect()
}

/// Ids of the reports that the next block votes on, in the order of votes.
///
/// # Errors
/// The state could not be read.
pub fn waiting_reports(view: &dyn View) -> Result<Vec<Hash>, ViewError> {
    Ok(pending(view)?.into_iter().map(|(report, _)| report).collect())
}

/// A block has one vote for each report that waits.
///
/// # Errors
/// [`BlockError::L2VoteCount`], or the state could not be read.
pub(crate) fn check_votes(view: &dyn View, l2: &L2Header) -> Result<(), BlockError> {
    let expected = pending(view)?.len();
    let found = l2.l2_votes.len();
    if found == expected {
        Ok(())
    } else {
        Err(BlockError::L2VoteCount { expected, found })
    }
}

/// Counts the votes of a block. What is decided waits no longer; what is confirmed is returned, in the order of reports. What is
/// denied is so for good: the same event makes the same transaction, which is in the chain.
pub(crate) fn count_votes(
    state: &mut Overlay<&dyn View>,
    block: &Block,
    height: Height,
) -> Result<Vec<ConfirmedEvent>, ViewError> {
    let Some(l2) = &block.header.l2 else {
        return Ok(Vec::new());
    };
    let voter = voter(block);
    let mut confirmed = Vec::new();
    for ((report, tally), bit) in pending(&*state)?.into_iter().zip(&l2.l2_votes) {
        let tally = tally.with(Vote::from_bit(*bit), voter);
        match tally.verdict(height) {
            Verdict::Waiting => state.put::<PendingEvents>(&report, &tally),
            Verdict::Confirmed => {
                state.delete::<PendingEvents>(&report);
                let L2Event { source, kind } = event_of_report(&*state, &report)?;
                confirmed.push(ConfirmedEvent {
                    report,
                    l2_height: source.l2_height,
                    event: kind,
                });
            }
            Verdict::Denied => state.delete::<PendingEvents>(&report),
        }
    }
    Ok(confirmed)
}

/// Lets the reports of a block wait for the votes of later ones.
pub(crate) fn add_reports(
    state: &mut Overlay<&dyn View>,
    block: &Block,
    transactions: &[&CheckedTransaction],
    height: Height,
) {
    let tally = Tally::new(height, voter(block));
    for transaction in transactions {
        if transaction.transaction().prefix.kind.is_l2_event() {
            state.put::<PendingEvents>(&transaction.id(), &tally);
        }
    }
}

fn voter(block: &Block) -> Voter {
    if block.has_pulse() {
        Voter::Pulse { round: block.round() }
    } else {
        Voter::Miner
    }
}

fn pending(view: &(impl View + ?Sized)) -> Result<Vec<(Hash, Tally)>, ViewError> {
    scan_rows::<PendingEvents>(view, &[], &[], usize::MAX)?
        .into_iter()
        .map(|(key, tally)| Ok((report_id(&key)?, tally)))
        .collect()
}

fn report_id(key: &[u8]) -> Result<Hash, ViewError> {
    let bytes = <[u8; Hash::LENGTH]>::try_from(key).map_err(|_| ViewError::Corrupt {
        table: TableId::PendingEvents,
    })?;
    Ok(Hash::new(bytes))
}

/// What a report in the chain says; it was checked when it came in.
fn event_of_report(view: &dyn View, report: &Hash) -> Result<L2Event, ViewError> {
    let transaction = queries::pruned_transaction(view, report)?.ok_or(ViewError::Missing {
        table: TableId::PrunedTransactions,
    })?;
    let extra = Extra::parse_or_empty(&transaction.prefix.extra);
    extra.l2_event().cloned().ok_or(ViewError::Corrupt {
        table: TableId::PrunedTransactions,
    })
}
