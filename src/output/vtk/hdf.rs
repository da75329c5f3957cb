//! A time series in one file of the VTKHDF format, as an unstructured grid whose points and cells change from step to step. The only
//! file that knows of HDF5.

use super::super::{OutputError, require_finite, write_atomic};
use super::mesh::{Array, Cells, Mesh, units};
use super::xml::QUAD;
use hdf5_pure::{AttrValue, Error, File, FileBuilder};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Number of a poly-line among VTK's cell types.
const POLY_LINE: u8 = 4;
const ROOT: &str = "VTKHDF";
const SIZES: [&str; 3] = ["NumberOfPoints", "NumberOfCells", "NumberOfConnectivityIds"];
const DATA: [&str; 2] = ["PointData", "CellData"];

/// All values of an array, step after step.
#[derive(Debug, Clone, Default, PartialEq)]
struct Column {
    unit: String,
    components: usize,
    values: Vec<f64>,
}

/// What all steps together hold.
#[derive(Debug, Clone, Default, PartialEq)]
struct Steps {
    times: Vec<f64>,
    /// Points, cells and entries of the connectivity of every step.
    sizes: Vec<[i64; 3]>,
    points: Vec<f64>,
    connectivity: Vec<i64>,
    /// One more than cells in every step.
    offsets: Vec<i64>,
    types: Vec<u8>,
    /// Arrays on points and on cells, by name.
    data: [BTreeMap<String, Column>; 2],
}

/// A series that is written anew with each step: the file on disk is always complete.
#[derive(Debug)]
pub(super) struct Temporal {
    path: PathBuf,
    steps: Steps,
}

impl Temporal {
    /// An empty series that is written to `path` with its first step.
    pub fn new(path: PathBuf) -> Self {
        let steps = Steps::default();
        Temporal { path, steps }
    }

    /// Continues a series at a step, and rewrites the file; without steps it goes.
    ///
    /// # Errors
    /// [`OutputError::Format`] if the file does not hold these steps, [`OutputError::Io`].
    pub fn resume(path: PathBuf, frames: &[(f64, String)]) -> Result<Self, OutputError> {
        if frames.is_empty() {
            if path.symlink_metadata().is_ok() {
                std::fs::remove_file(&path).map_err(OutputError::io("remove", &path))?;
            }
            return Ok(Temporal::new(path));
        }
        let bytes = std::fs::read(&path).map_err(OutputError::io("read", &path))?;
        let steps = Steps::read(bytes).map_err(OutputError::format(&path))?;
        let mut series = Temporal { path, steps };
        let known = series.steps.times.iter().zip(frames);
        if series.steps.times.len() < frames.len() || !known.clone().all(|(a, (b, _))| a == b) {
            return Err(OutputError::Format {
                path: series.path,
                reason: "it does not hold the frames of the checkpoint".to_owned(),
            });
        }
        series.steps.truncate(frames.len());
        series.write()?;
        Ok(series)
    }

    /// Time (s) and file of every step.
    pub fn frames(&self) -> Vec<(f64, String)> {
        let name = self.path.file_name().unwrap_or_default();
        let name = name.to_string_lossy();
        let times = self.steps.times.iter();
        times.map(|time| (*time, name.to_string())).collect()
    }

    /// Adds a step and rewrites the file.
    ///
    /// # Errors
    /// [`OutputError::Shape`] when the time is not after the last step's, or the arrays are others; [`OutputError::Io`]. The series is
    /// then as it was.
    pub fn add(&mut self, time_s: f64, mesh: &Mesh) -> Result<(), OutputError> {
        require_finite("time_s", [&time_s])?;
        let steps = self.steps.times.len();
        let added = self.steps.push(time_s, mesh);
        let written = match added {
            Ok(()) => self.write(),
            Err(what) => Err(OutputError::Shape { what }),
        };
        written.inspect_err(|_| self.steps.truncate(steps))
    }

    fn write(&self) -> Result<(), OutputError> {
        let bytes = (self.steps.encode()).map_err(OutputError::format(&self.path))?;
        write_atomic(&self.path, &bytes)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Steps {
    fn push(&mut self, time_s: f64, mesh: &Mesh) -> Result<(), String> {
        if self.times.last().is_some_and(|last| time_s <= *last) {
            return Err(format!("a frame at {time_s} s comes too late"));
        }
        let count = mesh.points.len() as i64;
        let (cells, ids): (i64, Vec<i64>) = match &mesh.cells {
            Cells::Quads(corners) => {
                let ids = corners.as_flattened().iter().map(|&id| id as i64);
                (corners.len() as i64, ids.collect())
            }
            Cells::Line => (1, (0..count).collect()),
            Cells::Vertices | Cells::Structured(_) => {
                return Err("only cells in a plane and lines make a series".to_owned());
            }
        };
        let lists = [&mesh.point_data, &mesh.cell_data];
        for (columns, arrays) in self.data.iter().zip(lists) {
            let known = arrays.iter().filter(|a| columns.contains_key(&a.name));
            if !self.times.is_empty()
                && (arrays.len(), known.count()) != (columns.len(), columns.len())
            {
                return Err("a frame has other fields than those before it".to_owned());
            }
        }
        self.times.push(time_s);
        self.sizes.push([count, cells, ids.len() as i64]);
        self.points.extend(mesh.points.as_flattened());
        let (each, kind) = match mesh.cells {
            Cells::Quads(_) => (4, QUAD),
            _ => (count, POLY_LINE),
        };
        self.offsets.extend((0..=cells).map(|cell| cell * each));
        self.types.extend(std::iter::repeat_n(kind, cells as usize));
        self.connectivity.extend(ids);
        for (columns, arrays) in self.data.iter_mut().zip(lists) {
            for Array {
                name,
                unit,
                components,
                values,
            } in arrays
            {
                let column = columns.entry(name.clone()).or_default();
                column.unit = (*unit).to_owned();
                column.components = *components;
                column.values.extend(values);
            }
        }
        Ok(())
    }

    /// Where each step begins among points, cells and connectivity.
    fn starts(&self) -> Vec<[i64; 3]> {
        let mut sum = [0; 3];
        let sizes = self.sizes.iter();
        sizes
            .map(|size| {
                let start = sum;
                sum = std::array::from_fn(|k| sum[k] + size[k]);
                start
            })
            .collect()
    }

    fn truncate(&mut self, steps: usize) {
        self.times.truncate(steps);
        self.sizes.truncate(steps);
        let total = |k: usize| {
            self.sizes
                .iter()
                .map(|size| size[k] as usize)
                .sum::<usize>()
        };
        let [points, cells, ids] = [0, 1, 2].map(total);
        self.points.truncate(3 * points);
        self.connectivity.truncate(ids);
        self.offsets.truncate(cells + steps);
        self.types.truncate(cells);
        for (columns, count) in self.data.iter_mut().zip([points, cells]) {
            for column in columns.values_mut() {
                column.values.truncate(count * column.components);
            }
        }
        if steps == 0 {
            self.data = Default::default();
        }
    }

    fn units(&self) -> String {
        let columns = self.data.iter().flatten();
        units(columns.map(|(name, column)| (name.as_str(), column.unit.as_str())))
    }

    fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut file = FileBuilder::new();
        let mut root = file.create_group(ROOT);
        root.set_attr("Version", AttrValue::I64Array(vec![2, 2]));
        root.set_attr("Type", AttrValue::AsciiString("UnstructuredGrid".into()));
        let starts = self.starts();
        let column =
            |rows: &[[i64; 3]], k: usize| rows.iter().map(|row| row[k]).collect::<Vec<i64>>();
        for (k, name) in SIZES.iter().enumerate() {
            root.create_dataset(name)
                .with_i64_data(&column(&self.sizes, k));
        }
        let shape = [self.points.len() as u64 / 3, 3];
        (root.create_dataset("Points").with_f64_data(&self.points)).with_shape(&shape);
        root.create_dataset("Connectivity")
            .with_i64_data(&self.connectivity);
        root.create_dataset("Offsets").with_i64_data(&self.offsets);
        root.create_dataset("Types").with_u8_data(&self.types);
        let count = self.times.len() as i64;
        let numbers: Vec<i64> = (0..count).collect();
        let mut steps = root.create_group("Steps");
        steps.set_attr("NSteps", AttrValue::I64(count));
        steps.create_dataset("Values").with_f64_data(&self.times);
        steps.create_dataset("PartOffsets").with_i64_data(&numbers);
        steps
            .create_dataset("NumberOfParts")
            .with_i64_data(&vec![1; self.times.len()]);
        for (k, name) in ["PointOffsets", "CellOffsets", "ConnectivityIdOffsets"]
            .iter()
            .enumerate()
        {
            let dataset = steps.create_dataset(name);
            dataset
                .with_i64_data(&column(&starts, k))
                .with_shape(&[count as u64, 1]);
        }
        for (k, (columns, group)) in self.data.iter().zip(DATA).enumerate() {
            let mut data = root.create_group(group);
            let mut offsets = steps.create_group(&format!("{group}Offsets"));
            for (name, column_) in columns {
                let dataset = data.create_dataset(name);
                dataset.with_f64_data(&column_.values);
                if column_.components > 1 {
                    let rows = column_.values.len() / column_.components;
                    dataset.with_shape(&[rows as u64, column_.components as u64]);
                }
                dataset.set_attr("unit", AttrValue::String(column_.unit.clone()));
                offsets
                    .create_dataset(name)
                    .with_i64_data(&column(&starts, k));
            }
            root.add_group(data.finish());
            steps.add_group(offsets.finish());
        }
        let units = self.units();
        let zeros = vec![0i64; self.times.len()];
        let mut fields = root.create_group("FieldData");
        fields
            .create_dataset("TimeValue")
            .with_f64_data(&self.times);
        fields
            .create_dataset("units")
            .with_u8_data(units.as_bytes());
        root.add_group(fields.finish());
        let mut offsets = steps.create_group("FieldDataOffsets");
        offsets.create_dataset("TimeValue").with_i64_data(&numbers);
        offsets.create_dataset("units").with_i64_data(&zeros);
        steps.add_group(offsets.finish());
        // Components and values of each step.
        let mut sizes = steps.create_group("FieldDataSizes");
        for (name, length) in [("TimeValue", 1), ("units", units.len() as i64)] {
            let all = [1, length].repeat(self.times.len());
            let dataset = sizes.create_dataset(name);
            dataset.with_i64_data(&all).with_shape(&[count as u64, 2]);
        }
        steps.add_group(sizes.finish());
        root.add_group(steps.finish());
        file.add_group(root.finish());
        file.finish()
    }

    fn read(bytes: Vec<u8>) -> Result<Self, Error> {
        let file = File::from_bytes(bytes)?;
        let integers = |name: &str| file.dataset(&format!("{ROOT}/{name}"))?.read_i64();
        let floats = |name: &str| file.dataset(&format!("{ROOT}/{name}"))?.read_f64();
        let [points, cells, ids] = SIZES.map(integers);
        let (points, cells, ids) = (points?, cells?, ids?);
        let sizes = points.iter().zip(&cells).zip(&ids);
        let mut steps = Steps {
            times: floats("Steps/Values")?,
            sizes: sizes.map(|((a, b), c)| [*a, *b, *c]).collect(),
            points: floats("Points")?,
            connectivity: integers("Connectivity")?,
            offsets: integers("Offsets")?,
            types: file.dataset(&format!("{ROOT}/Types"))?.read_u8()?,
            data: Default::default(),
        };
        for (columns, group) in steps.data.iter_mut().zip(DATA) {
            let group = file.group(&format!("{ROOT}/{group}"))?;
            for name in group.datasets()? {
                let dataset = group.dataset(&name)?;
                let unit = dataset
                    .attrs()?
                    .get("unit")
                    .and_then(|unit| unit.as_str().map(str::to_owned));
                let column = Column {
                    unit: unit.unwrap_or_default(),
                    components: dataset.shape()?.get(1).map_or(1, |n| *n as usize),
                    values: dataset.read_f64()?,
                };
                columns.insert(name, column);
            }
        }
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mesh(height: f64) -> Mesh {
        let points = vec![
            [0.0, 0.0, 0.0],
            [1.0, 0.0, 0.0],
            [1.0, 0.0, height],
            [0.0, 0.0, height],
        ];
        let array = |name: &str, components, values| Array {
            name: name.into(),
            unit: "Pa",
            components,
            values,
        };
        let arrays = vec![
            array("b", 3, vec![0.0, 1.0, height]),
            array("a", 1, vec![height]),
        ];
        Mesh::quads(points, vec![[0, 1, 2, 3]], arrays)
    }

    /// What was written is read back; a resumed series is the bytes of one that never stopped; a refused step leaves no trace.
    #[test]
    fn a_series_is_resumed_to_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one.vtkhdf", "two.vtkhdf"].map(|name| folder.path().join(name));
        let mut whole = Temporal::new(one.clone());
        let mut cut = Temporal::new(two.clone());
        for (time, height) in [(1.0, 2.0), (2.0, 3.0)] {
            whole.add(time, &mesh(height)).unwrap();
            cut.add(time, &mesh(height)).unwrap();
        }
        let at_checkpoint = cut.frames();
        cut.add(2.5, &mesh(3.5)).unwrap();
        whole.add(2.0, &mesh(4.0)).unwrap_err();
        whole
            .add(
                3.0,
                &Mesh {
                    cell_data: Vec::new(),
                    ..mesh(4.0)
                },
            )
            .unwrap_err();
        whole.add(3.0, &mesh(4.0)).unwrap();
        let mut again = Temporal::resume(two.clone(), &at_checkpoint).unwrap();
        again.add(3.0, &mesh(4.0)).unwrap();
        assert_eq!(again.steps, whole.steps);
        assert!(std::fs::read(&one).unwrap() == std::fs::read(&two).unwrap());
        // Not the steps of the checkpoint.
        assert!(Temporal::resume(two.clone(), &[(1.5, String::new())]).is_err());
        // No steps: no file.
        assert!(Temporal::resume(two.clone(), &[]).is_ok() && !two.exists());
    }
}
