//! What the log has of rounds.

use oxen_pulse_machine::{Report, Role};

/// Writes a report to the log, as loud as an operator wants it.
pub(crate) fn write(report: &Report) {
    match report {
        Report::Objected { .. }
        | Report::RoundFailed {
            role: Role::Producer | Role::Validator(_),
            ..
        } => tracing::warn!("{report}"),
        Report::RoundPrepared {
            role: Role::Producer | Role::Validator(_),
            ..
        }
        | Report::BlockMade { .. }
        | Report::RoundsExhausted { .. } => tracing::info!("{report}"),
        Report::ParticipantsAgreed { .. }
        | Report::RoundFailed { .. }
        | Report::MessageRefused { .. }
        | Report::RoundPrepared { .. }
        | Report::TemplateSent { .. }
        | Report::Overtaken { .. }
        | Report::NoQuorum { .. }
        | Report::Straggler { .. } => tracing::debug!("{report}"),
    }
}
