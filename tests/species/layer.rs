//! The interface layer by itself: rung 15 of the verification ladder, bounds.

use crate::common::{assert_converges, converges, random};
use nanomold::kernels::species::layer::{Line, Passed, Work, step};

/// A layer of unit length between a mouth at the fractions `feed` and a tip, in `cells` cells after one that keeps
/// the feedstock; Q and the exchange given, steady after one long step.
struct Layer {
    mobility: Vec<f64>,
    feed: Vec<f64>,
    cells: usize,
    /// Volume flux at s.
    flux: fn(f64) -> f64,
    /// Fractions in the bulk at s.
    bulk: fn(f64, usize) -> f64,
}

impl Layer {
    /// Fractions at the cells' centres and at the tip.
    fn steady(&self, spoil: f64) -> (Vec<Vec<f64>>, Vec<f64>) {
        let (n, m) = (self.mobility.len(), self.cells + 1);
        let h = 1.0 / self.cells as f64;
        // Long against the time in which anything moves through the layer.
        let time = 1e9;
        let scaled: Vec<f64> = self.mobility.iter().map(|d| d * time).collect();
        let mut nearness = vec![1.0 / h; m + 1];
        (nearness[1], nearness[m]) = (2.0 / h, 2.0 / h);
        let mut flux = vec![0.0];
        flux.extend((0..m).map(|k| spoil * time * (self.flux)(k as f64 * h)));
        let volume = vec![h; m];
        let exchange: Vec<f64> = flux.windows(2).map(|q| q[1] - q[0]).collect();
        let mut bulk = self.feed.clone();
        for k in 0..self.cells {
            let s = (k as f64 + 0.5) * h;
            bulk.extend((0..n).map(|i| (self.bulk)(s, i)));
        }
        let line = Line {
            mobility: &scaled,
            nearness: &nearness,
            flux: &flux,
            swept: &vec![0.0; m + 1],
            volume: [&volume, &volume],
            exchange: &exchange,
            bulk: &bulk,
            front: &self.feed,
            held: 1,
        };
        let mut x = self.feed.repeat(m);
        // The first steps are shorter, for Newton's iteration.
        for part in [1e-12, 1e-10, 1e-9, 1e-8, 1e-6, 1e-3] {
            let scale = |v: &[f64]| v.iter().map(|x| part * x).collect::<Vec<f64>>();
            let (mobility, flux, exchange) = (scale(&scaled), scale(&flux), scale(&exchange));
            let short = Line {
                mobility: &mobility,
                flux: &flux,
                exchange: &exchange,
                ..line.clone()
            };
            step(&short, &mut x, &mut Work::default()).expect("a short step is solved");
        }
        let Passed { tip, .. } =
            step(&line, &mut x, &mut Work::default()).expect("the layer is solved");
        (
            x.chunks(n).skip(1).map(<[f64]>::to_vec).collect(),
            tip[..n].to_vec(),
        )
    }
}

/// Composition of the tip and Q L/(δ Pe) of a layer without exchange: yᵢ = cᵢ e^Pe/(1 + (q/Dᵢ)(e^Pe − 1)), Σ yᵢ = 1.
fn exact_tip(c: &[f64], d: &[f64], peclet: f64) -> (Vec<f64>, f64) {
    let y = |q: f64| -> Vec<f64> {
        c.iter()
            .zip(d)
            .map(|(c, d)| c * peclet.exp() / (1.0 + q / d * peclet.exp_m1()))
            .collect()
    };
    let (mut low, mut high) = (0.0, 1e3);
    for _ in 0..200 {
        let q = 0.5 * (low + high);
        if y(q).iter().sum::<f64>() > 1.0 {
            low = q;
        } else {
            high = q;
        }
    }
    (y(low), low)
}

/// Rung 15: without exchange the profile is x* + (c₀ − x*) e^{Pe s/L}, and exponential fitting is exact in it.
#[test]
fn a_layer_without_exchange_has_the_exponential_profile() {
    for (c, d, peclet) in [
        (vec![0.5625, 0.4375], vec![2.0, 1.0], 2.0),
        (vec![0.3, 0.7], vec![10.0, 1.0], 3.3),
        (vec![0.45, 0.35, 0.16, 0.04], vec![2.0, 1.0, 1.56, 0.2], 1.5),
    ] {
        let (y, q) = exact_tip(&c, &d, peclet);
        // The flux is a function pointer's: one of the three cases by its Péclet number.
        let layer = |cells| Layer {
            mobility: d.iter().map(|d| d / (q * peclet)).collect(),
            feed: c.clone(),
            cells,
            flux: |_| 1.0,
            bulk: |_, _| 0.0,
        };
        let error = |cells: usize, spoil: f64| {
            let (x, tip) = layer(cells).steady(spoil);
            let mut worst: f64 = 0.0;
            for (k, x) in x.iter().enumerate() {
                let s = (k as f64 + 0.5) / cells as f64;
                for i in 0..c.len() {
                    let star = y[i] * q / d[i];
                    let exact = star + (c[i] - star) * (peclet * s).exp();
                    worst = worst.max((x[i] - exact).abs());
                }
            }
            tip.iter()
                .zip(&y)
                .fold(worst, |w, (a, b)| w.max((a - b).abs()))
        };
        for cells in [8, 64] {
            let found = error(cells, 1.0);
            // Newton's tolerance squared; what is left is round-off through 64 cells.
            assert!(found < 1e-11, "{cells} cells at Pe {peclet}: {found:.1e}");
        }
        // Negative control: one per cent more flux is another profile.
        assert!(error(64, 1.01) > 1e-4);
    }
}

/// Rung 15: with exchange, a flux that varies and a bulk of another composition the scheme is of second order.
#[test]
fn the_layer_is_of_second_order() {
    let layer = |cells| Layer {
        mobility: vec![0.9, 0.25, 0.5],
        feed: vec![0.45, 0.35, 0.2],
        cells,
        flux: |s| 1.0 + 0.5 * (3.0 * s).sin(),
        bulk: |s, i| {
            [
                0.3 + 0.2 * s,
                0.5 - 0.3 * s * s,
                0.2 - 0.2 * s + 0.3 * s * s,
            ][i]
        },
    };
    let (reference, tip) = layer(2048).steady(1.0);
    let error = |cells: usize, spoil: f64| {
        let (x, end) = layer(cells).steady(spoil);
        let per = 2048 / cells;
        let mut worst: f64 = 0.0;
        for (k, x) in x.iter().enumerate() {
            // The middle of a coarse cell is a face of the fine ones.
            let (a, b) = (
                &reference[k * per + per / 2 - 1],
                &reference[k * per + per / 2],
            );
            for i in 0..3 {
                worst = worst.max((x[i] - 0.5 * (a[i] + b[i])).abs());
            }
        }
        (0..3).fold(worst, |w, i| w.max((end[i] - tip[i]).abs()))
    };
    let errors: Vec<f64> = [16, 32, 64, 128].map(|m| error(m, 1.0)).to_vec();
    assert_converges("layer with exchange", &errors, 1e-4, 1.9);
    let spoiled: Vec<f64> = [16, 32, 64, 128].map(|m| error(m, 1.01)).to_vec();
    assert!(!converges(&spoiled, 1e-4, 1.9));
}

/// Fractions stay between 0 and 1 and add up to 1 whatever the rates: ratios of D up to 1e4, cell Péclet numbers up to 50,
/// exchange and moving faces of any size.
#[test]
fn fractions_stay_fractions() {
    let mut solved = 0;
    for seed in 1..400u64 {
        let r = random(400, seed);
        let mut at = r.iter().map(|v| 0.5 * (v + 1.0));
        let mut next = || at.next().expect("enough numbers");
        let (n, m) = (2 + (next() * 4.0) as usize, 3 + (next() * 12.0) as usize);
        let mobility: Vec<f64> = (0..n).map(|_| 10f64.powf(4.0 * next() - 4.0)).collect();
        let scale = 10f64.powf(4.0 * next() - 2.0);
        let mobility: Vec<f64> = mobility.iter().map(|d| d * scale).collect();
        let strength = 50.0 * next() * scale;
        let fractions = |next: &mut dyn FnMut() -> f64| -> Vec<f64> {
            // Some elements are absent here and there.
            let v: Vec<f64> = (0..n).map(|_| (next() - 0.3).max(0.0)).collect();
            let sum: f64 = v.iter().sum();
            if sum > 0.0 {
                v.iter().map(|v| v / sum).collect()
            } else {
                vec![1.0 / n as f64; n]
            }
        };
        let mut x: Vec<f64> = (0..m).flat_map(|_| fractions(&mut next)).collect();
        let bulk: Vec<f64> = (0..m).flat_map(|_| fractions(&mut next)).collect();
        let front = fractions(&mut next);
        let mut flux = vec![0.0];
        flux.extend((0..m).map(|_| strength * (next() - 0.3)));
        let before: Vec<f64> = (0..m).map(|_| 0.5 + next()).collect();
        let exchange: Vec<f64> = flux.windows(2).map(|q| q[1] - q[0]).collect();
        let mut swept = vec![0.0];
        let mut after = before.clone();
        for k in 0..m {
            swept.push(0.2 * next());
            after[k] += swept[k + 1] - swept[k];
        }
        let line = Line {
            mobility: &mobility,
            nearness: &vec![1.0; m + 1],
            flux: &flux,
            swept: &swept,
            volume: [&before, &after],
            exchange: &exchange,
            bulk: &bulk,
            front: &front,
            held: 0,
        };
        let old = x.clone();
        let Ok(Passed {
            deposit: amounts,
            tip,
            ..
        }) = step(&line, &mut x, &mut Work::default())
        else {
            // A caller takes shorter steps then; nothing has changed.
            assert_eq!(x, old);
            continue;
        };
        solved += 1;
        for x in x.chunks(n).chain([&tip[..n]]) {
            let sum: f64 = x.iter().sum();
            assert!(
                x.iter().all(|x| (0.0..=1.0 + 1e-12).contains(x)),
                "{seed}: {x:?}"
            );
            assert!((sum - 1.0).abs() < 1e-9, "seed {seed}: sum {sum}");
        }
        // Every element is conserved: relative to what moves.
        for i in 0..n {
            let amount = |x: &[f64], v: &[f64]| -> f64 {
                v.iter().enumerate().map(|(k, v)| v * x[k * n + i]).sum()
            };
            let mut expected = amount(&old, &before) - amounts[i];
            let mut size = expected.abs();
            for k in 0..m {
                let w = exchange[k];
                let c = if w > 0.0 {
                    bulk[k * n + i]
                } else {
                    x[k * n + i]
                };
                expected += w * c;
                size += (w * c).abs();
            }
            let found = amount(&x, &after);
            assert!(
                (found - expected).abs() < 1e-12 * (size + 1.0),
                "seed {seed}"
            );
        }
    }
    println!("{solved} of 399 solved in one step");
    // Not to be passed by refusing everything.
    assert!(solved > 300);
}
