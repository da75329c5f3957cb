//! Steps as rows of `history.csv` and as points of the length plot.

use crate::case::LoadedCase;
use crate::output::HistoryRow;
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, celsius};
use crate::simulation::Step;

/// Time (s) and length (nm) of a step.
pub(super) fn point(step: &Step) -> (f64, f64) {
    (step.conditions.time, step.length / NANOMETRE)
}

/// Columns of `history.csv` that not every run has: τ_w/τ₀ where the material gives an activation volume.
pub(super) fn columns(loaded: &LoadedCase) -> Vec<String> {
    match has_stress_scale(loaded) {
        true => vec!["stress_ratio".to_owned()],
        false => Vec::new(),
    }
}

/// Their values.
pub(super) fn values(loaded: &LoadedCase, step: &Step) -> Vec<f64> {
    match has_stress_scale(loaded) {
        true => vec![step.load().stress_ratio],
        false => Vec::new(),
    }
}

fn has_stress_scale(loaded: &LoadedCase) -> bool {
    let volume = &loaded.material.viscosity.shear_activation_volume_A3;
    volume.is_some()
}

/// The row of a step.
pub(super) fn row(step: &Step) -> HistoryRow {
    let scales = &step.conditions.scales;
    let [core_share, layer_share] = step.shares();
    let [tip, contact] = step.tip_and_contact();
    let cubic_nm = NANOMETRE.powi(3);
    let load = step.load();
    HistoryRow {
        time_s: step.conditions.time,
        length_nm: step.length / NANOMETRE,
        tip_length_nm: tip / NANOMETRE,
        contact_length_nm: contact / NANOMETRE,
        shape_error_nm: step.shape_error / NANOMETRE,
        rate_nm_per_s: step.rate / NANOMETRE,
        core_flow_nm3_per_s: step.core_flow / cubic_nm,
        layer_flow_nm3_per_s: step.layer_flow / cubic_nm,
        pressure_GPa: step.conditions.pressure / GIGAPASCAL,
        temperature_C: celsius(step.conditions.temperature),
        fictive_temperature_C: celsius(step.conditions.fictive_temperature),
        driving_pressure_GPa: step.conditions.driving_pressure / GIGAPASCAL,
        lambda: scales.lambda(),
        length_over_radius: step.length / scales.radius,
        newtonian_viscosity_Pa_s: scales.newtonian_viscosity,
        wall_shear_stress_GPa: load.wall_stress / GIGAPASCAL,
        wall_shear_rate_per_s: load.wall_rate,
        shear_per_relaxation: load.shear_per_relaxation,
        core_share,
        layer_share,
        mass_defect: step.mass_defect,
        cycles: step.cycles as u32,
        residual: step.statistics.residuals.last().copied().unwrap_or(0.0),
        step_s: step.step,
        step_error: step.step_error,
    }
}
