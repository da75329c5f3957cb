//! A quantity over a plane as colours, with curves, points and marked places on it.

mod draw;

use std::path::Path;

use super::Mark;
use super::axis::Axis;
use super::picture::write_pictures;
use crate::output::{OutputError, require_finite};

/// One axis of a map.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MapAxis {
    /// Quantity and unit.
    pub label: String,
    /// Edges of the cells, increasing; one more than there are cells.
    pub edges: Vec<f64>,
    /// Whether the axis is logarithmic.
    pub logarithmic: bool,
}

impl MapAxis {
    /// Cells along the axis.
    pub fn cells(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    fn axis(&self) -> Axis {
        let [first, last] = [self.edges[0], self.edges[self.cells()]];
        Axis::between(first, last, self.logarithmic)
    }
}

/// How values become colours: along viridis from `low` to `high`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColorScale {
    /// Quantity and unit.
    pub label: String,
    /// Value of the darkest colour.
    pub low: f64,
    /// Value of the lightest colour.
    pub high: f64,
    /// Whether equal ratios, not equal differences, are equal steps of colour.
    pub logarithmic: bool,
}

impl ColorScale {
    /// The colour of a value, as red, green and blue; those beyond the ends have the ends' colours, what is no number is grey.
    pub fn color(&self, value: f64) -> [u8; 3] {
        if value.is_nan() {
            return UNKNOWN;
        }
        let place = Axis::between(self.low, self.high, self.logarithmic).place(value);
        // A logarithm of what is not positive is below every scale.
        let place = if place.is_nan() { 0.0 } else { place };
        let color = colorous::VIRIDIS.eval_continuous(place.clamp(0.0, 1.0));
        [color.r, color.g, color.b]
    }
}

/// Colour of cells without a value.
const UNKNOWN: [u8; 3] = [0xC4, 0xC4, 0xC4];

/// Points with error bars on a map.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MapPoints {
    /// What the legend says.
    pub label: String,
    /// Black discs, otherwise white ones.
    pub filled: bool,
    /// Points (x, y).
    pub points: Vec<(f64, f64)>,
    /// Lower and upper end of the bar at each point.
    pub bars: Vec<(f64, f64)>,
}

/// A curve on a map.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MapCurve {
    /// What the legend says.
    pub label: String,
    /// Points (x, y), in parts.
    pub parts: Vec<Vec<(f64, f64)>>,
}

/// A map.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeatMap {
    /// First line above the map.
    pub title: String,
    /// Second line, smaller.
    pub subtitle: String,
    /// Horizontal and vertical axis.
    pub axes: [MapAxis; 2],
    /// Values of the cells, the horizontal axis fastest; NaN where there is none.
    pub values: Vec<f32>,
    /// Their colours.
    pub scale: ColorScale,
    /// A curve.
    pub curve: Option<MapCurve>,
    /// Points.
    pub points: Vec<MapPoints>,
    /// Vertical lines.
    pub marks: Vec<Mark>,
}

/// Draws the map to a PNG and an SVG file, each written atomically.
///
/// # Errors
/// [`OutputError::Shape`] when axes have no cells, edges do not increase or the cells are not as many as the axes say,
/// [`OutputError::NotFinite`] for NaN or infinity in edges, colour scale, curve or points; [`OutputError::Io`] and [`OutputError::Format`].
pub fn heat_map(png: &Path, svg: &Path, map: &HeatMap) -> Result<(), OutputError> {
    for axis in &map.axes {
        require_finite(&axis.label, &axis.edges)?;
        let positive = !axis.logarithmic || axis.edges.first().is_some_and(|first| *first > 0.0);
        if axis.cells() == 0 || !axis.edges.is_sorted_by(|a, b| a < b) || !positive {
            return Err(OutputError::Shape {
                what: format!("the edges of \"{}\" do not make cells", axis.label),
            });
        }
    }
    let cells = map.axes[0].cells() * map.axes[1].cells();
    if map.values.len() != cells {
        return Err(OutputError::Shape {
            what: format!("{} values for {cells} cells of a map", map.values.len()),
        });
    }
    let scale = &map.scale;
    let order = scale.low < scale.high && (!scale.logarithmic || scale.low > 0.0);
    if !order || !scale.high.is_finite() {
        return Err(OutputError::Shape {
            what: format!("no colours from {} to {}", scale.low, scale.high),
        });
    }
    let curve = map
        .curve
        .iter()
        .flat_map(|curve| curve.parts.iter().flatten());
    let points = map
        .points
        .iter()
        .flat_map(|p| p.points.iter().chain(&p.bars));
    for (x, y) in curve.chain(points) {
        require_finite("a point on a map", [x, y])?;
    }
    write_pictures(png, svg, map)
}
