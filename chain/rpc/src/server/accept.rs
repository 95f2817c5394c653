//! Connections: a bounded number of them, each with a limit for its silence, ended in order at the shutdown.

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use std::{
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time,
};
use tower::{ServiceExt, service_fn};

/// How long a client may take for the head of a request, or stay silent between two.
const SILENCE: Duration = Duration::from_secs(60);
/// How long clients have to finish at the shutdown.
const FAREWELL: Duration = Duration::from_secs(10);

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
    /// Most connections at once.
    pub(super) most: usize,
    /// Open connections of all listeners.
    pub(super) connections: Arc<AtomicU64>,
}

impl Door {
    /// Serves until `stop` changes, then lets what was asked before end.
    pub(super) async fn serve(self, mut stop: watch::Receiver<()>) {
        let slots = Arc::new(Semaphore::new(self.most));
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
            let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
                tracing::debug!("{peer} is turned away: {} clients are connected", self.most);
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
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .into_owned()
}

fn answer(
    router: Router,
    request: Request<hyper::body::Incoming>,
) -> impl Future<Output = Result<axum::response::Response, std::convert::Infallible>> {
    router.oneshot(request.map(Body::new))
}
