//! Every method of JSON-RPC and of the plain paths, one file for each subject.

mod absent;
mod blocks;
mod bridge;
mod chain;
mod checkpoints;
mod fees;
mod making;
mod names;
mod outputs;
mod own_service_node;
mod peers;
mod pool;
mod pulse;
mod quorums;
mod registration;
mod rewards;
mod running;
mod service_nodes;
mod stakes;
mod submit;
mod swap;
mod transactions;

pub(crate) use absent::absent_methods;
pub(crate) use outputs::{blacklist, check_outputs, distribution};
pub(crate) use transactions::output_indices;

use crate::method::Method;

/// All methods, by subject.
#[must_use]
pub fn all_methods() -> Vec<Method> {
    [
        chain::methods(),
        blocks::methods(),
        transactions::methods(),
        submit::methods(),
        pool::methods(),
        outputs::methods(),
        fees::methods(),
        rewards::methods(),
        bridge::methods(),
        names::methods(),
        swap::methods(),
        checkpoints::methods(),
        service_nodes::methods(),
        stakes::methods(),
        quorums::methods(),
        own_service_node::methods(),
        registration::methods(),
        making::methods(),
        peers::methods(),
        running::methods(),
    ]
    .concat()
}
