//! A plan is data: it can be printed, counted and handed to any backend.

use std::fmt;

/// What one dispatch computes. Every kernel has a module of the same name under `kernels::flow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// One colour (0…3) of the coupled smoother; reads state `from`, writes the other one.
    Smooth {
        /// Parity of the column plus twice the parity of the row.
        colour: u8,
        /// Which of the level's two state vectors holds the current state.
        from: u8,
    },
    /// Residual of state 0.
    Residual,
    /// Restricts this level's residual to the next coarser level's right-hand side and zeroes its state.
    Restrict,
    /// Adds the next coarser level's state, interpolated, to this level's.
    Prolong,
    /// Exact solve (coarsest level).
    Coarse,
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kernel::Smooth { colour, .. } => write!(f, "flow/smooth colour {colour}"),
            Kernel::Residual => f.write_str("flow/residual"),
            Kernel::Restrict => f.write_str("flow/restrict"),
            Kernel::Prolong => f.write_str("flow/prolong"),
            Kernel::Coarse => f.write_str("flow/coarse"),
        }
    }
}

/// One kernel on one multigrid level (0 is the finest).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// The kernel.
    pub kernel: Kernel,
    /// The level.
    pub level: usize,
}

/// A list of dispatches, executed in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The dispatches.
    pub dispatches: Vec<Dispatch>,
}

impl Plan {
    /// Appends one dispatch.
    pub fn push(&mut self, kernel: Kernel, level: usize) {
        self.dispatches.push(Dispatch { kernel, level });
    }

    /// Appends `sweeps` sweeps of all four colours.
    pub fn smooth(&mut self, level: usize, sweeps: usize) {
        for _ in 0..sweeps {
            for colour in 0..4 {
                self.push(
                    Kernel::Smooth {
                        colour,
                        from: colour % 2,
                    },
                    level,
                );
            }
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.dispatches
            .iter()
            .try_for_each(|d| writeln!(f, "level {}  {}", d.level, d.kernel))
    }
}
