//! A quantity that is constant or piecewise linear in time.

/// Time → value, constant or linear between knots, held constant outside them. Units are the owner's (K or Pa, and s).
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    knots: Vec<[f64; 2]>,
}

impl Schedule {
    /// The same value at all times.
    pub fn constant(value: f64) -> Self {
        Self {
            knots: vec![[0.0, value]],
        }
    }

    /// Linear between `knots` = [time in s, value]. The caller has checked that there is one at least and that the times increase.
    ///
    /// # Panics
    /// In debug builds, if there is no knot or if the times do not increase.
    pub fn piecewise_linear(knots: Vec<[f64; 2]>) -> Self {
        debug_assert!(!knots.is_empty() && knots.windows(2).all(|pair| pair[0][0] < pair[1][0]));
        Self { knots }
    }

    /// Value at `time` (s).
    pub fn value(&self, time: f64) -> f64 {
        let after = self.knots.partition_point(|knot| knot[0] <= time);
        if after == 0 {
            return self.knots[0][1];
        }
        let [t0, v0] = self.knots[after - 1];
        match self.knots.get(after) {
            None => v0,
            Some(&[t1, v1]) => v0 + (v1 - v0) * ((time - t0) / (t1 - t0)),
        }
    }

    /// The knots [time in s, value]; a constant has one, at time 0. No step may straddle one.
    pub fn knots(&self) -> &[[f64; 2]] {
        &self.knots
    }

    /// First knot strictly after `time` (s), where a step has to end.
    pub fn next_corner(&self, time: f64) -> Option<f64> {
        self.knots
            .iter()
            .map(|knot| knot[0])
            .find(|&corner| corner > time)
    }

    /// Smallest and largest value.
    pub fn range(&self) -> (f64, f64) {
        self.knots
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), knot| {
                (low.min(knot[1]), high.max(knot[1]))
            })
    }

    /// The same schedule with every value mapped, e.g. into another unit (linear maps only, so that it stays piecewise linear).
    pub fn map(&self, unit: impl Fn(f64) -> f64) -> Self {
        Self {
            knots: self
                .knots
                .iter()
                .map(|&[time, value]| [time, unit(value)])
                .collect(),
        }
    }

    /// This schedule and `factor` times another, with the corners of both.
    pub fn plus(&self, factor: f64, other: &Schedule) -> Self {
        if factor == 0.0 {
            return self.clone();
        }
        let mut times: Vec<f64> = self
            .knots
            .iter()
            .chain(&other.knots)
            .map(|knot| knot[0])
            .collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        let sum = |time: f64| self.value(time) + factor * other.value(time);
        Self::piecewise_linear(times.into_iter().map(|time| [time, sum(time)]).collect())
    }

    /// Whether the value never changes. What is no number is not constant: nobody may keep it for all times.
    pub fn is_constant(&self) -> bool {
        self.knots.iter().all(|knot| knot[1] == self.knots[0][1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_not_constant() {
        let schedule = |last: f64| Schedule::piecewise_linear(vec![[0.0, 1.0], [1.0, last]]);
        assert!(schedule(1.0).is_constant() && Schedule::constant(2.0).is_constant());
        assert!(!schedule(1.5).is_constant() && !schedule(f64::NAN).is_constant());
    }

    #[test]
    fn values_corners_and_ends() {
        // The paper's prepress: 0 → 350 MPa in 30 s, 3 s hold.
        let ramp = Schedule::piecewise_linear(vec![[0.0, 0.0], [30.0, 0.35], [33.0, 0.35]]);
        assert_eq!(ramp.value(15.0), 0.175);
        assert_eq!(ramp.value(30.0), 0.35);
        assert_eq!(ramp.value(31.0), 0.35);
        assert_eq!((ramp.value(-1.0), ramp.value(99.0)), (0.0, 0.35));
        assert_eq!(
            (
                ramp.next_corner(0.0),
                ramp.next_corner(30.0),
                ramp.next_corner(33.0)
            ),
            (Some(30.0), Some(33.0), None)
        );
        assert_eq!(ramp.range(), (0.0, 0.35));
        assert!(!ramp.is_constant() && Schedule::constant(2.0).is_constant());
        assert_eq!(Schedule::constant(2.0).value(1e9), 2.0);
        // 600 − 2 × the press: corners of both.
        let sum = Schedule::piecewise_linear(vec![[0.0, 600.0], [20.0, 500.0]]).plus(-2.0, &ramp);
        assert_eq!(sum.knots().len(), 4);
        assert_eq!(
            (sum.value(10.0), sum.value(31.0)),
            (550.0 - 2.0 * ramp.value(10.0), 499.3)
        );
    }
}
