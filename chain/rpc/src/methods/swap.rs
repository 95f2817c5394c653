//! The swap from OXEN to SESH: its rules, what was burned, what may be claimed (bridge §5.3).

use crate::ethereum_address;
use crate::{
    cache::ChainFacts,
    error::MethodError,
    method::Method,
    node::{Call, check_count, parse_hex},
    types::{
        ErrorCode, Status,
        chain::NoParameters,
        swap::{
            SwapBurnEntry, SwapBurnState, SwapBurnsAnswer, SwapBurnsRequest, SwapInfoAnswer, SwapRatioEntry,
            SwapRemaining, SwapRules, SwapState, SwapSumsEntry, SwapTotalEntry, SwapTotalsAnswer, SwapTotalsRequest,
        },
    },
};
use oxen_bridge_rules::address::checksummed;
use oxen_node_api::{PoolTransaction, Snapshot};
use oxen_state::swap::{SwapBurnRow, burn, burns_of_recipient, next_room, sums, total_at};
use oxen_types::{
    Hash, Height, Network,
    network::{HardForkVersion, SwapParameters},
};

/// Burns, ids or recipients of one request.
const MOST: usize = 1_000;
/// Burns unless the request says how many.
const DEFAULT_COUNT: u64 = 100;

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "get_swap_info",
            "The rules of the swap from OXEN to SESH, its ratio, and what its caps leave.",
            get_swap_info,
        )
        .oxen(),
        Method::new(
            "get_swap_burns",
            "OXEN that were burned for the swap, by transaction or by recipient.",
            get_swap_burns,
        )
        .oxen()
        .parameters(&["txids", "address", "skip", "count"])
        .errors(&[ErrorCode::WrongParameter, ErrorCode::WrongAddress])
        .example(r#"{"address":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"}"#),
        Method::new(
            "get_swap_totals",
            "SESH that recipients of the swap may claim in all, at a height.",
            get_swap_totals,
        )
        .oxen()
        .parameters(&["addresses", "height"])
        .errors(&[
            ErrorCode::WrongParameter,
            ErrorCode::WrongAddress,
            ErrorCode::HeightTooBig,
        ])
        .example(r#"{"addresses":["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"]}"#),
    ]
}

fn get_swap_info(call: &Call<'_>, _: NoParameters) -> Result<SwapInfoAnswer, MethodError> {
    let snapshot = call.snapshot();
    let facts = call.facts(&snapshot)?;
    let network = call.network();
    let mut answer = SwapInfoAnswer {
        height: facts.height().index(),
        immutable_height: immutable(&facts).map(Height::index),
        status: Status::OK,
        ..SwapInfoAnswer::default()
    };
    let Some(parameters) = &network.swap else {
        return Ok(answer);
    };
    let next = facts.height().next();
    let room = next_room(&*snapshot, network)?;
    let all = sums(&*snapshot)?;
    answer.rules = Some(rules(network, parameters));
    answer.ratio = ratio_at(parameters, next);
    answer.next_ratio = next_ratio(parameters, next);
    answer.remaining = room.map(|room| SwapRemaining {
        pool: room.pool.atomic(),
        rate: room.rate.atomic(),
    });
    answer.sums = Some(SwapSumsEntry {
        burns: all.burns,
        burned: all.burned.atomic(),
        credited: all.credited.atomic(),
        matured: all.matured.atomic(),
    });
    answer.state = if !network.forks.is_active(HardForkVersion::SWAP, next) {
        SwapState::NotBegun
    } else if parameters.end_height.is_some_and(|end| next >= end) {
        SwapState::Ended
    } else if room.is_some_and(|room| room.pool.is_zero()) {
        SwapState::Full
    } else {
        SwapState::Open
    };
    Ok(answer)
}

fn rules(network: &Network, parameters: &SwapParameters) -> SwapRules {
    SwapRules {
        begin_height: network.forks.begins(HardForkVersion::SWAP).map(Height::index),
        end_height: parameters.end_height.map(Height::index),
        l2_chain_id: network.l2.chain_id,
        contract: checksummed(&parameters.contract),
        token: parameters.token.as_ref().map(checksummed),
        min_burn: parameters.least_burn.atomic(),
        max_burn: parameters.most_burn.atomic(),
        pool_cap: parameters.pool_cap.atomic(),
        rate_cap: parameters.rate_cap.atomic(),
        rate_window_blocks: parameters.rate_window_blocks,
        maturity_blocks: parameters.maturity_blocks,
    }
}

fn ratio_at(parameters: &SwapParameters, height: Height) -> Option<SwapRatioEntry> {
    let found = parameters.ratios.at(height)?;
    Some(SwapRatioEntry {
        index: found.index,
        from_height: found.period.from_height.index(),
        sesh: found.period.ratio.numerator(),
        oxen: found.period.ratio.denominator(),
    })
}

fn next_ratio(parameters: &SwapParameters, height: Height) -> Option<SwapRatioEntry> {
    let next = parameters.ratios.iter().find(|period| period.from_height > height)?;
    ratio_at(parameters, next.from_height)
}

fn get_swap_burns(call: &Call<'_>, request: SwapBurnsRequest) -> Result<SwapBurnsAnswer, MethodError> {
    check_count("txids", request.txids.len(), MOST)?;
    let snapshot = call.snapshot();
    let facts = call.facts(&snapshot)?;
    let mut answer = SwapBurnsAnswer {
        height: facts.height().index(),
        immutable_height: immutable(&facts).map(Height::index),
        status: Status::OK,
        ..SwapBurnsAnswer::default()
    };
    for text in &request.txids {
        let id = parse_hex("txids", text)?;
        match burn_by_id(call, &snapshot, &facts, id)? {
            Some(entry) => answer.burns.push(entry),
            None => answer.missing.push(id),
        }
    }
    match &request.address {
        Some(text) => {
            let recipient = ethereum_address::read(text)?;
            let count = usize::try_from(request.count.unwrap_or(DEFAULT_COUNT)).unwrap_or(usize::MAX);
            check_count("burns", count, MOST)?;
            let skip = usize::try_from(request.skip.unwrap_or(0)).unwrap_or(usize::MAX);
            check_count("burns", skip, SKIPPED_MOST)?;
            for (id, row) in burns_of_recipient(&*snapshot, &recipient, skip, count)? {
                answer.burns.push(entry(id, &row, &facts));
            }
        }
        None if request.txids.is_empty() => {
            return Err(MethodError::MissingParameter {
                name: "txids or address",
            });
        }
        None => {}
    }
    Ok(answer)
}

/// Burns that a request may leave out, which are read all the same.
const SKIPPED_MOST: usize = 100_000;

/// A burn of the chain, or one that waits.
fn burn_by_id(
    call: &Call<'_>,
    snapshot: &Snapshot,
    facts: &ChainFacts,
    id: Hash,
) -> Result<Option<SwapBurnEntry>, MethodError> {
    if let Some(row) = burn(&**snapshot, &id)? {
        return Ok(Some(entry(id, &row, facts)));
    }
    Ok(call.pool_transaction(&id).and_then(|waiting| waiting_entry(&waiting)))
}

fn waiting_entry(waiting: &PoolTransaction) -> Option<SwapBurnEntry> {
    let extra = waiting.transaction.transaction().prefix.parse_extra();
    let swap = extra.swap()?;
    Some(SwapBurnEntry {
        txid: waiting.transaction.id(),
        state: SwapBurnState::Waiting,
        recipient: checksummed(&swap.recipient),
        burned: extra.burned().atomic(),
        ratio_index: swap.ratio_index,
        nonce: hex::encode(swap.nonce),
        ..SwapBurnEntry::default()
    })
}

fn entry(id: Hash, row: &SwapBurnRow, facts: &ChainFacts) -> SwapBurnEntry {
    let state = if immutable(facts).is_some_and(|height| row.matures <= height) {
        SwapBurnState::Signable
    } else if row.matures <= facts.height() {
        SwapBurnState::Matured
    } else {
        SwapBurnState::Mined
    };
    SwapBurnEntry {
        txid: id,
        state,
        recipient: checksummed(&row.recipient),
        burned: row.burned.atomic(),
        credited: Some(row.credited.atomic()),
        ratio_index: row.ratio_index,
        nonce: hex::encode(row.nonce),
        height: Some(row.height.index()),
        mature_height: Some(row.matures.index()),
    }
}

fn get_swap_totals(call: &Call<'_>, request: SwapTotalsRequest) -> Result<SwapTotalsAnswer, MethodError> {
    check_count("addresses", request.addresses.len(), MOST)?;
    let snapshot = call.snapshot();
    let facts = call.facts(&snapshot)?;
    let tip = facts.height();
    let height = request.height.map_or(tip, Height::new);
    if height > tip {
        return Err(MethodError::HeightTooBig {
            height: height.index(),
            tip,
        });
    }
    let totals = request
        .addresses
        .iter()
        .map(|text| {
            let address = ethereum_address::read(text)?;
            Ok(SwapTotalEntry {
                address: checksummed(&address),
                total: total_at(&*snapshot, &address, height)?.atomic(),
            })
        })
        .collect::<Result<_, MethodError>>()?;
    Ok(SwapTotalsAnswer {
        totals,
        height: height.index(),
        immutable_height: immutable(&facts).map(Height::index),
        status: Status::OK,
    })
}

fn immutable(facts: &ChainFacts) -> Option<Height> {
    facts.immutable.map(|(height, _)| height)
}
