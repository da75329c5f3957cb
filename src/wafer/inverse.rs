//! The inverse of the reduced model: from a length to what it needs, by a table that all pores share.

use crate::reduced::{Entrance, Molding};
use rayon::prelude::*;

/// What is sought; the other one is as the material has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// δ D_I in m³/s.
    LayerConductivity,
    /// Newtonian viscosity in Pa·s.
    Viscosity,
}

impl Sought {
    /// The molding with another value of the number.
    fn set(self, molding: &Molding, value: f64) -> Molding {
        match self {
            Sought::LayerConductivity => Molding {
                layer_conductivity: value,
                ..*molding
            },
            Sought::Viscosity => Molding {
                newtonian_viscosity: value,
                ..*molding
            },
        }
    }

    /// The number of a molding.
    pub fn of(self, molding: &Molding) -> f64 {
        match self {
            Sought::LayerConductivity => molding.layer_conductivity,
            Sought::Viscosity => molding.newtonian_viscosity,
        }
    }

    /// The sign of its effect on a length.
    fn sign(self) -> f64 {
        match self {
            Sought::LayerConductivity => 1.0,
            Sought::Viscosity => -1.0,
        }
    }
}

/// How far the number may be from the material's: a factor of 10⁴ either way.
const REACH: f64 = 9.21;
/// Nodes of the table along the logarithm of the number: between two, a length is a power law to 1e-4.
const NODES: usize = 240;
/// Largest relative step between the diameters of the table.
const STEP: f64 = 0.01;
/// Smallest dlnL/dln(number) at which a length says something of it: five per cent of a length are a factor of e then.
pub const LEAST_SLOPE: f64 = 0.05;

/// Lengths over the number that is sought, for some diameters.
#[derive(Debug, Clone)]
pub struct Inverse {
    sought: Sought,
    middle: f64,
    /// Logarithms of the diameters, increasing.
    diameters: Vec<f64>,
    /// ln L of each diameter over the nodes, in the direction in which it grows.
    lengths: Vec<Vec<f64>>,
}

/// What a length needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Found {
    /// ln of the number, its 95 % interval (an end that nothing fixes is infinite), and dlnL/dln(number).
    Number([f64; 3], f64),
    /// The length hardly depends on the number.
    Insensitive,
    /// No value of it gives so short a length.
    TooShort,
    /// No value of it gives so long a length.
    TooLong,
}

/// Standard deviations of a 95 % interval.
const REACH_95: f64 = 1.959_964;

impl Inverse {
    /// A table for pores from `narrowest` to `widest` (m), molded as `molding` says; its initial length is that of its diameter, others'
    /// are in proportion.
    pub fn new(
        molding: &Molding,
        entrance: &Entrance,
        sought: Sought,
        [narrowest, widest]: [f64; 2],
    ) -> Self {
        let [low, high] = [narrowest.ln(), widest.ln()];
        let steps = ((high - low) / STEP).ceil() as usize;
        let diameters: Vec<f64> = (0..=steps)
            .map(|k| low + (high - low) * k as f64 / steps.max(1) as f64)
            .collect();
        let middle = sought.of(molding).ln();
        let aspect = molding.initial_length / molding.diameter;
        let lengths = diameters
            .par_iter()
            .map(|ln_d| {
                let pore = Molding {
                    diameter: ln_d.exp(),
                    initial_length: aspect * ln_d.exp(),
                    ..*molding
                };
                let at = |k: usize| {
                    let value = (middle + sought.sign() * Self::offset(k as f64)).exp();
                    sought.set(&pore, value).growth(entrance).length.ln()
                };
                let mut row: Vec<f64> = (0..NODES).map(at).collect();
                // Round-off must not turn a plateau.
                for k in 1..NODES {
                    row[k] = row[k].max(row[k - 1]);
                }
                row
            })
            .collect();
        Self {
            sought,
            middle,
            diameters,
            lengths,
        }
    }

    /// Distance of a node from the middle.
    fn offset(node: f64) -> f64 {
        REACH * (2.0 * node / (NODES - 1) as f64 - 1.0)
    }

    /// The place of a diameter between two of the table.
    fn place(&self, diameter: f64) -> (usize, f64) {
        let last = self.diameters.len() - 1;
        if last == 0 {
            return (0, 0.0);
        }
        let [low, high] = [self.diameters[0], self.diameters[last]];
        let place = ((diameter.ln() - low) / (high - low) * last as f64).clamp(0.0, last as f64);
        let below = (place as usize).min(last - 1);
        (below, place - below as f64)
    }

    /// ln L at a node of the table, between its diameters.
    fn at(&self, (below, share): (usize, f64), node: usize) -> f64 {
        let above = (below + 1).min(self.diameters.len() - 1);
        (1.0 - share) * self.lengths[below][node] + share * self.lengths[above][node]
    }

    /// The node, with its fraction, at which a length is reached.
    fn node(&self, place: (usize, f64), ln_length: f64) -> Option<f64> {
        let (mut low, mut high) = (0, NODES - 1);
        if !(self.at(place, low)..=self.at(place, high)).contains(&ln_length) {
            return None;
        }
        while high - low > 1 {
            let middle = (low + high) / 2;
            match self.at(place, middle) <= ln_length {
                true => low = middle,
                false => high = middle,
            }
        }
        let [below, above] = [low, high].map(|node| self.at(place, node));
        let share = if above > below {
            (ln_length - below) / (above - below)
        } else {
            0.5
        };
        Some(low as f64 + share)
    }

    /// What a length in m needs in a pore of `diameter` (m); `sigma` and `spread` are the relative standard deviations of both.
    pub fn of(&self, diameter: f64, length: f64, sigma: f64, spread: f64) -> Found {
        let place = self.place(diameter);
        let ln_length = length.ln();
        let Some(node) = self.node(place, ln_length) else {
            return match ln_length < self.at(place, 0) {
                true => Found::TooShort,
                false => Found::TooLong,
            };
        };
        let step = 2.0 * REACH / (NODES - 1) as f64;
        let low = (node as usize).min(NODES - 2);
        let slope = (self.at(place, low + 1) - self.at(place, low)) / step;
        if slope < LEAST_SLOPE {
            return Found::Insensitive;
        }
        let mut error = sigma;
        if spread > 0.0 && self.diameters.len() > 1 {
            let (below, _) = place;
            let along = (self.lengths[below + 1][low] - self.lengths[below][low])
                / (self.diameters[below + 1] - self.diameters[below]);
            error = error.hypot(spread * along);
        }
        let number = |node: f64| self.middle + self.sought.sign() * Self::offset(node);
        let end = |sign: f64| {
            // The length that is longer needs more of what makes it grow.
            let node = self.node(place, ln_length + sign * REACH_95 * error);
            node.map_or(sign * self.sought.sign() * f64::INFINITY, number)
        };
        let ends = [end(-1.0), end(1.0)];
        let [low, high] = [ends[0].min(ends[1]), ends[0].max(ends[1])];
        Found::Number([number(node), low, high], slope)
    }
}
