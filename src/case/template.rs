//! A case that is read once and filled in many times: what a sweep does with its base case.

use super::{CaseFile, InputError, LoadedCase, Texts, fill, load, referred};
use crate::input::Source;
use crate::materials::{self, Material};
use crate::mesh::{self, MeshFile};
use crate::physics::Violation;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A case file with its material and mesh, of which single values are replaced. [`Template::with`] gives what
/// [`load`] gives with the same values as overrides, some hundred times as fast, because no text is read again.
#[derive(Debug, Clone)]
pub struct Template {
    path: PathBuf,
    given_text: String,
    /// Without material and mesh.
    file: CaseFile,
    material: Material,
    mesh: MeshFile,
    /// The sections as trees, to write values into.
    tree: Map<String, Value>,
}

/// Sections that may be replaced as a whole.
const SECTIONS: [&str; 9] = [
    "pore",
    "process",
    "front",
    "interface",
    "composition",
    "numerics",
    "output",
    "material",
    "mesh",
];

impl Template {
    /// Reads the case file `path` with `sets` (`key=value`, as [`load`] takes them). Every key that is to be replaced later has to be
    /// among `sets`, so that of alternatives (`temperature_C`, `temperature_schedule`) the right one is there.
    ///
    /// # Errors
    /// As [`load`].
    pub fn read(path: &Path, sets: &[String]) -> Result<Self, InputError> {
        load(path, sets)?;
        let texts = Texts::read(path, sets)?;
        let mut file: CaseFile = texts.source.parse(&super::schema())?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let (inline_material, material_file) = (file.material.take(), file.material_file.take());
        let material = match (inline_material, material_file) {
            (Some(material), _) => material,
            (None, name) => {
                let name = name.unwrap_or_default();
                let path = referred(&texts.source, "material_file", folder, &name)?;
                Source::read(&path, &texts.for_material, &[])?.parse(&materials::schema())?
            }
        };
        let (inline_mesh, mesh_file) = (file.mesh.take(), file.mesh_file.take());
        let mesh = match (inline_mesh, mesh_file) {
            (Some(mesh), _) => mesh.with_files(&texts.source, "mesh.", folder)?,
            (None, name) => {
                let name = name.unwrap_or_default();
                let path = referred(&texts.source, "mesh_file", folder, &name)?;
                let source = Source::read(&path, &texts.for_mesh, mesh::ALTERNATIVES)?;
                let mesh: MeshFile = source.parse(&mesh::schema())?;
                mesh.with_files(&source, "", path.parent().unwrap_or(Path::new("")))?
            }
        };
        let mut tree = match tree_of(&file) {
            Value::Object(tree) => tree,
            _ => Map::new(),
        };
        tree.insert("material".into(), tree_of(&material));
        tree.insert("mesh".into(), tree_of(&mesh));
        Ok(Template {
            path: path.to_path_buf(),
            given_text: texts.on_disk.text().to_owned(),
            file,
            material,
            mesh,
            tree,
        })
    }

    /// The case with these values at dotted keys, checked as [`load`] checks.
    ///
    /// # Errors
    /// Everything that is wrong with it; keys as in the case.
    pub fn with<'v>(
        &self,
        values: impl IntoIterator<Item = (&'v str, &'v Value)>,
    ) -> Result<LoadedCase, Vec<Violation>> {
        let mut changed: Vec<(&str, Value)> = Vec::new();
        for (key, value) in values {
            let (section, rest) = match key.split_once('.') {
                Some((section, rest)) if SECTIONS.contains(&section) => (section, Some(rest)),
                _ => ("", None),
            };
            let index = changed.iter().position(|one| one.0 == section);
            let index = index.unwrap_or_else(|| {
                let tree = match section {
                    "" => Value::Object(self.tree.clone()),
                    section => self.tree.get(section).cloned().unwrap_or_default(),
                };
                changed.push((section, tree));
                changed.len() - 1
            });
            put(&mut changed[index].1, rest.unwrap_or(key), value)
                .map_err(|reason| vec![violation(key, reason)])?;
        }
        let mut file = self.file.clone();
        let (mut material, mut mesh) = (None, self.mesh.clone());
        for (section, tree) in changed {
            match section {
                "pore" => file.pore = of_tree(section, tree)?,
                "process" => file.process = of_tree(section, tree)?,
                "front" => file.front = of_tree(section, tree)?,
                "interface" => file.interface = of_tree(section, tree)?,
                "composition" => file.composition = of_tree(section, tree)?,
                "numerics" => file.numerics = of_tree(section, tree)?,
                "output" => file.output = of_tree(section, tree)?,
                "material" => material = Some(of_tree::<Material>(section, tree)?),
                "mesh" => mesh = of_tree(section, tree)?,
                _ => {
                    let whole: CaseFile = of_tree("", tree)?;
                    (file.name, file.model) = (whole.name, whole.model);
                    file.description = whole.description;
                }
            }
        }
        let mut found = file.violations();
        if let Some(material) = &material {
            found.extend(
                material
                    .violations()
                    .into_iter()
                    .map(|v| v.within("material")),
            );
        }
        let material = material.unwrap_or_else(|| self.material.clone());
        found.extend(file.violations_with(&material));
        let diameter = Some(file.pore.diameter_nm).filter(|nm| *nm > 0.0);
        let mesh = mesh.resolve(diameter.or(Some(1.0)));
        if let Ok(mesh) = &mesh {
            found.extend(file.violations_on(mesh));
        }
        match mesh {
            Ok(mesh) if found.is_empty() => Ok(LoadedCase {
                given_text: self.given_text.clone(),
                case: fill(file, &self.path),
                material,
                mesh,
            }),
            Ok(_) => Err(found),
            Err(of_mesh) => {
                found.extend(of_mesh.into_iter().map(|v| v.within("mesh")));
                Err(found)
            }
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "keys are texts, numbers are finite or null"
)]
fn tree_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("cases are made of tables, numbers and texts")
}

fn of_tree<T: DeserializeOwned>(section: &str, tree: Value) -> Result<T, Vec<Violation>> {
    serde_json::from_value(tree).map_err(|error| vec![violation(section, error.to_string())])
}

fn violation(key: &str, reason: String) -> Violation {
    let remedy = "`nanomold schema case` lists every key with its type and unit";
    Violation::new(key, reason, remedy)
}

/// Writes a value at a dotted key. A bare number over `{ value = …, provenance = … }` replaces the number and says so, as overrides do.
fn put(tree: &mut Value, key: &str, value: &Value) -> Result<(), String> {
    let (first, rest) = match key.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (key, None),
    };
    let Value::Object(table) = tree else {
        return Err(format!(
            "`{key}` cannot be set: a part of it is a value, not a table"
        ));
    };
    let entry = table
        .entry(first)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(rest) = rest {
        return put(entry, rest, value);
    }
    match entry {
        Value::Object(quantity) if quantity.contains_key("provenance") && !value.is_object() => {
            quantity.insert("value".into(), value.clone());
            quantity.insert("provenance".into(), "assumed".into());
            quantity.insert("note".into(), "given with --set".into());
            quantity.remove("source");
        }
        entry => *entry = value.clone(),
    }
    Ok(())
}
