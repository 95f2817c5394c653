//! What all burns together brought, and how much the caps leave (bridge §5.3).

use super::burn::{Burn, SwapError};
use oxen_types::{Amount, Height, network::SwapParameters};
use parity_scale_codec::{Decode, Encode};

/// Sums over every burn of the chain up to some place in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct SwapSums {
    /// Atomic OXEN that were burned.
    pub burned: Amount,
    /// Atomic SESH that all burns were credited, matured or not; never above the pool cap.
    pub credited: Amount,
    /// Atomic SESH that count for the totals of recipients: the sum of these totals.
    pub matured: Amount,
    /// Number of burns.
    pub burns: u64,
    /// The newest height that [`Self::in_window`] is about.
    pub window_end: Height,
    /// Atomic SESH credited in the blocks of the rate window that ends at [`Self::window_end`].
    pub in_window: Amount,
}

/// How much may still be credited; atomic SESH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapRoom {
    /// Before the pool cap is reached, for good.
    pub pool: Amount,
    /// Before the rate cap is reached, for now.
    pub rate: Amount,
}

/// The newest height that has left the rate window when that ends at `height`; `None` while none has.
#[must_use]
pub const fn left_window(height: Height, parameters: &SwapParameters) -> Option<Height> {
    height.checked_sub(parameters.rate_window_blocks)
}

impl SwapSums {
    /// Moves the end of the window up to `height`; `leaving` is what the blocks that leave it were credited.
    #[must_use]
    pub fn with_window_at(self, height: Height, leaving: Amount) -> Self {
        Self {
            window_end: self.window_end.max(height),
            in_window: self.in_window.saturating_sub(leaving),
            ..self
        }
    }

    /// What the caps leave; the window must end at the height of the next burn.
    #[must_use]
    pub fn room(&self, parameters: &SwapParameters) -> SwapRoom {
        SwapRoom {
            pool: parameters.pool_cap.saturating_sub(self.credited),
            rate: parameters.rate_cap.saturating_sub(self.in_window),
        }
    }

    /// Adds a burn at the end of the window, if the caps have room for it.
    ///
    /// # Errors
    /// [`SwapError::PoolCapReached`], [`SwapError::AboveRateCap`], [`SwapError::RateCapReached`]: then it is not valid here, and
    /// nothing is burned.
    pub fn with(self, burn: &Burn, parameters: &SwapParameters) -> Result<Self, SwapError> {
        let room = self.room(parameters);
        let credited = burn.credited;
        if credited > room.pool {
            return Err(SwapError::PoolCapReached {
                credited,
                remaining: room.pool,
            });
        }
        if credited > parameters.rate_cap {
            return Err(SwapError::AboveRateCap {
                credited,
                most: parameters.rate_cap,
            });
        }
        if credited > room.rate {
            return Err(SwapError::RateCapReached {
                credited,
                remaining: room.rate,
            });
        }
        Ok(Self {
            burned: self.burned.checked_add(burn.burned).ok_or(SwapError::Overflow)?,
            credited: self.credited.checked_add(credited).ok_or(SwapError::Overflow)?,
            in_window: self.in_window.checked_add(credited).ok_or(SwapError::Overflow)?,
            burns: self.burns.saturating_add(1),
            ..self
        })
    }

    /// Counts a burn that matured.
    ///
    /// # Errors
    /// [`SwapError::Overflow`], which the pool cap rules out.
    pub fn with_matured(self, credited: Amount) -> Result<Self, SwapError> {
        let matured = self.matured.checked_add(credited).ok_or(SwapError::Overflow)?;
        Ok(Self { matured, ..self })
    }
}
