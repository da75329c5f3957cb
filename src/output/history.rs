//! `history.csv`: one row per accepted time step, written as it happens.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{OutputError, require_finite};

/// One accepted time step. The fields, in this order, are the columns of `history.csv`; nothing else names them.
#[expect(
    non_snake_case,
    reason = "column names end in their unit as it is written"
)]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// Time since the start of molding (s).
    pub time_s: f64,
    /// Length of the wire: that of a flat one of equal volume (nm).
    pub length_nm: f64,
    /// Length to the tip, the front on the axis; the length where the front is flat (nm).
    pub tip_length_nm: f64,
    /// Length to the contact line on the pore wall; the length where the front is flat (nm).
    pub contact_length_nm: f64,
    /// Estimated error of a free front's height that this step made (nm).
    pub shape_error_nm: f64,
    /// Growth rate of the length (nm/s).
    pub rate_nm_per_s: f64,
    /// Volume per time that the bulk carries to the front (nm³/s).
    pub core_flow_nm3_per_s: f64,
    /// Volume per time that the interface layer carries to the tip (nm³/s).
    pub layer_flow_nm3_per_s: f64,
    /// Pressure applied to the feedstock (GPa).
    pub pressure_GPa: f64,
    /// Temperature (°C).
    pub temperature_C: f64,
    /// Fictive temperature: that of the liquid with the same structure (°C).
    pub fictive_temperature_C: f64,
    /// Applied pressure less the gas and capillary pressure at the tip (GPa).
    pub driving_pressure_GPa: f64,
    /// Λ = ηM/R³, layer against bulk transport (-).
    pub lambda: f64,
    /// Length over pore radius (-).
    pub length_over_radius: f64,
    /// Newtonian viscosity of the bulk, as in the Stokes equations (Pa·s).
    pub newtonian_viscosity_Pa_s: f64,
    /// Shear stress at the pore's wall, of Poiseuille's flow with the bulk's share of the volume (GPa).
    pub wall_shear_stress_GPa: f64,
    /// Shear rate there (1/s).
    pub wall_shear_rate_per_s: f64,
    /// That rate times the bulk's relaxation time (-).
    pub shear_per_relaxation: f64,
    /// Share of the transported volume that came through the core (0…1).
    pub core_share: f64,
    /// Share of the transported volume that came through the layer (0…1).
    pub layer_share: f64,
    /// |inflow − core − layer| / inflow (-).
    pub mass_defect: f64,
    /// Multigrid cycles spent on this step, rejected attempts included.
    pub cycles: u32,
    /// Scaled residual at which the last solve of the step stopped (-).
    pub residual: f64,
    /// Step size (s).
    pub step_s: f64,
    /// Estimated relative error of the length made by this step (-).
    pub step_error: f64,
}

impl HistoryRow {
    /// The names of the columns, taken from the struct itself.
    ///
    /// # Panics
    /// Never: a struct of numbers always serializes.
    #[expect(clippy::expect_used, reason = "a struct of numbers always serializes")]
    pub fn columns() -> Vec<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer
            .serialize(Self::default())
            .expect("a struct of numbers serializes");
        let text = writer.into_inner().expect("memory does not fail to flush");
        let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(header)
            .split(',')
            .map(str::to_string)
            .collect()
    }

    fn require_finite(&self, path: &Path) -> Result<(), OutputError> {
        // JSON has no NaN: a non-finite number becomes null, under the column's own name.
        let value = serde_json::to_value(self).map_err(OutputError::format(path))?;
        let columns = value.as_object().into_iter().flatten();
        match columns.into_iter().find(|(_, value)| value.is_null()) {
            None => Ok(()),
            Some((column, _)) => Err(OutputError::NotFinite {
                what: format!("{column} at time_s = {}", self.time_s),
            }),
        }
    }
}

/// Appends rows to `history.csv`; each row is in the file when [`append`](Self::append) returns, so that an
/// interrupted run leaves a valid table.
#[derive(Debug)]
pub struct HistoryWriter {
    file: File,
    path: PathBuf,
    /// Columns after those of [`HistoryRow`], as a run's composition needs them.
    further: Vec<String>,
}

impl HistoryWriter {
    /// Starts a new table: writes the header.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn create(path: impl AsRef<Path>) -> Result<Self, OutputError> {
        Self::create_with(path, Vec::new())
    }

    /// Starts a new table with columns after those of [`HistoryRow`].
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn create_with(path: impl AsRef<Path>, further: Vec<String>) -> Result<Self, OutputError> {
        let path = path.as_ref().to_path_buf();
        let columns = [HistoryRow::columns(), further.clone()].concat();
        let header = columns.join(",") + "\n";
        let mut file = File::create(&path).map_err(OutputError::io("write", &path))?;
        file.write_all(header.as_bytes())
            .map_err(OutputError::io("write", &path))?;
        Ok(Self {
            file,
            path,
            further,
        })
    }

    /// Continues a table from what it held at a checkpoint: what came later goes.
    ///
    /// # Errors
    /// [`OutputError::Io`]; [`OutputError::Format`] when `text` is no such table.
    pub fn resume(path: impl AsRef<Path>, text: &str) -> Result<Self, OutputError> {
        let path = path.as_ref().to_path_buf();
        parse_history(text.as_bytes(), &path)?;
        let header = text.lines().next().unwrap_or_default();
        let further = header.split(',').skip(HistoryRow::columns().len());
        super::write_atomic(&path, text.as_bytes())?;
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(OutputError::io("write", &path))?;
        Ok(Self {
            file,
            further: further.map(str::to_string).collect(),
            path,
        })
    }

    /// What the table holds so far.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn text(&self) -> Result<String, OutputError> {
        std::fs::read_to_string(&self.path).map_err(OutputError::io("read", &self.path))
    }

    /// Appends one row with a single write.
    ///
    /// # Errors
    /// [`OutputError::NotFinite`] naming the column; [`OutputError::Io`].
    pub fn append(&mut self, row: &HistoryRow) -> Result<(), OutputError> {
        self.append_with(row, &[])
    }

    /// Appends one row with the values of the further columns.
    ///
    /// # Errors
    /// As [`append`](Self::append); [`OutputError::Shape`] if the further values are not as many as their columns.
    pub fn append_with(&mut self, row: &HistoryRow, further: &[f64]) -> Result<(), OutputError> {
        row.require_finite(&self.path)?;
        if further.len() != self.further.len() {
            let (found, columns) = (further.len(), self.further.len());
            return Err(OutputError::Shape {
                what: format!("{found} values for {columns} further columns of history.csv"),
            });
        }
        for (name, value) in self.further.iter().zip(further) {
            require_finite(name, [value])?;
        }
        let mut line = csv::WriterBuilder::new()
            .has_headers(false)
            .from_writer(Vec::new());
        line.serialize(row)
            .map_err(OutputError::format(&self.path))?;
        let mut line = line.into_inner().map_err(OutputError::format(&self.path))?;
        let end = line
            .iter()
            .rposition(|byte| *byte != b'\n')
            .map_or(0, |k| k + 1);
        line.truncate(end);
        for value in further {
            line.extend(format!(",{value:?}").bytes());
        }
        line.push(b'\n');
        self.file
            .write_all(&line)
            .and_then(|()| self.file.flush())
            .map_err(OutputError::io("write", &self.path))
    }
}

/// Reads a table back, as far as its columns are those of [`HistoryRow`].
///
/// # Errors
/// [`OutputError::Io`]; [`OutputError::Format`] when the columns are not those of [`HistoryRow`].
pub fn read_history(path: impl AsRef<Path>) -> Result<Vec<HistoryRow>, OutputError> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(OutputError::io("read", path))?;
    parse_history(&bytes, path)
}

/// The rows of a table, as far as its columns are those of [`HistoryRow`]; `path` is for messages.
///
/// # Errors
/// [`OutputError::Format`].
pub fn parse_history(bytes: &[u8], path: &Path) -> Result<Vec<HistoryRow>, OutputError> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(OutputError::format(path))?;
    let known = HistoryRow::columns();
    if header.len() < known.len() || !header.iter().take(known.len()).eq(known.iter()) {
        return Err(OutputError::Format {
            path: path.to_path_buf(),
            reason: "the columns are not those of this version's history.csv".to_string(),
        });
    }
    reader
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(OutputError::format(path))
}
