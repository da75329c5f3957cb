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
//! Up to Λ ≈ 1e-3 points of different Λ and N fall on one curve in Λ_h. Where the exchange length ℓ = RΛ^⅓ approaches the
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

/// Weight for a cell compliance Λ_h = ηM/h³ (≥ 0) and Λ = ηM/R³.
pub fn weight(cell_compliance: f64, lambda: f64) -> f64 {
    let (at_one, exponent, far) = CONTACT_LINE;
    let exchange_length = lambda.cbrt();
    let factor = if exchange_length < 1.0 {
        1.0 + (at_one - 1.0) * exchange_length.powf(exponent)
    } else {
        far - (far - at_one) / exchange_length
    };
    local(cell_compliance) * factor
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
}
