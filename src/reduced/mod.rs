//! The reduced model: a flat front in a liquid of uniform viscosity, its entrance resistance read off a table that the
//! full solver made.
//!
//! With a flat front and a uniform viscosity the flow depends on L/R, Λ = ηM/R³ and the mold alone:
//!
//! > dL/dt = (p/η) / (L/(1/8 + 2Λ) + C(L, Λ; R_c)), lengths in R,
//!
//! the conductances of bulk and layer in a long pore, and an entrance resistance C that the full solver tabulates once
//! (`nanomold table`). At constant Λ the time to a length follows in closed form, so a run takes microseconds.
//!
//! What it does not compute: fields, composition, crystallinity, curved fronts, slip.

mod cubic;
mod entrance;
mod molding;
mod run;
mod spline;
mod table;
mod tabulate;

pub use entrance::{Entrance, MoldError, Pore};
pub use molding::{Growth, Molding, length};
pub use run::{CaseError, ReducedRun};
pub use table::{Header, Probe, Table, TableError};
pub use tabulate::{DEPTH, Nodes, long_pore, mesh, solve, tabulate};
