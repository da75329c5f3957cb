//! What a run is expected to need, before it is made.

use crate::case::{LoadedCase, Model};
use crate::flow::discretise;
use crate::flow::grid::Grid;
use crate::physics::length_long_pore;

/// Length in pore radii beyond which the expected size of the grid is not followed: it is large enough by then.
const LONGEST: f64 = 1000.0;

/// Cells of the finest grid towards the end of the run: what the choice of the device goes by.
pub fn expected_cells(loaded: &LoadedCase) -> usize {
    discretise::layout(&expected_grid(loaded), [0, 0]).cells()
}

/// The finest grid towards the end of the run, where it is largest, by the long-pore law at the conditions of half time.
pub fn expected_grid(loaded: &LoadedCase) -> Grid {
    let LoadedCase { case, material, .. } = loaded;
    let time = case.time();
    let half = 0.5 * time;
    let (temperature, pressure) = (case.temperature().value(half), case.pressure().value(half));
    let grown = length_long_pore(
        case.driving_pressure(material, half).max(0.0),
        time,
        case.diameter(),
        case.newtonian_viscosity(material, temperature, pressure),
        case.layer_mobility(material, temperature, pressure),
    );
    let length = grown
        .min(case.stop_length().unwrap_or(f64::INFINITY))
        .min(case.depth().unwrap_or(f64::INFINITY))
        .max(case.initial_length());
    Grid::new(&loaded.mesh, (length / case.radius()).min(LONGEST))
}

/// Bytes of the folder of a run, good to a factor of two; measured on the shipped cases.
pub fn expected_bytes(loaded: &LoadedCase) -> u64 {
    let case = &loaded.case;
    let pictures = if case.output.plots { PICTURES } else { 0 };
    let fields = match case.model {
        Model::Reduced => 0,
        Model::Full => u64::from(case.output.frames) * expected_cells(loaded) as u64 * CELL_BYTES,
    };
    TABLES + pictures + fields
}

/// Bytes of the tables, the case and the record.
const TABLES: u64 = 40_000;
/// Bytes of the pictures.
const PICTURES: u64 = 160_000;
/// Bytes per cell (at the end) and frame: 32 to 50 for N = 8 to 32 and d = 20 to 200 nm.
const CELL_BYTES: u64 = 42;
