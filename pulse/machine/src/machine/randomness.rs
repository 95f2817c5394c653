//! The random value of the block: all commit, then all reveal (pulse §6.4).

use super::{
    Context,
    round::{Progress, Round, State},
};
use crate::{
    digest::{RandomValue, joined_value},
    message::{Verifier, Word},
    report::Failure,
    timing::Stage,
};

impl Round {
    /// Our value was drawn: we commit to it.
    pub(super) fn value_drawn<V: Verifier>(&mut self, cx: &mut Context<'_, V>, value: RandomValue) -> Progress {
        let State::Drawing { block } = &self.state else {
            return Progress::Waiting;
        };
        self.state = State::ValueHashes {
            block: block.clone(),
            value,
        };
        self.say(cx, Word::ValueHash(value.commitment()));
        self.replay(cx, Stage::ValueHashes);
        Progress::Moved
    }

    /// Our value comes at once, or something is wrong.
    pub(super) fn advance_drawing<V>(&self, cx: &Context<'_, V>) -> Progress {
        match self.own_position() {
            Some(position) if self.is_over(cx.now) => Progress::failed(Failure::MissingValueHashes {
                missing: [position].into_iter().collect(),
            }),
            _ => Progress::Waiting,
        }
    }

    /// All participants have committed: we reveal.
    pub(super) fn advance_value_hashes<V: Verifier>(&mut self, cx: &mut Context<'_, V>) -> Progress {
        let State::ValueHashes { block, value } = &self.state else {
            return Progress::Waiting;
        };
        let missing = self.missing();
        if !missing.is_empty() {
            return if self.is_over(cx.now) {
                Progress::failed(Failure::MissingValueHashes { missing })
            } else {
                Progress::Waiting
            };
        }
        let (block, value) = (block.clone(), *value);
        self.state = State::Values { block };
        self.say(cx, Word::Value(value));
        self.replay(cx, Stage::Values);
        Progress::Moved
    }

    /// All participants have revealed what they had committed to: the block is complete but for signatures.
    pub(super) fn advance_values<V: Verifier>(&mut self, cx: &mut Context<'_, V>) -> Progress {
        let State::Values { block } = &self.state else {
            return Progress::Waiting;
        };
        let missing = self.missing();
        if !missing.is_empty() {
            return if self.is_over(cx.now) {
                Progress::failed(Failure::MissingValues { missing })
            } else {
                Progress::Waiting
            };
        }
        let mut block = block.clone();
        if let Some(pulse) = &mut block.header.pulse {
            pulse.random_value = joined_value(self.values.iter().map(|(_, value)| value));
        }
        self.enter_signatures(cx, block)
    }
}
