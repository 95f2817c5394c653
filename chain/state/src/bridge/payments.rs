//! Stakes on their way back: one row for each exit and contributor, so that a block that is taken back takes exactly its own
//! with it (bridge §4.6).

use crate::{
    delta::{Overlay, scan_rows},
    table::{Table, TableId, TableKey},
    view::{View, ViewError},
};
use oxen_staking_rules::registry::StakeReturn;
use oxen_types::{Amount, Hash, Height, bytes::EthereumAddress};
use parity_scale_codec::{Decode, Encode};

/// Stakes that will be part of what accrues at some height.
#[derive(Debug, Clone, Copy)]
pub enum DelayedPayments {}

impl Table for DelayedPayments {
    const ID: TableId = TableId::DelayedPayments;
    type Key = DelayedPaymentKey;
    type Row = DelayedPayment;
}

/// Key of [`DelayedPayments`]: those of one height stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DelayedPaymentKey {
    /// The block that accrues it.
    pub payout_height: Height,
    /// The transaction that reported the exit.
    pub report: Hash,
    /// Position among those whom the exit pays.
    pub position: u32,
}

impl TableKey for DelayedPaymentKey {
    fn to_key_bytes(&self) -> Vec<u8> {
        let mut bytes = self.payout_height.to_key_bytes();
        bytes.extend_from_slice(self.report.as_bytes());
        bytes.extend_from_slice(&self.position.to_be_bytes());
        bytes
    }
}

/// A stake on its way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct DelayedPayment {
    /// Whose.
    pub address: EthereumAddress,
    /// Atomic SESH.
    pub amount: Amount,
    /// Height of the block that confirmed the exit.
    pub entered: Height,
    /// The block that accrues it.
    pub payout_height: Height,
    /// The transaction that reported the exit.
    pub report: Hash,
}

/// Sends stakes on their way in the block at `height`.
pub(crate) fn send(state: &mut Overlay<&dyn View>, returned: &[StakeReturn], height: Height) {
    for one in returned {
        let key = DelayedPaymentKey {
            payout_height: one.payout_height,
            report: one.report,
            position: one.position,
        };
        let payment = DelayedPayment {
            address: one.address,
            amount: one.amount,
            entered: height,
            payout_height: one.payout_height,
            report: one.report,
        };
        state.put::<DelayedPayments>(&key, &payment);
    }
}

/// Takes those that arrive at `height` off the way.
pub(crate) fn take_arrived(state: &mut Overlay<&dyn View>, height: Height) -> Result<Vec<DelayedPayment>, ViewError> {
    let rows = scan_rows::<DelayedPayments>(&*state, &height.to_key_bytes(), &[], usize::MAX)?;
    let mut arrived = Vec::with_capacity(rows.len());
    for (payment, position) in rows.into_iter().map(|(key, row)| (row, position_of(&key))) {
        let key = DelayedPaymentKey {
            payout_height: height,
            report: payment.report,
            position: position?,
        };
        state.delete::<DelayedPayments>(&key);
        arrived.push(payment);
    }
    Ok(arrived)
}

fn position_of(key: &[u8]) -> Result<u32, ViewError> {
    let last = key.last_chunk::<4>().ok_or(ViewError::Corrupt {
        table: TableId::DelayedPayments,
    })?;
    Ok(u32::from_be_bytes(*last))
}
