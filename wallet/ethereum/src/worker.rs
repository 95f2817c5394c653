//! Goes on with the operation in the journal, step by step, until it is done.
//!
//! Every step that hands something over is written before and not after: after a crash the next step finds the transaction in
//! the journal, asks what became of it, and hands the same bytes over again where nobody has them. So the program may die
//! between any two lines of this file.

use crate::{
    amount::Sesh,
    claim::{Aggregate, Claim, ClaimKind, ClaimStage, ClaimWindow, Wanted},
    journal::{Journal, JournalError, JournalStorage, Operation, Receipt, SingleCall, Work},
    provider::{HandedOver, L2Error},
    refusal::Refusal,
    submission::{Fate, Sender, Submission},
};
use alloy::primitives::B256;
use oxen_types::bytes::EthereumAddress;
use std::time::Duration;
use tokio::time::{Instant, sleep};

mod outcome;

pub use outcome::{Progress, SourceError, Step, WorkError};

/// So many signatures that the contract does not accept are asked for before a claim is given up.
const MAX_REFUSED_SIGNATURES: u32 = 3;
/// More stages than any operation goes through: a provider that contradicts itself, or an L2 that goes back again and again, does
/// not keep the worker for ever.
const MAX_STAGES: u32 = 40;

/// Who asks the network for its signature.
pub trait SignatureSource {
    /// The newest signature of what the network owes a recipient.
    fn aggregate(
        &mut self,
        kind: ClaimKind,
        recipient: &EthereumAddress,
    ) -> impl Future<Output = Result<Aggregate, SourceError>> + Send;
}

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two questions for a transaction.
    pub poll: Duration,
    /// Until a transaction that waits is replaced by one that pays more.
    pub raise_after: Duration,
    /// So long a provider must say that a number is used up and none of our transactions mined, because one that is many machines
    /// may contradict itself for a moment.
    pub certain_after: Duration,
    /// Until waiting is given up for now.
    pub patience: Duration,
}

impl Default for Pace {
    /// Arbitrum makes four blocks a second.
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(500),
            raise_after: Duration::from_secs(45),
            certain_after: Duration::from_secs(30),
            patience: Duration::from_secs(600),
        }
    }
}

/// Goes on with operations.
pub struct Worker<'a, S, N> {
    /// Signs and hands over.
    pub sender: Sender<'a>,
    /// What was begun.
    pub journal: &'a mut Journal<S>,
    /// Asks the network.
    pub network: &'a mut N,
    /// Is told what happens.
    pub watcher: &'a mut (dyn FnMut(Progress) + Send),
    /// How long to wait.
    pub pace: Pace,
    waiting_since: Option<Instant>,
    superseded_since: Option<Instant>,
}

impl<'a, S: JournalStorage, N: SignatureSource> Worker<'a, S, N> {
    /// Works with the usual patience.
    pub fn new(
        sender: Sender<'a>,
        journal: &'a mut Journal<S>,
        network: &'a mut N,
        watcher: &'a mut (dyn FnMut(Progress) + Send),
    ) -> Self {
        Self {
            sender,
            journal,
            network,
            watcher,
            pace: Pace::default(),
            waiting_since: None,
            superseded_since: None,
        }
    }

    /// Begins a claim and finishes it.
    ///
    /// # Errors
    /// [`WorkError`].
    pub async fn claim(&mut self, claim: Claim) -> Result<Receipt, WorkError> {
        let operation = self.operation(Work::Claim(claim));
        self.journal.begin(operation)?;
        self.finish().await
    }

    /// Makes one call, and waits until it is in a block.
    ///
    /// # Errors
    /// [`WorkError`].
    pub async fn call(
        &mut self,
        purpose: crate::service_node::ServiceNodeCall,
        call: crate::transaction::Call,
    ) -> Result<Receipt, WorkError> {
        if self.journal.in_flight().is_some() {
            return Err(JournalError::Unfinished.into());
        }
        let submission = self.sender.prepare(call).await?;
        let operation = self.operation(Work::Call(SingleCall {
            purpose,
            submission: submission.clone(),
        }));
        self.journal.begin(operation)?;
        self.hand_over(&submission).await?;
        self.finish().await
    }

    /// Goes on with what is in the journal until it is done.
    ///
    /// # Errors
    /// [`WorkError`].
    pub async fn finish(&mut self) -> Result<Receipt, WorkError> {
        let begun = Instant::now();
        let mut stages = 0;
        loop {
            match self.step().await? {
                Step::Done(receipt) => return Ok(receipt),
                Step::Further if stages >= MAX_STAGES => return Err(WorkError::NoEnd),
                Step::Further => stages += 1,
                Step::Waiting(hash) if begun.elapsed() >= self.pace.patience => {
                    return Err(WorkError::StillWaiting(hash));
                }
                Step::Waiting(_) => sleep(self.pace.poll).await,
            }
        }
    }

    /// One stage further.
    ///
    /// # Errors
    /// [`WorkError`].
    pub async fn step(&mut self) -> Result<Step, WorkError> {
        let operation = self.journal.operation().cloned().ok_or(WorkError::NothingBegun)?;
        if operation.account != self.sender.key.address() || operation.chain_id != self.sender.provider.chain_id() {
            return Err(WorkError::OtherAccount);
        }
        match operation.work {
            Work::Call(call) => self.step_call(call).await,
            Work::Claim(claim) => self.step_claim(claim).await,
        }
    }

    fn operation(&self, work: Work) -> Operation {
        Operation {
            account: self.sender.key.address(),
            chain_id: self.sender.provider.chain_id(),
            work,
        }
    }

    fn tell(&mut self, progress: Progress) {
        (self.watcher)(progress);
    }

    async fn step_call(&mut self, call: SingleCall) -> Result<Step, WorkError> {
        let hash = call.submission.newest().hash;
        match self.sender.fate(&call.submission).await? {
            Fate::Mined { hash, block, logs } => {
                self.landed(hash);
                self.done(Receipt {
                    contract: call.purpose.contribution_contract(&logs),
                    ..self.receipt(call.purpose.to_string(), hash, block)
                })
            }
            Fate::Reverted { hash, refusal } => {
                self.journal.give_up()?;
                Err(WorkError::Reverted { hash, refusal })
            }
            Fate::Superseded if self.is_sure() => {
                self.journal.give_up()?;
                Err(WorkError::Superseded { hash })
            }
            Fate::Superseded => Ok(Step::Waiting(hash)),
            Fate::Waiting => {
                let submission = call.submission.clone();
                self.wait(&submission, |submission| Work::Call(SingleCall { submission, ..call }))
                    .await
            }
        }
    }

    async fn step_claim(&mut self, claim: Claim) -> Result<Step, WorkError> {
        match claim.stage.clone() {
            ClaimStage::Begun => self.ask(claim).await,
            ClaimStage::Signed { aggregate } => self.update(claim, &aggregate).await,
            ClaimStage::UpdateSent { total, submission } => self.follow_update(claim, total, submission).await,
            ClaimStage::Credited { total } => self.pay(claim, total).await,
            ClaimStage::ClaimSent {
                amount,
                claimed_before,
                submission,
            } => self.follow_payment(claim, amount, claimed_before, submission).await,
        }
    }

    fn reach(&mut self, claim: Claim, stage: ClaimStage) -> Result<Step, WorkError> {
        let operation = self.operation(Work::Claim(Claim { stage, ..claim }));
        self.journal.record(operation)?;
        Ok(Step::Further)
    }

    /// Asks the network, unless the contract has credited enough already.
    async fn ask(&mut self, claim: Claim) -> Result<Step, WorkError> {
        let balance = claim.balance(self.sender.provider).await?;
        if let Wanted::Exactly(amount) = claim.wanted
            && amount <= balance.available()
        {
            return self.reach(
                claim,
                ClaimStage::Credited {
                    total: balance.credited,
                },
            );
        }
        self.tell(Progress::AskingNetwork);
        let aggregate = match self.network.aggregate(claim.kind, &claim.recipient).await {
            Ok(aggregate) => aggregate,
            // What is credited can be had without anybody's signature.
            Err(SourceError::NothingOwed) if !balance.available().is_zero() => {
                return self.reach(
                    claim,
                    ClaimStage::Credited {
                        total: balance.credited,
                    },
                );
            }
            Err(error) => return Err(error.into()),
        };
        self.tell(Progress::Signed {
            total: aggregate.total,
            non_signers: aggregate.non_signers.len(),
        });
        if aggregate.total <= balance.credited {
            let total = balance.credited;
            return self.reach(claim, ClaimStage::Credited { total });
        }
        self.reach(claim, ClaimStage::Signed { aggregate })
    }

    /// Sends the update, once the contract would accept it.
    async fn update(&mut self, claim: Claim, aggregate: &Aggregate) -> Result<Step, WorkError> {
        match self.sender.prepare(claim.update_call(aggregate)).await {
            Ok(submission) => {
                let stage = ClaimStage::UpdateSent {
                    total: aggregate.total,
                    submission: submission.clone(),
                };
                self.reach(claim, stage)?;
                self.hand_over(&submission).await?;
                Ok(Step::Further)
            }
            Err(L2Error::Refused(refusal)) => {
                self.update_refused(claim, refusal, |refusal| L2Error::Refused(refusal).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What comes after a refused update, whether it was tried or mined; the error is for a refusal that no other signature helps.
    fn update_refused(
        &mut self,
        mut claim: Claim,
        refusal: Box<Refusal>,
        error: impl FnOnce(Box<Refusal>) -> WorkError,
    ) -> Result<Step, WorkError> {
        if refusal.is_credited_already() {
            return self.reach(claim, ClaimStage::Credited { total: Sesh::ZERO });
        }
        let again = refusal.asks_for_another_signature();
        if again && claim.refused_signatures + 1 < MAX_REFUSED_SIGNATURES {
            claim.refused_signatures += 1;
            self.tell(Progress::SignatureRefused(refusal));
            return self.reach(claim, ClaimStage::Begun);
        }
        // The next attempt begins with a new signature.
        claim.refused_signatures = 0;
        self.reach(claim, ClaimStage::Begun)?;
        Err(if again {
            WorkError::SignaturesRefused(refusal)
        } else {
            error(refusal)
        })
    }

    async fn follow_update(&mut self, claim: Claim, total: Sesh, submission: Submission) -> Result<Step, WorkError> {
        match self.sender.fate(&submission).await? {
            Fate::Mined { hash, .. } => {
                self.landed(hash);
                self.tell(Progress::Credited(total));
                self.reach(claim, ClaimStage::Credited { total })
            }
            Fate::Reverted { refusal, hash } => {
                self.landed(hash);
                self.update_refused(claim, refusal, |refusal| WorkError::Reverted { hash, refusal })
            }
            // Whoever took the number, an update does no harm when it is repeated.
            Fate::Superseded if self.is_sure() => self.reach(claim, ClaimStage::Begun),
            Fate::Superseded => Ok(Step::Waiting(submission.newest().hash)),
            Fate::Waiting => {
                let stage = move |submission| ClaimStage::UpdateSent { total, submission };
                self.wait(&submission, |submission| {
                    Work::Claim(Claim {
                        stage: stage(submission),
                        ..claim
                    })
                })
                .await
            }
        }
    }

    /// Sends the payment.
    async fn pay(&mut self, claim: Claim, total: Sesh) -> Result<Step, WorkError> {
        let balance = claim.balance(self.sender.provider).await?;
        if balance.credited < total {
            // Or this provider lags behind: the network is asked again, and nothing is lost.
            return self.credit_vanished(claim);
        }
        let available = balance.available();
        let amount = match claim.wanted {
            Wanted::Everything if available.is_zero() => {
                self.journal.give_up()?;
                return Err(WorkError::NothingToClaim(balance.credited));
            }
            Wanted::Everything => available,
            Wanted::Exactly(wanted) if wanted > available => {
                self.journal.give_up()?;
                return Err(WorkError::MoreThanThereIs { wanted, available });
            }
            Wanted::Exactly(wanted) => wanted,
        };
        let call = claim.claim_call(&self.sender.key.address(), amount);
        let submission = match self.sender.prepare(call).await {
            Ok(submission) => submission,
            Err(L2Error::Refused(refusal)) if refusal.is_window_used_up() => {
                return Err(self.window_used_up(&claim).await);
            }
            Err(error) => return Err(error.into()),
        };
        let stage = ClaimStage::ClaimSent {
            amount,
            claimed_before: balance.claimed,
            submission: submission.clone(),
        };
        self.reach(claim, stage)?;
        self.hand_over(&submission).await?;
        Ok(Step::Further)
    }

    /// The L2 went back behind the update.
    fn credit_vanished(&mut self, claim: Claim) -> Result<Step, WorkError> {
        self.tell(Progress::CreditVanished);
        self.reach(claim, ClaimStage::Begun)
    }

    async fn window_used_up(&self, claim: &Claim) -> WorkError {
        let window = ClaimWindow::read(self.sender.provider, claim.kind, &claim.contract).await;
        window.map_or_else(WorkError::L2, WorkError::WindowUsedUp)
    }

    async fn follow_payment(
        &mut self,
        claim: Claim,
        amount: Sesh,
        claimed_before: Sesh,
        submission: Submission,
    ) -> Result<Step, WorkError> {
        match self.sender.fate(&submission).await? {
            Fate::Mined { hash, block, logs } => {
                self.landed(hash);
                // Not what was asked for: the contract may pay less.
                let paid = claim.paid(&logs);
                self.done(Receipt {
                    paid,
                    left: paid.map_or(Sesh::ZERO, |paid| amount.saturating_sub(paid)),
                    ..self.receipt(format!("claimed {}", claim.kind), hash, block)
                })
            }
            Fate::Reverted { refusal, hash } => {
                self.landed(hash);
                let total = Sesh::ZERO;
                let error = if refusal.is_window_used_up() {
                    self.window_used_up(&claim).await
                } else if claim.balance(self.sender.provider).await?.available() < amount {
                    // The payment came into a block before the update did.
                    return self.credit_vanished(claim);
                } else {
                    WorkError::Reverted { hash, refusal }
                };
                self.reach(claim, ClaimStage::Credited { total })?;
                Err(error)
            }
            Fate::Superseded if self.is_sure() => self.superseded(claim, claimed_before).await,
            Fate::Superseded => Ok(Step::Waiting(submission.newest().hash)),
            Fate::Waiting => {
                self.wait(&submission, |submission| {
                    Work::Claim(Claim {
                        stage: ClaimStage::ClaimSent {
                            amount,
                            claimed_before,
                            submission,
                        },
                        ..claim
                    })
                })
                .await
            }
        }
    }

    /// The payment will never be mined. It is only repeated when nothing else paid meanwhile.
    async fn superseded(&mut self, claim: Claim, claimed_before: Sesh) -> Result<Step, WorkError> {
        let balance = claim.balance(self.sender.provider).await?;
        if balance.claimed == claimed_before {
            return self.reach(claim, ClaimStage::Credited { total: Sesh::ZERO });
        }
        self.journal.give_up()?;
        Err(WorkError::ClaimedElsewhere {
            paid: balance.claimed.saturating_sub(claimed_before),
        })
    }

    fn receipt(&self, done: String, hash: B256, block: u64) -> Receipt {
        Receipt {
            done,
            account: self.sender.key.address(),
            transaction: hash,
            block,
            paid: None,
            left: Sesh::ZERO,
            contract: None,
        }
    }

    fn done(&mut self, receipt: Receipt) -> Result<Step, WorkError> {
        self.journal.finish(receipt.clone())?;
        Ok(Step::Done(receipt))
    }

    /// Hands over for the first time. What the provider does not say is found out by the next step.
    async fn hand_over(&mut self, submission: &Submission) -> Result<(), WorkError> {
        match self.sender.hand_over(submission).await {
            Ok(_) => self.tell(Progress::Sent(submission.newest().hash)),
            Err(error) if error.is_passing() => self.tell(Progress::Unanswered(error)),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// A transaction waits: hands it over again where it was lost, and replaces it where it pays too little.
    async fn wait(
        &mut self,
        submission: &Submission,
        work: impl FnOnce(Submission) -> Work,
    ) -> Result<Step, WorkError> {
        self.superseded_since = None;
        let hash = submission.newest().hash;
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        let mut raise = since.elapsed() >= self.pace.raise_after;
        if !self.sender.provider.knows(hash).await? {
            match self.sender.hand_over(submission).await? {
                HandedOver::Taken => self.tell(Progress::SentAgain(hash)),
                HandedOver::Underpriced => raise = true,
                HandedOver::NonceUsed | HandedOver::Rivalled => {}
            }
        }
        if raise && let Some(raised) = self.sender.raise(submission).await? {
            let operation = self.operation(work(raised.clone()));
            self.journal.record(operation)?;
            self.waiting_since = Some(Instant::now());
            self.tell(Progress::Raised(raised.newest().hash));
            self.hand_over(&raised).await?;
        }
        Ok(Step::Waiting(hash))
    }

    /// The provider says that the number is used up; true when it has said so for long enough.
    fn is_sure(&mut self) -> bool {
        let since = *self.superseded_since.get_or_insert_with(Instant::now);
        if since.elapsed() < self.pace.certain_after {
            return false;
        }
        self.superseded_since = None;
        self.waiting_since = None;
        true
    }

    fn landed(&mut self, hash: B256) {
        self.superseded_since = None;
        self.waiting_since = None;
        self.tell(Progress::Mined(hash));
    }
}
