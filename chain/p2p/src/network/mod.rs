//! The task that owns the connections: it hears of everything, decides nothing that takes time, and hands work to others.

pub(crate) mod behaviour;
mod callers;
mod dialing;
mod events;
mod gate;
mod greeting;
mod letters;
mod routes;
mod serving;
mod spreading;

use crate::{
    config::{PeerChoice, PeerConfig},
    gossip::{intake::Intake, outbox::Backlog, stem::StemPeer},
    limits::{ANSWERED_TOGETHER, EXCHANGE_INTERVAL, SAVE_INTERVAL, STATUS_INTERVAL, STEMS_TOGETHER, TICK},
    peers::file,
    penalty::Offence,
    shared::{Command, RequestError, Shared},
    wire::{
        message::{Request, Response, StemAnswer},
        quorum::QuestionAnswer,
    },
};
use behaviour::Behaviour;
use callers::Callers;
use dialing::Dialing;
use futures::StreamExt;
use letters::Underway;
use libp2p::{
    PeerId, Swarm,
    gossipsub::MessageId,
    request_response::{InboundRequestId, OutboundRequestId, ResponseChannel},
};
use oxen_node_api::{GossipTopic, GossipVerdict};
use oxen_types::Hash;
use rand_core::RngCore;
use routes::Routes;
use serving::Place;
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    task::JoinHandle,
};

/// Work that other threads finished.
enum Finished {
    /// A message was judged.
    Judged {
        topic: GossipTopic,
        id: MessageId,
        source: PeerId,
        verdict: GossipVerdict,
    },
    /// An answer is ready.
    Answered {
        request: InboundRequestId,
        channel: ResponseChannel<Response>,
        response: Response,
        permit: Place,
    },
    /// A transaction of this node's own, or one on its stem, goes on.
    Travels {
        id: Hash,
        blob: Vec<u8>,
        from: Option<PeerId>,
    },
    /// A stem was looked at.
    StemJudged {
        channel: ResponseChannel<StemAnswer>,
        answer: StemAnswer,
    },
    /// A question was answered.
    Replied {
        channel: ResponseChannel<QuestionAnswer>,
        answer: QuestionAnswer,
    },
}

/// Who waits for an answer.
enum Asker {
    /// Another task.
    Task(oneshot::Sender<Result<Response, RequestError>>),
    /// This one, to learn a status.
    Status,
    /// This one, to learn addresses.
    Addresses,
}

/// When something was done last.
struct Times {
    status: Instant,
    exchange: Instant,
    saved: Instant,
}

/// The task's state.
pub(crate) struct Network {
    swarm: Swarm<Behaviour>,
    shared: Arc<Shared>,
    commands: mpsc::Receiver<Command>,
    finished: mpsc::Receiver<Finished>,
    /// Given to those who work for this task.
    finish: mpsc::Sender<Finished>,
    asked: HashMap<OutboundRequestId, Asker>,
    /// Answers on their way out hold their place until they are gone.
    answering: HashMap<InboundRequestId, Place>,
    places: Arc<Semaphore>,
    stem_places: Arc<Semaphore>,
    /// Peers that get a refusal and then have to go.
    refusing: HashMap<InboundRequestId, PeerId>,
    intake: Intake,
    /// Own messages that nobody was there to hear.
    unheard: Backlog,
    stem_peer: StemPeer,
    stems: HashMap<OutboundRequestId, Hash>,
    dialing: Dialing,
    routes: Routes,
    underway: Underway,
    callers: Callers,
    times: Times,
    choice: PeerChoice,
    software: String,
    ports: (Option<u16>, Option<u16>),
    files: PeerFiles,
    /// Writes them, while that is being done.
    saving: Option<JoinHandle<()>>,
    randomness: Box<dyn RngCore + Send>,
}

/// Where peers are remembered between two runs.
#[derive(Debug, Clone)]
pub(crate) struct PeerFiles {
    /// Their addresses.
    pub(crate) book: PathBuf,
    /// Who is banned.
    pub(crate) bans: PathBuf,
}

impl PeerFiles {
    fn write(&self, book: &[u8], bans: &[u8]) {
        for (path, content) in [(&self.book, book), (&self.bans, bans)] {
            if let Err(error) = file::write(path, content) {
                tracing::warn!(%error, "what is known of peers cannot be written to {}", path.display());
            }
        }
    }
}

/// What [`Network::new`] needs.
pub(crate) struct NetworkParts {
    pub(crate) swarm: Swarm<Behaviour>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) config: PeerConfig,
    /// TCP and UDP ports that peers can reach.
    pub(crate) ports: (Option<u16>, Option<u16>),
    pub(crate) files: PeerFiles,
    pub(crate) randomness: Box<dyn RngCore + Send>,
}

impl Network {
    pub(crate) fn new(parts: NetworkParts) -> Self {
        /// Finished work waits here for an instant only; whoever works waits when it is full.
        const FINISHED: usize = 64;
        let (finish, finished) = mpsc::channel(FINISHED);
        let now = Instant::now();
        Self {
            swarm: parts.swarm,
            shared: parts.shared,
            commands: parts.commands,
            finished,
            finish,
            asked: HashMap::new(),
            answering: HashMap::new(),
            places: Arc::new(Semaphore::new(ANSWERED_TOGETHER)),
            stem_places: Arc::new(Semaphore::new(STEMS_TOGETHER)),
            refusing: HashMap::new(),
            intake: Intake::default(),
            unheard: Backlog::default(),
            stem_peer: StemPeer::default(),
            stems: HashMap::new(),
            dialing: Dialing::new(&parts.config),
            routes: Routes::default(),
            underway: Underway::default(),
            callers: Callers::default(),
            times: Times {
                status: now,
                exchange: now,
                saved: now,
            },
            choice: parts.config.choice,
            software: parts.config.software,
            ports: parts.ports,
            files: parts.files,
            saving: None,
            randomness: parts.randomness,
        }
    }

    /// Runs until it is told to stop or nobody holds the network any more.
    pub(crate) async fn run(mut self) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let shared = Arc::clone(&self.shared);
        let stopped = loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                Some(finished) = self.finished.recv() => self.on_finished(finished),
                command = self.commands.recv() => match command {
                    None => break None,
                    Some(Command::Stop(stopped)) => break Some(stopped),
                    Some(command) => self.on_command(command),
                },
                () = shared.outbox.filled() => self.publish_outbox(),
                () = shared.own.added() => self.spread_own_work(),
                () = shared.postbox.filled() => self.empty_postbox(),
                () = shared.attention.notified() => self.send_away(),
                _ = ticks.tick() => self.tick(),
            }
        };
        if let Some(saving) = self.saving.take() {
            // Whatever became of it, the files are written once more.
            let _ = saving.await;
        }
        let (book, bans) = self.remembered();
        self.files.write(&book, &bans);
        if let Some(stopped) = stopped {
            // Nobody may wait for it any more.
            let _ = stopped.send(());
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Ask { peer, request, answer } => self.ask(peer, request, Asker::Task(answer)),
            Command::Join(topic) => self.join(topic),
            Command::TellStatus => self.tell_status(),
            Command::Stop(_) => {}
        }
    }

    fn on_finished(&mut self, finished: Finished) {
        match finished {
            Finished::Judged {
                topic,
                id,
                source,
                verdict,
            } => self.on_judged(topic, &id, &source, verdict),
            Finished::Answered {
                request,
                channel,
                response,
                permit,
            } => self.send_answer(request, channel, response, permit),
            Finished::Travels { id, blob, from } => self.pass_on(id, blob, from),
            Finished::StemJudged { channel, answer } => {
                // The asker may be gone.
                let _ = self.swarm.behaviour_mut().stem.send_response(channel, answer);
            }
            Finished::Replied { channel, answer } => {
                // The asker may be gone.
                let _ = self.swarm.behaviour_mut().asked.send_response(channel, answer);
            }
        }
    }

    /// Asks a peer that is connected.
    fn ask(&mut self, peer: PeerId, request: Request, asker: Asker) {
        if !self.swarm.is_connected(&peer) {
            if let Asker::Task(answer) = asker {
                // Nobody may wait for it any more.
                let _ = answer.send(Err(RequestError::Gone));
            }
            return;
        }
        let id = self.swarm.behaviour_mut().data.send_request(&peer, Ok(request));
        self.asked.insert(id, asker);
    }

    fn tick(&mut self) {
        let now = Instant::now();
        let silent = self.shared.peers().silent(now);
        for peer in silent {
            self.shared.charge(peer, Offence::NoGreeting);
            self.shared.peers().evict(peer);
        }
        self.look_after_service_nodes(now);
        self.send_away();
        self.dial();
        self.lift_embargoes(now);
        if now.saturating_duration_since(self.times.status) >= STATUS_INTERVAL {
            self.tell_status();
        }
        if now.saturating_duration_since(self.times.exchange) >= EXCHANGE_INTERVAL {
            self.times.exchange = now;
            self.ask_for_addresses();
        }
        if now.saturating_duration_since(self.times.saved) >= SAVE_INTERVAL {
            self.times.saved = now;
            self.save();
        }
    }

    /// Tells every peer this node's newest block and asks for theirs.
    fn tell_status(&mut self) {
        self.times.status = Instant::now();
        let Ok(status) = self.shared.status() else { return };
        let peers: Vec<PeerId> = self.shared.peers().greeted_peers().map(|(peer, _)| peer).collect();
        for peer in peers {
            self.ask(peer, Request::Status(status), Asker::Status);
        }
    }

    /// Ends the connections of those who have to go.
    fn send_away(&mut self) {
        let evicted = self.shared.peers().take_evicted();
        for peer in evicted {
            // One that gets a refusal goes when it has it.
            if !self.refusing.values().any(|refused| *refused == peer) {
                // It may have gone by itself.
                let _ = self.swarm.disconnect_peer_id(peer);
            }
        }
    }

    fn remembered(&self) -> (Vec<u8>, Vec<u8>) {
        let now = self.shared.now();
        let peers = self.shared.peers();
        (peers.book.encode(), peers.standings.encode(now))
    }

    /// Writes what is known of peers, without waiting for the disk.
    fn save(&mut self) {
        if self.saving.as_ref().is_some_and(|saving| !saving.is_finished()) {
            return;
        }
        let (files, (book, bans)) = (self.files.clone(), self.remembered());
        self.saving = Some(tokio::task::spawn_blocking(move || files.write(&book, &bans)));
    }

    /// A short while from now, for what must not happen at once again.
    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(1)
    }
}
