//! One hash over the whole state, to tell whether two states are equal.

use crate::{
    table::TableId,
    view::{View, ViewError},
};
use oxen_types::{Hash, hashing::keccak256_parts};

/// Entries read at a time, to bound memory.
const PAGE: usize = 4096;

/// Hash over every row of every table that blocks determine, in order. Reads everything: for tests, `--check` and tools.
///
/// # Errors
/// The database failed.
pub fn state_digest(view: &(impl View + ?Sized)) -> Result<Hash, ViewError> {
    let mut digest = Hash::ZERO;
    for table in TableId::ALL.into_iter().filter(|table| table.is_determined_by_blocks()) {
        let mut from = Vec::new();
        loop {
            let page = view.scan(table, &[], &from, PAGE)?;
            for (key, row) in &page {
                let lengths = [(key.len() as u64).to_le_bytes(), (row.len() as u64).to_le_bytes()].concat();
                digest = keccak256_parts(&[digest.as_bytes(), table.name().as_bytes(), &lengths, key, row]);
            }
            let Some((last, _)) = page.last().filter(|_| page.len() == PAGE) else {
                break;
            };
            from.clone_from(last);
            from.push(0);
        }
    }
    Ok(digest)
}
