//! The weight of the shear at the mouth corner.
//!
//! The wall turns by 270° there, and stress and strain are singular: velocities grow like ρ^0.544 with the distance ρ
//! from a rigid corner, like ρ^⅓ from a compliant one. A constant strain per quadrant misjudges the energy of such a
//! field by a factor that depends on the compliance of the layer on the scale of a cell, Λ_h = ηM/h³: below 1e-4 the
//! corner is rigid to the grid, above 1 compliant.
//!
//! The factors below make the error of the rate vanish. They were measured at L = 1 R and 2 R on N = 8…64 against the
//! finite-element solutions of `tests/reference/flow.json` (Λ = 0, 1e-3, 1/32, 1) and, for Λ = 1e-6…1e-4, against N = 128.
//! For Λ = 10 and 100 the weight is the one with which N = 16, 32 and 64 agree (R_c = 2 R and 4 R).
//! Where the walls slide the singularity is another one (ρ^⅓ without a layer), and where the layer gives way too the corner itself
//! moves: see [`Corner::friction`]. Up to Λ ≈ 1e-3 points of different Λ and N fall on one curve in Λ_h. Where the exchange length ℓ = RΛ^⅓ approaches the
//! pore radius, the weight also takes up what is lost at the contact line: a factor in ℓ (`docs/numerics.md`, "The mouth
//! corner").

/// log₁₀ Λ_h and the weight relative to the quadrants' geometric volume.
const WEIGHTS: [(f64, f64); 11] = [
    (-6.0, 1.39),
    (-5.0, 1.33),
    (-3.3, 1.10),
    (-2.34, 0.785),
    (-1.45, 0.475),
    (-0.5, 0.50),
    (0.0, 0.57),
    (0.55, 0.61),
    (1.5, 0.65),
    (2.4, 0.665),
    (3.0, 0.68),
];

/// Factor on the weight where the exchange length is one pore radius, exponent of its rise below that, and the factor
/// that it tends to beyond.
const CONTACT_LINE: (f64, f64, f64) = (1.34, 1.66, 1.50);

/// Share of the weight that is left where the walls let the liquid slide by far more than a cell, and what it loses of that where
/// they do by far more than a pore radius. Measured at Λ = 0 against the finite elements (b = 0.1 and 1 R) and, for b = 0.003 and
/// 0.01 R, N = 128: 0.96, 0.91, 0.86, 0.81, 0.76 at b/h = 0.024, 0.08, 0.16, 0.32, 0.8, from there on 0.73 to 0.78.
const SLIDING: (f64, f64) = (0.785, 0.03);

/// Slip length in cells at which half of that is reached, and the exponent.
const SLIDING_FROM: (f64, f64) = (0.12, 1.3);

/// Weight towards which that of a rounded edge goes: where the layer is rigid on the scale of a cell, and where it is not. Between quadrants whose edges
/// are straight a rigid wall at 45° costs 2. Measured against the finite elements of `tests/reference/shapes.json` (rounded with 0.05 R, L = R): with a
/// layer 0.85 to 0.92 at N = 8 and 0.96 to 1.05 at N = 16, without one 1.75 and 2.0.
const ROUNDED: [f64; 2] = [2.0, 1.1];

/// Radius of the edge in cells at which it has gone 1 − 1/e of the way.
const ROUNDED_FROM: f64 = 0.35;

/// Radius of the edge in cells at which half of the energy at its middle is that of a smooth wall.
const SMOOTH_FROM: f64 = 3.0;

/// Resistance of the layer to a corner that moves, times Λ_h and in units of a quadrant's own. Where the layer is too stiff for it
/// the corner rests, however well the walls slide. With a third of it rates at Λ_h = 5e-4 are 1 % higher, with three times as much
/// those at Λ_h = 0.05 0.5 % lower (b = 0.1 R, N = 8).
const STIFFNESS: f64 = 0.01;

/// What decides about the shear at the corner. Lengths in pore radii.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Corner {
    /// Λ_h = ηM/h³ (≥ 0).
    pub cell_compliance: f64,
    /// Λ = ηM/R³.
    pub compliance: f64,
    /// Cell size h.
    pub cell: f64,
    /// Navier slip length b of the walls.
    pub slip: f64,
    /// Radius of the rounding of the edge; 0 where it is sharp.
    pub fillet: f64,
}

impl Corner {
    /// Weight relative to the quadrants' geometric volume.
    pub fn weight(self) -> f64 {
        let sharp = self.sharp_weight();
        if self.fillet == 0.0 {
            return sharp;
        }
        let [rigid, soft] = ROUNDED;
        let rounded = soft + (rigid - soft) * rigidity(self.cell_compliance);
        let cells = self.fillet / self.cell;
        rounded + (sharp - rounded) * (-cells / ROUNDED_FROM).exp()
    }

    fn sharp_weight(self) -> f64 {
        let (at_one, exponent, far) = CONTACT_LINE;
        let exchange_length = self.compliance.cbrt();
        let factor = if exchange_length < 1.0 {
            1.0 + (at_one - 1.0) * exchange_length.powf(exponent)
        } else {
            far - (far - at_one) / exchange_length
        };
        let (many_cells, many_radii) = SLIDING;
        let sliding = many_cells - many_radii * self.slip / (0.5 + self.slip);
        let (half, steepness) = SLIDING_FROM;
        let sticks = 1.0 / (1.0 + (self.slip / self.cell / half).powf(steepness));
        local(self.cell_compliance) * factor * (sliding + (1.0 - sliding) * sticks)
    }

    /// What the corner point meets when it moves, in units of the stiffness of one quadrant: the friction of the `wall` beside it
    /// (in the same units, times its slip length in pore radii), and the layer. Infinite without slip.
    pub fn friction(self, wall: f64) -> f64 {
        wall / self.slip + STIFFNESS / (self.cell_compliance * self.weight())
    }
}

/// Share of the energy at the middle of a rounded edge that is a smooth wall's: none where the rounding is far below a cell.
pub fn smoothness(fillet: f64, cell: f64) -> f64 {
    let cells = (fillet / cell / SMOOTH_FROM).powi(2);
    cells / (1.0 + cells)
}

/// How far the corner is rigid to the grid: 1 without a layer, 0 from where its weight is least.
fn rigidity(cell_compliance: f64) -> f64 {
    const SOFTEST: (f64, f64) = WEIGHTS[4];
    if cell_compliance.log10() >= SOFTEST.0 {
        return 0.0;
    }
    (local(cell_compliance) - SOFTEST.1) / (WEIGHTS[0].1 - SOFTEST.1)
}

/// The part that the corner alone decides; linear in log Λ_h, constant beyond the ends.
fn local(cell_compliance: f64) -> f64 {
    let x = cell_compliance.log10();
    let k = WEIGHTS.partition_point(|&(at, _)| at <= x);
    if k == 0 {
        return WEIGHTS[0].1;
    }
    let Some(&(right, above)) = WEIGHTS.get(k) else {
        return WEIGHTS[k - 1].1;
    };
    let (left, below) = WEIGHTS[k - 1];
    below + (above - below) * (x - left) / (right - left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_rigid_without_a_layer_and_continuous() {
        let weight = |cell_compliance, compliance| {
            let (cell, slip) = (0.1, 0.0);
            Corner {
                cell_compliance,
                compliance,
                cell,
                slip,
                fillet: 0.0,
            }
            .weight()
        };
        assert_eq!(weight(0.0, 0.0), 1.39);
        for (x, w) in WEIGHTS {
            // Both sides of a knot meet; the steepest piece has a slope of 0.35 per decade.
            assert!((local(10f64.powf(x) * 1.0001) - w).abs() < 1e-4);
            assert!((local(10f64.powf(x) * 0.9999) - w).abs() < 1e-4);
        }
        assert_eq!(local(1e30), 0.68);
        // The two branches of the factor meet at an exchange length of one pore radius, and it tends to its far value.
        assert!((weight(1e30, 1.0 - 1e-9) - weight(1e30, 1.0 + 1e-9)).abs() < 1e-8);
        assert!((weight(1e30, 1e30) - 0.68 * 1.50).abs() < 1e-9);
    }

    #[test]
    fn rounded_edges_begin_sharp_and_end_smooth() {
        for (cell_compliance, end) in [(0.0, 2.0), (10.0, 1.1)] {
            let weight = |fillet| {
                let (compliance, cell, slip) = (1e-4, 0.1, 0.0);
                Corner {
                    cell_compliance,
                    compliance,
                    cell,
                    slip,
                    fillet,
                }
                .weight()
            };
            assert!((weight(1e-9) - weight(0.0)).abs() < 1e-6);
            assert!((weight(0.5) - end).abs() < 1e-5);
        }
        assert_eq!(smoothness(0.0, 0.1), 0.0);
        assert!((smoothness(0.3, 0.1) - 0.5).abs() < 1e-12);
        assert!(smoothness(1.0, 1e-3) > 0.9999);
    }

    #[test]
    fn moves_only_where_walls_slide_and_the_layer_gives_way() {
        let corner = |cell_compliance, slip| Corner {
            cell_compliance,
            compliance: 1e-4,
            cell: 0.1,
            slip,
            fillet: 0.0,
        };
        assert_eq!(corner(1.0, 0.0).friction(2.0), f64::INFINITY);
        assert_eq!(corner(0.0, 0.5).friction(2.0), f64::INFINITY);
        // A soft layer leaves the friction of the wall, 2/0.5.
        assert!((corner(1e9, 0.5).friction(2.0) - 4.0).abs() < 1e-6);
        assert!(corner(1e-3, 0.5).friction(2.0) > 8.0);
        // The slip length in cells decides; half of what sliding takes off is gone at b = 0.12 h.
        let loss = 1.0 - corner(0.0, 0.012).weight() / corner(0.0, 0.0).weight();
        assert!((loss - 0.5 * (1.0 - 0.785 + 0.03 * 0.012 / 0.512)).abs() < 1e-9);
    }
}
