//! What nodes tell each other unasked: a message goes to everybody, and each node looks at it before it passes it on.
//!
//! The transport knows topics and bytes; what they mean is known to the service that handles the topic.

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GossipTopic {
    /// A block with the transactions that its receivers may lack.
    Blocks,
    /// A transaction for the pool.
    Transactions,
    /// A vote of a service node on another node's state, or on a checkpoint (staking §15.7).
    Votes,
    /// An uptime proof (staking §14).
    UptimeProofs,
    /// A checkpoint with enough votes, for those who missed some of them (pulse §9).
    Checkpoints,
    /// A transaction with the signatures of the blink quorum that approved it (chain §5.3).
    Blinks,
}

impl GossipTopic {
    /// Every topic.
    pub const ALL: [Self; 6] = [
        Self::Blocks,
        Self::Transactions,
        Self::Votes,
        Self::UptimeProofs,
        Self::Checkpoints,
        Self::Blinks,
    ];

    /// Its name between nodes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Transactions => "transactions",
            Self::Votes => "votes",
            Self::UptimeProofs => "uptime-proofs",
            Self::Checkpoints => "checkpoints",
            Self::Blinks => "blinks",
        }
    }
}

/// What becomes of a message that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GossipVerdict {
    /// It is new and good: others get it.
    Accept,
    /// It is old, known, or cannot be judged here: it goes no further, and nobody is to blame.
    Ignore,
    /// It breaks a rule that its sender could have checked: it goes no further, and the sender loses standing.
    Reject,
}

/// Sends messages to everybody.
pub trait Gossip: Send + Sync {
    /// Sends. Never waits: what does not fit into the queue is dropped, oldest first.
    fn publish(&self, topic: GossipTopic, message: Vec<u8>);
}

/// Looks at the messages of one topic. Does work on the CPU: the transport calls it on a blocking thread.
pub trait GossipHandler: Send + Sync {
    /// Judges a message, and acts on it if it is good.
    fn on_message(&self, message: &[u8]) -> GossipVerdict;
}
