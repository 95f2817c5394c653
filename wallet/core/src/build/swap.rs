//! Burns for the swap from OXEN to SESH: the field, the burned amount, and one output, the change (bridge §5.3).
//!
//! Whether the chain takes the burn is for the caller to ask before, by the chain's own rules: one that breaks a rule is refused, and
//! then nothing was burned.

use super::{
    error::BuildError,
    fee::{FeeLevel, FeeRates, Priority},
    plan::TransactionPlan,
    request::{OutputLimits, SourceAddresses, SplitRule, TransferRequest},
};
use crate::{spendability::ChainView, wallet::Wallet};
use oxen_types::{
    Amount, UnlockTime,
    bytes::EthereumAddress,
    extra::{ExtraField, SwapField, SwapNonce},
    transaction::TransactionType,
};
use rand_core::{CryptoRng, RngCore};
use std::collections::VecDeque;

/// A burn to be mined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapTransactionRequest {
    /// EIP-155 id of the chain that the recipient is on.
    pub l2_chain_id: u64,
    /// Who may claim.
    pub recipient: EthereumAddress,
    /// Position of the ratio that the user agreed to.
    pub ratio_index: u64,
    /// What the wallet will know the burn by.
    pub nonce: SwapNonce,
    /// Atomic OXEN that will be gone.
    pub burned: Amount,
    /// The account that pays.
    pub account: u32,
    /// Its addresses that may pay.
    pub sources: SourceAddresses,
    /// How urgent it is; burns cannot blink.
    pub priority: Priority,
    /// Which outputs may be spent.
    pub limits: OutputLimits,
}

impl SwapTransactionRequest {
    /// The field of the transaction.
    #[must_use]
    pub const fn field(&self) -> SwapField {
        SwapField {
            version: SwapField::VERSION,
            l2_chain_id: self.l2_chain_id,
            recipient: self.recipient,
            ratio_index: self.ratio_index,
            nonce: self.nonce,
        }
    }
}

impl Wallet {
    /// Plans a burn: always one transaction.
    ///
    /// # Errors
    /// [`BuildError`]; what is burned counts as a part of the fee there.
    pub fn plan_swap(
        &self,
        request: &SwapTransactionRequest,
        view: ChainView<'_>,
        rates: &FeeRates,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<TransactionPlan, BuildError> {
        let mut template = self.plan_template(request.account, UnlockTime::NONE, rates)?;
        template.kind = TransactionType::OxenSwap;
        template.level = FeeLevel {
            fixed: request.burned,
            ..FeeLevel::of(request.priority, template.kind)?
        };
        template.fields.push(ExtraField::Swap(request.field()));
        let transfer = TransferRequest {
            sources: request.sources.clone(),
            priority: request.priority,
            split: SplitRule::OneTransaction,
            limits: request.limits,
            ..TransferRequest::new(Vec::new())
        };
        let mut planner = self.planner(template, &request.sources, &request.limits, view, rng);
        planner.next_transaction(&mut VecDeque::new(), &transfer, rng)
    }
}
