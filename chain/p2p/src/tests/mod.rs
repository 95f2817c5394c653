//! Several nodes in one process over loopback sockets, each with the writer, the pool and a store in memory.

mod blocks;
mod checkpoints;
mod fixture;
mod guides;
mod hostile;
mod quorum;
mod service_node;
mod stranger;
mod syncing;
mod topics;
mod transactions;
