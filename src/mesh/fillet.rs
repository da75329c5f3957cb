//! The rounded edge between the mold's face and the wall of a pore.

use std::f64::consts::FRAC_1_SQRT_2;

/// Depth of the middle of a rounded edge, where it stands at 45°, in radii of the rounding: 1 − 1/√2.
const MIDDLE: f64 = 1.0 - FRAC_1_SQRT_2;

/// A quarter of a circle that touches the mold's face and the wall of the pore. The grid turns from one to the other in its middle: what is deeper
/// belongs to the pore as a larger radius, what is further out to the mold's face as a lower place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fillet {
    /// Radius of the circle, in pore radii.
    pub radius: f64,
}

impl Fillet {
    /// Depth of the middle below the mold's face.
    pub fn depth(self) -> f64 {
        MIDDLE * self.radius
    }

    /// How much wider than without the edge the pore is in its middle.
    pub fn widening(self) -> f64 {
        MIDDLE * self.radius
    }

    /// How much wider at a depth below the middle, and the slope of that.
    pub fn pore(self, z: f64) -> [f64; 2] {
        self.off(self.radius - z)
    }

    /// How far above its middle the edge is at a distance outside of it (of which there is 1/√2 of its radius), and the slope of that; beyond it the mold's
    /// face.
    pub fn face(self, outside: f64) -> [f64; 2] {
        let [rest, slope] = self.off(FRAC_1_SQRT_2 * self.radius - outside);
        [rest - self.depth(), slope]
    }

    /// Distance of the circle from its tangent at a distance `from` where they touch, and the slope towards there.
    fn off(self, from: f64) -> [f64; 2] {
        if from <= 0.0 {
            return [0.0, 0.0];
        }
        let across = (self.radius.powi(2) - from * from).sqrt();
        [self.radius - across, -from / across]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both halves lie on the circle around (1 + f, f), meet at 45°, and end on their tangents.
    #[test]
    fn both_halves_are_one_circle() {
        let fillet = Fillet { radius: 0.3 };
        let middle = 1.0 + fillet.widening();
        for k in 0..=10 {
            let share = f64::from(k) / 10.0 * FRAC_1_SQRT_2 * fillet.radius;
            let z = fillet.depth() + share;
            let pore = [1.0 + fillet.pore(z)[0], z];
            let face = [middle + share, fillet.depth() + fillet.face(share)[0]];
            for [r, z] in [pore, face] {
                let distance = (r - 1.3).hypot(z - 0.3);
                assert!((distance - 0.3).abs() < 1e-12, "({r}, {z})");
            }
        }
        let slopes = [fillet.pore(fillet.depth())[1], fillet.face(0.0)[1]];
        assert!(slopes.iter().all(|slope| (slope + 1.0).abs() < 1e-12));
        assert_eq!(fillet.pore(0.3), [0.0, 0.0]);
        assert_eq!(fillet.face(0.3), [-fillet.depth(), 0.0]);
    }
}
