//! Drawing of maps.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::super::axis::{self, Axis};
use super::super::frame::{self, HEAD, MARGIN, X_LABELS, Y_LABELS};
use super::super::picture::{Picture, Raster};
use super::super::{Area, DISC, Drawn, FONT, INK, LEGEND_ROW, SIZE};
use super::{HeatMap, MapAxis, Mark};

/// Height of a line of text at a marked place (pixels).
const MARK_ROW: i32 = 27;
/// Room right of the map for the colour bar (pixels).
const BAR_AREA: i32 = 200;
/// Width of the colour bar (pixels).
const BAR: u32 = 30;

/// Where the map lies in the picture (pixels).
struct Layout {
    left: i32,
    top: i32,
    width: u32,
    height: u32,
}

impl HeatMap {
    fn layout(&self) -> Layout {
        let legend = self.curve.is_some() || !self.points.is_empty();
        let rows = LEGEND_ROW * i32::from(legend) + MARK_ROW * self.marks.len() as i32;
        let left = (MARGIN + Y_LABELS) as i32;
        let top = HEAD as i32 + rows + 8;
        Layout {
            left,
            top,
            width: (SIZE.0 as i32 - BAR_AREA - left) as u32,
            height: (SIZE.1 as i32 - (MARGIN + X_LABELS) as i32 - top) as u32,
        }
    }

    /// Cell of each pixel along an axis of `count` pixels.
    fn cells(axis: &MapAxis, count: u32) -> Vec<usize> {
        let (scale, last) = (axis.axis(), axis.cells() - 1);
        let at = |k: u32| scale.value((f64::from(k) + 0.5) / f64::from(count));
        (0..count)
            .map(at)
            .map(|value| axis.edges[1..].partition_point(|edge| *edge <= value))
            .map(|cell| cell.min(last))
            .collect()
    }

    fn legend<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn<DB> {
        let y = HEAD as i32 + 16;
        let mut x = 40;
        let label = |text: &str, x: &mut i32, symbol: i32| -> Drawn<DB> {
            let style = (FONT, 22).into_font().color(&INK);
            area.draw(&Text::new(text.to_owned(), (*x + symbol, y - 8), style))?;
            *x += symbol + frame::width_of(area, text, 22.0)? as i32 + 30;
            Ok(())
        };
        if let Some(curve) = &self.curve {
            for style in [INK.stroke_width(7), WHITE.stroke_width(3)] {
                area.draw(&PathElement::new([(x, y), (x + 60, y)], style))?;
            }
            label(&curve.label, &mut x, 74)?;
        }
        for group in &self.points {
            let bar = PathElement::new([(x + 8, y - 13), (x + 8, y + 13)], INK.stroke_width(2));
            area.draw(&bar)?;
            disc(area, (x + 8, y), group.filled)?;
            label(&group.label, &mut x, 28)?;
        }
        Ok(())
    }

    /// Labels above the map, one below the other, at lines that lead down into it. They lie on the side of their line where
    /// there is more room, and in such an order that no line crosses a label.
    fn marks<DB: DrawingBackend>(&self, area: &Area<DB>, plane: &frame::Plane<DB>) -> Drawn<DB> {
        let layout = self.layout();
        let [x, y] = [0, 1].map(|k| self.axes[k].axis());
        let middle = layout.left + layout.width as i32 / 2;
        let mut placed: Vec<(i32, &Mark)> = (self.marks.iter())
            .filter(|mark| (x.low..=x.high).contains(&mark.at))
            .map(|mark| (plane.backend_coord(&(mark.at, y.low)).0, mark))
            .collect();
        placed.sort_by_key(|(at, _)| match *at > middle {
            true => (0, *at),
            false => (1, -*at),
        });
        let bottom = layout.top + layout.height as i32;
        for (row, (at, mark)) in placed.iter().enumerate() {
            let line = layout.top - MARK_ROW * row as i32 - MARK_ROW / 2 - 4;
            let whole = [(*at, line), (*at, bottom)];
            let inside = [(*at, layout.top), (*at, bottom)];
            area.draw(&PathElement::new(inside, WHITE.mix(0.7).stroke_width(5)))?;
            area.draw(&DashedPathElement::new(whole, 8, 5, INK.stroke_width(2)))?;
            let (side, shift) = match *at > middle {
                true => (HPos::Right, -8),
                false => (HPos::Left, 8),
            };
            let style = (FONT, 21).into_font().color(&INK);
            let style = style.pos(Pos::new(side, VPos::Center));
            area.draw(&Text::new(mark.label.clone(), (at + shift, line), style))?;
        }
        Ok(())
    }

    fn color_bar<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn<DB> {
        let layout = self.layout();
        let (left, right) = (layout.bar(), layout.bar() + BAR as i32);
        let (top, bottom) = (layout.top, layout.top + layout.height as i32);
        area.draw(&Rectangle::new(
            [(left, top), (right, bottom)],
            INK.stroke_width(2),
        ))?;
        let scale = Axis::between(self.scale.low, self.scale.high, self.scale.logarithmic);
        let number = scale.number();
        for &value in &scale.labelled {
            let y = bottom - (scale.place(value) * f64::from(layout.height)).round() as i32;
            area.draw(&PathElement::new(
                [(right, y), (right + 6, y)],
                INK.stroke_width(2),
            ))?;
            let style = (FONT, 22).into_font().color(&INK);
            let style = style.pos(Pos::new(HPos::Left, VPos::Center));
            area.draw(&Text::new(number(&value), (right + 12, y), style))?;
        }
        let font = frame::fitting(area, &self.scale.label, 26.0, layout.height)?;
        let style = font.transform(FontTransform::Rotate270).color(&INK);
        let style = style.pos(Pos::new(HPos::Center, VPos::Top));
        let at = (SIZE.0 as i32 - 46, (top + bottom) / 2);
        area.draw(&Text::new(self.scale.label.clone(), at, style))
    }
}

impl Layout {
    /// Left side of the colour bar.
    fn bar(&self) -> i32 {
        self.left + self.width as i32 + 26
    }
}

impl Picture for HeatMap {
    fn rasters(&self) -> Vec<Raster> {
        let layout = self.layout();
        let columns = Self::cells(&self.axes[0], layout.width);
        let rows = Self::cells(&self.axes[1], layout.height);
        let colors: Vec<[u8; 3]> = (self.values.iter())
            .map(|value| self.scale.color(f64::from(*value)))
            .collect();
        let across = self.axes[0].cells();
        let of = |[r, g, b]: [u8; 3]| RGBColor(r, g, b);
        let cells = Raster::new(
            (layout.left, layout.top),
            (layout.width, layout.height),
            |column, row| {
                let y = rows[(layout.height - 1 - row) as usize];
                of(colors[y * across + columns[column as usize]])
            },
        );
        let scale = Axis::between(self.scale.low, self.scale.high, self.scale.logarithmic);
        let bar = Raster::new(
            (layout.bar(), layout.top),
            (BAR, layout.height),
            |_, row| {
                let place = 1.0 - (f64::from(row) + 0.5) / f64::from(layout.height);
                of(self.scale.color(scale.value(place)))
            },
        );
        vec![cells, bar]
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn<DB> {
        frame::head(area, &self.title, &self.subtitle)?;
        self.legend(area)?;
        let layout = self.layout();
        let [x, y] = [0, 1].map(|k| self.axes[k].axis());
        let body = area.clone().shrink(
            (MARGIN as i32, layout.top),
            (Y_LABELS + layout.width, layout.height + X_LABELS),
        );
        let mut builder = ChartBuilder::on(&body);
        builder
            .x_label_area_size(X_LABELS)
            .y_label_area_size(Y_LABELS);
        let mut plane = builder.build_cartesian_2d(x.clone(), y.clone())?;
        let labels = [0, 1].map(|k| self.axes[k].label.as_str());
        frame::mesh(&mut plane, [x.number(), y.number()], labels, false)?;
        self.marks(area, &plane)?;
        let corner = (
            layout.left + layout.width as i32,
            layout.top + layout.height as i32,
        );
        let outline = [(layout.left, layout.top), corner];
        area.draw(&Rectangle::new(outline, INK.stroke_width(2)))?;
        self.color_bar(area)?;
        for points in self.curve.iter().flat_map(|curve| &curve.parts) {
            for part in axis::clip(points, &x, &y) {
                for style in [INK.stroke_width(7), WHITE.stroke_width(3)] {
                    plane.draw_series(LineSeries::new(part.clone(), style))?;
                }
            }
        }
        for group in &self.points {
            for (index, &(at, value)) in group.points.iter().enumerate() {
                if !(x.low..=x.high).contains(&at) || !(y.low..=y.high).contains(&value) {
                    continue;
                }
                if let Some(&(low, high)) = group.bars.get(index) {
                    let ends = [(at, low.max(y.low)), (at, high.min(y.high))];
                    for style in [WHITE.stroke_width(6), INK.stroke_width(2)] {
                        plane.draw_series([PathElement::new(ends, style)])?;
                    }
                }
                disc(area, plane.backend_coord(&(at, value)), group.filled)?;
            }
        }
        area.present()
    }
}

/// A disc that is seen on any colour.
fn disc<DB: DrawingBackend>(area: &Area<DB>, at: (i32, i32), filled: bool) -> Drawn<DB> {
    let (inner, rim) = match filled {
        true => (INK, WHITE),
        false => (WHITE, INK),
    };
    area.draw(&Circle::new(at, DISC + 2, rim.filled()))?;
    area.draw(&Circle::new(at, DISC, inner.filled()))
}
