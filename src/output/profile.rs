//! `profile.csv` and its picture: composition and crystallinity along the wire.

use std::path::Path;

use super::plots::write_pictures;
use super::{OutputError, require_finite};

/// One cross-section; fractions in the order of [`Profile::elements`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProfileRow {
    /// Distance from the root (nm).
    pub z_nm: f64,
    /// Atomic fractions averaged over the cross-section, the layer with its share of it (0…1).
    pub mean: Vec<f64>,
    /// In the core (0…1).
    pub core: Vec<f64>,
    /// In the layer (0…1); none beyond the contact line.
    pub layer: Option<Vec<f64>>,
    /// Crystallised fraction of the core (0…1); none in any row where it is not known.
    pub crystallised: Option<f64>,
}

/// Composition and crystallinity along the wire at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// First line above the plot.
    pub title: String,
    /// Time since the start of molding (s).
    pub time_s: f64,
    /// Symbols of the elements.
    pub elements: Vec<String>,
    /// Fractions in the feedstock.
    pub feedstock: Vec<f64>,
    /// From the root to the tip.
    pub rows: Vec<ProfileRow>,
}

impl Profile {
    /// Names of the columns.
    pub fn columns(&self) -> Vec<String> {
        let mut columns = vec!["z_nm".to_string()];
        for part in ["", "core_", "layer_"] {
            columns.extend(self.elements.iter().map(|e| format!("{part}x_{e}")));
        }
        if self.rows.iter().any(|row| row.crystallised.is_some()) {
            columns.push("crystallised".to_string());
        }
        columns
    }

    /// The table, without its header where `with_time` asks for the time in front of every row (`profiles.csv`).
    ///
    /// # Errors
    /// [`OutputError::NotFinite`] with the column's name.
    pub fn lines(&self, with_time: bool) -> Result<String, OutputError> {
        let mut text = if with_time {
            String::new()
        } else {
            self.columns().join(",") + "\n"
        };
        for row in &self.rows {
            let given = |values: &[f64]| values.iter().copied().map(Some).collect::<Vec<_>>();
            let mut values = vec![Some(row.z_nm)];
            values.extend(given(&row.mean));
            values.extend(given(&row.core));
            let layer = row.layer.as_deref().map(given);
            values.extend(layer.unwrap_or_else(|| vec![None; self.elements.len()]));
            values.extend(row.crystallised.map(Some));
            for (column, value) in self.columns().iter().zip(&values) {
                require_finite(column, value)?;
            }
            if with_time {
                values.insert(0, Some(self.time_s));
            }
            // Nothing where there is no layer.
            let word = |value: &Option<f64>| value.map_or(String::new(), |v| format!("{v:?}"));
            let words: Vec<String> = values.iter().map(word).collect();
            text += &(words.join(",") + "\n");
        }
        Ok(text)
    }

    /// The two elements of which the feedstock has most.
    pub(super) fn main_elements(&self) -> [usize; 2] {
        let mut order: Vec<usize> = (0..self.elements.len()).collect();
        order.sort_by(|a, b| self.feedstock[*b].total_cmp(&self.feedstock[*a]));
        [order[0], order[1]]
    }
}

/// Draws a profile to a PNG and an SVG file.
///
/// # Errors
/// [`OutputError::Shape`] for fewer than two elements or sections; otherwise as [`super::length_plot`].
pub fn profile_plot(png: &Path, svg: &Path, profile: &Profile) -> Result<(), OutputError> {
    if profile.elements.len() < 2 || profile.rows.len() < 2 {
        return Err(OutputError::Shape {
            what: "a profile is drawn for two elements and two sections at least".to_string(),
        });
    }
    write_pictures(png, svg, profile)
}
