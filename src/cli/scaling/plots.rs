//! The plots of `nanomold scaling`.

use super::{Model, Scaling, collapse_variable, ends, modelled, typical, verdict};
use crate::cli::failure::Failure;
use crate::cli::folder::ReportFolder;
use crate::materials::Material;
use crate::output::{ScatterPlot, ScatterSeries as Series, plots::MAX_SERIES};
use crate::physics::constants::{NANOMETRE, NORMALISED};
use crate::scaling::{Additive, Group, Verdict};
use std::path::Path;

/// Points of a model's curve.
const CURVE: usize = 60;

impl Scaling {
    /// Normalised lengths of all temperatures, their collapse where a material is known, and each temperature alone.
    pub(super) fn plots(
        &self,
        folder: &ReportFolder,
        groups: &[Group],
        model: Option<&Model>,
    ) -> Result<(), Failure> {
        let draw = |name: &str, plot: &ScatterPlot| folder.scatter(name, plot);
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
                (Verdict::Within { diameter, .. }, _) => {
                    let both = group.transition.additive.iter();
                    let height = |both: &Additive| both.normalised(diameter) / NORMALISED;
                    both.map(|both| (diameter / NANOMETRE, height(both)))
                        .collect()
                }
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
                    ..ScatterPlot::default()
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
    let at = |k: usize| first * (last / first).powf(k as f64 / (CURVE - 1) as f64);
    let mut curves: Vec<Vec<(f64, f64)>> = (laws.into_iter().flatten())
        .map(|law| {
            [0.7 * first, 1.4 * last]
                .map(|nm| (nm, law.normalised(nm * NANOMETRE) / NORMALISED))
                .to_vec()
        })
        .collect();
    if let (Verdict::Within { .. }, Some(both)) = (transition.verdict, &transition.additive) {
        let curve = (0..CURVE).map(|k| (at(k), both.normalised(at(k) * NANOMETRE) / NORMALISED));
        curves.push(curve.collect());
    }
    let dashed = model.map(|model| {
        let typical = typical(group);
        (0..CURVE)
            .map(at)
            .map(|nm| (nm, modelled(model, &typical, nm) / NORMALISED))
            .collect()
    });
    Series {
        label: String::new(),
        points,
        curves,
        dashed: dashed.into_iter().collect(),
        ..Series::default()
    }
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
