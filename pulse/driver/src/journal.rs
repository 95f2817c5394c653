//! What operators and metrics hear of rounds.

use metrics::{counter, histogram};
use oxen_pulse_machine::{Moment, Report, Role};

/// Writes reports to the log and counts them.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// When a template of the round under way was sent or received the participants agreed.
    agreed: Option<Moment>,
}

impl Journal {
    pub(crate) fn note(&mut self, now: Moment, report: &Report) {
        match report {
            Report::ParticipantsAgreed { .. } => {
                self.agreed = Some(now);
                tracing::debug!("{report}");
            }
            Report::BlockMade { .. } => {
                counter!("oxen_pulse_blocks_completed_total").increment(1);
                if let Some(agreed) = self.agreed.take() {
                    #[allow(clippy::cast_precision_loss, reason = "milliseconds of a round are far below 2⁵³")]
                    histogram!("oxen_pulse_agreed_to_block_milliseconds").record(now.milliseconds_since(agreed) as f64);
                }
                tracing::info!("{report}");
            }
            Report::RoundFailed { role, .. } => {
                counter!("oxen_pulse_rounds_failed_total").increment(1);
                match role {
                    Role::Bystander => tracing::debug!("{report}"),
                    Role::Producer | Role::Validator(_) => tracing::warn!("{report}"),
                }
            }
            Report::MessageRefused { .. } => {
                counter!("oxen_pulse_messages_refused_total").increment(1);
                tracing::debug!("{report}");
            }
            Report::RoundPrepared {
                role: Role::Producer | Role::Validator(_),
                ..
            }
            | Report::RoundsExhausted { .. } => tracing::info!("{report}"),
            Report::RoundPrepared { .. }
            | Report::TemplateSent { .. }
            | Report::Overtaken { .. }
            | Report::NoQuorum { .. }
            | Report::Straggler { .. } => tracing::debug!("{report}"),
        }
    }
}
