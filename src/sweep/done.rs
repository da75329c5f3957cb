//! Which points of a sweep have a row.

/// A set of points.
#[derive(Debug, Clone, Default)]
struct Points(Vec<u64>);

impl Points {
    fn has(&self, point: u64) -> bool {
        let word = self.0.get((point / 64) as usize).copied();
        word.unwrap_or(0) >> (point % 64) & 1 == 1
    }

    fn set(&mut self, point: u64, is_in: bool) {
        let (word, bit) = ((point / 64) as usize, 1 << (point % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        match is_in {
            true => self.0[word] |= bit,
            false => self.0[word] &= !bit,
        }
    }
}

/// The points that have a row.
#[derive(Debug, Clone, Default)]
pub struct Done {
    all: Points,
    bad: Points,
    /// How many.
    pub count: u64,
    /// How many of them have failed.
    pub failed: u64,
}

impl Done {
    /// Whether a point has a row.
    pub fn has(&self, point: u64) -> bool {
        self.all.has(point)
    }

    /// Marks a point; false if it was marked before.
    pub fn mark(&mut self, point: u64, ok: bool) -> bool {
        if self.has(point) {
            return false;
        }
        self.all.set(point, true);
        self.bad.set(point, !ok);
        self.count += 1;
        self.failed += u64::from(!ok);
        true
    }

    /// Marks a point, or marks it anew: its latest row counts.
    pub(super) fn put(&mut self, point: u64, ok: bool) {
        if self.mark(point, ok) {
            return;
        }
        let failed = self.has_failed(point);
        self.bad.set(point, !ok);
        self.failed = self.failed - u64::from(failed) + u64::from(!ok);
    }

    /// Whether a point has a row that says that it failed.
    pub fn has_failed(&self, point: u64) -> bool {
        self.has(point) && self.bad.has(point)
    }

    /// Takes back those points below `total` that have not failed and for which `lacks` is true; says how many.
    pub fn take_back(&mut self, total: u64, lacks: impl Fn(u64) -> bool) -> u64 {
        let before = self.count;
        for point in 0..total {
            if self.has(point) && !self.bad.has(point) && lacks(point) {
                self.all.set(point, false);
                self.count -= 1;
            }
        }
        before - self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_counted_once_and_can_be_taken_back() {
        let mut done = Done::default();
        for (point, ok) in [(3, true), (70, false), (128, true), (3, true)] {
            done.mark(point, ok);
        }
        assert_eq!((done.count, done.failed), (3, 1));
        // Point 70 has failed and stays.
        assert_eq!(done.take_back(200, |point| point >= 70), 1);
        assert!(done.has(3) && done.has(70) && !done.has(128));
        assert!(done.mark(128, true) && done.count == 3);
        done.put(128, false);
        assert!(done.has_failed(128) && (done.count, done.failed) == (3, 2));
        done.put(70, true);
        assert!(!done.has_failed(70) && (done.count, done.failed) == (3, 1));
    }
}
