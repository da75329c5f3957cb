//! Scatter, intervals and outliers.

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal, StudentsT};

/// Standard deviation of the residuals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scatter {
    /// In units of the residuals: 1 where they are divided by stated σ, relative where they are logarithms.
    pub value: f64,
    /// Degrees of freedom it was estimated from; none where it was stated.
    pub degrees_of_freedom: Option<usize>,
}

/// Relative scatter that is assumed while, or where, nothing can be estimated: the size of what the paper's plots show.
pub const ASSUMED_SCATTER: f64 = 0.1;

/// Below this relative scatter the data are as good as exact, and a scatter of zero would make everything an outlier.
const LEAST_SCATTER: f64 = 1e-9;

impl Scatter {
    /// Residuals in units of the stated standard deviations.
    pub fn stated() -> Self {
        Self {
            value: 1.0,
            degrees_of_freedom: None,
        }
    }

    /// A relative scatter that nothing supports yet.
    pub fn assumed() -> Self {
        Self {
            value: ASSUMED_SCATTER,
            degrees_of_freedom: None,
        }
    }

    /// The scatter behind a sum of squares with so many degrees of freedom; assumed where there are none.
    pub fn estimated(chi_squared: f64, degrees_of_freedom: usize) -> Self {
        if degrees_of_freedom == 0 {
            return Self::assumed();
        }
        Self {
            value: (chi_squared / degrees_of_freedom as f64)
                .sqrt()
                .max(LEAST_SCATTER),
            degrees_of_freedom: Some(degrees_of_freedom),
        }
    }

    /// A scatter that is more likely too large than too small: of its χ² distribution the lower quartile stands where [`Scatter::estimated`] has the mean. An
    /// interval has to be narrower by as much ([`Scatter::mixed_reach`]).
    pub fn cautious(chi_squared: f64, degrees_of_freedom: usize) -> Self {
        let usual = Self::estimated(chi_squared, degrees_of_freedom);
        Self {
            value: match usual.degrees_of_freedom {
                Some(freedom) => usual.value / caution(freedom as f64).sqrt(),
                None => usual.value,
            },
            ..usual
        }
    }

    /// How many standard errors the two-sided interval of `confidence` reaches where the `share` of the number's variance comes from this cautious scatter
    /// and the rest from errors of stated size: Student's t with the degrees of freedom of Welch and Satterthwaite. With a share of one this
    /// is [`Scatter::reach`] of the usual scatter, with none of it the normal law's.
    pub fn mixed_reach(&self, confidence: f64, share: f64) -> f64 {
        let Some(freedom) = self.degrees_of_freedom.map(|n| n as f64) else {
            return self.reach(confidence);
        };
        let share = share.clamp(0.0, 1.0);
        let effective = (freedom / share.powi(2)).min(MANY);
        let narrower = 1.0 - share + share * caution(freedom);
        let law = (effective < MANY).then_some(effective);
        quantile(0.5 + 0.5 * confidence, law) * narrower.sqrt()
    }

    /// How many standard errors the two-sided interval of `confidence` (0.95) reaches: Student's t, or the normal law for a stated scatter.
    pub fn reach(&self, confidence: f64) -> f64 {
        let freedom = self.degrees_of_freedom.map(|n| n as f64);
        quantile(0.5 + 0.5 * confidence, freedom)
    }
}

/// Degrees of freedom beyond which Student's law is the normal one.
const MANY: f64 = 1e6;

/// Lower quartile of χ² over its mean.
fn caution(degrees_of_freedom: f64) -> f64 {
    ChiSquared::new(degrees_of_freedom)
        .map_or(1.0, |law| law.inverse_cdf(0.25) / degrees_of_freedom)
}

/// Quantile of Student's t; of the normal law without degrees of freedom.
fn quantile(probability: f64, degrees_of_freedom: Option<f64>) -> f64 {
    match degrees_of_freedom {
        Some(freedom) => StudentsT::new(0.0, 1.0, freedom.max(1.0))
            .map_or(f64::NAN, |law| law.inverse_cdf(probability)),
        None => Normal::new(0.0, 1.0).map_or(f64::NAN, |law| law.inverse_cdf(probability)),
    }
}

/// Chance of a sum of squares as small as this, or smaller, with so many degrees of freedom.
pub fn chance_of_less(chi_squared: f64, degrees_of_freedom: usize) -> f64 {
    ChiSquared::new(degrees_of_freedom as f64).map_or(f64::NAN, |law| law.cdf(chi_squared))
}

/// A residual that the others do not explain.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlier {
    /// Index of the row.
    pub row: usize,
    /// Externally studentised residual: in standard deviations of a scatter that was estimated without it.
    pub studentised: f64,
}

/// Chance of naming any outlier in good data.
const FALSE_ALARM: f64 = 0.05;

/// The residuals whose externally studentised value is too large for the number of rows (two-sided t test, Bonferroni).
///
/// `residuals` are (row, residual, leverage); rows that the fit passes through exactly (leverage 1) cannot be judged.
pub fn outliers(residuals: &[(usize, f64, f64)], scatter: &Scatter) -> Vec<Outlier> {
    if residuals.is_empty() {
        return Vec::new();
    }
    let n = residuals.len() as f64;
    let judged = residuals
        .iter()
        .filter(|(_, _, leverage)| *leverage < 1.0 - 1e-6);
    let limit = |freedom| quantile(1.0 - 0.5 * FALSE_ALARM / n, freedom);
    // One freedom for all rows: quantiles are dear.
    let limit = limit(
        scatter
            .degrees_of_freedom
            .map(|freedom| freedom as f64 - 1.0),
    );
    judged
        .filter_map(|&(row, residual, leverage)| {
            let internal = residual / (scatter.value * (1.0 - leverage).sqrt());
            let studentised = match scatter.degrees_of_freedom {
                None => internal,
                Some(freedom) => {
                    let freedom = freedom as f64;
                    let rest = freedom - internal.powi(2);
                    if freedom < 2.0 {
                        return None;
                    }
                    internal * ((freedom - 1.0) / rest.max(1e-9)).sqrt()
                }
            };
            (studentised.abs() > limit).then_some(Outlier { row, studentised })
        })
        .collect()
}

/// The percentile interval of `confidence` (0.95) of draws; none for fewer than 20.
pub fn percentiles(mut draws: Vec<f64>, confidence: f64) -> Option<[f64; 2]> {
    draws.retain(|one| one.is_finite());
    if draws.len() < 20 {
        return None;
    }
    draws.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (draws.len() - 1) as f64;
        let below = place.floor() as usize;
        let above = (below + 1).min(draws.len() - 1);
        draws[below] + (place - place.floor()) * (draws[above] - draws[below])
    };
    Some([at(0.5 - 0.5 * confidence), at(0.5 + 0.5 * confidence)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_tables() {
        // Student's t, 97.5 %: 12.706 for 1 degree of freedom, 2.228 for 10; the normal law 1.960.
        let estimated = |n| Scatter::estimated(1.0, n).reach(0.95);
        assert!((estimated(1) - 12.706).abs() < 1e-3 && (estimated(10) - 2.228).abs() < 1e-3);
        assert!((Scatter::stated().reach(0.95) - 1.95996).abs() < 1e-4);
    }

    #[test]
    fn one_wild_row_is_named_and_ordinary_ones_are_not() {
        let rows = |wild: f64| -> Vec<(usize, f64, f64)> {
            (0..20)
                .map(|k| {
                    (
                        k,
                        if k == 7 {
                            wild
                        } else {
                            0.05 * f64::from([1, -1][k % 2])
                        },
                        0.1,
                    )
                })
                .collect()
        };
        let scatter = |rows: &[(usize, f64, f64)]| {
            Scatter::estimated(rows.iter().map(|row| row.1 * row.1).sum(), 18)
        };
        let wild = rows(0.4);
        let named = outliers(&wild, &scatter(&wild));
        assert_eq!(named.len(), 1);
        assert_eq!(named[0].row, 7);
        let tame = rows(0.08);
        assert!(outliers(&tame, &scatter(&tame)).is_empty());
    }

    #[test]
    fn a_cautious_scatter_and_its_reach_make_the_usual_interval() {
        for freedom in [1, 3, 8] {
            let [usual, cautious] = [
                Scatter::estimated(0.02, freedom),
                Scatter::cautious(0.02, freedom),
            ];
            assert!(cautious.value > usual.value);
            // All of the variance from the scatter: Student's interval, to rounding of the quantiles.
            let half = cautious.value * cautious.mixed_reach(0.95, 1.0);
            assert!((half / (usual.value * usual.reach(0.95)) - 1.0).abs() < 1e-6);
            // None of it: the normal law's 1.95996; half of it lies between.
            assert!((cautious.mixed_reach(0.95, 0.0) - 1.959964).abs() < 1e-4);
        }
        // Lower quartile of χ² with one degree of freedom: 0.1015.
        let [usual, cautious] = [Scatter::estimated(0.02, 1), Scatter::cautious(0.02, 1)];
        assert!(((usual.value / cautious.value).powi(2) - 0.1015).abs() < 1e-4);
    }

    #[test]
    fn percentiles_of_a_ramp() {
        let ramp: Vec<f64> = (0..=100).map(f64::from).collect();
        let [low, high] = percentiles(ramp, 0.9).unwrap();
        assert!((low - 5.0).abs() < 1e-9 && (high - 95.0).abs() < 1e-9);
        assert_eq!(percentiles(vec![1.0; 10], 0.9), None);
    }
}
