//! Measured lengths of nanowires: one row per experiment, from a CSV file with the unit in each column's name.
//!
//! | column | what | |
//! | --- | --- | --- |
//! | `d_nm` | pore diameter | required |
//! | `T_C` | temperature | required |
//! | `p_GPa` | applied pressure | required |
//! | `t_s` | molding time | required |
//! | `L_nm` | measured length | required |
//! | `sigma_nm` | standard deviation of `L_nm` | optional; a cell may be empty |
//! | `L0_nm` | length at the start (the print of the prepress) | optional; a cell may be empty: the wire began at the mold face |
//! | `length` | which length: `tip`, `contact` or `mean` | optional; `tip` |
//! | `note` | anything | optional |
//!
//! Lines that start with `#` and empty lines are passed over. Everything else that is not understood is refused with its
//! line and cell ([`read`]).

mod line;
mod read;
mod record;
mod rules;
mod write;

pub use read::{Experiments, parse, read};
pub use record::{Column, Experiment, Measured};
pub use write::to_csv;
