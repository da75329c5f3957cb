//! What a run is expected to need, before it is made.

use crate::case::{CompositionModel, FrontModel, LoadedCase, Model};
use crate::flow::discretise;
use crate::flow::grid::Grid;
use crate::physics::length_long_pore;
use crate::simulation::Process;

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
    let [thinner, easier] = Process::new(loaded).at(half).gains();
    let grown = length_long_pore(
        case.driving_pressure(material, half).max(0.0),
        time,
        case.diameter(),
        case.newtonian_viscosity(material, temperature, pressure) / thinner,
        easier * case.layer_mobility(material, temperature, pressure),
    );
    let length = grown
        .min(case.stop_length().unwrap_or(f64::INFINITY))
        .min(case.depth().unwrap_or(f64::INFINITY))
        .max(case.initial_length());
    Grid::new(&loaded.mesh, (length / case.radius()).min(LONGEST))
}

/// What a run is expected to need: rough guesses, good to a factor of three.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// Time steps.
    pub steps: f64,
    /// Time on one core of a CPU in s.
    pub core_seconds: f64,
    /// Memory in bytes.
    pub memory: f64,
    /// Files in bytes.
    pub disk: f64,
}

/// What a run of this case is expected to need.
pub fn expected(loaded: &LoadedCase) -> Expected {
    let case = &loaded.case;
    let disk = expected_bytes(loaded) as f64;
    if case.model == Model::Reduced {
        return Expected {
            steps: REDUCED_STEPS,
            core_seconds: REDUCED_SECONDS,
            memory: PROGRAM_BYTES,
            disk,
        };
    }
    let fine = loaded.mesh.cells_per_radius as f64 / 16.0;
    let cells = expected_cells(loaded) as f64;
    let elements = case.composition.model == CompositionModel::Elements;
    // A step of second order is as long as the root of what it may be wrong by, and a frame ends one.
    let usual = if elements { STEPS_OF_ELEMENTS } else { STEPS };
    let usual = usual * (STEP_TOLERANCE / case.numerics.step_tolerance).sqrt();
    let steps = usual.max(f64::from(case.output.frames));
    let front = match case.front_model() {
        FrontModel::Free => FREE,
        FrontModel::Flat => 1.0,
    };
    let composition = match elements {
        true => steps * (ELEMENTS_SECONDS[0] + ELEMENTS_SECONDS[1] * fine.powi(2)),
        false => 0.0,
    };
    Expected {
        steps,
        core_seconds: steps * cells * CELL_SECONDS * front + composition,
        memory: PROGRAM_BYTES + cells * CELL_MEMORY,
        disk: disk + 2.0 * cells * CHECKPOINT_BYTES,
    }
}

// Measured on two shared cores with the flagship and its 20 nm pore, N = 8 to 32: 29 to 45 steps, 62 to 87 with elements; 1.5 and 3.3 s of a
// core with a flat front at N = 32 (14 496 and 38 048 cells), 4.4 and 6.9 s with a free one; 30 and 52 MB.
/// Steps of a usual run at this tolerance, with a uniform composition and with elements.
const STEPS: f64 = 40.0;
const STEPS_OF_ELEMENTS: f64 = 70.0;
const STEP_TOLERANCE: f64 = 1e-4;
/// Core seconds per step and cell (at the end) with a flat front, the estimate of the error included.
const CELL_SECONDS: f64 = 2.3e-6;
/// Factor of a free front.
const FREE: f64 = 2.4;
/// Core seconds that elements add to a step, and at N = 16 once more; the latter grow as N².
const ELEMENTS_SECONDS: [f64; 2] = [0.017, 0.013];
/// Bytes of memory per cell (at the end).
const CELL_MEMORY: f64 = 900.0;
/// Bytes of memory of a run without cells.
const PROGRAM_BYTES: f64 = 20e6;
/// Bytes per cell of one of the two checkpoints.
const CHECKPOINT_BYTES: f64 = 60.0;
/// The same of the reduced model.
const REDUCED_STEPS: f64 = 100.0;
const REDUCED_SECONDS: f64 = 5e-5;

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
