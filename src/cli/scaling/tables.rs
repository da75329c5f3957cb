//! The tables of `nanomold scaling`.

use super::{Model, TRANSITIONS, collapse_variable, model_diameters, molding};
use crate::cli::failure::Failure;
use crate::cli::folder::{ReportFolder, cell};
use crate::physics::constants::{NANOMETRE, NORMALISED};
use crate::scaling::{Group, Point, Verdict};

fn optional(value: Option<f64>) -> String {
    value.map_or(String::new(), cell)
}

/// `scaling.csv`: one row per experiment.
pub(super) fn points(
    folder: &ReportFolder,
    groups: &[Group],
    model: Option<&Model>,
) -> Result<(), Failure> {
    let mut header = vec![
        "T_C",
        "d_nm",
        "p_GPa",
        "t_s",
        "L_nm",
        "sigma_nm",
        "normalised_length_nm_per_sqrt_GPa_s",
        "regime",
        "law_normalised_length_nm_per_sqrt_GPa_s",
    ];
    if model.is_some() {
        header.extend(["d_per_sqrt_eta_m_per_sqrt_Pa_s", "model_length_nm"]);
    }
    let mut rows = Vec::new();
    for group in groups {
        let transition = &group.transition;
        for e in &group.experiments {
            let law = if e.diameter() <= transition.divide {
                &transition.diffusion
            } else {
                &transition.flow
            };
            // What was measured, to its last digit.
            let mut row = [e.T_C, e.d_nm, e.p_GPa, e.t_s, e.L_nm]
                .map(|v| v.to_string())
                .to_vec();
            row.push(e.sigma_nm.map_or(String::new(), |s| s.to_string()));
            row.push(format!("{:.7e}", Point::of(e).normalised / NORMALISED));
            row.push(law.map_or(String::new(), |law| law.law.name().to_owned()));
            row.push(optional(
                law.map(|law| law.normalised(e.diameter()) / NORMALISED),
            ));
            if let Some(model) = model {
                let growth = molding(model, e, e.diameter()).growth(&model.entrance);
                row.push(cell(collapse_variable(e, &model.material)));
                row.push(cell(growth.length / NANOMETRE));
            }
            rows.push(row);
        }
    }
    folder.table("scaling.csv", &header, &rows)
}

/// `transitions.csv`: one row per temperature.
pub(super) fn transitions(
    folder: &ReportFolder,
    groups: &[Group],
    model: Option<&Model>,
) -> Result<(), Failure> {
    let mut header = vec![
        "T_C",
        "points",
        "verdict",
        "exponent",
        "exponent_sigma",
        "d_c_crossing_nm",
        "d_c_crossing_sigma_nm",
        "d_c_added_nm",
        "d_c_added_sigma_nm",
        "flow_points",
        "flow_normalised_length_at_100nm",
        "flow_exponent",
        "flow_exponent_sigma",
        "diffusion_points",
        "diffusion_normalised_length_at_100nm",
        "diffusion_exponent",
        "diffusion_exponent_sigma",
    ];
    if model.is_some() {
        header.extend(["d_c_eq3_nm", "d_c_equal_volumes_nm"]);
    }
    let with_sigma = |diameter: f64, log_sigma: f64| {
        let nm = diameter / NANOMETRE;
        [
            Some(nm),
            Some(nm * log_sigma).filter(|sigma| sigma.is_finite()),
        ]
    };
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|group| {
            let transition = &group.transition;
            let (name, crossing) = match transition.verdict {
                Verdict::Crossing {
                    diameter,
                    log_sigma,
                } => ("crossing", with_sigma(diameter, log_sigma)),
                Verdict::Within { .. } => ("within", [None, None]),
                Verdict::Only(law) => (law.name(), [None, None]),
                Verdict::Unclear => ("unclear", [None, None]),
                Verdict::TooFew => ("too_few", [None, None]),
            };
            let shown = matches!(
                transition.verdict,
                Verdict::Crossing { .. } | Verdict::Within { .. }
            );
            let added = transition.additive.filter(|_| shown);
            let added = added.map_or([None, None], |both| {
                with_sigma(both.diameter, both.log_sigma)
            });
            let mut cells = vec![
                cell(group.celsius),
                group.experiments.len().to_string(),
                name.to_string(),
            ];
            let pair = |of: Option<[f64; 2]>| [of.map(|one| one[0]), of.map(|one| one[1])];
            cells.extend(pair(transition.exponent).map(optional));
            cells.extend(crossing.map(optional));
            cells.extend(added.map(optional));
            for law in [&transition.flow, &transition.diffusion] {
                cells.push(law.map_or(0, |law| law.points).to_string());
                cells.push(optional(law.map(|law| law.normalised(100e-9) / NORMALISED)));
                cells.extend(pair(law.and_then(|law| law.free_exponent)).map(optional));
            }
            if let Some(model) = model {
                cells.extend(model_diameters(group, model).map(optional));
            }
            cells
        })
        .collect();
    folder.table(TRANSITIONS, &header, &rows)
}

/// `alternatives.csv`: what else could be said of each temperature, with Akaike's criterion above the best.
pub(super) fn alternatives(folder: &ReportFolder, groups: &[Group]) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = (groups.iter())
        .flat_map(|group| {
            let all = group.transition.alternatives.iter();
            all.map(|one| {
                vec![
                    cell(group.celsius),
                    one.name.to_owned(),
                    cell(one.criterion),
                ]
            })
        })
        .collect();
    folder.table("alternatives.csv", &["T_C", "law", "delta_AIC"], &rows)
}
