//! The length of a wire at stated conditions, as a material gives it by the reduced model.

use super::fact::Fact;
use crate::materials::Material;
use crate::physics::Schedule;
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, kelvin};
use crate::reduced::{Entrance, Molding, Table};
use std::sync::OnceLock;

/// Radius of the feedstock cell around a pore in pore radii, that of the shipped meshes.
const CELL_RADIUS: f64 = 2.5;

/// The entrance of that mold; none if the table that the program carries does not serve it.
fn entrance() -> Option<&'static Entrance> {
    static ENTRANCE: OnceLock<Option<Entrance>> = OnceLock::new();
    let built = ENTRANCE.get_or_init(|| Entrance::new(Table::shipped().ok()?, CELL_RADIUS).ok());
    built.as_ref()
}

/// Length in m that `material` gives for the conditions of `fact`, from an empty pore; none where they are not all there.
///
/// At one temperature the length of a Newtonian liquid follows from ∫p dt alone, over the times at which the press drives the front.
pub(super) fn length(material: &Material, fact: &Fact) -> Option<f64> {
    let diameter = fact.d_nm? * NANOMETRE;
    let temperature = kelvin(fact.T_C?);
    let time = fact.duration()?;
    let pressure = match (&fact.pressure_schedule, fact.pressure_GPa) {
        (Some(knots), _) => Schedule::piecewise_linear(knots.clone()),
        (None, pressure) => Schedule::constant(pressure?),
    };
    let molding = Molding {
        diameter,
        newtonian_viscosity: material.newtonian_viscosity(temperature, time),
        layer_conductivity: match material.interface {
            Some(_) => material.layer_conductivity(temperature),
            None => 0.0,
        },
        atomic_volume: material.atomic_volume(),
        temperature,
        pressure: 0.0,
        gas_pressure: 0.0,
        wetting_tension: material.surface_tension() * material.contact_angle().cos(),
        time,
        initial_length: 0.0,
    };
    let resistance = -molding.driving_pressure();
    let drive = mean_above(&pressure.map(|gpa| gpa * GIGAPASCAL), resistance, time);
    let molding = Molding {
        pressure: drive + resistance,
        ..molding
    };
    Some(molding.growth(entrance()?).length)
}

/// Mean over 0 … `end` of what `schedule` has above `threshold`.
fn mean_above(schedule: &Schedule, threshold: f64, end: f64) -> f64 {
    let (mut time, mut sum) = (0.0, 0.0);
    while time < end {
        let next = schedule
            .next_corner(time)
            .map_or(end, |corner| corner.min(end));
        let [from, to] = [time, next].map(|at| schedule.value(at) - threshold);
        // A straight piece: a trapezium, or the triangle of it that is above.
        sum += (next - time)
            * match (from > 0.0, to > 0.0) {
                (true, true) => 0.5 * (from + to),
                (false, false) => 0.0,
                _ => 0.5 * from.max(to).powi(2) / (to - from).abs(),
            };
        time = next;
    }
    sum / end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_drives_counts() {
        // The press of the paper: 0 → 0.35 in 30 s, 3 s hold; without a threshold (15 · 0.35 + 3 · 0.35)/33.
        let press = Schedule::piecewise_linear(vec![[0.0, 0.0], [30.0, 0.35], [33.0, 0.35]]);
        assert!((mean_above(&press, 0.0, 33.0) - 6.3 / 33.0).abs() < 1e-12);
        // Above 0.07 the ramp is a triangle of 24 s and 0.28.
        assert!(
            (mean_above(&press, 0.07, 33.0) - (0.5 * 24.0 * 0.28 + 3.0 * 0.28) / 33.0).abs()
                < 1e-12
        );
        assert_eq!(mean_above(&press, 0.4, 33.0), 0.0);
    }
}
