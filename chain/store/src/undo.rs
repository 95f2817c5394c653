//! Undo rows: what takes a block back, as bytes, and which of them are kept.
//!
//! Tables stand in them by name rather than by number, so that adding a table to the state cannot change what an older row
//! means.

use crate::{backend::Batch, column::Column, commit::Commit, error::StoreError};
use oxen_state::{Change, Delta, TableId, TableKey, Undo};
use oxen_types::Height;
use parity_scale_codec::{DecodeAll, Encode};

/// Undo rows that one commit removes at most, beside those it makes superfluous itself: after the number of blocks to keep was
/// lowered they go little by little.
const PRUNED_AT_ONCE: u64 = 1_000;

/// Changes of one table by key.
type Rows<K, C> = Vec<(K, C)>;

/// The key of the row for the block at `height`.
pub(crate) fn undo_key(height: Height) -> Vec<u8> {
    height.to_key_bytes()
}

/// The height that a key of the undo column stands for.
pub(crate) fn undo_height(key: &[u8]) -> Result<Height, StoreError> {
    let bytes = key
        .try_into()
        .map_err(|_| StoreError::Corrupt { what: "an undo row" })?;
    Ok(Height::new(u64::from_be_bytes(bytes)))
}

/// The row.
pub(crate) fn encode_undo(undo: &Undo) -> Vec<u8> {
    let mut tables: Vec<(&str, Rows<&[u8], &Change>)> = Vec::new();
    for (table, key, change) in undo.as_delta().iter() {
        match tables.last_mut() {
            Some((name, rows)) if *name == table.name() => rows.push((key, change)),
            _ => tables.push((table.name(), vec![(key, change)])),
        }
    }
    tables.encode()
}

/// What the row says.
pub(crate) fn decode_undo(mut bytes: &[u8]) -> Result<Undo, StoreError> {
    const CORRUPT: StoreError = StoreError::Corrupt { what: "an undo row" };
    let tables = Vec::<(String, Rows<Vec<u8>, Change>)>::decode_all(&mut bytes).map_err(|_| CORRUPT)?;
    let mut changes = Vec::new();
    for (name, rows) in tables {
        let table = TableId::ALL
            .into_iter()
            .find(|table| table.name() == name)
            .ok_or(CORRUPT)?;
        changes.extend(rows.into_iter().map(|(key, change)| (table, key, change)));
    }
    Ok(Undo::from_delta(changes.into_iter().collect::<Delta>()))
}

/// Removes the undo rows of blocks taken back and of blocks too deep to be, adds those of blocks put on, and says below which
/// height there are none then.
pub(crate) fn add_undo_rows(
    batch: &mut Batch<'_>,
    commit: &Commit,
    first_applied: Height,
    oldest: Option<Height>,
    undo_blocks: u64,
) -> Option<Height> {
    let column = Column::Undo.name();
    if let Some(base) = commit.base {
        for height in first_applied.index()..=base.height.index() {
            batch.delete(column, undo_key(Height::new(height)));
        }
    }
    let oldest_kept = commit.tip.height.next().saturating_sub(undo_blocks);
    for (undo, height) in commit.applied.iter().zip(first_applied.index()..) {
        if height >= oldest_kept.index() {
            batch.put(column, undo_key(Height::new(height)), encode_undo(undo));
        }
    }
    let oldest = oldest.map_or(first_applied, |oldest| oldest.min(first_applied));
    let pruned_to = oldest_kept
        .min(first_applied)
        .min(oldest.saturating_add(PRUNED_AT_ONCE))
        .max(oldest);
    for height in oldest.index()..pruned_to.index() {
        batch.delete(column, undo_key(Height::new(height)));
    }
    // Rows of this commit that were too deep from the start were never written.
    Some(if pruned_to == first_applied {
        oldest_kept.max(oldest)
    } else {
        pruned_to
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Undo {
        let changes = [
            (TableId::Outputs, vec![1], Change::Delete),
            (TableId::Totals, vec![], Change::Put(vec![9, 9])),
            (TableId::Outputs, vec![0], Change::Put(vec![8])),
        ];
        Undo::from_delta(changes.into_iter().collect())
    }

    #[test]
    fn an_undo_row_says_what_was_put_into_it() {
        assert_eq!(decode_undo(&encode_undo(&example())).unwrap(), example());
        assert_eq!(decode_undo(&encode_undo(&Undo::default())).unwrap(), Undo::default());
    }

    #[test]
    fn tables_stand_in_undo_rows_by_name() {
        let row = encode_undo(&example());
        for name in ["totals", "outputs"] {
            assert!(
                row.windows(name.len()).any(|window| window == name.as_bytes()),
                "{name}"
            );
        }
    }

    #[test]
    fn a_damaged_undo_row_is_an_error() {
        let row = encode_undo(&example());
        assert!(decode_undo(&row[..row.len() - 1]).is_err());
        let unknown_table = vec![("no-such-table", vec![(vec![1_u8], Change::Delete)])].encode();
        assert!(decode_undo(&unknown_table).is_err());
        assert!(undo_height(&[1, 2, 3]).is_err());
    }
}
