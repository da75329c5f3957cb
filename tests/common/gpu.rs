//! The adapter that the tests of the wgpu backend run on. Without one they fail: a check that does not run is no check.

use nanomold::backend::gpu::{Gpu, Outer, Sequence};
use nanomold::compute::GpuFlow;
use nanomold::flow::discretise::{Medium, layout};
use nanomold::flow::grid::Grid;
use nanomold::flow::solver::{FlowSolver, Flows, Loads};
use std::sync::{Arc, OnceLock};

/// A device on the first adapter there is.
pub fn open(outer: Outer) -> Arc<Gpu> {
    in_sequence(outer, Sequence::Given)
}

/// As [`open`], with the invocations of all kernels in this sequence.
pub fn in_sequence(outer: Outer, sequence: Sequence) -> Arc<Gpu> {
    let instance =
        wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let adapter = adapters
        .first()
        .expect("an adapter: on Debian, mesa-vulkan-drivers has a software one");
    Arc::new(Gpu::open_in_sequence(adapter, outer, sequence).expect("the device opens"))
}

/// A device of the adapter that the tests of one file share: pipelines take seconds to compile.
pub fn shared(outer: Outer) -> Arc<Gpu> {
    static DEVICES: [OnceLock<Arc<Gpu>>; 3] = [const { OnceLock::new() }; 3];
    Arc::clone(DEVICES[outer as usize].get_or_init(|| open(outer)))
}

/// A solver on the device, every buffer of which is NaN before each solve.
pub fn poisoned(gpu: Arc<Gpu>) -> GpuFlow {
    let mut flow = GpuFlow::new(gpu);
    flow.poison();
    flow
}

/// What a problem depends on.
#[derive(Clone, Copy, Debug)]
pub struct Problem {
    /// Cells across the pore.
    pub n: usize,
    /// R_c and H in radii.
    pub reservoir: (f64, f64),
    /// Length of the wire.
    pub length: f64,
    /// Λ.
    pub lambda: f64,
    /// Navier slip length.
    pub slip: f64,
}

impl Problem {
    /// A problem without slip.
    pub fn new(n: usize, cell_radius: f64, length: f64, lambda: f64) -> Problem {
        Problem {
            n,
            reservoir: (cell_radius, 2.0 * cell_radius),
            length,
            lambda,
            slip: 0.0,
        }
    }

    /// The problem set up and at rest.
    pub fn solver(&self) -> FlowSolver<f64> {
        let (cell_radius, depth) = self.reservoir;
        let grid = Grid::new(&super::mesh(cell_radius, depth, self.n), self.length);
        let medium = Medium::uniform(&layout(&grid, [0, 0]), self.lambda, self.slip);
        let loads = Loads {
            inlet_pressure: 1.0,
            tip_pressure: 0.0,
        };
        FlowSolver::new(grid, &medium, loads).expect("the coarsest level is regular")
    }
}

/// The largest of some differences; infinite if one of them is no number.
pub fn worst(differences: impl Iterator<Item = f64>) -> f64 {
    differences.fold(0.0, |worst, d| {
        worst.max(if d.is_nan() { f64::INFINITY } else { d })
    })
}

/// Largest difference of the four rates, relative to the total.
pub fn difference(a: &Flows, b: &Flows) -> f64 {
    let rates = |f: &Flows| [f.inlet, f.mouth, f.core, f.layer];
    let total = b.total();
    let pairs = rates(a).into_iter().zip(rates(b));
    worst(pairs.map(|(a, b)| ((a - b) / total).abs()))
}

/// The bits of a state.
pub fn bits(solver: &FlowSolver<f64>) -> Vec<u64> {
    solver.state().iter().map(|x| x.to_bits()).collect()
}
