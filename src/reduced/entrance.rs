//! The entrance resistance of one mold, interpolated: smooth (C²) in Λ, twice integrable in closed form along the length.

use super::cubic::End;
use super::spline::{Knots, Place};
use super::table::Table;
use super::tabulate::long_pore;
use crate::mesh::MeshSpec;
use std::cell::OnceCell;

/// Why a table does not serve a mold.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MoldError {
    /// The pores are too close or too far apart.
    #[error(
        "the reduced model is tabulated for R_c = {low} to {high} pore radii, the mold has {cell_radius}; use the full model, or \
         a mold within"
    )]
    CellRadius {
        /// R_c/R of the mold.
        cell_radius: f64,
        /// Smallest R_c/R of the table.
        low: f64,
        /// Largest R_c/R of the table.
        high: f64,
    },
    /// The reservoir is shallower than those of the table.
    #[error(
        "the reduced model is tabulated for deep reservoirs (H = {tabulated} R_c), the mold's is {depth} R_c deep; use the full \
         model, or a reservoir of {SHALLOWEST} R_c at least"
    )]
    Depth {
        /// H/R_c of the mold.
        depth: f64,
        /// H/R_c of the table.
        tabulated: f64,
    },
}

/// Shallowest reservoir in R_c whose resistance the table's (H = 2 R_c) stands for.
const SHALLOWEST: f64 = 1.5;

/// Exponent of Λ with which the resistance leaves its value at Λ = 0 (the compliant mouth corner).
const EXPONENT: f64 = 0.38;

/// Λ at which the variable is halfway: where both mechanisms conduct equally.
const MIDDLE: f64 = 1.0 / 16.0;

/// The variable in which the table is smooth: ∝ Λ^0.38 near 0, logarithmic in between, 1 at infinity.
fn variable(lambda: f64) -> f64 {
    let y = (lambda / MIDDLE).powf(EXPONENT);
    if y.is_finite() { y / (1.0 + y) } else { 1.0 }
}

/// The entrance resistance C(L, Λ) and the layer's share s(L, Λ) of the flow at the tip for one R_c.
#[derive(Clone, Debug)]
pub struct Entrance {
    cell_radius: f64,
    largest_lambda: f64,
    /// In the variable of Λ.
    lambda: Knots,
    /// In L/R.
    length: Knots,
    /// ln C, `[lambda][length]`.
    log_resistance: Surface,
    /// s, likewise.
    share: Surface,
}

/// Values at the nodes and their second derivatives in the variable of Λ, `[lambda][length]`.
#[derive(Clone, Debug)]
struct Surface {
    values: Vec<f64>,
    bends: Vec<f64>,
    columns: usize,
}

impl Surface {
    fn new(values: Vec<f64>, rows: &Knots, columns: usize) -> Self {
        let mut bends = vec![0.0; values.len()];
        for k in 0..columns {
            let column: Vec<f64> = values.iter().skip(k).step_by(columns).copied().collect();
            for (row, bend) in rows.bends(&column).into_iter().enumerate() {
                bends[row * columns + k] = bend;
            }
        }
        Surface {
            values,
            bends,
            columns,
        }
    }

    /// The values along the length at one Λ.
    fn row(&self, at: &Place) -> Vec<f64> {
        let rows = |all: &[f64], weight: f64, row: usize, out: &mut [f64]| {
            for (o, v) in out.iter_mut().zip(&all[row * self.columns..]) {
                *o += weight * v;
            }
        };
        let mut out = vec![0.0; self.columns];
        for end in 0..2 {
            rows(&self.values, at.values[end], at.interval + end, &mut out);
            rows(&self.bends, at.bends[end], at.interval + end, &mut out);
        }
        out
    }
}

impl Entrance {
    /// The entrance of a mold whose feedstock cell has the radius `cell_radius` (in R).
    ///
    /// # Errors
    /// [`MoldError::CellRadius`] outside the table.
    pub fn new(table: &Table, cell_radius: f64) -> Result<Self, MoldError> {
        let axis = &table.cell_radius;
        let (low, high) = (axis[0], axis[axis.len() - 1]);
        if !(low..=high).contains(&cell_radius) {
            return Err(MoldError::CellRadius {
                cell_radius,
                low,
                high,
            });
        }
        let ends = [End::Parabola; 2];
        // ln R_c: the resistance of a mold with close pores grows steeply.
        let molds = Knots::new(axis.iter().map(|r| r.ln()).collect(), ends);
        let at = molds.place(cell_radius.ln());
        let plane = table.lambda.len() * table.length.len();
        let at_cell_radius = |values: &[f64], map: fn(f64) -> f64| -> Vec<f64> {
            (0..plane)
                .map(|node| {
                    let column: Vec<f64> = values
                        .iter()
                        .skip(node)
                        .step_by(plane)
                        .map(|&v| map(v))
                        .collect();
                    at.value(&column, &molds.bends(&column))
                })
                .collect()
        };
        let lambda = Knots::new(table.lambda.iter().map(|&l| variable(l)).collect(), ends);
        // Beyond the longest node the resistance is constant.
        let length = Knots::new(table.length.clone(), [End::Parabola, End::Slope(0.0)]);
        let columns = table.length.len();
        let resistance = at_cell_radius(&table.resistance, f64::ln);
        let share = at_cell_radius(&table.layer_share, |s| s);
        Ok(Entrance {
            cell_radius,
            largest_lambda: table.lambda[table.lambda.len() - 1],
            log_resistance: Surface::new(resistance, &lambda, columns),
            share: Surface::new(share, &lambda, columns),
            lambda,
            length,
        })
    }

    /// The entrance of a mesh.
    ///
    /// # Errors
    /// [`MoldError`] if the table does not serve it.
    pub fn of_mesh(table: &Table, mesh: &MeshSpec) -> Result<Self, MoldError> {
        let depth = mesh.reservoir_depth / mesh.cell_radius;
        if depth < SHALLOWEST * (1.0 - 1e-12) {
            return Err(MoldError::Depth {
                depth,
                tabulated: table.header.depth,
            });
        }
        Entrance::new(table, mesh.cell_radius)
    }

    /// R_c in R.
    pub fn cell_radius(&self) -> f64 {
        self.cell_radius
    }

    /// Largest Λ of the table. Beyond it the resistance is held at its value there, which is close to its limit.
    pub fn largest_lambda(&self) -> f64 {
        self.largest_lambda
    }

    /// The pore at one Λ (≥ 0).
    pub fn pore(&self, lambda: f64) -> Pore<'_> {
        let at = self.lambda.place(variable(lambda.min(self.largest_lambda)));
        let mut resistance = self.log_resistance.row(&at);
        for c in &mut resistance {
            *c = c.exp();
        }
        Pore {
            entrance: self,
            at,
            conductance: long_pore(lambda),
            resistance: Profile::new(&self.length, resistance),
            share: OnceCell::new(),
        }
    }
}

/// A quantity along the length at one Λ: a cubic spline, constant beyond its ends.
#[derive(Clone, Debug)]
struct Profile<'a> {
    knots: &'a Knots,
    values: Vec<f64>,
    bends: Vec<f64>,
    /// Integral from the first knot to each knot.
    integrals: Vec<f64>,
}

impl<'a> Profile<'a> {
    fn new(knots: &'a Knots, values: Vec<f64>) -> Self {
        let bends = knots.bends(&values);
        let x = knots.x();
        let mut integrals = Vec::with_capacity(x.len());
        let mut sum = 0.0;
        integrals.push(sum);
        for k in 0..x.len() - 1 {
            let step = x[k + 1] - x[k];
            sum += step * 0.5 * (values[k] + values[k + 1])
                - step.powi(3) / 24.0 * (bends[k] + bends[k + 1]);
            integrals.push(sum);
        }
        Profile {
            knots,
            values,
            bends,
            integrals,
        }
    }

    fn ends(&self) -> [f64; 2] {
        let x = self.knots.x();
        [x[0], x[x.len() - 1]]
    }

    fn value(&self, at: f64) -> f64 {
        let [low, high] = self.ends();
        let place = self.knots.place(at.clamp(low, high));
        place.value(&self.values, &self.bends)
    }

    /// Integral from the first knot to `at`; negative below it.
    fn integral(&self, at: f64) -> f64 {
        let [low, high] = self.ends();
        let inside = at.clamp(low, high);
        let place = self.knots.place(inside);
        let k = place.interval;
        let step = self.knots.x()[k + 1] - self.knots.x()[k];
        let [a, b] = place.values;
        // ∫ of the spline's four terms from the left knot, where b = 0.
        let (a2, b2) = (a * a, b * b);
        let within = step
            * (0.5 * (self.values[k] * (1.0 - a2) + self.values[k + 1] * b2)
                - step * step / 24.0
                    * (self.bends[k] * (1.0 - a2) * (1.0 - a2)
                        + self.bends[k + 1] * b2 * (2.0 - b2)));
        let beyond = (at - inside)
            * if at < low {
                self.values[0]
            } else {
                self.values[self.values.len() - 1]
            };
        self.integrals[k] + within + beyond
    }
}

/// A pore at one Λ: how fast the front moves, and how far. Lengths in R, the speed in pR/η.
///
/// The reduced time θ = ∫ p/η dt is what a length costs: dL/dθ = 1/(L/(1/8 + 2Λ) + C(L)).
#[derive(Clone, Debug)]
pub struct Pore<'a> {
    entrance: &'a Entrance,
    at: Place,
    conductance: f64,
    resistance: Profile<'a>,
    /// Made when it is asked for: a length needs none of it.
    share: OnceCell<Profile<'a>>,
}

impl<'a> Pore<'a> {
    fn share(&self) -> &Profile<'a> {
        let Entrance { length, share, .. } = self.entrance;
        self.share
            .get_or_init(|| Profile::new(length, share.row(&self.at)))
    }

    /// Entrance resistance C at a length.
    pub fn resistance(&self, length: f64) -> f64 {
        self.resistance.value(length)
    }

    /// Speed of the front at a length.
    pub fn speed(&self, length: f64) -> f64 {
        1.0 / (length / self.conductance + self.resistance(length))
    }

    /// Share of the flow that the layer carries at the tip.
    pub fn layer_share(&self, length: f64) -> f64 {
        self.share().value(length)
    }

    /// Reduced time that growing `from` one length `to` another takes.
    pub fn reduced_time(&self, from: f64, to: f64) -> f64 {
        (to - from) * (to + from) / (2.0 * self.conductance) + self.resistance.integral(to)
            - self.resistance.integral(from)
    }

    /// Length after the reduced time `theta` (≥ 0) from the length `from`.
    pub fn length_after(&self, from: f64, theta: f64) -> f64 {
        if theta <= 0.0 {
            return from;
        }
        let start = self.resistance.integral(from);
        let cost = |to: f64| {
            (to - from) * (to + from) / (2.0 * self.conductance) + self.resistance.integral(to)
                - start
        };
        // Without an entrance the wire would be longer; a resistance that holds for all lengths gives the first guess.
        let mut low = from;
        let mut high = (from * from + 2.0 * self.conductance * theta)
            .sqrt()
            .max(from);
        if !high.is_finite() {
            return high;
        }
        let entrance = self.conductance * self.resistance(high);
        let square = (from + entrance).powi(2) + 2.0 * self.conductance * theta;
        // As a quotient: the entrance may be much longer than the wire.
        let sum = square.sqrt() + entrance + from;
        // Not `clamp`: a quotient of what is beyond all numbers is none.
        let mut length = (from + 2.0 * self.conductance * theta / sum)
            .max(low)
            .min(high);
        for _ in 0..60 {
            let excess = cost(length) - theta;
            if excess > 0.0 {
                high = length;
            } else {
                low = length;
            }
            let newton = length - excess * self.speed(length);
            let next = if newton > low && newton < high {
                newton
            } else {
                0.5 * (low + high)
            };
            let change = (next - length).abs();
            length = next;
            if change <= 1e-13 * length {
                break;
            }
        }
        length
    }

    /// ∫ s dL between two lengths: the volume, in πR³, that arrived through the layer.
    pub fn layer_volume(&self, from: f64, to: f64) -> f64 {
        let share = self.share();
        share.integral(to) - share.integral(from)
    }
}
