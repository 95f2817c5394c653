//! Runs operations, and tells what happens.

use super::{EthereumError, link, network::ServiceNodes};
use crate::{
    command::{CommandError, Reply},
    file::EthereumJournalFile,
    session::Session,
    terminal::Terminal,
};
use oxen_wallet_ethereum::{
    EthereumKey, L2Provider, checksummed,
    claim::{Claim, Wanted},
    journal::{Journal, Receipt, Work},
    service_node::ServiceNodeCall,
    submission::Sender,
    transaction::Call,
    worker::{Progress, WorkError, Worker},
};
use serde_json::{Value, json};
use std::fmt::Write;
use tokio::sync::mpsc;

/// More than happens between two answers of a provider.
const PROGRESS_AT_ONCE: usize = 64;

/// Everything that work needs, put together once for a command.
pub(super) struct Workshop {
    /// Where.
    pub(super) provider: L2Provider,
    key: EthereumKey,
    journal: Journal<EthereumJournalFile>,
    network: ServiceNodes,
    limit: oxen_wallet_ethereum::fees::GasPriceLimit,
}

impl Workshop {
    /// Opens the key and the journal, and connects.
    pub(super) async fn open(session: &mut Session, terminal: &mut dyn Terminal) -> Result<Self, CommandError> {
        let provider = link::provider(session).await?;
        Ok(Self {
            provider,
            key: link::open_key(session, terminal)?,
            journal: link::journal(session)?,
            network: ServiceNodes::of(session).await?,
            limit: session.settings.ethereum.gas_price_limit,
        })
    }

    /// The operation that has a transaction on its way.
    pub(super) fn in_flight(&self) -> Option<&Work> {
        self.journal.in_flight().map(|operation| &operation.work)
    }

    /// What was done, oldest first.
    pub(super) fn receipts(&self) -> &[Receipt] {
        self.journal.receipts()
    }

    /// Finishes what was begun earlier and is on its way, if anything.
    pub(super) async fn finish_earlier(
        &mut self,
        terminal: &mut dyn Terminal,
    ) -> Result<Option<Receipt>, CommandError> {
        if self.in_flight().is_none() {
            return Ok(None);
        }
        terminal.say("Going on with what was begun earlier.");
        self.run(terminal, Job::Finish).await.map(Some)
    }

    /// Claims; a claim of everything that was begun earlier is this one.
    pub(super) async fn claim(&mut self, terminal: &mut dyn Terminal, claim: Claim) -> Result<Receipt, CommandError> {
        let same = matches!(self.in_flight(), Some(Work::Claim(begun)) if is_same(begun, &claim));
        if let Some(receipt) = self.finish_earlier(terminal).await?
            && same
        {
            return Ok(receipt);
        }
        self.run(terminal, Job::Claim(claim)).await
    }

    /// Makes one call.
    pub(super) async fn call(
        &mut self,
        terminal: &mut dyn Terminal,
        purpose: ServiceNodeCall,
        call: Call,
    ) -> Result<Receipt, CommandError> {
        let same = matches!(self.in_flight(), Some(Work::Call(begun)) if begun.purpose == purpose);
        if let Some(receipt) = self.finish_earlier(terminal).await?
            && same
        {
            return Ok(receipt);
        }
        self.run(terminal, Job::Call(purpose, call)).await
    }

    async fn run(&mut self, terminal: &mut dyn Terminal, job: Job) -> Result<Receipt, CommandError> {
        let (sender, mut progress) = mpsc::channel::<Progress>(PROGRESS_AT_ONCE);
        // Told as it happens: the terminal is not for the worker to hold. What nobody reads in time is not said.
        let mut watcher = move |told: Progress| {
            let _ = sender.try_send(told);
        };
        let signer = Sender {
            provider: &self.provider,
            key: &self.key,
            limit: self.limit,
        };
        let mut worker = Worker::new(signer, &mut self.journal, &mut self.network, &mut watcher);
        let work = async {
            match job {
                Job::Finish => worker.finish().await,
                Job::Claim(claim) => worker.claim(claim).await,
                Job::Call(purpose, call) => worker.call(purpose, call).await,
            }
        };
        let mut work = std::pin::pin!(work);
        let result: Result<Receipt, WorkError> = loop {
            tokio::select! {
                biased;
                Some(told) = progress.recv() => terminal.say(&told.to_string()),
                result = &mut work => break result,
            }
        };
        while let Ok(told) = progress.try_recv() {
            terminal.say(&told.to_string());
        }
        Ok(result.map_err(EthereumError::from)?)
    }
}

enum Job {
    Finish,
    Claim(Claim),
    Call(ServiceNodeCall, Call),
}

/// True when the user, who gave the same command again, means the claim that was interrupted.
fn is_same(begun: &Claim, wanted: &Claim) -> bool {
    (begun.kind, begun.contract, begun.recipient) == (wanted.kind, wanted.contract, wanted.recipient)
        && begun.wanted == wanted.wanted
}

/// What is said of work that is done.
pub(super) fn tell(receipt: &Receipt) -> Reply {
    let mut text = match receipt.paid {
        Some(paid) => format!("Done: {paid} paid out ({}).", receipt.done),
        None => format!("Done: {}.", receipt.done),
    };
    let _ = write!(
        text,
        "\nTransaction {} in block {}.",
        receipt.transaction, receipt.block
    );
    // What was called is named already; what was made is not.
    let contract = receipt.contract.as_ref().map(checksummed);
    if let Some(contract) = contract.filter(|contract| !receipt.done.contains(contract)) {
        let _ = write!(
            text,
            "\nThe contract is {contract}: `bridge contract status {contract}` shows it to anybody."
        );
    }
    if !receipt.left.is_zero() {
        let _ = write!(
            text,
            "\n{} are left: the claims of everybody together reached the limit of 12 hours, and the contract paid what it allowed. \
             Nothing is lost: give the command again in the next window, which begins at 0:00 or 12:00 UTC.",
            receipt.left
        );
    }
    Reply::new(text, json(receipt))
}

/// A receipt for programs.
pub(super) fn json(receipt: &Receipt) -> Value {
    json!({
        "done": receipt.done,
        "account": checksummed(&receipt.account),
        "transaction": receipt.transaction.to_string(),
        "block": receipt.block,
        "paid": receipt.paid.map(oxen_wallet_ethereum::Sesh::atomic),
        "left": receipt.left.atomic(),
        "contract": receipt.contract.as_ref().map(checksummed),
    })
}

/// How much, for a question.
pub(super) fn wanted_text(wanted: Wanted) -> String {
    match wanted {
        Wanted::Everything => "everything".to_owned(),
        Wanted::Exactly(amount) => amount.to_string(),
    }
}
