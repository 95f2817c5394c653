//! What a block maker writes into the L2 fields of a block, and what a validator refuses to sign (bridge §3.4, chain §4.8).
//!
//! Policy and not consensus: once seven validators signed, everybody takes the block, so that a provider that lags can split
//! nothing. Before that, every signature is a node's own word about L2.

use crate::{
    event_transaction::event_transaction,
    picture::{NotReached, Opinion, Picture, RegisteredSince},
    reward_rate::{allowed_rewards, down_step, up_step},
};
use oxen_types::{Amount, Hash, Height, block::header::L2Header, extra::L2Event};
use thiserror::Error;

/// L2 blocks by which a template may be ahead of what the validator has read: 40 seconds at 250 milliseconds.
pub const MAX_LEAD_BLOCKS: u64 = 160;

/// What the block before says of L2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct L2Parent {
    /// Its L2 height; 0 before the first block of HF21.
    pub l2_height: u64,
    /// Its reward rate; the initial one before the first block of HF21.
    pub l2_reward: Amount,
}

/// A report that waits for votes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingReport {
    /// Id of the transaction: votes are in its order.
    pub id: Hash,
    /// The event.
    pub event: L2Event,
}

/// The chain as both sides of a template see it.
#[derive(Clone, Copy)]
pub struct ChainSide<'a> {
    /// Height of the block.
    pub height: Height,
    /// The block before.
    pub parent: L2Parent,
    /// Reports that wait for votes before this block, ascending by id.
    pub pending: &'a [PendingReport],
    /// Who is registered.
    pub registered: &'a dyn RegisteredSince,
}

/// The L2 fields of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct L2Values {
    /// L2 block that counts as safe.
    pub l2_height: u64,
    /// Reward rate, within what the chain allows.
    pub l2_reward: Amount,
    /// One vote for each pending report.
    pub l2_votes: Vec<bool>,
}

/// Why a node has no word on L2, and can make or sign no block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoWord {
    /// There is no provider, or none has answered yet.
    #[error(
        "this node has read nothing of L2 and events wait for its vote: give it a provider with --l2-provider, or see what the log says of those it has"
    )]
    NothingRead,
    /// The chain is ahead.
    #[error(
        "the chain counts L2 block {chain} as safe and this node has read L2 up to block {newest}: its providers are behind"
    )]
    Behind {
        /// L2 height of the block before.
        chain: u64,
        /// Newest block that was read.
        newest: u64,
    },
    /// The pool was not asked at that block.
    #[error(
        "the reward rate at L2 block {l2_height} could not be read; if this lasts, the providers do not keep old state"
    )]
    NoRewardRate {
        /// The block of the template.
        l2_height: u64,
    },
    /// A report's block was not read yet.
    #[error(transparent)]
    NotReached(#[from] NotReached),
}

/// Why a validator does not sign.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateObjection {
    /// There is no word to give.
    #[error(transparent)]
    NoWord(#[from] NoWord),
    /// L2 does not go backwards.
    #[error("L2 height {found} is below {previous}, which the block before has")]
    HeightGoesBack {
        /// In the template.
        found: u64,
        /// In the block before.
        previous: u64,
    },
    /// The producer's L2 is ahead of ours.
    #[error("L2 height {found} is too far ahead of {newest}, up to which this node has read L2")]
    HeightAhead {
        /// In the template.
        found: u64,
        /// Newest block that was read.
        newest: u64,
    },
    /// The reward is not what the pool pays.
    #[error("an L2 reward of {found} is more than one step away from {expected}, which this node reads")]
    Reward {
        /// In the template, atomic SENT.
        found: u64,
        /// Ours, within what the chain allows.
        expected: u64,
    },
    /// The votes are not ours.
    #[error("the votes on L2 events differ from this node's own, first at vote {first} of {count}")]
    Votes {
        /// Index of the first that differs.
        first: usize,
        /// How many there should be.
        count: usize,
    },
    /// What is new in the block needs a word on L2.
    #[error(
        "the block says something new of L2 and this node has read nothing of it: give it a provider with --l2-provider"
    )]
    NothingRead,
    /// A report is not the transaction that its event has.
    #[error("transaction {id} reports an L2 event in other bytes than every node makes of it")]
    OtherBytes {
        /// The transaction.
        id: Hash,
    },
    /// A new report is one that we did not see.
    #[error("the block reports an event of L2 block {l2_height} that this node did not see (transaction {id})")]
    Unseen {
        /// The report's transaction.
        id: Hash,
        /// Block of the event.
        l2_height: u64,
    },
    /// A new report is of a block that is not safe yet.
    #[error("the block reports an event of L2 block {l2_height}, above its own L2 height {safe}")]
    Unsafe {
        /// Block of the event.
        l2_height: u64,
        /// The block's L2 height.
        safe: u64,
    },
}

/// The L2 fields of a block on `chain` by this node's own picture.
///
/// # Errors
/// The picture does not reach as far as the chain.
pub fn l2_values(picture: &Picture, chain: &ChainSide<'_>) -> Result<L2Values, NoWord> {
    // Others may have read further than we: what they call safe we do too, once we have read it.
    let l2_height = picture.safe().max(chain.parent.l2_height);
    if l2_height > picture.newest() {
        return Err(NoWord::Behind {
            chain: chain.parent.l2_height,
            newest: picture.newest(),
        });
    }
    Ok(L2Values {
        l2_height,
        l2_reward: clamped_reward(picture, l2_height, chain.parent.l2_reward)?,
        l2_votes: own_votes(picture, chain)?,
    })
}

/// Whether a validator that has read nothing of L2 signs: only what repeats the block before and decides nothing.
///
/// # Errors
/// The block says something new.
pub fn check_without_picture(
    chain: &ChainSide<'_>,
    header: &L2Header,
    included: &[L2Event],
) -> Result<(), TemplateObjection> {
    let repeats = header.l2_height == chain.parent.l2_height && header.l2_reward == chain.parent.l2_reward;
    if repeats && chain.pending.is_empty() && included.is_empty() {
        Ok(())
    } else {
        Err(TemplateObjection::NothingRead)
    }
}

/// The rate at `l2_height`, moved into what the chain allows.
fn clamped_reward(picture: &Picture, l2_height: u64, previous: Amount) -> Result<Amount, NoWord> {
    let rate = picture
        .reward_rate(l2_height)
        .ok_or(NoWord::NoRewardRate { l2_height })?;
    let allowed = allowed_rewards(previous);
    Ok(rate.clamp(*allowed.start(), *allowed.end()))
}

/// This node's votes on what is pending: yes to the report that every node makes of an event that it saw.
///
/// # Errors
/// A report's block was not read yet.
pub fn own_votes(picture: &Picture, chain: &ChainSide<'_>) -> Result<Vec<bool>, NotReached> {
    let votes = chain.pending.iter().map(|report| {
        // The same event in other bytes waits beside its report, and would take effect a second time.
        if event_transaction(&report.event).id() != report.id {
            return Ok(false);
        }
        let opinion = picture.opinion(&report.event, chain.height, chain.registered)?;
        Ok(opinion == Opinion::Yes)
    });
    votes.collect()
}

/// Whether a validator signs a template with these L2 fields that newly reports `included`.
///
/// # Errors
/// The first thing that the node cannot give its word for.
pub fn check_template(
    picture: &Picture,
    chain: &ChainSide<'_>,
    header: &L2Header,
    included: &[L2Event],
) -> Result<(), TemplateObjection> {
    check_height(picture, chain, header)?;
    check_reward(picture, chain, header)?;
    let own = own_votes(picture, chain).map_err(NoWord::from)?;
    if header.l2_votes != own {
        let differs = header
            .l2_votes
            .iter()
            .zip(&own)
            .position(|(theirs, ours)| theirs != ours);
        return Err(TemplateObjection::Votes {
            first: differs.unwrap_or(header.l2_votes.len().min(own.len())),
            count: own.len(),
        });
    }
    for event in included {
        check_included(picture, chain, header, event)?;
    }
    Ok(())
}

fn check_height(picture: &Picture, chain: &ChainSide<'_>, header: &L2Header) -> Result<(), TemplateObjection> {
    if header.l2_height < chain.parent.l2_height {
        return Err(TemplateObjection::HeightGoesBack {
            found: header.l2_height,
            previous: chain.parent.l2_height,
        });
    }
    if header.l2_height > picture.newest().saturating_add(MAX_LEAD_BLOCKS) {
        return Err(TemplateObjection::HeightAhead {
            found: header.l2_height,
            newest: picture.newest(),
        });
    }
    Ok(())
}

/// The reward may be off by one step in its direction: readers of two blocks may differ by that much, a lie gains no more.
fn check_reward(picture: &Picture, chain: &ChainSide<'_>, header: &L2Header) -> Result<(), TemplateObjection> {
    let previous = chain.parent.l2_reward;
    let own = clamped_reward(picture, header.l2_height, previous)?;
    let least = own.saturating_sub(down_step(previous));
    let most = own.saturating_add(up_step(previous));
    if (least..=most).contains(&header.l2_reward) {
        Ok(())
    } else {
        Err(TemplateObjection::Reward {
            found: header.l2_reward.atomic(),
            expected: own.atomic(),
        })
    }
}

fn check_included(
    picture: &Picture,
    chain: &ChainSide<'_>,
    header: &L2Header,
    event: &L2Event,
) -> Result<(), TemplateObjection> {
    let l2_height = event.source.l2_height;
    if l2_height > header.l2_height {
        return Err(TemplateObjection::Unsafe {
            l2_height,
            safe: header.l2_height,
        });
    }
    let opinion = picture.opinion(event, chain.height, chain.registered);
    match opinion.map_err(NoWord::from)? {
        Opinion::Yes => Ok(()),
        Opinion::No => Err(TemplateObjection::Unseen {
            id: event_transaction(event).id(),
            l2_height,
        }),
    }
}

#[cfg(test)]
mod tests;
