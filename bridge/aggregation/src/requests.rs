//! What front ends ask for.

use crate::{
    collecting::Answers,
    gathered::{Gathered, Subject, may_be_missing},
    service::{Aggregation, lock},
    verifying::{Sum, Verified},
    wire::Question,
};
use oxen_bridge_rules::{message::Message, picture::ContractNodes};
use oxen_node_api::{
    Answer, BridgeSignatures,
    bridge::{
        AggregateOfNodes, AggregationError, DepartedNode, Departure, Ledger, NodeKey, RegisteredNode,
        RegistrationProof, SignedDeparture, SignedTotal, Silence, TotalHeight,
    },
};
use oxen_types::{
    Amount, Height, Timestamp,
    bytes::{BlsPublicKey, EthereumAddress},
};
use rand_core::{OsRng, RngCore};
use std::sync::{Arc, Weak};
use tokio::task::spawn_blocking;

/// Known liars that are remembered.
const LIARS: usize = 8_192;
/// When to come back where all places are taken.
const PLACE_SECONDS: u64 = 30;

/// Signatures for whoever asks: what front ends get.
pub struct BridgeRequests(pub Arc<Aggregation>);

impl BridgeSignatures for BridgeRequests {
    fn total(
        &self,
        ledger: Ledger,
        recipient: EthereumAddress,
        height: TotalHeight,
    ) -> Answer<Result<SignedTotal, AggregationError>> {
        let service = Arc::clone(&self.0);
        Box::pin(async move {
            let reading = Arc::clone(&service);
            let (job, height) = blocking(move || reading.job_of_total(ledger, recipient, height)).await??;
            let total = job.expected.unwrap_or(Amount::ZERO);
            let (_, aggregate) = service.gather(job).await?;
            Ok(SignedTotal {
                recipient,
                total,
                height,
                aggregate,
            })
        })
    }

    fn departure(&self, departure: Departure, node: NodeKey) -> Answer<Result<SignedDeparture, AggregationError>> {
        let service = Arc::clone(&self.0);
        Box::pin(async move {
            let reading = Arc::clone(&service);
            let (job, bls_key) = blocking(move || reading.job_of_departure(departure, node)).await??;
            let (time, aggregate) = service.gather(job).await?;
            Ok(SignedDeparture {
                bls_key,
                time,
                aggregate,
            })
        })
    }

    fn departed(&self) -> Result<Vec<DepartedNode>, AggregationError> {
        Ok(self.0.parts.nodes.departed()?)
    }

    fn registration(&self, operator: &EthereumAddress) -> Result<RegistrationProof, AggregationError> {
        let keys = self.0.parts.keys.as_ref().ok_or(AggregationError::NotAServiceNode)?;
        let bls_key = keys.bls.public_key().to_bytes();
        let primary = keys.node.ed25519_public();
        let possession = self.0.domain()?.possession(&bls_key, operator, &primary);
        let registered = [primary.as_ref(), bls_key.as_ref()].concat();
        Ok(RegistrationProof {
            operator: *operator,
            bls_key,
            possession: keys.bls.sign(&possession.to_point()).to_bytes(),
            primary,
            signature: *keys.node.sign_ed25519(&registered).as_bytes(),
        })
    }
}

/// Something to gather signatures for.
#[derive(Debug, Clone)]
struct Job {
    subject: Subject,
    question: Question,
    expected: Option<Amount>,
    message: Message,
    time: Timestamp,
}

/// Work on a blocking thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AggregationError> {
    spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "gathering signatures failed");
        AggregationError::Interrupted
    })
}

impl Aggregation {
    fn job_of_total(
        &self,
        ledger: Ledger,
        recipient: EthereumAddress,
        height: TotalHeight,
    ) -> Result<(Job, Height), AggregationError> {
        self.domain()?;
        let newest = self.final_height()?;
        let height = match height {
            TotalHeight::Newest => newest,
            TotalHeight::BelowTip(blocks) => self.parts.heights.tip()?.saturating_sub(blocks).min(newest),
            TotalHeight::At(height) => height,
        };
        let total = self.final_total(ledger, &recipient, height)?;
        let question = match ledger {
            Ledger::Rewards => Question::Rewards { recipient, height },
            Ledger::Swap => Question::Swap { recipient, height },
        };
        let job = Job {
            subject: Subject::Total(ledger, recipient, total),
            question,
            expected: Some(total),
            message: self.message(&question, Some(total))?,
            time: self.parts.clock.now(),
        };
        Ok((job, height))
    }

    fn job_of_departure(&self, departure: Departure, node: NodeKey) -> Result<(Job, BlsPublicKey), AggregationError> {
        self.domain()?;
        let key = match node {
            NodeKey::Bls(key) => key,
            NodeKey::Primary(primary) => self.bls_key_of(&primary)?,
        };
        self.check_departure(departure, &key)?;
        let time = self.parts.clock.now();
        let question = match departure {
            Departure::Exit => Question::Exit { key, time },
            Departure::Liquidation => Question::Liquidation { key, time },
        };
        let job = Job {
            subject: Subject::Departure(departure, key),
            question,
            expected: None,
            message: self.message(&question, None)?,
            time,
        };
        Ok((job, key))
    }

    fn bls_key_of(&self, primary: &oxen_types::PublicKey) -> Result<BlsPublicKey, AggregationError> {
        let departed = self.parts.nodes.departed()?;
        if let Some(node) = departed.iter().find(|node| node.primary == *primary) {
            return Ok(node.bls_key);
        }
        let registered = self.parts.nodes.registered()?;
        if registered.iter().any(|node| node.primary == *primary) {
            return Err(AggregationError::StillRegistered);
        }
        Err(AggregationError::UnknownNode)
    }

    /// Whom the contract lists now.
    fn contract_nodes(&self) -> Result<ContractNodes, AggregationError> {
        let nodes = self.parts.l2.contract_nodes().ok_or(AggregationError::NoL2)?;
        if nodes.is_empty() {
            return Err(AggregationError::NobodyListed);
        }
        Ok(nodes)
    }

    /// Signatures that the contract takes: kept ones, or new ones. Equal requests wait for each other, so that they share what the
    /// first one gathers.
    async fn gather(self: Arc<Self>, job: Job) -> Result<(Timestamp, AggregateOfNodes), AggregationError> {
        let nodes = self.contract_nodes()?;
        if let Some(kept) = self.kept(&job, &nodes) {
            return Ok(kept);
        }
        let busy = |seconds| AggregationError::Busy { seconds };
        let _place = self.places.try_acquire().map_err(|_| busy(PLACE_SECONDS))?;
        let in_work = self.in_work(job.subject);
        let _alone = in_work.lock().await;
        if let Some(kept) = self.kept(&job, &nodes) {
            return Ok(kept);
        }
        let turn = self.gathering.acquire().await;
        let _turn = turn.map_err(|_| AggregationError::Interrupted)?;
        let now = self.parts.clock.now_milliseconds();
        let admitted = lock(&self.collections).admit(&(), now);
        admitted.map_err(|milliseconds| busy(milliseconds.div_ceil(1_000)))?;
        let job = self.stamped_now(job)?;
        self.gather_anew(job, nodes).await
    }

    /// Who may leave is signed with the time: that of the turn, because signers refuse one that is minutes old.
    fn stamped_now(&self, job: Job) -> Result<Job, AggregationError> {
        let time = self.parts.clock.now();
        let question = match job.question {
            Question::Exit { key, .. } => Question::Exit { key, time },
            Question::Liquidation { key, .. } => Question::Liquidation { key, time },
            Question::Rewards { .. } | Question::Swap { .. } => return Ok(job),
        };
        let message = self.message(&question, None)?;
        Ok(Job {
            question,
            message,
            time,
            ..job
        })
    }

    /// What those wait for who want the same.
    fn in_work(&self, subject: Subject) -> Arc<tokio::sync::Mutex<()>> {
        let mut in_work = lock(&self.in_work);
        in_work.retain(|_, waited_for| waited_for.strong_count() > 0);
        if let Some(known) = in_work.get(&subject).and_then(Weak::upgrade) {
            return known;
        }
        let new = Arc::default();
        in_work.insert(subject, Arc::downgrade(&new));
        new
    }

    fn kept(&self, job: &Job, nodes: &ContractNodes) -> Option<(Timestamp, AggregateOfNodes)> {
        lock(&self.cache).get(&job.subject, nodes, self.parts.clock.now())
    }

    async fn gather_anew(
        self: &Arc<Self>,
        job: Job,
        nodes: ContractNodes,
    ) -> Result<(Timestamp, AggregateOfNodes), AggregationError> {
        let (service, question, listed) = (Arc::clone(self), job.question, nodes.clone());
        let (others, own) = blocking(move || service.whom_to_ask(question, &listed)).await??;
        let wanted = (nodes.len() as u64).saturating_sub(may_be_missing(&nodes));
        let enough = usize::try_from(wanted).unwrap_or(usize::MAX);
        let answers = self.ask_nodes(job.question, job.expected, others, enough, own).await;
        let (service, message) = (Arc::clone(self), job.message.clone());
        let (sum, silence) = blocking(move || service.add_up(&message, &answers)).await?;
        let too_few = |signed| AggregationError::TooFewSigned {
            signed,
            wanted,
            silence,
        };
        let sum = sum.ok_or_else(|| too_few(0))?;
        let signed = sum.signers.len() as u64;
        let gathered = Gathered {
            message: job.message,
            time: job.time,
            signers: sum.signers,
            signature: sum.signature,
            key: sum.key,
        };
        let aggregate = gathered.for_contract(&nodes).ok_or_else(|| too_few(signed))?;
        lock(&self.cache).put(job.subject, gathered, self.parts.clock.now());
        Ok((job.time, aggregate))
    }

    /// All registered nodes that the contract lists, but this one; and what this one signs.
    fn whom_to_ask(
        &self,
        question: Question,
        listed: &ContractNodes,
    ) -> Result<(Vec<RegisteredNode>, Answers), AggregationError> {
        let own_key = self.parts.keys.as_ref().map(|keys| keys.bls.public_key().to_bytes());
        let registered = self.parts.nodes.registered()?;
        let listed = registered
            .into_iter()
            .filter(|node| listed.id_of(&node.bls_key).is_some());
        let (own, others): (Vec<_>, Vec<_>) = listed.partition(|node| Some(node.bls_key) == own_key);
        let mut answers = Answers::default();
        for node in own {
            match self.sign(question) {
                Ok(signed) => answers.signed.push((node, signed.signature)),
                Err(refusal) => {
                    tracing::debug!(%refusal, "this node does not sign itself");
                    answers.silence.refused += 1;
                }
            }
        }
        Ok((others, answers))
    }

    /// The sum of the good signatures, and who gave none.
    fn add_up(&self, message: &Message, answers: &Answers) -> (Option<Sum>, Silence) {
        let mut seed = [0; 32];
        OsRng.fill_bytes(&mut seed);
        let point = message.to_point();
        let liars = lock(&self.liars).clone();
        let verified = Verified::of(&point, &answers.signed, &liars, &seed);
        let mut silence = answers.silence;
        silence.wrong += verified.wrong.len() as u64;
        self.note_liars(&verified);
        (verified.sum(&point), silence)
    }

    fn note_liars(&self, verified: &Verified) {
        let mut liars = lock(&self.liars);
        for node in verified.right() {
            liars.remove(node);
        }
        for node in &verified.wrong {
            if liars.len() < LIARS && liars.insert(*node) {
                tracing::warn!(%node, "a service node signed wrongly for the contract");
            }
        }
    }
}
