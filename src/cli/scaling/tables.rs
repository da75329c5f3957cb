//! The tables of `nanomold scaling`.

use super::{Model, NORMALISED, collapse_variable, model_diameters, molding};
use crate::physics::constants::NANOMETRE;
use crate::scaling::{Group, Point, Verdict};

/// One row per experiment.
pub(super) fn points_csv(groups: &[Group], model: Option<&Model>) -> String {
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

/// One row per temperature.
pub(super) fn transitions_csv(groups: &[Group], model: Option<&Model>) -> String {
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
