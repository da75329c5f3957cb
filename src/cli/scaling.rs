//! `nanomold scaling`.

use super::failure::Failure;
use crate::calibrate::data::far_outside;
use crate::case;
use crate::experiments::{self, Experiment};
use crate::input::InputError;
use crate::materials::Material;
use crate::output::{
    ScatterPlot, ScatterSeries as Series, plots::MAX_SERIES, scatter_plot, write_atomic,
};
use crate::physics::constants::{NANOMETRE, kelvin};
use crate::reduced::{CaseError, Entrance, Molding, Table};
use crate::scaling::{Group, Point, Verdict, groups};
use clap::Args;
use std::path::{Path, PathBuf};
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
}

/// Material and mold, for what the model says.
struct Model {
    material: Material,
    entrance: Entrance,
}

/// Unit of L/√(pt) in tables and plots: nm GPa^(−1/2) s^(−1/2) in m Pa^(−1/2) s^(−1/2).
const NORMALISED: f64 = 1e-9 / 31_622.776_601_683_793;

/// Points of a model's curve.
const CURVE: usize = 60;

impl Scaling {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let data = experiments::read(&self.data)?;
        let model = match &self.material {
            None => None,
            Some(path) => Some(Model {
                material: case::load_material(path, &[])?,
                entrance: Entrance::new(
                    Table::shipped().map_err(CaseError::from)?,
                    self.cell_radius,
                )
                .map_err(CaseError::from)?,
            }),
        };
        if let Some(model) = &model {
            let rows = data.rows().iter();
            let problems = rows.filter_map(|row| far_outside(&data, row, &model.material));
            if let Some(error) = InputError::from_problems(problems.collect()) {
                return Err(error.into());
            }
        }
        let groups = groups(data.rows());
        let write = |name: &str, text: String| write_atomic(&self.out.join(name), text.as_bytes());
        std::fs::create_dir_all(&self.out).map_err(crate::output::OutputError::io(
            "create the folder",
            &self.out,
        ))?;
        write("scaling.csv", points_csv(&groups, model.as_ref()))?;
        write("transitions.csv", transitions_csv(&groups, model.as_ref()))?;
        self.plots(&groups, model.as_ref())?;
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

    fn plots(&self, groups: &[Group], model: Option<&Model>) -> Result<(), Failure> {
        let draw = |name: &str, plot: &ScatterPlot| {
            let [png, svg] = ["png", "svg"].map(|end| self.out.join(format!("{name}.{end}")));
            scatter_plot(&png, &svg, plot)
        };
        let name = self.data.file_name().unwrap_or(self.data.as_os_str());
        let subtitle = match model {
            None => "lines: fitted laws, L ~ d and L ~ d^(-1/2)".to_string(),
            Some(model) => format!(
                "lines: fitted laws, L ~ d and L ~ d^(-1/2); dashed: reduced model of {}",
                model.material.name
            ),
        };
        let label = |group: &Group| format!("{} °C", group.celsius);
        let all: Vec<Series> = groups
            .iter()
            .map(|group| Series {
                label: label(group),
                ..by_diameter(group, model)
            })
            .collect();
        // More temperatures than colours are drawn one by one only.
        for (part, series) in all.chunks(MAX_SERIES).enumerate() {
            let end = if part == 0 {
                String::new()
            } else {
                format!("_{}", part + 1)
            };
            draw(
                &format!("normalised_length{end}"),
                &ScatterPlot {
                    title: format!("{}: normalised length", Path::new(name).display()),
                    subtitle: subtitle.clone(),
                    axes: [
                        "diameter d (nm)".into(),
                        "L/√(pt) (nm GPa^(-1/2) s^(-1/2))".into(),
                    ],
                    series: series.to_vec(),
                    ..ScatterPlot::default()
                },
            )?;
            if let Some(model) = model {
                let collapsed = groups[part * MAX_SERIES..]
                    .iter()
                    .take(MAX_SERIES)
                    .map(|group| Series {
                        label: label(group),
                        points: collapsed(group, &model.material),
                        ..Series::default()
                    });
                let mut series: Vec<Series> = collapsed.collect();
                // Eq. (1) is one line for all temperatures: L/√(pt) = (d/√η)/√32.
                if let Some(first) = series.first_mut() {
                    let line = [1e-3, 1e6].map(|x| (x, eq1_line(x)));
                    first.dashed.push(line.to_vec());
                }
                draw(
                    &format!("collapse{end}"),
                    &ScatterPlot {
                        title: format!(
                            "{}: against the homogeneous flow",
                            Path::new(name).display()
                        ),
                        subtitle: "dashed: Eq. (1), L/√(pt) = d/√(32 η), apparent viscosity".into(),
                        axes: [
                            "d/√η (nm Pa^(-1/2) s^(-1/2) × 10⁶)".into(),
                            "L/√(pt) (nm GPa^(-1/2) s^(-1/2))".into(),
                        ],
                        series,
                        ..ScatterPlot::default()
                    },
                )?;
            }
        }
        for group in groups {
            let crossing = match (group.transition.verdict, &group.transition.flow) {
                (Verdict::Crossing { diameter, .. }, Some(flow)) => {
                    let height = flow.normalised(diameter) / NORMALISED;
                    vec![(diameter / NANOMETRE, height)]
                }
                _ => Vec::new(),
            };
            draw(
                &format!("length_{}C", group.celsius),
                &ScatterPlot {
                    title: format!("{} at {} °C", Path::new(name).display(), group.celsius),
                    subtitle: format!("{}; {subtitle}", verdict(group)),
                    axes: [
                        "diameter d (nm)".into(),
                        "L/√(pt) (nm GPa^(-1/2) s^(-1/2))".into(),
                    ],
                    series: vec![Series {
                        label: "measured".into(),
                        ..by_diameter(group, model)
                    }],
                    crossing,
                },
            )?;
        }
        Ok(())
    }
}

/// √η-scaled diameters are tiny in SI; with this factor their numbers are of the size of one.
const COLLAPSE: f64 = 1e6 / NANOMETRE;

/// Eq. (1) in the units of the collapse plot.
fn eq1_line(x: f64) -> f64 {
    x / COLLAPSE / 32f64.sqrt() / NORMALISED
}

/// Points, laws and the model's curve of one temperature over the diameter.
fn by_diameter(group: &Group, model: Option<&Model>) -> Series {
    let points = group
        .experiments
        .iter()
        .map(|e| {
            let y = e.normalised_length() / NORMALISED;
            (e.d_nm, y, e.sigma_nm.map_or(0.0, |s| y * s / e.L_nm))
        })
        .collect();
    let [first, last] = ends(group);
    let transition = &group.transition;
    let laws = [&transition.diffusion, &transition.flow];
    let curves = laws.into_iter().flatten().map(|law| {
        [0.7 * first, 1.4 * last]
            .map(|nm| (nm, law.normalised(nm * NANOMETRE) / NORMALISED))
            .to_vec()
    });
    let dashed = model.map(|model| {
        let typical = typical(group);
        (0..CURVE)
            .map(|k| first * (last / first).powf(k as f64 / (CURVE - 1) as f64))
            .map(|nm| (nm, modelled(model, &typical, nm) / NORMALISED))
            .collect()
    });
    Series {
        label: String::new(),
        points,
        curves: curves.collect(),
        dashed: dashed.into_iter().collect(),
    }
}

fn ends(group: &Group) -> [f64; 2] {
    let of = |e: Option<&&Experiment>| e.map_or(f64::NAN, |e| e.d_nm);
    [of(group.experiments.first()), of(group.experiments.last())]
}

/// The press of most of a group's experiments; they share one in the paper.
fn typical(group: &Group) -> Experiment {
    group.experiments[group.experiments.len() / 2].clone()
}

/// L/√(pt) against d/√η with the apparent viscosity, as Eq. (1) has it.
fn collapsed(group: &Group, material: &Material) -> Vec<(f64, f64, f64)> {
    group
        .experiments
        .iter()
        .map(|e| {
            let x = collapse_variable(e, material) * COLLAPSE;
            let y = e.normalised_length() / NORMALISED;
            (x, y, e.sigma_nm.map_or(0.0, |s| y * s / e.L_nm))
        })
        .collect()
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

fn points_csv(groups: &[Group], model: Option<&Model>) -> String {
    let mut text = String::from(
        "T_C,d_nm,p_GPa,t_s,L_nm,sigma_nm,normalised_length_nm_per_sqrt_GPa_s,regime,law_normalised_length_nm_per_sqrt_GPa_s",
    );
    if model.is_some() {
        text += ",d_per_sqrt_eta_m_per_sqrt_Pa_s,model_length_nm";
    }
    text += "\n";
    for group in groups {
        let transition = &group.transition;
        for e in &group.experiments {
            let law = if e.diameter() <= transition.divide {
                &transition.diffusion
            } else {
                &transition.flow
            };
            text += &format!(
                "{},{},{},{},{},{},{:.6e},{},{}",
                e.T_C,
                e.d_nm,
                e.p_GPa,
                e.t_s,
                e.L_nm,
                e.sigma_nm.map_or(String::new(), |s| s.to_string()),
                Point::of(e).normalised / NORMALISED,
                law.map_or("", |law| law.law.name()),
                law.map_or(String::new(), |law| format!(
                    "{:.6e}",
                    law.normalised(e.diameter()) / NORMALISED
                )),
            );
            if let Some(model) = model {
                let length = molding(model, e, e.diameter())
                    .growth(&model.entrance)
                    .length;
                text += &format!(
                    ",{:.6e},{:.4}",
                    collapse_variable(e, &model.material),
                    length / NANOMETRE
                );
            }
            text += "\n";
        }
    }
    text
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

fn transitions_csv(groups: &[Group], model: Option<&Model>) -> String {
    let mut text = String::from(
        "T_C,points,verdict,d_c_crossing_nm,d_c_crossing_sigma_nm,flow_points,flow_normalised_length_at_100nm,flow_exponent,\
         flow_exponent_sigma,diffusion_points,diffusion_normalised_length_at_100nm,diffusion_exponent,diffusion_exponent_sigma",
    );
    if model.is_some() {
        text += ",d_c_eq3_nm,d_c_equal_volumes_nm";
    }
    text += "\n";
    let optional = |value: Option<f64>| value.map_or(String::new(), |v| format!("{v:.5}"));
    for group in groups {
        let transition = &group.transition;
        let (name, crossing) = match transition.verdict {
            Verdict::Crossing {
                diameter,
                log_sigma,
            } => {
                let nm = diameter / NANOMETRE;
                ("crossing", [Some(nm), Some(nm * log_sigma)])
            }
            Verdict::Only(law) => (law.name(), [None, None]),
            Verdict::TooFew => ("too_few", [None, None]),
        };
        let mut cells = vec![
            group.celsius.to_string(),
            group.experiments.len().to_string(),
            name.to_string(),
        ];
        cells.extend(crossing.map(optional));
        for law in [&transition.flow, &transition.diffusion] {
            cells.push(law.map_or(0, |law| law.points).to_string());
            cells.push(optional(law.map(|law| law.normalised(100e-9) / NORMALISED)));
            let free = law.and_then(|law| law.free_exponent);
            cells.push(optional(free.map(|[slope, _]| slope)));
            cells.push(optional(free.map(|[_, sigma]| sigma)));
        }
        if let Some(model) = model {
            cells.extend(model_diameters(group, model).map(optional));
        }
        text += &(cells.join(",") + "\n");
    }
    text
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
