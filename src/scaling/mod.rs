//! Scaling of measured lengths with the pore diameter, the way the paper finds its transition: at one temperature the
//! normalised length L/√(pt) follows L ∝ d (viscous flow) in wide pores and L ∝ d^(−1/2) (interface diffusion) in narrow
//! ones, and the transition diameter d_c is where the two fitted laws cross (Fig. 1d–f, Fig. 5).

mod laws;

pub use laws::{Law, Point, PowerLaw, Transition, Verdict, transition};

use crate::experiments::Experiment;

/// The experiments at one temperature.
#[derive(Clone, Debug, PartialEq)]
pub struct Group<'a> {
    /// Temperature in °C.
    pub celsius: f64,
    /// Its experiments, by diameter.
    pub experiments: Vec<&'a Experiment>,
    /// What their lengths show.
    pub transition: Transition,
}

/// Groups experiments by temperature, highest first, and fits the laws to each group.
pub fn groups(experiments: &[Experiment]) -> Vec<Group<'_>> {
    let mut temperatures: Vec<f64> = experiments.iter().map(|e| e.T_C).collect();
    temperatures.sort_by(|a, b| b.total_cmp(a));
    temperatures.dedup();
    temperatures
        .into_iter()
        .map(|celsius| {
            let mut here: Vec<&Experiment> =
                experiments.iter().filter(|e| e.T_C == celsius).collect();
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
