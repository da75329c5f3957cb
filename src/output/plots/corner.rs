//! Corner plot: histograms of several uncertain numbers along the diagonal, of each two together below it.

use std::path::Path;

use plotters::prelude::*;

use super::axis::Axis;
use super::{Area, Drawn, FONT, INK, Picture, REFERENCES, SIZE, frame, write_pictures};
use crate::output::{OutputError, require_finite};

/// One number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CornerAxis {
    /// Quantity and unit.
    pub label: String,
    /// Whether its axis is logarithmic.
    pub logarithmic: bool,
    /// Its samples, as many as of every other number and in the same order.
    pub samples: Vec<f64>,
}

/// What a posterior, or any other set of samples, looks like.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CornerPlot {
    /// First line above the plot.
    pub title: String,
    /// Second line, smaller.
    pub subtitle: String,
    /// The numbers.
    pub axes: Vec<CornerAxis>,
}

/// Bins along an axis.
const BINS: usize = 24;
/// Share of the samples beyond either end of an axis.
const TAIL: f64 = 0.003;
/// Room for labels left of and below the panels (pixels).
const LEFT: i32 = 120;
const BELOW: i32 = 70;
/// Between panels (pixels).
const GAP: i32 = 8;

/// Draws the plot to a PNG and an SVG file, each written atomically.
///
/// # Errors
/// [`OutputError::Shape`] for no numbers, fewer than two samples or numbers of samples that differ, [`OutputError::NotFinite`] for a sample that
/// its axis cannot show; [`OutputError::Io`] and [`OutputError::Format`].
pub fn corner_plot(png: &Path, svg: &Path, plot: &CornerPlot) -> Result<(), OutputError> {
    let count = plot.axes.first().map_or(0, |axis| axis.samples.len());
    if count < 2 || plot.axes.iter().any(|axis| axis.samples.len() != count) {
        return Err(OutputError::Shape {
            what: "a corner plot needs as many samples of every number, two at least".to_owned(),
        });
    }
    for axis in &plot.axes {
        let shown = axis.samples.iter().map(|value| match axis.logarithmic {
            true => value.ln(),
            false => *value,
        });
        require_finite(&axis.label, &shown.collect::<Vec<f64>>())?;
    }
    write_pictures(png, svg, plot)
}

impl CornerAxis {
    /// The axis around all but the tails.
    fn axis(&self) -> Axis {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        let tail = (TAIL * sorted.len() as f64) as usize;
        let [low, high] = [sorted[tail], sorted[sorted.len() - 1 - tail]];
        let axis = match self.logarithmic {
            true => Axis::logarithmic([low, high].into_iter()),
            false => Axis::linear([low, high].into_iter()),
        };
        axis.thinned(3)
    }

    /// The bin of each sample; none beyond the ends of `axis`.
    fn bins(&self, axis: &Axis) -> Vec<Option<usize>> {
        let bin = |value: &f64| {
            let place = axis.place(*value);
            (0.0..1.0)
                .contains(&place)
                .then_some((place * BINS as f64) as usize)
        };
        self.samples.iter().map(bin).collect()
    }
}

impl Picture for CornerPlot {
    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn<DB> {
        let (head, body) = area.split_vertically(frame::HEAD);
        frame::head(&head, &self.title, &self.subtitle)?;
        let count = self.axes.len() as i32;
        let axes: Vec<Axis> = self.axes.iter().map(CornerAxis::axis).collect();
        let bins: Vec<_> = self
            .axes
            .iter()
            .zip(&axes)
            .map(|(one, axis)| one.bins(axis))
            .collect();
        let width = (SIZE.0 as i32 - LEFT - 30 - GAP * (count - 1)) / count;
        let height = ((SIZE.1 - frame::HEAD) as i32 - BELOW - 14 - GAP * (count - 1)) / count;
        let corner =
            |row: i32, column: i32| (LEFT + column * (width + GAP), 10 + row * (height + GAP));
        for row in 0..count {
            for column in 0..=row {
                let (i, j) = (row as usize, column as usize);
                let panel = Panel {
                    at: corner(row, column),
                    size: (width, height),
                };
                match row == column {
                    true => panel.histogram(&body, &bins[i])?,
                    false => panel.density(&body, &bins[j], &bins[i])?,
                }
                if row + 1 == count {
                    panel.below(&body, &axes[j], &self.axes[j].label)?;
                }
                if column == 0 && row > 0 {
                    panel.left(&body, &axes[i], &self.axes[i].label)?;
                }
            }
        }
        area.present()
    }
}

/// One of the plot's squares (pixels).
struct Panel {
    at: (i32, i32),
    size: (i32, i32),
}

impl Panel {
    /// Left or upper end of bin `k` of an extent.
    fn edge(extent: i32, k: usize) -> i32 {
        (f64::from(extent) * k as f64 / BINS as f64).round() as i32
    }

    fn frame<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn<DB> {
        let ((x, y), (width, height)) = (self.at, self.size);
        area.draw(&Rectangle::new(
            [(x, y), (x + width, y + height)],
            INK.stroke_width(1),
        ))
    }

    fn histogram<DB: DrawingBackend>(&self, area: &Area<DB>, bins: &[Option<usize>]) -> Drawn<DB> {
        let mut counts = [0usize; BINS];
        bins.iter().flatten().for_each(|&bin| counts[bin] += 1);
        let most = counts.iter().copied().max().unwrap_or(1).max(1);
        let ((x, y), (width, height)) = (self.at, self.size);
        for (k, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let top = (f64::from(height) * 0.95 * count as f64 / most as f64).round() as i32;
            let ends = [
                (x + Self::edge(width, k), y + height - top),
                (x + Self::edge(width, k + 1), y + height),
            ];
            area.draw(&Rectangle::new(
                ends,
                REFERENCES[0].color.mix(0.75).filled(),
            ))?;
        }
        self.frame(area)
    }

    fn density<DB: DrawingBackend>(
        &self,
        area: &Area<DB>,
        across: &[Option<usize>],
        up: &[Option<usize>],
    ) -> Drawn<DB> {
        let mut counts = vec![0usize; BINS * BINS];
        for (column, row) in across.iter().zip(up) {
            if let (Some(column), Some(row)) = (column, row) {
                counts[row * BINS + column] += 1;
            }
        }
        let most = counts.iter().copied().max().unwrap_or(1).max(1);
        let ((x, y), (width, height)) = (self.at, self.size);
        for (place, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (row, column) = (place / BINS, place % BINS);
            let ends = [
                (
                    x + Self::edge(width, column),
                    y + height - Self::edge(height, row + 1),
                ),
                (
                    x + Self::edge(width, column + 1),
                    y + height - Self::edge(height, row),
                ),
            ];
            let share = count as f64 / most as f64;
            let style = REFERENCES[0].color.mix(0.1 + 0.9 * share).filled();
            area.draw(&Rectangle::new(ends, style))?;
        }
        self.frame(area)
    }

    fn below<DB: DrawingBackend>(&self, area: &Area<DB>, axis: &Axis, label: &str) -> Drawn<DB> {
        use plotters::style::text_anchor::{HPos, Pos, VPos};
        let ((x, y), (width, height)) = (self.at, self.size);
        let style = |size: i32| {
            let style = (FONT, size).into_font().color(&INK);
            style.pos(Pos::new(HPos::Center, VPos::Top))
        };
        for value in &axis.labelled {
            let at = x + (axis.place(*value) * f64::from(width)).round() as i32;
            let bottom = y + height;
            area.draw(&PathElement::new(
                [(at, bottom), (at, bottom + 5)],
                INK.stroke_width(1),
            ))?;
            area.draw(&Text::new(
                axis.number()(value),
                (at, bottom + 8),
                style(17),
            ))?;
        }
        let middle = (x + width / 2, y + height + 34);
        let font = frame::fitting(area, label, 22.0, width as u32)?.color(&INK);
        let centred = font.pos(Pos::new(HPos::Center, VPos::Top));
        area.draw(&Text::new(label.to_owned(), middle, centred))
    }

    fn left<DB: DrawingBackend>(&self, area: &Area<DB>, axis: &Axis, label: &str) -> Drawn<DB> {
        use plotters::style::text_anchor::{HPos, Pos, VPos};
        let ((x, y), (_, height)) = (self.at, self.size);
        for value in &axis.labelled {
            let at = y + height - (axis.place(*value) * f64::from(height)).round() as i32;
            area.draw(&PathElement::new(
                [(x - 5, at), (x, at)],
                INK.stroke_width(1),
            ))?;
            let style = (FONT, 17).into_font().color(&INK);
            let style = style.pos(Pos::new(HPos::Right, VPos::Center));
            area.draw(&Text::new(axis.number()(value), (x - 8, at), style))?;
        }
        let font = frame::fitting(area, label, 22.0, height as u32)?;
        let style = font.transform(FontTransform::Rotate270).color(&INK);
        let style = style.pos(Pos::new(HPos::Center, VPos::Top));
        area.draw(&Text::new(label.to_owned(), (22, y + height / 2), style))
    }
}
