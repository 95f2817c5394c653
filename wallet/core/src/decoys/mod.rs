//! Decoys: which outputs hide the real one in a ring (wallet §6, chain §4.10).
//!
//! [`distribution`] says how many outputs each block made; [`picker`] draws candidates from it the way the reference wallet
//! does; [`ring`] checks what the daemon answered and makes the ring; [`sanity`] refuses rings that look wrong together.

pub mod distribution;
pub mod picker;
pub mod ring;
pub mod sanity;

pub use distribution::{DistributionError, OutputDistribution};
pub use picker::{CANDIDATES, DecoyPicker, PickError, PickerProfile};
pub use ring::{Availability, CandidateOutput, RealOutput, Ring, RingError, RingMember, SubgroupRule, build_ring};
pub use sanity::{SanityError, check_rings};

#[cfg(test)]
mod tests;
