//! What all plots have in common: two lines of text above, axes in one style.

use plotters::prelude::*;

use super::axis::Axis;
use super::{Area, Drawn, FAINT_GRID, FONT, GRID, INK, SIZE};

/// A plotting area between two axes.
pub(super) type Plane<'a, DB> = ChartContext<'a, DB, Cartesian2d<Axis, Axis>>;

/// Why nothing was drawn.
type Refusal<DB> = DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>;

/// Height of the two lines above a plot (pixels).
pub(super) const HEAD: u32 = 92;
/// Room for tick labels and quantity left of a plot (pixels).
pub(super) const Y_LABELS: u32 = 110;
/// Room for tick labels and quantity below a plot (pixels).
pub(super) const X_LABELS: u32 = 66;
/// White around a plot (pixels).
pub(super) const MARGIN: u32 = 12;

/// Title and conditions.
pub(super) fn head<DB: DrawingBackend>(area: &Area<DB>, title: &str, subtitle: &str) -> Drawn<DB> {
    for (text, y, size, strength) in [(title, 20, 34.0, 1.0), (subtitle, 62, 23.0, 0.85)] {
        let style = fitting(area, text, size, SIZE.0 - 80)?.color(&INK.mix(strength));
        area.draw(&Text::new(text.to_owned(), (40, y), style))?;
    }
    Ok(())
}

/// A font of `size` pixels, smaller where `text` needs more than `width` pixels. A sixth is to spare: SVG viewers have wider fonts.
pub(super) fn fitting<DB: DrawingBackend>(
    area: &Area<DB>,
    text: &str,
    size: f64,
    width: u32,
) -> Result<FontDesc<'static>, Refusal<DB>> {
    let needed = width_of(area, text, size)?;
    let scale = (f64::from(width) / needed.max(1.0)).min(1.0);
    Ok((FONT, size * scale).into_font())
}

/// Width of a text in the widest of the usual fonts (pixels).
pub(super) fn width_of<DB: DrawingBackend>(
    area: &Area<DB>,
    text: &str,
    size: f64,
) -> Result<f64, Refusal<DB>> {
    let style = (FONT, size).into_font().into();
    let (width, _) = area.estimate_text_size(text, &style)?;
    Ok(1.17 * f64::from(width))
}

/// Axes with grid lines on `area`, in the style of all plots. Labels are quantity and unit along x and y.
pub(super) fn plane<'a, DB: DrawingBackend>(
    area: &'a Area<DB>,
    [x, y]: [Axis; 2],
    labels: [&str; 2],
) -> Result<Plane<'a, DB>, Refusal<DB>> {
    let mut builder = ChartBuilder::on(area);
    builder
        .margin(MARGIN)
        .margin_right(40)
        .x_label_area_size(X_LABELS)
        .y_label_area_size(Y_LABELS);
    let numbers = [x.number(), y.number()];
    let mut plane = builder.build_cartesian_2d(x, y)?;
    mesh(&mut plane, numbers, labels, true)?;
    Ok(plane)
}

/// A low plotting area above another with the same x, whose labels it goes without.
pub(super) fn strip<'a, DB: DrawingBackend>(
    area: &'a Area<DB>,
    [x, y]: [Axis; 2],
    label: &str,
) -> Result<Plane<'a, DB>, Refusal<DB>> {
    let mut builder = ChartBuilder::on(area);
    builder
        .margin(MARGIN)
        .margin_right(40)
        .y_label_area_size(Y_LABELS);
    let numbers = [x.number(), y.number()];
    let mut plane = builder.build_cartesian_2d(x, y)?;
    mesh(&mut plane, numbers, ["", label], true)?;
    Ok(plane)
}

/// Axes, labels and, where wanted, grid lines.
pub(super) fn mesh<DB: DrawingBackend>(
    plane: &mut Plane<DB>,
    numbers: [fn(&f64) -> String; 2],
    labels: [&str; 2],
    grid: bool,
) -> Drawn<DB> {
    let mut mesh = plane.configure_mesh();
    if !grid {
        mesh.disable_mesh();
    }
    mesh.x_desc(labels[0])
        .y_desc(labels[1])
        .axis_desc_style((FONT, 26).into_font().color(&INK))
        .label_style((FONT, 22).into_font().color(&INK))
        .axis_style(INK.stroke_width(2))
        .bold_line_style(GRID.stroke_width(1))
        .light_line_style(FAINT_GRID.stroke_width(1))
        .x_label_formatter(&numbers[0])
        .y_label_formatter(&numbers[1])
        .draw()
}
