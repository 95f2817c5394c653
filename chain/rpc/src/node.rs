//! What methods work with: the services of the node, and what is remembered between requests.

use crate::{
    cache::{ChainFacts, FactsCache, OutputCountCache, ScanBlockCache},
    config::{Access, Limits},
    error::MethodError,
    types::{HexText, chain::PublishedLimits},
};
use oxen_node_api::{ChainFeed, ChainReader, ChainWriter, Clock, Mining, NodeControl, Pool, Snapshot, SyncState};
use oxen_types::{Hash, Network};
use std::{str::FromStr, sync::Arc};

/// The services that the RPC is a front end of.
#[derive(Clone)]
pub struct NodeHandles {
    /// Reads the chain.
    pub chain: Arc<dyn ChainReader>,
    /// Extends the chain.
    pub writer: Arc<dyn ChainWriter>,
    /// Transactions that wait.
    pub pool: Arc<dyn Pool>,
    /// Makes blocks where the network allows it.
    pub mining: Arc<dyn Mining>,
    /// Tells what happened.
    pub feed: Arc<dyn ChainFeed>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The process.
    pub control: Arc<dyn NodeControl>,
}

/// The services with what is remembered between requests; shared by all listeners.
pub(crate) struct Node {
    pub(crate) handles: NodeHandles,
    pub(crate) facts: FactsCache,
    pub(crate) scan_blocks: ScanBlockCache,
    pub(crate) output_counts: OutputCountCache,
}

impl Node {
    pub(crate) fn new(handles: NodeHandles) -> Self {
        /// Encoded blocks for wallets that are kept: a day of a busy chain.
        const SCAN_BLOCK_BYTES: usize = 64 * 1024 * 1024;
        Self {
            handles,
            facts: FactsCache::default(),
            scan_blocks: ScanBlockCache::new(SCAN_BLOCK_BYTES),
            output_counts: OutputCountCache::default(),
        }
    }
}

/// One request: the node, and what its listener allows.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) node: &'a Node,
    pub(crate) access: Access,
    pub(crate) limits: &'a Limits,
    /// Clients connected to all listeners.
    pub(crate) connections: u64,
}

impl Call<'_> {
    pub(crate) fn handles(&self) -> &NodeHandles {
        &self.node.handles
    }

    pub(crate) fn network(&self) -> &Network {
        self.node.handles.chain.network()
    }

    /// The chain as it is now. Everything that goes into one answer is read from one snapshot.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.node.handles.chain.snapshot()
    }

    /// What follows from the newest block of the snapshot.
    pub(crate) fn facts(&self, snapshot: &Snapshot) -> Result<Arc<ChainFacts>, MethodError> {
        Ok(self.node.facts.of(snapshot, self.network())?)
    }

    pub(crate) const fn sizes(&self) -> &PublishedLimits {
        &self.limits.sizes
    }

    /// Height the peers are at; `None` when this node is there too.
    pub(crate) fn sync_target(&self) -> Option<u64> {
        match self.node.handles.control.sync_state() {
            SyncState::Synchronised => None,
            SyncState::CatchingUp { target } => Some(target.next().index()),
        }
    }
}

/// Refuses more than a request may ask for.
pub(crate) const fn check_count(what: &'static str, asked: usize, limit: usize) -> Result<(), MethodError> {
    if asked > limit {
        Err(MethodError::TooMany { what, asked, limit })
    } else {
        Ok(())
    }
}

/// The value of hexadecimal text, or the error for a wrong parameter.
pub(crate) fn parse_hex<T: FromStr>(what: &'static str, text: &HexText<T>) -> Result<T, MethodError> {
    text.value().ok_or_else(|| MethodError::BadHex {
        what,
        expected: 2 * Hash::LENGTH,
        found: MethodError::excerpt(text.as_str()),
    })
}
