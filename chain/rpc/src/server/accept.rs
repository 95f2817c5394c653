//! Connections: a bounded number of them, each with a limit for its silence, ended in order at the shutdown.

use super::stall::StallGuard;
use crate::config::Limits;
use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use std::{
    collections::HashMap,
    future::Future,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time,
};
use tower::{ServiceExt, service_fn};

/// How long a client may take for the head of a request, or stay silent between two.
const SILENCE: Duration = Duration::from_secs(60);
/// How long clients have to finish at the shutdown.
const FAREWELL: Duration = Duration::from_secs(10);

/// Places for connections, bounded in all and for each address.
#[derive(Clone)]
pub(super) struct Slots {
    most: usize,
    most_of_address: usize,
    taken: Arc<Mutex<TakenSlots>>,
}

#[derive(Default)]
struct TakenSlots {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A place that is given back when this is dropped.
struct Slot {
    slots: Slots,
    address: IpAddr,
}

impl Slots {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            most: limits.connections,
            most_of_address: limits.connections_of_address,
            taken: Arc::default(),
        }
    }

    /// A place for a connection of this address, if there is one.
    fn take(&self, address: IpAddr) -> Option<Slot> {
        let address = address.to_canonical();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = taken.by_address.get(&address).copied().unwrap_or(0);
        let too_many = of_address >= self.most_of_address && !address.is_loopback();
        if taken.all >= self.most || too_many {
            return None;
        }
        taken.all = taken.all.saturating_add(1);
        taken.by_address.insert(address, of_address.saturating_add(1));
        Some(Slot {
            slots: self.clone(),
            address,
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        if let Some(count) = taken.by_address.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

/// Counts a connection while it lives.
struct Counted(Arc<AtomicU64>);

impl Counted {
    fn new(connections: &Arc<AtomicU64>) -> Self {
        connections.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(connections))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A listener with what it serves.
pub(super) struct Door {
    pub(super) listener: TcpListener,
    pub(super) router: Router,
    /// Places for connections.
    pub(super) slots: Slots,
    /// Open connections of all listeners.
    pub(super) connections: Arc<AtomicU64>,
}

impl Door {
    /// Serves until `stop` changes, then lets what was asked before end.
    pub(super) async fn serve(self, mut stop: watch::Receiver<()>) {
        let graceful = GracefulShutdown::new();
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(SILENCE)
            .half_close(true);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(100)
            .keep_alive_interval(SILENCE);
        loop {
            let (stream, peer) = tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Out of file descriptors, mostly: wait for some to come back.
                        tracing::warn!("a connection to the RPC could not be taken: {error}");
                        time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                },
                _ = stop.changed() => break,
            };
            let Some(slot) = self.slots.take(peer.ip()) else {
                tracing::debug!("{peer} is turned away: too many clients are connected");
                continue;
            };
            let counted = Counted::new(&self.connections);
            let connection = graceful.watch(connection(&builder, stream, peer, self.router.clone()));
            tokio::spawn(async move {
                let _held = (slot, counted);
                if let Err(error) = connection.await {
                    tracing::trace!("the connection of {peer} ended: {error}");
                }
            });
        }
        drop(self.listener);
        if time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
            tracing::warn!("some clients of the RPC did not finish in time");
        }
    }
}

fn connection(
    builder: &Builder<TokioExecutor>,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>> + use<> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::trace!("answers to {peer} may be delayed: {error}");
    }
    let service = service_fn(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        answer(router.clone(), request)
    });
    builder
        .serve_connection(
            TokioIo::new(StallGuard::new(stream, SILENCE)),
            TowerToHyperService::new(service),
        )
        .into_owned()
}

fn answer(
    router: Router,
    request: Request<hyper::body::Incoming>,
) -> impl Future<Output = Result<axum::response::Response, std::convert::Infallible>> {
    router.oneshot(request.map(Body::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_take_every_place() {
        let slots = Slots::new(&Limits {
            connections: 3,
            connections_of_address: 2,
            ..Limits::public()
        });
        let (one, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let held: Vec<Slot> = (0..2).map(|_| slots.take(one).unwrap()).collect();
        assert!(slots.take(one).is_none());
        let third = slots.take(other).unwrap();
        assert!(
            slots.take("192.0.2.3".parse().unwrap()).is_none(),
            "all places are taken"
        );
        drop(third);
        drop(held);
        let local: Vec<Slot> = (0..3)
            .map(|_| slots.take("127.0.0.1".parse().unwrap()).unwrap())
            .collect();
        drop(local);
        assert!(slots.taken.lock().unwrap().by_address.is_empty());
    }
}
