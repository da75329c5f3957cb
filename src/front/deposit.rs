//! Where on the front the material grows that the interface layer brings.

use super::Curve;
use glam::DVec2;

/// How the material that the layer carries to the contact line is spread over the front.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Deposit {
    /// Evenly per area: diffusion on the tip is fast.
    #[default]
    Uniform,
    /// Most beside the contact line: atoms wander over the front until they are built in.
    Wandering {
        /// Mean distance that they get, in R.
        distance: f64,
    },
}

impl Deposit {
    /// Volume per radian and time that grows between the axis and each of the radii, where `layer` arrives at the line.
    pub fn inside(self, curve: &Curve, radii: &[f64], layer: f64) -> Vec<f64> {
        let areas = curve.areas();
        let grown = match self {
            Deposit::Uniform => {
                let scale = layer / areas[areas.len() - 1];
                areas.iter().map(|a| scale * a).collect()
            }
            Deposit::Wandering { .. } => {
                let growth = self.growth(curve, layer);
                let mut grown = vec![0.0];
                for k in 1..areas.len() {
                    let piece = 0.5 * (growth[k] + growth[k - 1]) * (areas[k] - areas[k - 1]);
                    grown.push(grown[k - 1] + piece);
                }
                grown
            }
        };
        radii.iter().map(|&r| curve.up_to(&grown, r)).collect()
    }

    /// Normal velocity of the growth at the nodes of `curve`; summed up by the trapezoid rule over its areas it is `layer`.
    pub fn growth(self, curve: &Curve, layer: f64) -> Vec<f64> {
        let areas = curve.areas();
        match self {
            Deposit::Uniform => vec![layer / areas[areas.len() - 1]; areas.len()],
            Deposit::Wandering { distance } => wandering(&curve.places(), &areas, layer, distance),
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

/// Solves a tridiagonal system; `lower[0]` and the last of `upper` are not read.
pub(crate) fn tridiagonal(
    lower: &[f64],
    diagonal: &[f64],
    upper: &[f64],
    mut right: Vec<f64>,
) -> Vec<f64> {
    let n = right.len();
    let mut eliminated = vec![0.0; n];
    let mut pivot = diagonal[0];
    right[0] /= pivot;
    for k in 1..n {
        eliminated[k - 1] = upper[k - 1] / pivot;
        pivot = diagonal[k] - lower[k] * eliminated[k - 1];
        right[k] = (right[k] - lower[k] * right[k - 1]) / pivot;
    }
    for k in (0..n - 1).rev() {
        right[k] -= eliminated[k] * right[k + 1];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::{Closing, Modes};
    use crate::mesh::WallProfile;

    /// Modified Bessel function Iₙ by its series.
    fn bessel(order: i32, x: f64) -> f64 {
        let mut term = (1..=order).fold(1.0, |t, k| t * 0.5 * x / f64::from(k));
        (1..40).fold(term, |sum, k| {
            term *= 0.25 * x * x / (f64::from(k) * f64::from(k + order));
            sum + term
        })
    }

    /// A flat front of so many segments and its areas.
    fn plane(segments: usize) -> (Vec<DVec2>, Vec<f64>) {
        let radius = |k: usize| k as f64 / segments as f64;
        let points = (0..=segments).map(|k| DVec2::new(radius(k), 2.0)).collect();
        let areas = (0..=segments).map(|k| 0.5 * radius(k).powi(2)).collect();
        (points, areas)
    }

    /// On a plane v = q I₀(r/ℓ) / (ℓ I₁(1/ℓ)), to second order in the spacing; far-wandering atoms grow evenly.
    #[test]
    fn wandering_atoms_follow_the_bessel_function() {
        let worst = |segments: usize, distance: f64| {
            let (points, area) = plane(segments);
            let growth = wandering(&points, &area, 0.3, distance);
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
        let (points, area) = plane(40);
        let far = wandering(&points, &area, 0.3, 100.0);
        // I₀ differs from its mean by (R/ℓ)²/8 at most.
        let difference = far
            .iter()
            .fold(0.0f64, |d, v| d.max((v - 0.3 / area[40]).abs()));
        assert!(difference < 0.6 * 1e-4 / 8.0 * 1.01, "{difference:e}");
        // Negative control: half the distance is another law.
        let (points, area) = plane(80);
        let other = wandering(&points, &area, 0.3, 0.125);
        assert!((other[0] - 0.3 / (0.25 * bessel(1, 4.0))).abs() > 1e-2);
    }

    /// In a pore of half the mouth's radius atoms that get half as far spread alike, and what arrives makes a quarter of the area grow four times as fast.
    #[test]
    fn atoms_wander_over_the_surface_itself() {
        let narrow = WallProfile::measured(vec![0.0, 1.0, 2.0], vec![1.0, 0.5, 0.5]);
        let growth = |wall: &WallProfile, distance: f64| {
            let modes = Modes::in_pore(16, wall.clone());
            let coefficients = [0.5, 0.05, 0.0, 0.0, 0.0];
            let curve = Curve::new(&modes, coefficients, 6.0, Closing::Slides).expect("a front");
            Deposit::Wandering { distance }.growth(&curve, 0.3)
        };
        let wide = growth(&WallProfile::Straight, 0.5);
        let off = |found: Vec<f64>| {
            let pairs = wide.iter().zip(&found);
            pairs.fold(0.0f64, |worst, (a, b)| {
                worst.max((b / (4.0 * a) - 1.0).abs())
            })
        };
        assert!(off(growth(&narrow, 0.25)) < 1e-9);
        // Negative control.
        assert!(off(growth(&narrow, 0.5)) > 0.05);
    }
}
