//! x ← x + e: the correction found in the cycles' precision is added to the state in the outer one.

/// Adds a correction to a state; both of the same length.
pub fn add(state: &mut [f64], correction: &[f32]) {
    for (x, &e) in state.iter_mut().zip(correction) {
        *x += f64::from(e);
    }
}
