//! Getting the blocks that others have: ids first from one peer, the guide, then the blocks from all that have them, applied in
//! order on a thread of their own. Nothing of it is kept on disk: after a restart it goes on from the chain itself.

mod apply;
pub(crate) mod driver;
pub(crate) mod follow;
pub(crate) mod plan;
mod pool;
pub(crate) mod progress;
pub(crate) mod serve;
pub(crate) mod view;
