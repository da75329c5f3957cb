//! Euclidean norm of a vector; on a device it also decides whether a case goes on.

use crate::kernels::Real;

/// √Σv², accumulated in doubles.
pub fn euclidean<T: Real>(vector: &[T]) -> f64 {
    vector.iter().map(|v| v.f64() * v.f64()).sum::<f64>().sqrt()
}
