//! What an operator sees of Pulse while the node runs.

use oxen_pulse_machine::{Report, Role, Status};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Pulse at one moment. Prints as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulseSituation {
    /// Where the machine stands.
    pub status: Status,
    /// Blocks that this node completed since the start.
    pub completed: u64,
    /// Rounds that failed with this node in their quorum since the start.
    pub failed: u64,
    /// Messages of others that were dropped because of what they say, since the start.
    pub refused: u64,
    /// The last round that failed.
    pub last_failure: Option<Report>,
    /// Rounds whose block this node did not sign, since the start, because it objected to it.
    pub objected: u64,
    /// The last of them.
    pub last_objection: Option<Report>,
}

impl fmt::Display for PulseSituation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pulse: ")?;
        match self.status {
            Status::WaitingForTip => f.write_str("waiting for the next block")?,
            Status::Preparing(round) => write!(f, "{round}, looking for its quorum")?,
            Status::InRound { round, role, stage, .. } => write!(f, "{round} as {role}, at: {}", stage.name())?,
        }
        write!(
            f,
            "; {} blocks completed, {} rounds failed here",
            self.completed, self.failed
        )?;
        if let Some(failure) = &self.last_failure {
            write!(f, "; last failure: {failure}")?;
        }
        if let Some(objection) = &self.last_objection {
            write!(f, "; {} blocks not signed here, last: {objection}", self.objected)?;
        }
        Ok(())
    }
}

/// Looks at Pulse from other threads.
#[derive(Debug, Clone)]
pub struct PulseWatch(Arc<Mutex<PulseSituation>>);

impl PulseWatch {
    pub(crate) fn new(status: Status) -> Self {
        Self(Arc::new(Mutex::new(PulseSituation {
            status,
            completed: 0,
            failed: 0,
            refused: 0,
            last_failure: None,
            objected: 0,
            last_objection: None,
        })))
    }

    /// Pulse now.
    #[must_use]
    pub fn situation(&self) -> PulseSituation {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn note(&self, status: Status, reports: impl IntoIterator<Item = Report>) {
        let mut situation = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        situation.status = status;
        for report in reports {
            match report {
                Report::BlockMade { .. } => situation.completed += 1,
                Report::MessageRefused { .. } => situation.refused += 1,
                Report::Objected { .. } => {
                    situation.objected += 1;
                    situation.last_objection = Some(report);
                }
                Report::RoundFailed {
                    role: Role::Producer | Role::Validator(_),
                    ..
                } => {
                    situation.failed += 1;
                    situation.last_failure = Some(report);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_pulse_machine::{Bitset, Failure, Objection, Position, RoundId, Stage};
    use oxen_types::{Hash, Height};

    fn round() -> RoundId {
        RoundId {
            parent: Hash::ZERO,
            height: Height::new(7),
            number: 2,
        }
    }

    #[test]
    fn an_operator_reads_that_his_node_alone_does_not_sign() {
        let watch = PulseWatch::new(Status::WaitingForTip);
        assert!(!watch.situation().to_string().contains("not signed"));
        let objection = Objection::Unacceptable;
        watch.note(
            Status::WaitingForTip,
            [Report::Objected {
                round: round(),
                objection,
            }],
        );
        let line = watch.situation().to_string();
        assert!(
            line.contains(
                "1 blocks not signed here, last: block 7 round 2: this node does not sign the producer's block: "
            ),
            "{line}"
        );
    }

    #[test]
    fn an_operator_reads_what_failed_last_and_what_to_do() {
        let round = round();
        let watch = PulseWatch::new(Status::WaitingForTip);
        let failed = |role| Report::RoundFailed {
            round,
            role,
            stage: Stage::Bitsets,
            reason: Failure::LeftOut,
        };
        let ours = failed(Role::Validator(Position::new(3).unwrap()));
        watch.note(
            Status::Preparing(round),
            [
                Report::BlockMade {
                    round,
                    id: Hash::ZERO,
                    unsigned: Bitset::EMPTY,
                },
                ours,
                failed(Role::Bystander),
            ],
        );
        let line = watch.situation().to_string();
        assert!(
            line.starts_with(
                "Pulse: block 7 round 2, looking for its quorum; 1 blocks completed, 1 rounds failed here; last failure: "
            ),
            "{line}"
        );
        assert!(line.contains("check that its port can be reached"), "{line}");
    }
}
