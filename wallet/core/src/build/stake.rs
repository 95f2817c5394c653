//! Staking on a service node, registering one, and asking for the stake back (wallet §8, chain §2.10).
//!
//! Whether the node exists, is open and takes the amount is for the caller to ask the daemon before: a stake that is not counted
//! is no stake, but an ordinary output that comes back at once.

use super::{
    error::BuildError,
    fee::{FeeLevel, FeeRates, Priority},
    plan::TransactionPlan,
    prove::SignedTransaction,
    request::{Destination, OutputLimits, SourceAddresses, SplitRule, TransferRequest},
};
use crate::{spendability::ChainView, wallet::Wallet};
use oxen_crypto::{SecretKey, SubaddressIndex, signature::schnorr};
use oxen_types::{
    Amount, KeyImage, PublicKey, Signature, Transaction, UnlockTime,
    extra::{Contributor, Extra, ExtraField, KeyImageUnlock, Registration},
    transaction::{Proofs, TransactionPrefix, TransactionType, TransactionVersion},
};
use rand_core::{CryptoRng, RngCore};
use std::collections::VecDeque;

/// A stake of the primary address, which no subaddress can make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StakeRequest {
    /// The node.
    pub service_node: PublicKey,
    /// How much.
    pub amount: Amount,
    /// The registration that the node's operator signed with the node's key; none to contribute to a registered node.
    pub registration: Option<Registration>,
    /// Addresses of account 0 that may pay.
    pub sources: SourceAddresses,
    /// How urgent it is; stakes cannot blink.
    pub priority: Priority,
    /// Which outputs may be spent.
    pub limits: OutputLimits,
}

impl Wallet {
    /// Plans a stake or a registration: always one transaction.
    ///
    /// # Errors
    /// [`BuildError`]; [`BuildError::TooLarge`] when the money lies in too many small outputs.
    pub fn plan_stake(
        &self,
        request: &StakeRequest,
        view: ChainView<'_>,
        rates: &FeeRates,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<TransactionPlan, BuildError> {
        if request.amount.is_zero() {
            return Err(BuildError::ZeroAmount { place: 0 });
        }
        let mut template = self.plan_template(0, UnlockTime::NONE, rates)?;
        template.kind = TransactionType::Stake;
        template.level = FeeLevel::of(request.priority, template.kind)?;
        let own = self.address(SubaddressIndex::PRIMARY)?;
        let contributor = Contributor {
            spend_key: own.spend(),
            view_key: own.view(),
        };
        if let Some(registration) = &request.registration {
            let operator = registration.spend_keys.first().zip(registration.view_keys.first());
            if operator != Some((&contributor.spend_key, &contributor.view_key)) {
                return Err(BuildError::NotTheOperator);
            }
            template
                .fields
                .push(ExtraField::Registration(Box::new(registration.clone())));
        }
        template.fields.push(ExtraField::Contributor(contributor));
        template.fields.push(ExtraField::ServiceNodeKey(request.service_node));
        let destination = Destination {
            address: own,
            amount: request.amount,
        };
        let transfer = TransferRequest {
            sources: request.sources.clone(),
            priority: request.priority,
            split: SplitRule::OneTransaction,
            limits: request.limits,
            ..TransferRequest::new(vec![destination])
        };
        let mut planner = self.planner(template, &request.sources, &request.limits, view, rng);
        planner.next_transaction(&mut VecDeque::from([destination]), &transfer, rng)
    }

    /// A transaction that asks for the stake with this key image back: it pays no fee and moves nothing. The stakes of the whole
    /// node are released, a long time later (wallet §8.4).
    ///
    /// # Errors
    /// [`BuildError::NoSuchStake`], [`BuildError::ViewOnly`].
    pub fn sign_stake_unlock(
        &self,
        service_node: PublicKey,
        stake: &KeyImage,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<SignedTransaction, BuildError> {
        let output = self.outputs().by_key_image(stake).ok_or(BuildError::NoSuchStake)?;
        let spend = self.keys().spend_secret(output.address).ok_or(BuildError::ViewOnly)?;
        let pair = output.key_pair(&spend)?;
        let mut unlock = KeyImageUnlock {
            key_image: *stake,
            signature: Signature::ZERO,
            nonce: KeyImageUnlock::WALLET_NONCE,
        };
        unlock.signature = schnorr::sign(&unlock.signature_hash(), &pair, rng);
        let fields = vec![
            ExtraField::ServiceNodeKey(service_node),
            ExtraField::KeyImageUnlock(Box::new(unlock)),
        ];
        let transaction = Transaction {
            prefix: TransactionPrefix {
                version: TransactionVersion::V4,
                output_unlock_times: Vec::new(),
                unlock_time: UnlockTime::NONE,
                inputs: Vec::new(),
                outputs: Vec::new(),
                extra: Extra::from_fields(fields).encode(),
                kind: TransactionType::KeyImageUnlock,
            },
            proofs: Proofs::Absent,
        };
        Ok(SignedTransaction {
            id: transaction.id(),
            kind: TransactionType::KeyImageUnlock,
            account: output.address.major,
            weight: transaction.weight(),
            transaction,
            transaction_key: SecretKey::reduce([0; 32]),
            additional_keys: Vec::new(),
            inputs: Vec::new(),
            destinations: Vec::new(),
            change: Amount::ZERO,
            fee: Amount::ZERO,
            burned: Amount::ZERO,
            payment_id: None,
            unlock_time: UnlockTime::NONE,
        })
    }
}
