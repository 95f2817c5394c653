//! What is going to happen, in order of time, and of planning where times are equal.

use std::{cmp::Reverse, collections::BinaryHeap};

/// Events to come. They lie still while the heap moves their times about.
#[derive(Debug)]
pub struct Queue<E> {
    /// Time, order of planning, place of the event.
    heap: BinaryHeap<Reverse<(u64, u64, usize)>>,
    events: Vec<Option<E>>,
    free: Vec<usize>,
    planned: u64,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            events: Vec::new(),
            free: Vec::new(),
            planned: 0,
        }
    }
}

impl<E> Queue<E> {
    /// Plans an event.
    pub fn plan(&mut self, time: u64, event: E) {
        let place = match self.free.pop() {
            Some(place) => {
                self.events[place] = Some(event);
                place
            }
            None => {
                self.events.push(Some(event));
                self.events.len() - 1
            }
        };
        self.heap.push(Reverse((time, self.planned, place)));
        self.planned += 1;
    }

    /// When the next event comes.
    #[must_use]
    pub fn next_time(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse((time, ..))| *time)
    }

    /// The next event.
    pub fn take(&mut self) -> Option<(u64, E)> {
        let Reverse((time, _, place)) = self.heap.pop()?;
        self.free.push(place);
        self.events[place].take().map(|event| (time, event))
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
        assert_eq!(queue.take(), Some((1, "a")));
        queue.plan(2, "e");
        let order: Vec<_> = std::iter::from_fn(|| queue.take()).collect();
        assert_eq!(order, [(2, "b"), (2, "c"), (2, "e"), (3, "d")]);
    }
}
