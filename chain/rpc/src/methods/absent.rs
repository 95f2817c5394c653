//! Methods of other daemons that this version does not have, and why. Saying so is better than an empty answer that looks like
//! a fact.

use crate::{config::Access, error::MethodError, method::Origin};

/// A method that is not there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AbsentMethod {
    /// Its names.
    pub(crate) names: &'static [&'static str],
    /// Who could call it.
    pub(crate) access: Access,
    /// Where its name comes from.
    pub(crate) origin: Origin,
    /// Why.
    pub(crate) reason: &'static str,
}

impl AbsentMethod {
    /// What a caller on a listener is told.
    pub(crate) const fn error(&self, method: &'static str, listener: Access) -> MethodError {
        match (self.access, listener, self.origin) {
            (Access::Admin, Access::Public, Origin::Oxen) => MethodError::NotPublic { method },
            (Access::Admin, Access::Public, Origin::Monero) => MethodError::HiddenFromPublic { method },
            _ => MethodError::NotInThisVersion {
                method,
                reason: self.reason,
            },
        }
    }
}

const NOT_COUNTED: &str = "it does not count the bytes of its peers yet";
const NO_RATE_LIMIT: &str = "it does not limit the rate of its peers yet";
const NO_BRIDGE: &str = "it has no bridge yet";
const NO_MINER: &str = "it makes blocks on request: see generateblocks";
const NOT_NEEDED: &str = "it has no use for it";
const LOGGING: &str = "logging is set at the start";

/// Every method of rpc §2.1 that is not in [`super::all_methods`].
pub(crate) const fn absent_methods() -> &'static [AbsentMethod] {
    use Access::{Admin, Public};
    use Origin::{Monero, Oxen};
    const fn absent(
        names: &'static [&'static str],
        access: Access,
        origin: Origin,
        reason: &'static str,
    ) -> AbsentMethod {
        AbsentMethod {
            names,
            access,
            origin,
            reason,
        }
    }
    const LIST: &[AbsentMethod] = &[
        absent(&["get_pending_events"], Public, Oxen, NO_BRIDGE),
        absent(&["get_net_stats"], Admin, Monero, NOT_COUNTED),
        absent(&["get_limit", "set_limit"], Admin, Monero, NO_RATE_LIMIT),
        absent(
            &["set_log_level", "set_log_categories", "set_log_hash_rate"],
            Admin,
            Monero,
            LOGGING,
        ),
        absent(&["start_mining", "stop_mining"], Admin, Monero, NO_MINER),
        absent(&["flush_cache"], Admin, Monero, NOT_NEEDED),
        absent(&["prune_blockchain"], Admin, Monero, "it keeps whole transactions"),
        absent(&["get_txpool_backlog"], Public, Monero, "see get_transaction_pool"),
        absent(
            &["get_public_nodes", "set_bootstrap_daemon", "update"],
            Admin,
            Monero,
            NOT_NEEDED,
        ),
        absent(&["test_trigger_p2p_resync"], Admin, Oxen, NOT_NEEDED),
    ];
    LIST
}
