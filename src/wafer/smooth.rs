//! A smooth field through noisy values: Gaussian-process regression with a squared-exponential covariance of a stated length.
//!
//! A million values are first gathered in cells of half that length, whose medians have the scatter of their values over √n. The field at
//! the cells' middles is K (K + N)⁻¹ y about the mean of y, K_ij = a² exp(−|x_i − x_j|²/2ℓ²), N the variances; between the middles
//! it is interpolated. a² is the variance of the medians beyond N.

use super::local::{Cells, Median};
use nalgebra::{Cholesky, DMatrix, DVector};

/// Most cells: a matrix of 1600 by 1600 is factored in seconds.
pub const MOST_CELLS: usize = 1600;
/// Cells along the length.
const CELLS: f64 = 2.0;
/// A median scatters by 1.2533 standard deviations of a mean.
const MEDIAN: f64 = 1.2533;
/// Smallest variance of a cell as a share of all: values without any scatter would leave the matrix without a factor.
const LEAST: f64 = 1e-6;

/// A smooth field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    cells: Cells,
    means: Vec<f64>,
    deviations: Vec<f64>,
}

/// Cells for a field of the length `length` (m).
///
/// # Errors
/// The least length in m that the places allow, if they are too many.
pub fn cells(places: &[[f64; 2]], length: f64) -> Result<Cells, f64> {
    let cells = Cells::new(places, length / CELLS);
    match cells.count() <= MOST_CELLS {
        true => Ok(cells),
        false => Err(length * (cells.count() as f64 / MOST_CELLS as f64).sqrt()),
    }
}

impl Field {
    /// The field of the length `length` (m) through the `medians` of `cells`; none with fewer than two of them.
    pub fn new(cells: Cells, medians: &[Option<Median>], length: f64) -> Option<Self> {
        let known: Vec<(usize, Median)> = (medians.iter().enumerate())
            .filter_map(|(cell, median)| Some((cell, (*median)?)))
            .collect();
        let n = known.len();
        if n < 2 {
            return None;
        }
        let mean = known.iter().map(|(_, m)| m.value).sum::<f64>() / n as f64;
        let total = known
            .iter()
            .map(|(_, m)| (m.value - mean).powi(2))
            .sum::<f64>()
            / (n - 1) as f64;
        // A cell with few values does not know their scatter; that of all cells does.
        let pooled = known.iter().map(|(_, m)| m.scatter).sum::<f64>() / n as f64;
        let noise = |m: &Median| {
            let scatter = if m.count < 10 {
                m.scatter.max(pooled)
            } else {
                m.scatter
            };
            ((MEDIAN * scatter).powi(2) / m.count as f64)
                .max(LEAST * total)
                .max(1e-20)
        };
        let noises: Vec<f64> = known.iter().map(|(_, m)| noise(m)).collect();
        let usual = noises.iter().sum::<f64>() / n as f64;
        let amplitude = (total - usual).max(LEAST * total).max(1e-20);
        let covariance = |a: usize, b: usize| {
            let [a, b] = [a, b].map(|cell| cells.middle(cell));
            let square: f64 = (0..2).map(|k| (a[k] - b[k]).powi(2)).sum();
            amplitude * (-0.5 * square / (length * length)).exp()
        };
        let matrix = DMatrix::from_fn(n, n, |i, j| {
            covariance(known[i].0, known[j].0) + if i == j { noises[i] } else { 0.0 }
        });
        let factor = Cholesky::new(matrix)?;
        let values = DVector::from_iterator(n, known.iter().map(|(_, m)| m.value - mean));
        let weights = factor.solve(&values);
        let (mut means, mut deviations) = (Vec::new(), Vec::new());
        for cell in 0..cells.count() {
            let row =
                DVector::from_iterator(n, known.iter().map(|(other, _)| covariance(cell, *other)));
            means.push(mean + row.dot(&weights));
            let solved = factor.l_dirty().solve_lower_triangular(&row)?;
            deviations.push((amplitude - solved.norm_squared()).max(0.0).sqrt());
        }
        Some(Self {
            cells,
            means,
            deviations,
        })
    }

    /// The field at a place (m) and its standard deviation: between the middles of the four cells around it.
    pub fn at(&self, place: [f64; 2]) -> [f64; 2] {
        let [columns, rows] = self.cells.counts;
        let along = |axis: usize, count: usize| {
            let k = (place[axis] - self.cells.corner[axis]) / self.cells.side - 0.5;
            // The outer half of the outermost cells goes on along the slope there.
            let below = (k.max(0.0) as usize).min(count.saturating_sub(2));
            (below, (below + 1).min(count - 1), k - below as f64)
        };
        let ((left, right, u), (low, high, v)) = (along(0, columns), along(1, rows));
        let of = |values: &[f64]| {
            let at = |row: usize, column: usize| values[row * columns + column];
            let across = |row: usize| (1.0 - u) * at(row, left) + u * at(row, right);
            (1.0 - v) * across(low) + v * across(high)
        };
        [of(&self.means), of(&self.deviations).max(0.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::local::medians;
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};

    #[test]
    fn a_planted_wave_is_found_within_its_interval() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let wave = |[x, y]: [f64; 2]| (6.0 * x).sin() + (4.0 * y).cos();
        let places: Vec<[f64; 2]> = (0..10_000)
            .map(|k| [f64::from(k % 100) / 99.0, f64::from(k / 100) / 99.0])
            .collect();
        let values: Vec<f64> = (places.iter())
            .map(|place| {
                let normal: f64 = StandardNormal.sample(&mut random);
                wave(*place) + 0.5 * normal
            })
            .collect();
        let own = cells(&places, 0.2).unwrap();
        let medians = medians(&own, &places, &values);
        let field = Field::new(own, &medians, 0.2).unwrap();
        let off: Vec<f64> = places
            .iter()
            .map(|place| field.at(*place)[0] - wave(*place))
            .collect();
        let root = (off.iter().map(|o| o * o).sum::<f64>() / off.len() as f64).sqrt();
        // 100 values of 0.5 in a cell of 0.1 know their median to 0.06; two cells or so to a length make it less, the medians' own smoothing
        // over a cell (6² 0.1²/24 = 1.5 % of the wave) more.
        assert!(root < 0.06, "{root}");
        let inside = (places.iter().zip(&off))
            .filter(|(place, off)| off.abs() < 1.96 * field.at(**place)[1].max(0.02))
            .count();
        assert!(inside as f64 > 0.85 * places.len() as f64, "{inside}");
        // Too fine a field is refused with the length that would do.
        let least = cells(&places, 0.01).unwrap_err();
        assert!(cells(&places, 1.05 * least).is_ok());
    }
}
