//! One signed transaction on its way into a block, exactly once.
//!
//! A transaction is bound to the account's number (nonce) for it, which can be used once. So the same bytes may be handed over
//! as often as one likes, and a replacement that pays more has the same number: of all attempts at most one gets into a block.
//! Whoever keeps the attempts before handing them over can die at any moment and loses nothing.

use crate::{
    fees::{GasPrice, GasPriceLimit, with_margin},
    key::EthereumKey,
    provider::{HandedOver, L2Error, L2Provider},
    refusal::Refusal,
    transaction::{Attempt, Call},
};
use alloy::primitives::{B256, Log, U256};
use oxen_types::bytes::EthereumAddress;
use serde::{Deserialize, Serialize};

/// So often at most a transaction is replaced by one that pays more.
const MAX_ATTEMPTS: usize = 12;

/// A transaction that was signed and may have been handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// What it calls.
    pub call: Call,
    /// Its number.
    pub nonce: u64,
    /// How much gas it may use.
    pub gas_limit: u64,
    /// The newest, which pays most.
    newest: Attempt,
    /// Those it replaced, oldest first; each may still get into a block.
    replaced: Vec<Attempt>,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// None of its attempts is in a block, and its number is free.
    Waiting,
    /// It is in a block and did what it says.
    Mined {
        /// Its id.
        hash: B256,
        /// The block.
        block: u64,
        /// What the contracts told of it.
        logs: Vec<Log>,
    },
    /// It is in a block and changed nothing.
    Reverted {
        /// Its id.
        hash: B256,
        /// Why, as far as can be found out afterwards.
        refusal: Box<Refusal>,
    },
    /// Another transaction used its number: it will never be in a block. A provider that lags behind itself may say so too soon.
    Superseded,
}

impl Submission {
    /// The newest attempt.
    #[must_use]
    pub const fn newest(&self) -> &Attempt {
        &self.newest
    }

    /// All attempts, newest first.
    pub fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        std::iter::once(&self.newest).chain(self.replaced.iter().rev())
    }

    /// What became of it; its account's key is not needed.
    ///
    /// # Errors
    /// The provider's.
    pub async fn fate(&self, provider: &L2Provider, account: &EthereumAddress) -> Result<Fate, L2Error> {
        if let Some(fate) = self.receipt(provider, account).await? {
            return Ok(fate);
        }
        if provider.mined_nonce(account).await? <= self.nonce {
            return Ok(Fate::Waiting);
        }
        // It may have been mined between the two questions.
        Ok(self.receipt(provider, account).await?.unwrap_or(Fate::Superseded))
    }

    async fn receipt(&self, provider: &L2Provider, account: &EthereumAddress) -> Result<Option<Fate>, L2Error> {
        for attempt in self.attempts() {
            let Some(receipt) = provider.receipt(attempt.hash).await? else {
                continue;
            };
            let hash = attempt.hash;
            if receipt.status() {
                let block = receipt.block_number.unwrap_or_default();
                let logs = receipt.logs().iter().map(|log| log.inner.clone()).collect();
                return Ok(Some(Fate::Mined { hash, block, logs }));
            }
            let refusal = if receipt.gas_used >= self.gas_limit {
                Box::new(Refusal::Text(
                    "the transaction ran out of gas: give the command again".to_owned(),
                ))
            } else {
                self.reason(provider, account).await?
            };
            return Ok(Some(Fate::Reverted { hash, refusal }));
        }
        Ok(None)
    }

    /// Receipts have no reasons: the same call again has one, if it still fails.
    async fn reason(&self, provider: &L2Provider, account: &EthereumAddress) -> Result<Box<Refusal>, L2Error> {
        match provider
            .call(Some(account), &self.call.to, self.call.data.clone())
            .await
        {
            Ok(_) => Ok(Box::new(Refusal::Text(
                "what it met has passed meanwhile: give the command again".to_owned(),
            ))),
            Err(L2Error::Refused(refusal)) => Ok(refusal),
            Err(error) => Err(error),
        }
    }
}

/// Whoever signs and hands over.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// Where.
    pub provider: &'a L2Provider,
    /// With which key.
    pub key: &'a EthereumKey,
    /// What gas may cost.
    pub limit: GasPriceLimit,
}

impl Sender<'_> {
    /// Tries the call, and signs it; nothing is handed over yet.
    ///
    /// # Errors
    /// [`L2Error::Refused`] when the call would do nothing but cost gas, [`L2Error::GasPrice`], [`L2Error::NotEnoughEther`], or the
    /// provider's.
    pub async fn prepare(&self, call: Call) -> Result<Submission, L2Error> {
        let account = self.key.address();
        let gas = self
            .provider
            .estimate_gas(&account, &call.to, call.data.clone())
            .await?;
        let gas_limit = with_margin(gas);
        let price = GasPrice::offer(self.provider, self.limit).await?;
        let needs = U256::from(gas_limit).saturating_mul(U256::from(price.max));
        let has = self.provider.ether(&account).await?;
        if has < needs {
            return Err(L2Error::NotEnoughEther { account, has, needs });
        }
        let nonce = self.provider.pending_nonce(&account).await?;
        let newest = Attempt::sign(self.key, self.provider.chain_id(), &call, nonce, gas_limit, price)?;
        Ok(Submission {
            call,
            nonce,
            gas_limit,
            newest,
            replaced: Vec::new(),
        })
    }

    /// Hands over the newest attempt; may be repeated.
    ///
    /// # Errors
    /// [`L2Error::NonceTaken`], or the provider's: then it may have been taken all the same.
    pub async fn hand_over(&self, submission: &Submission) -> Result<HandedOver, L2Error> {
        let handed = self.provider.hand_over(&submission.newest.raw).await?;
        // Beside our own attempts that were replaced there may be a stranger's.
        if handed == HandedOver::Rivalled && submission.replaced.is_empty() {
            return Err(L2Error::NonceTaken {
                nonce: submission.nonce,
            });
        }
        Ok(handed)
    }

    /// What became of a transaction.
    ///
    /// # Errors
    /// The provider's.
    pub async fn fate(&self, submission: &Submission) -> Result<Fate, L2Error> {
        submission.fate(self.provider, &self.key.address()).await
    }

    /// Signs an attempt that pays more, to take the place of those before; none when nothing more may be paid. Keep it before it
    /// is handed over.
    ///
    /// # Errors
    /// The provider's, or that the key cannot sign.
    pub async fn raise(&self, submission: &Submission) -> Result<Option<Submission>, L2Error> {
        if submission.replaced.len() + 1 >= MAX_ATTEMPTS {
            return Ok(None);
        }
        let offer = match GasPrice::offer(self.provider, self.limit).await {
            Ok(offer) => offer,
            // Too dear now: what waits goes on waiting.
            Err(L2Error::GasPrice { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(price) = submission.newest.price().raised(offer, self.limit) else {
            return Ok(None);
        };
        let newest = Attempt::sign(
            self.key,
            self.provider.chain_id(),
            &submission.call,
            submission.nonce,
            submission.gas_limit,
            price,
        )?;
        let mut raised = submission.clone();
        raised.replaced.push(std::mem::replace(&mut raised.newest, newest));
        Ok(Some(raised))
    }
}
