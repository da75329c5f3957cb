//! The kernels of the device, one row each: what a kernel is called, where its text is, how it is entered and how many invocations
//! it takes. Lists of entry points, the shaders' prelude, printed plans and the names in measurements all follow from the rows.

use super::source::{FUSED_WORKGROUP, NORM_TERMS, WORKGROUP};
use super::structs::{LevelInfo, SpeciesInfo};
use std::fmt;

/// Which module a kernel of the flow is compiled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// In the precision of the cycles.
    Cycles,
    /// In that of the outer problem.
    Outer,
    /// With the cycles, but only as a part of `flow/cycle`.
    Fused,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it is called; with `.wgsl`, its file in `shaders/`.
    pub name: &'static str,
    /// What is in that file, and in those that belong to it.
    pub text: &'static [&'static str],
    /// Its entry point in WGSL.
    pub function: &'static str,
}

/// The text of a shader.
macro_rules! shader {
    ($name:literal) => {
        include_str!(concat!("../../../shaders/", $name, ".wgsl"))
    };
}
pub(super) use shader;

/// Declares kernels: name of the file, files that belong to it, entry point, and what else there is to say of all kernels of a kind.
macro_rules! kernels {
    (
        $(#[$doc:meta])*
        $kernel:ident ($key:ident: $kind:ty) {
            $($(#[$row_doc:meta])* $row:ident: $name:literal $(with $part:literal)*, $function:literal, $value:expr;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $kernel {
            $($(#[$row_doc])* $row,)*
        }

        impl $kernel {
            /// All of them, in the order of the table.
            pub const ALL: &[$kernel] = &[$($kernel::$row,)*];

            /// Its row of the table.
            pub fn row(self) -> Row {
                match self {
                    $($kernel::$row => Row {
                        name: $name,
                        text: &[shader!($name), $(shader!($part),)*],
                        function: $function,
                    },)*
                }
            }

            fn $key(self) -> $kind {
                match self {
                    $($kernel::$row => $value,)*
                }
            }
        }

        impl fmt::Display for $kernel {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.row().name)
            }
        }
    };
}

/// Which module, and how many workgroups on a level (per case).
type OnLevel = (Set, fn(&LevelInfo, u32) -> u32);

kernels! {
    /// The kernels of the flow.
    Entry (on_level: OnLevel) {
        /// Inverts the smoother's boxes.
        Boxes: "flow/boxes", "build_boxes", (Set::Cycles, cells);
        /// Right-hand side of the correction.
        Defect: "flow/defect" with "flow/residual", "defect", (Set::Outer, cells);
        /// One colour of the smoother.
        Smooth: "flow/smooth", "smooth_colour", (Set::Cycles, colour);
        /// Residual of a level.
        Residual: "flow/residual" with "flow/residual_inner", "residual", (Set::Cycles, cells);
        /// Partial sums of a norm.
        NormParts: "flow/norm", "norm_parts", (Set::Cycles, sums);
        /// The norm and what follows from it.
        NormWhole: "flow/norm", "norm_whole", (Set::Cycles, one);
        /// Right-hand side of the coarser level; counted on that level.
        Restrict: "flow/restrict", "restrict_residual", (Set::Cycles, cells);
        /// The fused levels.
        Cycle: "flow/cycle", "cycle", (Set::Cycles, one);
        /// Correction by the coarser level.
        Prolong: "flow/prolong", "prolong_state", (Set::Cycles, cells);
        /// Adds the correction to the state.
        Correct: "flow/correct", "correct", (Set::Outer, unknowns);
        /// Coarsest level, elimination.
        CoarseForward: "flow/coarse", "coarse_forward", (Set::Fused, one);
        /// Coarsest level, substitution.
        CoarseBackward: "flow/coarse", "coarse_backward", (Set::Fused, one);
    }
}

impl Entry {
    /// Which module it is compiled in.
    pub fn set(self) -> Set {
        self.on_level().0
    }

    /// Number in fused programs.
    pub fn code(self) -> u32 {
        self as u32
    }

    /// Constant of WGSL that holds [`Entry::code`]: `KERNEL_COARSE_FORWARD`.
    pub fn constant(self) -> String {
        let mut name = "KERNEL".to_string();
        for letter in format!("{self:?}").chars() {
            if letter.is_uppercase() {
                name.push('_');
            }
            name.push(letter.to_ascii_uppercase());
        }
        name
    }

    /// Workgroups of a dispatch on this level, per case. `argument` is that of the order.
    pub fn workgroups(self, level: &LevelInfo, argument: u32) -> u32 {
        (self.on_level().1)(level, argument)
    }

    /// Rounds that the workgroup of a fused program makes on this level.
    pub fn rounds(self, level: &LevelInfo, argument: u32) -> u32 {
        let count = match self {
            Entry::Smooth => places(level, argument),
            _ => units(level),
        };
        count.div_ceil(FUSED_WORKGROUP)
    }
}

/// One invocation per cell and its margins.
fn cells(level: &LevelInfo, _: u32) -> u32 {
    units(level).div_ceil(WORKGROUP)
}

/// One invocation per cell of a colour.
fn colour(level: &LevelInfo, colour: u32) -> u32 {
    places(level, colour).div_ceil(WORKGROUP)
}

/// One invocation per unknown.
fn unknowns(level: &LevelInfo, _: u32) -> u32 {
    level.length.div_ceil(WORKGROUP)
}

/// One workgroup per partial sum.
fn sums(level: &LevelInfo, _: u32) -> u32 {
    level.length.div_ceil(NORM_TERMS * WORKGROUP)
}

/// One workgroup per case.
fn one(_: &LevelInfo, _: u32) -> u32 {
    1
}

/// Invocations of a kernel with one per cell; `units` in `shaders/layout.wgsl`.
fn units(level: &LevelInfo) -> u32 {
    let reservoir = (level.mouth_row + 1) * (level.across + 1);
    reservoir + (level.rows - level.mouth_row) * (level.pore_across + 1)
}

/// Cells of one colour; `smooth_places` in `shaders/flow/smooth.wgsl`.
fn places(level: &LevelInfo, colour: u32) -> u32 {
    let (right, top) = (colour % 2, colour / 2);
    let wide = (level.across + right) / 2 + 1;
    let narrow = (level.pore_across + right) / 2 + 1;
    let reservoir = (level.mouth_row + top) / 2 + 1;
    let all = (level.rows + top) / 2 + 1;
    reservoir * wide + (all - reservoir) * narrow
}

kernels! {
    /// The kernels of the species, in the order of one part of a step.
    SpeciesKernel (groups: fn(&SpeciesInfo) -> u32) {
        /// The layer, implicitly.
        Layer: "species/layer", "layer", |_| 1;
        /// Limited changes over half a cell.
        Changes: "species/advect", "changes", |info| info.cells.div_ceil(WORKGROUP);
        /// Advection of fractions and ages.
        Advect: "species/advect", "advect", |info| info.cells.div_ceil(WORKGROUP);
        /// Diffusion along rows, with the exchange at the pore wall.
        Rows: "species/diffuse", "diffuse_rows", |info| info.rows.div_ceil(WORKGROUP);
        /// Diffusion along columns, with that at the mold face.
        Columns: "species/diffuse", "diffuse_columns", |info| info.across.div_ceil(WORKGROUP);
        /// Crystallisation.
        Ripen: "species/age", "ripen", |info| info.cells.div_ceil(WORKGROUP);
        /// What a held feedstock gave.
        Tally: "species/tally", "tally", |_| 1;
    }
}

impl SpeciesKernel {
    /// Workgroups of a dispatch, per case.
    pub fn workgroups(self, info: &SpeciesInfo) -> u32 {
        (self.groups())(info)
    }
}

/// Texts of the kernels' files, each once, in the order of the table.
pub fn texts(rows: impl Iterator<Item = Row>) -> Vec<&'static str> {
    let mut texts: Vec<&str> = Vec::new();
    for text in rows.flat_map(|row| row.text) {
        if !texts.iter().any(|there| std::ptr::eq(*there, *text)) {
            texts.push(text);
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_named_after_kernels() {
        assert_eq!(Entry::CoarseForward.constant(), "KERNEL_COARSE_FORWARD");
        assert_eq!(Entry::Smooth.constant(), "KERNEL_SMOOTH");
    }

    /// The fused kernels have no entry point of their own, the others have one in their file.
    #[test]
    fn entry_points_stand_in_their_files() {
        let species = SpeciesKernel::ALL.iter().map(|kernel| (kernel.row(), true));
        let flow = Entry::ALL
            .iter()
            .map(|entry| (entry.row(), entry.set() != Set::Fused));
        for (row, dispatched) in flow.chain(species) {
            let text = row.text.concat();
            let (before, _) = text
                .split_once(&format!("fn {}(", row.function))
                .unwrap_or_else(|| panic!("{} has no {}", row.name, row.function));
            let line = before.trim_end().lines().next_back().unwrap_or("");
            assert_eq!(line.starts_with("@compute"), dispatched, "{}", row.function);
        }
    }
}
