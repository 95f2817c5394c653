//! Votes of a node: on checkpoints (pulse §9.2), and on nodes that it cannot reach (staking §15). The steps are those of
//! `oxen-staking-prober`, whose pool and rules these are.

use crate::{
    fault::Fault,
    ledger::Ledger,
    node::{Act, Node, Rumour},
};
use oxen_staking_rules::vote::{CastVote, Origin, Vote, VoteBody, VoteOutcome, check_age, state_change_transaction};
use oxen_state::{queries, service_nodes::state_quorums, transaction::CheckedTransaction};
use oxen_types::{
    ConsensusEncode, Height, PublicKey, Timestamp,
    extra::{NewState, Reasons},
    network::constants::{CHECKPOINT_INTERVAL_BLOCKS, REORG_SAFETY_BUFFER_BLOCKS, VOTE_LIFETIME_BLOCKS},
};
use std::{collections::BTreeSet, sync::Arc};

impl Node {
    /// Catches up with the chain: forgets votes that are void, casts those that are due, sends ours again.
    pub(crate) fn follow(
        &mut self,
        ledger: &mut Ledger,
        now: u64,
        first_reverted: Option<Height>,
        acts: &mut Vec<Act>,
    ) {
        let chain_height = self.chain.height().next();
        let Some(process) = &mut self.process else { return };
        if let Some(first_reverted) = first_reverted {
            process.cursor = process.cursor.min(first_reverted);
            process.votes.drop_reverted(first_reverted);
        }
        process.votes.prune(chain_height);
        self.vote_on_checkpoints(ledger, now, acts);
        self.send_votes(now, acts);
    }

    /// Sends our votes that are to be sent now.
    pub(crate) fn send_votes(&mut self, now: u64, acts: &mut Vec<Act>) {
        let chain_height = self.chain.height().next();
        let time = self.clock(now).timestamp();
        let Some(process) = &mut self.process else { return };
        let due = process.votes.take_due_relays(chain_height, time);
        acts.extend(due.into_iter().map(|vote| Act::Tell(Rumour::Vote(Box::new(vote)))));
    }

    fn vote_on_checkpoints(&mut self, ledger: &mut Ledger, now: u64, acts: &mut Vec<Act>) {
        let registry = ledger.registry(self.chain.rulebook(), &self.chain.tip());
        let active = registry.node(&self.key()).is_some_and(|node| node.is_active());
        if !active || self.faults.contains(&Fault::NoVotes) {
            return;
        }
        let Some(process) = &self.process else { return };
        let oldest = self.chain.height().next().saturating_sub(VOTE_LIFETIME_BLOCKS);
        let first = process.cursor.max(oldest).index();
        let mut height = Height::new(first.next_multiple_of(CHECKPOINT_INTERVAL_BLOCKS));
        while height < self.chain.height() {
            self.vote_on_checkpoint(ledger, now, height, acts);
            height = height.saturating_add(CHECKPOINT_INTERVAL_BLOCKS);
        }
        if let Some(process) = &mut self.process {
            process.cursor = height;
        }
    }

    fn vote_on_checkpoint(&mut self, ledger: &mut Ledger, now: u64, height: Height, acts: &mut Vec<Act>) {
        let Some(state_height) = height.checked_sub(REORG_SAFETY_BUFFER_BLOCKS) else {
            return;
        };
        let view = self.chain.view(ledger);
        let quorums = state_quorums(&view, state_height).expect("memory reads");
        let Some(quorum) = quorums.and_then(|quorums| quorums.checkpointing) else {
            return;
        };
        let place = quorum.validators.iter().position(|key| *key == self.pair.public);
        let block = queries::block_row(&view, height).expect("memory reads");
        let (Some(validator), Some(block)) = (place, block) else {
            return;
        };
        let validator = u16::try_from(validator).expect("quorums are small");
        let mut ids = vec![block.id];
        if self.faults.contains(&Fault::EveryBranch) {
            ids.extend(self.chain.ids_beside(height));
        }
        for id in ids {
            let vote = Vote::on_checkpoint(height, validator, id, &self.pair, &mut self.rng);
            if let Some(cast) = ledger.cast(&vote, &quorum) {
                self.enter_vote(ledger, now, cast, Origin::Ours, acts);
            }
        }
    }

    /// Votes on those nodes of the newest obligations quorum that cannot be reached, or can again.
    pub(crate) fn vote_on_nodes(
        &mut self,
        ledger: &mut Ledger,
        now: u64,
        unreachable: &BTreeSet<PublicKey>,
        acts: &mut Vec<Act>,
    ) {
        let height = self.chain.height();
        let quorums = state_quorums(&self.chain.view(ledger), height).expect("memory reads");
        let Some(quorum) = quorums.map(|quorums| quorums.obligations) else {
            return;
        };
        let Some(validator) = quorum.validators.iter().position(|key| *key == self.pair.public) else {
            return;
        };
        let validator = u16::try_from(validator).expect("quorums are small");
        let registry = ledger.registry(self.chain.rulebook(), &self.chain.tip());
        for (worker, key) in (0_u16..).zip(&quorum.workers) {
            let Some(node) = registry.node(key) else { continue };
            let state = match unreachable.contains(key) {
                true if node.is_active() => NewState::Decommission,
                false if node.is_decommissioned() => NewState::Recommission,
                _ => continue,
            };
            if !node.can_transition(height, state) {
                continue;
            }
            let reasons = Reasons::UPTIME_PROOF;
            let vote = Vote::on_node(height, validator, worker, state, reasons, &self.pair, &mut self.rng);
            if let Some(cast) = ledger.cast(&vote, &quorum) {
                self.enter_vote(ledger, now, cast, Origin::Ours, acts);
            }
        }
    }

    /// Takes a vote of another node.
    pub(crate) fn receive_vote(&mut self, ledger: &mut Ledger, now: u64, vote: &Vote) -> Vec<Act> {
        let mut acts = Vec::new();
        let known = self.process.as_ref().is_none_or(|process| process.votes.contains(vote));
        if known || check_age(vote.height, self.chain.height().next()).is_err() {
            return acts;
        }
        let (kind, state_height) = vote.quorum();
        let quorums = state_quorums(&self.chain.view(ledger), state_height).expect("memory reads");
        let Some(quorum) = quorums.as_ref().and_then(|quorums| quorums.get(kind)) else {
            return acts;
        };
        if let Some(cast) = ledger.cast(vote, quorum) {
            self.enter_vote(ledger, now, cast, Origin::Others, &mut acts);
        }
        acts
    }

    /// Puts a verified vote into the pool and hands on what it completes.
    pub(crate) fn enter_vote(
        &mut self,
        ledger: &mut Ledger,
        now: u64,
        cast: CastVote,
        origin: Origin,
        acts: &mut Vec<Act>,
    ) {
        let time: Timestamp = self.clock(now).timestamp();
        let Some(process) = &mut self.process else { return };
        if !matches!(process.votes.add(cast, origin, time), VoteOutcome::Added { .. }) {
            return;
        }
        match cast.vote().body {
            VoteBody::Checkpoint { .. } => {
                if let Some(checkpoint) = process.votes.checkpoint_of(cast.vote()) {
                    self.take_checkpoint(ledger, checkpoint);
                }
            }
            VoteBody::Obligations { .. } => {
                let Some(change) = process.votes.state_change_of(cast.vote()) else {
                    return;
                };
                let registry = ledger.registry(self.chain.rulebook(), &self.chain.tip());
                let node = cast.node().and_then(|key| registry.node(key));
                if node.is_none_or(|node| !node.can_transition(change.block_height, change.state)) {
                    return;
                }
                let fork = ledger
                    .network(self.chain.rulebook())
                    .forks
                    .version_at(self.chain.height());
                let blob = state_change_transaction(change).encode();
                let Ok(checked) = CheckedTransaction::from_blob(&blob, fork.version) else {
                    return;
                };
                let checked = Arc::new(checked);
                ledger.learn_transaction(&checked);
                self.pool.insert(checked.id(), Arc::clone(&checked));
                acts.push(Act::Tell(Rumour::Transaction(checked)));
            }
        }
    }
}
