//! A free front that nothing drives settles to a cap, and then stands still.

use crate::front::{Closing, Curve, MODES, Modes};
use crate::saved::{Saved, SavedError};
use std::sync::Arc;

/// Change of the height (in R) that does not count as a change of a front that settles: as its line passes the rows of the grid, a
/// front in equilibrium goes to and fro by this much (2e-3 at most at N = 8), for ever and in as short steps as its tension acts.
const SMALL: f64 = 3e-3;

/// Time in units of ηR/(γ(1 + 16Λ)), in which bulk and layer carry a radius' worth under a curvature of 1/R, within which a front that settles
/// has to stay within [`SMALL`] to stand still. Shapes die away in some one to two of them (d = 60 nm, slip of 1 nm); where the layer
/// carries most and the line rolls in some 70 (d = 6 nm, Λ = 40), and up to 0.01 R may be left to come.
const LONG: f64 = 20.0;

/// Name under which it is saved.
const NAME: &str = "front/settling";

/// How far a front has settled that is held at its volume.
#[derive(Clone, Debug)]
pub(super) struct Settling {
    /// Its shape when it last changed.
    shape: Curve,
    /// For how long it has not, in units of ηR/(γ(1 + 16Λ)).
    time: f64,
    /// Driving pressure in Pa that holds it.
    pressure: f64,
}

impl Settling {
    /// What becomes of `before` when the front has the shape `curve` after another `time` (in ηR/(γ(1 + 16Λ))) and `pressure` (Pa) holds it.
    pub fn next(before: Option<Self>, curve: &Curve, time: f64, pressure: f64) -> Self {
        match before {
            Some(before) if before.shape.distance(curve) < SMALL => Settling {
                time: before.time + time,
                pressure,
                ..before
            },
            _ => Settling {
                shape: curve.clone(),
                time: 0.0,
                pressure,
            },
        }
    }

    /// True if the front stands still under a driving pressure (Pa): that which holds it or less.
    pub fn stands(&self, pressure: f64) -> bool {
        self.time > LONG && pressure <= self.pressure
    }

    /// The driving pressure in Pa that holds it.
    pub fn pressure(&self) -> f64 {
        self.pressure
    }

    /// Keeps it.
    pub fn save(&self, to: &mut Saved) {
        let numbers = [self.time, self.pressure, self.shape.length];
        to.put(NAME, [&numbers[..], &self.shape.coefficients].concat());
    }

    /// What [`Settling::save`] kept, if anything.
    ///
    /// # Errors
    /// [`SavedError`].
    pub fn restore(
        from: &Saved,
        modes: &Arc<Modes>,
        closing: Closing,
    ) -> Result<Option<Self>, SavedError> {
        if !from.has(NAME) {
            return Ok(None);
        }
        let numbers = from.array_of(NAME, 3 + MODES)?;
        let coefficients = std::array::from_fn(|k| numbers[3 + k]);
        let shape = Curve::new(modes, coefficients, numbers[2], closing)
            .ok_or_else(|| SavedError::new(NAME, "describes no front"))?;
        Ok(Some(Settling {
            shape,
            time: numbers[0],
            pressure: numbers[1],
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::paraboloid;

    /// It stands after the time that it takes, under no more than what holds it, and a larger change starts the time anew.
    #[test]
    fn a_front_stands_when_it_has_not_changed_for_long() {
        let modes = Modes::new(8);
        let bulging = |bulge: f64| paraboloid(&modes, 2.0, bulge, Closing::Slides);
        let mut settling = Settling::next(None, &bulging(0.5), 100.0, 5e7);
        // What came before says nothing.
        assert!(!settling.stands(4e7));
        for k in 0..50 {
            let wanders = bulging(0.5 + 1e-3 * f64::from(k % 2));
            settling = Settling::next(Some(settling), &wanders, 1.0, 6e7);
            assert_eq!(settling.stands(5.5e7), k >= 20, "{k}");
            assert!(!settling.stands(6.1e7));
        }
        let moved = Settling::next(Some(settling), &bulging(0.51), 1.0, 6e7);
        assert!(!moved.stands(5e7));
    }

    #[test]
    fn it_is_kept_whole() {
        let modes = Modes::new(8);
        let curve = paraboloid(&modes, 2.0, 0.3, Closing::Rolls);
        let settling = Settling::next(None, &curve, 0.0, 5e7);
        let settling = Settling::next(Some(settling), &curve, 31.0, 6e7);
        let mut saved = Saved::default();
        settling.save(&mut saved);
        let back = Settling::restore(&saved, &modes, Closing::Rolls)
            .unwrap()
            .unwrap();
        assert_eq!(back.shape, settling.shape);
        assert_eq!((back.time, back.pressure), (31.0, 6e7));
        assert!(
            Settling::restore(&Saved::default(), &modes, Closing::Rolls)
                .unwrap()
                .is_none()
        );
    }
}
