//! The contact line on a wall without slip: it rolls.
//!
//! Liquid that has reached the wall stays where it is; the line advances because the front lays new liquid down beyond
//! it. Close to the line the flow is that between a wall without slip and a surface without stress at an angle of 180°:
//! velocities vanish like ρ^½ with the distance ρ, so that the surface leaves the wall like 1 − r ∝ (z − z_c)^{3/2}.
//! Hence z is a smooth function of q = (1 − r)^⅔ there. Markers closer to the wall than the grid resolves are placed on
//! the parabola in q through those beyond; the line is where it meets the wall.

use glam::DVec2;

/// Parabola z = a + b q + c q² near the wall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rolling {
    coefficients: [f64; 3],
}

fn root(r: f64) -> f64 {
    (1.0 - r).max(0.0).powf(2.0 / 3.0)
}

impl Rolling {
    /// Fits the markers `near` (between the distances from the wall that the grid resolves and a few times that) by
    /// least squares such that the surface encloses the volume `volume` = ∫ z r dr between the last of them and the wall;
    /// the line does not fall below `laid`, to where liquid has been laid down.
    pub fn fit(near: &[DVec2], volume: f64, laid: f64) -> Self {
        let gap = 1.0 - near[near.len() - 1].x;
        // ∫ q^k r dr from the last marker to the wall.
        let moment = |k: f64| {
            let n = 2.0 / 3.0 * k + 1.0;
            gap.powf(n) * (1.0 / n - gap / (n + 1.0))
        };
        let moments = [moment(0.0), moment(1.0), moment(2.0)];
        let mean = |m: usize| moments[m] / moments[0];
        // With its mean height given, the surface is z = z̄ + b (q − q̄) + c (q² − q̄²).
        let height = volume / moments[0];
        let [b, c] = least_squares(near, height, |q| [q - mean(1), q * q - mean(2)]);
        let a = height - b * mean(1) - c * mean(2);
        if a >= laid {
            return Rolling {
                coefficients: [a, b, c],
            };
        }
        let [b, c] = least_squares(near, laid, |q| [q, q * q]);
        Rolling {
            coefficients: [laid, b, c],
        }
    }

    /// Height of the surface at radius `r`.
    pub fn height(&self, r: f64) -> f64 {
        let [a, b, c] = self.coefficients;
        let q = root(r);
        a + q * (b + q * c)
    }
}

/// Coefficients of two functions of q that fit z − `level` at the markers by least squares.
fn least_squares(points: &[DVec2], level: f64, basis: impl Fn(f64) -> [f64; 2]) -> [f64; 2] {
    let (mut aa, mut ab, mut bb, mut az, mut bz) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for p in points {
        let ([a, b], z) = (basis(root(p.x)), p.y - level);
        aa += a * a;
        ab += a * b;
        bb += b * b;
        az += a * z;
        bz += b * z;
    }
    let determinant = aa * bb - ab * ab;
    [
        (az * bb - bz * ab) / determinant,
        (bz * aa - az * ab) / determinant,
    ]
}
