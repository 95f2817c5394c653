//! The sort of the reference's C++ library, step by step, because the order in which it leaves equal items decides which swarm a
//! node joins (staking §13.4).
//!
//! It is an introsort: quicksort around a median of three down to short runs, a heap sort where quicksort degenerates, one
//! insertion sort over everything at the end. Up to sixteen items only the last part runs, and that is stable.

/// Runs up to this length are left to the insertion sort.
const SHORT_RUN: usize = 16;

/// Sorts by `less`, leaving equal items in the same order as `std::sort` of libstdc++ does. `less` is a strict weak order, or
/// the result is some permutation.
pub fn unstable_sort<T: Copy>(items: &mut [T], less: impl Fn(&T, &T) -> bool) {
    let halvings = items.len().checked_ilog2().unwrap_or(0);
    quicksort(items, &less, halvings.saturating_mul(2));
    // From here on the smallest item stands among the first sixteen, so going left stops by itself.
    for index in 1..items.len() {
        insert(items, index, &less);
    }
}

/// Splits the items until the runs are short; `depth` splits are allowed one inside the other.
fn quicksort<T: Copy>(mut items: &mut [T], less: &impl Fn(&T, &T) -> bool, mut depth: u32) {
    while items.len() > SHORT_RUN {
        let Some(deeper) = depth.checked_sub(1) else {
            heap_sort(items, less);
            return;
        };
        depth = deeper;
        let cut = split(items, less);
        let (low, high) = items.split_at_mut(cut);
        quicksort(high, less, depth);
        items = low;
    }
}

/// Whether the item at `one` is less than that at `other`.
fn is_less<T>(items: &[T], one: usize, other: usize, less: &impl Fn(&T, &T) -> bool) -> bool {
    match (items.get(one), items.get(other)) {
        (Some(one), Some(other)) => less(one, other),
        _ => false,
    }
}

/// Puts a median to the front and the others on their side of it; where the upper side begins.
fn split<T>(items: &mut [T], less: &impl Fn(&T, &T) -> bool) -> usize {
    items.swap(0, median_of_three(items, less));
    let (mut low, mut high) = (1, items.len());
    loop {
        while is_less(items, low, 0, less) {
            low = low.saturating_add(1);
        }
        high = high.saturating_sub(1);
        while is_less(items, 0, high, less) {
            high = high.saturating_sub(1);
        }
        if low >= high {
            return low;
        }
        items.swap(low, high);
        low = low.saturating_add(1);
    }
}

/// The place of the median of the second, the middle and the last item.
fn median_of_three<T>(items: &[T], less: &impl Fn(&T, &T) -> bool) -> usize {
    let (second, middle, last) = (1, items.len() / 2, items.len().saturating_sub(1));
    let less = |one, other| is_less(items, one, other, less);
    if less(second, middle) {
        if less(middle, last) {
            middle
        } else if less(second, last) {
            last
        } else {
            second
        }
    } else if less(second, last) {
        second
    } else if less(middle, last) {
        last
    } else {
        middle
    }
}

/// Moves the item at `index` left, past those that are greater. One that is less than the very first goes to the front at
/// once, which is the same place.
fn insert<T: Copy>(items: &mut [T], index: usize, less: &impl Fn(&T, &T) -> bool) {
    let Some((sorted, [item, ..])) = items.split_at_mut_checked(index) else {
        return;
    };
    let greater = sorted.iter().rev().take_while(|before| less(item, before)).count();
    if let Some(moving) = items.get_mut(index.saturating_sub(greater)..=index) {
        moving.rotate_right(1);
    }
}

fn heap_sort<T: Copy>(items: &mut [T], less: &impl Fn(&T, &T) -> bool) {
    for parent in (0..items.len() / 2).rev() {
        if let Some(item) = items.get(parent).copied() {
            sink(items, parent, item, less);
        }
    }
    for last in (1..items.len()).rev() {
        if let [greatest, .., item] = items.get_mut(..=last).unwrap_or_default() {
            let moved = *item;
            *item = *greatest;
            sink(items.get_mut(..last).unwrap_or_default(), 0, moved, less);
        }
    }
}

/// Lets the hole at `top` sink to the bottom of the heap, always to the greater child, then lets `item` rise from there.
fn sink<T: Copy>(items: &mut [T], top: usize, item: T, less: &impl Fn(&T, &T) -> bool) {
    let mut hole = top;
    loop {
        let right = hole.saturating_mul(2).saturating_add(2);
        let left = right.saturating_sub(1);
        let child = if right < items.len() && !is_less(items, right, left, less) {
            right
        } else {
            left
        };
        if child >= items.len() {
            break;
        }
        items.copy_within(child..=child, hole);
        hole = child;
    }
    while hole > top {
        let parent = hole.saturating_sub(1) / 2;
        if !items.get(parent).is_some_and(|parent| less(parent, &item)) {
            break;
        }
        items.copy_within(parent..=parent, hole);
        hole = parent;
    }
    if let Some(place) = items.get_mut(hole) {
        *place = item;
    }
}

#[cfg(test)]
mod tests;
