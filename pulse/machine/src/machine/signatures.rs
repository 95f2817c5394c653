//! The last stage: the block is signed, collected, submitted (pulse §6.4).

use super::{
    Context,
    round::{Ending, FinalBlock, Progress, Round, Stand, State},
};
use crate::{
    effect::Effect,
    guard::{GuardRecord, GuardedAct},
    message::{Draft, Verifier},
    quorum::Position,
    report::{Failure, Refusal},
    timing::Stage,
};
use oxen_types::{Block, Signature, block::QuorumSignature, network::constants::PULSE_REQUIRED_SIGNATURES};

impl Round {
    /// The block is known: the guard is asked before we sign it. Whoever objects waits for what the others do.
    pub(super) fn enter_signatures<V: Verifier>(&mut self, cx: &mut Context<'_, V>, block: Box<Block>) -> Progress {
        let last = FinalBlock {
            id: block.id(),
            block,
            since: cx.now,
        };
        if self.stand == Stand::Signs {
            let record = self.record_of(&last);
            if cx.promises.promise(&record).is_err() {
                return Progress::failed(Failure::AlreadySigned);
            }
            cx.emit(Effect::Guard(record));
        }
        self.state = State::Signatures(last);
        self.replay(cx, Stage::Signatures);
        Progress::Moved
    }

    /// What the guard stores about the block.
    pub(super) const fn record_of(&self, last: &FinalBlock) -> GuardRecord {
        GuardRecord {
            height: self.id.height,
            round: self.id.number,
            act: GuardedAct::Block,
            id: last.id,
        }
    }

    /// The guard has stored the record: we sign.
    pub(super) fn sign_block<V>(&self, cx: &mut Context<'_, V>, record: &GuardRecord) {
        if let State::Signatures(last) = &self.state
            && self.stand == Stand::Signs
            && self.record_of(last) == *record
            && let Some(position) = self.own_position()
        {
            cx.emit(Effect::Sign(Draft::Block {
                round: self.id,
                position,
                block_id: last.id,
            }));
        }
    }

    /// A participant's signature over the block, if it is over ours.
    pub(super) fn accept_signature<V: Verifier>(
        &mut self,
        cx: &Context<'_, V>,
        position: Position,
        signature: &Signature,
    ) -> Result<(), Refusal> {
        let (State::Signatures(last) | State::Submitting(last)) = &self.state else {
            return Err(Refusal::OtherBlock);
        };
        let is_ours = self
            .quorum
            .validator(position)
            .is_some_and(|key| cx.verifier.verify(&last.id, key, signature));
        if !is_ours {
            self.elsewhere = self.elsewhere.with(position);
            return Err(Refusal::OtherBlock);
        }
        self.signatures.insert(position, *signature);
        Ok(())
    }

    /// All participants have signed; or their time is over, and seven are enough for a block, so that nobody who has seen the
    /// random value can take it back, or delay it much, by not signing.
    pub(super) fn advance_signatures<V: Verifier>(&mut self, cx: &mut Context<'_, V>) -> Progress {
        let State::Signatures(last) = &self.state else {
            return Progress::Waiting;
        };
        let missing = self.missing();
        if !missing.is_empty() && !self.is_over(cx.now) {
            return Progress::Waiting;
        }
        if !self.signatures.present().can_sign() {
            let elsewhere = self.elsewhere;
            return Progress::failed(match self.stand {
                Stand::Objects(objection) if elsewhere.is_empty() => Failure::Objected(objection),
                _ => Failure::MissingSignatures { missing, elsewhere },
            });
        }
        let (mut block, id, since) = (last.block.clone(), last.id, last.since);
        // The lowest ones (pulse §17 quirk 3), so that all who have all send the same bytes.
        let lowest = self.signatures.iter().take(PULSE_REQUIRED_SIGNATURES);
        block.signatures = lowest
            .map(|(position, signature)| QuorumSignature {
                voter_index: position.number(),
                signature: *signature,
            })
            .collect();
        cx.emit(Effect::SubmitBlock {
            round: self.id,
            block: block.clone(),
        });
        self.state = State::Submitting(FinalBlock { block, id, since });
        Progress::Moved
    }

    pub(super) fn block_accepted(&self) -> Progress {
        match &self.state {
            State::Submitting(last) => Progress::Ended(Ending::BlockMade(
                last.id,
                self.participants.without(self.signatures.present()),
            )),
            _ => Progress::Waiting,
        }
    }

    pub(super) const fn block_refused(&self) -> Progress {
        match self.state {
            State::Submitting(_) => Progress::failed(Failure::BlockRefused),
            _ => Progress::Waiting,
        }
    }
}
