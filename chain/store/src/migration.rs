//! Bringing an older database up to date.
//!
//! A change of what rows mean gets a new [`crate::DATABASE_VERSION`] and one [`Migration`] from the version before. At opening
//! those that are missing run in order, each validates what it made, and only then the version is written. A migration may be
//! interrupted anywhere and is then run again from its start on rows that are partly its own work, so it must know new rows
//! from old ones, or make its changes in one batch.

mod accounts_on_l2;

use crate::{
    backend::{Backend, BackendError, Batch, Survives},
    meta::{DATABASE_VERSION, DatabaseVersion},
};
use oxen_state::view::RawEntry;
use std::fmt;
use thiserror::Error;

/// One step from a version to a later one.
pub trait Migration: Send + Sync {
    /// The version it starts from.
    fn from(&self) -> DatabaseVersion;

    /// The version it leads to.
    fn to(&self) -> DatabaseVersion;

    /// What it does, for the operator who waits for it: "rewrites …".
    fn describe(&self) -> &'static str;

    /// Does it. Reports rows done and, if known, rows in all.
    ///
    /// # Errors
    /// The disk failed, or a row is not what its version holds.
    fn run(
        &self,
        database: &mut MigrationDatabase<'_>,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<(), MigrationError>;

    /// Checks what it made.
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    fn validate(&self, database: &MigrationDatabase<'_>) -> Result<(), MigrationError>;
}

/// Why a migration failed. The database keeps its old version.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// The backend failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A row is not what the old version holds.
    #[error("{what} cannot be read")]
    Unreadable {
        /// The row.
        what: &'static str,
    },
    /// Something is not as the new version demands.
    #[error("after the migration, {rule} does not hold")]
    Invalid {
        /// What should hold.
        rule: &'static str,
    },
}

/// How far a migration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MigrationProgress {
    /// Which step of those needed, from 1.
    pub step: usize,
    /// Steps needed.
    pub steps: usize,
    /// What the step does.
    pub description: &'static str,
    /// Rows done in it.
    pub rows_done: u64,
    /// Rows of it, if known.
    pub rows: Option<u64>,
}

/// The database as a migration sees it: columns by name, those that no later version knows among them.
pub struct MigrationDatabase<'a> {
    backend: &'a mut dyn Backend,
}

impl<'a> MigrationDatabase<'a> {
    pub(crate) fn new(backend: &'a mut dyn Backend) -> Self {
        Self { backend }
    }

    /// The row under `key`.
    ///
    /// # Errors
    /// The column does not exist, or the disk failed.
    pub fn get(&self, column: &str, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        self.backend.snapshot().get(column, key)
    }

    /// Up to `limit` entries from `from` on in key order.
    ///
    /// # Errors
    /// The column does not exist, or the disk failed.
    pub fn scan(&self, column: &str, from: &[u8], limit: usize) -> Result<Vec<RawEntry>, BackendError> {
        self.backend.snapshot().scan(column, &[], from, limit)
    }

    /// Writes all of `batch` or nothing of it.
    ///
    /// # Errors
    /// The disk failed.
    pub fn write(&mut self, batch: &Batch<'_>) -> Result<(), BackendError> {
        self.backend.write(batch, Survives::ProcessEnd)
    }

    /// Makes an empty column; one that exists stays as it is. Those of [`crate::Column::all`] exist already.
    ///
    /// # Errors
    /// The disk failed.
    pub fn create_column(&mut self, name: &str) -> Result<(), BackendError> {
        self.backend.create_column(name)
    }

    /// Removes a column and its rows, after everything written so far is safe from loss of power; one that does not exist is
    /// no error.
    ///
    /// # Errors
    /// The disk failed.
    pub fn drop_column(&mut self, name: &str) -> Result<(), BackendError> {
        self.backend.flush()?;
        self.backend.drop_column(name)
    }
}

/// Migrations in order, and the version they lead to.
#[derive(Default)]
pub struct MigrationPlan {
    migrations: Vec<Box<dyn Migration>>,
}

/// Why migrations do not make a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "the migration from version {from} to version {to} does not follow the one before it, or does not lead upwards"
)]
pub struct PlanError {
    /// Where the offending migration starts.
    pub from: DatabaseVersion,
    /// Where it leads.
    pub to: DatabaseVersion,
}

impl MigrationPlan {
    /// What this version of the program needs.
    #[must_use]
    pub fn current() -> Self {
        Self {
            migrations: vec![Box::new(accounts_on_l2::AccountsOnL2)],
        }
    }

    /// Migrations that follow each other.
    ///
    /// # Errors
    /// They do not.
    pub fn new(migrations: Vec<Box<dyn Migration>>) -> Result<Self, PlanError> {
        let mut reached = None;
        for migration in &migrations {
            let (from, to) = (migration.from(), migration.to());
            if from >= to || reached.is_some_and(|version| version != from) {
                return Err(PlanError { from, to });
            }
            reached = Some(to);
        }
        Ok(Self { migrations })
    }

    /// The version a database has after it.
    #[must_use]
    pub fn target(&self) -> DatabaseVersion {
        self.migrations.last().map_or(DATABASE_VERSION, |last| last.to())
    }

    /// What a database of version `from` still needs; none when no path leads from there.
    pub(crate) fn steps_from(&self, from: DatabaseVersion) -> Option<&[Box<dyn Migration>]> {
        if from == self.target() {
            return Some(&[]);
        }
        let first = self.migrations.iter().position(|migration| migration.from() == from)?;
        self.migrations.get(first..)
    }
}

impl fmt::Debug for MigrationPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self
            .migrations
            .iter()
            .map(|migration| (migration.from(), migration.to(), migration.describe()));
        f.debug_list().entries(steps).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Step(u32, u32);

    impl Migration for Step {
        fn from(&self) -> DatabaseVersion {
            DatabaseVersion::new(self.0)
        }

        fn to(&self) -> DatabaseVersion {
            DatabaseVersion::new(self.1)
        }

        fn describe(&self) -> &'static str {
            "does nothing"
        }

        fn run(
            &self,
            _database: &mut MigrationDatabase<'_>,
            _progress: &mut dyn FnMut(u64, Option<u64>),
        ) -> Result<(), MigrationError> {
            Ok(())
        }

        fn validate(&self, _database: &MigrationDatabase<'_>) -> Result<(), MigrationError> {
            Ok(())
        }
    }

    fn plan(steps: &[(u32, u32)]) -> Result<MigrationPlan, PlanError> {
        MigrationPlan::new(
            steps
                .iter()
                .map(|(from, to)| Box::new(Step(*from, *to)) as Box<dyn Migration>)
                .collect(),
        )
    }

    #[test]
    fn migrations_must_follow_each_other_upwards() {
        assert!(plan(&[(1, 2), (2, 3)]).is_ok());
        assert!(plan(&[(1, 2), (3, 4)]).is_err(), "a gap");
        assert!(plan(&[(1, 2), (1, 2)]).is_err(), "a repetition");
        assert!(plan(&[(2, 2)]).is_err(), "a step nowhere");
    }

    #[test]
    fn a_database_gets_only_the_steps_it_lacks() {
        let plan = plan(&[(1, 2), (2, 4)]).unwrap();
        let steps = |from| plan.steps_from(DatabaseVersion::new(from)).map(<[_]>::len);
        assert_eq!([steps(1), steps(2), steps(4)], [Some(2), Some(1), Some(0)]);
        assert_eq!([steps(0), steps(3)], [None, None]);
    }

    #[test]
    fn the_current_plan_leads_to_the_current_version() {
        assert_eq!(MigrationPlan::current().target(), DATABASE_VERSION);
    }
}
