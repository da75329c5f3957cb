//! `nanomold properties`.

use super::failure::Failure;
use super::folder::{ReportFolder, cell};
use super::properties_plots::charts;
use super::uncertainty::{self, UncertaintyChoice};
use crate::calibrate::facts::{FactFile, largest_critical_diameter};
use crate::calibrate::stated::{Comparison, compare};
use crate::calibrate::statistics::percentiles;
use crate::case::load_material;
use crate::materials::Material;
use crate::physics::constants::{NANOMETRE, celsius, kelvin};
use crate::uncertainty::{CONFIDENCE, Source, drawn, of_material, propagate};
use clap::Args;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A law of a material over the temperature in K.
type Law<'a> = &'a dyn Fn(&Material, f64) -> f64;

#[derive(Debug, Args)]
pub(super) struct Properties {
    /// Material file
    #[arg(value_name = "MATERIAL")]
    material: PathBuf,
    /// Duration of the experiment in s; sets the kinetic glass transitions
    #[arg(long, value_name = "SECONDS", default_value_t = 36_000.0)]
    time: f64,
    /// Lowest temperature in °C [default: the material's]
    #[arg(long, value_name = "CELSIUS", allow_negative_numbers = true)]
    from: Option<f64>,
    /// Highest temperature in °C [default: the material's]
    #[arg(long, value_name = "CELSIUS")]
    to: Option<f64>,
    /// Step of the table in K
    #[arg(long, value_name = "KELVIN", default_value_t = 1.0)]
    step: f64,
    /// Facts to print beside what the material gives [default: ../facts/<name of the material file>, where it exists]
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// Output folder [default: out/properties_<name of the material file>]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Overwrite an earlier table
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    uncertainty: UncertaintyChoice,
    #[command(flatten)]
    overrides: super::Overrides,
}

const TABLE: &str = "properties.csv";
const HEADER: [&str; 13] = [
    "T_C",
    "eta_newtonian_Pa_s",
    "eta_apparent_Pa_s",
    "eta_equilibrium_newtonian_Pa_s",
    "D_interface_m2_per_s",
    "inverse_D_interface_s_per_m2",
    "delta_D_interface_m3_per_s",
    "d_c_nm",
    "tau_bulk_s",
    "tau_interface_s",
    "D_bulk_m2_per_s",
    "D_stokes_einstein_m2_per_s",
    "extrapolated",
];
impl Properties {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let material = load_material(&self.material, &self.overrides.set)?;
        let grid = self.grid(&material)?;
        let facts = self.facts()?;
        let draws = self.uncertainty.draws()?;
        let sources = of_material(&material, &self.uncertainty.widths)?;
        let stem = self
            .material
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy();
        let out = self
            .out
            .clone()
            .unwrap_or_else(|| Path::new("out").join(format!("properties_{stem}")));
        let folder = ReportFolder::create(&out, TABLE, self.force)?;
        let rows: Vec<Vec<String>> = grid.iter().map(|&at| self.row(&material, at)).collect();
        folder.table(TABLE, &HEADER, &rows)?;
        let mut plots = 0;
        for (name, chart) in charts(&material, &grid, self.time, facts.as_ref()) {
            plots += u32::from(folder.chart(name, &chart)?);
        }
        let mut text = self.derived(&material);
        if let Some(count) = draws {
            text += &self.uncertain(&folder, &material, &sources, &grid, count)?;
        }
        if let Some(facts) = &facts {
            text += &stated(&compare(&material, &facts.facts), &facts.source);
        }
        for range in material.law_ranges() {
            if let Some([low, high]) = range.celsius
                && [grid[0], grid[grid.len() - 1]]
                    .into_iter()
                    .any(|at| range.is_beyond(at))
            {
                let _ = writeln!(
                    text,
                    "warning: {} is extrapolated below {low} and above {high} °C (column `extrapolated`, grey in the plots)",
                    range.law
                );
            }
        }
        let _ = writeln!(
            text,
            "{} rows and {plots} plots in {}",
            rows.len(),
            folder.path().display()
        );
        folder.commit()?;
        super::print(format_args!("{text}"))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Writes `uncertainty.csv`, the intervals of η, δ D_I and d_c over the temperature, and says what causes that of d_c at T_g.
    fn uncertain(
        &self,
        folder: &ReportFolder,
        material: &Material,
        sources: &[Source<Material>],
        grid: &[f64],
        count: usize,
    ) -> Result<String, Failure> {
        let time = self.time;
        let (seed, all) = (
            self.uncertainty.seed,
            (0..sources.len()).collect::<Vec<_>>(),
        );
        let materials = drawn(material, sources, &all, count, seed);
        let laws: [Law; 3] = [
            &|material, t| material.newtonian_viscosity(t, time),
            &|material, t| material.layer_conductivity(t),
            &|material, t| d_c_nm(material, t, time),
        ];
        let names = ["eta_newtonian_Pa_s", "delta_D_interface_m3_per_s", "d_c_nm"];
        let mut header = vec!["T_C".to_owned()];
        header.extend(
            names
                .iter()
                .flat_map(|name| ["", "_low", "_high"].map(|end| format!("{name}{end}"))),
        );
        let rows: Vec<Vec<String>> = grid
            .iter()
            .map(|&at| {
                let t = kelvin(at);
                let mut row = vec![cell(at)];
                for law in laws {
                    let values = materials.iter().map(|one| law(one, t)).collect();
                    let [low, high] = percentiles(values, CONFIDENCE).unwrap_or([f64::NAN; 2]);
                    row.extend([law(material, t), low, high].map(cell));
                }
                row
            })
            .collect();
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        folder.table("uncertainty.csv", &header, &rows)?;
        let t = material.glass_transition();
        let d_c = |material: &Material| Some(d_c_nm(material, t, time));
        let found = propagate(material, sources, d_c, count, seed);
        let name = format!("d_c at T_g ({:.1} °C)", celsius(t));
        Ok(found.map_or(String::new(), |found| {
            uncertainty::lines(&name, "nm", &found)
        }))
    }

    /// Temperatures of the table in °C.
    fn grid(&self, material: &Material) -> Result<Vec<f64>, Failure> {
        let from = self.from.unwrap_or(material.T_min_C.value);
        let to = self.to.unwrap_or(material.T_max_C.value);
        let valid = self.step > 0.0 && self.time > 0.0 && self.time.is_finite() && from < to;
        let steps = (to - from) / self.step;
        if !valid || !steps.is_finite() || steps > 1e5 {
            return Err(Failure::Usage(format!(
                "--from {from} --to {to} --step {} --time {}: needs a range with at most 100000 steps and a positive time",
                self.step, self.time
            )));
        }
        if let Some(issue) = material
            .extrapolations_between(kelvin(from), kelvin(to))
            .into_iter()
            .find(|issue| issue.refused)
        {
            return Err(Failure::Usage(format!("{issue}: no law of it holds there")));
        }
        let mut grid: Vec<f64> = (0..=steps.floor() as u32)
            .map(|k| from + self.step * f64::from(k))
            .collect();
        if to - grid[grid.len() - 1] > 1e-9 {
            grid.push(to);
        }
        Ok(grid)
    }

    fn facts(&self) -> Result<Option<FactFile>, Failure> {
        let beside = || {
            let folder = self.material.parent()?.join("../facts");
            let path = folder.join(self.material.file_name()?);
            path.is_file().then_some(path)
        };
        match self.facts.clone().or_else(beside) {
            Some(path) => Ok(Some(FactFile::read(&path)?)),
            None => Ok(None),
        }
    }

    fn row(&self, material: &Material, at: f64) -> Vec<String> {
        let t = kelvin(at);
        let interface = material.interface_diffusivity(t);
        let equilibrium = material.equilibrium_newtonian_viscosity(t);
        let laws: Vec<&str> = material
            .extrapolations(t)
            .iter()
            .map(|issue| issue.law.unwrap_or("everything"))
            .collect();
        let numbers = [
            at,
            material.newtonian_viscosity(t, self.time),
            material.apparent_viscosity(t, self.time),
            equilibrium,
            interface,
            1.0 / interface,
            material.layer_conductivity(t),
            material.critical_diameter(t, self.time) / NANOMETRE,
            material.bulk_relaxation_time(t),
            material.interface_relaxation_time(t),
            material.bulk_diffusivity(t),
            if equilibrium.is_finite() {
                material.stokes_einstein_diffusivity(t)
            } else {
                f64::NAN
            },
        ];
        let mut row: Vec<String> = numbers.into_iter().map(cell).collect();
        row.push(laws.join("; "));
        row
    }

    /// The temperatures and lengths that follow, in words.
    fn derived(&self, material: &Material) -> String {
        let degrees = |at: Option<f64>| {
            at.map_or("nowhere".to_owned(), |at| format!("{:.1} °C", celsius(at)))
        };
        let (largest, at) = largest_critical_diameter(material, self.time);
        let lines = [
            (
                "bulk glass transition, τ_B = t",
                degrees(Some(material.bulk_glass_transition(self.time)).filter(|t| t.is_finite())),
            ),
            (
                "interface glass transition, τ_I = t",
                degrees(material.interface_glass_transition(self.time)),
            ),
            (
                "breakdown of Stokes–Einstein",
                degrees(material.stokes_einstein_breakdown()),
            ),
            (
                "largest d_c",
                match largest.is_finite() {
                    true => format!("{:.1} nm at {:.1} °C", largest / NANOMETRE, celsius(at)),
                    false => "not known".to_owned(),
                },
            ),
            (
                "fragility of the viscosity",
                format!("{:.1}", material.fragility()),
            ),
        ];
        let mut text = format!("{}, experiments of t = {} s\n", material.name, self.time);
        for (name, value) in lines {
            let _ = writeln!(text, "  {} {value}", padded(name, 38));
        }
        for range in material.law_ranges() {
            let known = match (range.celsius, range.assumed) {
                (Some([low, high]), false) => format!("known from {low} to {high} °C"),
                (Some([low, high]), true) => {
                    format!("not known; numbers are assumed, for {low} to {high} °C")
                }
                (None, false) => "no range stated".to_owned(),
                (None, true) => "not known; numbers are assumed".to_owned(),
            };
            let _ = writeln!(text, "  {} {known}", padded(range.law, 38));
        }
        text
    }
}

/// d_c in nm.
fn d_c_nm(material: &Material, temperature: f64, time: f64) -> f64 {
    material.critical_diameter(temperature, time) / NANOMETRE
}

/// `text` filled with blanks to `width` characters.
fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(missing))
}

/// Each fact beside what the material gives.
pub(super) fn stated(comparisons: &[Comparison], source: &str) -> String {
    let mut text = format!("beside what is stated ({source}):\n");
    for one in comparisons {
        let fact = &one.fact;
        let at = match (fact.T_C, fact.duration()) {
            (Some(at), Some(time)) => format!(" at {at} °C, {time} s"),
            (Some(at), None) => format!(" at {at} °C"),
            (None, Some(time)) => format!(" for {time} s"),
            (None, None) => String::new(),
        };
        let pore = fact.d_nm.map_or(String::new(), |d| format!(", d = {d} nm"));
        let found = one.found.map_or("none".to_owned(), |found| {
            let digits = crate::calibrate::material_file::digits(found, 4);
            format!("{digits} {}", one.quantity.unit)
                .trim_end()
                .to_owned()
        });
        let _ = writeln!(
            text,
            "  {} {} stated {}{}",
            padded(&format!("{}{at}{pore}", one.quantity.name), 56),
            padded(&found, 18),
            one.fact.stated(),
            if one.holds { "" } else { "   NOT MET" }
        );
    }
    text
}
