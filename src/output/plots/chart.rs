//! A chart of any two quantities: laws as lines, data as points with error bars, marked places on the horizontal axis.

use std::path::Path;

use plotters::element::DashedPathElement;
use plotters::prelude::*;

use super::axis::{self, Axis};
use super::{
    Area, DISC, Drawn, FONT, GRID, INK, LEGEND_ROW, Picture, REFERENCES, SIZE, frame,
    write_pictures,
};
use crate::output::{OutputError, require_finite};

/// How a series is drawn. Numbers choose colour and dash, from 0 to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A solid black line.
    Main,
    /// A dashed line in colour.
    Line(usize),
    /// Discs in colour.
    Points(usize),
}

/// A named row of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What the legend says.
    pub label: String,
    /// How it is drawn.
    pub look: Look,
    /// Points (x, y).
    pub points: Vec<(f64, f64)>,
    /// Error bars: lower and upper end at each point, or nothing.
    pub bars: Vec<(f64, f64)>,
}

impl Series {
    /// A series without error bars.
    pub fn new(label: impl Into<String>, look: Look, points: Vec<(f64, f64)>) -> Self {
        Self {
            label: label.into(),
            look,
            points,
            bars: Vec::new(),
        }
    }
}

/// A place on the horizontal axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Where.
    pub at: f64,
    /// What it is.
    pub label: String,
}

/// A chart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chart {
    /// First line above the chart.
    pub title: String,
    /// Second line, smaller.
    pub subtitle: String,
    /// Quantity and unit along the horizontal axis.
    pub x_label: String,
    /// Quantity and unit along the vertical axis.
    pub y_label: String,
    /// Whether the horizontal axis is logarithmic.
    pub x_logarithmic: bool,
    /// Whether the vertical axis is logarithmic.
    pub y_logarithmic: bool,
    /// What is drawn.
    pub series: Vec<Series>,
    /// Vertical lines.
    pub marks: Vec<Mark>,
    /// Parts of the horizontal axis that are shaded, from and to.
    pub shaded: Vec<[f64; 2]>,
}

/// Draws the chart to a PNG and an SVG file, each written atomically. Points that logarithmic axes cannot show are left out.
///
/// # Errors
/// [`OutputError::NotFinite`] for NaN or infinity, [`OutputError::Shape`] when fewer than two points can be drawn,
/// [`OutputError::Io`] and [`OutputError::Format`].
pub fn chart(png: &Path, svg: &Path, chart: &Chart) -> Result<(), OutputError> {
    let mut chart = chart.clone();
    let (x, y) = (chart.x_logarithmic, chart.y_logarithmic);
    for series in &mut chart.series {
        for (a, b) in series.points.iter().chain(&series.bars) {
            require_finite(&format!("series \"{}\"", series.label), [a, b])?;
        }
        // Bars belong to points, so both go together.
        let shown: Vec<bool> = series
            .points
            .iter()
            .map(|point| (!x || point.0 > 0.0) && (!y || point.1 > 0.0))
            .collect();
        let mut kept = shown.iter();
        series.points.retain(|_| *kept.next().unwrap_or(&false));
        let mut kept = shown.iter();
        series.bars.retain(|_| *kept.next().unwrap_or(&false));
    }
    if chart
        .series
        .iter()
        .map(|series| series.points.len())
        .sum::<usize>()
        < 2
    {
        return Err(OutputError::Shape {
            what: format!("the chart \"{}\" has fewer than two points", chart.title),
        });
    }
    write_pictures(png, svg, &chart)
}

impl Chart {
    fn axis(&self, logarithmic: bool, pick: impl Fn(&(f64, f64)) -> f64 + Copy) -> Axis {
        let values: Vec<f64> = self
            .series
            .iter()
            .flat_map(|series| series.points.iter().map(pick))
            .collect();
        if logarithmic {
            Axis::logarithmic(values.iter().copied())
        } else {
            Axis::linear(values.iter().copied())
        }
    }

    fn legend<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn<DB> {
        let column = SIZE.0 as i32 / 2 - 40;
        for (index, series) in self.series.iter().enumerate() {
            let x = 40 + column * (index as i32 % 2);
            let y = 16 + LEGEND_ROW * (index as i32 / 2);
            let line = [(x, y), (x + 84, y)];
            match series.look {
                Look::Main => area.draw(&PathElement::new(line, INK.stroke_width(3)))?,
                Look::Line(k) => {
                    let look = &REFERENCES[k % REFERENCES.len()];
                    let style = look.color.stroke_width(3);
                    area.draw(&DashedPathElement::new(line, look.dash, look.gap, style))?;
                }
                Look::Points(k) => {
                    let color = REFERENCES[k % REFERENCES.len()].color;
                    area.draw(&Circle::new((x + 42, y), DISC, color.filled()))?;
                }
            }
            let style = (FONT, 22).into_font().color(&INK);
            area.draw(&Text::new(series.label.clone(), (x + 98, y - 8), style))?;
        }
        Ok(())
    }
}

impl Picture for Chart {
    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn<DB> {
        let rows = (self.series.len() as i32 + 1) / 2;
        let (head, rest) = area.split_vertically(frame::HEAD);
        let (legend, body) = rest.split_vertically(LEGEND_ROW * rows + 8);
        frame::head(&head, &self.title, &self.subtitle)?;
        self.legend(&legend)?;
        let x = self.axis(self.x_logarithmic, |point| point.0);
        let y = self.axis(self.y_logarithmic, |point| point.1);
        let labels = [self.x_label.as_str(), self.y_label.as_str()];
        let mut inner = frame::plane(&body, [x.clone(), y.clone()], labels)?;
        for [from, to] in &self.shaded {
            let (from, to) = (from.max(x.low), to.min(x.high));
            if from < to {
                let corners = [(from, y.low), (to, y.high)];
                inner.draw_series([Rectangle::new(corners, GRID.mix(0.5).filled())])?;
            }
        }
        for (index, mark) in self.marks.iter().enumerate() {
            if !(x.low..x.high).contains(&mark.at) {
                continue;
            }
            let line = vec![(mark.at, y.low), (mark.at, y.high)];
            inner.draw_series(DashedLineSeries::new(
                line,
                3,
                5,
                INK.mix(0.6).stroke_width(2),
            ))?;
            // Labels of neighbouring marks stand below each other.
            let (left, top) = inner.backend_coord(&(mark.at, y.high));
            let style = (FONT, 20).into_font().color(&INK);
            let place = (left + 6, top + 6 + 24 * index as i32);
            area.draw(&Text::new(mark.label.clone(), place, style))?;
        }
        for series in &self.series {
            match series.look {
                Look::Main => {
                    for part in axis::clip(&series.points, &x, &y) {
                        inner.draw_series(LineSeries::new(part, INK.stroke_width(3)))?;
                    }
                }
                Look::Line(k) => {
                    let look = &REFERENCES[k % REFERENCES.len()];
                    let style = look.color.stroke_width(3);
                    for part in axis::clip(&series.points, &x, &y) {
                        inner
                            .draw_series(DashedLineSeries::new(part, look.dash, look.gap, style))?;
                    }
                }
                Look::Points(k) => {
                    let color = REFERENCES[k % REFERENCES.len()].color;
                    for (point, bar) in series.points.iter().zip(&series.bars) {
                        let ends = [bar.0.max(y.low), bar.1.min(y.high)];
                        if ends[0] < ends[1] {
                            let line = ends.map(|end| (point.0, end)).to_vec();
                            inner.draw_series(LineSeries::new(line, color.stroke_width(2)))?;
                        }
                    }
                    let discs = series
                        .points
                        .iter()
                        .map(|at| Circle::new(*at, DISC, color.filled()));
                    inner.draw_series(discs)?;
                }
            }
        }
        area.present()
    }
}
