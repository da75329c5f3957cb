//! What a case file says: one molding experiment and how it is computed. Values stay in the file's units; `si.rs` converts.

use super::process::Process;
use crate::kernels::Precision;
use crate::materials::Material;
use crate::mesh::MeshFile;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A case file: one molding experiment. Material and mesh are named as files (relative to the case file) or written out under `[material]` and `[mesh]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// Name of the case; also of its output folder. Default: the file's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the case is, in a sentence.
    #[serde(default)]
    pub description: String,
    /// Path of the material file, relative to this file. Exactly one of material_file and `[material]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub material_file: Option<String>,
    /// Path of the mesh file, relative to this file. Exactly one of mesh_file and `[mesh]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mesh_file: Option<String>,
    /// What computes the wire. Default: full.
    #[serde(default)]
    pub model: Model,
    /// The pore.
    pub pore: Pore,
    /// Temperature, pressure and time.
    pub process: Process,
    /// The free surface at the wire's tip.
    #[serde(default)]
    pub front: Front,
    /// The layer between wire and mold.
    #[serde(default)]
    pub interface: Interface,
    /// Composition and crystallinity.
    #[serde(default)]
    pub composition: Composition,
    /// Tolerances of the computation.
    #[serde(default)]
    pub numerics: Numerics,
    /// What is written.
    #[serde(default)]
    pub output: Output,
    /// The mesh, written out. Exactly one of mesh_file and `[mesh]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mesh: Option<MeshFile>,
    /// The material, written out. Exactly one of material_file and `[material]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub material: Option<Material>,
}

/// What computes the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// The flow problem is solved at every step.
    #[default]
    Full,
    /// Lengths and shares only, from the tabulated entrance resistance; flat front, no slip. Microseconds.
    Reduced,
}

impl Model {
    /// As it stands in a file.
    pub fn name(self) -> &'static str {
        match self {
            Model::Full => "full",
            Model::Reduced => "reduced",
        }
    }
}

/// The pore of the mold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pore {
    /// Diameter d of the pore in nm, wider than two interface layers.
    pub diameter_nm: f64,
    /// Depth of the pore in nm, if it is closed: the run ends where the front meets the bottom. Default: none, the pore is deeper than any wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth_nm: Option<f64>,
}

/// The free surface at the wire's tip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Front {
    /// Shape of the front. Default: free; flat with `model = "reduced"`, which knows no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<FrontModel>,
    /// Length over diameter L_0/d at the start. Default 0.25: the paper's prepress leaves prints with L/d < 0.5. At most one of initial_aspect_ratio and initial_length_nm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_aspect_ratio: Option<f64>,
    /// Length at the start in nm. At most one of initial_aspect_ratio and initial_length_nm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_length_nm: Option<f64>,
    /// Height of the print's paraboloid at the start, tip over contact line, in pore radii; negative for a dimple. Free front only. Default 0: a flat print.
    pub initial_bulge: f64,
    /// Navier slip length in nm near the contact line of a free front, where surface tension imposes the contact angle; it falls off over four times itself along the wall. Default 1: about the interface layer's thickness. 0: the line rolls, whatever the contact angle.
    pub slip_length_nm: f64,
    /// How a free front takes up what the interface layer carries to the contact line. Default: uniform.
    pub deposit: FrontDeposit,
    /// Mean distance in nm that atoms wander over the tip with `deposit = "wandering"`, at least three cells of the mesh. Default 20. Where the layer brings most of the wire, below R the middle of the tip falls behind and the run fails in the end.
    pub spread_nm: f64,
}

impl Default for Front {
    fn default() -> Self {
        Self {
            model: None,
            initial_aspect_ratio: None,
            initial_length_nm: None,
            initial_bulge: 0.0,
            slip_length_nm: 1.0,
            deposit: FrontDeposit::default(),
            spread_nm: 20.0,
        }
    }
}

/// How a free front takes up what the interface layer carries to the contact line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrontDeposit {
    /// Evenly per area: diffusion on the tip is fast.
    #[default]
    Uniform,
    /// Most beside the contact line, where they arrive: atoms wander `spread_nm` over the tip before they are built in.
    Wandering,
}

/// L_0/d where a case gives none: within the paper's "aspect ratio smaller than 0.5" of the prepress prints.
pub const DEFAULT_INITIAL_ASPECT_RATIO: f64 = 0.25;

impl Front {
    /// Shape of the front where `model` computes the wire.
    pub fn model(&self, model: Model) -> FrontModel {
        self.model.unwrap_or(match model {
            Model::Full => FrontModel::Free,
            Model::Reduced => FrontModel::Flat,
        })
    }

    /// Length at the start in nm, in a pore of `diameter_nm`.
    pub fn initial_length_nm(&self, diameter_nm: f64) -> f64 {
        let ratio = self
            .initial_aspect_ratio
            .unwrap_or(DEFAULT_INITIAL_ASPECT_RATIO);
        self.initial_length_nm.unwrap_or(ratio * diameter_nm)
    }
}

/// Shape of the front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrontModel {
    /// A plane without shear stress that moves with the mean speed; 7 to 8 % slower than a real front at L = 3 to 4 R.
    Flat,
    /// A free surface: fountain flow, surface tension, a contact line that rolls or slides.
    Free,
}

impl FrontModel {
    /// As it stands in a file.
    pub fn name(self) -> &'static str {
        match self {
            FrontModel::Flat => "flat",
            FrontModel::Free => "free",
        }
    }
}

/// The layer between wire and mold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Interface {
    /// Navier slip length b of the bulk along the wall in nm. Default 0: metallic glasses stick to the mold (paper).
    pub slip_length_nm: f64,
    /// Factor on the interface diffusivity D_I. Default 1; 0 switches interface diffusion off, which leaves viscous flow alone.
    pub diffusivity_factor: f64,
    /// Whether surface tension acts at the tip (4γcosθ/d of Eq. 1). Default true.
    pub capillarity: bool,
}

impl Default for Interface {
    fn default() -> Self {
        Self {
            slip_length_nm: 0.0,
            diffusivity_factor: 1.0,
            capillarity: true,
        }
    }
}

/// Composition and crystallinity of the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Composition {
    /// What is computed. Default: uniform.
    pub model: CompositionModel,
    /// What the feedstock does. Default: held.
    pub feedstock: Feedstock,
    /// Rows of the species' mesh along the pore. Default 40: Ni/(Ni+Pd) of the paper's d = 20 nm wire is then within 0.002 of that on 128 rows.
    pub rows: u32,
    /// Factor on the bulk diffusivity D_B. Default 1; 0 shows what the layer deposits when nothing evens it out.
    pub bulk_diffusivity_factor: f64,
    /// Factor on the diffusive exchange k_x = D_B/δ between layer and core. Default 1 (assumed; the paper says nothing of it).
    pub exchange_factor: f64,
    /// Whether the composition along the wire is also kept for every field frame (profiles.csv). Default false.
    pub profiles: bool,
}

impl Default for Composition {
    fn default() -> Self {
        Self {
            model: CompositionModel::default(),
            feedstock: Feedstock::default(),
            rows: 40,
            bulk_diffusivity_factor: 1.0,
            exchange_factor: 1.0,
            profiles: false,
        }
    }
}

/// Composition of the feedstock and of the layer on the mold face.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Feedstock {
    /// It keeps its composition up to the mouth, as the paper finds it (Fig. 2b); how it gets rid of the slower elements is left open.
    #[default]
    Held,
    /// It changes with what the wire takes and what diffuses, inside the cell around one pore.
    Free,
}

/// What the layer moves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompositionModel {
    /// One effective species with the mean diffusivity: the composition stays that of the feedstock.
    #[default]
    Uniform,
    /// Every element at its own rate; composition of core and layer, crystallinity, and what they do to the flow.
    Elements,
}

/// Tolerances of the computation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Numerics {
    /// Reduction of the residual of the flow at which a solve ends. Default: a thirtieth of step_tolerance, which changes the length by a hundredth of what the time steps do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_tolerance: Option<f64>,
    /// What a GPU computes with (the CPU always computes with f64). Default mixed: cycles in f32, the state and its residual in f64, as accurate as the CPU; f32 stops at residuals of 1e-5, good for rates to about 1e-5.
    pub precision: Precision,
    /// Multigrid cycles after which a solve is given up. Default 50: 8 to 11 are usual.
    pub max_cycles: u32,
    /// Relative error of the length that one time step may make; how far the flow is solved and how far the front's shape may be off follow from it. Default 1e-4: the length is then good to 1.5e-4, less than the grid's error at N = 16.
    pub step_tolerance: f64,
    /// Largest factor from one time step to the next. Default 2: the rate falls like 1/L, so steps may grow but not jump.
    pub max_step_growth: f64,
    /// Time steps after which the run is given up. Default 10000: some 40 are usual.
    pub max_steps: u32,
    /// Whether the error of the length is estimated, by a second computation on a grid of half the resolution and from the time steps' own errors. Default true: a quarter of the time or so.
    pub estimate_error: bool,
}

impl Default for Numerics {
    fn default() -> Self {
        Self {
            flow_tolerance: None,
            precision: Precision::Mixed,
            max_cycles: 50,
            step_tolerance: 1e-4,
            max_step_growth: 2.0,
            max_steps: 10_000,
            estimate_error: true,
        }
    }
}

impl Numerics {
    /// Reduction of the residual of the flow at which a solve ends. With 1e-5 instead of 1e-7 (`step_tolerance` 1e-4) lengths
    /// change by 1e-6 (d = 60 nm, L = 9 R) and 1e-5 (d = 20 nm, L = 32 R).
    pub fn flow_tolerance(&self) -> f64 {
        const SHARE: f64 = 1.0 / 30.0;
        // What double precision resolves, and what leaves a front its shape.
        const BOUNDS: [f64; 2] = [1e-10, 1e-4];
        let derived = (SHARE * self.step_tolerance).clamp(BOUNDS[0], BOUNDS[1]);
        self.flow_tolerance.unwrap_or(derived)
    }
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Output {
    /// Field frames, evenly spaced in length, the first and last among them; 0 writes none. Default 24: a second of film.
    pub frames: u32,
    /// Whether plots (PNG, SVG) are drawn. Default true.
    pub plots: bool,
    /// Minutes between two checkpoints, from which `nanomold resume` goes on. Default 5; 0 writes one after every step. Full model only.
    pub checkpoint_minutes: f64,
    /// How fields are written. Default pvd: a file for each frame.
    pub format: FieldFormat,
    /// Compression of the field files of `pvd`. Default zlib, which every reader of VTK files understands.
    pub compression: Compression,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            frames: 24,
            plots: true,
            checkpoint_minutes: 5.0,
            format: FieldFormat::default(),
            compression: Compression::default(),
        }
    }
}

/// How fields are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldFormat {
    /// `flow.pvd`, `layer.pvd`, `front.pvd`: collections with a file for each frame.
    #[default]
    Pvd,
    /// `flow.vtkhdf`, `layer.vtkhdf`, `front.vtkhdf`: one file with all times for each; read by VTK and ParaView from version 9.3 and
    /// 5.12 on, and by whatever reads HDF5. It is written anew with every frame.
    Vtkhdf,
}

/// Compression of the field files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Small files that every reader of VTK files understands, meshio among them.
    #[default]
    Zlib,
    /// Faster, files somewhat larger; for VTK, ParaView and PyVista.
    Lz4,
    /// No compression.
    None,
}
