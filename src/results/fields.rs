//! Fields of one moment as frames for ParaView.

use crate::output::{FieldSeries, FlowFrame, FrontFrame, LayerFrame, OutputError};
use crate::physics::constants::NANOMETRE;
use crate::simulation::Fields;

/// Sections around the axis of a revolved frame.
const SECTIONS: usize = 48;

/// Adds a frame to the series, with `revolve` also turned to three dimensions.
pub(super) fn write(
    series: &mut FieldSeries,
    fields: Fields,
    revolve: bool,
) -> Result<(), OutputError> {
    let front = front_frame(&fields);
    let (flow, layer) = frames(fields);
    series.write(&flow, &layer)?;
    if let Some(front) = &front {
        series.write_front(front)?;
    }
    if revolve {
        series.write_revolved(&flow, SECTIONS)?;
        if let Some(front) = &front {
            series.write_wire(front, SECTIONS)?;
        }
    }
    Ok(())
}

/// The free front; `None` where it is flat.
fn front_frame(fields: &Fields) -> Option<FrontFrame> {
    let front = &fields.front;
    (!front.is_empty()).then(|| FrontFrame {
        time_s: fields.time,
        points_nm: front
            .iter()
            .map(|p| p.position.map(|x| x / NANOMETRE))
            .collect(),
        curvature_per_m: front.iter().map(|p| p.curvature).collect(),
        normal_velocity_m_per_s: front.iter().map(|p| p.normal_velocity).collect(),
        deposit_velocity_m_per_s: front.iter().map(|p| p.deposit_velocity).collect(),
    })
}

fn frames(fields: Fields) -> (FlowFrame, LayerFrame) {
    let nm = |lengths: &[f64]| lengths.iter().map(|l| l / NANOMETRE).collect::<Vec<f64>>();
    let layer = &fields.layer;
    let layer_frame = LayerFrame {
        time_s: fields.time,
        points_nm: layer
            .iter()
            .map(|p| p.position.map(|x| x / NANOMETRE))
            .collect(),
        arc_length_nm: layer.iter().map(|p| p.arc_length / NANOMETRE).collect(),
        normal_stress_Pa: layer.iter().map(|p| p.normal_stress).collect(),
        layer_flux_m2_per_s: layer.iter().map(|p| p.flux).collect(),
        exchange_velocity_m_per_s: layer.iter().map(|p| p.exchange_velocity).collect(),
        species: fields.layer_species,
    };
    let flow_frame = FlowFrame {
        time_s: fields.time,
        r_nodes_nm: nm(&fields.r),
        z_nodes_nm: nm(&fields.z),
        active: fields.active,
        liquid_fraction: fields.liquid_fraction,
        velocity_m_per_s: fields.velocity.iter().map(|[r, z]| [*r, 0.0, *z]).collect(),
        pressure_Pa: fields.pressure,
        shear_stress_Pa: fields.shear_stress,
        strain_rate_per_s: fields.strain_rate,
        species: fields.species,
    };
    (flow_frame, layer_frame)
}
