//! The pictures of a finished sweep, each with what it shows in words.

mod lengths;
mod maps;

use super::gather::{Gathered, Quantity};
use super::plane::Plane;
use crate::output::OutputError;
use crate::sweep::critical::Critical;
use crate::sweep::plan::Plan;
use crate::sweep::row;
use std::path::Path;

pub(super) use lengths::choose;

/// A critical diameter that is published.
#[derive(Debug, Clone, PartialEq)]
pub struct Stated {
    /// Temperature in °C.
    pub celsius: f64,
    /// Duration of the moldings in s.
    pub time: f64,
    /// d_c in nm.
    pub diameter: f64,
    /// Its relative tolerance.
    pub tolerance: f64,
}

/// A picture in the folder.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Drawn {
    /// Name of its files, without ending.
    pub name: String,
    /// What it is.
    pub title: String,
    /// What in it was computed, and how.
    pub computed: String,
    /// What in it is published, by whom; empty where nothing is.
    pub stated: String,
}

/// What the pictures are made of.
pub(super) struct Scene<'a> {
    pub folder: &'a Path,
    pub plan: &'a Plan,
    /// The planes, or why there are none.
    pub plane: &'a Result<Plane, String>,
    pub quantities: &'a [Quantity],
    pub criticals: &'a [Critical],
    /// The groups whose points were gathered.
    pub chosen: &'a [&'a Critical],
    pub found: &'a Gathered,
    pub stated: &'a [Stated],
    /// Where they are stated.
    pub source: &'a str,
}

/// Names of all pictures that a sweep can have.
const NAMES: [&str; 4] = [
    "lengths",
    "map",
    "map_tip_composition",
    "map_amorphous_length",
];

/// What the maps are called where they are missing.
const MAPS: &str = "Maps over temperature and diameter";

/// Draws what can be drawn: the pictures, and why others are missing (their title and the reason). Pictures of an earlier
/// evaluation that are not drawn now are removed.
///
/// # Errors
/// [`OutputError`] if a picture cannot be drawn or written.
pub(super) fn draw(scene: &Scene) -> Result<(Vec<Drawn>, Vec<[String; 2]>), OutputError> {
    remove(scene.folder);
    let (mut drawn, mut missing) = (Vec::new(), Vec::new());
    match lengths::draw(scene)? {
        Ok(one) => drawn.push(one),
        Err(reason) => missing.push(["Lengths over the diameter".into(), reason]),
    }
    match scene.plane {
        Ok(plane) => {
            let maps = maps::draw(scene, plane)?;
            if maps.is_empty() {
                missing.push([MAPS.into(), "no point has a result".into()]);
            }
            drawn.extend(maps);
        }
        Err(reason) => missing.push([MAPS.into(), reason.clone()]),
    }
    if scene.plane.is_ok() && scene.quantities.len() == 1 {
        let reason = "the sweep does not compute the elements (composition.model = \"elements\" with the full model)";
        missing.push([
            "Maps of composition and amorphous length".into(),
            reason.into(),
        ]);
    }
    Ok((drawn, missing))
}

/// Removes the pictures of an earlier evaluation.
pub(super) fn remove(folder: &Path) {
    let endings = (1..=super::gather::MOST_SLICES).flat_map(|slice| {
        let number = numbered("", slice - 1);
        ["png", "svg"].map(|end| format!("{number}.{end}"))
    });
    for ending in endings {
        for name in NAMES {
            let _ = std::fs::remove_file(folder.join(format!("{name}{ending}")));
        }
    }
}

/// Name of the picture of a plane: the first has the name alone.
fn numbered(name: &str, slice: usize) -> String {
    match slice {
        0 => name.to_owned(),
        k => format!("{name}_{}", k + 1),
    }
}

/// Paths of the two files of a picture.
fn files(folder: &Path, name: &str) -> [std::path::PathBuf; 2] {
    ["png", "svg"].map(|end| folder.join(format!("{name}.{end}")))
}

/// A number as it is spoken: up to four significant digits.
pub(super) fn spoken(value: f64) -> String {
    row::digits(value, 4).to_string()
}

/// "2 GPa, 36000 s", as far as they are constant.
fn press(pressure: Option<f64>, time: Option<f64>) -> String {
    let parts = [
        pressure.map(|p| format!("{} GPa", spoken(p))),
        time.map(|t| format!("{t} s")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// "a, b and c".
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
