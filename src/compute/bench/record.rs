//! What the benchmark says about a size.

use serde::Serialize;

/// What was measured for one size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Cells across the pore radius, N.
    pub cells_per_radius: usize,
    /// Cases in the batch, B.
    pub cases: usize,
    /// Cells of one case.
    pub cells: usize,
    /// Unknowns of one case.
    pub unknowns: usize,
    /// Multigrid levels.
    pub levels: usize,
    /// Bytes that one case takes where it is computed.
    pub bytes_per_case: u64,
    /// Dispatches of a V-cycle with its norm.
    pub dispatches_per_cycle: usize,
    /// Bytes that a cycle must move for all cases, every number that a kernel reads or writes once.
    pub bytes_per_cycle: u64,
    /// Milliseconds of a V-cycle for all cases by the wall clock: many cycles in one submission.
    pub ms_per_cycle: f64,
    /// The same divided by the cases.
    pub ms_per_cycle_per_case: f64,
    /// Cycles in one sample.
    pub cycles_per_sample: u32,
    /// Samples of which the median was taken.
    pub samples: u32,
    /// Milliseconds that the host takes to record the commands of one cycle; nothing to record on the CPU.
    pub host_record_ms_per_cycle: Option<f64>,
    /// Milliseconds of a V-cycle of one case on the CPU backend.
    pub cpu_ms_per_cycle_one_case: f64,
    /// Host's time to set one case up: grids, tables, factors.
    pub host_setup_ms_per_case: f64,
    /// Host's time to pack one case and to send it to the device; nothing to send on the CPU.
    pub host_upload_ms_per_case: Option<f64>,
    /// Bandwidth of a plain copy of as many bytes as the vectors of all cases have.
    #[serde(rename = "copy_GB_per_s")]
    pub copy_gb_per_s: f64,
    /// Bytes which that copy reads and writes together.
    pub copy_bytes: u64,
    /// Effective bandwidth of the whole cycle.
    #[serde(rename = "cycle_GB_per_s")]
    pub cycle_gb_per_s: f64,
    /// The kernels.
    pub kernels: Vec<Row>,
}

/// Which kernels a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kernels {
    /// Dispatches of a V-cycle.
    Cycle,
    /// What the fused dispatches of a V-cycle consist of, each by itself.
    InsideFused,
    /// The outer residual, once every few cycles.
    Outer,
    /// Boxes and the first outer residual, once per solve.
    Setup,
}

/// One kernel on one level.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What it belongs to.
    pub part: Kernels,
    /// The kernel.
    pub kernel: String,
    /// Its entry point in the shaders, or its step in the plan.
    pub entry_point: String,
    /// The level, 0 the finest; for fused dispatches the first of them.
    pub level: u32,
    /// Times that it runs in a cycle, an outer step or a set-up.
    pub runs: u32,
    /// Microseconds of one run for all cases.
    pub time_us: f64,
    /// Bytes that one run must move for all cases.
    pub bytes: f64,
    /// Bytes by time.
    #[serde(rename = "bandwidth_GB_per_s")]
    pub bandwidth_gb_per_s: f64,
    /// That as a share of the plain copy's bandwidth.
    pub share_of_copy: f64,
    /// Samples of which the median was taken.
    pub samples: u32,
}

impl Row {
    /// Microseconds of all its runs.
    pub fn total_us(&self) -> f64 {
        self.time_us * f64::from(self.runs)
    }

    /// Fills in what follows from time, bytes and the copy.
    pub(super) fn finish(mut self, copy_bytes_per_second: f64) -> Row {
        let bandwidth = self.bytes / (self.time_us * 1e-6);
        self.bandwidth_gb_per_s = bandwidth * 1e-9;
        self.share_of_copy = bandwidth / copy_bytes_per_second;
        self
    }
}

/// A size that was not measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Cells across the pore radius.
    pub cells_per_radius: usize,
    /// Cases.
    pub cases: usize,
    /// Cells of one case.
    pub cells: usize,
    /// Why.
    pub reason: String,
}
