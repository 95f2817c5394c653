//! What is going to happen, in order of time, and of planning where times are equal.

use std::{cmp::Ordering, collections::BinaryHeap};

/// Something at a time.
#[derive(Debug)]
struct Planned<E> {
    time: u64,
    sequence: u64,
    event: E,
}

impl<E> PartialEq for Planned<E> {
    fn eq(&self, other: &Self) -> bool {
        self.sequence == other.sequence
    }
}

impl<E> Eq for Planned<E> {}

impl<E> PartialOrd for Planned<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Planned<E> {
    /// The earliest is the greatest, because a heap gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.time, other.sequence).cmp(&(self.time, self.sequence))
    }
}

/// Events to come.
#[derive(Debug)]
pub struct Queue<E> {
    heap: BinaryHeap<Planned<E>>,
    planned: u64,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            planned: 0,
        }
    }
}

impl<E> Queue<E> {
    /// Plans an event.
    pub fn plan(&mut self, time: u64, event: E) {
        let sequence = self.planned;
        self.planned += 1;
        self.heap.push(Planned { time, sequence, event });
    }

    /// When the next event comes.
    #[must_use]
    pub fn next_time(&self) -> Option<u64> {
        self.heap.peek().map(|planned| planned.time)
    }

    /// The next event.
    pub fn take(&mut self) -> Option<(u64, E)> {
        self.heap.pop().map(|planned| (planned.time, planned.event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_of_equals_the_first_planned() {
        let mut queue = Queue::default();
        for (time, event) in [(3, "d"), (1, "a"), (2, "b"), (2, "c")] {
            queue.plan(time, event);
        }
        assert_eq!(queue.next_time(), Some(1));
        let order: Vec<_> = std::iter::from_fn(|| queue.take()).collect();
        assert_eq!(order, [(1, "a"), (2, "b"), (2, "c"), (3, "d")]);
    }
}
