//! Messages to one service node, as far as they need no connection: what waits to be sent, and what came and waits to be heard.

pub(crate) mod hearing;
pub(crate) mod inbox;
pub(crate) mod mailbox;
pub(crate) mod postbox;
