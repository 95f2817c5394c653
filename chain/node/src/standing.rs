//! How our service node stands with the chain and its peers, in lines and warnings for its operator (rpc §7.3).

use crate::status::duration;
use oxen_node_api::service_nodes::ProofHindrance;
use oxen_types::{PublicKey, extra::Reasons};
use std::time::Duration;

/// What the registry says of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nobody registered it.
    NotRegistered,
    /// Its stake is not complete.
    AwaitingContributions,
    /// It works.
    Active {
        /// Blocks for which it may be absent.
        credit_blocks: i64,
    },
    /// It is suspended.
    Decommissioned {
        /// Blocks until it is deregistered.
        credit_blocks: i64,
        /// Reasons that all voters gave.
        reasons_of_all: Reasons,
        /// Reasons that any voter gave.
        reasons_of_any: Reasons,
    },
}

/// A service beside the node that the network requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CompanionAge {
    /// Its name.
    pub(crate) name: &'static str,
    /// Seconds since its last ping that counted.
    pub(crate) seconds: Option<u64>,
}

/// Everything that is told about the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnReport {
    /// The primary key.
    pub(crate) key: PublicKey,
    /// What the registry says.
    pub(crate) standing: Standing,
    /// Seconds since a proof of it was accepted last.
    pub(crate) proof_seconds: Option<u64>,
    /// For how long a proof counts, seconds.
    pub(crate) proof_validity_seconds: u64,
    /// Services that the network requires.
    pub(crate) companions: Vec<CompanionAge>,
    /// Why no proof is sent.
    pub(crate) hindrance: Option<ProofHindrance>,
}

impl OwnReport {
    /// Lines for the status: key, state, proof and pings, then the reasons of a suspension.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut line = format!("SN: {} {}", self.key, self.state());
        if self.standing != Standing::NotRegistered {
            line.push_str(&format!(", proof: {}", age(self.proof_seconds)));
        }
        if !self.companions.is_empty() {
            let pings: Vec<String> = self
                .companions
                .iter()
                .map(|companion| format!("{} ({})", age(companion.seconds), companion.name))
                .collect();
            line.push_str(&format!(", last pings: {}", pings.join(", ")));
        }
        let reasons = self
            .reasons()
            .map(|reasons| format!("Decommissioned because of {reasons}"));
        std::iter::once(line).chain(reasons).collect()
    }

    /// What the operator should act on, a sentence each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        match self.standing {
            Standing::NotRegistered => return warnings,
            Standing::Decommissioned { credit_blocks, .. } => {
                let reasons = self
                    .reasons()
                    .unwrap_or_else(|| "reasons that were not given".to_owned());
                warnings.push(format!(
                    "the service node is decommissioned because of {reasons}; it is deregistered when its {credit_blocks} blocks of credit are used up"
                ));
            }
            Standing::AwaitingContributions | Standing::Active { .. } => {}
        }
        match self.proof_seconds {
            Some(seconds) if seconds <= self.proof_validity_seconds => {}
            Some(seconds) => warnings.push(format!(
                "no uptime proof of this service node was accepted for {}; peers count it as absent",
                duration(Duration::from_secs(seconds))
            )),
            None => warnings.push("no uptime proof of this service node was accepted yet".to_owned()),
        }
        if let Some(hindrance) = self.hindrance.as_ref().filter(|one| **one != ProofHindrance::Starting) {
            warnings.push(format!("no uptime proof is sent: {hindrance}"));
        }
        warnings
    }

    /// Blocks for which the node may be absent, once it is funded.
    pub(crate) const fn credit_blocks(&self) -> Option<i64> {
        match self.standing {
            Standing::Active { credit_blocks } | Standing::Decommissioned { credit_blocks, .. } => Some(credit_blocks),
            Standing::NotRegistered | Standing::AwaitingContributions => None,
        }
    }

    /// The state in words.
    pub(crate) fn state(&self) -> String {
        match self.standing {
            Standing::NotRegistered => "not registered".to_owned(),
            Standing::AwaitingContributions => "awaiting contributions".to_owned(),
            Standing::Active { .. } => "active".to_owned(),
            Standing::Decommissioned { credit_blocks, .. } => format!("DECOMMISSIONED ({credit_blocks} blocks credit)"),
        }
    }

    fn reasons(&self) -> Option<String> {
        let Standing::Decommissioned {
            reasons_of_all,
            reasons_of_any,
            ..
        } = self.standing
        else {
            return None;
        };
        let partial = Reasons::from_bits(reasons_of_any.bits() & !reasons_of_all.bits());
        let parts: Vec<String> = [(reasons_of_all, "all voters"), (partial, "some voters")]
            .into_iter()
            .map(|(reasons, who)| (names(reasons), who))
            .filter(|(names, _)| !names.is_empty())
            .map(|(names, who)| format!("{} ({who})", names.join(", ")))
            .collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Short codes, as RPC has them.
fn names(reasons: Reasons) -> Vec<&'static str> {
    Reasons::CODES
        .iter()
        .filter(|(reason, _)| reasons.bits() & reason.bits() != 0)
        .map(|(_, code)| *code)
        .collect()
}

fn age(seconds: Option<u64>) -> String {
    seconds.map_or_else(
        || "never".to_owned(),
        |seconds| format!("{} ago", duration(Duration::from_secs(seconds))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_node_api::Companion;

    fn report(standing: Standing) -> OwnReport {
        OwnReport {
            key: PublicKey::new([0xab; 32]),
            standing,
            proof_seconds: Some(61),
            proof_validity_seconds: 7_500,
            companions: vec![CompanionAge {
                name: "storage server",
                seconds: None,
            }],
            hindrance: None,
        }
    }

    #[test]
    fn a_working_node_has_one_line_and_no_warning() {
        let report = report(Standing::Active { credit_blocks: 5 });
        let key = "ab".repeat(32);
        assert_eq!(
            report.lines(),
            [format!(
                "SN: {key} active, proof: 1m 1s ago, last pings: never (storage server)"
            )]
        );
        assert!(report.warnings().is_empty());
        assert_eq!(report.credit_blocks(), Some(5));
    }

    #[test]
    fn a_suspended_node_says_why_and_how_long_it_has() {
        let report = report(Standing::Decommissioned {
            credit_blocks: 90,
            reasons_of_all: Reasons::UPTIME_PROOF,
            reasons_of_any: Reasons::from_bits(Reasons::UPTIME_PROOF.bits() | Reasons::PULSE.bits()),
        });
        let lines = report.lines();
        assert!(lines[0].contains("DECOMMISSIONED (90 blocks credit)"), "{lines:?}");
        assert_eq!(
            lines[1],
            "Decommissioned because of uptime (all voters); pulse (some voters)"
        );
        assert!(
            report.warnings()[0].contains("90 blocks of credit"),
            "{:?}",
            report.warnings()
        );
    }

    #[test]
    fn proofs_that_are_missing_or_not_sent_are_warned_of() {
        let late = OwnReport {
            proof_seconds: Some(7_501),
            hindrance: Some(ProofHindrance::NoPing {
                companion: Companion::Lokinet,
            }),
            ..report(Standing::Active { credit_blocks: 5 })
        };
        let warnings = late.warnings();
        assert!(warnings[0].contains("was accepted for 2h 5m 1s"), "{warnings:?}");
        assert!(warnings[1].contains("no ping of lokinet"), "{warnings:?}");
        let starting = OwnReport {
            proof_seconds: None,
            hindrance: Some(ProofHindrance::Starting),
            ..late
        };
        assert_eq!(starting.warnings().len(), 1);
    }

    #[test]
    fn a_node_that_nobody_registered_owes_nothing() {
        let report = OwnReport {
            proof_seconds: None,
            ..report(Standing::NotRegistered)
        };
        assert!(report.warnings().is_empty());
        assert!(
            report.lines()[0].contains("not registered, last pings"),
            "{:?}",
            report.lines()
        );
    }
}
