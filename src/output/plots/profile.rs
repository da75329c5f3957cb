//! The profile plot: composition along the wire above, crystallised fraction below.

use plotters::prelude::*;

use super::super::profile::Profile;
use super::{Area, Drawn, FAINT_GRID, FONT, GRID, INK, Picture, REFERENCES, linear_number};

/// Share of the picture's height that the composition takes.
const COMPOSITION: u32 = 480;

impl Picture for Profile {
    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn<DB> {
        draw(area, self)
    }
}

/// Draws a profile: the two main elements relative to their sum, as Fig. 2 of the paper has them, with the core dashed and the
/// layer dotted; below it the crystallised fraction.
fn draw<DB: DrawingBackend>(area: &Area<DB>, profile: &Profile) -> Drawn<DB> {
    let (head, body) = area.split_vertically(70);
    let title = (FONT, 30).into_font().color(&INK);
    head.draw(&Text::new(profile.title.clone(), (40, 20), title))?;
    let crystallised: Vec<(f64, f64)> = (profile.rows.iter())
        .filter_map(|row| Some((row.z_nm, row.crystallised?)))
        .collect();
    // Where nothing is known of it there is no picture of it.
    let height = match crystallised.is_empty() {
        true => body.dim_in_pixel().1,
        false => COMPOSITION,
    };
    let (upper, lower) = body.split_vertically(height);
    let end = profile
        .rows
        .iter()
        .fold(0.0, |end: f64, row| end.max(row.z_nm))
        * 1.02;
    let [a, b] = profile.main_elements();
    let sum = format!("{} + {}", profile.elements[a], profile.elements[b]);

    let mut chart = ChartBuilder::on(&upper)
        .margin(12)
        .margin_right(40)
        .x_label_area_size(34)
        .y_label_area_size(96)
        .build_cartesian_2d(0.0..end, 0.0..100.0)?;
    chart
        .configure_mesh()
        .y_desc(format!("share of {sum} (%)"))
        .axis_desc_style((FONT, 24).into_font().color(&INK))
        .label_style((FONT, 20).into_font().color(&INK))
        .axis_style(INK.stroke_width(2))
        .bold_line_style(GRID.stroke_width(1))
        .light_line_style(FAINT_GRID.stroke_width(1))
        .x_label_formatter(&linear_number)
        .y_label_formatter(&linear_number)
        .draw()?;
    for (index, (element, other)) in [(a, b), (b, a)].into_iter().enumerate() {
        let color = REFERENCES[index].color;
        let curves = [
            (0, "mean of the cross-section", 0),
            (1, "core", 8),
            (2, "layer", 3),
        ];
        for (which, name, dash) in curves {
            let points: Vec<(f64, f64)> = profile
                .rows
                .iter()
                .filter_map(|row| {
                    let x = [Some(&row.mean), Some(&row.core), row.layer.as_ref()][which]?;
                    Some((row.z_nm, 100.0 * x[element] / (x[element] + x[other])))
                })
                .collect();
            let label = format!("{}, {name}", profile.elements[element]);
            let width = if dash == 0 { 3 } else { 2 };
            let style = color.stroke_width(width);
            let legend = move |(x, y): (i32, i32)| PathElement::new([(x, y), (x + 34, y)], style);
            if dash == 0 {
                chart
                    .draw_series(LineSeries::new(points, style))?
                    .label(label)
                    .legend(legend);
            } else {
                chart.draw_series(DashedLineSeries::new(points, dash, 6, style))?;
                if index == 0 {
                    let note = format!("{name}: {}", if dash == 8 { "dashed" } else { "dotted" });
                    let at = (40 + 180 * which as i32, 46);
                    let font = (FONT, 20).into_font().color(&INK);
                    head.draw(&Text::new(note, at, font))?;
                }
            }
        }
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .label_font((FONT, 20).into_font().color(&INK))
        .legend_area_size(40)
        .background_style(WHITE.mix(0.85))
        .draw()?;

    if crystallised.is_empty() {
        return area.present();
    }
    let mut chart = ChartBuilder::on(&lower)
        .margin(12)
        .margin_right(40)
        .x_label_area_size(58)
        .y_label_area_size(96)
        .build_cartesian_2d(0.0..end, 0.0..1.0)?;
    chart
        .configure_mesh()
        .x_desc("distance from the root z (nm)")
        .y_desc("crystallised")
        .y_labels(5)
        .axis_desc_style((FONT, 24).into_font().color(&INK))
        .label_style((FONT, 20).into_font().color(&INK))
        .axis_style(INK.stroke_width(2))
        .bold_line_style(GRID.stroke_width(1))
        .light_line_style(FAINT_GRID.stroke_width(1))
        .x_label_formatter(&linear_number)
        .y_label_formatter(&linear_number)
        .draw()?;
    chart.draw_series(LineSeries::new(crystallised, INK.stroke_width(3)))?;
    area.present()
}
