//! Asking all nodes of the contract.

use crate::{
    service::{Aggregation, lock},
    wire::{Question, Refusal, Reply},
};
use futures::{StreamExt, stream::FuturesUnordered};
use oxen_node_api::{
    AskError, QuorumSubject,
    bridge::{RegisteredNode, Silence},
};
use oxen_types::{Amount, bytes::BlsSignature};
use parity_scale_codec::Encode;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// Nodes that are asked at once: a transport keeps so many connections to service nodes and some for its other work.
const ASKED_TOGETHER: usize = 96;
/// How long one node may take, connecting included.
const QUESTION_TIME: Duration = Duration::from_secs(8);
/// How long the whole may take: with a third of 2,200 nodes silent, a minute.
const COLLECTION_TIME: Duration = Duration::from_secs(75);
/// How long others are waited for when there are signatures enough. Each further one makes the claim cheaper.
const GRACE: Duration = Duration::from_secs(4);

/// What came of asking.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Signatures that nobody checked yet, over the value that was expected.
    pub(crate) signed: Vec<(RegisteredNode, BlsSignature)>,
    /// Those without one.
    pub(crate) silence: Silence,
}

/// What one node said.
enum Said {
    Signature(BlsSignature),
    OtherValue,
    Refusal(Refusal),
    Nothing,
}

impl Answers {
    fn note(&mut self, node: RegisteredNode, said: Said) {
        match said {
            Said::Signature(signature) => self.signed.push((node, signature)),
            Said::OtherValue => self.silence.wrong += 1,
            Said::Refusal(Refusal::NotFinal | Refusal::NotKept | Refusal::NothingEarned) => self.silence.behind += 1,
            Said::Refusal(refusal) => {
                tracing::debug!(node = %node.primary, %refusal, "a service node does not sign");
                self.silence.refused += 1;
            }
            Said::Nothing => self.silence.unreachable += 1,
        }
    }
}

impl Aggregation {
    /// Asks the nodes, each for its own value, and takes what agrees with `expected`. Ends when all have answered, some time after
    /// `enough` have signed, or when the time is over.
    pub(crate) async fn ask_nodes(
        &self,
        question: Question,
        expected: Option<Amount>,
        nodes: Vec<RegisteredNode>,
        enough: usize,
        mut answers: Answers,
    ) -> Answers {
        let mut until = Instant::now() + COLLECTION_TIME;
        let count = nodes.len();
        let mut waiting = nodes.into_iter();
        let mut asked = FuturesUnordered::new();
        let mut answered = 0;
        let liars = lock(&self.liars).clone();
        let mut believed = answers.signed.len();
        let mut in_grace = false;
        loop {
            while asked.len() < ASKED_TOGETHER
                && let Some(node) = waiting.next()
            {
                asked.push(self.ask(node, question, expected));
            }
            if !in_grace && believed >= enough {
                until = until.min(Instant::now() + GRACE);
                in_grace = true;
            }
            let Ok(Some((node, said))) = timeout_at(until, asked.next()).await else {
                break;
            };
            answered += 1;
            if matches!(said, Said::Signature(_)) && !liars.contains(&node.primary) {
                believed += 1;
            }
            answers.note(node, said);
        }
        answers.silence.unreachable += (count - answered) as u64;
        answers
    }

    async fn ask(&self, node: RegisteredNode, question: Question, expected: Option<Amount>) -> (RegisteredNode, Said) {
        let asked = self
            .parts
            .network
            .ask(&node.primary, QuorumSubject::Bridge, question.encode());
        let answer = timeout(QUESTION_TIME, asked).await.unwrap_or(Err(AskError::TimedOut));
        let said = match answer.map(|bytes| Reply::from_bytes(&bytes)) {
            Ok(Ok(Reply::Signed(signed))) if signed.question == question && signed.total == expected => {
                Said::Signature(signed.signature)
            }
            Ok(Ok(Reply::Signed(_)) | Err(_)) => Said::OtherValue,
            Ok(Ok(Reply::Refused(refusal))) => Said::Refusal(refusal),
            Err(_) => Said::Nothing,
        };
        (node, said)
    }
}
