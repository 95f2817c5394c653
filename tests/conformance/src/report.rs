//! What was compared: how often each check agreed and differed, and the first difference of each in full.

use std::{collections::BTreeMap, fmt};

/// Something that is compared or verified. In the order in which the table shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    // Decoding.
    /// The network's genesis is the first block.
    Genesis,
    /// A block's bytes decode and encode again.
    BlockBytes,
    /// Block ids.
    BlockId,
    /// Fields of the block header.
    BlockHeader,
    /// The RPC's decoded form of a block.
    BlockForm,
    /// A block's transactions are recorded at their place.
    BlockTransactions,
    /// Sum of a block's weights.
    BlockWeight,
    /// A transaction's bytes decode and encode again.
    TransactionBytes,
    /// Transaction ids.
    TransactionId,
    /// Hashes of the signed part.
    PrefixHash,
    /// Hashes of the proofs.
    PrunableHash,
    /// Transactions without their proofs.
    PrunedTransaction,
    /// Transaction weights.
    TransactionWeight,
    /// The RPC's decoded form of a transaction.
    TransactionForm,
    /// Extra fields.
    ExtraFields,
    /// Fee, burned fee and size.
    Fee,
    /// Global output indices.
    OutputIndices,
    /// Keys and commitments of outputs.
    Outputs,
    /// Rules that need no chain.
    TransactionRules,
    /// Key images: in the right group, never twice.
    KeyImages,
    /// Inputs equal outputs plus fee.
    Balance,
    /// Range proofs.
    RangeProofs,
    /// Ring signatures.
    RingSignatures,
    /// Coinbase outputs against the recorded payments.
    CoinbasePayouts,
    /// Signature sets of Pulse blocks.
    PulseForm,
    /// Signatures of Pulse blocks.
    PulseSignatures,
    /// Times of blocks.
    BlockTimes,
    /// Checkpoints.
    CheckpointForm,
    /// Votes for checkpoints.
    CheckpointSignatures,
    /// Registrations.
    RegistrationSignatures,
    /// Stakes: who, how much, which output.
    Stakes,
    /// Requests for an unlock.
    UnlockSignatures,
    /// Votes for state changes.
    StateChangeVotes,
    /// Keys of service nodes.
    NodeKeys,
    /// Seed words.
    Seeds,
    /// Keys of wallets.
    WalletKeys,
    /// Addresses of wallets.
    Addresses,
    /// Outputs found with the view key.
    OwnedOutputs,
    /// Amounts of owned outputs, whose commitments open.
    OwnedAmounts,
    /// Key images of owned outputs.
    OwnedKeyImages,
    /// Payment ids.
    PaymentIds,
    /// Exported key images.
    KeyImageExports,
    // Replay.
    /// Blocks pass the transition.
    Applied,
    /// Ids in the state.
    StateBlockId,
    /// Weights in the state.
    StateWeight,
    /// Long-term weights.
    StateLongTermWeight,
    /// Difficulties.
    StateDifficulty,
    /// Sums of difficulties.
    StateCumulativeDifficulty,
    /// Rewards.
    StateReward,
    /// Coinbase payouts.
    StatePayouts,
    /// Outputs in the state.
    StateOutputs,
    /// Transactions in the state.
    StateTransactions,
    /// `get_info`.
    Information,
    /// The set of service nodes.
    Registry,
    /// Every field of a service node.
    ServiceNode,
    /// Quorums of every kind.
    Quorums,
    /// Accrued rewards of every address, in whole atomic units.
    AccruedRewards,
    /// Accrued rewards in thousandths.
    AccruedMilli,
    /// Payments.
    Payments,
    /// Sums over the chain.
    Totals,
    /// What the reference refused is refused, and what it took is taken.
    Submissions,
    /// A branch that was replaced.
    Branch,
    /// Taking blocks back.
    Reverted,
    /// Applying blocks again.
    Reapplied,
}

impl Check {
    /// What is checked and where the rule stands.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Genesis => "genesis of network.json is block 0 (chain 3.5)",
            Self::BlockBytes => "block bytes decode and encode again (3.1, 3.2)",
            Self::BlockId => "block ids (3.3)",
            Self::BlockHeader => "block header fields",
            Self::BlockForm => "block decoded form",
            Self::BlockTransactions => "transactions of blocks, at their places",
            Self::BlockWeight => "block weights (4.5)",
            Self::TransactionBytes => "transaction bytes decode and encode again (2.2, 2.3)",
            Self::TransactionId => "transaction ids (2.4)",
            Self::PrefixHash => "prefix hashes (2.2)",
            Self::PrunableHash => "prunable hashes (2.4)",
            Self::PrunedTransaction => "pruned and prunable parts (2.4)",
            Self::TransactionWeight => "transaction weights (2.4)",
            Self::TransactionForm => "transaction decoded form",
            Self::ExtraFields => "extra fields, encoded again and parsed (2.5)",
            Self::Fee => "fees, burned fees, sizes, raw extra (2.9)",
            Self::OutputIndices => "global output indices (3.4)",
            Self::Outputs => "output keys and commitments (1.8)",
            Self::TransactionRules => "transaction rules 1-9 and 12 (2.6)",
            Self::KeyImages => "key images: group, never twice (2.6)",
            Self::Balance => "balances (2.6 rule 9)",
            Self::RangeProofs => "range proofs, batched (2.8)",
            Self::RingSignatures => "ring signatures (2.7)",
            Self::CoinbasePayouts => "coinbase payouts and one-time keys (4.7)",
            Self::PulseForm => "Pulse block signature sets (4.3)",
            Self::PulseSignatures => "Pulse block signatures (1.4, 3.3)",
            Self::BlockTimes => "block times, and Pulse rounds (4.2)",
            Self::CheckpointForm => "checkpoints: block, votes, order (4.12)",
            Self::CheckpointSignatures => "checkpoint signatures (4.12)",
            Self::RegistrationSignatures => "registration signatures (2.5)",
            Self::Stakes => "stakes: output, amount, key image proof (2.10)",
            Self::UnlockSignatures => "unlock signatures (2.6)",
            Self::StateChangeVotes => "state change votes (2.5)",
            Self::NodeKeys => "service node keys (1.3)",
            Self::Seeds => "seed words (1.7)",
            Self::WalletKeys => "wallet keys from seeds (1.7)",
            Self::Addresses => "addresses, of all three kinds (1.5, 1.6)",
            Self::OwnedOutputs => "outputs found with view keys (1.3, B.2)",
            Self::OwnedAmounts => "amounts and commitments of owned outputs (1.8)",
            Self::OwnedKeyImages => "key images of owned outputs (1.3)",
            Self::PaymentIds => "payment ids (1.6)",
            Self::KeyImageExports => "exported key image signatures (1.4)",
            Self::Applied => "blocks pass the state transition (B.3)",
            Self::StateBlockId => "block ids in the state (3.3)",
            Self::StateWeight => "block weights (4.5)",
            Self::StateLongTermWeight => "long-term weights (4.5)",
            Self::StateDifficulty => "difficulties (4.4)",
            Self::StateCumulativeDifficulty => "cumulative difficulties (4.4)",
            Self::StateReward => "rewards (4.6)",
            Self::StatePayouts => "coinbase payouts (4.7)",
            Self::StateOutputs => "outputs: index, key, commitment, height (3.4, 1.8)",
            Self::StateTransactions => "transactions: place, bytes, indices",
            Self::Registry => "registered service nodes (staking 9)",
            Self::ServiceNode => "fields of every service node (staking 4.1)",
            Self::Quorums => "quorums of every kind (staking 12, pulse 3)",
            Self::Information => "get_info and hard_fork_info (rpc 3.1)",
            Self::AccruedRewards => "accrued rewards of every address (4.7)",
            Self::AccruedMilli => "balances in thousandths of an atomic unit (4.7)",
            Self::Payments => "payments by coinbases (4.7)",
            Self::Totals => "sums over the chain (rpc 3.2)",
            Self::Submissions => "submissions taken and refused (2.6)",
            Self::Branch => "replaced branch: its blocks, its end, the choice (4.12)",
            Self::Reverted => "blocks taken back, to equal state digests",
            Self::Reapplied => "blocks applied again, to equal state digests",
        }
    }
}

/// How often a check agreed, differed, or could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Agreements.
    pub agreed: u64,
    /// Differences.
    pub differed: u64,
}

/// A difference, with all that is needed to look into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What was compared.
    pub check: Check,
    /// Of which block, transaction, output.
    pub place: String,
    /// What the recording has.
    pub recorded: String,
    /// What this program computed.
    pub computed: String,
}

/// The outcome of a command.
#[derive(Debug, Clone, Default)]
pub struct Report {
    tallies: BTreeMap<Check, Tally>,
    differences: Vec<Difference>,
    unchecked: BTreeMap<(Check, String), u64>,
    notes: Vec<String>,
}

impl Report {
    /// Nothing compared yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Compares what was recorded with what was computed.
    pub fn compare<T: PartialEq + fmt::Display>(
        &mut self,
        check: Check,
        place: impl FnOnce() -> String,
        recorded: &T,
        computed: &T,
    ) {
        if recorded == computed {
            self.agree(check);
        } else {
            self.differ(check, place(), recorded.to_string(), computed.to_string());
        }
    }

    /// Takes the outcome of a verification.
    pub fn verify<E: fmt::Display>(&mut self, check: Check, place: impl FnOnce() -> String, outcome: Result<(), E>) {
        match outcome {
            Ok(()) => self.agree(check),
            Err(error) => self.differ(check, place(), "valid".to_owned(), error.to_string()),
        }
    }

    /// Counts an agreement.
    pub fn agree(&mut self, check: Check) {
        self.tallies.entry(check).or_default().agreed += 1;
    }

    /// Counts a difference and keeps the first of each check.
    pub fn differ(&mut self, check: Check, place: String, recorded: String, computed: String) {
        let tally = self.tallies.entry(check).or_default();
        tally.differed += 1;
        if tally.differed == 1 {
            self.differences.push(Difference {
                check,
                place,
                recorded,
                computed,
            });
        }
    }

    /// Says that something was not checked, and why; it is shown, and fails nothing.
    pub fn unchecked(&mut self, check: Check, why: impl Into<String>) {
        *self.unchecked.entry((check, why.into())).or_default() += 1;
    }

    /// Adds a sentence for the reader.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// Adds what another part found, after what this one has.
    pub fn merge(&mut self, other: Self) {
        for difference in other.differences {
            if self.tally(difference.check).differed == 0 {
                self.differences.push(difference);
            }
        }
        for (check, tally) in other.tallies {
            let sum = self.tallies.entry(check).or_default();
            sum.agreed += tally.agreed;
            sum.differed += tally.differed;
        }
        for (key, count) in other.unchecked {
            *self.unchecked.entry(key).or_default() += count;
        }
        self.notes.extend(other.notes);
    }

    /// Counts of a check.
    #[must_use]
    pub fn tally(&self, check: Check) -> Tally {
        self.tallies.get(&check).copied().unwrap_or_default()
    }

    /// The first difference of each check that has any, in the order in which they were found.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// True when something was compared and all of it agreed.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.differences.is_empty() && self.tallies.values().any(|tally| tally.agreed > 0)
    }

    /// All comparisons.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.tallies.values().map(|tally| tally.agreed + tally.differed).sum()
    }
}

impl fmt::Display for Report {
    /// The table, what was not checked, notes, then the differences.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<56} {:>9} {:>9}", "check", "agreed", "differed")?;
        for (check, tally) in &self.tallies {
            writeln!(f, "{:<56} {:>9} {:>9}", check.label(), tally.agreed, tally.differed)?;
        }
        for ((check, why), count) in &self.unchecked {
            writeln!(f, "not checked: {} x {}: {why}", count, check.label())?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        for (position, difference) in self.differences.iter().enumerate() {
            let heading = if position == 0 {
                "FIRST DIFFERENCE"
            } else {
                "first difference of another check"
            };
            writeln!(f, "\n{heading}")?;
            writeln!(f, "  check     {}", difference.check.label())?;
            writeln!(f, "  where     {}", difference.place)?;
            writeln!(f, "  recorded  {}", difference.recorded)?;
            writeln!(f, "  computed  {}", difference.computed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_report_is_no_success() {
        assert!(!Report::new().is_success());
    }

    #[test]
    fn differences_are_counted_and_the_first_of_each_check_is_kept() {
        let mut report = Report::new();
        report.compare(Check::BlockId, || "block 0".to_owned(), &1, &1);
        assert!(report.is_success());
        report.compare(Check::BlockId, || "block 1".to_owned(), &1, &2);
        report.compare(Check::BlockId, || "block 2".to_owned(), &1, &3);
        assert!(!report.is_success());
        assert_eq!(report.tally(Check::BlockId), Tally { agreed: 1, differed: 2 });
        assert_eq!(report.differences().len(), 1);
        let text = report.to_string();
        assert!(text.contains("FIRST DIFFERENCE") && text.contains("block 1"), "{text}");
    }

    #[test]
    fn merged_reports_keep_the_earlier_difference() {
        let part = |place: &str| {
            let mut report = Report::new();
            report.compare(Check::Balance, || place.to_owned(), &1, &2);
            report
        };
        let mut report = part("here");
        report.merge(part("there"));
        assert_eq!(report.tally(Check::Balance).differed, 2);
        assert_eq!(report.differences()[0].place, "here");
        assert_eq!(report.differences().len(), 1);
    }
}
