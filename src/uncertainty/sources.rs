//! What may be off in a case, and by how much.

use crate::case::LoadedCase;
use crate::materials::{Material, plain_key};
use nalgebra::DVector;
use std::fmt;

/// How far something may be off: a standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Width {
    /// Of its logarithm: a share of it.
    Relative(f64),
    /// In its own unit.
    Absolute(f64, &'static str),
    /// By the covariance of the material.
    Covariance,
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Width::Relative(share) => write!(f, "{} %", 100.0 * share),
            Width::Absolute(width, unit) => write!(f, "{width} {unit}"),
            Width::Covariance => f.write_str("its covariance"),
        }
    }
}

/// The state with the source off by normal numbers; none where that is impossible.
pub type Change<S> = Box<dyn Fn(&S, &[f64]) -> Option<S> + Send + Sync>;

/// Something that may be off in a state S.
pub struct Source<S> {
    /// What it is: its key in a case, or what it stands for.
    pub name: String,
    /// By how much.
    pub width: Width,
    /// How many independent normal numbers it takes.
    pub dimensions: usize,
    /// What they do.
    pub change: Change<S>,
}

/// Why a width cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("--width {given}: {reason}")]
pub struct WidthError {
    /// What was given.
    pub given: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

/// What a number of a material may be off by where nothing better is known, by its key. Lengths do not depend on the numbers that are not here, or (δ) only in a
/// product with one that is.
const OF_MATERIAL: [(&str, Width); 8] = [
    ("viscosity.eta_reference_Pa_s", Width::Relative(0.3)),
    ("viscosity.E_glass_eV", Width::Relative(0.2)),
    ("relaxation.tau_g_s", Width::Relative(0.3)),
    ("interface.D_reference_m2_per_s", Width::Relative(0.3)),
    ("interface.Q_interface_eV", Width::Relative(0.05)),
    ("atomic_volume_nm3", Width::Relative(0.05)),
    ("capillarity.surface_tension_N_per_m", Width::Relative(0.3)),
    ("capillarity.contact_angle_deg", Width::Absolute(10.0, "°")),
];

/// What the laboratory may be off by.
const OF_CASE: [(&str, Width); 5] = [
    ("mesh.cell_radius", Width::Relative(0.1)),
    ("pore.diameter_nm", Width::Relative(0.05)),
    ("process.temperature_C", Width::Absolute(1.0, "K")),
    ("process.pressure_GPa", Width::Relative(0.03)),
    ("process.time_s", Width::Relative(0.01)),
];

/// The width of `key` by `given` ("key=value"), in the kind of its usual width.
fn changed(key: &str, usual: Width, given: &[(String, f64)]) -> Width {
    let own = given.iter().rev().find(|(name, _)| name == key);
    match (own, usual) {
        (Some((_, width)), Width::Absolute(_, unit)) => Width::Absolute(*width, unit),
        (Some((_, width)), _) => Width::Relative(*width),
        (None, usual) => usual,
    }
}

/// Reads "key=value" widths and refuses keys that nothing is known of.
fn parse(widths: &[String]) -> Result<Vec<(String, f64)>, WidthError> {
    let known: Vec<String> = OF_MATERIAL
        .iter()
        .map(|(key, _)| format!("material.{key}"))
        .chain(OF_CASE.iter().map(|(key, _)| (*key).to_owned()))
        .collect();
    widths
        .iter()
        .map(|given| {
            let refuse = |reason: String| WidthError {
                given: given.clone(),
                reason,
            };
            let (key, value) = given
                .split_once('=')
                .ok_or_else(|| refuse("a key and its standard deviation, e.g. pore.diameter_nm=0.03".into()))?;
            if !known.iter().any(|one| one == key.trim()) {
                return Err(refuse(format!("`{key}` is not among {}", known.join(", "))));
            }
            match value.trim().parse::<f64>() {
                Ok(width) if width >= 0.0 && width.is_finite() => Ok((key.trim().to_owned(), width)),
                _ => Err(refuse("0 or a positive number: a share of the value, ° for an angle, K for a temperature".into())),
            }
        })
        .collect()
}

/// What may be off in `material`: its covariance, and what that does not hold by stated widths, which `widths` ("material.key=value") change.
///
/// # Errors
/// [`WidthError`].
pub fn of_material(
    material: &Material,
    widths: &[String],
) -> Result<Vec<Source<Material>>, WidthError> {
    let given = parse(widths)?;
    let mut found = Vec::new();
    if let Some(covariance) = material.covariance.clone() {
        let factor = covariance.factor();
        found.push(Source {
            name: "what was fitted to lengths".to_owned(),
            width: Width::Covariance,
            dimensions: covariance.keys.len(),
            change: Box::new(move |material: &Material, normal: &[f64]| {
                let off = &factor * DVector::from_column_slice(normal);
                let numbers = covariance.keys.iter().zip(off.iter()).map(|(key, off)| {
                    let (key, logarithmic) = plain_key(key);
                    let value = material.number(key)?;
                    Some((
                        key,
                        if logarithmic {
                            value * off.exp()
                        } else {
                            value + off
                        },
                    ))
                });
                valid(material, numbers.collect::<Option<Vec<_>>>()?)
            }),
        });
    }
    for (key, usual) in OF_MATERIAL {
        let covered = material.covariance.as_ref().is_some_and(|one| one.has(key));
        let width = changed(&format!("material.{key}"), usual, &given);
        if covered || material.number(key).is_none() {
            continue;
        }
        found.push(Source {
            name: format!(
                "material.{key}{}",
                if material.is_assumed(key) {
                    " (assumed)"
                } else {
                    ""
                }
            ),
            width,
            dimensions: 1,
            change: Box::new(move |material: &Material, normal: &[f64]| {
                let value = material.number(key)?;
                valid(material, vec![(key, off(value, width, normal[0]))])
            }),
        });
    }
    Ok(found)
}

fn off(value: f64, width: Width, normal: f64) -> f64 {
    match width {
        Width::Relative(share) => value * (share * normal).exp(),
        Width::Absolute(width, _) => value + width * normal,
        Width::Covariance => value,
    }
}

/// The material with other numbers; none if it breaks its rules.
fn valid(material: &Material, numbers: Vec<(&str, f64)>) -> Option<Material> {
    let mut changed = material.with_numbers(numbers)?;
    // It was drawn from, and need not be checked again for every draw.
    changed.covariance = None;
    changed.violations().is_empty().then_some(changed)
}

/// What may be off in a case: its material, the mold and the press.
///
/// # Errors
/// [`WidthError`].
pub fn sources(
    loaded: &LoadedCase,
    widths: &[String],
) -> Result<Vec<Source<LoadedCase>>, WidthError> {
    let mut found: Vec<Source<LoadedCase>> = of_material(&loaded.material, widths)?
        .into_iter()
        .map(|source| {
            let change = source.change;
            Source {
                name: source.name,
                width: source.width,
                dimensions: source.dimensions,
                change: Box::new(move |loaded: &LoadedCase, normal: &[f64]| {
                    Some(LoadedCase {
                        material: change(&loaded.material, normal)?,
                        ..loaded.clone()
                    })
                }) as Change<LoadedCase>,
            }
        })
        .collect();
    let given = parse(widths)?;
    for (key, usual) in OF_CASE {
        let width = changed(key, usual, &given);
        // A schedule has no one number; it is taken as it is.
        if number_of(&mut loaded.clone(), key).is_none() {
            continue;
        }
        found.push(Source {
            name: key.to_owned(),
            width,
            dimensions: 1,
            change: Box::new(move |loaded: &LoadedCase, normal: &[f64]| {
                let mut changed = loaded.clone();
                let number = number_of(&mut changed, key)?;
                *number = off(*number, width, normal[0]);
                Some(changed)
            }),
        });
    }
    Ok(found)
}

/// One of the numbers of [`OF_CASE`].
fn number_of<'a>(loaded: &'a mut LoadedCase, key: &str) -> Option<&'a mut f64> {
    let (case, mesh) = (&mut loaded.case, &mut loaded.mesh);
    match key {
        "mesh.cell_radius" => Some(&mut mesh.cell_radius),
        "pore.diameter_nm" => Some(&mut case.pore.diameter_nm),
        "process.temperature_C" => case.process.temperature_C.as_mut(),
        "process.pressure_GPa" => case.process.pressure_GPa.as_mut(),
        _ => case.process.time_s.as_mut(),
    }
}
