//! The profile plot: fractions of all elements along the wire, the paper's ratio of the two main ones, and the crystallised fraction.

use plotters::prelude::*;

use super::super::profile::{Profile, ProfileRow};
use super::axis::Axis;
use super::frame::{self, Plane};
use super::{Area, Drawn, FONT, INK, LEGEND_ROW, Picture, REFERENCES};

/// Heights of the panels with the fractions and with the ratio (pixels); the crystallised fraction has the rest.
const FRACTIONS: u32 = 300;
const RATIO: u32 = 200;

/// What is drawn of each element: the mean of the cross-section, its core, and the layer, with the dashes (0: solid).
const PARTS: [(&str, u32); 3] = [("mean of the cross-section", 0), ("core", 8), ("layer", 3)];

impl Picture for Profile {
    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn<DB> {
        let (head, body) = area.split_vertically(70);
        let title = (FONT, 30).into_font().color(&INK);
        head.draw(&Text::new(self.title.clone(), (40, 20), title))?;
        let (legend, body) = body.split_vertically(LEGEND_ROW);
        self.legend(&head, &legend)?;
        let crystallised: Vec<(f64, f64)> = (self.rows.iter())
            .filter_map(|row| Some((row.z_nm, row.crystallised?)))
            .collect();
        // Where nothing is known of it there is no picture of it, and the others share its room.
        let rest = match crystallised.is_empty() {
            true => body.dim_in_pixel().1.saturating_sub(FRACTIONS + RATIO),
            false => 0,
        };
        let (fractions, body) = body.split_vertically(FRACTIONS + rest / 2);
        let (ratio, lowest) = body.split_vertically(RATIO + rest.div_ceil(2));
        let end = self
            .rows
            .iter()
            .fold(0.0, |end: f64, row| end.max(row.z_nm))
            * 1.02;
        let z = Axis::between(0.0, end, false);

        let all: Vec<usize> = (0..self.elements.len()).collect();
        let highest = self.highest();
        let share = |row: &[f64], element: usize| 100.0 * row[element];
        let y = Axis::between(0.0, highest, false).thinned(6);
        let mut plane = frame::strip(&fractions, [z.clone(), y], "fraction (at. %)")?;
        self.curves(&mut plane, &all, &share)?;

        let [a, b] = self.main_elements();
        let sum = format!("of {} + {} (%)", self.elements[a], self.elements[b]);
        let share = |row: &[f64], element: usize| 100.0 * row[element] / (row[a] + row[b]);
        let y = Axis::between(0.0, 100.0, false).thinned(6);
        let root = "distance from the root z (nm)";
        if crystallised.is_empty() {
            let mut plane = frame::plane(&ratio, [z, y], [root, &sum])?;
            self.curves(&mut plane, &[a, b], &share)?;
            return area.present();
        }
        let mut plane = frame::strip(&ratio, [z.clone(), y], &sum)?;
        self.curves(&mut plane, &[a, b], &share)?;

        let y = Axis::between(0.0, 1.0, false).thinned(3);
        let mut plane = frame::plane(&lowest, [z, y], [root, "crystallised"])?;
        plane.draw_series(LineSeries::new(crystallised, INK.stroke_width(3)))?;
        area.present()
    }
}

impl Profile {
    /// The upper end of the fractions in %: somewhat above the largest.
    fn highest(&self) -> f64 {
        let parts = |row: &'_ ProfileRow| {
            let layer = row.layer.iter().flatten();
            let all = row.mean.iter().chain(&row.core).chain(layer);
            all.fold(0.0f64, |most, &x| most.max(x))
        };
        let most = self.rows.iter().map(parts).fold(0.0, f64::max);
        (105.0 * most).clamp(1.0, 100.0)
    }

    fn legend<DB: DrawingBackend>(&self, head: &Area<DB>, legend: &Area<DB>) -> Drawn<DB> {
        let style = || (FONT, 20).into_font().color(&INK);
        for (which, (name, dash)) in PARTS.into_iter().enumerate().skip(1) {
            let note = format!("{name}: {}", if dash == 8 { "dashed" } else { "dotted" });
            head.draw(&Text::new(
                note,
                (40 + 180 * (which as i32 - 1), 52),
                style(),
            ))?;
        }
        let note = format!("{}: solid", PARTS[0].0);
        head.draw(&Text::new(note, (400, 52), style()))?;
        for (index, element) in self.elements.iter().enumerate() {
            let x = 40 + 130 * index as i32;
            let color = REFERENCES[index % REFERENCES.len()].color;
            legend.draw(&PathElement::new(
                [(x, 18), (x + 40, 18)],
                color.stroke_width(4),
            ))?;
            legend.draw(&Text::new(element.clone(), (x + 50, 8), style()))?;
        }
        Ok(())
    }

    /// The curves of `elements`, each part of a cross-section by what `share` makes of its fractions.
    fn curves<DB: DrawingBackend>(
        &self,
        plane: &mut Plane<DB>,
        elements: &[usize],
        share: &dyn Fn(&[f64], usize) -> f64,
    ) -> Drawn<DB> {
        for &element in elements {
            let color = REFERENCES[element % REFERENCES.len()].color;
            for (which, (_, dash)) in PARTS.into_iter().enumerate() {
                let points = self.rows.iter().filter_map(|row| {
                    let part = [Some(&row.mean), Some(&row.core), row.layer.as_ref()][which]?;
                    Some((row.z_nm, share(part, element)))
                });
                if dash == 0 {
                    plane.draw_series(LineSeries::new(points, color.stroke_width(3)))?;
                } else {
                    let points: Vec<(f64, f64)> = points.collect();
                    plane.draw_series(DashedLineSeries::new(
                        points,
                        dash,
                        6,
                        color.stroke_width(2),
                    ))?;
                }
            }
        }
        Ok(())
    }
}
