//! A bounded set that forgets what came first.

use oxen_state::transaction::ProofDigest;
use std::collections::{HashSet, VecDeque};

/// The digests of the most recently verified transactions.
#[derive(Debug)]
pub(crate) struct RecentDigests {
    capacity: usize,
    members: HashSet<ProofDigest>,
    order: VecDeque<ProofDigest>,
}

impl RecentDigests {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            members: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    pub(crate) fn contains(&self, digest: &ProofDigest) -> bool {
        self.members.contains(digest)
    }

    pub(crate) fn insert(&mut self, digest: ProofDigest) {
        if !self.members.insert(digest) {
            return;
        }
        self.order.push_back(digest);
        if self.order.len() > self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.members.remove(&oldest);
        }
    }
}
