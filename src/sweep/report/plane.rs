//! The plane of temperature and diameter that a sweep spans, cut into the cells of a map.

use crate::sweep::axis::Axis;
use crate::sweep::plan::Plan;

/// Key of the horizontal axis of maps.
const TEMPERATURE: &str = "process.temperature_C";
/// Key of the vertical axis of maps.
const DIAMETER: &str = "pore.diameter_nm";

/// Most cells along an axis of a map: more are finer than a picture shows. Points that share one are averaged.
const MOST_CELLS: usize = 400;

/// A sweep seen as planes of temperature and diameter: one for each combination of its other axes.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    /// Temperature in °C, across.
    pub temperature: Line,
    /// Diameter in nm, upwards.
    pub diameter: Line,
    /// Number of rows of each axis.
    counts: Vec<usize>,
}

/// One axis of the plane.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Its place among the axes of the sweep.
    axis: usize,
    /// Cell of each row.
    cells: Vec<usize>,
    /// Edges of the cells.
    pub edges: Vec<f64>,
    /// Keys that vary along it.
    pub keys: Vec<String>,
}

impl Plane {
    /// The planes of a sweep; why there are none, as a sentence for the reader of the report.
    pub fn of(plan: &Plan) -> Result<Self, String> {
        let find = |key: &str| {
            let mut axes = plan.axes().iter();
            axes.position(|axis| axis.keys().iter().any(|one| one == key))
        };
        let (across, up) = match (find(TEMPERATURE), find(DIAMETER)) {
            (Some(a), Some(b)) if a == b => {
                return Err("temperature and diameter vary together, not as a grid".into());
            }
            (Some(a), Some(b)) => (a, b),
            (None, Some(_)) => return Err("the temperature does not vary along an axis".into()),
            (Some(_), None) => return Err("the diameter does not vary along an axis".into()),
            (None, None) => {
                return Err("neither temperature nor diameter vary along an axis".into());
            }
        };
        let line = |axis: usize, key: &str, what: &str, logarithmic: bool| {
            Line::new(&plan.axes()[axis], axis, key, logarithmic)
                .ok_or_else(|| format!("there is only one {what}"))
        };
        Ok(Plane {
            temperature: line(across, TEMPERATURE, "temperature", false)?,
            diameter: line(up, DIAMETER, "diameter", true)?,
            counts: plan.axes().iter().map(Axis::len).collect(),
        })
    }

    /// Number of planes.
    pub fn slices(&self) -> usize {
        let others = (self.counts.iter().enumerate()).filter(|(k, _)| self.is_other(*k));
        others.map(|(_, count)| count).product()
    }

    /// Number of cells of a plane.
    pub fn len(&self) -> usize {
        self.temperature.count() * self.diameter.count()
    }

    /// Plane and cell of the point with these rows of the axes; temperature varies fastest among the cells.
    pub fn place(&self, rows: &[usize]) -> (usize, usize) {
        let mut slice = 0;
        for (axis, row) in rows.iter().enumerate() {
            if self.is_other(axis) {
                slice = slice * self.counts[axis] + row;
            }
        }
        let [x, y] = [&self.temperature, &self.diameter].map(|line| line.cells[rows[line.axis]]);
        (slice, y * self.temperature.count() + x)
    }

    /// The first point of a plane.
    pub fn first(&self, slice: usize) -> u64 {
        let (mut rest, mut weight, mut point) = (slice, 1, 0);
        for (axis, &count) in self.counts.iter().enumerate().rev() {
            if self.is_other(axis) {
                point += weight * (rest % count) as u64;
                rest /= count;
            }
            weight *= count as u64;
        }
        point
    }

    fn is_other(&self, axis: usize) -> bool {
        axis != self.temperature.axis && axis != self.diameter.axis
    }

    /// Whether a key varies within a plane.
    pub fn varies(&self, matches: impl Fn(&str) -> bool) -> bool {
        let lines = [&self.temperature, &self.diameter];
        let mut keys = lines.into_iter().flat_map(|line| &line.keys);
        keys.any(|key| matches(key))
    }
}

impl Line {
    /// None if there are not two values.
    fn new(axis: &Axis, place: usize, key: &str, logarithmic: bool) -> Option<Self> {
        let column = axis.keys().iter().position(|one| one == key)?;
        let values: Vec<f64> = (0..axis.len())
            .filter_map(|row| axis.row(row)[column].as_f64())
            .collect();
        let mut distinct = values.clone();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        let count = distinct.len();
        if count < 2 {
            return None;
        }
        let cells = count.min(MOST_CELLS);
        let cell = |k: usize| k * cells / count;
        let order = |value: &f64| distinct.partition_point(|one| one < value);
        Some(Line {
            axis: place,
            cells: values.iter().map(|value| cell(order(value))).collect(),
            edges: edges(&distinct, cell, logarithmic),
            keys: axis.keys().to_vec(),
        })
    }

    /// Number of cells.
    pub fn count(&self) -> usize {
        self.edges.len() - 1
    }
}

/// Edges midway between the values of neighbouring cells; the outer ones as far from their values as the next.
fn edges(values: &[f64], cell: impl Fn(usize) -> usize, logarithmic: bool) -> Vec<f64> {
    let [to, back]: [fn(f64) -> f64; 2] = match logarithmic {
        true => [f64::ln, f64::exp],
        false => [|x| x, |x| x],
    };
    let middle = |a: f64, b: f64| back(0.5 * (to(a) + to(b)));
    let beyond = |end: f64, inner: f64| back(1.5 * to(end) - 0.5 * to(inner));
    let last = values.len() - 1;
    let mut edges = vec![beyond(values[0], values[1])];
    for k in 1..=last {
        if cell(k) != cell(k - 1) {
            edges.push(middle(values[k - 1], values[k]));
        }
    }
    edges.push(beyond(values[last], values[last - 1]));
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_lie_between_the_values() {
        // Ten to eighty nm in octaves: edges at √2 below and above each.
        let found = edges(&[10.0, 20.0, 40.0, 80.0], |k| k, true);
        let root = 2f64.sqrt();
        for (edge, expected) in found.iter().zip([10.0, 20.0, 40.0, 80.0, 160.0]) {
            assert!((edge * root / expected - 1.0).abs() < 1e-12, "{found:?}");
        }
        assert_eq!(edges(&[1.0, 2.0, 4.0], |k| k, false), [0.5, 1.5, 3.0, 5.0]);
        // Two values to a cell.
        assert_eq!(
            edges(&[1.0, 2.0, 3.0, 4.0], |k| k / 2, false),
            [0.5, 2.5, 4.5]
        );
    }

    #[test]
    fn points_find_their_plane_and_cell() {
        let axis = |place: usize, count: usize| Line {
            axis: place,
            cells: (0..count).collect(),
            edges: vec![0.0; count + 1],
            keys: Vec::new(),
        };
        // Temperature, pressure, diameter: 3 × 2 × 4 points, the diameter the fastest.
        let plane = Plane {
            temperature: axis(0, 3),
            diameter: axis(2, 4),
            counts: vec![3, 2, 4],
        };
        assert_eq!((plane.slices(), plane.len()), (2, 12));
        // Second pressure; first temperature and diameter: four points on.
        assert_eq!((plane.first(0), plane.first(1)), (0, 4));
        // Third temperature, second pressure, fourth diameter.
        assert_eq!(plane.place(&[2, 1, 3]), (1, 3 * 3 + 2));
    }
}
