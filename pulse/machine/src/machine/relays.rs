//! Messages to pass on for others, held back until it is seen who still needs them (pulse §7.3).
//!
//! Everybody sends his words to all whom they concern, so that passing on mends broken links and does nothing else. What comes
//! from its author is held for a moment; who has spoken in a later stage by then has it, or has no use for it any more.
//! Where all links are sound, which is nearly always, nothing but templates is passed on, and a block takes a fifth of the
//! messages. What came from another than its author shows a broken link, and goes on at once.

use super::{Context, round::Round};
use crate::{
    effect::Effect,
    message::{Message, Verifier},
    quorum::{Position, Role},
    relay::Route,
    timing::{Moment, Stage},
};
use oxen_types::PublicKey;

/// How long a message is held at most, in milliseconds: the way to the other end of the world, and back.
const HELD_MILLISECONDS: u64 = 400;
/// The part of a stage for which it is held at most.
const HELD_PART: u64 = 4;

/// A message that waits to be passed on.
#[derive(Debug)]
pub(super) struct Held {
    message: Message,
    route: Route,
    due: Moment,
}

impl Round {
    /// Holds a message for those on the route. One whose stage is over changes nothing for anybody.
    pub(super) fn hold(&mut self, now: Moment, message: Message, route: Route) {
        let deadline = self.timing.deadline(self.id.number, message.statement().stage());
        let left = deadline.map_or(0, |deadline| deadline.milliseconds_since(now));
        if left == 0 || route.everybody().next().is_none() {
            return;
        }
        let part = (self.timing.stage_milliseconds() / HELD_PART).min(left / 2);
        let due = now.plus_milliseconds(part.min(HELD_MILLISECONDS));
        self.held.push(Held { message, route, due });
    }

    /// Passes on what was held long enough.
    pub(super) fn release<V: Verifier>(&mut self, cx: &mut Context<'_, V>) {
        if self.held.iter().all(|held| held.due > cx.now) {
            return;
        }
        let (due, kept) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|held| held.due <= cx.now);
        self.held = kept;
        let due: Vec<Held> = due;
        for Held { message, route, .. } in due {
            self.pass_on_to_those_behind(cx, message, route);
        }
    }

    /// Passes a message on to those on the route who have not spoken in a later stage.
    pub(super) fn pass_on_to_those_behind<V>(&self, cx: &mut Context<'_, V>, message: Message, mut route: Route) {
        let stage = message.statement().stage();
        route.retain(|key| !self.has_spoken_after(key, stage));
        if route.everybody().next().is_some() {
            cx.emit(Effect::Send { message, route });
        }
    }

    /// When the next held message is due.
    pub(super) fn next_release(&self) -> Option<Moment> {
        self.held.iter().map(|held| held.due).min()
    }

    /// True when the node has said something in a stage after this one, so that it needs nothing of this one.
    fn has_spoken_after(&self, node: &PublicKey, stage: Stage) -> bool {
        match self.quorum.role_of(node) {
            Role::Producer => stage < Stage::Template && self.has_template(),
            Role::Validator(position) => self.last_spoken(position).is_some_and(|spoken| spoken > stage),
            Role::Bystander => true,
        }
    }

    /// The last stage in which the validator has said something.
    fn last_spoken(&self, position: Position) -> Option<Stage> {
        let accepted = [
            (Stage::Signatures, self.signatures.get(position).is_some()),
            (Stage::Values, self.values.get(position).is_some()),
            (Stage::ValueHashes, self.value_hashes.get(position).is_some()),
            (Stage::Bitsets, self.bitsets.get(position).is_some()),
            (Stage::Handshakes, self.handshakes.get(position).is_some()),
        ];
        let accepted = accepted.into_iter().find(|(_, spoken)| *spoken).map(|(stage, _)| stage);
        let early = self.early.keys().filter(|(stage, author)| {
            // The producer's template is kept under number 0.
            *author == position.number() && *stage != Stage::Template
        });
        accepted.max(early.map(|(stage, _)| *stage).max())
    }

    fn has_template(&self) -> bool {
        self.template.is_some() || self.early.contains_key(&(Stage::Template, 0))
    }
}
