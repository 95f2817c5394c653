//! From the daemon's answer to a ring (wallet §6 "check of reply" and "final").

use oxen_crypto::keys::is_valid_key_image;
use oxen_types::{
    Commitment, GlobalOutputIndex, KeyImage, PublicKey,
    network::constants::{DECOYS, RING_SIZE},
};
use rand::seq::SliceRandom;
use rand_core::{CryptoRng, RngCore};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// Whether an output may be in a ring now, as the daemon says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It may.
    Unlocked,
    /// It is too young or locked.
    Locked,
}

/// One output of the daemon's answer to `get_outs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandidateOutput {
    /// Its global index, as asked for.
    pub index: GlobalOutputIndex,
    /// Its one-time key.
    pub key: PublicKey,
    /// Its commitment.
    pub commitment: Commitment,
    /// Whether it may be used.
    pub availability: Availability,
}

/// The output that is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RealOutput {
    /// Its global index.
    pub index: GlobalOutputIndex,
    /// Its one-time key, as the wallet knows it.
    pub key: PublicKey,
    /// Its commitment, computed from the amount and mask the wallet knows.
    pub commitment: Commitment,
}

/// Whether a decoy's key must lie in the prime-order group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubgroupRule {
    /// It must (mainnet).
    Required,
    /// Test networks have payouts to keys that do not, so many that rings could not be filled without them.
    KeysTolerated,
}

/// One member of a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingMember {
    /// Global index.
    pub index: GlobalOutputIndex,
    /// One-time key.
    pub key: PublicKey,
    /// Commitment.
    pub commitment: Commitment,
}

/// A full ring, sorted by global index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    members: Vec<RingMember>,
    real_position: usize,
}

/// Why no ring can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RingError {
    /// The daemon did not answer every index once.
    #[error("the daemon answered {answered} outputs where {asked} were asked for: try another daemon")]
    WrongCount {
        /// Asked for.
        asked: usize,
        /// Answered.
        answered: usize,
    },
    /// The daemon answered an index that was not asked for, or one twice.
    #[error("the daemon answered output {index}, which was not asked for: try another daemon")]
    NotAskedFor {
        /// The index.
        index: GlobalOutputIndex,
    },
    /// The daemon's data for our own output is not what the chain has: it wants to find out which one is ours.
    #[error("the daemon gave wrong data for an output of this wallet: do not use it, try another daemon")]
    RealOutputDiffers,
    /// Too few good candidates.
    #[error("not enough outputs to hide output {real} in a ring of {needed}: found {found}; wait for more blocks", needed = RING_SIZE)]
    NotEnoughOutputs {
        /// The output that is to be spent.
        real: GlobalOutputIndex,
        /// Members found, the real one included.
        found: usize,
    },
}

impl Ring {
    /// The members in order of global index, [`RING_SIZE`] of them.
    #[must_use]
    pub fn members(&self) -> &[RingMember] {
        &self.members
    }

    /// Where the real output stands among them.
    #[must_use]
    pub const fn real_position(&self) -> usize {
        self.real_position
    }

    /// The indices as a transaction carries them: the first absolute, the others relative to the one before.
    #[must_use]
    pub fn key_offsets(&self) -> Vec<u64> {
        let mut previous = 0;
        self.members
            .iter()
            .map(|member| {
                let offset = member.index.index().saturating_sub(previous);
                previous = member.index.index();
                offset
            })
            .collect()
    }

    /// The indices alone, to be remembered for another attempt.
    #[must_use]
    pub fn indices(&self) -> Vec<GlobalOutputIndex> {
        self.members.iter().map(|member| member.index).collect()
    }
}

/// Makes the ring of `real` out of the daemon's `answers` for the indices `asked`.
///
/// Members of `known_ring`, the ring of an earlier attempt, come first; the others are taken in random order.
///
/// # Errors
/// The first of [`RingError`] that applies.
pub fn build_ring(
    real: &RealOutput,
    asked: &[GlobalOutputIndex],
    answers: &[CandidateOutput],
    known_ring: Option<&[GlobalOutputIndex]>,
    rule: SubgroupRule,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Ring, RingError> {
    let answers = check_answers(asked, answers)?;
    match answers.get(&real.index) {
        Some(answer) if answer.key == real.key && answer.commitment == real.commitment => {}
        _ => return Err(RingError::RealOutputDiffers),
    }
    let mut members = BTreeMap::from([(real.index, member(real.index, real.key, real.commitment))]);
    let mut keys = BTreeSet::from([real.key]);
    let mut others: Vec<_> = answers.values().filter(|answer| answer.index != real.index).collect();
    others.shuffle(rng);
    // Stable: what an earlier ring had comes first, in random order each.
    others.sort_by_key(|answer| known_ring.is_none_or(|ring| !ring.contains(&answer.index)));
    for answer in others {
        if members.len() > DECOYS {
            break;
        }
        if is_usable(answer, rule) && keys.insert(answer.key) {
            members.insert(answer.index, member(answer.index, answer.key, answer.commitment));
        }
    }
    if members.len() < RING_SIZE {
        return Err(RingError::NotEnoughOutputs {
            real: real.index,
            found: members.len(),
        });
    }
    let real_position = members.range(..real.index).count();
    Ok(Ring {
        members: members.into_values().collect(),
        real_position,
    })
}

const fn member(index: GlobalOutputIndex, key: PublicKey, commitment: Commitment) -> RingMember {
    RingMember { index, key, commitment }
}

/// Every index that was asked for, exactly once.
fn check_answers<'a>(
    asked: &[GlobalOutputIndex],
    answers: &'a [CandidateOutput],
) -> Result<BTreeMap<GlobalOutputIndex, &'a CandidateOutput>, RingError> {
    if asked.len() != answers.len() {
        return Err(RingError::WrongCount {
            asked: asked.len(),
            answered: answers.len(),
        });
    }
    let wanted: BTreeSet<_> = asked.iter().copied().collect();
    let mut by_index = BTreeMap::new();
    for answer in answers {
        if !wanted.contains(&answer.index) || by_index.insert(answer.index, answer).is_some() {
            return Err(RingError::NotAskedFor { index: answer.index });
        }
    }
    Ok(by_index)
}

fn is_usable(answer: &CandidateOutput, rule: SubgroupRule) -> bool {
    let key_is_good = match rule {
        SubgroupRule::Required => is_in_prime_order_group(answer.key.to_bytes()),
        SubgroupRule::KeysTolerated => oxen_crypto::keys::is_valid_public_key(&answer.key),
    };
    answer.availability == Availability::Unlocked
        && key_is_good
        && is_in_prime_order_group(answer.commitment.to_bytes())
}

/// A point that decodes, is not the identity and has no torsion: the same three things that make a key image valid.
fn is_in_prime_order_group(bytes: [u8; 32]) -> bool {
    is_valid_key_image(&KeyImage::new(bytes))
}
