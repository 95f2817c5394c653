//! What goes over the wire: messages in SCALE, each with a limit that is checked before memory is taken.

pub(crate) mod bounded;
pub(crate) mod frames;
pub(crate) mod message;
pub(crate) mod quorum;
