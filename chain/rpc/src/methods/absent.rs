//! Methods of other daemons that this version does not have, and why. Saying so is better than an empty answer that looks like
//! a fact.

use crate::{config::Access, error::MethodError, method::Origin};

/// Why it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absence {
    /// It needs the registry of service nodes.
    ServiceNodes,
    /// Something else that this version lacks.
    Because(&'static str),
}

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
    pub(crate) absence: Absence,
}

impl AbsentMethod {
    /// What a caller on a listener is told.
    pub(crate) const fn error(&self, method: &'static str, listener: Access) -> MethodError {
        match (self.absence, self.access, listener, self.origin) {
            (_, Access::Admin, Access::Public, Origin::Oxen) => MethodError::NotPublic { method },
            (_, Access::Admin, Access::Public, Origin::Monero) => MethodError::HiddenFromPublic { method },
            (Absence::ServiceNodes, ..) => MethodError::NoServiceNodeRegistry { method },
            (Absence::Because(reason), ..) => MethodError::NotInThisVersion { method, reason },
        }
    }
}

const NOT_COUNTED: Absence = Absence::Because("it does not count the bytes of its peers yet");
const NO_RATE_LIMIT: Absence = Absence::Because("it does not limit the rate of its peers yet");
const NO_BRIDGE: Absence = Absence::Because("it has no bridge yet");
const NO_NAMES: Absence = Absence::Because("it has no name system yet");
const NO_MINER: Absence = Absence::Because("it makes blocks on request: see generateblocks");
const NOT_NEEDED: Absence = Absence::Because("it has no use for it");
const LOGGING: Absence = Absence::Because("logging is set at the start");

/// Every method of rpc §2.1 that is not in [`super::all_methods`].
pub(crate) const fn absent_methods() -> &'static [AbsentMethod] {
    use Access::{Admin, Public};
    use Origin::{Monero, Oxen};
    const fn absent(names: &'static [&'static str], access: Access, origin: Origin, absence: Absence) -> AbsentMethod {
        AbsentMethod {
            names,
            access,
            origin,
            absence,
        }
    }
    const LIST: &[AbsentMethod] = &[
        absent(
            &["get_service_nodes", "get_n_service_nodes", "get_all_service_nodes"],
            Public,
            Oxen,
            Absence::ServiceNodes,
        ),
        absent(&["get_service_node_status"], Admin, Oxen, Absence::ServiceNodes),
        absent(
            &[
                "get_service_node_registration_cmd",
                "get_service_node_registration_cmd_raw",
            ],
            Admin,
            Oxen,
            Absence::ServiceNodes,
        ),
        absent(
            &["get_service_keys", "get_service_node_key"],
            Admin,
            Oxen,
            Absence::ServiceNodes,
        ),
        absent(
            &["get_service_privkeys", "get_service_node_privkey"],
            Admin,
            Oxen,
            Absence::ServiceNodes,
        ),
        absent(&["get_staking_requirement"], Public, Oxen, Absence::ServiceNodes),
        absent(&["get_quorum_state"], Public, Oxen, Absence::ServiceNodes),
        absent(
            &["get_service_node_blacklisted_key_images"],
            Public,
            Oxen,
            Absence::ServiceNodes,
        ),
        absent(
            &["get_service_nodes_state_changes"],
            Public,
            Oxen,
            Absence::ServiceNodes,
        ),
        absent(
            &["storage_server_ping", "lokinet_ping"],
            Admin,
            Oxen,
            Absence::ServiceNodes,
        ),
        absent(
            &["report_peer_status", "report_peer_storage_server_status"],
            Admin,
            Oxen,
            Absence::ServiceNodes,
        ),
        absent(&["get_pending_events"], Public, Oxen, NO_BRIDGE),
        absent(
            &[
                "bls_rewards_request",
                "bls_exit_liquidation_request",
                "bls_exit_liquidation_list",
            ],
            Public,
            Oxen,
            NO_BRIDGE,
        ),
        absent(&["bls_registration_request"], Admin, Oxen, NO_BRIDGE),
        absent(
            &[
                "ons_resolve",
                "lns_resolve",
                "ons_names_to_owners",
                "lns_names_to_owners",
                "ons_owners_to_names",
                "lns_owners_to_names",
            ],
            Public,
            Oxen,
            NO_NAMES,
        ),
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
        absent(
            &["prune_blockchain"],
            Admin,
            Monero,
            Absence::Because("it keeps whole transactions"),
        ),
        absent(
            &["get_txpool_backlog"],
            Public,
            Monero,
            Absence::Because("see get_transaction_pool"),
        ),
        absent(
            &["get_public_nodes", "set_bootstrap_daemon", "update"],
            Admin,
            Monero,
            NOT_NEEDED,
        ),
        absent(&["test_trigger_p2p_resync"], Admin, Oxen, NOT_NEEDED),
        absent(&["test_trigger_uptime_proof"], Admin, Oxen, Absence::ServiceNodes),
    ];
    LIST
}
