//! What happens before there is a store: is this our database, of our network and our version, and is it whole?

use crate::{
    backend::{Backend, BackendError, Batch, Survives},
    column::Column,
    error::StoreError,
    meta::{DatabaseVersion, FormatRow, Identity, MetaRow},
    migration::{Migration, MigrationDatabase, MigrationError, MigrationPlan, MigrationProgress},
};
use oxen_types::{Hash, NetworkId};
use std::{io, path::PathBuf};
use thiserror::Error;

/// Why a database cannot be opened. Each text says what an operator can do.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The folder cannot be made.
    #[error("cannot make the folder {}: check the permissions of the data directory", folder.display())]
    CreateFolder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Another process holds it.
    #[error(
        "the database in {} is already in use by another process: stop that one first, or choose another data directory",
        folder.display()
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// What the database said.
        #[source]
        source: BackendError,
    },
    /// It is of a version that this program does not know.
    #[error(
        "the database has version {found}, but this program knows versions up to {supported} only: install the newer \
         release that wrote it, or choose another data directory"
    )]
    NewerVersion {
        /// Its version, or the one it was being brought to.
        found: DatabaseVersion,
        /// The newest this program knows.
        supported: DatabaseVersion,
    },
    /// It is of a version that this program no longer knows.
    #[error(
        "the database has version {found}, from which this program cannot bring it to version {supported}: install a \
         release in between first, or choose another data directory"
    )]
    TooOld {
        /// Its version.
        found: DatabaseVersion,
        /// What this program works with.
        supported: DatabaseVersion,
    },
    /// It holds the chain of another network.
    #[error(
        "the database belongs to the network with id {found}, but this node runs on the one with id {expected}: choose \
         another data directory, or start the node for the other network"
    )]
    WrongNetwork {
        /// Whose it is.
        found: NetworkId,
        /// Whose it should be.
        expected: NetworkId,
    },
    /// It holds a chain from another beginning.
    #[error(
        "the database holds a chain that begins with block {found}, but this network begins with {expected}: choose another \
         data directory, or check the network's description"
    )]
    WrongGenesis {
        /// Its first block.
        found: Hash,
        /// What should be.
        expected: Hash,
    },
    /// It has columns that this program does not know.
    #[error(
        "the database holds tables that this program does not know ({}): install the newer release that wrote it, or \
         choose another data directory", columns.join(", ")
    )]
    UnknownColumns {
        /// Their names.
        columns: Vec<String>,
    },
    /// It has rows, but does not say what they are.
    #[error(
        "the folder holds a database that is not a chain of this program, or whose version row is lost: choose another data \
         directory, or restore the folder from a copy"
    )]
    NotAChain,
    /// Bringing it up to date failed.
    #[error(
        "bringing the database to version {to} failed; it is still of the version before, and the next start tries again: \
         {source}"
    )]
    Migration {
        /// Where the migration leads.
        to: DatabaseVersion,
        /// What went wrong.
        #[source]
        source: MigrationError,
    },
    /// The backend failed, or a row of the store's own is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<BackendError> for OpenError {
    fn from(error: BackendError) -> Self {
        Self::Store(error.into())
    }
}

/// Makes a new database of `identity`, or checks that an existing one is, and brings it to the version of `plan`. May be
/// interrupted anywhere, and is then done again.
pub(crate) fn prepare(
    backend: &mut dyn Backend,
    identity: &Identity,
    plan: &MigrationPlan,
    progress: &mut dyn FnMut(&MigrationProgress),
) -> Result<(), OpenError> {
    let existing = backend.columns();
    let format = if existing.iter().any(|name| name == Column::Meta.name()) {
        FormatRow::read(&*backend.snapshot())?
    } else {
        None
    };
    let Some(format) = format else {
        return make_new(backend, &existing, identity, plan.target());
    };
    check_version(&format, plan.target())?;
    check_identity(backend, identity)?;
    create_columns(backend)?;
    migrate(backend, &format, plan, progress)?;
    check_columns(backend)
}

fn make_new(
    backend: &mut dyn Backend,
    existing: &[String],
    identity: &Identity,
    version: DatabaseVersion,
) -> Result<(), OpenError> {
    let snapshot = backend.snapshot();
    for column in existing {
        if !snapshot.scan(column, &[], &[], 1)?.is_empty() {
            return Err(OpenError::NotAChain);
        }
    }
    drop(snapshot);
    create_columns(backend)?;
    let mut batch = Batch::new();
    identity.put(&mut batch);
    FormatRow {
        version,
        migrating_to: None,
    }
    .put(&mut batch);
    backend.write(&batch, Survives::PowerLoss)?;
    check_columns(backend)
}

fn check_version(format: &FormatRow, supported: DatabaseVersion) -> Result<(), OpenError> {
    let found = format.newest();
    if found > supported {
        Err(OpenError::NewerVersion { found, supported })
    } else {
        Ok(())
    }
}

fn check_identity(backend: &dyn Backend, expected: &Identity) -> Result<(), OpenError> {
    let found = Identity::read(&*backend.snapshot())?.ok_or(OpenError::NotAChain)?;
    if found.network != expected.network {
        return Err(OpenError::WrongNetwork {
            found: found.network,
            expected: expected.network,
        });
    }
    if found.genesis != expected.genesis {
        return Err(OpenError::WrongGenesis {
            found: found.genesis,
            expected: expected.genesis,
        });
    }
    Ok(())
}

fn create_columns(backend: &mut dyn Backend) -> Result<(), OpenError> {
    let existing = backend.columns();
    for column in Column::all().map(Column::name) {
        if !existing.iter().any(|name| name == column) {
            backend.create_column(column)?;
        }
    }
    Ok(())
}

fn check_columns(backend: &dyn Backend) -> Result<(), OpenError> {
    let mut columns = backend.columns();
    columns.retain(|name| !Column::all().any(|column| column.name() == name));
    if columns.is_empty() {
        Ok(())
    } else {
        Err(OpenError::UnknownColumns { columns })
    }
}

fn migrate(
    backend: &mut dyn Backend,
    format: &FormatRow,
    plan: &MigrationPlan,
    progress: &mut dyn FnMut(&MigrationProgress),
) -> Result<(), OpenError> {
    let steps = plan.steps_from(format.version).ok_or(OpenError::TooOld {
        found: format.version,
        supported: plan.target(),
    })?;
    for (index, migration) in steps.iter().enumerate() {
        let mut state = MigrationProgress {
            step: index.saturating_add(1),
            steps: steps.len(),
            description: migration.describe(),
            rows_done: 0,
            rows: None,
        };
        progress(&state);
        let mut report = |rows_done, rows| {
            state.rows_done = rows_done;
            state.rows = rows;
            progress(&state);
        };
        migrate_one(backend, &**migration, &mut report)?;
    }
    Ok(())
}

/// One migration between two writes of the version row.
fn migrate_one(
    backend: &mut dyn Backend,
    migration: &dyn Migration,
    report: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), OpenError> {
    let (from, to) = (migration.from(), migration.to());
    tracing::info!(%from, %to, "the database is brought to a newer version: this step {}", migration.describe());
    write_format(
        backend,
        FormatRow {
            version: from,
            migrating_to: Some(to),
        },
    )?;
    let mut database = MigrationDatabase::new(backend);
    migration
        .run(&mut database, report)
        .and_then(|()| migration.validate(&database))
        .map_err(|source| OpenError::Migration { to, source })?;
    write_format(
        backend,
        FormatRow {
            version: to,
            migrating_to: None,
        },
    )
}

fn write_format(backend: &dyn Backend, row: FormatRow) -> Result<(), OpenError> {
    let mut batch = Batch::new();
    row.put(&mut batch);
    Ok(backend.write(&batch, Survives::PowerLoss)?)
}
