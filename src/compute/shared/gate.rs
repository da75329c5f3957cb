//! Lets runs onto a device, a generation at a time.
//!
//! Runs that begin together climb the grids together, and fill the batches; a run that begins while the others are under way climbs
//! alone. So a place that becomes free stays free until most of a generation has ended.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The next generation begins when all but this share of the places are free.
const STRAGGLERS: usize = 4;

/// Time between two looks whether to stop.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Lets runs onto a device.
#[derive(Debug)]
pub(super) struct Gate {
    places: Mutex<Places>,
    changed: Condvar,
}

#[derive(Debug)]
struct Places {
    /// How many runs may be under way.
    room: usize,
    taken: usize,
    /// A generation is being let in.
    open: bool,
    /// Whether free places are kept until the next generation.
    generations: bool,
}

impl Gate {
    /// A gate to `room` places.
    pub fn new(room: usize) -> Self {
        Gate {
            places: Mutex::new(Places {
                room,
                taken: 0,
                open: true,
                generations: true,
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place; false if there will be none, or `stopped`.
    pub fn enter(&self, stopped: impl Fn() -> bool) -> bool {
        let mut places = self.lock();
        loop {
            if stopped() || places.room == 0 {
                return false;
            }
            if places.taken < places.room && (places.open || !places.generations) {
                places.taken += 1;
                places.open = places.taken < places.room;
                return true;
            }
            places = self
                .changed
                .wait_timeout(places, LOOK_EVERY)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Gives a place back.
    pub fn leave(&self) {
        let mut places = self.lock();
        places.taken -= 1;
        if places.taken <= places.room / STRAGGLERS {
            places.open = true;
            self.changed.notify_all();
        }
    }

    /// From now on there are so many places, each free as soon as it is left; with none nobody enters any more.
    pub fn change(&self, room: usize) {
        let mut places = self.lock();
        places.room = room;
        places.generations = false;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_places_wait_for_the_next_generation() {
        let gate = Gate::new(8);
        let now = |gate: &Gate| {
            // Nobody waits here: who cannot enter at once is told to stop.
            let asked = std::cell::Cell::new(0);
            gate.enter(|| asked.replace(asked.get() + 1) > 0)
        };
        for _ in 0..8 {
            assert!(now(&gate));
        }
        assert!(!now(&gate), "there are eight places");
        for _ in 0..5 {
            gate.leave();
            assert!(!now(&gate), "more than a quarter is still under way");
        }
        gate.leave();
        for _ in 0..6 {
            assert!(now(&gate), "the next generation");
        }
        assert!(!now(&gate));
        // Without generations a free place is free at once.
        gate.change(8);
        gate.leave();
        assert!(now(&gate));
        gate.change(0);
        gate.leave();
        assert!(!now(&gate), "a closed gate");
    }
}
