//! Scaling of measured lengths with the pore diameter, the way the paper finds its transition: at one temperature the
//! normalised length L/√(pt) follows L ∝ d (viscous flow) in wide pores and L ∝ d^(−1/2) (interface diffusion) in narrow
//! ones, and the transition diameter d_c is where the two fitted laws cross (Fig. 1d–f, Fig. 5).

//!
//! A third reading takes both laws together, as the lengths of a long pore have them, and a regime is claimed only where the
//! exponent of its lengths says so.

mod additive;
mod alternatives;
mod laws;
mod sums;

pub use additive::Additive;
pub use alternatives::Alternative;
pub use laws::{Law, Point, PowerLaw, Transition, Verdict, transition};

use crate::experiments::{Experiment, same_temperature};

/// The experiments at one temperature.
#[derive(Clone, Debug, PartialEq)]
pub struct Group<'a> {
    /// Temperature in °C, the mean of its experiments'.
    pub celsius: f64,
    /// Its experiments, by diameter.
    pub experiments: Vec<&'a Experiment>,
    /// What their lengths show.
    pub transition: Transition,
}

/// Groups experiments by temperature, highest first, and fits the laws to each group. Temperatures that differ by no more than `tolerance` (K) from
/// one to the next are one.
pub fn groups(experiments: &[Experiment], tolerance: f64) -> Vec<Group<'_>> {
    let celsius: Vec<f64> = experiments.iter().map(|e| e.T_C).collect();
    same_temperature(&celsius, tolerance)
        .into_iter()
        .map(|(celsius, indices)| {
            let mut here: Vec<&Experiment> = indices
                .into_iter()
                .map(|index| &experiments[index])
                .collect();
            here.sort_by(|a, b| a.d_nm.total_cmp(&b.d_nm));
            let points: Vec<Point> = here.iter().map(|e| Point::of(e)).collect();
            Group {
                celsius,
                experiments: here,
                transition: transition(&points),
            }
        })
        .collect()
}
