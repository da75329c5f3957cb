//! Sums over lengths, from which every division into narrow and wide pores is fitted at the same cost.

use super::alternatives::error;
use super::laws::Point;

/// Weighted sums over points, of x = ln d and y = ln(L/√(pt)): with those of the first 1, 2, … points every division costs the same.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    points: usize,
    /// Sum of the weights.
    pub weight: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Sums {
    /// Those of the first 0, 1, … all points, about the middle of all, which keeps round-off small; and the middle's x.
    pub fn up_to(points: &[Point]) -> (Vec<Self>, f64) {
        let n = points.len() as f64;
        let mean = |of: fn(&Point) -> f64| points.iter().map(of).sum::<f64>() / n;
        let middle = [mean(|p| p.diameter.ln()), mean(|p| p.normalised.ln())];
        let mut sum = Sums::default();
        let mut all = Vec::with_capacity(points.len() + 1);
        all.push(sum);
        for point in points {
            let w = error(point).powi(-2);
            let x = point.diameter.ln() - middle[0];
            let y = point.normalised.ln() - middle[1];
            sum = Sums {
                points: sum.points + 1,
                weight: sum.weight + w,
                x: sum.x + w * x,
                y: sum.y + w * y,
                xx: sum.xx + w * x * x,
                xy: sum.xy + w * x * y,
                yy: sum.yy + w * y * y,
            };
            all.push(sum);
        }
        (all, middle[0])
    }

    /// The sums of `narrow` and of the rest.
    pub fn parted(self, narrow: Self) -> [Self; 2] {
        let wide = Sums {
            points: self.points - narrow.points,
            weight: self.weight - narrow.weight,
            x: self.x - narrow.x,
            y: self.y - narrow.y,
            xx: self.xx - narrow.xx,
            xy: self.xy - narrow.xy,
            yy: self.yy - narrow.yy,
        };
        [narrow, wide]
    }

    /// The law with this exponent at the middle, and the weighted sum of its squared residuals; none of no points.
    pub fn amplitude(self, exponent: f64) -> Option<(f64, f64)> {
        if self.points == 0 {
            return None;
        }
        let mean = (self.y - exponent * self.x) / self.weight;
        let square = self.yy - 2.0 * exponent * self.xy + exponent.powi(2) * self.xx;
        Some((mean, (square - self.weight * mean.powi(2)).max(0.0)))
    }

    /// Slope of y over x; none with fewer than two points, or one diameter.
    pub fn slope(self) -> Option<f64> {
        let spread = self.xx - self.x.powi(2) / self.weight;
        let slope = (self.xy - self.x * self.y / self.weight) / spread;
        (self.points > 1 && spread > 0.0).then_some(slope)
    }
}
