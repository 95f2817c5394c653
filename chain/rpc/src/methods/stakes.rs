//! What a node must hold, which stakes stay locked, what became of nodes (rpc §3.7).

use crate::{
    config::Access,
    error::MethodError,
    method::Method,
    node::{Call, check_count},
    types::{
        ErrorCode, Status,
        chain::NoParameters,
        service_nodes::stakes::{
            BlacklistAnswer, BlacklistEntry, StakingRequirementAnswer, StakingRequirementRequest, StateChangesAnswer,
            StateChangesRequest,
        },
    },
};
use oxen_node_api::Snapshot;
use oxen_state::queries;
use oxen_types::{
    Amount, Extra, Hash, Height, Network, extra::NewState, network::HardForkVersion, transaction::TransactionType,
};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "get_staking_requirement",
            "What a service node must hold that is registered at a height.",
            get_staking_requirement,
        )
        .oxen()
        .parameters(&["height"]),
        Method::new(
            "get_service_node_blacklisted_key_images",
            "Stakes of service nodes that were thrown out, and when they may be spent.",
            get_blacklist,
        )
        .oxen(),
        Method::new(
            "get_service_nodes_state_changes",
            "How many service nodes were suspended, brought back and thrown out in blocks of a range.",
            get_state_changes,
        )
        .oxen()
        .parameters(&["start_height", "end_height"])
        .errors(&[ErrorCode::WrongParameter, ErrorCode::HeightTooBig])
        .example(r#"{"start_height":0,"end_height":5}"#),
    ]
}

/// What a node registered at `height` must hold: OXEN before HF21, SENT from it on.
pub(super) fn staking_requirement(network: &Network, height: Height) -> Amount {
    if network.forks.version_at(height).version >= HardForkVersion::ETHEREUM {
        network.staking.sent_requirement
    } else {
        network.staking.oxen_requirement
    }
}

fn get_staking_requirement(
    call: &Call<'_>,
    request: StakingRequirementRequest,
) -> Result<StakingRequirementAnswer, MethodError> {
    let next = call.facts(&call.snapshot())?.height().next();
    let height = request.height.map_or(next, Height::new);
    Ok(StakingRequirementAnswer {
        staking_requirement: staking_requirement(call.network(), height).atomic(),
        height: height.index(),
        untrusted: false,
        status: Status::OK,
    })
}

fn get_blacklist(call: &Call<'_>, _: NoParameters) -> Result<BlacklistAnswer, MethodError> {
    let registry = call.registry(&call.snapshot())?;
    let entries = registry.blacklist().map(|stake| BlacklistEntry {
        key_image: stake.key_image,
        unlock_height: stake.unlock_height.index(),
        amount: stake.amount.atomic(),
    });
    Ok(BlacklistAnswer {
        blacklist: entries.collect(),
        untrusted: false,
        status: Status::OK,
    })
}

fn get_state_changes(call: &Call<'_>, request: StateChangesRequest) -> Result<StateChangesAnswer, MethodError> {
    let snapshot = call.snapshot();
    let tip = queries::totals(&*snapshot)?.tip;
    let first = Height::new(request.start_height.unwrap_or(0));
    let last = request.end_height.map_or(tip, Height::new);
    if let Some(above) = [first, last].into_iter().find(|height| *height > tip) {
        return Err(MethodError::HeightTooBig {
            height: above.index(),
            tip,
        });
    }
    if first > last {
        return Err(MethodError::ReversedRange {
            start: first.index(),
            end: last.index(),
        });
    }
    if call.access == Access::Public {
        let blocks = usize::try_from(last.next().since(first)).unwrap_or(usize::MAX);
        check_count("blocks", blocks, call.sizes().block_headers)?;
    }
    let mut answer = StateChangesAnswer {
        start_height: first.index(),
        end_height: last.index(),
        status: Status::OK,
        ..StateChangesAnswer::default()
    };
    count_changes(&snapshot, first, last, &mut answer)?;
    Ok(answer)
}

fn count_changes(
    snapshot: &Snapshot,
    first: Height,
    last: Height,
    answer: &mut StateChangesAnswer,
) -> Result<(), MethodError> {
    /// Rows read at once.
    const PAGE: usize = 1_000;
    let mut next = first;
    while next <= last {
        let rows = queries::block_rows(&**snapshot, next, PAGE)?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            if row.transaction_count > 0 && next <= last {
                count_in_block(snapshot, next, answer)?;
            }
            next = next.next();
        }
    }
    Ok(())
}

fn count_in_block(snapshot: &Snapshot, height: Height, answer: &mut StateChangesAnswer) -> Result<(), MethodError> {
    let block = queries::block(&**snapshot, height)?.ok_or(MethodError::Damaged { what: "a block" })?;
    for id in &block.transaction_ids {
        let row = queries::transaction_row(&**snapshot, id)?;
        match row.map(|row| row.kind) {
            Some(TransactionType::KeyImageUnlock) => answer.total_unlock = answer.total_unlock.saturating_add(1),
            Some(TransactionType::StateChange) => {
                let total = match new_state(snapshot, id)? {
                    NewState::Deregister => &mut answer.total_deregister,
                    NewState::Decommission => &mut answer.total_decommission,
                    NewState::Recommission => &mut answer.total_recommission,
                    NewState::IpChangePenalty => &mut answer.total_ip_change_penalty,
                };
                *total = total.saturating_add(1);
            }
            _ => {}
        }
    }
    Ok(())
}

fn new_state(snapshot: &Snapshot, id: &Hash) -> Result<NewState, MethodError> {
    let damaged = MethodError::Damaged { what: "a state change" };
    let Some(transaction) = queries::pruned_transaction(&**snapshot, id)? else {
        return Err(damaged);
    };
    let extra = Extra::parse_or_empty(&transaction.prefix.extra);
    extra.state_change().map(|change| change.state).ok_or(damaged)
}
