//! The daemon a session uses, and what it last said of itself.

use crate::{
    command::CommandError,
    daemon::{Daemon, DaemonStatus, compatibility::VersionRule},
};
use oxen_types::{Height, Network};

/// The daemon, if there is to be one.
#[derive(Debug)]
pub enum DaemonLink {
    /// None is asked.
    Offline,
    /// This one.
    Configured(Box<ConfiguredDaemon>),
}

/// A daemon that was named.
#[derive(Debug)]
pub struct ConfiguredDaemon {
    daemon: Daemon,
    rule: VersionRule,
    /// What it last said; none before it was asked, and while it cannot be used.
    status: Option<DaemonStatus>,
}

impl DaemonLink {
    /// Uses this daemon; it is asked later.
    #[must_use]
    pub fn new(daemon: Daemon, rule: VersionRule) -> Self {
        Self::Configured(Box::new(ConfiguredDaemon {
            daemon,
            rule,
            status: None,
        }))
    }

    /// Uses another daemon from now on.
    pub fn replace(&mut self, daemon: Daemon) {
        let rule = match self {
            Self::Offline => VersionRule::Same,
            Self::Configured(configured) => configured.rule,
        };
        *self = Self::new(daemon, rule);
    }

    /// The daemon, asked or not.
    #[must_use]
    pub fn daemon(&self) -> Option<&Daemon> {
        match self {
            Self::Offline => None,
            Self::Configured(configured) => Some(&configured.daemon),
        }
    }

    /// What the daemon last said.
    #[must_use]
    pub fn status(&self) -> Option<&DaemonStatus> {
        match self {
            Self::Offline => None,
            Self::Configured(configured) => configured.status.as_ref(),
        }
    }

    /// Asks the daemon who it is.
    ///
    /// # Errors
    /// [`CommandError::Offline`], [`CommandError::Incompatible`].
    pub async fn check(&mut self, network: &Network) -> Result<DaemonStatus, CommandError> {
        let Self::Configured(configured) = self else {
            return Err(CommandError::Offline);
        };
        // Without an answer the last one counts no more.
        configured.status = None;
        let status = configured.daemon.check(network, configured.rule).await?;
        configured.status = Some(status.clone());
        Ok(status)
    }

    /// The daemon, known to serve this network.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub async fn usable(&mut self, network: &Network) -> Result<Daemon, CommandError> {
        if self.status().is_none() {
            self.check(network).await?;
        }
        self.daemon().cloned().ok_or(CommandError::Offline)
    }

    /// Notes how high the daemon's chain is.
    pub fn note_height(&mut self, height: Height) {
        if let Self::Configured(configured) = self
            && let Some(status) = &mut configured.status
        {
            status.chain_height = height;
        }
    }

    /// True when the daemon, as it last said, has fewer blocks than were scanned.
    #[must_use]
    pub fn is_behind(&self, next: Height) -> bool {
        self.status().is_some_and(|status| status.chain_height < next)
    }

    /// What the prompt says of it, given the height of the next block to scan.
    #[must_use]
    pub fn note(&self, next: Height) -> &'static str {
        match self {
            Self::Offline => " (offline)",
            Self::Configured(configured) => match &configured.status {
                None => " (no daemon)",
                Some(status) if next != status.chain_height => " (out of sync)",
                Some(_) => "",
            },
        }
    }
}
