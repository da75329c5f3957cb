//! The shaders' text: constants, structs and bindings generated from Rust, then the files of `shaders/` one after the other.

use super::structs::{BatchInfo, CHECKS, CaseStatus, LevelInfo, Order};
use super::table::{self, Entry, Set, shader};
use crate::backend::cpu::DAMPING;
use crate::kernels::flow::boxes::{BULK, WALL, packed};
use crate::kernels::transfer::SPREAD;
use std::fmt::Write;

/// Invocations per workgroup of a kernel that has one invocation per cell.
pub const WORKGROUP: u32 = 64;

/// Invocations of the workgroup that does the coarse levels of a case.
pub const FUSED_WORKGROUP: u32 = 256;

/// Most unknowns of a block of the coarsest level: so that a block's loops end within what the software adapter goes through
/// (`lower`), eight rounds of a row of the block and of the one above.
pub const MOST_BLOCK: u32 = 8 * FUSED_WORKGROUP - 64;

/// Terms that one invocation adds up for a norm.
pub const NORM_TERMS: u32 = 16;

/// Levels that there is room for: a uniform holds their descriptions.
pub const MOST_LEVELS: usize = 16;

/// Which norm is taken.
pub mod norm {
    /// Of the correction's residual, in a cycle.
    pub const INNER: u32 = 0;
    /// Of the outer problem's residual.
    pub const OUTER: u32 = 1;
}

/// Number in which the outer residual is computed and the state is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OuterReal {
    /// 32 bits.
    F32,
    /// 64 bits; needs `SHADER_F64`.
    F64,
}

impl OuterReal {
    /// Name of the type in WGSL.
    pub fn wgsl(self) -> &'static str {
        match self {
            OuterReal::F32 => "f32",
            OuterReal::F64 => "f64",
        }
    }

    /// Bytes of a number.
    pub fn bytes(self) -> u64 {
        match self {
            OuterReal::F32 => 4,
            OuterReal::F64 => 8,
        }
    }
}

/// What a binding is to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A uniform whose offset is chosen per dispatch.
    Order,
    /// A uniform.
    Uniform,
    /// Storage that shaders read.
    Read,
    /// Storage that shaders read and write.
    ReadWrite,
}

/// One entry of the binding list that all kernels share.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Variable in WGSL.
    pub name: &'static str,
    /// Its type there; `real` is the outer precision.
    pub wgsl: &'static str,
    /// Kind of access.
    pub access: Access,
}

/// Place of a binding in [`BINDINGS`].
pub mod slot {
    /// The order of a dispatch.
    pub const ORDER: usize = 0;
    /// Strides.
    pub const BATCH: usize = 1;
    /// Descriptions of the levels.
    pub const LEVELS: usize = 2;
    /// Tables of all levels.
    pub const TABLES: usize = 3;
    /// Inverted boxes.
    pub const BOXES: usize = 4;
    /// States, right-hand sides, residuals.
    pub const VECTORS: usize = 5;
    /// Factors of the coarsest level.
    pub const COARSE: usize = 6;
    /// Status of the cases.
    pub const STATUS: usize = 7;
    /// Programs of fused dispatches.
    pub const PROGRAM: usize = 8;
    /// Tables of the finest level in outer precision.
    pub const OUTER_TABLES: usize = 9;
    /// State and right-hand side in outer precision.
    pub const OUTER_VECTORS: usize = 10;
}

/// The binding list of every kernel; the number of an entry is its binding.
pub const BINDINGS: [Binding; 11] = {
    const fn b(name: &'static str, wgsl: &'static str, access: Access) -> Binding {
        Binding { name, wgsl, access }
    }
    [
        b("order", "Order", Access::Order),
        b("batch", "BatchInfo", Access::Uniform),
        b("levels", "array<LevelInfo, MOST_LEVELS>", Access::Uniform),
        b("tables", "array<f32>", Access::Read),
        b("boxes", "array<f32>", Access::ReadWrite),
        b("vectors", "array<f32>", Access::ReadWrite),
        b("coarse", "array<f32>", Access::Read),
        b("status", "array<CaseStatus>", Access::ReadWrite),
        b("program", "array<Order>", Access::Read),
        b("outer_tables", "array<real>", Access::Read),
        b("outer_vectors", "array<real>", Access::ReadWrite),
    ]
};

/// A module: its text and the kernels in it.
#[derive(Clone, Debug)]
pub struct Module {
    /// Name in messages.
    pub name: String,
    /// WGSL.
    pub text: String,
}

/// The kernels that compute in the cycles' precision.
pub fn cycles() -> Module {
    module("flow cycles", OuterReal::F32, shader!("access"), |set| {
        set != Set::Outer
    })
}

/// The kernels that compute in the outer precision.
pub fn outer(real: OuterReal) -> Module {
    let name = format!("flow outer {}", real.wgsl());
    module(&name, real, shader!("access_outer"), |set| {
        set == Set::Outer
    })
}

/// The kernels of some sets, with their way to read what lies on the device.
fn module(name: &str, real: OuterReal, access: &str, taken: impl Fn(Set) -> bool) -> Module {
    let entries = Entry::ALL.iter().filter(|entry| taken(entry.set()));
    let shared = [
        shader!("common"),
        shader!("layout"),
        access,
        shader!("stencil"),
    ];
    let files = [
        &shared,
        table::texts(entries.map(|entry| entry.row())).as_slice(),
    ]
    .concat();
    Module {
        name: name.into(),
        text: compose(real, &files),
    }
}

/// A plain copy, for measuring what the memory can do.
pub fn copy() -> Module {
    Module {
        name: "copy".into(),
        text: compose(OuterReal::F32, &[shader!("common"), shader!("copy")]),
    }
}

fn compose(real: OuterReal, files: &[&str]) -> String {
    let mut text = prelude(real);
    for file in files {
        text.push_str(file);
        text.push('\n');
    }
    text
}

/// Everything that Rust tells the shaders.
fn prelude(real: OuterReal) -> String {
    let mut text = format!("alias real = {};\n", real.wgsl());
    let constants = [
        ("WORKGROUP", WORKGROUP),
        ("FUSED_WORKGROUP", FUSED_WORKGROUP),
        ("NORM_TERMS", NORM_TERMS),
        ("MOST_LEVELS", MOST_LEVELS as u32),
        ("CHECKS", CHECKS as u32),
        ("BULK", BULK as u32),
        ("SPREAD", SPREAD as u32),
        ("NORM_INNER", norm::INNER),
        ("NORM_OUTER", norm::OUTER),
    ];
    for (name, value) in constants {
        let _ = writeln!(text, "const {name}: u32 = {value}u;");
    }
    for entry in Entry::ALL {
        let _ = writeln!(text, "const {}: u32 = {}u;", entry.constant(), entry.code());
    }
    let _ = writeln!(text, "const DAMPING: f32 = {DAMPING:?};");
    for declaration in [
        Order::wgsl(),
        BatchInfo::wgsl(),
        LevelInfo::wgsl(),
        CaseStatus::wgsl(),
    ] {
        text += &declaration;
    }
    for (number, Binding { name, wgsl, access }) in BINDINGS.iter().enumerate() {
        let space = match access {
            Access::Order | Access::Uniform => "uniform",
            Access::Read => "storage, read",
            Access::ReadWrite => "storage, read_write",
        };
        let _ = writeln!(
            text,
            "@group(0) @binding({number}) var<{space}> {name}: {wgsl};"
        );
    }
    text + &box_functions("bulk", 5) + &box_functions("wall", 6)
}

/// How the packed symmetric inverse of a box is read, and its product with the residual of the box, written out: two functions, so
/// that the inverse can be read before the residual is there.
fn box_functions(name: &str, n: usize) -> String {
    let entries = packed(n, n - 1, n - 1) + 1;
    debug_assert_eq!(entries, if n == 5 { BULK } else { WALL });
    let mut text = format!(
        "fn load_{name}_box(first: u32, stride: u32) -> array<f32, {entries}> {{\n    return array<f32, {entries}>(\n"
    );
    for entry in 0..entries {
        let _ = writeln!(text, "        boxes[first + {entry}u * stride],");
    }
    let _ = writeln!(
        text,
        "    );\n}}\nfn times_{name}_box(e: array<f32, {entries}>, r: array<f32, 6>) -> array<f32, 6> {{\n    return array<f32, 6>("
    );
    for a in 0..6 {
        let terms: Vec<String> = (0..n)
            .map(|b| format!("e[{}] * r[{b}]", packed(n, a.min(b), a.max(b))))
            .collect();
        let row = if a < n {
            terms.join(" + ")
        } else {
            "0.0".into()
        };
        let _ = writeln!(text, "        {row},");
    }
    text + "    );\n}\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::gpu::sequence::Sequence;

    /// Every module is valid WGSL, without a GPU; a misspelt name is not.
    #[test]
    fn modules_are_valid() {
        for module in [
            cycles(),
            outer(OuterReal::F32),
            outer(OuterReal::F64),
            copy(),
        ] {
            for sequence in [Sequence::Given, Sequence::Reversed] {
                if let Err(message) = validate(&sequence.arrange(module.text.clone())) {
                    panic!("{}, {sequence:?}: {message}", module.name);
                }
            }
        }
        let damaged = cycles().text.replacen("fn zero()", "fn nought()", 1);
        assert!(validate(&damaged).is_err(), "a missing function is seen");
        let writes = cycles().text.replace("boxes[place] =", "tables[place] =");
        assert!(
            validate(&writes).is_err(),
            "a write to read-only storage is seen"
        );
    }

    fn validate(text: &str) -> Result<naga::valid::ModuleInfo, String> {
        let module =
            naga::front::wgsl::parse_str(text).map_err(|error| error.emit_to_string(text))?;
        naga::valid::Validator::new(
            naga::valid::ValidationFlags::all(),
            naga::valid::Capabilities::FLOAT64,
        )
        .validate(&module)
        .map_err(|error| error.emit_to_string(text))
    }

    /// Structs have the same size and the same place of every field for both sides.
    #[test]
    fn structs_match_what_naga_sees() {
        let text = cycles().text;
        let module = naga::front::wgsl::parse_str(&text).expect("valid");
        let layout = |name: &str| {
            let (_, found) = module
                .types
                .iter()
                .find(|(_, t)| t.name.as_deref() == Some(name))
                .unwrap_or_else(|| panic!("{name} is declared"));
            let naga::TypeInner::Struct { members, span } = &found.inner else {
                panic!("{name} is a struct")
            };
            let last = &members[members.len() - 1];
            (*span as usize, last.offset as usize)
        };
        assert_eq!(
            layout("LevelInfo"),
            (
                size_of::<LevelInfo>(),
                std::mem::offset_of!(LevelInfo, filler0)
            )
        );
        assert_eq!(
            layout("BatchInfo"),
            (
                size_of::<BatchInfo>(),
                std::mem::offset_of!(BatchInfo, filler2)
            )
        );
        assert_eq!(
            layout("Order"),
            (size_of::<Order>(), std::mem::offset_of!(Order, source))
        );
        assert_eq!(
            layout("CaseStatus"),
            (
                size_of::<CaseStatus>(),
                std::mem::offset_of!(CaseStatus, residuals)
            )
        );
    }
}
