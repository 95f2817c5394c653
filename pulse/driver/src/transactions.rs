//! Transactions that a template names and the pool lacks: the producer has them and is asked.
//!
//! A template lists ids alone, and a transaction may be in its producer's pool a moment before it is in everybody's. Bytes on
//! our own transport: SCALE, bounded on both sides.

use oxen_node_api::Pool;
use oxen_types::{ConsensusDecode, Hash, Transaction, network::constants::MAX_TRANSACTION_BYTES};
use parity_scale_codec::{Compact, Decode, Encode};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// Most transactions that are asked for at once.
const MAX_TRANSACTIONS: usize = 512;
/// Most bytes of an answer.
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// Most bytes of a question.
const MAX_QUESTION_BYTES: usize = MAX_TRANSACTIONS * 32 + 8;

/// The transactions that the template of our own names: nobody learns by asking what else waits here, or where it came from.
#[derive(Debug, Clone, Default)]
pub struct Offered(Arc<Mutex<BTreeSet<Hash>>>);

impl Offered {
    pub(crate) fn replace(&self, ids: &[Hash]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ids.iter().copied().collect();
    }

    fn contains(&self, id: &Hash) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}

/// The question for these transactions, for as many of them as one question asks for.
pub(crate) fn question(ids: &[Hash]) -> Vec<u8> {
    ids[..ids.len().min(MAX_TRANSACTIONS)].encode()
}

/// The bytes of those transactions of a question that are offered, in its order, as many as fit, and one at least; `None` when
/// it is no question.
pub(crate) fn answer(pool: &dyn Pool, offered: &Offered, question: &[u8]) -> Option<Vec<u8>> {
    if question.len() > MAX_QUESTION_BYTES {
        return None;
    }
    let mut input = question;
    let Compact(count) = Compact::<u32>::decode(&mut input).ok()?;
    if count as usize > MAX_TRANSACTIONS || input.len() != count as usize * 32 {
        return None;
    }
    let mut found: Vec<Vec<u8>> = Vec::new();
    let mut bytes = 0_usize;
    for _ in 0..count {
        let id = <Hash as Decode>::decode(&mut input).ok()?;
        let Some(transaction) = pool.get(&id).filter(|_| offered.contains(&id)) else {
            continue;
        };
        bytes = bytes.saturating_add(transaction.blob.len());
        if bytes > MAX_ANSWER_BYTES && !found.is_empty() {
            break;
        }
        found.push(transaction.blob.to_vec());
    }
    Some(found.encode())
}

/// The transactions of an answer; none when it is no answer. What they are is for the block's check to say.
pub(crate) fn transactions(answer: &[u8]) -> Vec<Vec<u8>> {
    if answer.len() > MAX_ANSWER_BYTES + MAX_QUESTION_BYTES {
        return Vec::new();
    }
    // One transaction fits whatever its size.
    const { assert!(MAX_TRANSACTION_BYTES <= MAX_ANSWER_BYTES) };
    let mut input = answer;
    // Each takes a byte for its length at least, so the count is bounded by the bytes that are there.
    Vec::<Vec<u8>>::decode(&mut input)
        .ok()
        .filter(|found| input.is_empty() && found.len() <= MAX_TRANSACTIONS)
        .unwrap_or_default()
}

/// Those of `missing` that are not among these transactions.
pub(crate) fn still_missing(missing: &[Hash], transactions: &[Vec<u8>]) -> Vec<Hash> {
    let ids = transactions
        .iter()
        .filter_map(|blob| Some(Transaction::decode(blob).ok()?.id()));
    let found: BTreeSet<Hash> = ids.collect();
    missing.iter().filter(|id| !found.contains(id)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_asks_for_as_many_as_are_answered() {
        let most = question(&[Hash::ZERO; MAX_TRANSACTIONS]);
        assert!(most.len() <= MAX_QUESTION_BYTES);
        assert_eq!(question(&[Hash::ZERO; MAX_TRANSACTIONS + 1]), most);
    }

    #[test]
    fn an_answer_returns_as_it_was_and_garbage_is_none() {
        let sent = vec![vec![1, 2], vec![3]];
        assert_eq!(transactions(&sent.encode()), sent);
        let mut longer = sent.encode();
        longer.push(0);
        assert!(transactions(&longer).is_empty());
        assert!(transactions(&[0xff; 9]).is_empty());
    }
}
