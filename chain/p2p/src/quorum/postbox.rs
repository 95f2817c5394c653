//! Where any thread leaves what is to be sent; the network's task empties it at once.

use super::mailbox::Letter;
use crate::{
    limits::{OUTBOX_BYTES, OUTBOX_MESSAGES, PREPARED_NODES},
    shared::lock,
};
use oxen_node_api::{AskError, Reach};
use oxen_types::PublicKey;
use std::{
    collections::{BTreeSet, VecDeque},
    sync::Mutex,
};
use tokio::sync::Notify;

/// A letter and whom it is for.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) to: PublicKey,
    pub(crate) letter: Letter,
    pub(crate) reach: Reach,
}

#[derive(Debug, Default)]
struct Content {
    posts: VecDeque<Post>,
    bytes: usize,
    prepared: Option<BTreeSet<PublicKey>>,
}

/// Letters in the order in which they came; the oldest make room.
#[derive(Debug, Default)]
pub(crate) struct Postbox {
    content: Mutex<Content>,
    filled: Notify,
}

impl Postbox {
    /// Never waits.
    pub(crate) fn post(&self, post: Post) {
        let mut dropped = Vec::new();
        {
            let mut content = lock(&self.content);
            content.bytes += post.letter.bytes();
            content.posts.push_back(post);
            while content.posts.len() > OUTBOX_MESSAGES || content.bytes > OUTBOX_BYTES {
                let Some(oldest) = content.posts.pop_front() else { break };
                content.bytes -= oldest.letter.bytes();
                dropped.push(oldest);
            }
        }
        if !dropped.is_empty() {
            tracing::warn!(
                count = dropped.len(),
                "more is told to service nodes than can be sent: the oldest was dropped"
            );
        }
        for post in dropped {
            post.letter.fail(AskError::Overloaded);
        }
        self.filled.notify_one();
    }

    /// These are to be kept connected; so many as may be.
    pub(crate) fn prepare(&self, nodes: &[PublicKey]) {
        let nodes = nodes.iter().copied().take(PREPARED_NODES).collect();
        lock(&self.content).prepared = Some(nodes);
        self.filled.notify_one();
    }

    /// Waits until there is something.
    pub(crate) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Takes everything.
    pub(crate) fn take(&self) -> (VecDeque<Post>, Option<BTreeSet<PublicKey>>) {
        let mut content = lock(&self.content);
        content.bytes = 0;
        (std::mem::take(&mut content.posts), content.prepared.take())
    }
}
