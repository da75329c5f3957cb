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
    /// Fits the markers `near` (between the distances from the wall that the grid resolves and a few times that), by
    /// least squares; the line does not fall below `laid`, to where liquid has been laid down.
    pub fn fit(near: &[DVec2], laid: f64) -> Self {
        let free = least_squares(near, None);
        if free[0] >= laid {
            Rolling { coefficients: free }
        } else {
            Rolling {
                coefficients: least_squares(near, Some(laid)),
            }
        }
    }

    /// Height of the surface at radius `r`.
    pub fn height(&self, r: f64) -> f64 {
        let [a, b, c] = self.coefficients;
        let q = root(r);
        a + q * (b + q * c)
    }
}

/// Coefficients of 1, q, q² by least squares; the first is `fixed` where given.
fn least_squares(points: &[DVec2], fixed: Option<f64>) -> [f64; 3] {
    let first = usize::from(fixed.is_some());
    let mut m = [[0.0; 4]; 3];
    // q in units of the farthest marker's, so that the system is well scaled.
    let unit = points.iter().fold(0.0, |u: f64, p| u.max(root(p.x)));
    for p in points {
        let q = root(p.x) / unit;
        let basis = [1.0, q, q * q];
        let z = p.y - fixed.unwrap_or(0.0);
        for a in first..3 {
            for b in first..3 {
                m[a][b] += basis[a] * basis[b];
            }
            m[a][3] += basis[a] * z;
        }
    }
    for k in first..3 {
        let pivot = m[k];
        for row in (first..3).filter(|&a| a != k) {
            let factor = m[row][k] / pivot[k];
            for (entry, above) in m[row].iter_mut().zip(pivot) {
                *entry -= factor * above;
            }
        }
    }
    let mut out = [fixed.unwrap_or(0.0), 0.0, 0.0];
    for k in first..3 {
        out[k] = m[k][3] / m[k][k] / [1.0, unit, unit * unit][k];
    }
    out
}
