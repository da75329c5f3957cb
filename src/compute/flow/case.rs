//! One case of a batch while it is solved: what its residuals say, and its state where the host keeps that.

use crate::backend::gpu::structs::CaseStatus;
use crate::flow::progress::{Next, Progress};
use crate::flow::solver::FlowSolver;
use crate::kernels::flow::norm::euclidean;
use crate::kernels::flow::{correct, defect};

/// The outer residual may be above the tolerance by this factor when the correction's is below: the difference is the
/// round-off of single precision.
const OUTER_SLACK: f64 = 1.1;

/// One case in a solve.
pub(super) struct Case<'a> {
    pub solver: &'a mut FlowSolver<f64>,
    pub progress: Progress,
    pub next: Next,
    pub cold: bool,
    /// State and residual in doubles where the host keeps them.
    pub host: Option<(Vec<f64>, Vec<f64>)>,
}

impl Case<'_> {
    /// The correction's residual decides during cycles; the outer one, taken after them, has the last word.
    pub fn judge(&mut self, status: &CaseStatus, outer: f64, robust: bool) {
        let stopped = status.running == 0;
        for &residual in &status.residuals[..status.checks as usize] {
            self.next = self.progress.add(f64::from(residual));
            match self.next {
                Next::GiveUp => return,
                Next::Done => {}
                Next::V | Next::W => self.progress.count(robust),
            }
        }
        let tolerance = self.progress.tolerance();
        if stopped && self.next == Next::Done {
            // The residual that counts is the one of the state.
            self.progress.replace_last(outer);
            if outer > OUTER_SLACK * tolerance || outer.is_nan() {
                self.next = self.progress.go_on();
            }
        } else if outer <= tolerance {
            self.progress.finish(outer);
            self.next = Next::Done;
        } else if self.progress.is_exhausted() {
            self.progress.finish(outer);
            self.next = Next::GiveUp;
        }
    }

    /// Where the host keeps the state: adds the correction and forms the new residual. Returns the relative outer residual.
    #[expect(
        clippy::expect_used,
        reason = "asked of cases only whose state the host keeps"
    )]
    pub fn correct(&mut self, correction: &[f32]) -> f64 {
        let (state, _) = self.host.as_mut().expect("the host keeps the state");
        correct::add(state, correction);
        self.host_defect();
        euclidean(self.defect()) / self.solver.load_norm()
    }

    #[expect(
        clippy::expect_used,
        reason = "asked of cases only whose state the host keeps"
    )]
    pub fn host_defect(&mut self) {
        let (state, residual) = self.host.as_mut().expect("the host keeps the state");
        let level = &self.solver.backend.levels[0];
        defect::compute(&level.tables, state, &level.rhs, residual);
    }

    /// The residual that the host has formed.
    #[expect(
        clippy::expect_used,
        reason = "asked of cases only whose state the host keeps"
    )]
    pub fn defect(&self) -> &[f64] {
        let (_, residual) = self.host.as_ref().expect("the host keeps the state");
        residual
    }
}
