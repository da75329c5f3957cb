//! Steps as rows of `history.csv` and as points of the length plot.

use crate::output::HistoryRow;
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, celsius};
use crate::simulation::Step;

/// Time (s) and length (nm) of a step.
pub(super) fn point(step: &Step) -> (f64, f64) {
    (step.conditions.time, step.length / NANOMETRE)
}

/// The row of a step.
pub(super) fn row(step: &Step) -> HistoryRow {
    let scales = &step.conditions.scales;
    let [core_share, layer_share] = step.shares();
    let [tip, contact] = step.tip_and_contact();
    let cubic_nm = NANOMETRE.powi(3);
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
        driving_pressure_GPa: step.conditions.driving_pressure / GIGAPASCAL,
        lambda: scales.lambda(),
        length_over_radius: step.length / scales.radius,
        newtonian_viscosity_Pa_s: scales.newtonian_viscosity,
        core_share,
        layer_share,
        mass_defect: step.mass_defect,
        cycles: step.cycles as u32,
        residual: step.statistics.residuals.last().copied().unwrap_or(0.0),
        step_s: step.step,
        step_error: step.step_error,
    }
}
