//! A disk that breaks when told to: for tests of everything that must survive one.

use super::{Backend, BackendError, BackendSnapshot, Batch, Statistics, Survives};
use oxen_state::view::RawEntry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// What happens at the chosen write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The write fails and leaves nothing behind; later ones would work.
    ErrorBeforeWrite,
    /// The write is done, but reported as failed; later ones would work.
    ErrorAfterWrite,
    /// No space is left, for this write and all later ones.
    DiskFull,
    /// The process ends before the write: nothing is written from here on.
    CrashBeforeWrite,
    /// The process ends after the write: nothing more is written from here on.
    CrashAfterWrite,
    /// The process ends in the middle of a write that is *not* atomic: only so many operations are done. No real backend may
    /// do this; a test that does not notice it tests nothing.
    TornWrite {
        /// Operations that are done.
        operations: usize,
    },
}

/// Why a failing backend failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InjectedFault {
    /// A write failed as planned.
    #[error("write {index} fails as planned")]
    Write {
        /// Which write, counted from 0.
        index: u64,
    },
    /// A read failed as planned.
    #[error("reads fail as planned")]
    Read,
    /// The process would have ended by now.
    #[error("the process has ended as planned")]
    Crashed,
}

#[derive(Debug, Default)]
struct PlanState {
    at: Option<(u64, Fault)>,
    writes: u64,
    struck: bool,
    reads_fail: bool,
    available_bytes: Option<u64>,
}

/// When and how a [`FailingBackend`] breaks, and whether it has. A clone is another handle to the same plan, to be kept while
/// the store owns the backend.
#[derive(Debug, Clone, Default)]
pub struct FaultPlan(Arc<Mutex<PlanState>>);

impl FaultPlan {
    /// Nothing breaks; writes are counted.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// `fault` happens at write `index`, counted from 0. Making and dropping a column count as writes.
    #[must_use]
    pub fn at_write(index: u64, fault: Fault) -> Self {
        let plan = Self::none();
        plan.state().at = Some((index, fault));
        plan
    }

    /// `fault` happens at the next write.
    pub fn strike_next(&self, fault: Fault) {
        let mut state = self.state();
        state.at = Some((state.writes, fault));
        state.struck = false;
    }

    /// From now on every read fails.
    pub fn fail_reads(&self) {
        self.state().reads_fail = true;
    }

    /// From now on the disk says that so many bytes are free.
    pub fn set_available_bytes(&self, available: u64) {
        self.state().available_bytes = Some(available);
    }

    /// Writes so far, the failed ones included.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.state().writes
    }

    /// True when the fault has happened: a test of a crash must see it.
    #[must_use]
    pub fn has_struck(&self) -> bool {
        self.state().struck
    }

    fn state(&self) -> MutexGuard<'_, PlanState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a write and says what becomes of it.
    fn next_write(&self) -> (u64, Verdict) {
        let mut state = self.state();
        let index = state.writes;
        state.writes = state.writes.saturating_add(1);
        let verdict = match state.at {
            Some((at, fault)) if at == index => Verdict::Strike(fault),
            Some((_, Fault::DiskFull)) if state.struck => Verdict::Strike(Fault::DiskFull),
            Some((_, Fault::CrashBeforeWrite | Fault::CrashAfterWrite | Fault::TornWrite { .. })) if state.struck => {
                Verdict::Dead
            }
            _ => Verdict::Work,
        };
        state.struck |= matches!(verdict, Verdict::Strike(_));
        (index, verdict)
    }

    /// True when the process would have ended.
    fn is_dead(&self) -> bool {
        let state = self.state();
        state.struck
            && matches!(
                state.at,
                Some((
                    _,
                    Fault::CrashBeforeWrite | Fault::CrashAfterWrite | Fault::TornWrite { .. }
                ))
            )
    }
}

/// What becomes of a write.
enum Verdict {
    Work,
    Strike(Fault),
    Dead,
}

/// A backend that breaks as its [`FaultPlan`] says, and otherwise does what `B` does.
#[derive(Debug)]
pub struct FailingBackend<B> {
    inner: B,
    plan: FaultPlan,
}

fn io(fault: InjectedFault) -> BackendError {
    BackendError::Io {
        source: Box::new(fault),
    }
}

impl<B: Backend> FailingBackend<B> {
    /// Breaks `inner` by `plan`.
    #[must_use]
    pub const fn new(inner: B, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

/// Runs `write` as far as the plan lets it; `torn` does some operations of it.
fn attempt(
    plan: &FaultPlan,
    write: impl FnOnce() -> Result<(), BackendError>,
    torn: impl FnOnce(usize) -> Result<(), BackendError>,
) -> Result<(), BackendError> {
    let (index, verdict) = plan.next_write();
    let fault = InjectedFault::Write { index };
    match verdict {
        Verdict::Work => return write(),
        Verdict::Dead => return Err(io(InjectedFault::Crashed)),
        Verdict::Strike(Fault::DiskFull) => {
            return Err(BackendError::DiskFull {
                source: Box::new(fault),
            });
        }
        Verdict::Strike(Fault::ErrorBeforeWrite | Fault::CrashBeforeWrite) => {}
        Verdict::Strike(Fault::ErrorAfterWrite | Fault::CrashAfterWrite) => write()?,
        Verdict::Strike(Fault::TornWrite { operations }) => torn(operations)?,
    }
    Err(io(fault))
}

impl<B: Backend> Backend for FailingBackend<B> {
    fn columns(&self) -> Vec<String> {
        self.inner.columns()
    }

    fn create_column(&mut self, name: &str) -> Result<(), BackendError> {
        let Self { inner, plan } = self;
        attempt(plan, || inner.create_column(name), |_| Ok(()))
    }

    fn drop_column(&mut self, name: &str) -> Result<(), BackendError> {
        let Self { inner, plan } = self;
        attempt(plan, || inner.drop_column(name), |_| Ok(()))
    }

    fn write(&self, batch: &Batch<'_>, survives: Survives) -> Result<(), BackendError> {
        attempt(
            &self.plan,
            || self.inner.write(batch, survives),
            |operations| self.inner.write(&batch.truncated(operations), survives),
        )
    }

    fn snapshot(&self) -> Box<dyn BackendSnapshot> {
        Box::new(FailingSnapshot {
            inner: self.inner.snapshot(),
            plan: self.plan.clone(),
        })
    }

    fn flush(&self) -> Result<(), BackendError> {
        if self.plan.is_dead() {
            Err(io(InjectedFault::Crashed))
        } else {
            self.inner.flush()
        }
    }

    fn available_bytes(&self) -> Result<Option<u64>, BackendError> {
        match self.plan.state().available_bytes {
            Some(available) => Ok(Some(available)),
            None => self.inner.available_bytes(),
        }
    }

    fn statistics(&self) -> Result<Statistics, BackendError> {
        self.inner.statistics()
    }
}

/// A snapshot whose reads fail when the plan says so.
struct FailingSnapshot {
    inner: Box<dyn BackendSnapshot>,
    plan: FaultPlan,
}

impl FailingSnapshot {
    fn check(&self) -> Result<(), BackendError> {
        if self.plan.state().reads_fail {
            Err(io(InjectedFault::Read))
        } else {
            Ok(())
        }
    }
}

impl BackendSnapshot for FailingSnapshot {
    fn get(&self, column: &str, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        self.check()?;
        self.inner.get(column, key)
    }

    fn scan(&self, column: &str, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<RawEntry>, BackendError> {
        self.check()?;
        self.inner.scan(column, prefix, from, limit)
    }
}
