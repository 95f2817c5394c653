//! Stopping in order, whoever asks.

use std::{fmt, io, sync::Arc, thread};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// Who asked the node to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShutdownReason {
    /// The operating system, by a signal.
    Signal(&'static str),
    /// An RPC client.
    Rpc,
    /// The database cannot be written any more.
    StorageFailed(Arc<str>),
    /// Standard input was closed, which told that whoever started the node is gone.
    InputClosed,
    /// The program that runs the node in its own process.
    Program,
}

impl fmt::Display for ShutdownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(name) => write!(f, "received {name}"),
            Self::Rpc => f.write_str("asked through RPC"),
            Self::StorageFailed(reason) => write!(
                f,
                "the database could not be written ({reason}); mend the cause, usually a full disk, and start again: nothing is lost"
            ),
            Self::InputClosed => f.write_str("standard input was closed"),
            Self::Program => f.write_str("the program ends"),
        }
    }
}

/// A request to stop that everybody shares.
#[derive(Debug, Clone)]
pub struct Shutdown {
    sender: watch::Sender<Option<ShutdownReason>>,
}

impl Shutdown {
    pub(crate) fn new() -> Self {
        Self {
            sender: watch::Sender::new(None),
        }
    }

    /// Asks to stop. The first reason stays.
    pub fn request(&self, reason: ShutdownReason) {
        self.sender.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(reason);
            }
            first
        });
    }

    /// Returns once somebody asked.
    pub async fn requested(&self) {
        let mut receiver = self.sender.subscribe();
        // An error would mean that every sender is gone, which `self` prevents.
        let _ = receiver.wait_for(Option::is_some).await;
    }

    pub(crate) fn requested_reason(&self) -> ShutdownReason {
        self.sender.borrow().clone().unwrap_or(ShutdownReason::Program)
    }

    /// Turns SIGINT and SIGTERM into requests.
    ///
    /// # Errors
    /// The signals cannot be caught.
    pub fn on_signals(&self) -> std::io::Result<()> {
        for (kind, name) in [
            (SignalKind::interrupt(), "SIGINT"),
            (SignalKind::terminate(), "SIGTERM"),
        ] {
            let mut stream = signal(kind)?;
            let shutdown = self.clone();
            tokio::spawn(async move {
                if stream.recv().await.is_some() {
                    shutdown.request(ShutdownReason::Signal(name));
                }
            });
        }
        Ok(())
    }

    /// Turns the end of standard input into a request: the system closes a pipe when the process at its other end ends, however
    /// that comes about.
    ///
    /// # Errors
    /// No thread can be started that reads it.
    pub fn on_closed_input(&self) -> io::Result<()> {
        let shutdown = self.clone();
        thread::Builder::new().name("stdin".to_owned()).spawn(move || {
            // What is written means nothing; an error means as much as the end.
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            shutdown.request(ShutdownReason::InputClosed);
        })?;
        Ok(())
    }
}
