//! `nanomold scaling`.

mod plots;
mod tables;

use super::failure::Failure;
use crate::calibrate::data::far_outside;
use crate::calibrate::report;
use crate::case;
use crate::cli::folder::ReportFolder;
use crate::experiments::{self, Experiment, SAME_TEMPERATURE_K};
use crate::input::InputError;
use crate::materials::Material;
use crate::physics::constants::{NANOMETRE, kelvin};
use crate::reduced::{CaseError, Entrance, Molding, Table};
use crate::scaling::{Group, Verdict, groups};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Scaling {
    /// Measured lengths: d_nm, T_C, p_GPa, t_s, L_nm, with these or other units in the names (docs/calibration.md)
    #[arg(value_name = "DATA.csv")]
    data: PathBuf,
    /// Material file: adds L/√(pt) against d/√η, and what the reduced model says
    #[arg(long, value_name = "FILE")]
    material: Option<PathBuf>,
    /// Radius R_c of the feedstock cell in pore radii, for the model
    #[arg(long, default_value_t = 2.5)]
    cell_radius: f64,
    /// Temperatures that differ by no more than this (K) from one to the next count as one
    #[arg(long, value_name = "KELVIN", default_value_t = SAME_TEMPERATURE_K)]
    same_temperature: f64,
    /// Folder for tables and plots [default: out/scaling_<name of the table>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Overwrite an earlier evaluation
    #[arg(long)]
    force: bool,
}

/// The table that says that an evaluation is there.
const TRANSITIONS: &str = "transitions.csv";

/// Material and mold, for what the model says.
struct Model {
    material: Material,
    entrance: Entrance,
}

impl Scaling {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let data = experiments::read(&self.data)?.within(self.same_temperature);
        let model = match &self.material {
            None => None,
            Some(path) => {
                let mut material = case::load_material(path, &[])?;
                super::without_laws_of_pressure(&mut material, path);
                super::require_interface(&material, path)?;
                let table = Table::shipped().map_err(CaseError::from)?;
                let entrance = Entrance::new(table, self.cell_radius).map_err(CaseError::from)?;
                Some(Model { material, entrance })
            }
        };
        if let Some(model) = &model {
            let rows = data.rows().iter();
            let problems = rows.filter_map(|row| far_outside(&data, row, &model.material));
            if let Some(error) = InputError::from_problems(problems.collect()) {
                return Err(error.into());
            }
        }
        let groups = groups(data.rows(), self.same_temperature);
        let stem = self.data.file_stem().unwrap_or_default().to_string_lossy();
        let out =
            (self.out.clone()).unwrap_or_else(|| Path::new("out").join(format!("scaling_{stem}")));
        let folder = ReportFolder::create(&out, TRANSITIONS, self.force)?;
        tables::points(&folder, &groups, model.as_ref())?;
        tables::transitions(&folder, &groups, model.as_ref())?;
        tables::alternatives(&folder, &groups)?;
        self.plots(&folder, &groups, model.as_ref())?;
        let mut text: String = (report::reading(&data).iter())
            .map(|line| format!("{line}\n"))
            .collect();
        for group in &groups {
            text += &summary(group, model.as_ref());
        }
        for group in &groups {
            let issues = model.iter().flat_map(|model| {
                let at = kelvin(group.celsius);
                model.material.extrapolations(at)
            });
            text.extend(issues.map(|issue| format!("warning: {issue}\n")));
        }
        text += &format!("tables and plots in {}\n", folder.path().display());
        folder.commit()?;
        super::print(format_args!("{text}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Narrowest and widest pore of a group in nm.
fn ends(group: &Group) -> [f64; 2] {
    let of = |e: Option<&&Experiment>| e.map_or(f64::NAN, |e| e.d_nm);
    [of(group.experiments.first()), of(group.experiments.last())]
}

/// The press of most of a group's experiments; they share one in the paper.
fn typical(group: &Group) -> Experiment {
    group.experiments[group.experiments.len() / 2].clone()
}

/// d/√η in m Pa^(−1/2) s^(−1/2), with the apparent viscosity.
fn collapse_variable(e: &Experiment, material: &Material) -> f64 {
    e.diameter()
        / material
            .apparent_viscosity(e.temperature(), e.time())
            .sqrt()
}

/// The molding of an experiment in a pore of another diameter.
fn molding(model: &Model, e: &Experiment, diameter: f64) -> Molding {
    let material = &model.material;
    let temperature = e.temperature();
    // A wire whose length at the start is not given began at the mold face, as for `calibrate`.
    let aspect = e.L0_nm.unwrap_or(0.0) / e.d_nm;
    Molding {
        diameter,
        newtonian_viscosity: material.newtonian_viscosity(temperature, e.time()),
        layer_conductivity: material.layer_conductivity(temperature),
        atomic_volume: material.atomic_volume(),
        temperature,
        pressure: e.pressure(),
        gas_pressure: 0.0,
        wetting_tension: material.surface_tension() * material.contact_angle().cos(),
        time: e.time(),
        initial_length: aspect * diameter,
    }
}

/// L/√(pt) by the model, in SI.
fn modelled(model: &Model, e: &Experiment, nm: f64) -> f64 {
    let growth = molding(model, e, nm * NANOMETRE).growth(&model.entrance);
    growth.length / (e.pressure() * e.time()).sqrt()
}

/// d_c in nm by Eq. (3) and by equal volumes, at a group's press.
fn model_diameters(group: &Group, model: &Model) -> [Option<f64>; 2] {
    let e = typical(group);
    let here = molding(model, &e, e.diameter());
    [
        Some(here.critical_diameter_of_conductances()),
        here.critical_diameter(&model.entrance),
    ]
    .map(|d| d.map(|d| d / NANOMETRE))
}

/// The exponent of all points, where it is known.
fn all(group: &Group) -> String {
    let exponent = group.transition.exponent;
    exponent.map_or(String::new(), |[slope, sigma]| {
        format!(" (L ~ d^({slope:.2} ± {sigma:.2}))")
    })
}

fn verdict(group: &Group) -> String {
    let [first, last] = ends(group);
    match group.transition.verdict {
        Verdict::Crossing {
            diameter,
            log_sigma,
        } => {
            let nm = diameter / NANOMETRE;
            format!(
                "d_c = {nm:.1} ± {:.1} nm (crossing of the laws)",
                nm * log_sigma
            )
        }
        Verdict::Only(crate::scaling::Law::Flow) => {
            format!("flow at every diameter{}: d_c below {first} nm", all(group))
        }
        Verdict::Only(crate::scaling::Law::Diffusion) => {
            format!(
                "diffusion at every diameter{}: d_c above {last} nm",
                all(group)
            )
        }
        Verdict::Within {
            diameter,
            log_sigma,
        } => {
            let nm = diameter / NANOMETRE;
            format!(
                "d_c = {nm:.1} ± {:.1} nm, between {first} and {last} nm (both laws added; too few diameters for a law of their own on either side)",
                nm * log_sigma
            )
        }
        Verdict::Unclear => match group.transition.exponent {
            Some([slope, sigma]) => format!(
                "neither flow (L ~ d) nor diffusion (L ~ d^(-1/2)): the lengths go with d^({slope:.2} ± {sigma:.2})"
            ),
            None => "the lengths follow neither law".to_string(),
        },
        Verdict::TooFew => "one diameter says nothing about the scaling".to_string(),
    }
}

fn summary(group: &Group, model: Option<&Model>) -> String {
    let mut text = format!("{:6} °C  {}", group.celsius, verdict(group));
    let exponent = |law: Option<crate::scaling::PowerLaw>| {
        law.and_then(|law| Some((law.law, law.free_exponent?)))
            .map(|(law, [slope, sigma])| {
                format!("; {} exponent {slope:.2} ± {sigma:.2}", law.name())
            })
            .unwrap_or_default()
    };
    text += &exponent(group.transition.flow);
    text += &exponent(group.transition.diffusion);
    if let (Verdict::Crossing { .. }, Some(both)) =
        (group.transition.verdict, group.transition.additive)
        && both.log_sigma.is_finite()
    {
        let nm = both.diameter / NANOMETRE;
        text += &format!(
            "; both laws added: d_c = {nm:.1} ± {:.1} nm",
            nm * both.log_sigma
        );
    }
    if let Some(model) = model {
        let nm = |d: Option<f64>| d.map_or("none".to_string(), |d| format!("{d:.1} nm"));
        let [eq3, volumes] = model_diameters(group, model);
        let e = typical(group);
        let eta = model
            .material
            .newtonian_viscosity(e.temperature(), e.time());
        text += &format!(
            "; {}: Eq. (3) {}, equal volumes {} (newtonian viscosity {eta:.2e} Pa·s)",
            model.material.name,
            nm(eq3),
            nm(volumes)
        );
    }
    text + "\n"
}
