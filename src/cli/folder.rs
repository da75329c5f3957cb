//! A folder for the tables and plots of a report.

use super::failure::Failure;
use crate::output::{
    Chart, CornerPlot, HeatMap, OutputError, ScatterPlot, chart, corner_plot, heat_map,
    scatter_plot, write_atomic,
};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Refuses a file that is there already, unless it is to be overwritten: to be called before anything is computed for it.
pub(super) fn require_free(path: &Path, force: bool) -> Result<(), Failure> {
    if force || path.symlink_metadata().is_err() {
        return Ok(());
    }
    Err(Failure::Folder(OutputError::ExistingFile {
        path: path.to_path_buf(),
    }))
}

/// A folder that a command fills with tables and plots. They take their places together, by [`ReportFolder::commit`]: new ones never
/// stand beside those of an earlier report.
#[derive(Debug)]
pub(super) struct ReportFolder {
    path: PathBuf,
    /// Where files are until then.
    stage: PathBuf,
    /// Whether files of others may be overwritten.
    force: bool,
    /// Files that this report has written.
    written: RefCell<BTreeSet<String>>,
}

impl ReportFolder {
    /// Creates the folder. `marker` is the file that says that a report of this kind is there already; only with `force` it is overwritten.
    pub fn create(path: &Path, marker: &str, force: bool) -> Result<Self, Failure> {
        let folder = path.to_path_buf();
        if path.exists() && !path.is_dir() {
            return Err(Failure::Folder(OutputError::NotAFolder { path: folder }));
        }
        if !force && path.join(marker).exists() {
            return Err(Failure::Folder(OutputError::ExistingResult {
                folder,
                file: marker.to_owned(),
                what: "a report",
            }));
        }
        let stage = path.join(format!(".new.{}", std::process::id()));
        std::fs::create_dir_all(&stage)
            .map_err(OutputError::io("create the folder", path))
            .map_err(Failure::Folder)?;
        Ok(Self {
            path: folder,
            stage,
            force,
            written: RefCell::default(),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The place of a file, if it is free, this report's own or may be overwritten.
    fn claim(&self, name: &str) -> Result<PathBuf, Failure> {
        require_free(&self.path.join(name), self.force)?;
        self.written.borrow_mut().insert(name.to_owned());
        Ok(self.stage.join(name))
    }

    /// A failure of the place that a file would have, not of the one where it waits.
    fn placed<T>(&self, written: Result<T, impl Into<Failure>>) -> Result<T, Failure> {
        written.map_err(|error| match error.into() {
            Failure::Output(OutputError::Io {
                action,
                path,
                source,
            }) => Failure::Output(OutputError::Io {
                action,
                path: match path.strip_prefix(&self.stage) {
                    Ok(name) => self.path.join(name),
                    Err(_) => path,
                },
                source,
            }),
            other => other,
        })
    }

    /// All that was written takes its place.
    pub fn commit(&self) -> Result<(), Failure> {
        for name in self.written.borrow().iter() {
            let place = self.path.join(name);
            let moved = std::fs::rename(self.stage.join(name), &place);
            moved.map_err(OutputError::io("write", &place))?;
        }
        self.written.borrow_mut().clear();
        Ok(())
    }

    /// Writes a text file.
    pub fn text(&self, name: &str, text: &str) -> Result<(), Failure> {
        self.bytes(name, text.as_bytes())
    }

    /// Writes a CSV file.
    pub fn table(&self, name: &str, header: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
        self.stream(name, header, rows.iter().cloned())
    }

    /// Writes `name.png` and `name.svg`; false for a chart with less than two points, which is left out.
    pub fn chart(&self, name: &str, content: &Chart) -> Result<bool, Failure> {
        let points: usize = content
            .series
            .iter()
            .map(|series| series.points.len())
            .sum();
        if points < 2 {
            return Ok(false);
        }
        let [png, svg] = self.pictures(name)?;
        self.placed(chart(&png, &svg, content))?;
        Ok(true)
    }
}

impl Drop for ReportFolder {
    fn drop(&mut self) {
        // What did not take its place is not wanted.
        for name in self.written.borrow().iter() {
            let _ = std::fs::remove_file(self.stage.join(name));
        }
        let _ = std::fs::remove_dir(&self.stage);
        // A folder that was made for a report that did not come to be; one with something in it stays.
        let _ = std::fs::remove_dir(&self.path);
    }
}

/// Writes a CSV file.
pub(super) fn table(
    path: &Path,
    header: &[&str],
    mut rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer
        .write_record(header)
        .and_then(|()| rows.try_for_each(|row| writer.write_record(row)));
    written.map_err(OutputError::format(path))?;
    let bytes = writer.into_inner().map_err(OutputError::format(path))?;
    Ok(write_atomic(path, &bytes)?)
}

impl ReportFolder {
    /// Writes `name.png` and `name.svg`.
    pub fn scatter(&self, name: &str, plot: &ScatterPlot) -> Result<(), Failure> {
        let [png, svg] = self.pictures(name)?;
        self.placed(scatter_plot(&png, &svg, plot))
    }

    /// Writes `name.png` and `name.svg`.
    pub fn heat_map(&self, name: &str, map: &HeatMap) -> Result<(), Failure> {
        let [png, svg] = self.pictures(name)?;
        self.placed(heat_map(&png, &svg, map))
    }

    /// Writes a CSV file of rows that are made one by one: a million of them at once would need a gigabyte.
    pub fn stream(
        &self,
        name: &str,
        header: &[&str],
        rows: impl Iterator<Item = Vec<String>>,
    ) -> Result<(), Failure> {
        self.placed(table(&self.claim(name)?, header, rows))
    }

    /// Writes a file of bytes.
    pub fn bytes(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        self.placed(write_atomic(&self.claim(name)?, bytes))
    }

    /// Writes `name.png` and `name.svg`.
    pub fn corner(&self, name: &str, plot: &CornerPlot) -> Result<(), Failure> {
        let [png, svg] = self.pictures(name)?;
        self.placed(corner_plot(&png, &svg, plot))
    }

    fn pictures(&self, name: &str) -> Result<[PathBuf; 2], Failure> {
        let [png, svg] = ["png", "svg"].map(|ending| self.claim(&format!("{name}.{ending}")));
        Ok([png?, svg?])
    }
}

/// A number for a table: six significant digits; nothing where there is none.
pub(super) fn cell(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let magnitude = value.abs();
    if value == 0.0 || (1e-3..1e6).contains(&magnitude) {
        let digits = (5 - magnitude.max(1e-3).log10().floor() as i32).clamp(0, 8) as usize;
        let text = format!("{value:.digits$}");
        return if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        };
    }
    format!("{value:.5e}")
}
