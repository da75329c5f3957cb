//! Faster fixed points.

use nalgebra::{DMatrix, DVector};

/// Earlier iterates that are mixed.
const DEPTH: usize = 5;

/// Anderson's mixing: the next iterate is where the last few would have had the smallest change, had it been linear in them.
#[derive(Debug)]
pub struct Mixing {
    depth: usize,
    /// Iterates and what the map makes of them, the latest last.
    past: Vec<(DVector<f64>, DVector<f64>)>,
}

impl Default for Mixing {
    fn default() -> Self {
        Mixing::of_depth(DEPTH)
    }
}

impl Mixing {
    /// With so many earlier iterates at the most.
    pub fn of_depth(depth: usize) -> Self {
        Mixing {
            depth,
            past: Vec::new(),
        }
    }

    /// The next iterate, after `at`, which the map takes to `mapped`.
    pub fn next(&mut self, at: Vec<f64>, mapped: Vec<f64>) -> Vec<f64> {
        if self.past.len() > self.depth {
            self.past.remove(0);
        }
        self.past
            .push((DVector::from_vec(at), DVector::from_vec(mapped)));
        let change = |k: usize| &self.past[k].1 - &self.past[k].0;
        let last = self.past.len() - 1;
        let mut next = self.past[last].1.clone();
        if last == 0 {
            return next.as_slice().to_vec();
        }
        let latest = change(last);
        let differences: Vec<DVector<f64>> = (0..last).map(|k| &latest - change(k)).collect();
        let gram = DMatrix::from_fn(last, last, |a, b| differences[a].dot(&differences[b]));
        let right = DVector::from_fn(last, |a, _| differences[a].dot(&latest));
        // Iterates that hardly differ carry no information; the singular values leave them out.
        let svd = gram.svd(true, true);
        let smallest = 1e-12 * svd.singular_values.max();
        if let Ok(shares) = svd.solve(&right, smallest) {
            for (k, share) in shares.iter().enumerate() {
                next += (&self.past[k].1 - &self.past[last].1) * *share;
            }
        }
        next.as_slice().to_vec()
    }
}
