//! The corner plots: what the posterior leaves of each number, and of each two together.

use crate::calibrate::calibration::Calibration;
use crate::calibrate::parameters::Key;
use crate::output::{CornerAxis, CornerPlot};
use crate::physics::constants::{NANOMETRE, celsius};

/// The plots and their names: one of each temperature, and one of the laws.
pub(super) fn plots(found: &Calibration) -> Vec<(String, CornerPlot)> {
    let mut plots = Vec::new();
    for block in &found.blocks {
        for &index in &block.temperatures {
            let one = &found.temperatures[index];
            if one.ln_viscosity.is_none() || one.ln_conductivity.is_none() {
                continue;
            }
            let samples = block.chain.samples.iter().filter_map(|sample| {
                let [eta, conductivity] = block.numbers(&found.temperatures, index, sample);
                let (eta, conductivity) = (eta?, conductivity?);
                let d_c = found.critical_diameter_of(index, eta, conductivity);
                Some([eta.exp(), conductivity.exp(), d_c.exp() / NANOMETRE])
            });
            let samples: Vec<[f64; 3]> = samples.collect();
            let at = celsius(one.temperature);
            let axes = ["η (Pa·s)", "δD_I (m³/s)", "d_c (nm)"];
            let axis = |(which, label): (usize, &str)| CornerAxis {
                label: label.to_owned(),
                logarithmic: true,
                samples: samples.iter().map(|sample| sample[which]).collect(),
            };
            plots.push((
                format!("corner_{at:.0}C"),
                CornerPlot {
                    title: format!(
                        "{} at {at:.1} °C: what the lengths leave possible",
                        found.material.name
                    ),
                    subtitle: format!(
                        "{} samples of the posterior; {}",
                        samples.len(),
                        found.model
                    ),
                    axes: axes.into_iter().enumerate().map(axis).collect(),
                },
            ));
        }
    }
    let keys = found.law_keys();
    if keys.len() > 1 && !found.draws.is_empty() {
        let axis = |key: &Key| CornerAxis {
            label: key.symbol.to_owned(),
            logarithmic: key.logarithmic,
            samples: found
                .draws
                .iter()
                .map(|draw| key.value(&draw.material))
                .collect(),
        };
        plots.push((
            "corner_laws".to_owned(),
            CornerPlot {
                title: format!(
                    "{}: what the lengths leave possible of the laws",
                    found.material.name
                ),
                subtitle: format!(
                    "{} draws from the posterior, in the units of the material file",
                    found.draws.len()
                ),
                axes: keys.iter().map(axis).collect(),
            },
        ));
    }
    plots
}
