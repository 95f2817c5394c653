//! Transactions that a template names and the pool lacks: the producer has them and is asked.
//!
//! A template lists ids alone, and a transaction may be in its producer's pool a moment before it is in everybody's. Bytes on
//! our own transport: SCALE, bounded on both sides.

use oxen_node_api::Pool;
use oxen_types::Hash;
use parity_scale_codec::{Compact, Decode, Encode};

/// Most transactions that are asked for at once.
const MAX_TRANSACTIONS: usize = 512;
/// Most bytes of an answer.
const MAX_ANSWER_BYTES: usize = 4 << 20;
/// Most bytes of a question.
const MAX_QUESTION_BYTES: usize = MAX_TRANSACTIONS * 32 + 8;

/// The question for these transactions; `None` when there are more than anybody answers.
pub(crate) fn question(ids: &[Hash]) -> Option<Vec<u8>> {
    (ids.len() <= MAX_TRANSACTIONS).then(|| ids.encode())
}

/// The bytes of those transactions of a question that the pool has, in its order, as many as fit; `None` when it is no
/// question.
pub(crate) fn answer(pool: &dyn Pool, question: &[u8]) -> Option<Vec<u8>> {
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
        let id = Hash::decode(&mut input).ok()?;
        let Some(transaction) = pool.get(&id) else { continue };
        bytes = bytes.saturating_add(transaction.blob.len());
        if bytes > MAX_ANSWER_BYTES {
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
    let mut input = answer;
    // Each takes a byte for its length at least, so the count is bounded by the bytes that are there.
    Vec::<Vec<u8>>::decode(&mut input)
        .ok()
        .filter(|found| input.is_empty() && found.len() <= MAX_TRANSACTIONS)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_anybody_answers_is_not_asked() {
        assert!(question(&[Hash::ZERO; MAX_TRANSACTIONS]).is_some());
        assert!(question(&[Hash::ZERO; MAX_TRANSACTIONS + 1]).is_none());
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
