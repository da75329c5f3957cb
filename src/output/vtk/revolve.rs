//! A bulk frame revolved about the axis: a structured grid (`.vts`) for three-dimensional pictures.

use std::f64::consts::TAU;

use super::super::OutputError;
use super::flow::{FlowFrame, PRESSURE, SHEAR_STRESS, STRAIN_RATE, VELOCITY};
use super::xml::{Field, structured};

/// Revolves a frame into `sections` equal wedges (at least 3); the velocity is turned into Cartesian components at
/// each wedge's middle, the scalars are repeated.
pub(super) fn encode(frame: &FlowFrame, sections: usize) -> Result<Vec<u8>, OutputError> {
    if sections < 3 {
        return Err(OutputError::Shape {
            what: format!("a revolved frame needs at least 3 sections, not {sections}"),
        });
    }
    frame.validate()?;
    let angle = |step: f64| TAU * step / sections as f64;

    let mut points = Vec::new();
    for z in &frame.z_nodes_nm {
        for section in 0..=sections {
            // The seam repeats the first plane exactly.
            let (sin, cos) = angle((section % sections) as f64).sin_cos();
            points.extend(frame.r_nodes_nm.iter().map(|r| [r * cos, r * sin, *z]));
        }
    }

    let (nr, nz) = frame.cells();
    let mut velocity = Vec::with_capacity(nr * nz * sections);
    let velocities = frame.masked(&frame.velocity_m_per_s);
    for row in velocities.chunks(nr) {
        for section in 0..sections {
            let (sin, cos) = angle(section as f64 + 0.5).sin_cos();
            let turned = row.iter().map(|[radial, azimuthal, axial]| {
                let x = radial * cos - azimuthal * sin;
                let y = radial * sin + azimuthal * cos;
                [x, y, *axial]
            });
            velocity.extend(turned);
        }
    }

    let scalar = |name: &'static str, values: &[f64]| {
        let values = frame.masked(values);
        Field::scalar(name, repeat_rows(&values, nr, sections))
    };
    let fields = vec![
        Field::vector(VELOCITY, &velocity),
        scalar(PRESSURE, &frame.pressure_Pa),
        scalar(SHEAR_STRESS, &frame.shear_stress_Pa),
        scalar(STRAIN_RATE, &frame.strain_rate_per_s),
        Field::blanking(repeat_rows(&frame.active, nr, sections).into_iter()),
    ];
    structured([nr + 1, sections + 1, nz + 1], &points, fields)
}

/// Each row of `nr` values once per section.
fn repeat_rows<T: Copy>(values: &[T], nr: usize, sections: usize) -> Vec<T> {
    let rows = values.chunks(nr);
    rows.flat_map(|row| std::iter::repeat_n(row, sections).flatten().copied())
        .collect()
}
