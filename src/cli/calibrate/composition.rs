//! `nanomold calibrate --profile`.

use super::Calibrate;
use crate::calibrate::material_file::digits;
use crate::calibrate::species::{self, SpeciesFit, SpeciesKey, Wire, all_keys};
use crate::case;
use crate::cli::failure::Failure;
use crate::cli::folder::{ReportFolder, cell};
use crate::cli::progress::Solves;
use crate::experiments::{WireProfile, read_profile};
use crate::output::{Chart, Series, SeriesLook};
use crate::physics::constants::NANOMETRE;
use std::path::Path;
use std::process::ExitCode;

/// Confidence of the intervals.
const CONFIDENCE: f64 = 0.95;
/// Correlation from which two numbers are said to be known only together.
const TOGETHER: f64 = 0.9;
/// Parts of a chart that can be told apart.
const MOST_PARTS: usize = 5;
/// χ² per degree of freedom above which the model does not describe the profiles.
const POOR: f64 = 3.0;

/// The file that says that a fit is there already.
const SPECIES: &str = "species.toml";

impl Calibrate {
    pub(super) fn fit_to_profiles(&self) -> Result<ExitCode, Failure> {
        let needed = "--profile needs --case: how the wires were molded, and of what";
        let path = self
            .case
            .as_deref()
            .ok_or_else(|| Failure::Usage(needed.to_owned()))?;
        let mut wires = Vec::new();
        for file in &self.profile {
            wires.push(self.wire(path, read_profile(file)?)?);
        }
        let keys = self.keys(&wires)?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let out = self.out.clone();
        let out = out.unwrap_or_else(|| Path::new("out").join(format!("species_{stem}")));
        let folder = ReportFolder::create(&out, SPECIES, self.force)?;
        let style = "{bar:40} {pos} of {len} wires by the full solver, {elapsed} so far";
        let solves = Solves::new(folder.path(), style, 0);
        let found = species::fit(&wires, &keys, &solves)?;
        solves.clear();
        let lines = lines(&found, &wires);
        tables(&folder, &found, &wires)?;
        folder.text(SPECIES, &fragment(&found))?;
        for (index, wire) in wires.iter().enumerate() {
            folder.chart(
                &format!("profile_{}", index + 1),
                &chart(&found, wire, index),
            )?;
        }
        let text = lines.join("\n") + "\n";
        folder.text("report.txt", &text)?;
        folder.commit()?;
        solves.finish()?;
        crate::cli::print(format_args!("{text}{}\n", folder.path().display()))?;
        Ok(ExitCode::SUCCESS)
    }

    /// The wire of a profile: the case, with what the profile's table says was done.
    fn wire(&self, case: &Path, profile: WireProfile) -> Result<Wire, Failure> {
        let mut sets = self.overrides.set.clone();
        let stated = [
            ("pore.diameter_nm", profile.d_nm),
            ("process.temperature_C", profile.T_C),
            ("process.pressure_GPa", profile.p_GPa),
            ("process.time_s", profile.t_s),
        ];
        let given = stated
            .iter()
            .filter_map(|(key, value)| Some((key, (*value)?)));
        sets.extend(given.map(|(key, value)| format!("{key}={value}")));
        let loaded = case::load(case, &sets)?;
        super::require_interface(&loaded.material, case)?;
        let alloy = &loaded.material.composition;
        let elements = profile.parts.iter().flat_map(|part| part.elements());
        for element in elements {
            if !alloy.contains_key(element) {
                let known: Vec<&str> = alloy.keys().map(String::as_str).collect();
                return Err(Failure::Usage(format!(
                    "{}: {element} is not in the alloy of the case, which is made of {}",
                    profile.name,
                    known.join(", ")
                )));
            }
        }
        Ok(Wire::new(profile, loaded))
    }

    /// What is to be fitted.
    fn keys(&self, wires: &[Wire]) -> Result<Vec<SpeciesKey>, Failure> {
        let all = all_keys(&wires[0].loaded);
        let called = |key: &SpeciesKey| match key {
            SpeciesKey::Ratio { element, .. } => element.clone(),
            SpeciesKey::Exchange => "exchange".to_owned(),
            SpeciesKey::Spread => "spread".to_owned(),
        };
        if self.fit.is_empty() {
            return Ok(all);
        }
        let one = |name: &String| {
            let found = all.iter().find(|key| called(key) == *name);
            found.cloned().ok_or_else(|| {
                let names: Vec<String> = all.iter().map(called).collect();
                Failure::Usage(format!(
                    "--fit {name}: one or several of {}, with commas between them",
                    names.join(", ")
                ))
            })
        };
        self.fit.iter().map(one).collect()
    }
}

fn short(value: f64) -> String {
    digits(value, 4)
}

fn lines(found: &SpeciesFit, wires: &[Wire]) -> Vec<String> {
    let conditions = |wire: &Wire| {
        let process = &wire.loaded.case.process;
        format!(
            "{}: d = {} nm, {} °C, {} GPa, {} s, {} numbers",
            wire.profile.name,
            short(wire.loaded.case.pore.diameter_nm),
            process.temperature_C.map_or("varying".to_owned(), short),
            process.pressure_GPa.map_or("varying".to_owned(), short),
            short(wire.loaded.case.time()),
            wire.profile.points.len()
        )
    };
    let mut lines = vec![format!(
        "{} wires of {}, {} numbers, computed by the full solver ({} front, {} rounds)",
        wires.len(),
        wires[0].loaded.material.name,
        found.points.len(),
        wires[0].loaded.case.front_model().name(),
        found.rounds
    )];
    lines.extend(wires.iter().map(|wire| format!("  {}", conditions(wire))));
    let freedom = found.fit.degrees_of_freedom();
    let chi = found.fit.chi_squared() / freedom.max(1) as f64;
    lines.push(match found.scatter.degrees_of_freedom {
        None if chi > POOR => format!(
            "warning: χ² per degree of freedom is {chi:.2}: the stated errors are too small, or the model does not describe the profiles; the intervals are too narrow"
        ),
        None => format!("χ² per degree of freedom: {chi:.2}"),
        Some(_) => format!(
            "scatter of the fractions: {} ({freedom} degrees of freedom)",
            digits(found.scatter.value, 2)
        ),
    });
    if !found.settled {
        lines.push("warning: the rounds ended before the numbers stood still".to_owned());
    }
    lines.push(format!(
        "with {:.0} % intervals of the linearised model:",
        100.0 * CONFIDENCE
    ));
    for (index, key) in found.keys.iter().enumerate() {
        let [value, low, high] = found.interval(index, CONFIDENCE);
        lines.push(format!(
            "  {} = {} [{}, {}]",
            key.name(),
            short(value),
            digits(low, 3),
            digits(high, 3)
        ));
    }
    for (key, why) in &found.kept {
        lines.push(format!(
            "  {} is unidentifiable ({why}): it stays at {}",
            key.name(),
            short(key.value(&wires[0].loaded))
        ));
    }
    let correlations = found.correlations();
    for i in 0..found.keys.len() {
        for j in 0..i {
            let one = correlations[(i, j)];
            if one.abs() > TOGETHER {
                lines.push(format!(
                    "  {} and {} are known only together: their correlation is {one:.2}",
                    found.keys[j].name(),
                    found.keys[i].name()
                ));
            }
        }
    }
    lines
}

/// What goes into a material and a case.
fn fragment(found: &SpeciesFit) -> String {
    let (mut ratios, mut rest) = (String::new(), String::new());
    let mut over = None;
    for (index, key) in found.keys.iter().enumerate() {
        let [value, low, high] = found.interval(index, CONFIDENCE);
        let value = short(value);
        let interval = format!("95 % within {} and {}", digits(low, 3), digits(high, 3));
        match key {
            SpeciesKey::Ratio {
                element,
                over: scale,
            } => {
                over = Some(scale);
                ratios += &format!(
                    "{element} = {{ value = {value}, provenance = \"fitted\", note = \"calibrate --profile; {interval}\" }}\n"
                );
            }
            SpeciesKey::Exchange => {
                rest += &format!("# composition.exchange_factor = {value}   # {interval}\n")
            }
            SpeciesKey::Spread => rest += &format!("# front.spread_nm = {value}   # {interval}\n"),
        }
    }
    let mut text = "# What `nanomold calibrate --profile` found: these lines replace those of the same names in the material.\n".to_owned();
    if let Some(over) = over {
        text += "[interface.relative_diffusivity]\n";
        text +=
            &format!("{over} = {{ value = 1, provenance = \"derived\", note = \"the scale\" }}\n");
        text += &ratios;
    }
    if !rest.is_empty() {
        text += &format!("\n# In the case:\n{rest}");
    }
    text
}

fn tables(folder: &ReportFolder, found: &SpeciesFit, wires: &[Wire]) -> Result<(), Failure> {
    let errors = found.fit.standard_errors(found.scatter.value);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (index, key) in found.keys.iter().enumerate() {
        let [value, low, high] = found.interval(index, CONFIDENCE);
        let mut row = vec![key.name()];
        row.extend([value, low, high, errors[index]].map(cell));
        row.push("fitted".to_owned());
        rows.push(row);
    }
    for (key, why) in &found.kept {
        let mut row = vec![key.name(), cell(key.value(&wires[0].loaded))];
        row.extend(vec![String::new(); 3]);
        row.push(format!("kept: {why}"));
        rows.push(row);
    }
    let header = [
        "number",
        "value",
        "low",
        "high",
        "relative_standard_error",
        "status",
    ];
    folder.table("species.csv", &header, &rows)?;
    let correlations = found.correlations();
    let names: Vec<String> = found.keys.iter().map(SpeciesKey::name).collect();
    let rows: Vec<Vec<String>> = (names.iter().enumerate())
        .map(|(i, name)| {
            let cells = (0..names.len()).map(|j| cell(correlations[(i, j)]));
            std::iter::once(name.clone()).chain(cells).collect()
        })
        .collect();
    let header: Vec<&str> = std::iter::once("number")
        .chain(names.iter().map(String::as_str))
        .collect();
    folder.table("correlations.csv", &header, &rows)?;
    let rows: Vec<Vec<String>> = (found.points.iter())
        .map(|one| {
            let profile = &wires[one.wire].profile;
            let mut row = vec![
                profile.name.clone(),
                one.point.line.to_string(),
                cell(one.point.z_nm),
                profile.parts[one.point.part].name(),
            ];
            let sigma = one.point.sigma.unwrap_or(f64::NAN);
            row.extend([one.point.value, sigma, one.model, one.residual].map(cell));
            row
        })
        .collect();
    let header = [
        "wire",
        "line",
        "z_nm",
        "what",
        "measured",
        "sigma",
        "model",
        "residual_in_standard_deviations",
    ];
    folder.table("profiles.csv", &header, &rows)
}

/// Measured against fitted, along one wire.
fn chart(found: &SpeciesFit, wire: &Wire, index: usize) -> Chart {
    let composed = &found.composed[index];
    let length = composed.length / NANOMETRE;
    let stretch = wire.profile.L_nm.map_or(1.0, |measured| measured / length);
    let mut series = Vec::new();
    for (part, one) in wire.profile.parts.iter().enumerate().take(MOST_PARTS) {
        let measured = found
            .points
            .iter()
            .filter(|p| p.wire == index && p.point.part == part);
        let mut points = Series::new(one.name(), SeriesLook::Points(part), Vec::new());
        for point in measured {
            let (z, value) = (point.point.z_nm, point.point.value);
            let sigma = point.point.sigma.unwrap_or(0.0);
            points.points.push((z, value));
            points.bars.push((value - sigma, value + sigma));
        }
        let model = composed.sections.iter().map(|(z, _)| {
            let sum: f64 = match one.among.is_empty() {
                true => 1.0,
                false => one.among.iter().map(|other| composed.at(other, *z)).sum(),
            };
            (z * stretch, composed.at(&one.element, *z) / sum)
        });
        let model = Series::new(
            format!("{}, fitted", one.name()),
            SeriesLook::Line(part),
            model.collect(),
        );
        series.extend([points, model]);
    }
    Chart {
        title: format!("{}: measured against fitted", wire.profile.name),
        subtitle: format!(
            "{}, d = {} nm; lines: the fit",
            wire.loaded.material.name,
            short(wire.loaded.case.pore.diameter_nm)
        ),
        x_label: "distance from the root z (nm)".to_owned(),
        y_label: "fraction".to_owned(),
        series,
        ..Chart::default()
    }
}
