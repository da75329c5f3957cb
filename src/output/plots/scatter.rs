//! Measured points with their error bars, and curves, on logarithmic axes.

use std::path::Path;

use plotters::element::DashedPathElement;
use plotters::prelude::*;

use super::axis::{self, Axis};
use super::{Area, Drawn, FONT, INK, LEGEND_ROW, Picture, SIZE, frame, write_pictures};
use crate::output::{OutputError, require_finite};

/// Points that belong together and what is drawn through them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// What the legend says.
    pub label: String,
    /// Points (x, y, standard deviation of y; 0 where it is not known), all x and y positive.
    pub points: Vec<(f64, f64, f64)>,
    /// Solid curves through them.
    pub curves: Vec<Vec<(f64, f64)>>,
    /// Dashed curves: what a model says.
    pub dashed: Vec<Vec<(f64, f64)>>,
    /// Bands that lie under all else.
    pub bands: Vec<Band>,
}

/// A band: (x, lower end, upper end), x increasing.
pub type Band = Vec<(f64, f64, f64)>;

/// A picture of measured points.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScatterPlot {
    /// First line above the plot.
    pub title: String,
    /// Second line, smaller.
    pub subtitle: String,
    /// What stands along the axes, with units.
    pub axes: [String; 2],
    /// The points, at most [`MAX_SERIES`] kinds.
    pub series: Vec<Series>,
    /// Where laws cross: within the picture, each with a vertical line.
    pub crossing: Vec<(f64, f64)>,
    /// Places with a diamond.
    pub diamonds: Vec<(f64, f64)>,
}

/// How many series can be told apart.
pub const MAX_SERIES: usize = COLORS.len();

/// Okabe–Ito, safe for colour-blind readers, the light ones darkened for white paper; the shapes differ as well.
const COLORS: [RGBColor; 8] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xAA, 0x3C, 0x86),
    RGBColor(0x80, 0x60, 0x00),
    RGBColor(0x10, 0x10, 0x10),
    RGBColor(0x2E, 0x95, 0xC9),
    RGBColor(0x8A, 0x8A, 0x8A),
];

/// Most series in a row of the legend.
const MOST_COLUMNS: i32 = 4;

/// Draws the plot to a PNG and an SVG file, each written atomically.
///
/// # Errors
/// [`OutputError::NotFinite`] for NaN, infinity, zero or a negative number among the points, [`OutputError::Shape`] when there
/// are no points or more series than can be told apart, [`OutputError::Io`] and [`OutputError::Format`].
pub fn scatter_plot(png: &Path, svg: &Path, plot: &ScatterPlot) -> Result<(), OutputError> {
    if plot.series.len() > MAX_SERIES {
        return Err(OutputError::Shape {
            what: format!("a plot tells at most {MAX_SERIES} series apart"),
        });
    }
    for series in &plot.series {
        for (x, y, sigma) in &series.points {
            let what = format!("series \"{}\" on a logarithmic axis", series.label);
            require_finite(&what, [&x.ln(), &y.ln(), sigma])?;
        }
        for (x, low, high) in series.bands.iter().flatten() {
            let what = format!("the band of \"{}\" on a logarithmic axis", series.label);
            require_finite(&what, &[x.ln(), low.ln(), high.ln()])?;
        }
    }
    if plot.series.iter().all(|series| series.points.is_empty()) {
        return Err(OutputError::Shape {
            what: "a plot needs points".to_string(),
        });
    }
    write_pictures(png, svg, plot)
}

impl Picture for ScatterPlot {
    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn<DB> {
        draw(area, self)
    }
}

fn draw<DB: DrawingBackend>(area: &Area<DB>, plot: &ScatterPlot) -> Drawn<DB> {
    let mut widest = 0.0f64;
    for series in &plot.series {
        widest = widest.max(frame::width_of(area, &series.label, 22.0)?);
    }
    let columns = ((SIZE.0 as i32 - 80) / (widest as i32 + 52)).clamp(1, MOST_COLUMNS);
    let rows = (plot.series.len() as i32 + columns - 1) / columns;
    let (head, rest) = area.split_vertically(frame::HEAD);
    let (legend, body) = rest.split_vertically(LEGEND_ROW * rows + 8);
    frame::head(&head, &plot.title, &plot.subtitle)?;
    for (index, series) in plot.series.iter().enumerate() {
        let x = 40 + (SIZE.0 as i32 - 80) / columns * (index as i32 % columns);
        let y = 16 + LEGEND_ROW * (index as i32 / columns);
        marker(&legend, index, (x + 12, y))?;
        let style = (FONT, 22).into_font().color(&INK);
        legend.draw(&Text::new(series.label.clone(), (x + 32, y - 8), style))?;
    }

    let all = || plot.series.iter().flat_map(|series| series.points.iter());
    let crossing = || plot.crossing.iter().chain(&plot.diamonds);
    let x = Axis::logarithmic(all().map(|p| p.0).chain(crossing().map(|p| p.0)));
    let y = Axis::logarithmic(all().map(|p| p.1).chain(crossing().map(|p| p.1)));
    let labels = [plot.axes[0].as_str(), plot.axes[1].as_str()];
    let mut chart = frame::plane(&body, [x.clone(), y.clone()], labels)?;
    for &(at, _) in &plot.crossing {
        for part in axis::clip(&[(at, y.low), (at, y.high)], &x, &y) {
            chart.draw_series([DashedPathElement::new(part, 6, 6, INK.stroke_width(1))])?;
        }
    }
    for (series, color) in plot.series.iter().zip(COLORS) {
        for band in &series.bands {
            let inside = |at: f64| at.clamp(y.low, y.high);
            let shown = || band.iter().filter(|(at, ..)| (x.low..=x.high).contains(at));
            let upper = shown().map(|&(at, _, high)| (at, inside(high)));
            let lower = shown().rev().map(|&(at, low, _)| (at, inside(low)));
            let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
            chart.draw_series([Polygon::new(outline, color.mix(0.18).filled())])?;
        }
    }
    for (series, color) in plot.series.iter().zip(COLORS) {
        for curve in &series.curves {
            for part in axis::clip(curve, &x, &y) {
                chart.draw_series(LineSeries::new(part, color.stroke_width(2)))?;
            }
        }
        for curve in &series.dashed {
            for part in axis::clip(curve, &x, &y) {
                chart.draw_series([DashedPathElement::new(part, 10, 7, color.stroke_width(2))])?;
            }
        }
        let bars = series
            .points
            .iter()
            .filter(|p| p.2 > 0.0)
            .map(|&(x, y, sigma)| {
                // An error as large as the value has no lower end on a logarithmic axis.
                let low = (y - sigma).max(0.01 * y);
                PathElement::new([(x, low), (x, y + sigma)], color.stroke_width(2))
            });
        chart.draw_series(bars)?;
    }
    let plane = chart.plotting_area();
    for (index, series) in plot.series.iter().enumerate() {
        for &(x, y, _) in &series.points {
            marker(area, index, plane.map_coordinate(&(x, y)))?;
        }
    }
    for at in &plot.diamonds {
        let (x, y) = plane.map_coordinate(at);
        for (half, color) in [(11, WHITE), (8, INK)] {
            let corners = [(x - half, y), (x, y - half), (x + half, y), (x, y + half)];
            area.draw(&Polygon::new(corners, color.filled()))?;
        }
    }
    area.present()
}

/// The sign of a series: filled and open discs, triangles and crosses in turn.
fn marker<DB: DrawingBackend>(area: &Area<DB>, index: usize, at: (i32, i32)) -> Drawn<DB> {
    let color = COLORS[index % COLORS.len()];
    match index % 4 {
        0 => area.draw(&Circle::new(at, 6, color.filled())),
        1 => area.draw(&TriangleMarker::new(at, 8, color.filled())),
        2 => {
            area.draw(&Circle::new(at, 6, WHITE.filled()))?;
            area.draw(&Circle::new(at, 6, color.stroke_width(2)))
        }
        _ => area.draw(&Cross::new(at, 6, color.stroke_width(3))),
    }
}
