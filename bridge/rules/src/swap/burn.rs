//! Whether a transaction may burn OXEN for SESH, and what it is credited (bridge §5.3).

use super::conversion::convert;
use oxen_types::{
    Amount, Height, Network,
    bytes::EthereumAddress,
    extra::{Extra, ExtraField, SwapField, SwapNonce},
    network::{HardForkVersion, SwapParameters},
};
use std::fmt;
use thiserror::Error;

/// What a transaction of type 100 asks for.
#[derive(Debug, Clone, Copy)]
pub struct BurnRequest<'a> {
    /// Its extra, parsed as that of type 100; empty when it does not parse.
    pub extra: &'a Extra,
    /// Its whole fee, what is burned included.
    pub fee: Amount,
}

/// Where in the chain it is asked.
#[derive(Debug, Clone, Copy)]
pub struct SwapContext<'a> {
    /// The network.
    pub network: &'a Network,
    /// Height of the block that holds the transaction, or of the next one for a transaction that waits.
    pub height: Height,
    /// The fee that the transaction must pay beside what it burns.
    pub minimum_fee: Amount,
}

/// A burn that the rules allow; only the caps may still refuse it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burn {
    /// Who may claim on L2.
    pub recipient: EthereumAddress,
    /// Atomic OXEN that are gone.
    pub burned: Amount,
    /// Atomic SESH that may be claimed for them; never zero.
    pub credited: Amount,
    /// Position of the ratio.
    pub ratio_index: u64,
    /// What the wallet knows it by.
    pub nonce: SwapNonce,
}

/// A contract that nobody can claim for, so that a burn for it would be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReservedRecipient {
    /// The SESH token.
    Token,
    /// The contract of service nodes' rewards.
    Rewards,
    /// The pool that rewards come from.
    Pool,
    /// The factory of contribution contracts.
    Factory,
    /// The contract of the swap itself.
    Swap,
}

impl fmt::Display for ReservedRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "SESH token",
            Self::Rewards => "service node rewards",
            Self::Pool => "reward pool",
            Self::Factory => "contribution factory",
            Self::Swap => "swap",
        })
    }
}

/// Why a burn is refused; one variant for each rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SwapError {
    /// The network has the parameters of a swap.
    #[error("this network has no swap from OXEN to SESH")]
    NoSwap,
    /// The fork of the swap is reached.
    #[error("the swap has not begun at height {height}")]
    NotBegun {
        /// Height of the block.
        height: Height,
    },
    /// END_HEIGHT is not reached.
    #[error("the swap ended: blocks from height {end} on take no burn")]
    Ended {
        /// First height without swap.
        end: Height,
    },
    /// The swap field is there, and extra parses.
    #[error("the transaction carries no readable swap field (0xC1)")]
    FieldMissing,
    /// The swap field is there once.
    #[error("the transaction carries more than one swap field (0xC1)")]
    FieldRepeated,
    /// The burn field is there.
    #[error("the transaction carries no burn field (0x79)")]
    BurnMissing,
    /// The burn field is there once.
    #[error("the transaction carries more than one burn field (0x79)")]
    BurnRepeated,
    /// Nothing else special is there.
    #[error("a swap must not carry a field of tag {tag:#04x}")]
    ForbiddenField {
        /// The tag.
        tag: u8,
    },
    /// Version 0.
    #[error("the swap field has version {found}; version 0 is required")]
    WrongVersion {
        /// Version found.
        found: u8,
    },
    /// The L2 chain is the network's.
    #[error("the swap is for chain {found}; this network swaps to chain {expected}")]
    WrongChain {
        /// The network's chain id.
        expected: u64,
        /// What the field says.
        found: u64,
    },
    /// The recipient is somebody.
    #[error("the recipient of a swap must not be the zero address")]
    ZeroRecipient,
    /// The recipient is no precompiled contract.
    #[error("the recipient of a swap must not be in the range of precompiled contracts (below 0x10000)")]
    PrecompileRecipient,
    /// The recipient can be claimed for.
    #[error("the recipient of a swap must not be the {contract} contract, which nobody can claim for")]
    ReservedRecipient {
        /// Which one it is.
        contract: ReservedRecipient,
    },
    /// A ratio holds at this height.
    #[error("there is no ratio at height {height} yet")]
    NoRatio {
        /// Height of the block.
        height: Height,
    },
    /// The sender agreed to the ratio that holds.
    #[error("the swap names ratio {found}, but ratio {expected} holds now: make the swap again")]
    WrongRatio {
        /// Position of the ratio that holds.
        expected: u64,
        /// Position that the field names.
        found: u64,
    },
    /// At least MIN_BURN.
    #[error("{burned} OXEN are burned; at least {least} is required")]
    BurnTooSmall {
        /// What is burned.
        burned: Amount,
        /// The least.
        least: Amount,
    },
    /// At most MAX_BURN_TX.
    #[error("{burned} OXEN are burned; at most {most} is allowed in one transaction")]
    BurnTooLarge {
        /// What is burned.
        burned: Amount,
        /// The most.
        most: Amount,
    },
    /// The fee covers what is burned and the minimum fee.
    #[error("the fee is {fee} OXEN, what is burned included; at least {required} is required")]
    FeeTooLow {
        /// The whole fee.
        fee: Amount,
        /// The least.
        required: Amount,
    },
    /// The credit is not nothing.
    #[error("{burned} OXEN are worth no SESH at all")]
    NothingCredited {
        /// What is burned.
        burned: Amount,
    },
    /// POOL_CAP has room.
    #[error("the swap would be credited {credited} SESH, but only {remaining} are left in all")]
    PoolCapReached {
        /// What it would be credited.
        credited: Amount,
        /// What is left.
        remaining: Amount,
    },
    /// RATE_CAP has room.
    #[error(
        "the swap would be credited {credited} SESH, but only {remaining} are left for now: later blocks have room again"
    )]
    RateCapReached {
        /// What it would be credited.
        credited: Amount,
        /// What is left in this window.
        remaining: Amount,
    },
    /// RATE_CAP is not less.
    #[error(
        "the swap would be credited {credited} SESH; no block takes more than {most} from one transaction: burn it in several"
    )]
    AboveRateCap {
        /// What it would be credited.
        credited: Amount,
        /// RATE_CAP.
        most: Amount,
    },
    /// A sum leaves 64 bits.
    #[error("the amounts of the swap overflow")]
    Overflow,
}

impl SwapError {
    /// True when a later block may take the same transaction: what has not begun, a rate window that is full, and a fee that the
    /// blocks before decide.
    #[must_use]
    pub const fn may_pass_later(&self) -> bool {
        matches!(
            self,
            Self::NotBegun { .. } | Self::NoRatio { .. } | Self::FeeTooLow { .. } | Self::RateCapReached { .. }
        )
    }
}

/// Checks a request against every rule but the caps ([`super::SwapSums::with`]).
///
/// # Errors
/// The first rule it breaks.
pub fn check_burn(request: &BurnRequest<'_>, context: &SwapContext<'_>) -> Result<Burn, SwapError> {
    let parameters = context.network.swap.as_ref().ok_or(SwapError::NoSwap)?;
    let height = context.height;
    if !context.network.forks.is_active(HardForkVersion::SWAP, height) {
        return Err(SwapError::NotBegun { height });
    }
    if let Some(end) = parameters.end_height.filter(|end| height >= *end) {
        return Err(SwapError::Ended { end });
    }
    let (field, burned) = fields(request.extra)?;
    check_recipient(field, context.network, parameters)?;
    let ratio = parameters
        .ratios
        .at(context.height)
        .ok_or(SwapError::NoRatio { height: context.height })?;
    if field.ratio_index != ratio.index {
        return Err(SwapError::WrongRatio {
            expected: ratio.index,
            found: field.ratio_index,
        });
    }
    check_amount(burned, parameters)?;
    let required = burned.checked_add(context.minimum_fee).ok_or(SwapError::Overflow)?;
    if request.fee < required {
        return Err(SwapError::FeeTooLow {
            fee: request.fee,
            required,
        });
    }
    let credited = convert(burned, ratio.period.ratio).ok_or(SwapError::Overflow)?;
    if credited.is_zero() {
        return Err(SwapError::NothingCredited { burned });
    }
    Ok(Burn {
        recipient: field.recipient,
        burned,
        credited,
        ratio_index: field.ratio_index,
        nonce: field.nonce,
    })
}

/// Whether a burn of this size is allowed, before anything is known of a transaction.
///
/// # Errors
/// [`SwapError::BurnTooSmall`], [`SwapError::BurnTooLarge`].
pub fn check_amount(burned: Amount, parameters: &SwapParameters) -> Result<(), SwapError> {
    let (least, most) = (parameters.least_burn, parameters.most_burn);
    if burned < least {
        return Err(SwapError::BurnTooSmall { burned, least });
    }
    if burned > most {
        return Err(SwapError::BurnTooLarge { burned, most });
    }
    Ok(())
}

/// The swap field and what is burned, each there once, and beside them only what any payment carries.
fn fields(extra: &Extra) -> Result<(&SwapField, Amount), SwapError> {
    let (mut swap, mut burned) = (None, None);
    for field in extra.fields() {
        match field {
            ExtraField::Swap(_) if swap.is_some() => return Err(SwapError::FieldRepeated),
            ExtraField::Swap(field) => swap = Some(field),
            ExtraField::Burn(_) if burned.is_some() => return Err(SwapError::BurnRepeated),
            ExtraField::Burn(amount) => burned = Some(*amount),
            ExtraField::TransactionKey(_)
            | ExtraField::Nonce(_)
            | ExtraField::AdditionalKeys(_)
            | ExtraField::Padding(_) => {}
            other => return Err(SwapError::ForbiddenField { tag: other.tag() }),
        }
    }
    let swap = swap.ok_or(SwapError::FieldMissing)?;
    Ok((swap, burned.ok_or(SwapError::BurnMissing)?))
}

/// The rules about the field alone: version, chain, recipient.
fn check_recipient(field: &SwapField, network: &Network, parameters: &SwapParameters) -> Result<(), SwapError> {
    if field.version != SwapField::VERSION {
        return Err(SwapError::WrongVersion { found: field.version });
    }
    if field.l2_chain_id != network.l2.chain_id {
        return Err(SwapError::WrongChain {
            expected: network.l2.chain_id,
            found: field.l2_chain_id,
        });
    }
    check_claimable(&field.recipient, network, parameters)
}

/// Whether anybody can claim for this recipient, as far as a chain can know: what is refused here would be lost.
///
/// # Errors
/// [`SwapError::ZeroRecipient`], [`SwapError::PrecompileRecipient`], [`SwapError::ReservedRecipient`].
pub fn check_claimable(
    recipient: &EthereumAddress,
    network: &Network,
    parameters: &SwapParameters,
) -> Result<(), SwapError> {
    if recipient.is_zero() {
        return Err(SwapError::ZeroRecipient);
    }
    // An address below 2^16 has 18 leading zero bytes.
    if recipient.as_bytes().iter().take(18).all(|byte| *byte == 0) {
        return Err(SwapError::PrecompileRecipient);
    }
    let reserved = [
        (parameters.token, ReservedRecipient::Token),
        (network.l2.rewards_contract, ReservedRecipient::Rewards),
        (network.l2.pool_contract, ReservedRecipient::Pool),
        (parameters.factory, ReservedRecipient::Factory),
        (Some(parameters.contract), ReservedRecipient::Swap),
    ];
    match reserved.into_iter().find(|(address, _)| *address == Some(*recipient)) {
        Some((_, contract)) => Err(SwapError::ReservedRecipient { contract }),
        None => Ok(()),
    }
}
