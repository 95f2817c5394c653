//! The name system: what names point to, who owns them (rpc §3.9).

use crate::{
    error::MethodError,
    method::Method,
    node::{Call, check_count},
    types::{
        ErrorCode, Status,
        names::{
            FoundName, NameQuery, NamesToOwnersAnswer, NamesToOwnersRequest, OneOrMore, OwnersToNamesAnswer,
            OwnersToNamesRequest, ResolveAnswer, ResolveRequest,
        },
    },
};
use oxen_names::{
    EncryptedValue, NameEntry, NameKind,
    name::{hash_text, parse_hash},
    owner::{owner_text, parse_owner},
};
use oxen_node_api::Snapshot;
use oxen_state::names::{name, names_of_owner};
use oxen_types::{
    Hash, Height, Network,
    extra::{NameOwner, NameType},
};
use serde::Serialize;
use std::collections::BTreeMap;

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "ons_resolve",
            "What a name points to, encrypted with the name.",
            ons_resolve,
        )
        .aliases(&["lns_resolve"])
        .oxen()
        .parameters(&["type", "name_hash"])
        .errors(&[ErrorCode::WrongParameter])
        .example(r#"{"type":0,"name_hash":"kosgNmlD4q/RHrwOri5TqTvxd6T881vMZNUDcE5l4gI="}"#),
        Method::new(
            "ons_names_to_owners",
            "Owners, expiry and encrypted values of names.",
            ons_names_to_owners,
        )
        .aliases(&["lns_names_to_owners"])
        .oxen()
        .parameters(&["entries", "name_hash", "type", "include_expired"])
        .errors(&[ErrorCode::WrongParameter])
        .example(r#"{"entries":[{"name_hash":"kosgNmlD4q/RHrwOri5TqTvxd6T881vMZNUDcE5l4gI="}]}"#),
        Method::new(
            "ons_owners_to_names",
            "Every name of the given owners.",
            ons_owners_to_names,
        )
        .aliases(&["lns_owners_to_names"])
        .oxen()
        .parameters(&["entries", "include_expired"])
        .errors(&[ErrorCode::WrongParameter]),
    ]
}

fn ons_resolve(call: &Call<'_>, request: ResolveRequest) -> Result<ResolveAnswer, MethodError> {
    let number = request.kind.ok_or(MethodError::MissingParameter { name: "type" })?;
    let kind = kind_of(number)?;
    let hash = hash_of(&request.name_hash)?;
    let snapshot = call.snapshot();
    let next = call.facts(&snapshot)?.height().next();
    let mut answer = ResolveAnswer {
        status: Status::OK,
        ..ResolveAnswer::default()
    };
    if let Some(entry) = name(&*snapshot, kind, hash)?.filter(|entry| entry.is_active(next)) {
        let value = EncryptedValue::from_bytes(entry.encrypted_value);
        let (ciphertext, nonce) = value.parts(kind);
        answer.encrypted_value = Some(ciphertext.to_vec().into());
        answer.nonce = nonce.map(|nonce| nonce.to_vec().into());
    }
    Ok(answer)
}

/// The stable generation is answered with an object, the newer one with a bare list.
#[derive(Serialize)]
#[serde(untagged)]
enum NamesToOwnersResult {
    Object(NamesToOwnersAnswer),
    List(Vec<FoundName>),
}

fn ons_names_to_owners(call: &Call<'_>, request: NamesToOwnersRequest) -> Result<NamesToOwnersResult, MethodError> {
    let expired = Expired::wanted(request.include_expired);
    let Some(hashes) = request.name_hash else {
        let entries = owners_of(call, &request.entries, expired)?;
        return Ok(NamesToOwnersResult::Object(NamesToOwnersAnswer {
            entries,
            status: Status::OK,
        }));
    };
    let types = request.kinds.map(OneOrMore::into_list).unwrap_or_default();
    let queries: Vec<NameQuery> = hashes
        .into_list()
        .into_iter()
        .map(|name_hash| NameQuery {
            name_hash,
            types: types.clone(),
        })
        .collect();
    owners_of(call, &queries, expired).map(NamesToOwnersResult::List)
}

/// Whether names count that are not registered any more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expired {
    Included,
    LeftOut,
}

impl Expired {
    const fn wanted(include: bool) -> Self {
        if include { Self::Included } else { Self::LeftOut }
    }

    fn takes(self, entry: &NameEntry, next: Height) -> bool {
        self == Self::Included || entry.is_active(next)
    }
}

fn owners_of(call: &Call<'_>, queries: &[NameQuery], expired: Expired) -> Result<Vec<FoundName>, MethodError> {
    check_count("names", queries.len(), call.sizes().names)?;
    let snapshot = call.snapshot();
    let next = call.facts(&snapshot)?.height().next();
    let mut found = Vec::new();
    for (index, query) in (0..).zip(queries) {
        let hash = hash_of(&query.name_hash)?;
        for kind in kinds_of(&query.types)? {
            if let Some(entry) = name(&*snapshot, kind, hash)?.filter(|entry| expired.takes(entry, next)) {
                found.push(FoundName {
                    entry_index: Some(index),
                    ..found_name(entry, call.network())
                });
            }
        }
    }
    Ok(found)
}

fn ons_owners_to_names(call: &Call<'_>, request: OwnersToNamesRequest) -> Result<OwnersToNamesAnswer, MethodError> {
    check_count("owners", request.entries.len(), call.sizes().names)?;
    let network = call.network();
    let owners = request
        .entries
        .iter()
        .map(|text| {
            parse_owner(text, &network.address_prefixes).map_err(|reason| MethodError::NotAnOwner {
                found: MethodError::excerpt(text),
                reason,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let snapshot = call.snapshot();
    let next = call.facts(&snapshot)?.height().next();
    let names = names_of(call, &snapshot, &owners)?;
    let entries = names
        .into_values()
        .filter(|entry| Expired::wanted(request.include_expired).takes(entry, next))
        .map(|entry| FoundName {
            request_index: request_index(&entry, &owners),
            ..found_name(entry, network)
        })
        .collect();
    Ok(OwnersToNamesAnswer {
        entries,
        status: Status::OK,
    })
}

/// Every name of any of the owners once, in the order of the answer.
fn names_of(
    call: &Call<'_>,
    snapshot: &Snapshot,
    owners: &[NameOwner],
) -> Result<BTreeMap<(NameKind, String), NameEntry>, MethodError> {
    /// The least that a name takes in the answer, so that an answer that is too large is not made at all.
    const LEAST_BYTES: usize = 400;
    let most = call.sizes().response_bytes / LEAST_BYTES;
    let mut names = BTreeMap::new();
    for owner in owners {
        for entry in names_of_owner(&**snapshot, owner, most.saturating_add(1))? {
            names.insert((entry.kind, hash_text(&entry.name_hash)), entry);
        }
        if names.len() > most {
            return Err(MethodError::AnswerTooLarge {
                limit: call.sizes().response_bytes,
            });
        }
    }
    Ok(names)
}

/// Which of the asked owners has the name: the owner counts before the backup owner.
fn request_index(entry: &NameEntry, owners: &[NameOwner]) -> Option<u64> {
    let place = entry.owners().find_map(|owner| {
        let form = owner.signed_form();
        owners.iter().position(|asked| asked.signed_form() == form)
    });
    place.and_then(|place| u64::try_from(place).ok())
}

fn found_name(entry: NameEntry, network: &Network) -> FoundName {
    FoundName {
        entry_index: None,
        request_index: None,
        kind: entry.kind.number(),
        name_hash: hash_text(&entry.name_hash),
        owner: owner_text(&entry.owner, &network.address_prefixes),
        backup_owner: entry
            .backup_owner
            .map(|owner| owner_text(&owner, &network.address_prefixes)),
        encrypted_value: entry.encrypted_value.into(),
        update_height: entry.update_height.index(),
        expiration_height: entry.expiration.map(Height::index),
        txid: entry.transaction,
    }
}

/// The register of a number; those of the longer periods are taken for lokinet.
fn kind_of(number: u64) -> Result<NameKind, MethodError> {
    u16::try_from(number)
        .ok()
        .and_then(NameType::from_number)
        .map(NameKind::of)
        .ok_or(MethodError::NoSuchNameKind { number })
}

/// Every register when none is named.
fn kinds_of(numbers: &[u64]) -> Result<Vec<NameKind>, MethodError> {
    if numbers.is_empty() {
        return Ok(NameKind::ALL.to_vec());
    }
    let mut kinds = numbers
        .iter()
        .map(|number| kind_of(*number))
        .collect::<Result<Vec<_>, _>>()?;
    kinds.sort();
    kinds.dedup();
    Ok(kinds)
}

fn hash_of(text: &str) -> Result<Hash, MethodError> {
    parse_hash(text).map_err(|_| MethodError::BadNameHash {
        found: MethodError::excerpt(text),
    })
}
