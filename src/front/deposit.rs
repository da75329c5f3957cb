//! Where on the front the material grows that the interface layer brings.

use super::spline::tridiagonal;
use glam::DVec2;

/// How the material that the layer carries to the contact line is spread over the front.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Deposit {
    /// Evenly per area: diffusion on the tip is fast.
    #[default]
    Uniform,
    /// More where the surface is curved less: surface diffusion drives the tip towards constant curvature.
    Curvature,
    /// Most beside the contact line: atoms wander over the front until they are built in.
    Wandering {
        /// Mean distance that they get, in R.
        distance: f64,
    },
}

impl Deposit {
    /// Normal velocity of the growth at the markers `points`, up to which the front has these areas and where it has these
    /// curvatures; `layer` is what arrives per radian and time. Summed up by the trapezoid rule over the areas it is `layer`.
    pub fn growth(self, points: &[DVec2], area: &[f64], curvature: &[f64], layer: f64) -> Vec<f64> {
        let total = area[area.len() - 1];
        let uniform = layer / total;
        match self {
            Deposit::Uniform => vec![uniform; curvature.len()],
            Deposit::Curvature => {
                let mean = |values: &[f64]| -> f64 {
                    let piece =
                        |k: usize| 0.5 * (values[k] + values[k - 1]) * (area[k] - area[k - 1]);
                    (1..values.len()).map(piece).sum::<f64>() / total
                };
                // Nothing is taken away anywhere: surface diffusion only fills what lies deeper.
                let level = mean(curvature);
                let weights: Vec<f64> = curvature
                    .iter()
                    .map(|k| (1.0 + level - k).clamp(0.0, 2.0))
                    .collect();
                let scale = uniform / mean(&weights);
                weights.iter().map(|w| w * scale).collect()
            }
            Deposit::Wandering { distance } => wandering(points, area, layer, distance),
        }
    }
}

/// Growth v by atoms that arrive at the edge, diffuse over the front and are built in at an even rate: ℓ² ∇²v = v with the
/// mean distance ℓ that they get.
fn wandering(points: &[DVec2], area: &[f64], layer: f64, distance: f64) -> Vec<f64> {
    let n = points.len();
    let links: Vec<f64> = (points.windows(2))
        .map(|p| 0.5 * (p[0].x + p[1].x) * distance * distance / p[0].distance(p[1]))
        .collect();
    let link = |k: usize| links.get(k).copied().unwrap_or(0.0);
    let before = |k: usize| if k == 0 { 0.0 } else { link(k - 1) };
    // Half of the areas beside a marker, as in the trapezoid rule.
    let own = |k: usize| 0.5 * (area[(k + 1).min(n - 1)] - area[k.saturating_sub(1)]);
    let diagonal: Vec<f64> = (0..n).map(|k| own(k) + before(k) + link(k)).collect();
    let lower: Vec<f64> = (0..n).map(|k| -before(k)).collect();
    let upper: Vec<f64> = (0..n).map(|k| -link(k)).collect();
    let mut inflow = vec![0.0; n];
    inflow[n - 1] = layer;
    tridiagonal(&lower, &diagonal, &upper, inflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Modified Bessel function Iₙ by its series.
    fn bessel(order: i32, x: f64) -> f64 {
        let mut term = (1..=order).fold(1.0, |t, k| t * 0.5 * x / f64::from(k));
        (1..40).fold(term, |sum, k| {
            term *= 0.25 * x * x / (f64::from(k) * f64::from(k + order));
            sum + term
        })
    }

    /// A flat front of so many segments, its areas, and no curvature.
    fn plane(segments: usize) -> (Vec<DVec2>, Vec<f64>, Vec<f64>) {
        let radius = |k: usize| k as f64 / segments as f64;
        let points = (0..=segments).map(|k| DVec2::new(radius(k), 2.0)).collect();
        let areas = (0..=segments).map(|k| 0.5 * radius(k).powi(2)).collect();
        (points, areas, vec![0.0; segments + 1])
    }

    fn collected(area: &[f64], growth: &[f64]) -> f64 {
        (1..area.len())
            .map(|k| 0.5 * (growth[k] + growth[k - 1]) * (area[k] - area[k - 1]))
            .sum()
    }

    #[test]
    fn everything_that_arrives_grows() {
        let (points, area, flat) = plane(40);
        let bent: Vec<f64> = points.iter().map(|p| 1.0 - 3.0 * p.x).collect();
        for deposit in [
            Deposit::Uniform,
            Deposit::Curvature,
            Deposit::Wandering { distance: 0.2 },
            Deposit::Wandering { distance: 50.0 },
        ] {
            for curvature in [&flat, &bent] {
                let growth = deposit.growth(&points, &area, curvature, 0.3);
                // Round-off of 41 equations, whose terms cancel to 1/ℓ² where atoms go far (ℓ = 50).
                let round_off = if let Deposit::Wandering { distance } = deposit {
                    1e-13 * distance.max(1.0).powi(2)
                } else {
                    1e-13
                };
                let error = (collected(&area, &growth) - 0.3).abs();
                assert!(error < round_off, "{deposit:?}: {error:e}");
                assert!(growth.iter().all(|v| *v >= 0.0), "{deposit:?}");
            }
        }
    }

    /// On a plane v = q I₀(r/ℓ) / (ℓ I₁(1/ℓ)), to second order in the spacing; far-wandering atoms grow evenly.
    #[test]
    fn wandering_atoms_follow_the_bessel_function() {
        let worst = |segments: usize, distance: f64| {
            let (points, area, flat) = plane(segments);
            let growth = Deposit::Wandering { distance }.growth(&points, &area, &flat, 0.3);
            let scale = 0.3 / (distance * bessel(1, 1.0 / distance));
            points.iter().zip(&growth).fold(0.0f64, |worst, (p, v)| {
                worst.max((v - scale * bessel(0, p.x / distance)).abs())
            })
        };
        for distance in [0.25, 1.0] {
            let (coarse, fine) = (worst(40, distance), worst(80, distance));
            let order = (coarse / fine).log2();
            // The marker on the axis stands for half of the first ring in the trapezoid rule, for a quarter in truth: h² ln h.
            assert!(
                (1.7..2.1).contains(&order),
                "ℓ = {distance} R: order {order}"
            );
        }
        let (points, area, flat) = plane(40);
        let even = Deposit::Uniform.growth(&points, &area, &flat, 0.3);
        let far = Deposit::Wandering { distance: 100.0 }.growth(&points, &area, &flat, 0.3);
        // I₀ differs from its mean by (R/ℓ)²/8 at most.
        let difference = (even.iter().zip(&far)).fold(0.0f64, |d, (a, b)| d.max((a - b).abs()));
        assert!(difference < 0.6 * 1e-4 / 8.0 * 1.01, "{difference:e}");
        // Negative control: half the distance is another law.
        let (points, area, flat) = plane(80);
        let other = Deposit::Wandering { distance: 0.125 }.growth(&points, &area, &flat, 0.3);
        assert!((other[0] - 0.3 / (0.25 * bessel(1, 4.0))).abs() > 1e-2);
    }
}
