//! What pores that lie together have in common: medians of cells, and which pores are far from theirs.

/// Square cells over all places.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// Lower left corner in m.
    pub corner: [f64; 2],
    /// Side in m.
    pub side: f64,
    /// Cells along x and y.
    pub counts: [usize; 2],
}

impl Cells {
    /// Cells of the side `side` (m) over `places`.
    pub fn new(places: &[[f64; 2]], side: f64) -> Self {
        let [low, high] = extent(places);
        let count = |axis: usize| (((high[axis] - low[axis]) / side) as usize + 1).max(1);
        Self {
            corner: low,
            side,
            counts: [count(0), count(1)],
        }
    }

    /// Cells that hold about `pores` places each.
    pub fn holding(places: &[[f64; 2]], pores: f64) -> Self {
        let [low, high] = extent(places);
        let [width, height] = [0, 1].map(|axis| high[axis] - low[axis]);
        let share = pores / places.len().max(1) as f64;
        // A row of pores has no area.
        let side = match width.min(height) > 0.0 {
            true => (width * height * share).sqrt(),
            false => width.max(height) * share,
        };
        Self::new(places, side.max(1e-12))
    }

    /// Number of cells.
    pub fn count(&self) -> usize {
        self.counts[0] * self.counts[1]
    }

    /// The cell of a place, x fastest.
    pub fn of(&self, place: [f64; 2]) -> usize {
        let along = |axis: usize| {
            let k = ((place[axis] - self.corner[axis]) / self.side) as usize;
            k.min(self.counts[axis] - 1)
        };
        along(1) * self.counts[0] + along(0)
    }

    /// The middle of a cell in m.
    pub fn middle(&self, cell: usize) -> [f64; 2] {
        let at = [cell % self.counts[0], cell / self.counts[0]];
        [0, 1].map(|axis| self.corner[axis] + (at[axis] as f64 + 0.5) * self.side)
    }
}

fn extent(places: &[[f64; 2]]) -> [[f64; 2]; 2] {
    let start = [[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]];
    places.iter().fold(start, |[low, high], place| {
        [
            [0, 1].map(|k| low[k].min(place[k])),
            [0, 1].map(|k| high[k].max(place[k])),
        ]
    })
}

/// Values of one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Median {
    /// Their median.
    pub value: f64,
    /// Their standard deviation, by the median of the distances from it (a few wild ones do not count).
    pub scatter: f64,
    /// How many there are.
    pub count: usize,
}

/// 1.4826 median absolute deviations are a standard deviation of normal numbers.
const MAD: f64 = 1.4826;

/// Medians of the cells; none where there is no value. `values` of NaN do not count.
pub fn medians(cells: &Cells, places: &[[f64; 2]], values: &[f64]) -> Vec<Option<Median>> {
    let mut own: Vec<Vec<f64>> = vec![Vec::new(); cells.count()];
    for (place, value) in places
        .iter()
        .zip(values)
        .filter(|(_, value)| value.is_finite())
    {
        own[cells.of(*place)].push(*value);
    }
    own.into_iter()
        .map(|mut values| {
            let value = median(&mut values)?;
            let mut distances: Vec<f64> = values.iter().map(|v| (v - value).abs()).collect();
            Some(Median {
                value,
                scatter: MAD * median(&mut distances)?,
                count: values.len(),
            })
        })
        .collect()
}

fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    Some(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// Standard deviations beyond which a value is far from its neighbours': one of a million normal numbers is beyond 5.
const FAR: f64 = 5.0;
/// Fewest values of a cell that tell what is usual there.
const FEWEST: usize = 10;

/// Which values are far from the median of their cell, in its scatter and in their own standard deviations `errors`.
pub fn outliers(
    cells: &Cells,
    places: &[[f64; 2]],
    values: &[f64],
    errors: &[f64],
    medians: &[Option<Median>],
) -> Vec<bool> {
    let far = |k: usize| {
        let Some(usual) = medians[cells.of(places[k])].filter(|one| one.count >= FEWEST) else {
            return false;
        };
        let scatter = usual.scatter.max(if errors[k].is_finite() {
            errors[k]
        } else {
            0.0
        });
        values[k].is_finite() && (values[k] - usual.value).abs() > FAR * scatter
    };
    (0..values.len()).map(far).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_find_their_places_and_what_is_wild() {
        let places: Vec<[f64; 2]> = (0..400)
            .map(|k| [f64::from(k % 20), f64::from(k / 20)])
            .collect();
        let cells = Cells::holding(&places, 25.0);
        // 19 by 19 with 400 places: 25 of them need a side of 4.75, four cells and the edge.
        assert!((cells.side - 4.75).abs() < 1e-9);
        assert_eq!(cells.counts, [5, 5]);
        assert_eq!(cells.of([0.0, 0.0]), 0);
        assert_eq!(cells.of([19.0, 19.0]), 24);
        assert_eq!(cells.middle(1), [1.5 * 4.75, 0.5 * 4.75]);
        let mut values: Vec<f64> = (0..400)
            .map(|k| 0.1 * f64::from(k * 37 % 11) - 0.5)
            .collect();
        values[211] = 9.0;
        values[7] = f64::NAN;
        let errors = vec![0.3; 400];
        let medians = medians(&cells, &places, &values);
        let found = outliers(&cells, &places, &values, &errors, &medians);
        let named: Vec<usize> = (0..400).filter(|&k| found[k]).collect();
        assert_eq!(named, [211]);
    }
}
