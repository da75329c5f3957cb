//! The number a kernel computes with.

use std::fmt::{Debug, Display};

/// `f64` (reference) or `f32` (what a GPU computes with); every kernel is written once for both.
pub trait Real:
    num_traits::Float + bytemuck::Pod + Default + Debug + Display + Send + Sync + 'static
{
    /// Name used in reports: `"f64"` or `"f32"`.
    const NAME: &'static str;

    /// Rounds a double to this type.
    fn of(value: f64) -> Self;

    /// The value as a double.
    fn f64(self) -> f64;
}

impl Real for f64 {
    const NAME: &'static str = "f64";
    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn f64(self) -> f64 {
        self
    }
}

impl Real for f32 {
    const NAME: &'static str = "f32";
    #[inline(always)]
    fn of(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn f64(self) -> f64 {
        self as f64
    }
}
