//! The free surface at the wire's tip.

mod capillary;
mod chain;
mod clip;
mod contact;
mod curve;
mod deposit;
mod motion;
mod stream;
mod surface;

pub use capillary::{Capillarity, load as capillary_load};
pub use chain::Chain;
pub use clip::filling;
pub use contact::friction as contact_friction;
pub use curve::{Closing, Curve, MODES, Modes};
pub use deposit::Deposit;
pub(crate) use deposit::tridiagonal;
pub use motion::{Corrected, Motion, Rates, Response, paraboloid};
pub use stream::Stream;

/// A front that stays a plane without shear stress and moves with the mean speed.
///
/// A verification model: a real front bulges, which shortens the entrance resistance, so that a flat one is 7–8 %
/// slower at L = 3–4 R.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlatFront {
    /// Distance from the mold face, in pore radii.
    pub length: f64,
}

impl FlatFront {
    /// Speed of the front in units of pR/η for a volume rate per radian (in units of pR³/η) arriving at it: bulk and
    /// layer together fill the cross-section πR².
    pub fn speed(total_flow_per_radian: f64) -> f64 {
        2.0 * total_flow_per_radian
    }
}
