//! When a solve is done, goes on with V- or W-cycles, or is given up: the same rules whatever computes the cycles.

use super::solver::{SolveError, Statistics};

/// A cycle that leaves more than this share of the residual stalls; W-cycles take over.
const STALL: f64 = 0.8;

/// Stalled cycles after which the solve is given up.
const MOST_STALLS: usize = 5;

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: the tolerance is reached.
    Done,
    /// A V-cycle.
    V,
    /// A W-cycle, the fallback.
    W,
    /// Nothing: it does not converge.
    GiveUp,
}

/// Follows the residuals of one solve.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    tolerance: f64,
    max_cycles: usize,
    best: f64,
    stalls: usize,
    /// Cycles and residuals so far.
    pub statistics: Statistics,
}

impl Progress {
    pub fn new(tolerance: f64, max_cycles: usize) -> Self {
        Progress {
            tolerance,
            max_cycles,
            best: f64::INFINITY,
            stalls: 0,
            statistics: Statistics::default(),
        }
    }

    /// Takes a relative residual into account, read after the first sweep of a cycle, and decides how to go on.
    pub fn add(&mut self, residual: f64) -> Next {
        self.statistics.residuals.push(residual);
        if residual <= self.tolerance {
            return Next::Done;
        }
        let progresses = residual < STALL * self.best;
        self.stalls += usize::from(!progresses);
        self.best = self.best.min(residual);
        if self.is_exhausted() || self.stalls > MOST_STALLS || !residual.is_finite() {
            return Next::GiveUp;
        }
        self.kind()
    }

    /// Counts a cycle.
    pub fn count(&mut self, robust: bool) {
        self.statistics.cycles += 1;
        self.statistics.w_cycles += usize::from(robust);
    }

    fn kind(&self) -> Next {
        if self.stalls > 0 { Next::W } else { Next::V }
    }

    /// Relative residual asked for.
    pub fn tolerance(&self) -> f64 {
        self.tolerance
    }

    /// True if no cycles are left.
    pub fn is_exhausted(&self) -> bool {
        self.statistics.cycles >= self.max_cycles
    }

    /// Replaces the latest residual by one that was taken more exactly.
    pub fn replace_last(&mut self, residual: f64) {
        if let Some(last) = self.statistics.residuals.last_mut() {
            *last = residual;
        }
    }

    /// Takes a last residual.
    pub fn finish(&mut self, residual: f64) {
        self.statistics.residuals.push(residual);
    }

    /// Goes on although the latest residual seemed small enough.
    pub fn go_on(&mut self) -> Next {
        self.statistics.residuals.pop();
        if self.is_exhausted() {
            Next::GiveUp
        } else {
            self.kind()
        }
    }

    /// The error of a solve that is given up.
    pub fn failure(&self) -> SolveError {
        let Statistics {
            cycles, w_cycles, ..
        } = self.statistics;
        let residual = self
            .statistics
            .residuals
            .last()
            .copied()
            .unwrap_or(f64::INFINITY);
        let mut tried = format!("{} V-cycles, {w_cycles} W-cycles", cycles - w_cycles);
        if !residual.is_finite() {
            tried.push_str(
                "; the residual is not a finite number, so the data or the state are not",
            );
        }
        SolveError::NotConverged {
            residual,
            cycles,
            tolerance: self.tolerance,
            tried,
        }
    }
}
