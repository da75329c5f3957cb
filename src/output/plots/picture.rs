//! From one drawing to a PNG and an SVG file.

use std::path::Path;
use std::sync::Once;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plotters::prelude::*;

use super::{Area, Drawn, FONT, SIZE};
use crate::output::{OutputError, write_atomic};

/// What can be drawn on any backend.
pub(in crate::output) trait Picture {
    /// Pictures of pixels that lie under the drawing. SVG takes them as they are: ten thousand cells of a map would be as
    /// many elements otherwise.
    fn rasters(&self) -> Vec<Raster> {
        Vec::new()
    }

    /// Draws on white paper, over the rasters.
    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>) -> Drawn<DB>;
}

/// A picture of pixels.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::output) struct Raster {
    /// Upper left corner (pixels).
    pub at: (i32, i32),
    /// Width and height (pixels).
    pub size: (u32, u32),
    /// Red, green and blue of every pixel, row by row from the top.
    pub rgb: Vec<u8>,
}

impl Raster {
    /// A raster with the colour that `color` gives for each (column, row).
    pub fn new(
        at: (i32, i32),
        size: (u32, u32),
        mut color: impl FnMut(u32, u32) -> RGBColor,
    ) -> Self {
        let mut rgb = Vec::with_capacity(3 * (size.0 * size.1) as usize);
        for row in 0..size.1 {
            for column in 0..size.0 {
                let RGBColor(r, g, b) = color(column, row);
                rgb.extend([r, g, b]);
            }
        }
        Raster { at, size, rgb }
    }

    /// As an SVG element that holds the pixels itself.
    fn svg(&self) -> Result<String, png::EncodingError> {
        let bytes = encode(self.size, &self.rgb)?;
        let ((x, y), (width, height)) = (self.at, self.size);
        Ok(format!(
            "\n<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>",
            STANDARD.encode(&bytes)
        ))
    }
}

/// Pixels, three bytes each and row by row from the top, as the bytes of a PNG file.
fn encode(size: (u32, u32), rgb: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size.0, size.1);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgb)?;
    writer.finish()?;
    Ok(bytes)
}

/// Draws one picture to a PNG and an SVG file, each written atomically.
pub(in crate::output) fn write_pictures(
    png: &Path,
    svg: &Path,
    picture: &impl Picture,
) -> Result<(), OutputError> {
    register_fonts();
    let rasters = picture.rasters();

    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
    let drawn = area.fill(&WHITE).and_then(|()| picture.draw(&area));
    drawn.map_err(OutputError::format(svg))?;
    drop(area);
    // The paper is the first element; plotters' own bitmaps have a media type that strict readers refuse.
    let paper = text.find("/>").map_or(0, |at| at + 2);
    for raster in rasters.iter().rev() {
        let element = raster.svg().map_err(OutputError::format(svg))?;
        text.insert_str(paper, &element);
    }
    write_atomic(svg, text.as_bytes())?;

    let mut pixels = vec![0; 3 * (SIZE.0 * SIZE.1) as usize];
    let area = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
    let drawn = area
        .fill(&WHITE)
        .and_then(|()| {
            rasters.into_iter().try_for_each(|raster| {
                let Raster { at, size, rgb } = raster;
                let element = BitMapElement::<_>::with_owned_buffer(at, size, rgb);
                element.map_or(Ok(()), |element| area.draw(&element))
            })
        })
        .and_then(|()| picture.draw(&area));
    drawn.map_err(OutputError::format(png))?;
    drop(area);
    let bytes = encode(SIZE, &pixels).map_err(OutputError::format(png))?;
    write_atomic(png, &bytes)
}

/// The font is part of the program; SVG viewers use their own sans-serif.
fn register_fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for style in [FontStyle::Normal, FontStyle::Bold] {
            let font = epaint_default_fonts::UBUNTU_LIGHT;
            // A compiled-in font that does not parse would fail every test that draws.
            let _ = plotters::style::register_font(FONT, style, font);
        }
    });
}
