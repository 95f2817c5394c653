//! Whether the sender of a refused message is to blame.

/// Who is to blame for a message that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blame {
    /// Nobody: clocks, chains and views differ between honest nodes.
    Nobody,
    /// The sender, who could have seen it from the message itself or from a chain like ours.
    Sender,
}
