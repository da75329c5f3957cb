//! The length plot of a run: simulation against the paper's closed forms.

use crate::case::{FrontModel, LoadedCase, Model};
use crate::output::{Curve, LengthPlot};
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, celsius};
use crate::physics::{Schedule, length_eq1, length_eq2, length_hagen_poiseuille, length_long_pore};

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
        panels: panels(loaded, end.0),
    }
}

/// Temperature and pressure where they vary, up to the time `end`.
fn panels(loaded: &LoadedCase, end: f64) -> Vec<Curve> {
    let panel = |label: &str, schedule: Schedule, value: &dyn Fn(f64) -> f64| {
        let corners = std::iter::successors(Some(0.0), |&time| {
            (time < end).then(|| {
                schedule
                    .next_corner(time)
                    .map_or(end, |corner| corner.min(end))
            })
        });
        (!schedule.is_constant()).then(|| Curve {
            label: label.to_string(),
            points: corners
                .map(|time| (time, value(schedule.value(time))))
                .collect(),
        })
    };
    let case = &loaded.case;
    [
        panel("T (°C)", case.temperature(), &celsius),
        panel("p (GPa)", case.pressure(), &|p| p / GIGAPASCAL),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn closed_forms(loaded: &LoadedCase, kelvin: f64, first: f64, last: f64) -> Vec<Curve> {
    let LoadedCase { case, material, .. } = loaded;
    let diameter = case.diameter();
    let drive = case.driving_pressure(material, 0.0);
    let eta = case.newtonian_viscosity(material, kelvin);
    let mobility = case.layer_mobility(material, kelvin);
    let conductivity = case.interface.diffusivity_factor * material.layer_conductivity(kelvin);
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
