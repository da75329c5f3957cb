//! The pictures of a map.

use super::{MICROMETRE, Made};
use crate::output::{ColorScale, HeatMap, MapAxis};
use crate::wafer::Pores;
use crate::wafer::local::{Cells, medians};
use std::path::Path;

/// Pores in a cell of the picture, and most cells along its longer side.
const PORES: f64 = 4.0;
const MOST: f64 = 300.0;

/// The median of the pores in each cell, and the smooth field if there is one, on one scale of colours.
pub(super) fn maps(
    file: &Path,
    pores: &Pores,
    made: &Made,
    label: &str,
) -> Vec<(&'static str, HeatMap)> {
    let mut cells = Cells::holding(&pores.places, PORES);
    let longest = cells.counts[0].max(cells.counts[1]) as f64;
    if longest > MOST {
        cells = Cells::new(&pores.places, cells.side * longest / MOST);
    }
    let values: Vec<f64> = (medians(&cells, &pores.places, &made.values).into_iter())
        .map(|median| median.map_or(f64::NAN, |one| one.value.exp()))
        .collect();
    let mut known: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    known.sort_by(f64::total_cmp);
    if known.is_empty() {
        return Vec::new();
    }
    // All but a hundredth at either end.
    let tail = known.len() / 100;
    let (first, last) = (known[tail], known[known.len() - 1 - tail]);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let map = |what: &str, values: Vec<f64>| HeatMap {
        title: format!("{name}: {what}"),
        subtitle: format!("{} pores; grey: no number", pores.lengths.len()),
        axes: [0, 1].map(|axis| MapAxis {
            label: ["x (µm)", "y (µm)"][axis].to_owned(),
            edges: (0..=cells.counts[axis])
                .map(|k| (cells.corner[axis] + k as f64 * cells.side) / MICROMETRE)
                .collect(),
            logarithmic: false,
        }),
        values: values.into_iter().map(|value| value as f32).collect(),
        scale: ColorScale {
            label: label.to_owned(),
            // Equal numbers have a scale as well.
            low: 0.999 * first,
            high: 1.001 * last,
            logarithmic: true,
        },
        ..HeatMap::default()
    };
    let mut maps = vec![("map", map("median of the pores in a cell", values))];
    if let Some(field) = &made.field {
        let smooth = (0..cells.count()).map(|cell| field.at(cells.middle(cell))[0].exp());
        maps.push(("map_smooth", map("smooth field", smooth.collect())));
    }
    maps
}
