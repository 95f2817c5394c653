//! From how many addresses a node proves: one that changes them too often is sent to the end of the queue (staking §14.3,
//! §15.2).

use oxen_types::{Network, Timestamp};
use parity_scale_codec::{Decode, Encode};
use std::net::Ipv4Addr;

/// Seconds for which an address counts (IP_CHANGE_WINDOW).
pub const WINDOW_SECONDS: u64 = 86_400;

/// An address and when it was seen last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct SeenAddress {
    octets: [u8; 4],
    last: Timestamp,
}

/// The last two addresses of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct AddressHistory {
    slots: [Option<SeenAddress>; 2],
}

impl AddressHistory {
    /// Notes the address of a proof: refreshes it, or replaces the one that was seen longest ago.
    pub fn note(&mut self, address: Ipv4Addr, now: Timestamp) {
        let octets = address.octets();
        let seen = SeenAddress { octets, last: now };
        let [first, second] = &mut self.slots;
        let last = |slot: &Option<SeenAddress>| slot.map(|seen| seen.last);
        let is = |slot: &Option<SeenAddress>| slot.is_some_and(|seen| seen.octets == octets);
        let slot = if is(first) || (!is(second) && last(first) <= last(second)) {
            first
        } else {
            second
        };
        *slot = Some(seen);
    }

    /// Two addresses were in use lately: both were seen in the last day, and since the buffer after the last penalty ended,
    /// whose block had the time `last_penalty` (the registration's at first).
    #[must_use]
    pub fn has_changed(&self, last_penalty: Timestamp, network: &Network, now: Timestamp) -> bool {
        let day_ago = Timestamp::from_seconds(now.seconds().saturating_sub(WINDOW_SECONDS));
        let after_buffer = last_penalty.saturating_add(network.uptime.ip_change_buffer_seconds);
        let since = day_ago.max(after_buffer);
        self.slots.iter().all(|slot| slot.is_some_and(|seen| seen.last > since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn history(seen: &[(u8, u64)]) -> AddressHistory {
        let mut history = AddressHistory::default();
        for (address, seconds) in seen {
            history.note(Ipv4Addr::new(1, 1, 1, *address), at(*seconds));
        }
        history
    }

    fn changed(history: &AddressHistory, last_penalty: u64, now: u64) -> bool {
        history.has_changed(at(last_penalty), &Network::mainnet(), at(now))
    }

    #[test]
    fn one_address_is_no_change_however_often_it_is_seen() {
        let one = history(&[(1, 10 * DAY), (1, 10 * DAY + HOUR)]);
        assert!(!changed(&one, 0, 10 * DAY + HOUR));
    }

    #[test]
    fn two_addresses_in_a_day_are_a_change() {
        let two = history(&[(1, 10 * DAY), (2, 10 * DAY + HOUR)]);
        assert!(changed(&two, 0, 10 * DAY + HOUR));
        assert!(changed(&two, 0, 11 * DAY - 1));
        assert!(!changed(&two, 0, 11 * DAY), "the first was last seen a day ago");
    }

    #[test]
    fn changes_in_the_two_hours_after_a_penalty_are_forgiven() {
        let two = history(&[(1, 10 * DAY), (2, 10 * DAY + HOUR)]);
        assert!(changed(&two, 10 * DAY - 2 * HOUR - 1, 10 * DAY + HOUR));
        assert!(!changed(&two, 10 * DAY - 2 * HOUR, 10 * DAY + HOUR));
    }

    #[test]
    fn a_third_address_replaces_the_one_that_was_seen_longest_ago() {
        let mut three = history(&[(1, 10), (2, 20), (1, 30), (3, 40)]);
        assert_eq!(three, history(&[(1, 30), (3, 40)]));
        three.note(Ipv4Addr::new(1, 1, 1, 4), at(50));
        assert_eq!(three, history(&[(4, 50), (3, 40)]));
        assert_eq!(
            history(&[(1, 5), (2, 5), (3, 5)]),
            history(&[(3, 5), (2, 5)]),
            "the first on equality"
        );
    }
}
