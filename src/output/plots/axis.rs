//! Ranges, ticks and clipping of one axis; plotters' own logarithmic ticks crowd just above a power of ten.

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

/// Where an axis begins and ends and where it is marked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub low: f64,
    pub high: f64,
    pub logarithmic: bool,
    /// Ticks with a label.
    pub labelled: Vec<f64>,
    /// Light grid lines between them.
    pub minor: Vec<f64>,
}

/// As many labels fit along either axis without touching.
const MOST_LABELS: usize = 12;
/// Fewer labels than this do not tell the scale of a logarithmic axis.
const FEWEST_LABELS: usize = 3;

impl Axis {
    /// A logarithmic axis around positive `values`, with a margin of a twentieth of their range and of 12 % at least.
    pub fn logarithmic(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (lowest, highest) = range(values);
        let margin = (highest / lowest).powf(0.05).max(1.12);
        Self::between(lowest / margin, highest * margin, true)
    }

    /// An axis from `low` to `high`. Ends that no axis can have, as of numbers that are none or beyond all that is measured, are moved.
    pub fn between(low: f64, high: f64, logarithmic: bool) -> Self {
        let (low, high) = usable(low, high, logarithmic);
        let (labelled, minor) = match logarithmic {
            true => logarithmic_ticks(low, high),
            false => even(low, high),
        };
        Axis {
            low,
            high,
            logarithmic,
            labelled,
            minor,
        }
    }

    /// A linear axis around `values`, with a margin of a twentieth of their range.
    pub fn linear(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (lowest, highest) = range(values);
        let margin = (0.05 * (highest - lowest))
            .max(1e-6 * highest.abs())
            .max(1e-12);
        Self::between(lowest - margin, highest + margin, false)
    }

    /// A linear axis from zero to 5 % above the largest of `values`.
    pub fn from_zero(values: impl Iterator<Item = f64> + Clone) -> Self {
        Self::between(0.0, range(values).1 * 1.05, false)
    }

    /// The same axis with `most` labels or fewer.
    pub fn thinned(mut self, most: usize) -> Self {
        let every = self.labelled.len().div_ceil(most).max(1);
        self.labelled = self.labelled.into_iter().step_by(every).collect();
        self
    }

    /// Where `value` lies between the ends (0 and 1).
    pub fn place(&self, value: f64) -> f64 {
        if self.logarithmic {
            (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// The value at a place between the ends (0 and 1).
    pub fn value(&self, place: f64) -> f64 {
        if self.logarithmic {
            self.low * (self.high / self.low).powf(place)
        } else {
            self.low + (self.high - self.low) * place
        }
    }

    /// How its ticks are written.
    pub fn number(&self) -> fn(&f64) -> String {
        match self.logarithmic {
            true => super::decade_number,
            false => super::linear_number,
        }
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (first, last): (i32, i32)) -> i32 {
        // What lies far beyond the ends is drawn a little beyond them: a picture's coordinates are few.
        let place = self.place(*value).clamp(-BEYOND, 1.0 + BEYOND);
        first + (place * f64::from(last - first)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            self.minor.clone()
        } else {
            self.labelled.clone()
        }
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.low..self.high
    }
}

/// How far beyond the ends of an axis something is drawn, in lengths of the axis.
const BEYOND: f64 = 10.0;

/// The smallest and the largest number on an axis, and the least distance of its ends relative to them.
const SMALLEST: f64 = 1e-280;
const LARGEST: f64 = 1e280;
const LEAST_SPAN: f64 = 1e-9;

/// The ends of an axis that ticks can be put on.
fn usable(low: f64, high: f64, logarithmic: bool) -> (f64, f64) {
    let within = |value: f64, least: f64, otherwise: f64| match value.is_nan() {
        true => otherwise,
        false => value.clamp(least, LARGEST),
    };
    if logarithmic {
        let low = within(low, SMALLEST, 1.0);
        let high = within(high, SMALLEST, 10.0);
        return match high > low * (1.0 + LEAST_SPAN) {
            true => (low, high),
            false => (low / 1.1, low * 1.1),
        };
    }
    let low = within(low, -LARGEST, 0.0);
    let high = within(high, -LARGEST, 1.0);
    let least = (LEAST_SPAN * low.abs().max(high.abs())).max(SMALLEST);
    match high - low > least {
        true => (low, high),
        false => (low, low + 2.0 * least),
    }
}

/// Labelled ticks of a logarithmic axis and the lines between them.
fn logarithmic_ticks(low: f64, high: f64) -> (Vec<f64>, Vec<f64>) {
    let at = |mantissas: &[u32]| decades(low, high, mantissas);
    let choices = [at(&[1, 2, 5]), at(&[1])];
    let fits = |ticks: &Vec<f64>| (FEWEST_LABELS..=MOST_LABELS).contains(&ticks.len());
    match choices.into_iter().find(fits) {
        Some(ticks) => (ticks, at(&[2, 3, 4, 5, 6, 7, 8, 9])),
        // Less than half a decade is marked like a linear axis, a dozen decades and more every few.
        None if high / low < 100.0 => even(low, high),
        None => {
            let all = at(&[1]);
            let every = all.len().div_ceil(MOST_LABELS).max(1);
            (all.iter().copied().step_by(every).collect(), all)
        }
    }
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = values.filter(|value| value.is_finite());
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    })
}

/// All m·10^k between `low` and `high`, in order.
fn decades(low: f64, high: f64, mantissas: &[u32]) -> Vec<f64> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let all = (first..=last).flat_map(|k| mantissas.iter().map(move |&m| scaled(f64::from(m), k)));
    all.filter(|v| (low..=high).contains(v)).collect()
}

/// m·10^k without the round-off that 0.2 = 2·10⁻¹ would show in a label.
fn scaled(mantissa: f64, exponent: i32) -> f64 {
    if exponent < 0 {
        mantissa / 10f64.powi(-exponent)
    } else {
        mantissa * 10f64.powi(exponent)
    }
}

/// Some five to ten multiples of 1, 2 or 5 times a power of ten between `low` and `high`, and their fifths (quarters
/// of 2).
fn even(low: f64, high: f64) -> (Vec<f64>, Vec<f64>) {
    let rough = (high - low) / 8.0;
    let exponent = rough.log10().floor() as i32;
    let mantissa = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|&m| scaled(m, exponent) >= rough)
        .unwrap_or(10.0);
    let multiples = |parts: f64| -> Vec<f64> {
        let step = mantissa / parts;
        let count = |value: f64| value / scaled(step, exponent);
        let (first, last) = (
            count(low).ceil() as i64,
            (count(high) + 1e-9).floor() as i64,
        );
        (first..=last)
            .map(|n| scaled(n as f64 * step, exponent))
            .collect()
    };
    (
        multiples(1.0),
        multiples(if mantissa == 2.0 { 4.0 } else { 5.0 }),
    )
}

/// The parts of the line through `points` that lie within both axes, cut where it leaves them.
pub(super) fn clip(points: &[(f64, f64)], x: &Axis, y: &Axis) -> Vec<Vec<(f64, f64)>> {
    let places: Vec<[f64; 2]> = points
        .iter()
        .map(|p| [x.place(p.0), y.place(p.1)])
        .collect();
    let mut parts: Vec<Vec<[f64; 2]>> = Vec::new();
    for pair in places.windows(2) {
        let Some((from, to)) = inside(pair[0], pair[1]) else {
            continue;
        };
        let at = |t: f64| [0, 1].map(|k| pair[0][k] + t * (pair[1][k] - pair[0][k]));
        match parts.last_mut() {
            Some(part) if from == 0.0 && part.last() == Some(&pair[0]) => {}
            _ => parts.push(vec![if from == 0.0 { pair[0] } else { at(from) }]),
        }
        let end = if to == 1.0 { pair[1] } else { at(to) };
        if let Some(part) = parts.last_mut() {
            part.push(end);
        }
    }
    let back = |part: Vec<[f64; 2]>| {
        part.into_iter()
            .map(|[a, b]| (x.value(a), y.value(b)))
            .collect()
    };
    parts.into_iter().map(back).collect()
}

/// The share of the segment from `a` to `b` that lies within the unit square (Liang and Barsky).
fn inside(a: [f64; 2], b: [f64; 2]) -> Option<(f64, f64)> {
    let (mut from, mut to) = (0.0f64, 1.0f64);
    for k in 0..2 {
        let step = b[k] - a[k];
        for (distance, speed) in [(a[k], -step), (1.0 - a[k], step)] {
            if speed == 0.0 {
                if distance < 0.0 {
                    return None;
                }
            } else if speed < 0.0 {
                from = from.max(distance / speed);
            } else {
                to = to.min(distance / speed);
            }
        }
    }
    (from < to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(low: f64, high: f64) -> Axis {
        Axis::logarithmic([low, high].into_iter())
    }

    #[test]
    fn labels_follow_one_two_five_and_do_not_crowd() {
        // One and a half decades, as a wire of 15 to 280 nm.
        assert_eq!(axis(15.0, 280.0).labelled, [20.0, 50.0, 100.0, 200.0]);
        assert!(
            axis(15.0, 280.0).minor.contains(&90.0) && !axis(15.0, 280.0).minor.contains(&105.0)
        );
        // Four and more decades of time: 1-2-5 would be 14 labels.
        assert_eq!(
            axis(3.0, 36_000.0).labelled,
            [10.0, 100.0, 1000.0, 10_000.0]
        );
        assert_eq!(
            axis(3.0, 360_000.0).labelled,
            [10.0, 100.0, 1000.0, 10_000.0, 100_000.0]
        );
        // A quarter of a decade has no two of 1-2-5 that tell the scale.
        assert!(
            axis(60.0, 95.0).labelled.len() >= 5,
            "{:?}",
            axis(60.0, 95.0).labelled
        );
        for (low, high) in [
            (1.0, 1.001),
            (60.0, 95.0),
            (0.01, 0.3),
            (1e-9, 1e9),
            (1e-20, 1e20),
        ] {
            let found = axis(low, high);
            let count = found.labelled.len();
            assert!(
                (FEWEST_LABELS..=MOST_LABELS + 1).contains(&count),
                "{low} to {high}: {:?}",
                found.labelled
            );
            assert!(found.labelled.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(found.low < low && high < found.high);
        }
    }

    /// Ticks are few whatever a table or a file of facts says, and nothing is drawn beyond what a picture's coordinates take.
    #[test]
    fn no_number_makes_an_axis_without_end() {
        let tiny = f64::from_bits(1);
        let numbers = [
            0.0,
            -0.0,
            tiny,
            -tiny,
            1e-300,
            1.0,
            1.0 + 1e-16,
            19.0,
            -5.0,
            1e16,
            1e300,
            -1e300,
            f64::MAX,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ];
        for low in numbers {
            for high in numbers {
                let values = [low, high].into_iter();
                for axis in [
                    Axis::between(low, high, false),
                    Axis::between(low, high, true),
                    Axis::linear(values.clone()),
                    Axis::logarithmic(values.clone()),
                    Axis::from_zero(values),
                ] {
                    let count = axis.labelled.len().max(axis.minor.len());
                    assert!(count <= 6000, "{low:e} to {high:e}: {count}");
                    assert!(axis.labelled.len() <= 60, "{low:e} to {high:e}");
                    assert!(axis.low < axis.high, "{low:e} to {high:e}: {axis:?}");
                    for value in numbers {
                        let at = axis.map(&value, (100, 900));
                        assert!(at.abs() <= 10_000, "{value:e} on {low:e} to {high:e}: {at}");
                    }
                }
            }
        }
    }

    #[test]
    fn linear_axes_begin_at_zero() {
        let found = Axis::from_zero([15.0, 277.0].into_iter());
        assert_eq!(found.labelled, [0.0, 50.0, 100.0, 150.0, 200.0, 250.0]);
        assert!(found.minor.contains(&10.0));
    }

    #[test]
    fn lines_are_cut_at_the_edges() {
        let x = Axis {
            low: 1.0,
            high: 100.0,
            logarithmic: true,
            labelled: vec![],
            minor: vec![],
        };
        // y = x from 0.1 to 1e4, which the square of 1 to 100 shows from corner to corner.
        let line: Vec<(f64, f64)> = (-1..=4).map(|k| (10f64.powi(k), 10f64.powi(k))).collect();
        let found = clip(&line, &x, &x);
        assert_eq!(found.len(), 1);
        let (first, last) = (found[0][0], found[0][found[0].len() - 1]);
        assert!(
            (first.0 - 1.0).abs() < 1e-9 && (first.1 - 1.0).abs() < 1e-9,
            "{first:?}"
        );
        assert!(
            (last.0 - 100.0).abs() < 1e-6 && (last.1 - 100.0).abs() < 1e-6,
            "{last:?}"
        );
        // Cut in the middle of a segment: √10 below is a quarter of the way from 0.1 to 1000.
        let steep = clip(&[(2.0, 0.1), (20.0, 1000.0)], &x, &x);
        assert!(
            (steep[0][0].0 - 2.0 * 10f64.powf(0.25)).abs() < 1e-9,
            "{steep:?}"
        );
        // Out and in again makes two lines; a line outside makes none.
        assert_eq!(
            clip(&[(2.0, 10.0), (4.0, 1e4), (8.0, 10.0)], &x, &x).len(),
            2
        );
        assert!(clip(&[(2.0, 0.5), (50.0, 0.9)], &x, &x).is_empty());
    }
}
