//! Case files: one molding experiment, read with its material and mesh, checked, and with every default filled in.

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo
)]

mod composition_rules;
mod description;
mod material_rules;
mod process;
mod process_rules;
mod rules;
mod si;
mod template;
mod wall_rules;
mod warnings;

pub use crate::input::InputError;
pub use description::{
    CaseFile, Composition, CompositionModel, Compression, DEFAULT_INITIAL_ASPECT_RATIO, Feedstock,
    FieldFormat, Front, FrontDeposit, FrontModel, Interface, Model, Numerics, Output, Pore,
};
pub use process::{Process, Stage};
pub use rules::name_violation;
pub use template::Template;

use crate::input::{Override, Problem, Source, can_be_read};
use crate::materials::{self, Material};
use crate::mesh::{self, MeshSpec};
use std::path::{Path, PathBuf};

/// One molding experiment with every default filled in. Fields are in the file's units; methods (see `si.rs`) give SI.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Name of the case and of its output folder.
    pub name: String,
    /// What the case is.
    pub description: String,
    /// What computes the wire.
    pub model: Model,
    /// The pore.
    pub pore: Pore,
    /// Temperature, pressure and time.
    pub process: Process,
    /// The front.
    pub front: Front,
    /// The layer between wire and mold.
    pub interface: Interface,
    /// Composition and crystallinity.
    pub composition: Composition,
    /// Tolerances.
    pub numerics: Numerics,
    /// What is written.
    pub output: Output,
}

/// A case that has been read and checked, with its material and mesh.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedCase {
    /// The case file's text as it stands on disk.
    pub given_text: String,
    /// The case.
    pub case: Case,
    /// Its material.
    pub material: Material,
    /// Its mesh, in pore radii.
    pub mesh: MeshSpec,
}

/// JSON Schema of a case file.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(CaseFile).to_value()
}

/// Pairs of keys of which one at most may be given; setting one with `--set` removes the other.
const ALTERNATIVES: &[&[&str]] = &[
    &["material_file", "material"],
    &["mesh_file", "mesh"],
    &["process.temperature_C", "process.temperature_schedule"],
    &["process.pressure_GPa", "process.pressure_schedule"],
    &["front.initial_aspect_ratio", "front.initial_length_nm"],
];

/// Reads the case file `path` with its material and mesh. `sets` (`key=value`, dotted keys) override the case; `material.…` and `mesh.…` reach into
/// the files that the case names.
///
/// # Errors
/// Everything that is wrong with the three texts, each problem with its place and remedy.
#[expect(clippy::unreachable, reason = "what is missing is reported before")]
pub fn load(path: &Path, sets: &[String]) -> Result<LoadedCase, InputError> {
    let Texts {
        on_disk,
        source,
        for_material,
        for_mesh,
    } = Texts::read(path, sets)?;
    let file: CaseFile = source.parse(&schema())?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut problems: Vec<Problem> = file
        .violations()
        .iter()
        .map(|violation| source.locate(violation))
        .collect();
    let material = collect(
        &mut problems,
        read_material(&source, &file, folder, &for_material),
    );
    let mesh = collect(&mut problems, read_mesh(&source, &file, folder, &for_mesh));
    if let Some(material) = &material {
        problems.extend(
            file.violations_with(material)
                .iter()
                .map(|violation| source.locate(violation)),
        );
    }
    if let Some(mesh) = &mesh {
        let mut broken = file.violations_on(mesh);
        if let Some(material) = &material {
            broken.extend(file.violations_in(&mesh.wall, material));
        }
        problems.extend(broken.iter().map(|violation| source.locate(violation)));
    }
    match (InputError::from_problems(problems), material, mesh) {
        (None, Some(material), Some(mesh)) => {
            let given_text = on_disk.text().to_owned();
            Ok(LoadedCase {
                given_text,
                case: fill(file, path),
                material,
                mesh,
            })
        }
        (Some(error), ..) => Err(error),
        (None, ..) => unreachable!("a material or mesh is missing only with a problem"),
    }
}

/// The text of a case with its overrides, and those that reach into the files it names.
struct Texts {
    on_disk: Source,
    source: Source,
    for_material: Vec<Override>,
    for_mesh: Vec<Override>,
}

impl Texts {
    fn read(path: &Path, sets: &[String]) -> Result<Self, InputError> {
        let overrides = Override::parse_all(sets)?;
        let on_disk = Source::read(path, &[], &[])?;
        let elsewhere = |section: &str, file_key: &str| -> Vec<Override> {
            // Only a case that names a file has something to reach into; else the section is in the case's own text.
            let named = on_disk.has(file_key) || Override::names(&overrides, file_key);
            if named {
                overrides
                    .iter()
                    .filter_map(|one| one.inside(section))
                    .collect()
            } else {
                Vec::new()
            }
        };
        let (for_material, for_mesh) = (
            elsewhere("material", "material_file"),
            elsewhere("mesh", "mesh_file"),
        );
        let own: Vec<Override> = overrides
            .iter()
            .filter(|one| {
                (for_material.is_empty() || one.inside("material").is_none())
                    && (for_mesh.is_empty() || one.inside("mesh").is_none())
            })
            .cloned()
            .collect();
        let mut alternatives = ALTERNATIVES.to_vec();
        let inline_mesh: Vec<Vec<String>> = mesh::ALTERNATIVES
            .iter()
            .map(|group| group.iter().map(|key| format!("mesh.{key}")).collect())
            .collect();
        let inline_mesh: Vec<Vec<&str>> = inline_mesh
            .iter()
            .map(|group| group.iter().map(String::as_str).collect())
            .collect();
        alternatives.extend(inline_mesh.iter().map(Vec::as_slice));
        let source = Source::read(path, &own, &alternatives)?;
        Ok(Texts {
            on_disk,
            source,
            for_material,
            for_mesh,
        })
    }
}

/// Reads the material file `path`; `sets` (`key=value`, dotted keys) override it.
///
/// # Errors
/// Everything that is wrong with it, each problem with its place and remedy.
pub fn load_material(path: &Path, sets: &[String]) -> Result<Material, InputError> {
    let own = Source::read(path, &Override::parse_all(sets)?, &[])?;
    let material: Material = own.parse(&materials::schema())?;
    own.report(&material.violations())?;
    Ok(material)
}

impl LoadedCase {
    /// A case file that stands alone: material and mesh written out, every default filled in. It loads to the same case, material and mesh.
    #[expect(clippy::expect_used, reason = "keys are texts")]
    pub fn resolved_toml(&self) -> String {
        let Case {
            name,
            description,
            model,
            pore,
            process,
            front,
            interface,
            composition,
            numerics,
            output,
        } = self.case.clone();
        let file = CaseFile {
            name: Some(name),
            description,
            material_file: None,
            mesh_file: None,
            model,
            pore,
            process,
            front,
            interface,
            composition,
            numerics,
            output,
            mesh: Some(self.mesh.to_file()),
            material: Some(self.material.clone()),
        };
        let text =
            toml::to_string_pretty(&file).expect("a case is made of tables, numbers and texts");
        format!("# The case with its material and mesh, every default filled in.\n\n{text}")
    }
}

/// The value, or its problems added to those found so far.
fn collect<T>(problems: &mut Vec<Problem>, read: Result<T, InputError>) -> Option<T> {
    read.map_err(|error| problems.extend_from_slice(error.problems()))
        .ok()
}

fn read_material(
    source: &Source,
    file: &CaseFile,
    folder: &Path,
    overrides: &[Override],
) -> Result<Material, InputError> {
    match (&file.material, &file.material_file) {
        (Some(material), None) => {
            let violations: Vec<_> = material
                .violations()
                .into_iter()
                .map(|one| one.within("material"))
                .collect();
            source.report(&violations)?;
            Ok(material.clone())
        }
        (None, Some(name)) => {
            let own = Source::read(
                &referred(source, "material_file", folder, name)?,
                overrides,
                &[],
            )?;
            let material: Material = own.parse(&materials::schema())?;
            own.report(&material.violations())?;
            Ok(material)
        }
        (inline, _) => Err(one_of(source, "material", inline.is_some()).into()),
    }
}

#[expect(
    clippy::expect_used,
    reason = "violations are reported, and there is one"
)]
fn read_mesh(
    source: &Source,
    file: &CaseFile,
    folder: &Path,
    overrides: &[Override],
) -> Result<MeshSpec, InputError> {
    // A pore that is refused anyway must not make the mesh look wrong too.
    let diameter = Some(file.pore.diameter_nm)
        .filter(|nm| *nm > 0.0)
        .or(Some(1.0));
    match (&file.mesh, &file.mesh_file) {
        (Some(mesh), None) => (mesh
            .clone()
            .with_files(source, "mesh.", folder)?
            .resolve(diameter))
        .map_err(|violations| {
            let violations: Vec<_> = violations
                .into_iter()
                .map(|one| one.within("mesh"))
                .collect();
            source
                .report(&violations)
                .expect_err("a mesh is refused with at least one violation")
        }),
        (None, Some(name)) => mesh::read(
            &referred(source, "mesh_file", folder, name)?,
            overrides,
            diameter,
        ),
        (inline, _) => Err(one_of(source, "mesh", inline.is_some()).into()),
    }
}

/// Path of the file that the case names under `key`.
fn referred(source: &Source, key: &str, folder: &Path, name: &str) -> Result<PathBuf, InputError> {
    let path = folder.join(name);
    match can_be_read(&path) {
        Ok(()) => Ok(path),
        Err(error) => {
            let span = source.span(key).unwrap_or(0..0);
            let message = format!(
                "cannot read `{}`, which `{key}` names: {error}",
                path.display()
            );
            let help = "a path relative to the folder of the case file";
            Err(source.problem(span, message, "this file", help).into())
        }
    }
}

/// The problem that of `[name]` and `name_file` both or none are given.
fn one_of(source: &Source, name: &str, both: bool) -> Problem {
    let file_key = format!("{name}_file");
    let (message, key) = match both {
        true => (format!("the {name} is given twice"), file_key.as_str()),
        false => (format!("the {name} is missing"), ""),
    };
    let violation = crate::physics::Violation::new(
        key,
        message,
        format!("either `{file_key} = \"…\"` or a [{name}] section"),
    );
    source.locate(&violation)
}

/// The case with its defaults filled in.
fn fill(file: CaseFile, path: &Path) -> Case {
    let CaseFile {
        name,
        description,
        model,
        pore,
        process,
        mut front,
        interface,
        composition,
        mut numerics,
        output,
        ..
    } = file;
    numerics.flow_tolerance = Some(numerics.flow_tolerance());
    if front.initial_length_nm.is_none() {
        front
            .initial_aspect_ratio
            .get_or_insert(DEFAULT_INITIAL_ASPECT_RATIO);
    }
    front.model = Some(front.model(model));
    let stem = || {
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        stem.filter(|stem| name_violation(stem).is_none())
            .unwrap_or_else(|| "case".to_owned())
    };
    Case {
        name: name.unwrap_or_else(stem),
        description,
        model,
        pore,
        process,
        front,
        interface,
        composition,
        numerics,
        output,
    }
}
