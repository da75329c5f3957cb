//! One implicit step of a line of cells in which every element moves at its own rate: the interface layer.
//!
//! ```text
//!        flux f=0   cell 0   f=1   cell 1   f=2   …   cell m−1   f=m
//!          |----------o-------|-------o------|----------o---------|   tip
//!        closed          exchange with the bulk              deposit
//! ```
//!
//! Flux of element i through a face (`docs/physics.md`, "Interface layer"), by exponential fitting over its distance ℓ:
//! Fᵢ = (δDᵢ/ℓ) [B(φ) xᵢ₋ − B(−φ) xᵢ₊], with one drift φ = (Ω/k_BT) Δλ for all elements, which follows from Σ Fᵢ = Q. So the
//! fluxes add up to the volume flux by construction, and with φ given every element's matrix is an M-matrix: fractions stay
//! positive. Exact where Q and the mean mobility do not vary between two cells, of second order elsewhere.
//!
//! At the tip the deposit takes along the composition xᵢ that makes Fᵢ = xᵢ Q over the last half cell, Σ xᵢ = 1.
//!
//! All amounts are per step: fluxes and mobilities are multiplied by its length.

use super::MOST_ELEMENTS;
use super::bernoulli::{Drift, bernoulli, drift};
use super::blocks::{self, Column, Row};

/// The tables of one step.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// δDᵢΔt of every element.
    pub mobility: &'a [f64],
    /// 1/ℓ of every face, cells + 1; the first is not used.
    pub nearness: &'a [f64],
    /// Volume QΔt through every face towards the tip, cells + 1; the first is zero.
    pub flux: &'a [f64],
    /// Volume that every face sweeps, moving towards the tip, cells + 1; the first is zero.
    pub swept: &'a [f64],
    /// Volumes at the start and at the end of the step.
    pub volume: [&'a [f64]; 2],
    /// Volume that the bulk brings into every cell (negative: takes out of it).
    pub exchange: &'a [f64],
    /// Fractions in the bulk beside every cell.
    pub bulk: &'a [f64],
    /// Fractions of the bulk at the tip: what comes in there if the deposit is negative.
    pub front: &'a [f64],
    /// Cells at the beginning of the line that keep their fractions.
    pub held: usize,
}

/// What a step did besides changing the fractions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Passed {
    /// Amounts that left at the tip.
    pub deposit: Column,
    /// Composition of the tip.
    pub tip: Column,
    /// Amounts that left the held cells towards the tip.
    pub entered: Column,
}

/// Newton's iteration did not converge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotConverged;

/// Largest change of a fraction in the last iteration. Newton's error is its square.
const TOLERANCE: f64 = 1e-10;

/// Iterations before a step counts as too long.
const ITERATIONS: usize = 30;

/// Coefficients of a face: flux of element i = μᵢ (before xᵢ₋ − after xᵢ₊) − swept part.
#[derive(Clone, Copy, Debug, Default)]
struct Face {
    drift: Drift,
    nearness: f64,
    /// Swept volume that comes from the cell before and from the cell after.
    swept: [f64; 2],
}

/// The last face: amount of element i = `share`ᵢ xᵢ.
#[derive(Clone, Copy, Debug, Default)]
struct Tip {
    share: Column,
    /// Derivative of the tip's fractions by φ, and of φ by every fraction of the last cell.
    by_drift: Column,
    by_fraction: Column,
    /// Composition at the tip.
    fractions: Column,
}

/// Work space of [`step`].
#[derive(Clone, Debug, Default)]
pub struct Work {
    faces: Vec<Face>,
    rows: Vec<Row>,
}

impl Line<'_> {
    fn elements(&self) -> usize {
        self.mobility.len()
    }

    fn cells(&self) -> usize {
        self.exchange.len()
    }

    /// Volume that leaves at the tip.
    pub fn deposit(&self) -> f64 {
        let m = self.cells();
        self.flux[m] - self.swept[m]
    }

    fn is_at_rest(&self) -> bool {
        self.mobility.iter().all(|m| *m == 0.0)
    }

    fn mean_mobility(&self, x: &[f64], cell: usize) -> f64 {
        let n = self.elements();
        let fractions = &x[cell * n..][..n];
        self.mobility
            .iter()
            .zip(fractions)
            .map(|(m, x)| m * x)
            .sum()
    }

    /// Coefficients of inner face `f`. A moving face carries the mean of its two cells where that leaves all coefficients
    /// positive with room to spare, otherwise the fractions of the cell that it moves into.
    fn face(&self, x: &[f64], f: usize, central: bool) -> Face {
        let nearness = self.nearness[f];
        let drift = if self.is_at_rest() || nearness == 0.0 {
            Drift::default()
        } else {
            let (before, after) = (self.mean_mobility(x, f - 1), self.mean_mobility(x, f));
            drift(before, after, self.flux[f] / nearness)
        };
        let swept = self.swept[f];
        let slowest = self.mobility.iter().fold(f64::INFINITY, |s, m| s.min(*m));
        let upstream = if swept > 0.0 { 0 } else { 1 };
        let room = slowest * nearness * drift.factors[upstream];
        let swept = if central && room > swept.abs() {
            [0.5 * swept; 2]
        } else if swept > 0.0 {
            [0.0, swept]
        } else {
            [swept, 0.0]
        };
        Face {
            drift,
            nearness,
            swept,
        }
    }

    /// Coefficients of the last face.
    fn tip(&self, x: &[f64]) -> Tip {
        let (n, m) = (self.elements(), self.cells());
        let (flux, nearness, deposit) = (self.flux[m], self.nearness[m], self.deposit());
        let last = &x[(m - 1) * n..][..n];
        let mut tip = Tip::default();
        tip.fractions[..n].copy_from_slice(last);
        if flux <= 0.0 || self.is_at_rest() {
            // Nothing is carried there that could change: the deposit takes the last cell's material.
            if deposit > 0.0 {
                tip.share[..n].fill(deposit);
            }
            return tip;
        }
        // Σ μᵢ B(φ) xᵢ/(Q + μᵢ B(−φ)) = 1 falls strictly with φ.
        let excess = |phi: f64| {
            let (b, slope) = bernoulli(phi);
            let (c, other) = (b + phi, -1.0 - slope);
            let (mut sum, mut derivative) = (-1.0, 0.0);
            for (x, mobility) in last.iter().zip(self.mobility) {
                let (a, d) = (mobility * nearness * b, flux + mobility * nearness * c);
                sum += a * x / d;
                derivative += mobility * nearness * x * (slope + a / d * other) / d;
            }
            (sum, derivative)
        };
        let phi = falling_root(excess, -flux / (nearness * self.mean_mobility(x, m - 1)));
        let (_, derivative) = excess(phi);
        let (b, slope) = bernoulli(phi);
        let (c, other) = (b + phi, -1.0 - slope);
        for (i, (x, mobility)) in last.iter().zip(self.mobility).enumerate() {
            let mobility = mobility * nearness;
            let (a, d) = (mobility * b, flux + mobility * c);
            let ratio = a / d;
            tip.fractions[i] = ratio * x;
            tip.by_drift[i] = mobility * x * (slope + ratio * other) / d;
            tip.by_fraction[i] = -ratio / derivative;
            tip.share[i] = deposit.max(0.0) * ratio;
        }
        tip
    }
}

/// Root of a strictly falling function given with its derivative: Newton's iteration inside a bracket.
fn falling_root(function: impl Fn(f64) -> (f64, f64), guess: f64) -> f64 {
    let mut x = if guess.is_finite() { guess } else { 0.0 };
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for k in 0..200 {
        let (value, slope) = function(x);
        if value > 0.0 {
            low = x;
        } else {
            high = x;
        }
        let mut next = x - value / slope;
        if !(next > low && next < high) {
            let reach = 2f64.powi(k.min(60));
            next = match (low.is_finite(), high.is_finite()) {
                (true, true) => 0.5 * (low + high),
                (true, false) => low + reach,
                _ => high - reach,
            };
        }
        let step = (next - x).abs();
        x = next;
        if step <= 1e-15 * (1.0 + x.abs()) {
            break;
        }
    }
    x
}

/// Takes the fractions `x` (cells × elements) of the start of a step to those of its end.
///
/// # Errors
/// [`NotConverged`] if the step is too long for Newton's iteration; `x` is then as before.
pub fn step(line: &Line, x: &mut [f64], work: &mut Work) -> Result<Passed, NotConverged> {
    let old = x.to_vec();
    // Second order first; where a slow element would not stay positive, upstream.
    for central in [true, false] {
        let solved = attempt(line, &old, x, work, central);
        if let Some(amounts) = solved
            && x.iter().all(|x| *x >= 0.0)
        {
            return Ok(amounts);
        }
        x.copy_from_slice(&old);
    }
    Err(NotConverged)
}

fn attempt(
    line: &Line,
    old: &[f64],
    x: &mut [f64],
    work: &mut Work,
    central: bool,
) -> Option<Passed> {
    let n = line.elements();
    for _ in 0..ITERATIONS {
        linearise(line, old, x, work, central);
        if !blocks::solve(&mut work.rows, n) {
            return None;
        }
        let mut change: f64 = 0.0;
        for (fractions, row) in x.chunks_exact_mut(n).zip(&work.rows) {
            for (x, step) in fractions.iter_mut().zip(&row.right) {
                change = change.max(step.abs());
                *x = (*x + step).max(0.0);
            }
        }
        if !change.is_finite() {
            return None;
        }
        if change < TOLERANCE {
            return Some(polish(line, old, x, work, central));
        }
    }
    None
}

/// Residual (negated, on the right-hand side) and Jacobian at `x`.
fn linearise(line: &Line, old: &[f64], x: &[f64], work: &mut Work, central: bool) {
    let (n, m) = (line.elements(), line.cells());
    work.faces.clear();
    work.faces.push(Face::default());
    work.faces.extend((1..m).map(|f| line.face(x, f, central)));
    work.rows.clear();
    work.rows.resize(m, Row::default());
    for k in 0..m {
        let row = &mut work.rows[k];
        let (stored, before) = (line.volume[1][k], line.volume[0][k]);
        let w = line.exchange[k];
        for i in 0..n {
            let own = k * n + i;
            row.diagonal[i][i] = stored + (-w).max(0.0);
            row.right[i] =
                before * old[own] + w.max(0.0) * line.bulk[own] - row.diagonal[i][i] * x[own];
        }
    }
    for f in 1..m {
        let face = work.faces[f];
        let Drift {
            factors,
            slopes,
            by_mobility,
        } = face.drift;
        let (lower, upper) = work.rows.split_at_mut(f);
        let (below, above) = (&mut lower[f - 1], &mut upper[0]);
        for i in 0..n {
            let (l, r) = (x[(f - 1) * n + i], x[f * n + i]);
            let conduct = line.mobility[i] * face.nearness;
            let a = conduct * factors[0] - face.swept[0];
            let b = conduct * factors[1] + face.swept[1];
            let flux = a * l - b * r;
            below.right[i] -= flux;
            above.right[i] += flux;
            below.diagonal[i][i] += a;
            below.upper[i][i] -= b;
            above.diagonal[i][i] += b;
            above.lower[i][i] -= a;
            let bend = conduct * (slopes[0] * l + slopes[1] * r);
            for j in 0..n {
                let by_left = bend * by_mobility[0] * line.mobility[j];
                let by_right = bend * by_mobility[1] * line.mobility[j];
                below.diagonal[i][j] += by_left;
                below.upper[i][j] += by_right;
                above.diagonal[i][j] -= by_right;
                above.lower[i][j] -= by_left;
            }
        }
    }
    let tip = line.tip(x);
    let deposit = line.deposit();
    let row = &mut work.rows[m - 1];
    for i in 0..n {
        let own = x[(m - 1) * n + i];
        row.right[i] -= tip.share[i] * own + deposit.min(0.0) * line.front[i];
        row.diagonal[i][i] += tip.share[i];
        for j in 0..n {
            row.diagonal[i][j] += deposit.max(0.0) * tip.by_drift[i] * tip.by_fraction[j];
        }
    }
    // The balances of all elements add up to that of the volume, which holds whatever the fractions: the last one's is
    // replaced by Σ x = 1. In long steps that sum would hang on the small change of what is stored.
    for (k, row) in work.rows.iter_mut().enumerate() {
        (row.lower[n - 1], row.upper[n - 1]) = ([0.0; MOST_ELEMENTS], [0.0; MOST_ELEMENTS]);
        row.diagonal[n - 1][..n].fill(1.0);
        row.right[n - 1] = 1.0 - x[k * n..][..n].iter().sum::<f64>();
    }
    for row in &mut work.rows[..line.held] {
        *row = Row::default();
        (0..n).for_each(|i| row.diagonal[i][i] = 1.0);
    }
}

/// Solves every element's M-matrix with the drifts of `x`: fractions are then positive and amounts balance to round-off,
/// whatever Newton's iteration left.
fn polish(line: &Line, old: &[f64], x: &mut [f64], work: &mut Work, central: bool) -> Passed {
    let (n, m) = (line.elements(), line.cells());
    for f in 1..m {
        work.faces[f] = line.face(x, f, central);
    }
    let tip = line.tip(x);
    let deposit = line.deposit();
    let mut out = Passed::default();
    let (mut upper, mut right) = (vec![0.0; m], vec![0.0; m]);
    for i in 0..n {
        let coefficients = |f: usize| {
            let face = &work.faces[f];
            let conduct = line.mobility[i] * face.nearness;
            let [b, c] = face.drift.factors;
            (conduct * b - face.swept[0], conduct * c + face.swept[1])
        };
        let mut inflow = 0.0;
        for k in 0..m {
            let own = k * n + i;
            if k < line.held {
                (upper[k], right[k], inflow) = (0.0, old[own], old[own]);
                continue;
            }
            let w = line.exchange[k];
            let mut diagonal = line.volume[1][k] + (-w).max(0.0);
            right[k] = line.volume[0][k] * old[own] + w.max(0.0) * line.bulk[own];
            if k + 1 < m {
                let (a, b) = coefficients(k + 1);
                diagonal += a;
                upper[k] = b;
            } else {
                diagonal += tip.share[i];
                right[k] -= deposit.min(0.0) * line.front[i];
                upper[k] = 0.0;
            }
            if k > 0 {
                let (a, b) = coefficients(k);
                diagonal += b;
                // Eliminate the cell before.
                diagonal -= a * upper[k - 1];
                right[k] += a * inflow;
            }
            upper[k] /= diagonal;
            right[k] /= diagonal;
            inflow = right[k];
        }
        let mut value = 0.0;
        for k in (0..m).rev() {
            value = right[k] + upper[k] * value;
            x[k * n + i] = value;
        }
        // What comes in, and what the solution makes of it: stored, given back and deposited.
        let last = x[(m - 1) * n + i];
        let mut given = -deposit.min(0.0) * line.front[i];
        let mut made = tip.share[i] * last;
        if line.held > 0 && line.held < m {
            let (a, b) = coefficients(line.held);
            out.entered[i] = a * x[(line.held - 1) * n + i] - b * x[line.held * n + i];
            given += out.entered[i];
        }
        for k in line.held..m {
            let (own, w) = (k * n + i, line.exchange[k]);
            given += line.volume[0][k] * old[own] + w.max(0.0) * line.bulk[own];
            made += (line.volume[1][k] + (-w).max(0.0)) * x[own];
        }
        // They differ by round-off of the fluxes, which are larger than either where the layer is fast. A factor keeps
        // fractions positive.
        if given > 0.0 && made > 0.0 {
            let factor = given / made;
            x.iter_mut()
                .skip(line.held * n + i)
                .step_by(n)
                .for_each(|x| *x *= factor);
        }
        out.deposit[i] = if deposit > 0.0 {
            tip.share[i] * x[(m - 1) * n + i]
        } else {
            deposit * line.front[i]
        };
        out.tip[i] = tip.fractions[i];
    }
    out
}
