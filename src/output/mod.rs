//! What a run leaves behind: the run folder, tables, ParaView fields, plots, the record and the log; and reports.
//!
//! The module receives plain structs and knows nothing of the solver that filled them. Lengths are in nm and
//! pressures of tables in GPa, because that is what users read; fields for ParaView are in the unit of their name. Every name carries its
//! unit. Each file is written to a temporary name and renamed, so a reader never meets half a file; the exceptions
//! are `history.csv` and `log.txt`, which grow line by line.

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo
)]

pub mod checkpoint;
pub mod crate_metadata;
pub mod folder;
pub mod history;
pub mod kept;
pub mod log;
pub mod plots;
pub mod profile;
pub mod record;
pub mod report;
pub mod vtk;

use std::path::{Path, PathBuf};

pub use checkpoint::Checkpoint;
pub use folder::{RunFolder, write_atomic};
pub use history::{HistoryRow, HistoryWriter, parse_history, read_history};
pub use kept::Kept;
pub use plots::{
    Chart, ColorScale, CornerAxis, CornerPlot, Curve, HeatMap, LengthPlot, MapAxis, MapCurve,
    MapPoints, Mark, Panel, ScatterBand, ScatterPlot, ScatterSeries, Series, SeriesLook, chart,
    corner_plot, heat_map, length_plot, scatter_plot,
};
pub use profile::{Profile, ProfileRow, profile_plot};
pub use record::{
    CompositionSummary, LoadRecord, LoadRecords, PressureShares, RunRecord, RunStatus, RunStop,
    utc_timestamp,
};
pub use report::{Figure, Report, Table};
pub use vtk::{FieldSeries, Format, Frame, Packing, Pvd, points_vtp};

/// Why a result could not be written or read back.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The operating system refused: missing rights, full disk, missing parent and the like.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was attempted, as a verb ("write", "create the folder").
        action: &'static str,
        /// The file or folder it was attempted on.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The output path exists and is not a folder.
    #[error("the output path {} exists and is not a folder; choose another with --out", path.display())]
    NotAFolder {
        /// The path as given.
        path: PathBuf,
    },
    /// A file is there already and overwriting was not asked for.
    #[error("{} is there already; choose another name, or overwrite it with --force", path.display())]
    ExistingFile {
        /// The file.
        path: PathBuf,
    },
    /// The folder already holds a result and overwriting was not asked for.
    #[error("{} already holds {what} ({file}); choose another folder with --out, or overwrite it with --force", folder.display())]
    ExistingResult {
        /// The run folder.
        folder: PathBuf,
        /// The first file found, relative to the folder.
        file: String,
        /// What that file says about the folder ("a finished result", …).
        what: &'static str,
    },
    /// The folder holds something that is not an earlier run's under a name that runs write; not even `--force` touches it.
    #[error(
        "{} holds {file}, which is not a file of an earlier run (manifest.txt does not list it); choose another folder with --out, or move it away",
        folder.display()
    )]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// The first such thing, relative to the folder.
        file: String,
    },
    /// Another process is writing into the folder; not even `--force` takes it over.
    #[error("another run is writing into {} right now; wait for it or choose another folder with --out", folder.display())]
    InUse {
        /// The run folder.
        folder: PathBuf,
    },
    /// A number that should be written is NaN or infinite.
    #[error("{what} is not a finite number; it was not written")]
    NotFinite {
        /// Which value, with its index where it has one.
        what: String,
    },
    /// Arrays that belong together do not fit together.
    #[error("{what}")]
    Shape {
        /// Which arrays, and what was expected.
        what: String,
    },
    /// A file of ours cannot be understood or encoded.
    #[error("{}: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl OutputError {
    /// Adapter for `map_err`: attaches what was attempted and on which path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// Adapter for `map_err`: a file that cannot be understood or encoded.
    pub(crate) fn format<E: std::fmt::Display>(path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_path_buf();
        move |error| Self::Format {
            path,
            reason: error.to_string(),
        }
    }
}

/// Refuses NaN and infinity, naming the first culprit by its index.
pub(crate) fn require_finite<'a>(
    what: &str,
    values: impl IntoIterator<Item = &'a f64>,
) -> Result<(), OutputError> {
    match values.into_iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(OutputError::NotFinite {
            what: format!("{what}[{index}]"),
        }),
    }
}
