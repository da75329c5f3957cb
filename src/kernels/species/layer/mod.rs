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
//! The drifts are found by repetition: drifts of the fractions, every element by itself with these drifts, fractions made to add
//! up to one. An error of the drifts shrinks by ⟨g⟩_Dx − ⟨g⟩_x in each round, the difference between two means of g = κ/(1 + κ)
//! (κ = k²DᵢΔt for a wave number k) over the elements, weighted by Dᵢxᵢ and by xᵢ: 0.1 for the metals' alloys, below 1 whatever
//! the diffusivities. The last round is not made to add up to one: it conserves every element.
//!
//! All amounts are per step: fluxes and mobilities are multiplied by its length.

mod face;

use super::MOST_ELEMENTS;
use face::{Face, Tip};

/// Amounts or fractions of all elements.
pub type Column = [f64; MOST_ELEMENTS];

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

/// The rounds did not converge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotConverged;

/// Largest change of a fraction in the last round but one.
pub const TOLERANCE: f64 = 1e-12;

/// Change below which rounds that no longer change less have met round-off.
pub const STALLED: f64 = 1e-9;

/// Rounds before a step counts as too long; some six are usual.
pub const ROUNDS: usize = 60;

/// Steps after which the root for the tip is taken as it is; six are usual.
pub const ROOT_STEPS: i32 = 200;

/// Work space of [`step`].
#[derive(Clone, Debug, Default)]
pub struct Work {
    faces: Vec<Face>,
    share: Vec<f64>,
    next: Vec<f64>,
    /// Rounds of the last step.
    pub rounds: usize,
}

impl Line<'_> {
    fn elements(&self) -> usize {
        self.mobility.len()
    }

    fn cells(&self) -> usize {
        self.exchange.len()
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
}

/// Takes the fractions `x` (cells × elements) of the start of a step to those of its end.
///
/// # Errors
/// [`NotConverged`] if the step is too long; `x` is then as before.
pub fn step(line: &Line, x: &mut [f64], work: &mut Work) -> Result<Passed, NotConverged> {
    let old = x.to_vec();
    // Second order first; where the faces' choice between the mean and one side does not settle, one side everywhere.
    for central in [true, false] {
        if settle(line, &old, x, work, central) {
            return Ok(pass(line, &old, x, work, central));
        }
        x.copy_from_slice(&old);
    }
    Err(NotConverged)
}

/// Rounds of drifts and fractions; true if they converged.
fn settle(line: &Line, old: &[f64], x: &mut [f64], work: &mut Work, central: bool) -> bool {
    let n = line.elements();
    let mut before = f64::INFINITY;
    for round in 1..=ROUNDS {
        work.rounds = round;
        let tip = coefficients(line, x, work, central);
        sweep(line, old, &tip, work);
        let mut change: f64 = 0.0;
        for (x, next) in x.chunks_exact_mut(n).zip(work.next.chunks_exact(n)) {
            let sum: f64 = next.iter().sum();
            for (x, next) in x.iter_mut().zip(next) {
                let next = next / sum;
                change = change.max((next - *x).abs());
                *x = next;
            }
        }
        if !x.iter().all(|x| x.is_finite()) {
            return false;
        }
        if change < TOLERANCE || (change < STALLED && change >= before) {
            return true;
        }
        before = change;
    }
    false
}

/// The last round, and what passed in it.
fn pass(line: &Line, old: &[f64], x: &mut [f64], work: &mut Work, central: bool) -> Passed {
    let (n, m) = (line.elements(), line.cells());
    let tip = coefficients(line, x, work, central);
    let mut out = Passed::default();
    for i in 0..n {
        out.tip[i] = tip.ratio[i] * x[(m - 1) * n + i];
    }
    sweep(line, old, &tip, work);
    x.copy_from_slice(&work.next);
    for i in 0..n {
        out.deposit[i] = if tip.deposit > 0.0 {
            tip.deposit * tip.ratio[i] * x[(m - 1) * n + i]
        } else {
            tip.deposit * line.front[i]
        };
        if line.held > 0 {
            // From the balance of the others: the flux itself is a small difference where the line is stiff.
            out.entered[i] = out.deposit[i]
                + (line.held..m)
                    .map(|k| {
                        let (own, w) = (k * n + i, line.exchange[k]);
                        (line.volume[1][k] + (-w).max(0.0)) * x[own]
                            - (line.volume[0][k] * old[own] + w.max(0.0) * line.bulk[own])
                    })
                    .sum::<f64>();
        }
    }
    out
}

/// Coefficients of all faces for the fractions `x`.
fn coefficients(line: &Line, x: &[f64], work: &mut Work, central: bool) -> Tip {
    work.faces.clear();
    work.faces.push(Face::default());
    let faces = (1..line.cells()).map(|f| line.face(x, f, central));
    work.faces.extend(faces);
    line.tip(x)
}

/// Solves every element's M-matrix with the present coefficients, into the work space.
///
/// Eliminated without a subtraction: `left` is what the diagonal has beyond the way on, the rest of the volume and of the way
/// back (Grassmann, Taksar and Heyman 1985). Every fraction is accurate to a few round-offs of its own, however stiff the line,
/// and amounts balance as well as that.
fn sweep(line: &Line, old: &[f64], tip: &Tip, work: &mut Work) {
    let (n, m) = (line.elements(), line.cells());
    work.share.resize(m, 0.0);
    work.next.resize(m * n, 0.0);
    let (share, x) = (&mut work.share, &mut work.next);
    for i in 0..n {
        let mut left = 0.0;
        let mut came = 0.0;
        for (k, share) in share.iter_mut().enumerate() {
            let own = k * n + i;
            if k < line.held {
                (*share, x[own]) = (0.0, old[own]);
                came = old[own];
                continue;
            }
            let w = line.exchange[k];
            let mut right = line.volume[0][k] * old[own] + w.max(0.0) * line.bulk[own];
            let kept = line.volume[1][k] + (-w).max(0.0);
            left = if k > 0 {
                let [a, b] = work.faces[k].coefficients(line.mobility[i]);
                right += a * came;
                // A held cell never runs out.
                kept + if k == line.held {
                    b
                } else {
                    b * (left / (left + a))
                }
            } else {
                kept
            };
            let [on, back] = if k + 1 < m {
                work.faces[k + 1].coefficients(line.mobility[i])
            } else {
                right -= tip.deposit.min(0.0) * line.front[i];
                [tip.deposit.max(0.0) * tip.ratio[i], 0.0]
            };
            let diagonal = left + on;
            *share = back / diagonal;
            came = right / diagonal;
            x[own] = came;
        }
        let mut value = 0.0;
        for k in (0..m).rev() {
            value = x[k * n + i] + share[k] * value;
            x[k * n + i] = value;
        }
    }
}
