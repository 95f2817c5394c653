//! Transactions of the name system: a record in the extra, the price burned, and one output, the change (chain §6, §4.11).
//!
//! Whether the name can be had is for the caller to ask the daemon before: the chain refuses a record that breaks a rule, and
//! then nothing was paid.

use super::{
    error::BuildError,
    fee::{FeeLevel, FeeRates, Priority},
    plan::TransactionPlan,
    request::{OutputLimits, SourceAddresses, SplitRule, TransferRequest},
};
use crate::{spendability::ChainView, wallet::Wallet};
use oxen_types::{
    Amount, UnlockTime,
    extra::{ExtraField, NameRecord},
    transaction::TransactionType,
};
use rand_core::{CryptoRng, RngCore};
use std::collections::VecDeque;

/// A record to be mined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTransactionRequest {
    /// The record, signed if it is an update.
    pub record: NameRecord,
    /// What it burns: its price, or nothing for an update.
    pub price: Amount,
    /// The account that pays.
    pub account: u32,
    /// Its addresses that may pay.
    pub sources: SourceAddresses,
    /// How urgent it is; names cannot blink.
    pub priority: Priority,
    /// Which outputs may be spent.
    pub limits: OutputLimits,
}

impl Wallet {
    /// Plans a transaction of the name system: always one.
    ///
    /// # Errors
    /// [`BuildError`]; the price counts as a part of the fee there.
    pub fn plan_name_transaction(
        &self,
        request: &NameTransactionRequest,
        view: ChainView<'_>,
        rates: &FeeRates,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<TransactionPlan, BuildError> {
        let mut template = self.plan_template(request.account, UnlockTime::NONE, rates)?;
        template.kind = TransactionType::OxenNameSystem;
        template.level = FeeLevel {
            fixed: request.price,
            ..FeeLevel::of(request.priority, template.kind)?
        };
        template
            .fields
            .push(ExtraField::NameRecord(Box::new(request.record.clone())));
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
