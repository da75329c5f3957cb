//! Fills the table by the full solver.

use super::table::{Header, Probe, Table};
use crate::flow::discretise::{self, Medium};
use crate::flow::grid::Grid;
use crate::flow::solver::{FlowSolver, Loads, SolveError};
use crate::front::FlatFront;
use crate::mesh::{MeshSpec, WallProfile};
use crate::watch::{Watch, once};
use rayon::prelude::*;

/// Where the table has its nodes and on which grid they are computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Nodes {
    /// Radii R_c of the feedstock cell in R, increasing.
    pub cell_radius: Vec<f64>,
    /// Λ = ηM/R³, increasing from 0.
    pub lambda: Vec<f64>,
    /// Lengths of the wire in R, increasing.
    pub length: Vec<f64>,
    /// Cells N across the pore radius.
    pub cells_per_radius: usize,
}

/// Depth of the reservoir in R_c: twice what the reservoir's modes, exp(−3.8 z/R_c), need; the shipped meshes have it.
pub const DEPTH: f64 = 2.0;

/// Reduction of the residual: the rate is then good to 1e-8 or better.
const TOLERANCE: f64 = 1e-9;

/// Multigrid cycles after which a node is given up; 8 to 11 are usual.
const MAX_CYCLES: usize = 50;

impl Nodes {
    /// The nodes of the shipped table. Lengths are whole numbers of square cells at N = 32: the solver stretches the
    /// cells of other lengths by a few per cent, which the interpolation leaves out.
    pub fn standard() -> Self {
        Nodes {
            // Close pores leave the mold face a narrow rim, whose resistance changes steeply.
            cell_radius: vec![
                1.5, 1.6, 1.7, 1.85, 2.0, 2.25, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0,
            ],
            lambda: lambdas(),
            length: vec![
                0.125, 0.1875, 0.25, 0.375, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0,
            ],
            cells_per_radius: 32,
        }
    }

    /// Number of solves.
    pub fn count(&self) -> usize {
        self.cell_radius.len() * self.lambda.len() * self.length.len()
    }
}

/// 0, then four nodes per decade up to 1e-1 and three beyond, up to 1000.
fn lambdas() -> Vec<f64> {
    let decade = |from: i32, steps: i32, to: i32| {
        (from * steps..to * steps).map(move |k| 10f64.powf(f64::from(k) / f64::from(steps)))
    };
    [0.0, 1e-9]
        .into_iter()
        .chain(decade(-8, 2, -6))
        .chain(decade(-6, 4, 1))
        .chain(decade(1, 3, 3))
        .chain([1e3])
        .collect()
}

/// The mesh of a node: R_c in R, N cells across the pore radius.
pub fn mesh(cell_radius: f64, cells_per_radius: usize) -> MeshSpec {
    MeshSpec {
        cell_radius,
        reservoir_depth: DEPTH * cell_radius,
        cells_per_radius,
        growth: 1.1,
        longest_cell: 2.0,
        wall: WallProfile::Straight,
    }
}

/// Speed of a flat front in pR/η and the share of the flow that the layer carries at the tip, by the full solver.
///
/// # Errors
/// [`SolveError`] if the flow cannot be solved.
pub fn solve(mesh: &MeshSpec, length: f64, lambda: f64) -> Result<[f64; 2], SolveError> {
    let grid = Grid::new(mesh, length);
    let medium = Medium::uniform(&discretise::layout(&grid, [0, 0]), lambda, 0.0);
    let loads = Loads {
        inlet_pressure: 1.0,
        tip_pressure: 0.0,
    };
    let mut solver = FlowSolver::<f64>::new(grid, &medium, loads)?;
    solver.solve(TOLERANCE, MAX_CYCLES)?;
    let flows = solver.flows();
    Ok([FlatFront::speed(flows.total()), flows.layer / flows.total()])
}

/// Solves every node, in parallel over the cores, those that `watch` does not know.
///
/// # Errors
/// The first [`SolveError`].
pub fn tabulate(nodes: &Nodes, watch: &dyn Watch) -> Result<Table, SolveError> {
    let mut places = Vec::with_capacity(nodes.count());
    for &cell_radius in &nodes.cell_radius {
        for &lambda in &nodes.lambda {
            for &length in &nodes.length {
                places.push((cell_radius, lambda, length));
            }
        }
    }
    let solved: Vec<[f64; 2]> = places
        .par_iter()
        .map(|&(cell_radius, lambda, length)| {
            let mesh = mesh(cell_radius, nodes.cells_per_radius);
            let key = format!("{mesh:?} {length:e} {lambda:e} {TOLERANCE:e}");
            let of_numbers = |numbers: &[f64]| <[f64; 2]>::try_from(numbers).ok();
            let compute = || solve(&mesh, length, lambda);
            once(watch, &key, of_numbers, |found| found.to_vec(), compute)
        })
        .collect::<Result<_, _>>()?;
    let resistance = places
        .iter()
        .zip(&solved)
        .map(|(&(_, lambda, length), &[speed, _])| round(1.0 / speed - length / long_pore(lambda)))
        .collect();
    let layer_share = solved.iter().map(|&[_, share]| round(share)).collect();
    Ok(Table {
        header: Header::now(nodes.cells_per_radius),
        probes: Probe::all()?.to_vec(),
        cell_radius: nodes.cell_radius.clone(),
        lambda: nodes.lambda.clone(),
        length: nodes.length.clone(),
        resistance,
        layer_share,
    })
}

/// Dimensionless conductance of a unit of long pore, R²/8η + 2M/R in units R²/η.
pub fn long_pore(lambda: f64) -> f64 {
    0.125 + 2.0 * lambda
}

/// Seven digits: what the solves are good to.
pub(super) fn round(value: f64) -> f64 {
    format!("{value:.6e}")
        .parse()
        .expect("a number that was just written")
}
