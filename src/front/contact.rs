//! The contact line below the grid.
//!
//! Close to the line the liquid is a wedge between the wall and a surface without stress. What it holds against the wall grows
//! like the logarithm of the distance from the line down to the slip length b, which the grid does not resolve. The friction
//! of the last wall node therefore gets what it lacks (Huh & Scriven 1971; Cox 1986, with a gas of no viscosity),
//!
//! ```text
//!   F = η w f(θ) ln(1 + c h/b),   f(θ) = 2 sin²θ/(θ − sin θ cos θ),
//! ```
//!
//! per length of the line, w the velocity beside the wall and θ the angle under which the grid sees the surface. f falls from
//! 4/π at a right angle to nothing at 180°, where the surface rolls onto the wall: there velocities vanish like the root of the
//! distance, and the friction of the last cell sits at its lower end.

use super::{Capillarity, Closing, Curve};
use crate::flow::discretise::ContactFriction;
use std::f64::consts::{FRAC_PI_2, PI};

/// c above: with it the bulges at θ = 90° and Ca = 0.1 are within 3.1 % of the finite elements' for b = 0.02, 0.05 and 0.1 R,
/// N = 16 and 32 (with 0.28: 4.6 to 8 % too high; with 0.05 1 to 2 % lower). At Ca = 1 they are 1 to 8 % too high.
const UNRESOLVED: f64 = 0.1;

/// f(θ) at the angle from which on a surface counts as rolling in part: 150°.
const ROLLS_FROM: f64 = 0.164;

/// Smallest angle for which the friction is evaluated: a thinner wedge is not resolved by any grid.
const FLATTEST: f64 = 0.2;

/// f(θ), the friction of a wedge without stress on its free side.
fn wedge(angle: f64) -> f64 {
    let angle = angle.clamp(FLATTEST, PI);
    2.0 * angle.sin().powi(2) / (angle - angle.sin() * angle.cos())
}

/// What the wall holds at the contact line of `curve` on a grid of cell `h` (relative to the pore there), with the slip length `slip`.
pub fn friction(
    curve: &Curve,
    capillarity: Option<&Capillarity>,
    slip: f64,
    h: f64,
) -> ContactFriction {
    if curve.closing() == Closing::Rolls || capillarity.is_none() || slip <= 0.0 {
        return ContactFriction {
            extra: 0.0,
            rolling: 1.0,
        };
    }
    let f = wedge(curve.wall_angle() + FRAC_PI_2);
    ContactFriction {
        extra: f * (UNRESOLVED * curve.scale() * h / slip).ln_1p(),
        rolling: (1.0 - f / ROLLS_FROM).max(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::Modes;
    use crate::mesh::WallProfile;

    #[test]
    fn friction_of_a_wedge() {
        // Right angle: 2/(π/2); thin: 3/θ of a film (lubrication); flat out: nothing.
        assert!((wedge(FRAC_PI_2) - 4.0 / PI).abs() < 1e-12);
        assert!((wedge(0.25) / (3.0 / 0.25) - 1.0).abs() < 0.02);
        assert!(wedge(PI) < 1e-12);
        assert!((wedge(150f64.to_radians()) - ROLLS_FROM).abs() < 1e-3);
    }

    /// In a pore of half the mouth's radius half the slip length is the same problem.
    #[test]
    fn friction_counts_in_the_radius_at_the_line() {
        let narrow = WallProfile::measured(vec![0.0, 1.2, 9.0], vec![1.0, 0.5, 0.5]);
        let capillarity = Capillarity {
            tension: 1.0,
            contact_angle: 2.0,
        };
        let extra = |wall: &WallProfile, slip: f64| {
            let modes = Modes::in_pore(16, wall.clone());
            let coefficients = [0.5, 0.05, 0.0, 0.0, 0.0];
            let curve = Curve::new(&modes, coefficients, 4.0, Closing::Slides).expect("a front");
            friction(&curve, Some(&capillarity), slip, 1.0 / 16.0).extra
        };
        let wide = extra(&WallProfile::Straight, 0.02);
        assert!((extra(&narrow, 0.01) / wide - 1.0).abs() < 1e-9);
        // Negative control.
        assert!((extra(&narrow, 0.02) / wide - 1.0).abs() > 0.1);
    }
}
