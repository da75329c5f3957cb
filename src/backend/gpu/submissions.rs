//! How much work goes to the device at once.
//!
//! An operating system takes a GPU that works on one submission for some two seconds for hung, and resets it. What is bounded
//! here takes the slowest of them, at 20 GB/s and 50 µs for a dispatch, a quarter of a second; a submission more costs some 20 µs.

use std::ops::Range;

/// Most dispatches of one submission.
const MOST_DISPATCHES: usize = 512;

/// Most bytes that one submission moves, as far as its dispatches allow.
const MOST_MOVED: u64 = 4 << 30;

/// Splits dispatches that move so many bytes each into submissions; at least one, which may be empty.
pub(super) fn split(moved: impl IntoIterator<Item = u64>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut part = 0..0;
    let mut sum = 0_u64;
    for (number, bytes) in moved.into_iter().enumerate() {
        let is_full = part.len() == MOST_DISPATCHES || sum.saturating_add(bytes) > MOST_MOVED;
        if is_full && number > part.start {
            parts.push(std::mem::replace(&mut part, number..number));
            sum = 0;
        }
        part.end += 1;
        sum = sum.saturating_add(bytes);
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn submissions_are_bounded_and_complete() {
        for (moved, expected) in [
            (vec![], 1),
            (vec![0; MOST_DISPATCHES], 1),
            (vec![0; MOST_DISPATCHES + 1], 2),
            (vec![MOST_MOVED / 4; 8], 2),
            (vec![MOST_MOVED / 4 + 1; 8], 3),
            // What cannot be split goes alone.
            (vec![1, u64::MAX, u64::MAX, 1], 4),
        ] {
            let parts = split(moved.iter().copied());
            assert_eq!(parts.len(), expected, "{moved:?}");
            let mut next = 0;
            for part in parts {
                assert_eq!(part.start, next);
                next = part.end;
                let sum = moved[part.clone()].iter().map(|&b| u128::from(b));
                let bounded = sum.sum::<u128>() <= MOST_MOVED.into();
                assert!(part.len() <= MOST_DISPATCHES && (bounded || part.len() == 1));
            }
            assert_eq!(next, moved.len());
        }
    }
}
