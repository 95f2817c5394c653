//! Service nodes: all of them, the one that the daemon runs, their quorums and stakes (rpc §3.7, staking §20).
//!
//! [`list`] is the answer of `get_service_nodes`, [`fields`] which fields of it a client wants; [`own`] is the node that the
//! daemon runs, [`registration`] how it comes to be; [`companion`] is what the services beside it tell; [`quorums`] and
//! [`stakes`] follow from the chain alone.

pub mod companion;
pub mod fields;
pub mod list;
pub mod own;
pub mod quorums;
pub mod registration;
pub mod stakes;

pub use fields::FieldSelection;
pub use list::{ContributorEntry, ServiceNodeEntry, ServiceNodesAnswer, ServiceNodesRequest};
