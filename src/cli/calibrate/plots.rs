//! The plots of a calibration.

use crate::calibrate::calibration::{Calibration, Estimate};
use crate::calibrate::data::Measurements;
use crate::calibrate::report::kink;
use crate::output::{Chart, Mark, Series, SeriesLook};
use crate::physics::constants::{NANOMETRE, celsius, kelvin};

/// Points of a law's curve.
const POINTS: u32 = 200;

/// Viscosity, δ D_I and d_c with their laws, and the residuals.
pub(super) fn charts(found: &Calibration, data: &Measurements) -> Vec<(&'static str, Chart)> {
    let at = |index: usize| celsius(found.temperatures[index].temperature);
    let count = found.temperatures.len();
    let (high, low) = (at(0), at(count - 1));
    let margin = (0.1 * (high - low)).max(5.0);
    let curve = |label: &str, law: &dyn Fn(f64) -> f64| {
        let points = (0..=POINTS).map(|k| {
            let at = low - margin + (high - low + 2.0 * margin) * f64::from(k) / f64::from(POINTS);
            (at, law(kelvin(at)))
        });
        Series::new(
            label,
            SeriesLook::Main,
            points.filter(|point| point.1.is_finite()).collect(),
        )
    };
    let points = |label: &str, unit: f64, number: &dyn Fn(usize) -> Option<Estimate>| {
        let mut series = Series::new(label, SeriesLook::Points(1), Vec::new());
        for index in 0..count {
            if let Some(one) = number(index) {
                // An open end is drawn to the point.
                let [low, high] = one.interval;
                let low = if low > 0.0 { low } else { one.value };
                let high = if high.is_finite() { high } else { one.value };
                series.points.push((at(index), one.value / unit));
                series.bars.push((low / unit, high / unit));
            }
        }
        series
    };
    let marks: Vec<Mark> = kink(found)
        .map(|[at, error]| Mark {
            at,
            label: format!("kink {at:.1} ± {error:.1} °C"),
        })
        .into_iter()
        .collect();
    let chart = |title: &str, y_label: &str, series: Vec<Series>| Chart {
        title: format!("{}: {title}", found.material.name),
        subtitle: format!("{} lengths, {}", found.rows, found.model),
        x_label: "temperature T (°C)".to_owned(),
        y_label: y_label.to_owned(),
        x_logarithmic: false,
        y_logarithmic: true,
        series,
        marks: marks.clone(),
        shaded: Vec::new(),
    };
    let (material, time) = (&found.material, found.longest_time());
    let law = format!("law for {time} s");
    vec![
        (
            "viscosity",
            chart(
                "newtonian viscosity",
                "newtonian viscosity η (Pa·s)",
                vec![
                    curve(&law, &|t| material.newtonian_viscosity(t, time)),
                    points("from the lengths", 1.0, &|k| found.newtonian_viscosity(k)),
                ],
            ),
        ),
        (
            "interface_diffusivity",
            chart(
                "interface diffusivity",
                "δD_I (m³/s)",
                vec![
                    curve("Arrhenius law", &|t| material.layer_conductivity(t)),
                    points("from the lengths", 1.0, &|k| found.layer_conductivity(k)),
                ],
            ),
        ),
        (
            "critical_diameter",
            chart(
                "critical diameter",
                "critical diameter d_c (nm)",
                vec![
                    curve(&law, &|t| material.critical_diameter(t, time) / NANOMETRE),
                    points("from the lengths", NANOMETRE, &|k| {
                        found.critical_diameter(k)
                    }),
                ],
            ),
        ),
        ("residuals", residuals(found, data)),
    ]
}

fn residuals(found: &Calibration, data: &Measurements) -> Chart {
    let place = |row: usize| data.rows[row].molding.diameter / NANOMETRE;
    let is_outlier = |row: usize| found.outliers.iter().any(|one| one.row == row);
    let series = |label: &str, look, outlier: bool| {
        let rows = found
            .fitted
            .iter()
            .filter(|one| is_outlier(one.row) == outlier);
        Series::new(
            label,
            look,
            rows.map(|one| (place(one.row), one.residual)).collect(),
        )
    };
    let mut all = vec![series("lengths", SeriesLook::Points(0), false)];
    if !found.outliers.is_empty() {
        all.push(series("outliers", SeriesLook::Points(1), true));
    }
    let diameters = found.fitted.iter().map(|one| place(one.row));
    let ends = diameters.fold((f64::INFINITY, 0.0f64), |(low, high), d| {
        (low.min(d), high.max(d))
    });
    if ends.0 < ends.1 {
        all.push(Series::new(
            "model",
            SeriesLook::Main,
            vec![(ends.0, 0.0), (ends.1, 0.0)],
        ));
    }
    Chart {
        title: format!("{}: residuals", found.material.name),
        subtitle: format!("{}; positive: the model is longer", found.model),
        x_label: "pore diameter d (nm)".to_owned(),
        y_label: "residual (standard deviations)".to_owned(),
        x_logarithmic: true,
        y_logarithmic: false,
        series: all,
        marks: Vec::new(),
        shaded: Vec::new(),
    }
}
