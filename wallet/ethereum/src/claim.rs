//! A claim: what the network owes an address is credited with a signature of the network, and then paid out (bridge §4.4, §5.3).
//!
//! Rewards and swapped coins are claimed in the same two steps, at two contracts. Both contracts know lifetime totals, credited
//! and paid, so a repeated update changes nothing and a repeated claim of everything pays only what is new.

use crate::{
    address::to_alloy,
    amount::Sesh,
    contracts::{BLSSignatureParams, OxenSwap, ServiceNodeRewards, Sesh as Token},
    provider::{L2Error, L2Provider, address_of},
    submission::Submission,
    transaction::Call,
};
use alloy::{
    primitives::{Log, U256},
    sol_types::SolEvent,
};
use oxen_types::bytes::{BlsSignature, EthereumAddress};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimKind {
    /// Rewards and returned stakes of service nodes.
    Rewards,
    /// Coins for burned OXEN.
    Swap,
}

impl fmt::Display for ClaimKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rewards => "rewards",
            Self::Swap => "swapped coins",
        })
    }
}

/// How much is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// All there is.
    Everything,
    /// This much and no more.
    Exactly(Sesh),
}

/// What the network signed: a lifetime total of a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aggregate {
    /// The lifetime total.
    pub total: Sesh,
    /// The height of our chain it is of.
    pub height: u64,
    /// The signature of all who signed.
    pub signature: BlsSignature,
    /// The contract's numbers of those who did not.
    pub non_signers: Vec<u64>,
}

/// How far a claim is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimStage {
    /// Nothing was asked yet.
    Begun,
    /// The network signed a total that the contract has not credited.
    Signed {
        /// What it signed.
        aggregate: Aggregate,
    },
    /// The update is on its way.
    UpdateSent {
        /// The total it credits.
        total: Sesh,
        /// The transaction.
        submission: Submission,
    },
    /// The contract has credited what the network signed, or at least what is wanted.
    Credited {
        /// What must be credited at least; if it is not, the L2 went back.
        total: Sesh,
    },
    /// The payment is on its way.
    ClaimSent {
        /// What it pays.
        amount: Sesh,
        /// What had been paid before.
        claimed_before: Sesh,
        /// The transaction.
        submission: Submission,
    },
}

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What is claimed.
    pub kind: ClaimKind,
    /// From which contract.
    pub contract: EthereumAddress,
    /// For whom.
    pub recipient: EthereumAddress,
    /// How much.
    pub wanted: Wanted,
    /// How far it is.
    pub stage: ClaimStage,
    /// Signatures of the network that the contract did not accept.
    pub refused_signatures: u32,
}

impl Claim {
    /// A claim that is about to begin.
    #[must_use]
    pub const fn new(kind: ClaimKind, contract: EthereumAddress, recipient: EthereumAddress, wanted: Wanted) -> Self {
        Self {
            kind,
            contract,
            recipient,
            wanted,
            stage: ClaimStage::Begun,
            refused_signatures: 0,
        }
    }

    /// The call that credits what the network signed. Anybody may make it.
    #[must_use]
    pub fn update_call(&self, aggregate: &Aggregate) -> Call {
        let recipient = to_alloy(&self.recipient);
        let total = aggregate.total.to_word();
        let signature = signature_words(&aggregate.signature);
        let ids = aggregate.non_signers.clone();
        match self.kind {
            ClaimKind::Rewards => Call::new(
                self.contract,
                &ServiceNodeRewards::updateRewardsBalanceCall {
                    recipientAddress: recipient,
                    recipientRewards: total,
                    blsSignature: signature,
                    ids,
                },
            ),
            ClaimKind::Swap => Call::new(
                self.contract,
                &OxenSwap::updateSwapBalanceCall {
                    account: recipient,
                    total,
                    blsSignature: signature,
                    ids,
                },
            ),
        }
    }

    /// The call that pays. Rewards are paid to whoever calls; swapped coins can be paid out for another address: all of them, or
    /// what the window of everybody's claims leaves ([`ClaimWindow`]), and then the contract pays less than the amount.
    #[must_use]
    pub fn claim_call(&self, caller: &EthereumAddress, amount: Sesh) -> Call {
        let amount = amount.to_word();
        match self.kind {
            ClaimKind::Rewards => Call::new(self.contract, &ServiceNodeRewards::claimRewardsCall { amount }),
            ClaimKind::Swap if *caller == self.recipient => Call::new(self.contract, &OxenSwap::claimCall { amount }),
            ClaimKind::Swap => Call::new(
                self.contract,
                &OxenSwap::claimForCall {
                    account: to_alloy(&self.recipient),
                },
            ),
        }
    }

    /// What a transaction paid to the recipient, as the contract tells in its logs; none when it tells nothing.
    #[must_use]
    pub fn paid(&self, logs: &[Log]) -> Option<Sesh> {
        let recipient = to_alloy(&self.recipient);
        let ours = logs.iter().filter(|log| log.address == to_alloy(&self.contract));
        let amounts = ours.filter_map(|log| match self.kind {
            ClaimKind::Rewards => ServiceNodeRewards::RewardsClaimed::decode_log(log)
                .ok()
                .filter(|event| event.recipientAddress == recipient)
                .map(|event| event.amount),
            ClaimKind::Swap => OxenSwap::SwapClaimed::decode_log(log)
                .ok()
                .filter(|event| event.account == recipient)
                .map(|event| event.amount),
        });
        amounts.reduce(U256::saturating_add).and_then(Sesh::from_word)
    }

    /// What the contract has of the recipient.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn balance(&self, provider: &L2Provider) -> Result<ClaimBalance, L2Error> {
        ClaimBalance::read(provider, self.kind, &self.contract, &self.recipient).await
    }
}

/// A signature as contracts take it (bridge §2.6).
#[must_use]
pub fn signature_words(signature: &BlsSignature) -> BLSSignatureParams {
    let mut words = signature
        .as_bytes()
        .chunks_exact(32)
        .map(|word| U256::try_from_be_slice(word).unwrap_or_default());
    let mut next = || words.next().unwrap_or_default();
    BLSSignatureParams {
        sigs0: next(),
        sigs1: next(),
        sigs2: next(),
        sigs3: next(),
    }
}

/// What a contract has of a recipient, in lifetime totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimBalance {
    /// What was credited.
    pub credited: Sesh,
    /// What of it was paid out.
    pub claimed: Sesh,
}

impl ClaimBalance {
    /// Asks the contract.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn read(
        provider: &L2Provider,
        kind: ClaimKind,
        contract: &EthereumAddress,
        recipient: &EthereumAddress,
    ) -> Result<Self, L2Error> {
        let recipient = to_alloy(recipient);
        let (credited, claimed) = match kind {
            ClaimKind::Rewards => {
                let call = ServiceNodeRewards::recipientsCall { recipient };
                let answer = provider.read(contract, &call).await?;
                (answer.rewards, answer.claimed)
            }
            ClaimKind::Swap => (
                provider
                    .read(contract, &OxenSwap::creditedCall { account: recipient })
                    .await?,
                provider
                    .read(contract, &OxenSwap::claimedCall { account: recipient })
                    .await?,
            ),
        };
        let amount = |word| Sesh::from_word(word).ok_or_else(|| provider.senseless("more SESH than there is"));
        Ok(Self {
            credited: amount(credited)?,
            claimed: amount(claimed)?,
        })
    }

    /// What can be paid out now.
    #[must_use]
    pub const fn available(&self) -> Sesh {
        self.credited.saturating_sub(self.claimed)
    }
}

/// How much everybody together can still claim, and when that begins anew (bridge §1.4, claimRewards).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimWindow {
    /// What is left of this window.
    pub left: Sesh,
    /// What a whole window has.
    pub limit: Sesh,
    /// When the next window begins, seconds since 1970.
    pub ends: u64,
    /// Seconds until then, by the clock of the L2.
    pub ends_in: u64,
}

impl ClaimWindow {
    /// Asks the contract that pays.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn read(provider: &L2Provider, kind: ClaimKind, contract: &EthereumAddress) -> Result<Self, L2Error> {
        match kind {
            ClaimKind::Rewards => Self::of_rewards(provider, contract).await,
            ClaimKind::Swap => Self::of_swap(provider, contract).await,
        }
    }

    async fn of_swap(provider: &L2Provider, contract: &EthereumAddress) -> Result<Self, L2Error> {
        let limit = provider.read(contract, &OxenSwap::cycleLimitCall {}).await?;
        let left = provider.read(contract, &OxenSwap::cycleRemainingCall {}).await?;
        let cycle = provider.read(contract, &OxenSwap::CYCLE_SECONDSCall {}).await?;
        let now = provider.head().await?.timestamp;
        Ok(Self::at(now, cycle, limit, left))
    }

    fn at(now: u64, cycle: U256, limit: U256, left: U256) -> Self {
        let seconds = u64::try_from(cycle).unwrap_or(u64::MAX).max(1);
        let ends = (now / seconds).saturating_add(1).saturating_mul(seconds);
        Self {
            left: Sesh::from_word_saturating(left),
            limit: Sesh::from_word_saturating(limit),
            ends,
            ends_in: ends.saturating_sub(now),
        }
    }

    async fn of_rewards(provider: &L2Provider, contract: &EthereumAddress) -> Result<Self, L2Error> {
        use ServiceNodeRewards as Rewards;
        let limit = provider.read(contract, &Rewards::claimThresholdCall {}).await?;
        let cycle = provider.read(contract, &Rewards::claimCycleCall {}).await?;
        let used = provider.read(contract, &Rewards::currentClaimTotalCall {}).await?;
        let current = provider.read(contract, &Rewards::currentClaimCycleCall {}).await?;
        let now = provider.head().await?.timestamp;
        let seconds = u64::try_from(cycle).unwrap_or(u64::MAX).max(1);
        let began = U256::from(now / seconds);
        let left = if began > current {
            limit
        } else {
            limit.saturating_sub(used)
        };
        Ok(Self::at(now, cycle, limit, left))
    }
}

/// The swap on Arbitrum, for whoever is about to burn (bridge §5.4.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapState {
    /// True while nothing is credited or paid.
    pub paused: bool,
    /// What can be credited over all swaps.
    pub cap: Sesh,
    /// What of it can still be credited.
    pub left: Sesh,
    /// What can be credited with the tokens that it holds; more only once it was sent more.
    pub funded: Sesh,
    /// When credits end, seconds since 1970. A pause that is going on will be added.
    pub closes: u64,
    /// The clock of the L2, seconds since 1970.
    pub now: u64,
    /// What can be claimed in this window.
    pub window: ClaimWindow,
}

impl SwapState {
    /// Asks the contract.
    ///
    /// # Errors
    /// [`L2Error`].
    pub async fn read(provider: &L2Provider, contract: &EthereumAddress) -> Result<Self, L2Error> {
        let cap = provider.read(contract, &OxenSwap::capCall {}).await?;
        let credited = provider.read(contract, &OxenSwap::totalCreditedCall {}).await?;
        let claimed = provider.read(contract, &OxenSwap::totalClaimedCall {}).await?;
        let token = address_of(provider.read(contract, &OxenSwap::tokenCall {}).await?);
        let account = to_alloy(contract);
        let holds = provider.read(&token, &Token::balanceOfCall { account }).await?;
        let closes = provider.read(contract, &OxenSwap::closeTimeCall {}).await?;
        let window = ClaimWindow::of_swap(provider, contract).await?;
        Ok(Self {
            paused: provider.read(contract, &OxenSwap::pausedCall {}).await?,
            cap: Sesh::from_word_saturating(cap),
            left: Sesh::from_word_saturating(cap.saturating_sub(credited)),
            funded: Sesh::from_word_saturating(holds.saturating_sub(credited.saturating_sub(claimed))),
            closes: u64::try_from(closes).unwrap_or(u64::MAX),
            now: window.ends.saturating_sub(window.ends_in),
            window,
        })
    }
}
