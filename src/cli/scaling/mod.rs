//! `nanomold scaling`.

mod plots;
mod tables;

use super::failure::Failure;
use super::folder::ReportFolder;
use crate::calibrate::data::far_outside;
use crate::case;
use crate::experiments::{self, Experiment};
use crate::input::InputError;
use crate::materials::Material;
use crate::physics::constants::{NANOMETRE, kelvin};
use crate::reduced::{CaseError, Entrance, Molding, Table};
use crate::scaling::{Group, Verdict, groups};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Scaling {
    /// Measured lengths: CSV with d_nm, T_C, p_GPa, t_s, L_nm (and sigma_nm, L0_nm)
    #[arg(value_name = "DATA.csv")]
    data: PathBuf,
    /// Material file: adds L/√(pt) against d/√η, and what the reduced model says
    #[arg(long, value_name = "FILE")]
    material: Option<PathBuf>,
    /// Radius R_c of the feedstock cell in pore radii, for the model
    #[arg(long, default_value_t = 2.5)]
    cell_radius: f64,
    /// Folder for tables and plots
    #[arg(long, value_name = "DIR", default_value = "out/scaling")]
    out: PathBuf,
    /// Overwrite earlier tables and plots
    #[arg(long)]
    force: bool,
}

/// Material and mold, for what the model says.
struct Model {
    material: Material,
    entrance: Entrance,
}

/// Unit of L/√(pt) in tables and plots: nm GPa^(−1/2) s^(−1/2) in m Pa^(−1/2) s^(−1/2).
const NORMALISED: f64 = 1e-9 / 31_622.776_601_683_793;

/// The table that says that there is an evaluation.
const TABLE: &str = "scaling.csv";

impl Scaling {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let data = experiments::read(&self.data)?;
        let model = match &self.material {
            None => None,
            Some(path) => {
                let material = case::load_material(path, &[])?;
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
        let groups = groups(data.rows());
        let folder = ReportFolder::create(&self.out, TABLE, self.force)?;
        folder.text(TABLE, &tables::points_csv(&groups, model.as_ref()))?;
        folder.text(
            "transitions.csv",
            &tables::transitions_csv(&groups, model.as_ref()),
        )?;
        self.plots(&folder, &groups, model.as_ref())?;
        let mut text = String::new();
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
        text += &format!("tables and plots in {}\n", self.out.display());
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
            format!("flow at every diameter: d_c below {first} nm")
        }
        Verdict::Only(crate::scaling::Law::Diffusion) => {
            format!("diffusion at every diameter: d_c above {last} nm")
        }
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
