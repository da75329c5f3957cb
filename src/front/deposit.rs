//! Where on the front the material grows that the interface layer brings.

use super::Curve;

/// How the material that the layer carries to the contact line is spread over the front.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Deposit {
    /// Evenly per area.
    #[default]
    Uniform,
    /// By diffusion over the surface, driven by its curvature (Mullins 1957): the flux B ∂κ/∂s towards the axis.
    Diffusion {
        /// B = D_s δ_s Ωγ/(k_BT) in units of pR⁴/η: γ/(pR) × Λ where the surface's D δ is the layer's.
        strength: f64,
    },
}

impl Deposit {
    /// Volume per radian and time that grows between the axis and each of the radii, where `layer` arrives at the line. What is
    /// missing of `layer` grows beyond the last of them.
    pub fn inside(self, curve: &Curve, radii: &[f64], layer: f64) -> Vec<f64> {
        match self {
            Deposit::Uniform => {
                let areas = curve.areas();
                let total = areas[areas.len() - 1];
                radii.iter().map(|&r| layer * curve.area(&areas, r) / total).collect()
            }
            Deposit::Diffusion { strength } => {
                radii.iter().map(|&r| strength * r * curve.curvature_slope(r)).collect()
            }
        }
    }

    /// Normal velocity of the growth at the nodes of `curve`.
    pub fn growth(self, curve: &Curve, layer: f64) -> Vec<f64> {
        let areas = curve.areas();
        let end = curve.modes().end();
        let points = curve.chain();
        let radii: Vec<f64> = points.points().iter().map(|p| p.x).collect();
        let resolved = radii.iter().filter(|r| **r <= end + 1e-9).count();
        let mut inside = self.inside(curve, &radii[1..resolved], layer);
        inside.insert(0, 0.0);
        // Evenly over the rest.
        let (from, at) = (inside[resolved - 1], areas[resolved - 1]);
        let rest = areas[areas.len() - 1] - at;
        inside.extend(areas[resolved..].iter().map(|a| from + (layer - from) * (a - at) / rest));
        let n = areas.len();
        (0..n)
            .map(|k| {
                let (a, b) = (k.saturating_sub(1), (k + 1).min(n - 1));
                (inside[b] - inside[a]) / (areas[b] - areas[a])
            })
            .collect()
    }
}
