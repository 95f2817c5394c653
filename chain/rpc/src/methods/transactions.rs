//! Transactions by id, in the shapes of both daemon generations (rpc §2.2).

use crate::{
    error::MethodError,
    method::Method,
    node::{Call, check_count, parse_hex},
    render::{Part, Signatures, TransactionJson, extra_json, stake_amount},
    types::{
        ErrorCode, Status,
        output::{OutputIndicesAnswer, OutputIndicesRequest},
        transaction::{
            KeyImageAnswer, KeyImageRequest, PoolFacts, TransactionEntry, TransactionsAnswer, TransactionsRequest,
        },
    },
};
use oxen_node_api::{BlinkState, PoolTransaction, Relay, Snapshot, Source};
use oxen_state::{
    TypedView,
    queries::{self, StoredTransaction},
    tables::SpentKeyImages,
};
use oxen_types::{ConsensusDecode, Hash, KeyImage, Transaction, hashing::keccak256, transaction::PrunedTransaction};
use serde_json::{Map, Value};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "get_transactions",
            "Transactions of chain and pool by id.",
            get_transactions,
        )
        .aliases(&["gettransactions"])
        .path()
        .parameters(&[
            "txs_hashes",
            "tx_hashes",
            "decode_as_json",
            "prune",
            "split",
            "tx_extra",
            "tx_extra_raw",
            "stake_info",
            "data",
            "memory_pool",
        ])
        .errors(&[ErrorCode::WrongParameter])
        .example(r#"{"txs_hashes":[]}"#),
        Method::new(
            "is_key_image_spent",
            "Whether key images are spent, in the chain or in the pool.",
            is_key_image_spent,
        )
        .path()
        .parameters(&["key_images"])
        .errors(&[ErrorCode::WrongParameter])
        .example(r#"{"key_images":[]}"#),
        Method::new(
            "get_o_indexes",
            "Global indices of a transaction's outputs.",
            get_o_indexes,
        )
        .parameters(&["txid"])
        .errors(&[ErrorCode::WrongParameter]),
    ]
}

/// Which generation of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Generation {
    /// Monero's and the stable daemon's: bytes and JSON in strings.
    Strings,
    /// The development line's: fields merged into the entry.
    Merged,
}

/// What an entry shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct EntryShape {
    generation: Generation,
    json: bool,
    prune: bool,
    split: bool,
    extra: bool,
    extra_raw: bool,
    stake: bool,
    data: bool,
}

impl EntryShape {
    /// Bytes and JSON, both whole.
    pub(super) const fn whole_with_json() -> Self {
        Self {
            generation: Generation::Strings,
            json: true,
            prune: false,
            split: false,
            extra: false,
            extra_raw: false,
            stake: false,
            data: false,
        }
    }

    const fn of_request(request: &TransactionsRequest, generation: Generation) -> Self {
        Self {
            generation,
            json: request.decode_as_json,
            prune: request.prune,
            split: request.split,
            extra: request.tx_extra,
            extra_raw: request.tx_extra_raw,
            stake: request.stake_info || matches!(generation, Generation::Merged),
            data: request.data,
        }
    }
}

fn get_transactions(call: &Call<'_>, request: TransactionsRequest) -> Result<TransactionsAnswer, MethodError> {
    let generation = match &request.txs_hashes {
        Some(_) => Generation::Strings,
        None => Generation::Merged,
    };
    let shape = EntryShape::of_request(&request, generation);
    let asked = request.txs_hashes.iter().chain(&request.tx_hashes).flatten();
    let mut ids = asked
        .map(|text| parse_hex("transaction hash", text))
        .collect::<Result<Vec<Hash>, _>>()?;
    check_count("transactions", ids.len(), call.sizes().transactions)?;
    if request.memory_pool && request.txs_hashes.is_none() {
        ids.extend(call.pool_ids());
    }
    // The pool is asked before the chain: what is mined meanwhile is then found in the chain.
    let asked: Vec<(Hash, Option<PoolTransaction>)> =
        ids.into_iter().map(|id| (id, call.pool_transaction(&id))).collect();
    let snapshot = call.snapshot();
    let mut answer = TransactionsAnswer {
        status: Status::OK,
        ..TransactionsAnswer::default()
    };
    let mut room = call.sizes().response_bytes;
    for (id, waiting) in asked {
        match find_entry(call, &snapshot, id, waiting.as_ref(), shape)? {
            Some((entry, size)) => {
                // Hexadecimal text and JSON of the proofs make an entry about five times as long as its bytes.
                room = room
                    .checked_sub(size.saturating_mul(5))
                    .ok_or(MethodError::AnswerTooLarge {
                        limit: call.sizes().response_bytes,
                    })?;
                answer.txs.push(entry);
            }
            None => answer.missed_tx.push(id),
        }
    }
    if generation == Generation::Strings {
        let hex = answer.txs.iter().map(|entry| entry.as_hex.clone().unwrap_or_default());
        answer.txs_as_hex = Some(hex.collect());
        let json = answer.txs.iter().map(|entry| entry.as_json.clone().unwrap_or_default());
        answer.txs_as_json = request.decode_as_json.then(|| json.collect());
    }
    if request.memory_pool && request.txs_hashes.is_none() {
        answer.mempool_key_images = Some(super::pool::spent_key_images(&call.pool_transactions()));
    }
    Ok(answer)
}

/// An entry from the chain or the pool with the number of its transaction's bytes.
fn find_entry(
    call: &Call<'_>,
    snapshot: &Snapshot,
    id: Hash,
    waiting: Option<&PoolTransaction>,
    shape: EntryShape,
) -> Result<Option<(TransactionEntry, usize)>, MethodError> {
    if let Some(entry) = mined_entry(call, snapshot, id, shape)? {
        let size = entry.size.and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
        return Ok(Some((entry, size)));
    }
    let Some(waiting) = waiting else {
        return Ok(None);
    };
    Ok(Some((pool_entry(call, waiting, shape)?, waiting.blob.len())))
}

/// The entry of a transaction in a block.
pub(super) fn mined_entry(
    call: &Call<'_>,
    snapshot: &Snapshot,
    id: Hash,
    shape: EntryShape,
) -> Result<Option<TransactionEntry>, MethodError> {
    let Some(stored) = queries::transaction(&**snapshot, &id)? else {
        return Ok(None);
    };
    let damaged = || MethodError::Damaged { what: "a transaction" };
    let tip = queries::totals(&**snapshot)?.tip;
    let block = queries::block_row(&**snapshot, stored.row.height)?.ok_or_else(damaged)?;
    let parts = Parts::of_stored(&stored).ok_or_else(damaged)?;
    let mut entry = parts.entry(call, id, shape)?;
    entry.block_height = Some(stored.row.height.index());
    entry.block_timestamp = Some(block.timestamp.seconds());
    entry.confirmations = Some(tip.since(stored.row.height).saturating_add(1));
    entry.output_indices = Some(output_indices(&stored));
    // As long as its approval is remembered: until its block is final.
    entry.blink = call.handles().pool.is_blink(&id);
    Ok(Some(entry))
}

/// Global indices of a mined transaction's outputs.
pub(crate) fn output_indices(stored: &StoredTransaction) -> Vec<u64> {
    let first = stored.row.first_output;
    (first..first.saturating_add(u64::from(stored.row.output_count))).collect()
}

fn pool_entry(call: &Call<'_>, waiting: &PoolTransaction, shape: EntryShape) -> Result<TransactionEntry, MethodError> {
    let id = waiting.transaction.id();
    let mut entry = Parts::of_waiting(waiting).entry(call, id, shape)?;
    let (last_failed_height, last_failed_block) = waiting.last_failure.unwrap_or_default();
    entry.in_pool = true;
    entry.blink = waiting.blink == BlinkState::Approved;
    entry.double_spend_seen = waiting.double_spend_seen;
    entry.pool = Some(PoolFacts {
        relayed: waiting.last_relayed.is_some(),
        received_timestamp: waiting.received.seconds(),
        kept_by_block: waiting.source == Source::RevertedBlock,
        last_relayed_time: waiting.last_relayed.map_or(0, oxen_types::Timestamp::seconds),
        do_not_relay: waiting.relay == Relay::Keep,
        max_used_block: super::pool::newest_seen(waiting).index(),
        max_used_height: super::pool::newest_seen(waiting).index(),
        last_failed_height: last_failed_height.index(),
        last_failed_block,
    });
    Ok(entry)
}

/// A transaction in the parts that entries are made of.
struct Parts {
    pruned_bytes: Vec<u8>,
    /// `None` when they were pruned away.
    prunable_bytes: Option<Vec<u8>>,
    content: Content,
}

/// A transaction, or what is left of it.
enum Content {
    Whole(Transaction),
    Pruned(PrunedTransaction, Hash),
}

impl Parts {
    fn of_stored(stored: &StoredTransaction) -> Option<Self> {
        let content = match stored.blob() {
            Some(blob) => Content::Whole(Transaction::decode(&blob).ok()?),
            None => Content::Pruned(
                PrunedTransaction::decode(&stored.pruned).ok()?,
                stored.row.prunable_hash,
            ),
        };
        Some(Self {
            pruned_bytes: stored.pruned.clone(),
            prunable_bytes: stored.prunable.clone(),
            content,
        })
    }

    fn of_waiting(waiting: &PoolTransaction) -> Self {
        let transaction = waiting.transaction.transaction();
        Self {
            pruned_bytes: transaction.encode_pruned(),
            prunable_bytes: Some(transaction.encode_prunable()),
            content: Content::Whole(transaction.clone()),
        }
    }

    fn json(&self, part: Part) -> TransactionJson<'_> {
        match &self.content {
            Content::Whole(transaction) => TransactionJson::new(transaction, part),
            Content::Pruned(pruned, _) => TransactionJson {
                prefix: &pruned.prefix,
                signatures: match (&pruned.base, pruned.prefix.inputs.is_empty()) {
                    (Some(base), _) => Signatures::Clsag(base),
                    (None, true) => Signatures::Absent,
                    (None, false) => Signatures::Null,
                },
                prunable: None,
                extra: crate::render::ExtraList::Listed,
            },
        }
    }

    /// As daemons show it: of nothing where there is no prunable part, although the id is made with zero bytes then.
    fn prunable_hash(&self) -> Hash {
        match (&self.prunable_bytes, &self.content) {
            (Some(bytes), _) => keccak256(bytes),
            (None, Content::Pruned(_, hash)) => *hash,
            (None, Content::Whole(_)) => Hash::ZERO,
        }
    }

    /// Fee in the clear, burned part included.
    fn fee(&self) -> oxen_types::Amount {
        match &self.content {
            Content::Whole(transaction) => transaction.fee(),
            Content::Pruned(pruned, _) => pruned.fee(),
        }
    }

    fn entry(&self, call: &Call<'_>, id: Hash, shape: EntryShape) -> Result<TransactionEntry, MethodError> {
        let json = self.json(if shape.prune { Part::Pruned } else { Part::Whole });
        let prefix = json.prefix;
        let base = match json.signatures {
            Signatures::Clsag(base) => Some(base),
            _ => None,
        };
        let burned = prefix.parse_extra().burned().min(self.fee());
        let length = |bytes: &Vec<u8>| self.pruned_bytes.len().saturating_add(bytes.len());
        let size = self.prunable_bytes.as_ref().map(length);
        let mut entry = TransactionEntry {
            tx_hash: id,
            prunable_hash: Some(self.prunable_hash()),
            size: size.map(|size| size as u64),
            weight: match (&self.content, size) {
                (Content::Whole(transaction), Some(size)) => Some(transaction.weight_of_blob(size).bytes()),
                _ => None,
            },
            fee: self.fee().saturating_sub(burned).atomic(),
            burned: burned.atomic(),
            stake_amount: shape
                .stake
                .then(|| stake_amount(prefix, base))
                .flatten()
                .map(oxen_types::Amount::atomic),
            ..TransactionEntry::default()
        };
        if shape.extra {
            let parsed = extra_json(&prefix.parse_extra(), call.network());
            entry.fields.insert("extra".to_owned(), parsed);
        }
        match shape.generation {
            Generation::Strings => self.add_strings(&mut entry, &json, shape)?,
            Generation::Merged => self.add_merged(&mut entry, &json, shape)?,
        }
        Ok(entry)
    }

    /// `as_hex` and what belongs to it, empty strings where nothing was asked for.
    fn add_strings(
        &self,
        entry: &mut TransactionEntry,
        json: &TransactionJson<'_>,
        shape: EntryShape,
    ) -> Result<(), MethodError> {
        let (mut whole, mut pruned, mut prunable) = (String::new(), String::new(), String::new());
        match &self.prunable_bytes {
            Some(bytes) if !shape.prune && !shape.split => {
                whole = hex::encode(&self.pruned_bytes);
                whole.push_str(&hex::encode(bytes));
            }
            Some(bytes) if !shape.prune => {
                pruned = hex::encode(&self.pruned_bytes);
                prunable = hex::encode(bytes);
            }
            _ => pruned = hex::encode(&self.pruned_bytes),
        }
        entry.as_hex = Some(whole);
        entry.pruned_as_hex = Some(pruned);
        entry.prunable_as_hex = Some(prunable);
        entry.as_json = Some(if shape.json {
            serde_json::to_string(json).map_err(MethodError::Unwritable)?
        } else {
            String::new()
        });
        Ok(())
    }

    /// The fields of the transaction beside those of the entry.
    fn add_merged(
        &self,
        entry: &mut TransactionEntry,
        json: &TransactionJson<'_>,
        shape: EntryShape,
    ) -> Result<(), MethodError> {
        let merged = serde_json::to_value(json.without_extra()).map_err(MethodError::Unwritable)?;
        if let Value::Object(fields) = merged {
            let before: Map<String, Value> = std::mem::take(&mut entry.fields);
            entry.fields = fields;
            entry.fields.extend(before);
        }
        if shape.extra_raw {
            entry.tx_extra_raw = Some(json.prefix.extra.clone().into());
        }
        if shape.split || shape.prune {
            entry.pruned = Some(self.pruned_bytes.clone().into());
            entry.prunable = self.prunable_bytes.clone().filter(|_| !shape.prune).map(Into::into);
        } else if shape.data
            && let Some(prunable) = &self.prunable_bytes
        {
            entry.data = Some([self.pruned_bytes.as_slice(), prunable].concat().into());
        }
        Ok(())
    }
}

fn is_key_image_spent(call: &Call<'_>, request: KeyImageRequest) -> Result<KeyImageAnswer, MethodError> {
    check_count("key images", request.key_images.len(), call.sizes().key_images)?;
    let images = request
        .key_images
        .iter()
        .map(|text| parse_hex("key image", text))
        .collect::<Result<Vec<KeyImage>, _>>()?;
    // The pool is asked before the chain: what is mined meanwhile is then found in the chain.
    let waiting: Vec<bool> = images.iter().map(|image| call.is_spent_in_pool(image)).collect();
    let snapshot = call.snapshot();
    let status = |(image, waiting): (&KeyImage, bool)| {
        let mined = snapshot.contains::<SpentKeyImages>(image)?;
        Ok(if mined { 1 } else { u8::from(waiting) * 2 })
    };
    Ok(KeyImageAnswer {
        spent_status: images
            .iter()
            .zip(waiting)
            .map(status)
            .collect::<Result<_, MethodError>>()?,
        untrusted: false,
        status: Status::OK,
    })
}

fn get_o_indexes(call: &Call<'_>, request: OutputIndicesRequest) -> Result<OutputIndicesAnswer, MethodError> {
    let id = parse_hex("txid", &request.txid)?;
    let stored = queries::transaction(&*call.snapshot(), &id)?.ok_or(MethodError::NoSuchTransaction { id })?;
    Ok(OutputIndicesAnswer {
        o_indexes: output_indices(&stored),
        untrusted: false,
        status: Status::OK,
    })
}
