//! The length plot: L(t) of the simulation against closed forms, as PNG and SVG from one drawing.
//!
//! Curves differ in colour (Okabe–Ito, safe for colour-blind readers), dash and marker, so that they can be told
//! apart in grey too; the legend has a strip of its own and hides nothing.

mod axis;
mod chart;
mod corner;
mod frame;
mod map;
mod picture;
mod profile;
mod scatter;

pub use chart::{Chart, Look as SeriesLook, Mark, Series, chart};
pub use corner::{CornerAxis, CornerPlot, corner_plot};

use std::path::Path;

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;

use super::{OutputError, require_finite};
use axis::Axis;
pub use map::{ColorScale, HeatMap, MapAxis, MapCurve, MapPoints, heat_map};
use picture::Picture;
pub(super) use picture::write_pictures;
pub use scatter::{
    Band as ScatterBand, MAX_SERIES, ScatterPlot, Series as ScatterSeries, scatter_plot,
};

/// Width and height of the picture (pixels).
pub const SIZE: (u32, u32) = (1200, 800);

/// A named curve.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// What the legend says.
    pub label: String,
    /// Points (t in s, L in nm), t increasing. Points with t ≤ 0 or L ≤ 0 have no place on logarithmic axes and are
    /// left out of the drawing there.
    pub points: Vec<(f64, f64)>,
}

/// Length against time: the simulation and what it is compared with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LengthPlot {
    /// First line above the plot.
    pub title: String,
    /// Second line, smaller: conditions and result.
    pub subtitle: String,
    /// The simulated L(t), drawn solid and black.
    pub simulated: Curve,
    /// Closed forms, at most [`MAX_REFERENCES`].
    pub references: Vec<Curve>,
    /// Linear axes from zero instead of logarithmic ones.
    pub linear: bool,
    /// What varies with time besides, in panels of their own above the length.
    pub panels: Vec<Panel>,
}

/// A low plot above that of the length, over the same times.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Panel {
    /// Quantity with its unit.
    pub label: String,
    /// Points (t in s, value) of each line; the first is drawn solid, others dashed.
    pub lines: Vec<Vec<(f64, f64)>>,
}

/// How many references can be told apart.
pub const MAX_REFERENCES: usize = REFERENCES.len();

/// Draws the plot to a PNG and an SVG file, each written atomically.
///
/// # Errors
/// [`OutputError::NotFinite`] for NaN or infinity in a curve, [`OutputError::Shape`] when fewer than two simulated
/// points can be drawn or there are too many references, [`OutputError::Io`] and [`OutputError::Format`].
pub fn length_plot(png: &Path, svg: &Path, plot: &LengthPlot) -> Result<(), OutputError> {
    let plot = drawable(plot)?;
    write_pictures(png, svg, &plot)
}

impl Picture for LengthPlot {
    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn<DB> {
        draw(area, self)
    }
}

/// The plot with only the points that its axes can show.
fn drawable(plot: &LengthPlot) -> Result<LengthPlot, OutputError> {
    let mut plot = plot.clone();
    if plot.references.len() > MAX_REFERENCES {
        return Err(OutputError::Shape {
            what: format!("a length plot tells at most {MAX_REFERENCES} references apart"),
        });
    }
    let linear = plot.linear;
    for panel in &plot.panels {
        for (time, value) in panel.lines.iter().flatten() {
            require_finite(&format!("curve \"{}\"", panel.label), [time, value])?;
        }
    }
    for curve in std::iter::once(&mut plot.simulated).chain(&mut plot.references) {
        for (time, length) in &curve.points {
            require_finite(&format!("curve \"{}\"", curve.label), [time, length])?;
        }
        if !linear {
            curve
                .points
                .retain(|(time, length)| *time > 0.0 && *length > 0.0);
        }
    }
    if plot.simulated.points.len() < 2 {
        return Err(OutputError::Shape {
            what: "a length plot needs at least two simulated points".to_string(),
        });
    }
    Ok(plot)
}

const FONT: &str = "sans-serif";

/// Look of a reference curve: colour, dash and gap (pixels; no gap draws solid), whether markers are set on it.
struct Look {
    color: RGBColor,
    dash: u32,
    gap: u32,
    marker: bool,
}

const REFERENCES: [Look; 5] = [
    look(0x00, 0x72, 0xB2, 16, 8, false), // blue, long dashes
    look(0xD5, 0x5E, 0x00, 7, 6, false),  // vermilion, short dashes
    look(0x00, 0x9E, 0x73, 2, 5, false),  // green, dots
    look(0xAA, 0x3C, 0x86, 16, 8, true), // purple (darkened for white paper), long dashes and triangles
    look(0x80, 0x60, 0x00, 2, 5, true),  // brown, dots and triangles
];

const fn look(r: u8, g: u8, b: u8, dash: u32, gap: u32, marker: bool) -> Look {
    Look {
        color: RGBColor(r, g, b),
        dash,
        gap,
        marker,
    }
}

const INK: RGBColor = RGBColor(0x10, 0x10, 0x10);
const GRID: RGBColor = RGBColor(0xDC, 0xDC, 0xDC);
const FAINT_GRID: RGBColor = RGBColor(0xF1, 0xF1, 0xF1);
const LEGEND_ROW: i32 = 34;
/// Largest height of a panel above the length and of all of them (pixels), and most labels at the side of one.
const PANEL: i32 = 130;
const PANELS: i32 = 340;
const PANEL_LABELS: usize = 3;

pub(super) type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;
pub(super) type Area<DB> = DrawingArea<DB, Shift>;

fn draw<DB: DrawingBackend>(area: &Area<DB>, plot: &LengthPlot) -> Drawn<DB> {
    let rows = (plot.references.len() as i32 + 2) / 2;
    let (head, rest) = area.split_vertically(frame::HEAD);
    let (legend, body) = rest.split_vertically(LEGEND_ROW * rows + 8);
    frame::head(&head, &plot.title, &plot.subtitle)?;
    draw_legend(&legend, plot)?;

    // The simulation fills the picture; references are cut where they leave it.
    let along = |value: fn(&(f64, f64)) -> f64| {
        let values = plot.simulated.points.iter().map(value);
        if plot.linear {
            Axis::from_zero(values)
        } else {
            Axis::logarithmic(values)
        }
    };
    let (x, y) = (along(|point| point.0), along(|point| point.1));
    let count = plot.panels.len() as i32;
    let (panels, body) = body.split_vertically((PANEL * count).min(PANELS));
    for (area, content) in panels
        .split_evenly((plot.panels.len().max(1), 1))
        .iter()
        .zip(&plot.panels)
    {
        let values = content.lines.iter().flatten().map(|point| point.1);
        let axes = [x.clone(), Axis::linear(values).thinned(PANEL_LABELS)];
        let mut panel = frame::strip(area, axes, &content.label)?;
        let style = INK.stroke_width(3);
        for (index, line) in content.lines.iter().enumerate() {
            let points = line.clone();
            match index {
                0 => panel.draw_series(LineSeries::new(points, style))?,
                _ => panel.draw_series(DashedLineSeries::new(points, 10, 8, style))?,
            };
        }
    }
    let labels = ["time t (s)", "length L (nm)"];
    let mut chart = frame::plane(&body, [x.clone(), y.clone()], labels)?;
    for (curve, look) in plot.references.iter().zip(&REFERENCES) {
        let style = look.color.stroke_width(3);
        for part in axis::clip(&curve.points, &x, &y) {
            chart.draw_series(DashedLineSeries::new(
                part.clone(),
                look.dash,
                look.gap,
                style,
            ))?;
            if look.marker {
                let color = look.color;
                chart.draw_series(DottedLineSeries::new(part, 40, 90, move |at| {
                    TriangleMarker::new(at, 8, color.filled())
                }))?;
            }
        }
    }
    let points = plot.simulated.points.clone();
    chart.draw_series(LineSeries::new(points.clone(), INK.stroke_width(3)))?;
    for style in [WHITE.filled(), INK.stroke_width(2)] {
        chart.draw_series(DottedLineSeries::new(points.clone(), 20, 70, move |at| {
            Circle::new(at, DISC, style)
        }))?;
    }
    area.present()
}

/// The simulation's marker is a white disc with a black rim.
const DISC: i32 = 6;

/// Two columns: the simulation first, then the references in their order.
fn draw_legend<DB: DrawingBackend>(area: &Area<DB>, plot: &LengthPlot) -> Drawn<DB> {
    let column = SIZE.0 as i32 / 2 - 40;
    let labels = std::iter::once(&plot.simulated).chain(&plot.references);
    for (index, curve) in labels.enumerate() {
        let x = 40 + column * (index as i32 % 2);
        let y = 16 + LEGEND_ROW * (index as i32 / 2);
        let line = [(x, y), (x + 84, y)];
        if index == 0 {
            area.draw(&PathElement::new(line, INK.stroke_width(3)))?;
            for style in [WHITE.filled(), INK.stroke_width(2)] {
                area.draw(&Circle::new((x + 42, y), DISC, style))?;
            }
        } else {
            let look = &REFERENCES[index - 1];
            let style = look.color.stroke_width(3);
            area.draw(&DashedPathElement::new(line, look.dash, look.gap, style))?;
            if look.marker {
                area.draw(&TriangleMarker::new((x + 42, y), 8, look.color.filled()))?;
            }
        }
        let style = (FONT, 22).into_font().color(&INK);
        area.draw(&Text::new(curve.label.clone(), (x + 98, y - 8), style))?;
    }
    Ok(())
}

/// Tick labels of logarithmic axes: plain numbers from 0.0001 to 99999, powers of ten beyond. The font has no raised
/// minus, so small ones read 1e-5.
fn decade_number(value: &f64) -> String {
    let exponent = (value.log10() + 1e-9).floor() as i32;
    if (-4..5).contains(&exponent) {
        return linear_number(value);
    }
    let mantissa = linear_number(&(value / 10f64.powi(exponent)));
    if exponent < 0 {
        return format!("{mantissa}e{exponent}");
    }
    let power: String = exponent.to_string().chars().map(superscript).collect();
    if mantissa == "1" {
        format!("10{power}")
    } else {
        format!("{mantissa}·10{power}")
    }
}

fn superscript(digit: char) -> char {
    match digit {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0'..='9' => char::from_u32(0x2070 + digit as u32 - '0' as u32).unwrap_or(digit),
        other => other,
    }
}

/// Six digits at most, no trailing zeros.
fn linear_number(value: &f64) -> String {
    let rounded = format!("{value:.4}");
    let text = rounded.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() { "0" } else { text }.to_string()
}
