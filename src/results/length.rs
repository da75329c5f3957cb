//! The length plot of a run: simulation against the paper's closed forms.

use crate::case::{FrontModel, LoadedCase, Model};
use crate::output::{Curve, LengthPlot, Panel};
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, celsius};
use crate::physics::{length_eq1, length_eq2, length_hagen_poiseuille, length_long_pore};
use crate::simulation::{Conditions, Process};

/// Points of a reference curve.
const POINTS: usize = 60;

/// Builds the plot from the simulated points (s, nm). The closed forms hold for constant conditions; a run with
/// schedules is drawn without them.
pub(super) fn length_plot(loaded: &LoadedCase, points: Vec<(f64, f64)>) -> LengthPlot {
    let LoadedCase { case, material, .. } = loaded;
    let (temperature, pressure) = (case.temperature(), case.pressure());
    let kelvin = temperature.value(0.0);
    let end = points.last().copied().unwrap_or_default();
    let constant = temperature.is_constant() && pressure.is_constant();
    let conditions = if constant {
        format!(
            "{:.0} °C, {} GPa",
            celsius(kelvin),
            pressure.value(0.0) / GIGAPASCAL
        )
    } else {
        "temperature and pressure by schedule".to_string()
    };
    // The start itself, at t = 0, has no place on a logarithmic axis.
    let first = points.get(1).map_or(end.0, |p| p.0);
    let references = if constant {
        closed_forms(loaded, kelvin, first, end.0)
    } else {
        Vec::new()
    };
    let times: Vec<f64> = points.iter().map(|point| point.0).collect();
    let panels = panels(loaded, &times);
    LengthPlot {
        title: format!("{}: length of the wire", case.name),
        subtitle: format!(
            "{}, d = {} nm, {conditions}: L = {:.1} nm after {} s",
            material.name, case.pore.diameter_nm, end.1, end.0
        ),
        simulated: Curve {
            label: match (case.model, case.front_model()) {
                (Model::Full, FrontModel::Flat) => "simulation (flat front)".into(),
                (Model::Full, FrontModel::Free) => "simulation (free front)".into(),
                (Model::Reduced, _) => "reduced model (flat front)".into(),
            },
            points,
        },
        references,
        // A schedule is read on even axes.
        linear: !constant,
        panels,
    }
}

/// Temperature with the fictive one, pressure and viscosity where they vary, at the `times` of the steps and at the corners between.
fn panels(loaded: &LoadedCase, times: &[f64]) -> Vec<Panel> {
    let case = &loaded.case;
    let (temperature, pressure) = (case.temperature(), case.pressure());
    let process = Process::new(loaded);
    let end = times.last().copied().unwrap_or(0.0);
    let corners = std::iter::successors(Some(0.0), |&time| process.next_corner(time));
    let mut all: Vec<f64> = corners
        .take_while(|time| *time < end)
        .chain(times.iter().copied())
        .collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    let moments: Vec<Conditions> = all.iter().map(|&time| process.at(time)).collect();
    let line = |value: &dyn Fn(&Conditions) -> f64| -> Vec<(f64, f64)> {
        moments.iter().map(|at| (at.time, value(at))).collect()
    };
    let mut panels = Vec::new();
    if !temperature.is_constant() {
        panels.push(Panel {
            label: "T, T_f (°C)".to_owned(),
            lines: vec![
                line(&|at| celsius(at.temperature)),
                line(&|at| celsius(at.fictive_temperature)),
            ],
        });
    }
    if !pressure.is_constant() {
        panels.push(Panel {
            label: "p (GPa)".to_owned(),
            lines: vec![line(&|at| at.pressure / GIGAPASCAL)],
        });
    }
    if !temperature.is_constant() {
        panels.push(Panel {
            label: "lg η (Pa·s)".to_owned(),
            lines: vec![line(&|at| at.scales.newtonian_viscosity.log10())],
        });
    }
    panels
}

fn closed_forms(loaded: &LoadedCase, kelvin: f64, first: f64, last: f64) -> Vec<Curve> {
    let LoadedCase { case, material, .. } = loaded;
    let diameter = case.diameter();
    let pressure = case.pressure().value(0.0);
    let drive = case.driving_pressure(material, 0.0);
    // The closed forms know one viscosity and one mobility along the pore: those on the mean over its pressures.
    let [thinner, easier] = Process::new(loaded).at(0.0).gains();
    let eta = case.newtonian_viscosity(material, kelvin, pressure) / thinner;
    let mobility = easier * case.layer_mobility(material, kelvin, pressure);
    let conductivity = easier * case.layer_conductivity(material, kelvin, pressure);
    let curve = |label: &str, length: &dyn Fn(f64) -> f64| Curve {
        label: label.into(),
        points: (0..POINTS)
            .map(|k| first * (last / first).powf(k as f64 / (POINTS - 1) as f64))
            .map(|t| (t, length(t) / NANOMETRE))
            .collect(),
    };
    vec![
        // With one and the same viscosity the two forms differ by √2; Eq. (1) with the apparent viscosity (half the
        // newtonian one) is the second curve again.
        curve("flow, Eq. (1) as printed: 32, newtonian η", &|t| {
            length_eq1(drive, t, diameter, eta)
        }),
        curve("flow, integrated: 16, newtonian η", &|t| {
            length_hagen_poiseuille(drive, t, diameter, eta)
        }),
        curve("diffusion, Eq. (2)", &|t| {
            length_eq2(
                drive,
                t,
                diameter,
                conductivity,
                material.atomic_volume(),
                kelvin,
            )
        }),
        curve("both in a long pore", &|t| {
            length_long_pore(drive, t, diameter, eta, mobility)
        }),
    ]
}
