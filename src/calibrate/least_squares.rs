//! Weighted nonlinear least squares: MINPACK's Levenberg–Marquardt from the `levenberg-marquardt` crate, and what follows from
//! the Jacobian at the end (covariance, leverage, combinations of parameters that the data do not fix).

use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt, TerminationReason};
use nalgebra::storage::Owned;
use nalgebra::{DMatrix, DVector, Dyn};

/// A parameter to be fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Name, for messages.
    pub name: String,
    /// Where the search starts.
    pub start: f64,
    /// Plausible width: an uncertainty as large as this means that the data say nothing (for a logarithm: 1 is a factor e).
    pub width: f64,
}

impl Parameter {
    /// A parameter called `name`.
    pub fn new(name: impl Into<String>, start: f64, width: f64) -> Self {
        Self {
            name: name.into(),
            start,
            width,
        }
    }
}

/// The minimum of a sum of squares.
#[derive(Debug, Clone)]
pub struct Fit {
    /// The parameters, in their order.
    pub parameters: Vec<Parameter>,
    /// Values at the minimum.
    pub values: Vec<f64>,
    /// Residuals there.
    pub residuals: Vec<f64>,
    /// Derivatives of the residuals by the parameters in units of their widths; one row per residual.
    jacobian: DMatrix<f64>,
}

/// Why there is no minimum.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The search did not end at a minimum.
    #[error("the least squares did not converge: {reason}")]
    NotConverged {
        /// What the search said.
        reason: String,
    },
    /// The model gave no number for the start values.
    #[error("the model gives no finite number at the start values of {parameters}")]
    NotFinite {
        /// Names of the parameters.
        parameters: String,
    },
}

/// Step of the central differences in widths: residuals are good to some 1e-12, and the cube root of that balances round-off and truncation.
const DIFFERENCE: f64 = 1e-4;
/// Relative change of the sum of squares, and of the parameters, at which the search ends.
const TOLERANCE: f64 = 1e-13;

/// Minimises the sum of squares of `residuals` over `parameters`, from their start values.
///
/// # Errors
/// [`FitError`]; with a parameter that does not act the search still converges, and [`Fit::unidentified`] names it.
pub fn minimise(
    parameters: &[Parameter],
    residuals: impl Fn(&[f64]) -> Vec<f64>,
) -> Result<Fit, FitError> {
    let problem = Problem {
        parameters,
        residuals,
        place: DVector::zeros(parameters.len()),
    };
    if problem.at(&problem.place).is_none() {
        return Err(FitError::NotFinite {
            parameters: names(parameters),
        });
    }
    let search = LevenbergMarquardt::new()
        .with_tol(TOLERANCE)
        .with_patience(200);
    let (problem, report) = search.minimize(problem);
    match report.termination {
        // Tolerances beyond what round-off of the differences allows are reached as far as possible.
        TerminationReason::NoImprovementPossible(_) => {}
        ref reason if reason.was_successful() => {}
        reason => {
            return Err(FitError::NotConverged {
                reason: format!(
                    "{reason:?} after {} evaluations",
                    report.number_of_evaluations
                ),
            });
        }
    }
    let end = |what| FitError::NotConverged {
        reason: format!("{what} at the end is not finite"),
    };
    let residuals = problem.residuals().ok_or_else(|| end("a residual"))?;
    let jacobian = problem.jacobian().ok_or_else(|| end("a derivative"))?;
    Ok(Fit {
        values: problem.values(&problem.place),
        parameters: parameters.to_vec(),
        residuals: residuals.as_slice().to_vec(),
        jacobian,
    })
}

fn names(parameters: &[Parameter]) -> String {
    let names: Vec<&str> = parameters.iter().map(|one| one.name.as_str()).collect();
    names.join(", ")
}

/// The problem in units of the parameters' widths, from their start values.
struct Problem<'a, F> {
    parameters: &'a [Parameter],
    residuals: F,
    place: DVector<f64>,
}

impl<F: Fn(&[f64]) -> Vec<f64>> Problem<'_, F> {
    fn values(&self, place: &DVector<f64>) -> Vec<f64> {
        self.parameters
            .iter()
            .zip(place.iter())
            .map(|(parameter, u)| parameter.start + parameter.width * u)
            .collect()
    }

    fn at(&self, place: &DVector<f64>) -> Option<DVector<f64>> {
        let found = (self.residuals)(&self.values(place));
        found
            .iter()
            .all(|one| one.is_finite())
            .then(|| DVector::from_vec(found))
    }
}

impl<F: Fn(&[f64]) -> Vec<f64>> LeastSquaresProblem<f64, Dyn, Dyn> for Problem<'_, F> {
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;
    type ParameterStorage = Owned<f64, Dyn>;

    fn set_params(&mut self, place: &DVector<f64>) {
        self.place.copy_from(place);
    }

    fn params(&self) -> DVector<f64> {
        self.place.clone()
    }

    fn residuals(&self) -> Option<DVector<f64>> {
        self.at(&self.place)
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let columns: Option<Vec<DVector<f64>>> = (0..self.place.len())
            .map(|k| {
                let shifted = |by: f64| {
                    let mut place = self.place.clone();
                    place[k] += by;
                    self.at(&place)
                };
                Some((shifted(DIFFERENCE)? - shifted(-DIFFERENCE)?) / (2.0 * DIFFERENCE))
            })
            .collect();
        Some(DMatrix::from_columns(&columns?))
    }
}

impl Fit {
    /// A minimum that was found elsewhere; `jacobian` has the derivatives of the residuals by the parameters in units of their widths.
    pub fn of(
        parameters: Vec<Parameter>,
        values: Vec<f64>,
        residuals: Vec<f64>,
        jacobian: DMatrix<f64>,
    ) -> Self {
        Self {
            parameters,
            values,
            residuals,
            jacobian,
        }
    }

    /// Sum of the squared residuals.
    pub fn chi_squared(&self) -> f64 {
        self.residuals.iter().map(|r| r * r).sum()
    }

    /// Residuals beyond the number of parameters.
    pub fn degrees_of_freedom(&self) -> usize {
        self.residuals.len().saturating_sub(self.values.len())
    }

    /// Value of the parameter `name`.
    pub fn value(&self, name: &str) -> Option<f64> {
        let index = self.parameters.iter().position(|one| one.name == name)?;
        Some(self.values[index])
    }

    /// Indices of the residuals that parameter `index` moves.
    pub fn moved_by(&self, index: usize) -> Vec<usize> {
        let column = self.jacobian.column(index);
        let largest = column.amax();
        (0..column.len())
            .filter(|&row| column[row].abs() > 1e-6 * largest)
            .collect()
    }

    /// Singular values of the Jacobian in units of the widths with the directions that belong to them, one per parameter, largest first.
    fn directions(&self) -> Vec<(f64, Vec<f64>)> {
        let n = self.values.len();
        if n == 0 {
            return Vec::new();
        }
        // Fewer residuals than parameters: rows of zeros give the null space its directions.
        let padded = self
            .jacobian
            .clone()
            .resize_vertically(self.jacobian.nrows().max(n), 0.0);
        let svd = padded.svd(false, true);
        let directions = svd.v_t.as_ref().map_or_else(Vec::new, |v_t| {
            v_t.row_iter()
                .map(|row| row.iter().copied().collect())
                .collect()
        });
        let mut found: Vec<(f64, Vec<f64>)> = svd
            .singular_values
            .iter()
            .copied()
            .zip(directions)
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        found
    }

    /// Covariance of the parameters for residuals of standard deviation `scatter` (1 where they are in units of their σ), in the
    /// parameters' units. Infinite for what the data do not fix.
    pub fn covariance(&self, scatter: f64) -> DMatrix<f64> {
        let n = self.values.len();
        let mut covariance = DMatrix::zeros(n, n);
        for (singular, direction) in self.directions() {
            for i in 0..n {
                for j in 0..n {
                    // 0 · ∞ is no number: what a direction does not contain it does not make uncertain.
                    let part = direction[i] * direction[j];
                    if part != 0.0 {
                        covariance[(i, j)] += part
                            * (scatter / singular).powi(2)
                            * self.parameters[i].width
                            * self.parameters[j].width;
                    }
                }
            }
        }
        covariance
    }

    /// Standard errors of the parameters; see [`Fit::covariance`].
    pub fn standard_errors(&self, scatter: f64) -> Vec<f64> {
        self.covariance(scatter)
            .diagonal()
            .iter()
            .map(|variance| variance.sqrt())
            .collect()
    }

    /// Leverage of each residual, 0 to 1: the share of it that the fit absorbs.
    pub fn leverages(&self) -> Vec<f64> {
        let svd = self.jacobian.clone().svd(true, false);
        let largest = svd.singular_values.iter().copied().fold(0.0, f64::max);
        let Some(u) = &svd.u else {
            return vec![0.0; self.residuals.len()];
        };
        (0..self.residuals.len())
            .map(|row| {
                (0..svd.singular_values.len())
                    .filter(|&k| svd.singular_values[k] > 1e-12 * largest)
                    .map(|k| u[(row, k)].powi(2))
                    .sum()
            })
            .collect()
    }

    /// The combinations of parameters that the data do not fix: those whose standard error exceeds one plausible width. Worst first.
    pub fn unidentified(&self, scatter: f64) -> Vec<Combination> {
        self.directions()
            .into_iter()
            .rev()
            .take_while(|(singular, _)| *singular < scatter)
            .map(|(singular, direction)| Combination {
                widths: scatter / singular,
                parts: self
                    .parameters
                    .iter()
                    .map(|one| one.name.clone())
                    .zip(direction)
                    .collect(),
            })
            .collect()
    }
}

/// A direction in the space of the parameters, in units of their plausible widths.
#[derive(Debug, Clone, PartialEq)]
pub struct Combination {
    /// Its standard error in widths.
    pub widths: f64,
    /// Parameters and their parts in it; the squares add up to 1.
    pub parts: Vec<(String, f64)>,
}

/// A part below this is not worth naming: a tenth of the direction's square.
const NAMED: f64 = 0.32;

impl Combination {
    /// The parameter that has the largest part.
    pub fn leading(&self) -> &str {
        self.parts
            .iter()
            .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
            .map_or("", |part| part.0.as_str())
    }

    /// The parameters whose parts matter, e.g. "D* and T_0 together".
    pub fn named(&self) -> String {
        let names: Vec<&str> = self
            .parts
            .iter()
            .filter(|part| part.1.abs() > NAMED)
            .map(|part| part.0.as_str())
            .collect();
        match names.len() {
            0 | 1 => self.leading().to_owned(),
            _ => format!("{} together", names.join(" and ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_has_its_textbook_errors() {
        // y = a + b x at x = 0…4 with unit weights: var b = 1/Σ(x − x̄)² = 1/10, var a = 1/5 + x̄²/10 = 0.6, cov = −x̄/10.
        let y = [1.1, 2.9, 5.2, 6.8, 9.1];
        let parameters = [Parameter::new("a", 0.0, 3.0), Parameter::new("b", 0.0, 0.5)];
        let fit = minimise(&parameters, |p| {
            (0..5).map(|k| p[0] + p[1] * k as f64 - y[k]).collect()
        })
        .unwrap();
        // Normal equations by hand: Σy = 25.1, Σxy = 70.1 (x̄ = 2) → b = (70.1 − 2·25.1)/10 = 1.99, a = 5.02 − 3.98 = 1.04.
        assert!((fit.values[1] - 1.99).abs() < 1e-9 && (fit.values[0] - 1.04).abs() < 1e-9);
        let covariance = fit.covariance(1.0);
        assert!((covariance[(0, 0)] - 0.6).abs() < 1e-6);
        assert!((covariance[(1, 1)] - 0.1).abs() < 1e-6);
        assert!((covariance[(0, 1)] + 0.2).abs() < 1e-6);
        // Leverages add up to the number of parameters; the ends have 1/5 + 4/10.
        let leverages = fit.leverages();
        assert!((leverages.iter().sum::<f64>() - 2.0).abs() < 1e-9);
        assert!((leverages[0] - 0.6).abs() < 1e-6);
        assert!(fit.unidentified(1.0).is_empty() || fit.unidentified(0.1).is_empty());
    }

    #[test]
    fn what_the_data_do_not_fix_is_named() {
        // Only the sum a + b acts, and c not at all.
        let parameters = ["a", "b", "c"].map(|name| Parameter::new(name, 0.5, 1.0));
        let fit = minimise(&parameters, |p| {
            (0..6)
                .map(|k| (p[0] + p[1]) * k as f64 - 3.0 * k as f64)
                .collect()
        })
        .unwrap();
        assert!((fit.values[0] + fit.values[1] - 3.0).abs() < 1e-9);
        let loose = fit.unidentified(1.0);
        assert_eq!(loose.len(), 2);
        let named: Vec<String> = loose.iter().map(Combination::named).collect();
        assert!(
            named.contains(&"a and b together".to_owned()) && named.contains(&"c".to_owned()),
            "{named:?}"
        );
        // The sum itself is fixed: 1/√55 of a width.
        assert_eq!(
            fit.directions()[0].0.round(),
            (2.0f64 * 55.0).sqrt().round()
        );
    }
}
