//! Solves flow problems on a device, one or a batch of them at once.
//!
//! Cycles run in single precision on the correction equation K e = b − K x; the state x is kept, corrected and its residual
//! formed in the outer precision ([`crate::backend::gpu::Outer`]), every few cycles (`docs/numerics.md`, "Single precision").

mod case;
mod lists;

pub use lists::{Part, fuses};

use super::error::ComputeError;
use crate::backend::gpu::packing::classes;
use crate::backend::gpu::structs::CaseStatus;
use crate::backend::gpu::{Batch, Gpu, GpuError, KernelTimes, Loaded, Vector};
use crate::flow::progress::{Next, Progress};
use crate::flow::solver::{FlowSolver, SolveError, Statistics};
use case::Case;
use lists::{List, stages};
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// Cycles between two looks of the host, and between two residuals in outer precision: a cycle gains a digit, and single
/// precision has room for some five.
pub const CYCLES_PER_LOOK: usize = 3;

/// Every so many submissions one is timed kernel by kernel.
const TIMED_EVERY: u64 = 8;

/// A device and the batch that it holds.
#[derive(Debug)]
pub struct GpuFlow {
    gpu: Arc<Gpu>,
    batch: Option<Batch>,
    /// Cases that the batch was asked to take; it takes fewer where the device has no room for them.
    asked: usize,
    /// Most cases that are solved at once.
    most_cases: usize,
    poisoned: bool,
    fuses: bool,
    lists: HashMap<List, Loaded>,
    submissions: u64,
    timed: u64,
    times: KernelTimes,
}

impl GpuFlow {
    /// A solver on a device.
    pub fn new(gpu: Arc<Gpu>) -> Self {
        GpuFlow {
            fuses: fuses(gpu.is_software()),
            gpu,
            batch: None,
            asked: 0,
            most_cases: usize::MAX,
            poisoned: false,
            lists: HashMap::new(),
            submissions: 0,
            timed: 0,
            times: KernelTimes::default(),
        }
    }

    /// The device.
    pub fn gpu(&self) -> &Arc<Gpu> {
        &self.gpu
    }

    /// The batch of the latest solve.
    pub fn batch(&self) -> Option<&Batch> {
        self.batch.as_ref()
    }

    /// From now on at most so many cases are solved at once, as on a device that has no room for more.
    ///
    /// # Panics
    /// If there is to be room for none.
    pub fn limit_cases(&mut self, cases: usize) {
        assert!(cases > 0, "a batch holds a case");
        self.most_cases = cases;
    }

    /// Whether the coarse levels of a cycle run in one dispatch; see [`fuses`] for the default.
    pub fn fuse(&mut self, fuses: bool) {
        self.fuses = fuses;
        self.lists.clear();
    }

    /// From now on every solve finds NaN in all that shaders write, so that whatever is read before it is written shows.
    pub fn poison(&mut self) {
        self.poisoned = true;
    }

    /// Time per kernel in the submissions that were timed.
    pub fn kernel_times(&self) -> KernelTimes {
        let mut times = self.times.clone();
        if let Some(batch) = &self.batch {
            times.add(batch.times());
        }
        times
    }

    /// Submissions of dispatches so far, and how many of them were timed.
    pub fn submissions(&self) -> [u64; 2] {
        [self.submissions, self.timed]
    }

    /// Solves one problem; see [`GpuFlow::solve_batch`].
    ///
    /// # Errors
    /// [`ComputeError::Flow`] and [`ComputeError::Device`].
    #[expect(clippy::expect_used, reason = "one case gives one result")]
    pub fn solve(
        &mut self,
        solver: &mut FlowSolver<f64>,
        tolerance: f64,
        max_cycles: usize,
    ) -> Result<Statistics, ComputeError> {
        let mut results = self.solve_batch(&mut [solver], tolerance, max_cycles)?;
        let result = results.pop().expect("one result per case");
        result.map_err(ComputeError::from)
    }

    /// Solves problems on equal grids together: each until the relative residual is below `tolerance`, then closes its
    /// mass balance. More cases than the device has room for are solved one part after the other.
    ///
    /// # Errors
    /// [`GpuError`] if the device fails, or if the problems are not on equal grids; a problem that does not converge has
    /// its own [`SolveError`] among the results.
    ///
    /// # Panics
    /// If the layouts of the problems differ.
    #[expect(clippy::expect_used, reason = "the batch has just been made")]
    pub fn solve_batch(
        &mut self,
        solvers: &mut [&mut FlowSolver<f64>],
        tolerance: f64,
        max_cycles: usize,
    ) -> Result<Vec<Result<Statistics, SolveError>>, GpuError> {
        let mut results = Vec::with_capacity(solvers.len());
        let mut rest = solvers;
        while !rest.is_empty() {
            self.make_room(rest)?;
            let batch = self.batch.as_ref().expect("just made");
            let room = batch.cases().min(self.most_cases);
            let (now, later) = rest.split_at_mut(room.min(rest.len()));
            results.extend(self.solve_part(now, tolerance, max_cycles)?);
            rest = later;
        }
        Ok(results)
    }

    /// Makes a batch that takes these cases, or as many of them as fit, unless there is one.
    fn make_room(&mut self, solvers: &[&mut FlowSolver<f64>]) -> Result<(), GpuError> {
        let wanted = solvers.len().min(self.most_cases);
        if let Some(batch) = &self.batch
            && (batch.cases() >= wanted || batch.cases() < self.asked)
            && solvers.iter().all(|s| batch.takes(&s.backend))
        {
            return Ok(());
        }
        let mut most: Vec<u32> = classes(&solvers[0].backend.levels);
        for solver in solvers.iter() {
            assert_eq!(solver.layout(), solvers[0].layout(), "a batch has one grid");
            for (m, c) in most.iter_mut().zip(classes(&solver.backend.levels)) {
                *m = (*m).max(c);
            }
        }
        self.lists.clear();
        let like = &solvers[0].backend;
        let batch = match self.batch.take() {
            None => Batch::new(Arc::clone(&self.gpu), like, &most, wanted),
            Some(batch) => {
                self.times.add(batch.times());
                Batch::instead_of(batch, like, &most, wanted)
            }
        };
        self.batch = Some(batch?);
        self.asked = wanted;
        Ok(())
    }

    #[expect(clippy::expect_used, reason = "a solve begins by making the batch")]
    fn solve_part(
        &mut self,
        solvers: &mut [&mut FlowSolver<f64>],
        tolerance: f64,
        max_cycles: usize,
    ) -> Result<Vec<Result<Statistics, SolveError>>, GpuError> {
        let on_host = self.gpu.outer().is_none();
        let mut cases: Vec<Case> = solvers
            .iter_mut()
            .map(|solver| Case {
                cold: solver.is_at_rest(),
                next: Next::V,
                progress: Progress::new(tolerance, max_cycles, solver.stop()),
                host: on_host.then(|| {
                    let level = &solver.backend.levels[0];
                    (level.state[0].clone(), level.rhs.clone())
                }),
                solver,
            })
            .collect();
        let batch = self.batch.as_ref().expect("made before");
        if self.poisoned {
            batch.poison();
        }
        batch.upload_all(cases.iter().map(|case| &case.solver.backend))?;
        let mut status: Vec<CaseStatus> = vec![CaseStatus::default(); batch.cases()];
        for (status, case) in status.iter_mut().zip(&cases) {
            status.tolerance = tolerance as f32;
            status.per_load = (1.0 / case.solver.load_norm()) as f32;
        }

        // Cases at rest begin with nested iteration; beside warm ones they do it by themselves.
        let mut list = List {
            setup: true,
            start: cases.iter().all(|case| case.cold),
            cycles: 0,
            robust: false,
        };
        if on_host {
            cases.par_iter_mut().for_each(Case::host_defect);
            let defects: Vec<(usize, &[f64])> =
                cases.iter().map(Case::defect).enumerate().collect();
            let batch = self.batch.as_mut().expect("made before");
            batch.start_corrections(&defects);
        }
        if cases.iter().any(|case| case.cold) && !list.start {
            for (status, case) in status.iter_mut().zip(&cases) {
                status.pending = 1;
                status.running = u32::from(case.cold);
            }
            self.submit(
                List {
                    start: true,
                    ..list
                },
                &status,
            )?;
            list.setup = false;
        }

        // A single level is solved directly: doing that again without a new residual would change nothing.
        let single = self
            .batch
            .as_ref()
            .expect("made before")
            .packing()
            .levels
            .len()
            == 1;
        let most_cycles = if single { 1 } else { CYCLES_PER_LOOK };
        loop {
            let robust = !cases.iter().any(|case| case.next == Next::V);
            let wanted = if robust { Next::W } else { Next::V };
            if !cases.iter().any(|case| case.next == wanted) {
                break;
            }
            let left = |case: &Case| max_cycles.saturating_sub(case.progress.statistics.cycles);
            let cycles = cases
                .iter()
                .filter(|case| case.next == wanted)
                .map(left)
                .max()
                .unwrap_or(0)
                .clamp(1, most_cycles);
            for (status, case) in status.iter_mut().zip(&cases) {
                status.running = u32::from(case.next == wanted);
                // The boxes of all cases are built by the first submission.
                status.pending = u32::from(case.next == wanted || list.setup);
                status.checks = 0;
            }
            let now = self.submit(
                List {
                    cycles,
                    robust,
                    ..list
                },
                &status,
            )?;
            list.setup = false;
            list.start = false;
            let batch = self.batch.as_ref().expect("made before");
            let places: Vec<usize> = (0..cases.len())
                .filter(|&place| cases[place].next == wanted)
                .collect();
            // Where the host keeps the states it fetches all corrections at once.
            let mut corrections = if on_host {
                batch.get_finest(&places, Vector::State)?.into_iter()
            } else {
                Vec::new().into_iter()
            };
            for &place in &places {
                let case = &mut cases[place];
                let outer = match corrections.next() {
                    Some(correction) => case.correct(&correction),
                    None => f64::from(now[place].outer),
                };
                case.judge(&now[place], outer, robust);
            }
            if on_host {
                let defects: Vec<(usize, &[f64])> = places
                    .into_iter()
                    .filter(|&place| matches!(cases[place].next, Next::V | Next::W))
                    .map(|place| (place, cases[place].defect()))
                    .collect();
                let batch = self.batch.as_mut().expect("made before");
                batch.start_corrections(&defects);
            }
        }
        self.finish(cases)
    }

    /// Reads the states back and hands the results out.
    #[expect(clippy::expect_used, reason = "a solve begins by making the batch")]
    fn finish(
        &mut self,
        cases: Vec<Case>,
    ) -> Result<Vec<Result<Statistics, SolveError>>, GpuError> {
        let batch = self.batch.as_ref().expect("made before");
        let places: Vec<usize> = (0..cases.len()).collect();
        let mut device = if self.gpu.outer().is_some() {
            batch.outer_states(&places)?
        } else {
            vec![Default::default(); cases.len()]
        };
        let results = cases
            .into_iter()
            .enumerate()
            .map(|(place, case)| {
                if case.next != Next::Done {
                    return Err(case.progress.failure());
                }
                let [state, residual] = match case.host {
                    Some((state, residual)) => [state, residual],
                    None => std::mem::take(&mut device[place]),
                };
                case.solver.accept(state, residual);
                Ok(case.progress.statistics)
            })
            .collect();
        Ok(results)
    }

    /// Submits a list with this status and reads it afterwards.
    #[expect(clippy::expect_used, reason = "a solve begins by making the batch")]
    fn submit(&mut self, list: List, status: &[CaseStatus]) -> Result<Vec<CaseStatus>, GpuError> {
        let batch = self.batch.as_mut().expect("made before");
        batch.set_status(status);
        let loaded = match self.lists.get(&list) {
            Some(loaded) => loaded.clone(),
            None => {
                let loaded = batch.load(stages(batch, list, self.fuses));
                self.lists.insert(list, loaded.clone());
                loaded
            }
        };
        let timed = self.submissions.is_multiple_of(TIMED_EVERY);
        self.submissions += 1;
        self.timed += u64::from(timed);
        batch.submit_and_look(&loaded, timed)
    }
}
