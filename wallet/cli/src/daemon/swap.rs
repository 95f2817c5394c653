//! What the daemon says of the swap from OXEN to SESH (bridge §5.3).

use super::{Daemon, DaemonError, client::check};
use oxen_bridge_rules::address::checksummed;
use oxen_rpc::types::{
    chain::NoParameters,
    swap::{SwapBurnEntry, SwapBurnsAnswer, SwapBurnsRequest, SwapInfoAnswer, SwapTotalsAnswer, SwapTotalsRequest},
};
use oxen_types::{Amount, Hash, bytes::EthereumAddress};

const INFO: &str = "get_swap_info";
const BURNS: &str = "get_swap_burns";
const TOTALS: &str = "get_swap_totals";
/// Most ids of one request.
const IDS_AT_ONCE: usize = 1_000;
/// Most burns of one answer.
const BURNS_AT_ONCE: u64 = 1_000;

impl Daemon {
    /// The rules, the ratio, and what the caps leave.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn swap_info(&self) -> Result<SwapInfoAnswer, DaemonError> {
        let answer: SwapInfoAnswer = self.connection().call(INFO, NoParameters {}).await?;
        check(INFO, &answer.status)?;
        Ok(answer)
    }

    /// Those of these transactions that are burns in the daemon's chain or pool.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn swap_burns(&self, ids: &[Hash]) -> Result<Vec<SwapBurnEntry>, DaemonError> {
        let mut burns = Vec::new();
        for part in ids.chunks(IDS_AT_ONCE) {
            let request = SwapBurnsRequest {
                txids: part.iter().map(|id| (*id).into()).collect(),
                ..SwapBurnsRequest::default()
            };
            let answer: SwapBurnsAnswer = self.connection().call(BURNS, request).await?;
            check(BURNS, &answer.status)?;
            burns.extend(answer.burns);
        }
        Ok(burns)
    }

    /// What was burned for a recipient: the total that counts after the newest block, and the newest burns.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn swap_account(&self, recipient: &EthereumAddress) -> Result<SwapAccount, DaemonError> {
        let address = checksummed(recipient);
        let request = SwapBurnsRequest {
            address: Some(address.clone()),
            count: Some(BURNS_AT_ONCE),
            ..SwapBurnsRequest::default()
        };
        let burns: SwapBurnsAnswer = self.connection().call(BURNS, request).await?;
        check(BURNS, &burns.status)?;
        let request = SwapTotalsRequest {
            addresses: vec![address],
            // Of the block that the list is of, whatever came since.
            height: Some(burns.height),
        };
        let answer: SwapTotalsAnswer = self.connection().call(TOTALS, request).await?;
        check(TOTALS, &answer.status)?;
        let total = answer.totals.first().map(|entry| Amount::from_atomic(entry.total));
        let total = total.ok_or_else(|| DaemonError::Unreadable {
            method: TOTALS,
            reason: "it has no total".to_owned(),
        })?;
        Ok(SwapAccount {
            total,
            burns: burns.burns,
        })
    }
}

/// What was burned for a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapAccount {
    /// SESH that count, claimed or not.
    pub total: Amount,
    /// The newest burns, newest first; also those that do not count yet.
    pub burns: Vec<SwapBurnEntry>,
}
