//! The structures that host and shaders share, declared once: the Rust type and its WGSL text come from one list.

/// Cycles that a case can go through before the host has to look.
pub const CHECKS: usize = 8;

/// The WGSL name of a Rust field type: `[f32; 8]` is `array<f32, 8>`, scalars have the same name.
fn wgsl_type(rust: &str) -> String {
    match rust.trim_matches(['[', ']']).split_once(';') {
        Some((element, count)) => {
            let count = if count.trim() == "CHECKS" {
                CHECKS.to_string()
            } else {
                count.trim().to_string()
            };
            format!("array<{element}, {count}>")
        }
        None => rust.to_string(),
    }
}

/// Declares a struct of `u32` and `f32` fields for both sides.
///
/// Scalars of four bytes have the same layout in `repr(C)` and in WGSL's storage and uniform address spaces; a length that
/// is a multiple of 16 bytes makes the same true of arrays of them in uniforms, and is asserted.
macro_rules! shared_struct {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $kind,)*
        }

        impl $name {
            /// The declaration in WGSL.
            pub fn wgsl() -> String {
                let mut text = format!("struct {} {{\n", stringify!($name));
                $(text += &format!("    {}: {},\n", stringify!($field), wgsl_type(stringify!($kind)));)*
                text + "}\n"
            }
        }

        const _: () = assert!(size_of::<$name>() % 16 == 0, "pad the struct to 16 bytes");
    };
}

shared_struct! {
    /// One multigrid level: its layout and where its data lie in the blocks of a case.
    LevelInfo {
        /// Cells across the reservoir.
        across: u32,
        /// Cells across the pore.
        pore_across: u32,
        /// Row of the mold face.
        mouth_row: u32,
        /// Rows of cells.
        rows: u32,
        /// Start of the axial velocities in a vector.
        axial: u32,
        /// Start of the pressures in a vector.
        pressure: u32,
        /// Start of the layer stresses in a vector.
        layer: u32,
        /// Length of a vector.
        length: u32,
        /// Wall cells.
        wall_cells: u32,
        /// Tables, in the order of `LevelTables`; offsets into the tables of a case.
        face_radius: u32,
        /// r Δr.
        ring_area: u32,
        /// 1/Δr².
        radial_sq: u32,
        /// 1/(2r)².
        hoop_sq: u32,
        /// Δz.
        height: u32,
        /// 1/Δz².
        axial_sq: u32,
        /// Three columns per node row.
        node_dz: u32,
        /// Three kinds per node column.
        node_dr: u32,
        /// Viscosity × volume.
        cell_weight: u32,
        /// Viscosity × dual volume.
        node_weight: u32,
        /// How the mouth corner moves.
        corner_give: u32,
        /// Area of the wall cells.
        wall_area: u32,
        /// Conductances of the layer.
        conductance: u32,
        /// Conductances from the wall cells to a layer without stress.
        leakage: u32,
        /// Class of boxes of every row.
        row_class: u32,
        /// Transfer to the next coarser level, prolongation (base and two weights per entry).
        prolong_radial_across: u32,
        /// Three classes.
        prolong_radial_along: u32,
        /// Three classes.
        prolong_axial_across: u32,
        /// One line.
        prolong_axial_along: u32,
        /// Two classes.
        prolong_pressure_across: u32,
        /// Two classes.
        prolong_pressure_along: u32,
        /// One line.
        prolong_layer: u32,
        /// Restriction to the next coarser level (base and `SPREAD` weights per entry), in the same order.
        restrict_radial_across: u32,
        /// Three classes.
        restrict_radial_along: u32,
        /// Three classes.
        restrict_axial_across: u32,
        /// One line.
        restrict_axial_along: u32,
        /// Two classes.
        restrict_pressure_across: u32,
        /// Two classes.
        restrict_pressure_along: u32,
        /// One line.
        restrict_layer: u32,
        /// Factor on the pressures of the coarser cells before they are interpolated.
        pressure_from: u32,
        /// Factor on the interpolated pressures.
        pressure_to: u32,
        /// Bulk boxes in the boxes of a case: `[class][entry][column]`.
        bulk_boxes: u32,
        /// Classes of rows that there is room for.
        classes: u32,
        /// Wall boxes: `[entry][wall cell]`.
        wall_boxes: u32,
        /// Vectors of a case: the state and its double.
        state: u32,
        /// Second state.
        double: u32,
        /// Right-hand side.
        rhs: u32,
        /// Residual; on the coarsest level the elimination's intermediate vector.
        residual: u32,
        /// Filler.
        filler0: u32,
    }
}

shared_struct! {
    /// Strides from case to case in every buffer, and what is common to all levels.
    BatchInfo {
        /// Of the tables.
        tables: u32,
        /// Of the boxes.
        boxes: u32,
        /// Of the vectors.
        vectors: u32,
        /// Of the coarsest level's factors.
        coarse: u32,
        /// Of the tables in outer precision.
        outer_tables: u32,
        /// Of the vectors in outer precision: state, then right-hand side.
        outer_vectors: u32,
        /// Blocks of the coarsest level.
        coarse_blocks: u32,
        /// Unknowns of the coarsest level in elimination order.
        coarse_unknowns: u32,
        /// Partial sums of a norm in the vectors of a case.
        partials: u32,
        /// Filler.
        filler0: u32,
        /// Filler.
        filler1: u32,
        /// Filler.
        filler2: u32,
    }
}

shared_struct! {
    /// What one dispatch, or one entry of a fused cycle's program, is to do.
    Order {
        /// One of the `KERNEL_…` constants (fused programs only).
        kernel: u32,
        /// Multigrid level.
        level: u32,
        /// Colour of the smoother; for a norm: which quantity; for a fused cycle: first entry of its program.
        argument: u32,
        /// State that the smoother reads (0 or 1); for a fused cycle: entries of its program.
        source: u32,
    }
}

shared_struct! {
    /// How the solve of a case stands. Written by the host before a submission, by `flow/norm` during it.
    CaseStatus {
        /// 1 while cycles are still to be spent on the case.
        running: u32,
        /// 1 while its correction has not been added.
        pending: u32,
        /// Norms taken during cycles, i.e. cycles begun.
        checks: u32,
        /// Relative residual at which the case is done.
        tolerance: f32,
        /// 1 / norm of the right-hand side.
        per_load: f32,
        /// Relative residual of the outer problem, taken when the corrections are added.
        outer: f32,
        /// Filler.
        filler0: u32,
        /// Filler.
        filler1: u32,
        /// Relative residual at every check since the host looked last.
        residuals: [f32; CHECKS],
    }
}

shared_struct! {
    /// Where the data of the species of a case lie: sizes, then places in its tables and vectors.
    SpeciesInfo {
        /// Cells across the reservoir.
        across: u32,
        /// Cells across the pore.
        pore_across: u32,
        /// Row of the mold face.
        mouth_row: u32,
        /// Rows of cells.
        rows: u32,
        /// Cells of the core.
        cells: u32,
        /// Cells of the layer.
        walls: u32,
        /// Stride of the tables from case to case.
        tables: u32,
        /// Stride of the vectors.
        vectors: u32,
        /// Tables: numbers that the kernels name.
        parameters: u32,
        /// δDᵢΔt of every element.
        mobility: u32,
        /// Fractions in the feedstock.
        feedstock: u32,
        /// Radii of the r-faces.
        radii: u32,
        /// Heights of the reservoir's z-faces.
        lines: u32,
        /// Shares of the height at the pore's z-faces.
        shares: u32,
        /// Heights of the front at the start of the step.
        height_start: u32,
        /// At its end.
        height_end: u32,
        /// Volumes of all cells at the start.
        volume_start: u32,
        /// At the end.
        volume_end: u32,
        /// Volumes through axial faces in the step.
        axial: u32,
        /// Through radial faces.
        radial: u32,
        /// From the bulk into the layer.
        exchange: u32,
        /// Along the layer.
        flux: u32,
        /// Swept by the layer's faces.
        swept: u32,
        /// Deposited on every ring.
        deposit: u32,
        /// ℓ of the layer's faces at a contact line of no height.
        resistance: u32,
        /// What its height adds.
        resistance_by_contact: u32,
        /// Vectors: fractions in core and layer, elements fastest.
        fractions: u32,
        /// Ages in the core.
        age: u32,
        /// What came in.
        inflow: u32,
        /// What was deposited.
        deposited: u32,
        /// Composition of the tip.
        tip: u32,
        /// Fractions after advection.
        double: u32,
        /// Ages after it.
        double_age: u32,
        /// Limited changes across.
        radial_changes: u32,
        /// Limited changes along.
        axial_changes: u32,
        /// Diagonals of lines.
        work: u32,
        /// Coefficients of the layer's faces.
        faces: u32,
        /// Fractions of the layer in a round.
        line: u32,
        /// What the round makes of them.
        next: u32,
        /// Amounts that cells of the layer have and get in a part, elements fastest.
        right: u32,
        /// Volumes that leave them with their own fractions.
        kept: u32,
        /// Elimination of the layer: shares of the last cell of the chunk below.
        from_below: u32,
        /// Shares of the cell above.
        from_above: u32,
        /// Tip's composition relative to the last cell's.
        ratio: u32,
        /// Bulk's fractions at the tip.
        front: u32,
        /// Amounts deposited in a part.
        passed: u32,
        /// Volume deposited in a part.
        given: u32,
        /// What the row below the mouth was given back.
        lacking: u32,
        /// What columns took.
        taken: u32,
        /// Length of the vectors from `fractions` on that go back to the host.
        results: u32,
        /// Filler.
        filler0: u32,
        /// Filler.
        filler1: u32,
    }
}

shared_struct! {
    /// One case of a step of the species.
    SpeciesCase {
        /// Parts into which its step is divided.
        parts: u32,
        /// 1 if the feedstock keeps its composition.
        held: u32,
        /// 1 if the layer's rounds did not converge; the case then stands still.
        failed: u32,
        /// Most rounds of any part.
        rounds: u32,
    }
}
