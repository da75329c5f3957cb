//! The surface that a front's curve draws: areas and curvatures.

use crate::mesh::WallProfile;

/// A surface of revolution by its nodes from the axis to the contact line. Lengths in R.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Surface {
    /// Angle α by which it has turned down from the horizontal.
    pub angle: Vec<f64>,
    /// Arc length from the axis.
    pub arc: Vec<f64>,
    /// Distance from the axis.
    pub radius: Vec<f64>,
}

impl Surface {
    /// The surface in a pore that is no cylinder, of one that was drawn over ξ = r/R_w(z) in units of the radius at the contact line, `scale`; its
    /// nodes are at `heights`.
    pub fn in_pore(&self, wall: &WallProfile, heights: &[f64], scale: f64) -> Surface {
        let n = heights.len();
        let walls: Vec<[f64; 2]> = heights.iter().map(|&z| wall.at(z)).collect();
        // The direction (cos α, −sin α) of the drawn curve, through r = ξR_w(z).
        let angle = (0..n)
            .map(|k| {
                let ([radius, slope], (sin, cos)) = (walls[k], self.angle[k].sin_cos());
                sin.atan2(radius / scale * cos - self.radius[k] * slope * sin)
            })
            .collect();
        let radius: Vec<f64> = (self.radius.iter().zip(&walls))
            .map(|(xi, [radius, _])| xi * radius)
            .collect();
        let mut arc = vec![0.0];
        for k in 1..n {
            // The drawn arc is longer than its chord, and so is this one, alike.
            let drawn =
                (self.radius[k] - self.radius[k - 1]).hypot((heights[k] - heights[k - 1]) / scale);
            let longer = if drawn > 0.0 {
                (self.arc[k] - self.arc[k - 1]) / drawn
            } else {
                1.0
            };
            let chord = (radius[k] - radius[k - 1]).hypot(heights[k] - heights[k - 1]);
            arc.push(arc[k - 1] + longer * chord);
        }
        Surface { angle, arc, radius }
    }

    /// Intervals between the nodes.
    fn intervals(&self) -> usize {
        self.arc.len() - 1
    }

    /// Area per radian from the axis to every node.
    pub fn areas(&self) -> Vec<f64> {
        let mut areas = vec![0.0];
        for (r, s) in self.radius.windows(2).zip(self.arc.windows(2)) {
            let radius = 0.5 * (r[0] + r[1]);
            areas.push(areas[areas.len() - 1] + radius * (s[1] - s[0]));
        }
        areas
    }

    /// Turning of the surface ∫κ ds in every interval, κ the sum of the principal curvatures, positive where the liquid bulges.
    fn turning(&self) -> Vec<f64> {
        let hoop = |j: usize| {
            if self.radius[j] > 0.0 {
                self.angle[j].sin() / self.radius[j]
            } else {
                self.angle[1].sin() / self.radius[1]
            }
        };
        (0..self.intervals())
            .map(|j| {
                let length = self.arc[j + 1] - self.arc[j];
                self.angle[j + 1] - self.angle[j] + 0.5 * length * (hoop(j) + hoop(j + 1))
            })
            .collect()
    }

    /// Mean of the curvatures over the surface.
    pub fn mean_curvature(&self) -> f64 {
        let (mut sum, mut area) = (0.0, 0.0);
        for (j, turn) in self.turning().iter().enumerate() {
            let radius = 0.5 * (self.radius[j] + self.radius[j + 1]);
            sum += radius * turn;
            area += radius * (self.arc[j + 1] - self.arc[j]);
        }
        sum / area
    }

    /// Curvatures at the nodes: the turning of both intervals beside one over their length.
    pub fn curvatures(&self) -> Vec<f64> {
        let (turning, n) = (self.turning(), self.arc.len());
        (0..n)
            .map(|k| {
                let (a, b) = (k.saturating_sub(1), (k + 1).min(n - 1));
                turning[a..b].iter().sum::<f64>() / (self.arc[b] - self.arc[a])
            })
            .collect()
    }

    /// Curvatures at the nodes, averaged over `width` on both sides along the surface with a hat that is mirrored at axis and wall.
    pub fn averaged_curvatures(&self, width: f64) -> Vec<f64> {
        let turning = self.turning();
        let s = &self.arc;
        let end = s[s.len() - 1];
        let hat = |distance: f64| (1.0 - distance.abs() / width).max(0.0);
        let average = |at: f64| {
            let (mut sum, mut total) = (0.0, 0.0);
            let first = s.partition_point(|s| *s < at - width).saturating_sub(1);
            for j in first..turning.len() {
                if s[j] > at + width {
                    break;
                }
                let middle = 0.5 * (s[j] + s[j + 1]);
                let weight = hat(middle - at) + hat(2.0 * end - middle - at) + hat(middle + at);
                sum += weight * turning[j];
                total += weight * (s[j + 1] - s[j]);
            }
            sum / total
        };
        s.iter().map(|&at| average(at)).collect()
    }
}
