//! proto
use super::contact::Rolling;
use super::spline::{End, Spline};
use super::{Chain, Velocity};
use crate::kernels::Real;
use glam::DVec2;

/// Outward unit normals at the markers.
pub fn normals(chain: &Chain) -> Vec<DVec2> {
    let s = chain.arc_lengths();
    let (r, z) = splines(&s, chain.points());
    s.iter()
        .map(|&s| {
            let t = DVec2::new(r.slope(s), z.slope(s)).normalize();
            DVec2::new(-t.y, t.x)
        })
        .collect()
}
fn splines(s: &[f64], p: &[DVec2]) -> (Spline, Spline) {
    (
        Spline::new(
            s.to_vec(),
            p.iter().map(|p| p.x).collect(),
            [End::Slope(1.0), End::Straight],
        ),
        Spline::new(
            s.to_vec(),
            p.iter().map(|p| p.y).collect(),
            [End::Slope(0.0), End::Straight],
        ),
    )
}
/// even spacing
pub fn redistribute(chain: &Chain, spacing: f64) -> Chain {
    let s = chain.arc_lengths();
    let (r, z) = splines(&s, chain.points());
    let total = s[s.len() - 1];
    let n = (total / spacing).ceil() as usize;
    Chain::new(
        (0..=n)
            .map(|k| {
                let s = total * k as f64 / n as f64;
                DVec2::new(r.value(s).min(1.0), z.value(s))
            })
            .collect(),
    )
}
/// one euler step; returns chain and swept mean-length before correction
pub fn euler<T: Real>(
    chain: &Chain,
    velocity: &Velocity<T>,
    dt: f64,
    dl: f64,
    h: f64,
    near: [f64; 2],
) -> (Chain, f64) {
    let n = normals(chain);
    let before = chain.mean_length();
    let chain = &filter(chain, 0.3);
    let mut pts: Vec<DVec2> = chain
        .points()
        .iter()
        .zip(&n)
        .map(|(p, n)| *p + dt * velocity.at(*p).dot(*n) * *n)
        .collect();
    pts[0].x = 0.0;
    let laid = chain.contact();
    let free: Vec<DVec2> = pts
        .iter()
        .take_while(|p| 1.0 - p.x > near[0] * h)
        .copied()
        .collect();
    let window: Vec<DVec2> = free
        .iter()
        .filter(|p| 1.0 - p.x < near[1] * h)
        .copied()
        .collect();
    let window = if window.len() < 4 {
        free[free.len().saturating_sub(4)..].to_vec()
    } else {
        window
    };
    let fit = Rolling::fit(&window, laid);
    let close = |free: &[DVec2], fit: &Rolling| {
        let mut all = free.to_vec();
        let y0 = 1.0 - all[all.len() - 1].x;
        for k in 1..=8 {
            let y = y0 * (1.0 - k as f64 / 8.0).powi(2);
            all.push(DVec2::new(1.0 - y, fit.height(1.0 - y)));
        }
        Chain::new(all)
    };
    let moved = close(&free, &fit);
    let swept = moved.mean_length() - before;
    let moved = redistribute(&moved, 0.5 * h);
    // correction
    let lack = before + dl - moved.mean_length();
    // shift z by c (1-r^2): volume 2∫ c(1-r²) r dr = c/2
    let out = Chain::new(
        moved
            .points()
            .iter()
            .map(|p| *p + DVec2::new(0.0, 2.0 * lack * (1.0 - p.x * p.x)))
            .collect(),
    );
    (out, swept)
}

fn filter(chain: &Chain, strength: f64) -> Chain {
    let p = chain.points();
    let n = p.len();
    let at = |k: isize| -> DVec2 {
        if k < 0 {
            let q = p[(-k) as usize];
            DVec2::new(-q.x, q.y)
        } else {
            p[k as usize]
        }
    };
    let out = (0..n)
        .map(|k| {
            if k + 2 >= n {
                return p[k];
            }
            let k = k as isize;
            let d = at(k - 2) - 4.0 * at(k - 1) + 6.0 * at(k) - 4.0 * at(k + 1) + at(k + 2);
            at(k) - strength / 16.0 * d
        })
        .collect();
    Chain::new(out)
}
