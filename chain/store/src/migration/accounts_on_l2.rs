//! From version 1 to 2: who stakes and earns may be an account on L2, nodes may have a BLS key, and thousandths of rewards have
//! 128 bits.
//!
//! Rows of version 1 know OXEN addresses alone and have 64 bits. What takes blocks back holds such rows, too; it goes, so that
//! the newest block at the time of the upgrade stays. All is one write.

use super::{Migration, MigrationDatabase, MigrationError};
use crate::{backend::Batch, column::Column, meta::DatabaseVersion};
use oxen_staking_rules::{
    MilliAmount, Recipient,
    registry::{LockedContribution, NodeContributor, Stake},
};
use oxen_state::{
    TableId,
    rewards::{AccruedRewardsRow, RewardRate, RewardStreamsRow},
    view::RawEntry,
};
use oxen_types::{Amount, Height, PublicKey};
use parity_scale_codec::{Decode, DecodeAll, Encode};

/// The step.
pub(super) struct AccountsOnL2;

/// An address as rows of version 1 have it.
#[derive(Encode, Decode)]
struct OldRecipient {
    spend: PublicKey,
    view: PublicKey,
}

impl From<OldRecipient> for Recipient {
    fn from(old: OldRecipient) -> Self {
        Self::Oxen {
            spend: old.spend,
            view: old.view,
        }
    }
}

#[derive(Encode, Decode)]
struct OldContributor {
    recipient: OldRecipient,
    amount: Amount,
    reserved: Amount,
    locked: Vec<LockedContribution>,
}

#[derive(Encode, Decode)]
struct OldStake {
    requirement: Amount,
    operator: OldRecipient,
    operator_portions: u64,
    contributors: Vec<OldContributor>,
    total_contributed: Amount,
    total_reserved: Amount,
}

impl From<OldStake> for Stake {
    fn from(old: OldStake) -> Self {
        let contributor = |old: OldContributor| NodeContributor {
            recipient: old.recipient.into(),
            beneficiary: None,
            amount: old.amount,
            reserved: old.reserved,
            locked: old.locked,
        };
        Self {
            requirement: old.requirement,
            bls_key: None,
            operator: old.operator.into(),
            operator_portions: old.operator_portions,
            contributors: old.contributors.into_iter().map(contributor).collect(),
            total_contributed: old.total_contributed,
            total_reserved: old.total_reserved,
        }
    }
}

#[derive(Encode, Decode)]
struct OldBalance {
    recipient: OldRecipient,
    milli: u64,
}

impl From<OldBalance> for AccruedRewardsRow {
    fn from(old: OldBalance) -> Self {
        Self {
            recipient: old.recipient.into(),
            balance: wide(old.milli),
        }
    }
}

#[derive(Encode, Decode)]
struct OldRate {
    from: Height,
    node: u64,
    created: u64,
}

impl From<OldRate> for RewardRate {
    fn from(old: OldRate) -> Self {
        Self {
            from: old.from,
            node: wide(old.node),
            created: wide(old.created),
        }
    }
}

fn wide(milli: u64) -> MilliAmount {
    MilliAmount::new(u128::from(milli))
}

const REWARDS: &str = TableId::AccruedRewards.name();
const RATES: &str = TableId::RewardRates.name();
const STREAMS: &str = TableId::RewardStreams.name();
const STAKES: &str = TableId::ServiceNodeStakes.name();

/// A row of streams begins with a recipient: the address gets its kind in front.
fn with_kind(row: &[u8]) -> Vec<u8> {
    const OXEN: u8 = 0;
    [&[OXEN], row].concat()
}

fn rewritten<Old: Decode, New: From<Old> + Encode>(row: &[u8], what: &'static str) -> Result<Vec<u8>, MigrationError> {
    let old = Old::decode_all(&mut &*row).map_err(|_| MigrationError::Unreadable { what })?;
    Ok(New::from(old).encode())
}

impl Migration for AccountsOnL2 {
    fn from(&self) -> DatabaseVersion {
        DatabaseVersion::new(1)
    }

    fn to(&self) -> DatabaseVersion {
        DatabaseVersion::new(2)
    }

    fn describe(&self) -> &'static str {
        "rewrites stakes, reward rates and unpaid rewards, and forgets what takes older blocks back"
    }

    fn run(
        &self,
        database: &mut MigrationDatabase<'_>,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<(), MigrationError> {
        let mut batch = Batch::new();
        // A row of the new form cannot be told from one of the old by itself; but all are written at once.
        if !is_done(database)? {
            for (key, row) in all(database, STREAMS)? {
                batch.put(STREAMS, key, with_kind(&row));
            }
            for (key, row) in all(database, REWARDS)? {
                let row = rewritten::<OldBalance, AccruedRewardsRow>(&row, "an unpaid reward")?;
                batch.put(REWARDS, key, row);
            }
            for (key, row) in all(database, RATES)? {
                let row = rewritten::<OldRate, RewardRate>(&row, "a reward rate")?;
                batch.put(RATES, key, row);
            }
            for (key, row) in all(database, STAKES)? {
                let row = rewritten::<OldStake, Stake>(&row, "the stake of a service node")?;
                batch.put(STAKES, key, row);
            }
        }
        for (key, _) in all(database, Column::Undo.name())? {
            batch.delete(Column::Undo.name(), key);
        }
        let rows = batch.operations().len() as u64;
        database.write(&batch)?;
        progress(rows, Some(rows));
        Ok(())
    }

    fn validate(&self, database: &MigrationDatabase<'_>) -> Result<(), MigrationError> {
        if is_done(database)? {
            Ok(())
        } else {
            Err(MigrationError::Invalid {
                rule: "every stake, reward rate and unpaid reward can be read",
            })
        }
    }
}

fn all(database: &MigrationDatabase<'_>, column: &str) -> Result<Vec<RawEntry>, MigrationError> {
    Ok(database.scan(column, &[], usize::MAX)?)
}

/// Every row has the new form. A row of the old one is a byte and more shorter and does not decode.
fn is_done(database: &MigrationDatabase<'_>) -> Result<bool, MigrationError> {
    Ok(decodes::<AccruedRewardsRow>(&all(database, REWARDS)?)
        && decodes::<RewardStreamsRow>(&all(database, STREAMS)?)
        && decodes::<RewardRate>(&all(database, RATES)?)
        && decodes::<Stake>(&all(database, STAKES)?))
}

fn decodes<T: Decode>(rows: &[RawEntry]) -> bool {
    rows.iter().all(|(_, row)| T::decode_all(&mut row.as_slice()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Backend, MemoryBackend, Survives};

    fn address() -> OldRecipient {
        OldRecipient {
            spend: PublicKey::new([1; 32]),
            view: PublicKey::new([2; 32]),
        }
    }

    fn old_stake() -> OldStake {
        OldStake {
            requirement: Amount::from_atomic(100),
            operator: address(),
            operator_portions: 7,
            contributors: vec![OldContributor {
                recipient: address(),
                amount: Amount::from_atomic(100),
                reserved: Amount::from_atomic(100),
                locked: Vec::new(),
            }],
            total_contributed: Amount::from_atomic(100),
            total_reserved: Amount::from_atomic(100),
        }
    }

    fn old_database() -> MemoryBackend {
        let mut disk = MemoryBackend::new();
        for column in [REWARDS, STREAMS, RATES, STAKES, Column::Undo.name()] {
            disk.create_column(column).unwrap();
        }
        let mut batch = Batch::new();
        batch.put(REWARDS, b"a".as_slice(), (address(), 9_u64).encode());
        batch.put(STREAMS, b"a".as_slice(), (address(), 5_u64, Vec::<u8>::new()).encode());
        batch.put(RATES, b"r".as_slice(), (7_u64, 8_u64, u64::MAX).encode());
        batch.put(STAKES, b"n".as_slice(), old_stake().encode());
        batch.put(Column::Undo.name(), b"u".as_slice(), b"rows".as_slice());
        disk.write(&batch, Survives::ProcessEnd).unwrap();
        disk
    }

    #[test]
    fn old_rows_become_new_ones_however_often_it_runs() {
        let mut disk = old_database();
        for _ in 0..2 {
            let mut database = MigrationDatabase::new(&mut disk);
            AccountsOnL2.run(&mut database, &mut |_, _| ()).unwrap();
            AccountsOnL2.validate(&database).unwrap();
            let stake = database.get(STAKES, b"n").unwrap().unwrap();
            assert_eq!(stake, Stake::from(old_stake()).encode());
            let row = database.get(REWARDS, b"a").unwrap().unwrap();
            let row = AccruedRewardsRow::decode_all(&mut row.as_slice()).unwrap();
            assert_eq!((row.recipient, row.balance.milli()), (address().into(), 9));
            let rate = database.get(RATES, b"r").unwrap().unwrap();
            let rate = RewardRate::decode_all(&mut rate.as_slice()).unwrap();
            assert_eq!(
                (rate.from.index(), rate.node.milli(), rate.created.milli()),
                (7, 8, u128::from(u64::MAX))
            );
            assert_eq!(database.get(Column::Undo.name(), b"u").unwrap(), None);
        }
    }

    #[test]
    fn a_row_that_is_neither_stops_it() {
        let mut disk = old_database();
        let mut batch = Batch::new();
        batch.put(STAKES, b"n".as_slice(), b"nonsense".as_slice());
        disk.write(&batch, Survives::ProcessEnd).unwrap();
        let mut database = MigrationDatabase::new(&mut disk);
        let error = AccountsOnL2.run(&mut database, &mut |_, _| ()).unwrap_err();
        assert!(matches!(error, MigrationError::Unreadable { .. }), "{error:?}");
    }
}
