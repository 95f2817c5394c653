//! Answering requests: a bounded number at a time, on blocking threads.

use super::{Finished, Network};
use crate::{
    gossip::judge::{blocking, readable},
    penalty::Offence,
    sync::serve,
    wire::message::{Request, Response},
};
use libp2p::{
    PeerId,
    request_response::{InboundRequestId, ResponseChannel},
};
use std::{sync::Arc, time::Instant};
use tokio::sync::OwnedSemaphorePermit;

/// A place for an answer: one of its peer's, and one of all.
pub(super) struct Place {
    _of_peer: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Network {
    fn place_for(&self, peer: &PeerId) -> Option<Place> {
        Some(Place {
            _of_peer: self.shared.peers().place_of(peer)?,
            _of_all: Arc::clone(&self.places).try_acquire_owned().ok()?,
        })
    }

    /// Answers a request, now or when a thread has done so.
    pub(super) fn serve(
        &mut self,
        peer: PeerId,
        id: InboundRequestId,
        request: Request,
        channel: ResponseChannel<Response>,
    ) {
        let allowed = self.shared.peers().allows_request(&peer, Instant::now());
        if !allowed {
            self.shared.charge(peer, Offence::TooManyRequests);
            return self.answer_now(channel, Response::Busy);
        }
        match request {
            Request::Status(status) => {
                self.shared.peers().set_status(&peer, status);
                self.shared.sync_wake.notify_one();
                let own = self.shared.status().map_or(Response::Busy, Response::Status);
                self.answer_now(channel, own);
            }
            Request::Peers => {
                let known = self.known_addresses(peer);
                self.answer_now(channel, Response::Peers(known));
            }
            request @ (Request::Ids(_) | Request::Blocks(_) | Request::Transactions(_) | Request::PoolIds) => {
                let Some(permit) = self.place_for(&peer) else {
                    return self.answer_now(channel, Response::Busy);
                };
                let (shared, finish) = (Arc::clone(&self.shared), self.finish.clone());
                tokio::spawn(async move {
                    let response = blocking(&shared, move |shared| readable(serve::answer(shared, &request))).await;
                    let finished = Finished::Answered {
                        request: id,
                        channel,
                        response: response.unwrap_or(Response::Busy),
                        permit,
                    };
                    // The network may have stopped.
                    let _ = finish.send(finished).await;
                });
            }
        }
    }

    fn answer_now(&mut self, channel: ResponseChannel<Response>, response: Response) {
        // The asker may be gone.
        let _ = self.swarm.behaviour_mut().data.send_response(channel, response);
    }

    /// Sends an answer that a thread made; its place is free when it is out.
    pub(super) fn send_answer(
        &mut self,
        id: InboundRequestId,
        channel: ResponseChannel<Response>,
        response: Response,
        permit: Place,
    ) {
        if self.swarm.behaviour_mut().data.send_response(channel, response).is_ok() {
            self.answering.insert(id, permit);
        }
    }
}
